"""The bytes of a log file as delivered, unpacked on the way, in blocks of whole lines.

Nothing here trusts the file: a line may be a gigabyte long, a gzip may end too early,
and bytes need not be text. Memory stays bounded whatever comes; what is too long to be
held is told as malformed, with its place, and reading goes on behind it.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from io import FileIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ringfence.audit.delivered import Source, regular
from ringfence.audit.event import Ints, Malformed

BLOCK = 1 << 19  # bytes asked for at a time: few enough to stay near the processor
LONGEST_LINE = 1 << 24  # a longer line is no line of a log
LARGEST_DOCUMENT = 1 << 28  # a larger document is not held in memory
CHUNK = 1 << 19  # bytes read, or unpacked, in one go
_KEPT = 1 << 24  # bytes that stay at hand once they were used
_HEAD = 1 << 16  # bytes that show what a file is
_QUOTE, _LINE_FEED, _RETURN = b'"\n\r'
_FIRST_WINDOW = 4096  # bytes looked at behind a row that was odd


def _no_ends() -> Ints:
    return np.zeros(0, np.int64)


Octets = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive whole lines of a file.

    Attributes:
        data: The bytes, each line with its end; the last line of a file may have none.
        offset: Place of the first byte in the unpacked content.
        line: Number of the first line, from 1.
        ends: Where each line ends in `data`, or each CSV row if it is rows that were
            asked for, its line end taken in.
    """

    data: bytes
    offset: int
    line: int
    ends: Ints = field(default_factory=_no_ends, compare=False)


@dataclass(slots=True)
class Unpacked:
    """A log file that is being read.

    Attributes:
        path: Where it is.
        name: What messages call it.
        digest: SHA-256 of the file as delivered, known once a reading is over, also
            when that stopped early; empty when the file can't be read.
        size: Bytes of the unpacked content that were read.
        problems: What kept it from being read to its end, in words: a file with
            problems has an unknown rest.
        malformed: Lines that were too long to be held, rows that no quote closes, and
            what a gzip breaks off in.
    """

    path: Path
    name: str
    digest: str = ""
    size: int = 0
    problems: list[str] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)

    def head(self) -> bytes:
        """Return how the content begins; nothing if it can't be read.

        No reading begins by that: digest, size and problems stay as they are.
        """
        held = b""
        try:
            with FileIO(self.path, opener=regular) as file:
                for chunk in Source(file, _HEAD).unpacked():
                    held += chunk
                    if len(held) >= _HEAD:
                        break
        except OSError:
            return b""
        return held[:_HEAD]

    def lines(self) -> Iterator[Block]:
        """Yield blocks that end with a line feed."""
        with closing(self._chunks()) as chunks:
            feed = _Feed(self, chunks)
            while feed.fill():
                yield from feed.lines()

    def rows(self, delimiter: bytes = b",") -> Iterator[Block]:
        """Yield blocks of whole CSV rows: a line feed within quotes ends none.

        A quote that nothing closes, or that closes in the middle of a field, costs its
        own line: that is malformed, and the next line begins a row.
        """
        with closing(self._chunks()) as chunks:
            feed = _Feed(self, chunks)
            while feed.fill():
                yield from feed.rows(delimiter)

    def whole(self) -> Block | None:
        """Return all of it, for a format that is one document; None if too large.

        Nothing at all comes of a file that can't be read: None too.
        """
        with closing(self.chunks()) as chunks:
            held = self.rest(chunks)
        if held is None:
            return None
        self.tell_rest(self.size, 0, 1)
        return Block(held, 0, 1) if held or self.digest else None

    def rest(self, chunks: Iterator[Block], held: bytes = b"") -> bytes | None:
        """Return what is held with all that follows; None if too large, which is told.

        A document is held as a whole, or what remains of one.
        """
        pieces = [held]
        size = len(held)
        for chunk in chunks:
            pieces.append(chunk.data)
            size += len(chunk.data)
            if size > LARGEST_DOCUMENT:
                limit = f"larger than {LARGEST_DOCUMENT} bytes"
                self.problems.append(f"{limit}, which no one document may be")
                return None
        return b"".join(pieces)

    def tell_rest(self, offset: int, length: int, line: int) -> bool:
        """Tell as malformed what a problem broke off; false when nothing did."""
        if self.problems and (self.size or self.digest):
            reason = f"{self.problems[-1]}: the rest is unknown"
            self.malformed.append(Malformed(offset, length, line, reason))
        return bool(self.problems)

    def chunks(self) -> Generator[Block]:
        """Yield the content as it comes, cut anywhere, for who holds no more of it."""
        offset, line = 0, 1
        with closing(self._chunks()) as chunks:
            for chunk in chunks:
                yield Block(chunk, offset, line)
                offset += len(chunk)
                view = np.frombuffer(chunk, np.uint8)
                line += int(np.count_nonzero(view == _LINE_FEED))

    def _chunks(self) -> Generator[bytes]:
        """Yield the unpacked content; the digest covers all of the file in any case."""
        _keep_memory()
        try:
            with FileIO(self.path, opener=regular) as file:
                source = Source(file, CHUNK)
                try:
                    for chunk in source.unpacked():
                        self.size += len(chunk)
                        yield chunk
                finally:
                    self.problems += source.problems
                    self.digest = source.digest_of_all()
        except OSError as error:
            self.digest = ""
            self.problems.append(f"can't be read ({error.strerror or error})")


