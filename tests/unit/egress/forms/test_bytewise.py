"""What is asked of all bytes at once is what a pattern says of each text."""

from __future__ import annotations

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringfence.egress.forms.bytewise import (
    are_figures,
    bytes_of,
    hiding,
    holds,
    holds_capitals,
    paired,
    turned,
)
from ringfence.egress.inspection.decoding import APART, TRIGGER, Decoding
from ringfence.egress.inspection.limits import Limits
from ringfence.egress.inspection.patterns import (
    ADDRESSED,
    GROUPED,
    HEXED,
    ROUNDED,
    TEXT_HEXED,
)

ENCODED = (
    f"{TRIGGER}|{Decoding(Limits()).first}|{APART.trigger}"
    f"|{ADDRESSED}|{ROUNDED}|{GROUPED}|{HEXED}"
)
NUMBERS = st.one_of(
    st.text(st.sampled_from("0123456789"), max_size=70),
    st.text(st.sampled_from("23456789"), max_size=24),
    st.text(st.sampled_from("27"), max_size=24),
    st.lists(st.sampled_from(("772", "7", "0", "62", "28")), max_size=12).map("".join),
)


def series(texts: list[str]) -> pl.Series:
    return pl.Series("x", texts, dtype=pl.String)


@settings(max_examples=300)
@given(st.lists(NUMBERS, max_size=6))
@example(["7721772177217721", "0772177217721", "77217721772"])
@example(["2" * 16, "2" * 15, "2222222222222222", "02" * 9])
@example(["2222222", "222222222"])
def test_every_number_that_may_be_encoded_is_told(texts: list[str]):
    """Whatever decoder fires at digits alone: the number is among those told."""
    fires = series(texts).str.contains(ENCODED).arg_true().to_list()
    assert {*fires} <= {*hiding(bytes_of(series(texts))).tolist()}


@given(st.lists(NUMBERS, max_size=6))
def test_no_other_number_is_told(texts: list[str]):
    """Two texts side by side are no pattern."""
    pattern = r"(?:772[0-9]){3}|(?:[2-7][0-9]){8}"
    fits = series(texts).str.contains(pattern).arg_true().to_list()
    assert hiding(bytes_of(series(texts))).tolist() == fits


@given(st.lists(st.text(max_size=6) | NUMBERS, max_size=5), st.integers(0, 3))
def test_questions_about_all_are_those_about_each(texts: list[str], low: int):
    """Of a part of a column too."""
    some = texts[low:]
    content = bytes_of(series(texts)[low:])
    whole = "".join(some)
    assert content.content.tobytes() == whole.encode()
    assert content.starts.tolist()[-1] == len(whole.encode())
    assert are_figures(content) == (whole.isascii() and whole.isdigit())
    assert holds(content, ".") == ("." in whole)
    assert holds_capitals(content) == any("A" <= sign <= "Z" for sign in whole)


ASCII = st.text(st.characters(codec="ascii"), max_size=8)


@given(st.lists(ASCII, max_size=6), st.integers(0, 3))
def test_texts_are_turned_one_by_one(texts: list[str], low: int):
    """Each back to front, in the order they had."""
    found = turned(series(texts)[low:])
    assert found.to_list() == [text[::-1] for text in texts[low:]]
    assert found.dtype == pl.String


@given(st.lists(st.text(st.sampled_from("27af9G"), max_size=24), max_size=6))
@example(["2a" * 8, "2a" * 7 + "2", "a2" * 8, "x" + "7f" * 8])
def test_pairs_that_may_be_letters_are_told(texts: list[str]):
    """Eight in a row, at any place of a run of hexadecimal digits."""
    runs = [text.replace("G", "0").replace("x", "0") for text in texts]
    fits = series(runs).str.contains(TEXT_HEXED).arg_true().to_list()
    assert paired(bytes_of(series(runs))).tolist() == fits
