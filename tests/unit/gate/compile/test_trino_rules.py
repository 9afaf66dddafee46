"""The file of Trino's rules: whole, escaped, and refused where it would mislead."""

from __future__ import annotations

import json
import re

import msgspec
import pytest

from ringfence.boundary.decision.scene import Dataset, Known
from ringfence.boundary.status import Status
from ringfence.errors import ConfigError
from ringfence.gate.compile.trino import trino_rules
from tests.pointing import NOW
from tests.reference.trino_rules import FileRules
from tests.trinoing import scene

SECTIONS = {
    "catalogs",
    "schemas",
    "tables",
    "functions",
    "procedures",
    "queries",
    "impersonation",
    "authorization",
    "system_information",
    "system_session_properties",
    "catalog_session_properties",
}
PERSON = ("warehouse", "public", "person")


def test_no_section_is_left_out():
    """An absent or an empty section may allow everything: each has a last rule."""
    for mode in ("fence", "grants"):
        found = json.loads(trino_rules(scene(mode=mode), NOW))
        assert {*found} == SECTIONS
        assert all(found.values())
        assert all("user" not in rules[-1] for rules in found.values())


def test_without_people_there_is_no_rule_for_them():
    """A rule for nobody is not written: an empty expression would match a name."""
    empty = msgspec.structs.replace(scene(), people={}, datasets={})
    found = json.loads(trino_rules(empty, NOW))
    rules = [one for section in found.values() for one in section]
    assert not [one for one in rules if "user" in one or "original_user" in one]
    assert not [one for one in rules if "" in one.values()]


def test_a_name_matches_itself_alone():
    """Names are escaped: a dot, a bar or a star in a name stands for itself."""
    odd = ["a.b", "a|ann", "x*", "(y", "", "z z", "ü+\\"]
    people = {f"person:{one}": Known({"residence": ("US",)}) for one in odd}
    changed = msgspec.structs.replace(scene(), people=people)
    found = json.loads(trino_rules(changed, NOW))
    (inside,) = {one["user"] for one in found["queries"] if "user" in one}
    for one in odd:
        assert bool(re.fullmatch(inside, one)) == bool(one)
    for one in ("axb", "ann", "xx", "y", "zz"):
        assert re.fullmatch(inside, one) is None


def test_a_name_of_two_people_is_nobodys():
    """Where Trino has one name for two people, it is no name of anybody's."""
    names = {"person:ann": "a", "person:wei": "a", "person:eve": "e"}
    rules = FileRules(trino_rules(scene(), NOW, names=names))
    secret = ("warehouse", "public", "secret")
    assert rules.select("a", secret, ("x",)) is None
    assert rules.select("ann", secret, ("x",)) is None
    assert rules.select("e", secret, ("x",)) is not None


def test_a_table_may_be_called_otherwise():
    """Trino's own names for tables are taken where they are told."""
    tables = {"dataset:warehouse/public.person": ("hive", "main", "people")}
    rules = FileRules(trino_rules(scene(), NOW, tables=tables))
    assert rules.select("wei", ("hive", "main", "people"), ("id",)) is not None
    assert rules.select("wei", PERSON, ("id",)) is None
    assert rules.select("wei", ("hive", "main", "people"), ("ssn",)) is None
    twice = {**tables, "dataset:warehouse/public.shop": ("hive", "main", "people")}
    with pytest.raises(ConfigError):
        trino_rules(scene(), NOW, tables=twice)


def test_a_mask_needs_a_type():
    """A column of which nobody says the type is shown as NULL."""
    rules = FileRules(trino_rules(scene(), NOW))
    assert rules.select("wei", PERSON, ("email",)) == ("", {"email": "NULL"})
    types = {"dataset:warehouse/public.person": {"email": "varchar"}}
    rules = FileRules(trino_rules(scene(), NOW, types=types))
    shown = rules.select("wei", PERSON, ("email",))
    assert shown is not None
    assert "SUBSTR" in shown[1]["email"]


def test_a_name_in_capitals_is_hidden_in_small_letters_too():
    """Trino writes every column's name small: so does the rule that hides it."""
    datasets = {
        "dataset:warehouse/public.person": Dataset(
            {"SSN": Status.YES, "ssn": Status.NO, "id": Status.NO, "Note": Status.YES},
            masks={"Note": "full"},
        )
    }
    changed = msgspec.structs.replace(scene(), datasets=datasets)
    rules = FileRules(trino_rules(changed, NOW))
    assert rules.select("wei", PERSON, ("ssn",)) is None
    assert rules.select("wei", PERSON, ("SSN",)) is None
    assert rules.select("wei", PERSON, ("note",)) == ("", {"note": "NULL"})
    assert rules.select("wei", PERSON, ("id",)) == ("", {})


def test_a_table_without_known_columns_is_closed():
    """Of a table of which no column is known, none is shown to whoever may be outside."""
    datasets = {"dataset:warehouse/public.person": Dataset()}
    changed = msgspec.structs.replace(scene(), datasets=datasets)
    rules = FileRules(trino_rules(changed, NOW))
    assert rules.select("wei", PERSON, ("x",)) is None
    assert rules.select("ann", PERSON, ("x",)) == ("", {})


@pytest.mark.parametrize("now", ["2025-12-31T23:59:59Z", "2027-01-01T00:00:00Z"])
def test_rules_of_another_time_are_not_made(now):
    """A scene that doesn't speak of now makes no rules: they would hold for ever."""
    with pytest.raises(ConfigError):
        trino_rules(scene(), now)


def test_rules_are_the_same_each_time():
    """The same scene makes the same file, byte for byte."""
    assert trino_rules(scene(), NOW) == trino_rules(scene(), NOW)
