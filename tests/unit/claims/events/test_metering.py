"""Meters: whose data a counterparty had in any twelve months, employers included."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.audit.table import EventTable
from ringfence.boundary.identifiers import Threshold
from ringfence.boundary.model import AnyOf, Attribute, Owned, Protection, Selector
from ringfence.claims.events.metering import Metering, subjects_of
from tests.estates import IN_CHINA, attribute, claim, edge
from tests.logged import DATA, PEOPLE, at, day, event, logged, past_of

NAMES, HEALTH = "covered-personal-identifiers", "personal-health"
COVERED = Selector(
    "covered",
    people=Attribute("residence", ("CN",)),
    entities=AnyOf((Attribute("organised_in", ("CN",)), Owned())),
    countries=("CN",),
    regime="us-dsp-2025",
)
PROTECTED = (
    Protection("contact", category=NAMES, tags=("EMAIL",)),
    Protection("health", category=HEALTH, datasets=("db/s.health",)),
    Protection("plain", columns=("db/s.users.city",)),
)
FACTS = (
    *DATA,
    *PEOPLE,
    edge("store:db", "contains", "dataset:db/s.health"),
    attribute("person:ann", "employer", "acme", until=day(5)),
    attribute("person:ann", "employer", "legal_entity:bolt", since=day(5)),
)
ASKED = claim("no_event", excluded="covered")


def metered(folder, events, asked=ASKED, facts=FACTS, **more):
    """Return the meters by counterparty and category."""
    told = {"excluded": (COVERED, IN_CHINA), "protected": PROTECTED, **more}
    with logged(folder, facts, events, asked, **told) as whole:
        found = past_of(whole).crossings(asked).meters
    return {(one.who, one.category): one for one in found}


def test_a_person_and_the_employer_of_that_day_are_metered(tmp_path):
    """Each employer for what its people crossed while it employed them."""
    events = [
        event(1, "person:ann", subjects="u1,u2"),
        event(6, "person:ann", subjects="u2,u3"),
    ]
    found = metered(tmp_path, events)
    assert {who: one.subjects for (who, _), one in found.items()} == {
        "person:ann": 3,
        "legal_entity:acme": 2,
        "legal_entity:bolt": 2,
    }
    one = found["person:ann", NAMES]
    assert (one.more_than, one.passed, one.unnamed) == (100_000, None, 0)
    assert one.cite.startswith("28 CFR 202.205")


def test_what_names_nobody_is_counted_apart(tmp_path):
    """With its rows, as far as the log says them."""
    events = [event(1, "person:ann", rows=7), event(2, "person:ann")]
    found = metered(tmp_path, events)["person:ann", NAMES]
    assert (found.subjects, found.unnamed, found.rows) == (0, 2, 7)


def test_data_of_several_categories_is_combined(tmp_path):
    """At the lowest threshold among them; a protection without category has no meter."""
    events = [
        event(1, "person:ann", columns="email,pulse", subjects="u1"),
        event(3, "person:ann", columns="city", subjects="u3"),
    ]
    pulse = (attribute("column:db/s.users.pulse", "tag", "HEART"),)
    kept = (*PROTECTED, Protection("heart", category=HEALTH, tags=("HEART",)))
    found = metered(tmp_path, events, protected=kept, facts=(*FACTS, *pulse))
    mine = {kind: one for (who, kind), one in found.items() if who == "person:ann"}
    assert {kind: (one.subjects, one.more_than) for kind, one in mine.items()} == {
        NAMES: (1, 100_000),
        HEALTH: (1, 10_000),
        "combined": (1, 10_000),
    }


@pytest.mark.parametrize("columns", ["*", "pulse"])
def test_a_dataset_that_is_protected_whole_is_metered(tmp_path, columns):
    """Though no source says which columns it has."""
    told = {"data": "dataset:db/s.health", "columns": columns, "subjects": "u1"}
    found = metered(tmp_path, [event(1, "person:ann", **told)])
    assert (found["person:ann", HEALTH].subjects, len(found)) == (1, 2)


def test_a_regime_without_thresholds_has_meters_without_limit(tmp_path):
    """So has a selector that was spelled out."""
    asked = claim("no_event", excluded="in-china")
    events = [event(1, "person:ann", subjects="u1")]
    found = metered(tmp_path, events, asked)["person:ann", NAMES]
    assert (found.more_than, found.passed, found.subjects) == (None, None, 1)


@pytest.mark.parametrize(("time", "metered_as"), [(9.5, 1), (10, 2), (10.5, 2)])
def test_a_category_is_that_of_the_instant(tmp_path, time, metered_as):
    """A tag that begins within a day counts from its own instant on."""
    facts = (
        *DATA,
        *PEOPLE,
        attribute("column:db/s.users.city", "tag", "GENE", since=day(10)),
    )
    kept = (*PROTECTED[:1], Protection("gene", category=HEALTH, tags=("GENE",)))
    events = [event(time, "person:ann", columns="email,city", subjects="u1")]
    told: dict[str, Any] = {"excluded": (COVERED,), "protected": kept}
    with logged(tmp_path, facts, events, ASKED, **told) as whole:
        found = past_of(whole).crossings(ASKED).meters
    assert len({one.category for one in found} - {"combined"}) == metered_as
    assert ("combined" in {one.category for one in found}) == (metered_as == 2)


def test_a_threshold_is_passed_by_one_more(tmp_path, monkeypatch):
    """At the instant of the first crossing that was too much."""
    few = {NAMES: Threshold(2, "persons", "28 CFR 202.205")}
    monkeypatch.setattr(Metering, "_thresholds", lambda _self, _selector: few)
    events = [event(n, "person:ann", subjects=f"u{n}") for n in (1, 2, 3, 4)]
    found = metered(tmp_path, events)["person:ann", NAMES]
    assert (found.subjects, found.more_than, found.passed) == (4, 2, at(3))


def test_a_table_without_subjects_names_nobody(tmp_path):
    """No file of subjects, no subject."""
    assert subjects_of(EventTable(tmp_path)) == {}
