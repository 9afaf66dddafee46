"""Signed checkpoints (C2SP tlog-checkpoint): what a log said, and who stands for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ringfence.errors import Locus, ProofError
from ringfence.ledger.signed.head import Checkpoint, parse_checkpoint
from ringfence.ledger.signed.keys import ML_DSA, Verified, VerifierKey, open_note
from ringfence.ledger.signed.notes import Note, parse_note, render_note

__all__ = ["Checkpoint", "SignedCheckpoint", "parse_checkpoint", "read_checkpoint"]


class SignedCheckpoint(NamedTuple):
    """A checkpoint that its log signed.

    Attributes:
        note: The note as it was read, with the signatures that nobody verified.
        checkpoint: What it says.
        verified: The good signatures, the log's and the witnesses'.
    """

    note: Note
    checkpoint: Checkpoint
    verified: tuple[Verified, ...]

    @property
    def content(self) -> bytes:
        """Return the very bytes that it was read from."""
        return render_note(self.note)


def read_checkpoint(
    content: bytes,
    keys: Iterable[VerifierKey],
    *,
    witnesses: Iterable[VerifierKey] = (),
    place: str = "the checkpoint",
) -> SignedCheckpoint:
    """Return a checkpoint that its log has signed.

    Args:
        content: The note.
        keys: The keys of logs. A log signs with keys of its own name.
        witnesses: Keys whose cosignatures are verified and told of. They stand for no
            log, whatever they are called.
        place: What messages call the checkpoint.

    Raises:
        ProofError: It is no checkpoint; a signature by a known key isn't good; no key
            of that log has signed; or it has further lines and none of the log's good
            signatures covers them (ML-DSA-44 doesn't), so that anybody may have
            written them.
    """
    note = parse_note(content, place)
    checkpoint = parse_checkpoint(note.text, place)
    logs = tuple(keys)
    verified = open_note(note, (*logs, *witnesses), place)
    own = [one.key for one in verified if one.key in logs]
    kinds = {key.kind for key in own if key.name == checkpoint.origin}
    if not kinds:
        message = f"no known key of the log `{checkpoint.origin}` has signed it"
        raise ProofError(message, Locus(place))
    if checkpoint.extensions and kinds == {ML_DSA}:
        message = "its further lines are signed by no key of the log"
        hint = "ML-DSA-44 signs origin, size and root; ask the log for Ed25519 too"
        raise ProofError(message, Locus(place, 4), hint)
    return SignedCheckpoint(note, checkpoint, verified)
