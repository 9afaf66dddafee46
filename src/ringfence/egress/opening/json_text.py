"""JSON: one document, or lines of which each is one (JSON lines)."""

from __future__ import annotations

import io

import msgspec

from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.opening.caps import Caps
from ringfence.egress.opening.pointers import parsed
from ringfence.egress.opening.portions import Document, Lines, Part, Portions, Told, gap
from ringfence.egress.opening.shapes import Shapes
from ringfence.egress.opening.streams import Readable, Stream
from ringfence.egress.opening.text import Reader, lines_of, text

STATED = frozenset({"geojson", "json", "jsonl", "ndjson"})
"""Endings that say that a content is JSON."""


def json(stream: Stream, part: Part, caps: Caps, stated: str = "") -> Portions:
    """Yield a JSON document, or JSON lines, by what the first line is.

    What begins like one and is none is a text, unless it is stated to be one.
    """
    head = stream.head.lstrip()
    line, end, rest = head.partition(b"\n")
    if end and rest.strip() and _is_json(line):
        yield from _lines(stream, part, caps)
        return
    content = stream.read(caps.document + 1)
    if len(content) <= caps.document:
        yield from _document(content, part, caps, stated)
        return
    again = _Joined(content, stream)
    if _is_json(content.lstrip().partition(b"\n")[0]):
        yield from _lines(again, part, caps)
        return
    yield from text(again, part, caps)
    yield gap(part, Doubt.LIMIT)


class _Joined:
    """Bytes that were read already, and the rest of their stream."""

    def __init__(self, ahead: bytes, rest: Readable) -> None:
        self._ahead = ahead
        self._rest = rest

    def read(self, size: int) -> bytes:
        """Return up to so many bytes."""
        found, self._ahead = self._ahead[:size], self._ahead[size:]
        return found or self._rest.read(size)


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True


def _document(content: bytes, part: Part, caps: Caps, stated: str) -> Portions:
    reader = Reader(io.BytesIO(), caps)
    content = reader.readable(content)
    yield from reader.gaps(part)
    try:
        value = parsed(content)
    except (msgspec.DecodeError, UnicodeError):
        first, end, rest = content.strip().partition(b"\n")
        if end and rest and _is_json(first):
            yield from _lines(io.BytesIO(content), part, caps)
            return
        yield from text(io.BytesIO(content), part, caps)
        if stated in STATED:
            yield gap(part, Doubt.MALFORMED)
        return
    yield Document(part, content.decode(), value)


def _lines(stream: Readable, part: Part, caps: Caps) -> Portions:
    reader = Reader(stream, caps)
    shapes = Shapes(part, caps)
    rows = 0
    for block in reader.blocks():
        found = lines_of(block)
        first = reader.passed()
        rows += len(found)
        yield Lines(part, found, first, json=True)
        shapes.read(found, first)
    yield from shapes.columns()
    yield from reader.gaps(part)
    yield Told(part, "jsonl", rows)
