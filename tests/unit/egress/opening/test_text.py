"""Text is cut at the ends of lines, and what can't be read is a doubt."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.opening.caps import Caps
from ringfence.egress.opening.text import Reader, lines_of


@given(st.binary(max_size=300).map(lambda b: b.replace(b"\r", b"")), st.integers(1, 40))
def test_blocks_hold_every_line_once(content: bytes, block: int):
    """Wherever blocks end, together they are the text, in whole lines."""
    reader = Reader(io.BytesIO(content), Caps(block=block))
    blocks = list(reader.blocks())
    assert b"".join(blocks) == Reader(io.BytesIO(), Caps()).readable(content)
    assert all(one.endswith(b"\n") for one in blocks[:-1])


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=200))
def test_lines_are_python_s(text: str):
    """The lines of a block are what splitting at line ends gives."""
    expected = text.split("\n")
    expected = expected[:-1] if expected[-1] == "" else expected
    assert lines_of(text.encode()).to_list() == expected


def test_lines_are_numbered_over_blocks():
    """The number of a block's first line counts the lines before it."""
    reader = Reader(io.BytesIO(b"a\nb\nc\nd\n"), Caps(block=4))
    assert [reader.passed() for _ in reader.blocks()] == [1, 3]


def test_a_line_end_in_quotes_ends_no_block():
    """A row of a table stays whole."""
    content = b'a,"b\nc"\nd,"e\n\nf"\n'
    reader = Reader(io.BytesIO(content), Caps(block=6))
    assert list(reader.blocks(quoted=True)) == [b'a,"b\nc"\n', b'd,"e\n\nf"\n']


def test_a_line_that_is_too_long_is_cut_at_a_space_and_is_a_doubt():
    """A text without line ends takes bounded memory."""
    content = b"word " * 100
    reader = Reader(io.BytesIO(content), Caps(block=16, line=32))
    blocks = list(reader.blocks())
    assert all(one.startswith(b"word") or len(one) > 16 for one in blocks)
    assert reader.doubts == {Doubt.LIMIT}


@pytest.mark.parametrize(
    ("content", "text", "doubts"),
    [
        ("é\n".encode(), "é\n", set()),
        (b"\xe9\n", "é\n", set()),
        ("é".encode() + b" \xe9\n", "Ã© é\n", {Doubt.UNREADABLE}),
        (b"a\0b\n", "ab\n", {Doubt.UNREADABLE}),
        (b"a\x01b\n", "a\x01b\n", {Doubt.UNREADABLE}),
        (b"a\tb\r\n", "a\tb\r\n", set()),
    ],
)
def test_what_can_t_be_read_is_a_doubt(content: bytes, text: str, doubts: set[Doubt]):
    """Latin-1 is read as such; what may be either can't be decided."""
    reader = Reader(io.BytesIO(), Caps())
    assert reader.readable(content).decode() == text
    assert reader.doubts == doubts
