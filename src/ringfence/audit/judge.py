"""Judge: each event as of its own time is a crossing, permitted or unknown.

The world is settled for the window first: most of what is touched is protected at no
time of it, and most people are the same all the time, so that few events need a search
through intervals. Kernels do the rest; what they answer has to add up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from pathlib import Path
from typing import Protocol

import numpy as np

from ringfence.audit.engine.duckdb import written
from ringfence.audit.engine.protocol import Answer, Engine, Ints
from ringfence.audit.event import DONE
from ringfence.audit.kernels.portable import kernel
from ringfence.audit.world import ALWAYS, FOREVER, Spans, Status, World
from ringfence.errors import RingfenceError

DAY = 86_400_000_000  # microseconds
CALENDAR = 719_162  # days from the year 1 to 1970
SLOTS = 11  # of the kernel `candidates`, for what was done
MOST = 1_000_000  # exhibits fetched at a time
TIMES = frozenset({"since", "until"})
TOLD = ("told_first", "told_after")
COUNTED = ("verb", "events", "plain")
KEYS = ("who", "tool", "touch", "verb", "day", "reason")
MEASURES = ("events", "rows", "unsaid", "first", "last")


class AuditError(RingfenceError):
    """The audit contradicts itself: a fault of ours, or a table that was changed."""


class Reason(IntEnum):
    """Why an event is what it is: the first rule that fits.

    The kernel `judged` writes the numbers from 1.
    """

    NOTHING = 0  # nothing was done that was asked for
    UNPROTECTED = 1
    EXCEPTION = 2  # an exception in force covers it
    NOT_EXCLUDED = 3
    NOBODY = 4  # nobody knows who was behind it
    PERSON = 5  # nobody knows whether that person was excluded
    DATA = 6  # excluded, but nobody knows whether the data was protected
    ABROAD = 7  # not excluded, from an address of a country that counts
    ADDRESS = 8  # not excluded, from an address that can't be resolved
    CROSSING = 9


PERMITTED = tuple(reason for reason in Reason if reason <= Reason.NOT_EXCLUDED)
UNKNOWN = tuple(
    reason for reason in Reason if Reason.NOBODY <= reason <= Reason.ADDRESS
)


class Table(Protocol):
    """What the judge reads of a table of events."""

    def paths(self, logs: Sequence[str]) -> Sequence[Path]:
        """Return the Parquet files of logs, each under a folder `day=YYYY-MM-DD`."""
        ...

    def words(self, domain: str) -> Sequence[str]:
        """Return the words of a domain, by their codes."""
        ...

    @property
    def told(self) -> tuple[Sequence[str], int]:
        """Logs that tell of others' events too, and how far apart at most."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the events.

    Attributes:
        logs: Which logs.
        first: First instant, in microseconds since 1970; None for the oldest event.
        after: First instant that is no more asked for; None for the newest event.
        verbs: Which of `DONE` count.
    """

    logs: tuple[str, ...]
    first: int | None = None
    after: int | None = None
    verbs: frozenset[str] = frozenset(DONE[1:])

    def window(self) -> tuple[int, int]:
        """Return the window, half-open, empty when it ends before it begins."""
        first = ALWAYS if self.first is None else max(self.first, ALWAYS)
        after = FOREVER if self.after is None else min(self.after, FOREVER)
        return first, max(first, after)

    def codes(self) -> list[int]:
        """Return the codes of what counts; nothing done is never asked for."""
        return sorted(DONE.index(verb) for verb in self.verbs if verb != DONE[0])


@dataclass(frozen=True, slots=True)
class Judged:
    """How the events of a window were judged.

    Attributes:
        question: What was asked.
        events: How many events the window holds.
        reasons: How many of them for each reason; the sum is `events`.
        groups: Crossings and unknowns by `KEYS`, in their order, with `MEASURES`: how
            many events, their rows as far as they say, how many don't say, and the
            times of the first and the last. Days are their first microsecond.
        within: The times at which what another log tells too is left to that log, for
            what tells it was surely asked as well; None when nothing else is there.
    """

    question: Question
    events: int
    reasons: Mapping[Reason, int]
    groups: Mapping[str, Ints]
    within: tuple[int, int] | None = None

    def total(self, reasons: Sequence[Reason]) -> int:
        """Return how many events have one of some reasons."""
        return sum(self.reasons[reason] for reason in reasons)


def judge(
    engine: Engine, table: Table, world: World, question: Question, folder: Path
) -> Judged:
    """Judge the events of a table.

    Args:
        engine: What runs the kernels.
        table: The events.
        world: Who was who, and what was what.
        question: Which events, and what counts.
        folder: Where the world is written for the engine; it has to stay as long as
            exhibits are asked for.

    Raises:
        ConfigError: The world contradicts itself.
        EngineError: The engine failed.
        AuditError: The answers don't add up.
    """
    world.check()
    days = _days(table.paths(question.logs), *question.window())
    counts = dict.fromkeys(Reason, 0)
    if not days.all:
        return Judged(question, 0, counts, _grouped({}))
    _settle(engine, table, world, question, folder)
    engine.register("events", days.all)
    within = _told(engine, table, question, counts)
    instead = {} if within is None else {"asked": "asked_told"}
    engine.keep("kept", kernel("narrow", instead, **_numbers(question, within)))
    groups = engine.run(kernel("groups", {"asked": "held"}))
    engine.drop("kept")
    columns = {name: _ints(groups, name) for name in (*KEYS, "events", "told")}
    columns |= {name: _ints(groups, name) for name in ("unsaid", "first", "last")}
    for reason in np.unique(columns["reason"]).tolist():
        chosen = columns["reason"] == reason
        counts[Reason(reason)] += int(columns["events"][chosen].sum())
    events = _counted(engine, days, question, counts)
    if sum(counts.values()) != events:
        message = (
            f"{events:,} events are in the window, but {sum(counts.values()):,} were "
            "judged: the table of events was changed, or Ringfence is wrong"
        )
        raise AuditError(message)
    return Judged(question, events, counts, _grouped(columns), within)


def exhibits(
    engine: Engine, judged: Judged, reasons: tuple[Reason, Reason], most: int = MOST
) -> Iterator[Answer]:
    """Yield events one by one, in the order of their times, in sheets.

    The engine must be the one that judged, and have judged nothing since.

    Args:
        engine: What runs the kernels.
        judged: What it judged.
        reasons: First and last of the reasons that are asked for.
        most: Most events in a sheet, unless more happened in one microsecond.
    """
    low, high = reasons
    chosen = (judged.groups["reason"] >= low) & (judged.groups["reason"] <= high)
    if not chosen.any():
        return
    first = int(judged.groups["first"][chosen].min())
    after = int(judged.groups["last"][chosen].max()) + 1
    numbers = _numbers(judged.question, judged.within)
    numbers |= {"low": int(low), "high": int(high)}
    instead = {} if judged.within is None else {"asked": "asked_told"}
    held = int(judged.groups["events"][chosen].sum())
    waiting = [(first, after, held)]
    while waiting:
        first, after, held = waiting.pop()
        if held > most and after - first > 1:
            middle = first + (after - first) // 2
            numbers |= {"first": first, "after": middle}
            before = engine.count(kernel("exhibits", instead, **numbers))
            waiting += [(middle, after, held - before), (first, middle, before)]
        elif held:
            numbers |= {"first": first, "after": after}
            yield engine.run(kernel("exhibits", instead, **numbers))


@dataclass(frozen=True, slots=True)
class _Days:
    whole: list[Path]  # files of days that lie in the window whole
    cut: list[Path]  # files of other days, as far as the window touches them

    @property
    def all(self) -> list[Path]:
        return [*self.whole, *self.cut]


def _days(paths: Sequence[Path], first: int, after: int) -> _Days:
    days = _Days([], [])
    for path in paths:
        begin = _day(path)
        if begin is None:
            days.cut.append(path)
        elif begin >= first and begin + DAY <= after:
            days.whole.append(path)
        elif begin < after and begin + DAY > first:
            days.cut.append(path)
    return days


def _day(path: Path) -> int | None:
    name = path.parent.name
    try:
        day = date.fromisoformat(name.removeprefix("day="))
    except ValueError:
        return None
    return (day - date(1970, 1, 1)).days * DAY if name.startswith("day=") else None


def _settle(
    engine: Engine, table: Table, world: World, question: Question, folder: Path
) -> None:
    """Write what the world is in the window, and give it to the engine."""
    window = question.window()
    touches = _size(len(table.words("touch")), world.touched.code)
    principals = _size(len(table.words("actor")), world.standing.code)
    touch_kind = world.touched.settled(*window, touches)
    who_kind = world.standing.settled(*window, principals)
    plain, candidate = np.flatnonzero(touch_kind == 0), np.flatnonzero(touch_kind)
    touched = _varying(world.touched, touch_kind, window)
    standing = _varying(world.standing, who_kind, window)
    leave = world.leave.merged()
    address, says = world.addresses()
    dimensions: dict[str, dict[str, Ints]] = {
        "plain": {"touch": plain},
        "candidate": {"touch": candidate, "kind": touch_kind[candidate]},
        "person": {"who": np.arange(principals), "kind": who_kind},
        "touched": {"touch": touched.code, **_rest(touched)},
        "standing": {"who": standing.code, **_rest(standing)},
        "leave": {
            "who": leave.who,
            "touch": leave.touch,
            "since": leave.since,
            "until": leave.until,
        },
        "abroad": {"address": address, "status": says},
    }
    for name, columns in dimensions.items():
        typed = {
            column: values.astype(np.int64 if column in TIMES else np.int32)
            for column, values in columns.items()
        }
        path = written(folder / f"{name}.parquet", typed)
        engine.register(name, [path])


def _rest(spans: Spans) -> dict[str, Ints]:
    return {"since": spans.since, "until": spans.until, "status": spans.status}


def _size(words: int, codes: Ints) -> int:
    return max(words, 1, int(codes.max(initial=-1)) + 1)


def _varying(spans: Spans, kind: Ints, window: tuple[int, int]) -> Spans:
    inside = spans.within(*window)
    return inside.of(kind[inside.code] == Status.VARIES)


def _told(
    engine: Engine, table: Table, question: Question, counts: dict[Reason, int]
) -> tuple[int, int] | None:
    """Count what is judged though another log tells it too, for nobody asks that one.

    An event is left to another one only where that is surely asked as well: its log
    is, and its time lies in the window. Twice is better than never.
    """
    logs, apart = table.told
    if not logs:
        return None
    first, after = question.window()
    within = (0, 0)
    if set(logs) <= set(question.logs):
        within = first + apart, max(first + apart, after - apart)
    window = {"first": first, "after": after}
    told = dict(zip(TOLD, within, strict=True))
    answer = engine.run(kernel("counted_told", **window, **told))
    verb, events, plain = (_ints(answer, name) for name in COUNTED)
    asked = np.isin(-verb, question.codes())
    # They are counted among what was not done, too.
    counts[Reason.NOTHING] -= int(events[asked].sum())
    counts[Reason.UNPROTECTED] += int(plain[asked].sum())
    return within if asked.any() else None


def _numbers(
    question: Question, within: tuple[int, int] | None = None
) -> dict[str, int]:
    first, after = question.window()
    asked = question.codes()
    # A slot that isn't needed asks for what nothing is.
    slots = [*asked, *[-1] * (SLOTS - len(asked))]
    verbs = {f"verb_{number}": verb for number, verb in enumerate(slots, 1)}
    told = {} if within is None else dict(zip(TOLD, within, strict=True))
    return {"first": first, "after": after, **verbs, **told}


def _counted(
    engine: Engine, days: _Days, question: Question, counts: dict[Reason, int]
) -> int:
    """Count events by what was done and touched alone; return how many there are."""
    first, after = question.window()
    answers = []
    if days.whole:
        engine.register("whole_days", days.whole)
        answers.append(engine.run(kernel("counted")))
    if days.cut:
        engine.register("cut_days", days.cut)
        numbers = {"first": first, "after": after}
        answers.append(engine.run(kernel("counted_within", **numbers)))
    total = 0
    for answer in answers:
        verb, events, plain = (_ints(answer, name) for name in COUNTED)
        asked = np.isin(verb, question.codes())
        counts[Reason.NOTHING] += int(events[~asked].sum())
        counts[Reason.UNPROTECTED] += int(plain[asked].sum())
        total += int(events.sum())
    return total


def _grouped(columns: Mapping[str, Ints]) -> dict[str, Ints]:
    if not columns:
        return {name: np.zeros(0, np.int64) for name in (*KEYS, *MEASURES)}
    judged = np.flatnonzero(columns["reason"] >= Reason.NOBODY)
    order = judged[_order({name: columns[name][judged] for name in KEYS})]
    # An event that doesn't say how many rows was added as -1.
    known = columns["told"] + columns["unsaid"]
    whole = {**columns, "rows": known}
    return {name: whole[name][order] for name in (*KEYS, *MEASURES)}


def _order(columns: Mapping[str, Ints]) -> Ints:
    """Return the places of rows in the order of `KEYS`.

    Codes have 31 bits, a day of the calendar 22, a verb and a reason 4: two numbers of
    64 bits are sorted in a third of the time of six.
    """
    major = (columns["who"] << 31) | columns["tool"]
    day = columns["day"] // DAY + CALENDAR
    minor = (((columns["touch"] << 4) | columns["verb"]) << 22) | day
    return np.lexsort(((minor << 4) | columns["reason"], major))


def _ints(answer: Answer, name: str) -> Ints:
    column = answer[name]
    if isinstance(column, list):
        message = f"a kernel answers with words in `{name}`"
        raise AuditError(message)
    return column
