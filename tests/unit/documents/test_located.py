"""The reader of documents: it notes every problem, and goes on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.documents.located import Located, Reader, nearest, parse_moment
from ringfence.documents.yaml import read_yaml
from ringfence.errors import Locus


def noted(
    take: Callable[[Reader, Located], object], text: str
) -> tuple[object, list[str]]:
    reader = Reader()
    found = take(reader, read_yaml(text, "f"))
    return found, [str(one).replace("\n  help:", " ->") for one in reader.problems]


def test_fields_are_known_or_noted():
    """A field that isn't known is noted with the closest one, a missing one too."""
    found, problems = noted(
        lambda reader, value: list(
            reader.fields(value, required=("name",), optional=("label",), what="a tool")
        ),
        "lable: x\nlabel: y",
    )
    assert found == ["label"]
    assert problems == [
        "f:1:1: a tool has no `lable` -> did you mean `label`?",
        "f:1:1: a tool needs `name` -> add `name: ...`",
    ]


def test_fields_of_what_is_no_mapping():
    """A list has no fields."""
    found, problems = noted(lambda reader, value: reader.fields(value), "[1]")
    assert (found, problems) == (
        {},
        ["f:1:1: this mapping must be a mapping, not a list"],
    )


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("5", "a whole number"),
        ("true", "true or false"),
        ("1.5", "a number"),
        ("~", "empty"),
    ],
)
def test_text_that_is_none_belongs_in_quotes(written: str, what: str):
    """A number where text is wanted is noted: `NO` is text, 5 is not."""
    found, problems = noted(lambda reader, value: reader.text(value), written)
    assert found is None
    assert problems == [f"f:1:1: this must be text, not {what} -> put it in quotes"]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("[]", "f:1:1: this must be text, not a list"),
        ("{}", "f:1:1: this must be text, not a mapping"),
        ("' '", "f:1:1: this is blank"),
    ],
    ids=["list", "mapping", "blank"],
)
def test_text_that_cannot_be(written: str, message: str):
    """Lists, mappings and blanks are no text, and quotes wouldn't help."""
    assert noted(lambda reader, value: reader.text(value), written) == (None, [message])


def test_one_text_is_a_list_of_one():
    """A list of one may be written without brackets; its bad items are left out."""
    assert noted(lambda reader, value: reader.texts(value), "NO") == (["NO"], [])
    assert noted(lambda reader, value: reader.texts(value, "x"), "[a, 5, b]") == (
        ["a", "b"],
        ["f:1:5: an item of x must be text, not a whole number -> put it in quotes"],
    )


def test_a_choice_is_one_of_its_options():
    """A word that isn't among the options is noted with the closest."""
    take = lambda reader, value: reader.choice(value, ("bare", "residual"), "reach")  # noqa: E731
    assert noted(take, "bare") == ("bare", [])
    assert noted(take, "bear") == (
        None,
        ["f:1:1: unknown reach `bear` -> did you mean `bare`?"],
    )
    assert noted(take, "zzz") == (
        None,
        ["f:1:1: unknown reach `zzz` -> one of `bare`, `residual`"],
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("3", (3, [])),
        ("-1", (None, ["f:1:1: this must be 0 or more"])),
        ("true", (None, ["f:1:1: this must be a whole number"])),
        ("1.0", (None, ["f:1:1: this must be a whole number"])),
        ("9" * 5000, (None, ["f:1:1: this must be a whole number"])),
    ],
    ids=["three", "negative", "true", "decimal", "huge"],
)
def test_whole_numbers(written: str, expected: object):
    """A whole number is no flag, no decimal and no text of five thousand digits."""
    assert noted(lambda reader, value: reader.whole(value), written) == expected


def test_flags():
    """Only `true` and `false` are flags; `yes` is text."""
    assert noted(lambda reader, value: reader.flag(value), "false") == (False, [])
    assert noted(lambda reader, value: reader.flag(value), "yes") == (
        None,
        ["f:1:1: this must be `true` or `false`"],
    )


def test_lists_and_free_mappings():
    """`each` leaves out what can't be taken; `entries` takes any key."""
    take = lambda reader, value: reader.each(value, reader.whole, "x")  # noqa: E731
    assert noted(take, "[1, a, 2]") == ([1, 2], ["f:1:5: this must be a whole number"])
    assert noted(take, "1") == ([], ["f:1:1: x must be a list, not a whole number"])
    entries = lambda reader, value: list(reader.entries(value, "x"))  # noqa: E731
    assert noted(entries, "{NO: 1}") == (["NO"], [])
    assert noted(entries, "[1]") == ([], ["f:1:1: x must be a mapping, not a list"])


def test_what_is_absent_is_no_problem():
    """Every method takes None for an optional field that isn't there."""
    reader = Reader()
    taken = [
        reader.text(None),
        reader.whole(None),
        reader.flag(None),
        reader.moment(None),
        reader.choice(None, ("a",)),
    ]
    assert taken == [None] * 5
    assert (reader.texts(None), reader.each(None, reader.text, "x")) == ([], [])
    assert (dict(reader.entries(None, "x")), reader.problems) == ({}, [])


MOMENTS = {
    "2022-01-31": "2022-01-31T00:00:00Z",
    "2022-01-31T09:30:00Z": "2022-01-31T09:30:00Z",
    "2022-01-31T09:30:00.999Z": "2022-01-31T09:30:00Z",
    "2022-01-31T01:30:00+02:00": "2022-01-30T23:30:00Z",
    "2022-01-31 09:30+00:00": "2022-01-31T09:30:00Z",
    "0001-01-01": "0001-01-01T00:00:00Z",
    "2022-01-31T09:30:00": None,
    "2022-02-30": None,
    "2022-13-01": None,
    "2022-01-31T24:30:00Z": None,
    "2022": None,
    "31.01.2022": None,
    "0001-01-01T00:00:00+14:00": None,
    "9999-12-31T23:59:59-14:00": None,
    "\uff12\uff10\uff12\uff12-01-31": None,
    "": None,
}


@pytest.mark.parametrize("written", MOMENTS)
def test_moments(written: str):
    """An instant has a zone and becomes UTC to the second; a bare date is its first."""
    assert parse_moment(written) == MOMENTS[written]


def test_a_date_that_is_none_is_noted():
    """The hint shows how to write one."""
    hint = "write `2022-01-31`, or `2022-01-31T09:30:00Z`"
    assert noted(lambda reader, value: reader.moment(value), "yesterday") == (
        None,
        [f"f:1:1: this `yesterday` is no date -> {hint}"],
    )


@given(st.datetimes(timezones=st.timezones()) | st.text(max_size=30))
def test_moments_are_fixed_points(written: object):
    """What comes out has one form, and is read as itself."""
    found = parse_moment(written if isinstance(written, str) else str(written))
    if found is not None:
        assert re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z", found)
        assert parse_moment(found) == found


def test_too_many_options_are_not_listed():
    """A hint of thirteen words helps nobody."""
    assert nearest("zzz", [f"option-{n}" for n in range(13)]) is None


def test_what_is_no_list_or_text_has_none():
    """Asking a value for parts that it doesn't have gives nothing."""
    value = Located(5, Locus("f"))
    assert (value.get("a"), value.items(), value.text()) == (None, [], "")
