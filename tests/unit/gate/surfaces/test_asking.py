"""What a caller says, and what of it counts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Dataset, Marker, Scene
from ringfence.boundary.model import Gate
from ringfence.boundary.vocabulary import VERBS
from ringfence.gate.point.asked import Asked, Caller
from ringfence.gate.point.http import Call
from ringfence.gate.surfaces.asking import Words, asked_by
from ringfence.gate.surfaces.bodies import Evaluation, MalformedError, decoded, shaped
from tests.authzen_case import Json, question

PLAIN = Caller("plain", obeys=frozenset({"mask"}))
TRUSTED = Caller("trusted", trusts=frozenset({"person", "dataset", "column", "store"}))
MARKED = Dataset(rows=Marker("region", ("US",)))
SCENE = Scene(
    boundary="b",
    estate="e",
    since="",
    until="~",
    gate=Gate(()),
    selectors=(),
    people={},
    entities={},
    datasets={
        "dataset:db/t": MARKED,
        "dataset:db/u": Dataset(),
        "dataset:db/v": Dataset(rows=Marker("land", ("US",))),
    },
    stores={"store:db": ("dataset:db/t", "dataset:db/u", "dataset:db/v", "dataset:no")},
)


def read(
    what: str = "db/t", kind: str = "table", caller: Caller = PLAIN, **more: Any
) -> Request:
    asked = question("Alice", "SELECT", what, kind, **more)
    return Words(caller, SCENE).request(shaped(asked, Evaluation))


def refusal(caller: Caller = PLAIN, **more: Any) -> str:
    with pytest.raises(MalformedError) as caught:
        read(caller=caller, **more)
    return str(caught.value)


def test_a_plain_question_is_a_plain_request():
    """Names become the estate's, and nothing is told that nobody said."""
    obeys = frozenset({"mask"})
    assert read() == Request("person:alice", "read", "dataset:db/t", obeys=obeys)


def test_a_request_keeps_who_asked_and_what_it_is_called():
    """The caller's name, the protocol and the request's own id go into the log."""
    call = Call("POST", "/", {"x-request-id": "r-1"})
    assert asked_by(PLAIN, call, read()) == Asked(read(), "plain", "authzen", "r-1")
    assert asked_by(PLAIN, Call("POST", "/"), read()).reference == ""


# --- the subject ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"role": "admin"}, {"role": ("admin",)}),
        ({"Role": "a", "role": ["b", "c"]}, {"role": ("a", "b", "c")}),
        ({"employer": ["acme", None, "x"]}, {"employer": ("acme", "x")}),
        ({"n": 1, "f": True}, {"n": ("1",), "f": ("true",)}),
        ({"residence": "cn", "location": "us"}, {"residence": ("CN",), "location": ("US",)}),
        ({"us_person": True, "designated": "FALSE"}, {"us_person": ("yes",), "designated": ("no",)}),
        ({"residence": "China"}, {"residence": ("China",)}),
        ({"active": 7}, {"active": ("7",)}),
        ({"gone": None, "none": [], "nothing": {}}, {}),
        ({"a": {"B": {"c": 1}, "d": [2]}}, {"a.b.c": ("1",), "a.d": ("2",)}),
        ({"l": [[1], {"x": None}]}, {"l": ("[1]", '{"x":null}')}),
    ],
)  # fmt: skip
def test_what_is_stated_of_a_subject_becomes_texts(told, expected):
    """Texts, numbers, flags and lists of them are values; a null is no value."""
    found = read(subject=told)
    assert found.stated == expected
    assert not found.trusted


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"residence": "China"}, "`subject.properties.residence` must be a country's code"),
        ({"location": ""}, "`subject.properties.location` must be a country's code"),
        ({"residence": ["US", "UK"]}, "`subject.properties.residence` must be a country's"),
        ({"us_person": "perhaps"}, "`subject.properties.us_person` must be `yes` or `no`"),
        ({"designated": 1}, "`subject.properties.designated` must be `yes` or `no`"),
        ({"employment": "staff"}, "`subject.properties.employment` must be `employee`"),
    ],
)  # fmt: skip
def test_a_word_that_counts_must_be_one_that_can_exclude(told, message):
    """Of a trusted caller, a misspelt country is refused: it would exclude nobody."""
    assert refusal(TRUSTED, subject=told).startswith(message)


def test_a_trusted_word_wins():
    """Whoever is trusted for people is said to be."""
    told = {"residence": "sg", "active": False, "employment": "Contractor"}
    found = read(caller=TRUSTED, subject=told)
    assert found.trusted
    said = {"residence": ("SG",), "active": ("no",), "employment": ("contractor",)}
    assert found.stated == said


# --- the resource ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "expected"),
    [(["a", "b", "a"], ("a", "b")), ([], ()), (None, ())],
)
def test_the_columns_that_are_touched_are_named(columns, expected):
    """Columns are bare names; of none, all are meant."""
    assert read(resource={"columns": columns}).columns == expected


@pytest.mark.parametrize("columns", ["a", [1], ["a", None], {"a": 1}, 0, False])
def test_columns_that_are_no_list_of_names_are_refused(columns):
    """What isn't a list of texts can't be narrowed to."""
    message = "`resource.properties.columns` must be a list of names"
    assert refusal(resource={"columns": columns}) == message


