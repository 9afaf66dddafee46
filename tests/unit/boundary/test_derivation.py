"""Why somebody is excluded: grounds, what they rest on, and how they read."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from ringfence.boundary.derivation import (
    Ground,
    bounds,
    derivation,
    doubts,
    support,
    why,
)
from ringfence.boundary.model import (
    AllOf,
    AnyOf,
    Attribute,
    Employer,
    Not,
    Owned,
    Selector,
)
from ringfence.boundary.ownership import Stake
from ringfence.boundary.selector import Excluded, Holder, judge
from tests.unit.boundary.test_selector import DSP, NOBODY, STATE, company, holder, stake

ANN, DAN, LI = "person:ann", "person:dan", "person:li"
GOV, A, B, C = (f"legal_entity:{name}" for name in ("gov", "a", "b", "c"))


def answer(
    people: dict[str, Holder],
    entities: dict[str, Holder],
    stakes: list[Stake],
    selector: Selector = DSP,
) -> Excluded:
    return judge(selector, people, entities, stakes)


FOREIGN = answer(
    {
        LI: holder(residence="CN", us_person="no", employer="b"),
        DAN: holder(residence="IE", us_person="no", location="IE", employer=("z", "b")),
        ANN: holder(residence="US", us_person="yes", employer="b"),
    },
    {GOV: STATE, A: company("SG"), B: company("SG"), C: company("SG")},
    [
        stake(GOV, "a", "60"),
        stake(A, "b", "50"),
        stake(A, "c", "25"),
        stake(LI, "c", "25"),
        stake(ANN, "c", "50"),
        stake(GOV, "c", "1"),
    ],
)


def test_ground_of_residence():
    """A resident's ground is the residence, and that nothing makes a U.S. person."""
    resides, foreign = derivation(FOREIGN, LI)
    assert (
        Ground(
            LI,
            "residence",
            "resides in CN",
            facts=((LI, "residence", "CN"),),
            cite="28 CFR 202.211(a)(4)",
        )
        == resides
    )
    assert (foreign.door, foreign.cite) == ("", "28 CFR 202.256")
    assert (
        foreign.text
    ) == "`us_person` is no, no `location` is recorded, `residence` is CN"
    assert foreign.facts == ((LI, "us_person", "no"), (LI, "residence", "CN"))


def test_ground_of_employment():
    """An employee's ground names the employer that is excluded, and the fact."""
    employed, _ = derivation(FOREIGN, DAN)
    assert (
        employed.facts,
        employed.others,
    ) == (((DAN, "employer", "b"),), ((B, None),))


def test_ground_of_ownership():
    """A ground names as few owners as reach the step, largest first."""
    owned, *_ = derivation(FOREIGN, C)
    assert owned.text == "is 50 % owned by"
    assert ((A, Fraction(25)), (LI, Fraction(25))) == owned.others
    assert owned.facts == ((A, "owns", C), (LI, "owns", C))


OF_A = "which is 60 % owned by Gov, which is the state CN or an organ of it"


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (LI, "resides in CN"),
        (GOV, "is the state CN or an organ of it"),
        (A, OF_A.removeprefix("which ")),
        (
            DAN,
            f"is employed by B, which is 50 % owned by A, {OF_A}",
        ),
        (
            C,
            f"is 50 % owned by A (25 %), {OF_A}; and Li (25 %), who resides in CN",
        ),
        (ANN, ""),
    ],
)
def test_why(who, reason):
    """A derivation reads as one phrase."""

    def label(who):
        return who.partition(":")[2].capitalize()

    assert reason == why(FOREIGN, who, label=label)


def test_support():
    """A derivation is complete: everybody it rests on has grounds of their own."""
    found = support(FOREIGN, C)
    assert {C, A, LI, GOV} == set(found)
    assert all(found.values())