@cache
def _keep_memory() -> None:
    """Let freed blocks be used again instead of going back to the system each time.

    The C library gives back what is larger than anything freed before, and getting it
    anew costs more than parsing does; so something larger is freed once. It is never
    written to, and takes no room.
    """
    bytes(_KEPT)


class _Feed:
    """What of a file is held at the moment, and the place where it stands."""

    def __init__(self, owner: Unpacked, chunks: Iterator[bytes]) -> None:
        self._owner = owner
        self._chunks = chunks
        self._held = b""
        self._start = 0  # what is before it was given out
        self._offset = 0
        self._line = 1
        self._over = False

    def fill(self) -> bool:
        """Hold about a block more; False when the file is over."""
        if self._over:
            return False
        pieces = [self._held[self._start :]]
        fresh = 0
        while fresh < BLOCK and not self._over:
            chunk = next(self._chunks, b"")
            pieces.append(chunk)
            fresh += len(chunk)
            self._over = not chunk
        self._held = b"".join(pieces)
        self._start = 0
        return True

    def lines(self) -> Iterator[Block]:
        """Yield what is held of whole lines."""
        stop = 0
        while True:
            last = self._held.rfind(b"\n", stop, stop + LONGEST_LINE + 1)
            too_long = last < 0 and len(self._held) - stop > LONGEST_LINE
            if last < 0 and stop > self._start:
                yield self._take(stop - self._start)
            if too_long:
                self._skip(f"the line is longer than {LONGEST_LINE} bytes")
            elif last < 0:
                break
            stop = self._start if too_long else last + 1
        yield from self._end()

    def rows(self, delimiter: bytes) -> Iterator[Block]:
        """Yield what is held of whole rows."""
        window = len(self._held)
        while (rest := len(self._held) - self._start) > 0:
            view = np.frombuffer(self._held, np.uint8)
            view = view[self._start : self._start + window]
            ends, odd = _row_ends(view, delimiter)
            if len(ends):
                yield self._take(int(ends[-1]), ends)
            elif window < rest:
                window *= 2
                odd = False
            else:
                odd = odd or self._over or rest > LONGEST_LINE
                if not odd:
                    break
            if odd:
                size = self._row(delimiter)
                if size == 0:
                    break
                if size > 0:
                    yield self._take(size, np.array([size]))
                window = _FIRST_WINDOW
        yield from self._end()

    def _row(self, delimiter: bytes) -> int:
        """Return how long the next row is, by the letter of the grammar.

        0 when its end is not held yet; -1 when it has none, and its line was skipped.
        """
        limit = min(len(self._held), self._start + LONGEST_LINE + 1)
        entire = limit == len(self._held) and limit - self._start <= LONGEST_LINE
        found = _grammar(delimiter, not (entire and self._over)).match(
            self._held, self._start, limit
        )
        if found and found["end"]:
            return found.end() - self._start
        if found and entire:
            return 0
        if found:
            self._skip(f"no quote closes the row within {LONGEST_LINE} bytes")
        else:
            self._skip("a quote is not closed, or closes in the middle of a field")
        return -1

    def _take(self, size: int, ends: Ints | None = None) -> Block:
        data = self._held[self._start : self._start + size]
        view = np.frombuffer(data, np.uint8)
        if ends is None:
            ends = np.flatnonzero(view == _LINE_FEED) + 1
            feeds = len(ends)
        else:
            feeds = int(np.count_nonzero(view == _LINE_FEED))
        block = Block(data, self._offset, self._line, ends)
        self._start += size
        self._offset += size
        self._line += feeds
        return block

    def _skip(self, reason: str) -> None:
        """Leave a line out, however long it is."""
        offset, line = self._offset, self._line
        while (stop := self._held.find(b"\n", self._start)) < 0 and not self._over:
            self._offset += len(self._held) - self._start
            self._held, self._start = next(self._chunks, b""), 0
            self._over = not self._held
        ending = stop >= 0
        stop = stop if ending else len(self._held)
        self._offset += stop - self._start
        length = self._offset - offset
        self._owner.malformed.append(Malformed(offset, length, line, reason))
        self._start = stop + ending
        self._offset += ending
        self._line += ending

    def _end(self) -> Iterator[Block]:
        """Yield a last line that has no end, or tell what it was torn by."""
        rest = len(self._held) - self._start
        if not self._over:
            return
        if not self._owner.tell_rest(self._offset, rest, self._line) and rest:
            yield self._take(rest, np.array([rest]))


