"""The checker's own reading of conditions, and which sets of guards it sees covered."""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Mapping
from itertools import product
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given

from ringfence.boundary import vocabulary
from ringfence.guard import concrete, tree
from ringfence.guard.operators import OPERATORS
from ringfence.guard.symbolic import Impossible, decide
from ringfence.guard.tree import Absent, All, AnyOf, Compare, Condition, Not
from ringfence_verify import conditions
from ringfence_verify.conditions import cover, meets, recheck, vetted
from ringfence_verify.reading import SHAPES, RefusedError
from tests.guards import conditions as drawn
from tests.guards import requests
from tests.reference.guard import passes

UNSAT = """(set-logic QF_UF)
(declare-const t1 Bool) ; {"key":"k"}
(assert t1)
(assert (not t1))
(check-sat)
"""


def met(condition: Condition, request: Mapping[str, Any]) -> bool:
    """Whether the checker says that a request meets a condition."""
    folded = {key.casefold(): list(values) for key, values in request.items()}
    return meets(folded, tree.canonical(condition))


# --- one request, one condition -------------------------------------------------------


def test_shapes_are_those_of_conditions():
    """Every condition has the fields that it is written with, and every operator."""
    for kind in typing.get_args(tree.Condition):
        fields = {field.name for field in msgspec.structs.fields(kind)}
        name = "guard_" + kind.__struct_config__.tag
        assert SHAPES[name].keys() == {"test", *fields}
    assert SHAPES["operators"].keys() == OPERATORS.keys()
    assert {*SHAPES["leaves"]["op"].split("|")} == OPERATORS.keys()


def test_kinds_of_node_are_the_vocabulary():
    """The checker's own list of the kinds that can be needed is the project's."""
    kinds = re.match(r"\(([a-z_|]+)\)", SHAPES["leaves"]["node"])
    assert kinds is not None
    assert {*kinds[1].split("|")} == {*vocabulary.NODE_KINDS}


@given(drawn(), requests)
def test_conditions_mean_what_the_reference_says(condition, request):
    """The checker's third reading of a condition agrees with the naive one."""
    assert met(condition, request) == passes(tree.canonical(condition), request)


@given(drawn(undecided=True), requests)
def test_what_is_undecided_is_not_met(condition, request):
    """Of three values, only the engine's true counts as met."""
    assert met(condition, request) is (concrete.holds(condition, request) is True)


Row = tuple[str, str, str, bool]
ROWS: list[Row] = [
    ("equals", "a", "a", True),
    ("equals", "a", "A", False),
    ("equals_ignoring_case", "ÄB", "äb", True),
    ("equals_ignoring_case", "ß", "ss", False),
    ("like", "a/b\nc", "a*c", True),
    ("like", "abc", "a?c", True),
    ("like", "ac", "a?c", False),
    ("like", "a[b]", "a[b]", True),
    ("like", "aXbYb", "a*b*b", True),
    ("like", "ab", "a*b*b", False),
    ("like", "", "", True),
    ("like", "a" * 5000, "*a" * 40 + "*b", False),
    ("arn_like", "arn:aws:s3:::b/k:v", "arn:aws:s3:::b/*", True),
    ("arn_like", "arn:aws:s3:eu:1:b", "arn:*:*:*:*:*:b", False),
    ("arn_like", "arn:aws", "arn:*:*:*:*:*", False),
    ("in_network", "10.1.2.3", "10.0.0.0/8", True),
    ("in_network", "11.1.2.3", "10.0.0.0/8", False),
    ("in_network", "10.1.2.3", "10.1.2.3", True),
    ("in_network", "10.1.2.3", "10.1.2.99/24", True),
    ("in_network", "2001:db8::1", "2001:db8::/32", True),
    ("in_network", "2001:db8::1", "10.0.0.0/8", False),
    ("in_network", "10.1.2.3", "::/0", False),
    ("in_network", "10.1.2.0/24", "10.0.0.0/8", False),
    ("in_network", "fe80::1%eth0", "fe80::/10", False),
    ("in_network", "here", "10.0.0.0/8", False),
    ("same_number", "1.50", "15e-1", True),
    ("same_number", "1,5", "1.5", False),
    ("same_number", "٣", "3", False),
    ("less", "-.5", "0", True),
    ("less", "0", "0", False),
    ("at_most", "0", "0", True),
    ("more", "0.1", "0", True),
    ("at_least", "3.", "3", True),
    ("same_instant", "2022-01-01", "1640995200", True),
    ("same_instant", "2022-01-01T01:00:00+01:00", "2022-01-01", True),
    ("same_instant", "2022-01-01T00:00+0000", "2022-01-01T00:00Z", True),
    ("same_instant", "2022-01-01T00:00:00.50Z", "1640995200.5", True),
    ("same_instant", "2022-01-01T00:00:00", "2022-01-01", False),
    ("same_instant", "2022-02-30", "2022-03-02", False),
    ("before", "2021-12-31T23:59:59.999999999Z", "2022-01-01", True),
    ("until", "2022-01-01", "2022-01-01", True),
    ("after", "2022-01-01T00:00:00-00:01", "2022-01-01", True),
    ("from", "0001-01-01T00:00:00+05:00", "0001-01-01", False),
    ("from", "9999-12-31T23:59:59-23:59", "9999-12-31", True),
    ("from", "soon", "2022-01-01", False),
]


