"""The whole run: from a boundary file and its sources to an outcome and proof files."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

import ringfence
from ringfence.audit.reader import kinds as log_kinds
from ringfence.boundary.model import Boundary, Claim, canonical, digest
from ringfence.boundary.order import LogOrder
from ringfence.boundary.parse import BoundaryFile, parse_boundary
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import NODE_KINDS, kind_of
from ringfence.claims.case import Case
from ringfence.claims.collect import Told, collect, given, load_told
from ringfence.claims.contested import NOTHING, Heard, heard, require_docket
from ringfence.claims.events.past import Logs
from ringfence.claims.events.reading import FOLDER, Ordered, read
from ringfence.claims.judgement import Judgement
from ringfence.claims.kinds import judge
from ringfence.claims.outcome import Finding, Outcome, SourceState
from ringfence.documents.files import decode, read_bytes
from ringfence.errors import (
    ConfigError,
    Locus,
    NothingCollectedError,
    Problem,
    SourceError,
)
from ringfence.estate.store import Estate, SourceFact
from ringfence.sources.registry import kinds
from ringfence.sources.source import Order

BOUNDARY_FILE = "boundary.yaml"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Run:
    """What to check and how.

    Attributes:
        case: The boundary file, or a folder with a `boundary.yaml`.
        output: Folder for `facts.jsonl`, `boundary.json` and the proof files.
        now: The instant to judge, if neither `as_of` nor the boundary says one.
        as_of: The instant to judge, instead of the boundary's.
        progress: Called with each stage that begins.
        further: Facts files beside those that the boundary orders.
        docket: The folder of a docket, whose statements the claims are held beside.
    """

    case: Path
    output: Path
    now: str
    as_of: str | None = None
    progress: Progress = lambda _stage: None
    further: Sequence[Path] = ()
    docket: Path | None = None


def read_boundary(case: Path, *, as_of: str | None = None) -> BoundaryFile:
    """Read and parse a boundary file, named itself or by its folder.

    Raises:
        ConfigError: It isn't there, or holds problems; all of them are told.
    """
    path = case / BOUNDARY_FILE if case.is_dir() else case
    try:
        text = decode(read_bytes(path, str(path)), str(path))
        return parse_boundary(
            text,
            path.name,
            as_of=as_of,
            source_kinds=kinds(),
            log_kinds=log_kinds(),
        )
    except SourceError as error:
        raise ConfigError.of(error.problems) from None


def check(run: Run) -> Outcome:
    """Judge every claim of a boundary, and write the estate and the proof files.

    Raises:
        ConfigError: The boundary file can't be used, or there is no docket.
        NothingCollectedError: No source gave a fact.
    """
    check_output(run.output)
    if run.docket is not None:
        require_docket(run.docket)
    return judged(run, collected(run))


def check_output(output: Path) -> None:
    """Check that a folder can be written to.

    Raises:
        ConfigError: Something else has its name.
    """
    if output.exists() and not output.is_dir():
        hint = "name another folder with `--output`"
        raise ConfigError(f"`{output}` is no folder", Locus("--output"), hint)


def folder_of(case: Path) -> Path:
    """Return the folder that a boundary names files from."""
    return case if case.is_dir() else case.parent


@dataclass(frozen=True, slots=True)
class Collected:
    """A boundary with its estate, ready to be judged.

    Attributes:
        told: What each source told.
        orders: The logs to read.
        base: The folder that their files are named from.
    """

    boundary: Boundary
    estate: Estate
    told: Sequence[Told]
    orders: Sequence[LogOrder] = ()
    base: Path = Path()


def collected(run: Run) -> Collected:
    """Read the boundary, ask its sources and load what they tell.

    Raises:
        ConfigError: The boundary file can't be used.
        NothingCollectedError: No source gave a fact.
    """
    file = read_boundary(run.case, as_of=run.as_of)
    boundary = file.boundary
    if not boundary.as_of:
        boundary = msgspec.structs.replace(boundary, as_of=run.now)
    base = folder_of(run.case)
    with tempfile.TemporaryDirectory(prefix="ringfence-") as folder:
        run.progress("collecting facts")
        told = _asked(file, base, Path(folder), run.now)
        told += [given(path, Path(folder)) for path in dict.fromkeys(run.further)]
        run.progress("loading the estate")
        estate, told = load_told(told, Path(folder))
        if not estate.has_facts():
            raise NothingCollectedError.of(_all_problems(told, run.case))
    return Collected(boundary, estate, told, file.logs, base)


def _asked(file: BoundaryFile, base: Path, folder: Path, now: str) -> list[Told]:
    told = []
    for source, options, at in file.sources:
        order = Order(source.name, source.files, base, options, at)
        told.append(
            collect(
                order,
                source.kind,
                folder,
                # What is read live is read now; a file is as old as somebody says.
                collected=source.collected or ("" if source.files else now),
                history=source.history_since,
            )
        )
    return told


def _all_problems(told: list[Told], case: Path) -> list[Problem]:
    nothing = Problem(
        "nothing was collected: no source gave a fact",
        Locus(str(case)),
        "see the problems of the sources, or add `sources:` to the boundary file",
    )
    return [nothing, *(problem for one in told for problem in one.problems)]


def judged(run: Run, ready: Collected) -> Outcome:
    """Judge a case that is collected, and write the estate and the proof files."""
    boundary, estate = ready.boundary, ready.estate
    run.output.mkdir(parents=True, exist_ok=True)
    _clear(run.output)
    run.progress("writing the facts")
    estate_digest = estate.write(run.output / "facts.jsonl")
    (run.output / "boundary.json").write_bytes(canonical(boundary))
    boundary_digest = digest(boundary)
    case = Case(estate, boundary, boundary.as_of)
    said = _said(run, boundary)
    case.docket = {claim: one.documents for claim, one in said.claims.items()}
    digests = {"estate": estate_digest, "boundary": boundary_digest}
    with past_of(run, ready, case) as past:
        case.past = past
        findings = _findings(run, case, digests, said)
        logs = () if past is None else tuple(past.logs)
    return Outcome(
        version=ringfence.__version__,
        boundary=boundary,
        boundary_digest=boundary_digest,
        estate_digest=estate_digest,
        as_of=boundary.as_of,
        sources=_states(estate.sources(), ready.told),
        nodes=_nodes(case.view.ids),
        facts=estate.size,
        excluded={one.name: _excluded(case, one.name) for one in boundary.excluded},
        protected=_protected(case),
        findings=tuple(findings),
        labels=case.view.labels(sorted(_mentioned(findings))),
        logs=logs,
        notes=said.notes,
        docket=said.seen,
    )


def _said(run: Run, boundary: Boundary) -> Heard:
    """Return what a docket says of the claims, if one is named."""
    if run.docket is None:
        return Heard(None)
    run.progress("reading the docket")
    return heard(run.docket, boundary.claims)


@contextmanager
def past_of(
    run: Run, ready: Collected, case: Case, *, engine: str = ""
) -> Iterator[Logs | None]:
    """Read the logs that a boundary orders, if it orders any, and give what they tell.

    Args:
        run: Where to, and whom to tell.
        ready: What is ordered.
        case: The case as of the date judged.
        engine: Address of the Spark Connect server that judges; empty for DuckDB.
    """
    if not ready.orders:
        yield None
        return
    with _read(run, ready, case, engine) as past:
        yield past


@contextmanager
def logs_of(
    run: Run, *, require: Callable[[Case], object], engine: str = ""
) -> Iterator[Logs]:
    """Collect a case and read its logs, for what asks nothing but them.

    Args:
        run: What to read, and where the table of events is kept.
        require: Called with the case before its logs are read: raises what keeps them
            from being asked.
        engine: Address of the Spark Connect server that judges; empty for DuckDB.

    Raises:
        ConfigError: The boundary can't be used, or orders no logs.
        NothingCollectedError: No source gave a fact.
    """
    check_output(run.output)
    ready = collected(run)
    if not ready.orders:
        hint = "add `logs:`; docs/logs/index.md says how"
        raise ConfigError("the boundary orders no logs", Locus(str(run.case)), hint)
    case = Case(ready.estate, ready.boundary, ready.boundary.as_of)
    require(case)
    run.output.mkdir(parents=True, exist_ok=True)
    with _read(run, ready, case, engine) as past:
        yield past


def _read(
    run: Run, ready: Collected, case: Case, engine: str
) -> AbstractContextManager[Logs]:
    folder = run.output / FOLDER
    return read(Ordered(ready.orders, ready.base, folder, engine, run.progress), case)


def _findings(
    run: Run, case: Case, digests: Mapping[str, str], said: Heard
) -> list[Finding]:
    findings = []
    claims = case.boundary.claims
    for number, claim in enumerate(claims, start=1):
        run.progress(f"judging claim {number} of {len(claims)}")
        judgement = judge(claim, case)
        proof = None
        if judgement.proof is not None:
            proof = f"claim-{number}-{claim.id}.json"
            (run.output / proof).write_bytes(judgement.proof.sealed(**digests))
        finding = _finding(number, claim, judgement, proof)
        beside = said.claims.get(claim.id, NOTHING).beside
        findings.append(replace(finding, beside=beside))
    return findings


def _clear(output: Path) -> None:
    """Remove the proof files of an earlier run, which this run doesn't renew."""
    for old in output.glob("claim-*.json"):
        old.unlink()


