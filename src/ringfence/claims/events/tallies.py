"""Sums of judged events: by person, by tool, and the exhibits that stand for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ringfence.audit.judge import UNKNOWN
from ringfence.audit.judge import Reason as Code
from ringfence.audit.places import Place
from ringfence.claims.crossings import Class, Exhibit, Share

SHOWN = 200  # exhibits that an answer carries; all of them are written to a file
SHEET = (
    *("time", "who", "tool", "touch", "verb", "rows", "address", "actor", "suspect"),
    *("grade", "file", "offset", "length", "line", "reason"),
)


def class_of(reason: Code) -> Class:
    """Return what an event of some reason is."""
    if reason is Code.CROSSING:
        return Class.CROSSING
    return Class.UNKNOWN if reason in UNKNOWN else Class.PERMITTED


def basis(place: Place) -> str:
    """Return what is known of a place, in words."""
    return f"{place.basis}: {place.country}" if place.country else place.basis


def add(shares: dict[str, list[int]], id_: str, told: Sequence[int]) -> None:
    """Add events, rows, first and last time to the share of somebody."""
    events, rows, first, last = told
    old = shares.setdefault(id_, [0, 0, first, last])
    old[0] += events
    old[1] += rows
    old[2], old[3] = min(old[2], first), max(old[3], last)


def shares(told: Mapping[str, Sequence[int]]) -> tuple[Share, ...]:
    """Return shares, most events first."""
    found = [Share(id_, *parts) for id_, parts in told.items()]
    return tuple(sorted(found, key=lambda one: (-one.events, one.id)))


def chosen(found: Iterator[Exhibit]) -> tuple[Exhibit, ...]:
    """Return the first exhibit of each person and tool, then further ones by time."""
    first: dict[tuple[str, str], Exhibit] = {}
    rest: list[Exhibit] = []
    for one in found:
        if (one.who, one.tool) not in first:
            first[one.who, one.tool] = one
        elif len(rest) < SHOWN:
            rest.append(one)
    return tuple([*first.values(), *rest][:SHOWN])