@pytest.mark.parametrize(
    "row", ROWS, ids=[f"{o}-{n}" for n, (o, *_) in enumerate(ROWS)]
)
def test_an_operator_compares(row: Row):
    """Each operator compares as the engine's does, odd values and all."""
    op, value, bound, expected = row
    condition = Compare("k", op, (bound,))  # type: ignore[arg-type]
    engine = concrete.holds(condition, {"k": (value,)})
    assert (met(condition, {"k": (value,)}), engine) == (expected, expected)


@pytest.mark.parametrize(
    ("op", "bound"),
    [
        ("less", "one"),
        ("before", "soon"),
        ("in_network", "10.0.0.0/99"),
        ("arn_like", "*"),
    ],
)
def test_a_bound_that_is_none_is_refused(op: str, bound: str):
    """A guard that nothing can be compared with is no guard, met or not."""
    test = {"each": "one", "key": "k", "op": op, "test": "compare", "values": [bound]}
    guard = json.dumps({"of": test, "test": "not"})
    with pytest.raises(RefusedError, match=f"a guard compares by `{op}` with"):
        meets({"k": ["1"]}, guard)


A, B = (Compare("Key", "equals", (text,)) for text in "ab")
EACH = [
    (A, {"key": ("a",)}, True),
    (A, {"KEY": ("a",)}, True),
    (A, {"key": ("a", "a")}, False),
    (A, {"key": ("a",), "KEY": ("b",)}, False),
    (A, {}, False),
    (Not(A), {}, True),
    (Compare("key", "equals", ("a", "b"), "any"), {"key": ("c", "b")}, True),
    (Compare("key", "equals", ("a",), "any"), {}, False),
    (Compare("key", "equals", ("a", "b"), "all"), {"key": ("a", "b")}, True),
    (Compare("key", "equals", ("a",), "all"), {"key": ("a", "b")}, False),
    (Compare("key", "equals", ("a",), "all"), {}, True),
    (Absent("key"), {}, True),
    (Absent("key"), {"key": ()}, True),
    (Absent("key"), {"KEY": ("",)}, False),
    (All(()), {}, True),
    (AnyOf(()), {}, False),
    (AnyOf((A, B)), {"key": ("b",)}, True),
    (All((A, B)), {"key": ("b",)}, False),
]


@pytest.mark.parametrize(("condition", "request_", "expected"), EACH)
def test_a_condition_holds_of_its_values(condition, request_, expected):
    """One value, any, all, none: each form of test by itself."""
    merged: dict[str, list[str]] = {}
    for key, values in request_.items():
        merged.setdefault(key.casefold(), []).extend(values)
    assert meets(merged, tree.canonical(condition)) is expected


# --- sets of guards -------------------------------------------------------------------

CN = {"principal.residence": ["CN"]}
BOTH, TORN = All((A, B)), All((A, Not(A)))  # never met, and no constant says so
TOLD = [tree.canonical(c) for c in (A, B, AnyOf(()), BOTH, TORN)]
GUARDS, (TEXT_A, TEXT_B, NEVER, TEXT_BOTH, TEXT_TORN) = {*TOLD}, TOLD


def conflict(*guards: str, known: Any = None, proof: str = "p") -> Any:
    return {"guards": [*guards], "known": known or {}, "proof": proof}


def covered(parts: list[list[str]], conflicts: list[Any], *told: Any) -> list[str]:
    """Return the proofs that closed sets, by what they leave out, rest on."""
    sure = vetted(conflicts, GUARDS)
    return cover([{"without": out} for out in parts], sure, [*told])


