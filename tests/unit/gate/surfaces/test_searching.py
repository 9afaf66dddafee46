"""Searches: their pages, and what their results are called."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringfence.boundary.decision.scene import Dataset, Grant, Known, Scene
from ringfence.boundary.order import Naming
from ringfence.boundary.status import Status
from ringfence.gate.point.asked import Caller
from ringfence.gate.surfaces.searching import MOST_RESULTS
from tests.authzen_case import (
    SEARCH,
    TODO_CALLER,
    Json,
    certification,
    changed,
    posted,
    todo,
    told,
)
from tests.pointing import Pointing

CALLER = Caller("app", actions={"see": "read", "look": "read"})
READ = {"action": {"name": "see"}}


def crowd(count: int) -> Scene:
    """Return many people who may read one dataset."""
    people = {f"person:p{n:05}": Known() for n in range(count)}
    grants = (Grant((*people,), ("read",), ("dataset:d",)),)
    return changed(
        certification(), people=people, datasets={"dataset:d": Dataset()}, grants=grants
    )


WHO = {"subject": {"type": "user"}, **READ, "resource": {"type": "table", "id": "d"}}


def find(
    point: Pointing, page: Any = None, caller: Caller = CALLER, **more: Any
) -> Any:
    body = WHO | more | ({} if page is None else {"page": page})
    return told(point, caller, f"{SEARCH}subject", body)


def status(
    point: Pointing, body: Any, caller: Caller = CALLER, what: str = "subject"
) -> int:
    return posted(point, caller, SEARCH + what, json.dumps(body).encode()).status


def ids(found: Any) -> list[str]:
    return [one["id"] for one in found["results"]]


def test_a_search_that_fits_one_page_has_no_page():
    """Whoever asks for no page gets all, and nothing about pages."""
    assert find(Pointing(crowd(3))) == {
        "results": [{"type": "user", "id": f"p0000{n}"} for n in range(3)]
    }


@pytest.mark.parametrize(
    "page", [{}, {"limit": 3}, {"limit": 9}, {"token": ""}, {"limit": None}]
)
def test_whoever_asks_for_a_page_is_told_of_it(page):
    """The count, the total, and an empty token at the end."""
    found = find(Pointing(crowd(3)), page)
    assert found["page"] == {"next_token": "", "count": 3, "total": 3}


def test_no_results_are_wanted_with_a_limit_of_nought():
    """It asks how many there are; there is no page after it."""
    found = find(Pointing(crowd(3)), {"limit": 0})
    assert found == {
        "results": [],
        "page": {"next_token": "", "count": 0, "total": 3},
    }


def test_pages_together_are_all_results():
    """Each token leads to the page after, in order, until one is empty."""
    point, page, seen = Pointing(crowd(7)), {"limit": 3}, []
    counts = []
    while True:
        found = find(point, page)
        seen += ids(found)
        counts.append(found["page"]["count"])
        if not found["page"]["next_token"]:
            break
        page = {"limit": 3, "token": found["page"]["next_token"]}
    assert seen == [f"p0000{n}" for n in range(7)]
    assert counts == [3, 3, 1]


def test_a_page_is_bounded():
    """However many are asked for, a page has a most, and the rest has a token."""
    for page in (None, {"limit": 10**30}):
        found = find(Pointing(crowd(MOST_RESULTS + 1)), page)
        assert found["page"]["count"] == len(found["results"]) == MOST_RESULTS
        asked = {**(page or {}), "token": found["page"]["next_token"]}
        last = find(Pointing(crowd(MOST_RESULTS + 1)), asked)
        assert ids(last) == ["p01000"]


def test_pages_go_on_where_they_were_when_people_come_and_go():
    """A page begins after the last name told, whatever changed before it."""
    token = find(Pointing(crowd(5)), {"limit": 2})["page"]["next_token"]
    fewer = changed(crowd(5), people={f"person:p0000{n}": Known() for n in (0, 2, 4)})
    assert ids(find(Pointing(fewer), {"limit": 2, "token": token})) == [
        "p00002",
        "p00004",
    ]


@pytest.fixture
def first() -> tuple[Pointing, str]:
    point = Pointing(crowd(5))
    return point, find(point, {"limit": 2})["page"]["next_token"]


@pytest.mark.parametrize(
    "more",
    [
        {"action": {"name": "look"}},
        {"context": {"purpose": "other"}},
        {"subject": {"type": "person"}},
        {"resource": {"type": "table", "id": "e"}},
        {"unheard": 1},
    ],
)
def test_with_a_token_all_else_must_be_as_it_was(first, more):
    """Any other value than the first request's is refused."""
    point, token = first
    page = {"limit": 2, "token": token}
    assert status(point, WHO | {"page": page}) == 200
    assert status(point, WHO | {"page": page} | more) == 400
    assert status(point, WHO | {"page": page | {"limit": 3}}) == 400
    assert status(point, WHO | {"page": page | {"properties": {}}}) == 400
    assert status(point, WHO | {"page": {"token": token}}) == 400


