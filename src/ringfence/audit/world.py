"""The world that events are judged in: who was who, and what was what, at each time.

Everything is a code of the table of events, and every interval is half-open: its first
instant is in it, its last is not. Nobody and nothing is two things at once; where no
interval says what somebody or something was, it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from ringfence.errors import ConfigError, Problem

Ints = npt.NDArray[np.int64]

# Open ends: 73,000 years, whose span still fits 64 bits.
ALWAYS = -(1 << 61)
FOREVER = 1 << 61


class Status(IntEnum):
    """What somebody or something is in the eyes of the boundary."""

    NO = 0  # not excluded, not protected, an address that says nothing
    UNKNOWN = 1
    YES = 2  # excluded, protected, an address of a country that counts
    VARIES = 3  # of a window: not the same all the time


def _none() -> Ints:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Spans:
    """What codes are, from when to when; columns of one length.

    Attributes:
        code: Whom or what it is about.
        since: First instant, in microseconds since 1970.
        until: First instant that is no more in it.
        status: What it is then: a `Status`.
    """

    code: Ints = field(default_factory=_none)
    since: Ints = field(default_factory=_none)
    until: Ints = field(default_factory=_none)
    status: Ints = field(default_factory=_none)

    def of(self, chosen: npt.NDArray[np.generic]) -> Spans:
        """Return some of the rows, by their places or by a mask."""
        return Spans(
            self.code[chosen],
            self.since[chosen],
            self.until[chosen],
            self.status[chosen],
        )

    def within(self, first: int, after: int) -> Spans:
        """Return what is left of them in a window; nothing of an empty interval."""
        since, until = np.maximum(self.since, first), np.minimum(self.until, after)
        return Spans(self.code, since, until, self.status).of(since < until)

    def settled(self, first: int, after: int, size: int) -> Ints:
        """Return for each code below `size` what it is all through a window.

        A code is `VARIES` when it is not the same all the time.
        """
        inside = self.within(first, after)
        length = inside.until - inside.since
        span = after - first
        held = np.zeros((3, size), np.int64)
        np.add.at(held, (inside.status, inside.code), length)
        held[Status.UNKNOWN] += span - held.sum(axis=0)
        found = np.full(size, int(Status.VARIES), np.int64)
        for status in (Status.NO, Status.UNKNOWN, Status.YES):
            found[held[status] == span] = status
        return found

    def problems(self, what: str) -> Iterator[Problem]:
        """Yield what keeps the rows from being judged by; `what` are the codes."""
        lengths = {len(self.code), len(self.since), len(self.until), len(self.status)}
        if len(lengths) > 1:
            yield Problem(f"columns of {what} are not of one length")
            return
        yield from _ranges(what, self.code, self.status)
        backwards = np.flatnonzero(self.since > self.until)
        if len(backwards):
            code = self.code[backwards[0]]
            yield Problem(f"{what} {code}: an interval ends before it begins")
        filled = self.of(self.since < self.until)
        ordered = filled.of(np.lexsort((filled.since, filled.code)))
        same = ordered.code[1:] == ordered.code[:-1]
        over = np.flatnonzero(same & (ordered.since[1:] < ordered.until[:-1]))
        if len(over):
            code, at = ordered.code[over[0] + 1], ordered.since[over[0] + 1]
            yield Problem(f"{what} {code}: intervals overlap at {at}")


@dataclass(frozen=True, slots=True)
class Leaves:
    """Exceptions in force: who may, what, from when to when; columns of one length.

    An exception stands here for a touch if it covers all that is protected in it. They
    may overlap.
    """

    who: Ints = field(default_factory=_none)
    touch: Ints = field(default_factory=_none)
    since: Ints = field(default_factory=_none)
    until: Ints = field(default_factory=_none)

    def of(self, chosen: npt.NDArray[np.generic]) -> Leaves:
        """Return some of the rows, by their places or by a mask."""
        return Leaves(
            self.who[chosen],
            self.touch[chosen],
            self.since[chosen],
            self.until[chosen],
        )

    def merged(self) -> Leaves:
        """Return the same times without overlap, so that no event has two of them."""
        filled = np.flatnonzero(self.since < self.until)
        order = filled[
            np.lexsort((self.since[filled], self.touch[filled], self.who[filled]))
        ]
        if not len(order):
            return Leaves()
        who, touch = self.who[order], self.touch[order]
        since, until = self.since[order], self.until[order]
        fresh = np.ones(len(order), np.bool_)
        fresh[1:] = (who[1:] != who[:-1]) | (touch[1:] != touch[:-1])
        # The furthest end so far, each pair of codes for itself: ends by their rank,
        # lifted above every rank of the pair before.
        ends, rank = np.unique(until, return_inverse=True)
        lift = np.cumsum(fresh) * len(ends)
        furthest = ends[np.maximum.accumulate(rank + lift) - lift]
        begins = fresh.copy()
        begins[1:] |= since[1:] > furthest[:-1]
        starts = np.flatnonzero(begins)
        stops = np.append(starts[1:], len(order)) - 1
        return Leaves(who[starts], touch[starts], since[starts], furthest[stops])

    def problems(self) -> Iterator[Problem]:
        """Yield what keeps the rows from being judged by."""
        columns = (self.who, self.touch, self.since, self.until)
        if len({len(column) for column in columns}) > 1:
            yield Problem("columns of leaves are not of one length")
            return
        for what, codes in (("leave of who", self.who), ("leave of touch", self.touch)):
            yield from _ranges(what, codes)
        backwards = np.flatnonzero(self.since > self.until)
        if len(backwards):
            who = self.who[backwards[0]]
            yield Problem(f"leave of who {who}: it ends before it begins")


@dataclass(frozen=True, slots=True)
class World:
    """Who was who and what was what.

    Attributes:
        standing: Whether principals (codes of `who`) were excluded.
        touched: Whether touches (codes of `touch`) were protected.
        leave: Which exceptions were in force.
        abroad: What is known of addresses, by their codes: `UNKNOWN` can't be
            resolved, `YES` is registered in a country that counts; others say nothing.
    """

    standing: Spans = field(default_factory=Spans)
    touched: Spans = field(default_factory=Spans)
    leave: Leaves = field(default_factory=Leaves)
    abroad: Mapping[int, Status] = field(default_factory=dict)

    def check(self) -> None:
        """Check that nobody and nothing is two things at once.

        Raises:
            ConfigError: Intervals of one code overlap, one ends before it begins, or a
                code or a status is none; the error carries every problem.
        """
        problems = [
            *self.standing.problems("who"),
            *self.touched.problems("touch"),
            *self.leave.problems(),
            *_ranges("address", *self.addresses()),
        ]
        if problems:
            raise ConfigError.of(problems)

    def addresses(self) -> tuple[Ints, Ints]:
        """Return the codes of addresses that say something, and what they say."""
        codes = np.fromiter(self.abroad, np.int64, len(self.abroad))
        says = np.fromiter(self.abroad.values(), np.int64, len(self.abroad))
        return codes, says


def _ranges(what: str, codes: Ints, status: Ints | None = None) -> Iterator[Problem]:
    most = np.iinfo(np.int32).max
    odd = codes[(codes < 0) | (codes > most)]
    if len(odd):
        yield Problem(f"{what} {odd[0]}: no code of a table of events")
    if status is not None:
        odd = codes[(status < Status.NO) | (status > Status.YES)]
        if len(odd):
            yield Problem(f"{what} {odd[0]}: an unheard-of status")
