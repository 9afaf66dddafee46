"""Who reaches it, what is reached, by which way: counts, order, certainty, time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import DATA_KINDS, kind_of
from ringfence.claims.answers import Crossing, crossing, how
from ringfence.claims.asking import Asking, Filters
from ringfence.claims.between import between
from ringfence.claims.extents import What, what
from ringfence.claims.reachers import Who, who
from ringfence.claims.ways import ways
from ringfence.estate.facts import Fact
from ringfence.reach.masks import CONTROL, READ
from ringfence.reach.matrix import pairs
from tests.asked import FACTS, MAIL, TABLE, asking, opened, silent
from tests.estates import attribute, edge, graph, source
from tests.strategies import ruled_estates

JANUARY, MARCH, MAY = (f"2021-0{month}-01T00:00:00Z" for month in (1, 3, 5))
YEAR = (JANUARY, "2022-01-01T00:00:00Z")


def asked(ready: Asking, name: str, *kinds: str) -> Who:
    return who(ready, name, kinds or ("person",), silent)


def reached(ready: Asking, name: str) -> What:
    return what(ready, name, silent)


# --- who ------------------------------------------------------------------------------


def test_who_lists_the_excluded_first(tmp_path: Path):
    """Ann crosses, and so stands before Bo, whose way is shorter."""
    found = asked(asking(tmp_path), "protected")
    told = [(row.id, row.excluded, row.hops, row.through) for row in found.rows]
    assert told == [
        ("person:ann", "yes", 5, "tool:pulse"),
        ("person:bo", "no", 2, ""),
    ]
    assert (found.crossing, found.among) == (Crossing.CERTAIN, 3)


def test_who_looks_among_other_kinds_too(tmp_path: Path):
    """Tools and accounts reach data like people, and are neither excluded nor not."""
    found = asked(asking(tmp_path), MAIL, "tool", "service_account")
    assert [row.id for row in found.rows] == ["service_account:svc", "tool:pulse"]
    assert {row.excluded for row in found.rows} == {""}
    assert found.crossing is Crossing.NONE


def test_what_is_undecided_is_possible(tmp_path: Path):
    """An undecided edge leads perhaps; that nobody can say otherwise is a finding."""
    facts = [fact for fact in FACTS if fact.name != "can_use"] + [
        edge("group:dev", "can_use", "tool:pulse", unknown="no list")
    ]
    found = asked(asking(tmp_path, facts), "protected")
    row = found.rows[0]
    assert (row.id, row.certain, row.possible) == ("person:ann", 0, 1)
    assert found.crossing is Crossing.POSSIBLE


def test_resources_are_counted_for_each(tmp_path: Path):
    """Of a table and its two columns Ann reads three, one of them protected."""
    row = asked(asking(tmp_path), TABLE).rows[0]
    assert (row.certain, row.possible, row.protected, row.resource) == (3, 3, 1, TABLE)


def test_controls_count_in_residual_reach_alone(tmp_path: Path):
    """What stands in the way leaves reach possible; bare reach ignores it."""
    facts = [
        *FACTS,
        edge("person:cy", "has_privilege", TABLE, verb="read", control="mask"),
    ]
    residual = {
        r.id: r.certain for r in asked(asking(tmp_path / "a", facts), MAIL).rows
    }
    bare = {
        r.id: r.certain
        for r in asked(asking(tmp_path / "b", facts, reach="bare"), MAIL).rows
    }
    assert (residual["person:cy"], bare["person:cy"]) == (0, 1)


def test_rules_with_premises_have_their_ways(tmp_path: Path):
    """Who needs a second thing to get there is listed with all facts counted."""
    facts = [
        *FACTS,
        edge("person:cy", "member_of", "group:ops"),
        edge("person:cy", "holds_key", "key:k"),
        edge("group:ops", "has_privilege", TABLE, verb="read", needs=("key:k",)),
    ]
    rows = {row.id: row for row in asked(asking(tmp_path, facts), MAIL).rows}
    assert rows["person:cy"].hops == 4
    alone = [fact for fact in facts if fact.name != "holds_key"]
    assert "person:cy" not in {
        row.id for row in asked(asking(tmp_path / "x", alone), MAIL).rows
    }


@pytest.mark.parametrize(
    ("status", "certain", "possible", "expected"),
    [
        (Status.YES, True, True, Crossing.CERTAIN),
        (Status.YES, False, True, Crossing.POSSIBLE),
        (Status.UNKNOWN, True, True, Crossing.POSSIBLE),
        (Status.NO, True, True, Crossing.NONE),
        (None, True, True, Crossing.NONE),
        (Status.YES, False, False, Crossing.NONE),
    ],
)
def test_a_crossing_takes_both_sides(
    status: Status | None,
    certain: bool,  # noqa: FBT001 - pytest passes it by name
    possible: bool,  # noqa: FBT001 - pytest passes it by name
    expected: Crossing,
):
    """Certain only where the status, the reach and the protection are."""
    assert crossing(status, certain=certain, possible=possible) is expected


# --- what -----------------------------------------------------------------------------


def test_what_groups_by_dataset(tmp_path: Path):
    """Both columns of one table, one of them protected."""
    found = reached(asking(tmp_path), "ann")
    (row,) = found.rows
    assert (row.id, row.of, row.certain, row.protected) == (TABLE, 2, 2, 1)
    assert (row.principal, row.through) == ("person:ann", "tool:pulse")
    assert found.excluded == {"yes": 1}
    assert found.crossing is Crossing.CERTAIN


def test_what_everybody_reaches_names_the_nearest(tmp_path: Path):
    """Of several principals the one with the shortest way is shown."""
    (row,) = reached(asking(tmp_path), "everybody").rows
    assert (row.principal, row.hops, row.crossing) == ("person:bo", 2, Crossing.CERTAIN)


def test_whoever_reaches_nothing_has_no_rows(tmp_path: Path):
    """An empty answer is an answer."""
    found = reached(asking(tmp_path), "cy")
    assert (found.rows, found.among, found.crossing) == ((), 2, Crossing.NONE)


# --- path -----------------------------------------------------------------------------


def test_a_path_is_tied_to_its_facts(tmp_path: Path):
    """Each hop carries its canonical line, and the origin why it counts."""
    ready = asking(tmp_path)
    found = between(ready, "ann", "protected", most=1, progress=silent)
    (path,) = found.paths
    ready.opened.estate.write(tmp_path / "kept.jsonl")
    lines = (tmp_path / "kept.jsonl").read_text().splitlines()
    assert [hop.head for hop in path.hops][-1] == MAIL
    assert all(hop.line in lines for hop in (*path.origin_facts, *path.hops))
    assert [hop.head for hop in path.origin_facts] == ["CN"]
    assert (found.certain, found.possible, found.crossing) == (1, 1, Crossing.CERTAIN)


def test_several_shortest_paths_are_different(tmp_path: Path):
    """Two tools lead there equally fast: both are shown, and a longer one isn't."""
    facts = [
        *FACTS,
        edge("group:dev", "can_use", "tool:other"),
        edge("tool:other", "runs_as", "service_account:svc"),
        edge("person:ann", "member_of", "group:far"),
        edge("group:far", "member_of", "group:dev"),
    ]
    found = between(asking(tmp_path, facts), "ann", MAIL, most=9, progress=silent)
    ways_ = {tuple(hop.head for hop in path.hops) for path in found.paths}
    assert len(found.paths) == len(ways_) == 2