def test_nothing_left_out_needs_no_proof():
    """A closed set that every guarded edge is in covers whatever is asked."""
    assert covered([[]], [conflict(TEXT_BOTH, proof="unused")], CN) == []


def test_two_closed_sets_cover_two_guards_that_exclude_each_other():
    """Whichever of the two is missed, some closed set leaves out that one alone."""
    both = conflict(TEXT_A, TEXT_B)
    assert covered([[TEXT_A], [TEXT_B]], [both], CN) == ["p"]


@pytest.mark.parametrize(
    ("parts", "conflicts"),
    [
        ([[TEXT_A]], [conflict(TEXT_A, TEXT_B)]),
        ([[TEXT_A, TEXT_B]], [conflict(TEXT_A, TEXT_B)]),
        ([[TEXT_A]], []),
        ([[TEXT_BOTH]], [conflict(TEXT_TORN)]),
        ([[TEXT_BOTH]], [conflict(TEXT_BOTH, known={"principal.residence": ["US"]})]),
        ([[TEXT_BOTH]], [conflict(TEXT_BOTH, known={"principal.team": ["x"]})]),
    ],
)
def test_what_one_request_meets_has_to_be_covered(parts, conflicts):
    """A guard left out without a proof about these origins is named."""
    with pytest.raises(
        RefusedError, match=r"no closed set covers requests that meet \{"
    ):
        covered(parts, conflicts, CN)


def test_what_is_known_has_to_be_so_of_each_origin():
    """A conflict that holds for one of two origins says nothing about both."""
    of_cn, more = conflict(TEXT_BOTH, known=CN), {**CN, "principal.team": ["x"]}
    assert covered([[TEXT_BOTH]], [of_cn], CN, more) == ["p"]
    with pytest.raises(RefusedError, match="no closed set covers"):
        covered([[TEXT_BOTH]], [of_cn], CN, {})


def test_what_constants_settle_rests_on_no_proof():
    """`any` of no parts is never met, whatever a solver would say."""
    assert covered([[NEVER]], [conflict(NEVER)], {}) == []
    told = [conflict(NEVER, TEXT_A, proof="q"), conflict(TEXT_A, NEVER, proof="p")]
    assert (
        covered(
            [[NEVER], [TEXT_A]],
            [{**one, "guards": sorted(one["guards"])} for one in told],
            {},
        )
        == []
    )


@pytest.mark.parametrize(
    ("condition", "settled"),
    [
        (AnyOf(()), True),
        (AnyOf((AnyOf(()),)), True),
        (Not(All(())), True),
        (All((A, AnyOf(()))), True),
        (All(()), False),
        (Not(A), False),
        (Not(AnyOf(())), False),
        (All((A, Not(A))), False),
        (tree.Undecided("?"), False),
        (All((tree.Undecided("?"), AnyOf(()))), True),
    ],
)
def test_constants_alone_are_folded(condition: Condition, settled: bool):  # noqa: FBT001
    """Only what constants make false is settled without a solver."""
    guards = sorted({tree.canonical(condition), TEXT_BOTH})
    assert vetted([conflict(*guards)], {*guards})[0]["settled"] is settled


@pytest.mark.parametrize(
    ("guards", "offence"),
    [
        ([], "conflict 1: `guards` is empty, unsorted or repeats"),
        (sorted([TEXT_A, TEXT_B])[::-1], "`guards` is empty, unsorted or repeats"),
        ([TEXT_A, TEXT_A], "`guards` is empty, unsorted or repeats"),
        (["zz"], "conflict 1 is about what is no guard"),
    ],
)
def test_a_malformed_conflict_is_refused(guards: list[str], offence: str):
    """A conflict is about guards that stand in the facts, in their one order."""
    with pytest.raises(RefusedError, match=offence):
        vetted([conflict(*guards)], GUARDS)


def one(op: str, *bounds: str, key: str = "k", each: Any = "one") -> Compare:
    return Compare(key, op, bounds, each)  # type: ignore[arg-type]


def vet(*guards: Condition, **known: str) -> Any:
    """Return what is made of one conflict of these guards."""
    texts = sorted(map(tree.canonical, guards))
    told = {f"principal.{name}": [text] for name, text in known.items()}
    return vetted([conflict(*texts, known=told)], {*texts})[0]


