"""What stood in a csvlog before, and what it means: most of it comes again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress

import numpy as np

from ringfence.audit.event import NO_ROWS, VERB_CODE, Ints
from ringfence.audit.readers.fields import UnreadableError
from ringfence.audit.readers.pgaudit.messages import Said, fields, request_of
from ringfence.audit.readers.pgaudit.moments import Moments
from ringfence.audit.readers.pgaudit.pages import Log

_FIRST = 1 << 8  # rows that there is room for at first
MOST = 1 << 14  # words of a kind that are remembered
NO_TIME = -1
ASIDE = -1  # the meaning of a line that is no message of pgaudit's
NONE = -1  # of what a write hands out
_HOURS, _SIXTY = 24, 60
_FIXED = (b"UTC", b"GMT")
_SECOND = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_ZONED = re.compile(rb"[A-Z]{3,5}|[+-][\d:]{2,6}")
_ODD = "replace"  # bytes that are no UTF-8


def text(quoted: bytes) -> str:
    """Return what stands between the quotes of a field."""
    return quoted.replace(b'""', b'"').decode(errors=_ODD)


def host_of(said: str) -> str:
    """Return the host of `host:port`; a local socket has no port."""
    host, colon, port = said.rpartition(":")
    return host if colon and port.isascii() and port.isdigit() else said


class Seconds(dict[bytes, int]):
    """Instants of whole seconds of one zone; `NO_TIME` for what is none."""

    def __init__(self, zone: bytes, moments: Moments) -> None:
        super().__init__()
        self.zone = zone
        self._moments = moments
        self._days: dict[bytes, int] = {}

    def __missing__(self, said: bytes) -> int:
        value = NO_TIME
        with suppress(UnreadableError):
            value = self._instant(said)
        self[said] = value
        return value

    def _instant(self, said: bytes) -> int:
        zone = self.zone
        if not (_SECOND.fullmatch(said) and _ZONED.fullmatch(zone)):
            return NO_TIME
        if zone not in _FIXED and zone[:1] not in (b"+", b"-"):
            return self._moments.instant(text(said + b" " + zone))
        hour, minute, second = int(said[11:13]), int(said[14:16]), int(said[17:])
        if hour >= _HOURS or max(minute, second) >= _SIXTY:
            return NO_TIME
        day = said[:10]
        if day not in self._days:
            midnight = text(day + b" 00:00:00 " + zone)
            self._days[day] = self._moments.instant(midnight)
        seconds = (hour * _SIXTY + minute) * _SIXTY + second
        return self._days[day] + 1_000_000 * seconds


class Fractions(dict[bytes, int]):
    """Microseconds of what follows a second: `.123 UTC`."""

    def __missing__(self, said: bytes) -> int:
        value = self[said] = 1000 * int(said[1:4] or 0)
        return value


class Counts(dict[bytes, int]):
    """Numbers of rows."""

    def __missing__(self, said: bytes) -> int:
        value = self[said] = int(said) if said else NO_ROWS
        return value


class _Table:
    """Rows of numbers that more are added to; room for them is there before."""

    def __init__(self, width: int) -> None:
        self._rows = np.zeros((width, _FIRST), np.int64)
        self._count = 0

    def add(self, *row: int) -> int:
        """Add a row; return its place."""
        place, self._count = self._count, self._count + 1
        if place == self._rows.shape[1]:
            self._rows = np.concatenate((self._rows, self._rows), axis=1)
        self._rows[:, place] = row
        return place

    def at(self, places: Iterable[int]) -> Ints:
        """Return the columns of the rows at places."""
        found = np.fromiter(places, np.int64)  # may add rows on the way
        return self._rows[:, found]


class Callers(dict[bytes, int]):
    """Places of those who are connected, by the columns that tell of them."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log
        self._told = _Table(2)

    def __missing__(self, said: bytes) -> int:
        who, _, _, source = fields(said.decode(errors=_ODD)) or ("",) * 4
        told = (self._log.actor(who), self._log.address(host_of(source)))
        value = self[said] = self._told.add(*told)
        return value

    def codes(self, said: Iterable[bytes]) -> Ints:
        """Return the numbers of actors, and those of addresses."""
        return self._told.at(map(self.__getitem__, said))


class Sessions(dict[bytes, int]):
    """Numbers of sessions."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._words = log.words["session"]

    def __missing__(self, said: bytes) -> int:
        value = self[said] = self._words.code(text(said))
        return value


class Applications(dict[bytes, int]):
    """Numbers of applications, and the requests that their names tell of."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._words = log.words["application"]
        self._requests: dict[bytes, str] = {}

    def __missing__(self, said: bytes) -> int:
        name = text(said)
        if request := request_of(name):
            self._requests[said] = request
        value = self[said] = self._words.code(name)
        return value

    def requests(self, said: Sequence[bytes]) -> list[str]:
        """Return the request of each; empty where none is told."""
        if not self._requests:
            return [""] * len(said)
        return [self._requests.get(one, "") for one in said]


class Meanings(dict[bytes, int]):
    """Places of what messages mean, by the messages without their values."""

    def __init__(self, log: Log) -> None:
        super().__init__({b"": ASIDE})
        self._words = log.words["touch"]
        self._told = _Table(3)
        self._requests: dict[int, str] = {}

    def learn(self, message: bytes, said: Said) -> int:
        """Remember what a message means; return its place."""
        handed = NONE
        if said.returned is not None:
            handed = self._words.code(said.returned.text())
        touch = self._words.code(said.touch.text())
        place = self._told.add(VERB_CODE[said.verb], touch, handed)
        self[message] = place
        if said.request:
            self._requests[place] = said.request
        return place

    def told(self, places: Ints) -> Ints:
        """Return verbs, numbers of touches, and of what is handed out; or `NONE`."""
        return self._told.at(places.tolist())

    def requests(self, places: Ints, others: list[str]) -> list[str]:
        """Return the request of each; another one where none is told."""
        if not self._requests:
            return others
        told = self._requests
        pairs = zip(places.tolist(), others, strict=True)
        return [told.get(place) or other for place, other in pairs]


class Known:
    """All that is remembered while a log is read."""

    def __init__(self, log: Log) -> None:
        """Begin, knowing nothing."""
        self._log = log
        self.fractions = Fractions()
        self.counts = Counts()
        self.seconds = Seconds(b"", log.moments)
        self._forget()
        self.meanings = Meanings(log)

    def _forget(self) -> None:
        self.callers = Callers(self._log)
        self.sessions = Sessions(self._log)
        self.applications = Applications(self._log)

    def bound(self) -> None:
        """Forget what has become too much."""
        held = len(self.callers) + len(self.sessions) + len(self.applications)
        if held > MOST:
            self._forget()
        if len(self.counts) > MOST:
            self.counts = Counts()
        if len(self.seconds) > MOST:
            self.seconds = Seconds(self.seconds.zone, self._log.moments)
        if len(self.meanings) > MOST:
            self.meanings = Meanings(self._log)

    def zoned(self, zone: bytes) -> Seconds:
        """Return the seconds of a zone."""
        if zone != self.seconds.zone:
            self.seconds = Seconds(zone, self._log.moments)
        return self.seconds
