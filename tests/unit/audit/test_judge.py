"""The judge: its order of rules, its edges, its exhibits, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.audit.counts import AuditError
from ringfence.audit.event import DONE
from ringfence.audit.judge import Question, Reason, _order, exhibits, judge
from ringfence.audit.world import FOREVER, Leaves, Spans, Status, World
from ringfence.errors import ConfigError
from tests import judging
from tests.judging import DAY, START, Small, Table, by_engine, columns, duck, sheet
from tests.reference import audit

BEGIN = -(1 << 50)
NOON = START + DAY // 2
ALL_DAY = ((1, BEGIN, FOREVER, 2),)


def event(**said):
    base = {"time": NOON, "who": 1, "tool": 1, "touch": 1, "verb": 1, "rows": 3}
    return audit.Event(**{**base, "address": 0, **said})


def small(*events, **said):
    base = {"standing": ALL_DAY, "touched": ALL_DAY, "leave": (), "abroad": {}}
    return Small(**{**base, **said}, events=events)


def reasons(world):
    return dict(by_engine(world, duck()).reasons)


def always(status):
    return ((1, BEGIN, FOREVER, status),)


@pytest.mark.parametrize(
    ("expected", "happened", "said"),
    [
        ("CROSSING", {}, {}),
        ("NOTHING", {"verb": 0}, {}),
        ("NOTHING", {"verb": 2}, {"verbs": frozenset({"read"})}),
        ("UNPROTECTED", {}, {"touched": always(0)}),
        ("UNPROTECTED", {"who": 0}, {"touched": always(0)}),
        ("EXCEPTION", {}, {"leave": ((1, 1, NOON, NOON + 1),)}),
        ("EXCEPTION", {}, {"leave": ((1, 1, NOON, NOON + 1), (1, 1, START, FOREVER))}),
        ("CROSSING", {}, {"leave": ((1, 1, START, NOON),)}),
        ("CROSSING", {}, {"leave": ((1, 1, NOON + 1, FOREVER),)}),
        ("CROSSING", {}, {"leave": ((1, 2, START, FOREVER),)}),
        ("NOBODY", {"who": 0}, {}),
        ("PERSON", {"who": 2}, {}),
        ("PERSON", {}, {"standing": always(1)}),
        ("PERSON", {}, {"standing": ((1, BEGIN, NOON, 2),)}),
        ("CROSSING", {}, {"standing": ((1, NOON, NOON + 1, 2),)}),
        ("DATA", {}, {"touched": always(1)}),
        ("DATA", {"touch": 0}, {}),
        ("DATA", {}, {"touched": ((1, NOON + 1, FOREVER, 2),)}),
        ("NOT_EXCLUDED", {}, {"standing": always(0)}),
        ("NOT_EXCLUDED", {"touch": 0}, {"standing": always(0)}),
        ("ABROAD", {"address": 3}, {"standing": always(0), "abroad": {3: 2}}),
        ("ADDRESS", {"address": 3}, {"standing": always(0), "abroad": {3: 1}}),
        ("NOT_EXCLUDED", {"address": 3}, {"standing": always(0), "abroad": {3: 0}}),
        ("CROSSING", {"address": 3}, {"abroad": {3: 2}}),
        (
            "ABROAD",
            {"address": 3},
            {"standing": ((1, NOON, NOON + 1, 0),), "abroad": {3: 2}},
        ),
    ],
)
def test_the_first_rule_that_fits_decides(expected, happened, said):
    """Each event is exactly one thing, for one reason."""
    assert reasons(small(event(**happened), **said)) == {expected: 1}


@pytest.mark.parametrize(
    ("by", "window", "expected"),
    [
        (("log",), (None, None), {"NOTHING": 1}),
        (("log",), (NOON - 5, NOON + 6), {"NOTHING": 1}),
        (("log",), (NOON - 4, NOON + 6), {"CROSSING": 1}),
        (("log",), (NOON - 5, NOON + 5), {"CROSSING": 1}),
        (("log", "other"), (None, None), {"CROSSING": 1}),
        ((), (None, None), {"NOTHING": 1}),
    ],
)
def test_what_another_log_tells_is_never_lost(tmp_path, by, window, expected):
    """It is left to the other log only if that is asked, within what is asked for."""
    world = small(event(verb=-2), window=window, verbs=frozenset({DONE[2]}))
    table = Table(tmp_path, sheet(world.events), 6)
    table.told = by, 5
    engine = duck()
    judged = judge(engine, table, world.world(), world.question(), tmp_path)
    found = {why.name: n for why, n in judged.reasons.items() if n}
    assert found == expected
    rows = [*exhibits(engine, judged, (Reason.CROSSING, Reason.CROSSING))]
    verbs = [verb for one in rows for verb in np.asarray(one["verb"]).tolist()]
    assert verbs == [2] * expected.get("CROSSING", 0)


@pytest.mark.parametrize("asked", [(NOON, NOON + 1), (None, NOON + 1), (NOON, None)])
def test_the_window_is_half_open(asked):
    """Its first instant is asked for, its last is not."""
    others = [event(time=NOON + by) for by in (-DAY, -1, 1, DAY)]
    first, after = Question((), *asked).window()
    inside = sum(first <= one.time < after for one in [*others, event()])
    assert reasons(small(*others, event(), window=asked)) == {"CROSSING": inside}


def test_a_window_that_ends_before_it_begins_is_empty():
    """Nothing is in it, and nothing is judged."""
    assert reasons(small(event(), window=(NOON + 1, NOON - 1))) == {}


def test_events_before_1970_have_a_day():
    """The day of a negative time is the day that it lies in."""
    result = by_engine(small(event(time=-1), event(time=-DAY)), duck())
    (key,) = result.groups
    assert key == (1, 1, 1, 1, -DAY, "CROSSING")


@settings(max_examples=25, deadline=None)
@given(judging.smalls(), st.integers(1, 5))
def test_exhibits_are_the_events_of_the_groups(tmp_path_factory, world, most):
    """One by one, in the order of their time, however small sheets and helpings are."""
    folder = tmp_path_factory.mktemp("judged")
    table = Table(folder, sheet(world.events), judging.WORDS)
    engine = duck()
    engine.most = most
    judged = judge(engine, table, world.world(), world.question(), folder)
    shown = [*exhibits(engine, judged, (Reason.NOBODY, Reason.CROSSING), most)]
    engine.close()
    times = [time for one in shown for time in np.asarray(one["time"]).tolist()]
    assert times == sorted(times)
    assert len(times) == judged.groups["events"].sum()
    found = [int(reason) for one in shown for reason in one["reason"]]
    assert {Reason(why): found.count(why) for why in set(found)} == {
        why: n for why, n in judged.reasons.items() if n and why >= Reason.NOBODY
    }


def test_a_table_whose_words_are_gone_does_not_add_up(tmp_path):
    """An event of a touch that the table doesn't know is never dropped silently."""
    table = Table(tmp_path, sheet([event(touch=5)]), 2)
    with pytest.raises(AuditError, match="1 events are in the window, but 0"):
        judge(duck(), table, World(), Question(("log",)), tmp_path)


