"""Aggregates of a payload: counts of people, held against what was told before.

They are read out of what the opening yields, as the inspection reads it: no second
reader could be shown another table.
"""

from __future__ import annotations

import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ringfence.egress.channels.contract import Contract
from ringfence.egress.channels.judge import Given, Reason
from ringfence.egress.inspection.sightings import Doubt, Place
from ringfence.egress.meter.cells import MOST_CONDITIONS, Conditions, conditions, flaws
from ringfence.egress.meter.meter import Desk
from ringfence.egress.meter.reading import Groups, Named, Row, Unclear, rows_of
from ringfence.egress.opening.caps import Caps
from ringfence.egress.opening.opener import opened
from ringfence.egress.payload import Payload

MOST = 1_000_000
"""Rows of a payload that are held against each other."""
MOST_WORK = 1 << 21
"""Rows, times the sets of conditions that each is a part of."""

_WHOLE = re.compile(r"\s*\+?[0-9]{1,18}\s*")
Where = tuple[tuple[str, ...], str]
Cell = tuple[int, Conditions, int]


@dataclass(frozen=True, slots=True)
class _Counts:
    """The counts of a payload.

    Attributes:
        cells: Row, conditions and count, by part and column.
        wrong: What keeps them from being read.
    """

    cells: Mapping[Where, Sequence[Cell]]
    wrong: tuple[Given, ...] = ()


_NONE = _Counts({})


class Aggregates:
    """Knows what counts may be told, and keeps those that were; for one meter.

    Args:
        caps: How far to open payloads.
    """

    def __init__(self, caps: Caps | None = None) -> None:
        self._caps = caps or Caps()
        # Whoever asks holds the meter alone, and tells what they asked of last.
        self._last: tuple[Payload, _Counts] | None = None

    def refused(
        self, desk: Desk, contract: Contract, payload: Payload, now: str
    ) -> Sequence[Given]:
        """Return what is wrong with the aggregates of a payload.

        Raises:
            MeterError: What was told before can't be read.
            OSError: The payload can't be read.
        """
        del now
        found = self._counts(contract, payload)
        self._last = payload, found
        if found.wrong or not found.cells:
            return found.wrong
        return [*_refused(found, desk.told(contract.groups), contract.channel.cell)]

    def told(self, desk: Desk, contract: Contract, payload: Payload, now: str) -> None:
        """Keep what a payload tells that leaves.

        Raises:
            MeterError: It can't be kept.
            OSError: The payload can't be read.
        """
        del now
        last, self._last = self._last, None
        is_same = last is not None and last[0] is payload
        found = last[1] if last and is_same else self._counts(contract, payload)
        counts = {
            (which, count)
            for cells in found.cells.values()
            for _, which, count in cells
        }
        if counts:
            desk.tell(contract.groups, [*counts])

    def _counts(self, contract: Contract, payload: Payload) -> _Counts:
        declared = contract.channel.columns
        named = Named(
            tuple(one.name for one in declared if one.holds == "group"),
            tuple(one.name for one in declared if one.holds == "count"),
        )
        if not named.counts:
            return _NONE
        if len(named.groups) > MOST_CONDITIONS:
            return _Counts({}, (_undecided(Doubt.LIMIT),))
        most = min(MOST, MOST_WORK >> len(named.groups))
        try:
            return self._read(payload, named, most)
        except Unclear as error:
            return _Counts({}, (_undecided(error.why, error.place),))

    def _read(self, payload: Payload, named: Named, most: int) -> _Counts:
        cells: dict[Where, list[Cell]] = defaultdict(list)
        odd: dict[Where, list[int]] = defaultdict(list)
        with ExitStack() as stack:
            content = payload.content
            file = (
                stack.enter_context(content.open("rb"))
                if isinstance(content, Path)
                else io.BytesIO(content)
            )
            portions = opened(payload, file, self._caps)
            for number, row in enumerate(rows_of(portions, named, most), 1):
                if number > most:
                    raise Unclear(Doubt.LIMIT)
                _take(row, cells, odd)
        wrong = tuple(
            Given(Reason.WRONG_TYPE, Place(part, column, rows[0]), _OTHER, len(rows))
            for (part, column), rows in odd.items()
        )
        return _Counts(cells, wrong)


_OTHER = "what is no count"


def _take(
    row: Row, cells: dict[Where, list[Cell]], odd: dict[Where, list[int]]
) -> None:
    if row.count is None or not row.count.strip():
        return  # a count that isn't told
    where = row.part, row.column
    if _WHOLE.fullmatch(row.count):
        which = conditions(_by_name(row.groups))
        cells[where].append((row.number, which, int(row.count)))
    else:
        odd[where].append(row.number)


def _by_name(groups: Groups) -> Groups:
    """Return groups by what a table would call them: `region` for `/*/region`."""
    plain = {name: name.rpartition("/")[2] for name in groups}
    if len({*plain.values()}) < len(plain):
        return groups
    return {plain[name]: value for name, value in groups.items()}


def _refused(
    found: _Counts, before: Mapping[Conditions, frozenset[int]], least: int
) -> Iterator[Given]:
    """Yield why counts may not be told; a column knows what the one before it tells."""
    known = dict(before)
    for (part, column), cells in found.cells.items():
        told = list(flaws(cells, known, least))
        firsts: dict[Reason, int] = {}
        for one in told:
            firsts.setdefault(one.reason, one.row)
        counts = Counter(one.reason for one in told)
        for reason, row in firsts.items():
            place = Place(part, column, row)
            yield Given(reason, place, count=counts[reason], most=least)
        for _, which, count in cells:
            known[which] = known.get(which, frozenset()) | {count}


def _undecided(why: Doubt, place: Place | None = None) -> Given:
    return Given(Reason.UNDECIDED, place, why.value, 1)
