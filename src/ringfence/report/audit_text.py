"""The audit as text: the sum, who crossed through what, and what nobody can say."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from ringfence.claims.events.audited import Audited
from ringfence.claims.events.completeness import gap_texts
from ringfence.claims.events.outcome import Crossings, Exhibit, LogSeen, Meter, Share
from ringfence.errors import ExitCode, printable
from ringfence.report import wording
from ringfence.report.answering import Screen, table
from ringfence.report.witness_text import hung

# Why an event is unknown, as the end of a sentence that begins with how many.
WHY = {
    "nobody": "with no log to say who was behind it",
    "person": "of whom nobody knows whether they were excluded",
    "data": "on data of which nobody knows whether it was protected",
    "abroad": "from an address of a country that counts, by nobody excluded",
    "address": "from an address that can't be placed, by nobody excluded",
}
GRADES = {
    "named": "the log names them",
    "request": "same request in the tool's log",
    "session": "same session in the tool's log",
    "address": "the address was theirs, by the sign-in log",
}
_NAMED = 3


def exit_code(found: Crossings) -> ExitCode:
    """Return the exit code: crossings, else whatever keeps them from being denied."""
    if found.crossing:
        return ExitCode.REFUTED
    missing = any(log.reasons for log in found.logs)
    if found.unknown or found.malformed or missing:
        return ExitCode.UNPROVEN
    return ExitCode.ALL_UPHELD


def audit(found: Audited, screen: Screen) -> str:
    """Return the audit."""
    lines = _lines(found, screen)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _lines(audited: Audited, screen: Screen) -> Iterator[str]:
    found = audited.crossings
    yield printable(
        f"boundary {audited.boundary.name}   excluded {found.selector}   "
        f"{_day(found.first)} to {_day(found.after)}   judged by {found.engine}"
    )
    yield (
        f"events {found.events:,} = crossing {found.crossing:,} "
        f"+ permitted {found.permitted:,} + unknown {found.unknown:,} "
        f"+ malformed {found.malformed:,}"
    )
    if found.crossing:
        yield from hung("", summary(found), screen.width)
        yield ""
        yield from _people(found, screen)
    for text in unknown(found):
        yield from hung("unknown: ", text, screen.width)
    for log in found.logs:
        for text in notes(log):
            yield from hung(f"{printable(log.name)}: ", text, screen.width)
    for meter in found.meters:
        yield from hung("meter: ", metered(meter, found.labels), screen.width)
    if found.exhibits:
        yield ""
        yield "for example:"
        yield from exhibit(found.exhibits[0], found.labels, screen.width)
        words = ["ringfence", "audit", "show", found.exhibits[0].id, screen.case]
        words += ["--output", screen.folder] if screen.folder != "out" else []
        yield f"to look     {printable(shlex.join(words))}"
    code = exit_code(found)
    told = {
        ExitCode.REFUTED: "somebody crossed",
        ExitCode.UNPROVEN: "nobody is seen to cross, and not everything is known",
        ExitCode.ALL_UPHELD: "nobody crossed, in these logs",
    }
    yield f"exit {int(code)}: {told[code]}"


def summary(found: Crossings) -> str:
    """Return the crossings in one sentence."""
    first = min(share.first for share in found.people)
    last = max(share.last for share in found.people)
    crossings = wording.counted(found.crossing, "crossing", "crossings")
    people = wording.counted(len(found.people), "person", "people")
    told = f"{crossings} by {people}, {_day(first)} to {_day(last)}"
    through = ", ".join(
        f"{label(one.id, found.labels)} ({one.events:,})"
        for one in found.tools
        if one.id
    )
    return f"{told}, through {through}" if through else told


def _people(found: Crossings, screen: Screen) -> Iterator[str]:
    shown = found.people[: screen.rows]
    head = ("person", "crossings", "rows", "first", "last")
    rows = [_person(one, found.labels) for one in shown]
    yield from table(head, iter(rows), screen.width)
    if rest := len(found.people) - len(shown):
        yield f"  and {rest} more: --limit {len(found.people)} shows them"


def _person(one: Share, labels: Mapping[str, str]) -> list[str]:
    name = label(one.id, labels)
    return [name, f"{one.events:,}", f"{one.rows:,}", _day(one.first), _day(one.last)]


def unknown(found: Crossings) -> Iterator[str]:
    """Yield what is unknown, in words, by reason."""
    for reason, why in WHY.items():
        number = found.reasons.get(reason, 0)
        if not number:
            continue
        by = [(who, n) for who, told, n in found.unknown_by if told == reason and who]
        names = ", ".join(
            f"{n:,} by {label(who, found.labels)}" for who, n in by[:_NAMED]
        )
        more = f" and {len(by) - _NAMED} more" if len(by) > _NAMED else ""
        yield f"{number:,} {why}" + (f": {names}{more}" if names else "")


def notes(log: LogSeen) -> Iterator[str]:
    """Yield what a reader must know of a log."""
    gaps = gap_texts(log)
    for gap, text in zip(log.gaps, gaps, strict=True):
        cadence = f" (normal: {_span(gap.cadence)})" if gap.cadence else ""
        yield f"{text}{cadence}: nobody can say what was done then"
    for code, text in log.reasons:
        if code != "log-gap":
            yield text.removeprefix(f"{log.name}: ")
    if log.duplicates:
        yield f"{log.duplicates:,} duplicates left out"


def metered(meter: Meter, labels: Mapping[str, str]) -> str:
    """Return what a meter shows."""
    people = wording.counted(meter.subjects, "subject", "subjects")
    told = (
        f"{label(meter.who, labels)} got {meter.category} of {people} in twelve months"
    )
    if meter.unnamed:
        events = wording.counted(meter.unnamed, "crossing", "crossings")
        told += f"; {events} ({meter.rows:,} rows) name no subject"
    if meter.more_than is not None:
        passed = f"passed on {_day(meter.passed)}" if meter.passed is not None else ""
        limit = f"more than {meter.more_than:,} is bulk ({meter.cite})"
        told += f"; {limit}" + (f", {passed}" if passed else "")
    return told


def exhibit(one: Exhibit, labels: Mapping[str, str], width: int) -> Iterator[str]:
    """Yield one event: who, what, when, and where it stands."""
    when = datetime.fromtimestamp(one.time // 1_000_000, UTC)
    end = one.offset + one.length
    place = f"{one.file}:{one.line}, bytes {one.offset} to {end}"
    rows = "" if one.rows is None else f", {wording.counted(one.rows, 'row', 'rows')}"
    touched = ", ".join(bare(node) for node in one.touched[:_NAMED])
    more = len(one.touched) - _NAMED
    touched += f" and {more} more" if more > 0 else ""
    yield from hung(
        f"  {when:%Y-%m-%d %H:%M:%S}  ",
        f"{label(one.who or one.actor, labels)}  {one.verb}  {touched}{rows}",
        width,
    )
    pairs = (
        ("through", f"{label(one.tool, labels)}, as {bare(one.actor)}"),
        ("behind it", GRADES.get(one.grade, one.grade)),
        ("from", f"{one.address} ({one.basis})" if one.address else ""),
        (
            "stands in",
            f"{place}, sha256 {one.digest[:12]}…",
        ),
    )
    for word, text in pairs:
        if text:
            yield from hung(f"    {word:10}  ", text, width)


def label(node: str, labels: Mapping[str, str]) -> str:
    """Return what to call a node: its label, else its id without the kind."""
    return printable(labels.get(node) or bare(node) or "nobody named")


def bare(node: str) -> str:
    """Return an id without its kind."""
    return printable(node.partition(":")[2] or node)


def _day(time: int | None) -> str:
    if time is None:
        return "-"
    return f"{datetime.fromtimestamp(time // 1_000_000, UTC):%Y-%m-%d}"


def _span(seconds: int) -> str:
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds % size == 0:
            return wording.counted(seconds // size, word, f"{word}s")
    return wording.counted(seconds, "second", "seconds")
