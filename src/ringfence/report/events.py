"""What a report says of one claim's events, computed once for every renderer.

The exhibits as lines, the meters, and the counts that pictures draw: by week or day, by
person, by tool.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from ringfence.claims.crossings import (
    Cell,
    Class,
    Crossings,
    Exhibit,
    LogSeen,
    Meter,
)
from ringfence.report import event_words as words
from ringfence.report import wording
from ringfence.report.bins import Bins, spread

MOST_EXHIBITS = 20
MOST_ROWS = 20
MOST_METERS = 20


@dataclass(frozen=True, slots=True)
class ExhibitRow:
    """One event as it is shown.

    Attributes:
        time: To the second, UTC.
        person: Id of who did it, beside the name `who`.
        what: What was done to what: `read public.users.email, 12 rows`.
        actor: What the log itself calls whoever acted.
        behind: How the person is known.
        origin: Where it came from, with what is known of that; may be empty.
        place: File and line; `extent` the bytes.
    """

    id: str
    time: str
    person: str
    who: str
    verb: str
    touched: str
    through: str
    actor: str
    behind: str
    origin: str
    place: str
    extent: str
    digest: str

    @property
    def what(self) -> str:
        """What was done, to what."""
        return f"{self.verb} {self.touched}".strip()

    @property
    def way(self) -> str:
        """Through what, and as whom."""
        return f"{self.through}, as {self.actor}" if self.actor else self.through


@dataclass(frozen=True, slots=True)
class MeterRow:
    """How many people's data a counterparty had, as it is shown."""

    who: str
    category: str
    subjects: str
    threshold: str
    passed: str
    is_passed: bool
    remark: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    """Crossings of one person, or through one tool, in each bin."""

    id: str
    label: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Heat:
    """The rows with most crossings; of the `others` only how many there are.

    Attributes:
        noun: What a row is, singular and plural.
        others: How many rows aren't drawn.
        rest: How many crossings these have.
    """

    noun: tuple[str, str]
    rows: tuple[HeatRow, ...]
    others: int = 0
    rest: int = 0

    @property
    def told(self) -> str:
        """What is not drawn, as a sentence; empty when all is."""
        if not self.others:
            return ""
        crossings = wording.counted(self.rest, "crossing", "crossings")
        return (
            f"{wording.counted(self.others, *self.noun)} more, with {crossings}, "
            "not drawn."
        )


@dataclass(frozen=True, slots=True)
class Events:
    """What there is to say on the events of one claim.

    Attributes:
        found: The values that all this was computed from.
        total: The sum that every event is in.
        period: First and last day.
        exhibits: Crossings one by one; `left` is how many more there are.
        unknown: What is unknown, in words.
    meters: The fullest meters; `unmetered` says what they leave out.
        bins: Weeks, or days, that cover the period.
        bars: Crossings and unknown events in each.
        people: Crossings by person; `tools` by tool, empty when there is but one.
    """

    found: Crossings
    total: str
    period: str
    summary: str
    exhibits: tuple[ExhibitRow, ...]
    left: int
    unknown: tuple[str, ...]
    meters: tuple[MeterRow, ...]
    unmetered: tuple[str, ...]
    bins: Bins
    bars: tuple[tuple[int, int], ...]
    people: Heat
    tools: Heat
    logs: tuple[LogSeen, ...] = ()


