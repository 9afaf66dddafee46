"""Who is excluded, ready to be looked up: selectors compiled, people judged beforehand.

A selector's test becomes a Python function of its own, whose text holds no word of the
test: every constant stands in the function's namespace. People of whom every part of
every test says the same are one class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import assert_never, cast

from ringfence.boundary.decision.request import Decision, Reason, Request, Stated
from ringfence.boundary.decision.scene import Known, Scene
from ringfence.boundary.model import AllOf, AnyOf, Attribute, Employer, Not, Owned, Test
from ringfence.boundary.selector import EMPLOYER, entity_id, leaves, names
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import ATTRIBUTES, kind_of
from ringfence.gate.compile.kept import Kept

Values = Mapping[str, frozenset[str]]
Statuses = tuple[int, ...]
Judge = Callable[[Values, frozenset[str]], int]
"""What a selector's test says of attributes, and of those that can't be relied on."""

NO, UNKNOWN, YES = (int(one) for one in Status)
_ABSENT = {"unknown": UNKNOWN, "no": NO}


@dataclass(frozen=True, slots=True, eq=False)
class Stance:
    """How principals stand to all selectors, with the answers that this alone gives.

    Attributes:
        out: The selectors that exclude them, surely or perhaps.
        reason: Why they are denied, if they are.
        not_counted: The answer for a verb that the gate doesn't count.
        not_protected: The answer where nothing protected is touched.
        plain: The answers for whole resources, as far as no exception counts.
    """

    out: tuple[str, ...]
    reason: Reason
    not_counted: Decision
    not_protected: Decision
    plain: Kept[str, Decision] = field(default_factory=Kept)


@dataclass(frozen=True, slots=True, eq=False)
class Likes:
    """People of whom every part of every selector says the same.

    They state the same attributes, if not the same values; so whatever somebody states
    of them besides, they stay alike.

    Attributes:
        own: The attributes of one of them. `doubted`: those that can't be relied on.
        statuses: Their status for each selector. `stance`: what that comes to.
    """

    own: Values
    doubted: frozenset[str]
    statuses: Statuses
    stance: Stance


class Standings:
    """How everybody stands to the selectors of one scene.

    Attributes:
        likes: The class of each person that the scene knows, by id.
        outside: The stance of each; None if no selector may exclude them.
        stated: The same of those of a class of whom a request states something, as far
            as somebody asked: by class, whether its word wins, and what it states.
        stranger: The stance of whoever nothing is known of.
    """

    def __init__(self, scene: Scene) -> None:
        tests = {one.name: one.people for one in reversed(scene.selectors)}
        self._names = tuple(dict.fromkeys(one.name for one in scene.selectors))
        self._entities = [scene.entities[name] for name in self._names]
        self._judges = [
            judge(tests[name], scene.entities[name]) for name in self._names
        ]
        self._leaves = [
            judge(leaf, scene.entities[name])
            for name in self._names
            for leaf in dict.fromkeys(leaves(tests[name]))
        ]
        self._asked = tuple(sorted(frozenset().union(*map(names, tests.values()))))
        self._stances: Kept[tuple[tuple[str, ...], bool], Stance] = Kept()
        self.stated: Kept[object, Stance | None] = Kept()
        self._unknown: Statuses = (UNKNOWN,) * len(self._names)
        self._inside = self.stance((NO,) * len(self._names))
        self.stranger = self.stance(self._unknown)
        self.likes = self._classes(scene.people)
        self.outside = {
            person: likes.stance if likes.stance.out else None
            for person, likes in self.likes.items()
        }

    def of(self, request: Request) -> Stance:
        """Return how whoever makes a request stands."""
        principal = request.principal
        likes = self.likes.get(principal)
        if likes is not None:
            return self.told(likes, request) if request.stated else likes.stance
        kind = kind_of(principal)
        if kind == "legal_entity":
            return self.entity(principal)
        if kind == "person" and request.stated:
            return self.told(None, request)
        return self.stranger

    def entity(self, principal: str) -> Stance:
        """Return how a legal entity stands."""
        return self.stance(
            tuple(int(one.get(principal, UNKNOWN)) for one in self._entities)
        )

    def stance(self, statuses: Statuses) -> Stance:
        """Return what a status for each selector comes to, the same for the same."""
        out = tuple(n for n, s in zip(self._names, statuses, strict=True) if s != NO)
        key = out, YES in statuses
        found = self._stances.get(key)
        return self._stances.keep(key, _stance(*key)) if found is None else found

    def _judged(self, own: Values, doubted: frozenset[str]) -> Statuses:
        return tuple(judged(own, doubted) for judged in self._judges)

    def told(self, likes: Likes | None, request: Request) -> Stance:
        """Return how people of a class stand of whom a request states something.

        None is the class of those that the scene doesn't know.
        """
        key = (likes, request.trusted, *_key(request.stated))
        if key in self.stated:
            return self.stated[key] or self._inside
        found = self._found(likes, request)
        length = sum(
            len(name) + sum(map(len, values)) + len(values)
            for name, values in request.stated.items()
        )
        self.stated.keep(key, found if found.out else None, length=length)
        return found

    def _found(self, likes: Likes | None, request: Request) -> Stance:
        told = {
            name: frozenset(values)
            for name, values in request.stated.items()
            if values and name in ATTRIBUTES["person"]
        }
        if not told:
            return self.stranger if likes is None else likes.stance
        own: Values = {} if likes is None else likes.own
        doubted: frozenset[str] = frozenset() if likes is None else likes.doubted
        if request.trusted:
            return self.stance(self._judged({**own, **told}, doubted.difference(told)))
        before = self._unknown if likes is None else likes.statuses
        after = self._judged({**told, **own}, doubted)
        return self.stance(tuple(map(max, before, after)))

    def _classes(self, people: Mapping[str, Known]) -> dict[str, Likes]:
        by_values: dict[object, Likes] = {}
        by_profile: dict[object, Likes] = {}
        classes = {}
        for person, known in people.items():
            if kind_of(person) != "person":
                continue
            values = tuple(map(known.attributes.get, self._asked))
            key = (values, frozenset(known.unknown)) if known.unknown else values
            likes = by_values.get(key)
            if likes is None:
                likes = by_values[key] = self._likes(known, by_profile)
            classes[person] = likes
        return classes

    def _likes(self, known: Known, by_profile: dict[object, Likes]) -> Likes:
        own = {
            name: frozenset(known.attributes[name])
            for name in self._asked
            if name in known.attributes
        }
        doubted = frozenset(known.unknown).intersection(self._asked)
        answers = tuple(judged(own, doubted) for judged in self._leaves)
        profile = answers, frozenset(own), doubted
        likes = by_profile.get(profile)
        if likes is None:
            statuses = self._judged(own, doubted)
            likes = Likes(own, doubted, statuses, self.stance(statuses))
            by_profile[profile] = likes
        return likes


def _key(stated: Stated) -> Iterator[object]:
    """Yield what is stated: of a word that stands alone, its attribute and itself."""
    if len(stated) > 1:
        yield from stated.items()
        return
    for name, values in stated.items():
        yield name
        yield values[0] if len(values) == 1 else values


def _stance(out: tuple[str, ...], sure: bool) -> Stance:  # noqa: FBT001
    return Stance(
        out,
        Reason.EXCLUDED if sure else Reason.PERHAPS_EXCLUDED,
        Decision(Reason.NOT_COUNTED, out),
        Decision(Reason.NOT_PROTECTED, out),
    )


# --- a test as a function -------------------------------------------------------------


def judge(test: Test, entities: Mapping[str, Status]) -> Judge:
    """Return the function that says how somebody stands to a test for people."""
    text = _Text(entities)
    name = text.function(AnyOf((test,)))
    code = compile("\n".join(text.lines), "<selector>", "exec")
    exec(code, text.names)  # noqa: S102 - the text is written here, of nothing foreign
    return cast("Judge", text.names[name])


@dataclass(slots=True)
class _Text:
    """The source of a test: its lines, and what the names in them stand for."""

    entities: Mapping[str, Status]
    lines: list[str] = field(default_factory=list)
    names: dict[str, object] = field(default_factory=lambda: {"employed": _employed})

    def constant(self, value: object) -> str:
        """Return a name for a value."""
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def function(self, test: AnyOf | AllOf) -> str:
        """Write a function that joins parts, and return its name.

        Each such test is one of its own: nesting is never too deep for the parser.
        """
        worst, best = (YES, NO) if isinstance(test, AllOf) else (NO, YES)
        body = [f"    s = {worst}"]
        for part in test.of:
            body.append(f"    x = {self.said(part)}")
            body.append(f"    if x == {best}: return x")
            body.append(f"    if x == {UNKNOWN}: s = x")
        name = self.constant(None)
        self.lines += [f"def {name}(a, d):", *body, "    return s"]
        return name

    def said(self, test: Test) -> str:
        """Return the expression of a test over attributes `a`, doubted ones `d`."""
        match test:
            case AnyOf() | AllOf():
                return f"{self.function(test)}(a, d)"
            case Not():
                return f"{YES} - ({self.said(test.of)})"
            case Employer():
                return (
                    f"employed(a, d, {self.constant(_Hiring.of(test, self.entities))})"
                )
            case Attribute():
                name = self.constant(test.name)
                listed = self.constant(frozenset(test.values))
                return (
                    f"{UNKNOWN} if {name} in d else {_ABSENT[test.absent]}"
                    f" if not (v := a.get({name})) else {YES} if v <= {listed}"
                    f" else {NO} if v.isdisjoint({listed}) else {UNKNOWN}"
                )
            case Owned():
                raise AssertionError(test)  # the grammar keeps it to entities
            case _:
                assert_never(test)


@dataclass(frozen=True, slots=True)
class _Hiring:
    """What a test for employers asks: which are listed, which are excluded."""

    listed: frozenset[str]
    entities: Mapping[str, Status]
    absent: int

    @classmethod
    def of(cls, test: Employer, entities: Mapping[str, Status]) -> _Hiring:
        return cls(
            frozenset(map(entity_id, test.entities)),
            {} if test.entities else entities,
            _ABSENT[test.absent],
        )


def _employed(own: Values, doubted: frozenset[str], asked: _Hiring) -> int:
    employers = {entity_id(one) for one in own.get(EMPLOYER, ())}
    if not employers.isdisjoint(asked.listed):
        return YES
    known = NO if employers else asked.absent
    if EMPLOYER in doubted:
        known = UNKNOWN
    if asked.listed:
        return known
    others = (int(asked.entities.get(one, UNKNOWN)) for one in employers)
    return max((known, *others))
