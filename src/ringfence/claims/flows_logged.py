"""Logs of a network, summed: which address sent how many bytes to which.

AWS VPC Flow Logs as text, gzip or not, as they are delivered: one flow a line, with
spaces between, under a line that names the fields. A file without that line is read if
it has the default format (version 2). Nothing is skipped without being counted.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ringfence.audit.addresses import address_of

DEFAULT = (
    *("version", "account-id", "interface-id", "srcaddr", "dstaddr"),
    *("srcport", "dstport", "protocol", "packets", "bytes"),
    *("start", "end", "action", "log-status"),
)
"""The fields of version 2, which nobody can change."""
_FROM, _TO = ("pkt-srcaddr", "srcaddr"), ("pkt-dstaddr", "dstaddr")
_NONE = "-"
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_LONGEST = 1 << 16  # bytes of a line
_DIGITS, _SECONDS = 15, 11  # of a number of bytes, and of an instant
_PARQUET_SAID = "is Parquet: have the flow log delivered as text"
_NO_HEADER = "no line names its fields, and it isn't of the default format"


@dataclass(slots=True)
class Sum:
    """What one address sent to another.

    Attributes:
        bytes: How many bytes. `lines`: in how many lines.
        first: When the first flow began, in seconds since 1970; 0: nobody says.
        last: When the last one ended; 0: nobody says.
    """

    bytes: int = 0
    lines: int = 0
    first: int = 0
    last: int = 0


@dataclass(slots=True)
class Traffic:
    """What logs of a network tell.

    `read` is `passed`, `refused`, `empty`, `skipped` and `malformed` together.

    Attributes:
        files: How many files were opened.
        read: How many lines they have, those apart that name fields.
        passed: Lines of flows that passed.
        refused: Lines of flows that were refused.
        empty: Lines that say that there was no flow (`NODATA`).
        skipped: Lines that say that flows weren't logged (`SKIPDATA`).
        malformed: Lines that can't be read.
        unread: What of files can't be read at all: their names, and why.
        sums: What was sent, by sender and receiver.
    """

    files: int = 0
    read: int = 0
    passed: int = 0
    refused: int = 0
    empty: int = 0
    skipped: int = 0
    malformed: int = 0
    unread: list[str] = field(default_factory=list)
    sums: dict[tuple[str, str], Sum] = field(default_factory=dict)


class _Fields:
    """Where in a line what stands, as its header says."""

    def __init__(self, names: Sequence[str]) -> None:
        at = {name: place for place, name in enumerate(names)}
        self.count = len(names)
        self.sender = [at[one] for one in _FROM if one in at]
        self.receiver = [at[one] for one in _TO if one in at]
        self.bytes = at.get("bytes")
        self.status = at.get("log-status")
        self.action = at.get("action")
        self.start, self.end = at.get("start"), at.get("end")
        needs = {
            "srcaddr": self.sender,
            "dstaddr": self.receiver,
            "bytes": self.bytes is not None,
        }
        self.missing = [name for name, there in needs.items() if not there]


def traffic(files: Iterable[tuple[Path, str]]) -> Traffic:
    """Return what files tell.

    Args:
        files: The files, each with what messages call it.
    """
    reading = _Reading(Traffic())
    for path, name in files:
        reading.file(path, name)
    return reading.found


@dataclass(slots=True)
class _Reading:
    found: Traffic
    good: set[str] = field(default_factory=set)

    def file(self, path: Path, name: str) -> None:
        """Read a file as far as it can be read."""
        self.found.files += 1
        try:
            with path.open("rb") as stream:
                magic = stream.read(4)
                stream.seek(0)
                why = self._content(stream, magic)
        except (OSError, EOFError, zlib.error) as error:
            strerror = getattr(error, "strerror", None)
            why = (strerror or "it is cut off, or damaged").lower()
        if why:
            self.found.unread.append(f"{name}: {why}")

    def _content(self, stream: BinaryIO, magic: bytes) -> str:
        """Read a content; return why it can't be read on, if it can't."""
        if magic == _PARQUET:
            return _PARQUET_SAID
        if magic.startswith(_GZIP):
            with gzip.GzipFile(fileobj=stream) as unpacked:
                return self._lines(_words(unpacked))
        return self._lines(_words(stream))

    def _lines(self, lines: Iterator[list[str]]) -> str:
        fields: _Fields | None = None
        for words in lines:
            if not set(words).isdisjoint(_TO):
                fields = _Fields(words)
                if fields.missing:
                    return f"its header names no `{fields.missing[0]}`"
                continue
            if fields is None:
                is_default = len(words) == len(DEFAULT) and words[0] == "2"
                if not is_default:
                    return _NO_HEADER
                fields = _Fields(DEFAULT)
            self.found.read += 1
            self._line(words, fields)
        return ""

    def _line(self, words: list[str], fields: _Fields) -> None:
        found = self.found
        status = _at(words, fields.status) if len(words) == fields.count else ""
        if status == "NODATA":
            found.empty += 1
        elif status == "SKIPDATA":
            found.skipped += 1
        elif status not in ("OK", _NONE) or not self._flow(words, fields):
            found.malformed += 1

    def _flow(self, words: list[str], fields: _Fields) -> bool:
        """Add a flow; tell whether it is one."""
        sender, receiver = _first(words, fields.sender), _first(words, fields.receiver)
        size, action = _at(words, fields.bytes), _at(words, fields.action)
        if not (self._is_address(sender) and self._is_address(receiver)):
            return False
        if not _is_number(size, _DIGITS) or action not in ("ACCEPT", "REJECT", _NONE):
            return False
        if action == "REJECT":
            self.found.refused += 1
            return True
        self.found.passed += 1
        one = self.found.sums.setdefault((sender, receiver), Sum())
        one.bytes += int(size)
        one.lines += 1
        start, end = _at(words, fields.start), _at(words, fields.end)
        if _is_number(start, _SECONDS):
            one.first = min(one.first or int(start), int(start))
        if _is_number(end, _SECONDS):
            one.last = max(one.last, int(end))
        return True

    def _is_address(self, word: str) -> bool:
        if word not in self.good and word != _NONE and address_of(word) is not None:
            self.good.add(word)
        return word in self.good


def _at(words: Sequence[str], place: int | None) -> str:
    return _NONE if place is None else words[place]


def _is_number(word: str, most: int) -> bool:
    return word.isdecimal() and len(word) <= most


def _first(words: Sequence[str], places: Sequence[int]) -> str:
    """Return the first of some fields that says something."""
    return next((words[one] for one in places if words[one] != _NONE), _NONE)


def _words(stream: BinaryIO | gzip.GzipFile) -> Iterator[list[str]]:
    """Yield the words of each line; one that is too long has too many."""
    while line := stream.readline(_LONGEST):
        words = line.decode("latin-1").split()
        while len(line) == _LONGEST and not line.endswith(b"\n"):
            words = [_NONE]  # no line of any flow
            line = stream.readline(_LONGEST)
        if words:
            yield words
