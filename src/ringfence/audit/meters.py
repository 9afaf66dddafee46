"""Meters: how many distinct persons' data crossed, to whom, within twelve months.

Some rules begin to hold when a counterparty has had the data of more than so many
persons within a year. The count is exact, over every window of a year, so that the
instant is known at which it was first too many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
MONTHS = 12
DAY = 86_400_000_000  # microseconds
UNNAMED = 0  # the code of no word: an event that names no subject


@dataclass(frozen=True, slots=True)
class Crossings:
    """Whose data crossed, when and to whom; columns of one length.

    An event that names several subjects has a row for each, one that names none has a
    row whose subject is `UNNAMED`.

    Attributes:
        time: When, in microseconds since 1970.
        party: To whom: a code of the caller's.
        category: What kind of data: a code of the caller's.
        subject: Whose data it was: a code; `UNNAMED` when the log names nobody.
    """

    time: Ints
    party: Ints
    category: Ints
    subject: Ints


@dataclass(frozen=True, slots=True)
class Meter:
    """What one counterparty had of one category.

    Attributes:
        party: The counterparty.
        category: The category.
        most: Most distinct subjects within any twelve months; at least so many, when
            there are events that name none.
        at: When there were so many for the first time.
        over: When there were first more than the threshold; None if never.
        unnamed: How many events name no subject.
    """

    party: int
    category: int
    most: int
    at: int | None
    over: int | None
    unnamed: int


def meters(crossings: Crossings, threshold: int) -> Iterator[Meter]:
    """Yield a meter for each counterparty and category, in the order of their codes.

    A window holds what happened after the same instant a year ago, up to and with its
    own; only where something happens can a count rise, so those windows are enough.

    Args:
        crossings: What crossed, in any order.
        threshold: How many distinct subjects are not yet too many.
    """
    order = np.lexsort((crossings.time, crossings.category, crossings.party))
    party, category = crossings.party[order], crossings.category[order]
    time, subject = crossings.time[order], crossings.subject[order]
    change = (party[1:] != party[:-1]) | (category[1:] != category[:-1])
    starts = [0, *(np.flatnonzero(change) + 1).tolist(), len(order)]
    for begin, end in pairwise(starts):
        if begin == end:
            continue
        named = subject[begin:end] != UNNAMED
        times = time[begin:end][named]
        counts = distinct(times, subject[begin:end][named])
        most = int(counts.max(initial=0))
        over = times[counts > threshold]
        yield Meter(
            party=int(party[begin]),
            category=int(category[begin]),
            most=most,
            at=int(times[counts.argmax()]) if most else None,
            over=int(over[0]) if len(over) else None,
            unnamed=int((~named).sum()),
        )


def distinct(time: Ints, subject: Ints) -> Ints:
    """Return how many distinct subjects the twelve months up to each row hold.

    A row adds a subject to every window from its own instant until a year later, or
    until the subject comes again, which then adds it itself. So each row is a one that
    comes at a place and goes at a later one, and a running sum counts.

    Args:
        time: Instants, ascending.
        subject: Whose data it was.
    """
    size = len(time)
    # Place at which a row has left the window: the first whose year begins at it.
    gone = np.searchsorted(year_before(time), time, side="left")
    last = np.searchsorted(time, time, side="right") - 1
    by_subject = np.lexsort((time, subject))
    follows = subject[by_subject][1:] == subject[by_subject][:-1]
    again = np.full(size, size)
    again[by_subject[:-1][follows]] = by_subject[1:][follows]
    steps = np.zeros(size + 1, np.int64)
    np.add.at(steps, np.arange(size), 1)
    np.add.at(steps, np.minimum(gone, again), -1)
    # All that happens at one instant is in its window.
    return np.cumsum(steps)[:size][last]


def year_before(time: Ints) -> Ints:
    """Return the same instants a calendar year before.

    The 29th of February has none in most years: the last instant of the 28th stands
    for all of it, so that later instants never have an earlier year before them.
    """
    instants = time.astype("datetime64[us]")
    days, months = instants.astype("datetime64[D]"), instants.astype("datetime64[M]")
    place = (days - months.astype("datetime64[D]")).astype(np.int64)
    before = months - MONTHS
    length = (before + 1).astype("datetime64[D]") - before.astype("datetime64[D]")
    last = length.astype(np.int64) - 1
    day = before.astype("datetime64[D]") + np.minimum(place, last)
    clock = (instants - days).astype(np.int64)
    clock[place > last] = DAY - 1
    moved: Ints = day.astype("datetime64[us]").astype(np.int64) + clock
    return moved
