"""Outcomes made by hand: a realistic company, an empty one, and a hostile one."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from ringfence.boundary.model import (
    Attribute,
    Boundary,
    Claim,
    Owned,
    Protection,
    RegimeUsed,
    Selector,
)
from ringfence.claims.outcome import (
    Finding,
    FlowEdge,
    FlowMap,
    FlowNode,
    Hop,
    Outcome,
    Path,
    Reason,
    SourceState,
    Verdict,
)
from ringfence.errors import Locus, Problem
from tests.unit.report import crossed
from tests.unit.report.flowing import company, master_admin

AS_OF = "2022-01-31T00:00:00Z"
NO_INDIRECT = "shares that no source states are held by nobody who is excluded"
TECHNICAL = "only technical edges are walked"
IN_CHINA = Selector(
    name="in-china",
    people=Attribute("residence", ("CN",)),
    entities=Owned(),
    countries=("CN",),
)
COVERED = Selector(
    name="covered",
    people=Attribute("residence", ("CN",)),
    entities=Owned(),
    regime="us-dsp-2025",
    countries=("CN",),
    assumptions=(NO_INDIRECT,),
)


def hop(tail: str, phrase: str, head: str, at: str, source: str, **more: str) -> Hop:
    """Return a hop with a line that stands for its fact."""
    line = f'{{"at":"{at}","fact":"edge","id":"{tail}","value":"{head}"}}'
    return Hop(tail, head, phrase, at, source, line, **more)


LI = "person:li.n@example"
EMAIL = "column:warehouse/public.users.email"
RESIDES = hop(LI, "resides in", "CN", "people.csv:214", "hr")
WITNESS = Path(
    LI,
    EMAIL,
    "read",
    (
        hop(
            LI,
            "is a member of",
            "group:growth-analytics",
            "scim/groups.json#/Resources/17",
            "directory",
        ),
        hop(
            "group:growth-analytics",
            "can use",
            "tool:Pulse dashboard",
            "tools.yaml:88",
            "tools",
        ),
        hop(
            "tool:Pulse dashboard",
            "runs as",
            "service_account:svc_pulse",
            "tools.yaml:91",
            "tools",
        ),
        hop(
            "service_account:svc_pulse",
            "may read",
            EMAIL,
            "warehouse.sql: grant on users to analytics_ro, role 16412",
            "warehouse",
        ),
    ),
    (RESIDES,),
)


def _claim(kind: str, id_: str, says: str, said: str, **more: object) -> Claim:
    by, _, on = said.partition(" ")
    fields = {"id": id_, "says": says, "kind": kind, "by": by, "on": on, **more}
    return Claim(**fields)  # type: ignore[arg-type]


def _upheld() -> list[Finding]:
    stored = "all US user data is stored in the US, with a backup in Singapore"
    return [
        Finding(
            1,
            _claim("residency", "stored-in-us", stored, "company 2019-10"),
            Verdict.UPHELD,
            summary="7 stores, 0 copies elsewhere",
            counts={"stores": 7, "elsewhere": 0},
            assumptions=(TECHNICAL,),
            proof="claim-1-stored-in-us.json",
        ),
        Finding(
            2,
            _claim(
                "facility",
                "dc-outside-cn",
                "our data centres are outside China",
                "company 2019-10",
                excluded="in-china",
                purpose="data-centre",
            ),
            Verdict.UPHELD,
            summary="5 facilities",
            proof="claim-2-dc-outside-cn.json",
        ),
    ]


def _law() -> Finding:
    says = "none of our data is subject to Chinese law"
    claim = _claim(
        "jurisdiction",
        "not-under-cn-law",
        says,
        "company 2019-10",
        excluded="covered",
    )
    holding = "legal_entity:shortvideo-holding"
    path = Path(
        holding,
        EMAIL,
        "read",
        (
            hop(holding, "controls", "store:warehouse", "entities.csv:4", "ownership"),
            hop("store:warehouse", "holds", EMAIL, "warehouse.sql:12", "warehouse"),
        ),
        (hop(holding, "is organised in", "CN", "entities.csv:2", "ownership"),),
    )
    proxy = Finding(
        3,
        claim,
        Verdict.REFUTED,
        summary="1 entity, 298 columns",
        counts={"origins": 1, "targets": 298},
        paths=(path,),
        assumptions=("an operator can be compelled by the law of its own country",),
        proof="claim-3-not-under-cn-law.json",
    )
    return Finding(
        3,
        claim,
        Verdict.UNPROVEN,
        (Reason("question-of-law", "a question of law; only its proxy is checked"),),
        summary="a question of law; its proxy is refuted",
        proxy=proxy,
    )


def _reach() -> Finding:
    return Finding(
        4,
        _claim(
            "no_reach",
            "nobody-in-cn-can",
            "engineers in China have no access",
            "company 2019-10",
            excluded="in-china",
            exceptions=("weekly-metrics",),
        ),
        Verdict.REFUTED,
        (Reason("uncovered-store", "no source says who can reach chat-archive"),),
        summary="54 people, 298 columns, 11 tools",
        counts={"origins": 54, "targets": 298, "tools": 11},
        paths=(WITNESS,),
        flows=company(),
        assumptions=(TECHNICAL,),
        proof="claim-4-nobody-in-cn-can.json",
    )


def _deciding() -> Finding:
    approver, gate = "person:chen.y@example", "group:growth-analytics"
    more = {"dispute": "the company says that approvals moved to the US in 2021-12"}
    path = Path(
        gate,
        EMAIL,
        "read",
        WITNESS.hops[1:],
        (
            hop(
                approver,
                "approves who gets",
                gate,
                "approvals.yaml:31",
                "tools",
                **more,
            ),
        ),
    )
    return Finding(
        5,
        _claim(
            "control_operates",
            "us-team-decides",
            "a US-based team decides who gets access",
            "senate 2021-10",
            form="team",
            team=("group:us-security",),
        ),
        Verdict.REFUTED,
        summary="37 grants approved elsewhere",
        counts={"origins": 37, "targets": 298},
        paths=(path,),
        proof="claim-5-us-team-decides.json",
    )


def _master() -> Finding:
    role = "role:warehouse/master_admin"
    paths = tuple(
        Path(
            role,
            f"column:warehouse/public.{table}.{name}",
            "read",
            (
                hop(
                    role,
                    "is a member of",
                    "role:warehouse/analytics_ro",
                    "oid 16399",
                    "w",
                ),
                hop(
                    "role:warehouse/analytics_ro",
                    "may read",
                    f"column:warehouse/public.{table}.{name}",
                    f"oid {16412 + number}",
                    "warehouse",
                    open="row filter `only_own_team`" if number == 2 else "",
                ),
            ),
        )
        for number, (table, name) in enumerate(
            [("users", "email"), ("users", "phone"), ("devices", "ip")]
            + [("likes", f"c{number}") for number in range(6)]
        )
    )
    return Finding(
        6,
        _claim(
            "no_single_principal",
            "no-master-admin",
            "nobody holds access to everything",
            "",
        ),
        Verdict.REFUTED,
        summary="1 role, 4 people",
        counts={"origins": 1, "targets": 312},
        paths=paths,
        flows=master_admin(),
        proof="claim-6-no-master-admin.json",
    )


def _last() -> list[Finding]:
    backup = "store:backup-sg"
    held = Path(
        backup,
        EMAIL,
        "read",
        (
            hop(
                backup, "is a backup of", "store:warehouse", "stores.yaml:40", "storage"
            ),
            hop("store:warehouse", "holds", EMAIL, "warehouse.sql:12", "warehouse"),
        ),
        (hop(backup, "is in", "SG", "stores.yaml:38", "storage"),),
    )
    return [
        Finding(
            7,
            _claim(
                "presence",
                "backup-in-sg",
                "there is a backup in Singapore",
                "company 2019-10",
                places=("SG",),
                copy="backup",
            ),
            Verdict.UPHELD,
            summary="backup-sg holds it",
            paths=(held,),
            proof="claim-7-backup-in-sg.json",
        ),
        Finding(
            8,
            _claim(
                "no_event",
                "nobody-did",
                "no engineer in China has looked at US user data since 2020",
                "company 2021-06",
                logs=("warehouse", "backstage"),
            ),
            Verdict.UNPROVEN,
            (
                Reason("needs-logs", "needs the log of warehouse"),
                Reason("needs-logs", "needs the log of backstage"),
            ),
            summary="needs 2 logs",
        ),
    ]


def _sources() -> tuple[SourceState, ...]:
    unreadable = Problem(
        "is not JSON: expecting value",
        Locus("chat/export.json", 3, 1),
        "export it again",
    )
    dropped = "people.csv: column `ethnicity` is never read"
    return (
        SourceState("hr", "people-csv", "2022-01-30T06:00:00Z", 2884, notes=(dropped,)),
        SourceState("directory", "scim", "2022-01-29T00:00:00Z", 3120),
        SourceState("tools", "tools", "2022-01-31T00:00:00Z", 377),
        SourceState(
            "warehouse",
            "postgres",
            "2022-01-30T22:00:00Z",
            9120,
            notes=("warehouse.sql:1220: function `mask_ip` not decided",),
        ),
        SourceState("storage", "storage", "2022-01-29T00:00:00Z", 64),
        SourceState("ownership", "ownership-csv", "2021-11-02T00:00:00Z", 12),
        SourceState("classes", "odcs", "2022-01-29T00:00:00Z", 1310),
        SourceState("old-stores", "facts", "", 11),
        SourceState("chat", "facts", "2022-01-31T00:00:00Z", 0, (unreadable,)),
    )


def realistic() -> Outcome:
    """Return a short-video company, which said eight things."""
    findings = (*_upheld(), _law(), _reach(), _deciding(), _master(), *_last())
    boundary = Boundary(
        name="us-user-data",
        population="people in the US who use the app",
        protected=(Protection("personal", tags=("EMAIL", "PHONE", "IP")),),
        places={"primary": ("US",), "backup": ("SG",)},
        excluded=(COVERED, IN_CHINA),
        claims=tuple(finding.claim for finding in findings),
        as_of=AS_OF,
        regimes=(
            RegimeUsed(
                "us-dsp-2025",
                "Data Security Program",
                "28 CFR 202",
                "1",
                "2025-04-08T00:00:00Z",
            ),
        ),
    )
    return Outcome(
        version="0.1.0",
        boundary=boundary,
        boundary_digest="9f2c" * 16,
        estate_digest="41d7" * 16,
        as_of=AS_OF,
        sources=_sources(),
        nodes={
            "person": 412,
            "legal_entity": 3,
            "group": 96,
            "tool": 41,
            "service_account": 63,
            "role": 118,
            "dataset": 84,
            "column": 1310,
            "store": 7,
            "facility": 5,
        },
        facts=16898,
        excluded={
            "covered": {
                "yes": 57,
                "unknown": 3,
                "residence": 49,
                "employer": 6,
                "control": 2,
            },
            "in-china": {"yes": 54, "unknown": 3, "residence": 54},
        },
        protected={"columns": 312, "datasets": 31, "unclassified": 4},
        findings=findings,
        labels={LI: "Li N.", "tool:Pulse dashboard": "Pulse dashboard"},
        notes=(Reason("ended", "14 facts ended before 2022-01-31"),),
    )


def logged() -> Outcome:
    """Return the company with logs: many crossed, of some claims nobody can say."""
    outcome, did = realistic(), crossed.many()
    people = f"{did.crossing} crossings by {len(did.people)} people"
    gap = "backstage has nothing from 2021-11-14 00:00 to 2021-11-16 00:00 UTC"
    findings = (
        replace(
            outcome.findings[7],
            verdict=Verdict.REFUTED,
            reasons=(Reason("log-gap", gap),),
            summary=f"{people}, 2021-09-03 to 2022-01-27",
            counts={"events": did.events, "crossings": did.crossing},
            crossings=did,
        ),
        Finding(
            9,
            _claim(
                "no_event", "nobody-took", "nobody took data out", "company 2021-06"
            ),
            Verdict.UNPROVEN,
            (Reason("log-gap", gap), Reason("unknown-nobody", "nobody is known")),
            summary=gap,
            crossings=crossed.unsure(),
        ),
        Finding(
            10,
            _claim("some_event", "somebody-did", "engineers in China looked", ""),
            Verdict.UPHELD,
            summary=people,
            crossings=did,
        ),
    )
    return replace(
        outcome,
        findings=(*outcome.findings[:7], *findings),
        logs=crossed.logs(),
    )


def unsaid(outcome: Outcome) -> Outcome:
    """Return the outcome as if nobody were on file for any of its claims."""
    findings = tuple(
        replace(one, claim=msgspec.structs.replace(one.claim, by="", on=""))
        for one in outcome.findings
    )
    return replace(outcome, findings=findings)


def empty() -> Outcome:
    """Return an outcome of nothing at all."""
    boundary = Boundary("empty", "nobody", (), {}, (), ())
    return Outcome("0.1.0", boundary, "", "", "", (), {}, 0, {}, {}, ())


HOSTILE = (
    '<script>alert("1")</script>',
    "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "\u202egnp.exe\u2066\u200f",
    "x" * 10_000,
    "\"'`&amp;<img src=x onerror=alert(1)>' onload='",
    "line\nbreak\r\ttab\x00\x9b1m",
    "</style></title></svg><svg onload=alert(1)>",
    "漢字カナ e\u0301 \U0001f600",
)


def hostile() -> Outcome:
    """Return an outcome in which every text that a source could choose attacks."""
    names = [f"tool:{name}" for name in HOSTILE]
    people = [f"person:{name}" for name in HOSTILE]
    bad = HOSTILE[0] + HOSTILE[1] + HOSTILE[2]
    hops = tuple(
        Hop(tail, head, f"can use {bad}", bad, bad, bad, open=bad, dispute=bad)
        for tail, head in zip([people[0], *names], names, strict=False)
    )
    path = Path(people[0], names[-1], bad, hops, (hops[0],))
    flows = FlowMap(
        tuple(
            FlowNode(node, node.partition(":")[0], node.partition(":")[2], 1)
            for node in [*people, *names]
        ),
        tuple(FlowEdge(a, b, 1) for a, b in zip(people, names, strict=True)),
        followed=len(people),
    )
    findings = tuple(
        Finding(
            number,
            Claim(id=name, says=name, kind="no_reach", by=name, on=bad, excluded=bad),
            tuple(Verdict)[number % 3],
            (Reason(name, name),),
            name,
            {name: 1},
            (path, path),
            flows,
            (name,),
            proof=name,
            crossings=crossed.hostile(HOSTILE) if number % 2 else None,
        )
        for number, name in enumerate(HOSTILE, start=1)
    )
    selector = Selector(bad, Attribute(bad, (bad,)), Owned(), assumptions=(bad,))
    claims = tuple(finding.claim for finding in findings)
    boundary = Boundary(bad, bad, (), {}, (selector,), claims)
    problem = Problem(bad, Locus(bad, 1, 1), bad)
    return Outcome(
        version=bad,
        boundary=boundary,
        boundary_digest=bad,
        estate_digest=bad,
        as_of=bad,
        sources=(SourceState(bad, bad, bad, 1, (problem,), HOSTILE),),
        nodes={"person": 1, bad: 1},
        facts=1,
        excluded={bad: {"yes": 1, bad: 1}},
        protected={bad: 1},
        findings=findings,
        labels={names[0]: HOSTILE[4], people[1]: HOSTILE[6]},
        notes=(Reason(bad, bad),),
        logs=crossed.hostile_logs(HOSTILE),
    )
