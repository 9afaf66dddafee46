"""Fingerprints: what stands in an index for an identifier (decision 0027).

A fingerprint is the first 8 bytes of SHA-256 over key, kind and canonical form, as a
number; without the key it says nothing. DuckDB works it out for a column, the standard
library for one text, and both give the same.
"""

from __future__ import annotations

import hashlib
import threading
from hashlib import sha256
from typing import Literal

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index.keys import Key

FEW = 2048  # texts that are done one by one sooner than a query is begun
Digest = Literal["md5", "sha1", "sha256"]
DIGESTS: tuple[Digest, ...] = ("md5", "sha1", "sha256")
_QUERIES: dict[Digest | None, str] = {
    form: f"""SELECT ('0x' || left(sha256($1 || encode({text})), 16))::UBIGINT AS f
              FROM texts"""  # noqa: S608
    for form, text in ((None, "v"), *((one, f"{one}(v)") for one in DIGESTS))
}
_own = threading.local()


def fingerprint(key: Key, kind: Kind, canonical: str) -> int:
    """Return the fingerprint of one identifier."""
    return _number(_prefix(key, kind), canonical)


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
    return _numbers(_prefix(key, kind), texts, digest)


def subject_number(key: Key, primary: str) -> int:
    """Return the number that stands for a person; it is never 0."""
    return _number(key.secret, primary) or 1


def subject_numbers(key: Key, primary: pl.Series) -> NDArray[np.uint64]:
    """Return the numbers that stand for people, of a series without gaps."""
    found = _numbers(key.secret, primary)
    found[found == 0] = 1
    return found


def _prefix(key: Key, kind: Kind) -> bytes:
    return key.secret + bytes((kind.number,))


def _number(prefix: bytes, text: str) -> int:
    return int.from_bytes(sha256(prefix + text.encode()).digest()[:8], "big")


def _digest(text: str, name: Digest) -> str:
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _numbers(
    prefix: bytes, texts: pl.Series, digest: Digest | None = None
) -> NDArray[np.uint64]:
    if len(texts) <= FEW:
        given = texts.to_list()
        if digest is not None:
            given = [_digest(text, digest) for text in given]
        found = [_number(prefix, text) for text in given]
        return np.array(found, np.uint64)
    rows = _connection()
    # Registered, and not found by its name: whoever calls may have the same name.
    rows.register("texts", pl.DataFrame({"v": texts}).to_arrow())
    try:
        column = rows.execute(_QUERIES[digest], [prefix]).fetchnumpy()["f"]
    finally:
        rows.unregister("texts")
    return np.asarray(column, np.uint64)


def _connection() -> duckdb.DuckDBPyConnection:
    """Return the thread's own database, which holds nothing."""
    # With one thread DuckDB keeps the order of the rows, and no core is taken from
    # others; who wants more cores has more threads of their own.
    found: duckdb.DuckDBPyConnection | None = getattr(_own, "rows", None)
    if found is None:
        found = _own.rows = duckdb.connect(config={"threads": 1})
    return found
