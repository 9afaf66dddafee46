"""Messages of PostgreSQL's logical replication, protocol version 1 (`pgoutput`).

They are read as the manual's chapter "Logical Replication Message Formats" has them.
Whatever isn't exactly such a message is malformed, and nothing is made of it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from ringfence.errors import RingfenceError

Row = Mapping[str, str | None]
"""Texts by column, as the server writes values; None: there is no value.

A column that isn't there didn't change, and wasn't sent.
"""
_KEY = 1  # the flag of a column that is part of the replica identity
_CASCADE, _RESTART = 1, 2


class MalformedError(RingfenceError):
    """What the server sent is no message of this protocol."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is sent.

    Attributes:
        name: Its name.
        type: Number of its type.
        is_key: Whether it is part of the replica identity.
    """

    name: str
    type: int
    is_key: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """A table as it is from here on.

    Attributes:
        id: Its number inside.
        schema: Its schema.
        name: Its name.
        columns: What is sent of it.
    """

    id: int
    schema: str
    name: str
    columns: tuple[Column, ...]

    @property
    def table(self) -> str:
        """What it is called: `schema.name`."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Begin:
    """A transaction begins. `commit`: where its end stands. `xid`: its number."""

    commit: int
    xid: int


@dataclass(frozen=True, slots=True)
class Commit:
    """A transaction is whole. `commit`: where its end stands; `end`: what follows."""

    commit: int
    end: int


@dataclass(frozen=True, slots=True)
class Change:
    """A row changes.

    Attributes:
        kind: How.
        relation: Number of the table.
        old: What it was: its key, or all of it; None: the key is as in `new`.
        new: What it is.
    """

    kind: Literal["insert", "update", "delete"]
    relation: int
    old: tuple[Cell, ...] | None
    new: tuple[Cell, ...] | None
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class Truncate:
    """Tables lose all their rows."""

    relations: tuple[int, ...]
    cascades: bool
    restarts: bool


@dataclass(frozen=True, slots=True)
class Type:
    """A type that the server names; it is looked up in its catalogue instead."""

    id: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a transaction came from before."""


@dataclass(frozen=True, slots=True)
class Message:
    """Anything that somebody wrote into the log: it is no row of any table."""

    size: int


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Stands for a long value that isn't sent, because it didn't change."""


UNCHANGED = Unchanged()
Cell = str | Unchanged | None
Told = Begin | Commit | Relation | Change | Truncate | Type | Origin | Message


def read(data: bytes) -> Told:
    """Return a message.

    Raises:
        MalformedError: It is none.
    """
    kind = data[:1]
    take = _KINDS.get(kind)
    if take is None:
        raise MalformedError("the server sent a message of a kind that isn't read")
    bytes_ = _Bytes(data)
    try:
        found = take(bytes_)
    except (struct.error, UnicodeDecodeError, ValueError):
        raise MalformedError("the server sent a message that is malformed") from None
    if bytes_.at != len(data):
        raise MalformedError("the server sent a message with something behind it")
    return found


class _Bytes:
    """Takes the parts of a message in turn."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 1

    def number(self, form: str) -> int:
        """Take a number."""
        (found,) = struct.unpack_from(form, self._data, self.at)
        self.at += struct.calcsize(form)
        return int(found)

    def count(self, form: str) -> int:
        """Take a number that counts what is behind it."""
        found = self.number(form)
        if not 0 <= found <= len(self._data) - self.at:
            raise ValueError("more is announced than is there")
        return found

    def octets(self, count: int) -> bytes:
        """Take so many bytes."""
        found = self._data[self.at : self.at + count]
        if len(found) != count:
            raise ValueError("there is less than is announced")
        self.at += count
        return found

    def text(self) -> str:
        """Take a text that a zero ends."""
        end = self._data.index(b"\0", self.at)
        found = self._data[self.at : end].decode()
        self.at = end + 1
        return found

    def cells(self) -> tuple[Cell, ...]:
        """Take a row."""
        return tuple(self._cell() for _ in range(self.count(">h")))

    def _cell(self) -> Cell:
        kind = self.octets(1)
        if kind == b"t":
            return self.octets(self.count(">i")).decode()
        if kind == b"n":
            return None
        if kind == b"u":
            return UNCHANGED
        raise ValueError("a value in a form that wasn't asked for")

    def one_of(self, kinds: bytes) -> bytes:
        """Take one letter of some."""
        found = self.octets(1)
        if found not in kinds:
            raise ValueError("another letter is expected")
        return found


def _begin(data: _Bytes) -> Begin:
    commit = data.number(">Q")
    data.number(">q")  # when
    return Begin(commit, data.number(">I"))


def _commit(data: _Bytes) -> Commit:
    data.number(">B")  # flags, of which there are none yet
    commit, end = data.number(">Q"), data.number(">Q")
    data.number(">q")
    return Commit(commit, end)


def _relation(data: _Bytes) -> Relation:
    found, schema, name = data.number(">I"), data.text(), data.text()
    data.one_of(b"dnfi")
    columns = tuple(_column(data) for _ in range(data.count(">h")))
    if len({one.name for one in columns}) != len(columns):
        raise ValueError("two columns have one name")
    return Relation(found, schema or "pg_catalog", name, columns)


def _column(data: _Bytes) -> Column:
    flags, name, type_ = data.number(">B"), data.text(), data.number(">I")
    data.number(">i")  # what further restricts the type
    return Column(name, type_, bool(flags & _KEY))


def _type(data: _Bytes) -> Type:
    found = data.number(">I")
    data.text(), data.text()
    return Type(found)


def _origin(data: _Bytes) -> Origin:
    data.number(">Q")
    data.text()
    return Origin()


def _message(data: _Bytes) -> Message:
    data.number(">B")
    data.number(">Q")
    data.text()
    return Message(len(data.octets(data.count(">I"))))


def _insert(data: _Bytes) -> Change:
    relation = data.number(">I")
    data.one_of(b"N")
    return Change("insert", relation, None, data.cells())


def _update(data: _Bytes) -> Change:
    relation, kind = data.number(">I"), data.one_of(b"KON")
    old = None
    if kind != b"N":
        old = data.cells()
        data.one_of(b"N")
    return Change("update", relation, old, data.cells(), kind == b"K")


def _delete(data: _Bytes) -> Change:
    relation, kind = data.number(">I"), data.one_of(b"KO")
    return Change("delete", relation, data.cells(), None, kind == b"K")


def _truncate(data: _Bytes) -> Truncate:
    count, options = data.count(">i"), data.number(">B")
    relations = tuple(data.number(">I") for _ in range(count))
    return Truncate(relations, bool(options & _CASCADE), bool(options & _RESTART))


_KINDS: Mapping[bytes, Callable[[_Bytes], Told]] = {
    b"B": _begin,
    b"C": _commit,
    b"O": _origin,
    b"R": _relation,
    b"Y": _type,
    b"I": _insert,
    b"U": _update,
    b"D": _delete,
    b"T": _truncate,
    b"M": _message,
}
