"""The decision as Rego, for those who run OPA already.

What is the same for every boundary is written by hand (`decision.rego`); the tests of
the selectors and the guards of the grants are made of their syntax trees; the facts are
a data document. What Rego can't say exactly is refused, never approximated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import assert_never

import msgspec

from ringfence.boundary.decision.decide import PRINCIPAL
from ringfence.boundary.decision.request import ALLOWING, Request
from ringfence.boundary.decision.scene import Dataset, Grant, Leave, Scene
from ringfence.boundary.model import AllOf, AnyOf, Attribute, Employer, Not, Owned, Test
from ringfence.boundary.selector import entity_id
from ringfence.boundary.vocabulary import ATTRIBUTES, VERB_GROUPS, VERBS
from ringfence.errors import ConfigError
from ringfence.guard import tree as guard

_ABSENT = {"unknown": 1, "no": 0}
_HINT = "leave the grant's guard to Ringfence, or ask by `equals` or a plain `like`"
_NEXT = ",\n\t"  # some engines refuse long lines
_encoder = msgspec.json.Encoder(order="sorted")
Json = dict[str, object]


def rego(scene: Scene) -> tuple[str, bytes]:
    """Return the rules (package `ringfence`) and the data document of a scene.

    Raises:
        ConfigError: A guard compares in a way that Rego can't be trusted with.
    """
    written = _Written()
    tests = _NEXT.join(
        f"{text(one.name)}: {written.test(one.people, text(one.name))}"
        for one in scene.selectors
    )
    guards = list(dict.fromkeys(one.guard for one in scene.grants if one.guard))
    truths = _NEXT.join(
        f"{text(str(number))}: {written.truth(one)}"
        for number, one in enumerate(guards)
    )
    rules = "\n\n".join(
        [
            f"tests(attributes, unknown) := {{{tests}}}",
            f"truths(keys, doubted) := {{{truths}}}",
            *written.rules,
        ]
    )
    fixed = (files("ringfence.gate.compile") / "decision.rego").read_text("utf-8")
    return f"{fixed}\n{rules}\n", _encoder.encode(_data(scene, guards))


def rego_input(request: Request, now: str, counted: Mapping[str, int]) -> Json:
    """Return the input document of a request.

    Raises:
        ConfigError: It has a name that not every engine has the same small letters for.
    """
    around: dict[str, list[str]] = {}
    for key, values in request.circumstances.items():
        if not key.casefold().startswith(PRINCIPAL):
            around.setdefault(_folded(key.casefold()), []).extend(values)
    for name in request.stated:
        _folded(name)
    return {
        "principal": request.principal,
        "verb": request.verb,
        "resource": request.resource,
        "columns": list(request.columns),
        "row": None if request.row is None else dict(request.row),
        "stated": {name: list(values) for name, values in request.stated.items()},
        "trusted": request.trusted,
        "circumstances": around,
        "purpose": request.purpose,
        "subjects": request.subjects,
        "obeys": sorted(request.obeys),
        "now": now,
        "counted": dict(counted),
    }


def text(value: str) -> str:
    """Return a text as Rego writes it: as JSON does."""
    return msgspec.json.encode(value).decode()


def _texts(values: tuple[str, ...]) -> str:
    return f"[{_NEXT.join(map(text, values))}]"


def _folded(name: str) -> str:
    """Return a name in small letters; some engines have them of ASCII alone."""
    small = "".join(one.lower() if one.isascii() else one for one in name)
    if not small == name.lower() == name.casefold():
        message = f"not every Rego engine has small letters for `{name}`"
        raise ConfigError(message, None, "write the name in small letters")
    return small


# --- rules ----------------------------------------------------------------------------


@dataclass(slots=True)
class _Written:
    """Rules as they are written: each part of a syntax tree is a term that calls one.

    Rego has no recursion, so a tree is spelled out.
    """

    rules: list[str] = field(default_factory=list)

    def test(self, test: Test, selector: str) -> str:
        """Return the term that is the status of a test."""
        match test:
            case AnyOf():
                return f"max({self._tests(test.of, selector)})"
            case AllOf():
                return f"min({self._tests(test.of, selector)})"
            case Not():
                return f"(2 - {self.test(test.of, selector)})"
            case Attribute():
                arguments = f"{text(test.name)}, {_texts(test.values)}"
                return (
                    f"among(attributes, unknown, {arguments}, {_ABSENT[test.absent]})"
                )
            case Employer():
                return _employed(test, selector)
            case Owned():
                raise AssertionError(test)  # the grammar keeps it to entities
            case _:
                assert_never(test)

    def _tests(self, of: tuple[Test, ...], selector: str) -> str:
        return f"[{_NEXT.join(self.test(one, selector) for one in of)}]"

    def truth(self, condition: guard.Condition) -> str:
        """Return the term that is the truth of a condition: 0, 1 (undecided) or 2."""
        match condition:
            case guard.All():
                return f"min([{self._truths(2, condition.of)}])"
            case guard.AnyOf():
                return f"max([{self._truths(0, condition.of)}])"
            case guard.Not():
                return f"(2 - {self.truth(condition.of)})"
            case guard.Absent():
                return self._asked(condition.key, "\tcount(values) == 0\n")
            case guard.Compare():
                return self._compared(condition)
            case guard.Undecided():
                return "1"
            case _:
                assert_never(condition)

    def _truths(self, of_none: int, of: tuple[guard.Condition, ...]) -> str:
        return _NEXT.join([str(of_none), *map(self.truth, of)])

    def _asked(self, key: str, body: str) -> str:
        """Return the call of a new rule: whether something holds of a key's values."""
        name, quoted = f"truth_{len(self.rules)}", text(key.casefold())
        self.rules.append(
            f"{name}(keys, doubted) := 1 if {{\n\t{quoted} in doubted\n"
            f"}} else := 2 if {{\n\tvalues := object.get(keys, {quoted}, [])\n{body}"
            "} else := 0"
        )
        return f"{name}(keys, doubted)"

    def _compared(self, condition: guard.Compare) -> str:
        matches = f"matches_{len(self.rules)}"
        bodies = [_matching(condition, bound) for bound in condition.values]
        self.rules.append(
            "\n\n".join(f"{matches}(value) if {{\n{one}}}" for one in bodies)
            or f"{matches}(_) if false"
        )
        some = f"\tsome value in values\n\t{matches}(value)\n"
        every = f"\tevery value in values {{\n\t\t{matches}(value)\n\t}}\n"
        body = {"one": f"\tcount(values) == 1\n{some}", "any": some, "all": every}
        return self._asked(condition.key, body[condition.each])


