"""Law: the excluded are the least fixpoint of their selector, in three values.

The engine's worklist is held against the definition: of all sets that are closed under
the tests, the smallest, found by trying every set. The definition below shares no code
with the engine and follows the words of 28 CFR 202.211.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import chain, combinations

from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.derivation import derivation, support
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
from ringfence.boundary.ownership import Stake
from ringfence.boundary.selector import Excluded, Holder, judge, statuses
from ringfence.boundary.status import Status

PEOPLE = ("person:p", "person:q")
ENTITIES = tuple(f"legal_entity:{name}" for name in "abc")
STRANGER = "legal_entity:stranger"
NO, UNKNOWN, YES = Status

# --- the definition -------------------------------------------------------------------


class Estate:
    """People, entities and stakes, judged by trying every set."""

    def __init__(self, selector, people, entities, stakes):
        self.selector, self.people = selector, people
        self.entities, self.stakes = dict(entities), stakes
        for one in stakes:
            if one.holder not in people:
                self.entities.setdefault(one.holder, Holder())
        for person in people.values():
            for employer in person.attributes.get("employer", ()):
                self.entities.setdefault(full(employer), Holder())

    def statuses(self) -> dict[str, Status]:
        """Return everybody's status."""
        certain, possible = self.least(YES), self.least(UNKNOWN)
        return {
            who: YES if who in certain else UNKNOWN if who in possible else NO
            for who in (*self.people, *self.entities)
        }

    def least(self, bar: Status) -> frozenset[str]:
        """Return the smallest set to which nobody else must be added."""
        everybody = (*self.people, *self.entities)
        subsets = chain.from_iterable(
            combinations(everybody, size) for size in range(len(everybody) + 1)
        )
        return next(
            frozenset(members)
            for members in subsets
            if self.admitted(frozenset(members), bar) <= set(members)
        )

    def admitted(self, members: frozenset[str], bar: Status) -> set[str]:
        """Return everybody whose test holds if exactly the members are excluded."""
        people, entities = self.selector.people, self.selector.entities
        return {
            who
            for group, test in ((self.people, people), (self.entities, entities))
            for who, holder in group.items()
            if self.value(test, who, holder, members, bar) >= bar
        }

    def value(self, test, who, holder, members, bar) -> Status:
        """Return the value of a test, given who is excluded."""
        match test:
            case AnyOf():
                return max(self.value(t, who, holder, members, bar) for t in test.of)
            case AllOf():
                return min(self.value(t, who, holder, members, bar) for t in test.of)
            case Not():
                inner = self.value(test.of, who, holder, members, bar)
                return {YES: NO, NO: YES, UNKNOWN: UNKNOWN}[inner]
            case Owned():
                held = max(
                    self.held(test, kind, who, holder=holder, members=members, bar=bar)
                    for kind in test.interests
                )
                return YES if held >= Fraction(test.percent) else NO
            case Employer():
                return employed(test, holder, members)
            case _:
                return attribute(test, holder)

    def held(self, test, kind, who, *, holder, members, bar) -> Fraction:
        """Return what members hold of an entity, at least or at most."""
        shares = {
            (owner, of, is_direct): interval(
                [
                    s
                    for s in self.stakes
                    if (s.holder, s.entity) == (owner, who)
                    and (s.interest, s.is_direct) == (of, is_direct)
                ]
            )
            for owner, of, is_direct in {
                (s.holder, s.interest, s.is_direct)
                for s in self.stakes
                if s.entity == who and s.interest in (kind, "")
            }
        }
        mine = {key: ends for key, ends in shares.items() if key[0] in members}
        if bar is YES:
            return at_least(mine)
        most = Fraction(sum(high for _, high in mine.values()))
        stated = holder.attributes.get("shares", frozenset())
        is_complete = stated == {"complete"} and "shares" not in holder.unknown
        is_owned = any(
            s.entity == who and s.interest in test.interests for s in self.stakes
        )
        if not is_complete and (test.remainder == "unknown" or not is_owned):
            most += max(Fraction(0), 100 - at_least(shares))
        return min(most, Fraction(100))


def at_least(
    shares: dict[tuple[str, str, bool], tuple[Fraction, Fraction]],
) -> Fraction:
    """Return what is surely held: direct shares add up, and indirect ones don't."""
    sure = {key: low for key, (low, _) in shares.items() if key[1]}
    direct = [low for (_, _, is_direct), low in sure.items() if is_direct]
    indirect = [low for (_, _, is_direct), low in sure.items() if not is_direct]
    return max(Fraction(sum(direct)), *indirect, Fraction(0))


