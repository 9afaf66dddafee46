"""Errors: what went wrong, where, the remedy, and nothing that steers a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import (
    ConfigError,
    ExitCode,
    Locus,
    NothingCollectedError,
    Problem,
    ProofError,
    RingfenceError,
    SourceError,
    printable,
)

SHOWN = {
    "plain text, NO `ticks`": "plain text, NO `ticks`",
    "çağ 李 😀": "çağ 李 😀",
    "\x1b[31mred": "\\x1b[31mred",
    "a\nb\r\t\0": "a\\x0ab\\x0d\\x09\\x00",
    "\x9b2J": "\\x9b2J",
    "ann\u202egnp.exe": "ann\\u202egnp.exe",
    "\u2066\u200f\ufeff\u2028": "\\u2066\\u200f\\ufeff\\u2028",
    "\ud800": "\\ud800",
    "\U000e0001": "\\U000e0001",
}


@pytest.mark.parametrize("text", SHOWN, ids=[str(n) for n in range(len(SHOWN))])
def test_what_could_steer_a_terminal_is_made_visible(text: str):
    """Controls, overrides and half surrogates become escapes; letters stay."""
    assert printable(text) == SHOWN[text]


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_printable_steers_a_terminal(text: str):
    """No control, format, private or line-breaking character is ever left."""
    shown = printable(text)
    categories = {unicodedata.category(character) for character in shown}
    assert categories.isdisjoint({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
    assert shown.encode().decode() == shown


@given(st.text(st.characters(exclude_categories=())))
def test_printable_twice_is_printable_once(text: str):
    """What is visible already stays as it is."""
    assert printable(printable(text)) == printable(text)


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (Locus("a.yaml"), "a.yaml"),
        (Locus("a.yaml", 3), "a.yaml:3"),
        (Locus("a.yaml", 3, 7), "a.yaml:3:7"),
        (Locus("a.json", pointer="/a~1b/0"), "a.json#/a~1b/0"),
        (Locus("a.json", pointer=""), "a.json#"),
        (Locus("\x1b[2J.csv", 1, pointer="/\u202e"), "\\x1b[2J.csv:1#/\\u202e"),
    ],
    ids=["file", "line", "column", "pointer", "root", "hostile"],
)
def test_a_place_is_shown(at: Locus, shown: str):
    """A place reads `file:line:column` or `file#/pointer`, safe to print."""
    assert str(at) == shown


def test_a_problem_is_place_message_and_help():
    """The place comes first, the remedy last, on a line of its own; all are safe."""
    problem = Problem("has no `\x1b`", Locus("a", 1), "write `\u202e`")
    assert str(problem) == "a:1: has no `\\x1b`\n  help: write `\\u202e`"
    assert str(Problem("is wrong")) == "is wrong"


def test_an_error_carries_every_problem_in_order():
    """Problems are told by file, line and column, however they were found."""
    error = ConfigError.of(
        [
            Problem("d", Locus("b", 1)),
            Problem("c", Locus("a", 10, 2)),
            Problem("b", Locus("a", 2, 9)),
            Problem("a"),
        ]
    )
    assert isinstance(error, ConfigError)
    assert [problem.message for problem in error.problems] == ["a", "b", "c", "d"]
    assert str(error) == "a\na:2:9: b\na:10:2: c\nb:1: d"


def test_one_error_is_one_problem():
    """An error that is raised alone carries itself as its only problem."""
    error = SourceError("is empty", Locus("f"), "fill it")
    assert error.problems == (Problem("is empty", Locus("f"), "fill it"),)
    assert str(error) == "f: is empty\n  help: fill it"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (RingfenceError, ExitCode.TOOL_FAILED),
        (ConfigError, ExitCode.USAGE),
        (SourceError, ExitCode.USAGE),
        (NothingCollectedError, ExitCode.NOTHING_COLLECTED),
        (ProofError, ExitCode.NOT_VERIFIED),
    ],
)
def test_each_error_has_its_exit_code(kind: type[RingfenceError], code: ExitCode):
    """A failure of the tool never shares a code with a finding about the world."""
    assert kind("x").exit_code is code


def test_exit_codes_are_fixed():
    """A code has one meaning for ever."""
    assert {code.name: int(code) for code in ExitCode} == {
        "ALL_UPHELD": 0,
        "TOOL_FAILED": 1,
        "USAGE": 2,
        "NOTHING_COLLECTED": 3,
        "UNPROVEN": 10,
        "REFUTED": 11,
        "NOT_VERIFIED": 12,
    }
