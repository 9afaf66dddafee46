"""Who is excluded: a selector's two tests as one least fixpoint, in three values.

People may be excluded for their employer, entities for their owners, owners for their
employer: the excluded are the smallest set that satisfies both tests (28 CFR 202.211
read literally; two companies that hold each other and nobody else stay out). It is
computed twice, once counting only what is certain and once all that is possible; who is
in the first is excluded, who is only in the second may be.

Each pass is a worklist with running sums, so that its work is linear in people, stakes
and employments. People with equal attributes are judged once.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import assert_never

from ringfence.boundary.model import (
    AllOf,
    AnyOf,
    Attribute,
    Employer,
    Not,
    Owned,
    Selector,
    Test,
)
from ringfence.boundary.ownership import Shares, Stake, kinds, merge, undisclosed
from ringfence.boundary.status import Status, among
from ringfence.boundary.vocabulary import kind_of

EMPLOYER = "employer"
_PREFIX = "legal_entity:"
_NOTHING = Fraction(0)
_ABSENT = {"unknown": Status.UNKNOWN, "no": Status.NO}


@dataclass(frozen=True, slots=True)
class Holder:
    """What the estate says of a person or entity at one instant.

    Attributes:
        attributes: Values by attribute; one that isn't stated has no entry.
        unknown: Attributes of which a stated value can't be relied on.
    """

    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()

    def employers(self) -> Iterator[str]:
        """Yield the ids of the holder's employers."""
        for value in sorted(self.attributes.get(EMPLOYER, ())):
            yield entity_id(value)


_BLANK = Holder()


def entity_id(value: str) -> str:
    """Return the id of a legal entity that is named with or without its kind."""
    return value if value.startswith(_PREFIX) else _PREFIX + value


@dataclass(frozen=True, slots=True)
class Question:
    """The facts that a selector is asked about, arranged for the two passes.

    Attributes:
        holders: Every entity, and one person for each class of equal people.
        same_as: For each person, the one that stands for its class.
        owners: For each holder, the owners that stand or fall with it.
        employees: For each entity, the holders that it employs.
        shares: Who owns how much of what.
        listed: Ids that the answer covers.
    """

    selector: Selector
    holders: Mapping[str, Holder]
    same_as: Mapping[str, str]
    owners: Mapping[str, list[str]]
    employees: Mapping[str, list[str]]
    shares: Shares
    listed: tuple[str, ...]

    def test(self, id: str) -> Test:  # noqa: A002
        """Return the test that applies to a holder."""
        chosen = self.selector
        return chosen.people if id in self.same_as else chosen.entities

    def holder(self, id: str) -> Holder:  # noqa: A002
        """Return what is known of a person or entity; of a stranger, nothing."""
        return self.holders.get(self.same_as.get(id, id), _BLANK)

    def remainder(self, test: Owned, entity: str, interest: str) -> Fraction:
        """Return the part of an entity that may be held by owners not stated."""
        known = self.holder(entity)
        is_stated = known.attributes.get("shares", frozenset()) == {"complete"}
        if is_stated and "shares" not in known.unknown:
            return _NOTHING
        owned = any(self.shares.of(entity, kind) for kind in test.interests)
        if owned and test.remainder == "no":
            return _NOTHING
        return undisclosed(self.shares.of(entity, interest))


@dataclass(frozen=True, slots=True)
class Excluded:
    """The answer: the status of each person and entity, and what it rests on.

    Attributes:
        statuses: Status by id.
        certain: The excluded, each with the turn at which it joined. It joined for its
            own attributes and for those who had joined before, and nothing else.
        possible: The same for everybody who isn't certainly out.
    """

    question: Question
    statuses: Mapping[str, Status]
    certain: Mapping[str, int]
    possible: Mapping[str, int]

    def turn(self, id: str) -> int | None:  # noqa: A002
        """Return when somebody joined the excluded, or None."""
        return self.certain.get(self.question.same_as.get(id, id))

    def status(self, id: str) -> Status:  # noqa: A002
        """Return the status of anybody, named in the answer or not."""
        chosen = self.question.same_as.get(id, id)
        if chosen in self.certain:
            return Status.YES
        stranger = chosen not in self.question.holders
        return Status.UNKNOWN if stranger or chosen in self.possible else Status.NO


