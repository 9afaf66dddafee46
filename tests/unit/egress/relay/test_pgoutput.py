"""Messages of logical replication: real ones, and anything else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.egress.relay.pgoutput import (
    UNCHANGED,
    Begin,
    Change,
    Column,
    Commit,
    MalformedError,
    Message,
    Origin,
    Relation,
    Truncate,
    Type,
    read,
)

# As PostgreSQL 18 sent them, in one transaction.
REAL = {
    "420000000001f0b468000303eb37c511ff000002f6": Begin(0x1F0B468, 0x2F6),
    "5900004029617070006d6f6f6400": Type(0x4029),
    "520000400b617070006f726465727300640004"
    "016e756d6265720000000014ffffffff"
    "00776861740000000019ffffffff"
    "00706169640000000010ffffffff"
    "006d6f6f640000004029ffffffff": Relation(
        0x400B,
        "app",
        "orders",
        (
            Column("number", 20, is_key=True),
            Column("what", 25, is_key=False),
            Column("paid", 16, is_key=False),
            Column("mood", 0x4029, is_key=False),
        ),
    ),
    "490000400b4e00047400000001317400000002c3a96e740000000161": Change(
        "insert", 0x400B, None, ("1", "é", None, "a")
    ),
    "550000400b4b00047400000001316e6e6e"
    "4e00047400000001327400000002c3a96e740000000161": Change(
        "update",
        0x400B,
        ("1", None, None, None),
        ("2", "é", None, "a"),
        is_key=True,
    ),
    "440000400b4b00047400000001326e6e6e": Change(
        "delete", 0x400B, ("2", None, None, None), None, is_key=True
    ),
    "5400000002020000400b00004003": Truncate(
        (0x400B, 0x4003), cascades=False, restarts=True
    ),
    "4d010000000001f0b468700000000003616e6e": Message(3),
    "43000000000001f0b4680000000001f0b708000303eb37c511ff": Commit(
        0x1F0B468, 0x1F0B708
    ),
}
# Others, as the manual has them.
WRITTEN = {
    "55000040014e000374000000013175740000000174": Change(
        "update", 0x4001, None, ("1", UNCHANGED, "t")
    ),
    "55000040014f00017400000001314e0001740000000132": Change(
        "update", 0x4001, ("1",), ("2",)
    ),
    "44000040014f0001740000000131": Change("delete", 0x4001, ("1",), None),
    "54000000010300004001": Truncate((0x4001,), cascades=True, restarts=True),
    "4f00000000019516286f726967696e00": Origin(),
}
READ = {**REAL, **WRITTEN}


@pytest.mark.parametrize("data", READ)
def test_messages_are_read(data: str) -> None:
    """Each kind of message is read as the manual has it."""
    assert read(bytes.fromhex(data)) == READ[data]


@pytest.mark.parametrize("data", READ)
def test_half_a_message_is_none(data: str) -> None:
    """A message that is cut off anywhere, or goes on, is malformed."""
    whole = bytes.fromhex(data)
    for end in range(len(whole)):
        with pytest.raises(MalformedError):
            read(whole[:end])
    with pytest.raises(MalformedError):
        read(whole + b"\0")


@settings(max_examples=300)
@given(st.sampled_from([*READ]), st.integers(0, 200), st.binary(max_size=4), st.data())
def test_no_bytes_bring_it_down(
    data: str, at: int, instead: bytes, more: st.DataObject
) -> None:
    """Whatever bytes come, a message is read or refused, and nothing else happens."""
    whole = bytearray(bytes.fromhex(data))
    whole[at : at + more.draw(st.integers(0, 4))] = instead
    try:
        read(bytes(whole))
    except MalformedError as error:
        assert "0x" not in str(error)


@given(st.binary(max_size=64))
def test_any_bytes_at_all(data: bytes) -> None:
    """Bytes at random are read or refused."""
    try:
        read(data)
    except MalformedError:
        return


@pytest.mark.parametrize(
    "data",
    [
        "53000000010000",  # a streamed transaction, which wasn't asked for
        "49000040014e0001620000000131",  # a value in binary
        "49000040014b0001740000000131",  # an insert that has a key
        "49000040014effff",  # less than nothing of columns
        "49000040014e000174ffffffff",
        "49000040014e00017400000001ff",  # no UTF-8
        "5200004001610062007a0000",  # a replica identity that there isn't
        "52000040016100620064000200630000000019ffffffff00630000000019ffffffff",
    ],
)
def test_what_was_not_asked_for_is_malformed(data: str) -> None:
    """Forms that the relay doesn't ask for are refused."""
    with pytest.raises(MalformedError):
        read(bytes.fromhex(data))


def test_an_empty_schema_is_the_catalogue() -> None:
    """The protocol writes the catalogue's schema as nothing."""
    told = read(bytes.fromhex("5200004001007400640000"))
    assert isinstance(told, Relation)
    assert told.table == "pg_catalog.t"
