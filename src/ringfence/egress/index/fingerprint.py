"""Fingerprints: what stands in an index for an identifier (decision 0029).

A fingerprint is the first 8 bytes of AES-256-CMAC over kind and canonical form, as a
number; without the key it says nothing. A column's are worked out side by side, one
text's by the library, and both give the same.
"""

from __future__ import annotations

import hashlib
import threading
from hashlib import sha256
from typing import Any, Literal

import duckdb
import numpy as np
import polars as pl
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from numpy.typing import NDArray

from ringfence.egress.forms.kinds import KINDS, Kind
from ringfence.egress.index.cmac import Macs
from ringfence.egress.index.keys import Key

FEW = 2048  # texts that are done one by one sooner than a query is begun
FEWER = 128  # texts that are done one by one sooner than a column's are begun
Digest = Literal["md5", "sha1", "sha256"]
DIGESTS: tuple[Digest, ...] = ("md5", "sha1", "sha256")
_FIRST = {kind: bytes((number,)) for number, kind in enumerate(KINDS)}
_NUMBERS = """SELECT ('0x' || left(sha256($1 || encode(v)), 16))::UBIGINT AS f
              FROM texts"""
_own = threading.local()


class Mac:
    """Fingerprints of single identifiers, with one key."""

    def __init__(self, key: Key) -> None:
        self._cmac = CMAC(AES(key.secret))

    def of(self, kind: Kind, canonical: str) -> int:
        """Return the fingerprint of one identifier."""
        found = self._cmac.copy()
        found.update(_FIRST[kind] + canonical.encode())
        return int.from_bytes(found.finalize()[:8], "big")


def fingerprint(key: Key, kind: Kind, canonical: str) -> int:
    """Return the fingerprint of one identifier."""
    return Mac(key).of(kind, canonical)


def fingerprints(
    key: Key, kind: Kind, texts: pl.Series, *, digest: Digest | None = None
) -> NDArray[np.uint64]:
    """Return the fingerprints of a series of identifiers without gaps.

    Args:
        key: The index's.
        kind: What the identifiers are.
        texts: Their canonical forms.
        digest: Fingerprint, instead of each text, its digest in hexadecimal.
    """
    if digest is not None:
        texts = _digests(texts, digest)
    if len(texts) <= FEWER:
        mac = Mac(key)
        return np.array([mac.of(kind, text) for text in texts.to_list()], np.uint64)
    return Macs(key.secret, kind.number).of(texts)


def subject_number(key: Key, primary: str) -> int:
    """Return the number that stands for a person; it is never 0."""
    return _number(key.secret, primary) or 1


def subject_numbers(key: Key, primary: pl.Series) -> NDArray[np.uint64]:
    """Return the numbers that stand for people, of a series without gaps."""
    found = _numbers(key.secret, primary)
    found[found == 0] = 1
    return found


def _number(prefix: bytes, text: str) -> int:
    return int.from_bytes(sha256(prefix + text.encode()).digest()[:8], "big")


def _digests(texts: pl.Series, name: Digest) -> pl.Series:
    """Return the digests of texts in hexadecimal."""
    if len(texts) > FEW:
        found = _asked(f"SELECT {name}(v) AS f FROM texts", texts)  # noqa: S608
        return pl.Series(found.tolist(), dtype=pl.String)
    made = [
        hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()
        for text in texts.to_list()
    ]
    return pl.Series(made, dtype=pl.String)


def _numbers(prefix: bytes, texts: pl.Series) -> NDArray[np.uint64]:
    if len(texts) > FEW:
        return np.asarray(_asked(_NUMBERS, texts, prefix), np.uint64)
    found = [_number(prefix, text) for text in texts.to_list()]
    return np.array(found, np.uint64)


def _asked(query: str, texts: pl.Series, *given: bytes) -> NDArray[Any]:
    """Return what a query makes of texts, in their order."""
    rows = _connection()
    # Registered, and not found by its name: whoever calls may have the same name.
    rows.register("texts", pl.DataFrame({"v": texts}).to_arrow())
    try:
        found = rows.execute(query, list(given)).fetchnumpy()["f"]
    finally:
        rows.unregister("texts")
    return found


def _connection() -> duckdb.DuckDBPyConnection:
    """Return the thread's own database, which holds nothing."""
    # With one thread DuckDB keeps the order of the rows, and no core is taken from
    # others; who wants more cores has more threads of their own.
    found: duckdb.DuckDBPyConnection | None = getattr(_own, "rows", None)
    if found is None:
        found = _own.rows = duckdb.connect(config={"threads": 1})
    return found
