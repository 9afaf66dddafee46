"""Text fits its column, in cells of a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ringfence.report.fitting import cut, cut_left, fold, measure, pad


def test_a_chinese_character_takes_two_cells():
    """Widths are a terminal's: two for a wide character, none for a combining one."""
    assert measure("漢字") == 4
    assert measure("e\u0301") == 1
    assert pad("漢", 4) == "漢  "


def test_a_long_text_ends_with_an_ellipsis():
    """A cut says that it is one, at the end that is gone."""
    assert cut("engineers in China", 10) == "engineers…"
    assert cut_left("scim/groups.json#/Resources/17", 13) == "…Resources/17"
    assert cut("short", 5) == cut_left("short", 5) == "short"
    assert cut("short", 0) == ""


def test_a_fold_breaks_between_words():
    """Lines break at blanks, and within a word only when it is too long for a line."""
    assert fold("who could reach it", 9) == ["who could", "reach it"]
    assert fold("ab abcdefghij k", 4) == ["ab", "abcd", "efgh", "ij k"]
    assert fold("", 9) == [""]


def test_a_fold_of_at_most_some_lines_says_that_there_is_more():
    """The last line that is left ends with an ellipsis."""
    assert fold("who could reach it", 9, most=1) == ["who coul…"]
    assert fold("who could reach it", 9, most=2) == ["who could", "reach it"]


@given(st.text(), st.integers(2, 40), st.integers(0, 3))
def test_nothing_is_wider_than_its_column(text: str, width: int, most: int):
    """Whatever a name holds, no line is wider than asked or steers the terminal."""
    lines = [cut(text, width), cut_left(text, width), *fold(text, width, most=most)]
    assert all(measure(line) <= width for line in lines)
    assert all(line.isprintable() for line in lines)


@given(st.text(alphabet="ab 漢", max_size=60), st.integers(2, 20))
def test_a_fold_drops_nothing_but_blanks(text: str, width: int):
    """A fold without a limit holds every character that isn't a blank, in order."""
    assert "".join(fold(text, width)).replace(" ", "") == text.replace(" ", "")
