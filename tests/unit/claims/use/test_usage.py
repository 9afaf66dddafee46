"""What the logs say of ways, case by case, each of which can be told by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ringfence.claims.use.usage import Usage, Use, WayUse
from tests.logged import at
from tests.reference.usage import Deed, Link, World
from tests.usages import COLUMNS, HELD, LOST, PEOPLE, STRANGER, TABLES, usage_of

P0, P1, P2 = PEOPLE
A0, T0, T1 = "service_account:a0", "tool:t0", "tool:t1"
MAIL = COLUMNS[0]
# One way in: p0, p1 > g0 > t0, which has a log of its own > a0 > the table.
LINKS = (
    *HELD,
    Link((P0, "member_of", "group:g0")),
    Link((P1, "member_of", "group:g0")),
    Link(("group:g0", "can_use", T0)),
    Link((T0, "runs_as", A0)),
    Link((A0, "has_privilege", TABLES[0])),
)
BY_P0 = (Deed(3, "tool", P0, MAIL), Deed(4, "db", A0, MAIL, P0))
WORLD = World(links=LINKS, deeds=BY_P0, protected=frozenset(COLUMNS))


def told(found: Usage, **more: set[str]) -> dict[tuple[str, str], WayUse]:
    """Return what is said of each way, by its ends."""
    return {(one.tail, one.head): one for one in found.used(**more)}


def uses(folder: Path, world: World = WORLD) -> dict[tuple[str, str], Use]:
    """Return the use of each way."""
    return {ends: one.use for ends, one in told(usage_of(world, folder)).items()}


def test_an_event_uses_the_way_from_the_person_to_the_data(tmp_path: Path):
    """The whole way of p0 is used; p1 could have gone it, and didn't."""
    found = usage_of(WORLD, tmp_path)
    ways = told(found)
    assert {ends: one.use for ends, one in ways.items()} == {
        (P0, "group:g0"): Use.USED,
        (P1, "group:g0"): Use.UNUSED,
        ("group:g0", T0): Use.USED,
        (T0, A0): Use.USED,
        (A0, TABLES[0]): Use.USED,
    }
    grant, idle = ways[A0, TABLES[0]], ways[P1, "group:g0"]
    assert (grant.kind, grant.verb, grant.events) == ("has_privilege", "read", 1)
    assert (grant.last, grant.at) == (at(4), ("test: test:1",))
    assert (idle.logs, idle.because, idle.last) == (("db", "tool"), (), None)
    # Both logs tell of p0: two events at the tool's door.
    assert (ways["group:g0", T0].events, ways["group:g0", T0].last) == (2, at(4))


def test_what_is_asked_for_adds_up(tmp_path: Path):
    """Used, unused and unknown are all ways; those that aren't used are listed."""
    second = Link((T1, "runs_as", A0))
    found = usage_of(replace(WORLD, links=(*LINKS, second)), tmp_path).unused()
    assert (found.ways, found.used, found.unused, found.unknown) == (6, 4, 2, 0)
    assert [one.use for one in found.listed] == [Use.UNUSED] * found.unused
    assert sum(count for _, count in found.why) == found.unknown
    assert (found.first, found.after) == (at(0), at(31))


def test_whose_use_does_not_count_used_nothing(tmp_path: Path):
    """Without p0's own events, the way that p0 alone went is unused."""
    found = told(usage_of(WORLD, tmp_path), but={P0})
    assert {one.use for one in found.values()} == {Use.UNUSED}


def test_an_event_of_nobody_leaves_everybody_in_doubt(tmp_path: Path):
    """The account read the data, and the logs don't say for whom."""
    found = uses(tmp_path, replace(WORLD, deeds=(Deed(4, "db", A0, MAIL),)))
    assert found.pop((A0, TABLES[0])) is Use.USED
    assert {*found.values()} == {Use.UNKNOWN}


