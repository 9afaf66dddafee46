"""What people are counted under, and since when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from ringfence.egress.channels.contract import Contract

EVERY = ""
"""The category that is all of them together."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What people are counted under.

    Attributes:
        kind: `channel`, `exception`, or `group` of those who receive.
        name: Name of the channel or exception, id of the group.
        category: For a group: a category, or `EVERY`.
    """

    kind: Literal["channel", "exception", "group"]
    name: str
    category: str = EVERY


def scopes(contract: Contract) -> Iterator[Scope]:
    """Yield what whoever leaves by a contract is counted under, categories apart."""
    yield Scope("channel", contract.channel.name)
    if contract.conceded is not None:
        yield Scope("exception", contract.conceded.name)
    for group in contract.groups:
        yield Scope("group", group)


def twelve_months_before(now: str) -> str:
    """Return the instant a year before: what left then doesn't count any more.

    A 29 February has no such day, and begins its window a day earlier, on the 28th.

    Args:
        now: `YYYY-MM-DDTHH:MM:SSZ`.
    """
    at = datetime.fromisoformat(now)
    try:
        before = at.replace(year=at.year - 1)
    except ValueError:
        before = at.replace(year=at.year - 1, day=28)
    return before.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
