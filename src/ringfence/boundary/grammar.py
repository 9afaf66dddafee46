"""The selector language: a test as a small mapping, `{residence: [CN, HK]}`.

A test has one key: an attribute, `employer`, `owned`, or `any`, `all`, `not` over other
tests. Attributes are the connecting factors of the vocabulary and nothing else; what a
person is by descent, belief or name has no key, and is refused with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Literal

from ringfence.boundary.countries import is_country, remedy
from ringfence.boundary.fields import (
    ASIDES,
    EMPLOYER,
    ENTITIES,
    INTERESTS,
    JOINS,
    OWNED,
    PEOPLE,
    TESTS,
)
from ringfence.boundary.model import (
    AllOf,
    AnyOf,
    Attribute,
    Employer,
    Not,
    Owned,
    Test,
)
from ringfence.boundary.regime import PARAMETER, Group
from ringfence.boundary.selector import entity_id, leaves
from ringfence.documents.located import Located, Reader, describe, nearest
from ringfence.errors import Locus

Kind = Literal["person", "legal_entity"]
Answer = Literal["unknown", "no"]

COUNTRY_VALUED = frozenset(
    {"residence", "location", "organised_in", "principal_place", "state_of"}
)
_FLAGS = frozenset({"us_person", "designated", "active"})
_LISTED = {"employment": ("employee", "contractor")}
# Nearly everybody is neither designated nor a state, and no source says so of each.
# Digits after the point that a percentage may have, as in a fact.
_MOST_DIGITS = 40
_ABSENT: dict[str, Answer] = {"designated": "no", "state_of": "no"}
_PERSONAL = [
    "nationality",
    "nationalities",
    "national_of",
    "citizenship",
    "citizen",
    "ethnicity",
    "ethnic_group",
    "race",
    "ancestry",
    "descent",
    "heritage",
    "birthplace",
    "place_of_birth",
    "born_in",
    "birth_country",
    "birth_date",
    "religion",
    "faith",
    "belief",
    "name",
    "first_name",
    "last_name",
    "given_name",
    "family_name",
    "surname",
    "language",
    "languages",
    "mother_tongue",
    "native_language",
    "gender",
    "sex",
]
_NEUTRAL = (
    "a selector turns on connecting factors only ({}); what somebody is by descent, "
    "belief, birth, language or name is none"
)
_FIXPOINT = (
    "write the test without `not`: an exclusion that waits for somebody else not to be "
    "excluded has no least answer"
)


def read_codes(
    reader: Reader, value: Located, known: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """Return the country codes in a list of codes and names of groups."""
    found: list[str] = []
    for text, at in reader.located_texts(value, "a list of countries"):
        if text in known:
            found.extend(known[text])
        elif is_country(text):
            found.append(text)
        else:
            reader.note(f"unknown country `{text}`", at, remedy(text))
    if value.data == []:
        reader.note("a list of countries is empty", value.at)
    return tuple(dict.fromkeys(found))


@dataclass(slots=True)
class Grammar:
    """Reads tests.

    Attributes:
        reader: Collects the problems.
        groups: Groups of countries by name.
        countries: What the word `countries` stands for in a regime's own tests.
        at: The instant at which groups are read.
        absent: What counts where an attribute isn't recorded, by choice.
        undisclosed: What counts for shares that nobody states.
        drawn: Regimes whose groups were used.
    """

    reader: Reader
    groups: Mapping[str, Group]
    countries: tuple[str, ...] = ()
    at: str = ""
    absent: Mapping[str, str] = field(default_factory=dict)
    undisclosed: Answer = "no"
    drawn: list[str] = field(default_factory=list)

    def test(self, value: Located | None, kind: Kind) -> Test | None:
        """Return the test for people or for entities, or note what is wrong."""
        if value is None:
            return None
        key = self._key(value, kind)
        if key is None:
            return None
        self._check_asides(value, key)
        return self._build(key, value, kind)

    def _build(self, key: str, value: Located, kind: Kind) -> Test | None:
        inner = self.reader.entries(value, "a test")[key]
        cite = self.reader.text(value.get("cite"), "`cite`") or ""
        match key:
            case "any" | "all":
                return self._join(key, inner, kind, cite)
            case "not":
                return self._not(inner, kind, cite)
            case "employer":
                return self._employer(value, inner, cite)
            case "owned":
                return self._owned(value, inner, cite)
            case _:
                return self._attribute(value, inner, key, cite)

    def codes(self, value: Located) -> tuple[str, ...]:
        """Return the codes of a list of countries and groups."""
        known = {name: group.codes(self.at) for name, group in self.groups.items()}
        if self.countries:
            known[PARAMETER] = self.countries
        named = {part.text() for part in (*value.items(), value)}
        self.drawn += [
            group.regime for name, group in self.groups.items() if name in named
        ]
        return read_codes(self.reader, value, known)

    def _key(self, value: Located, kind: Kind) -> str | None:
        if not isinstance(value.data, dict):
            hint = "write `{residence: [..]}`, or `{any: [..]}`"
            message = f"a test must be a mapping, not {describe(value)}"
            self.reader.note(message, value.at, hint)
            return None
        keys = [key for key in value.data if key not in ASIDES]
        for key in keys:
            if key not in TESTS[kind]:
                self._refuse(key, value.data[key].key_at or value.at, kind)
        if len(keys) != 1:
            hint = "put several tests under `any` or `all`"
            message = f"a test has one key, not {len(keys)}"
            self.reader.note(message, value.at, hint)
            return None
        return keys[0] if keys[0] in TESTS[kind] else None

    def _refuse(self, key: str, at: Locus, kind: Kind) -> None:
        whom, factors = {
            "person": ("people", (*PEOPLE, EMPLOYER)),
            "legal_entity": ("entities", (*ENTITIES, OWNED)),
        }[kind]
        hint: str | None = nearest(key, TESTS[kind])
        elsewhere = set(TESTS["person"]) | set(TESTS["legal_entity"])
        if key.lower() in _PERSONAL:
            hint = _NEUTRAL.format(", ".join(factors))
        elif key in elsewhere:
            other = "entities" if kind == "person" else "people"
            hint = f"it is a test for {other}"
        self.reader.note(f"there is no test `{key}` for {whom}", at, hint)

    def _check_asides(self, value: Located, key: str) -> None:
        takes = {"cite"}
        if key == OWNED:
            takes.add("interests")
        elif key not in JOINS:
            takes.add("absent")
        for name in ASIDES:
            aside = value.get(name)
            if aside is not None and name not in takes:
                place = aside.key_at or aside.at
                self.reader.note(f"a test `{key}` has no `{name}`", place)

    def _join(
        self, key: Literal["any", "all"], inner: Located, kind: Kind, cite: str
    ) -> Test | None:
        parts: list[Test] = self.reader.each(
            inner, lambda one: self.test(one, kind), f"`{key}`"
        )
        if inner.data == []:
            self.reader.note(f"`{key}` is empty", inner.at, "name at least one test")
        if not parts:
            return None
        of = tuple(parts)
        return AnyOf(of, cite) if key == "any" else AllOf(of, cite)

    def _not(self, inner: Located, kind: Kind, cite: str) -> Test | None:
        found = self.test(inner, kind)
        if found is None:
            return None
        for part in leaves(found):
            if not isinstance(part, Attribute):
                name = "employer" if isinstance(part, Employer) else "owned"
                self.reader.note(f"`not` can't hold `{name}`", inner.at, _FIXPOINT)
        return Not(found, cite)

    def _attribute(
        self, value: Located, inner: Located, name: str, cite: str
    ) -> Test | None:
        values = self._values(name, inner)
        if not values:
            return None
        return Attribute(name, values, self._answer(value, name), cite)

    def _values(self, name: str, inner: Located) -> tuple[str, ...]:
        if name in COUNTRY_VALUED:
            return self.codes(inner)
        if name in _FLAGS:
            # YAML's own `true` says the same, and says it clearly.
            said = {True: "yes", False: "no"}.get(inner.data is True, "")
            flag = Located(said, inner.at) if isinstance(inner.data, bool) else inner
            chosen = self.reader.choice(flag, ("yes", "no"), f"answer for `{name}`")
            return (chosen,) if chosen else ()
        texts = self.reader.located_texts(inner, f"`{name}`")
        if inner.data == []:
            self.reader.note(f"`{name}` is empty", inner.at)
        options = _LISTED.get(name)
        for text, at in texts:
            if options and text not in options:
                hint = nearest(text, options)
                self.reader.note(f"unknown {name} `{text}`", at, hint)
        return tuple(dict.fromkeys(text for text, _ in texts))

    def _answer(self, value: Located, name: str) -> Answer:
        stated = value.get("absent")
        default = self.absent.get(name) or _ABSENT.get(name, "unknown")
        chosen = self.reader.choice(stated, ("unknown", "no"), "answer for `absent`")
        return "no" if (chosen or default) == "no" else "unknown"

    def _employer(self, value: Located, inner: Located, cite: str) -> Test | None:
        texts = self.reader.located_texts(inner, "`employer`")
        named = [(text, at) for text, at in texts if text != "excluded"]
        if named and len(named) < len(texts):
            hint = "write two tests under `any`"
            message = "`employer` takes ids, or `excluded`, not both"
            self.reader.note(message, inner.at, hint)
        for text, at in named:
            kind = text.partition(":")[0] if ":" in text else "legal_entity"
            if kind != "legal_entity":
                hint = "an employer is a `legal_entity`"
                self.reader.note(f"`{text}` is no legal entity", at, hint)
        if not texts:
            if inner.data == []:
                self.reader.note("`employer` is empty", inner.at)
            return None
        ids = tuple(dict.fromkeys(entity_id(text) for text, _ in named))
        return Employer(ids, self._answer(value, EMPLOYER), cite)

    def _owned(self, value: Located, inner: Located, cite: str) -> Test | None:
        percent = _percent(inner)
        if percent is None:
            message = "`owned` must be a percentage above 0 and up to 100"
            self.reader.note(message, inner.at, "write `owned: 50`")
            return None
        stated = value.get("interests")
        parts = self.reader.located_texts(stated, "`interests`")
        for text, at in parts:
            if text not in INTERESTS:
                hint = nearest(text, INTERESTS)
                self.reader.note(f"unknown interest `{text}`", at, hint)
        interests = tuple(dict.fromkeys(text for text, _ in parts)) or INTERESTS[:1]
        return Owned(percent, interests, self.undisclosed, cite)


def _percent(value: Located) -> str | None:
    """Return a percentage as plain decimal text, or None if it isn't one."""
    if isinstance(value.data, bool) or not isinstance(value.data, int | float | str):
        return None
    try:
        number = Decimal(str(value.data))
    except InvalidOperation:
        return None
    # A finite number of few digits: `1e-999999` is no percentage.
    if not number.is_finite() or not Decimal("0.0001") <= number <= 100:  # noqa: PLR2004
        return None
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if len(text.partition(".")[2]) <= _MOST_DIGITS else None


def countries_of(tests: Iterable[Test]) -> tuple[str, ...]:
    """Return the countries that tests ask for, leaving out those under a `not`."""
    found: list[str] = []
    for test in tests:
        match test:
            case AnyOf() | AllOf():
                found.extend(countries_of(test.of))
            case Attribute() if test.name in COUNTRY_VALUED:
                found.extend(test.values)
            case _:
                pass
    return tuple(dict.fromkeys(found))
