"""Logs: Merkle proofs (RFC 6962), signed checkpoints, quorums of witnesses (C2SP).

Formats: signed-note, `tlog-checkpoint`, -`cosignature`, -`policy`, -`proof`. Every
signature of a known key has to verify; those of unknown keys say nothing.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from typing import NamedTuple

from ringfence_verify import ed25519
from ringfence_verify.estate import NO, UNKNOWN, YES
from ringfence_verify.reading import RefusedError, need

HASH, MOST_HASHES, MOST_SIGNATURES = 32, 63, 64
MOST_BYTES, MOST_LINES, FEWEST_LINES = 1_000_000, 1_000, 3
ED25519, COSIGNATURE, ML_DSA = 1, 4, 6
_LENGTHS = {ED25519: 33, COSIGNATURE: 33, ML_DSA: 1313}  # of a kind and a public key
_EMPTY = hashlib.sha256().digest()
_COUNT = "(0|[1-9][0-9]{0,17})"
_HEAD = rf"((.+)\n{_COUNT}\n(.+)\n(?:.+\n)*)\n((?:— [^\s+]+ \S+\n)+)"
_PROOF = rf"c2sp\.org/tlog-proof@v1\nindex {_COUNT}\n((?:.+\n)*)\n((?s:.+))"


def matched(pattern: str, content: bytes, place: str) -> re.Match[str]:
    """Return how a text, in UTF-8 and without control characters, fits its form."""
    text = content[:MOST_BYTES].decode(errors="replace")
    found = re.fullmatch(pattern, text)
    lines = 0 < text.count("\n") <= MOST_LINES
    plain = text.encode() == content and not re.search(
        r"[\0-\x09\x0b-\x1f\x7f-\x9f]", text
    )
    if not (found and lines and plain):
        raise RefusedError(f"{place} hasn't the form that it should have")
    return found


def unpacked(text: str, length: int = 0) -> bytes:
    """Return the bytes of base64 in its one spelling, so many if that is told."""
    try:
        content = b64decode(text, validate=True)
    except ValueError:
        content = b""
    fits = content and len(content) == (length or len(content))
    need(fits and b64encode(content).decode() == text, f"bad base64: `{text[:99]}`")
    return content


def hashed(*parts: bytes) -> bytes:
    """Return the hash of an entry (0 before it), or of two subtrees (1 before them)."""
    return hashlib.sha256(bytes([len(parts) - 1]) + b"".join(parts)).digest()


def included(index: int, size: int, hashes: Sequence[bytes]) -> bytes:
    """Return the root that the hashes beside an entry's give, its own being first."""
    need(0 <= index < size, f"there is no entry {index} among {size}")
    return _climb(index, size - 1, hashes)[1]


