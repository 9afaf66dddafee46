"""The verdict of the exit: one pure function of contract, inspection and count.

Whatever is enforced calls it. It knows no file, no clock and no ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from ringfence.boundary.channels import ChannelMask, Declared
from ringfence.boundary.status import Status
from ringfence.egress.channels.contract import Contract
from ringfence.egress.inspection.report import (
    Column,
    Coverage,
    Inspection,
    Sighting,
    Type,
)
from ringfence.egress.inspection.sightings import Doubt, Place


class Verdict(IntEnum):
    """What becomes of a payload; the strictest reason decides."""

    RELEASE = 0
    MASK = 1
    HOLD = 2
    BLOCK = 3

    def __str__(self) -> str:
        """Return the word that receipts and entries use."""
        return self.name.lower()


class Reason(StrEnum):
    """Why a verdict is what it is."""

    AS_DECLARED = "as-declared"
    MASKED = "masked"
    # hold: it can't be decided
    NOT_COMPLETE = "not-looked-through"
    UNDECIDED = "undecided"
    UNDECLARED_COLUMN = "undeclared-column"
    UNDECLARED_TAG = "undeclared-tag"
    UNDECLARED_TEXT = "undeclared-text"
    WRONG_TYPE = "wrong-type"
    NOT_MASKED = "not-masked"
    UNKNOWN_RECIPIENT = "unknown-recipient"
    # block
    NO_CHANNEL = "no-channel"
    NOT_IN_FORCE = "not-in-force"
    EXCLUDED_RECIPIENT = "excluded-recipient"
    UNDECLARED_SUBJECTS = "undeclared-subjects"
    OVER_CAP = "over-cap"
    BULK = "bulk"
    SMALL_CELL = "small-cell"
    COMPLEMENT = "complement"
    DIFFERENCE = "difference"


VERDICTS: Mapping[Reason, Verdict] = {
    Reason.AS_DECLARED: Verdict.RELEASE,
    Reason.MASKED: Verdict.MASK,
    Reason.NOT_COMPLETE: Verdict.HOLD,
    Reason.UNDECIDED: Verdict.HOLD,
    Reason.UNDECLARED_COLUMN: Verdict.HOLD,
    Reason.UNDECLARED_TAG: Verdict.HOLD,
    Reason.UNDECLARED_TEXT: Verdict.HOLD,
    Reason.WRONG_TYPE: Verdict.HOLD,
    Reason.NOT_MASKED: Verdict.HOLD,
    Reason.UNKNOWN_RECIPIENT: Verdict.HOLD,
    Reason.NO_CHANNEL: Verdict.BLOCK,
    Reason.NOT_IN_FORCE: Verdict.BLOCK,
    Reason.EXCLUDED_RECIPIENT: Verdict.BLOCK,
    Reason.UNDECLARED_SUBJECTS: Verdict.BLOCK,
    Reason.OVER_CAP: Verdict.BLOCK,
    Reason.BULK: Verdict.BLOCK,
    Reason.SMALL_CELL: Verdict.BLOCK,
    Reason.COMPLEMENT: Verdict.BLOCK,
    Reason.DIFFERENCE: Verdict.BLOCK,
}

# What a column of a declared type may hold; a file of texts writes numbers as texts.
_TYPES: Mapping[str, frozenset[Type]] = {
    "text": frozenset({"text", "integer", "number", "boolean", "time"}),
    "integer": frozenset({"integer"}),
    "number": frozenset({"integer", "number"}),
    "boolean": frozenset({"boolean"}),
    "time": frozenset({"time"}),
    "nested": frozenset({"text", "integer", "number", "boolean", "time", "nested"}),
}
_BEHIND = "statistics"  # a part that goes with a column: it is written anew with it
_GONE = "null"  # the mask that leaves nothing to count (28 CFR 202.206)


@dataclass(frozen=True, slots=True)
class Given:
    """One reason, and where it stands.

    Attributes:
        reason: Why.
        place: Where the first such thing is; None: it speaks of the whole.
        what: A tag, a type, a doubt, a category or a recipient: out of closed lists and
            of the contract, and never a value of the payload.
        count: How many there are: people, cells, texts.
        most: How many there may be.
    """

    reason: Reason
    place: Place | None = None
    what: str = ""
    count: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What the meter would show if this payload left.

    Attributes:
        channel: Distinct subjects that left by the channel in twelve months.
        conceded: Distinct subjects that left under the channel's exception.
        group: The most distinct subjects that one receiving group has had.
        categories: The same by category; one that this payload doesn't touch too.
    """

    channel: int = 0
    conceded: int = 0
    group: int = 0
    categories: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of a payload, and why.

    Attributes:
        verdict: What becomes of it.
        reasons: Every reason of that verdict, in a stable order.
        masks: What takes the place of a column's values, by name; only where the
            verdict is `MASK`.
    """

    verdict: Verdict
    reasons: tuple[Given, ...]
    masks: Mapping[str, ChannelMask] = field(default_factory=dict)


NO_CHANNEL = Ruling(Verdict.BLOCK, (Given(Reason.NO_CHANNEL),))
_NOBODY = np.empty(0, np.uint64)


def counted(contract: Contract, inspection: Inspection) -> NDArray[np.uint64]:
    """Return whose data would leave: each once, in order.

    A column that is masked by `null` tells nothing of anybody; any other mask leaves
    something that counts (28 CFR 202.206).
    """
    return _distinct(_Declarations(contract, inspection).going())


def by_category(
    contract: Contract, inspection: Inspection
) -> dict[str, NDArray[np.uint64]]:
    """Return whose data of each category would leave."""
    found: dict[str, list[Sighting]] = {}
    for sighting in _Declarations(contract, inspection).going():
        for category in contract.categories.get(sighting.tag, ()):
            found.setdefault(category, []).append(sighting)
    return {category: _distinct(found[category]) for category in sorted(found)}


def unclear(contract: Contract, inspection: Inspection) -> Iterator[Given]:
    """Yield what of a payload can't be decided, and its contract doesn't expect."""
    return _looked_through(_Declarations(contract, inspection), inspection)


class _Declarations:
    """What a contract declares of the places of a payload.

    Only a column of a table is a declared one. A header, or an entry of a file's
    metadata, that is called like a column is no part of it: no mask takes it away.

    Args:
        contract: The contract.
        inspection: What is in the payload.
    """

    def __init__(self, contract: Contract, inspection: Inspection) -> None:
        self._sightings = inspection.sightings
        self._by_name = {one.name: one for one in contract.channel.columns}
        self._there = {(one.part, one.name) for one in inspection.columns}

    def of(self, place: Place) -> Declared | None:
        """Return what is declared of a place; None: nothing."""
        is_behind = place.part[-1:] == (_BEHIND,)
        parts = [place.part, place.part[:-1]] if is_behind else [place.part]
        is_there = any((part, place.column) in self._there for part in parts)
        return self._by_name.get(place.column) if is_there else None

    def going(self) -> list[Sighting]:
        """Return what was seen, but for what isn't left once the payload is masked."""
        return [one for one in self._sightings if not self._is_gone(one.place)]

    def _is_gone(self, place: Place) -> bool:
        declared = self.of(place)
        return declared is not None and declared.mask == _GONE


