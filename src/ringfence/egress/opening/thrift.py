"""Thrift's compact protocol, as far as Parquet's metadata needs it: no schema."""

from __future__ import annotations

import struct

from ringfence.egress.opening.caps import BrokenError

Value = bool | int | float | bytes | list["Value"] | dict[int, "Value"]

_DEEPEST = 24
_MOST = 4_000_000
_LONG = 15  # a list of more says so in a number of its own
_WIDEST = 70  # bits of a number of variable length
_MASK = 127
_STOP, _TRUE, _FALSE, _BYTE, _I64, _DOUBLE = 0, 1, 2, 3, 6, 7
_BINARY, _LIST, _SET, _STRUCT = 8, 9, 10, 12


class Thrift:
    """Reads values one after the other. `at`: where the next one begins."""

    def __init__(self, content: bytes | memoryview, at: int = 0) -> None:
        self._content = content
        self.at = at
        self._left = _MOST

    def struct(self, depth: int = 0) -> dict[int, Value]:
        """Return a structure: values by number of their field.

        Raises:
            BrokenError: It is none.
        """
        found: dict[int, Value] = {}
        field = 0
        while (head := self._byte()) & 15 != _STOP:
            kind, step = head & 15, head >> 4
            field = field + step if step else self._signed()
            if field in found:  # nobody would see the first of them
                raise BrokenError
            if kind in {_TRUE, _FALSE}:
                found[field] = kind == _TRUE
            else:
                found[field] = self._value(kind, depth + 1)
        return found

    def _value(self, kind: int, depth: int) -> Value:
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            raise BrokenError
        if kind in {_TRUE, _FALSE, _BYTE}:
            return self._byte()
        if kind <= _I64:
            return self._signed()
        if kind == _DOUBLE:
            return float(struct.unpack("<d", self._take(8))[0])
        if kind == _BINARY:
            return bytes(self._take(self._unsigned()))
        if kind in {_LIST, _SET}:
            head = self._byte()
            count = head >> 4
            count = self._unsigned() if count == _LONG else count
            return [self._value(head & 15, depth + 1) for _ in range(count)]
        if kind == _STRUCT:
            return self.struct(depth)
        raise BrokenError

    def _byte(self) -> int:
        if self.at >= len(self._content):
            raise BrokenError
        found = self._content[self.at]
        self.at += 1
        return found

    def _take(self, size: int) -> bytes | memoryview:
        found = self._content[self.at : self.at + size]
        if len(found) != size:
            raise BrokenError
        self.at += size
        return found

    def _unsigned(self) -> int:
        number = shift = 0
        while shift < _WIDEST:
            byte = self._byte()
            number |= (byte & _MASK) << shift
            if byte <= _MASK:
                return number
            shift += 7
        raise BrokenError

    def _signed(self) -> int:
        number = self._unsigned()
        return (number >> 1) ^ -(number & 1)


def texts_of(value: Value) -> list[bytes]:
    """Return every binary value within a value."""
    found: list[bytes] = []
    waiting: list[Value] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, bytes):
            found.append(one)
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
    return found
