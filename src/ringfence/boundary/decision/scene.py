"""A scene: all that a decision rests on, taken out of one estate for one stretch.

A scene names nodes by their ids, holds no pattern that a request would have to be tried
against, and is plain JSON: it can be signed, carried to where decisions are made, and
read there without a database.
"""

from __future__ import annotations

import hashlib

import msgspec

from ringfence.boundary.model import Gate, Mask, Selector
from ringfence.boundary.status import Status
from ringfence.guard.tree import Condition


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Known(_Value, frozen=True, omit_defaults=True):
    """What the estate states of a person.

    Attributes:
        attributes: Values by attribute; one that isn't stated has no entry.
        unknown: Attributes of which a stated value can't be relied on.
        why: For each selector that surely excludes the person, the reason in one
            phrase: `is employed by X, which is organised in CN`.
    """

    attributes: dict[str, tuple[str, ...]] = {}
    unknown: tuple[str, ...] = ()
    why: dict[str, str] = {}


class Marker(_Value, frozen=True):
    """Which rows of a dataset are of the population: `column` has one of `values`."""

    column: str
    values: tuple[str, ...]


class Dataset(_Value, frozen=True, omit_defaults=True):
    """A dataset that the estate knows.

    Attributes:
        columns: Whether each column is protected, by the column's bare name.
        status: Whether the dataset is protected beyond what its columns say: one that
            nobody says the columns of may hold anything.
        rows: Which of its rows are of the population; None: every one.
        masks: What may take the place of a column's values, by the column's name.
    """

    columns: dict[str, Status] = {}
    status: Status = Status.NO
    rows: Marker | None = None
    masks: dict[str, Mask] = {}


class Leave(_Value, frozen=True, omit_defaults=True):
    """An exception that the gate concedes: who may, what, for what, how much, how long.

    Attributes:
        name: Its name in the boundary, or of the request that was approved.
        who: Ids of people.
        columns: Ids of columns, without `column:`.
        purpose: What for; a request says it word for word.
        cap: How many distinct people's data may be seen.
        since: First instant; empty: from ever.
        until: First instant at which it no longer holds.
    """

    name: str
    who: tuple[str, ...]
    columns: tuple[str, ...]
    purpose: str
    cap: int
    until: str
    since: str = ""


class Grant(_Value, frozen=True, omit_defaults=True):
    """What some people surely hold: verbs on some datasets or columns.

    Attributes:
        who: Ids of people.
        verbs: Verbs.
        what: Ids of datasets (all of their columns) and of columns, with their kinds.
        guard: The condition that a request has to meet.
        since: First instant; empty: from ever.
        until: First instant at which it no longer holds; empty: for ever.
    """

    who: tuple[str, ...]
    verbs: tuple[str, ...]
    what: tuple[str, ...]
    guard: Condition | None = None
    since: str = ""
    until: str = ""


class Scene(_Value, frozen=True):
    """All that a decision rests on.

    Attributes:
        boundary: Digest of the boundary.
        estate: Digest of the estate.
        since: First instant that may be decided.
        until: First instant that may not be decided any more.
        gate: What is enforced.
        selectors: The selectors that `gate` names.
        people: Every person that the estate knows, by id.
        entities: Whether each legal entity is excluded: by selector, then by id.
        stores: The datasets of each store, by the store's id.
        datasets: Every dataset, by id.
        leaves: The exceptions that `gate` names.
        grants: Who holds what; asked in the mode `grants` alone.
    """

    boundary: str
    estate: str
    since: str
    until: str
    gate: Gate
    selectors: tuple[Selector, ...]
    people: dict[str, Known]
    entities: dict[str, dict[str, Status]]
    datasets: dict[str, Dataset]
    stores: dict[str, tuple[str, ...]] = {}
    leaves: tuple[Leave, ...] = ()
    grants: tuple[Grant, ...] = ()


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Scene)


def canonical(scene: Scene) -> bytes:
    """Return the scene's canonical JSON."""
    return _encoder.encode(scene)


def digest(scene: Scene) -> str:
    """Return the SHA-256 of `canonical`, in hexadecimal."""
    return hashlib.sha256(canonical(scene)).hexdigest()


def parse_scene(content: bytes) -> Scene:
    """Return the scene that JSON states.

    Raises:
        msgspec.MsgspecError: It states none.
    """
    return _decoder.decode(content)
