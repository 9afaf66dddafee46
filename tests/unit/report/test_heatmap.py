"""The heat map as SVG: rows, cells, shades."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ringfence.claims.crossings import Cell, Class, Crossings
from ringfence.report import heatmap
from ringfence.report.events import Events, told
from tests.unit.report import crossed
from tests.unit.report.crossed import DAY, FIRST
from tests.unit.report.drawing import beyond, numbers, titles


def _events(found: Crossings) -> Events:
    events = told(found, {})
    assert events is not None
    return events


MANY = _events(crossed.many())


def test_those_with_most_crossings_are_drawn_and_the_rest_is_told():
    """Twenty of 23 people have a row; how many more there are is said."""
    assert len(MANY.people.rows) == 20
    totals = [row.total for row in MANY.people.rows]
    assert totals == sorted(totals, reverse=True)
    left = crossed.many().crossing - sum(totals)
    assert MANY.people.told == f"3 people more, with {left} crossings, not drawn."
    assert MANY.people.told in heatmap.told(MANY.people)


def test_tools_have_a_heat_map_where_there_is_more_than_one():
    """A single tool needs none; no tool named is a row of its own name."""
    assert [row.label for row in MANY.tools.rows] == [
        "psql",
        "Pulse dashboard",
        "Backstage",
    ]
    found = crossed.many()
    one = tuple(replace(cell, tool="") for cell in found.cells)
    assert _events(replace(found, cells=one)).tools.rows == ()
    mixed = (*one, Cell(FIRST, "person:a", "tool:t", Class.CROSSING, 1))
    labels = [row.label for row in _events(replace(found, cells=mixed)).tools.rows]
    assert labels == ["no tool named", "t"]


def test_a_cell_says_who_when_and_how_many():
    """What a shade shows stands in its title too."""
    picture = heatmap.draw(MANY.people, MANY.bins, "claim-8")
    row = MANY.people.rows[0]
    place = next(number for number, count in enumerate(row.counts) if count)
    count = row.counts[place]
    noun = "crossing" if count == 1 else "crossings"
    title = f"{row.label}, {MANY.bins.name(place)}: {count} {noun}"
    assert titles(picture, "heat")[0] == title


def test_a_name_that_is_cut_stands_whole_in_its_title():
    """A long name ends with an ellipsis; its title has it whole, with the id."""
    found = crossed.many()
    name = "Somebody with a name that is very long"
    labels = {**found.labels, crossed.LI: name}
    picture = heatmap.draw(
        _events(replace(found, labels=labels)).people, MANY.bins, "x"
    )
    shown = [node for node in picture.iter("text") if node.get("class") == "label"]
    cut = next(node for node in shown if (node.text or "").startswith("Somebody"))
    assert (cut.text or "").endswith("…")
    assert cut.findtext("title") == f"{name} ({crossed.LI})"


@given(st.integers(1, 10**9), st.integers(0, 10**9))
def test_more_is_never_lighter(most: int, count: int):
    """Shades rise with the count, from visible to full; nothing has none."""
    count = min(count, most)
    shade = heatmap.shade(count, most)
    assert (shade == 0) == (count == 0)
    assert 0 <= shade <= heatmap.shade(most, most) == 1
    if count > 1:
        assert heatmap.shade(count - 1, most) <= shade


cells = st.builds(
    Cell,
    st.integers(-3, 500).map(lambda day: FIRST + day * DAY),
    st.integers(0, 40).map(lambda number: f"person:{'w' * number}"),
    st.sampled_from(["tool:t", "tool:u", ""]),
    st.just(Class.CROSSING),
    st.integers(1, 10**6),
)


@given(st.lists(cells), st.integers(1, 900))
def test_numbers_are_the_values_and_nothing_leaves_the_picture(
    found: list[Cell], days: int
):
    """Whatever the logs tell, each number drawn is a cell's or a sum, and inside."""
    events = _events(
        replace(crossed.many(), cells=tuple(found), after=FIRST + days * DAY)
    )
    by: Counter[str] = Counter()
    for cell in found:
        by[cell.who] += cell.events
    heat = events.people
    assert {row.id: row.total for row in heat.rows}.items() <= by.items()
    assert sum(row.total for row in heat.rows) + heat.rest == by.total()
    picture = heatmap.draw(heat, events.bins, "x")
    assert beyond(picture) == []
    values = {count for row in heat.rows for count in (*row.counts, row.total)}
    assert set(numbers(picture)) <= values
    assert len(titles(picture, "heat")) == sum(
        count > 0 for row in heat.rows for count in row.counts
    )
