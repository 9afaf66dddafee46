"""AuthZEN's searches: who may do this, to what, or what may be done.

Whatever is found is named as the caller names it, and only if that name leads back to
it: asked with the same words around it, it is allowed. Of what nobody knows, there is
nothing to find.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

import msgspec

from ringfence.boundary.decision.scene import Scene
from ringfence.boundary.vocabulary import VERBS
from ringfence.gate.point.asked import Caller
from ringfence.gate.point.http import Call
from ringfence.gate.point.point import Point
from ringfence.gate.surfaces import naming
from ringfence.gate.surfaces.asking import Words, asked_by
from ringfence.gate.surfaces.bodies import (
    ActionSearch,
    MalformedError,
    Page,
    Properties,
    ResourceSearch,
    SubjectSearch,
    canonical,
    shaped,
    tree,
)

MOST_RESULTS = 1_000
_DIGEST = 16
_NOT_OURS = "`page.token` isn't one that this search was given"


class Hit(msgspec.Struct, frozen=True):
    """A subject or a resource that was found."""

    type: str
    id: str


class ActionHit(msgspec.Struct, frozen=True):
    """An action that was found."""

    name: str


class Part(msgspec.Struct, frozen=True):
    """Which part of the results this is.

    Attributes:
        next_token: Asks for what follows; empty at the end.
        count: How many there are here. `total`: how many altogether.
    """

    next_token: str
    count: int
    total: int


class Found(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was found, or a part of it."""

    results: list[Hit | ActionHit]
    page: Part | None = None


async def subjects(point: Point, caller: Caller, call: Call) -> Found:
    """Answer which subjects of a type may do something."""
    body = tree(call)
    asked = shaped(body, SubjectSearch)
    paging = _paging(caller, call, body, asked.page)
    type_ = asked.subject.type
    kind = naming.kind(caller, type_)
    node = naming.resource(caller, asked.resource.type, asked.resource.id)
    words = Words(caller, point.scene)
    request = words.around(f"{kind}:", node, asked, words.markers(node))
    found: list[str] = []
    if kind and request.verb in VERBS and _is_resource(words.scene, node):
        found = await point.subjects(asked_by(caller, call, request), kind)
    named = ((one, naming.principal_name(caller, type_, one)) for one in found)
    return paging.found(
        (one, Hit(type_, name)) for one, name in named if name is not None
    )


async def resources(point: Point, caller: Caller, call: Call) -> Found:
    """Answer to which resources of a type something may be done."""
    body = tree(call)
    asked = shaped(body, ResourceSearch)
    paging = _paging(caller, call, body, asked.page)
    type_ = asked.resource.type
    kind = naming.kind(caller, type_)
    node = naming.principal(caller, asked.subject.type, asked.subject.id)
    words = Words(caller, point.scene)
    request = words.around(node, f"{kind}:", asked, words.every_marker())
    found: list[str] = []
    if kind and request.verb in VERBS and _is_principal(words.scene, node):
        found = await point.resources(asked_by(caller, call, request), kind)
    named = ((one, naming.resource_name(caller, type_, one)) for one in found)
    return paging.found(
        (one, Hit(type_, name)) for one, name in named if name is not None
    )


async def actions(point: Point, caller: Caller, call: Call) -> Found:
    """Answer which actions somebody may do to something."""
    body = tree(call)
    asked = shaped(body, ActionSearch)
    paging = _paging(caller, call, body, asked.page)
    who = naming.principal(caller, asked.subject.type, asked.subject.id)
    what = naming.resource(caller, asked.resource.type, asked.resource.id)
    words = Words(caller, point.scene)
    request = words.around(who, what, asked, words.markers(what))
    found: list[str] = []
    if _is_principal(words.scene, who) and _is_resource(words.scene, what):
        found = await point.actions(asked_by(caller, call, request))
    names = sorted(name for verb in found for name in naming.verb_names(caller, verb))
    return paging.found((name, ActionHit(name)) for name in names)


def _is_principal(scene: Scene, node: str) -> bool:
    return node in scene.people or any(node in one for one in scene.entities.values())


def _is_resource(scene: Scene, node: str) -> bool:
    if node in scene.datasets or node in scene.stores:
        return True
    whole, _, column = node.removeprefix("column:").rpartition(".")
    dataset = scene.datasets.get(f"dataset:{whole}")
    return (
        node.startswith("column:") and dataset is not None and column in dataset.columns
    )


# --- pages ----------------------------------------------------------------------------


class _Paging:
    """Takes a search's results apart.

    A token says after what the next page begins, with a digest of that and of all that
    was asked. It needs no key: whoever makes one up gets what it may ask for anyway.
    """

    def __init__(self, asked: bytes, page: Page | None) -> None:
        """Refuse a token that isn't of this search."""
        self._asked = asked
        self._is_asked = page is not None
        page = page or Page()
        limit = MOST_RESULTS if page.limit is None else page.limit
        self._limit = min(limit, MOST_RESULTS)
        self._after = self._read(page.token) if page.token else None

    def found(self, results: Iterable[tuple[str, Hit | ActionHit]]) -> Found:
        """Return the part of the results, in the order of their names, that is asked.

        Of a search that asks for none at all there is no next part either: it asks how
        many there are.
        """
        every = [*results]
        after = self._after
        rest = every if after is None else [one for one in every if one[0] > after]
        here = rest[: self._limit]
        is_over = len(here) == len(rest) or not self._limit
        if is_over and not self._is_asked:
            return Found([one for _, one in here])
        token = "" if is_over else self._token(here[-1][0])
        return Found([one for _, one in here], Part(token, len(here), len(every)))

    def _token(self, after: str) -> str:
        place = after.encode()
        return base64.urlsafe_b64encode(self._digest(place) + place).decode()

    def _read(self, token: str) -> str:
        try:
            told = base64.urlsafe_b64decode(token)
            after = told[_DIGEST:].decode()
        except ValueError:
            raise MalformedError(_NOT_OURS) from None
        if self._token(after) != token:
            raise MalformedError(_NOT_OURS)
        return after

    def _digest(self, place: bytes) -> bytes:
        return hashlib.sha256(self._asked + place).digest()[:_DIGEST]


def _paging(caller: Caller, call: Call, body: Properties, page: Page | None) -> _Paging:
    """Return the pages of a search: all that it says, but for the token, makes it."""
    told = body.get("page")
    around = {
        name: value
        for name, value in (told.items() if isinstance(told, dict) else ())
        if name != "token" and value is not None
    }
    asked = canonical([caller.name, call.path, {**body, "page": around}])
    return _Paging(hashlib.sha256(asked).digest(), page)
