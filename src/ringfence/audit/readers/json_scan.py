"""Where the objects of a JSON document stand, also in one that is broken.

A decoder gives values without their places, and nothing at all of a document that
breaks off. So the brackets are walked: each object is found by where it ends, and one
that can't be read costs itself alone wherever the next line shows a new beginning.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from ringfence.audit.event import Malformed
from ringfence.audit.readers.drafts import Span
from ringfence.audit.readers.fields import Json

MARK = b"\xef\xbb\xbf"
BREAKS_OFF = "the document breaks off: its end is missing"
# No string of JSON goes over a line end: a quote that nothing closes ends there.
_FLAT = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\\n]++|\\.)*+")*+')
_STRING = re.compile(rb'"(?:[^"\\\n]++|\\.)*+"')
_SCALAR = re.compile(rb"[^\s,\[\]{}]++")
_BETWEEN = re.compile(rb"[\s,\x1e]*+")
_OPENS = re.compile(rb"\s*+:\s*+\[")
_WIDEST = 256  # columns that an object may be indented by
_FORM = re.compile(r"malformed: (.*) \(byte")


@dataclass(frozen=True, slots=True)
class Piece:
    """An object of a log, with its place."""

    span: Span
    value: Json


# Objects and what is none, and in the end the place behind them.
Walk = Generator[Piece | Malformed, None, int]


def decoded(content: bytes) -> object:
    """Return what JSON says.

    Raises:
        ValueError: It isn't JSON; the text says why.
    """
    try:
        return msgspec.json.decode(content)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except UnicodeError:
        raise ValueError("holds bytes that are not UTF-8") from None
    except msgspec.DecodeError as error:
        form = _FORM.search(str(error))
        said = form[1] if form else "it breaks off, or holds half a surrogate pair"
        raise ValueError(f"is not JSON: {said}") from None


def _end(data: bytes, start: int, stop: int) -> int:
    """Return where the value at `start` ends; -1 if nothing before `stop` closes it."""
    if data[start] not in b"{[":
        shape = _STRING.match(data, start) or _SCALAR.match(data, start)
        return shape.end() if shape else start + 1
    depth, place = 0, start
    while place < stop:
        mark = data[place]
        if mark in b"{[":
            depth += 1
        elif mark in b"}]":
            depth -= 1
            if depth == 0:
                return place + 1
        flat = _FLAT.match(data, place + 1)
        place = flat.end() if flat else place + 1
    return -1


@dataclass(slots=True)
class Scan:
    """A walk through a document.

    Attributes:
        data: Its bytes.
        wrappers: Keys under which a document keeps the list of its objects.
        offset: Place of the first byte in the file.
        line: Number of the line of the first byte.
        torn: The end of the document is missing.
    """

    data: bytes
    wrappers: Sequence[str] = ()
    offset: int = 0
    line: int = 1
    torn: bool = False
    _keys: frozenset[bytes] = field(init=False)
    _seen: int = field(init=False, default=0)
    _wary: bool = field(init=False, default=False)
    _ahead: dict[bytes, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Write the keys as a document does."""
        self._keys = frozenset(f'"{key}"'.encode() for key in self.wrappers)

    def pieces(self) -> Iterator[Piece | Malformed]:
        """Yield the objects: of a list, of a wrapper, or one after the other."""
        data = self.data
        place = len(MARK) if data.startswith(MARK) else 0
        while (place := self._next(place)) < len(data):
            if data[place] in b"[":
                place = yield from self._list(place + 1)
            elif self._wrapped(place) is not None:
                place = yield from self._wrapper(place)
            else:
                place = yield from self._one(place)

    def _next(self, place: int) -> int:
        between = _BETWEEN.match(self.data, place)
        return between.end() if between else place

    def _span(self, start: int, end: int) -> Span:
        self.line += self.data.count(b"\n", self._seen, start)
        self._seen = start
        return Span(self.offset + start, end - start, self.line)

    def _list(self, place: int) -> Walk:
        """Yield the objects of a list; return the place behind it."""
        data = self.data
        while (place := self._next(place)) < len(data):
            if data[place] in b"]":
                return place + 1
            place = yield from self._one(place)
        self.torn = True
        return place

    def _one(self, start: int) -> Walk:
        """Yield one value, or that it can't be read; return the place behind it."""
        # Behind a broken object each is taken to end before the next one begins: a
        # bracket that nothing closes is looked for once, not again from every line.
        stop = self._beginning(start) if self._wary else len(self.data)
        end = _end(self.data, start, stop)
        value, reason = self._value(start, end)
        if value is not None:
            yield Piece(self._span(start, end), value)
            return end
        self._wary = True
        again = self._beginning(start)
        if end < 0 or again < end:
            self.torn = self.torn or again == len(self.data)
            end = again
        length = len(self.data[start:end].rstrip(b" \t\r\n,"))
        span = self._span(start, start + length)
        yield Malformed(span.offset, span.length, span.line, reason)
        return end

    def _value(self, start: int, end: int) -> tuple[Json | None, str]:
        """Return the object that stands there, else the reason why none does."""
        if end < 0:
            return None, BREAKS_OFF
        try:
            value = decoded(self.data[start:end])
        except ValueError as error:
            return None, str(error)
        return (value, "") if isinstance(value, dict) else (None, "is no object")

    def _beginning(self, start: int) -> int:
        """Return where, on a later line, an object begins at the same depth."""
        line = self.data.rfind(b"\n", max(0, start - _WIDEST), start) + 1
        before = self.data[max(line, start - _WIDEST) : start]
        indent = before if line and not before.strip(b" \t") else b""
        known = self._ahead.get(indent, 0)
        if known <= start:
            place = self.data.find(b"\n" + indent + b"{", start)
            known = len(self.data) if place < 0 else place + 1 + len(indent)
            self._ahead[indent] = known
        return known

    def _wrapped(self, start: int) -> int | None:
        """Return where, in the object at `start`, the list of a wrapper begins."""
        if not self._keys or self.data[start] not in b"{":
            return None
        return self._key(start + 1)

    def _key(self, place: int) -> int | None:
        """Return the place behind the bracket of the next wrapped list."""
        data = self.data
        while (place := self._next(place)) < len(data) and data[place] not in b"}":
            if (name := _STRING.match(data, place)) is None:
                return None
            opens = _OPENS.match(data, name.end())
            if opens and name[0] in self._keys:
                return opens.end()
            colon = data.find(b":", name.end())
            value = self._next(colon + 1)
            if (
                colon < 0
                or value >= len(data)
                or (place := _end(data, value, len(data))) < 0
            ):
                return None
        return None

    def _wrapper(self, start: int) -> Walk:
        """Yield the objects of a wrapper's lists; return the place behind it."""
        place: int | None = start + 1
        behind = start + 1
        while place is not None and (place := self._key(behind)) is not None:
            behind = yield from self._list(place)
        rest = _FLAT.match(self.data, behind)
        while rest and rest.end() < len(self.data):
            if self.data[rest.end()] in b"}":
                return rest.end() + 1
            inner = _end(self.data, rest.end(), len(self.data))
            if inner < 0:
                break
            rest = _FLAT.match(self.data, inner)
        self.torn = True
        return len(self.data)
