"""The lines of one block of a server's log on their way to a sheet."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ringfence.audit.event import (
    VERB_CODE,
    Bytes,
    Codes,
    Ints,
    Malformed,
    Sheet,
    Touch,
    Words,
)
from ringfence.audit.readers.fields import UnreadableError
from ringfence.audit.readers.pgaudit.messages import MARK, Messages, Said, request_of
from ringfence.audit.readers.pgaudit.moments import Moments
from ringfence.audit.unpacked import Block

_UNSAID = ("behind", "credential", "issued")
_COLUMNS = (
    *("place", "time", "verb", "rows"),
    *("actor", "session", "application", "address", "touch"),
)
_CODED = 4  # the first that numbers words
VERB, TOUCH = _COLUMNS.index("verb"), _COLUMNS.index("touch")
_LOCAL = "[local]"  # a socket of the machine: no address
_LINE_FEED, _RETURN = b"\n\r"


class Line(NamedTuple):
    """A line of the server's log, as far as it matters, whatever its format.

    `number` is the number of the line in its session; empty when it isn't said. `held`
    is what keeps one session from another where the log doesn't name it.
    """

    time: int
    message: str
    principal: str = ""
    host: str = ""
    session: str = ""
    number: str = ""
    application: str = ""
    held: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """What is the same for all lines of a log.

    Attributes:
        words: The numbering of each column of words.
        store: Name of the store that the log tells of.
        messages: Understands what pgaudit says.
        moments: Reads times.
    """

    words: Mapping[str, Words]
    store: str
    messages: Messages
    moments: Moments

    def actor(self, name: str) -> int:
        """Return the number of a role; none when nobody is named."""
        return self.words["actor"].code(f"role:{self.store}/{name}" if name else "")

    def address(self, host: str) -> int:
        """Return the number of an address; a local socket has none."""
        return self.words["address"].code("" if host == _LOCAL else host)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the lines of a block stand: one entry each."""

    offset: Ints
    length: Ints
    line: Ints

    def malformed(self, place: int, reason: str) -> Malformed:
        """Return a line as one that can't be read."""
        offset, length = int(self.offset[place]), int(self.length[place])
        return Malformed(offset, length, int(self.line[place]), reason)


def places(block: Block, ends: Ints) -> Places:
    """Return where the rows of a block stand that end at the given places."""
    data = np.frombuffer(block.data, np.uint8)
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1]))
    fed = data[ends - 1] == _LINE_FEED
    returned = fed & (ends - starts > 1) & (data[np.maximum(ends - 2, 0)] == _RETURN)
    lengths = ends - starts - fed - returned
    if np.count_nonzero(data == _LINE_FEED) == np.count_nonzero(fed):
        lines = np.arange(len(ends))  # no row goes on over a line feed
    else:
        lines = np.searchsorted(np.flatnonzero(data == _LINE_FEED), starts)
    return Places(starts + block.offset, lengths, lines + block.line)


def split(data: bytes) -> list[bytes]:
    """Return lines, each with its end: a line feed and nothing else."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


@dataclass(slots=True)
class Page:
    """Events in the making.

    `cells` holds the numbers of `_COLUMNS` for one event after another.
    """

    log: Log
    cells: array[int] = field(default_factory=lambda: array("q"))
    uid: list[str] = field(default_factory=list)
    request: list[str] = field(default_factory=list)
    malformed: list[tuple[int, str]] = field(default_factory=list)
    beats: list[int] = field(default_factory=list)

    def take(self, place: int, line: Line) -> None:
        """Add a line, an event or an aside."""
        if not line.message.startswith(MARK):
            self.beats.append(line.time)
            return
        try:
            held = line.session or line.held
            said = self.log.messages.said(line.message, held)
        except UnreadableError as error:
            self.malformed.append((place, str(error)))
            return
        self._event(place, line, said)

    def add(self, cells: Ints, uid: list[str], request: list[str]) -> None:
        """Add events, by their columns: each row of `cells` is one of `_COLUMNS`."""
        self.cells.frombytes(cells.T.tobytes())
        self.uid += uid
        self.request += request

    def _event(self, place: int, line: Line, said: Said) -> None:
        known = line.session and line.number
        uid = f"{line.session}/{line.number}" if known else ""
        self._done(place, line, said, (said.verb, said.touch, uid))
        if said.returned is not None:
            uid = uid and f"{uid}/returning"
            self._done(place, line, said, ("read", said.returned, uid))

    def _done(
        self, place: int, line: Line, said: Said, done: tuple[str, Touch, str]
    ) -> None:
        words = self.log.words
        verb, touch, uid = done
        self.cells.extend(
            (
                place,
                line.time,
                VERB_CODE[verb],
                said.rows,
                self.log.actor(line.principal),
                words["session"].code(line.session),
                words["application"].code(line.application),
                self.log.address(line.host),
                words["touch"].code(touch.text()),
            )
        )
        self.uid.append(uid)
        self.request.append(said.request or request_of(line.application))

    def sheet(self, at: Places) -> Sheet:
        """Return the sheet."""
        table, uid, request = self._in_order()
        column = dict(zip(_COLUMNS, table, strict=True))
        place = column["place"]
        none = np.zeros(len(place), np.int32)
        empty = {name: self.log.words[name].code("") for name in _UNSAID}
        coded: dict[str, Codes] = {name: none + code for name, code in empty.items()}
        for name in _COLUMNS[_CODED:]:
            coded[name] = column[name].astype(np.int32)
        ending: Bytes = np.zeros(len(place), np.int8)
        return Sheet(
            time=column["time"],
            verb=column["verb"].astype(np.int8),
            ending=ending,
            rows=column["rows"],
            coded=coded,
            uid=uid,
            request=request,
            offset=at.offset[place],
            length=at.length[place],
            line=at.line[place],
            malformed=[at.malformed(one, reason) for one, reason in self.malformed],
            beats=np.array(self.beats, np.int64),
            asides=len(self.beats),
        )

    def _in_order(self) -> tuple[Ints, list[str], list[str]]:
        """Return columns, ids and requests of the events, in the order of the lines."""
        cells = np.frombuffer(self.cells, np.int64)
        table = cells.reshape(-1, len(_COLUMNS)).T
        place = table[0]
        if (place[1:] >= place[:-1]).all():
            return table.copy(), self.uid, self.request
        order = np.argsort(place, kind="stable")
        places = order.tolist()
        uid = [self.uid[one] for one in places]
        return table[:, order], uid, [self.request[one] for one in places]
