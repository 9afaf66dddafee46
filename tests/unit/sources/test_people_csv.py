"""People from a table: codes, history, conflicts, and what is never read."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.sources.columns import is_forbidden
from tests.unit.sources.reading import notes, read, told


def people(base: Path, text: str, options: str = "") -> list[str]:
    """Return the facts that a table gives, without the nodes."""
    harvest = read("people-csv", base, {"p.csv": text}, options)
    return [fact for fact in told(harvest) if " " in fact]


def test_a_blank_cell_states_nothing(tmp_path: Path):
    """What isn't known stays unknown."""
    harvest = read("people-csv", tmp_path, {"p.csv": "id,residence\nann,\n"})
    assert told(harvest) == ["person:ann"]


def test_a_blank_row_is_nobody(tmp_path: Path):
    """A row of nothing but commas, as spreadsheets write them, is left out."""
    harvest = read("people-csv", tmp_path, {"p.csv": "id,residence\n,\n"})
    assert told(harvest) == []


def test_norway_is_a_country(tmp_path: Path):
    """`NO` is a residence, and no answer."""
    facts = people(tmp_path, "id,residence,active\nann,NO,NO\n")
    assert facts == ["person:ann residence=NO", "person:ann active=no"]


@pytest.mark.parametrize(
    ("written", "answer"),
    [("yes", "yes"), ("TRUE", "yes"), ("1", "yes"), ("No", "no"), ("false", "no")],
)
def test_yes_and_no_have_several_spellings(written: str, answer: str, tmp_path: Path):
    """Spreadsheets write booleans in several ways; facts in one."""
    facts = people(tmp_path, f"id,designated\nann,{written}\n")
    assert facts == [f"person:ann designated={answer}"]


def test_a_login_is_one_person_in_whatever_case(tmp_path: Path):
    """Ids are case-folded and composed, so that sources join."""
    text = "id,manager\nANN,\nJO\u0308RG,Ann\n"
    harvest = read("people-csv", tmp_path, {"p.csv": text})
    assert told(harvest) == [
        "person:ann",
        "person:j\u00f6rg",
        "person:ann directs person:j\u00f6rg",
    ]


def test_people_may_have_several_employers(tmp_path: Path):
    """Employers are separated by `;`, and may carry their kind."""
    facts = people(tmp_path, "id,employer\nann,acme; legal_entity:beta ;\n")
    assert facts == [
        "person:ann employer=legal_entity:acme",
        "person:ann employer=legal_entity:beta",
    ]


def test_history_is_several_rows(tmp_path: Path):
    """One person may have a row for each stretch of time."""
    text = "id,residence,since,until\nann,US,,2021-06-01\nann,CN,2021-06-01,\n"
    assert people(tmp_path, text) == [
        "person:ann residence=US until=2021-06-01",
        "person:ann residence=CN since=2021-06-01",
    ]


def test_two_values_from_one_day_on_stay_and_are_noted(tmp_path: Path):
    """A conflict inside one source is kept as it is: unknown, and told."""
    text = "id,residence,employer\nann,US,acme\nann,CN,beta\n"
    harvest = read("people-csv", tmp_path, {"p.csv": text})
    assert [fact.value for fact in harvest.facts if fact.name == "residence"] == [
        "US",
        "CN",
    ]
    assert notes(harvest) == [
        "p.csv:2: `person:ann` has residence `CN` and `US`: taken as unknown"
    ]


def test_two_files_are_one_source(tmp_path: Path):
    """Conflicts are seen across the files of a source."""
    files = {"a.csv": "id,team\nann,x\n", "b.csv": "id,team\nann,y\n"}
    harvest = read("people-csv", tmp_path, files)
    assert len(notes(harvest)) == 1


def test_columns_that_nobody_may_use_are_dropped_with_a_note(tmp_path: Path):
    """Nationality and the like are not read even where they stand in the file."""
    text = "id,Nationality,Date of birth,desk\nann,CN,1980-01-01,12\n"
    harvest = read("people-csv", tmp_path, {"p.csv": text})
    assert told(harvest) == ["person:ann"]
    assert notes(harvest) == [
        "p.csv:1: dropped column `Nationality`: no regime turns on it",
        "p.csv:1: dropped column `Date of birth`: no regime turns on it",
        "p.csv:1: columns not read: `desk`",
    ]


def test_citizenship_may_say_who_is_a_us_person(tmp_path: Path):
    """The one use of citizenship is the yes or no of 28 CFR 202.256."""
    text = "id,US citizen\nann,yes\n"
    options = "columns: {id: id, us_person: US citizen}"
    assert people(tmp_path, text, options) == ["person:ann us_person=yes"]


@pytest.mark.parametrize(
    "column",
    [
        "nationality",
        "Nationalities",
        "birthDate",
        "BIRTH_PLACE",
        "mother tongue",
        "ethnic-group",
        "person.religion",
        "preferredLanguage",
        "DOB",
    ],
)
def test_a_forbidden_column_is_known_in_every_shape(column: str):
    """Camel case, capitals and separators don't hide what a column holds."""
    assert is_forbidden(column)


@pytest.mark.parametrize("column", ["residence", "embrace", "sexton", "raceway", "id"])
def test_a_column_is_forbidden_by_whole_words(column: str):
    """A word that merely contains a forbidden one is no reason to drop a column."""
    assert not is_forbidden(column)
