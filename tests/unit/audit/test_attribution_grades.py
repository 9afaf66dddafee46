"""Each way of finding who was behind an event, its borders, and what forges nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.attributing import Answer, answers_of
from tests.reference.attribution import DAY, Line, World

SVC = "service_account:svc"
SPEAKS = {"tool:pulse": frozenset({SVC})}
LOGS = {"pulse-log": "tool:pulse"}
GATES = frozenset({"gate"})
NOON = 100_000
HOST, DESK = "10.0.0.9", "192.0.2.7"
QUERY = Line("db", NOON, SVC, address=HOST)
WORK = Line("pulse-log", NOON, "person:ann", address="198.51.100.4")


def answer(line: Line, *others: Line, speaks=SPEAKS, tools=LOGS) -> Answer:
    """Return what the search says of the first line."""
    return answers_of(World([line, *others], speaks, tools, GATES))[0]


def found(line: Line, *others: Line) -> tuple[str, str, int]:
    one = answer(line, *others)
    return one.who, one.suspect, one.grade


def sign(who: str, time: int, how: str = "sign-in", **more: Any) -> Line:
    return Line("gate", time, who, application=how, **{"address": DESK, **more})


def test_a_person_is_named_by_the_log():
    """An event of a person's own login is theirs, by the application that it names."""
    line = Line("db", NOON, "person:ann", application="psql", address=HOST)
    assert answer(line) == Answer("person:ann", "", 1, "psql", HOST, 0)


def test_a_service_account_alone_is_nobody():
    """Without any log that tells of people nobody is behind a service account."""
    assert answer(QUERY) == Answer("", "", 0, "tool:pulse", HOST, 0)


def test_a_service_account_of_two_tools_is_told_by_its_application():
    """Where two tools share a service account, the application's name is shown."""
    speaks = {**SPEAKS, "tool:desk": frozenset({SVC})}
    line = replace(QUERY, application="desk 1.2")
    assert answer(line, speaks=speaks).tool == "desk 1.2"


def test_impersonation_is_seen_through():
    """Who stands behind the actor in the event's own log did it."""
    line = replace(QUERY, behind="person:bob")
    assert found(line, replace(WORK, request="r-01")) == ("person:bob", "", 1)


def test_a_request_names_the_person():
    """The same request in the tool's log names the person and where they sat."""
    one = answer(replace(QUERY, request="r-01"), replace(WORK, request="r-01"))
    assert one == Answer("person:ann", "", 2, "tool:pulse", "198.51.100.4", 0)


def test_an_impersonator_in_the_tool_is_the_one_behind():
    """Who looks through another's eyes in the tool is behind what the tool did."""
    work = replace(WORK, request="r-01", behind="person:eve")
    assert found(replace(QUERY, request="r-01"), work) == ("person:eve", "", 2)


@pytest.mark.parametrize(
    ("away", "is_in"), [(-300, True), (299, True), (300, False), (-301, False)]
)
def test_the_window_is_half_open(away: int, is_in: bool):  # noqa: FBT001
    """A request is met from the window's first instant until just before its end."""
    query = replace(QUERY, time=NOON + away, request="r-01")
    assert found(query, replace(WORK, request="r-01"))[2] == (2 if is_in else 0)


def test_a_request_of_two_people_is_nobodys():
    """Two people under one request leave the event without anybody."""
    works = [
        replace(WORK, request="r-01", actor=f"person:{who}") for who in ("ann", "bob")
    ]
    query = replace(QUERY, request="r-01", session="s-8842")
    assert found(query, *works, replace(WORK, session="s-8842")) == ("", "", 0)


def test_an_empty_request_meets_nothing():
    """Events that name no request have none in common."""
    assert found(QUERY, WORK)[2] == 6


@pytest.mark.parametrize(
    "line",
    [
        replace(QUERY, session="s-8842"),
        replace(QUERY, application="pulse/s-8842"),
        replace(QUERY, application="s-8842"),
        replace(QUERY, application="pulse (s-8842; v2)"),
    ],
)
def test_a_session_names_the_person(line: Line):
    """A session of the tool's log, as the event's own or as a token of its name."""
    assert found(line, replace(WORK, session="s-8842")) == ("person:ann", "", 3)


@pytest.mark.parametrize(
    ("session", "application"),
    [("s-8842", "pulse/s-88421"), ("s-8842", "pulse/xs-8842"), ("s1", "pulse/s1")],
)
def test_a_piece_of_a_token_is_no_session(session: str, application: str):
    """Tokens are compared whole, and those of fewer than four characters never."""
    line = replace(QUERY, application=application)
    assert found(line, replace(WORK, session=session))[0] == ""


