"""The three answers: what each carries, and when it is the third."""

from __future__ import annotations

import itertools
import sys

import pytest

from ringfence.guard import recheck as rechecking
from ringfence.guard import solver, symbolic
from ringfence.guard.recheck import recheck
from ringfence.guard.symbolic import (
    Impossible,
    Possible,
    ReplayError,
    Unknown,
    decide,
)
from ringfence.guard.tree import (
    NEVER,
    Absent,
    All,
    AnyOf,
    Compare,
    Condition,
    Not,
    Undecided,
)

IN_US = Compare("principal.residence", "equals", ("US",))
IN_CN = Compare("principal.residence", "equals", ("CN",))
INSIDE = Compare("request.network", "in_network", ("10.0.0.0/8",))
U = Undecided("a variable")


@pytest.fixture
def no_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "z3", None)


def proof_of(*conditions: Condition) -> str:
    pytest.importorskip("z3")
    answer = decide(conditions, seconds=60)
    assert isinstance(answer, Impossible)
    return answer.proof


@pytest.mark.usefixtures("no_solver")
@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], Possible({})),
        ([All(())], Possible({})),
        ([Not(NEVER), AnyOf((All(()), IN_US))], Possible({})),
        ([IN_US], Possible({"principal.residence": ("US",)})),
        ([IN_US, All((INSIDE, Not(IN_CN)))], Possible({"principal.residence": ("US",), "request.network": ("10.0.0.0",)})),
        ([Absent("k"), Not(Compare("K", "equals", ("v",)))], Possible({})),
    ],
)  # fmt: skip
def test_what_needs_no_choice_needs_no_solver(
    conditions: list[Condition], expected: Possible
):
    """Constants, and tests that all have to hold, are settled without one."""
    assert decide(conditions, seconds=60) == expected


@pytest.mark.usefixtures("no_solver")
def test_constants_alone_are_impossible_without_a_solver():
    """Never is never, whoever asks."""
    for condition in (
        NEVER,
        All((IN_US, All((INSIDE, NEVER)))),
        Not(AnyOf((U, All(())))),
    ):
        assert isinstance(decide([condition], seconds=60), Impossible)


@pytest.mark.usefixtures("no_solver")
@pytest.mark.parametrize("condition", [All((IN_US, IN_CN)), AnyOf((IN_US, INSIDE))])
def test_without_a_solver_the_rest_is_unknown(condition: Condition):
    """Without the extra, nothing else is impossible or possible."""
    expected = Unknown("no solver is installed: the extra `guards` brings one")
    assert decide([condition], seconds=60) == expected


def test_the_solver_is_loaded_when_it_is_needed():
    """Importing the room loads no solver."""
    assert "z3" not in vars(solver)
    assert "z3" not in vars(symbolic)


def test_a_proof_can_be_read():
    """It states the conditions, what each constant stands for, and each lemma."""
    proof = proof_of(IN_CN, AnyOf((IN_US, NEVER)), INSIDE)
    assert proof.splitlines()[3:] == [
        "(set-logic QF_UF)",
        '(declare-const t1 Bool) ; {"each":"one","key":"principal.residence","op":"equals","test":"compare","values":["CN"]}',
        '(declare-const t2 Bool) ; {"each":"one","key":"principal.residence","op":"equals","test":"compare","values":["US"]}',
        '(declare-const t3 Bool) ; {"each":"one","key":"request.network","op":"in_network","test":"compare","values":["10.0.0.0/8"]}',
        '; condition 1: {"each":"one","key":"principal.residence","op":"equals","test":"compare","values":["CN"]}',
        "(assert t1)",
        '; condition 2: {"of":[{"each":"one","key":"principal.residence","op":"equals","test":"compare","values":["US"]},{"of":[],"test":"any"}],"test":"any"}',
        "(assert t2)",
        '; condition 3: {"each":"one","key":"request.network","op":"in_network","test":"compare","values":["10.0.0.0/8"]}',
        "(assert t3)",
        "; lemma on the key principal.residence",
        "(assert (or (not t1) (not t2)))",
        "(check-sat)",
    ]


