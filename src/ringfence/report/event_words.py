"""How reports speak of events: sums, people, gaps, meters, in the same words anywhere.

Names are raw here, as in every value that a renderer gets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ringfence.claims.crossings import Crossings, Gap, LogSeen, Meter
from ringfence.report import wording

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
MICRO = 1_000_000
NAMED = 3


def total(found: Crossings) -> str:
    """Return the sum that every event is in: `events 7 = crossing 1 + ...`."""
    return (
        f"events {found.events:,} = crossing {found.crossing:,} "
        f"+ permitted {found.permitted:,} + unknown {found.unknown:,} "
        f"+ malformed {found.malformed:,}"
    )


def summary(found: Crossings) -> str:
    """Return the crossings in one sentence."""
    first = min(share.first for share in found.people)
    last = max(share.last for share in found.people)
    crossings = wording.counted(found.crossing, "crossing", "crossings")
    people = wording.counted(len(found.people), "person", "people")
    told = f"{crossings} by {people}, {day(first)} to {day(last)}"
    through = ", ".join(
        f"{label(one.id, found.labels)} ({one.events:,})"
        for one in found.tools
        if one.id
    )
    return f"{told}, through {through}" if through else told


def unknown(found: Crossings, labels: Mapping[str, str]) -> Iterator[str]:
    """Yield what is unknown, in words, by reason."""
    for reason, why in WHY.items():
        number = found.reasons.get(reason, 0)
        if not number:
            continue
        by = [(who, n) for who, told, n in found.unknown_by if told == reason and who]
        names = ", ".join(f"{n:,} by {label(who, labels)}" for who, n in by[:NAMED])
        more = f" and {len(by) - NAMED} more" if len(by) > NAMED else ""
        yield f"{number:,} {why}" + (f": {names}{more}" if names else "")


def gaps(log: LogSeen) -> Iterator[str]:
    """Yield the gaps of a log, and what is normal."""
    for gap in log.gaps:
        cadence = f" (normal: {_span(gap.cadence)})" if gap.cadence else ""
        yield f"{silence(gap)}{cadence}"


def silence(gap: Gap) -> str:
    """Return from when to when a log says nothing."""
    return f"{gap.log} has nothing from {minute(gap.since)} to {minute(gap.until)} UTC"


def reasons(log: LogSeen) -> Iterator[tuple[str, str]]:
    """Yield what else is missing of a log, as codes and sentences without its name."""
    for code, text in log.reasons:
        if code != "log-gap":
            yield code, text.removeprefix(f"{log.name}: ")


def notes(log: LogSeen) -> Iterator[str]:
    """Yield what a reader must know of a log, without its name."""
    for text in gaps(log):
        told = text.removeprefix(f"{log.name} ")
        yield f"{told}: nobody can say what was done then"
    for _, text in reasons(log):
        yield text
    if log.duplicates:
        yield f"{log.duplicates:,} duplicates left out"


def metered(meter: Meter, labels: Mapping[str, str]) -> str:
    """Return what a meter shows."""
    people = wording.counted(meter.subjects, "subject", "subjects")
    told = (
        f"{label(meter.who, labels)} got {meter.category} of {people} in twelve months"
    )
    if meter.unnamed:
        told += f"; {unnamed(meter)}"
    if meter.more_than is not None:
        passed = f"passed on {day(meter.passed)}" if meter.passed is not None else ""
        told += f"; {threshold(meter)}" + (f", {passed}" if passed else "")
    return told


def unnamed(meter: Meter) -> str:
    """Return how many crossings a meter can't count, as a sentence."""
    one = meter.unnamed == 1
    events = wording.counted(meter.unnamed, "crossing", "crossings")
    rows = wording.counted(meter.rows, "row", "rows")
    return f"{events} ({rows}) {'names' if one else 'name'} no subject"


def threshold(meter: Meter) -> str:
    """Return what a regime calls bulk; empty when it doesn't say."""
    if meter.more_than is None:
        return ""
    return f"more than {meter.more_than:,} is bulk ({meter.cite})"


def logs(seen: Sequence[LogSeen]) -> str:
    """Return all logs in a line: `7 logs, 9,331 events, 2021-09-01 to 2022-02-01`."""
    told = [
        wording.counted(len(seen), "log", "logs"),
        wording.counted(sum(one.events for one in seen), "event", "events"),
    ]
    lived = [time for one in seen for time in (one.first, one.last) if time is not None]
    if lived:
        told.append(f"{day(min(lived))} to {day(max(lived))}")
    return ", ".join(told)


def label(node: str, labels: Mapping[str, str]) -> str:
    """Return what to call a node: its label, else its id without the kind."""
    return labels.get(node) or bare(node) or "nobody named"


def bare(node: str) -> str:
    """Return an id without its kind."""
    return node.partition(":")[2] or node


def day(time: int | None) -> str:
    """Return the day of an instant; a dash for none."""
    return "-" if time is None else second(time).partition(" ")[0]


def minute(time: int | None) -> str:
    """Return an instant to the minute: `2021-11-14 02:10`; a dash for none."""
    return "-" if time is None else second(time)[:-3]


def second(time: int) -> str:
    """Return an instant to the second, UTC; there may be one after the year 9999."""
    return str(np.datetime64(time // MICRO, "s")).replace("T", " ")


def _span(seconds: int) -> str:
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds % size == 0:
            return wording.counted(seconds // size, word, f"{word}s")
    return wording.counted(seconds, "second", "seconds")
