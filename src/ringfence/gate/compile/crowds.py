"""Everybody whom a scene knows, in arrays: who they are, and whom they are like."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Grant, Scene
from ringfence.boundary.vocabulary import kind_of
from ringfence.gate.compile.standing import Likes, Stance, Standings

Flags = NDArray[np.bool_]
Codes = NDArray[np.integer]
Class = Likes | Stance | None
MOST_LISTS = 16


@dataclass(slots=True)
class _Lists:
    """Sorted lists of ids that searches came to, by the answer for each class."""

    kept: dict[bytes, list[str]] = field(default_factory=dict)

    def of(self, known: Crowd, allowed: Flags) -> list[str]:
        key = allowed.tobytes()
        found = self.kept.get(key)
        if found is None:
            if len(self.kept) >= MOST_LISTS:
                self.kept.clear()
            found = self.kept[key] = known.chosen(allowed[known.codes])
        return found


@dataclass(frozen=True)
class Crowd:
    """Everybody of one kind whom a scene knows.

    Attributes:
        ids: Their ids, sorted.
        codes: The class of each.
        classes: The classes: people who are alike, those nothing is known of (None),
            or entities of one stance.
    """

    ids: list[str]
    codes: Codes
    classes: list[Class]
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


def crowds(scene: Scene, standings: Standings) -> dict[str, Crowd]:
    """Return everybody whom a scene knows, by kind."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for one in dict.fromkeys(chain(scene.people, *scene.entities.values())):
        by_kind[kind_of(one)].append(one)
    return {kind: _crowd(kind, sorted(ids), standings) for kind, ids in by_kind.items()}


def _crowd(kind: str, ids: list[str], standings: Standings) -> Crowd:
    classes: dict[Class, int] = {}
    codes = np.empty(len(ids), np.int32)
    for place, one in enumerate(ids):
        like: Class = standings.likes.get(one)
        if kind != "person":
            like = standings.of(Request(one, "", ""))
        codes[place] = classes.setdefault(like, len(classes))
    return Crowd(ids, codes, [*classes])