def _distinct(sightings: Sequence[Sighting]) -> NDArray[np.uint64]:
    arrays = [one.subjects for one in sightings]
    return np.unique(np.concatenate(arrays)) if arrays else _NOBODY


def judge(
    contract: Contract | None,
    inspection: Inspection,
    reading: Reading,
    now: str,
    cells: Sequence[Given] = (),
) -> Ruling:
    """Return what becomes of a payload.

    Args:
        contract: The channel that it would leave by; None: there is none.
        inspection: What is in it.
        reading: What the meter would show if it left.
        now: The instant, `YYYY-MM-DDTHH:MM:SSZ`.
        cells: What is wrong with its aggregates.
    """
    if contract is None:
        return NO_CHANNEL
    declarations = _Declarations(contract, inspection)
    people = len(_distinct(declarations.going()))
    found = [
        *_standing(contract, now),
        *_looked_through(declarations, inspection),
        *_declared(contract, declarations, inspection),
        *_receiving(contract, people, now),
        *_amount(contract, people, reading),
        *cells,
        *_masked(contract, inspection),
        Given(Reason.AS_DECLARED),
    ]
    verdict = max(VERDICTS[one.reason] for one in found)
    reasons = tuple(one for one in found if VERDICTS[one.reason] is verdict)
    masks = _masks(contract, inspection) if verdict is Verdict.MASK else {}
    return Ruling(verdict, reasons, masks)


def _standing(contract: Contract, now: str) -> Iterator[Given]:
    if not contract.channel.since <= now < contract.channel.until:
        yield Given(Reason.NOT_IN_FORCE)