def _finding(
    number: int, claim: Claim, judgement: Judgement, proof: str | None
) -> Finding:
    proxy = judgement.proxy
    return Finding(
        number=number,
        claim=claim,
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        summary=judgement.summary,
        counts=judgement.counts,
        paths=judgement.paths,
        flows=judgement.flows,
        assumptions=judgement.assumptions,
        proxy=None if proxy is None else _finding(number, claim, proxy, proof),
        proof=proof,
        crossings=judgement.crossings,
        contested=judgement.contested,
    )


def _states(
    facts: Sequence[SourceFact], told: Sequence[Told]
) -> tuple[SourceState, ...]:
    problems = {one.order.source: one.problems for one in told}
    return tuple(
        SourceState(
            name=fact.name,
            kind=fact.kind,
            collected=fact.collected,
            facts=fact.facts,
            problems=problems.get(fact.name, ()) or _told_unread(fact),
            history=fact.detail.get("history_since", ""),
            notes=tuple(
                text for key, text in fact.detail.items() if key.startswith("note:")
            ),
        )
        for fact in facts
    )


def _told_unread(fact: SourceFact) -> tuple[Problem, ...]:
    """Return what a collector, elsewhere, said of a source that it couldn't read."""
    return (Problem(fact.unknown),) if fact.unknown else ()


