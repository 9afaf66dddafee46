"""Texts within texts, and what no text is."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.claims.publishing import unfolding
from ringfence.claims.publishing.unfolding import folded, texts_of, unfolded
from ringfence.egress.forms.folding import fold

SIGNS = st.one_of(
    st.characters(),
    st.characters(categories=["Mn", "Cf", "Lo"]),
    st.characters(codec="ascii"),
)
FIVES: Mapping[str, Callable[[bytes], bytes]] = {
    "ASCII85": base64.a85encode,
    "base85": base64.b85encode,
}


@given(st.text(SIGNS, max_size=60))
def test_folding_what_is_not_ascii_is_folding_all(text):
    """What is ASCII is folded already, with the signs that stand on it."""
    assert folded(text) == fold(text)


@pytest.mark.parametrize("coding", FIVES)
@given(st.text(max_size=40))
def test_fives_are_what_the_library_writes(coding, text):
    """Any text in groups of five is read as the standard library wrote it."""
    run = FIVES[coding](text.encode()).decode()
    digits = bytes(range(33, 118)) if coding == "ASCII85" else unfolding._DIGITS85
    if "z" not in run or coding == "base85":
        found = [*unfolding._of_fives([run, run], digits)]
        assert found == [text.encode()] * 2


@given(st.text(max_size=60))
def test_every_text_comes_first(text):
    """What is to be unfolded is among what is found, whatever stands in it."""
    found = unfolded([text])
    assert next(iter(found)) == text
    assert {inner for each in found.values() for inner in each} <= found.keys()


def test_four_codings_deep_is_deep_enough():
    """A text in base64 five times over is unfolded four times, and no further."""
    text = "Ann Fox was here"
    layers = [text]
    for _ in range(5):
        layers.append(base64.b64encode(layers[-1].encode()).decode())
    found = unfolded([layers[-1]])
    assert layers[1] in found
    assert text not in found


def test_an_export_that_unfolds_without_end_is_refused(monkeypatch):
    """So much is looked through and no more: then nothing leaves."""
    monkeypatch.setattr(unfolding, "MOST", 10)
    with pytest.raises(OverflowError, match="unfolds"):
        unfolded(["a text that is longer than ten signs"])


def test_noise_is_no_text():
    """What is no text in any coding says nothing; what is nearly one does."""
    assert [*texts_of(bytes(range(128, 256)))] == []
    assert [*texts_of(b"Ann Fox\xff")] == ["Ann Fox\ufffd", "Ann Fox\xff"]
    assert [*texts_of(b"")] == [""]
