"""Texts within texts, and who is named in them."""

from __future__ import annotations

import base64
import gzip

from hypothesis import given
from hypothesis import strategies as st

from ringfence.claims.publishing.unnamed import Hidden, Named, named, parts_of
from tests.publishing import ENCODINGS

DIGESTS = {"md5", "sha1", "sha256"}
NAMES = st.text("abdeghklmnoprstuvwy", min_size=6, max_size=12)
CHOSEN = sorted({*ENCODINGS} - DIGESTS - {"Cyrillic"})
OUTER = ("base64", "URL of every sign", "references", "JSON escapes", "hexadecimal")


@given(NAMES, st.sampled_from(CHOSEN), st.sampled_from(OUTER))
def test_names_are_found_through_two_codings(name, coding, outer):
    """Any name, in any coding, in another one."""
    text = ENCODINGS[outer](ENCODINGS[coding](name))
    assert named({"a.txt": f"so {text} it is".encode()}, [Hidden("P1", name)])


@given(st.text(max_size=60), st.binary(max_size=60))
def test_anything_can_be_looked_through(text, content):
    """No text and no bytes are too odd; and nobody hides in an empty docket."""
    assert named({text: content}, []) == []


def test_short_names_are_found_as_words():
    """`Li` stands for itself, and not within `like`; apart it is found as well."""
    hidden = [Hidden("P1", "Li")]
    assert named({"a": b"and Li said"}, hidden) == [Named("P1", "a")]
    assert named({"a": b"and L-i said"}, hidden)
    assert not named({"a": b"and likely said"}, hidden)


def test_a_text_names_its_parts():
    """A sealed text is looked for whole and in parts: by comma, address and number."""
    text = "Ann Fox, ann@fox.example; 415-555-0112"
    assert {"Ann Fox", "ann@fox.example", "415-555-0112"} <= {
        part.strip() for part in parts_of(text)
    }
    assert named({"a": b"call 0014155550112"}, [Hidden("P1", "+1 415 555 0112")])
    assert not named({"a": b"nothing"}, [Hidden("P1", " ,; ")])
    assert not named({"a": b"call 1"}, [Hidden("P1", "0000 0012")])


def test_one_that_is_named_twice_is_told_once_for_each_file():
    """By the file, and by whom the docket calls them."""
    files = {"b": b"Ann Fox, Ann Fox", "a": b"Ann Fox"}
    found = named(files, [Hidden("P2", "Ann Fox"), Hidden("H1", "Ann Fox")])
    assert found == [Named(of, file) for of in ("H1", "P2") for file in ("a", "b")]


def test_packed_texts_that_are_no_text_hide_nobody():
    """A torn archive, noise, a single sign: nothing that anybody could read."""
    torn = base64.b64encode(gzip.compress(b"Ann Fox")[:-9] + b"xxxxxxxxx").decode()
    for text in (torn, "AAAAAAAAAAAA", "QQ==", "%ff%fe%fd", "\\ud800 \\u{110000}"):
        assert not named({"a": text.encode()}, [Hidden("P1", "Ann Fox")])


def test_codings_of_two_bytes_and_of_one_are_read():
    """UTF-16 of either order, and Latin-1."""
    hidden = [Hidden("P1", "Zo\u00eb Fox")]
    for coding in ("utf-16-le", "utf-16-be", "latin-1"):
        text = base64.b64encode("Zo\u00eb Fox".encode(coding)).decode()
        assert named({"a": text.encode()}, hidden), coding
