"""The vectors of 28 CFR 202.211 and 202.256, under the regime and under others."""

from __future__ import annotations

import pytest

from tests.unit.boundary.sample import changed, read
from tests.unit.boundary.test_selector import (
    DSP,
    RESIDENCE,
    STATE,
    STRICT,
    company,
    holder,
    judged,
    stake,
)


def test_a_half_of_a_half():
    """A government owns 50 % of A, and A owns 50 % of B: B is covered."""
    entities = {"gov": STATE, "a": company("SG"), "b": company("IE")}
    stakes = [stake("legal_entity:gov", "a", "50"), stake("legal_entity:a", "b", "50")]
    found = judged(DSP, {}, entities, stakes)
    assert found == {"gov": "yes", "a": "yes", "b": "yes"}


def test_in_the_aggregate():
    """A covered entity's 25 % and a resident's 25 % of C make C covered."""
    people = {"li": holder(residence="CN", us_person="no", employer="c")}
    entities = {"a": company("CN"), "c": company("SG")}
    stakes = [stake("legal_entity:a", "c", "25"), stake("person:li", "c", "25")]
    found = judged(DSP, people, entities, stakes)
    assert found == {"li": "yes", "a": "yes", "c": "yes"}


def test_just_below_the_half():
    """49.9 % covers neither the company nor anything below it."""
    entities = {"gov": STATE, "a": company("SG"), "b": company("IE")}
    stakes = [
        stake("legal_entity:gov", "a", "49.9"),
        stake("legal_entity:a", "b", "100"),
    ]
    assert judged(DSP, {}, entities, stakes) == {"gov": "yes", "a": "no", "b": "no"}


def test_subsidiary_in_the_united_states():
    """A wholly owned subsidiary that is organised in the US is a U.S. person."""
    entities = {"gov": STATE, "inc": company("US"), "below": company("IE")}
    stakes = [
        stake("legal_entity:gov", "inc", "100"),
        stake("legal_entity:inc", "below", "100"),
    ]
    assert judged(DSP, {}, entities, stakes) == {
        "gov": "yes",
        "inc": "no",
        "below": "no",
    }


def test_cross_holding_without_a_seed():
    """Two companies that hold each other and nobody else are not covered."""
    entities = {"x": company("SG"), "y": company("SG")}
    stakes = [stake("legal_entity:x", "y", "100"), stake("legal_entity:y", "x", "100")]
    assert judged(DSP, {}, entities, stakes) == {"x": "no", "y": "no"}


def test_cross_holding_with_a_seed():
    """One covered owner of half of one of them covers both."""
    entities = {"gov": STATE, "x": company("SG"), "y": company("SG")}
    stakes = [
        stake("legal_entity:x", "y", "100"),
        stake("legal_entity:y", "x", "50"),
        stake("legal_entity:gov", "x", "50"),
    ]
    found = judged(DSP, {}, entities, stakes)
    assert found == {"gov": "yes", "x": "yes", "y": "yes"}


def test_unknown_shareholder():
    """A shareholder of whom nothing is known leaves company and staff open."""
    people = {"p": holder(residence="IE", us_person="no", employer="c")}
    entities = {"c": company("SG")}
    stakes = [stake("legal_entity:nominee", "c", "50")]
    found = judged(DSP, people, entities, stakes)
    assert found == {"p": "unknown", "c": "unknown", "nominee": "unknown"}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        # a U.S. citizen in Beijing
        (holder(residence="CN", us_person="yes", employer="cn"), "no"),
        # a national of a country of concern who stands in the United States
        (holder(residence="CN", us_person="no", location="US", employer="cn"), "no"),
        (holder(residence="US", us_person="no", employer="cn"), "no"),
        # a foreign engineer in Dublin, by employer
        (holder(residence="IE", us_person="no", employer="cn"), "yes"),
        (holder(residence="IE", us_person="no", employer="inc"), "no"),
        (holder(residence="IE", us_person="no", employer="sg"), "no"),
        (holder(residence="IE", us_person="no", employer="gov"), "yes"),
        (holder(residence="IE", us_person="no", employer="listed"), "yes"),
        # residence
        (holder(residence="HK", us_person="no", employer="sg"), "yes"),
        (holder(residence="MO", us_person="no", location="MO"), "yes"),
        (holder(us_person="no", employer="sg"), "unknown"),
        (holder("residence", us_person="no", employer="sg"), "unknown"),
        # designation reaches U.S. persons too
        (
            holder(residence="US", us_person="yes", employer="inc", designated="yes"),
            "yes",
        ),
    ],
)
def test_individuals(one, expected):
    """Residence, employer and designation cover a person; U.S. persons are out."""
    entities = {
        "cn": company("CN"),
        "sg": company("SG"),
        "inc": company("US"),
        "gov": STATE,
        "listed": company("US", designated="yes"),
    }
    found = judged(DSP, {"p": one}, entities, [stake("legal_entity:cn", "inc", "100")])
    assert expected == found["p"]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (company("CN", "SG"), "yes"),
        (company("SG", "CN"), "yes"),
        (company("SG"), "no"),
        (company("US", "CN"), "no"),
        (company("US", "CN", designated="yes"), "yes"),
        (holder(principal_place="CN"), "unknown"),
        (holder(organised_in="SG", shares="complete"), "unknown"),
        (holder(organised_in="SG", principal_place="SG"), "unknown"),
        (holder(organised_in="US"), "no"),
        (holder(), "unknown"),
    ],
)
def test_entities(one, expected):
    """Place of organisation and place of business are doors of their own."""
    assert expected == judged(DSP, {}, {"e": one})["e"]


def test_foreign_unless_recorded():
    """The boundary may take whoever isn't recorded as a U.S. person for foreign."""
    text = changed(("    assume: [foreign-unless-recorded]\n", ""))
    plain = read(text).boundary.selector("covered-persons")
    people = {"p": holder(residence="CN"), "q": holder("us_person", residence="CN")}
    assert judged(plain, people) == {"p": "unknown", "q": "unknown"}
    assert judged(DSP, people) == {"p": "yes", "q": "unknown"}


def test_undisclosed_shares_under_the_regime():
    """Whether undisclosed shares matter is the boundary's to say."""
    silent = holder(organised_in="SG", principal_place="SG")
    entities = {"a": company("SG"), "b": silent, "c": company("SG")}
    stakes = [stake("legal_entity:a", name, "40") for name in ("b", "c")]
    assert judged(DSP, {}, entities, stakes)["b"] == "no"
    assert judged(STRICT, {}, entities, stakes)["b"] == "unknown"
    assert judged(STRICT, {}, entities, stakes)["c"] == "no"


def test_three_selectors_three_answers():
    """One estate under the regime, a lower step and plain residence, each its own."""
    text = changed(("owned: 33.4", "owned: 20"))
    lower = read(text).boundary.selector("spelled-out")
    people = {
        "p": holder(
            residence="IE", us_person="yes", employer="sub", employment="employee"
        )
    }
    entities = {"gov": STATE, "sub": company("SG")}
    stakes = [stake("legal_entity:gov", "sub", "25")]
    found = [
        judged(selector, people, entities, stakes)
        for selector in (DSP, lower, RESIDENCE)
    ]
    assert found == [
        {"p": "no", "gov": "yes", "sub": "no"},
        {"p": "yes", "gov": "yes", "sub": "yes"},
        {"p": "no", "gov": "yes", "sub": "no"},
    ]
