"""From the bytes of a file to batches of decoded items, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

import numpy as np

from ringfence.audit.event import Ints, Malformed
from ringfence.audit.readers.cloudtrail import layout
from ringfence.audit.readers.cloudtrail.fields import (
    AROUND,
    ENTRIES,
    UNREADABLE,
    Around,
    Entry,
    reason_of,
)
from ringfence.audit.unpacked import Block, Unpacked

MOST = 1 << 14  # items of a batch
_RETURN, _LINE_FEED, _OPEN, _CLOSE = b"\r\n{}"


class Place(NamedTuple):
    """Where an item is: its first byte, how many bytes, and its first line."""

    offset: int
    length: int
    line: int


@dataclass(slots=True)
class Batch:
    """Items of a file that were decoded, with their places; and what was none.

    Attributes:
        entries: The events.
        places: For each event its place, in a row.
        malformed: What could not be read.
        asides: How many items are no event.
    """

    entries: list[Entry] = field(default_factory=list)
    places: Ints | list[Place] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    asides: int = 0


def of_lines(block: Block) -> Iterator[Batch]:
    """Yield the items of lines, one value a line."""
    starts, ends = _lines(block.data, block.ends)
    for first in range(0, len(starts), MOST):
        some = slice(first, first + MOST)
        spans = np.stack((starts[some], ends[some]), axis=1)
        yield _lines_batch(block, spans, block.line + first)


def _lines(data: bytes, over: Ints) -> tuple[Ints, Ints]:
    """Return where each line begins, and where its text ends."""
    octets = np.frombuffer(data, np.uint8)
    starts = np.concatenate(([0], over[:-1]))
    ends = over - (octets[over - 1] == _LINE_FEED)
    returns = (ends > starts) & (octets[ends - 1] == _RETURN)
    return starts, ends - returns


def _lines_batch(block: Block, spans: Ints, line: int) -> Batch:
    entries = _all_at_once(block.data, spans)
    if entries is not None:
        starts, lengths = spans[:, 0], spans[:, 1] - spans[:, 0]
        lines = np.arange(line, line + len(spans))
        places = np.stack((starts + block.offset, lengths, lines), axis=1)
        return Batch(entries, places)
    reading = _Reading()
    for number, (start, end) in enumerate(spans.tolist(), line):
        text = block.data[start:end]
        if text.removeprefix(layout.MARK).strip():
            reading.add_line(text, Place(block.offset + start, len(text), number))
    return reading.batch()


def _all_at_once(data: bytes, spans: Ints) -> list[Entry] | None:
    """Return the event of each line; None if not every line is exactly one event.

    The decoder doesn't care for lines. But a value that goes on over a line end can't
    do so between a brace that closes and one that opens; so if all lines begin and end
    like that and there are as many values as lines, each line is one.
    """
    octets = np.frombuffer(data, np.uint8)
    starts, ends = spans[:, 0], spans[:, 1]
    if not (ends > starts).all():
        return None
    if not ((octets[starts] == _OPEN).all() and (octets[ends - 1] == _CLOSE).all()):
        return None
    return _decoded(memoryview(data)[starts[0] : ends[-1]], len(spans))


def _decoded(lines: memoryview, count: int) -> list[Entry] | None:
    """Return the events of lines; None if they aren't so many, or not all events."""
    try:
        entries = ENTRIES.decode_lines(lines)
    except UNREADABLE:
        return None
    if len(entries) != count or "Insight" in [one.event_category for one in entries]:
        return None
    return entries


def _is_insight(entry: Entry) -> bool:
    return entry.event_category == "Insight"


def of_file(file: Unpacked) -> Iterator[Batch]:
    """Yield the items of a file that holds documents.

    As long as the file is one list of events, and nothing else, only a part is held;
    from where it is not, what remains is.
    """
    with closing(file.chunks()) as chunks:
        held = _Held()
        for chunk in chunks:
            held.data = held.data + chunk.data if held.data else chunk.data
            if len(held.data) < layout.WINDOW:
                continue
            batch = held.taken()
            if batch is None:
                break
            yield batch
        rest = file.rest(chunks, held.data)
    if rest is None:
        return
    file.tell_rest(file.size, 0, 1)
    yield from of_document(held.block(rest))


@dataclass(slots=True)
class _Held:
    """What is held of a list of items that is read from its beginning.

    Attributes:
        data: The bytes, from the beginning of an item or of the file.
        opening: What stood before the first item; empty as long as none was taken.
        offset: Place of the first byte.
        line: Number of the line of the first byte.
    """

    data: bytes = b""
    opening: bytes = b""
    offset: int = 0
    line: int = 1

    def taken(self) -> Batch | None:
        """Take the events that are whole; None if not each item is surely one."""
        data = self.data
        opening = self.opening or layout.opening(data)
        begin = 0 if self.opening else len(opening)
        found = [*layout.borders(data, begin, len(data))] if opening else []
        commas = np.concatenate(found) if found else np.zeros(0, np.int64)
        if not len(commas):
            return None
        feeds = _feeds(data)
        block = Block(data, self.offset, self.line)
        batch = _between(block, feeds, begin, commas)
        if batch is None:
            return None
        done = int(commas[-1]) + 1
        self.data, self.opening = data[done:], opening
        self.offset += done
        self.line += int(np.searchsorted(feeds, done))
        return batch

    def block(self, rest: bytes) -> Block:
        """Return what remains as a document of its own, at its place."""
        offset = self.offset - len(self.opening)
        line = self.line - self.opening.count(b"\n")
        return Block(self.opening + rest, offset, line)


