"""What a database concedes of exceptions: to which logins, how much, and what not."""

from __future__ import annotations

from pathlib import Path

from ringfence.boundary.decision.scene import Leave
from ringfence.claims.conceding import conceding, in_force
from ringfence.claims.enforcing import Enforcing
from ringfence.gate.postgres.wanted import Conceded
from tests.estates import edge
from tests.unit.claims.test_enforcing import FACTS, OWN, ready

FAR = "2999-01-01T00:00:00Z"


def leave(*columns: str, cap: int = 9, who: str = "person:ann") -> Leave:
    return Leave("q1", (who,), columns or ("w/a.users.mail",), "audit", cap, FAR)


def told(found: Enforcing, *leaves: Leave) -> list[str]:
    """Return what is found of exceptions."""
    findings = conceding(found, leaves).findings
    return [one.what for one in findings if one.what.startswith("the exception ")]


def test_a_login_of_ones_own_is_conceded_what_is_named(tmp_path: Path):
    """Ann's login gets the column, and no more rows than the cap."""
    found = ready(tmp_path, [*FACTS, *OWN])
    wanted = conceding(found, [leave()])
    table = Conceded("q1", ("ann_db",), "a.users", ("mail",), FAR, 9)
    assert (wanted.follows, wanted.conceded) == (True, (table,))
    (text,) = told(found, leave())
    assert "shows 9 rows of a.users at most" in text


def test_without_exceptions_nothing_is_conceded(tmp_path: Path):
    """The rest of what is wanted is the same."""
    found = ready(tmp_path, [*FACTS, *OWN])
    wanted = conceding(found, [])
    assert (wanted.conceded, wanted.cuts) == ((), found.wanted.cuts)


def test_a_login_that_others_hold_is_not(tmp_path: Path):
    """Dee, of whom nothing is known, can use it too; so the gate alone concedes it."""
    more = edge("person:dee", "can_assume", "role:w/ann_db")
    found = ready(tmp_path, [*FACTS, *OWN, more])
    assert conceding(found, [leave()]).conceded == ()
    (text,) = told(found, leave())
    assert "nobody who has it holds a login of their own" in text
    both = Leave("q1", ("person:ann", "person:dee"), ("w/a.users.mail",), "x", 9, FAR)
    assert conceding(found, [both]).conceded[0].logins == ("ann_db",)


def test_whoever_may_anyway_may_hold_it_too(tmp_path: Path):
    """Bo is inside the fence: his holding the login takes nothing from Ann."""
    more = edge("person:bo", "can_assume", "role:w/job")
    shared = edge("person:ann", "can_assume", "role:w/job")
    found = ready(tmp_path, [*FACTS, more, shared])
    assert "job" not in found.inside
    assert conceding(found, [leave()]).conceded[0].logins == ("job",)
    assert conceding(found, [leave(who="person:bo")]).conceded == ()


def test_a_login_inside_needs_no_leave(tmp_path: Path):
    """Ann leaves it by the plan: whatever it reads isn't hers to have conceded."""
    found = ready(tmp_path)
    assert "person:ann" in found.held["app"]
    assert conceding(found, [leave()]).conceded == ()


def test_a_cap_is_shared_out_among_tables(tmp_path: Path):
    """So many rows of each that all together can't be of more people."""
    found = ready(tmp_path, [*FACTS, *OWN])
    both = ("w/a.users.mail", "w/a.total.count", "v/elsewhere.x.y")
    assert [one.most for one in conceding(found, [leave(*both)]).conceded] == [4, 4]
    (text,) = told(found, leave(*both, cap=1))
    assert "names more tables" in text
    assert conceding(found, [leave(*both, cap=1)]).conceded == ()


def test_what_another_store_holds_is_not_this_ones(tmp_path: Path):
    """It isn't mentioned either."""
    found = ready(tmp_path, [*FACTS, *OWN])
    assert told(found, leave("v/elsewhere.x.y")) == []


def test_an_exception_is_in_force_from_its_first_instant_until_its_last():
    """The end itself is outside."""
    one = Leave("q1", (), (), "x", 1, "2022-01-03", since="2022-01-02")
    days = [f"2022-01-0{day}" for day in (1, 2, 3)]
    assert [bool(in_force([one], day)) for day in days] == [False, True, False]