def full(entity: str) -> str:
    """Return an entity's id, whichever way a source writes it."""
    return "legal_entity:" + entity.removeprefix("legal_entity:")


def interval(stakes: list[Stake]) -> tuple[Fraction, Fraction]:
    """Return what an owner's statements of one kind come to."""
    low = min(s.low if s.is_known else Fraction(0) for s in stakes)
    return low, max(max(s.low, s.high) for s in stakes)


def attribute(test: Attribute, holder: Holder) -> Status:
    """Return the value of an attribute test."""
    values = holder.attributes.get(test.name, frozenset())
    if test.name in holder.unknown:
        return UNKNOWN
    if not values:
        return NO if test.absent == "no" else UNKNOWN
    if values <= set(test.values):
        return YES
    return NO if values.isdisjoint(test.values) else UNKNOWN


def employed(test: Employer, holder: Holder, members: Iterable[str]) -> Status:
    """Return the value of an employer test."""
    employers = {full(one) for one in holder.attributes.get("employer", ())}
    if "employer" in holder.unknown:
        return UNKNOWN
    if not employers:
        return NO if test.absent == "no" else UNKNOWN
    chosen = {full(one) for one in test.entities} or set(members)
    return YES if employers & chosen else NO


# --- estates --------------------------------------------------------------------------

PERCENT = st.sampled_from(["0", "10", "25", "49.9", "50", "60", "100"]).map(Fraction)
ABSENT = st.sampled_from(["unknown", "no"])
PLACES = st.sets(st.sampled_from(["CN", "US", "SG"]), max_size=2).map(frozenset)
UNSURE = st.sampled_from([frozenset(), frozenset(), frozenset({"place"})])


def stakes_of(percents: st.SearchStrategy[Fraction]) -> st.SearchStrategy[Stake]:
    """Return stakes among people and entities, known and unknown, in circles too."""
    return st.builds(
        lambda holder, entity, kind, ends, flags: Stake(
            holder,
            entity,
            kind,
            min(ends),
            max(ends),
            is_direct=flags[0],
            is_known=flags[1],
        ),
        st.sampled_from([*PEOPLE, *ENTITIES, STRANGER]),
        st.sampled_from(ENTITIES),
        st.sampled_from(["s", "s", "s", "v", ""]),
        st.one_of(percents.map(lambda p: (p, p)), st.tuples(percents, percents)),
        st.tuples(st.booleans(), st.sampled_from([True, True, False])),
    )


def holders(*names: str) -> st.SearchStrategy[Holder]:
    """Return holders with places, and perhaps an employer or complete shares."""
    more = {
        "employer": st.sets(st.sampled_from(["a", ENTITIES[1], "ghost"]), max_size=2),
        "shares": st.sampled_from([set(), {"complete"}]),
    }
    return st.builds(
        lambda attributes, unknown: Holder(
            {name: frozenset(found) for name, found in attributes.items() if found},
            unknown,
        ),
        st.fixed_dictionaries({"place": PLACES, **{n: more[n] for n in names}}),
        UNSURE,
    )


def attributes(absent: st.SearchStrategy[str]) -> st.SearchStrategy[Attribute]:
    """Return attribute tests."""
    return st.builds(
        Attribute,
        st.just("place"),
        st.sampled_from([("CN",), ("US", "SG")]),
        absent=absent,
    )


def trees(leaf: st.SearchStrategy[Test], plain: st.SearchStrategy[Test]):
    """Return tests over leaves, with `not` over plain ones only."""
    return st.recursive(
        st.one_of(leaf, st.builds(Not, plain)),
        lambda inner: st.one_of(
            st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(AllOf, st.lists(inner, min_size=1, max_size=2).map(tuple)),
        ),
        max_leaves=4,
    )


def selectors(absent=ABSENT, remainder=ABSENT) -> st.SearchStrategy[Selector]:
    """Return selectors."""
    plain = attributes(absent)
    employer = st.builds(
        Employer, st.sampled_from([(), (), ("legal_entity:b",)]), absent=absent
    )
    owned = st.builds(
        Owned,
        st.sampled_from(["50", "25", "49.9"]),
        st.sampled_from([("s",), ("s", "v")]),
        remainder=remainder,
    )
    entities = trees(st.one_of(plain, owned, owned), plain)
    return st.builds(
        Selector,
        st.just("s"),
        trees(st.one_of(plain, employer), plain),
        st.builds(AnyOf, st.tuples(entities, entities)),
    )