EASY = [
    ("equals", "a"),
    ("equals_ignoring_case", "ÄB"),
    ("like", "a*b?c"),
    ("like", ""),
    ("arn_like", "arn:aws:s3:*:1?:b/*"),
    ("in_network", "10.0.0.0/8"),
    ("in_network", "2001:db8::/32"),
    ("in_network", "10.1.2.99/24"),
    *product(
        ("same_number", "less", "at_most", "more", "at_least"), ("5", "-.5", "1e20")
    ),
    *product(
        ("same_instant", "before", "until", "after", "from"),
        ("2022-01-01", "1640995200.5"),
    ),
]
MORE: list[list[Condition]] = [
    [Absent("k")],
    [Not(Absent("k"))],
    [Not(A)],
    [Not(one("in_network", "::/0"))],
    [one("equals", "a", each="all")],
    [one("equals", "a", "b", each="any")],
    [AnyOf((AnyOf(()), A))],
    [A, Not(B)],
    [A, one("equals", "b", key="other")],
    [Not(A), Not(B), Absent("other")],
    [one("more", "1"), one("less", "3")],
    [one("after", "2022-01-01"), one("until", "2022-01-02")],
    [one("equals", "CN", key="principal.residence"), Absent("k")],
    [one("from", "2022-01-01", key="request.time")],
    [one("like", "a*"), one("equals", "ab")],
    [one("in_network", "10.0.0.0/8"), one("in_network", "10.255.255.0/24")],
    [All(())],
    [Not(AnyOf(()))],
]
SATISFIABLE = [*([one(*row)] for row in EASY), *MORE]


@pytest.mark.parametrize(
    "guards", SATISFIABLE, ids=[str(n) for n, _ in enumerate(SATISFIABLE)]
)
def test_a_conflict_that_a_request_meets_is_none(guards: list[Condition]):
    """Guards that their own bounds show to be met exclude nothing, whoever says so."""
    with pytest.raises(
        RefusedError, match=r"^conflict 1: a request meets these guards"
    ):
        vet(*guards)


EXCLUSIVE: list[list[Condition]] = [
    [A, B],
    [A, Not(A)],
    [A, Absent("key")],
    [Absent("k"), Not(Absent("k"))],
    [one("less", "1"), one("more", "2")],
    [one("before", "2022-01-01"), one("from", "2022-01-01")],
    [one("in_network", "10.0.0.0/8"), one("in_network", "11.0.0.0/8")],
    [one("like", "a*"), one("like", "b*")],
    [one("arn_like", "arn:a:*:*:*:*"), one("arn_like", "arn:b:*:*:*:*")],
    [tree.Undecided("?")],
    [A, tree.Undecided("?")],
]


@pytest.mark.parametrize(
    "guards", EXCLUSIVE, ids=[str(n) for n, _ in enumerate(EXCLUSIVE)]
)
def test_guards_that_exclude_each_other_are_a_conflict(guards: list[Condition]):
    """Where no request is found the proof is left to be re-checked, as it was."""
    assert vet(*guards)["settled"] is False


def test_what_is_known_binds_the_search():
    """A request is looked for among those of whom the conflict speaks."""
    in_us = one("equals", "US", key="principal.residence")
    assert vet(in_us, residence="CN")["settled"] is False
    with pytest.raises(
        RefusedError, match=r"meets these guards: \{'principal.residence"
    ):
        vet(in_us, residence="US")
    day = {"request.time": ["2022-01-31T00:00:00Z", "2022-02-01T00:00:00Z"]}
    late = tree.canonical(one("after", "2022-02-01", key="request.time"))
    assert vetted([conflict(late, known=day)], {late})[0]["settled"] is False
    now = tree.canonical(one("until", "2022-02-01", key="Request.Time"))
    with pytest.raises(RefusedError, match="a request meets these guards"):
        vetted([conflict(now, known=day)], {now})


@pytest.mark.parametrize(
    "guards",
    [
        [one("like", "a?"), Not(one("like", "ax"))],
        [one("more", "1"), one("less", "1.5")],
        [one("equals", "a", each="any"), one("equals", "b", each="any")],
    ],
)
def test_the_search_isnt_complete(guards: list[Condition]):
    """Values that no bound suggests aren't tried, nor several at once."""
    assert vet(*guards)["settled"] is False


@given(drawn())
def test_a_conflict_refused_is_met(condition: Condition):
    """The naive reading, too, says that the request found meets the guard."""
    text = tree.canonical(condition)
    found = conditions._met([text], {})
    told = {key: tuple(of) for key, of in (found or {}).items() if of}
    assert found is None or passes(text, told)