def _looked_through(
    declarations: _Declarations, inspection: Inspection
) -> Iterator[Given]:
    if inspection.coverage is not Coverage.COMPLETE:
        yield Given(Reason.NOT_COMPLETE, what=inspection.coverage.value)
    for one in inspection.undecided:
        declared = declarations.of(one.place)
        is_expected = declared is not None and declared.opaque
        if one.why is not Doubt.OPAQUE or not is_expected:
            yield Given(Reason.UNDECIDED, one.place, one.why.value, one.count)


def _declared(
    contract: Contract, declarations: _Declarations, inspection: Inspection
) -> Iterator[Given]:
    """Hold what is there against what was declared."""
    if inspection.size and not inspection.columns and not contract.channel.text:
        yield Given(Reason.UNDECLARED_TEXT)
    for there in inspection.columns:
        if there.name:
            place = Place(there.part, there.name)
            yield from _of_column(there, declarations.of(place))
        elif there.values and not contract.channel.text:  # a text beside a table
            place = Place(there.part)
            yield Given(Reason.UNDECLARED_TEXT, place, count=there.values)
    for seen in inspection.sightings:
        yield from _of_sighting(seen, declarations.of(seen.place))


def _of_column(there: Column, declared: Declared | None) -> Iterator[Given]:
    place = Place(there.part, there.name)
    if declared is None:
        yield Given(Reason.UNDECLARED_COLUMN, place, count=there.values)
        return
    others = there.types - _TYPES[declared.type] - {"empty"}
    if others:
        yield Given(Reason.WRONG_TYPE, place, min(others), there.values)


def _of_sighting(seen: Sighting, declared: Declared | None) -> Iterator[Given]:
    if declared is not None and declared.tag == seen.tag:
        return
    if seen.subjects.size:
        count = int(seen.subjects.size)
        yield Given(Reason.UNDECLARED_SUBJECTS, seen.place, seen.tag, count)
    elif declared is not None:  # in a text, what is nobody's may stand
        yield Given(Reason.UNDECLARED_TAG, seen.place, seen.tag, seen.count)


def _receiving(contract: Contract, people: int, now: str) -> Iterator[Given]:
    if not people or _concedes(contract, now):
        return
    # One that several stand behind is there for each of them.
    standing: dict[str, Status] = {}
    for one in contract.recipients:
        standing[one.id] = max(one.status, standing.get(one.id, Status.NO))
    for name, status in standing.items():
        if status is not Status.NO:
            is_sure = status is Status.YES
            reason = Reason.EXCLUDED_RECIPIENT if is_sure else Reason.UNKNOWN_RECIPIENT
            yield Given(reason, what=name, count=people)
    if not contract.recipients:
        yield Given(Reason.UNKNOWN_RECIPIENT, count=people)


def _concedes(contract: Contract, now: str) -> bool:
    leave = contract.conceded
    return leave is not None and leave.since <= now < leave.until


def _amount(contract: Contract, people: int, reading: Reading) -> Iterator[Given]:
    if not people:
        return
    cap = contract.channel.cap
    if reading.channel > cap:
        yield Given(Reason.OVER_CAP, count=reading.channel, most=cap)
    if contract.status is Status.NO:
        return
    leave = contract.conceded
    if leave is not None and reading.conceded > leave.cap:
        yield Given(Reason.OVER_CAP, None, leave.name, reading.conceded, leave.cap)
    yield from _bulk(contract, reading)


def _bulk(contract: Contract, reading: Reading) -> Iterator[Given]:
    """Yield the thresholds that are exceeded: strictly more than (28 CFR 202.205).

    Several categories together are judged by the lowest of their thresholds, over
    everybody who is in any of them (202.205(g), read conservatively).
    """
    limits, had = contract.limits, reading.categories
    there = sorted(one for one in had if one in limits and had[one])
    over = [one for one in there if had[one] > limits[one]]
    for category in over:
        yield Given(Reason.BULK, None, category, had[category], limits[category])
    lowest = min((limits[one] for one in there), default=0)
    if not over and len(there) > 1 and reading.group > lowest:
        yield Given(Reason.BULK, None, "combined", reading.group, lowest)


def _masked(contract: Contract, inspection: Inspection) -> Iterator[Given]:
    parts = {one.name: one.part for one in inspection.columns}
    for name, mask in _masks(contract, inspection).items():
        yield Given(Reason.MASKED, Place(parts[name], name), mask)


def _masks(contract: Contract, inspection: Inspection) -> dict[str, ChannelMask]:
    there = {one.name for one in inspection.columns}
    return {
        one.name: one.mask
        for one in contract.channel.columns
        if one.mask and one.name in there
    }
