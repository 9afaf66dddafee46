"""Who asks, what they ask, and what they are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from ringfence.boundary.decision.request import Decision, Request
from ringfence.boundary.order import Naming


class UnansweredError(Exception):
    """The gate can't answer: no scene in force, or nothing that logs its answer.

    It is never an allowance. A surface tells it as its protocol tells failure, never
    as an empty success.
    """


@dataclass(frozen=True, slots=True)
class Unenforced(Decision):
    """An allowance in the place of a decision that nobody enforces (shadow mode).

    Its reason is the decision's own, so that whoever asks learns what would have been;
    there is nothing to obey.

    Attributes:
        decided: The decision; None if there is none.
    """

    decided: Decision | None = None

    @property
    def allowed(self) -> bool:
        """Whether it may be: always."""
        return True


@dataclass(frozen=True, slots=True)
class Caller:
    """An enforcement point that may ask.

    Attributes:
        name: What it is called in the gate's own configuration.
        types: Its words for kinds of node (`user`: `person`), beside the kinds' own.
        actions: Its words for verbs (`can_read_todos`: `read`), beside the verbs' own.
        principals: Its names for principals.
        resources: Its names for resources.
        trusts: Kinds of node of which its own word wins over stored facts.
        obeys: What it carries out: `mask`, `rows`.
    """

    name: str
    types: Mapping[str, str] = field(default_factory=dict)
    actions: Mapping[str, str] = field(default_factory=dict)
    principals: tuple[Naming, ...] = ()
    resources: tuple[Naming, ...] = ()
    trusts: frozenset[str] = frozenset()
    obeys: frozenset[str] = frozenset()


class Asked(msgspec.Struct, frozen=True):
    """A request as it came.

    Attributes:
        request: The question, in the estate's words.
        caller: Name of whoever asks.
        surface: The protocol: `authzen`, `opa`, `trino`, `envoy`.
        reference: The caller's own id of the request, if it sent one.
    """

    request: Request
    caller: str
    surface: str
    reference: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What the gate decided, and where its ledger says so.

    Attributes:
        decision: The decision.
        id: Its place: the number of the ledger's entry, and its own in that entry
            (`1204.7`).
        words: The reason in plain words.
        path: Why the principal is excluded, selector by selector, as phrases.
        boundary: Digest of the boundary. `estate`: of the estate.
        time: When it was decided.
    """

    decision: Decision
    id: str
    words: str
    path: tuple[str, ...]
    boundary: str
    estate: str
    time: str
