from __future__ import annotations

import pytest

from ringfence.errors import ExitCode, Locus, ProofError
from ringfence.ledger.signed.notes import (
    MOST_BYTES,
    MOST_SIGNATURES,
    Note,
    Signature,
    parse_note,
    parse_signature,
    render_note,
)

ONE = Signature("log.example/one", b"\x01\x02\x03\x04", b"a signature")
SOUND = Note("first\n\nlast\n", (ONE,))


def lines(count: int) -> Note:
    many = [ONE._replace(value=bytes([i])) for i in range(count)]
    return Note("text\n", tuple(many))


def says(content: bytes) -> str:
    with pytest.raises(ProofError) as caught:
        parse_note(content, "note")
    assert caught.value.exit_code is ExitCode.NOT_VERIFIED
    return str(caught.value).splitlines()[0]


def test_a_note_reads_as_it_was_written():
    """What is rendered is a text, a blank line and a line for each signature."""
    content = "first\n\nlast\n\n— log.example/one AQIDBGEgc2lnbmF0dXJl\n".encode()
    assert render_note(SOUND) == content
    assert parse_note(content) == SOUND


def test_the_last_blank_line_parts_text_and_signatures():
    """A line of a signature above another blank line belongs to the text."""
    text = f"{ONE.line}\n\n\n{ONE.line}\n"
    assert parse_note(f"{text}\n{ONE.line}\n".encode()) == Note(text, (ONE,))


def test_a_text_may_be_one_empty_line():
    """Nothing but a blank line may be signed."""
    assert parse_note(f"\n\n{ONE.line}\n".encode()).text == "\n"


@pytest.mark.parametrize("count", [1, 16, MOST_SIGNATURES])
def test_up_to_64_signatures_are_read(count: int):
    """At least 16 have to be, says the specification."""
    assert parse_note(render_note(lines(count))) == lines(count)


def test_more_than_64_signatures_are_refused():
    """Nobody has to verify without end."""
    content = render_note(lines(MOST_SIGNATURES + 1))
    assert says(content) == "note: has more than 64 signatures"


def test_a_long_note_is_refused():
    """A note has at most a million bytes."""
    content = render_note(SOUND)
    filled = b"x" * (MOST_BYTES - len(content)) + content
    assert parse_note(filled).signatures == (ONE,)
    assert says(b"x" + filled) == "note: is longer than 1,000,000 bytes"


def test_base64_may_hold_a_plus():
    """A `+` ends no signature, though it would end a name."""
    one = ONE._replace(value=b"ab" + b"\xfb\xef\xbe" * 8)
    assert "+" in one.line
    assert parse_signature(one.line, Locus("x")) == one


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "note: doesn't end with a line feed"),
        (b"text\n", "note: is no signed note"),
        (b"text\n\n", "note: is no signed note"),
        (f"{ONE.line}\n".encode(), "note: is no signed note"),
        (f"\n{ONE.line}\n".encode(), "note: is no signed note"),
        (f"text\n{ONE.line}\n".encode(), "note: is no signed note"),
        (f"text\n\n{ONE.line}".encode(), "note: doesn't end with a line feed"),
        (f"text\n\n{ONE.line}\n\n".encode(), "note: is no signed note"),
        (f"text\n\n{ONE.line}\nmore\n".encode(), "note:4: is no line of a signature"),
        (f"text\n\n{ONE.line}\n{ONE.line}\n".encode(), "note: has one signature twice"),
        (f"text\r\n\n{ONE.line}\n".encode(), "note:1: has a control character"),
        (f"a\nb\tc\n\n{ONE.line}\n".encode(), "note:2: has a control character"),
        (f"a\n\0\n\n{ONE.line}\n".encode(), "note:2: has a control character"),
        (f"a\n\x7f\n\n{ONE.line}\n".encode(), "note:2: has a control character"),
        (f"a\n\x85\n\n{ONE.line}\n".encode(), "note:2: has a control character"),
        (f"text\n\n{ONE.line}\r\n".encode(), "note:3: has a control character"),
        (b"a\nb\xff\n\n", "note:2: byte 3 is not UTF-8"),
        (b"\xed\xa0\x80\n\n", "note:1: byte 0 is not UTF-8"),
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(content: bytes, message: str):
    """The message names the line where there is one to name."""
    assert says(content) == message


@pytest.mark.parametrize(
    "line",
    [
        "",
        "—",
        "— ",
        "- log AQIDBGE=",
        "—log AQIDBGE=",
        "–  log AQIDBGE=",
        " — log AQIDBGE=",
        "—  AQIDBGE=",
        "—  log AQIDBGE=",
        "— l+g AQIDBGE=",
        "— l\u00a0g AQIDBGE=",
        "— l\u2003g AQIDBGE=",
        "— l\u3000g AQIDBGE=",
        "— log\u2028 AQIDBGE=",
        "— log",
        "— log ",
        "— log AQIDBA==",  # an id, and nothing signed
        "— log AQID",
        "— log AQIDBGE",  # no padding
        "— log AQIDBGF=",  # bits that nobody reads
        "— log AQIDBGE==",
        "— log AQID BGE=",
        "— log  AQIDBGE=",
        "— log AQIDBGE= ",
        "— log AQIDBGE=AQIDBGE=",
        "— log AQIDBG-_",  # the other alphabet
        "— log ÄQIDBGE=",
        "— log AQIDBGE= more",
        "— log more AQIDBGE=",
    ],
)
def test_a_line_of_a_signature_has_one_spelling(line: str):
    """A dash, a name without blanks, canonical base64, one blank between them."""
    with pytest.raises(ProofError) as caught:
        parse_signature(line, Locus("note", 9))
    assert str(caught.value).startswith("note:9: ")
    assert says(f"text\n\n{line}\n".encode()).startswith("note")


def test_the_message_is_safe_to_print():
    """Nothing of a note reaches the terminal as it stands."""
    assert says("t\n\n— \u202elog AQ==\n".encode()).isprintable()