def statuses(
    selector: Selector,
    people: Mapping[str, Holder],
    entities: Mapping[str, Holder],
    stakes: Iterable[Stake],
) -> Mapping[str, Status]:
    """Return the status of every person, entity and stakeholder under a selector."""
    return judge(selector, people, entities, stakes).statuses


def judge(
    selector: Selector,
    people: Mapping[str, Holder],
    entities: Mapping[str, Holder],
    stakes: Iterable[Stake],
) -> Excluded:
    """Return everybody's status under a selector, with what it takes to explain it.

    Args:
        selector: Whom to exclude.
        people: What is known of each person, by id.
        entities: What is known of each legal entity, by id.
        stakes: Ownership; holders that are in neither mapping count as entities of
            which nothing is known, or as people if their id says so.
    """
    question = _arrange(selector, people, entities, merge(stakes))
    certain = _fixpoint(question, Status.YES)
    possible = _fixpoint(question, Status.UNKNOWN)
    answer = Excluded(question, {}, certain, possible)
    found = {one: answer.status(one) for one in question.listed}
    return Excluded(question, found, certain, possible)


def _arrange(
    selector: Selector,
    people: Mapping[str, Holder],
    entities: Mapping[str, Holder],
    shares: Shares,
) -> Question:
    everybody, holders = dict(people), dict(entities)
    for end in shares.ends():
        if end not in everybody:
            (everybody if kind_of(end) == "person" else holders).setdefault(end, _BLANK)
    listed = (*everybody, *holders)
    same_as = _classes(everybody, tuple(sorted(names(selector.people))))
    employees: dict[str, list[str]] = defaultdict(list)
    for chosen in dict.fromkeys(same_as.values()):
        holders[chosen] = everybody[chosen]
        for employer in everybody[chosen].employers():
            holders.setdefault(employer, _BLANK)
            employees[employer].append(chosen)
    owners: dict[str, list[str]] = defaultdict(list)
    for owner in shares.by_owner:
        owners[same_as.get(owner, owner)].append(owner)
    return Question(selector, holders, same_as, owners, employees, shares, listed)


def _classes(people: Mapping[str, Holder], asked: tuple[str, ...]) -> dict[str, str]:
    """Return, for each person, the first one who is equal in all that is asked."""
    first: dict[object, str] = {}
    return {
        person: first.setdefault(_signature(holder, asked), person)
        for person, holder in people.items()
    }


def _signature(holder: Holder, asked: tuple[str, ...]) -> object:
    values = tuple(map(holder.attributes.get, asked))
    return (values, holder.unknown) if holder.unknown else values


def names(test: Test) -> frozenset[str]:
    """Return the attributes that a test for people asks for."""
    return frozenset(
        leaf.name if isinstance(leaf, Attribute) else EMPLOYER for leaf in leaves(test)
    )


def leaves(test: Test) -> Iterator[Attribute | Employer | Owned]:
    """Yield the tests that hold no others, in order."""
    match test:
        case AnyOf() | AllOf():
            for part in test.of:
                yield from leaves(part)
        case Not():
            yield from leaves(test.of)
        case Attribute() | Employer() | Owned():
            yield test
        case _:
            assert_never(test)


@cache
def percentage(text: str) -> Fraction:
    """Return a percentage that is written as decimal text."""
    return Fraction(text)


# --- one pass -------------------------------------------------------------------------


def _fixpoint(question: Question, least: Status) -> dict[str, int]:
    """Return the least fixpoint, counting every answer of at least `least` as a yes."""
    one = _Pass(question, least)
    waiting = deque(question.holders)
    while waiting:
        next_one = waiting.popleft()
        if next_one not in one.turns and one.holds(question.test(next_one), next_one):
            waiting.extend(one.join(next_one))
    return one.turns


