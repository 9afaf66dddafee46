"""Many decisions at once: who may, what somebody may, and columns of questions.

Whoever stands the same gets the same answer, but for exceptions and grants. So a search
decides once for each stance, takes the answers out of arrays, and looks one by one only
at those whom an exception names.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringfence.boundary.decision.request import ALLOWING, Request
from ringfence.boundary.decision.scene import Grant, Leave, Scene
from ringfence.boundary.vocabulary import kind_of
from ringfence.gate.compile.closure import Closure, Counted
from ringfence.gate.compile.granting import Granting, is_met
from ringfence.gate.compile.standing import Likes, Stance

Flags = NDArray[np.bool_]
Codes = NDArray[np.integer]
_MOST_LISTS = 16


class Coded(NamedTuple):
    """A column of ids: each row's place among the ids that occur."""

    codes: Codes
    ids: Sequence[str]


@dataclass(slots=True)
class _Lists:
    """Sorted lists of ids that searches came to, by the answer for each class."""

    kept: dict[bytes, list[str]] = field(default_factory=dict)

    def of(self, known: _Kind, allowed: Flags) -> list[str]:
        key = allowed.tobytes()
        found = self.kept.get(key)
        if found is None:
            if len(self.kept) >= _MOST_LISTS:
                self.kept.clear()
            found = self.kept[key] = known.chosen(allowed[known.codes])
        return found


