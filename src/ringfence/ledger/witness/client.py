"""Asking witnesses (C2SP tlog-witness): a log for cosignatures, a monitor for memories.

What a witness answers is a stranger's word until its cosignature is verified with the
key that it is known by. Nothing that it says moves anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import NamedTuple

from ringfence.errors import ConfigError, ProofError, RingfenceError
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.remote import Answer, Server, UnreachableError
from ringfence.ledger.signed.checkpoints import SignedCheckpoint, read_checkpoint
from ringfence.ledger.signed.keys import Verified, VerifierKey, open_note
from ringfence.ledger.signed.notes import (
    MOST_BYTES,
    Note,
    Signature,
    parse_note,
    render_note,
)
from ringfence.ledger.signed.quorum import Quorum, Witness
from ringfence.ledger.witness.wire import (
    ADD,
    SIZE,
    parse_size,
    path_of,
    render_submission,
)

SECONDS = 10.0  # that a witness may take to answer
MOST_ANSWER = 1 << 17  # bytes: many cosignatures of the longest kind
AT_ONCE = 16  # witnesses that are asked at the same time
_OK, _CONFLICT, _MISSING = 200, 409, (404, 410)
_WORDS = {
    400: "calls what it was sent malformed",
    403: "doesn't trust the keys that signed it",
    404: "doesn't know the log",
    413: "calls what it was sent too long",
    422: "says that it contradicts what it has cosigned",
}
Prove = Callable[[int], list[bytes]]
"""Gives the proof that a checkpoint continues the log's first so many entries."""


class Attempt(NamedTuple):
    """What came of asking a witness.

    Attributes:
        witness: Who was asked, by the name that the quorum uses.
        signatures: Its cosignatures, verified; none if it didn't cosign.
        reason: Why it didn't, in words.
        size: The size that it has now, as far as it is known.
    """

    witness: str
    signatures: tuple[Signature, ...]
    reason: str
    size: int


class Gathered(NamedTuple):
    """What came of asking every witness of a quorum.

    Attributes:
        attempts: What came of each, in the order of the quorum.
        signatures: The cosignatures.
        missing: Who is missing for the quorum, in words; nothing if it is met.
    """

    attempts: tuple[Attempt, ...]
    signatures: tuple[Signature, ...]
    missing: str

    @property
    def met(self) -> bool:
        """Whether the quorum is met."""
        return not self.missing

    @property
    def silent(self) -> str:
        """Return who didn't cosign, and why; nothing if everybody did."""
        failed = [one for one in self.attempts if one.reason]
        return "; ".join(f"`{one.witness}`: {one.reason}" for one in failed)


def submit(
    witness: Witness,
    note: Note,
    size: int,
    prove: Prove,
    *,
    known: int = 0,
    seconds: float = SECONDS,
) -> Attempt:
    """Ask a witness for its cosignature.

    Args:
        witness: Whom to ask.
        note: The checkpoint, signed by its log.
        size: How many entries it has.
        prove: Gives the proof that it continues what the witness has.
        known: The size that the witness is thought to have; it corrects that once.
        seconds: How long each answer may take.
    """
    if witness.url is None:
        return Attempt(witness.name, (), "has no address", known)
    old = known if known <= size else 0
    try:
        server = Server(witness.url, seconds=seconds)
        try:
            answer = _added(server, old, note, prove)
            if answer.status == _CONFLICT:
                old = _corrected(answer, old, size)
                answer = _added(server, old, note, prove)
        finally:
            server.close()
        if answer.status != _OK:
            return Attempt(witness.name, (), _refusal(answer, old), old)
        return Attempt(witness.name, _made(answer, note, witness.key), "", size)
    except (RingfenceError, OSError) as error:
        return Attempt(witness.name, (), _reason(error), old)


def gather(
    quorum: Quorum,
    signed: SignedCheckpoint,
    prove: Prove,
    *,
    known: Mapping[str, int] | None = None,
    seconds: float = SECONDS,
) -> Gathered:
    """Ask the witnesses of a quorum, several at once.

    A witness whose cosignature the checkpoint has already is not asked again.

    Args:
        quorum: Whom to ask, and who is enough.
        signed: The checkpoint.
        prove: Gives the proof that it continues what a witness has.
        known: The sizes that the witnesses are thought to have, by their names.
        seconds: How long each answer may take.
    """
    there = {one.key for one in _verified(signed.note, quorum.witness_keys)}
    asked = [one for one in quorum.witnesses if one.key not in there]
    lock, sizes = Lock(), known or {}

    def proof(old: int) -> list[bytes]:
        with lock:  # what reads the log need not be for two threads at once
            return prove(old)

    def ask(witness: Witness) -> Attempt:
        return submit(
            witness,
            signed.note,
            signed.checkpoint.size,
            proof,
            known=sizes.get(witness.name, 0),
            seconds=seconds,
        )

    with ThreadPoolExecutor(min(AT_ONCE, len(asked) or 1)) as pool:
        attempts = tuple(pool.map(ask, asked))
    made = tuple(one for attempt in attempts for one in attempt.signatures)
    note = Note(signed.note.text, (*signed.note.signatures, *made))
    missing = quorum.missing(_verified(note, quorum.witness_keys))
    return Gathered(attempts, made, missing)