def test_support_names_everybody_once():
    """Two ways to the same owner are one derivation."""
    entities = {GOV: STATE, A: company("SG"), B: company("SG"), C: company("SG")}
    stakes = [stake(GOV, "a", "50"), stake(GOV, "b", "50")]
    stakes += [stake(A, "c", "25"), stake(B, "c", "25")]
    assert list(support(answer({}, entities, stakes), C)) == [C, B, GOV, A]


def test_derivations_are_well_founded():
    """Companies that hold each other owe their status to the seed, not each other."""
    excluded = answer(
        {},
        {GOV: STATE, A: company("SG"), B: company("SG")},
        [stake(B, "a", "50"), stake(A, "b", "100"), stake(GOV, "a", "50")],
    )
    (owned, _) = derivation(excluded, A)
    assert ((GOV, Fraction(50)),) == owned.others


def test_indirect_shares_explain_where_direct_ones_do_not():
    """The larger of what is direct, and one indirect holding, is what is shown."""
    excluded = answer(
        {},
        {GOV: STATE, A: company("CN"), C: company("SG")},
        [
            stake(GOV, "c", "51", is_direct=False),
            stake(A, "c", "50", is_direct=False),
            stake(A, "c", "25"),
        ],
    )
    assert ((GOV, Fraction(51)),) == derivation(excluded, C)[0].others


def test_several_grounds_read_together():
    """Where all of several tests are needed, all of them are said."""
    test = AllOf((Attribute("residence", ("CN",)), Attribute("team", ("x", "y"))))
    one = holder(residence="CN", team=("x", "y"))
    excluded = answer({LI: one}, {}, [], Selector("s", test, NOBODY))
    assert why(excluded, LI) == "resides in CN and is in the team x and y"


def test_named_employer_reads_by_its_id():
    """A named employer needs no grounds of its own."""
    test = Employer((A,))
    excluded = answer(
        {LI: holder(employer=("a", "b"))}, {}, [], Selector("s", test, NOBODY)
    )
    (ground,) = derivation(excluded, LI)
    assert (f"is employed by {A}", ()) == (why(excluded, LI), ground.others)
    assert ground.facts == ((LI, "employer", "a"),)


def test_first_door_that_is_certain():
    """A test that is open explains nothing; the next one does."""
    doors = AnyOf((
        Attribute("residence", ("CN",)),
        Employer((A,)),
        Employer(),
        Not(Attribute("location", ("US",))),
        AllOf((Attribute("team", ("x",)), Attribute("active", ("yes",)))),
    ))  # fmt: skip
    one = holder("location", employer="b", team="x", active="yes")
    excluded = answer({LI: one}, {B: holder()}, [], Selector("s", doors, NOBODY))
    assert [ground.door for ground in derivation(excluded, LI)] == ["team", "active"]
    assert why(excluded, LI) == "is in the team x and active is yes"


def test_no_derivation_without_certainty():
    """Somebody who may be excluded has doubts, and no derivation."""
    excluded = answer({LI: holder()}, {}, [])
    assert (derivation(excluded, LI), why(excluded, LI)) == ((), "")
    assert support(excluded, LI) == {LI: ()}


def test_long_chains_are_cut_in_words_alone():
    """A phrase stays readable; the derivation itself goes on to the end."""
    names = [f"legal_entity:e{n}" for n in range(2000)]
    entities = {name: company("SG") for name in names} | {names[-1]: STATE}
    stakes = [stake(owner, name, "50") for name, owner in pairwise(names)]
    excluded = answer({}, entities, stakes)
    assert why(excluded, names[0]).endswith("which is excluded in turn")
    assert len(support(excluded, names[0])) == 2000