@pytest.mark.parametrize(("at", "grade"), [(-300, 3), (-301, 0), (899, 3), (900, 0)])
def test_a_session_lasts_from_its_first_event_to_its_last(at: int, grade: int):
    """A session's time goes a window beyond its events, its end left out."""
    works = [replace(WORK, session="s-8842", time=NOON + t) for t in (0, 600)]
    line = replace(QUERY, session="s-8842", time=NOON + at)
    assert found(line, *works)[2] == grade


@pytest.mark.parametrize("key", ["request", "session"])
def test_a_short_id_is_met_by_chance(key: str):
    """Counters of two programs meet: ids of fewer than four characters never match."""
    works = [WORK, replace(WORK, actor="person:bob")]
    for text, who in (("r12", ""), ("r123", "person:ann")):
        named: dict[str, Any] = {key: text}
        assert found(replace(QUERY, **named), replace(WORK, **named), *works)[0] == who


@pytest.mark.parametrize(("apart", "grade"), [(DAY, 3), (DAY + 1, 0)])
def test_a_session_ends_in_a_silence_of_over_a_day(apart: int, grade: int):
    """An id that is used again later says nothing of the time between."""
    works = [replace(WORK, session="s-8842", time=NOON + t) for t in (0, apart)]
    line = replace(QUERY, session="s-8842", time=NOON + 4000)
    assert found(line, *works)[2] == grade
    assert found(replace(line, time=NOON + apart), *works)[2] == 3


def test_a_session_of_two_people_is_nobodys():
    """A session in which two people appear names neither."""
    works = [
        replace(WORK, session="s-8842"),
        replace(WORK, session="s-8842", actor="person:bob"),
    ]
    assert found(replace(QUERY, session="s-8842"), *works) == ("", "", 0)


def test_a_gap_in_the_tools_log_leaves_nobody():
    """What a tool did while its log is silent is nobody's, though it was at work."""
    works = [replace(WORK, time=NOON + away) for away in (-4000, 4000)]
    assert found(QUERY, *works) == ("", "", 0)


def test_a_refused_try_in_the_tool_proves_nobody():
    """Who was refused by the tool was not shown to be who they said."""
    assert (
        found(replace(QUERY, request="r-01"), replace(WORK, request="r-01", ending=1))[
            0
        ]
        == ""
    )


def test_the_last_address_before_the_event_is_shown():
    """In a session the tool saw at several addresses, the last before the event holds."""
    works = [
        replace(WORK, session="s-8842", time=NOON + away, address=f"198.51.100.{n}")
        for n, away in enumerate((-200, -100, 100))
    ]
    line = replace(QUERY, session="s-8842")
    assert answer(line, *works).address == "198.51.100.1"


def test_another_tools_log_is_not_asked():
    """A tool that doesn't speak for the account explains none of its events."""
    work = replace(WORK, request="r-01")
    one = answer(
        replace(QUERY, request="r-01"), work, tools={"pulse-log": "tool:another"}
    )
    assert (one.who, one.grade) == ("", 0)


# --- addresses ------------------------------------------------------------------------


COPIED = replace(QUERY, address=DESK)


def test_a_copied_password_is_found_by_the_seat():
    """A service account used from where one person sat is theirs."""
    assert found(COPIED, sign("person:eve", NOON - 60)) == ("person:eve", "", 4)


@pytest.mark.parametrize(
    ("at", "who"), [(0, "person:eve"), (-1, ""), (DAY - 1, "person:eve"), (DAY, "")]
)
def test_a_seat_is_held_for_a_day_at_most(at: int, who: str):
    """A sign-in holds from its instant on, and for less than a day."""
    line = replace(COPIED, time=NOON + at)
    assert found(line, sign("person:eve", NOON))[0] == who


@pytest.mark.parametrize(("at", "who"), [(59, "person:eve"), (60, "")])
@pytest.mark.parametrize(("session", "address"), [("", DESK), ("s1", "")])
def test_a_sign_out_frees_the_seat(at: int, who: str, session: str, address: str):
    """A sign-out of the session, or of the address, ends the lease at its instant."""
    enter = sign("person:eve", NOON, session=session)
    leave = sign("person:eve", NOON + 60, "sign-out", session=session, address=address)
    assert found(replace(COPIED, time=NOON + at), enter, leave)[0] == who