def continued(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Refuse what doesn't prove that the new tree begins with the old one."""
    need(0 < old <= new, f"{old} entries can't grow to {new}")
    found = old_root, old_root
    if old < new:
        height = (old & -old).bit_length() - 1  # of the old tree's last whole subtree
        whole = [old_root] * (old == 1 << height)
        found = _climb(old - 1 >> height, new - 1 >> height, [*whole, *proof])
    fits = found == (old_root, new_root) and (old < new or not proof)
    need(fits, "the consistency proof gives other roots")


def _climb(at: int, last: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of the tree that ends with the first hash, and of the whole."""
    fits = len(hashes) <= MOST_HASHES + 1 and {*map(len, hashes)} == {HASH}
    need(fits, "the proof has no hashes, too many, or what is none")
    low = high = hashes[0]
    for one in hashes[1:]:
        need(last, "the proof has too many hashes")
        if at & 1 or at == last:
            low, high = hashed(one, low), hashed(one, high)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            high = hashed(high, one)
        at, last = at >> 1, last >> 1
    need(not last, "the proof has too few hashes")
    return low, high


def read_proof(content: bytes) -> tuple[int, list[bytes], str]:
    """Return index, hashes and checkpoint of a tlog-proof without `extra`."""
    index, lines, rest = matched(_PROOF, content, "its tlog-proof").groups()
    return int(index), [unpacked(one, HASH) for one in lines.split("\n")[:-1]], rest


class Key(NamedTuple):
    """A public key, as a verifier key tells it, and what signatures call it."""

    text: str
    name: str
    id: bytes
    kind: int
    public: bytes


def read_key(text: str, *kinds: int) -> Key:
    """Return a verifier key of one of these kinds."""
    name, told, packed = (*text.split("+", 2), "", "")[:3]
    content = unpacked(packed or "AA==")
    id_ = hashlib.sha256(f"{name}\n".encode() + content).digest()[:4]
    fits = content[0] in kinds and len(content) == _LENGTHS[content[0]]
    named = re.fullmatch(r"\S+", name) and id_.hex() == told
    need(fits and named, f"no verifier key of a kind that fits: `{text[:99]}`")
    return Key(text, name, id_, content[0], content[1:])


class Head(NamedTuple):
    """A signed checkpoint."""

    content: str
    text: str
    origin: str
    size: int
    root: bytes
    signatures: list[tuple[str, bytes]]


def read_head(content: bytes, place: str = "the checkpoint") -> Head:
    """Return a signed checkpoint, of which nothing is checked but its form."""
    found = matched(_HEAD, content, place)
    text, origin, size, root, lines = found.groups()
    signed = [line.split(" ") for line in lines.split("\n")[:-1]]
    need(len(signed) <= MOST_SIGNATURES, f"{place} has too many signatures")
    signatures = [(name, unpacked(value)) for _, name, value in signed]
    top = unpacked(root, HASH)
    need(size != "0" or top == _EMPTY, "no entries have another root")
    return Head(found[0], text, origin, int(size), top, signatures)


def vouched(head: Head, quorum: bytes, *, deep: bool) -> tuple[list[str], int]:
    """Return who signed a checkpoint, and whether that is enough: yes, or unknown.

    Unknown: if ML-DSA signatures hold that nobody re-checked.

    Raises:
        RefusedError: A signature is forged, or there are too few.
    """
    said = list[str]()

    def signed(key: Key) -> int:
        status = NO
        for name, value in head.signatures:
            if (name, value[:4]) == (key.name, key.id):
                stamp = b"" if key.kind == ED25519 else value[4:12]
                status = _holds(head, key, stamp, value[4 + len(stamp) :], deep=deep)
                offence = f"forged: {name} never signed this checkpoint"
                need(status, offence, checkpoint=head.content)
                time = datetime.fromtimestamp(int.from_bytes(stamp, "big"), UTC)
                when = f" at {time:%Y-%m-%dT%H:%M:%SZ}" * bool(stamp)
                rest = "" if status == YES else " by ML-DSA, not re-checked"
                said.append(f"signed by {key.text[:200]}{when}{rest}")
        # ML-DSA leaves out further lines, which the log has to sign as well.
        bare = key.kind != ML_DSA or key.name != head.origin
        return status * (bare or head.text.count("\n") == FEWEST_LINES)

    log, rule = weighed(quorum, head.origin, signed)
    offence = f"no key of {head.origin} that is known here signed it"
    need(log, f"{offence} (other keys by now?)", checkpoint=head.content)
    need(rule, "too few of its witnesses signed it", checkpoint=head.content)
    return said, min(log, rule)


def weighed(
    quorum: bytes, origin: str, signed: Callable[[Key], int]
) -> tuple[int, int]:
    """Return whether a log's key, and whether the quorum of a `tlog-policy` signed."""
    met, free, keys, log, rule = {"none": YES}, set[str](), list[Key](), -1, -1
    text = matched("(?s:.*)", quorum.replace(b"\t", b" "), "the quorum")[0]
    for line in text.split("\n"):
        match re.findall("[^ ]+", line):
            case ["log", key, *url] if not url[1:]:
                keys.append(read_key(key, ED25519, ML_DSA))
                log = max(log, signed(keys[-1]) * (keys[-1].name == origin))
            case ["witness", name, key, *url] if name not in met and not url[1:]:
                keys.append(read_key(key, COSIGNATURE, ML_DSA))
                met[name] = signed(keys[-1])
                free.add(name)
            case ["group", name, least, *names] if name not in met:
                fits = len({*names}) == len(names) and free.issuperset(names)
                best = sorted((met[one] for one in names if fits), reverse=True)
                least = {"any": "1", "all": str(len(best))}.get(least, least)
                ranks = {str(n): status for n, status in enumerate(best, 1)}
                need(least in ranks, f"quorum: what is `{line[:99]}`?")
                met[name], free = ranks[least], free - {*names} | {name}
            case ["quorum", name] if name in met and rule < 0:
                rule = met[name]
            case [word, *_] if word[0] != "#":
                raise RefusedError(f"quorum: what is `{line[:99]}`?")
    fits = len({key.public for key in keys}) == len(keys) and min(log, rule) >= NO
    need(fits, "the quorum names a key twice, no log, or no rule")
    return log, rule


def _holds(head: Head, key: Key, stamp: bytes, value: bytes, *, deep: bool) -> int:
    """Return whether a signature verifies; unknown if it's not for this run to tell."""
    if key.kind != ML_DSA:
        time = f"cosignature/v1\ntime {int.from_bytes(stamp, 'big')}\n" * bool(stamp)
        return YES * ed25519.verifies(key.public, (time + head.text).encode(), value)
    if not deep:
        return UNKNOWN
    try:
        errors = import_module("cryptography.exceptions")
        ml_dsa = import_module("cryptography.hazmat.primitives.asymmetric.mldsa")
    except ImportError:
        return UNKNOWN
    name, origin = (one.encode() for one in (key.name, head.origin))
    told = bytes([len(name)]) + name + stamp + bytes([len(origin)]) + origin
    text = (
        b"subtree/v1\n\0" + told + bytes(8) + head.size.to_bytes(8, "big") + head.root
    )
    try:
        public = ml_dsa.MLDSA44PublicKey.from_public_bytes(key.public)
        public.verify(value, text)
    except errors.InvalidSignature:
        return NO
    except errors.UnsupportedAlgorithm:
        return UNKNOWN
    return YES


def joined(old: Head, new: Head, proof: Sequence[bytes] | None) -> bool:
    """Whether a checkpoint continues another; False if it takes a proof to tell.

    Raises:
        RefusedError: It doesn't; the exhibits are both, and the proof.
    """
    shown = {"old": old.content, "new": new.content}
    need(old.origin == new.origin, "these are checkpoints of two logs", **shown)
    offence = f"rollback: from {old.size} to {new.size} entries"
    need(old.size <= new.size, offence, **shown)
    one = old.size != new.size or old.root == new.root
    need(one, f"split view: two roots of {new.size} entries", **shown)
    if not proof:
        return old.size in (0, new.size)
    try:
        continued(old.size, new.size, old.root, new.root, proof)
    except RefusedError as error:
        lines = "\n".join(b64encode(one).decode() for one in proof)
        raise RefusedError(f"not one history: {error}", **shown, proof=lines) from None
    return True
