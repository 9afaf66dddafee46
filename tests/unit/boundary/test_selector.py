"""Who is excluded: the tests one by one, and the vectors of 28 CFR 202.211."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Literal

import pytest

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
from ringfence.boundary.selector import (
    Holder,
    attribute_status,
    entity_id,
    judge,
    statuses,
)
from ringfence.boundary.status import Status
from tests.unit.boundary.sample import WHOLE, changed, read

BOUNDARY = read(changed(("    undisclosed: unknown\n", ""))).boundary
DSP = BOUNDARY.selector("covered-persons")
STRICT = read(WHOLE).boundary.selector("covered-persons")
RESIDENCE = BOUNDARY.selector("in-china")
NOBODY = Attribute("designated", ("yes",), absent="no")


def holder(*unknown: str, **attributes: str | tuple[str, ...]) -> Holder:
    """Return a holder with these values."""
    return Holder(
        {
            name: frozenset((value,) if isinstance(value, str) else value)
            for name, value in attributes.items()
        },
        frozenset(unknown),
    )


STATE = holder(state_of="CN")


def stake(
    owner: str,
    entity: str,
    low: str,
    high: str = "",
    *,
    is_direct: bool = True,
    is_known: bool = True,
) -> Stake:
    """Return a shareholding in percent."""
    return Stake(
        owner,
        entity_id(entity),
        "shareholding",
        low=Fraction(low),
        high=Fraction(high or low),
        is_direct=is_direct,
        is_known=is_known,
    )


def unstated(owner: str, high: str) -> Stake:
    """Return a stake in `x` of which nobody says of what interest it is."""
    ends = Fraction(high), Fraction(high)
    return Stake(owner, "legal_entity:x", "", *ends)


def company(organised_in: str, place: str = "", **more: str) -> Holder:
    """Return a company whose owners are all stated."""
    return holder(
        organised_in=organised_in,
        principal_place=place or organised_in,
        shares="complete",
        **more,
    )


def judged(
    selector: Selector,
    people: dict[str, Holder] | None = None,
    entities: dict[str, Holder] | None = None,
    stakes: list[Stake] | None = None,
) -> dict[str, str]:
    """Return statuses as words, by name without kind."""
    found = statuses(
        selector,
        {f"person:{name}": one for name, one in (people or {}).items()},
        {entity_id(name): one for name, one in (entities or {}).items()},
        stakes or [],
    )
    return {who.partition(":")[2]: str(status) for who, status in found.items()}


# --- the tests one by one -------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "absent", "expected"),
    [
        (holder(residence="CN"), "unknown", Status.YES),
        (holder(residence="SG"), "unknown", Status.NO),
        (holder(residence=("CN", "HK")), "unknown", Status.YES),
        (holder(residence=("CN", "SG")), "unknown", Status.UNKNOWN),
        (holder(residence=("US", "SG")), "unknown", Status.NO),
        (holder(), "unknown", Status.UNKNOWN),
        (holder(), "no", Status.NO),
        (holder("residence", residence="CN"), "no", Status.UNKNOWN),
        (holder("residence"), "no", Status.UNKNOWN),
        (holder("location", residence="SG"), "no", Status.NO),
    ],
)
def test_attribute(one, absent, expected):
    """All values listed is yes, none is no; a mix or a doubt is unknown."""
    test = Attribute("residence", ("CN", "HK"), absent=absent)
    assert expected == attribute_status(test, one)
    assert expected.opposite == attribute_status(Not(test), one)


@pytest.mark.parametrize(
    ("a", "b", "any_of", "all_of"),
    [
        ("x", "x", Status.YES, Status.YES),
        ("x", "y", Status.YES, Status.NO),
        ("x", "", Status.YES, Status.UNKNOWN),
        ("", "y", Status.UNKNOWN, Status.NO),
        ("", "", Status.UNKNOWN, Status.UNKNOWN),
        ("y", "y", Status.NO, Status.NO),
    ],
)
def test_any_and_all(a, b, any_of, all_of):
    """`any` is the greatest of its parts, `all` the least."""
    one = holder(**{name: value for name, value in (("a", a), ("b", b)) if value})
    parts = Attribute("a", ("x",)), Attribute("b", ("x",))
    assert any_of == attribute_status(AnyOf(parts), one)
    assert all_of == attribute_status(AllOf(parts), one)
    for test, expected in ((AnyOf(parts), any_of), (AllOf(parts), all_of)):
        selector = Selector("s", people=test, entities=NOBODY)
        assert {"p": str(expected)} == judged(selector, {"p": one})


def test_empty_joins():
    """Nothing is no alternative, and nothing fails to hold."""
    assert attribute_status(AnyOf(()), holder()) == Status.NO
    assert attribute_status(AllOf(()), holder()) == Status.YES


def test_only_attributes_have_a_status_of_their_own():
    """Employers and owners need the whole estate."""
    with pytest.raises(AssertionError):
        attribute_status(Employer(), holder())


EMPLOYED = Selector("s", people=Employer(), entities=Attribute("organised_in", ("CN",)))


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (holder(employer="in"), "yes"),
        (holder(employer="legal_entity:in"), "yes"),
        (holder(employer="out"), "no"),
        (holder(employer="open"), "unknown"),
        (holder(employer="stranger"), "unknown"),
        (holder(employer=("out", "in")), "yes"),
        (holder(employer=("out", "open")), "unknown"),
        (holder("employer", employer="in"), "yes"),
        (holder("employer", employer="out"), "unknown"),
        (holder("employer"), "unknown"),
        (holder(), "unknown"),
    ],
)
def test_excluded_employer(one, expected):
    """One excluded employer is enough; a strange one leaves the answer open."""
    entities = {
        "in": holder(organised_in="CN"),
        "out": holder(organised_in="SG"),
        "open": holder(),
    }
    assert expected == judged(EMPLOYED, {"p": one}, entities)["p"]


def test_a_stranger_is_no_part_of_the_answer():
    """An employer of whom nothing else is stated isn't listed, but has a status."""
    people = {"person:p": holder(employer="stranger")}
    answer = judge(EMPLOYED, people, {}, [])
    assert answer.statuses == {"person:p": Status.UNKNOWN}
    assert answer.status("legal_entity:stranger") == Status.UNKNOWN
    assert answer.status("legal_entity:never-heard-of") == Status.UNKNOWN


