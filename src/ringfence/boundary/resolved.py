"""A boundary that was written resolved and is read back: is it one that could be?

The parser refuses such things with their place in the file that a person wrote. What is
read back came from a program, or from somebody's editor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from ringfence.boundary.channels import Channel, Egress
from ringfence.boundary.model import (
    AllOf,
    AnyOf,
    Attribute,
    Boundary,
    Claim,
    Gate,
    Not,
    Test,
)
from ringfence.boundary.vocabulary import (
    ATTRIBUTES,
    NODE_KINDS,
    VERB_GROUPS,
    Grade,
)

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_WHOLE = 100


def flaw(boundary: Boundary) -> str:
    """Return the first thing in it that no boundary file could say, or else nothing."""
    return next(_flaws(boundary), "")


def _flaws(boundary: Boundary) -> Iterator[str]:
    if boundary.max_age_days < 0:
        yield f"`max_age_days` can't be {boundary.max_age_days}"
    for selector in boundary.excluded:
        yield from _unspeakable(selector.people, "person")
        yield from _unspeakable(selector.entities, "legal_entity")
    for claim in boundary.claims:
        yield from _misspelt(claim)
    yield from _dangling(boundary)
    if boundary.gate is not None:
        yield from _unenforceable(boundary.gate)
    if boundary.egress is not None:
        yield from _undeclarable(boundary.egress)


def _dangling(boundary: Boundary) -> Iterator[str]:
    """Yield names that are there twice, or are named without being there."""
    names = {
        "excluded": [one.name for one in boundary.excluded],
        "protected": [one.name for one in boundary.protected],
        "exceptions": [one.name for one in boundary.exceptions],
        "claims": [one.id for one in boundary.claims],
    }
    for field, found in names.items():
        if len({*found}) < len(found):
            yield f"`{field}` has a name twice"
    for claim in boundary.claims:
        yield from _unnamed(claim, f"claim `{claim.id}`", names)
    if boundary.gate is not None:
        yield from _unnamed(boundary.gate, "the gate", names)
    if boundary.egress is not None:
        yield from _unnamed(boundary.egress, "the exit", names)
        for channel in boundary.egress.channels:
            if channel.exception and channel.exception not in names["exceptions"]:
                named = f"channel `{channel.name}` names `{channel.exception}`"
                yield f"{named}, which isn't there"


def _unnamed(
    part: Claim | Gate | Egress, what: str, names: Mapping[str, list[str]]
) -> Iterator[str]:
    """Yield what a part names that isn't there."""
    for field in ("excluded", "protected", "exceptions"):
        named = getattr(part, field, ())
        for name in [named] if isinstance(named, str) else named:
            if name and name not in names[field]:
                yield f"{what} names `{name}`, which isn't there"


def _unenforceable(gate: Gate) -> Iterator[str]:
    """Yield what a gate can't enforce."""
    for verb in gate.verbs:
        if verb not in VERB_GROUPS:
            yield f"the gate has no `verbs` called `{verb}`"
    needed = {
        "excluded": [gate.excluded],
        "verbs": [gate.verbs],
        "rows": [part for one in gate.rows for part in msgspec.structs.astuple(one)],
        "masks": [one.columns for one in gate.masks],
    }
    for field, parts in needed.items():
        if not all(parts):
            yield f"the gate's `{field}` is empty, or has an empty part"


def _undeclarable(egress: Egress) -> Iterator[str]:
    """Yield what no channel can be."""
    if not egress.excluded:
        yield "the exit's `excluded` is empty"
    names = [one.name for one in egress.channels]
    if len({*names}) < len(names):
        yield "`channels` has a name twice"
    for channel in egress.channels:
        flawed = _unsound(channel)
        if flawed:
            yield f"channel `{channel.name}` {flawed}"


def _unsound(channel: Channel) -> str:
    """Return what is wrong with a channel, or nothing."""
    names = [one.name for one in channel.columns]
    counts = any(one.holds == "count" for one in channel.columns)
    flaws = {
        "has no name": not _NAME.fullmatch(channel.name),
        "has no recipient": not channel.recipients,
        "has no owner or approver": not (channel.owner and channel.approver),
        "has no end, or ends before it starts": channel.until <= channel.since,
        "has a column twice": len({*names}) < len(names),
        "carries nothing": not (names or channel.text),
        "has a count and no smallest cell": counts and channel.cell < 1,
        "has a cap below 0": channel.cap < 0,
    }
    return next((flawed for flawed, holds in flaws.items() if holds), "")


def _unspeakable(test: Test, kind: str) -> Iterator[str]:
    """Yield what a selector turns on that no fact may state."""
    match test:
        case Attribute():
            if test.name not in ATTRIBUTES[kind]:
                yield f"a selector turns on `{test.name}`, which no fact may state"
        case AnyOf() | AllOf():
            for part in test.of:
                yield from _unspeakable(part, kind)
        case Not():
            yield from _unspeakable(test.of, kind)
        case _:
            pass


def _misspelt(claim: Claim) -> Iterator[str]:
    if not _NAME.fullmatch(claim.id):
        yield f"`{claim.id}` is no name of a claim"
    closed = {
        "verbs": VERB_GROUPS.keys(),
        "grades": {str(grade) for grade in Grade},
        "kinds": {*NODE_KINDS},
    }
    for field, words in closed.items():
        for word in getattr(claim, field):
            if word not in words:
                yield f"claim `{claim.id}` has no `{field}` called `{word}`"
    if not 1 <= claim.share <= _WHOLE:
        yield f"claim `{claim.id}` can't have a share of {claim.share}"
