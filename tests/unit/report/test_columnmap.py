"""The column map as SVG: labels, titles, the thread of the witness."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest

from ringfence.claims.outcome import FlowMap
from ringfence.report import columnmap
from ringfence.report.document import build
from ringfence.report.section import Section
from tests.unit.report import outcomes
from tests.unit.report.flowing import drawn


def _section(flows: FlowMap | None = None) -> Section:
    outcome = outcomes.realistic()
    finding = outcome.findings[3]
    found = finding if flows is None else replace(finding, flows=flows)
    return build(replace(outcome, findings=(found,))).sections[0]


def _texts(picture: Element, words: str) -> list[str]:
    found = (node for node in picture.iter("text") if node.get("class") == words)
    return ["".join(node.itertext()).strip() for node in found]


@pytest.fixture(scope="module")
def picture() -> Element:
    return columnmap.draw(_section())


def test_the_widest_tools_are_set_apart(picture: Element):
    """The two tools of the caption are in bold, and no other box is."""
    assert _texts(picture, "label widest") == ["Pulse dashboard 41", "Backstage 22"]


def test_the_thread_runs_from_station_to_station(picture: Element):
    """Four hops of the witness are four lines between five numbers."""
    thread = next(g for g in picture.iter("g") if g.get("class") == "thread")
    assert len(thread.findall("path")) == 4
    assert _texts(picture, "number") == ["1", "2", "3", "4", "5"]


def test_a_rest_says_how_wide_its_boxes_are_at_most(picture: Element):
    """The rest of a column is counted; of people it goes without saying."""
    labels = _texts(picture, "label")
    assert "42 more" in labels
    assert "19 more ≤ 18 each" in labels


def test_a_name_that_is_cut_stands_whole_in_its_title(picture: Element):
    """Names of data keep their end, which tells them apart; the title has all."""
    labels = _texts(picture, "label")
    titles = [node.text or "" for node in picture.iter("title")]
    assert any(label.startswith("…") and "phone_numbers" in label for label in labels)
    assert any("chat-archive/public.phone_numbers" in title for title in titles)


def test_other_names_keep_their_beginning():
    """A long tool name ends with an ellipsis and stays in its column."""
    walk = ("person:a", f"tool:{'Dashboard ' * 9}", "dataset:b/c")
    picture = columnmap.draw(_section(drawn([walk])))
    label = _texts(picture, "label widest")[0]
    assert label.startswith("Dashboard")
    assert "…" in label
    assert len(label) < 24


def test_a_stripe_that_runs_back_says_so():
    """A stripe against the order of the columns is dashed and named as such."""
    walk = ("person:a", "dataset:c/d", "group:b", "dataset:e/f")
    picture = columnmap.draw(_section(drawn([walk])))
    back = [path for path in picture.iter("path") if path.get("class") == "back"]
    assert [path.findtext("title") for path in back] == [
        "c/d to b: 1, against the order of the columns"
    ]


def test_a_stripe_of_many_edges_says_at_most(picture: Element):
    """Where edges are drawn as one, people may be counted twice."""
    titles = [path.findtext("title") or "" for path in picture.iter("path")]
    assert any("42 more" in title and "at most" in title for title in titles)


def test_wide_characters_take_their_room():
    """A Chinese name is cut by the width that it is drawn with."""
    walk = ("person:a", f"tool:{'漢' * 30}", "dataset:b/c")
    label = _texts(columnmap.draw(_section(drawn([walk]))), "label widest")[0]
    assert label.partition("…")[0].count("漢") < 12


def test_the_description_tells_what_is_seen(picture: Element):
    """The description names the columns and what is widest."""
    told = picture.findtext("desc") or ""
    assert told.startswith("Columns from the left: 54 people, 30 groups, 11 tools, ")
    assert "41 pass Pulse dashboard" in told