@dataclass(frozen=True)
class _Kind:
    """Everybody of one kind whom a scene knows.

    Attributes:
        ids: Their ids, sorted.
        codes: The class of each.
        classes: The classes: people who are alike, those nothing is known of (None),
            or entities of one stance.
    """

    ids: list[str]
    codes: Codes
    classes: list[Likes | Stance | None]
    lists: _Lists = field(default_factory=_Lists)
    _holders: dict[int, NDArray[np.intp]] = field(default_factory=dict)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each id stands."""
        return {one: place for place, one in enumerate(self.ids)}

    @cached_property
    def _array(self) -> NDArray[np.object_]:
        return np.array(self.ids, dtype=object)

    def holders(self, grant: Grant) -> NDArray[np.intp]:
        """Return where those stand who hold a grant."""
        found = self._holders.get(id(grant))
        if found is None:
            places = (self.places.get(one) for one in grant.who)
            found = np.array([one for one in places if one is not None], np.intp)
            self._holders[id(grant)] = found
        return found

    def chosen(self, flags: Flags) -> list[str]:
        """Return the ids that are flagged."""
        found: list[str] = self._array[flags].tolist()
        return found

    def place(self, one: str) -> int | None:
        """Return where an id stands, if it does."""
        at = bisect_left(self.ids, one)
        return at if at < len(self.ids) and self.ids[at] == one else None


class Batch:
    """The decisions of one scene, many at a time; each is what `decide` gives.

    Attributes:
        closure: What decides on single requests.
    """

    def __init__(self, scene: Scene, *, closure: Closure | None = None) -> None:
        self.closure = closure or Closure(scene)
        self._kinds: dict[str, _Kind] = {}
        self._resources: dict[str, list[str]] = {}
        self._named = self._conceded()

    def conceding(self, leaves: Iterable[Leave]) -> Batch:
        """Return the same with other leaves; all else is shared."""
        closure = self.closure.conceding(leaves)
        other = Batch(closure.scene, closure=closure)
        other._kinds, other._resources = self._kinds, self._resources
        return other

    # --- searches ---------------------------------------------------------------------

    def principals(
        self,
        verb: str,
        resource: str,
        now: str,
        *,
        columns: tuple[str, ...] = (),
        counted: Counted | None = None,
        kind: str = "person",
    ) -> list[str]:
        """Return everybody of a kind whom the scene knows and who would be allowed.

        They are sorted.
        """
        return self.whoever(Request("", verb, resource, columns), now, counted, kind)

    def whoever(
        self,
        request: Request,
        now: str,
        counted: Counted | None = None,
        kind: str = "person",
    ) -> list[str]:
        """Return everybody who would be allowed what a request asks, sorted.

        Whoever the request itself is of doesn't count; what it states of its principal
        is stated of each.
        """
        known = self._kind(kind)
        allowed = self._allowed(known, request, now)
        granting = self.closure.granting
        if granting is None:
            found = known.lists.of(known, allowed)
            flags = allowed[known.codes[self._named_places(known)]]
        else:
            every = allowed[known.codes] & self._granted(granting, known, request, now)
            found = known.chosen(every)
            flags = every[self._named_places(known)]
        return _edited(found, self._changed(known, flags, request, now, counted))

    def resources(
        self,
        principal: str,
        verb: str,
        now: str,
        *,
        counted: Counted | None = None,
        kind: str = "dataset",
    ) -> list[str]:
        """Return all data of a kind that somebody would be allowed, sorted."""
        return self.whatever(Request(principal, verb, ""), now, counted, kind)

    def whatever(
        self,
        request: Request,
        now: str,
        counted: Counted | None = None,
        kind: str = "dataset",
    ) -> list[str]:
        """Return everything of a kind for which a request would be allowed, sorted.

        What the request itself asks for doesn't count.
        """
        decide = self.closure.decide
        return [
            one
            for one in self._everything(kind)
            if decide(replace(request, resource=one), now, counted).reason in ALLOWING
        ]

    # --- lists and columns of requests ------------------------------------------------

    def allowed(
        self, requests: Sequence[Request], now: str, counted: Counted | None = None
    ) -> Flags:
        """Return whether each request is allowed."""
        decide = self.closure.decide
        found = (decide(one, now, counted).reason in ALLOWING for one in requests)
        return np.fromiter(found, bool, len(requests))

    def crossing(
        self,
        verb: str,
        principals: Coded,
        resources: Coded,
        now: str,
        counted: Counted | None = None,
    ) -> Flags:
        """Return whether each row's principal may do something to its resource.

        Each pair of a stance and a resource is decided once; where an exception names
        the principal, or a grant is asked for, each pair that occurs.
        """
        standing = self.closure.standings.of
        stances = [standing(Request(one, verb, "")) for one in principals.ids]
        distinct = {one: place for place, one in enumerate(dict.fromkeys(stances))}
        table = np.zeros((len(distinct), len(resources.ids)), bool)
        for place, stance in enumerate(distinct):
            fence = self.closure.unconceded(stance)
            for number, one in enumerate(resources.ids):
                reason = fence(Request("", verb, one), now).reason
                table[place, number] = reason in ALLOWING
        codes = np.array([distinct[one] for one in stances], np.intp)
        found: Flags = table[codes[principals.codes], resources.codes]
        singly = np.array([self._is_single(one) for one in principals.ids], bool)[
            principals.codes
        ]
        if singly.any():
            pairs = np.stack((principals.codes[singly], resources.codes[singly]), 1)
            each, places = np.unique(pairs, axis=0, return_inverse=True)
            requests = [
                Request(principals.ids[who], verb, resources.ids[what])
                for who, what in each.tolist()
            ]
            found[singly] = self.allowed(requests, now, counted)[places.ravel()]
        return found

    # --- parts ------------------------------------------------------------------------

    def _conceded(self) -> dict[str, None]:
        leaves = self.closure.scene.leaves
        return dict.fromkeys(one for leave in leaves for one in leave.who)

    def _is_single(self, principal: str) -> bool:
        return self.closure.granting is not None or principal in self._named

    def _kind(self, kind: str) -> _Kind:
        found = self._kinds.get(kind)
        if found is None:
            found = self._kinds[kind] = self._everybody(kind)
            if not found.ids:  # a word of a caller's: not kept
                del self._kinds[kind]
        return found

    def _everybody(self, kind: str) -> _Kind:
        scene, standings = self.closure.scene, self.closure.standings
        everybody = {*scene.people}.union(*scene.entities.values())
        ids = sorted(one for one in everybody if kind_of(one) == kind)
        classes: dict[Likes | Stance | None, int] = {}
        codes = np.empty(len(ids), np.int32)
        for place, one in enumerate(ids):
            known: Likes | Stance | None = standings.likes.get(one)
            if kind != "person":
                known = standings.of(Request(one, "", ""))
            codes[place] = classes.setdefault(known, len(classes))
        return _Kind(ids, codes, [*classes])

    def _allowed(self, known: _Kind, request: Request, now: str) -> Flags:
        """Return the fence's answer for each class, exceptions apart."""
        answers: dict[Stance, bool] = {}
        found = np.zeros(len(known.classes), bool)
        for place, one in enumerate(known.classes):
            stance = self._stance(one, request)
            if stance not in answers:
                reason = self.closure.unconceded(stance)(request, now).reason
                answers[stance] = reason in ALLOWING
            found[place] = answers[stance]
        return found

    def _stance(self, one: Likes | Stance | None, request: Request) -> Stance:
        if isinstance(one, Stance):
            return one
        if request.stated:
            return self.closure.standings.told(one, request)
        return self.closure.standings.stranger if one is None else one.stance

    def _named_places(self, known: _Kind) -> NDArray[np.intp]:
        places = (known.place(one) for one in self._named)
        return np.array([one for one in places if one is not None], np.intp)

    def _changed(
        self,
        known: _Kind,
        flags: Flags,
        request: Request,
        now: str,
        counted: Counted | None,
    ) -> Iterator[tuple[str, bool]]:
        """Yield whose answer an exception changes, sorted, and to what."""
        places = self._named_places(known)
        decide = self.closure.decide
        for place, flag in sorted(zip(places.tolist(), flags.tolist(), strict=True)):
            one = known.ids[place]
            answer = decide(replace(request, principal=one), now, counted)
            if (answer.reason in ALLOWING) is not flag:
                yield one, not flag

    def _granted(
        self, granting: Granting, known: _Kind, request: Request, now: str
    ) -> Flags:
        """Return who holds a grant for each thing that is asked for."""
        touch = self.closure.touch(request.resource, request.columns)
        every = np.ones(len(known.ids), bool)
        for grants in granting.given(touch, request.verb, now):
            held = np.zeros(len(known.ids), bool)
            for grant in grants:
                if grant.guard is None:
                    held[known.holders(grant)] = True
            for grant in grants:
                if grant.guard is not None:
                    for place in known.holders(grant).tolist():
                        if every[place] and not held[place]:
                            own = replace(request, principal=known.ids[place])
                            held[place] = is_met(grant, granting.circumstances(own))
            every &= held
        return every

    def _everything(self, kind: str) -> list[str]:
        """Return the ids of all data of a kind, sorted."""
        found = self._resources.get(kind)
        if found is None:
            scene = self.closure.scene
            columns = (
                f"column:{whole.partition(':')[2]}.{name}"
                for whole, dataset in scene.datasets.items()
                for name in dataset.columns
            )
            data = {*scene.datasets, *scene.stores, *columns}
            found = sorted(one for one in data if kind_of(one) == kind)
            if found:  # a word of a caller's is not kept
                self._resources[kind] = found
        return found


def _edited(found: list[str], changes: Iterable[tuple[str, bool]]) -> list[str]:
    """Return a sorted list with some ids put in, and others taken out; in one copy."""
    result: list[str] = []
    begin, changed = 0, False
    for one, is_in in changes:
        changed = True
        end = bisect_left(found, one, begin)
        result += found[begin:end]
        if is_in:
            result.append(one)
        begin = end if is_in else end + 1
    if not changed:
        return found.copy()
    result += found[begin:]
    return result
