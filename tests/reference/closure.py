"""The reference closure: what reach means, in plain sets and nothing else.

It follows DESIGN 4.2 and 4.5 to the letter, and is as slow as it is short. The engine
is held against it; the reference prover uses it; the checker never does.

A state is `("control", principal)` or `(verb, data)`.
"""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.boundary.vocabulary import (
    DATA_KINDS,
    EDGE_KINDS,
    VERB_GROUPS,
    VERBS,
    Flow,
    kind_of,
)
from ringfence.estate.facts import Fact

State = tuple[str, str]


def in_force(fact: Fact, as_of: str) -> bool:
    """Whether a fact holds at an instant: from `since` on, up to before `until`."""
    begun = fact.since == "" or fact.since <= as_of
    return begun and (fact.until == "" or as_of < fact.until)


def definite(edge: Fact, *, bare: bool) -> bool:
    """Whether an edge certainly works; bare reach ignores what stands in its way."""
    return edge.unknown == "" and (bare or edge.control == "")


def walked(facts: Iterable[Fact], *, as_of: str, grades: Iterable[str]) -> list[Fact]:
    """Return the edges in force that take part in reach."""
    return [
        fact
        for fact in facts
        if fact.fact == "edge"
        and in_force(fact, as_of)
        and EDGE_KINDS[fact.name].grade in grades
        and EDGE_KINDS[fact.name].flow is not Flow.STAKE
    ]


def is_data(node: str) -> bool:
    """Whether a node is a store, a dataset or a column."""
    return kind_of(node) in DATA_KINDS


def entry(node: str) -> State:
    """Return the state in which an origin begins."""
    return ("read" if is_data(node) else "control", node)


def moves(edge: Fact, state: State) -> set[State]:
    """Return the states that an edge leads to from a state."""
    verb, node = state
    flow = EDGE_KINDS[edge.name].flow
    if edge.id != node:
        return set()
    if is_data(node):
        passes = flow is Flow.CONTAIN or (
            flow is Flow.COPY and verb in ("read", "decrypt")
        )
        return {(verb, edge.value)} if passes and is_data(edge.value) else set()
    if not is_data(edge.value):
        return {("control", edge.value)}
    if flow is Flow.GRANT:
        return {(edge.verb, edge.value)}
    return {(every, edge.value) for every in VERBS}


def closure(edges: Iterable[Fact], states: Iterable[State]) -> set[State]:
    """Return the states and all that the edges lead to from them."""
    edges, found = list(edges), set(states)
    while True:
        met = [edge for edge in edges if {*map(entry, edge.needs)} <= found]
        new = {s for edge in met for state in found for s in moves(edge, state)}
        if new <= found:
            return found
        found |= new


def shortest(
    edges: Iterable[Fact], origin: str, goals: set[State]
) -> list[Fact] | None:
    """Return the edges of a shortest path to a goal, None if there is none."""
    edges = list(edges)
    came: dict[State, tuple[State, Fact] | None] = {entry(origin): None}
    layer = [entry(origin)]
    while layer and not goals & came.keys():
        onward: list[State] = []
        for state in layer:
            for edge in edges:
                for new in sorted(moves(edge, state) - came.keys()):
                    came[new] = (state, edge)
                    onward.append(new)
        layer = onward
    if not goals & came.keys():
        return None
    step, path = came[min(goals & came.keys())], []
    while step is not None:
        path.append(step[1])
        step = came[step[0]]
    return path[::-1]


def reached(edges: Iterable[Fact], origin: str, verbs: Iterable[str]) -> set[str]:
    """Return the data of which an origin obtains one of the verbs or verb groups."""
    wanted = {verb for name in verbs for verb in VERB_GROUPS[name]}
    return {node for verb, node in closure(edges, {entry(origin)}) if verb in wanted}
