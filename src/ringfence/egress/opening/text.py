"""Text in blocks that end where lines end, as UTF-8, and what of it can't be read."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from ringfence.egress.inspection.report import Coverage
from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.opening.caps import Caps
from ringfence.egress.opening.portions import Lines, Part, Portions, Told, gap
from ringfence.egress.opening.streams import Readable

_AMBIGUOUS = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
_CONTROLS = np.zeros(256, np.bool_)
_CONTROLS[[*range(8), *range(14, 27), *range(28, 32)]] = True
PRINTABLE = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]{4,}")
_OVERLAP = 4096
_PIECE = 1 << 16
_SPACE = 32
_END = ord("\n")


class Reader:
    """Gives the blocks of a text, and remembers what couldn't be read.

    Attributes:
        line: Number of the first line of the next block.
        doubts: What couldn't be read, or was cut.
    """

    def __init__(self, stream: Readable, caps: Caps) -> None:
        self._stream = stream
        self._caps = caps
        self.line = 1
        self._ends = 0
        self.doubts: set[Doubt] = set()

    def blocks(self, *, quoted: bool = False) -> Iterator[bytes]:
        """Yield blocks of whole lines, in UTF-8; `quoted`: a line may end in quotes."""
        tail = b""
        while block := self._stream.read(self._caps.block):
            block = tail + block
            end = _whole(block, quoted=quoted)
            if not end and len(block) >= self._caps.line:
                self.doubts.add(Doubt.LIMIT)
                end = _broken(block)
                tail = block[max(end - _OVERLAP, 0) :]
            else:
                tail = block[end:]
            if end:
                yield self._block(block[:end])
        if tail:
            yield self._block(tail)

    def _block(self, block: bytes) -> bytes:
        found = self.readable(block)
        self._following = self._ends
        return found

    def passed(self) -> int:
        """Return the number of the block's first line; the next follows on it."""
        line = self.line
        self.line += self._following
        return line

    def readable(self, block: bytes) -> bytes:
        """Return a block as UTF-8, without NUL."""
        if b"\0" in block:
            self.doubts.add(Doubt.UNREADABLE)
            block = block.replace(b"\0", b"")
        if not block.isascii():
            block = self._decoded(block)
        has_controls, self._ends = _looked_at(block)
        if has_controls:
            self.doubts.add(Doubt.UNREADABLE)
        return block

    def _decoded(self, block: bytes) -> bytes:
        try:
            block.decode()
        except UnicodeDecodeError:
            return b"".join(map(self._line, block.splitlines(keepends=True)))
        return block

    def _line(self, line: bytes) -> bytes:
        """Return a line that may be Latin-1; what may be either can't be decided."""
        try:
            line.decode()
        except UnicodeDecodeError:
            if _AMBIGUOUS.search(line):
                self.doubts.add(Doubt.UNREADABLE)
            return line.decode("latin-1").encode()
        return line

    def gaps(self, part: Part) -> Portions:
        """Yield what couldn't be read."""
        for doubt in sorted(self.doubts):
            yield gap(part, doubt)


def _looked_at(block: bytes) -> tuple[bool, int]:
    """Return whether a block has controls, and how many lines end in it."""
    has_controls, ends = False, 0
    for part in _pieces(block):
        own = int(np.count_nonzero(part == _END))
        ends += own
        has_low = np.count_nonzero(part < _SPACE) != own
        has_controls = has_controls or (has_low and bool(_CONTROLS[part].any()))
    return has_controls, ends


def _pieces(block: bytes) -> Iterator[NDArray[np.uint8]]:
    """Yield the bytes of a block, as many at once as the nearest cache holds."""
    values = np.frombuffer(block, np.uint8)
    for low in range(0, len(values), _PIECE):
        yield values[low : low + _PIECE]


def _ends(block: bytes) -> NDArray[np.int64]:
    """Return where the lines of a block end."""
    found = [
        np.flatnonzero(part == _END) + (number * _PIECE + 1)
        for number, part in enumerate(_pieces(block))
    ]
    return np.concatenate([np.empty(0, np.int64), *found])


def _whole(block: bytes, *, quoted: bool) -> int:
    """Return where the last whole line of a block ends, 0 if there is none."""
    end = block.rfind(b"\n") + 1
    if not quoted:
        return end
    odd = block.count(b'"', 0, end) % 2
    while end and odd:
        before = block.rfind(b"\n", 0, end - 1) + 1
        odd ^= block.count(b'"', before, end) % 2
        end = before
    return end


def _broken(block: bytes) -> int:
    """Return where a line that is too long is cut: at a space, if it has one."""
    end = max(block.rfind(b" ", len(block) // 2), block.rfind(b"\n")) + 1
    return end or len(block)


def lines_of(block: bytes) -> pl.Series:
    """Return the lines of a block of UTF-8, without their ends."""
    if not block:
        return pl.Series(dtype=pl.String)
    ends = _ends(block)
    if not len(ends) or ends[-1] != len(block):
        ends = np.append(ends, len(block))
    # Every second text is the end of a line, and is left out: nothing is copied.
    content = np.frombuffer(block, np.uint8)
    offsets = np.zeros(2 * len(ends) + 1, np.int64)
    offsets[2::2] = ends
    offsets[1::2] = ends - (content[ends - 1] == _END)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(block)]
    array = pa.Array.from_buffers(pa.large_string(), 2 * len(ends), buffers)
    found = pl.Series(array).gather_every(2)
    return found.str.strip_chars_end("\r\n") if b"\r" in block else found


def text(stream: Readable, part: Part, caps: Caps) -> Portions:
    """Yield a plain text, line by line."""
    reader = Reader(stream, caps)
    rows = 0
    for block in reader.blocks():
        found = lines_of(block)
        rows += len(found)
        yield Lines(part, found, reader.passed())
    yield from reader.gaps(part)
    yield Told(part, "text", rows)


def strings(stream: Readable, part: Part, caps: Caps) -> Portions:
    """Yield whatever can be printed of bytes that are no text."""
    tail = b""
    while block := stream.read(caps.block):
        block = tail + block
        tail = block[-_OVERLAP:] if len(block) >= caps.block else b""
        found = PRINTABLE.findall(block)
        if b"\0" in block:  # UTF-16 without its mark
            found += PRINTABLE.findall(block.replace(b"\0", b""))
        texts = [_text(one) for one in found]
        if texts:
            yield Lines(part, pl.Series(texts, dtype=pl.String), 0)


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def unknown(stream: Readable, part: Part, caps: Caps, why: Doubt) -> Portions:
    """Yield what can be printed of a format that can't be opened."""
    yield from strings(stream, part, caps)
    yield gap(part, why, Coverage.SKIPPED)
