"""Why somebody is excluded, or may be: the facts and the tests that make it so.

A derivation is read off the turns at which the fixpoint grew: whatever it rests on had
joined before, so that it is well-founded however the companies hold one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never

from ringfence.boundary.model import (
    AllOf,
    AnyOf,
    Attribute,
    Employer,
    Not,
    Owned,
    Test,
)
from ringfence.boundary.ownership import Share, ceiling, floor, in_words
from ringfence.boundary.selector import (
    EMPLOYER,
    Excluded,
    Holder,
    attribute_status,
    employment_status,
    entity_id,
    leaves,
    percentage,
)
from ringfence.boundary.status import Status

OWNED = "owned"
_DEEPEST = 12
_PHRASES = {
    "residence": "resides in {}",
    "location": "is located in {}",
    "organised_in": "is organised in {}",
    "principal_place": "has its principal place of business in {}",
    "state_of": "is the state {} or an organ of it",
    "employment": "works as {}",
    "team": "is in the team {}",
}


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason why somebody is excluded.

    Attributes:
        id: Who.
        door: The attribute that let it in, `employer` or `owned`; empty where something
            is required not to hold.
        text: `resides in CN`, `is employed by`, `is 60 % owned by`.
        facts: Facts that it rests on: a node, an attribute or `owns`, and a value.
        others: The excluded whom it names, whose own grounds complete it, and for
            owners how much each one holds at least.
        cite: Where the rule stands.
    """

    id: str
    door: str
    text: str
    facts: tuple[tuple[str, str, str], ...] = ()
    others: tuple[tuple[str, Fraction | None], ...] = ()
    cite: str = ""


def derivation(excluded: Excluded, id: str) -> tuple[Ground, ...]:  # noqa: A002
    """Return why somebody is excluded; nothing if that isn't certain."""
    turn = excluded.turn(id)
    if turn is None:
        return ()
    return _Search(excluded, id, turn).grounds(excluded.question.test(id)) or ()


def support(
    excluded: Excluded,
    id: str,  # noqa: A002
) -> dict[str, tuple[Ground, ...]]:
    """Return the derivation of somebody and of everybody that it rests on."""
    found: dict[str, tuple[Ground, ...]] = {}
    waiting = [id]
    while waiting:
        chosen = waiting.pop()
        if chosen not in found:
            found[chosen] = derivation(excluded, chosen)
            waiting += [other for ground in found[chosen] for other, _ in ground.others]
    return found


def why(
    excluded: Excluded,
    id: str,  # noqa: A002
    *,
    label: Callable[[str], str] = str,
) -> str:
    """Return the reason as one phrase: `is employed by X, which is organised in CN`.

    Args:
        excluded: The answer to explain.
        id: Whom to explain.
        label: Turns an id into the name that people use.
    """
    return _phrase(excluded, id, label, _DEEPEST)


def _phrase(
    excluded: Excluded,
    id: str,  # noqa: A002
    label: Callable[[str], str],
    depth: int,
) -> str:
    grounds = [ground for ground in derivation(excluded, id) if ground.door]
    if not depth:
        return "is excluded in turn"
    return " and ".join(_clause(excluded, one, label, depth - 1) for one in grounds)


def _clause(
    excluded: Excluded, ground: Ground, label: Callable[[str], str], depth: int
) -> str:
    parts = []
    for other, held in ground.others:
        reason = _phrase(excluded, other, label, depth)
        is_alone = len(ground.others) == 1
        pronoun = "who" if other.startswith("person:") else "which"
        share = "" if is_alone or held is None else f" ({in_words(held)} %)"
        reason = reason and f", {pronoun} {reason}"
        parts.append(f"{label(other)}{share}{reason}")
    return " ".join([ground.text, "; and ".join(parts)]).strip()


def doubts(excluded: Excluded, id: str) -> tuple[str, ...]:  # noqa: A002
    """Return what is not known of somebody who may be excluded, in words."""
    if excluded.status(id) is not Status.UNKNOWN:
        return ()
    holder = excluded.question.holder(id)
    test = excluded.question.test(id)
    return tuple(dict.fromkeys(_open_leaves(excluded, id, holder, test)))


def bounds(
    excluded: Excluded,
    entity: str,
    *,
    test: Owned,
    interest: str,
) -> tuple[Fraction, Fraction]:
    """Return the least and the most that excluded owners may hold, in percent."""
    shares = list(excluded.question.shares.perhaps_of(entity, interest))
    held = [s for s in shares if excluded.status(s.owner) is Status.YES]
    may = [s for s in shares if excluded.status(s.owner) is not Status.NO]
    rest = excluded.question.remainder(test, entity, interest)
    return floor(held), min(Fraction(100), ceiling(may) + rest)


# --- certain: find the tests that let somebody in -------------------------------------