@pytest.mark.parametrize(
    ("one", "absent", "expected"),
    [
        (holder(employer="acme"), "unknown", "yes"),
        (holder(employer="legal_entity:acme"), "unknown", "yes"),
        (holder(employer=("acme", "other")), "unknown", "yes"),
        (holder(employer="other"), "unknown", "no"),
        (holder(), "unknown", "unknown"),
        (holder(), "no", "no"),
    ],
)
def test_named_employer(one, absent, expected):
    """A named employer counts whether or not it is excluded itself."""
    for name in ("acme", "legal_entity:acme"):
        test = Employer((name,), absent=absent)
        selector = Selector("s", people=test, entities=NOBODY)
        assert expected == judged(selector, {"p": one})["p"]


def owned(
    stakes: list[Stake],
    *,
    percent: str = "50",
    remainder: Literal["unknown", "no"] = "no",
    shares: str = "",
    interests: tuple[str, ...] = ("shareholding",),
) -> str:
    """Return the status of `x`, owned by `yes`, `no` and `open`."""
    test = Owned(percent, interests, remainder=remainder)
    selector = Selector(
        "s", people=NOBODY, entities=AnyOf((Attribute("state_of", ("CN",)), test))
    )
    entities = {
        "yes": holder(state_of="CN"),
        "no": holder(state_of="SG", shares="complete"),
        "open": holder(shares="complete"),
        "x": holder(state_of="US", **({"shares": shares} if shares else {})),
    }
    return judged(selector, {}, entities, stakes)["x"]


IN, OUT, OPEN = "legal_entity:yes", "legal_entity:no", "legal_entity:open"


@pytest.mark.parametrize(
    ("stakes", "expected"),
    [
        ([stake(IN, "x", "50")], "yes"),
        ([stake(IN, "x", "49.9")], "no"),
        ([stake(IN, "x", "49.9", "50")], "unknown"),
        ([stake(IN, "x", "25"), stake(OPEN, "x", "25")], "unknown"),
        ([stake(IN, "x", "25"), stake(OPEN, "x", "24.9")], "no"),
        ([stake(OUT, "x", "100")], "no"),
        ([stake(IN, "x", "60", is_known=False)], "unknown"),
        ([stake(IN, "x", "25"), stake(IN, "x", "24", is_direct=False)], "no"),
        ([stake(IN, "x", "25"), stake(IN, "x", "25", is_direct=False)], "unknown"),
        ([stake(IN, "x", "10"), stake(IN, "x", "50", is_direct=False)], "yes"),
        ([unstated(IN, "10"), stake(OUT, "x", "50")], "no"),
        ([unstated(IN, "60"), stake(OUT, "x", "50")], "unknown"),
        ([unstated(IN, "10"), stake(IN, "x", "40")], "unknown"),
        ([unstated(OUT, "100")], "unknown"),
        ([stake(IN, "x", "50"), stake(IN, "x", "30")], "unknown"),
        ([stake(IN, "x", "50", is_direct=False)], "yes"),
        ([stake("legal_entity:stranger", "x", "50")], "unknown"),
        ([stake("person:stranger", "x", "50")], "no"),
    ],
)
def test_owned(stakes, expected):
    """Certain shares of excluded owners decide; what may be theirs leaves it open."""
    assert expected == owned(stakes)


