"""The decision as Rego: what can be said is said exactly, the rest is refused."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from regopy import Interpreter

from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Reason, Request
from ringfence.boundary.decision.scene import Dataset, Grant, Known, Scene
from ringfence.boundary.model import AnyOf, Attribute, Gate, Owned, Selector
from ringfence.boundary.status import Status
from ringfence.errors import ConfigError
from ringfence.gate.compile.rego import rego, rego_input, text
from ringfence.guard.operators import OPERATORS, glob_matches
from ringfence.guard.tree import Absent, All, Compare, Condition, Undecided
from ringfence.guard.tree import AnyOf as SomeOf
from ringfence.guard.tree import Not as NotSo

NOW = "2024-03-01T00:00:00Z"
ASK = Request("person:ann", "read", "dataset:wh/s.users")


def scene(guard: Condition | None = None, name: str = "in-china") -> Scene:
    """Return a scene in which a person inside the fence holds one grant."""
    return Scene(
        boundary="",
        estate="",
        since="2024-01-01T00:00:00Z",
        until="2025-01-01T00:00:00Z",
        gate=Gate((name,), mode="grants"),
        selectors=(Selector(name, Attribute("residence", ("CN",)), Owned()),),
        people={"person:ann": Known({"residence": ("US",)}, unknown=("team",))},
        entities={name: {}},
        datasets={"dataset:wh/s.users": Dataset({"email": Status.YES})},
        grants=(Grant(("person:ann",), ("read",), ("dataset:wh/s.users",), guard),),
    )


Ask = Callable[[object], dict[str, object]]


def engine(chosen: Scene) -> Ask:
    """Return what asks an engine that has a scene's rules and data."""
    rules, data = rego(chosen)
    return asking(rules, data.decode())


def asking(rules: str, data: str) -> Ask:
    """Return what asks an engine."""
    running = Interpreter()
    running.add_module("ringfence.rego", rules)
    running.add_data_json(data)
    running.set_input_term("{}")
    bundle = running.build("x = data.ringfence.decision")

    def ask(asked: object) -> dict[str, object]:
        running.set_input_term(json.dumps(asked, ensure_ascii=False))
        found = json.loads(str(running.query_bundle(bundle)))
        answer: dict[str, object] = found["bindings"]["x"]
        return answer

    return ask


def same(chosen: Scene, request: Request) -> str:
    """Return the reason that the reference and the engine both give."""
    expected = decide(chosen, request, NOW).reason
    found = engine(chosen)(rego_input(request, NOW, {}))
    assert found == {"allowed": Reason(expected) in _ALLOWED, "reason": expected}
    return expected


_ALLOWED = {Reason.NOT_EXCLUDED, Reason.NOT_PROTECTED}
VPN = Compare("Request.Network", "equals", ("vpn",))
TEAM = Compare("principal.team", "equals", ("core",))
HOME = Compare("principal.residence", "equals", ("US", "CA"))


@pytest.mark.parametrize(
    ("guard", "reason"),
    [
        (None, Reason.NOT_EXCLUDED),
        (VPN, Reason.NOT_EXCLUDED),
        (NotSo(VPN), Reason.GUARD),
        (HOME, Reason.NOT_EXCLUDED),
        (TEAM, Reason.GUARD),
        (NotSo(TEAM), Reason.GUARD),
        (SomeOf((TEAM, VPN)), Reason.NOT_EXCLUDED),
        (SomeOf(()), Reason.GUARD),
        (All(()), Reason.NOT_EXCLUDED),
        (All((VPN, HOME)), Reason.NOT_EXCLUDED),
        (Undecided("?"), Reason.GUARD),
        (Absent("request.mfa"), Reason.NOT_EXCLUDED),
        (Absent("REQUEST.network"), Reason.GUARD),
        (Compare("request.network", "equals", ()), Reason.GUARD),
        (Compare("request.roles", "equals", ("a",), "any"), Reason.NOT_EXCLUDED),
        (Compare("request.roles", "equals", ("a",), "all"), Reason.GUARD),
        (Compare("request.roles", "equals", ("a", "b"), "all"), Reason.NOT_EXCLUDED),
        (Compare("request.roles", "equals", ("a", "b")), Reason.GUARD),
    ],
)
def test_guards(guard: Condition | None, reason: Reason):
    """A guard says in Rego what it says here: yes, no, or undecided."""
    around = {"Request.NETWORK": ("vpn",), "request.roles": ("a", "b")}
    assert same(scene(guard), replace(ASK, circumstances=around)) == reason


TEXTS = ("", "a", "b", "ab", "aab", "abb", "aba", "ba", "xaby", "é", "aé", "a*b", "a b")


@pytest.mark.parametrize("pattern", ["", "*", "**", "a*", "*b", "a*b", "*a*", "ab*b"])
def test_plain_patterns(pattern: str):
    """A pattern with stars in the plain places is compared exactly."""
    ask = engine(scene(Compare("k", "like", (pattern,))))
    for value in TEXTS:
        request = replace(ASK, circumstances={"k": (value,)})
        found = ask(rego_input(request, NOW, {}))
        assert found["allowed"] == glob_matches(value, pattern), value


