"""Stores, copies, operators, coverage and facilities."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.errors import SourceError
from tests.unit.sources.reading import notes, read, told


def storage(base: Path, text: str) -> list[str]:
    """Return the facts of a document, without bare nodes."""
    harvest = read("storage", base, {"s.yaml": text})
    return [fact for fact in told(harvest) if " " in fact]


@pytest.mark.parametrize(
    ("copy", "edge"),
    [
        ("backup", "backed_up_to"),
        ("replica", "replicated_to"),
        ("cache", "replicated_to"),
    ],
)
def test_a_copy_points_at_its_original(copy: str, edge: str, tmp_path: Path):
    """The role of a copy decides the edge to what it copies."""
    text = f"stores: [{{name: a, copy: {copy}, copy_of: ['store:b', 'dataset:b/c.d']}}]"
    assert storage(tmp_path, text) == [
        f"store:a copy={copy}",
        f"store:a {edge} store:b",
        f"store:a {edge} dataset:b/c.d",
    ]


def test_a_copy_of_nothing_in_particular_is_noted(tmp_path: Path):
    """A backup that doesn't say of what leaves data out of sight."""
    text = "stores: [{name: a, copy: backup}]"
    assert notes(read("storage", tmp_path, {"s.yaml": text})) == [
        "s.yaml:1:26: `store:a` is a backup, but of what isn't said (`copy_of`)"
    ]


@pytest.mark.parametrize(
    ("grants", "covers"),
    [("", []), (", grants: []", ["store:a"])],
)
def test_only_a_stated_list_covers_a_store(
    grants: str, covers: list[str], tmp_path: Path
):
    """An empty list says that nobody can open it; no list says nothing."""
    text = f"stores: [{{name: a{grants}}}]"
    assert read("storage", tmp_path, {"s.yaml": text}).covers == covers


def test_a_store_is_covered_for_all_of_its_time_or_not(tmp_path: Path):
    """One stretch of time without a list leaves the store uncovered."""
    text = """
        stores:
          - {name: a, grants: [], until: 2021-01-01}
          - {name: a, since: 2021-01-01}
    """
    assert read("storage", tmp_path, {"s.yaml": text}).covers == []


def test_a_store_may_move(tmp_path: Path):
    """A store is described once for each stretch of time."""
    text = """
        stores:
          - {name: a, place: NO, until: 2021-01-01}
          - {name: a, place: SE, since: 2021-01-01}
    """
    assert storage(tmp_path, text) == [
        "store:a until=2021-01-01",
        "store:a place=NO until=2021-01-01",
        "store:a since=2021-01-01",
        "store:a place=SE since=2021-01-01",
    ]


def test_an_entry_holds_within_the_time_of_its_store(tmp_path: Path):
    """Who can open a store can do so while the store is there."""
    text = """
        stores:
          - name: a
            since: 2020-01-01
            grants: [{who: 'group:g', verbs: read, until: 2021-01-01}]
    """
    assert storage(tmp_path, text) == [
        "store:a since=2020-01-01",
        "group:g has_privilege read store:a since=2020-01-01 until=2021-01-01",
    ]


def test_operator_and_holder_control_a_store(tmp_path: Path):
    """Legal entities that run or hold a store control it, each in its part."""
    text = "stores: [{name: a, operator: x, holder: y}]"
    assert storage(tmp_path, text) == [
        "legal_entity:x controls store:a as=operator",
        "legal_entity:y controls store:a as=holder",
    ]


def test_a_facility_has_place_purpose_and_operator(tmp_path: Path):
    """A facility is where machines stand; its operator controls it."""
    text = "facilities: [{name: f, place: no, purpose: data centre, operator: x}]"
    assert storage(tmp_path, text) == [
        "facility:f purpose=data centre",
        "facility:f place=NO",
        "legal_entity:x controls facility:f as=operator",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stores: [{place: NO}]", "a store needs `name`"),
        ("stores: [{name: a}, {name: a}]", "`store:a` is described twice"),
        ("stores: [{name: a, holds: [x]}]", "names no dataset"),
        ("stores: [{name: a, grants: [{who: 'group:g'}]}]", "needs `verbs`"),
        ("stores: [{name: a, operator: 'legal_entity:x'}]", "begins with a kind"),
        ("facilities: [{purpose: x}]", "a facility needs `name`"),
        ("facilities: [{name: f, copy: backup}]", "a facility has no `copy`"),
    ],
)
def test_what_can_not_be_meant_is_refused(text: str, message: str, tmp_path: Path):
    """Each mistake has its message."""
    with pytest.raises(SourceError) as caught:
        read("storage", tmp_path, {"s.yaml": text})
    assert message in str(caught.value)