@dataclass(frozen=True, slots=True)
class _Search:
    excluded: Excluded
    id: str
    turn: int

    @property
    def holder(self) -> Holder:
        return self.excluded.question.holder(self.id)

    def grounds(self, test: Test) -> tuple[Ground, ...] | None:
        """Return the grounds on which a test holds, or None if it doesn't."""
        match test:
            case AnyOf():
                found = (self.grounds(part) for part in test.of)
                return next((some for some in found if some is not None), None)
            case AllOf():
                parts = [self.grounds(part) for part in test.of]
                certain = [part for part in parts if part is not None]
                return tuple(sum(certain, ())) if certain == parts else None
            case Attribute():
                return self._attribute(test)
            case Not():
                return self._negation(test)
            case Employer():
                return self._employer(test)
            case Owned():
                return self._owned(test)
            case _:
                assert_never(test)

    def _came_before(self, other: str) -> bool:
        turn = self.excluded.turn(other)
        return turn is not None and turn < self.turn

    def _attribute(self, test: Attribute) -> tuple[Ground, ...] | None:
        if attribute_status(test, self.holder) is not Status.YES:
            return None
        facts = tuple(_facts(self.id, test.name, self.holder))
        text = _statement(test.name, (value for _, _, value in facts))
        return (Ground(self.id, test.name, text, facts, cite=test.cite),)

    def _negation(self, test: Not) -> tuple[Ground, ...] | None:
        if attribute_status(test, self.holder) is not Status.YES:
            return None
        asked = [leaf for leaf in leaves(test.of) if isinstance(leaf, Attribute)]
        facts = tuple(
            fact for leaf in asked for fact in _facts(self.id, leaf.name, self.holder)
        )
        said = (_state_of(leaf.name, self.holder) for leaf in asked)
        text = ", ".join(dict.fromkeys(said))
        return (Ground(self.id, "", text, facts, cite=test.cite),)

    def _employer(self, test: Employer) -> tuple[Ground, ...] | None:
        employers = list(self.holder.employers())
        others: tuple[tuple[str, Fraction | None], ...] = ()
        if test.entities:
            listed = {entity_id(entity) for entity in test.entities}
            chosen = next((e for e in employers if e in listed), None)
            text = f"is employed by {chosen}"
        else:
            chosen = next(filter(self._came_before, employers), None)
            others, text = ((chosen or "", None),), "is employed by"
        if chosen is None:
            return None
        value = next(
            value
            for value in self.holder.attributes[EMPLOYER]
            if entity_id(value) == chosen
        )
        fact = (self.id, EMPLOYER, value)
        return (Ground(self.id, EMPLOYER, text, (fact,), others, test.cite),)

    def _owned(self, test: Owned) -> tuple[Ground, ...] | None:
        percent = percentage(test.percent)
        for interest in test.interests:
            shares = self.excluded.question.shares.of(self.id, interest)
            held = [share for share in shares if self._came_before(share.owner)]
            if floor(held) >= percent:
                return (self._stakes(held, percent, test.cite),)
        return None

    def _stakes(self, held: list[Share], percent: Fraction, cite: str) -> Ground:
        counted = [share for share in held if share.is_direct]
        if floor(counted) < percent:
            # One of them is enough: what is held through others doesn't add up.
            counted = [share for share in held if not share.is_direct]
        enough: list[Share] = []
        for share in sorted(counted, key=lambda one: (-one.low, one.owner)):
            if floor(enough) < percent:
                enough.append(share)
        return Ground(
            self.id,
            OWNED,
            f"is {in_words(floor(enough))} % owned by",
            tuple((share.owner, "owns", self.id) for share in enough),
            tuple((share.owner, share.low) for share in enough),
            cite,
        )


# --- not certain: name what is missing ------------------------------------------------


def _open_leaves(
    excluded: Excluded,
    id: str,  # noqa: A002
    holder: Holder,
    test: Test,
) -> Iterator[str]:
    match test:
        case AnyOf() | AllOf():
            for part in test.of:
                yield from _open_leaves(excluded, id, holder, part)
        case Not():
            yield from _open_leaves(excluded, id, holder, test.of)
        case Attribute():
            if attribute_status(test, holder) is Status.UNKNOWN:
                yield _state_of(test.name, holder)
        case Employer():
            yield from _open_employers(excluded, holder, test)
        case Owned():
            yield from _open_stakes(excluded, id, test)
        case _:
            assert_never(test)


def _open_employers(
    excluded: Excluded, holder: Holder, test: Employer
) -> Iterator[str]:
    if employment_status(test, holder) is Status.UNKNOWN:
        yield _state_of(EMPLOYER, holder)
    if not test.entities:
        for employer in holder.employers():
            if excluded.status(employer) is Status.UNKNOWN:
                yield f"it isn't known whether {employer} is excluded"


def _open_stakes(excluded: Excluded, entity: str, test: Owned) -> Iterator[str]:
    for interest in test.interests:
        least, most = bounds(excluded, entity, test=test, interest=interest)
        if least < percentage(test.percent) <= most:
            known, may = in_words(least), in_words(most)
            yield f"excluded owners may hold between {known} and {may} %"


def _facts(
    id: str,  # noqa: A002
    name: str,
    holder: Holder,
) -> Iterator[tuple[str, str, str]]:
    for value in sorted(holder.attributes.get(name, ())):
        yield (id, name, value)


def _statement(name: str, values: Iterable[str]) -> str:
    said = " and ".join(values)
    return _PHRASES.get(name, name + " is {}").format(said)


def _state_of(name: str, holder: Holder) -> str:
    values = sorted(holder.attributes.get(name, ()))
    if name in holder.unknown:
        return f"what is stated of `{name}` can't be relied on"
    if not values:
        return f"no `{name}` is recorded"
    return f"`{name}` is {' and '.join(values)}"
