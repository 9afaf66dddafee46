"""The engine's closures against the reference closure, and a recursive query."""

from __future__ import annotations

import duckdb
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.vocabulary import EDGE_KINDS, VERBS, Flow
from ringfence.estate.facts import Fact, line
from ringfence.reach.closure import backward, forward, tree
from ringfence.reach.graph import Graph
from ringfence.reach.masks import CONTROL, READ, STATES, VERB_BIT
from tests.estates import GRADES, graph
from tests.reference import closure as reference
from tests.strategies import DATA, PRINCIPALS, estates, ruled_estates

ORIGINS = st.sampled_from(PRINCIPALS + DATA)
MODES = st.sampled_from([(True, True), (True, False), (False, True), (False, False)])


def kept(facts: list[Fact], *, bare: bool, sure: bool) -> list[Fact]:
    """Return the edges of a mode, in the order in which ties break."""
    walked = reference.walked(facts, as_of="2022", grades=GRADES)
    chosen = [e for e in walked if not sure or reference.definite(e, bare=bare)]
    return sorted(chosen, key=line)


def seeds(found: Graph, origin: str) -> np.ndarray:
    """Return the entry state of one origin as a mask for each node."""
    masks = np.zeros(len(found.ids), np.uint16)
    masks[found.number[origin]] = found.entry(found.number[origin])
    return masks


def as_set(found: Graph, masks: np.ndarray) -> set[tuple[str, str]]:
    """Return masks as the states of the reference."""
    return {
        (name, found.ids[node])
        for name, bit in STATES.items()
        for node in np.flatnonzero(masks & bit)
    }


@given(ruled_estates, ORIGINS, MODES)
def test_forward_is_the_reference_closure(facts, origin, mode):
    """The forward closure holds just the states of the reference closure."""
    bare, sure = mode
    found = graph(facts, bare=bare)
    if origin not in found.number:
        return
    arcs = found.definite if sure else found.possible
    expected = reference.closure(
        kept(facts, bare=bare, sure=sure), {reference.entry(origin)}
    )
    assert expected == as_set(found, forward(arcs, seeds(found, origin)))


@given(estates, st.sampled_from(DATA), st.sampled_from(VERBS[:3]), MODES)
def test_backward_is_forward_turned_round(facts, target, verb, mode):
    """A state is in the backward sweep of a target exactly if it leads to it."""
    bare, sure = mode
    found = graph(facts, bare=bare)
    if target not in found.number:
        return
    goals = np.zeros(len(found.ids), np.uint16)
    goals[found.number[target]] = VERB_BIT[verb]
    arcs = found.definite_reversed if sure else found.possible_reversed
    wanted = as_set(found, backward(arcs, goals))
    edges = kept(facts, bare=bare, sure=sure)
    for node in found.ids:
        for name in ("control", *VERBS[:3]):
            if (name == "control") == reference.is_data(node):
                continue
            leads = (verb, target) in reference.closure(edges, {(name, node)})
            assert leads == ((name, node) in wanted)


@given(estates, ORIGINS, st.sampled_from(DATA))
def test_witnesses_are_shortest_paths(facts, origin, target):
    """A witness is a path of the reference's length, or there is none in either."""
    found = graph(facts)
    if origin not in found.number or target not in found.number:
        return
    edges = kept(facts, bare=False, sure=False)
    expected = reference.shortest(edges, origin, {("read", target)})
    walk = tree(found.possible, seeds(found, origin)).path(
        found, found.number[target], READ
    )
    assert (expected is None) == (walk is None)
    if expected is not None and walk is not None:
        assert len(expected) == len(walk.edges)
        ordered = sorted(facts, key=line)
        replayed = {reference.entry(origin)}
        for number in walk.edges:
            fact = ordered[found.row[number]]
            replayed = {s for state in replayed for s in reference.moves(fact, state)}
        assert ("read", target) in replayed


RECURSION = """
WITH RECURSIVE reached(node, state) AS (
    SELECT ?, ? UNION
    SELECT e.head, CASE
        WHEN e.give IS NOT NULL THEN e.give ELSE r.state END
    FROM reached AS r JOIN step AS e ON e.tail = r.node
    WHERE (r.state = 'control' AND e.give IS NOT NULL)
       OR (e.give IS NULL AND (NOT e.reads OR r.state IN ('read', 'decrypt')))
) SELECT DISTINCT state, node FROM reached
"""


def steps(edges: list[Fact]) -> list[tuple[str, str, str | None, bool]]:
    """Return edges as rows: what control gives, or whether only reading carries over."""
    rows: list[tuple[str, str, str | None, bool]] = []
    for fact in edges:
        flow = EDGE_KINDS[fact.name].flow
        if reference.is_data(fact.id):
            rows.append((fact.id, fact.value, None, flow is Flow.COPY))
            continue
        whole = VERBS if reference.is_data(fact.value) else ("control",)
        given_ = (fact.verb,) if flow is Flow.GRANT else whole
        rows += [(fact.id, fact.value, state, False) for state in given_]
    return rows


@given(estates, ORIGINS)
def test_forward_is_duckdbs_recursive_query(facts, origin):
    """A recursive SQL query, which shares no code with the engine, agrees."""
    found = graph(facts)
    if origin not in found.number:
        return
    with duckdb.connect() as database:
        database.execute(
            "CREATE TABLE step (tail TEXT, head TEXT, give TEXT, reads BOOLEAN)"
        )
        rows = steps(kept(facts, bare=False, sure=False))
        database.executemany("INSERT INTO step VALUES (?, ?, ?, ?)", rows)
        state, node = reference.entry(origin)
        expected = set(database.execute(RECURSION, [node, state]).fetchall())
    assert expected == as_set(found, forward(found.possible, seeds(found, origin)))


def test_every_state_has_a_bit_of_its_own():
    """Control and the verbs share no bit, and fit into 16."""
    assert len(set(STATES.values())) == len(STATES) == 1 + len(VERBS)
    assert CONTROL + sum(VERB_BIT.values()) < 1 << 16
