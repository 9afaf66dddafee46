"""The closure: what it shares, what it keeps, and that nothing foreign is executed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Reason, Request
from ringfence.boundary.decision.scene import (
    Dataset,
    Grant,
    Known,
    Leave,
    Marker,
    Scene,
)
from ringfence.boundary.model import (
    AllOf,
    AnyOf,
    Attribute,
    Employer,
    Gate,
    Not,
    Owned,
    Selector,
    Test,
)
from ringfence.boundary.status import Status
from ringfence.gate.compile import kept
from ringfence.gate.compile.closure import Closure
from ringfence.gate.compile.standing import judge
from ringfence.guard import tree

NOW = "2026-06-01T00:00:00Z"
RESIDENCE = Attribute("residence", ("CN",))
LEAVE = Leave(
    "repair", ("person:li",), ("wh/s.t.email",), "repair", 5, "2026-07-01T00:00:00Z"
)
READ = Request("person:li", "read", "dataset:wh/s.t")


def scene(test: Test = RESIDENCE, **changed) -> Scene:
    """Return a scene with one selector, two people and one table."""
    made = Scene(
        boundary="b",
        estate="e",
        since="2026-01-01T00:00:00Z",
        until="2027-01-01T00:00:00Z",
        gate=Gate(excluded=("abroad",)),
        selectors=(Selector("abroad", test, Owned()),),
        people={
            "person:li": Known({"residence": ("CN",)}),
            "person:ann": Known({"residence": ("US",)}),
        },
        entities={"abroad": {"legal_entity:x": Status.YES}},
        datasets={
            "dataset:wh/s.t": Dataset({"email": Status.YES, "id": Status.NO}),
            "dataset:wh/s.u": Dataset(
                {"email": Status.YES}, rows=Marker("region", ("US",))
            ),
        },
        leaves=(LEAVE,),
    )
    return structs.replace(made, **changed)


def test_equal_answers_are_one_object():
    """Two people who are alike get one decision, not two equal ones."""
    people = {f"person:{n}": Known({"residence": ("CN",)}) for n in range(2)}
    closure = Closure(scene(people=people))
    first, second = (
        closure.decide(replace(READ, principal=one), NOW) for one in people
    )
    assert first.reason is Reason.EXCLUDED
    assert first is second


def test_what_an_exception_says_is_one_object_too():
    """Conceding, and nearly conceding, cost no new answer each time."""
    closure = Closure(scene())
    asked = replace(READ, columns=("email",), purpose="repair", subjects=1)
    for one, reason in (
        (asked, Reason.LEAVE),
        (replace(asked, purpose=""), Reason.NO_PURPOSE),
        (replace(asked, subjects=None), Reason.UNCOUNTED),
        (replace(asked, subjects=6), Reason.CAP),
    ):
        first, second = (closure.decide(one, NOW) for _ in range(2))
        assert first is second
        assert first.reason is reason
        assert first == decide(closure.scene, one, NOW)


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize(
    "stated",
    [
        {"residence": ("CN",)},
        {"residence": ("US",)},
        {"residence": ("CN", "US")},
        {"residence": ()},
        {"location": ("CN",)},
        {"residence": ("US",), "location": ("CN",)},
        {"shoe": ("residence",)},
    ],
)
def test_what_is_stated_again_is_answered_as_at_first(stated, trusted):
    """One word, several and none: looked up, they come to what `decide` says."""
    test = AnyOf((RESIDENCE, Attribute("location", ("CN",))))
    closure = Closure(scene(test))
    for _ in range(3):
        for who in ("person:li", "person:ann", "person:nobody", "legal_entity:x"):
            for verb in ("read", "insert", "none"):
                asked = replace(
                    READ, principal=who, verb=verb, stated=stated, trusted=trusted
                )
                answer = closure.decide(asked, NOW)
                assert answer == decide(closure.scene, asked, NOW)


def test_an_instant_that_follows_another_is_looked_at():
    """That the scene was in time once says nothing of any other instant."""
    closure = Closure(scene())
    for now in (NOW, "2027-01-01T00:00:00Z", NOW, "2025-12-31T23:59:59Z", ""):
        for _ in range(2):
            assert closure.decide(READ, now) == decide(closure.scene, READ, now)


def test_whoever_has_an_exception_is_looked_up_by_nobody_else():
    """An answer that is kept of one stance is not that of an exception's holder."""
    people = {f"person:{who}": Known({"residence": ("CN",)}) for who in ("li", "bo")}
    closure = Closure(scene(people=people))
    asked = replace(READ, resource="column:wh/s.t.email", purpose="repair", subjects=1)
    for who in ("li", "bo", "li", "bo"):
        one = replace(asked, principal=f"person:{who}")
        answer = closure.decide(one, NOW)
        assert answer == decide(closure.scene, one, NOW)
        assert answer.allowed is (who == "li")


