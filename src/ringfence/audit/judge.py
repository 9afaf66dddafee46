"""Judge: each event as of its own time is a crossing, permitted or unknown.

Most events are settled by what was touched and done, and were counted at the seal. The
others are judged by kernels in the world as it is settled for the window. What was
counted and what was judged have to add up to the events that the files hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Protocol

import numpy as np

from ringfence.audit.counts import AGAIN, AuditError, rows_of, tallied, tallied_told
from ringfence.audit.days import DAY, Helping, Window, days_of
from ringfence.audit.engine.protocol import Answer, Engine, Ints, ints
from ringfence.audit.event import DONE
from ringfence.audit.kernels.portable import kernel
from ringfence.audit.settled import settle
from ringfence.audit.world import ALWAYS, FOREVER, World

SLOTS = 11  # of the kernel `candidates`, for what was done
MOST = 1_000_000  # exhibits fetched at a time
TOLD = ("told_first", "told_after")
KEYS = ("who", "tool", "touch", "verb", "day", "reason")
MEASURES = ("events", "rows", "unsaid", "first", "last")
ANSWERED = ("whose", "touch", "marks", "events", "told", "unsaid", "first", "last")
BITS = 31  # of a code
MARKS = (
    13  # bits below a day's first microsecond; of these, four of a verb and a reason
)


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

    def counts(self, logs: Sequence[str]) -> Sequence[Path]:
        """Return the files of what the seal counted of logs (`counts_of`)."""
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
    days = days_of(table.paths(question.logs), question.window())
    counts = dict.fromkeys(Reason, 0)
    if not days.paths:
        return Judged(question, 0, counts, _grouped((), counts))
    sizes = (len(table.words("touch")), len(table.words("actor")))
    settle(engine, world, sizes, days.span, folder)
    engine.register("events", days.paths)
    within = _told(engine, table, question, counts)
    rows = rows_of(days.paths)
    helpings = days.helpings(rows, engine.most)
    groups = _grouped(_judged(engine, question, helpings, within), counts)
    events = 0
    asked = question.codes()
    for tally in tallied(engine, days, table.counts(question.logs), rows):
        chosen = np.isin(tally.verb, asked)
        counts[Reason.NOTHING] += int(tally.events[~chosen].sum())
        counts[Reason.UNPROTECTED] += int(tally.plain[chosen].sum())
        events += int(tally.events.sum())
    if sum(counts.values()) != events:
        message = (
            f"{events:,} events are in the window, but {sum(counts.values()):,} were "
            "judged: the table of events was changed, or Ringfence is wrong"
        )
        raise AuditError(message, hint=AGAIN)
    return Judged(question, events, counts, groups, within)


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
    numbers = _numbers(judged.question, (first, after), judged.within)
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


def _judged(
    engine: Engine,
    question: Question,
    helpings: Sequence[Helping],
    within: Window | None,
) -> Iterator[dict[str, Ints]]:
    """Yield what the kernels answer, one helping of days after another."""
    instead = {} if within is None else {"asked": "asked_told"}
    groups = kernel("groups", {"asked": "held"})
    for one in helpings:
        if len(helpings) > 1:
            engine.register("events", one.paths)
        numbers = _numbers(question, one.window, within)
        engine.keep("kept", kernel("narrow", instead, **numbers))
        answer = engine.run(groups)
        engine.drop("kept")
        yield {name: ints(answer, name) for name in ANSWERED}
    if len(helpings) > 1:
        # Exhibits are asked of all of them.
        engine.register("events", [path for one in helpings for path in one.paths])


def _told(
    engine: Engine, table: Table, question: Question, counts: dict[Reason, int]
) -> Window | None:
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
    tally = tallied_told(engine, (first, after), within)
    asked = np.isin(-tally.verb, question.codes())
    # They are counted among what was not done, too.
    counts[Reason.NOTHING] -= int(tally.events[asked].sum())
    counts[Reason.UNPROTECTED] += int(tally.plain[asked].sum())
    return within if asked.any() else None


def _numbers(
    question: Question, window: Window, within: Window | None = None
) -> dict[str, int]:
    asked = question.codes()
    # A slot that isn't needed asks for what nothing is.
    slots = [*asked, *[-1] * (SLOTS - len(asked))]
    verbs = {f"verb_{number}": verb for number, verb in enumerate(slots, 1)}
    told = {} if within is None else dict(zip(TOLD, within, strict=True))
    return {"first": window[0], "after": window[1], **verbs, **told}


def _grouped(
    answers: Iterable[Mapping[str, Ints]], counts: dict[Reason, int]
) -> dict[str, Ints]:
    """Return all groups that are not permitted, in the order of `KEYS`; count all.

    None of them spans two answers, for days are among the keys. Memory is reused where
    it can be: to be given fresh memory takes longer than most sums.
    """
    found: dict[str, list[Ints]] = {name: [np.zeros(0, np.int64)] for name in ANSWERED}
    for answer in answers:
        for name, parts in found.items():
            parts.append(answer[name])
    columns = {name: np.concatenate(found.pop(name)) for name in ANSWERED}
    order, spare = _order(*(columns[name] for name in ANSWERED[:3]))
    order = order[_counted(columns["marks"] & 15, columns["events"], counts) :]
    size = len(order)
    for name, column in columns.items():
        columns[name] = np.take(column, order, out=spare[:size], mode="clip")
        spare = column
    whose, touch, marks, events, told, unsaid, first, last = columns.values()
    # An event that doesn't say how many rows was added as -1.
    told += unsaid
    who = np.right_shift(whose, BITS, out=spare[:size])
    whose &= (1 << BITS) - 1
    reason = np.bitwise_and(marks, 15, out=order)
    verb = (marks >> 4) & 15
    marks >>= MARKS
    marks <<= MARKS
    keys = (who, whose, touch, verb, marks, reason)
    measures = (events, told, unsaid, first, last)
    return dict(zip((*KEYS, *MEASURES), (*keys, *measures), strict=True))


def _counted(reason: Ints, events: Ints, counts: dict[Reason, int]) -> int:
    """Count the events of groups by their reasons; return how many are permitted.

    INVARIANT: These groups are the first by the order of `KEYS`, for all their keys but
    the reason are 0, and no other group is of the verb 0.
    """
    found = np.zeros(len(Reason), np.int64)
    np.add.at(found, reason, events)
    for why in Reason:
        counts[why] += int(found[why])
    return int(np.count_nonzero(reason < Reason.NOBODY))


def _order(whose: Ints, touch: Ints, marks: Ints) -> tuple[Ints, Ints]:
    """Return the places of rows in the order of `KEYS`, and memory of that size.

    As many keys as fit are put into one number of 64 bits, each as wide as its values
    need: one number is sorted in a tenth of the time of six.
    """
    numbers = [np.zeros(len(whose), np.int64)]
    room = 63
    for key in _keys(whose, touch, marks) if len(whose) else ():
        low = int(key.min())
        width = (int(key.max()) - low).bit_length()
        if width > room:
            numbers.append(np.zeros(len(whose), np.int64))
            room = 63
        numbers[-1] <<= width
        numbers[-1] |= np.subtract(key, low, out=key)
        room -= width
    single = len(numbers) == 1
    order = np.argsort(numbers[0]) if single else np.lexsort(numbers[::-1])
    return order, numbers[0]


def _keys(whose: Ints, touch: Ints, marks: Ints) -> Iterator[Ints]:
    """Yield each key in one and the same place."""
    key = np.empty_like(whose)
    yield np.right_shift(whose, BITS, out=key)
    yield np.bitwise_and(whose, (1 << BITS) - 1, out=key)
    yield np.add(touch, 0, out=key)
    np.right_shift(marks, 4, out=key)
    yield np.bitwise_and(key, 15, out=key)
    np.right_shift(marks, MARKS, out=key)
    yield np.floor_divide(key, DAY >> MARKS, out=key)
    yield np.bitwise_and(marks, 15, out=key)
