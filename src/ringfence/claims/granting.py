"""Who surely holds what: the grants of a scene, read off residual reach.

A grant rests on definite edges alone: no control stands in the way, nothing is unknown,
whatever else is needed is held by the same person. A guard in the way becomes the
condition of the grant; all guards of a way are met by one request. What can't be told
within bounds is not granted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from ringfence.boundary.decision.scene import Dataset, Grant
from ringfence.boundary.vocabulary import VERBS
from ringfence.claims.case import Case
from ringfence.guard.tree import NEVER, All, Condition, parse
from ringfence.reach.closure import forward
from ringfence.reach.graph import Graph
from ringfence.reach.masks import ALL_VERBS, CONTROL, VERB_BIT, Ints, Mask

# So many sets of guards are tried for people who are alike; more grants are left out.
MOST_SETS = 64
Guards = frozenset[int]


def grants(case: Case, datasets: Mapping[str, Dataset]) -> tuple[Grant, ...]:
    """Return what each person surely holds, people with equal reach together.

    Args:
        case: The case.
        datasets: The datasets to look for, with their columns.
    """
    graph = case.graph(("technical",), bare=False)
    search = _Search(graph, _Places.of(graph, datasets))
    together: dict[tuple[Guards, int, tuple[str, ...]], list[str]] = defaultdict(list)
    for people in _alike(graph, case.view.holders("person")):
        for guards, held in search.held(graph.number[people[0]]):
            for mask, what in search.places.said(held):
                together[guards, mask, what] += people
    found = [
        Grant(
            who=tuple(sorted(people)),
            verbs=tuple(verb for verb in VERBS if mask & VERB_BIT[verb]),
            what=what,
            guard=search.condition(guards),
        )
        for (guards, mask, what), people in together.items()
    ]
    kept = (one for one in found if one.guard != NEVER)
    return tuple(sorted(kept, key=lambda one: (one.who, one.what, one.verbs)))


def _alike(graph: Graph, people: Mapping[str, object]) -> list[list[str]]:
    """Return people in groups that hold the same: the same edges lead from each."""
    onward: dict[int, list[tuple[int, int, bool, int]]] = defaultdict(list)
    numbers = np.array([graph.number[one] for one in people], np.int64)
    for edge in np.flatnonzero(np.isin(graph.tail, numbers)).tolist():
        step = (
            int(graph.head[edge]),
            int(graph.give[edge]),
            bool(graph.is_undecided[edge]),
            int(graph.guard[edge]),
        )
        onward[int(graph.tail[edge])].append(step)
    # Rules tell people apart, whether one leads from them or asks for them.
    own = {int(graph.tail[edge]) for edge in graph.needs}
    own |= {node for nodes in graph.needs.values() for node in nodes}
    groups: dict[object, list[str]] = defaultdict(list)
    for person, number in zip(people, numbers.tolist(), strict=True):
        if onward[number]:
            alone = person if number in own else ""
            groups[alone, tuple(sorted(onward[number]))].append(person)
    return [*groups.values()]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where datasets and their columns are in a graph.

    Attributes:
        names: Their ids, each dataset before its columns.
        numbers: Their numbers; -1 of what no fact mentions.
        begins: The place of each dataset among `names`.
    """

    names: list[str]
    numbers: Ints
    begins: Ints

    @classmethod
    def of(cls, graph: Graph, datasets: Mapping[str, Dataset]) -> _Places:
        names: list[str] = []
        begins = []
        for dataset, known in datasets.items():
            bare = dataset.partition(":")[2]
            begins.append(len(names))
            names += [dataset, *(f"column:{bare}.{one}" for one in known.columns)]
        numbers = np.array([graph.number.get(one, -1) for one in names], np.int64)
        return cls(names, numbers, np.array(begins, np.int64))

    def said(self, held: Mask) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield what is held: whole datasets, and what is left of columns, by verbs."""
        whole = np.bitwise_and.reduceat(held, self.begins)
        counts = np.diff(self.begins, append=len(held))
        left = held & ~np.repeat(whole, counts)
        left[self.begins] = whole
        found = np.flatnonzero(left).tolist()
        by_mask: dict[int, list[str]] = defaultdict(list)
        for place in found:
            by_mask[int(left[place])].append(self.names[place])
        for mask, what in sorted(by_mask.items()):
            yield mask, tuple(what)


@dataclass(slots=True)
class _Search:
    graph: Graph
    places: _Places
    # The graph in which some guards are met, by those guards.
    under: dict[Guards, Graph] = field(default_factory=dict)

    def held(self, origin: int) -> Iterator[tuple[Guards, Mask]]:
        """Yield what somebody holds of each place, by the guards that it takes.

        Of what fewer guards give, nothing is said again.
        """
        ahead: list[Guards] = [frozenset()]
        seen = {*ahead}
        told: list[tuple[Guards, Mask]] = []
        while ahead:
            guards = ahead.pop(0)
            states = forward(self._under(guards).definite, self.graph.seeds([origin]))
            held = np.where(
                self.places.numbers >= 0, states[self.places.numbers], 0
            ).astype(np.uint16) & np.uint16(ALL_VERBS)
            for fewer, before in told:
                if fewer < guards:
                    held &= ~before
            if held.any():
                told.append((guards, held))
                yield guards, held
            for guard in self._next(guards, states):
                more = guards | {guard}
                if more not in seen and len(seen) < MOST_SETS:
                    seen.add(more)
                    ahead.append(more)

    def _under(self, guards: Guards) -> Graph:
        if guards not in self.under:
            self.under[guards] = self.graph.under((), guards) if guards else self.graph
        return self.under[guards]

    def _next(self, guards: Guards, states: Mask) -> list[int]:
        """Return the guards of edges that lead on from what is held."""
        graph = self.graph
        waiting = np.flatnonzero((graph.guard >= 0) & ~graph.is_undecided)
        tails = states[graph.tail[waiting]]
        handed = np.where(tails & CONTROL, graph.give[waiting], 0)
        handed = handed | (tails & graph.carry[waiting])
        gains = (handed & ~states[graph.head[waiting]]) != 0
        return sorted({*graph.guard[waiting[gains]].tolist()} - guards)

    def condition(self, guards: Guards) -> Condition | None:
        """Return what a request has to meet, None if nothing."""
        told = tuple(parse(self.graph.guards[one]) for one in sorted(guards))
        if len(told) <= 1:
            return told[0] if told else None
        try:
            return All(told)
        except ValueError:
            return NEVER  # too deep to be written down
