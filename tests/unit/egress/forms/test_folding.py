"""Texts as a reader sees them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.egress.forms.folding import fold
from ringfence.egress.forms.lookalikes import LETTERS


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("j\u0430ne", "jane"),
        ("\uff4a\uff41\uff4e\uff45\uff20", "jane@"),
        ("ja\u200bn\u00ade", "jane"),
        ("\u0664\u0661\u0665", "415"),
        ("415\u2011555", "415-555"),
        ("x\u3002com", "x.com"),
        ("\u8bf7", "\u8bf7"),
    ],
)
def test_glyphs_fold(text: str, seen: str) -> None:
    """A glyph folds to the ASCII that it looks like; what looks like none stays."""
    assert fold(text) == seen


def test_the_table_names_letters() -> None:
    """Every look-alike is a letter beyond ASCII, and looks like one lower-case letter."""
    assert all(not odd.isascii() and len(odd) == 1 for odd in LETTERS)
    assert all(plain.isascii() and plain.islower() for plain in LETTERS.values())


SPACES = "\t\n\v\f\r"


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_stays(text: str) -> None:
    """ASCII folds to itself, but for controls, which nobody sees."""
    assert fold(text) == "".join(
        sign for sign in text if sign.isprintable() or sign in SPACES
    )