def _nodes(ids: Sequence[str]) -> Mapping[str, int]:
    counts = Counter(map(kind_of, ids))
    return {kind: counts[kind] for kind in NODE_KINDS}


def _excluded(case: Case, selector: str) -> Mapping[str, int]:
    found = Counter(
        str(status)
        for node, status in case.statuses(selector).items()
        if kind_of(node) == "person"
    )
    return {str(status): found[str(status)] for status in Status}


def _protected(case: Case) -> Mapping[str, int]:
    targets = case.targets(())
    certain = [node for node, status in targets.items() if status is Status.YES]
    columns = [node for node in certain if kind_of(node) == "column"]
    datasets = {node.partition(":")[2].rpartition(".")[0] for node in columns}
    return {
        "columns": len(columns),
        "datasets": len(datasets) + len(certain) - len(columns),
        "unclassified": len(targets) - len(certain),
    }


def _mentioned(findings: Sequence[Finding]) -> set[str]:
    return {node for finding in findings for node in _nodes_of(finding)}


def _nodes_of(finding: Finding) -> Iterator[str]:
    for path in finding.paths:
        for hop in (*path.origin_facts, *path.hops):
            yield from (hop.tail, hop.head)
    yield from (node.id for node in finding.flows.nodes)
    if finding.proxy is not None:
        yield from _nodes_of(finding.proxy)
