"""Signed notes (C2SP signed-note): a text, and lines that say who signed it.

A note has one spelling: rendering what was parsed gives the same bytes, so that a note
can't be changed without changing what it says. Whether a signature is any good is for
`ringfence.ledger.signed.keys` to tell.
"""

from __future__ import annotations

from typing import NamedTuple

from ringfence.errors import Locus, ProofError
from ringfence.ledger.signed.spelling import base64, control, is_key_name, unbase64

MOST_BYTES = 1_000_000  # 64 signatures of the longest kind fill a third of it
MOST_SIGNATURES = 64
KEY_ID = 4  # bytes
_DASH = "\N{EM DASH} "


class Signature(NamedTuple):
    """One line below the text: whose signature, and its bytes."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def line(self) -> str:
        """Return the line, without its line feed."""
        return f"{_DASH}{self.name} {base64(self.key_id + self.value)}"


class Note(NamedTuple):
    """A text that ends with a line feed, and its signatures in their order."""

    text: str
    signatures: tuple[Signature, ...]


def parse_note(content: bytes, place: str = "the note") -> Note:
    """Return what a signed note consists of; nothing of it is verified.

    Args:
        content: The note.
        place: What messages call it.

    Raises:
        ProofError: It is no signed note, has a control character, more than 64
            signatures, one of them twice, or more than 1,000,000 bytes.
    """
    text = _decoded(content, place)
    above, blank, below = text.rpartition("\n\n")
    if not blank or not below:
        hint = "a text, a blank line, then the lines of its signatures"
        raise ProofError("is no signed note", Locus(place), hint)
    lines = below.removesuffix("\n").split("\n")
    if len(lines) > MOST_SIGNATURES:
        message = f"has more than {MOST_SIGNATURES} signatures"
        raise ProofError(message, Locus(place))
    first = above.count("\n") + 3
    signatures = [
        parse_signature(line, Locus(place, at)) for at, line in enumerate(lines, first)
    ]
    if len(set(signatures)) < len(signatures):
        raise ProofError("has one signature twice", Locus(place))
    return Note(f"{above}\n", tuple(signatures))


def parse_signature(line: str, at: Locus) -> Signature:
    """Return the signature that a line holds; the line comes without its line feed.

    Raises:
        ProofError: It is no line of a signature.
    """
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    content = unbase64(encoded)
    if not (line.startswith(_DASH) and is_key_name(name)):
        hint = "an em dash, a blank, the name of a key, a blank, the signature"
        raise ProofError("is no line of a signature", at, hint)
    if content is None or len(content) <= KEY_ID:
        raise ProofError("the signature isn't in canonical base64, or is cut off", at)
    return Signature(name, content[:KEY_ID], content[KEY_ID:])


def render_note(note: Note) -> bytes:
    """Return a note as the bytes that are stored and sent."""
    lines = "".join(f"{signature.line}\n" for signature in note.signatures)
    return f"{note.text}\n{lines}".encode()


def _decoded(content: bytes, place: str) -> str:
    if len(content) > MOST_BYTES:
        raise ProofError(f"is longer than {MOST_BYTES:,} bytes", Locus(place))
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        at = Locus(place, content.count(b"\n", 0, error.start) + 1)
        raise ProofError(f"byte {error.start} is not UTF-8", at) from None
    odd = control(text)
    if odd is not None:
        at = Locus(place, text.count("\n", 0, odd) + 1)
        raise ProofError("has a control character", at)
    if not text.endswith("\n"):
        hint = "is the file whole?"
        raise ProofError("doesn't end with a line feed", Locus(place), hint)
    return text
