"""The server's csvlog: one CSV row a line, 23 columns until version 12, now 26.

Most lines are plain: their text has no odd quotes and nothing stands between message
and application. One pattern takes those apart; the others are taken apart with care.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ringfence.audit.event import VERB_CODE, Sheet
from ringfence.audit.readers.fields import UnreadableError
from ringfence.audit.readers.pgaudit.messages import fields, request_of
from ringfence.audit.readers.pgaudit.pages import Line, Log, Page, places
from ringfence.audit.unpacked import Block, Unpacked

_COLUMNS = (23, 24, 26)
_TIME, _PRINCIPAL, _FROM, _SESSION, _NUMBER = 0, 1, 4, 5, 6
_MESSAGE, _APPLICATION = 13, 22
_MOST = 1 << 14  # words of a kind that are remembered

_PLAIN = re.compile(
    rb"""(\d{4}-\d\d-\d\d\ \d\d:\d\d:\d\d)\.(\d{3})\ ([A-Z]{3,5}|[+-][\d:]{2,6}),
    (?:"([^"]+)")?,(?:"[^"]*")?,\d*,                  # principal, database, process
    (?:"([^"]*):\d+"|"\[local\]")?,                  # host and port
    (([0-9a-f]+\.[0-9a-f]+),\d+),(?:"[^"]*")?,       # session and number, tag
    [^",\n]*,[^",\n]*,\d*,[A-Z0-9]+,[A-Z0-9]{5},      # begun, transaction, severity
    "(AUDIT:\ (?:SESSION|OBJECT),\d+,\d+,)?           # message
    ((?:[^"]++|"")*+)",,,,,,,,,"([^"]*)"              # application
    (?:,"[^"]*"(?:,\d*,-?\d*)?)?\r?(?:\n|\Z)""",
    re.VERBOSE,
)
_NO_VALUES = b",<no"
# What ends a message that gives no values, with the number of rows if it is told.
_TAIL = re.compile(rb",<(?:none|not logged)>(?:,\d{1,18})?")
# Class, command, kind and plain name, then a statement without names in quotes.
_SIMPLE = re.compile(
    rb'((?:[A-Z_ ]*,){2}[A-Z ]*,[\w.$]*,)("")?([^"]*+)(?(2)"")', re.ASCII
)
_INTRICATE = re.compile(
    rb"\\|`|\[|#|--|/\*|\$[A-Za-z_\x80-\xff]*\$|explain", re.IGNORECASE
)
_VALUES = re.compile(
    rb"'(?:[^']|'')*+'|(?<![\w$\x80-\xff])\d++(?:\.\d++)?(?![\w.\x80-\xff])"
)
_BEFORE = b"<previously logged>"
_MARK = b"AUDIT: "
_HOURS, _SIXTY = 24, 60
_SHORT = 1 << 12
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


@dataclass(slots=True)
class _Known:
    """What stood in a log before, and what it means; most of it comes again."""

    zone: bytes = b""
    seconds: dict[bytes, int] = field(default_factory=dict)
    days: dict[bytes, int] = field(default_factory=dict)
    actors: dict[bytes | None, int] = field(default_factory=dict)
    hosts: dict[bytes | None, int] = field(default_factory=dict)
    sessions: dict[bytes, int] = field(default_factory=dict)
    applications: dict[bytes, tuple[int, str]] = field(default_factory=dict)
    messages: dict[bytes, tuple[int, int, str, str]] = field(default_factory=dict)
    likes: dict[bytes | None, tuple[int, int, str, str]] = field(default_factory=dict)
    counts: dict[bytes, int] = field(default_factory=dict)

    def bound(self) -> None:
        """Forget everything once it is too much."""
        held = len(self.actors) + len(self.hosts) + len(self.sessions)
        if held + len(self.applications) > _MOST:
            self.actors, self.hosts, self.sessions, self.applications = {}, {}, {}, {}
        if len(self.counts) + len(self.seconds) + len(self.days) > _MOST:
            self.counts, self.seconds, self.days = {}, {}, {}