def _employed(test: Employer, selector: str) -> str:
    absent = _ABSENT[test.absent]
    if test.entities:
        listed = _texts(tuple(entity_id(one) for one in test.entities))
        return f"employed(attributes, unknown, {listed}, {absent})"
    entities = f"object.get(scene.entities, {selector}, {{}})"
    return f"employed_by_excluded(attributes, unknown, {entities}, {absent})"


def _matching(condition: guard.Compare, bound: str) -> str:
    """Return the body of a rule that holds where a value compares with a bound."""
    op = condition.op
    if op == "equals" or (op == "like" and not {*bound} & {*"*?"}):
        return f"\tvalue == {text(bound)}\n"
    pieces = bound.split("*")
    if op == "like" and "?" not in bound:
        first, last = pieces[0], pieces[-1]
        if not any(pieces[1:-1]):
            return (
                f"\tstartswith(value, {text(first)})\n"
                f"\tendswith(trim_prefix(value, {text(first)}), {text(last)})\n"
            )
        if not first and not last and len(pieces) == 3:  # noqa: PLR2004 - `*x*`
            return f"\tcontains(value, {text(pieces[1])})\n"
    message = f"Rego can't compare exactly by `{op}` with `{bound}`"
    raise ConfigError(message, None, _HINT)


# --- data -----------------------------------------------------------------------------


def _data(scene: Scene, guards: list[guard.Condition]) -> Json:
    gate = scene.gate
    verbs = {verb for group in gate.verbs for verb in VERB_GROUPS[group]}
    stated: Json = {
        "allowing": sorted(ALLOWING),
        "known_verbs": VERBS,
        "attributes": sorted(ATTRIBUTES["person"]),
        "since": scene.since,
        "until": scene.until,
        "mode": gate.mode,
        "verbs": sorted(verbs),
        "selectors": [one.name for one in scene.selectors],
        "people": {
            id_: {"attributes": one.attributes, "unknown": one.unknown}
            for id_, one in scene.people.items()
        },
        "entities": scene.entities,
        "stores": scene.stores,
        "datasets": {id_: _dataset(one) for id_, one in scene.datasets.items()},
        "leaves": [_leave(one) for one in scene.leaves],
        "grants": [_grant(one, guards) for one in scene.grants],
    }
    return {"ringfence_scene": stated}


def _dataset(dataset: Dataset) -> Json:
    rows: Json = {} if dataset.rows is None else {"rows": dataset.rows}
    return {
        "status": dataset.status,
        "columns": dataset.columns,
        "masks": dataset.masks,
        **rows,
    }


def _leave(leave: Leave) -> Json:
    return {
        "name": leave.name,
        "who": _set(leave.who),
        "columns": _set(leave.columns),
        "purpose": leave.purpose,
        "cap": leave.cap,
        "since": leave.since,
        "until": leave.until,
    }


def _grant(grant: Grant, guards: list[guard.Condition]) -> Json:
    return {
        "who": _set(grant.who),
        "verbs": grant.verbs,
        "what": _set(grant.what),
        "guard": str(guards.index(grant.guard)) if grant.guard else "",
        "since": grant.since,
        "until": grant.until,
    }


def _set(ids: tuple[str, ...]) -> dict[str, bool]:
    """Return ids as the keys of an object, in which Rego finds one at once."""
    return dict.fromkeys(ids, True)
