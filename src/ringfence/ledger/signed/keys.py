"""Keys that sign checkpoints, and what their signatures are worth.

Three kinds (C2SP signed-note and tlog-cosignature): Ed25519 over the text of a note,
and two kinds of cosignature, which carry a time: Ed25519 over time and text, ML-DSA-44
over time, origin, size and root. The algorithms are those of `cryptography`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA44PublicKey,
)

from ringfence.errors import ConfigError, Locus, ProofError, RingfenceError
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.signed.head import Checkpoint, parse_checkpoint
from ringfence.ledger.signed.notes import KEY_ID, Note, Signature
from ringfence.ledger.signed.spelling import base64, is_key_name, unbase64

ED25519, COSIGNATURE, ML_DSA = 1, 4, 6
SEED = 32  # bytes, of a private key of any kind
_PUBLIC = {ED25519: 32, COSIGNATURE: 32, ML_DSA: 1312}  # bytes
_SIGNED = {ED25519: 64, COSIGNATURE: 64, ML_DSA: 2420}  # bytes, without the time
_UNSUPPORTED = {
    2: "ECDSA",
    5: "RFC 6962 tree heads",
    0xFF: "private kinds",
}
_TIME = 8  # bytes
_LAST = 253_402_300_799  # 9999-12-31T23:59:59Z: nobody could show a later time
_LONGEST_NAME = 255  # bytes, in what ML-DSA-44 signs
_ID = re.compile(r"[0-9a-f]{8}")
_PRIVATE = "PRIVATE+KEY+"
_PRIME = 2**255 - 19
_EIGHTH = int.from_bytes(  # y of a point of order 8
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    "little",
)
# Points of small order, in every encoding: under such a key, a signature that anybody
# makes verifies, now and then or always.
_SMALL = {0, 1, _PRIME - 1, _PRIME, _PRIME + 1, _EIGHTH, _PRIME - _EIGHTH}
_FORM = "name+id+base64, as the log or the witness publishes it"


class VerifierKey(NamedTuple):
    """A public key under the name of whom it stands for."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that a signature names its key by."""
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return sha256(named).digest()[:KEY_ID]

    def __str__(self) -> str:
        """Return the key as one line."""
        public = base64(bytes([self.kind]) + self.public)
        return f"{self.name}+{self.key_id.hex()}+{public}"


class Verified(NamedTuple):
    """A signature that is good: by which key, and when it says it was made.

    The time is what the signer's clock said. Nothing is ordered by it.
    """

    key: VerifierKey
    seconds: int | None = None


