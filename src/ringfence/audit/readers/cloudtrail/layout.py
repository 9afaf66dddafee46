"""Where the items of a file begin and end, in whichever way they were put into it.

A file as delivered is one document, `{"Records": [...]}`; others hold an event a line,
a bare list, or several documents in a row. A document that breaks off, or is broken
somewhere, is walked item by item as far as it goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from ringfence.audit.event import Ints
from ringfence.audit.readers.cloudtrail.fields import LIST, UNREADABLE

MARK = b"\xef\xbb\xbf"  # of the byte order, which JSON doesn't want
_LIST_BEGINS = re.compile(
    rb'\s*+(?:(?P<envelope>\{)\s*+"(?:Records|Events)"\s*+:\s*+)?+\['
)
_BETWEEN = re.compile(rb"\s*+,?+\s*+")
_BLANK = re.compile(rb"\s*+")
_SCALAR = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^\s,\[\]{}":]++', re.DOTALL)
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?P<shut>"?)|[{}\[\]]', re.DOTALL)
_ENVELOPE_ENDS = re.compile(rb"\s*+(?:,[^\[\]{}]*+)?+\}")

_BLANKS = b" \t\r\n\v\f"
_FIRST_KEY = re.compile(rb'\{"\w{1,64}"')
_BORDER = int.from_bytes(b'},{"', "little")
WINDOW = 1 << 19  # bytes that are searched in one go

_COMMA, _CLOSE, _OPEN, _SHUT, _QUOTE = b',]{}"'


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
    return _listed(data) or list(_walked(data, start))


def inside(data: bytes) -> tuple[int, int] | None:
    """Return where the items of a document begin, and where they end.

    None if it doesn't look like one document; that it is sound isn't said.
    """
    found = _LIST_BEGINS.match(data, _begin(data))
    end = _bare_end(data)
    if not found or end < found.end():
        return None
    if found["envelope"]:
        if data[end - 1] != _SHUT:
            return None
        end = _bare_end(data, end - 1)
    return (found.end(), end - 1) if data[end - 1] == _CLOSE else None


def _bare_end(data: bytes, end: int | None = None) -> int:
    """Return where a text ends that blanks may follow."""
    end = len(data) if end is None else end
    while end > 0 and data[end - 1] in _BLANKS:
        end -= 1
    return end


def opening(data: bytes) -> bytes:
    """Return how a list of items begins, up to the first; nothing if it is none."""
    found = _LIST_BEGINS.match(data, _begin(data))
    return data[: found.end()] if found else b""


def borders(data: bytes, start: int, end: int) -> Iterator[Ints]:
    """Yield where the commas are that likely stand between the items of a list.

    That is so where nothing stands round the commas, and every item begins with the
    same key. A comma may be one within an item, and a border may be missed.
    """
    key = _FIRST_KEY.match(data, start, end)
    if not key:
        return
    mark = b"}," + key[0]
    for first in range(start, end, WINDOW):
        last = min(first + WINDOW + 3, end)
        found = [_fours(data, place, last) for place in range(first, first + 4)]
        commas = np.sort(np.concatenate(found)) + 1
        size = len(mark) - 1
        fits = [
            place for place in commas.tolist() if data[place - 1 : place + size] == mark
        ]
        yield np.array(fits, np.int64)


def _fours(data: bytes, start: int, end: int) -> Ints:
    """Return where a border begins, looking at every fourth byte."""
    count = (end - start) // 4
    if count <= 0:
        return np.zeros(0, np.int64)
    words = np.frombuffer(data, "<u4", count, start)
    return np.flatnonzero(words == _BORDER) * 4 + start


def _listed(data: bytes) -> list[Piece]:
    """Return the items of one sound document; nothing if it isn't one."""
    found = inside(data)
    if found is None:
        return []
    place, end = found
    try:
        items = LIST.decode(memoryview(data)[place - 1 : end + 1])
    except UNREADABLE:
        return []
    spans: list[Piece] = []
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
