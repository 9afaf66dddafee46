"""The list of probes as a list: whole, numbered, and written so that it can be tried."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from ringfence.gate.postgres.probes.checks import CHECKS
from ringfence.gate.postgres.probes.conformance import _status
from ringfence.gate.postgres.probes.listing import PROBES
from ringfence.gate.postgres.probes.probe import PRINTED, Names, Probe, insider, pooled
from ringfence.gate.postgres.probes.proof import Tried
from ringfence.gate.postgres.probes.special import _ATTRIBUTES, _SPECIAL

TOKEN = re.compile(r"\{([a-z_]+)\}")
PITFALLS = 74


def statements(probe: Probe) -> list[str]:
    """Return everything that a probe ever sends."""
    attack = [step.sql for step in probe.steps]
    return [*probe.setup, *probe.after, *attack, probe.effect]


def test_every_pitfall_has_a_probe():
    """Each of the pitfalls L1 to L74 is in the list."""
    numbers = {re.sub("[a-z]$", "", probe.number) for probe in PROBES}
    assert {f"L{n}" for n in range(1, PITFALLS + 1)} <= numbers


def test_a_number_names_one_probe():
    """No two probes have one number."""
    counts = Counter(probe.number for probe in PROBES)
    assert [number for number, count in counts.items() if count > 1] == []


def test_at_least_seventy_three_are_live():
    """Statements settle at least as many probes as the prototype's 73."""
    assert sum(probe.live for probe in PROBES) >= 73


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.number)
def test_a_probe_is_whole(probe: Probe):
    """A probe knows its tokens, says what closes it, and tries something if live."""
    tokens = {name for text in statements(probe) for name in TOKEN.findall(text)}
    assert tokens <= PRINTED.tokens.keys()
    assert bool(probe.closes) != probe.is_regression
    assert probe.live == bool(probe.attack or probe.special)
    assert probe.special in {"", *_SPECIAL}
    assert probe.attribute in {"", *_ATTRIBUTES}


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.number)
def test_a_canary_is_never_sent_by_the_attacker(probe: Probe):
    """What an attacker sends holds no canary: one that comes back was read."""
    if probe.sees == "canary":
        loud = [step.sql for step in probe.steps if not step.quiet]
        assert not any("{canary}" in text for text in loud)


def test_what_can_not_be_tried_is_named():
    """A pitfall that no statement can settle isn't said to be closable."""
    assert all(not probe.closable for probe in PROBES if not probe.live)


def test_an_effect_is_asked_of_what_changes():
    """Probes that change hidden rows look at the rows afterwards, not at an answer."""
    assert all("SELECT" in probe.effect for probe in PROBES if probe.effect)


def test_printing_leaves_no_token():
    """A printed statement holds no token and no name that a run makes up."""
    for probe in PROBES:
        for text in statements(probe):
            assert TOKEN.findall(PRINTED.fill(text)) == []


def test_names_are_filled_in_and_the_rest_stays():
    """Tokens are replaced; braces that are no token stay."""
    names = Names({"copy": "c1", "out": "o1"})
    assert names.fill("{copy}.t TO {out} {1,2} {other}") == "c1.t TO o1 {1,2} {other}"


def test_steps_of_others_are_told_apart():
    """An insider's step isn't judged; a pool's is, unless it is an insider's share."""
    assert (insider("x").by, insider("x").quiet) == ("inn", True)
    assert (pooled("x").by, pooled("x").quiet) == ("svc", False)
    assert pooled("x", quiet=True).quiet


def test_every_check_of_the_catalogue_is_a_pitfall():
    """Each question to the catalogue is about a probe of the list."""
    numbers = {probe.number for probe in PROBES}
    assert [check.number for check in CHECKS if check.number not in numbers] == []


@pytest.mark.parametrize(
    ("closable", "crossed", "status"),
    [
        (True, True, "open"),
        (False, True, "named"),
        (True, False, "closed"),
        (False, False, "closed"),
        (True, None, "untried"),
        (False, None, "untried"),
    ],
)
def test_a_status_follows_from_what_came_of_it(closable, crossed, status):
    """What gets through is open, or named if the database can't close it."""
    probe = Probe(number="L1", group="doors", title="t", closable=closable)
    assert _status(probe, Tried(crossed=crossed)) == status