@pytest.mark.parametrize(
    ("world", "message"),
    [
        (
            World(Spans(*columns([(1, 0, 9, 2), (1, 8, 12, 0)]))),
            "who 1: intervals overlap at 8",
        ),
        (World(touched=Spans(*columns([(4, 9, 3, 2)]))), "touch 4: an interval ends"),
        (World(Spans(*columns([(1, 0, 9, 3)]))), "who 1: an unheard-of status"),
        (World(Spans(*columns([(-1, 0, 9, 2)]))), "who -1: no code"),
        (World(leave=Leaves(*columns([(7, 1, 5, 4)]))), "leave of who 7: it ends"),
        (World(leave=Leaves(*columns([(1, 1 << 40, 5, 6)]))), "no code of a table"),
        (World(abroad={-4: Status.YES}), "address -4: no code"),
        (World(Spans(np.zeros(1, np.int64))), "not of one length"),
        (World(leave=Leaves(np.zeros(1, np.int64))), "not of one length"),
    ],
)
def test_a_world_that_contradicts_itself_is_refused(tmp_path, world, message):
    """Nobody is two things at once, and no interval runs backwards."""
    table = Table(tmp_path, sheet([event()]), judging.WORDS)
    with pytest.raises(ConfigError, match=message):
        judge(duck(), table, world, Question(("log",)), tmp_path)


