"""The events of a claim as lines of text: the sum, and exhibits one by one."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.report.events import Events, ExhibitRow, MeterRow
from ringfence.report.fitting import cut
from ringfence.report.logs import LogRow
from ringfence.report.witness_text import columns, hung
from ringfence.report.wording import counted

_INDENT = 14


def brief(events: Events, width: int) -> Iterator[str]:
    """Yield the first exhibit, a line for each thing it says, and the sum."""
    if events.exhibits:
        yield from columns(list(_steps(events.exhibits[0])), width)
    yield cut(f"  {events.total}", width)


def _steps(row: ExhibitRow) -> Iterator[tuple[str, str, str]]:
    yield row.time, row.who, row.place
    yield f" {row.verb}", row.touched, ""
    yield " through", row.way, ""
    yield " behind it", row.behind, ""
    if row.origin:
        yield " from", row.origin, ""


def full(events: Events, width: int) -> Iterator[str]:
    """Yield everything that is told of the events."""
    yield from _told("sum", events.total, width)
    yield from _told("judged", events.period, width)
    if events.summary:
        yield from _told("crossings", events.summary, width)
    for text in events.unknown:
        yield from _told("unknown", text, width)
    for meter in events.meters:
        yield from _told("meter", _meter(meter), width)
    for text in events.unmetered:
        yield from _told("", text, width)
    for row in events.exhibits:
        yield from _exhibit(row, width)
    if events.left:
        more = counted(events.left, "crossing", "crossings")
        text = f"{more} more: `ringfence audit` writes them all to crossings.jsonl"
        yield from hung("  ", text, width)


def _told(word: str, text: str, width: int) -> Iterator[str]:
    yield from hung(f"  {word:<11} ", text, width)


def _meter(row: MeterRow) -> str:
    told = f"{row.who}, {row.category}: {row.subjects} subjects in twelve months"
    told += f"; threshold: {row.threshold}; passed: {row.passed}"
    return f"{told}; {row.remark}" if row.remark else told


def _exhibit(row: ExhibitRow, width: int) -> Iterator[str]:
    known = row.person.partition(":")[2] == row.who or not row.person
    name = row.who if known else f"{row.who} ({row.person})"
    yield from _told("event", f"{row.id}, {row.time} UTC, {name}", width)
    origin = f"; from {row.origin}" if row.origin else ""
    told = (
        f"{row.what}; through {row.way}; {row.behind}{origin}",
        f"{row.place}, {row.extent}, sha256 {row.digest}",
    )
    for text in told:
        yield from hung(" " * _INDENT, text, width)


def logs(rows: tuple[LogRow, ...], width: int) -> Iterator[str]:
    """Yield every log with what it holds, and what is missing of it."""
    if rows:
        yield ""
        yield counted(len(rows), "log", "logs")
    for row in rows:
        yield from hung("  ", _log(row), width)
        for remark in row.remarks:
            yield from hung("    ", remark.replace("\n", " "), width)


def _log(row: LogRow) -> str:
    counts = (
        counted(row.files, "file", "files"),
        counted(row.events, "event", "events"),
        counted(row.asides, "aside", "asides"),
        f"{row.malformed:,} malformed",
        counted(row.duplicates, "duplicate", "duplicates"),
    )
    lived = f"{row.first} to {row.last} UTC" if row.first != "-" else "no sign of life"
    return f"{row.name} ({row.kind}): {', '.join(counts)}; {lived}"
