"""Bytes of a file as text, with one clear error for whatever stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.errors import Locus, SourceError

if TYPE_CHECKING:
    from pathlib import Path

# Larger documents belong into a facts file, which is loaded in bulk.
LARGEST = 1 << 30
_ARCHIVES = {b"PK\x03\x04": "a zip archive", b"\x1f\x8b": "a gzip file"}


def read_bytes(path: Path, name: str) -> bytes:
    """Return the bytes of a file; `name` is what messages call it.

    Raises:
        SourceError: There is no such file, it can't be read, it is larger than 1 GiB,
            or it is an archive (archives are never unpacked: a small one may hold
            more than the machine does).
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        reason = (error.strerror or "can't be read").lower()
        raise SourceError(reason, Locus(name), "check the path") from None
    except ValueError:
        # Python's word for a NUL in a path, or for half a surrogate pair.
        raise SourceError("is no file name", Locus(name), "check the path") from None
    if len(content) > LARGEST:
        hint = "turn it into a facts file with `ringfence collect`"
        raise SourceError("is larger than 1 GiB", Locus(name), hint)
    for magic, what in _ARCHIVES.items():
        if content.startswith(magic):
            raise SourceError(f"is {what}", Locus(name), "unpack it first")
    return content


def decode(content: bytes, name: str) -> str:
    """Return UTF-8 bytes as text, without a byte-order mark.

    Raises:
        SourceError: The bytes are not UTF-8; the error names the line.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = Locus(name, content.count(b"\n", 0, error.start) + 1)
        hint = "save the file as UTF-8"
        message = f"byte {error.start} is not UTF-8"
        raise SourceError(message, at, hint) from None