def test_intervals_that_touch_do_not_overlap():
    """One ends where the next begins; an empty one is nowhere."""
    rows = [(1, 0, 5, 2), (1, 5, 9, 0), (1, 3, 3, 1), (2, 0, 9, 2)]
    World(Spans(*columns(rows))).check()


@given(st.lists(st.tuples(*[st.integers(0, 2)] * 2, *[st.integers(0, 20)] * 2)))
def test_merged_leaves_cover_the_same_times_once(rows):
    """Overlaps are gone, and no instant is won or lost."""
    rows = [(who, touch, min(a, b), max(a, b)) for who, touch, a, b in rows]
    merged = Leaves(*columns(rows)).merged()
    spans = zip(merged.who, merged.touch, merged.since, merged.until, strict=True)
    covered = [(int(w), int(t), at) for w, t, s, u in spans for at in range(s, u)]
    assert len(covered) == len(set(covered))
    assert set(covered) == {(w, t, at) for w, t, s, u in rows for at in range(s, u)}


def test_what_is_settled_is_so_all_through_the_window():
    """A gap is unknown; a change or a gap in part makes a code vary."""
    rows = [(0, 0, 10, 2), (1, 0, 5, 2), (1, 5, 10, 2), (2, 0, 5, 0), (4, 0, 99, 0)]
    found = Spans(*columns(rows)).settled(0, 10, 5).tolist()
    assert found == [2, 2, Status.VARIES, 1, 0]


def test_nothing_done_is_never_asked_for():
    """Asking for `none` asks for nothing."""
    assert Question((), verbs=frozenset(DONE[:1])).codes() == []


def test_somebody_whom_the_table_does_not_know_does_not_add_up(tmp_path):
    """An event of a code beyond the words is never taken for a permitted one."""
    table = Table(tmp_path, sheet([event(who=5)]), 2)
    world = World(touched=Spans(*columns(ALL_DAY)))
    with pytest.raises(AuditError, match="1 events are in the window, but 0"):
        judge(duck(), table, world, Question(("log",)), tmp_path)


def packed(row):
    who, tool, touch, verb, day, reason = row
    return who << 31 | tool, touch, day * DAY + verb * 16 + reason


_code = st.integers(0, 3) | st.integers(0, (1 << 31) - 1)
_row = st.tuples(
    *[_code] * 3,
    st.integers(0, 11),
    st.integers(-719_162, 2_932_896),
    st.integers(4, 9),
)


@given(st.lists(_row, unique=True))
def test_codes_of_any_size_are_put_in_order(rows):
    """Also where the keys don't fit into one number of 64 bits, or there are none."""
    answer = [np.array(c, np.int64) for c in zip(*map(packed, rows), strict=True)]
    order, spare = _order(*(answer or [np.zeros(0, np.int64)] * 3))
    assert [rows[place] for place in order.tolist()] == sorted(rows)
    assert len(spare) == len(rows)


@pytest.mark.parametrize("most", [1, 200, None])
def test_what_is_judged_in_one_go_changes_nothing(most):
    """Helpings of some days give the groups and reasons of all days at once."""
    rng = np.random.default_rng(5)
    drawn = zip(*(rng.integers(0, 4, 400).tolist() for _ in range(4)), strict=True)
    happened = [
        event(time=START + day * DAY + 7, who=who, touch=touch, verb=verb)
        for day, who, touch, verb in drawn
    ]
    world = small(*happened, standing=((1, START + DAY, FOREVER, 2),))
    engine = duck()
    engine.most = most
    assert by_engine(world, engine) == judging.by_loop(world)


def test_groups_stand_in_the_order_of_their_keys(tmp_path):
    """By person, tool, touch, verb, day and reason, days before 1970 first."""
    rng = np.random.default_rng(3)
    drawn = zip(*(rng.integers(0, 3, 300).tolist() for _ in range(5)), strict=True)
    happened = [
        event(time=(day - 1) * DAY, who=who, tool=tool, touch=touch, verb=verb)
        for day, who, tool, touch, verb in drawn
    ]
    table = Table(tmp_path, sheet(happened), judging.WORDS)
    judged = judge(duck(), table, World(), Question(("log",)), tmp_path)
    keys = ("who", "tool", "touch", "verb", "day", "reason")
    rows = [*zip(*(judged.groups[key].tolist() for key in keys), strict=True)]
    assert rows == sorted(rows)
    assert len(rows) > 50
