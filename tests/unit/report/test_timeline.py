"""The timeline as SVG: bars, hatching, the logs beneath."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ringfence.claims.crossings import Cell, Class, Crossings, Gap
from ringfence.report import plot, timeline
from ringfence.report.events import Events, told
from tests.unit.report import crossed
from tests.unit.report.crossed import AFTER, DAY, FIRST
from tests.unit.report.drawing import beyond, numbers, titles


def _events(found: Crossings) -> Events:
    events = told(found, {})
    assert events is not None
    return events


MANY = _events(crossed.many())


def test_every_crossing_is_in_a_bar():
    """Bars add up to the crossings and the unknown events."""
    found = crossed.many()
    assert [sum(one) for one in zip(*MANY.bars, strict=True)] == [
        found.crossing,
        found.unknown,
    ]
    picture = timeline.draw(MANY, "claim-8")
    assert sum(numbers(picture)) == found.crossing + found.unknown
    assert len(titles(picture, "crossing")) == sum(one > 0 for one, _ in MANY.bars)


def test_a_bar_says_its_week_and_number():
    """What a bar shows stands in its title too."""
    picture = timeline.draw(MANY, "claim-8")
    first = next(one for one, _ in MANY.bars)
    noun = "crossing" if first == 1 else "crossings"
    assert titles(picture, "crossing")[0] == f"week of 2021-08-30: {first} {noun}"
    assert titles(picture, "unknown")[0] == "week of 2021-08-30: 20 unknown events"


def test_gaps_stand_over_the_bars_and_in_their_log():
    """A silence is hatched once over the bars, and in the row of the log itself."""
    silences = titles(timeline.draw(MANY, "claim-8"), "silence")
    assert len(silences) == 8
    assert silences[0] == "a log has nothing here; see the rows beneath"
    assert "backstage has nothing from 2021-11-14 00:00 to 2021-11-16 00:00 UTC" in (
        silences
    )


def test_gaps_that_overlap_are_hatched_once_over_the_bars():
    """Two logs that are silent at once make one silence."""
    log = crossed.logs()[1]
    other = replace(log, name="other")
    events = replace(MANY, logs=(log, other))
    assert len(titles(timeline.draw(events, "x"), "silence")) == 4 + 2 * 4


def test_a_log_without_a_sign_of_life_says_nothing():
    """A log that told nothing has no line, and says so."""
    texts = [node.text for node in timeline.draw(MANY, "claim-8").iter("text")]
    assert texts.count("nothing") == 1
    assert {"warehouse", "backstage", "vault"} <= set(texts)


def test_logs_that_are_not_drawn_are_counted():
    """Of very many logs those with gaps are drawn, and the others told."""
    whole, gaps, _ = crossed.logs()
    many = tuple(replace(whole, name=f"log-{number}") for number in range(30))
    events = replace(MANY, logs=(*many, gaps))
    assert timeline.drawn_logs(events.logs)[-1] is gaps
    assert "19 logs more not drawn" in timeline.caption(events)
    assert beyond(timeline.draw(events, "x")) == []


def test_the_caption_says_what_stands_out():
    """The fullest week and the gaps are said in words."""
    most = max(one for one, _ in MANY.bars)
    caption = timeline.caption(MANY)
    assert caption.startswith(f"Most crossings, {most}, in the week of 2021-")
    assert caption.endswith("; 4 gaps in the logs.")
    assert timeline.told(MANY).startswith("317 crossings and 870 unknown events, 2021")


def test_without_crossings_the_lane_is_empty():
    """Where nobody is seen to cross, the lane of crossings says 0."""
    events = _events(crossed.unsure())
    picture = timeline.draw(events, "x")
    assert titles(picture, "crossing") == []
    assert "0 in all" in [node.text for node in picture.iter("text")]
    assert timeline.caption(events) == "4 gaps in the logs."


times = st.integers(FIRST - 50 * DAY, AFTER + 50 * DAY)
cells = st.builds(
    Cell,
    st.integers(-3, 160).map(lambda day: FIRST + day * DAY),
    st.sampled_from(["person:a", "person:b", ""]),
    st.sampled_from(["tool:t", ""]),
    st.sampled_from([Class.CROSSING, Class.UNKNOWN]),
    st.integers(1, 10**12),
)
gaps = st.builds(
    lambda one, other: Gap("backstage", min(one, other), max(one, other) + 1, 60),
    times,
    times,
)


@given(st.lists(cells), st.lists(gaps, max_size=5), st.integers(1, 4_000))
def test_numbers_are_the_values_and_nothing_leaves_the_picture(
    found: list[Cell], silent: list[Gap], days: int
):
    """Whatever the logs tell, each number drawn is a bar's, and all is inside."""
    log = replace(crossed.logs()[1], gaps=tuple(silent))
    crossings = replace(
        crossed.many(), cells=tuple(found), after=FIRST + days * DAY, logs=(log,)
    )
    events = _events(crossings)
    picture = timeline.draw(events, "x")
    assert beyond(picture) == []
    values = {count for bar in events.bars for count in bar}
    assert set(numbers(picture)) <= values
    total = sum(one.events for one in found)
    assert sum(map(sum, events.bars)) == total
    said = [*titles(picture, "crossing"), *titles(picture, "unknown")]
    counts = (title.split(": ")[1].split()[0].replace(",", "") for title in said)
    assert sum(map(int, counts)) == total


sizes = st.floats(0.5, 300)


@given(x=sizes, y=sizes, width=sizes, height=sizes, falling=st.booleans())
def test_hatching_stays_within_its_area(
    x: float, y: float, width: float, height: float, *, falling: bool
):
    """Lines begin and end on the edges of what they fill."""
    area = plot.Area(x, y, width, height)
    for part in plot.hatch(area, 4.0, falling=falling).split("M")[1:]:
        for point in part.split("L"):
            left, top = map(float, point.split())
            assert x - 0.01 <= left <= x + width + 0.01
            assert y - 0.01 <= top <= y + height + 0.01


def _named(first: int, after: int) -> list[str]:
    picture = timeline.draw(
        _events(replace(crossed.many(), first=first, after=after, cells=())), "x"
    )
    found = (node for node in picture.iter("text") if node.get("class") == "month")
    return [node.text or "" for node in found]


def test_months_are_named_as_far_as_there_is_room():
    """A year stands with its first month; where months are many, some are named."""
    assert _named(FIRST, AFTER) == [
        *("Sep 2021", "Oct", "Nov", "Dec", "Jan 2022"),
        "Feb",
    ]
    assert len(_named(FIRST, FIRST + 3_650 * DAY)) < 15


def test_a_period_without_a_month_names_its_first_day():
    """A few days within a month are told all the same."""
    assert _named(FIRST + 5 * DAY, FIRST + 9 * DAY) == ["2021-09-06"]
