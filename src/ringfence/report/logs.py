"""The logs as a report shows them: what they hold, and what is missing of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ringfence.claims.crossings import LogSeen
from ringfence.claims.outcome import Reason
from ringfence.report import event_words as words
from ringfence.report.wording import counted

_MOST_GAPS = 3  # of a log, said one by one


@dataclass(frozen=True, slots=True)
class LogRow:
    """A line of the table of logs.

    Attributes:
        files: How many files it has; `events` and the others stand in them.
        asides: Lines that are well-formed and no event.
        first: Its first sign of life, to the minute; a dash for none.
        remarks: Its gaps, and what else is missing.
    """

    name: str
    kind: str
    files: int
    events: int
    asides: int
    malformed: int
    duplicates: int
    first: str
    last: str
    remarks: tuple[str, ...]


def log_rows(logs: Sequence[LogSeen]) -> tuple[LogRow, ...]:
    """Return the logs as they are shown, in the order of the boundary."""
    return tuple(
        LogRow(
            name=log.name,
            kind=log.kind,
            files=log.files,
            events=log.events,
            asides=log.asides,
            malformed=log.malformed,
            duplicates=log.duplicates,
            first=words.minute(log.first),
            last=words.minute(log.last),
            remarks=tuple(_remarks(log)),
        )
        for log in logs
    )


def _remarks(log: LogSeen) -> Iterator[str]:
    for text in _gaps(log):
        yield text.removeprefix(f"{log.name} ")
    for _, text in words.reasons(log):
        yield text
    if log.is_listed:
        yield "its manifest lists its files, and they are all there"


def _gaps(log: LogSeen) -> Iterator[str]:
    yield from list(words.gaps(log))[:_MOST_GAPS]
    more = len(log.gaps) - _MOST_GAPS
    if more > 0:
        yield f"{log.name} has {counted(more, 'gap', 'gaps')} more"


def list_silent(logs: Sequence[LogSeen]) -> Iterator[Reason]:
    """Yield what the logs don't tell: gaps, what can't be read, and duplicates."""
    for log in logs:
        for text in _gaps(log):
            yield Reason("log-gap", f"log {text}")
        for code, text in words.reasons(log):
            yield Reason(code, f"log {log.name}: {text}")
        if log.duplicates:
            events = counted(log.duplicates, "duplicate", "duplicates")
            yield Reason("log-duplicate", f"log {log.name}: {events} left out")