def test_direct_and_indirect_shares_of_two_owners_may_be_the_same():
    """25 % direct and 25 % indirect are certainly 25, and at most 50."""
    entities = {
        "a": holder(state_of="CN"),
        "b": holder(state_of="CN"),
        "x": holder(state_of="US"),
    }
    test = AnyOf((Attribute("state_of", ("CN",)), Owned()))
    selector = Selector("s", people=NOBODY, entities=test)
    stakes = [
        stake("legal_entity:a", "x", "25"),
        stake("legal_entity:b", "x", "25", is_direct=False),
    ]
    assert judged(selector, {}, entities, stakes)["x"] == "unknown"


def test_indirect_shares_of_a_chain_are_not_added_up():
    """Two who are stated at two places of one chain hold the same shares, perhaps."""
    entities = {
        "a": company("CN", state_of="CN"),
        "b": company("CN", state_of="CN"),
        "x": company("SG"),
    }
    test = AnyOf((Attribute("state_of", ("CN",)), Owned()))
    selector = Selector("s", NOBODY, test)
    stakes = [
        stake("legal_entity:a", "x", "30", is_direct=False),
        stake("legal_entity:b", "x", "30", is_direct=False),
    ]
    assert judged(selector, {}, entities, stakes)["x"] == "unknown"


def test_no_owner_stated():
    """Nobody knows who owns a company without stated owners, unless that is all."""
    assert owned([]) == "unknown"
    assert owned([], shares="complete") == "no"


def test_undisclosed_remainder():
    """Shares that no source states are excluded perhaps, if the boundary says so."""
    whole = stake("person:q", "no", "100")
    stakes = [stake(OUT, "x", "50.1"), whole]
    assert (owned(stakes), owned(stakes, remainder="unknown")) == ("no", "no")
    stakes = [stake(OUT, "x", "50"), whole]
    assert (owned(stakes), owned(stakes, remainder="unknown")) == ("no", "unknown")


def test_interests_are_counted_apart():
    """A quarter of the shares and a quarter of the votes are no half."""
    votes = Stake(IN, "legal_entity:x", "votingRights", Fraction(50), Fraction(50))
    both = ("shareholding", "votingRights")
    stakes = [stake(IN, "x", "25"), votes]
    assert owned(stakes) == "no"
    assert owned(stakes, interests=both) == "yes"
    # Somebody is stated to own it, so the votes aren't wholly in the dark.
    assert owned([stake(IN, "x", "25")], interests=both) == "no"


@pytest.mark.parametrize(("percent", "expected"), [("20", "yes"), ("20.1", "no")])
def test_threshold_is_a_parameter(percent, expected):
    """Another regime has another step."""
    assert expected == owned([stake(IN, "x", "20")], percent=percent)


# --- size -----------------------------------------------------------------------------


def test_long_chain():
    """A chain of companies is as long as the estate makes it."""
    names = [f"e{n}" for n in range(5000)]
    entities = {name: company("SG") for name in names}
    entities["e4999"] = STATE
    stakes = [
        stake(f"legal_entity:e{n + 1}", f"e{n}", "50") for n in range(len(names) - 1)
    ]
    assert {"yes"} == set(judged(DSP, {}, entities, stakes).values())


def test_many_people():
    """Equal people are judged once: a large staff takes no long time."""
    staff = {
        f"person:{n}": holder(residence=("US", "CN", "SG")[n % 3], employer="sg")
        for n in range(60_000)
    }
    began = time.process_time()
    found = statuses(RESIDENCE, staff, {}, [])
    assert time.process_time() - began < 5
    assert sum(status is Status.YES for status in found.values()) == 20_000
