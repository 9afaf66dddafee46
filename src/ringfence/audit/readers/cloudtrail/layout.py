"""Where the items of a file begin and end, in whichever way they were put into it.

A file as delivered is one document, `{"Records": [...]}`; others hold an event a line,
a bare list, or several documents in a row. A document that breaks off, or is broken
somewhere, is walked item by item as far as it goes.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from ringfence.audit.readers.cloudtrail.fields import LIST, UNREADABLE

_HEAD = 1 << 16
MARK = b"\xef\xbb\xbf"  # of the byte order, which JSON doesn't want
_LIST_BEGINS = re.compile(
    rb'\s*+(?:(?P<envelope>\{)\s*+"(?:Records|Events)"\s*+:\s*+)?+\['
)
_BETWEEN = re.compile(rb"\s*+,?+\s*+")
_BLANK = re.compile(rb"\s*+")
_SCALAR = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^\s,\[\]{}":]++', re.DOTALL)
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?P<shut>"?)|[{}\[\]]', re.DOTALL)
_ENVELOPE_ENDS = re.compile(rb"\s*+(?:,[^\[\]{}]*+)?+\}")

_COMMA, _CLOSE, _OPEN, _QUOTE = b',]{"'


class Piece(NamedTuple):
    """An item of a file.

    Attributes:
        start: Its first byte.
        end: The byte behind its last.
        torn: Why it is none, if it is what remains behind a tear.
    """

    start: int
    end: int
    torn: str = ""


def head(path: Path) -> bytes:
    """Return how a file begins, unpacked; nothing if it can't be read."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            packed = file.read(_HEAD)
    except OSError:
        return b""
    if not packed.startswith(b"\x1f\x8b"):
        return packed
    try:
        return zlib.decompressobj(31).decompress(packed, _HEAD)
    except zlib.error:
        return b""


def is_document(beginning: bytes) -> bool:
    """Tell by how it begins whether a file is documents rather than a value a line."""
    bare = beginning.removeprefix(MARK).lstrip()
    line, feed, rest = bare.partition(b"\n")
    if line.strip() == b"{":
        return rest.lstrip()[:1] in {b'"', b"}"}
    if not _LIST_BEGINS.match(bare):
        return False
    return not (feed and _valid(line))


def is_list(text: bytes) -> bool:
    """Tell whether an item is a list of items, or the envelope of one."""
    return _LIST_BEGINS.match(text, _begin(text)) is not None


def _begin(data: bytes) -> int:
    return len(MARK) if data.startswith(MARK) else 0


def _valid(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except UNREADABLE:
        return False
    return True


def pieces(data: bytes) -> list[Piece]:
    """Return the items of documents in a row, front to back."""
    start = _begin(data)
    return _listed(data, start) or list(_walked(data, start))


def _listed(data: bytes, start: int) -> list[Piece]:
    """Return the items of one sound document; nothing if it isn't one."""
    found = _LIST_BEGINS.match(data, start)
    if not found:
        return []
    end = len(data.rstrip())
    if found["envelope"]:
        stop = data.rfind(b"]", start, end)
        if stop < 0 or data[stop + 1 : end].strip() != b"}":
            return []
        end = stop + 1
    begin = found.end() - 1
    try:
        items = LIST.decode(memoryview(data)[begin:end])
    except UNREADABLE:
        return []
    spans: list[Piece] = []
    place = begin + 1
    for item in items:
        if data[place] != _OPEN:
            place = _behind(_BETWEEN, data, place)
        stop = place + len(memoryview(item))
        spans.append(Piece(place, stop))
        place = stop + (data[stop] == _COMMA)
    return spans


def _walked(data: bytes, place: int) -> Iterator[Piece]:
    """Yield the items of values in a row; what remains behind a tear is one piece."""
    within = envelope = False
    while (place := _behind(_BLANK, data, place)) < len(data):
        found = None if within else _LIST_BEGINS.match(data, place)
        if found:
            within, envelope, place = True, bool(found["envelope"]), found.end()
        elif within and data[place] == _COMMA:
            place += 1
        elif within and data[place] == _CLOSE:
            within = False
            place = _behind(_ENVELOPE_ENDS, data, place + 1) if envelope else place + 1
        else:
            end = _value_end(data, place)
            if end < 0:
                break
            yield Piece(place, end)
            place = end
    if within or place < len(data):
        yield Piece(place, len(data.rstrip()), "the document breaks off, or is broken")


def _behind(pattern: re.Pattern[bytes], data: bytes, place: int) -> int:
    found = pattern.match(data, place)
    return found.end() if found else place


def _value_end(data: bytes, place: int) -> int:
    """Return where a value ends, by its quotes and brackets; -1 if it doesn't."""
    if data[place] not in b"{[":
        found = _SCALAR.match(data, place)
        return found.end() if found else -1
    depth = 0
    for token in _TOKEN.finditer(data, place):
        mark = data[token.start()]
        if mark == _QUOTE:
            if not token["shut"]:
                return -1
        else:
            depth += 1 if mark in b"{[" else -1
        if depth == 0:
            return token.end()
    return -1