@pytest.mark.parametrize("columns", [["d"], ["c", "d"], ["db/t.c"], [""]])
def test_a_column_has_no_other_columns(columns):
    """Other columns beside a column would be answered as if nobody had named them."""
    message = "`resource.properties.columns` must be of a dataset"
    assert (
        refusal(what="db/t.c", kind="column", resource={"columns": columns}) == message
    )


def test_what_is_told_of_a_resource_counts_for_nothing_by_itself():
    """An untrusted caller can't say whose row it is, nor meet a guard by its word."""
    found = read(resource={"region": "DE", "status": "active", "columns": ["a"]})
    assert (found.row, found.circumstances, found.columns) == (None, {}, ("a",))


@pytest.mark.parametrize(
    ("what", "kind", "row"),
    [
        ("db/t", "dataset", {"region": "DE"}),
        ("db/t.c", "column", {"region": "DE"}),
        ("db", "store", {"region": "DE", "land": None}),
        ("db/u", "dataset", None),
        ("db/no", "dataset", None),
        ("no", "store", None),
    ],
)
def test_a_trusted_caller_says_whose_row_it_is(what, kind, row):
    """Of all that is told, the columns that tell of whom a row is make the row."""
    told = {"region": "DE", "land": None, "status": "active", "columns": ["c"]}
    found = read(what, kind, TRUSTED, resource=told)
    assert found.row == row
    assert found.circumstances == {
        "resource.region": ("DE",),
        "resource.status": ("active",),
    }


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("US", "US"),
        (7, "7"),
        (None, None),
        (True, None),
        (["US"], None),
        ({}, None),
        (Decimal("7.0"), None),
        (Decimal("7e0"), None),
    ],
)
def test_a_cell_is_a_text_or_a_whole_number(value, cell):
    """What is no text or whole number, or may be spelt otherwise, may be anybody's."""
    assert read(caller=TRUSTED, resource={"region": value}).row == {"region": cell}


def test_trust_is_of_a_kind():
    """A caller that is trusted for people alone says nothing of data, and vice versa."""
    told: Json = {"subject": {"residence": "DE"}, "resource": {"region": "DE"}}
    of_people = read(caller=replace(TRUSTED, trusts=frozenset({"person"})), **told)
    of_data = read(caller=replace(TRUSTED, trusts=frozenset({"dataset"})), **told)
    assert (of_people.trusted, of_people.row, of_people.circumstances) == (
        True,
        None,
        {},
    )
    assert (of_data.trusted, of_data.row) == (False, {"region": "DE"})


@pytest.mark.parametrize("name", ["fly", "", "any", "?read", "x" * 99])
def test_an_unknown_action_keeps_its_name_and_is_no_verb(name):
    """The log says what was asked, as far as it is told; it is denied as no verb."""
    asked = shaped(question("a", name, "db/t", "table"), Evaluation)
    found = Words(PLAIN, SCENE).request(asked).verb
    assert found == f"?{name}"[:64]
    assert found not in VERBS


# --- the action and the context -------------------------------------------------------


def test_what_is_around_a_request_has_keys_of_its_own():
    """No property can pass for what is known of a principal."""
    found = read(
        action={"soft": True, "Principal.role": "admin"},
        context={"network": "office", "principal": {"role": "admin"}, "time": None},
    )
    assert found.circumstances == {
        "action.soft": ("true",),
        "action.principal.role": ("admin",),
        "request.network": ("office",),
        "request.principal.role": ("admin",),
    }


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, ("", None)),
        ({"purpose": "repair", "subjects": 3}, ("repair", 3)),
        ({"subjects": 0}, ("", 0)),
        ({"subjects": []}, ("", 0)),
        ({"subjects": ["a", "b", "a", 1]}, ("", 3)),
        ({"purpose": None, "subjects": None}, ("", None)),
    ],
)
def test_purpose_and_subjects_are_taken_out_of_the_context(told, expected):
    """What an exception asks for isn't a circumstance."""
    found = read(context=told)
    assert (found.purpose, found.subjects) == expected
    assert found.circumstances == {}


@pytest.mark.parametrize(
    "told",
    [
        {"subjects": -1},
        {"subjects": True},
        {"subjects": "3"},
        {"subjects": {}},
        {"subjects": ["a", None]},
        {"subjects": [["a"]]},
        {"subjects": [True]},
        {"purpose": 1},
        {"purpose": ["repair"]},
        {"purpose": False},
    ],
)
def test_a_purpose_or_a_count_that_cannot_be_is_refused(told):
    """A count that is negative, or no count, would make room under a cap."""
    assert refusal(context=told).startswith(f"`context.{next(iter(told))}` must be")


@pytest.mark.parametrize("subjects", [b"1.0", b"1e2", b"3.5"])
def test_a_count_is_written_as_a_whole_number(subjects):
    """A decimal is no count."""
    context = decoded(b'{"subjects":' + subjects + b"}")
    assert refusal(context=context).startswith("`context.subjects` must be")
