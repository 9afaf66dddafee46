"""Who stands behind a login: one person, or nobody that the estate can name."""

from __future__ import annotations

import pytest

from ringfence.claims.events.holders import Holding, merged
from tests.estates import attribute, case, edge
from tests.logged import MICRO, at, day

ALWAYS = 1 << 50
FACTS = (
    attribute("person:ann", "residence", "CN"),
    edge("person:ann", "can_assume", "role:db/ann", since=day(2), until=day(9)),
    edge("person:ann", "holds_key", "role:db/ann", since=day(5), until=day(12)),
    edge("person:ann", "holds_key", "key:ann", unknown="an old list"),
    edge("person:ann", "can_assume", "role:db/shared"),
    edge("person:bo", "can_assume", "role:db/shared", unknown="perhaps"),
    edge("person:bo", "can_assume", "role:db/both"),
    edge("tool:pulse", "runs_as", "role:db/both"),
    edge("group:desk", "can_assume", "role:db/desk"),
    edge("person:bo", "can_use", "tool:pulse"),
    edge("person:bo", "member_of", "group:desk", since=day(3), until=day(6)),
    edge("person:ann", "member_of", "group:inner", since=day(1), until=day(8)),
    edge("group:inner", "member_of", "group:desk", since=day(4)),
    edge("group:desk", "member_of", "group:inner"),
    edge("person:cy", "member_of", "group:desk", unknown="?"),
    edge("person:dee", "member_of", "group:late", until=day(2)),
    edge("group:late", "member_of", "group:desk", since=day(2)),
    edge("tool:pulse", "runs_as", "service_account:pulse"),
    edge("service_account:pulse", "can_assume", "role:db/pulse"),
    edge("role:db/pulse", "can_assume", "role:db/admin"),
    edge("tool:pulse", "holds_key", "key:pulse"),
    edge("tool:menu", "can_use", "tool:pulse"),
    edge("tool:idle", "has_privilege", "store:db", verb="read"),
)


@pytest.fixture(scope="module")
def holding(tmp_path_factory):
    """Return who holds what over January."""
    whole = case(tmp_path_factory.mktemp("estate"), FACTS)
    return Holding(whole.over(day(0), day(31)))


def seconds(*spans):
    """Return spans of days in seconds."""
    return [tuple(at(end) // MICRO for end in span) for span in spans]


def test_a_login_of_one_person_is_theirs_while_they_hold_it(holding):
    """Grants that overlap are one holding; one that is unsure is none."""
    assert holding.person("role:db/ann") == ("person:ann", seconds((2, 12)))
    assert holding.person("key:ann") == ("person:ann", [])


@pytest.mark.parametrize(
    "login", ["role:db/shared", "role:db/both", "role:db/desk", "role:db/none", "", "x"]
)
def test_a_login_of_several_is_nobodys(holding, login):
    """Two people, a tool, a group, nobody at all: only logs can tell."""
    assert holding.person(login) == ("", [])


def test_a_person_is_their_own(holding):
    """Always, whether the estate knows them or not."""
    for name in ("person:ann", "person:nobody"):
        person, ((since, until),) = holding.person(name)
        assert (person, since < -ALWAYS, until > ALWAYS) == (name, True, True)


def test_a_tools_accounts_are_what_it_logs_in_as(holding):
    """What a role may become on top isn't; a tool that another uses isn't."""
    assert holding.tools() == {
        "tool:menu": frozenset(),
        "tool:pulse": {
            "service_account:pulse",
            "role:db/pulse",
            "role:db/both",
            "key:pulse",
        },
    }


def test_members_belong_while_every_step_holds(holding):
    """Through groups, and in circles; who only may belong doesn't."""
    found = holding.members(["group:desk", "person:eve"])
    assert {*found} == {"person:ann", "person:bo", "person:eve"}
    assert merged(found["person:bo"]) == seconds((3, 6))
    assert merged(found["person:ann"]) == seconds((4, 8))


def test_stretches_that_touch_are_one():
    """Spans in any order become stretches without overlap."""
    assert merged([(5, 7), (1, 3), (3, 4), (6, 6)]) == [(1, 4), (5, 7)]
    assert merged([]) == []
