"""What logs and witnesses say to each other (C2SP tlog-witness), in one spelling."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from ringfence.errors import Locus, ProofError
from ringfence.ledger.signed.spelling import base64, number, unbase64
from ringfence.ledger.tree.merkle import HASH

ADD = "/add-checkpoint"
SIZE = "text/x.tlog.size"
MOST_HASHES = 63  # lines of a proof: no tree is higher
MOST_BYTES = 1 << 18  # 63 hashes, and 64 signatures of the longest kind
_OLD = "old "


class Submission(NamedTuple):
    """A checkpoint, and the proof that it continues an older one.

    Attributes:
        old: The size of the older one.
        proof: The hashes between, as a consistency proof has them.
        note: The checkpoint with its signatures.
    """

    old: int
    proof: tuple[bytes, ...]
    note: bytes


def parse_submission(body: bytes, place: str = "the submission") -> Submission:
    """Return what a log submits; nothing of it is verified.

    Raises:
        ProofError: It is no submission, or isn't spelt as it has to be.
    """
    above, blank, note = body.partition(b"\n\n")
    if len(body) > MOST_BYTES or not (blank and note and above.isascii()):
        hint = "`old` and a number, the hashes, a blank line, the checkpoint"
        raise ProofError("is no submission of a checkpoint", Locus(place), hint)
    first, *lines = above.decode("ascii").split("\n")
    old = number(first.removeprefix(_OLD)) if first.startswith(_OLD) else None
    if old is None:
        hint = "`old` and a decimal number without leading zeros"
        raise ProofError("has no old size", Locus(place, 1), hint)
    if len(lines) > MOST_HASHES:
        raise ProofError(f"has more than {MOST_HASHES} hashes", Locus(place))
    proof = [_hash(line, Locus(place, at)) for at, line in enumerate(lines, 2)]
    return Submission(old, tuple(proof), note)


def render_submission(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """Return a submission as it is sent."""
    lines = [f"{_OLD}{old}", *map(base64, proof), "", ""]
    return "\n".join(lines).encode() + note


def parse_size(body: bytes, place: str = "the size") -> int:
    """Return the size that a witness has.

    Raises:
        ProofError: It is no number on a line.
    """
    text = body.decode("ascii", "replace")
    size = number(text.removesuffix("\n"))
    if size is None or not text.endswith("\n"):
        raise ProofError("is no number on a line", Locus(place))
    return size


def name_of(origin: str) -> str:
    """Return what a witness calls a log by."""
    return sha256(origin.encode()).hexdigest()


def path_of(origin: str) -> str:
    """Return where a witness has the last checkpoint that it cosigned."""
    return f"/{name_of(origin)}/checkpoint"


def _hash(line: str, at: Locus) -> bytes:
    found = unbase64(line)
    if found is None or len(found) != HASH:
        raise ProofError(f"is no hash of {HASH} bytes in canonical base64", at)
    return found