class Witnesses:
    """What a log hands its checkpoints to before it publishes them (`log.Cosigner`).

    Attributes:
        last: What came of the last time.
    """

    def __init__(
        self,
        quorum: Quorum,
        *,
        published: SignedCheckpoint | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._quorum = quorum
        self._seconds = seconds
        self._known: dict[str, int] = {}
        self.last: Gathered | None = None
        if published is not None:
            keys = {one.key for one in _verified(published.note, quorum.witness_keys)}
            size = published.checkpoint.size
            self._known = {
                one.name: size for one in quorum.witnesses if one.key in keys
            }

    def __call__(self, signed: SignedCheckpoint, prove: Prove) -> Sequence[Signature]:
        """Return the cosignatures of a checkpoint.

        Raises:
            LedgerError: Too few have cosigned; the error says who didn't, and why.
        """
        gathered = gather(
            self._quorum,
            signed,
            prove,
            known=self._known,
            seconds=self._seconds,
        )
        self.last = gathered
        self._known |= {one.witness: one.size for one in gathered.attempts}
        if not gathered.met:
            message = f"too few have cosigned: {gathered.missing}"
            raise LedgerError(message, hint=gathered.silent or None)
        return gathered.signatures


def remembered(
    witness: Witness,
    origin: str,
    logs: Sequence[VerifierKey],
    *,
    seconds: float = SECONDS,
) -> SignedCheckpoint | None:
    """Return the last checkpoint of a log that a witness says it has cosigned.

    Args:
        witness: Whom to ask.
        origin: The log.
        logs: The keys of the log, one of which has to have signed.
        seconds: How long the answer may take.

    Returns:
        The checkpoint; None if the witness has cosigned none.

    Raises:
        ConfigError: The witness has no address, or none that can be one.
        UnreachableError: It doesn't answer.
        ProofError: What it answers is no checkpoint of that log with its cosignature.
    """
    if witness.url is None:
        raise ConfigError(f"the witness `{witness.name}` has no address")
    server = Server(witness.url, seconds=seconds)
    try:
        path = f"{server.prefix}{path_of(origin)}"
        answer = server.ask("GET", path, most=MOST_BYTES)
    finally:
        server.close()
    if answer.status in _MISSING:
        return None
    if answer.status != _OK:
        raise UnreachableError(f"`{witness.name}` answers {answer.status}")
    place = f"the checkpoint of `{witness.name}`"
    own = (witness.key,)
    signed = read_checkpoint(answer.content, logs, witnesses=own, place=place)
    if signed.checkpoint.origin != origin:
        raise ProofError(f"{place} is of another log")
    if witness.key not in {one.key for one in signed.verified}:
        raise ProofError(f"{place} doesn't have its cosignature")
    return signed


def _added(server: Server, old: int, note: Note, prove: Prove) -> Answer:
    body = render_submission(old, prove(old) if old else [], render_note(note))
    return server.ask("POST", f"{server.prefix}{ADD}", body, most=MOST_ANSWER)


def _corrected(answer: Answer, old: int, size: int) -> int:
    """Return the size that a witness says it has.

    Raises:
        ProofError: It can't be, or no proof can start from there.
    """
    if answer.kind != SIZE:
        raise ProofError("refuses the size, and doesn't say which it has")
    found = parse_size(answer.content, "its size")
    if found > size:
        message = (
            f"has cosigned a log of {found} entries and this one has {size}: "
            "the log was rolled back, or another writer has its keys"
        )
        raise ProofError(message)
    if found == old:
        raise ProofError("refuses the size that it says it has")
    return found


def _refusal(answer: Answer, old: int) -> str:
    if answer.status == _CONFLICT:
        return "has another size each time it is asked"
    words = _WORDS.get(answer.status, f"answers {answer.status}")
    return f"{words} ({old} entries)" if answer.status not in _MISSING else words


def _made(answer: Answer, note: Note, key: VerifierKey) -> tuple[Signature, ...]:
    """Return the cosignature of a witness; those of keys that aren't its own go."""
    given = parse_note(f"{note.text}\n".encode() + answer.content, "its answer")
    if given.text != note.text:
        raise ProofError("answers with more than cosignatures")
    own = [one for one in given.signatures if _is_by(one, key)]
    if not own:
        raise ProofError("answers without its cosignature")
    open_note(Note(note.text, tuple(own)), [key], "its answer")
    return tuple(own[:1])


def _is_by(signature: Signature, key: VerifierKey) -> bool:
    return (signature.name, signature.key_id) == (key.name, key.key_id)


def _verified(note: Note, keys: Sequence[VerifierKey]) -> tuple[Verified, ...]:
    """Return the good signatures of a note by keys, if there are any."""
    if not any(_is_by(one, key) for one in note.signatures for key in keys):
        return ()
    return open_note(note, keys)


def _reason(error: RingfenceError | OSError) -> str:
    if isinstance(error, RingfenceError):
        return error.problems[0].message
    return "can't be given a proof: a file of the log is missing"