def test_a_proof_holds_no_lemma_that_it_does_not_need():
    """What contradicts itself beside the point is left out."""
    beside = AnyOf((All((INSIDE, Not(INSIDE))), IN_US))
    proof = proof_of(IN_CN, Not(IN_US), beside, IN_US)
    assert proof.count("; lemma") == 0
    assert recheck(proof) in (True, None)


@pytest.mark.parametrize(
    "name",
    ["k\n(assert false)", "é\u2028k", 'quo"te', "back\\slash", "tab\tk", "\x85k"],
)
def test_a_proof_stays_one_whatever_a_key_is_called(name: str):
    """No key can end a comment and say something of its own."""
    pytest.importorskip("cvc5")
    tests = (Compare(name, "equals", ("a",)), Compare(name, "equals", ("b\n(",)))
    proof = proof_of(AnyOf((All(tests), NEVER)), *tests)
    assert recheck(proof) is True
    without = proof.replace("(assert (or (not t1) (not t2)))\n", "")
    assert recheck(without) is False


def test_no_time_leaves_it_unknown():
    """Whatever is asked, no time gives no answer."""
    for condition in (IN_US, All((IN_US, IN_CN)), AnyOf((IN_US, INSIDE))):
        expected = Unknown("it was not decided within 0 s")
        assert decide([condition], seconds=0) == expected


def test_a_hard_question_is_unknown_after_its_time():
    """A vast product of patterns is left when the time is over."""
    hard = [Compare("k", "like", (f"*{c}*{c}*",)) for c in "abcdefghijklmnop"]
    answer = decide([All(tuple(hard))], seconds=0.02)
    assert answer == Unknown("it was not decided within 0.02 s")


@pytest.mark.parametrize(
    "condition",
    [
        AnyOf(tuple(Absent(f"k{n}") for n in range(5_001))),
        Compare("k", "equals", ("v" * 60_001,)),
        All(tuple(Compare(f"k{n}", "equals", ("v" * 50_001,)) for n in range(6))),
    ],
)
def test_what_is_too_large_is_unknown(condition: Condition):
    """Neither tests without number nor texts without end are begun with."""
    assert decide([condition]) == Unknown("the conditions are too large to decide")


def test_what_is_not_understood_is_left_open():
    """It neither proves nor shows anything; what holds without it does."""
    pytest.importorskip("z3")
    open_ = Unknown("a condition is not understood: a variable")
    assert decide([U, IN_US], seconds=60) == open_
    assert decide([Not(U), IN_US], seconds=60) == open_
    assert isinstance(decide([U, IN_US, IN_CN], seconds=60), Impossible)
    assert isinstance(decide([AnyOf((U, IN_US))], seconds=60), Possible)
    assert isinstance(decide([Not(All((U, IN_US)))], seconds=60), Possible)


def test_every_reason_is_told_once():
    """Several parts that aren't understood are all named."""
    other = Undecided("an operator")
    answer = decide([U, other, U], seconds=60)
    assert answer == Unknown("a condition is not understood: a variable; an operator")


def test_one_value_here_and_several_there_prove_nothing():
    """If that alone is why nothing passes, somebody took the key for another."""
    pytest.importorskip("z3")
    both = [Compare("employer", "equals", (one,), "any") for one in ("a", "b")]
    facts = All(tuple(both))
    lone = Compare("Employer", "equals", ("a",))
    expected = Unknown("`employer`: compared as one value here, as several there")
    assert decide([facts, lone], seconds=60) == expected
    other = Compare("employer", "equals", ("c",), "all")
    assert isinstance(decide([facts, lone, other], seconds=60), Impossible)


def test_kinds_that_meet_prove_nothing():
    """Where the search of a key isn't complete, its silence is no proof."""
    pytest.importorskip("z3")
    mixed = [Compare("k", "more", ("10",)), Compare("k", "less", ("100",)), Compare("k", "like", ("*7",))]  # fmt: skip
    answer = decide(mixed, seconds=60)
    assert isinstance(answer, Unknown)
    assert "several kinds" in answer.reason
    assert isinstance(decide([*mixed, Absent("k")], seconds=60), Impossible)


