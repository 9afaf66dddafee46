"""Transactions put together of messages, and what makes none."""

from __future__ import annotations

import struct
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.egress.relay.lsn import lsn_of, written
from ringfence.egress.relay.pgoutput import MalformedError
from ringfence.egress.relay.transactions import (
    Caps,
    Changed,
    Transaction,
    Truncated,
    transactions,
)

COLUMNS = (b"id", b"what")


def begin(commit: int = 16, xid: int = 7) -> bytes:
    """Return how a transaction begins."""
    return struct.pack(">cQqI", b"B", commit, 0, xid)


def commit(at: int = 16, end: int = 32) -> bytes:
    """Return how a transaction ends."""
    return struct.pack(">cBQQq", b"C", 0, at, end, 0)


def relation(number: int = 1, names: tuple[bytes, ...] = COLUMNS) -> bytes:
    """Return a table, whose first column is its key."""
    columns = b"".join(
        struct.pack(">B", place == 0) + name + struct.pack(">xIi", 25, -1)
        for place, name in enumerate(names)
    )
    head = struct.pack(">cI", b"R", number) + b"app\0t\0d"
    return head + struct.pack(">h", len(names)) + columns


def row(*cells: bytes | None) -> bytes:
    """Return a row: `b"u"` stands for what didn't change."""
    found = struct.pack(">h", len(cells))
    for cell in cells:
        if cell is None or cell == b"u":
            found += cell or b"n"
        else:
            found += b"t" + struct.pack(">i", len(cell)) + cell
    return found


def insert(*cells: bytes | None, number: int = 1) -> bytes:
    """Return that a row was inserted."""
    return struct.pack(">cIc", b"I", number, b"N") + row(*cells)


def update(old: tuple[bytes | None, ...], *cells: bytes | None) -> bytes:
    """Return that a row was updated, and its key with it."""
    found = struct.pack(">cIc", b"U", 1, b"K") + row(*old)
    return found + b"N" + row(*cells)


EMPTIED = struct.pack(">ciBI", b"T", 1, 2, 1)
MESSAGE = b"M" + struct.pack(">BQ", 1, 8) + b"p\0" + struct.pack(">i", 3) + b"ann"


def of(*messages: bytes, caps: Caps | None = None) -> list[Transaction]:
    """Return the transactions of some messages."""
    return [*transactions(messages, caps or Caps())]


def test_rows_have_the_names_of_their_table() -> None:
    """A row is told by names; what didn't change isn't there; of a key only the key."""
    changes = (insert(b"1", None), update((b"1", None), b"2", b"u"), EMPTIED)
    (found,) = of(begin(), relation(), *changes, commit())
    first, second, third = found.changes
    assert isinstance(first, Changed)
    assert isinstance(second, Changed)
    assert isinstance(third, Truncated)
    assert (first.old, first.new) == (None, {"id": "1", "what": None})
    assert (second.old, second.new) == ({"id": "1"}, {"id": "2"})
    assert [*second.rows] == [{"id": "1"}, {"id": "2"}]
    assert (third.relations, third.restarts) == ((first.relation,), True)
    assert (found.commit, found.end, found.xid, found.odd) == (16, 32, 7, "")


def test_a_table_that_changes_is_as_it_was_then() -> None:
    """Each row is read by the columns that its table had when it changed."""
    wider = (*COLUMNS, b"note")
    messages = (relation(), insert(b"1", None), relation(names=wider))
    (found,) = of(begin(), *messages, insert(b"2", None, b"x"), commit())
    rows = [one for one in found.changes if isinstance(one, Changed)]
    assert [len(one.relation.columns) for one in rows] == [2, 3]


@pytest.mark.parametrize(
    "messages",
    [
        (begin(),),
        (commit(),),
        (begin(), begin()),
        (insert(b"1", None),),
        (begin(), insert(b"1", None), commit()),  # no table was told of
        (begin(), relation(), insert(b"1"), commit()),  # a value is missing
        (begin(), commit(at=24)),
        (begin(), commit(end=16)),
        (MESSAGE,),
    ],
)
def test_what_makes_no_transaction_is_malformed(messages: tuple[bytes, ...]) -> None:
    """Messages that make no whole transaction are refused."""
    with pytest.raises(MalformedError):
        of(*messages)


def test_what_cannot_be_judged_is_let_go_of() -> None:
    """Over a cap, or with a message, the rows go, the reason and the end stay."""
    rows = [insert(b"%d" % one, None) for one in range(5)]
    for caps, more in (
        (Caps(changes=4), b""),
        (Caps(bytes=60), b""),
        (Caps(), MESSAGE),
    ):
        messages = [*rows, more] if more else rows
        (found,) = of(
            begin(), relation(), *messages, insert(b"9", None), commit(), caps=caps
        )
        assert found.odd
        assert (found.changes, found.end) == ([], 32)
    (found,) = of(begin(), relation(), *rows, commit(), caps=Caps(changes=5))
    assert (found.odd, len(found.changes)) == ("", 5)


def test_what_is_let_go_of_is_told_by_tables_and_digest() -> None:
    """Of rows that are let go of, the tables and a digest of all messages stay."""
    rows = [insert(b"%d" % one, None) for one in range(5)]
    tight = Caps(changes=1)
    (whole,) = of(begin(), relation(), *rows, EMPTIED, commit())
    (odd,) = of(begin(), relation(), *rows, EMPTIED, commit(), caps=tight)
    assert odd.odd
    assert (odd.content, odd.tables, odd.size) == (
        whole.content,
        whole.tables,
        whole.size,
    )
    assert whole.content == sha256(b"".join((*rows, EMPTIED))).hexdigest()
    (first, other) = of(
        begin(), relation(), *rows, commit(), begin(), *rows[1:], commit()
    )
    assert len({whole.content, first.content, other.content}) == 3
    assert first.tables == other.tables == whole.tables
    assert len(whole.tables) == 1


@given(st.integers(0, 2**64 - 1))
def test_a_place_in_the_log_is_written_and_read(lsn: int) -> None:
    """Reading a place that was written is identity."""
    assert lsn_of(written(lsn)) == lsn


@pytest.mark.parametrize("text", ["", "0", "0/", "g/1", "0/123456789", "0/1 ", "٣/1"])
def test_other_texts_are_no_place(text: str) -> None:
    """What isn't two numbers of hexadecimal digits is no place."""
    assert lsn_of(text) is None
