"""Over a period: who was excluded and reached what was protected, all at one instant."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.status import Status
from ringfence.claims.answers import Crossing
from ringfence.claims.asking import Asking, Filters
from ringfence.claims.between import between
from ringfence.claims.extents import what
from ringfence.claims.instants import moment, seconds
from ringfence.claims.opened import Opened
from ringfence.claims.reachers import who
from ringfence.claims.standing import overlap
from ringfence.estate.facts import Fact
from tests.asked import MAIL, TABLE, asking, silent
from tests.estates import attribute, boundary, claim, described, edge, estate, source

DAYS = [f"2021-0{month}-01T00:00:00Z" for month in range(1, 8)]
JANUARY, FEBRUARY, MARCH, APRIL, MAY, JUNE, JULY = DAYS
PERIOD = (JANUARY, JULY)
BASE = (source(covers=["store:w"]), edge("store:w", "contains", TABLE))


def levels(ready: Asking) -> set[Crossing]:
    """Return the crossing that each of the three questions finds."""
    return {
        who(ready, TABLE, ["person"], silent).crossing,
        what(ready, "person:ann", silent).crossing,
        between(ready, "person:ann", TABLE, most=2, progress=silent).crossing,
    }


def reads(since: str = "", until: str = "") -> list[Fact]:
    return [
        edge(TABLE, "contains", MAIL),
        edge(
            "person:ann", "has_privilege", MAIL, verb="read", since=since, until=until
        ),
    ]


def moved(when: str, first: str = "CN", then: str = "US") -> list[Fact]:
    """Ann lives in one place until an instant, and then in another."""
    return [
        attribute("person:ann", "residence", first, until=when),
        attribute("person:ann", "residence", then, since=when),
    ]


def tagged(when: str) -> list[Fact]:
    """The column is protected until an instant."""
    return [
        attribute(MAIL, "tag", "EMAIL", until=when),
        attribute(MAIL, "tag", "none", since=when),
    ]


ALWAYS = [attribute(MAIL, "tag", "EMAIL")]


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        ([*moved(JUNE), *ALWAYS, *reads(until=MARCH)], Crossing.CERTAIN),
        ([*moved(MARCH), *ALWAYS, *reads(since=APRIL)], Crossing.NONE),
        ([*moved(APRIL), *tagged(JUNE), *reads(since=MARCH)], Crossing.CERTAIN),
        ([*moved(JUNE, "US", "CN"), *tagged(MAY), *reads()], Crossing.NONE),
        ([*moved(MARCH, "", "US"), *ALWAYS, *reads(until=MARCH)], Crossing.POSSIBLE),
    ],
    ids=["moved later", "moved before", "all at once", "never at once", "not known"],
)
def test_a_crossing_is_all_three_at_one_instant(
    facts: list[Fact], level: Crossing, tmp_path: Path
):
    """Excluded, protected and in reach at the same instant; what came later is late."""
    told = [fact for fact in facts if fact.fact != "attribute" or fact.value]
    assert levels(asking(tmp_path, [*BASE, *told], during=PERIOD)) == {level}


def test_statuses_are_of_some_instant(tmp_path: Path):
    """Whoever was excluded, and whatever was protected, is told so."""
    facts = [*BASE, *moved(MARCH), *tagged(APRIL), *reads()]
    ready = asking(tmp_path, facts, during=PERIOD)
    assert (ready.excluded("person:ann"), ready.protected(MAIL)) == (
        Status.YES,
        Status.YES,
    )
    assert ready.principals("excluded", "A") == ["person:ann"]
    assert ready.resources("protected", "B") == [MAIL]


def test_the_way_shown_is_of_an_instant_of_the_crossing(tmp_path: Path):
    """Ann reached it before she moved abroad, too: that isn't what is asked."""
    facts = [*BASE, *moved(MAY, "US", "CN"), *ALWAYS, *reads()]
    ready = asking(tmp_path, facts, during=PERIOD)
    found = between(ready, "person:ann", MAIL, most=2, progress=silent)
    assert (found.at, len(found.paths)) == (MAY, 1)


def test_stretches_overlap_where_both_are():
    """The end of a stretch isn't in it."""
    assert overlap([(0, 4), (6, 9)], [(3, 7), (9, 10)]) == [(3, 4), (6, 7)]


@st.composite
def spans(draw: st.DrawFn) -> dict[str, str]:
    since, until = sorted(draw(st.lists(st.sampled_from(DAYS), min_size=2, max_size=2)))
    ends = {"since": since, "until": until}
    return {key: ends[key] for key in ends if draw(st.booleans()) and since < until}


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Return where Ann lived, what the column was, and when she read it."""
    facts = [*BASE, edge(TABLE, "contains", MAIL, **draw(spans()))]
    facts += [
        attribute("person:ann", "residence", place, **draw(spans()))
        for place in draw(st.lists(st.sampled_from(["CN", "US"]), max_size=3))
    ]
    facts += [
        attribute(MAIL, "tag", tag, **draw(spans()))
        for tag in draw(st.lists(st.sampled_from(["EMAIL", "none"]), max_size=3))
    ]
    for doubt in draw(st.lists(st.sampled_from(["", "?"]), min_size=1, max_size=2)):
        more = draw(spans())
        facts.append(
            edge(
                "person:ann",
                "has_privilege",
                draw(st.sampled_from([MAIL, TABLE])),
                verb="read",
                unknown=doubt,
                **more,
            )
        )
    return facts


@given(histories())
def test_a_period_is_the_gravest_of_its_instants(facts: list[Fact]):
    """Asked about each instant alone, the gravest answer is that of the period.

    A table that held the column for a time only names it for all of the period.
    """
    with tempfile.TemporaryDirectory() as folder:
        loaded = estate(Path(folder), described(facts))
        fences = [boundary(claim("no_reach"), as_of=day) for day in DAYS[:-1]]
        alone = [Asking(Opened(fence, loaded), Filters()) for fence in fences]
        whole = Asking(Opened(fences[0], loaded), Filters(during=PERIOD))
        is_lasting = not (facts[len(BASE)].since or facts[len(BASE)].until)
        for ask in (_who, _what):
            gravest = max(map(ask, alone))
            assert ask(whole) >= gravest
            assert ask(whole) == gravest or not is_lasting


def _who(ready: Asking) -> Crossing:
    return who(ready, TABLE, ["person"], silent).crossing if _there(ready) else _NO


def _what(ready: Asking) -> Crossing:
    return what(ready, "person:ann", silent).crossing if _there(ready) else _NO


_NO = Crossing.NONE


def _there(ready: Asking) -> bool:
    return {"person:ann", TABLE} <= ready.graph.number.keys()


def test_seconds_and_moments_agree():
    """An instant is told as it was asked."""
    assert moment(seconds(MAY)) == MAY
