"""Checkpoints signed on the spot: the reference log of seven entries, and who signs."""

from __future__ import annotations

from functools import cache

from ringfence.ledger.signed.checkpoints import Checkpoint
from ringfence.ledger.signed.keys import COSIGNATURE, ED25519, ML_DSA, SigningKey
from ringfence.ledger.signed.notes import Note, render_note
from ringfence.ledger.signed.proofs import Proof, render_proof
from ringfence.ledger.tree.merkle import leaf_hash

SECONDS = 1_700_000_000
ORIGIN = "ringfence.example/log"
LOG = SigningKey(ORIGIN, ED25519, bytes(range(32)))
LOG_PQ = SigningKey(ORIGIN, ML_DSA, bytes(range(32)))
OTHER = SigningKey("other.example/log", ED25519, bytes([9]) * 32)
WITNESSES = [
    SigningKey("witness.example/w1", COSIGNATURE, bytes([2]) * 32),
    SigningKey("witness.example/w2", COSIGNATURE, bytes([3]) * 32),
    SigningKey("witness.example/w3", ML_DSA, bytes([4]) * 32),
]
ROOT = bytes.fromhex("98c97f0ba3175cd08b031dd084b9dc4e649b64d1a28e6ea694646503173ab587")
HEAD = Checkpoint(ORIGIN, 7, ROOT)
# The hashes that join entry 4 to the root.
PATH = tuple(
    bytes.fromhex(one)
    for one in (
        "9ff537b618a257ef82908c45915acbaeb6d9dea035d6d93964fc88c19e98c8b3",
        "be15781b628a28414c1c8a11b86db8422fa1041215fe0d7c4496d23cda1e4142",
        "9799f307517ef517c2205df9b67762bf34756b20099fb7dfcce76bcebd273b2e",
    )
)
LEAF = leaf_hash(b"entry 4")
EXTRA = b"a name"
KEYS = [LOG.verifier, LOG_PQ.verifier]
W1, W2, W3 = (one.verifier for one in WITNESSES)
QUORUM = f"""# Two of three, one of them ours.
log {LOG.verifier} https://log.example/
log {LOG_PQ.verifier}
witness w1 {W1} https://w1.example/
witness w2 {W2}
witness w3 {W3}
group outside any w2 w3
group both all w1 outside
quorum both
"""


def signed(*keys: SigningKey, head: Checkpoint = HEAD, seconds: int = SECONDS) -> bytes:
    """Return a checkpoint that each of the keys has signed."""
    text = head.text
    return render_note(Note(text, tuple(key.sign(text, seconds) for key in keys)))


@cache
def cosigned() -> bytes:
    """Return the reference checkpoint, signed by the log's keys and the witnesses."""
    return signed(LOG, LOG_PQ, *WITNESSES)


@cache
def proven() -> bytes:
    """Return the proof file of entry 4."""
    return render_proof(Proof(4, PATH, signed(LOG, *WITNESSES[:2]), EXTRA))