@pytest.mark.parametrize(
    ("deed", "used"),
    [
        (Deed(4, "db", STRANGER, MAIL), set()),
        (Deed(4, "db", A0, LOST, P0), {(P0, "group:g0"), ("group:g0", T0), (T0, A0)}),
    ],
)
def test_names_that_nobody_knows_leave_doubt(tmp_path: Path, deed: Deed, used):
    """A stranger may be anybody, and a lost table any table of the store."""
    found = uses(tmp_path, replace(WORLD, deeds=(deed,)))
    assert {ends for ends, use in found.items() if use is Use.USED} == used
    assert (A0, TABLES[0]) in found
    assert found[A0, TABLES[0]] is Use.UNKNOWN


def test_of_two_ways_either_may_have_been_taken(tmp_path: Path):
    """A second group that leads to the same tool leaves both in doubt, not the rest."""
    second = (
        Link((P0, "member_of", "group:g1")),
        Link(("group:g1", "can_use", T0)),
    )
    found = uses(tmp_path, replace(WORLD, links=(*LINKS, *second)))
    assert found[P0, "group:g0"] is found["group:g1", T0] is Use.UNKNOWN
    assert found[A0, TABLES[0]] is Use.USED
    assert found[P1, "group:g0"] is Use.UNUSED


def test_an_event_goes_over_what_was_in_force_then(tmp_path: Path):
    """Who joined the second group after the event came by the first."""
    second = (
        Link((P0, "member_of", "group:g1"), since=10),
        Link(("group:g1", "can_use", T0)),
    )
    found = uses(tmp_path, replace(WORLD, links=(*LINKS, *second)))
    assert found[P0, "group:g0"] is Use.USED
    assert found[P0, "group:g1"] is Use.UNUSED


def test_a_torn_log_takes_its_word_back(tmp_path: Path):
    """With a line that nobody can read, the log shows no more that nobody came.

    The other log watches the same way, and is enough by itself.
    """
    quiet = replace(WORLD, deeds=())
    both = replace(quiet, torn=frozenset({"db", "tool"}))
    for name, world in (("a", both), ("b", replace(quiet, torn=frozenset({"db"})))):
        (tmp_path / name).mkdir()
        found = told(usage_of(world, tmp_path / name))[P1, "group:g0"]
        assert found.use is (Use.UNKNOWN if name == "a" else Use.UNUSED)
        codes = [one.code for one in found.because]
        assert codes == (["log-malformed"] * 2 if name == "a" else [])
        assert found.logs == (("db", "tool") if name == "a" else ("tool",))


def test_a_way_that_no_log_watches_is_unknown(tmp_path: Path):
    """Whoever may change the tool, or read a store without a log, leaves no event."""
    more = (
        Link((P2, "can_change", T0)),
        Link((P2, "member_of", "group:g1")),
        Link(("group:g1", "can_change", T0)),
        Link((P2, "has_privilege", "dataset:other/s.t")),
        Link(("dataset:other/s.t", "derived_from", MAIL)),
    )
    found = told(usage_of(replace(WORLD, links=(*LINKS, *more)), tmp_path))
    grant = found[P2, "dataset:other/s.t"]
    assert grant.use is Use.UNKNOWN
    assert grant.because[0].text == "no log shows the use of other"
    # The store's log watches what the tool would do then.
    assert found[P2, "group:g1"].use is Use.UNUSED
    assert (P2, T0) not in found


def test_what_is_newer_than_the_logs_is_unknown(tmp_path: Path):
    """Of a way that began after the period, no log can tell."""
    new = Link((P2, "member_of", "group:g0"), since=32)
    found = usage_of(replace(WORLD, links=(*LINKS, new)), tmp_path)
    assert (P2, "group:g0") not in told(found)


def test_a_log_need_only_tell_of_the_time_that_the_way_was_there(tmp_path: Path):
    """The store's log begins on the fifth: enough for what began then."""
    late = Link((A0, "has_privilege", TABLES[1]), since=5)
    early = Link((A0, "has_privilege", "store:db"))
    world = replace(WORLD, links=(*LINKS, late, early), begins=5, deeds=())
    found = told(usage_of(world, tmp_path))
    assert found[A0, TABLES[1]].use is Use.UNUSED
    assert found[A0, "store:db"].use is Use.UNKNOWN
    assert found[A0, "store:db"].because[0].code == "log-period"
