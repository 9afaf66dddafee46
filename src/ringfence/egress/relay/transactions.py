"""Whole transactions, put together of messages, in the order of their commits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ringfence.egress.relay.pgoutput import (
    Begin,
    Cell,
    Change,
    Commit,
    MalformedError,
    Message,
    Relation,
    Row,
    Told,
    Truncate,
    Unchanged,
    read,
)

CHANGES = 100_000
BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Caps:
    """How much one transaction may be, to be judged as a whole.

    Attributes:
        changes: Rows that change.
        bytes: Bytes of all messages.
    """

    changes: int = CHANGES
    bytes: int = BYTES


@dataclass(frozen=True, slots=True)
class Changed:
    """A row that changed.

    Attributes:
        kind: How.
        relation: Its table, as it was then.
        old: What it was: its key, or all of it; None: its key is as in `new`.
        new: What it is now; None: it is gone.
    """

    kind: Literal["insert", "update", "delete"]
    relation: Relation
    old: Row | None
    new: Row | None

    @property
    def rows(self) -> Iterator[Row]:
        """What is told of the row: what it was, then what it is."""
        return (row for row in (self.old, self.new) if row is not None)


@dataclass(frozen=True, slots=True)
class Truncated:
    """Tables that lost all their rows, all at once."""

    relations: tuple[Relation, ...]
    restarts: bool = False


@dataclass(slots=True)
class Transaction:
    """What was committed as one.

    Attributes:
        commit: Where its commit stands in the log: what it is called.
        xid: Its number, as the server counts (32 bits).
        end: Where the log goes on behind it; 0: it isn't whole yet.
        changes: What changed, in order.
        size: Bytes of its messages.
        odd: Why it can't be judged, in words; empty: it can. Its changes are let go of.
        tables: The tables that it changes or empties.
        content: SHA-256 of the messages that tell its changes, in hexadecimal.
    """

    commit: int
    xid: int
    end: int = 0
    changes: list[Changed | Truncated] = field(default_factory=list)
    size: int = 0
    odd: str = ""
    tables: set[str] = field(default_factory=set)
    content: str = ""


def transactions(messages: Iterable[bytes], caps: Caps) -> Iterator[Transaction]:
    """Yield whole transactions, as they come.

    Raises:
        MalformedError: The messages make no transactions.
    """
    assembling = _Assembling(caps)
    for data in messages:
        whole = assembling.take(read(data), data)
        if whole is not None:
            yield whole
    if assembling.open is not None:
        raise MalformedError("the server sent half a transaction")


class _Assembling:
    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        self._relations: dict[int, Relation] = {}
        self._digest = hashlib.sha256()
        self.open: Transaction | None = None

    def take(self, told: Told, data: bytes) -> Transaction | None:
        """Take a message; return a transaction that it makes whole."""
        if isinstance(told, Relation):
            self._relations[told.id] = told
        elif isinstance(told, Begin):
            if self.open is not None:
                raise MalformedError("a transaction begins within another")
            self.open = Transaction(told.commit, told.xid)
            self._digest = hashlib.sha256()
        elif isinstance(told, Commit):
            return self._whole(told)
        elif isinstance(told, Change | Truncate | Message):
            self._add(told, data)
        return None

    def _whole(self, told: Commit) -> Transaction:
        found, self.open = self._within(), None
        if told.commit != found.commit or told.end <= told.commit:
            raise MalformedError("a transaction ends where another should")
        found.end = told.end
        found.content = self._digest.hexdigest()
        return found

    def _within(self) -> Transaction:
        if self.open is None:
            raise MalformedError("a change belongs to no transaction")
        return self.open

    def _add(self, told: Change | Truncate | Message, data: bytes) -> None:
        within = self._within()
        within.size += len(data)
        self._digest.update(data)
        if isinstance(told, Message):
            _refuse(within, "it holds a message that is no row of any table")
        elif within.size > self._caps.bytes:
            _refuse(within, f"it is more than {self._caps.bytes:,} bytes")
        elif len(within.changes) >= self._caps.changes:
            _refuse(within, f"it changes more than {self._caps.changes:,} rows")
        changed = self._changed(told)
        if changed is None:
            return
        within.tables.update(_named(changed))
        if not within.odd:
            within.changes.append(changed)

    def _changed(self, told: Change | Truncate | Message) -> Changed | Truncated | None:
        if isinstance(told, Truncate):
            tables = tuple(self._relation(one) for one in told.relations)
            return Truncated(tables, told.restarts)
        if isinstance(told, Change):
            relation = self._relation(told.relation)
            old = _row(relation, told.old, keys=told.is_key)
            return Changed(told.kind, relation, old, _row(relation, told.new))
        return None

    def _relation(self, number: int) -> Relation:
        if number not in self._relations:
            raise MalformedError("a change is of a table that wasn't told of")
        return self._relations[number]


def _named(changed: Changed | Truncated) -> Iterator[str]:
    if isinstance(changed, Changed):
        yield changed.relation.table
    else:
        yield from (one.table for one in changed.relations)


def _refuse(within: Transaction, why: str) -> None:
    within.odd = within.odd or why
    within.changes.clear()


def _row(
    relation: Relation, cells: Sequence[Cell] | None, *, keys: bool = False
) -> dict[str, str | None] | None:
    """Return a row by names; of a key, its columns alone: the others are void."""
    if cells is None:
        return None
    if len(cells) != len(relation.columns):
        raise MalformedError("a row has other columns than its table")
    return {
        column.name: cell
        for column, cell in zip(relation.columns, cells, strict=True)
        if not isinstance(cell, Unchanged) and (column.is_key or not keys)
    }


def tables(changes: Iterable[Changed | Truncated]) -> Mapping[str, list[Changed]]:
    """Return the rows that change, by table, in order."""
    found: dict[str, list[Changed]] = {}
    for one in changes:
        if isinstance(one, Changed):
            found.setdefault(one.relation.table, []).append(one)
    return found
