"""The ledger's formats for the fuzzer: a sound input of each, and what has to hold.

A reader tells what an input led to. It fails where an input means something without
being spelt in the one way, or verifies without saying what was signed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ringfence.errors import ProofError
from ringfence.ledger.signed.checkpoints import read_checkpoint
from ringfence.ledger.signed.keys import parse_key
from ringfence.ledger.signed.notes import parse_note, render_note
from ringfence.ledger.signed.proofs import parse_proof, render_proof, verify_proof
from ringfence.ledger.signed.quorum import parse_quorum
from ringfence.ledger.tree.tiles import pack, parse_path, unpack
from tests.signed import (
    HEAD,
    KEYS,
    LEAF,
    LOG,
    QUORUM,
    W1,
    W2,
    W3,
    WITNESSES,
    cosigned,
    proven,
    signed,
)


def sound() -> dict[str, tuple[str, bytes]]:
    """Return, of each format, the name and the bytes of a sound input."""
    return {
        "note": ("note", cosigned()),
        "checkpoint": ("checkpoint", signed(LOG, *WITNESSES[:2])),
        "proof": ("entry.tlog-proof", proven()),
        "quorum": ("quorum", QUORUM.encode()),
        "key": ("log.key", str(LOG.verifier).encode()),
        "entries": ("tile/entries/000.p/3", b"\2" + pack([b"one", b"", b"t" * 300])),
        "tile": ("name", b"tile/0/x001/067.p/17"),
    }


def _read_note(content: bytes) -> str:
    note = parse_note(content)
    assert render_note(note) == content
    return f"a note with {len(note.signatures)} signatures"


def _read_checkpoint(content: bytes) -> str:
    found = read_checkpoint(content, KEYS, witnesses=[W1, W2, W3])
    assert found.checkpoint == HEAD
    assert found.content == content
    return f"a checkpoint with {len(found.verified)} good signatures"


def _read_proof(content: bytes) -> str:
    proof = parse_proof(content)
    assert render_proof(proof) == content
    try:
        found = verify_proof(proof, LEAF, parse_quorum(QUORUM))
    except ProofError as error:
        return f"a proof that isn't one: {error.problems[0].message}"
    assert (proof.index, found.checkpoint) == (4, HEAD)
    return "a proof"


def _read_quorum(content: bytes) -> str:
    quorum = parse_quorum(content)
    known = parse_quorum(QUORUM)
    assert {*quorum.log_keys} <= {*known.log_keys}
    assert {*quorum.witness_keys} <= {*known.witness_keys}
    assert parse_quorum(quorum.render()) == quorum
    assert quorum.met([]) == (quorum.rule is None) == (not quorum.missing([]))
    return f"a quorum of {len(quorum.groups)} groups"


def _read_key(content: bytes) -> str:
    key = parse_key(content.decode(errors="surrogateescape"))
    assert str(key).encode() == content
    assert key == LOG.verifier
    return "a key"


def _read_entries(content: bytes) -> str:
    entries = unpack(content[1:], 1 + int.from_bytes(content[:1]))
    assert pack(entries) == content[1:]
    return f"{len(entries)} entries"


def _read_tile(content: bytes) -> str:
    text = content.decode(errors="surrogateescape")
    try:
        tile = parse_path(text)
    except ProofError as error:  # its place is the input
        return error.problems[0].message
    assert tile.path == text
    return type(tile).__name__


_READERS: dict[str, Callable[[bytes], str]] = {
    "note": _read_note,
    "checkpoint": _read_checkpoint,
    "proof": _read_proof,
    "quorum": _read_quorum,
    "key": _read_key,
    "entries": _read_entries,
    "tile": _read_tile,
}


def read_signed(kind: str, content: bytes, folder: Path) -> str:
    """Return what an input of a format led to.

    Raises:
        RingfenceError: It is refused, as it may be.
        Exception: Whatever shouldn't have escaped.
    """
    del folder
    return _READERS[kind](content)
