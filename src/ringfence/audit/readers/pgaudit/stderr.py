"""The server's log as plain text: a prefix that it was told, and lines that go on.

Whatever stands in the prefix and may be chosen by who connects (an application's name)
could look like the rest of the line. A line that can be read in two ways is malformed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from ringfence.audit.event import Sheet
from ringfence.audit.readers.fields import UnreadableError
from ringfence.audit.readers.pgaudit.messages import MARK
from ringfence.audit.readers.pgaudit.pages import Line, Log, Page, places, split
from ringfence.audit.unpacked import LONGEST_LINE, Block, Unpacked

PREFIX = "%m [%p] %q%u@%d %h %a "
_NAME = r"[^\r\n]{0,63}"
_ZONED = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d%s [A-Za-z+\-0-9:]{1,6}"
_MILLI = r"\.\d{3}"
# What each escape may stand for; `?` after a name lets it be as short as it can.
_ESCAPES = {
    "m": f"(?P<m>{_ZONED % _MILLI})",
    "t": f"(?P<t>{_ZONED % ''})",
    "n": r"(?P<n>\d{1,11}\.\d{3})",
    "s": _ZONED % "",
    "u": rf"(?P<u>{_NAME})",
    "d": _NAME,
    "a": rf"(?P<a>{_NAME})",
    "h": r"(?P<h>\S{0,255})",
    "r": r"(?P<r>\S{0,255}?)(?:\(\d+\))?",
    "c": r"(?P<c>[0-9a-f]+\.[0-9a-f]+)",
    "l": r"(?P<l>\d+)",
    "p": r"(?P<p>\d+)",
    "P": r"\d*",
    "x": r"\d+",
    "v": r"(?:-?\d+/\d+)?",
    "e": r"[0-9A-Z]{5}",
    "Q": r"-?\d+",
    "i": r"[^\r\n]{0,64}",
    "b": _NAME,
    "%": "%",
}
_STEP = re.compile(r"%(-?\d*)(.)|([^%]+)", re.DOTALL)
_MESSAGE = r"(?P<severity>\w{1,20}) ?:  (?P<message>.*)"
_UNKNOWN = "[unknown]"


class Prefix:
    """`log_line_prefix`, as a pattern over the beginning of a line."""

    def __init__(self, said: str) -> None:
        """Take a prefix as the server's settings have it.

        Raises:
            ValueError: It holds what isn't understood, or no time.
        """
        body, closes = "", ""
        names: set[str] = set()
        at = 0
        while at < len(said):
            step = _STEP.match(said, at)
            if step is None:
                raise ValueError("a lone `%` ends the prefix")
            at = step.end()
            padding, letter, plain = step.groups()
            if plain is not None:
                body += re.escape(plain)
            elif letter == "q":
                body, closes = f"{body}(?:", closes + ")?"
            elif letter in _ESCAPES and letter not in names - {"%"}:
                gap = " *" if padding else ""
                body += f"{gap}{_ESCAPES[letter]}{gap}"
                names.add(letter)
            else:
                raise ValueError(f"`%{letter}` isn't understood, or stands twice")
        if not names & {"m", "t", "n"}:
            raise ValueError("the prefix says no time")
        pattern = f"{body}{closes}{_MESSAGE}"
        self._long = re.compile(pattern, re.DOTALL)
        self._short = re.compile(pattern.replace("63}", "63}?"), re.DOTALL)

    def read(self, text: str, log: Log) -> Line:
        """Return a line of the log.

        Raises:
            UnreadableError: It doesn't begin with the prefix, or in two ways.
        """
        found, other = self._short.match(text), self._long.match(text)
        if found is None or other is None:
            raise UnreadableError("the line doesn't begin with the prefix")
        if MARK in text and found.groupdict() != other.groupdict():
            raise UnreadableError("the line can be read in two ways")
        said = {name: value or "" for name, value in found.groupdict().items()}
        return Line(
            time=_time(said, log),
            message=said["message"],
            principal=_known(said.get("u", "")),
            host=_known(said.get("h") or said.get("r", "")),
            session=said.get("c", ""),
            number=said.get("l", ""),
            application=_known(said.get("a", "")),
            held=said.get("p", ""),
        )


def _known(said: str) -> str:
    return "" if said == _UNKNOWN else said


def _time(said: dict[str, str], log: Log) -> int:
    if number := said.get("n"):
        seconds, _, milli = number.partition(".")
        try:
            datetime.fromtimestamp(int(seconds), UTC)
        except (OverflowError, ValueError, OSError):
            raise UnreadableError(f"`{number}` is no time") from None
        return int(seconds) * 1_000_000 + int(milli) * 1000
    return log.moments.instant(said.get("m") or said["t"])


def read_stderr(file: Unpacked, log: Log, prefix: Prefix) -> Iterator[Sheet]:
    """Read a file; lines that begin with a tab go on with the one before."""
    held: Block | None = None
    for block in file.lines():
        if held is not None and held.offset + len(held.data) == block.offset:
            block = Block(held.data + block.data, held.offset, held.line)  # noqa: PLW2901
        elif held is not None:
            yield _sheet(held, log, prefix)
        held = None
        last = _last(block.data)
        if last and len(block.data) - last < LONGEST_LINE:
            done, rest = block.data[:last], block.data[last:]
            held = Block(rest, block.offset + last, block.line + done.count(b"\n"))
            block = Block(done, block.offset, block.line)  # noqa: PLW2901
        yield _sheet(block, log, prefix)
    if held is not None:
        yield _sheet(held, log, prefix)


def _last(data: bytes) -> int:
    """Return where the last line begins that isn't one that goes on."""
    at = len(data)
    while (at := data.rfind(b"\n", 0, max(at - 1, 0)) + 1) > 0:
        if data[at : at + 1] != b"\t":
            return at
    return 0


def _sheet(block: Block, log: Log, prefix: Prefix) -> Sheet:
    groups: list[bytearray] = []
    for line in split(block.data):
        if line.startswith(b"\t") and groups:
            groups[-1] += line
        else:
            groups.append(bytearray(line))
    page = Page(log)
    for place, group in enumerate(groups):
        text = group.decode(errors="replace").rstrip("\r\n").replace("\n\t", "\n")
        try:
            page.take(place, prefix.read(text, log))
        except UnreadableError as error:
            page.malformed.append((place, str(error)))
    return page.sheet(places(block, np.cumsum([len(group) for group in groups])))
