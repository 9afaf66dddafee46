"""What an event touched, as nodes of the estate: known, one of several, or anything."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from ringfence.audit.event import SOMEWHERE, Touch
from ringfence.claims.use.ends import Aim, Ends
from ringfence.claims.use.legs import Leg, Legs
from ringfence.claims.use.usage import Usage
from ringfence.claims.use.using import Using
from ringfence.reach.costs import KINDS
from ringfence.reach.masks import READ
from ringfence.reach.plan import Aim as Goal
from tests.estates import edge, graph

IDS = (
    "column:w/a.t.x",
    "column:w/a.t.y",
    "dataset:w/a.t",
    "store:w",
    "store:v",
)
NOTHING: Any = None


def ends() -> Ends:
    held = SimpleNamespace(number={name: n for n, name in enumerate(IDS)}, ids=IDS)
    network: Any = SimpleNamespace(graph=held)
    return Ends(network, NOTHING)


def aims(touch: Touch) -> tuple[Aim, ...]:
    return ends().aims(touch.text(), "store:w")


def test_one_of_several_is_one_aim():
    """It may have been either, and nobody can say which."""
    either = ((IDS[0], IDS[1]),)
    assert aims(Touch(either=either)) == (Aim(frozenset({IDS[0], IDS[1]})),)


def test_a_table_that_was_read_whole_is_an_aim_for_each_column():
    """What has no columns is an aim itself, with all that is in it."""
    assert aims(Touch(whole=(IDS[2],))) == (
        Aim(frozenset({IDS[0]})),
        Aim(frozenset({IDS[1]})),
    )
    (found,) = aims(Touch(whole=(IDS[3],)))
    assert {IDS[0], IDS[1], IDS[2]} <= found.nodes


def test_a_table_of_which_a_part_was_read_is_an_aim_itself():
    """Which of its columns it was, nobody says."""
    (found,) = aims(Touch(part=(IDS[2],)))
    assert {IDS[0], IDS[1]} <= found.nodes
    assert IDS[4] not in found.nodes


def test_what_nobody_can_say_is_anything_of_the_store():
    """So it shows of nothing there that it wasn't used."""
    (found,) = aims(Touch(unclear=True))
    assert (IDS[0] in found.nodes, found.is_known) == (True, False)


def test_what_lies_nowhere_is_no_aim():
    """A column whose table can't be told, alone, names nothing."""
    assert aims(Touch(either=((SOMEWHERE,),))) == ()


def test_where_one_is_already_there_is_no_way():
    """Start and goal in one place need no edge."""
    both = frozenset({3})
    assert Legs._leg(NOTHING, both, both, 0) == Leg(starts=both)


def test_a_way_newer_than_the_logs_can_not_be_told():
    """Nobody could have seen it used."""
    (reason,) = Usage._because(NOTHING, 0, (5, 5), None)
    assert reason.text == "it is newer than the logs"


def test_an_event_by_one_of_several_leaves_their_pairs_open():
    """Who of two people it was nobody can say: neither pair counts as idle."""
    people = ("person:a", "person:b")
    held = graph([edge(one, "has_privilege", IDS[0], verb="read") for one in people])
    placed = SimpleNamespace(
        touched={people[0]: {IDS[0]}}, open=[(frozenset(people), {IDS[0]})]
    )
    watching = SimpleNamespace(whole=lambda _: frozenset())
    usage: Any = SimpleNamespace(placed=placed, watching=watching, first=0, after=1)
    opened: Any = SimpleNamespace(orders=())
    who = np.array(sorted(held.number[one] for one in people), np.int64)
    what = np.array([held.number[IDS[0]]], np.int64)
    goal = Goal(what[:0], what, who, READ)
    kind = np.full(len(held.row), KINDS.index("has_privilege"), np.int64)
    found = Using(usage, opened).pairs(held, kind, goal)
    assert [(one.tolist(), other.tolist()) for one, other in found.open] == [
        (who.tolist(), what.tolist())
    ]
    assert len(found.used) == 1
