"""A boundary file becomes a boundary, with every default and regime resolved."""

from __future__ import annotations

import pytest

from ringfence.boundary.model import (
    AllOf,
    AnyOf,
    Attribute,
    BoundaryException,
    Claim,
    Employer,
    Not,
    Owned,
    Protection,
    SourceOrder,
    canonical,
    digest,
)
from ringfence.boundary.selector import leaves
from ringfence.documents.located import Located
from ringfence.errors import ConfigError, ExitCode, Locus
from tests.unit.boundary.sample import WHOLE, changed, read

BOUNDARY = read(WHOLE).boundary


def texts(value: Located) -> dict[str, str]:
    entries = value.data if isinstance(value.data, dict) else {}
    return {key: one.text() for key, one in entries.items()}


def claim(name: str) -> Claim:
    return next(one for one in BOUNDARY.claims if one.id == name)


def test_head():
    """The head says whose data, as of when, and how old a source may be."""
    found = (
        BOUNDARY.name,
        BOUNDARY.population,
        BOUNDARY.as_of,
        BOUNDARY.max_age_days,
        BOUNDARY.unclassified,
    )
    instant = "2022-01-31T00:00:00Z"
    expected = ("us-user-data", "U.S. users of the service", instant, 31, "unknown")
    assert expected == found


def test_protections():
    """Protections keep tags and patterns, and one text counts as a list of one."""
    expected = (
        Protection(
            "contact",
            category="covered-personal-identifiers",
            tags=("EMAIL", "PHONE"),
            datasets=("warehouse/public.users*",),
            columns=("warehouse/public.users.email",),
        ),
        Protection("health", tags=("HEALTH",)),
    )
    assert expected == BOUNDARY.protected


def test_places():
    """Places are permitted by the role of a copy."""
    assert BOUNDARY.places == {"primary": ("US",), "backup": ("US-VA", "SG")}


def test_exceptions():
    """An exception's people are written as the estate writes their ids."""
    expected = BoundaryException(
        "weekly-metrics",
        who=("group:metrics", "person:ann@example"),
        columns=("warehouse/public.metrics*",),
        purpose="weekly figures without names",
        owner="data office",
        cap=100000,
        until="2022-06-30T00:00:00Z",
        since="2022-01-01T00:00:00Z",
    )
    assert (expected,) == BOUNDARY.exceptions


def test_sources():
    """A source's own options are handed on with their places, and times are in UTC."""
    (hr, options, at), (warehouse, none, _) = read(WHOLE).sources
    expected = SourceOrder("hr", "people-csv", ("people.csv",), "2022-01-30T00:00:00Z")
    assert expected == hr
    assert texts(options["sheet"]) == {"id": "email"}
    line = WHOLE.splitlines().index("sources:") + 2
    assert Locus("b.yaml", line, 3) == at
    assert warehouse.history_since == "2019-01-01T08:00:00Z"
    assert none == {}


def test_spelled_out_selector():
    """The selector language becomes the tests that it reads as."""
    selector = BOUNDARY.selector("spelled-out")
    people = AnyOf(
        (
            Attribute("residence", ("CN",), absent="no", cite="house rule 4"),
            Employer(("legal_entity:acme-cn",)),
            Employer(),
            Attribute("employment", ("contractor",)),
            AllOf(
                (Attribute("us_person", ("no",)), Not(Attribute("location", ("NO",))))
            ),
        )
    )
    assert people == selector.people
    concern = ("CN", "HK", "MO", "CU", "IR", "KP", "RU", "VE")
    entities = AnyOf(
        (
            Attribute("organised_in", ("CN",)),
            Attribute("principal_place", concern),
            Attribute("state_of", ("CN",), absent="no"),
            Owned("33.4", ("shareholding", "votingRights")),
        )
    )
    assert entities == selector.entities
    assert concern == selector.countries


def test_spelled_out_selector_states_what_it_takes_for_granted():
    """Every answer that stands in for a missing fact is a sentence."""
    of_states = "an entity that isn't recorded as a state, or an organ of one, "
    assert BOUNDARY.selector("spelled-out").assumptions == (
        "where no `residence` is recorded, it is taken not to match",
        f"{of_states}is taken not to be",
        "shares that no source states are taken to be held by nobody excluded",
    )


def test_regime_selector():
    """A selector by regime names the regime, its countries and its assumptions."""
    selector = BOUNDARY.selector("covered-persons")
    assert selector.regime == "us-dsp-2025"
    assert selector.countries == ("CN", "HK", "MO", "CU", "IR", "KP", "RU", "VE")
    yardstick = "28 CFR 202 came into force on 2025-04-08; applied here as a yardstick"
    assert yardstick == selector.assumptions[-1]
    chosen = "a person who isn't recorded as a U.S. person is taken to be a foreign one"
    assert chosen not in selector.assumptions
    assert any("foreign person" in sentence for sentence in selector.assumptions)
    assert not any("held by nobody" in sentence for sentence in selector.assumptions)


def test_yardstick_only_before_entry_into_force():
    """On its first day a regime is law, and no yardstick any more."""
    for day, is_yardstick in (("2025-04-07", True), ("2025-04-08", False)):
        assumptions = (
            read(WHOLE, as_of=day).boundary.selector("covered-persons").assumptions
        )
        assert is_yardstick == any("yardstick" in one for one in assumptions)