@pytest.mark.parametrize(
    "guard",
    [
        Compare("k", "like", ("a?",)),
        Compare("k", "like", ("a*b*c",)),
        *(
            Compare("k", op, (bound,))
            for op, bound in itertools.product(
                OPERATORS, ["1", "10.0.0.0/8", "2024-01-01", "a:b:c:d:e:f"]
            )
            if op not in {"equals", "like"} and not OPERATORS[op].flaw(bound)
        ),
    ],
)
def test_what_rego_cannot_say_exactly_is_refused(guard: Condition):
    """Any other comparison is refused by name, and never approximated."""
    with pytest.raises(ConfigError, match="can't compare exactly"):
        rego(scene(guard))


@pytest.mark.parametrize(
    "name", ['a"b', "a\\", "${x}", "\n\t\x0b\x7f", "国é🦊", "\u2028", '"} else := 0']
)
def test_texts_are_escaped(name: str):
    """No name, id, value or key ends the text that it stands in."""
    chosen = msgspec.structs.replace(
        scene(All((Compare(name, "equals", (name,)),)), name=name),
        selectors=(
            Selector(
                name,
                AnyOf((Attribute("team", (name,)), Attribute("residence", ("CN",)))),
                Owned(),
            ),
        ),
        people={"person:ann": Known({"team": (name,), "residence": ("US",)})},
    )
    met = replace(ASK, circumstances={name: (name,)})
    assert same(chosen, met) == Reason.EXCLUDED
    outside = replace(met, columns=("email",), verb="fly")
    assert same(chosen, outside) == Reason.UNKNOWN_VERB
    assert json.loads(text(name)) == name


def test_a_key_that_is_escaped_is_found():
    """A guard's key in any script is found in the request."""
    guard = Compare('ké"\\', "equals", ('"\\',))
    assert same(scene(guard), replace(ASK, circumstances={'KÉ"\\': ('"\\',)})) == (
        Reason.NOT_EXCLUDED
    )


@pytest.mark.parametrize("name", ["É", "ß", "\u13a0", "ſ"])
def test_names_that_engines_fold_each_in_its_way_are_refused(name: str):
    """A name has small letters that every engine knows, or is refused."""
    with pytest.raises(ConfigError, match="small letters"):
        rego_input(replace(ASK, stated={name: ("x",)}), NOW, {})


def test_a_key_that_engines_fold_each_in_its_way_is_refused():
    """So is the key of a circumstance, once it is folded."""
    with pytest.raises(ConfigError, match="small letters"):
        rego_input(replace(ASK, circumstances={"\u13a0": ("x",)}), NOW, {})


def test_the_input_is_plain_json():
    """An input document has every part of a request, the instant and the counts."""
    request = replace(
        ASK,
        columns=("email",),
        row={"region": None},
        stated={"team": ("core",)},
        trusted=True,
        circumstances={"K": ("1",), "k": ("2",), "Principal.team": ("x",)},
        purpose="repair",
        subjects=3,
        obeys=frozenset({"rows", "mask"}),
    )
    assert rego_input(request, NOW, {"metrics": 7}) == {
        "principal": "person:ann",
        "verb": "read",
        "resource": "dataset:wh/s.users",
        "columns": ["email"],
        "row": {"region": None},
        "stated": {"team": ["core"]},
        "trusted": True,
        "circumstances": {"k": ["1", "2"]},
        "purpose": "repair",
        "subjects": 3,
        "obeys": ["mask", "rows"],
        "now": NOW,
        "counted": {"metrics": 7},
    }


SOUND = rego_input(ASK, NOW, {})


@pytest.mark.parametrize(
    "asked",
    [
        {},
        *({k: v for k, v in SOUND.items() if k != key} for key in SOUND),
        SOUND | {"columns": "email"},
        SOUND | {"stated": []},
        SOUND | {"trusted": "yes"},
        SOUND | {"principal": ["person:ann"]},
        SOUND | {"row": "US"},
        SOUND | {"now": 1709251200},
        SOUND | {"obeys": {}},
        SOUND | {"circumstances": {"K": ["1"]}},
        SOUND | {"circumstances": {"k": "1"}},
        SOUND | {"circumstances": {"k": [1]}},
        SOUND | {"columns": [1]},
        SOUND | {"obeys": [None]},
        SOUND | {"row": {"region": 1}},
        SOUND | {"row": {"region": ["US"]}},
        SOUND | {"counted": {"metrics": "7"}},
        SOUND | {"trusted": True, "stated": {"residence": "CN"}},
        SOUND | {"trusted": True, "stated": {"residence": {"a": "CN"}}},
        SOUND | {"trusted": True, "stated": {"residence": [["CN"]]}},
    ],
)
def test_an_input_of_another_shape_is_denied(asked: dict[str, object]):
    """What lacks a part, or has one of another type, is denied and says so."""
    ask = engine(scene())
    assert ask(SOUND)["allowed"] is True
    found = ask(asked)
    if set(SOUND) - set(asked) == {"subjects"}:  # nobody says how many
        assert found["allowed"] is True
    else:
        assert found == {"allowed": False, "reason": "unreadable"}


def test_no_data_denies():
    """Rules without their data document deny."""
    ask = asking(rego(scene())[0], "{}")
    assert ask(SOUND) == {"allowed": False, "reason": "stale"}


def test_ownership_is_no_test_for_people():
    """The grammar keeps it to entities; a scene that has it is no scene."""
    wrong = Selector("in-china", Owned(), Owned())
    with pytest.raises(AssertionError):
        rego(msgspec.structs.replace(scene(), selectors=(wrong,)))


def test_the_same_scene_gives_the_same_bytes():
    """Two compilers write the same, letter for letter."""
    assert rego(scene(VPN)) == rego(scene(VPN))