@dataclass(slots=True)
class _Pass:
    question: Question
    least: Status
    turns: dict[str, int] = field(default_factory=dict)
    # What those who joined hold of an entity: in their own names, and through others.
    # Of the latter, what is certain is the largest holding, not the sum.
    held: dict[tuple[str, str, bool], Fraction] = field(default_factory=dict)
    # What owners may hold of an entity who are not stated.
    rests: dict[tuple[Owned, str, str], Fraction] = field(default_factory=dict)

    def join(self, id: str) -> Iterator[str]:  # noqa: A002
        """Count somebody in, and yield those whom that may bring in too."""
        self.turns[id] = len(self.turns)
        for owner in self.question.owners.get(id, ()):
            for share in self.question.shares.by_owner[owner]:
                key = (share.entity, share.interest, share.is_direct)
                before = self.held.get(key, _NOTHING)
                if self.least is not Status.YES:
                    self.held[key] = before + share.high
                elif share.is_direct:
                    self.held[key] = before + share.low
                else:
                    self.held[key] = max(before, share.low)
                yield share.entity
        yield from self.question.employees.get(id, ())

    def holds(self, test: Test, id: str) -> bool:  # noqa: A002
        match test:
            case AnyOf():
                return any(self.holds(part, id) for part in test.of)
            case AllOf():
                return all(self.holds(part, id) for part in test.of)
            case Owned():
                return any(self._is_owned(test, id, kind) for kind in test.interests)
            case Employer():
                return self._is_employed(test, id)
            case Attribute() | Not():
                return attribute_status(test, self.question.holder(id)) >= self.least
            case _:
                assert_never(test)

    def _is_owned(self, test: Owned, entity: str, interest: str) -> bool:
        ways = (False, True)
        if self.least is Status.YES:
            held = max(self._holding(entity, interest, way) for way in ways)
        else:
            key = (test, entity, interest)
            if key not in self.rests:
                self.rests[key] = self.question.remainder(*key)
            held = self.rests[key] + sum(
                self._holding(entity, kind, way)
                for kind in kinds(interest)
                for way in ways
            )
        return held >= percentage(test.percent)

    def _holding(self, entity: str, interest: str, is_direct: bool) -> Fraction:  # noqa: FBT001
        return self.held.get((entity, interest, is_direct), _NOTHING)

    def _is_employed(self, test: Employer, id: str) -> bool:  # noqa: A002
        holder = self.question.holder(id)
        known = employment_status(test, holder)
        if known >= self.least:
            return True
        if test.entities:
            return False
        return any(employer in self.turns for employer in holder.employers())


def employment_status(test: Employer, holder: Holder) -> Status:
    """Return the status of an employer test, but for employers excluded themselves.

    One employer that counts is enough, whatever isn't known of others.
    """
    employers = set(holder.employers())
    listed = {entity_id(entity) for entity in test.entities}
    if not employers.isdisjoint(listed):
        return Status.YES
    if EMPLOYER in holder.unknown:
        return Status.UNKNOWN
    return Status.NO if employers else _ABSENT[test.absent]


def attribute_status(test: Test, holder: Holder) -> Status:
    """Return the status of a test that asks for nothing but attributes."""
    match test:
        case Attribute():
            return among(
                holder.attributes.get(test.name, ()),
                test.values,
                absent=_ABSENT[test.absent],
                is_unknown=test.name in holder.unknown,
            )
        case AnyOf():
            parts = (attribute_status(part, holder) for part in test.of)
            return max(parts, default=Status.NO)
        case AllOf():
            parts = (attribute_status(part, holder) for part in test.of)
            return min(parts, default=Status.YES)
        case Not():
            return attribute_status(test.of, holder).opposite
        case _:
            raise AssertionError(test)
