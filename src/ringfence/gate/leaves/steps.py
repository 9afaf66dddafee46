"""The steps of an exception's life, as a ledger keeps them."""

from __future__ import annotations

import msgspec


class _Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="step"):
    """What every step says.

    Attributes:
        name: The exception's name.
        by: Id of the person who takes the step.
    """

    name: str
    by: str


class Ask(_Step, frozen=True, tag="ask"):
    """Somebody asks for leave to cross.

    Attributes:
        who: Ids of the people who would have it.
        columns: Patterns over ids of columns, without `column:`.
        purpose: What for; each request under it says so word for word.
        cap: How many distinct people's data may be seen.
        since: First instant.
        until: First instant at which it no longer holds.
    """

    who: tuple[str, ...]
    columns: tuple[str, ...]
    purpose: str
    cap: int
    since: str
    until: str


class BreakGlass(_Step, frozen=True, tag="break-glass"):
    """Somebody takes leave at once, for a few hours; it is reviewed afterwards.

    The fields are those of `Ask`; it begins when it is logged.
    """

    who: tuple[str, ...]
    columns: tuple[str, ...]
    purpose: str
    cap: int
    until: str


class Approve(_Step, frozen=True, tag="approve"):
    """Somebody else, inside the fence, says yes."""


class Refuse(_Step, frozen=True, tag="refuse"):
    """Somebody else, inside the fence, says no, and why."""

    why: str


class Revoke(_Step, frozen=True, tag="revoke"):
    """Somebody inside the fence ends it before its time, and says why."""

    why: str


class Review(_Step, frozen=True, tag="review"):
    """Somebody else, inside the fence, has looked at what it was used for."""

    why: str


Step = Ask | BreakGlass | Approve | Refuse | Revoke | Review
