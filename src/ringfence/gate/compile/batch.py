"""Many decisions at once: who may, what somebody may, and columns of questions.

Whoever stands the same gets the same answer, but for exceptions and grants. So a search
decides once for each stance, takes the answers out of arrays, and looks one by one only
at those whom an exception names.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringfence.boundary.decision.request import ALLOWING, Request
from ringfence.boundary.decision.scene import Leave, Scene
from ringfence.boundary.vocabulary import kind_of
from ringfence.gate.compile.closure import Closure, Counted
from ringfence.gate.compile.crowds import Class, Codes, Crowd, Flags, crowds
from ringfence.gate.compile.granting import Granting, is_met
from ringfence.gate.compile.standing import Stance

_NOBODY = Crowd([], np.array([], np.int32), [])


class Coded(NamedTuple):
    """A column of ids: each row's place among the ids that occur."""

    codes: Codes
    ids: Sequence[str]


class Batch:
    """The decisions of one scene, many at a time; each is what `decide` gives.

    Attributes:
        closure: What decides on single requests.
    """

    def __init__(self, scene: Scene) -> None:
        self.closure = Closure(scene)
        self._crowds = crowds(scene, self.closure.standings)
        self._data = _data(scene)
        self._settle()

    def conceding(self, leaves: Iterable[Leave]) -> Batch:
        """Return the same with other leaves; all else is shared."""
        other = object.__new__(Batch)
        other.closure = self.closure.conceding(leaves)
        other._crowds, other._data = self._crowds, self._data
        other._settle()
        return other

    def _settle(self) -> None:
        leaves = self.closure.scene.leaves
        self._named = dict.fromkeys(one for leave in leaves for one in leave.who)

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
        known = self._crowds.get(kind, _NOBODY)
        allowed = self._allowed(known, request, now)
        granting = self.closure.granting
        if granting is None:
            found = known.lists.of(known, allowed)
            flags = allowed[known.codes[self._named_places(known)]]
        else:
            every = allowed[known.codes] & self._granted(granting, known, request, now)
            found = known.chosen(every)
            flags = every[self._named_places(known)]
        return _with(found, self._let(known, flags, request, now, counted))

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
            for one in self._data.get(kind, ())
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
        request: Request,
        principals: Coded,
        resources: Coded,
        now: str,
        counted: Counted | None = None,
    ) -> Flags:
        """Return whether a request is allowed of each row's principal and resource.

        Those of the request itself don't count. Each pair of a stance and a resource is
        decided once; where an exception covers the resource for the principal, or a
        grant is asked for, each pair that occurs.
        """
        table, codes = self._table(request, principals.ids, resources.ids, now)
        found: Flags = table[codes[principals.codes], resources.codes]
        count = len(resources.ids)
        pairs = principals.codes.astype(np.int64) * count + resources.codes
        singly = self._singly(request, principals, resources, pairs)
        if singly.any():
            each, places = np.unique(pairs[singly], return_inverse=True)
            requests = [
                replace(
                    request,
                    principal=principals.ids[pair // count],
                    resource=resources.ids[pair % count],
                )
                for pair in each.tolist()
            ]
            found[singly] = self.allowed(requests, now, counted)[places]
        return found

    # --- parts ------------------------------------------------------------------------

    def _table(
        self,
        request: Request,
        principals: Sequence[str],
        wanted: Sequence[str],
        now: str,
    ) -> tuple[Flags, Codes]:
        """Return the fence's answers by stance and resource, and each one's stance."""
        standing = self.closure.standings.of
        stances = [standing(replace(request, principal=one)) for one in principals]
        distinct = {one: place for place, one in enumerate(dict.fromkeys(stances))}
        table = np.zeros((len(distinct), len(wanted)), bool)
        for place, stance in enumerate(distinct):
            fence = self.closure.unconceded(stance)
            for number, one in enumerate(wanted):
                reason = fence(replace(request, resource=one), now).reason
                table[place, number] = reason in ALLOWING
        return table, np.array([distinct[one] for one in stances], np.intp)

    def _singly(
        self, request: Request, principals: Coded, resources: Coded, pairs: Codes
    ) -> Flags:
        """Return which rows have to be decided by themselves."""
        if self.closure.granting is not None:
            return np.ones(len(pairs), bool)
        places = {one: place for place, one in enumerate(principals.ids)}
        touches = [
            self.closure.touch(one, request.columns).ids for one in resources.ids
        ]
        named = [
            place * len(touches) + number
            for leave in self.closure.scene.leaves
            for place in {places[one] for one in leave.who if one in places}
            for number in _covered(frozenset(leave.columns), touches)
        ]
        return np.isin(pairs, np.array(named, np.int64))

    def _allowed(self, known: Crowd, request: Request, now: str) -> Flags:
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

    def _stance(self, one: Class, request: Request) -> Stance:
        if isinstance(one, Stance):
            return one
        if request.stated:
            return self.closure.standings.told(one, request)
        return self.closure.standings.stranger if one is None else one.stance

    def _named_places(self, known: Crowd) -> NDArray[np.intp]:
        places = (known.place(one) for one in self._named)
        return np.array([one for one in places if one is not None], np.intp)

    def _let(
        self,
        known: Crowd,
        flags: Flags,
        request: Request,
        now: str,
        counted: Counted | None,
    ) -> Iterator[str]:
        """Yield whom an exception lets besides, sorted: it keeps nobody out.

        The flags say of whom exceptions name, in that order, who is let anyway.
        """
        decide = self.closure.decide
        for place in sorted(self._named_places(known)[~flags].tolist()):
            one = known.ids[place]
            answer = decide(replace(request, principal=one), now, counted)
            if answer.reason in ALLOWING:
                yield one

    def _granted(
        self, granting: Granting, known: Crowd, request: Request, now: str
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


def _data(scene: Scene) -> dict[str, list[str]]:
    """Return the ids of all data, by kind, sorted."""
    columns = (
        f"column:{whole.partition(':')[2]}.{name}"
        for whole, dataset in scene.datasets.items()
        for name in dataset.columns
    )
    found: dict[str, list[str]] = defaultdict(list)
    for one in sorted({*scene.datasets, *scene.stores, *columns}):
        found[kind_of(one)].append(one)
    return found


def _covered(
    columns: frozenset[str], touches: Iterable[frozenset[str]]
) -> Iterator[int]:
    """Yield the places of what is protected, and covered by an exception's columns."""
    for place, ids in enumerate(touches):
        if ids and ids <= columns:
            yield place


def _with(found: list[str], more: Iterable[str]) -> list[str]:
    """Return a copy of a sorted list with more ids, which are sorted, put in."""
    result: list[str] = []
    begin = 0
    for one in more:
        end = bisect_left(found, one, begin)
        result += found[begin:end]
        result.append(one)
        begin = end
    result += found[begin:]
    return result