def test_the_crossing_path_is_shown_first(tmp_path: Path):
    """Bo's way is shorter, but the exit code is about Ann."""
    found = between(asking(tmp_path), "everybody", "w/*", most=1, progress=silent)
    assert (found.paths[0].origin, found.paths[0].target) == ("person:ann", MAIL)


def test_no_way_is_no_error(tmp_path: Path):
    """That nothing leads there is an answer, with nothing to show."""
    found = between(asking(tmp_path), "cy", MAIL, most=1, progress=silent)
    assert (found.paths, found.possible, found.crossing) == ((), 0, Crossing.NONE)


def test_no_ways_asked_for_are_none_shown(tmp_path: Path):
    """What is in reach is counted all the same."""
    found = between(asking(tmp_path), "ann", MAIL, most=0, progress=silent)
    assert (found.paths, found.certain, found.crossing) == ((), 1, Crossing.CERTAIN)


@pytest.mark.parametrize("period", [(), YEAR])
def test_the_path_of_a_tool_has_no_status_of_its_origin(
    period: tuple[str, ...], tmp_path: Path
):
    """A tool is neither excluded nor not, at an instant and over a period."""
    ready = asking(tmp_path, during=period or None)
    found = between(ready, "tool:pulse", MAIL, most=1, progress=silent)
    assert [path.origin for path in found.paths] == ["tool:pulse"]
    assert (found.statuses, found.crossing) == ({MAIL: "yes"}, Crossing.NONE)


# --- period ---------------------------------------------------------------------------