def test_a_token_is_of_one_caller_and_one_search(first):
    """Another caller's token, or another endpoint's, is none."""
    point, token = first
    body = WHO | {"page": {"limit": 2, "token": token}}
    assert status(point, body, Caller("other", actions=CALLER.actions)) == 400
    whole = body | {"subject": {"type": "user", "id": "p00000"}}
    assert status(point, whole, what="resource") == 400


def test_a_token_with_any_letter_changed_is_none(first):
    """Whatever is changed, added or left out, it isn't the token that was given."""
    point, token = first
    changed_ = [
        token[:place] + letter + token[place + 1 :]
        for place in range(len(token))
        for letter in "A-_=é "
        if letter != token[place]
    ]
    for one in (
        *changed_,
        token + "=",
        token + "A",
        token[:-1],
        " " + token,
        "%%%",
        "\0",
    ):
        assert status(point, WHO | {"page": {"limit": 2, "token": one}}) == 400


@pytest.mark.parametrize(
    "page", [{"limit": -1}, {"limit": "1"}, {"token": 1}, [], "next", 0]
)
def test_a_page_that_cannot_be_is_refused(page):
    """A wrong page is an error, not a search without one."""
    assert status(Pointing(crowd(1)), WHO | {"page": page}) == 400


def test_results_are_called_as_the_caller_calls_them():
    """A caller with names of its own finds those."""
    body = {
        "subject": {"type": "user"},
        "action": {"name": "can_create_todo"},
        "resource": {"type": "todo", "id": "7"},
    }
    found = ids(told(Pointing(todo()), TODO_CALLER, f"{SEARCH}subject", body))
    assert len(found) == 3
    assert all(one.startswith("CiRmZD") for one in found)


def test_what_a_caller_has_no_name_for_is_not_found():
    """A dataset whose name would lead elsewhere isn't told."""
    caller = Caller("c", resources=(Naming("x*", "dataset:y{1}"),))
    scene = crowd(1)
    held = {f"dataset:{name}": Dataset() for name in ("x1", "y2", "z3")}
    grants = (Grant(("person:p00000",), ("read",), (*held,)),)
    point = Pointing(changed(scene, datasets=held, grants=grants))
    asked = {"subject": {"type": "user", "id": "p00000"}, "action": {"name": "read"}}
    body = asked | {"resource": {"type": "table"}, "page": {}}
    found = told(point, caller, f"{SEARCH}resource", body)
    assert ids(found) == ["x2", "z3"]
    assert found["page"]["total"] == 2


def test_an_action_has_every_name_that_the_caller_has_for_it():
    """Each name that means an allowed verb is found, and no other."""
    body: Json = {
        "subject": {"type": "user", "id": "p00000"},
        "resource": {"type": "table", "id": "d"},
    }
    point = Pointing(crowd(1))
    asked = body | {"page": {"limit": 1}}
    found = told(point, CALLER, f"{SEARCH}action", asked)
    assert found["results"] == [{"name": "look"}]
    asked["page"]["token"] = found["page"]["next_token"]
    found = told(point, CALLER, f"{SEARCH}action", asked)
    assert found["results"] == [{"name": "see"}]
    assert found["page"] == {"next_token": "", "count": 1, "total": 2}
    assert told(point, CALLER, f"{SEARCH}action", body | {"action": {"name": 7}}) == {
        "results": [{"name": "look"}, {"name": "see"}]
    }


@pytest.mark.parametrize("kind", ["column", "store"])
def test_columns_and_stores_are_found_by_their_kinds(kind):
    """What is searched is a kind of data; of principals there is nothing to find."""
    datasets = {"dataset:db/t": Dataset({"a": Status.NO})}
    scene = crowd(1)
    what = {"column": "column:db/t.a", "store": "dataset:db/t"}[kind]
    point = Pointing(
        changed(
            scene,
            datasets=datasets,
            stores={"store:db": ("dataset:db/t",)},
            grants=(Grant(("person:p00000",), ("read",), (what,)),),
        )
    )
    asked = {"subject": {"type": "user", "id": "p00000"}, "action": {"name": "read"}}
    body = asked | {"resource": {"type": kind}}
    expected = {"column": "db/t.a", "store": "db"}[kind]
    assert ids(told(point, CALLER, f"{SEARCH}resource", body)) == [expected]
    of_people = asked | {"resource": {"type": "user"}}
    assert told(point, CALLER, f"{SEARCH}resource", of_people) == {"results": []}
    who = WHO | {"resource": {"type": kind, "id": expected}}
    assert ids(find(point, **who)) == ["p00000"]


def test_a_search_is_logged_with_what_was_around_it():
    """The point is told the caller, the reference, and the kind that is searched."""
    point = Pointing(crowd(1))
    find(point, context={"purpose": "repair"})
    [(asked, kind)] = point.searched
    assert (asked.caller, asked.surface, kind) == ("app", "authzen", "person")
    assert (asked.request.resource, asked.request.purpose) == ("dataset:d", "repair")
