"""The report as JSON, schema `report/1`: `report.schema.json` describes each field.

Names stand as the sources gave them. Characters that could steer a terminal are written
as JSON escapes, so that a reader gets the name back and a terminal shows it harmlessly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from ringfence.claims.crossings import Crossings, LogSeen
from ringfence.claims.outcome import (
    Finding,
    FlowEdge,
    FlowNode,
    Hop,
    Path,
    Reason,
    Verdict,
)
from ringfence.claims.testimony import Beside, DocketSeen
from ringfence.report.document import Assumption, Command, Document
from ringfence.report.section import Section


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Regime(_Value, frozen=True):
    """A regime that the boundary draws on."""

    id: str
    version: str
    source: str
    digest: str


class Named(_Value, frozen=True):
    """The boundary: its name, whose data it protects, and its digest (SHA-256)."""

    name: str
    population: str
    digest: str
    regimes: tuple[Regime, ...]


class Counted(_Value, frozen=True):
    """The estate: its digest (SHA-256), and how many facts and nodes it holds."""

    digest: str
    facts: int
    nodes: Mapping[str, int]


class Source(_Value, frozen=True):
    """A source: state is `read`, `not read`, `undated` or `out of date`."""

    name: str
    kind: str
    state: str
    collected: str
    age: str
    facts: int
    remarks: tuple[str, ...]


class Step(_Value, frozen=True):
    """A fact on the way, with its place and its line of `facts.jsonl`."""

    tail: str
    head: str
    phrase: str
    at: str
    source: str
    line: str
    open: str
    dispute: str


class Way(_Value, frozen=True):
    """A path: why its origin counts, its steps, and a request that meets its guards."""

    origin: str
    target: str
    verb: str
    certain: bool
    because: tuple[Step, ...]
    steps: tuple[Step, ...]
    request: Mapping[str, Sequence[str]]


class Judged(_Value, frozen=True):
    """A claim and its verdict; `proxy` is the verdict on its checkable stand-in.

    `contested` says that a statement which counts keeps the claim from being upheld.
    """

    number: int
    id: str
    kind: str
    says: str
    by: str
    on: str
    verdict: Verdict
    summary: str
    reasons: tuple[Reason, ...]
    counts: Mapping[str, int]
    paths: tuple[Way, ...]
    nodes: tuple[FlowNode, ...]
    edges: tuple[FlowEdge, ...]
    asked: Mapping[str, str]
    assumptions: tuple[str, ...]
    proof: str | None
    proxy: Judged | None
    crossings: Crossings | None
    contested: bool = False
    beside: Beside = Beside()


class Report(_Value, frozen=True):
    """A whole report; `exit` is the exit code of the command that wrote it."""

    ringfence: Literal["report/1"]
    version: str
    title: str
    as_of: str
    exit: int
    boundary: Named
    estate: Counted
    excluded: Mapping[str, Mapping[str, int]]
    protected: Mapping[str, int]
    claims: tuple[Judged, ...]
    sources: tuple[Source, ...]
    logs: tuple[LogSeen, ...]
    not_looked_at: tuple[Reason, ...]
    assumptions: tuple[Assumption, ...]
    labels: Mapping[str, str]
    commands: tuple[Command, ...]
    docket: DocketSeen | None = None


def render(document: Document) -> str:
    """Return the report as JSON text, indented, with a line end."""
    plain = msgspec.json.encode(report(document))
    text = msgspec.json.format(plain, indent=2).decode()
    return harmless(text) + "\n"


def schema() -> bytes:
    """Return the JSON Schema (2020-12) of the report: `report.schema.json`."""
    found = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Ringfence report/1",
        **msgspec.json.schema(Report),
    }
    return msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"


def report(document: Document) -> Report:
    """Return the report as the value that is written."""
    outcome, boundary = document.outcome, document.outcome.boundary
    return Report(
        ringfence="report/1",
        version=outcome.version,
        title=document.title,
        as_of=outcome.as_of,
        exit=int(document.exit_code),
        boundary=Named(
            boundary.name,
            boundary.population,
            outcome.boundary_digest,
            tuple(
                Regime(one.id, one.version, one.source, one.digest)
                for one in boundary.regimes
            ),
        ),
        estate=Counted(outcome.estate_digest, outcome.facts, outcome.nodes),
        excluded=outcome.excluded,
        protected=outcome.protected,
        claims=_claims(document.sections),
        sources=tuple(
            Source(
                row.name,
                row.kind,
                row.state,
                row.collected,
                row.age,
                row.facts,
                row.remarks,
            )
            for row in document.sources
        ),
        logs=outcome.logs,
        not_looked_at=document.unseen,
        assumptions=document.assumptions,
        labels=outcome.labels,
        commands=(*document.commands, document.check),
        docket=outcome.docket,
    )


def _claims(sections: tuple[Section, ...]) -> tuple[Judged, ...]:
    proxies = {part.row.number: _judged(part) for part in sections if part.is_proxy}
    return tuple(
        msgspec.structs.replace(_judged(part), proxy=proxies.get(part.row.number))
        for part in sections
        if not part.is_proxy
    )


def _judged(section: Section) -> Judged:
    finding: Finding = section.finding
    claim = finding.claim
    return Judged(
        number=finding.number,
        id=claim.id,
        kind=claim.kind,
        says=claim.says,
        by=claim.by,
        on=claim.on,
        verdict=finding.verdict,
        summary=section.row.summary,
        reasons=finding.reasons,
        counts=finding.counts,
        paths=tuple(map(_way, finding.paths)),
        nodes=section.flows.nodes,
        edges=section.flows.edges,
        asked=dict(section.scope),
        assumptions=section.assumptions,
        proof=finding.proof,
        proxy=None,
        crossings=finding.crossings,
        contested=finding.contested,
        beside=finding.beside,
    )


def _way(path: Path) -> Way:
    return Way(
        path.origin,
        path.target,
        path.verb,
        path.is_certain,
        tuple(map(_step, path.origin_facts)),
        tuple(map(_step, path.hops)),
        path.request,
    )


def _step(hop: Hop) -> Step:
    return Step(
        hop.tail,
        hop.head,
        hop.phrase,
        hop.at,
        hop.source,
        hop.line,
        hop.open,
        hop.dispute,
    )


def harmless(text: str) -> str:
    """Return JSON text in which nothing steers a terminal; it means the same."""
    # Outside strings JSON has line ends alone that don't print.
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    # The standard library leaves DEL alone, which is ASCII and steers all the same.
    return json.dumps(character)[1:-1] if character != "\x7f" else "\\u007f"
