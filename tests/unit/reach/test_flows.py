"""Flows: how many origins pass each node and edge of the shortest witnesses."""

from __future__ import annotations

from ringfence.boundary.status import Status
from ringfence.reach.flows import flows
from ringfence.reach.isolation import Isolation, Part, Result
from ringfence.reach.masks import READ, verb_mask
from tests.estates import edge, graph

COLUMN = "column:db/s.users.email"
FACTS = [
    edge("person:ann", "member_of", "group:a"),
    edge("person:bo", "member_of", "group:a"),
    edge("person:cy", "can_use", "tool:t"),
    edge("group:a", "can_use", "tool:t"),
    edge("tool:t", "runs_as", "service_account:s"),
    edge("service_account:s", "has_privilege", COLUMN, verb="read"),
    edge("person:cy", "has_privilege", COLUMN, verb="update"),
    edge("group:b", "has_privilege", COLUMN, verb="read"),
]
PEOPLE = {f"person:{name}": Status.YES for name in ("ann", "bo", "cy", "dee")}


def isolation(facts=FACTS, verbs=READ):
    """Return the question whether the four people reach the column."""
    return Isolation(graph(facts), Part(PEOPLE, {COLUMN: Status.YES}), verbs)


def test_flows_count_origins():
    """An edge that two people's witnesses share counts two, a lone one counts one."""
    found = flows(isolation())
    assert found.edges["group:a", "tool:t"] == 2
    assert found.edges["person:cy", "tool:t"] == 1
    assert found.edges["tool:t", "service_account:s"] == 3
    assert found.nodes["service_account:s"] == 3
    assert "group:b" not in found.nodes
    assert (found.origins, found.total, found.pairs) == (3, 3, 3)


def test_flows_follow_only_so_many_origins():
    """Beyond the limit the first origins by name are followed, and the total kept."""
    found = flows(isolation(), most=1)
    assert (found.origins, found.total) == (1, 3)
    assert found.edges["group:a", "tool:t"] == 1


def test_flows_of_possible_paths():
    """Where nothing is certain, the witnesses that may be are drawn."""
    facts = [edge("person:ann", "has_privilege", COLUMN, verb="read", unknown="why")]
    asked = isolation(facts)
    assert asked.result is Result.POSSIBLE
    assert flows(asked).edges == {("person:ann", COLUMN): 1}


def test_only_the_wanted_verbs_count():
    """Somebody who may only update doesn't read, and the shorter way is another's."""
    assert isolation(verbs=verb_mask(["edit"])).crossing == ["person:cy"]
    assert isolation(verbs=verb_mask(["decrypt"])).result is Result.ISOLATED


def test_what_lies_on_the_way():
    """Nodes on some way to a target are listed by kind; others aren't."""
    asked = isolation()
    assert asked.on_the_way("tool") == ["tool:t"]
    assert asked.on_the_way("group") == ["group:a"]


def test_a_witness_of_one_pair():
    """A pair in reach has a witness; one out of reach has none."""
    asked = isolation()
    walk = asked.witness("person:ann", COLUMN)
    assert walk is not None
    assert walk.state == "read"
    assert len(walk.edges) == 4
    assert (
        Isolation(
            graph([*FACTS, edge("person:dee", "member_of", "group:z")]),
            Part(PEOPLE, {COLUMN: Status.YES}),
            READ,
        ).witness("person:dee", COLUMN)
        is None
    )


def test_an_origin_may_be_a_target_itself():
    """A store that is the protected thing is reached in no steps at all."""
    store = {"store:a": Status.YES}
    facts = [edge("person:ann", "has_privilege", "store:a", verb="read")]
    asked = Isolation(graph(facts), Part(store, store), READ)
    origin, target, walk = asked.shortest()
    assert (origin, target, walk.edges) == ("store:a", "store:a", [])