def of_document(block: Block) -> Iterator[Batch]:
    """Yield the items of documents."""
    done = 0
    feeds = _feeds(block.data)
    for batch, end in _of_one_document(block, feeds):
        yield batch
        done = end
    if done == len(block.data):
        return
    data = block.data
    found = [piece for piece in layout.pieces(data) if piece.start >= done]
    for first in range(0, len(found), MOST):
        some = found[first : first + MOST]
        starts = np.fromiter((piece.start for piece in some), np.int64, len(some))
        lines = (np.searchsorted(feeds, starts) + block.line).tolist()
        reading = _Reading()
        for piece, line in zip(some, lines, strict=True):
            size = piece.end - piece.start
            reading.add_piece(
                piece, data, Place(block.offset + piece.start, size, line)
            )
        yield reading.batch()


def _feeds(data: bytes) -> Ints:
    """Return where the line feeds are."""
    found = []
    place = data.find(b"\n")
    while place >= 0:
        found.append(place)
        place = data.find(b"\n", place + 1)
    return np.array(found, np.int64)


def _of_one_document(block: Block, feeds: Ints) -> Iterator[tuple[Batch, int]]:
    """Yield the items of a list as long as each is an event, and where they end.

    Between items there is a comma that stands between a brace that closes and one that
    opens. Where a line feed in its place makes lines of which each is a value, it is
    one between items; so what comes out is the same as if each were read by itself.
    """
    data = block.data
    found = layout.inside(data)
    if found is None:
        return
    begin, end = found
    for commas in chain(layout.borders(data, begin, end), (np.array([end]),)):
        if not len(commas):
            continue
        batch = _between(block, feeds, begin, commas)
        if batch is None:
            return
        is_last = commas[-1] == end
        begin = int(commas[-1]) + 1
        yield batch, len(data) if is_last else begin


def _between(block: Block, feeds: Ints, begin: int, commas: Ints) -> Batch | None:
    """Return the events that end at commas; None if not all of them are events."""
    starts = np.concatenate(([begin], commas[:-1] + 1))
    lines = bytearray(memoryview(block.data)[begin : commas[-1]])
    np.frombuffer(lines, np.uint8)[commas[:-1] - begin] = _LINE_FEED
    if lines[:1] != b"{" or lines[-1:] != b"}":
        return None
    entries = _decoded(memoryview(lines), len(commas))
    if entries is None:
        return None
    numbers = np.searchsorted(feeds, starts) + block.line
    places = np.stack((starts + block.offset, commas - starts, numbers), axis=1)
    return Batch(entries, places)


class _Reading:
    """Reads items one by one."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._places: list[Place] = []
        self._malformed: list[Malformed] = []
        self._asides = 0

    def batch(self) -> Batch:
        return Batch(self._entries, self._places, self._malformed, self._asides)

    def add_piece(self, piece: layout.Piece, data: bytes, place: Place) -> None:
        if piece.torn:
            self._malformed.append(Malformed(*place, piece.torn))
        else:
            self.add(data[piece.start : piece.end], place)

    def add_line(self, text: bytes, place: Place) -> None:
        """Add what a line is: an item, or the items of a document that it holds."""
        bare = text.removeprefix(layout.MARK)
        if not layout.is_list(bare):
            self.add(bare, place)
            return
        start = place.offset + len(text) - len(bare)
        for piece in layout.pieces(bare):
            size = piece.end - piece.start
            within = Place(start + piece.start, size, place.line)
            self.add_piece(piece, bare, within)

    def add(self, text: bytes, place: Place) -> None:
        """Add what an item is, be it an event, an envelope, an aside or nothing."""
        try:
            self._add_event(text, place)
        except UNREADABLE as error:
            self._add_other(text, place, reason_of(error))

    def _add_event(self, text: bytes, place: Place) -> None:
        entry = ENTRIES.decode(text)
        if _is_insight(entry):
            self._asides += 1
        else:
            self._entries.append(entry)
            self._places.append(place)

    def _add_other(self, text: bytes, place: Place, reason: str) -> None:
        try:
            around = AROUND.decode(text)
        except UNREADABLE:
            around = Around()
        inner = around.inner()
        if around.is_aside():
            self._asides += 1
        elif inner is not None:
            self._add_inner(inner, place)
        else:
            self._malformed.append(Malformed(*place, reason))

    def _add_inner(self, inner: bytes, place: Place) -> None:
        """Add the event of an envelope, whose place is the envelope's."""
        try:
            self._add_event(inner, place)
        except UNREADABLE as error:
            self._malformed.append(Malformed(*place, reason_of(error)))