def test_another_session_at_the_seat_goes_on():
    """A sign-out of one session leaves the person's other one at that address."""
    signs = [sign("person:eve", NOON, session=s) for s in ("s1", "s2")]
    out = sign("person:eve", NOON + 1, "sign-out", session="s1")
    line = replace(COPIED, time=NOON + 2)
    assert found(line, *signs, out)[0] == "person:eve"


@pytest.mark.parametrize("other", ["person:bob", "", SVC])
def test_two_behind_one_address_are_nobody(other: str):
    """Where somebody else signed in too, known or not, the address names nobody."""
    signs = [sign("person:eve", NOON - 60), sign(other, NOON - 30)]
    assert found(COPIED, *signs) == ("", "", 0)


def test_after_the_other_left_the_seat_names_again():
    """Two at once are doubtful only while both are there."""
    signs = [
        sign("person:eve", NOON - 60),
        sign("person:bob", NOON - 30),
        sign("person:bob", NOON - 10, "sign-out"),
    ]
    assert found(COPIED, *signs) == ("person:eve", "", 4)


def test_a_refused_sign_in_is_no_seat():
    """Who couldn't sign in is not at the address."""
    assert found(COPIED, replace(sign("person:eve", NOON - 60), ending=1))[0] == ""


def test_one_machine_is_written_in_many_ways():
    """An address in IPv6 clothes, with a port, is the one that the sign-in has."""
    line = replace(COPIED, address=f"[::ffff:{DESK}]:55012")
    assert found(line, sign("person:eve", NOON - 60))[0] == "person:eve"


@pytest.mark.parametrize("address", ["", "127.0.0.1", "::1", "[local]", "AWS Internal"])
def test_an_address_that_is_no_seat_names_nobody(address: str):
    """Loopback, a local socket and a service of the cloud are nobody's seat."""
    line = replace(COPIED, address=address)
    assert found(line, sign("person:eve", NOON - 60, address=address))[0] == ""


def test_the_tools_host_is_nobodys_seat():
    """Who signed in where the tool's own queries come from didn't make them."""
    told = replace(QUERY, request="r-01", time=NOON - 9000)
    work = replace(WORK, request="r-01", time=NOON - 9000)
    signed = sign("person:eve", NOON - 60, address=HOST)
    assert found(QUERY, told, work, signed) == ("", "", 0)


def test_a_lease_gainsays_a_borrowed_session():
    """Somebody's session named from where another sits accuses neither."""
    line = replace(COPIED, application="pulse/s-8842")
    work = replace(WORK, session="s-8842")
    assert found(line, work, sign("person:eve", NOON - 60)) == ("", "", 0)


def test_the_tools_log_is_stronger_than_the_seat():
    """A tool on the person's own machine is told by its log, with the better grade."""
    line = replace(COPIED, request="r-01")
    work = replace(WORK, request="r-01")
    assert found(line, work, sign("person:ann", NOON - 60)) == ("person:ann", "", 2)


# --- too weak to name -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("ann", "person:ann"),
        ("pulse - Ann", "person:ann"),
        ("ann@x.org", "person:ann@x.org"),
        ("desk/ann", "person:ann@x.org"),
    ],
)
def test_an_application_name_makes_a_suspect(name: str, person: str):
    """The name of somebody who was at work is a suspicion, and nobody did it."""
    works = [replace(WORK, actor=one) for one in (person, "person:bob")]
    assert found(replace(QUERY, application=name), *works) == ("", person, 5)


def test_a_name_that_two_bear_makes_no_suspect():
    """Where the application's name fits two who were at work, neither is suspected."""
    works = [replace(WORK, actor=f"person:{one}") for one in ("ann", "ann@x.org")]
    assert found(replace(QUERY, application="ann"), *works) == ("", "", 0)


def test_a_forged_name_of_somebody_absent_is_nothing():
    """The name of somebody who wasn't at work doesn't even make a suspect of them."""
    line = replace(QUERY, application="bob")
    assert found(line, replace(WORK, actor="person:bob", time=NOON - 5000)) == (
        "",
        "",
        0,
    )


def test_the_only_one_at_work_is_a_suspect():
    """One person alone at work in the tool is suspected, two are not."""
    assert found(QUERY, WORK) == ("", "person:ann", 6)
    assert found(QUERY, WORK, replace(WORK, actor="person:bob")) == ("", "", 0)


def test_a_forged_name_hides_nobody_from_the_seat():
    """Who poses as another by name is found by the seat all the same."""
    line = replace(COPIED, application="ann")
    assert found(line, WORK, sign("person:eve", NOON - 60)) == ("person:eve", "", 4)