def test_group_of_a_regime_as_countries():
    """A plain selector may take its countries from a regime's group, which counts."""
    selector = BOUNDARY.selector("listed")
    assert selector.regime == "country-residence"
    assert selector.countries == ("CN", "HK", "MO", "CU", "IR", "KP", "RU", "VE")


def test_regimes_used():
    """Every regime drawn on is recorded once, with its digest."""
    assert [r.id for r in BOUNDARY.regimes] == ["country-residence", "us-dsp-2025"]
    assert {64} == {len(regime.digest) for regime in BOUNDARY.regimes}


def test_no_regime_used():
    """A boundary that spells its selectors out draws on no regime."""
    text = changed(
        ("  covered-persons:\n    regime: us-dsp-2025\n", "  covered-persons:\n"),
        ("    assume: [foreign-unless-recorded]\n", "    people: {team: x}\n"),
        ("    undisclosed: unknown\n", "    entities: {owned: 50}\n"),
        (
            "  in-china: {regime: country-residence, countries: [CN, HK, MO]}",
            "  in-china: {people: {location: CN}, entities: {state_of: CN}}",
        ),
        (
            "  listed: {regime: country-residence, countries: countries-of-concern}\n",
            "",
        ),
        ("[countries-of-concern]", "[SG]"),
    )
    assert read(text).boundary.regimes == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("stored-in-us", {"kind": "residency", "reach": "bare", "verbs": ("read",)}),
        ("stored-in-us", {"by": "company", "on": "2019-10"}),
        ("always", {"during": ("2019-10-01T00:00:00Z", "2022-01-31T00:00:00Z")}),
        ("backup", {"copy": "backup", "places": ("SG",), "on": "2019"}),
        ("dc", {"excluded": "in-china", "purpose": "data-centre"}),
        ("law", {"grades": ("technical", "legal"), "verbs": ("any",)}),
        ("no-access", {"verbs": ("edit", "read"), "grades": ("technical", "legal")}),
        ("no-access", {"protected": ("contact",), "exceptions": ("weekly-metrics",)}),
        ("no-access", {"reach": "bare", "excluded": "covered-persons"}),
        ("no-master", {"kinds": ("role",), "share": 90, "reach": "residual"}),
        ("team", {"team": ("group:us-security",), "form": "team"}),
        ("nobody-did", {"logs": ("audit",)}),
    ],
)
def test_claims(name, expected):
    """Each claim has its own fields, and its kind settles the rest."""
    assert expected == {key: getattr(claim(name), key) for key in expected}


def test_as_of_override():
    """The caller's instant replaces the file's."""
    found = read(WHOLE, as_of="2023-05-01T02:00:00+02:00").boundary
    assert found.as_of == "2023-05-01T00:00:00Z"


def test_as_of_that_is_no_date():
    """An instant that can't be read is the caller's mistake, and has no place."""
    with pytest.raises(ConfigError) as caught:
        read(WHOLE, as_of="yesterday")
    (problem,) = caught.value.problems
    assert (problem.message, problem.at) == ("`yesterday` is no date", None)
    assert caught.value.exit_code == ExitCode.USAGE


def test_defaults():
    """What may be left out has the strict default."""
    text = """
boundary: b
population: everybody
protected: [{name: p, tags: X}]
sources: {s: {kind: tools}}
claims: [{id: c, says: s, kind: residency, places: US}]
"""
    boundary = read(text).boundary
    assert (
        boundary.as_of,
        boundary.max_age_days,
        boundary.unclassified,
    ) == ("", 31, "unknown")
    assert (boundary.places, boundary.excluded, boundary.exceptions) == ({}, (), ())


def test_no_instant_no_yardstick():
    """Without an instant nothing precedes a regime's entry into force."""
    selector = read(changed(("as_of: 2022-01-31\n", ""))).boundary.excluded[0]
    assert not any("yardstick" in sentence for sentence in selector.assumptions)


def test_unclassified_no():
    """YAML 1.2 reads `no` as the text it is."""
    text = changed(("unclassified: unknown", "unclassified: no"))
    assert read(text).boundary.unclassified == "no"


def test_canonical_bytes_do_not_depend_on_layout():
    """Comments and blanks change neither the boundary nor its digest."""
    text = "# a comment\n\n" + WHOLE
    assert canonical(read(text).boundary) == canonical(BOUNDARY)
    assert digest(read(text).boundary) == digest(BOUNDARY)


@pytest.mark.parametrize(
    ("written", "percent"),
    [("50", "50"), ("50.0", "50"), ("'49.90'", "49.9"), ("0.0001", "0.0001")],
)
def test_percentages_are_plain_decimals(written, percent):
    """A percentage has one spelling in the boundary, however it is written."""
    text = changed(("owned: 33.4", f"owned: {written}"))
    entities = read(text).boundary.selector("spelled-out").entities
    assert [percent] == [
        one.percent for one in leaves(entities) if isinstance(one, Owned)
    ]


def test_percentages_have_forty_digits_at_most():
    """The checker reads no more digits than that after the point."""
    nines = "49." + "9" * 40
    entities = read(changed(("owned: 33.4", f"owned: '{nines}'"))).boundary
    assert nines in str(entities.selector("spelled-out").entities)
    with pytest.raises(ConfigError, match="must be a percentage"):
        read(changed(("owned: 33.4", f"owned: '{nines}9'")))


def test_flags_may_be_yaml_booleans():
    """`true` and `false` say yes and no."""
    text = changed(("us_person: no", "us_person: true"))
    people = read(text).boundary.selector("spelled-out").people
    assert Attribute("us_person", ("yes",)) in leaves(people)