def estates(selector: st.SearchStrategy[Selector]):
    """Return a selector and the facts that it is asked about."""
    return st.tuples(
        selector,
        st.fixed_dictionaries(dict.fromkeys(PEOPLE, holders("employer"))),
        st.fixed_dictionaries(dict.fromkeys(ENTITIES, holders("shares"))),
        st.lists(stakes_of(PERCENT), max_size=8),
    )


# --- the laws -------------------------------------------------------------------------


@given(estates(selectors()))
def test_fixpoint_is_the_least_of_all_closed_sets(estate):
    """The worklist finds exactly what trying every set finds, in three values."""
    expected = Estate(*estate).statuses()
    found = statuses(*estate)
    assert {who: expected[who] for who in found} == found
    assert {*PEOPLE, *ENTITIES} <= found.keys()


@given(estates(selectors()))
def test_derivations_rest_on_earlier_ones(estate):
    """Whoever is excluded has a derivation, and none leads back to itself."""
    answer = judge(*estate)
    for who, status in answer.statuses.items():
        assert bool(derivation(answer, who)) is (status is YES)
        if status is YES:
            for supporter, grounds in support(answer, who).items():
                others = [o for ground in grounds for o, _ in ground.others]
                turns = [turn_of(answer, one) for one in (*others, supporter)]
                assert turns[-1] == max(turns)
                assert turns.count(turns[-1]) == 1


def turn_of(answer: Excluded, who: str) -> int:
    """Return when somebody joined the excluded."""
    turn = answer.turn(who)
    assert turn is not None
    return turn


@given(estates(selectors()), st.randoms())
def test_order_of_facts_does_not_matter(estate, random):
    """The same facts in another order give the same statuses."""
    selector, people, entities, stakes = estate
    shuffled = random.sample(stakes, len(stakes))
    backwards = dict(reversed(people.items())), dict(reversed(entities.items()))
    assert statuses(*estate) == statuses(selector, *backwards, shuffled)


@given(estates(selectors()), st.integers(0, 7))
def test_more_ownership_never_helps(estate, number):
    """An owner who holds more never makes anybody less excluded."""
    selector, people, entities, stakes = estate
    if number >= len(stakes):
        return
    some = stakes[number]
    more = Fraction(10)
    larger = replace(some, low=some.low + more, high=some.high + more)
    after = statuses(
        selector, people, entities, [*stakes[:number], larger, *stakes[number + 1 :]]
    )
    before = statuses(*estate)
    certain = {who for who, status in before.items() if status is YES}
    assert certain <= {who for who, status in after.items() if status is YES}


@given(st.data())
def test_learning_never_turns_a_certain_answer_round(data):
    """What is learned settles what was open, and contradicts nothing that was certain.

    It holds where nothing is taken for granted: absent attributes and undisclosed
    shares count as unknown.
    """
    unknown = st.just("unknown")
    estate = data.draw(estates(selectors(unknown, unknown)))
    selector, people, entities, stakes = estate
    learned = (
        selector,
        {who: data.draw(refined(one)) for who, one in people.items()},
        {who: data.draw(refined(one)) for who, one in entities.items()},
        [data.draw(narrowed(one)) for one in stakes],
    )
    before, after = statuses(*estate), statuses(*learned)
    assert [who for who in before if {before[who], after[who]} == {YES, NO}] == []
    assert [
        who for who in before if before[who] is not UNKNOWN and after[who] is UNKNOWN
    ] == []


def refined(holder: Holder) -> st.SearchStrategy[Holder]:
    """Return holders of whom the place has been learned where it was open."""
    is_open = "place" in holder.unknown or len(holder.attributes.get("place", ())) != 1
    if not is_open:
        return st.just(holder)
    known = holder.attributes.get("place") or frozenset({"CN", "US", "SG"})
    options = known if "place" not in holder.unknown else {"CN", "US", "SG"}
    learned = st.sampled_from(sorted(options)).map(
        lambda place: Holder({**holder.attributes, "place": frozenset({place})})
    )
    return st.one_of(st.just(holder), learned)


def narrowed(stake: Stake) -> st.SearchStrategy[Stake]:
    """Return stakes whose bounds have been learned more exactly."""
    low, high = (min(stake.low, stake.high), max(stake.low, stake.high))
    middle = (low + high) / 2
    return st.sampled_from(
        [
            stake,
            replace(stake, is_known=True),
            replace(stake, low=middle),
            replace(stake, high=middle),
            replace(stake, low=middle, high=middle, is_known=True),
        ]
    )
