"""The column map: which boxes and stripes, where, and how wide."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.claims.outcome import FlowEdge, FlowMap, FlowNode
from ringfence.report.mapping import MOST, Map, arrange
from tests.unit.report.flowing import company, drawn, master_admin

KINDS = (
    "person",
    "group",
    "tool",
    "role",
    "service_account",
    "dataset",
    "store",
    "odd",
)


def _titles(found: Map) -> list[str]:
    return [column.title for column in found.columns]


@pytest.fixture(scope="module")
def found() -> Map:
    return arrange(company(), {"person:zhao.k@example": 1})


def test_columns_stand_in_the_order_of_control():
    """People, groups, tools, accounts, data, from the left; empty ones are left out."""
    walk = ("person:a", "group:b", "tool:c", "service_account:d", "dataset:e/f")
    assert _titles(arrange(drawn([walk]), {})) == [
        "1 person",
        "1 group",
        "1 tool",
        "1 service account",
        "1 dataset",
    ]


def test_roles_stand_where_fewest_stripes_run_back():
    """Roles of people stand before tools, roles of accounts after them."""
    first = ("person:a", "role:b", "tool:c", "service_account:d", "dataset:e/f")
    last = ("person:a", "tool:c", "service_account:d", "role:b", "dataset:e/f")
    assert _titles(arrange(drawn([first]), {}))[1] == "1 role"
    assert _titles(arrange(drawn([last]), {}))[3] == "1 role"


def test_stores_stand_before_the_data_that_is_reached_through_them(found: Map):
    """Where data is reached by its store, the store stands first."""
    assert _titles(found)[-2:] == ["7 stores", "31 datasets"]


def test_twelve_boxes_and_one_for_the_rest(found: Map):
    """A column shows its widest twelve, and says how many more its last box holds."""
    people = found.columns[0].boxes
    assert len(people) == MOST + 1
    rest = people[-1]
    assert (rest.label, rest.nodes, rest.people) == ("42 more", 42, 42)
    assert sum(box.nodes for box in people) == 54


def test_a_rest_of_one_stands_alone():
    """Thirteen boxes are drawn: `1 more` would take the place of the one."""
    walks = [(f"person:{number}", "tool:t") for number in range(13)]
    labels = [box.label for box in arrange(drawn(walks), {}).columns[0].boxes]
    assert len(labels) == 13
    assert "1 more" not in labels


def test_the_widest_stand_first(found: Map):
    """Boxes stand by the number of people, the rest last."""
    for column in found.columns:
        numbers = [box.people for box in column.boxes if box.nodes == 1]
        assert numbers == sorted(numbers, reverse=True)
        assert all(box.nodes == 1 for box in column.boxes[:-1])


def test_a_station_of_the_witness_is_never_in_a_rest(found: Map):
    """Whoever the witness passes stands alone, with a number."""
    box = found.boxes["person:zhao.k@example"]
    assert (box.nodes, box.mark, box.label) == (1, 1, "zhao.k@example")


def test_edges_within_a_rest_are_counted():
    """An edge that no stripe can show is counted at the box that hides it."""
    groups = [f"group:{number:02}" for number in range(20)]
    walks = [("person:a", *groups[12:])]
    walks += [(f"person:{n}", group) for n in range(3) for group in groups[:12]]
    rest = arrange(drawn(walks), {}).columns[1].boxes[-1]
    assert (rest.label, rest.inner) == ("8 more", 7)


def test_edges_that_skip_columns_are_drawn():
    """A person who holds a grant on data directly has a stripe all the way."""
    flows = drawn([("person:a", "tool:b", "dataset:c/d"), ("person:a", "dataset:c/d")])
    steps = Counter(stripe.step for stripe in arrange(flows, {}).stripes)
    assert steps == {1: 2, 2: 1}


def test_edges_within_a_column_and_back_are_drawn():
    """Roles that hold roles have stripes too, as has an edge that runs back."""
    inner = arrange(master_admin(), {}).stripes
    assert sum(stripe.step == 0 for stripe in inner) == 3
    back = drawn([("person:a", "dataset:c/d", "group:b", "dataset:e/f")])
    assert min(stripe.step for stripe in arrange(back, {}).stripes) < 0


def test_unknown_kinds_have_a_column_of_their_own():
    """A kind that the map doesn't know is drawn, last."""
    assert _titles(arrange(drawn([("person:a", "thing:b")]), {}))[-1] == "1 thing"


def test_no_flows_make_an_empty_map():
    """Nothing to draw is no error."""
    assert arrange(FlowMap(), {}).columns == ()


flow_maps = st.builds(
    drawn,
    st.lists(
        st.lists(
            st.builds("{}:{}".format, st.sampled_from(KINDS), st.integers(0, 30)),
            min_size=2,
            max_size=6,
            unique=True,
        ),
        max_size=60,
    ),
)


@given(flow_maps)
def test_nothing_is_dropped(flows: FlowMap):
    """Every node is in one box, every edge in one stripe or counted within a box."""
    found = arrange(flows, {})
    boxes = [box for column in found.columns for box in column.boxes]
    assert sum(box.nodes for box in boxes) == len(flows.nodes)
    edges = sum(stripe.edges for stripe in found.stripes)
    assert edges + sum(box.inner for box in boxes) == len(flows.edges)


@given(flow_maps)
def test_boxes_never_overlap_and_stripes_end_within_them(flows: FlowMap):
    """Boxes stand apart; a stripe meets its boxes within their height."""
    found = arrange(flows, {})
    for column in found.columns:
        for upper, lower in pairwise(column.boxes):
            assert upper.y + upper.height < lower.y
        assert all(box.y + box.height <= found.height for box in column.boxes)
    for stripe in found.stripes:
        for box, edge in ((stripe.tail, stripe.start), (stripe.head, stripe.end)):
            assert box.y - 0.01 <= edge
            assert edge + stripe.width <= box.y + box.height + 0.01


@given(flow_maps)
def test_a_stripe_is_as_wide_as_its_people(flows: FlowMap):
    """Widths are in one scale, and no stripe carries more people than its boxes."""
    found = arrange(flows, {})
    scales = {
        round(stripe.width / stripe.people, 6)
        for stripe in found.stripes
        if stripe.width > 0.8
    }
    assert len(scales) <= 1
    for stripe in found.stripes:
        assert stripe.people <= min(stripe.tail.people, stripe.head.people)


def test_a_person_edge_of_unknown_ends_is_left_out():
    """An edge whose node the map doesn't list can't be placed."""
    flows = FlowMap(
        (FlowNode("person:a", "person", "a", 1),), (FlowEdge("person:a", "tool:b", 1),)
    )
    assert arrange(flows, {}).stripes == ()