class _Reading:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._known = _Known()
        self._uids: list[bytes] = []  # of the page, a comma for the stroke
        self._once = False  # statements are logged once: what was said must be kept

    def sheet(self, block: Block) -> Sheet:
        """Return the sheet of a block."""
        self._once = self._once or _BEFORE in block.data
        self._known.bound()
        page = Page(self._log)
        data, plain, start = block.data, _PLAIN.match, 0
        for place, end in enumerate(block.ends.tolist()):
            found = plain(data, start)
            if found is None:
                self._careful(page, place, data[start:end])
            else:
                try:
                    self._plain(page, place, found.groups())
                except (KeyError, UnreadableError):
                    self._new(page, place, found)
            start = end
        if self._uids:
            text = b"\n".join(self._uids).decode()
            page.uid = text.replace(",", "/").split("\n")
            self._uids = []
        return page.sheet(places(block, block.ends))

    def _plain(self, page: Page, place: int, said: tuple[bytes | Any, ...]) -> None:
        """Add a line of which every word was there before; else KeyError."""
        known = self._known
        second, milli, zone, who, host, unique, session, lead, body, named = said
        if zone != known.zone:
            raise KeyError
        time = known.seconds.get(second) or self._second(second, zone)
        time += 1000 * int(milli)
        if lead is None:
            if body.startswith(_MARK):
                raise KeyError
            page.beats.append(time)
            return
        cut = body.rfind(_NO_VALUES)
        head, tail = body[:cut], body[cut:]
        verb, touch, request, statement = known.messages.get(head) or self._like(head)
        application, asked = known.applications[named]
        page.cells.extend(
            (
                place,
                time,
                verb,
                known.counts[tail],
                known.actors[who],
                known.sessions[session],
                application,
                known.hosts[host],
                touch,
            )
        )
        self._uids.append(unique)
        page.request.append(request or asked)
        if self._once:
            _, number, part, _ = lead.decode().split(",")
            self._log.messages.keep(session.decode(), number, part, statement)

    def _like(self, head: bytes) -> tuple[int, int, str, str]:
        """Return what a message means whose like was there before; else KeyError."""
        if self._once:  # what it says must be kept
            raise KeyError
        return self._known.likes[_blanked(head)]

    def _second(self, said: bytes, zone: bytes) -> int:
        """Return the instant of a whole second."""
        known, instant = self._known, self._log.moments.instant
        if zone not in (b"UTC", b"GMT") and zone[:1] not in (b"+", b"-"):
            value = instant(_text(said + b" " + zone))
        else:
            day = said[:10]
            if day not in known.days:
                known.days[day] = instant(_text(day + b" 00:00:00 " + zone))
            hour, minute, second = int(said[11:13]), int(said[14:16]), int(said[17:])
            if hour >= _HOURS or max(minute, second) >= _SIXTY:
                raise KeyError
            seconds = (hour * _SIXTY + minute) * _SIXTY + second
            value = known.days[day] + 1_000_000 * seconds
        known.seconds[said] = value
        return value

    def _new(self, page: Page, place: int, found: re.Match[bytes]) -> None:
        """Add a line with care, and remember its words."""
        self._careful(page, place, found[0])
        known, log = self._known, self._log
        _, _, zone, who, host, _, session, lead, body, named = found.groups()
        if zone != known.zone:
            known.zone, known.seconds, known.days = zone, {}, {}
        with suppress(UnreadableError):
            if lead is not None:
                known.actors[who] = log.actor(_text(who or b""))
                known.hosts[host] = log.address(_text(host or b""))
                known.sessions[session] = log.words["session"].code(_text(session))
                code = log.words["application"].code(_text(named))
                known.applications[named] = (code, request_of(_text(named)))
                self._learn(lead, body, session)

    def _learn(self, lead: bytes, body: bytes, session: bytes) -> None:
        """Remember what a message means, if the same may come again."""
        cut = body.rfind(_NO_VALUES)
        head, tail = body[:cut], body[cut:]
        if cut < 0 or len(head) >= _SHORT or not _TAIL.fullmatch(tail):
            return
        said = self._log.messages.said(_text(lead + body), _text(session))
        if not said.plain:
            return
        if len(self._known.messages) >= _MOST:
            self._known.messages, self._known.likes = {}, {}
        touch = self._log.words["touch"].code(said.touch.text())
        verb = VERB_CODE[said.verb]
        meant = (verb, touch, said.request, said.statement)
        self._known.messages[head] = meant
        if (like := _blanked(head)) is not None:
            self._known.likes[like] = meant
        self._known.counts[tail] = said.rows

    def _careful(self, page: Page, place: int, row: bytes) -> None:
        """Add a line that isn't plain."""
        try:
            line = _line(row, self._log)
        except UnreadableError as error:
            page.malformed.append((place, str(error)))
        else:
            page.take(place, line)
            self._uids += [uid.replace("/", ",").encode() for uid in page.uid]
            page.uid.clear()


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


def host_of(said: str) -> str:
    """Return the host of `host:port`; a local socket has no port."""
    host, colon, port = said.rpartition(":")
    return host if colon and port.isascii() and port.isdigit() else said


def _blanked(head: bytes) -> bytes | None:
    """Return a message without the values in its statement; None if it isn't plain.

    Two messages that are the same without them touch the same: only what a statement's
    fingerprint leaves out is left out here too, and where texts may end elsewhere than
    quotes say, where there are names in quotes, and comments, nothing is.
    """
    found = _SIMPLE.fullmatch(head)
    if not found or _INTRICATE.search(found[3]):
        return None
    return b"%b%b" % (found[1], _VALUES.sub(_blank, found[3]))


def _blank(value: re.Match[bytes]) -> bytes:
    return b"''" if value[0].startswith(b"'") else b"0"


def _text(quoted: bytes) -> str:
    return quoted.replace(b'""', b'"').decode(errors=_ODD)