def told(found: Crossings | None, labels: Mapping[str, str]) -> Events | None:
    """Return what there is to say on some events; None when no events were judged."""
    if found is None:
        return None
    labels = {**labels, **found.labels}
    bins = spread(found.first, found.after)
    crossings = [cell for cell in found.cells if cell.kind is Class.CROSSING]
    full = [meter for meter in found.meters if meter.subjects]
    tools = _heat(crossings, "tool", bins, labels)
    shown = tuple(exhibit(one, labels) for one in found.exhibits[:MOST_EXHIBITS])
    return Events(
        found=found,
        total=words.total(found),
        period=f"{words.day(found.first)} to {words.day(found.after - 1)}",
        summary=words.summary(found) if found.people else "",
        exhibits=shown,
        left=max(found.crossing - len(shown), 0),
        unknown=tuple(words.unknown(found, labels)),
        meters=tuple(_meter(one, labels) for one in full[:MOST_METERS]),
        unmetered=tuple(_unmetered(found, len(full[MOST_METERS:]))),
        bins=bins,
        bars=_bars(found.cells, bins),
        people=_heat(crossings, "who", bins, labels),
        tools=tools if len(tools.rows) > 1 else Heat(tools.noun, ()),
        logs=found.logs,
    )


def exhibit(one: Exhibit, labels: Mapping[str, str]) -> ExhibitRow:
    """Return one event as it is shown."""
    touched = ", ".join(words.bare(node) for node in one.touched[: words.NAMED])
    more = len(one.touched) - words.NAMED
    touched += f" and {more} more" if more > 0 else ""
    rows = "" if one.rows is None else wording.counted(one.rows, "row", "rows")
    basis = f" ({one.basis})" if one.basis else ""
    return ExhibitRow(
        id=one.id,
        time=words.second(one.time),
        person=one.who or one.actor,
        who=words.label(one.who or one.actor, labels),
        verb=one.verb,
        touched=", ".join(part for part in (touched, rows) if part),
        through=words.label(one.tool, labels) if one.tool else "nothing named",
        actor=words.bare(one.actor),
        behind=words.GRADES.get(one.grade, one.grade),
        origin=f"{one.address}{basis}" if one.address else "",
        place=f"{one.file}:{one.line}",
        extent=f"bytes {one.offset} to {one.offset + one.length}",
        digest=one.digest,
    )


def _meter(meter: Meter, labels: Mapping[str, str]) -> MeterRow:
    return MeterRow(
        who=words.label(meter.who, labels),
        category=meter.category,
        subjects=f"{meter.subjects:,}",
        threshold=words.threshold(meter) or "none",
        passed=_passed(meter),
        is_passed=meter.passed is not None,
        remark=words.unnamed(meter) if meter.unnamed else "",
    )


def _passed(meter: Meter) -> str:
    if meter.more_than is None:
        return "-"
    return "never" if meter.passed is None else words.day(meter.passed)


def _unmetered(found: Crossings, left: int) -> Iterator[str]:
    if left:
        meters = wording.counted(left, "meter", "meters")
        yield f"{meters} more with fewer subjects: in report.json."
    nameless = max((meter.unnamed for meter in found.meters), default=0)
    if nameless:
        crossings = wording.counted(nameless, "crossing", "crossings")
        yield f"No log says whose data it was in up to {crossings} of one counterparty."


def _bars(cells: Sequence[Cell], bins: Bins) -> tuple[tuple[int, int], ...]:
    crossing, unknown = [0] * bins.count, [0] * bins.count
    for cell in cells:
        counts = crossing if cell.kind is Class.CROSSING else unknown
        counts[bins.place(cell.day)] += cell.events
    return tuple(zip(crossing, unknown, strict=True))


def _heat(
    cells: Sequence[Cell], by: str, bins: Bins, labels: Mapping[str, str]
) -> Heat:
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * bins.count)
    for cell in cells:
        counts[attrgetter(by)(cell)][bins.place(cell.day)] += cell.events
    rows = [
        HeatRow(id_, words.label(id_, labels) if id_ else f"no {by} named", tuple(told))
        for id_, told in counts.items()
    ]
    rows.sort(key=lambda row: (-row.total, row.id))
    rest = rows[MOST_ROWS:]
    noun = ("person", "people") if by == "who" else ("tool", "tools")
    left = sum(row.total for row in rest)
    return Heat(noun, tuple(rows[:MOST_ROWS]), len(rest), left)
