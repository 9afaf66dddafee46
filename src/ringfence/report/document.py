"""The report as one value: everything that any renderer shows, computed once.

Renderers differ in layout only. What the terminal, the page and the JSON file say is
therefore the same, and is tested here rather than three times. Names are raw: each
renderer makes them safe for its own medium at one place.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ringfence.claims.outcome import Outcome, Reason, Verdict
from ringfence.errors import ExitCode
from ringfence.report import beside, event_words, section, wording
from ringfence.report.logs import LogRow, log_rows
from ringfence.report.section import Row, Section
from ringfence.report.unseen import SourceRow, list_unseen, source_rows

_GRAVITY = (Verdict.REFUTED, Verdict.UNPROVEN, Verdict.UPHELD)


@dataclass(frozen=True, slots=True)
class Assumption:
    """What verdicts take for granted, and the numbers of the claims that do."""

    text: str
    claims: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """What to type or open next, and what for."""

    purpose: str
    line: str


@dataclass(frozen=True, slots=True)
class Document:
    """Everything that a report shows.

    Attributes:
        title: The run in one sentence: `4 of 8 claims are refuted`.
        header: The estate, the excluded and the protected, as pairs of word and text.
        sections: One for each claim and proxy, in the order of the claims.
        lead: The section that the first screen shows, if any deserves it.
        logs: What the logs hold, and what is missing of them.
        unseen: What was not looked at.
        commands: What to type or open next.
        check: How to re-check the proofs without us.
        outcome: The values that all this was computed from, for the JSON file.
    """

    title: str
    fences: tuple[str, ...]
    as_of: str
    header: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    tally: Mapping[Verdict, int]
    sections: tuple[Section, ...]
    lead: Section | None
    sources: tuple[SourceRow, ...]
    logs: tuple[LogRow, ...]
    unseen: tuple[Reason, ...]
    assumptions: tuple[Assumption, ...]
    digests: tuple[tuple[str, str], ...]
    commands: tuple[Command, ...]
    check: Command
    exit_code: ExitCode
    outcome: Outcome

    @property
    def gravest(self) -> tuple[Section, ...]:
        """The sections with refuted claims first, each proxy after its own claim."""
        own = {part.row.number: part.verdict for part in self.sections[::-1]}
        return tuple(
            sorted(self.sections, key=lambda part: _GRAVITY.index(own[part.row.number]))
        )


def build(
    outcome: Outcome, *, folder: str = "", further: tuple[Command, ...] = ()
) -> Document:
    """Return the document of an outcome.

    Args:
        outcome: What the check came to.
        folder: The output folder as the reader would type it; empty when the run
            writes none, and proofs therefore aren't kept.
        further: Commands that the caller offers before those about the folder.
    """
    sections = tuple(
        part
        for finding in outcome.findings
        for part in section.sections(finding, outcome)
    )
    tally = Counter(finding.verdict for finding in outcome.findings)
    return Document(
        title=_title(tally),
        fences=tuple(dict.fromkeys(map(wording.fence, outcome.boundary.excluded))),
        as_of=wording.day(outcome.as_of),
        header=_header(outcome),
        rows=tuple(section.row(finding) for finding in outcome.findings),
        tally={verdict: tally[verdict] for verdict in Verdict},
        sections=sections,
        lead=_lead(sections),
        sources=source_rows(outcome),
        logs=log_rows(outcome.logs),
        unseen=list_unseen(outcome),
        assumptions=_assumptions(sections),
        digests=(
            ("estate", outcome.estate_digest),
            ("boundary", outcome.boundary_digest),
            *_signed(outcome),
        ),
        commands=(*further, *_look(folder)),
        check=_check(folder),
        exit_code=_exit_code(tally),
        outcome=outcome,
    )


def unlogged(document: Document, told: str) -> Document:
    """Return the document of a run that was to log its verdicts, and failed."""
    return replace(document, title=told, exit_code=ExitCode.TOOL_FAILED)


def _title(tally: Mapping[Verdict, int]) -> str:
    total = sum(tally.values())
    if not total:
        return "the boundary makes no claim, so nothing was judged"
    for verdict in (Verdict.REFUTED, Verdict.UNPROVEN):
        if number := tally[verdict]:
            claims = wording.counted(total, "claim", "claims")
            return f"{number} of {claims} {'is' if number == 1 else 'are'} {verdict}"
    return "the claim is upheld" if total == 1 else f"all {total} claims are upheld"


def _exit_code(tally: Mapping[Verdict, int]) -> ExitCode:
    if tally[Verdict.REFUTED]:
        return ExitCode.REFUTED
    is_upheld = tally[Verdict.UPHELD] and not tally[Verdict.UNPROVEN]
    return ExitCode.ALL_UPHELD if is_upheld else ExitCode.UNPROVEN


def _header(outcome: Outcome) -> tuple[tuple[str, str], ...]:
    nodes = [
        wording.counted_kind(outcome.nodes[kind], kind)
        for kind in wording.KINDS
        if outcome.nodes.get(kind)
    ]
    ages = [
        wording.seconds_between(source.collected, outcome.as_of)
        for source in outcome.sources
    ]
    dated = [seconds for seconds in ages if seconds is not None]
    oldest = f", the oldest {wording.age(max(dated))}" if dated else ""
    sources = wording.counted(len(outcome.sources), "source", "sources")
    return (
        ("estate", f"{sources}{oldest}: {', '.join(nodes) or 'nothing'}"),
        *(("excluded", line) for line in _excluded(outcome)),
        ("protected", _protected(outcome.protected)),
        *((("logs", event_words.logs(outcome.logs)),) if outcome.logs else ()),
        *((("docket", beside.seen(outcome)),) if outcome.docket else ()),
    )


def _signed(outcome: Outcome) -> Iterator[tuple[str, str]]:
    if outcome.docket is not None and outcome.docket.root:
        yield "docket's root", outcome.docket.root


def _excluded(outcome: Outcome) -> list[str]:
    lines = []
    for selector, counts in outcome.excluded.items():
        doors = [
            f"{number:,} by {word.removeprefix('by ')}"
            for word, number in counts.items()
            if word not in {"yes", "unknown", "no"} and number
        ]
        line = wording.counted_kind(counts.get("yes", 0), "person")
        line += f" ({', '.join(doors)})" if doors else ""
        line += f", {counts.get('unknown', 0):,} unknown"
        lines.append(f"{selector}: {line}" if len(outcome.excluded) > 1 else line)
    return lines


def _protected(counts: Mapping[str, int]) -> str:
    columns = wording.counted_kind(counts.get("columns", 0), "column")
    datasets = wording.counted_kind(counts.get("datasets", 0), "dataset")
    open_ones = counts.get("unclassified", 0)
    return f"{columns} in {datasets}" + (
        f", {open_ones:,} unclassified" if open_ones else ""
    )


def _lead(sections: tuple[Section, ...]) -> Section | None:
    """Return what to show first: a refutation with an example, else an open reason."""
    own = [part for part in sections if not part.is_proxy]
    refuted = [part for part in own if part.verdict == Verdict.REFUTED]
    shown = [part for part in refuted if part.has_example] or refuted
    unproven = [part for part in own if part.verdict == Verdict.UNPROVEN]
    return next(iter(shown or unproven), None)


def _assumptions(sections: tuple[Section, ...]) -> tuple[Assumption, ...]:
    claims: dict[str, dict[int, None]] = {}
    for part in sections:
        for text in part.assumptions:
            claims.setdefault(text, {})[part.row.number] = None
    return tuple(Assumption(text, tuple(numbers)) for text, numbers in claims.items())


def _look(folder: str) -> tuple[Command, ...]:
    return (Command("to look", f"{_typed(folder)}report.html"),) if folder else ()


def _check(folder: str) -> Command:
    if not folder:
        return Command("to keep page and proofs", "add `--output out/`")
    return Command(
        "to re-check offline", f"python -m ringfence_verify {_typed(folder)}"
    )


def _typed(folder: str) -> str:
    return shlex.quote(folder.rstrip("/") + "/")
