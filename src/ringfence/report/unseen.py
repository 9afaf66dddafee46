"""What was looked at, how old it is, and what was not looked at.

The last is the part of a report that an auditor reads first: what no source says can't
be judged, and a verdict is worth no more than its list of gaps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.boundary.vocabulary import Grade
from ringfence.claims.outcome import Outcome, Reason, SourceState
from ringfence.report import wording
from ringfence.report.logs import list_silent
from ringfence.report.scope import walk

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A line of the table of sources.

    Attributes:
        state: `read`, `not read`, `undated` or `out of date`.
        remarks: Problems, then notes: what was dropped or left undecided.
    """

    name: str
    kind: str
    collected: str
    age: str
    facts: int
    state: str
    remarks: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether a verdict may rest on it."""
        return self.state == "read"


def source_rows(outcome: Outcome) -> tuple[SourceRow, ...]:
    """Return the sources, those that no verdict may rest on first."""
    rows = [_row(source, outcome) for source in outcome.sources]
    return tuple(sorted(rows, key=lambda row: row.is_sound))


def _row(source: SourceState, outcome: Outcome) -> SourceRow:
    seconds = wording.seconds_between(source.collected, outcome.as_of)
    return SourceRow(
        name=source.name,
        kind=source.kind,
        collected=wording.day(source.collected),
        age=wording.age(seconds),
        facts=source.facts,
        state=_state(source, seconds, outcome.boundary.max_age_days, outcome.as_of),
        remarks=(*map(str, source.problems), *source.notes),
    )


def _state(
    source: SourceState, seconds: int | None, max_age_days: int, as_of: str
) -> str:
    if not source.is_read:
        return "not read"
    if seconds is None:
        return "undated"
    is_told = "" < source.history <= as_of <= source.collected
    return "read" if is_told or abs(seconds) <= max_age_days * _DAY else "out of date"


def list_unseen(outcome: Outcome) -> tuple[Reason, ...]:
    """Return what was not looked at, the most serious first."""
    return (
        *_unsound(outcome),
        *outcome.notes,
        *_unstated(outcome),
        *_unwalked(outcome),
        *list_silent(outcome.logs),
        *_deeds(outcome),
    )


def _unsound(outcome: Outcome) -> Iterator[Reason]:
    for row in source_rows(outcome):
        if row.state == "not read":
            yield Reason("unread-source", f"source {row.name} was not read in full")
        elif row.state == "undated":
            yield Reason("undated-source", f"source {row.name} has no date")
        elif row.state == "out of date":
            limit = wording.counted(outcome.boundary.max_age_days, "day", "days")
            apart = f"{row.age} from the date judged, more than {limit}"
            text = f"source {row.name} is of {row.collected}: {apart}"
            yield Reason("old-source", text)


def _unstated(outcome: Outcome) -> Iterator[Reason]:
    if number := outcome.protected.get("unclassified", 0):
        columns = wording.counted_kind(number, "column")
        yield Reason("unclassified", f"{columns} that no source classifies")
    missing = [kind for kind in wording.KINDS if not outcome.nodes.get(kind)]
    if missing:
        nouns = wording.joined(wording.plural(kind) for kind in missing)
        yield Reason("unstated", f"{nouns}: no source states any")


def _unwalked(outcome: Outcome) -> Iterator[Reason]:
    for grade in Grade:
        numbers = [
            str(finding.number)
            for finding in outcome.findings
            if (followed := walk(finding.claim)) and grade not in followed.grades
        ]
        if numbers:
            noun = "claim" if len(numbers) == 1 else "claims"
            text = f"{grade} edges, for {noun} {wording.joined(numbers)}"
            yield Reason("unwalked-edges", text)


def _deeds(outcome: Outcome) -> Iterator[Reason]:
    if any(finding.crossings is not None for finding in outcome.findings):
        return
    why = "no log was judged"
    if outcome.logs:
        why = "no claim asks what the logs tell of them"
    yield Reason("deeds", f"what people did: this check says who could, {why}")
