"""Laws of guards: the two readings are one, and neither is alone in saying so."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringfence.guard import globs
from ringfence.guard.clock import Clock
from ringfence.guard.concrete import Request, holds
from ringfence.guard.formula import formula
from ringfence.guard.operators import OPERATORS
from ringfence.guard.recheck import recheck
from ringfence.guard.symbolic import Impossible, Possible, Unknown, decide
from ringfence.guard.tree import (
    All,
    AnyOf,
    Compare,
    Condition,
    Each,
    Not,
    Undecided,
    canonical,
    parse,
)
from tests.guards import UNIVERSE, comparisons, conditions, guards, requests
from tests.reference.guard import passes, possible

pytest.importorskip("z3")
PATTERNS = st.text("ab:*?[", max_size=8)
ARNS = st.lists(st.text("ab*?", max_size=2), min_size=6, max_size=7).map(":".join)
EACH: tuple[Each, ...] = ("one", "any", "all")
PLENTY = 60.0  # so that a busy machine leaves nothing open


@given(conditions(undecided=True))
def test_a_condition_is_what_its_text_says(condition: Condition):
    """Reading the canonical text gives the condition back."""
    assert parse(canonical(condition)) == condition


@given(conditions(leaves=12), requests)
def test_the_concrete_reading_is_the_naive_one(condition: Condition, request_: Request):
    """A condition holds of a request where the reference says that it does."""
    assert holds(condition, request_) == passes(canonical(condition), request_)


@given(conditions(undecided=True), requests)
def test_undecided_is_neither(condition: Condition, request_: Request):
    """Where a part isn't decided, the answer is the one that both its values give."""

    def settled(one: Condition, *, as_if: bool) -> Condition:
        match one:
            case All():
                return All(tuple(settled(p, as_if=as_if) for p in one.of))
            case AnyOf():
                return AnyOf(tuple(settled(p, as_if=as_if) for p in one.of))
            case Not():
                return Not(settled(one.of, as_if=not as_if))
            case Undecided():
                return All(()) if as_if else AnyOf(())
        return one

    at_best = holds(settled(condition, as_if=True), request_)
    at_worst = holds(settled(condition, as_if=False), request_)
    expected = at_best if at_best == at_worst else None
    assert holds(condition, request_) is expected


@given(guards(undecided=True), st.lists(requests, min_size=1, max_size=20))
def test_what_a_request_passes_is_not_impossible(
    guard: list[Condition], some: list[Request]
):
    """No request passes what is called impossible."""
    if any(all(holds(one, r) for one in guard) for r in some):
        assert not isinstance(decide(guard, seconds=PLENTY), Impossible)


@given(guards())
@example(
    [
        Compare("letters", "equals_ignoring_case", ("a",)),
        Not(Compare("letters", "equals", ("a", "A"))),
    ]
)
def test_the_answer_is_that_of_every_request(guard: list[Condition]):
    """Possible is what some request of a rich universe passes; nothing stays open."""
    answer = decide(guard, seconds=PLENTY)
    assert not isinstance(answer, Unknown)
    expected = possible([canonical(one) for one in guard], UNIVERSE)
    assert isinstance(answer, Possible) is expected


@given(guards())
def test_the_second_solver_agrees(guard: list[Condition]):
    """Every proof of impossibility is one to cvc5 too."""
    pytest.importorskip("cvc5")
    answer = decide(guard, seconds=PLENTY)
    if isinstance(answer, Impossible):
        assert recheck(answer.proof) is True


@given(guards(undecided=True))
def test_a_request_found_passes(guard: list[Condition]):
    """A request that is found meets every condition, by the naive reading too."""
    answer = decide(guard, seconds=PLENTY)
    if not isinstance(answer, Possible):
        return
    assert [holds(one, answer.request) for one in guard] == [True] * len(guard)
    decided = [c for one in guard if "undecided" not in (c := canonical(one))]
    assert all(passes(one, answer.request) for one in decided)


@given(guards(undecided=True), conditions("text", "number"))
def test_a_further_condition_opens_nothing(guard: list[Condition], further: Condition):
    """What is impossible stays so when a condition is added."""
    if isinstance(decide(guard, seconds=PLENTY), Impossible):
        assert isinstance(decide([*guard, further], seconds=PLENTY), Impossible)


@given(guards())
def test_the_order_of_conditions_is_nothing(guard: list[Condition]):
    """Conditions in another order have the same kind of answer."""
    forward, backward = (
        decide(guard, seconds=PLENTY),
        decide(guard[::-1], seconds=PLENTY),
    )
    assert type(forward) is type(backward)