def test_the_search_for_a_request_is_bounded(monkeypatch: pytest.MonkeyPatch):
    """Guards of many keys are given up after so many requests, and left unsure."""
    asked: list[object] = []
    holds = conditions._all_hold

    def counted(trees: list[Any], request: Any) -> bool:
        asked.append(request)
        return holds(trees, request)

    monkeypatch.setattr(conditions, "_all_hold", counted)
    many = [one("equals", "a", "b", key=f"k{number:02}") for number in range(40)]
    assert vet(*many)["settled"] is False
    assert len(asked) == conditions.MOST_TRIED


def test_a_bound_that_is_none_is_refused_in_a_conflict():
    """A conflict about a guard that nothing can be compared with is refused."""
    for op, bound in (("in_network", "10.0.0.0/99"), ("less", "x"), ("from", "x")):
        test = {"each": "one", "key": "k", "op": op, "test": "compare"}
        text = json.dumps({**test, "values": [bound]})
        with pytest.raises(RefusedError, match=f"a guard compares by `{op}` with"):
            vetted([conflict(text)], {text})


def test_the_search_for_a_gap_is_bounded(monkeypatch: pytest.MonkeyPatch):
    """A certificate that would take for ever to check is refused."""
    monkeypatch.setattr(conditions, "MOST_SETS", 100)
    names = [f"g{number:02}" for number in range(16)]
    pairs = [conflict(one, f"{one}x") for one in names]
    sure = [{**one, "settled": False} for one in pairs]
    ends: list[Any] = [{"without": ["g15"]}, {"without": ["g15x"]}]
    with pytest.raises(RefusedError, match="more sets of guards than can be checked"):
        cover(ends, sure, [])


def test_many_ways_to_one_set_are_gone_once():
    """Conflicts that share their guards lead to few sets, however many they are."""
    sure = [{**conflict("a", "b"), "settled": False} for _ in range(200)]
    assert cover([{"without": ["a"]}, {"without": ["b"]}], sure, []) == ["p"]


# --- a second opinion -----------------------------------------------------------------


def test_cvc5_finds_the_engines_proofs_to_hold():
    """The texts that the engine writes are unsatisfiable in another solver."""
    pytest.importorskip("cvc5")
    pytest.importorskip("z3")
    found = decide([AnyOf((A, B)), Compare("key", "equals", ("c",))])
    assert isinstance(found, Impossible)
    assert (recheck(found.proof), recheck(UNSAT)) == (True, True)


@pytest.mark.parametrize(
    ("text", "offence"),
    [
        (UNSAT.replace("(not t1)", "t1"), "cvc5 doesn't find a guard proof to hold"),
        ("", "cvc5 doesn't find a guard proof to hold"),
        (UNSAT.replace("(check-sat)", ""), "cvc5 doesn't find a guard proof to hold"),
        (UNSAT + "(check-sat)", "cvc5 doesn't find a guard proof to hold"),
        ("; unsat\n(assert", "is not SMT-LIB"),
        ('(echo "unsat")', "a guard proof has the command echo"),
        (
            '(set-option :regular-output-channel "x")' + UNSAT,
            "a guard proof has the command set-option",
        ),
    ],
)
def test_cvc5_refuses_what_is_no_proof(text: str, offence: str):
    """What is satisfiable, says nothing or does more than assert is refused."""
    pytest.importorskip("cvc5")
    with pytest.raises(RefusedError, match=offence):
        recheck(text)


def test_a_solver_may_not_know(monkeypatch: pytest.MonkeyPatch):
    """An answer of `unknown` is no second opinion, and no refusal."""
    commands = iter(
        [
            SimpleNamespace(
                isNull=lambda: False,
                getCommandName=lambda: "check-sat",
                invoke=lambda *_: "unknown\n",
            ),
            SimpleNamespace(isNull=lambda: True),
        ]
    )
    reader = SimpleNamespace(
        setStringInput=lambda *_: None,
        nextCommand=lambda: next(commands),
        getSymbolManager=lambda: None,
    )
    solver = SimpleNamespace(setOption=lambda *_: None)
    fake = SimpleNamespace(
        Solver=lambda _: solver,
        TermManager=lambda: None,
        InputParser=lambda _: reader,
        InputLanguage=SimpleNamespace(SMT_LIB_2_6=0),
    )
    monkeypatch.setattr(conditions, "import_module", lambda _: fake)
    assert recheck(UNSAT) is False
