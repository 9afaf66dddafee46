"""The server's csvlog: one CSV row a line, 23 columns until version 12, now 26.

Most lines are plain: their text has no odd quotes and nothing stands between message
and application. One pattern takes those of a block apart, and they are told column by
column; the others, and those that say what nothing said before, are read with care.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import compress
from typing import NamedTuple

import numpy as np

from ringfence.audit.event import VERB_CODE, Ints, Sheet
from ringfence.audit.readers.fields import UnreadableError
from ringfence.audit.readers.pgaudit.known import (
    ASIDE,
    NO_TIME,
    NONE,
    Known,
    host_of,
    text,
)
from ringfence.audit.readers.pgaudit.likes import MARK, blanked
from ringfence.audit.readers.pgaudit.messages import MARK as AUDIT
from ringfence.audit.readers.pgaudit.messages import fields
from ringfence.audit.readers.pgaudit.pages import TOUCH, VERB, Line, Log, Page, places
from ringfence.audit.unpacked import Block, Unpacked
from ringfence.documents.unswept import unswept

_COLUMNS = (23, 24, 26)
_TIME, _PRINCIPAL, _FROM, _SESSION, _NUMBER = 0, 1, 4, 5, 6
_MESSAGE, _APPLICATION = 13, 22

_STEP = rb'(?:[A-Za-z_\x80-\xff][\w$\x80-\xff]*+|""""(?:[^"]++|"{8})++"""")'
_RELATION = rb'(?:%b(?:\.%b)*+|""%b(?:\.%b)*+"")?' % ((_STEP,) * 4)
# One row after another: a plain one in its parts, any other as the last group alone.
_PLAIN = re.compile(
    rb"""([^.,"\n]{19})(\.\d{3}\ [^,"\n]{3,7}),           # second, fraction and zone
    ((?:"[^"]*")?,(?:"[^"]*")?,\d*,(?:"[^"]*")?),      # principal to host and port
    (([0-9a-f]+\.[0-9a-f]+),\d+),(?:"[^"]*")?,       # session and number, tag
    [^",\n]*,[^",\n]*,\d*,[A-Z0-9]+,[A-Z0-9]{5},      # begun, transaction, severity
    "(?:AUDIT:\ (?:SESSION|OBJECT),\d+,\d+,          # message: number and part,
    ([A-Z_]*,[A-Z_\ ]*,[A-Z\ ]*,%b,                  # class to relation, statement,
    (?:""(?:[^"]++|"{4})*+""|[^",\r\n]*+)),
    (?:""(?:[^"]++|"{4})*+""|[^",\r\n]*+)            # values, and how many rows
    (?:,(\d{1,17}))?|(?!AUDIT:\ )(?:[^"]++|"")*+)"
    ,,,,,,,,,"([^"]*)"(?:,"[^"]*"(?:,\d*,-?\d*)?)?\r?(?:\n|\Z)
    |(?!\Z)((?:[^"\n]++|"(?:[^"]++|"")*+")*+(?:\n|\Z))"""
    % _RELATION,
    re.VERBOSE | re.ASCII,
)
_STATEMENT = 7  # its place in a message
_ZONE = len(".123 ")  # where the zone begins
_QUOTE = b'"'
_BEFORE = b"<previously logged>"
_LEAD = "AUDIT: SESSION,1,1,"
_SHORT = 1 << 12
_TOLD = -2  # the meaning of a row that is read with care
_ODD = "replace"  # bytes that are no UTF-8
_IS_SESSION = re.compile(r"[0-9a-f]+\.[0-9a-f]+")
# What is forged within a statement never gets a quote of its own before its message.
_MESSAGES_ARE_QUOTED = re.compile(
    rb'(?:(?:"(?:[^"]|"")*+"|[^",\n]*+),){13}"(?:[^"]|"")*+"'
)


def read_csvlog(file: Unpacked, log: Log) -> Iterator[Sheet]:
    """Read a file of a csvlog."""
    reading = _Reading(log)
    for block in file.rows():
        yield reading.sheet(block)


class _Columns(NamedTuple):
    """Plain rows in their parts; of another there is `other` alone, which is all."""

    second: tuple[bytes, ...]
    fraction: tuple[bytes, ...]
    caller: tuple[bytes, ...]
    unique: tuple[bytes, ...]
    session: tuple[bytes, ...]
    message: tuple[bytes, ...]
    rows: tuple[bytes, ...]
    application: tuple[bytes, ...]
    other: tuple[bytes, ...]


class _Reading:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._known = Known(log)
        self._once = False  # statements are logged once: what was said must be kept
        self._last = Block(b"", 0, 1)

    def sheet(self, block: Block) -> Sheet:
        """Return the sheet of a block."""
        if not self._once and _BEFORE in block.data:
            self._once = True
            self._listen(self._last)
        self._last = block
        self._known.bound()
        page = Page(self._log)
        columns = _columns(block)
        if columns is None:
            for place, row in enumerate(_rows(block)):
                self._careful(page, place, row)
        else:
            self._plain(page, block, columns)
        return page.sheet(places(block, block.ends))

    def _listen(self, block: Block) -> None:
        """Keep what a block's rows say, which the next block may refer to."""
        for row in _rows(block):
            with suppress(UnreadableError):
                self._hear(row)

    def _hear(self, row: bytes) -> None:
        line = _line(row, self._log)
        said = fields(line.message) if line.message.startswith(AUDIT) else None
        if said and len(said) > _STATEMENT:
            self._log.messages.statement(said, line.session)

    def _plain(self, page: Page, block: Block, columns: _Columns) -> None:
        """Add the rows of a block, column by column where they are plain."""
        known = self._known
        zone = max(_zones(columns))  # the one there is; of a row that isn't plain none
        seconds = [*map(known.zoned(zone).__getitem__, columns.second)]
        likes = blanked(columns.message)
        means = [*map(known.meanings.get, likes)]
        if self._once or NO_TIME in seconds or None in means:
            for place, row in enumerate(_rows(block)):
                if seconds[place] == NO_TIME:
                    means[place] = _TOLD
                    self._careful(page, place, row)
                else:
                    means[place] = self._meant(page, (place, row), columns, likes)
        meant = np.array(means, np.int64)
        fractions = map(known.fractions.__getitem__, columns.fraction)
        time = np.array(seconds, np.int64) + np.fromiter(fractions, np.int64)
        page.beats += time[meant == ASIDE].tolist()
        is_said = meant >= 0
        if not is_said.all():
            kept = is_said.tolist()
            columns = _Columns(*(tuple(compress(one, kept)) for one in columns))
        where = np.flatnonzero(is_said)
        if len(where):
            self._add(page, (where, time[where]), meant[where], columns)

    def _meant(
        self,
        page: Page,
        row: tuple[int, bytes],
        columns: _Columns,
        likes: Sequence[bytes],
    ) -> int:
        """Return what a plain row means; read it with care if nobody knows."""
        place = row[0]
        meaning = self._known.meanings.get(likes[place])
        if meaning is None:
            meaning = self._learnt(likes[place], columns.message[place])
        if meaning is None:
            self._careful(page, *row)
            return _TOLD
        if self._once and meaning != ASIDE:
            self._hear(row[1])
        return meaning

    def _learnt(self, like: bytes, message: bytes) -> int | None:
        """Return what a message means, for its like may come again; None if unsure."""
        if len(message) >= _SHORT or _BEFORE in message:
            return None
        try:
            said = self._log.messages.said(f"{_LEAD}{text(message)},<none>", "")
        except UnreadableError:
            return None
        return self._known.meanings.learn(like, said)

    def _add(
        self, page: Page, at: tuple[Ints, Ints], meant: Ints, columns: _Columns
    ) -> None:
        """Add plain rows, by their places and times, that mean what is known."""
        known = self._known
        verbs, touches, handed = known.meanings.told(meant)
        actors, addresses = known.callers.codes(columns.caller)
        counts, sessions, applications = (
            np.fromiter(map(numbers.__getitem__, said), np.int64)
            for numbers, said in (
                (known.counts, columns.rows),
                (known.sessions, columns.session),
                (known.applications, columns.application),
            )
        )
        told = (verbs, counts, actors, sessions, applications, addresses, touches)
        cells = np.stack((*at, *told))
        uid = b"\n".join(columns.unique).decode().replace(",", "/").split("\n")
        others = known.applications.requests(columns.application)
        request = known.meanings.requests(meant, others)
        page.add(cells, uid, request)
        if len(more := np.flatnonzero(handed != NONE)):
            cells = cells[:, more]
            cells[VERB], cells[TOUCH] = VERB_CODE["read"], handed[more]
            twice = [f"{uid[one]}/returning" for one in more]
            page.add(cells, twice, [request[one] for one in more])

    def _careful(self, page: Page, place: int, row: bytes) -> None:
        """Add a row by the letter of the format."""
        try:
            line = _line(row, self._log)
        except UnreadableError as error:
            page.malformed.append((place, str(error)))
        else:
            page.take(place, line)


def _rows(block: Block) -> Iterator[bytes]:
    """Yield the rows of a block."""
    start = 0
    for end in block.ends.tolist():
        yield block.data[start:end]
        start = end


def _columns(block: Block) -> _Columns | None:
    """Return the rows of a block in their parts; None if that isn't safe.

    INVARIANT: where the quotes are even, the last group takes any row that is not
    plain, up to a line feed behind an even number of quotes. So the pattern leaves no
    gap, and if it finds as many rows as there are, it finds those.
    """
    data = block.data
    if MARK in data or data.count(_QUOTE) % 2:
        return None
    with unswept():
        rows = _PLAIN.findall(data)
        if len(rows) != len(block.ends):
            return None
        columns = _Columns(*zip(*rows, strict=True))
    return columns if len(_zones(columns) - {b""}) <= 1 else None


def _zones(columns: _Columns) -> set[bytes]:
    """Return the names of the zones of a block's rows."""
    return {one[_ZONE:] for one in {*columns.fraction}}


def _line(row: bytes, log: Log) -> Line:
    """Return a row as a line of the log.

    Raises:
        UnreadableError: It isn't as the server writes it.
    """
    said = fields(row.decode(errors=_ODD).rstrip("\r\n"))
    if said is None or len(said) not in _COLUMNS:
        raise UnreadableError("the row hasn't the columns of a csvlog")
    if not _MESSAGES_ARE_QUOTED.match(row):
        raise UnreadableError("the row's message isn't in quotes")
    session, number = said[_SESSION], said[_NUMBER]
    if not (_IS_SESSION.fullmatch(session) and number.isascii() and number.isdigit()):
        raise UnreadableError("the row has no session and number")
    return Line(
        time=log.moments.instant(said[_TIME]),
        message=said[_MESSAGE],
        principal=said[_PRINCIPAL],
        host=host_of(said[_FROM]),
        session=session,
        number=number,
        application=said[_APPLICATION],
    )