@given(guards())
def test_the_same_question_has_the_same_answer(guard: list[Condition]):
    """Two runs give one proof, or one request."""
    assert decide(guard, seconds=PLENTY) == decide(guard, seconds=PLENTY)


@given(
    st.lists(comparisons(("text", "number", "letters")), min_size=1, max_size=3),
    st.data(),
)
def test_kinds_that_meet_on_one_key_are_never_wrong(
    comparisons_: list[Compare], data: st.DataObject
):
    """Texts and numbers compared with one key: open at worst, never impossible wrongly."""
    mixed: list[Condition] = []
    for one in comparisons_:
        test = Compare("text", one.op, one.values, data.draw(st.sampled_from(EACH)))
        mixed.append(test if data.draw(st.booleans()) else Not(test))
    universe = UNIVERSE["text"] + UNIVERSE["number"] + UNIVERSE["letters"]
    if possible([canonical(one) for one in mixed], {"text": universe}):
        assert not isinstance(decide(mixed, seconds=PLENTY), Impossible)


@given(conditions(leaves=12))
def test_a_formula_without_undecided_parts_is_one(condition: Condition):
    """Without undecided parts, the best and the worst case are one formula."""
    assert formula(condition, undecided=True) == formula(condition, undecided=False)
    negated = formula(Not(condition), undecided=True)
    assert negated == formula(condition, undecided=True, true=False)


def as_regex(pattern: str) -> str:
    wild = {"*": "re.all", "?": "re.allchar"}
    parts = [wild.get(c, f'(str.to_re "{c}")') for c in pattern]
    return f'(re.++ (str.to_re "") (str.to_re "") {" ".join(parts)})'


@settings(max_examples=20)
@given(
    st.lists(st.text("ab*?", max_size=5), min_size=1, max_size=3),
    st.lists(st.text("ab*?", max_size=5), max_size=2),
)
def test_a_theory_of_strings_finds_no_text_either(
    inside: list[str], outside: list[str]
):
    """Where the automata find no text, a solver that knows texts finds none."""
    pytest.importorskip("cvc5")
    made = [[globs.automaton("like", (p,)) for p in side] for side in (inside, outside)]
    text = globs.witness(made[0], made[1], Clock.of(PLENTY))
    terms = [f"(str.in_re s {as_regex(one)})" for one in inside]
    terms += [f"(not (str.in_re s {as_regex(one)}))" for one in outside]
    found = recheck(
        "(set-logic QF_SLIA)(declare-const s String)"
        + "".join(f"(assert {term})" for term in terms)
        + "(check-sat)"
    )
    assert found in (text is None, None)


@given(PATTERNS, st.text("ab:[x", max_size=8))
def test_an_automaton_matches_what_the_operator_does(pattern: str, text: str):
    """The automaton of a pattern takes the texts that the concrete reading takes."""
    for op in ("equals", "equals_ignoring_case", "like"):
        expected = OPERATORS[op].matches(text, pattern)
        assert globs.automaton(op, (pattern,)).matches(text) is expected


@given(ARNS, st.lists(st.text("abx", max_size=2), min_size=5, max_size=8).map(":".join))
def test_an_automaton_matches_an_arn_part_by_part(pattern: str, text: str):
    """A star takes no colon but in an ARN's last part."""
    expected = OPERATORS["arn_like"].matches(text, pattern)
    assert globs.automaton("arn_like", (pattern,)).matches(text) is expected


@given(st.text(max_size=4), st.text(max_size=4))
def test_case_is_folded_the_same_in_both_readings(one: str, other: str):
    """Any two texts are the same but for case in both readings or in neither."""
    expected = OPERATORS["equals_ignoring_case"].matches(one, other)
    assert globs.automaton("equals_ignoring_case", (other,)).matches(one) is expected


@given(st.lists(PATTERNS, min_size=1, max_size=3), st.lists(PATTERNS, max_size=3))
def test_a_text_found_is_in_and_out(inside: list[str], outside: list[str]):
    """A text found matches all that it has to and nothing else."""
    made = [[globs.automaton("like", (p,)) for p in side] for side in (inside, outside)]
    text = globs.witness(made[0], made[1], Clock.of(PLENTY))
    if text is not None:
        matches = OPERATORS["like"].matches
        assert all(matches(text, pattern) for pattern in inside)
        assert not any(matches(text, pattern) for pattern in outside)
