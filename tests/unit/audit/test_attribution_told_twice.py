"""What a tool's log and a database's log both tell is judged once, in the database's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.audit.attribution.told_twice import gives, needs
from ringfence.audit.event import Touch
from tests.attributing import answers_of
from tests.reference.attribution import Line, World

SVC = "service_account:svc"
MAIL = "column:shop/public.users.email"
NAME = "column:shop/public.users.name"
USERS = "dataset:shop/public.users"
SHOP = "store:shop"
TOLD, DONE = 2, 0


def endings(query: Line, work: Line, *more: Line) -> list[int]:
    speaks = {"tool:pulse": frozenset({SVC})}
    world = World([work, query, *more], speaks, {"pulse-log": "tool:pulse"})
    return [one.ending for one in answers_of(world)]


def pair(asked: Touch, shown: Touch, **more) -> tuple[Line, Line]:
    query = Line("db", 1000, SVC, session="s-8842", touch=asked.text(), **more)
    work = Line("pulse-log", 1000, "person:ann", session="s-8842", touch=shown.text())
    return query, work


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (Touch(columns=(MAIL,)), Touch(columns=(MAIL,))),
        (Touch(whole=(USERS,)), Touch(columns=(MAIL,))),
        (Touch(columns=(MAIL, NAME)), Touch(whole=(USERS,))),
        (Touch(columns=(MAIL,)), Touch(part=(USERS,))),
        (Touch(columns=(MAIL,)), Touch(part=(SHOP,))),
        (Touch(part=(USERS,)), Touch(part=(USERS,))),
        (Touch(part=(USERS,)), Touch(part=(SHOP,))),
        (Touch(whole=(USERS,)), Touch(unclear=True)),
    ],
)
def test_what_the_database_tells_as_finely_is_told(asked: Touch, shown: Touch):
    """A tool's event that its queries cover is left to them."""
    assert endings(*pair(asked, shown)) == [TOLD, DONE]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (Touch(columns=(NAME,)), Touch(columns=(MAIL,))),
        (Touch(part=(USERS,)), Touch(columns=(MAIL,))),
        (Touch(part=(USERS,)), Touch(whole=(USERS,))),
        (Touch(unclear=True), Touch(columns=(MAIL,))),
        (Touch(unclear=True), Touch(unclear=True)),
        (Touch(), Touch(unclear=True)),
        (Touch(whole=(USERS,)), Touch(whole=(USERS, "store:archive"))),
        (Touch(whole=(USERS,)), Touch()),
    ],
)
def test_what_the_database_does_not_tell_is_judged(asked: Touch, shown: Touch):
    """A tool's event that shows more than its queries did, or nothing, stays."""
    assert endings(*pair(asked, shown)) == [DONE, DONE]


def test_several_queries_may_tell_one_event():
    """What one query leaves of a tool's event another may tell."""
    query, work = pair(Touch(columns=(MAIL,)), Touch(columns=(MAIL, NAME)))
    other = replace(query, touch=Touch(columns=(NAME,)).text())
    assert endings(query, work, other) == [TOLD, DONE, DONE]


@pytest.mark.parametrize(("away", "ending"), [(-301, 0), (-300, 2), (299, 2), (300, 0)])
def test_only_queries_of_its_time_tell_an_event(away: int, ending: int):
    """In a long session a tool's event is told by queries within the window alone."""
    query, work = pair(Touch(columns=(MAIL,)), Touch(columns=(MAIL,)))
    ends = [replace(work, time=1000 + t, touch="") for t in (-900, 900)]
    line = replace(query, time=query.time + away)
    assert endings(line, work, *ends)[0] == ending


@pytest.mark.parametrize("more", [{"ending": 1}, {"verb": 2}])
def test_a_refused_or_other_deed_tells_nothing(more: dict[str, int]):
    """A query that failed, or did something else, doesn't stand for the tool's event."""
    query, work = pair(Touch(columns=(MAIL,)), Touch(columns=(MAIL,)), **more)
    assert endings(query, work)[0] == DONE


def test_a_weak_grade_tells_nothing():
    """A query of which somebody is only suspected leaves the tool's event judged."""
    query, work = pair(Touch(columns=(MAIL,)), Touch(columns=(MAIL,)))
    assert endings(replace(query, session=""), work) == [DONE, DONE]


def test_a_foreign_name_is_told_by_itself_alone():
    """A name that the estate doesn't know is told by the same name."""
    bucket = Touch(whole=("arn:aws:s3:::exports",))
    assert endings(*pair(bucket, bucket)) == [TOLD, DONE]
    assert needs(Touch(columns=("column:odd",))) == [("= column:odd", "whole ")]
    assert gives(Touch(columns=("column:odd",))) == {
        "= column:odd",
        "in column:odd",
        "any",
    }
