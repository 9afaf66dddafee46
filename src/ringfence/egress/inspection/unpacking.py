"""Spans of a text that are text in another coding: base64, hexadecimal, packed.

Nothing is unpacked further than the limits say, however small the span is.
"""

from __future__ import annotations

import bz2
import re
import zlib
from binascii import a2b_base64, unhexlify
from typing import NamedTuple, Protocol

from zstandard import ZstdDecompressor, ZstdError

from ringfence.egress.inspection import patterns
from ringfence.egress.inspection.limits import Limits
from ringfence.egress.inspection.sightings import Doubt, Written

URL_SAFE = str.maketrans("-_", "+/")
DIGEST_SIZES = (16, 20, 32)  # bytes of MD5, SHA-1, SHA-256
RUN = re.compile(patterns.RUN64)
WIDE = re.compile(patterns.WIDE64)


class Span(NamedTuple):
    """What a span of a text became.

    Attributes:
        text: The text in it; empty where there is none.
        written: How it was written.
        doubt: Why it can't be read, if it can't.
    """

    text: str
    written: Written
    doubt: Doubt | None = None


class Unpacker(Protocol):
    """What unpacks a stream, no more than asked for."""

    @property
    def unused_data(self) -> bytes:
        """What stands behind the end."""
        ...

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes:
        """Return what is unpacked."""
        ...


def from_base64(span: str, limits: Limits) -> list[Span]:
    """Return what stands in a span of base64, of either alphabet.

    Signs that belong to no base64 may stand before it: what is text tells where its
    fours begin.
    """
    del limits
    starts = {found.start() % 4 for found in RUN.finditer(span)}
    if WIDE.search(span):
        starts = {0, 1, 2, 3}
    read = []
    for start in sorted(starts):
        content = _decoded(span[start:])
        read.append(Span(content.decode("utf-8", "replace"), Written.BASE64))
    return read


def from_packed(span: str, limits: Limits) -> list[Span]:
    """Return what is packed in a span of base64."""
    return _read(_decoded(span), Written.BASE64, limits)


def from_digest(span: str, limits: Limits) -> list[Span]:
    """Return a digest in base64 as it is in hexadecimal.

    Random tokens look the same and are everywhere: a word before it keeps one that is
    nobody's from being in doubt.
    """
    del limits
    content = _decoded(span)
    is_one = len(content) in DIGEST_SIZES and not content.isascii()
    return [Span(f"digest {content.hex()}", Written.BASE64)] if is_one else []


def as_image(span: str, limits: Limits) -> list[Span]:
    """Return that an image stands in a text: nobody looks through it."""
    del span, limits
    return [Span("", Written.BASE64, Doubt.IMAGE)]


def as_closed(span: str, limits: Limits) -> list[Span]:
    """Return that a file stands in a text: nobody opens it there."""
    del span, limits
    return [Span("", Written.BASE64, Doubt.UNKNOWN_FORMAT)]


def _decoded(span: str) -> bytes:
    """Return the bytes of some base64, as many as are whole."""
    plain = span.translate(URL_SAFE).rstrip("=")
    if len(plain) % 4 == 1:
        plain = plain[:-1]
    return a2b_base64(plain + "=" * (-len(plain) % 4))


def from_hex(span: str, limits: Limits) -> list[Span]:
    """Return what stands in a span of hexadecimal, from its first digit or second."""
    plain = re.sub(r"\\+x", "", span)
    read = []
    for start in (0, 1):
        digits = plain[start:]
        content = unhexlify(digits[: len(digits) // 2 * 2])
        read += _read(content, Written.HEX, limits)
    return read


def _read(content: bytes, written: Written, limits: Limits) -> list[Span]:
    unpacked = unpack(content, limits)
    if isinstance(unpacked, Doubt):
        return [Span("", Written.PACKED, unpacked)]
    if unpacked is not None:
        text = unpacked.decode("utf-8", "replace")
        return [Span(text, Written.PACKED)]
    return [Span(content.decode("utf-8", "replace"), written)] if content else []


def unpack(content: bytes, limits: Limits) -> bytes | Doubt | None:
    """Return what is packed in some bytes; None if nothing is."""
    most = min(limits.unpacked, limits.ratio * max(len(content), 64))
    if content.startswith(b"(\xb5/\xfd"):
        return _zstd(content, most)
    unpacker: Unpacker
    if content.startswith((b"\x1f\x8b\x08", b"x\x9c", b"x\x01", b"x\xda")):
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    elif content.startswith(b"BZh"):
        unpacker = bz2.BZ2Decompressor()
    else:
        return None
    try:
        unpacked = unpacker.decompress(content, most + 1)
    except (zlib.error, OSError, EOFError):
        is_sure = content.startswith((b"\x1f\x8b\x08", b"BZh"))
        return Doubt.MALFORMED if is_sure else None
    if len(unpacked) > most:
        return Doubt.LIMIT
    # Another member may stand there, and more behind it: one is looked through.
    return Doubt.TRAILING if unpacker.unused_data else unpacked


def _zstd(content: bytes, most: int) -> bytes | Doubt:
    try:
        with ZstdDecompressor().stream_reader(content) as reader:
            unpacked = reader.read(most + 1)
    except (ZstdError, MemoryError):
        return Doubt.MALFORMED
    return unpacked if len(unpacked) <= most else Doubt.LIMIT
