"""Every mistake in a boundary file has a place, a clear message and a remedy."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.model import canonical
from ringfence.errors import ConfigError
from tests.unit.boundary.sample import (
    MISTAKES,
    WHOLE,
    changed,
    problems,
    read,
)

IDS = [f"{n}-{shown.splitlines()[0]}" for n, (*_, shown) in enumerate(MISTAKES)]
GROUPS = "groups of countries are listed by `ringfence boundary countries`"


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES, ids=IDS)
def test_mistake(old, new, expected):
    """One mistake gives one problem, with place, message and hint."""
    (problem,) = problems(changed((old, new)))
    assert expected == str(problem).removeprefix("b.yaml:")


def test_place_of_message():
    """A problem is shown with its file, and with a help line."""
    (problem,) = problems(changed(("primary: [US]", "primary: [UK]")))
    expected = (
        f"b.yaml:13:20: unknown country `UK`\n  help: ISO 3166 says `GB`; {GROUPS}"
    )
    assert expected == str(problem)


def test_norway():
    """`NO` is a country, whatever other versions of YAML say."""
    text = changed(("primary: [US]", "primary: [NO]"))
    assert read(text).boundary.places["primary"] == ("NO",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("- 1", "a boundary must be a mapping, not a list"),
        ("boundary", "a boundary must be a mapping, not text"),
        ("[", "is not YAML: did not find expected node content"),
        ("a: &x 1", "anchors are not read"),
        ("a: 1\na: 2", "duplicate key `a`"),
        ('a: [b:c, "\\ud800"]', "holds half a surrogate pair, which is no character"),
    ],
)
def test_no_boundary_at_all(text, message):
    """A file that is no boundary is refused before anything else is said of it."""
    assert message == problems(text)[0].message


@pytest.mark.parametrize(
    ("part", "empty", "messages"),
    [
        ("protected", "[]", {"`protected` is empty", "unknown protection `contact`"}),
        ("claims", "[]", {"`claims` is empty"}),
        ("sources", "{}", {"`sources` is empty"}),
        ("claims", "none", {"`claims` must be a list, not text"}),
        ("sources", "[]", {"`sources` must be a mapping, not a list"}),
        ("sources", "{a: 1}", {"source `a` must be a mapping, not a whole number"}),
        (
            "protected",
            "[1]",
            {
                "a protection must be a mapping, not a whole number",
                "unknown protection `contact`",
            },
        ),
        (
            "exceptions",
            "[1]",
            {
                "an exception must be a mapping, not a whole number",
                "unknown exception `weekly-metrics`",
            },
        ),
        ("claims", "[1]", {"a claim must be a mapping, not a whole number"}),
        (
            "excluded",
            "[]",
            {
                "`excluded` must be a mapping, not a list",
                "unknown selector `in-china`",
                "unknown selector `covered-persons`",
            },
        ),
    ],
)
def test_part_without_content(part, empty, messages):
    """A part that is empty, or of another shape, says so."""
    assert messages == {problem.message for problem in problems(without(part, empty))}


def without(part: str, instead: str) -> str:
    """Return the sample with one of its parts replaced."""
    lines, inside = [], False
    for line in WHOLE.splitlines():
        if not line.startswith(" "):
            inside = line.startswith(f"{part}:")
            lines += [f"{part}: {instead}"] if inside else []
        lines += [] if inside else [line]
    return "\n".join(lines)


def test_selector_that_is_broken_is_still_there():
    """A claim that names a broken selector isn't said to name none."""
    text = changed(("regime: us-dsp-2025", "regime: nonsense"))
    assert [p.message for p in problems(text)] == ["unknown regime `nonsense`"]


def test_no_place_for_a_residency_claim():
    """A claim about places needs places, its own or the boundary's."""
    text = changed(("places: {primary: [US], backup: [US-VA, SG]}\n", ""))
    found = {problem.message for problem in problems(text)}
    assert {"nothing says where copies may be"} == found


def test_facility_needs_countries():
    """A facility can't be in a selector that turns on no country."""
    text = changed(
        ("  in-china: {regime: country-residence, countries: [CN, HK, MO]}",
         "  in-china: {people: {team: x}, entities: {owned: 50}}"),
    )  # fmt: skip
    found = [problem.message for problem in problems(text)]
    assert found == ["selector `in-china` turns on no country"]


def test_hint_for_an_expiry_without_any_date():
    """Where no date is known, the hint shows the form of one."""
    text = changed(
        ("as_of: 2022-01-31\n", ""),
        ("    from: 2022-01-01\n    expires: 2022-06-30\n", ""),
    )
    (problem,) = problems(text)
    assert problem.hint == "every exception ends; add `expires: YYYY-MM-DD`"


def test_hint_for_an_expiry_at_the_end_of_time():
    """The hint's date never leaves the calendar."""
    text = changed(
        ("from: 2022-01-01\n    expires: 2022-06-30", "from: 9999-12-31"),
    )
    (problem,) = problems(text)
    assert problem.hint == "every exception ends; add `expires: YYYY-MM-DD`"


def test_all_problems_at_once():
    """Problems of every part are reported together, in the order of the file."""
    text = changed(
        ("primary: [US]", "primary: [UK]"),
        ("    expires: 2022-06-30\n", ""),
        ("kind: people-csv", "kind: people-cvs"),
        ("share: 90", "share: 101"),
    )
    assert [p.at and p.at.line for p in problems(text)] == [13, 36, 44, 61]


@given(st.data())
def test_mutated_files_give_problems_and_no_traceback(data):
    """Whatever is done to a file, the answer is a boundary or a list of problems."""
    content = bytearray(WHOLE.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        to = data.draw(st.integers(at, min(len(content), at + 40)))
        content[at:to] = data.draw(
            st.one_of(
                st.binary(max_size=3),
                st.sampled_from(PIECES).map(str.encode),
                st.integers(0, len(content) - 1).map(lambda n: content[n : n + 30]),
            )
        )
    text = content.decode("utf-8", "surrogateescape")
    with contextlib.suppress(ConfigError):
        canonical(read(text).boundary)


PIECES = [
    *("[]", "{}", "~", "null", "1", "-1", "1e400", "0x", ".nan", "true", "NO", "''"),
    *("{any: []}", "{not: {employer: x}}", "{owned: 1e-9}", "owned: .inf", "excluded"),
    *("9999-12-31", "0001-01-01", "99999999999999999999", "9" * 5000),
    *(
        "\x00",
        "\u202e",
        '"\\ud800"',
        "- ",
        "? ",
        ": ",
        "\n",
        "\t",
        "[b:c]",
        "%YAML 1.1\n",
    ),
]