def test_what_is_read_may_be_what_is_not_counted():
    """A gate that counts writing alone lets whoever is excluded read."""
    there = scene(gate=Gate(excluded=("abroad",), verbs=("edit",)))
    closure = Closure(there)
    for stated in ({}, {"residence": ("CN",)}):
        for verb in ("read", "insert"):
            asked = replace(READ, verb=verb, stated=stated)
            for _ in range(3):
                assert closure.decide(asked, NOW) == decide(there, asked, NOW)


def test_people_who_are_alike_are_judged_once():
    """What a selector doesn't ask makes no class of its own."""
    people = {
        "person:a": Known({"residence": ("CN",), "team": ("x",)}),
        "person:b": Known({"residence": ("CN",), "team": ("y",)}, ("team",)),
        "person:c": Known({"residence": ("CN",)}),
        "person:d": Known({"residence": ("CN", "HK")}),
    }
    test = Attribute("residence", ("CN", "HK"))
    likes = Closure(scene(test, people=people)).standings.likes
    assert likes["person:a"] is likes["person:c"]
    assert likes["person:a"] is likes["person:d"]
    assert likes["person:a"].stance is likes["person:b"].stance


def test_conceding_shares_all_but_the_leaves():
    """A new exception costs neither another look at people nor at data."""
    closure = Closure(scene())
    other = closure.conceding(())
    asked = replace(READ, columns=("email",), purpose="repair", subjects=1)
    assert closure.decide(asked, NOW).reason is Reason.LEAVE
    assert other.decide(asked, NOW).reason is Reason.EXCLUDED
    assert other.standings is closure.standings
    assert other.touch("dataset:wh/s.t") is closure.touch("dataset:wh/s.t")
    assert other.scene.leaves == ()
    assert closure.scene.leaves == (LEAVE,)


def test_what_is_kept_is_bounded(monkeypatch):
    """Ever new columns fill no memory: what was kept is dropped, answers stay."""
    monkeypatch.setattr(kept, "MOST", 3)
    given = Grant(("person:ann",), ("read",), ("dataset:wh/s.t",))
    there = scene(gate=Gate(excluded=("abroad",), mode="grants"), grants=(given,))
    closure = Closure(there)
    for number in range(20):
        for who in ("person:li", "person:ann"):
            asked = replace(READ, principal=who, columns=(f"c{number}",))
            assert closure.decide(asked, NOW) == decide(there, asked, NOW)
    assert len(closure._touches) <= 3
    assert closure.granting is not None
    assert len(closure.granting._kept) <= 3


def test_what_is_long_is_not_kept():
    """A name that nobody has and that fills memory is forgotten with its answer."""
    there = scene(gate=Gate(excluded=("abroad",), mode="grants"))
    closure = Closure(there)
    long = "x" * (kept.LONGEST + 1)
    for asked in (
        replace(READ, resource=f"dataset:{long}"),
        replace(READ, columns=("",) * len(long)),
        replace(READ, principal=f"person:{long}", stated={"team": (long,)}),
    ):
        assert closure.decide(asked, NOW) == decide(there, asked, NOW)
    assert [*closure._touches] == [READ.resource]
    assert not closure.standings.stated
    assert [*closure.decide(READ, NOW).columns] == ["email"]
    stance = closure.standings.likes["person:li"].stance
    assert [*stance.plain] == [READ.resource]


