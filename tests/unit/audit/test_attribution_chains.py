"""Credentials that were handed out, and who stands at the beginning of the chain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.attributing import Answer, answers_of
from tests.reference.attribution import Line, World

ASSUMED = "arn:aws:sts::111122223333:assumed-role/ops/session"
OTHER = "arn:aws-us-gov:sts::111122223333:assumed-role/audit/session"
ROOT = "arn:aws:iam::111122223333:user/ann"
SVC = "service_account:svc"
GET = Line("trail", 100, ASSUMED, credential="K1")
HANDED = Line("trail", 50, ROOT, issued="K1")


def first(*lines: Line, **more) -> Answer:
    """Return what the search says of the first line."""
    return answers_of(World([*lines], {"tool:pulse": frozenset({SVC})}, **more))[0]


def who(*lines: Line) -> tuple[str, int]:
    one = first(*lines)
    return one.who, one.grade


def test_a_key_leads_to_who_got_it():
    """What was done with a key that the log saw handed out was done by who got it."""
    assert who(GET, HANDED) == (ROOT, 1)


def test_a_key_works_from_the_second_it_was_issued_in():
    """An event of the same second may use the key; an earlier one can't."""
    assert who(replace(GET, time=50), HANDED) == (ROOT, 1)
    assert who(replace(GET, time=49), HANDED) == ("", 0)


def test_a_refused_issue_hands_out_nothing():
    """A call that was refused gave nobody a key."""
    assert who(GET, replace(HANDED, ending=1)) == ("", 0)


def test_chains_are_followed_to_their_beginning():
    """Role after role, the first person in the chain is behind the last event."""
    chain = [
        Line("trail", n, f"{OTHER}{n}", credential=f"C{n}", issued=f"C{n + 1}")
        for n in range(1, 40)
    ]
    start = Line("trail", 0, ROOT, issued="C1")
    assert who(replace(GET, credential="C40"), *chain, start) == (ROOT, 1)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_circle_of_keys_is_nobodys(length: int):
    """Keys that hand out each other begin with nobody."""
    ring = [
        Line("trail", 10, OTHER, credential=f"C{n}", issued=f"C{(n + 1) % length}")
        for n in range(length)
    ]
    assert who(replace(GET, credential="C0"), *ring) == ("", 0)


def test_a_key_that_two_people_got_is_nobodys():
    """Two issuers of one key leave every event with it to nobody."""
    assert who(GET, HANDED, replace(HANDED, actor="person:bob")) == ("", 0)


def test_one_issue_told_twice_is_one():
    """The same person who got the key twice is still the only one."""
    assert who(GET, HANDED, replace(HANDED, time=60)) == (ROOT, 1)


def test_a_shared_role_without_history_is_nobodys():
    """A session of a role whose key no log saw handed out names nobody."""
    assert who(GET) == ("", 0)


def test_the_source_identity_names_the_person():
    """Who the log names behind a session of a role did it."""
    assert who(replace(GET, behind="person:ann")) == ("person:ann", 1)


def test_a_session_of_a_role_behind_another_is_no_name():
    """A session of a role behind the actor names nobody, and hides no chain."""
    assert who(replace(GET, behind=OTHER), HANDED) == (ROOT, 1)
    assert who(replace(GET, behind=OTHER)) == ("", 0)


def test_a_chosen_source_identity_names_nobody():
    """Who takes a role under another's name leaves what they do to nobody."""
    assert who(replace(GET, behind="person:bob"), HANDED) == ("", 0)
    assert who(replace(GET, behind=ROOT), HANDED) == (ROOT, 1)


def test_a_chosen_identity_stays_doubtful_along_the_chain():
    """A second role taken under the chosen name doesn't make it the first person's."""
    second = replace(GET, behind="person:bob", issued="K2", time=60)
    third = replace(GET, behind="person:bob", credential="K2")
    assert who(third, second, HANDED) == ("", 0)
    assert who(replace(third, behind=""), second, HANDED) == ("", 0)


def test_two_identities_on_one_chain_are_nobodys():
    """Where the sessions of one chain show two people, neither is believed."""
    second = replace(GET, behind="person:bob", issued="K2", time=60)
    assert who(replace(GET, behind="person:eve", credential="K2"), second) == ("", 0)
    assert who(replace(GET, behind="", credential="K2"), second) == ("person:bob", 1)


@pytest.mark.parametrize("start", [SVC, "role:ops", OTHER])
def test_a_source_identity_explains_a_chain_that_names_nobody(start: str):
    """A chain that begins with what several may use is told by the identity."""
    told = replace(GET, behind="person:bob")
    assert who(told, replace(HANDED, actor=start)) == ("person:bob", 1)


def test_the_cloud_that_hands_out_a_key_stands_for_nobody():
    """A machine that gets its role's key from the cloud is no person's."""
    assert who(GET, replace(HANDED, actor="ec2.amazonaws.com")) == ("", 0)
    assert who(GET, HANDED, replace(HANDED, actor="")) == (ROOT, 1)


def test_a_role_that_no_tool_speaks_for_stays_itself():
    """A role of its own keeps its name, unless its key leads to somebody."""
    line = replace(GET, actor="role:ops")
    assert who(line) == ("role:ops", 1)
    assert who(line, HANDED) == (ROOT, 1)


def test_a_person_named_by_the_log_is_not_overruled_by_a_key():
    """A key that an administrator made for somebody else names its bearer."""
    assert who(replace(GET, actor="person:bob"), HANDED) == ("person:bob", 1)


def test_a_chain_that_begins_with_a_service_account_asks_its_tool():
    """A role that the tool's account took is explained by the tool's own log."""
    took = replace(HANDED, actor=SVC)
    work = Line("pulse-log", 100, "person:ann", request="r-01")
    get = replace(GET, request="r-01")
    logs = {"pulse-log": "tool:pulse"}
    one = first(get, took, work, tools=logs)
    assert (one.who, one.grade, one.tool) == ("person:ann", 2, "tool:pulse")
    assert first(get, took, tools=logs) == Answer("", "", 0, "tool:pulse", "", 0)


def test_a_service_account_that_no_tool_speaks_for_stays_itself():
    """A job's account is judged by its own name, unless somebody's seat names them."""
    line = Line("db", 100, "service_account:job", address="192.0.2.7")
    seat = Line("gate", 90, "person:eve", application="sign-in", address="192.0.2.7")
    gates = frozenset({"gate"})
    assert first(line, gates=gates).who == "service_account:job"
    assert first(line, seat, gates=gates).who == "person:eve"


def test_no_event_at_all_is_answered():
    """An empty table gives an empty answer."""
    assert answers_of(World([], {})) == []
