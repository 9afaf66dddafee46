"""Signs of candidates: what one look at their bytes says, an expression would say."""

from __future__ import annotations

import re
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringfence.egress.inspection import signs as room
from ringfence.egress.inspection.patterns import HEXED
from ringfence.egress.inspection.signs import Sign, hexed, signs

SIGNED = {
    "jane@x.org": Sign.AT | Sign.LETTER | Sign.HEX | Sign.OTHER,
    "14155550100": Sign.DIGIT,
    '"0a9f"': Sign.DIGIT | Sign.HEX | Sign.ENCLOSED,
    '\\"0a9f\\"': Sign.DIGIT | Sign.HEX | Sign.ENCLOSED,
    '0a9f"': Sign.DIGIT | Sign.HEX | Sign.ENCLOSED,
    'id": "12': Sign.LETTER | Sign.HEX | Sign.QUOTE | Sign.OTHER | Sign.DIGIT,
    "7f-9d": Sign.DIGIT | Sign.HEX | Sign.DASH,
    "größe": Sign.LETTER | Sign.HEX | Sign.OTHER,
    '"': Sign.ENCLOSED,
    "": Sign(0),
}
CLASSES = {
    "@": Sign.AT,
    "[G-Zg-z]": Sign.LETTER,
    "[A-Fa-f]": Sign.HEX,
    "[0-9]": Sign.DIGIT,
    "-": Sign.DASH,
    r'[\\"]': Sign.QUOTE,
    r'[^@A-Za-z0-9\-\\"]': Sign.OTHER,
}
TEXTS = st.lists(st.text(st.sampled_from('aGz09@-\\".é_')) | st.text(max_size=4))
WIDE = "efbda1efbda2efbda3"
PACKED = "1f8b0800000000000000"
DIGITS = st.text(st.sampled_from("0123456789abcdefABCDEF"), max_size=40)
PARTS = st.sampled_from(("6a616e65", "0", "g", "", WIDE, PACKED, "28B52FFD00000000"))


def expected(text: str) -> Sign:
    """Return the signs of a text, class by class."""
    bare = text.strip('\\"')
    found = Sign.ENCLOSED if bare != text else Sign(0)
    for pattern, sign in CLASSES.items():
        if re.search(pattern, bare):
            found |= sign
    return found


@pytest.mark.parametrize("text", SIGNED)
def test_signs_are_those_between_the_quotes(text: str) -> None:
    """Each kind of sign is told, and what is around a candidate apart."""
    assert signs(pl.Series([text])).to_list() == [SIGNED[text]]


@given(TEXTS)
@example(["", "a", ""])
@example(['"', '"'])
def test_signs_are_what_expressions_find(texts: list[str]) -> None:
    """Of many at once, in pieces, as of each alone."""
    series = pl.Series(texts, dtype=pl.String)
    wanted = [expected(text) for text in texts]
    assert signs(series).to_list() == wanted
    with patch.object(room, "_PIECE", 2):
        assert signs(series).to_list() == wanted
        assert signs(series[1:]).to_list() == wanted[1:]


@given(st.lists(DIGITS | st.lists(PARTS).map("".join)))
@example(["6a616e65", "6a616e65"])
@example(["6a616e656a616e65", "x", "06a616e656a616e65"])
@example([WIDE[:-1], WIDE[-1], PACKED])
def test_hexadecimal_of_text_is_what_the_pattern_finds(texts: list[str]) -> None:
    """What two make together is none; what one has is found, wherever it begins."""
    series = pl.Series(texts, dtype=pl.String)
    wanted = [at for at, text in enumerate(texts) if re.search(HEXED, text)]
    assert hexed(series).tolist() == wanted
    with patch.object(room, "_PIECE", 3):
        assert hexed(series).tolist() == wanted
