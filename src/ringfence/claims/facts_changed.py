"""What two estates state differently: edges, attributes and nodes in force.

Facts are compared by what they say, not by where a source says it: a line that moved in
its file, or another source that says the same, is no change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ringfence.boundary.vocabulary import NODE_KINDS, kind_of
from ringfence.claims.case import Case
from ringfence.guard.symbolic import Impossible, decide
from ringfence.guard.tree import Not, parse
from ringfence.reach.masks import Ints

T = TypeVar("T")
_WORDS = ("name", "verb", "control", "unknown", "guard", "needs")


@dataclass(frozen=True, slots=True)
class Changed:
    """How many facts of a kind are there that weren't, and the other way round."""

    kind: str
    added: int
    removed: int


def changed(old: Case, new: Case) -> tuple[Changed, ...]:
    """Return the changes of nodes, attributes and edges, by kind."""
    counts: dict[str, list[int]] = {}
    nodes = _diff(old.view.ids, new.view.ids)
    attributes = _diff(_attributes(old), _attributes(new))
    stakes = _diff(old.view.stakes(), new.view.stakes())
    edges = new.edges.name[is_new(old, new)], old.edges.name[is_new(new, old)]
    for place in (0, 1):
        _count(counts, map(kind_of, nodes[place]), place)
        told = (f"{kind_of(node)} {name}" for node, name, _ in attributes[place])
        _count(counts, told, place)
        _count(counts, ("owns" for _ in stakes[place]), place)
        _count(counts, edges[place].tolist(), place)
    return tuple(Changed(kind, *counts[kind]) for kind in sorted(counts))


def _count(counts: dict[str, list[int]], kinds: Iterable[str], place: int) -> None:
    for kind, number in Counter(kinds).items():
        counts.setdefault(kind, [0, 0])[place] += number


def _diff(old: Iterable[T], new: Iterable[T]) -> tuple[set[T], set[T]]:
    first, second = {*old}, {*new}
    return second - first, first - second


def _attributes(case: Case) -> Iterable[tuple[str, str, str]]:
    for kind in NODE_KINDS:
        for node, holder in case.view.holders(kind).items():
            for name, values in holder.attributes.items():
                for value in values:
                    yield node, name, value
            for name in holder.unknown:
                yield node, name, "\0"  # a value that nobody can tell


def is_new(old: Case, new: Case) -> npt.NDArray[np.bool_]:
    """Return, by edge of the new estate, whether the old one has none that says it."""
    ids = {node: n for n, node in enumerate(sorted({*old.view.ids, *new.view.ids}))}
    words: dict[str, int] = {}
    known = np.unique(_keys(old, ids, words), axis=0)
    asked = _keys(new, ids, words)
    both = np.concatenate((known, asked))
    _, place = np.unique(both, axis=0, return_inverse=True)
    place = place.reshape(-1)
    flags: npt.NDArray[np.bool_] = ~np.isin(place[len(known) :], place[: len(known)])
    return flags


def loosened(old: Case, new: Case) -> list[int]:
    """Return the rows of the new estate's edges whose condition lets more pass.

    Those that the old estate has too, each time under a condition that some request
    fails, or may fail, which meets the new one.
    """
    flags = is_new(old, new)
    ids = {node: n for n, node in enumerate(sorted({*old.view.ids, *new.view.ids}))}
    words: dict[str, int] = {}
    before, after = (_bare(_keys(case, ids, words)) for case in (old, new))
    near = np.flatnonzero(np.isin(before[:, 0], after[flags, 0]))
    guards: dict[bytes, set[str]] = {}
    for edge in near.tolist():
        guards.setdefault(before[edge].tobytes(), set()).add(old.edges.guard[edge])
    return [
        int(new.edges.row[edge])
        for edge in np.flatnonzero(flags).tolist()
        if (known := guards.get(after[edge].tobytes()))
        and _is_looser(new.edges.guard[edge], known)
    ]


def _bare(keys: Ints) -> Ints:
    """Return the keys of edges without their conditions."""
    return np.ascontiguousarray(np.delete(keys, 2 + _WORDS.index("guard"), axis=1))


def _is_looser(guard: str, known: set[str]) -> bool:
    if "" in known or not guard:
        return bool(guard == "" and "" not in known)
    try:
        fails = [Not(parse(text)) for text in sorted(known)]
    except ValueError:  # nested as deep as may be: who knows
        return True
    return not isinstance(decide([parse(guard), *fails]), Impossible)


def _keys(case: Case, ids: Mapping[str, int], words: dict[str, int]) -> Ints:
    """Return a row of numbers for each edge: its ends, and each word that it has."""
    edges = case.edges
    renumbered = np.fromiter((ids[node] for node in case.view.ids), np.int64)
    columns = [renumbered[edges.tail], renumbered[edges.head]]
    for field in _WORDS:
        spelt, place = np.unique(getattr(edges, field).astype(str), return_inverse=True)
        numbers = [words.setdefault(word, len(words)) for word in spelt.tolist()]
        columns.append(np.array(numbers, np.int64)[place])
    return np.stack(columns, axis=1)
