"""Regimes are data: dated, cited, and refused with a place when they are wrong."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import pytest

from ringfence.boundary.model import Owned
from ringfence.boundary.parse import parse_boundary
from ringfence.boundary.regime import (
    Group,
    Member,
    categories,
    groups,
    read_regime,
    shipped,
)
from ringfence.errors import ConfigError
from tests.unit.boundary.sample import KINDS, LOG_KINDS, WHOLE

PLAIN = """\
regime: plain
title: a plain rule
source: nobody
version: '1'
people: {residence: countries}
entities: {owned: 20}
"""
SMALL = """\
boundary: b
population: p
protected: [{name: p, tags: X}]
excluded: {e: {regime: plain, countries: SG}}
sources: {s: {kind: tools}}
places: {primary: US}
claims: [{id: c, says: s, kind: residency}]
"""


def test_shipped():
    """Two regimes come with the product."""
    assert list(shipped()) == ["country-residence", "us-dsp-2025"]


@pytest.mark.parametrize("name", ["country-residence", "us-dsp-2025"])
def test_digest(name):
    """A regime's digest is that of its file."""
    path = files("ringfence.boundary") / "regimes" / f"{name}.yaml"
    used = shipped()[name].used
    assert (name, hashlib.sha256(path.read_bytes()).hexdigest()) == (
        used.id,
        used.digest,
    )


def test_dates_and_sources():
    """A regime states its source, its version and the day it came into force."""
    used = shipped()["us-dsp-2025"].used
    assert (used.in_force, used.until) == ("2025-04-08T00:00:00Z", "")
    assert "90 FR 1636" in used.source
    assert "secondary" in used.version


def test_countries_of_concern():
    """Six countries of concern are eight ISO codes, joined by date and section."""
    group = groups(shipped())["countries-of-concern"]
    assert group.codes() == ("CN", "HK", "MO", "CU", "IR", "KP", "RU", "VE")
    assert len(group.members) == 6
    assert {"28 CFR 202.601"} == {member.cite for member in group.members}
    assert {"2025-04-08T00:00:00Z"} == {member.since for member in group.members}
    assert "SG" not in group.codes()


def test_group_names_are_unique_over_regimes():
    """A group is named without its regime, so that no two may share a name."""
    named = [name for regime in shipped().values() for name in regime.groups]
    assert sorted(set(named)) == sorted(named)


def test_members_leave_groups():
    """A member counts until its last day, and not after."""
    group = Group(
        "g", "r", (Member(("AA",), until="2030-01-01T00:00:00Z"), Member(("BB",)))
    )
    assert group.codes("2029-12-31T00:00:00Z") == ("AA", "BB")
    assert group.codes("2030-01-01T00:00:00Z") == ("BB",)
    assert group.codes() == ("BB",)


def test_categories():
    """The categories of every regime are known."""
    assert "personal-health" in categories(shipped())


def test_plain_regime():
    """What a regime may leave out is empty, and it is called by its title."""
    regime = read_regime(PLAIN, "plain.yaml")
    assert (regime.id, regime.short, regime.turns_on) == ("plain", "a plain rule", "")
    assert (
        regime.groups,
        regime.assume,
        regime.categories,
        regime.notes,
    ) == ({}, {}, {}, ())


def test_regimes_are_swappable():
    """A boundary may be read with other regimes than those shipped."""
    text = WHOLE.replace(
        "regime: us-dsp-2025\n    assume: [foreign-unless-recorded]\n",
        "regime: plain\n    countries: [SG]\n",
    )
    text = text.replace("countries-of-concern", "SG")
    text = text.replace("    category: covered-personal-identifiers\n", "")
    known = {
        "plain": read_regime(PLAIN, "plain.yaml"),
        "country-residence": shipped()["country-residence"],
    }
    found = parse_boundary(
        text, "b", source_kinds=KINDS, log_kinds=LOG_KINDS, regimes=known
    ).boundary
    selector = found.selector("covered-persons")
    assert (selector.regime, selector.countries) == ("plain", ("SG",))
    assert selector.entities == Owned("20", remainder="unknown")
    assert [used.id for used in found.regimes] == ["country-residence", "plain"]


def test_regime_that_ended():
    """A regime that is no longer in force is a yardstick too."""
    ended = read_regime(PLAIN + "in_force: 2000-01-01\nuntil: 2020-01-01\n", "p.yaml")
    for day, is_over in (("2019-12-31", False), ("2020-01-01", True)):
        found = parse_boundary(
            SMALL, "b", as_of=day, source_kinds=KINDS, regimes={"plain": ended}
        )
        said = "a plain rule ended on 2020-01-01; applied here as a yardstick"
        assert is_over == (said in found.boundary.excluded[0].assumptions)


@pytest.mark.parametrize(
    ("addition", "message"),
    [
        ("groups: {g: [{codes: [UK], cite: c}]}\n", "unknown country `UK`"),
        ("groups: {g: [{codes: [US]}]}\n", "a member of a group needs `cite`"),
        ("groups: {g: 1}\n", "group `g` must be a list, not a whole number"),
        ("assume: {a: {says: s}}\n", "an assumption needs `absent`"),
        ("assume: {a: {says: s, absent: {x: yes}}}\n", "unknown answer `yes`"),
        (
            "categories: {c: {more_than: -1, unit: u, cite: c}}\n",
            "`more_than` must be 0 or more",
        ),
        ("identifiers: {i: {holds: h}}\n", "an identifier needs `cite`"),
        ("in_force: soon\n", "`in_force` `soon` is no date"),
        ("countries: [US]\n", "`countries` must be text, not a list"),
        ("colour: red\n", "a regime has no `colour`"),
    ],
)  # fmt: skip
def test_wrong_regime(addition, message):
    """A mistake in a regime file is named, like one in a boundary file."""
    with pytest.raises(ConfigError) as caught:
        read_regime(PLAIN + addition, "plain.yaml")
    assert [message] == [problem.message for problem in caught.value.problems]


def test_no_regime_at_all():
    """A file without tests is no regime."""
    with pytest.raises(ConfigError) as caught:
        read_regime("regime: x\ntitle: t\nsource: s\nversion: v\n", "x.yaml")
    assert [problem.message for problem in caught.value.problems] == [
        "a regime needs `people`",
        "a regime needs `entities`",
    ]


def test_regime_with_a_wrong_test():
    """A mistake in a regime's own test is found when a boundary uses it."""
    wrong = read_regime(PLAIN.replace("{owned: 20}", "{owned: 200}"), "plain.yaml")
    text = "excluded: {e: {regime: plain, countries: SG}}"
    with pytest.raises(ConfigError) as caught:
        parse_boundary(text, "b", source_kinds=(), regimes={"plain": wrong})
    assert "plain.yaml" in {p.at.file for p in caught.value.problems if p.at}
