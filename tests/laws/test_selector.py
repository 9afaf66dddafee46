"""Law: regimes treat countries alike, and people who are alike, alike.

Permuting country codes in regime, boundary and facts permutes the countries in the
result and changes no verdict on anybody: nothing in the code knows a country.
"""

from __future__ import annotations

import re
from fractions import Fraction
from importlib.resources import files

from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.derivation import derivation, doubts
from ringfence.boundary.model import Selector
from ringfence.boundary.ownership import Stake
from ringfence.boundary.parse import parse_boundary
from ringfence.boundary.regime import Regime, read_regime
from ringfence.boundary.selector import Holder, judge, statuses

CODES = ("US", "CN", "HK", "MO", "CU", "IR", "KP", "RU", "VE", "SG", "IE", "NO")
COUNTRY_VALUED = (
    "residence",
    "location",
    "organised_in",
    "principal_place",
    "state_of",
)
BOUNDARY = """
boundary: b
population: p
protected: [{name: p, tags: X}]
places: {primary: [SG, IE]}
excluded:
  by-law: {regime: us-dsp-2025}
  by-law-assumed:
    regime: us-dsp-2025
    assume: [foreign-unless-recorded]
    undisclosed: unknown
  residents: {regime: country-residence, countries: [NO, IE]}
  by-group: {regime: country-residence, countries: countries-of-concern}
  spelled-out:
    people:
      any: [{residence: [CN, SG]}, {not: {location: [US]}}, {employer: excluded}]
    entities: {any: [{principal_place: [RU]}, {owned: 25}]}
sources: {s: {kind: facts}}
claims: [{id: c, says: s, kind: residency}]
"""
FOLDER = files("ringfence.boundary") / "regimes"
REGIMES = {
    name: (FOLDER / f"{name}.yaml").read_text("utf-8")
    for name in ("us-dsp-2025", "country-residence")
}
LIST = re.compile(r"\[(?:[A-Z]{2}(?:, )?)+\]")


def permuted(text: str, to: dict[str, str]) -> str:
    """Return a file with the codes in its lists of countries replaced."""
    return LIST.sub(
        lambda found: re.sub("[A-Z]{2}", lambda code: to[code[0]], found[0]), text
    )


def selectors(to: dict[str, str]) -> tuple[Selector, ...]:
    """Return the selectors of the boundary with every country code replaced."""
    regimes: dict[str, Regime] = {
        name: read_regime(permuted(text, to), name) for name, text in REGIMES.items()
    }
    read = parse_boundary(
        permuted(BOUNDARY, to), "b", source_kinds=["facts"], regimes=regimes
    )
    return read.boundary.excluded


def place(*names: str) -> st.SearchStrategy[Holder]:
    """Return holders with country-valued attributes, employers and flags."""
    code = st.sampled_from([None, *CODES])
    return st.builds(
        lambda places, flags, employer: Holder(
            {
                **{n: frozenset({c}) for n, c in places.items() if c},
                **{n: frozenset({f}) for n, f in flags.items() if f},
                **({"employer": frozenset({employer})} if employer else {}),
            }
        ),
        st.fixed_dictionaries(dict.fromkeys(names, code)),
        st.fixed_dictionaries(
            {
                "us_person": st.sampled_from([None, "no", "yes"]),
                "designated": st.sampled_from([None, None, "yes"]),
                "shares": st.sampled_from([None, "complete"]),
            }
        ),
        st.sampled_from([None, "e0", "e1", "e2"]),
    )


def moved(holder: Holder, to: dict[str, str]) -> Holder:
    """Return a holder with every country replaced."""
    return Holder(
        {
            name: frozenset(to[v] for v in values) if name in COUNTRY_VALUED else values
            for name, values in holder.attributes.items()
        },
        holder.unknown,
    )


PEOPLE = st.dictionaries(
    st.sampled_from([f"person:p{n}" for n in range(6)]),
    place("residence", "location"),
    max_size=6,
)
ENTITIES = st.fixed_dictionaries(
    {
        f"legal_entity:e{n}": place("organised_in", "principal_place", "state_of")
        for n in range(3)
    }
)
STAKES = st.lists(
    st.builds(
        lambda holder, entity, percent: Stake(
            holder, f"legal_entity:e{entity}", "shareholding", percent, percent
        ),
        st.sampled_from(["person:p0", "legal_entity:e0", "legal_entity:e1"]),
        st.integers(0, 2),
        st.sampled_from(["25", "49.9", "50", "100"]).map(Fraction),
    ),
    max_size=4,
)


@given(st.permutations(CODES), PEOPLE, ENTITIES, STAKES)
def test_permuting_countries_leaves_every_status(codes, people, entities, stakes):
    """Verdicts are isomorphic under any permutation of country codes."""
    to = dict(zip(CODES, codes, strict=True))
    here = {code: code for code in CODES}
    for before, after in zip(selectors(here), selectors(to), strict=True):
        found = statuses(
            after,
            {who: moved(one, to) for who, one in people.items()},
            {who: moved(one, to) for who, one in entities.items()},
            stakes,
        )
        assert tuple(to[code] for code in before.countries) == after.countries
        assert statuses(before, people, entities, stakes) == found


@given(PEOPLE, ENTITIES, STAKES)
def test_everybody_is_explained(people, entities, stakes):
    """The excluded have grounds, those in doubt have doubts, nobody has both."""
    for selector in SELECTORS:
        answer = judge(selector, people, entities, stakes)
        for who, status in answer.statuses.items():
            found = bool(derivation(answer, who)), bool(doubts(answer, who))
            expected = {
                "yes": (True, False),
                "unknown": (False, True),
                "no": (False,) * 2,
            }
            assert expected[str(status)] == found


@given(PEOPLE, ENTITIES, STAKES)
def test_people_who_are_alike_are_judged_alike(people, entities, stakes):
    """A double of everybody who owns nothing changes nothing and is judged the same."""
    for selector in SELECTORS:
        doubles = {f"{who}-double": one for who, one in people.items()}
        found = statuses(selector, {**people, **doubles}, entities, stakes)
        alone = statuses(selector, people, entities, stakes)
        assert alone == {who: found[who] for who in alone}
        assert all(found[who] is found[f"{who}-double"] for who in people)


SELECTORS = selectors({code: code for code in CODES})
