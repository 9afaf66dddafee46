"""Receipts: what is told of a verdict. Places, counts and digests, never a value."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from ringfence.egress.channels.contract import Contract
from ringfence.egress.channels.judge import Given, Ruling, counted
from ringfence.egress.channels.wording import named
from ringfence.egress.inspection.report import Inspection
from ringfence.egress.inspection.sightings import Place

NO_CONTRACT = hashlib.sha256(b"").hexdigest()
"""The digest that stands for a channel that nobody declared."""
MOST = 200
"""Reasons, sightings and columns that a receipt lists; beyond, it says how many."""


def release_id(contract: Contract | None, inspection: Inspection) -> str:
    """Return what a release is called: the same content on the same contract alike."""
    by = NO_CONTRACT if contract is None else contract.digest
    told = f"ringfence release\n{by}\n{inspection.content}\n"
    return hashlib.sha256(told.encode()).hexdigest()


def receipt(
    contract: Contract | None,
    inspection: Inspection,
    ruling: Ruling,
    told: Mapping[str, str],
) -> dict[str, object]:
    """Return what is told of a verdict, for JSON.

    Args:
        contract: What was judged by.
        inspection: What was seen.
        ruling: The verdict.
        told: What the exit adds: channel, time, digests.
    """
    names = _Names(contract)
    people = 0 if contract is None else int(counted(contract, inspection).size)
    return {
        "release": release_id(contract, inspection),
        **told,
        "verdict": str(ruling.verdict),
        "reasons": [_given(one, names) for one in ruling.reasons[:MOST]],
        "reasons_left_out": max(0, len(ruling.reasons) - MOST),
        "masks": dict(ruling.masks),
        "content": inspection.content,
        "size": inspection.size,
        "format": inspection.format,
        "coverage": inspection.coverage.value,
        "rows": inspection.rows,
        "subjects": int(inspection.subjects.size),
        "counted": people,
        "epoch": inspection.epoch,
        "sightings": [
            {
                **names.placed(one.place),
                "tag": one.tag,
                "written": one.written.name.lower(),
                "count": one.count,
                "subjects": int(one.subjects.size),
            }
            for one in inspection.sightings[:MOST]
        ],
        "sightings_left_out": max(0, len(inspection.sightings) - MOST),
    }


def written(told: Mapping[str, object]) -> bytes:
    """Return a receipt as a file has it."""
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def _given(given: Given, names: _Names) -> dict[str, object]:
    found: dict[str, object] = {"reason": given.reason.value}
    if given.place is not None:
        found |= names.placed(given.place)
    if given.what:
        found["what"] = given.what
    if given.count:
        found["count"] = given.count
    if given.most:
        found["most"] = given.most
    return found


class _Names:
    """Names as a receipt says them: as declared, else only if they may be told."""

    def __init__(self, contract: Contract | None) -> None:
        columns = () if contract is None else contract.channel.columns
        self._declared = {one.name for one in columns}

    def placed(self, place: Place) -> dict[str, object]:
        """Return a place, for JSON."""
        name = place.column
        is_told = not name or name in self._declared
        found: dict[str, object] = {"column": name if is_told else named(name)}
        if place.part:
            found["part"] = [*map(named, place.part)]
        if place.row:
            found["row"] = place.row
        return found