class SigningKey:
    """A private key. It shows itself in `text` alone, never when printed.

    Attributes:
        verifier: Its public half.
    """

    __slots__ = ("_private", "_seed", "verifier")

    def __init__(self, name: str, kind: int, seed: bytes) -> None:
        private: Ed25519PrivateKey | MLDSA44PrivateKey
        if kind == ML_DSA:
            private = MLDSA44PrivateKey.from_seed_bytes(seed)
        else:
            private = Ed25519PrivateKey.from_private_bytes(seed)
        public = private.public_key().public_bytes_raw()
        key = VerifierKey(name, kind, public)
        self.verifier = _checked(key, "the signing key", ConfigError)
        self._private = private
        self._seed = seed

    @classmethod
    def new(cls, name: str, kind: int) -> SigningKey:
        """Return a key that nobody has had before.

        Raises:
            ConfigError: No key may be called that, or there is no such kind.
        """
        return cls(name, kind, os.urandom(SEED))

    @classmethod
    def parse(cls, text: str, place: str = "the signing key") -> SigningKey:
        """Return the key that `text` gave.

        Raises:
            ConfigError: It is none. The error tells nothing of the text.
        """
        refused = ConfigError(
            "is no signing key",
            Locus(place),
            f"one line `{_PRIVATE}name+id+base64`, with nothing around it",
        )
        name, _, rest = text.removeprefix(_PRIVATE).partition("+")
        key_id, _, encoded = rest.partition("+")
        content = unbase64(encoded) or b""
        if not text.startswith(_PRIVATE) or len(content) != 1 + SEED:
            raise refused
        found = cls(name, content[0], content[1:])
        if found.verifier.key_id.hex() != key_id:
            raise refused
        return found

    def text(self) -> str:
        """Return the key as one line: the secret, for a file that nobody else reads."""
        name, key_id = self.verifier.name, self.verifier.key_id.hex()
        seed = base64(bytes([self.verifier.kind]) + self._seed)
        return f"{_PRIVATE}{name}+{key_id}+{seed}"

    def sign(self, checkpoint_text: str, seconds: int) -> Signature:
        """Return the signature of a checkpoint.

        Args:
            checkpoint_text: The text of the note.
            seconds: The time since 1970 that a cosignature carries; Ed25519 carries
                none.

        Raises:
            ProofError: The text is no checkpoint, and a log's key signs nothing else.
            LedgerError: A cosignature can't carry that time, or so long an origin.
        """
        parse_checkpoint(checkpoint_text)
        if not 0 <= seconds <= _LAST:
            raise LedgerError(f"no cosignature can carry the time {seconds}")
        kind = self.verifier.kind
        message = _message(self.verifier, checkpoint_text, seconds)
        if message is None:
            message_ = f"ML-DSA-44 signs no origin longer than {_LONGEST_NAME} bytes"
            raise LedgerError(message_)
        time = b"" if kind == ED25519 else seconds.to_bytes(_TIME)
        value = time + self._private.sign(message)
        return Signature(self.verifier.name, self.verifier.key_id, value)

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied to where nobody looks after it."""
        raise TypeError("a signing key can't be pickled; `text` is its one file form")

    def __repr__(self) -> str:
        """Return whose key this is, and no secret."""
        return f"SigningKey({self.verifier.name!r}, kind={self.verifier.kind})"


def parse_key(
    text: str, place: str = "the key", *, error: type[RingfenceError] = ConfigError
) -> VerifierKey:
    """Return the public key that a line holds.

    Args:
        text: The line, without its line feed.
        place: What messages call it.
        error: What to raise: another one where the key isn't configured but read from
            what is to be verified.

    Raises:
        ConfigError: It is none, is of a kind that isn't supported, or its id isn't
            that of its name and bytes.
    """
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")  # base64 may have a `+` of its own
    content = unbase64(encoded)
    if not (_ID.fullmatch(key_id) and content):
        raise error("is no key of a log or witness", Locus(place), _FORM)
    key = _checked(VerifierKey(name, content[0], content[1:]), place, error)
    if key.key_id.hex() != key_id:
        message = f"the id `{key_id}` isn't that of the key of `{name}`"
        raise error(message, Locus(place), "was a part of it changed?")
    return key


def open_note(
    note: Note, keys: Iterable[VerifierKey], place: str = "the note"
) -> tuple[Verified, ...]:
    """Return the good signatures of a note, in its order.

    Signatures by keys that aren't known mean nothing, good or bad.

    Args:
        note: The note.
        keys: The keys that are known.
        place: What messages call the note.

    Raises:
        ProofError: A signature by a known key isn't good, or there is none by any.
    """
    known = {(key.name, key.key_id): key for key in keys}
    verified = [
        _verified(known[signature.name, signature.key_id], note.text, signature, place)
        for signature in note.signatures
        if (signature.name, signature.key_id) in known
    ]
    if not verified:
        raise ProofError("no key that is known has signed it", Locus(place))
    return tuple(verified)


def _verified(
    key: VerifierKey, text: str, signature: Signature, place: str
) -> Verified:
    timed = key.kind != ED25519
    at = _TIME if timed else 0
    seconds = int.from_bytes(signature.value[:at])
    message = _message(key, text, seconds)
    whole = len(signature.value) == at + _SIGNED[key.kind] and seconds <= _LAST
    if whole and message is not None and _is_good(key, signature.value[at:], message):
        return Verified(key, seconds if timed else None)
    raise ProofError(f"the signature of `{key.name}` doesn't verify", Locus(place))


def _is_good(key: VerifierKey, value: bytes, message: bytes) -> bool:
    public: Ed25519PublicKey | MLDSA44PublicKey
    if key.kind == ML_DSA:
        public = MLDSA44PublicKey.from_public_bytes(key.public)
    else:
        public = Ed25519PublicKey.from_public_bytes(key.public)
    try:
        public.verify(value, message)
    except InvalidSignature:
        return False
    return True


def _message(key: VerifierKey, text: str, seconds: int) -> bytes | None:
    """Return the bytes that are signed; None where that kind can't sign the text."""
    if key.kind == ED25519:
        return text.encode()
    if key.kind == COSIGNATURE:
        return f"cosignature/v1\ntime {seconds}\n{text}".encode()
    try:
        head = parse_checkpoint(text)
    except ProofError:
        return None
    return _subtree(key.name.encode(), seconds, head)


def _subtree(name: bytes, seconds: int, head: Checkpoint) -> bytes | None:
    """Return what ML-DSA-44 signs: nothing of the checkpoint's further lines."""
    origin = head.origin.encode()
    if len(origin) > _LONGEST_NAME:
        return None
    return b"".join(
        [
            b"subtree/v1\n\0",
            bytes([len(name)]) + name,
            seconds.to_bytes(8),
            bytes([len(origin)]) + origin,
            (0).to_bytes(8),  # the subtree that is the whole tree starts at 0
            head.size.to_bytes(8),
            head.root,
        ]
    )


def _y_of(public: bytes) -> int:
    return int.from_bytes(public, "little") & ((1 << 255) - 1)


def _checked(key: VerifierKey, place: str, error: type[RingfenceError]) -> VerifierKey:
    at = Locus(place)
    if not is_key_name(key.name):
        message = f"no key can be called `{key.name}`"
        raise error(message, at, "a name has no blank, no `+`, and isn't empty")
    if key.kind not in _PUBLIC:
        what = _UNSUPPORTED.get(key.kind, "not a kind of C2SP signed-note")
        hint = "1 (Ed25519), 4 (cosignature) and 6 (ML-DSA-44) are supported"
        raise error(f"kind {key.kind} ({what}) isn't supported", at, hint)
    if len(key.public) != _PUBLIC[key.kind]:
        message = f"a key of kind {key.kind} has {_PUBLIC[key.kind]} bytes"
        raise error(f"{message}, not {len(key.public)}", at)
    if key.kind != ML_DSA and _y_of(key.public) in _SMALL:
        message = f"anybody can sign for the key of `{key.name}`"
        raise error(message, at, "no generated key is of small order")
    if key.kind == ML_DSA and len(key.name.encode()) > _LONGEST_NAME:
        message = f"the name is longer than {_LONGEST_NAME} bytes"
        raise error(message, at, "ML-DSA-44 signs the name with its length")
    return key
