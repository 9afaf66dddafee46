"""Proof files (C2SP tlog-proof): that an entry is in a log, to be verified offline."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.errors import Locus, ProofError
from ringfence.ledger.signed.checkpoints import SignedCheckpoint, read_checkpoint
from ringfence.ledger.signed.head import parse_checkpoint
from ringfence.ledger.signed.notes import MOST_BYTES, parse_note
from ringfence.ledger.signed.quorum import Quorum
from ringfence.ledger.signed.spelling import base64, number, unbase64
from ringfence.ledger.tree.merkle import HASH, verify_inclusion

MOST_HASHES = 63  # a tree of 2^63 entries is as high
_FIRST = "c2sp.org/tlog-proof@v1"
_HINT = f"`{_FIRST}`, `index` and a number, hashes, a blank line, the checkpoint"


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that an entry is in a log.

    Attributes:
        index: The place of the entry, from 0.
        hashes: The hashes of its neighbours, from the leaf upwards.
        checkpoint: The signed checkpoint, byte for byte.
        extra: Data that came with it. Nothing signs them.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def parse_proof(content: bytes, place: str = "the proof") -> Proof:
    """Return what a proof file says; nothing of it is verified.

    Args:
        content: The file.
        place: What messages call it.

    Raises:
        ProofError: It is no proof file, has more than 63 hashes, or its checkpoint is
            none.
    """
    above, blank, checkpoint = content.partition(b"\n\n")
    if len(content) > 2 * MOST_BYTES or not (blank and above.isascii()):
        raise ProofError("is no proof file", Locus(place), _HINT)
    first, *lines = above.decode("ascii").split("\n")
    if first != _FIRST:
        raise ProofError("is no proof file", Locus(place, 1), _HINT)
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = _unpacked(lines.pop(0).removeprefix("extra "), Locus(place, 2))
    after = 2 if extra is None else 3
    index = _index(lines[0] if lines else "", Locus(place, after))
    if len(lines) - 1 > MOST_HASHES:
        raise ProofError(f"has more than {MOST_HASHES} hashes", Locus(place))
    hashes = [
        _unpacked(line, Locus(place, at), HASH)
        for at, line in enumerate(lines[1:], after + 1)
    ]
    inside = _inside(place)
    parse_checkpoint(parse_note(checkpoint, inside).text, inside)
    return Proof(index, tuple(hashes), checkpoint, extra)


def render_proof(proof: Proof) -> bytes:
    """Return a proof as the bytes of its file."""
    extra = [f"extra {base64(proof.extra)}"] if proof.extra else []
    hashes = map(base64, proof.hashes)
    lines = [_FIRST, *extra, f"index {proof.index}", *hashes]
    return "\n".join([*lines, "", ""]).encode() + proof.checkpoint


def verify_proof(
    proof: Proof, leaf: bytes, quorum: Quorum, place: str = "the proof"
) -> SignedCheckpoint:
    """Return the checkpoint that proves an entry to be in a log.

    Args:
        proof: The proof.
        leaf: The hash of the entry as a leaf (`merkle.leaf_hash`).
        quorum: Which logs are believed, and who has to have cosigned.
        place: What messages call the proof.

    Raises:
        ProofError: It proves nothing: the checkpoint isn't signed by a log of the
            quorum or not cosigned by enough, or the entry isn't at that place.
    """
    signed = read_checkpoint(
        proof.checkpoint,
        quorum.log_keys,
        witnesses=quorum.witness_keys,
        place=_inside(place),
    )
    missing = quorum.missing(signed.verified)
    if missing:
        raise ProofError(f"too few have cosigned: {missing}", Locus(place))
    size, root = signed.checkpoint.size, signed.checkpoint.root
    try:
        verify_inclusion(proof.index, size, leaf, proof.hashes, root)
    except ProofError as error:
        raise ProofError(error.problems[0].message, Locus(place)) from None
    return signed


def _inside(place: str) -> str:
    return f"{place} (checkpoint)"


def _index(line: str, at: Locus) -> int:
    index = number(line.removeprefix("index "))
    if index is None or not line.startswith("index "):
        hint = "`index` and a decimal number below 2^63 without leading zeros"
        raise ProofError("has no index", at, hint)
    return index


def _unpacked(text: str, at: Locus, length: int | None = None) -> bytes:
    content = unbase64(text)
    if not content or length not in (None, len(content)):
        what = "data" if length is None else f"a hash of {length} bytes"
        raise ProofError(f"is not {what} in canonical base64", at)
    return content