def test_stances_are_bounded(monkeypatch):
    """Ever new entities, each excluded otherwise, keep no more stances than some."""
    monkeypatch.setattr(kept, "MOST", 2)
    names = ("a", "b", "c")
    there = scene(
        selectors=tuple(Selector(name, RESIDENCE, Owned()) for name in names),
        entities={
            name: {f"legal_entity:{n}": Status(n // 3**place % 3) for n in range(27)}
            for place, name in enumerate(names)
        },
    )
    closure = Closure(there)
    for n in range(27):
        asked = replace(READ, principal=f"legal_entity:{n}")
        assert closure.decide(asked, NOW) == decide(there, asked, NOW)
    assert len(closure.standings._stances) <= 2


def test_answers_of_what_is_touched_are_bounded(monkeypatch):
    """One resource keeps the answers of some stances, and answers all."""
    monkeypatch.setattr(kept, "MOST", 1)
    closure = Closure(scene())
    for who in ("person:li", "person:nobody", "person:li"):
        asked = replace(READ, principal=who)
        assert closure.decide(asked, NOW) == decide(closure.scene, asked, NOW)


@pytest.mark.parametrize(
    "hostile",
    [
        "'); raise SystemExit  #",
        "a\nimport os",
        "\\",
        '"""',
        "{v}",
        "t0",
        "employed",
        "",
    ],
)
def test_no_word_of_a_test_is_executed(hostile):
    """Names and values of attributes are constants, whatever they look like."""
    test = AllOf((Attribute(hostile, (hostile,)), Employer((hostile,))))
    judged = judge(test, {})
    own = {hostile: frozenset((hostile,)), "employer": frozenset((hostile,))}
    assert judged(own, frozenset()) == Status.YES
    assert judged({}, frozenset()) == Status.UNKNOWN


def test_a_test_may_be_nested_deep():
    """Nesting is bounded by no parser."""
    test: Test = RESIDENCE
    for _ in range(150):
        test = AnyOf((AllOf((test, Not(Not(RESIDENCE)))),))
    judged = judge(test, {})
    assert judged({"residence": frozenset(("CN",))}, frozenset()) == Status.YES
    assert judged({"residence": frozenset(("US",))}, frozenset()) == Status.NO


def test_ownership_is_no_test_for_people():
    """The grammar keeps `owned` to entities; a scene that has it otherwise is refused."""
    with pytest.raises(AssertionError):
        Closure(scene(Owned()))


def test_a_scene_without_selectors_excludes_nobody():
    """Where nothing is said to exclude, everybody is inside."""
    there = scene(selectors=(), entities={})
    answer = Closure(there).decide(READ, NOW)
    assert answer == decide(there, READ, NOW)
    assert answer.reason is Reason.NOT_EXCLUDED


def test_a_guard_on_what_is_doubted_is_not_met():
    """A grant whose condition speaks of a doubted attribute gives nothing."""
    key = "principal.team"
    for guard in (
        tree.Compare(key, "equals", ("core",)),
        tree.Not(tree.Compare(key, "equals", ("core",))),
        tree.All((tree.Absent(key),)),
        tree.AnyOf((tree.Not(tree.Absent(key)),)),
    ):
        given = Grant(("person:ann",), ("read",), ("dataset:wh/s.t",), guard)
        there = scene(
            gate=Gate(excluded=("abroad",), mode="grants"),
            grants=(given,),
            people={"person:ann": Known({"residence": ("US",)}, ("team",))},
        )
        asked = replace(READ, principal="person:ann")
        answer = Closure(there).decide(asked, NOW)
        assert answer == decide(there, asked, NOW)
        assert answer.reason is Reason.GUARD


def test_a_stranger_may_do_what_the_gate_does_not_count():
    """A verb that isn't counted is allowed to whomever, known or not."""
    there = scene(gate=Gate(excluded=("abroad",), verbs=("read",)))
    closure = Closure(there)
    for who in ("person:li", "person:nobody", "robot:r"):
        asked = replace(READ, principal=who, verb="insert")
        assert closure.decide(asked, NOW) == decide(there, asked, NOW)
        assert closure.decide(asked, NOW).reason is Reason.NOT_COUNTED


def test_who_is_no_person_is_a_stranger():
    """What a scene states of somebody under another kind is not looked at."""
    there = scene(people={"robot:r": Known({"residence": ("US",)})})
    asked = replace(READ, principal="robot:r")
    assert Closure(there).decide(asked, NOW) == decide(there, asked, NOW)
    assert Closure(there).decide(asked, NOW).reason is Reason.PERHAPS_EXCLUDED


def test_an_attribute_that_no_person_has_says_nothing():
    """What is stated beyond the vocabulary changes nothing of anybody's standing."""
    closure = Closure(scene())
    for who in ("person:li", "person:ann", "person:nobody"):
        asked = replace(READ, principal=who, stated={"shoe": ("CN",), "team": ()})
        assert closure.decide(asked, NOW) == decide(closure.scene, asked, NOW)


def test_one_of_two_doubted_keys_leaves_the_other():
    """A guard is undecided in what is doubted alone."""
    guard = tree.AnyOf(
        (
            tree.Compare("principal.team", "equals", ("core",)),
            tree.Compare("request.network", "equals", ("vpn",)),
        )
    )
    given = Grant(("person:ann",), ("read",), ("dataset:wh/s.t",), guard)
    there = scene(
        gate=Gate(excluded=("abroad",), mode="grants"),
        grants=(given,),
        people={"person:ann": Known({"residence": ("US",)}, ("team",))},
    )
    asked = replace(
        READ, principal="person:ann", circumstances={"request.network": ("vpn",)}
    )
    answer = Closure(there).decide(asked, NOW)
    assert answer == decide(there, asked, NOW)
    assert answer.reason is Reason.NOT_EXCLUDED


def test_rows_apart_are_of_nobody():
    """A row whose mark is another's is allowed; one without a mark is not."""
    closure = Closure(scene())
    asked = replace(READ, resource="dataset:wh/s.u")
    answers = {
        value: closure.decide(replace(asked, row={"region": value}), NOW).reason
        for value in ("US", "EU", None)
    }
    assert answers == {
        "US": Reason.EXCLUDED,
        "EU": Reason.OTHER_ROW,
        None: Reason.EXCLUDED,
    }
