"""What a checkpoint says (C2SP tlog-checkpoint): a log, its size and its root."""

from __future__ import annotations

from typing import NamedTuple

from ringfence.errors import Locus, ProofError
from ringfence.ledger.signed.spelling import base64, control, number, unbase64
from ringfence.ledger.tree.merkle import EMPTY, HASH

_LINES = 3


class Checkpoint(NamedTuple):
    """The state of a log; who signed it stands in its note.

    Attributes:
        origin: The name of the log.
        size: How many entries it has.
        root: The hash of its tree.
        extensions: Further lines. They mean nothing to Ringfence.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return what is signed."""
        lines = (self.origin, str(self.size), base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str, place: str = "the checkpoint") -> Checkpoint:
    """Return what the text of a checkpoint says; nothing of it is verified.

    Args:
        text: The text of the note, without the blank line and the signatures.
        place: What messages call it.

    Raises:
        ProofError: It is no checkpoint: fewer than three lines, an empty one, a size
            that isn't a number as we spell it, or a root that isn't 32 bytes in
            canonical base64, or isn't that of no entries though the size is 0.
    """
    *lines, rest = text.split("\n")
    if rest or len(lines) < _LINES or not all(lines) or control(text) is not None:
        hint = "origin, size and root, a line each"
        raise ProofError("is no checkpoint", Locus(place), hint)
    origin, size, root, *extensions = lines
    entries, content = number(size), unbase64(root)
    if entries is None:
        hint = "a decimal number below 2^63 without leading zeros"
        raise ProofError("the size is no number", Locus(place, 2), hint)
    if content is None or len(content) != HASH:
        message = f"the root isn't {HASH} bytes in canonical base64"
        raise ProofError(message, Locus(place, 3))
    if entries == 0 and content != EMPTY:
        raise ProofError("the root isn't that of an empty log", Locus(place, 3))
    return Checkpoint(origin, entries, content, tuple(extensions))