# --- doubts ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (
            holder(residence="CN"),
            ("no `employer` is recorded",),
        ),
        (
            holder(residence="IE", us_person="no", employer="b"),
            (f"it isn't known whether {B} is excluded",),
        ),
        (
            holder("residence", us_person="no", employer="z", residence="CN"),
            (
                "what is stated of `residence` can't be relied on",
                "it isn't known whether legal_entity:z is excluded",
            ),
        ),
        (
            holder(residence=("CN", "IE"), us_person="no", employer="a"),
            ("`residence` is CN and IE",),
        ),
        (holder(residence="CN", us_person="no"), ()),
        (holder(residence="US"), ()),
    ],
)
def test_doubts_of_people(one, said):
    """What leaves a person's status open is said, and only then."""
    entities = {A: company("SG"), B: holder(organised_in="SG", principal_place="SG")}
    text_selector = DSP
    if said == ("no `employer` is recorded",):
        one = holder(residence="SG", us_person="no")
    assert said == doubts(answer({LI: one}, entities, [], text_selector), LI)


def test_doubts_of_entities():
    """Unknown shareholders are said with the bounds of what they may hold."""
    stakes = [stake(GOV, "c", "25"), stake(A, "c", "25", "35.5")]
    excluded = answer({}, {GOV: STATE, A: holder(), C: company("SG")}, stakes)
    assert doubts(excluded, C) == ("excluded owners may hold between 25 and 60.5 %",)
    test = Owned()
    found = bounds(excluded, C, test=test, interest="shareholding")
    assert (Fraction(25), Fraction("60.5")) == found
    vague = Stake(GOV, C, "", Fraction(20), Fraction(30))
    through = stake(GOV, "c", "26", is_direct=False)
    excluded = answer({}, {GOV: STATE, C: company("SG")}, [*stakes, vague, through])
    found = bounds(excluded, C, test=test, interest="shareholding")
    assert (Fraction(26), Fraction(100)) == found
    none = bounds(excluded, A, test=test, interest="shareholding")
    assert (Fraction(0), Fraction(100)) == none


def test_doubts_about_settled_leaves_are_not_raised():
    """A doubt is raised about what is open, and not about what is settled."""
    selector = Selector(
        "s",
        people=Employer(),
        entities=AllOf((Owned(), Attribute("organised_in", ("CN",)))),
    )
    excluded = answer(
        {LI: holder("employer", employer="a"), DAN: holder(employer="b")},
        {B: holder(shares="complete")},
        [],
        selector,
    )
    assert doubts(excluded, LI) == (
        "what is stated of `employer` can't be relied on",
        "it isn't known whether legal_entity:a is excluded",
    )
    assert doubts(excluded, DAN) == ()
    named = Selector(
        "s", people=AllOf((Employer((A,)), Attribute("team", ("x",)))), entities=NOBODY
    )
    excluded = answer({LI: holder(employer="a")}, {}, [], named)
    assert doubts(excluded, LI) == ("no `team` is recorded",)


def test_owned_by_the_second_of_two_interests_or_by_none():
    """Shares too few, votes enough: the votes are the ground; without them, none."""
    selector = Selector(
        "s",
        people=NOBODY,
        entities=AnyOf(
            (
                Attribute("state_of", ("CN",)),
                Owned(interests=("shareholding", "votingRights")),
                Attribute("organised_in", ("CN",)),
            )
        ),
    )
    votes = Stake(GOV, A, "votingRights", Fraction(60), Fraction(60))
    found = answer(
        {},
        {GOV: STATE, A: company("SG"), B: company("CN")},
        [stake(GOV, "a", "10"), votes, stake(GOV, "b", "10")],
        selector,
    )
    assert [ground.text for ground in derivation(found, A)] == ["is 60 % owned by"]
    assert [ground.text for ground in derivation(found, B)] == ["is organised in CN"]


def test_a_settled_interest_raises_no_doubt():
    """Of two interests, doubt is told of the one that could turn the answer."""
    selector = Selector(
        "s",
        people=NOBODY,
        entities=AnyOf(
            (
                Attribute("state_of", ("CN",)),
                Owned(interests=("shareholding", "votingRights")),
            )
        ),
    )
    votes = Stake(GOV, A, "votingRights", Fraction(0), Fraction(70))
    found = answer(
        {}, {GOV: STATE, A: company("SG")}, [stake(GOV, "a", "10"), votes], selector
    )
    assert doubts(found, A)[1:] == ("excluded owners may hold between 0 and 70 %",)