def moving() -> list[Fact]:
    """Return facts in which Cy is a member from March to May, of what reads since."""
    return [
        *FACTS,
        edge("person:cy", "member_of", "group:ops", since=MARCH, until=MAY),
        edge("group:ops", "has_privilege", TABLE, verb="read", since=JANUARY),
    ]


def test_a_period_has_exact_intervals(tmp_path: Path):
    """Cy reached from March to May, and never before or after."""
    ready = asking(tmp_path, moving(), during=YEAR)
    rows = {row.id: row for row in asked(ready, MAIL).rows}
    assert rows["person:cy"].held == ((MARCH, MAY),)
    assert rows["person:bo"].held == (YEAR,)
    (row,) = reached(ready, "cy").rows
    assert row.held == ((MARCH, MAY),)
    found = between(ready, "cy", MAIL, most=1, progress=silent)
    assert (found.at, len(found.paths)) == (MARCH, 1)
    assert [(p.certain, p.possible) for p in found.pairs] == [
        (((MARCH, MAY),), ((MARCH, MAY),))
    ]


def test_edges_of_different_times_are_no_way(tmp_path: Path):
    """A membership that ended before the grant began led nowhere at any time."""
    facts = [
        *FACTS,
        edge("person:cy", "member_of", "group:ops", since=JANUARY, until=MARCH),
        edge("group:ops", "has_privilege", TABLE, verb="read", since=MARCH),
    ]
    ready = asking(tmp_path, facts, during=YEAR)
    assert "person:cy" not in {row.id for row in asked(ready, MAIL).rows}
    assert reached(ready, "cy").rows == ()
    assert between(ready, "cy", MAIL, most=1, progress=silent).paths == ()


# --- laws -----------------------------------------------------------------------------


@given(ruled_estates)
def test_a_way_is_there_for_each_pair_in_reach(facts: list[Fact]):
    """One sweep back finds an origin exactly if it reaches a target, by real edges."""
    built = graph(facts)
    data = [n for n, node in enumerate(built.ids) if kind_of(node) in DATA_KINDS]
    others = [n for n, node in enumerate(built.ids) if kind_of(node) not in DATA_KINDS]
    origins, targets = np.array(others, np.int64), np.array(data, np.int64)
    for sure in (True, False):
        found = dict(ways(built, origins, targets, READ | CONTROL, sure=sure))
        swept = pairs(built, origins, targets, READ | CONTROL, sure=sure)
        assert set(found) == {*np.flatnonzero(swept.flags().any(axis=1)).tolist()}
        for row, way in found.items():
            place = swept.targets.tolist().index(way.target)
            assert swept.flags()[row, place]
            heads = built.head[way.walk.edges].tolist()
            assert heads[-1:] == [way.target]
            assert not (sure and built.is_open[way.walk.edges].any())


def test_an_answer_says_what_it_rests_on(tmp_path: Path):
    """Digests, filters, edges, and the sources that could not be read."""
    facts = [*FACTS, source("hr", unknown="no such file")]
    case = opened(tmp_path, facts)
    told = how(Asking(case, Filters(verbs=("any",))))
    assert told.estate == case.estate.digest()
    assert (told.verbs, told.unread, told.excluded) == (("any",), ("hr",), "in-china")
    assert (told.edges, told.undecided) == (8, 0)


def test_a_label_is_no_way(tmp_path: Path):
    """What people call a node changes no reach."""
    facts = [*FACTS, attribute("person:cy", "label", "person:ann")]
    assert reached(asking(tmp_path, facts), "cy").rows == ()


@pytest.mark.parametrize("more", [{"unknown": "no list"}, {"control": "mask"}])
def test_a_protected_dataset_counts_where_its_columns_may_not(
    more: dict[str, str], tmp_path: Path
):
    """Its column is reached perhaps, but it certainly is: all questions say so."""
    facts = [
        source(covers=["store:w"]),
        attribute(TABLE, "tag", "EMAIL"),
        attribute(MAIL, "tag", "none"),
        attribute("person:ann", "residence", "CN"),
        edge("store:w", "contains", TABLE),
        edge(TABLE, "contains", MAIL, **more),
        edge("person:ann", "has_privilege", TABLE, verb="read"),
    ]
    ready = asking(tmp_path, facts)
    assert asked(ready, "protected").crossing is Crossing.CERTAIN
    found = reached(ready, "ann")
    assert found.crossing is Crossing.CERTAIN
    (row,) = found.rows
    assert {one.id: one.certain for one in row.columns} == {TABLE: True, MAIL: False}