def test_a_comparison_with_nothing_is_a_constant():
    """With no values, none compares; and of all values, only no value does."""
    nothing = Compare("k", "less", ())
    every = Compare("k", "less", (), "all")
    assert isinstance(decide([nothing]), Impossible)
    assert decide([Not(nothing)], seconds=60) == Possible({})
    assert decide([every], seconds=60) == Possible({})
    assert decide([Not(every)], seconds=60) == Possible({"k": ("x",)})


def test_a_proposal_that_is_none_is_loud(monkeypatch: pytest.MonkeyPatch):
    """If the solver's proposal didn't meet the conditions, the replay would tell."""
    pytest.importorskip("z3")
    monkeypatch.setattr(solver, "implicant", lambda *_: None)
    with pytest.raises(ReplayError):
        decide([AnyOf((IN_US, INSIDE))], seconds=60)


def test_a_solver_that_runs_out_of_time_leaves_it_unknown():
    """Twelve pigeons don't fit eleven holes, which takes the solver too long to see."""
    pytest.importorskip("z3")
    sits = [
        [Absent(f"{pigeon} in {hole}") for hole in range(11)] for pigeon in range(12)
    ]
    alone = [
        Not(All((one, other)))
        for hole in range(11)
        for one, other in itertools.combinations([holes[hole] for holes in sits], 2)
    ]
    everyone = [AnyOf(tuple(holes)) for holes in sits]
    answer = decide([*everyone, *alone], seconds=1.0)
    assert answer == Unknown("it was not decided within 1 s")


def test_a_request_names_keys_as_conditions_do():
    """The first spelling of a key is the one that is shown."""
    there, present = (
        Compare("aws:SourceIp", "in_network", ("::/0",)),
        Absent("AWS:sourceip"),
    )
    assert decide([there, Not(present)], seconds=60) == Possible(
        {"aws:SourceIp": ("::",)}
    )


def test_a_disagreement_is_loud(monkeypatch: pytest.MonkeyPatch):
    """A request that doesn't replay is a defect, and no answer."""
    monkeypatch.setattr(symbolic, "find", lambda *_: {"principal.residence": ("CN",)})
    with pytest.raises(ReplayError, match="does not meet"):
        decide([IN_US])


def test_an_unbounded_time_is_one():
    """Any number of seconds may be given."""
    assert isinstance(decide([IN_US], seconds=1e12), Possible)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(set-logic QF_UF)(assert false)(check-sat)", True),
        ("(set-logic QF_UF)(assert true)(check-sat)", False),
        ("(set-logic QF_UF)(assert false)", False),
        ("(set-logic QF_UF)(assert false)(check-sat)(check-sat)", False),
        ("(assert", False),
        ("(assert t9)", False),
        ('(echo "unsat")', False),
        ("", False),
    ],
)
def test_the_second_solver_believes_no_text(text: str, expected: bool):  # noqa: FBT001
    """Only a text that is read whole, and checked once as unsatisfiable, is a proof."""
    pytest.importorskip("cvc5")
    assert recheck(text) is expected


def test_a_second_solver_that_runs_out_of_time_has_no_opinion(
    monkeypatch: pytest.MonkeyPatch,
):
    """No answer in time is no answer."""
    pytest.importorskip("cvc5")
    monkeypatch.setattr(rechecking, "SECONDS", 0.001)
    sits = [[f"s{pigeon}{hole}" for hole in "abcdefghij"] for pigeon in range(11)]
    lines = [f"(declare-const {one} Bool)" for holes in sits for one in holes]
    lines += [f"(assert (or {' '.join(holes)}))" for holes in sits]
    for held in zip(*sits, strict=True):
        for one, other in itertools.combinations(held, 2):
            lines.append(f"(assert (not (and {one} {other})))")
    assert recheck("(set-logic QF_UF)" + "".join(lines) + "(check-sat)") is None


def test_without_the_second_solver_there_is_no_second_opinion(
    monkeypatch: pytest.MonkeyPatch,
):
    """None is neither a yes nor a no."""
    monkeypatch.setitem(sys.modules, "cvc5", None)
    assert recheck("(assert false)(check-sat)") is None
