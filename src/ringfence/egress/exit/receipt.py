"""Receipts: what is told of a verdict. Places, counts and digests, never a value."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from ringfence.egress.channels.contract import Contract
from ringfence.egress.channels.judge import Given, Ruling, counted
from ringfence.egress.inspection.report import Inspection

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
    people = 0 if contract is None else int(counted(contract, inspection).size)
    return {
        "release": release_id(contract, inspection),
        **told,
        "verdict": str(ruling.verdict),
        "reasons": [_given(one) for one in ruling.reasons[:MOST]],
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
                **_placed(one.place.part, one.place.column, one.place.row),
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


def _given(given: Given) -> dict[str, object]:
    found: dict[str, object] = {"reason": given.reason.value}
    if given.place is not None:
        found |= _placed(given.place.part, given.place.column, given.place.row)
    if given.what:
        found["what"] = given.what
    if given.count:
        found["count"] = given.count
    if given.most:
        found["most"] = given.most
    return found


def _placed(part: tuple[str, ...], column: str, row: int) -> dict[str, object]:
    found: dict[str, object] = {"column": column}
    if part:
        found["part"] = list(part)
    if row:
        found["row"] = row
    return found