def _row_ends(view: Octets, delimiter: bytes) -> tuple[Ints, bool]:
    """Return where rows end, and whether the row behind the last needs a closer look.

    A line feed ends a row if an even number of quotes stands before it. That holds as
    long as every quote opens a field, closes one, or is doubled.
    """
    quotes = np.flatnonzero(view == _QUOTE)
    feeds = np.flatnonzero(view == _LINE_FEED)
    if len(quotes):
        feeds = feeds[np.searchsorted(quotes, feeds) & 1 == 0]
    ends = feeds + 1
    odd = _odd_quote(view, quotes, delimiter)
    lengths = np.diff(ends, prepend=0)
    if len(too_long := np.flatnonzero(lengths > LONGEST_LINE + 1)):
        odd = min(odd, int(ends[too_long[0]]) - 1)
    return ends[: np.searchsorted(ends, odd, "right")], odd < len(view)


def _odd_quote(view: Octets, quotes: Ints, delimiter: bytes) -> int:
    """Return the first quote that stands where none may; the length if all are fine."""
    opening, shut = quotes[0::2], quotes[1::2]
    before, behind = _neighbours(delimiter)
    if len(opening) and opening[0] == 0:
        opening = opening[1:]
    if len(shut) and shut[-1] == len(view) - 1:
        shut = shut[:-1]
    wrong_open = opening[~before[view[opening - 1]]]
    wrong_shut = shut[~behind[view[shut + 1]]]
    returns = shut[view[shut + 1] == _RETURN]
    returns = returns[returns + 2 < len(view)]
    returns = returns[view[returns + 2] != _LINE_FEED]
    firsts = [
        int(found[0]) for found in (wrong_open, wrong_shut, returns) if len(found)
    ]
    return min(firsts, default=len(view))


@cache
def _neighbours(
    delimiter: bytes,
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which octets may stand before an opening, and behind a closing quote."""
    before = np.zeros(256, np.bool_)
    before[[*delimiter, _QUOTE, _LINE_FEED]] = True
    behind = before.copy()
    behind[_RETURN] = True
    return before, behind


@cache
def _grammar(delimiter: bytes, more: bool) -> re.Pattern[bytes]:  # noqa: FBT001
    """Return what a row is; with `more`, one that the end of what is held cuts is."""
    mark = re.escape(delimiter)
    cut = rb"|\Z" if more else rb""
    quoted = rb'"(?:[^"]++|"")*+(?:"(?=[%b\n]|\r\n|\r?\Z)%b)' % (mark, cut)
    bare = rb'[^"%b\n][^%b\n]*+' % (mark, mark)
    fields = rb"(?:(?:%b|%b)?+%b)*+(?:%b|%b)?+" % (quoted, bare, mark, quoted, bare)
    return re.compile(fields + rb"(?:(?P<end>\r?\n)|\r?\Z)")
