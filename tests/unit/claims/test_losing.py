"""Who has used what a plan takes away: whom it keeps out, and who would break."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.audit.event import Touch
from ringfence.claims.case import Case
from ringfence.claims.check import Run, collected
from ringfence.claims.crossings import Class
from ringfence.claims.enforcing import Enforcing
from ringfence.claims.events.reading import Ordered
from ringfence.claims.events.replayed import Sum
from ringfence.claims.gating import scene_of
from ringfence.claims.losing import Closing, Judge, Loss, losses
from ringfence.estate.facts import line
from tests.cases import BOUNDARY, write_case
from tests.estates import AS_OF, attribute, case, described, edge
from tests.unit.claims.test_enforcing import FACTS, GATE, MAIL, OWN, TABLE
from tests.unit.claims.test_shadowing import LOGS, NOW

MORE = (
    *OWN,
    edge("person:ann", "runs_as", "role:w/duo"),
    edge("person:dee", "runs_as", "role:w/duo"),
    edge("tool:old", "runs_as", "role:w/job"),
    edge("tool:duos", "runs_as", "role:w/duo"),
    edge("tool:far", "runs_as", "role:v/elsewhere"),
    edge("person:gus", "member_of", "group:dev"),
    edge("person:cy", "can_assume", "person:gus"),
)
LOGINS = (attribute("role:w/duo", "login", "yes"),)
CLOSING = Closing({"a.users"}, set())
READ = Touch(columns=(MAIL,)).text()


@pytest.fixture
def own(tmp_path: Path) -> Case:
    """Give a case with logins of every kind."""
    return case(tmp_path, [*FACTS, *MORE, *LOGINS], gate=GATE)


def judged(
    own: Case, who: str, tool: str = "", touch: str = READ, closing: Closing = CLOSING
) -> list[tuple[str, str, Loss]]:
    """Return the lines of one use: whose, of what, and what becomes of it."""
    ready = Enforcing(own, "w")
    judge = Judge(ready, closing, own, scene_of(own, grants=False))
    sums = [Sum(who, tool, touch, "read", Class.PERMITTED, 2, 1, 3)] * 2
    lines = [line for _, line in judge.lines(sums)]
    assert lines[1:] == lines[: len(lines) - 1]
    return [(x.who, x.what, x.loss) for x in lines[:1]]


@pytest.mark.parametrize(
    ("who", "tool", "loss"),
    [
        ("person:ann", "", Loss.EXCLUDED),
        ("person:ann", "tool:pulse", Loss.EXCLUDED),
        ("role:w/app", "", None),
        ("role:w/job", "", Loss.PERMITTED),
        ("role:w/duo", "", Loss.EXCLUDED),
        ("person:bo", "tool:pulse", None),
        ("person:bo", "tool:old", Loss.PERMITTED),
        ("person:bo", "", None),
        ("person:bo", "tool:duos", Loss.PERMITTED),
        ("person:bo", "tool:far", None),
        ("person:cy", "", Loss.PERMITTED),
        ("svc", "", Loss.UNCLEAR),
        ("", "", Loss.UNCLEAR),
        ("role:v/elsewhere", "", Loss.UNCLEAR),
    ],
)
def test_whoever_is_excluded_is_to_lose_it_and_others_keep_it_or_break(
    own: Case, who: str, tool: str, loss: Loss | None
):
    """By the person, else by the login that is used, else by what is still reached."""
    found = judged(own, who, tool)
    assert found == ([] if loss is None else [(who, "a.users", loss)])


def test_a_login_of_one_person_is_that_persons(own: Case):
    """The log names the login; the estate says whose it is."""
    found = judged(own, "role:w/ann_db")
    assert found == [("person:ann", "a.users", Loss.EXCLUDED)]


def test_whom_the_estate_gives_nothing_came_by_a_way_that_it_does_not_know(
    tmp_path: Path,
):
    """Cy used it, and nobody knows how: whether that ends can't be told."""
    own = case(tmp_path, [*FACTS, *OWN], gate=GATE)
    assert judged(own, "person:cy") == [("person:cy", "a.users", Loss.UNCLEAR)]


def test_a_superuser_loses_nothing(own: Case):
    """Nothing that a database does binds one."""
    free = Closing({"a.users"}, {"job"})
    assert judged(own, "role:w/job", closing=free) == []


def test_only_what_is_closed_counts(own: Case):
    """Another relation, or nothing at all, is none of it; a store is all that it has."""
    assert judged(own, "role:w/job", touch="") == []
    assert judged(own, "role:w/job", touch=Touch(whole=("dataset:w/x.y",)).text()) == []
    for whole in (TABLE, "store:w"):
        found = judged(own, "role:w/job", touch=Touch(whole=(whole,)).text())
        assert found == [("role:w/job", "a.users", Loss.PERMITTED)]


def test_the_logs_are_read_and_counted(tmp_path: Path):
    """What would break comes first; each line says how often and when last."""
    facts = b"".join(line(one) + b"\n" for one in described([*FACTS, *OWN]))
    people = "id,residence,label\nann,CN,Ann\nbo,US,Bo\ncy,US,Cy\n"
    write_case(tmp_path, boundary=BOUNDARY + LOGS, people=people, warehouse=facts)
    uses = (
        ("person:ann", 10),
        ("person:bo", 10),
        ("role:w/job", 10),
        ("role:w/job", 12),
    )
    (tmp_path / "w.jsonl").write_text(
        "".join(
            f'{{"t": "2022-01-{day}T09:00:00Z", "who": "{who}", "data": "a.users",'
            ' "columns": "mail"}\n'
            for who, day in uses
        )
    )
    ready = collected(Run(tmp_path, tmp_path / "out", NOW))
    own = Case(ready.estate, ready.boundary, AS_OF)
    said: list[str] = []
    ordered = Ordered(ready.orders, ready.base, tmp_path / "out", progress=said.append)
    found = losses(Enforcing(own, "w"), own, ordered, CLOSING, 60)
    assert [(one.who, one.loss, one.events) for one in found.lines] == [
        ("role:w/job", Loss.PERMITTED, 2),
        ("person:ann", Loss.EXCLUDED, 1),
    ]
    assert [found.total(one) for one in Loss] == [2, 0, 1]
    assert (found.days, found.labels["person:ann"]) == (60, "Ann")
    assert found.lines[0].last > found.lines[1].last
    assert "looking for who would break" in said
