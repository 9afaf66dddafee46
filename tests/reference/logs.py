"""A log after the letter of RFC 6962 and C2SP, for tests: short, slow, recursive."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

ED25519, COSIGNATURE, ML_DSA = 1, 4, 6
ORIGIN = "ringfence.example/log"
THEN = 1_700_000_000


def sha(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def split(size: int) -> int:
    """Return the largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def root(entries: Sequence[bytes]) -> bytes:
    """Return MTH of RFC 6962, 2.1."""
    if len(entries) <= 1:
        return sha(b"\0" + entries[0]) if entries else sha(b"")
    k = split(len(entries))
    return sha(b"\1" + root(entries[:k]) + root(entries[k:]))


def path(index: int, entries: Sequence[bytes]) -> list[bytes]:
    """Return PATH of RFC 6962, 2.1.1."""
    if len(entries) <= 1:
        return []
    k = split(len(entries))
    if index < k:
        return [*path(index, entries[:k]), root(entries[k:])]
    return [*path(index - k, entries[k:]), root(entries[:k])]


def growth(old: int, entries: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """Return PROOF of RFC 6962, 2.1.2."""
    if old == len(entries):
        return [] if whole else [root(entries)]
    k = split(len(entries))
    if old <= k:
        return [*growth(old, entries[:k], whole=whole), root(entries[k:])]
    return [*growth(old - k, entries[k:], whole=False), root(entries[:k])]


class Signer(NamedTuple):
    """Somebody with a name and a key of some kind, drawn from a seed."""

    name: str
    kind: int = ED25519
    seed: int = 1

    @property
    def _key(self) -> Any:
        seed = bytes([self.seed]) * 32
        if self.kind == ML_DSA:
            return MLDSA44PrivateKey.from_seed_bytes(seed)
        return Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public(self) -> bytes:
        """The kind, and the public key."""
        raw: bytes = self._key.public_key().public_bytes_raw()
        return bytes([self.kind]) + raw

    @property
    def id(self) -> bytes:
        """What a signature begins with."""
        return sha(f"{self.name}\n".encode() + self.public)[:4]

    @property
    def verifier(self) -> str:
        """The verifier key."""
        return f"{self.name}+{self.id.hex()}+{b64encode(self.public).decode()}"

    def line(self, text: str, seconds: int = THEN) -> str:
        """Return the signature line under a checkpoint's text."""
        stamp = b"" if self.kind == ED25519 else seconds.to_bytes(8, "big")
        signed = text.encode()
        if self.kind == COSIGNATURE:
            signed = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        if self.kind == ML_DSA:
            origin, size, _ = text.split("\n", 2)
            name, of = (
                bytes([len(n.encode())]) + n.encode() for n in (self.name, origin)
            )
            numbers = (0).to_bytes(8, "big") + int(size).to_bytes(8, "big")
            tree = b64decode(text.split("\n")[2])
            signed = b"subtree/v1\n\0" + name + stamp + of + numbers + tree
        value = self.id + stamp + self._key.sign(signed)
        return f"— {self.name} {b64encode(value).decode()}\n"


LOG = Signer(ORIGIN)
WITNESSES = [Signer(f"witness.example/w{n}", COSIGNATURE, 10 + n) for n in range(1, 4)]
MODERN = Signer("witness.example/w4", ML_DSA, 14)
MODERN_LOG = Signer(ORIGIN, ML_DSA, 15)


def head_text(size: int, top: bytes, origin: str = ORIGIN) -> str:
    """Return a checkpoint's text."""
    return f"{origin}\n{size}\n{b64encode(top).decode()}\n"


def checkpoint(
    entries: Sequence[bytes],
    signers: Iterable[Signer] = (LOG, *WITNESSES),
    origin: str = ORIGIN,
) -> str:
    """Return the signed checkpoint of a tree of entries."""
    text = head_text(len(entries), root(entries), origin)
    return text + "\n" + "".join(one.line(text) for one in signers)


def tlog_proof(index: int, entries: Sequence[bytes], signed: str) -> str:
    """Return a tlog-proof of an entry."""
    lines = "".join(f"{b64encode(one).decode()}\n" for one in path(index, entries))
    return f"c2sp.org/tlog-proof@v1\nindex {index}\n{lines}\n{signed}"


def quorum(rule: str = "all") -> str:
    """Return a tlog-policy with three witnesses, of which so many are asked for."""
    lines = [f"log {LOG.verifier}"]
    lines += [f"witness w{n} {one.verifier}" for n, one in enumerate(WITNESSES, 1)]
    lines += [f"group three {rule} w1 w2 w3", "quorum three"]
    return "".join(f"{line}\n" for line in lines)


def encoded(value: object) -> bytes:
    """Return canonical JSON."""
    kinds = {"sort_keys": True, "separators": (",", ":"), "ensure_ascii": False}
    return json.dumps(value, **kinds).encode()  # type: ignore[arg-type]


def sealed(content: bytes) -> str:
    """Return a digest as entries tell it."""
    return f"sha256:{sha(content).hex()}"


def payload_of(words: Mapping[str, object]) -> tuple[dict[str, str], bytes]:
    """Return commitments to words, and the payload that opens them."""
    salts = {name: sha(name.encode()) for name in words}
    told = {"salts": {n: s.hex() for n, s in salts.items()}, "values": dict(words)}
    found = {n: sealed(salts[n] + encoded(words[n])) for n in words}
    return found, encoded(told)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return files in the one spelling of a bundle."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, files[name])
    return stream.getvalue()


def tile_path(level: object, number: int, width: int) -> str:
    """Return where a tile lies, after the examples of tlog-tiles."""
    digits = f"{number:03}" if number < 1000 else f"{number:06}"
    groups = [digits[n : n + 3] for n in range(0, len(digits), 3)]
    name = "/".join([*(f"x{g}" for g in groups[:-1]), groups[-1]])
    return f"tile/{level}/{name}" + ("" if width == 256 else f".p/{width}")


def tiles(entries: Sequence[bytes]) -> dict[str, bytes]:
    """Return every tile and bundle of a log, by its path, by definition."""
    found = {}
    for start in range(0, len(entries), 256):
        part = entries[start : start + 256]
        content = b"".join(len(one).to_bytes(2, "big") + one for one in part)
        found[tile_path("entries", start // 256, len(part))] = content
    level, span = 0, 1
    while span <= len(entries):
        whole = len(entries) // span
        hashes = [root(entries[n * span : (n + 1) * span]) for n in range(whole)]
        for start in range(0, whole, 256):
            part = hashes[start : start + 256]
            found[tile_path(level, start // 256, len(part))] = b"".join(part)
        level, span = level + 1, span * 256
    return found


def write_log(folder: Path, entries: Sequence[bytes], signed: str) -> Path:
    """Write a log's public folder."""
    for name, content in {**tiles(entries), "checkpoint": signed.encode()}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def verdict_entry(
    files: Mapping[str, bytes], number: int, verdict: str, **changes: Any
) -> tuple[bytes, bytes]:
    """Return the entry of a claim's verdict, with parts changed, and its payload."""
    boundary = json.loads(files["boundary.json"])
    claim = boundary["claims"][number - 1]
    said = {"said": claim["says"]} if claim["says"] else {}
    commitments, payload = payload_of({"id": claim["id"], **said})
    facts = sealed(files["facts.jsonl"])
    proof = files.get(f"claim-{number}-{claim['id']}.json")
    digests = {
        "boundary": sealed(files["boundary.json"]),
        "estate": facts,
        "facts": facts,
        "payload": sealed(payload),
        **({"proof": sealed(proof)} if proof else {}),
    }
    values = {"as_of": boundary["as_of"], "claim": str(number), "verdict": verdict}
    told = {
        "commitments": commitments,
        "digests": digests,
        "kind": "verdict",
        "time": "2026-11-22T10:00:00Z",
        "values": values,
    }
    for key, change in changes.items():
        told[key] = {**told[key], **change} if isinstance(change, dict) else change  # type: ignore[dict-item]
    return encoded(told), payload


def bundled(
    files: Mapping[str, bytes],
    logged: Mapping[int, tuple[bytes, bytes | None]],
    entries: Sequence[bytes],
    signers: Iterable[Signer] = (LOG, *WITNESSES),
) -> dict[str, bytes]:
    """Return the files of a bundle: entries of a log, by their index."""
    signed = checkpoint(entries, signers)
    found = {
        **files,
        "ledger/checkpoint": signed.encode(),
        "ledger/quorum": quorum().encode(),
    }
    for index, (entry, payload) in logged.items():
        found[f"ledger/{index}.entry"] = entry
        found[f"ledger/{index}.tlog-proof"] = tlog_proof(
            index, entries, signed
        ).encode()
        if payload is not None:
            found[f"ledger/{index}.payload"] = payload
    return found
