"""What the search for people starts from, and the grades of what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from ringfence.boundary.order import LogOrder

MICRO = 1_000_000
WINDOW = 300  # seconds
LONGEST_LEASE = 24 * 3600 * MICRO  # nobody is taken to sit longer at one address


class Grade(IntEnum):
    """How strongly the logs say who was behind an event; the smaller, the stronger."""

    NONE = 0  # they don't
    NAMED = 1  # its own log names them, or the logs name who got the credential
    REQUEST = 2  # the tool's log has the same request
    SESSION = 3  # the tool's log has the session
    ADDRESS = 4  # a sign-in log gave the address to one person
    APPLICATION = 5  # the application's name is somebody's who was at work
    WINDOW = 6  # one person alone was at work in the tool


class Kind(IntEnum):
    """What the name of an actor tells of it."""

    UNSAID = 0
    PERSON = 1  # no sign that several share it
    SPOKEN = 2  # a tool speaks for it: a service account of the tool
    ASSUMED = 3  # a session of a role of the cloud, which says nothing of who
    ROLE = 4  # a role that no tool speaks for: it may be one person's
    SERVICE = 5  # a service account or tool that no tool speaks for
    CLOUD = 6  # the cloud's own service


# What our queries call them.
KINDS = {kind.name: int(kind) for kind in Kind}


@dataclass(frozen=True, slots=True)
class Behind:
    """What is known beforehand of who speaks for whom.

    Attributes:
        speaks: For each tool the principals that are its service accounts.
        orders: The logs that the boundary orders.
        window: How far apart, in seconds, the clocks of two logs may tell of one thing.
    """

    speaks: Mapping[str, frozenset[str]]
    orders: tuple[LogOrder, ...]
    window: int = WINDOW

    @property
    def tools(self) -> tuple[str, ...]:
        """Every tool that speaks for somebody or has a log, in the order of ids."""
        told = {order.tool for order in self.orders if order.tool}
        return tuple(sorted({*self.speaks, *told}))
