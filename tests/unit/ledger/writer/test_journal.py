from __future__ import annotations

import pytest

from ringfence.ledger.faults import LedgerError
from ringfence.ledger.writer.journal import JOURNAL, Batch, Journal, read_journal
from tests.crash.modelled import ModelDisk

BATCHES = [Batch(0, [b"one", b""]), Batch(2, [b"three"]), Batch(3, [b"x" * 300])]
BEGIN = 44  # bytes before the first batch
HEAD = 72


@pytest.fixture
def content():
    disk = ModelDisk()
    journal = Journal.begin(disk, 0, set())
    for batch in BATCHES:
        journal.append(batch.first, batch.entries)
    assert journal.size == len(disk.read(JOURNAL))
    return disk.read(JOURNAL)


def test_what_is_appended_is_read(content):
    """A journal gives back its batches, with their places."""
    found = read_journal(content)
    assert (found.base, found.batches, found.torn) == (0, BATCHES, 0)
    assert (found.after, found.whole) == (4, len(content))


def test_an_empty_journal_knows_where_it_began():
    """A journal that was begun anew says how many entries lie before it."""
    disk = ModelDisk()
    Journal.begin(disk, 0, set()).append(0, [b"gone"])
    Journal.begin(disk, 7, set())
    found = read_journal(disk.read(JOURNAL))
    assert (found.base, found.after, found.batches) == (7, 7, [])


def test_a_torn_end_is_told_apart_at_every_byte(content):
    """Cut off anywhere, a journal gives the whole batches before, and the rest."""
    whole = [BEGIN, BEGIN + HEAD + 7, BEGIN + 2 * HEAD + 14]
    for size in range(BEGIN, len(content)):
        found = read_journal(content[:size])
        good = max(at for at in whole if at <= size)
        assert (found.whole, found.torn) == (good, size - good)
        assert found.batches == BATCHES[: whole.index(good)]


def test_zeros_at_the_end_are_torn(content):
    """A file that got its length before its content ends with its last whole batch."""
    found = read_journal(content + bytes(500))
    assert (found.batches, found.torn) == (BATCHES, 500)


def test_a_rotten_middle_is_a_fault_at_every_byte(content):
    """A changed byte with a whole batch behind it is never cut off."""
    for at in range(BEGIN, BEGIN + 2 * HEAD + 14):
        changed = bytearray(content)
        changed[at] ^= 1
        with pytest.raises(LedgerError, match=r"private/journal: byte \d+: damaged"):
            read_journal(bytes(changed))


def test_a_changed_last_batch_cannot_be_told_from_a_torn_one(content):
    """Of the last batch, every changed byte is found, and is no batch any more."""
    for at in range(BEGIN + 2 * HEAD + 14, len(content)):
        changed = bytearray(content)
        changed[at] ^= 1
        assert read_journal(bytes(changed)).batches == BATCHES[:2]


def test_two_torn_batches_are_cut_together(content):
    """What looks like a batch further on and isn't whole is no reason to refuse."""
    changed = bytearray(content)
    changed[BEGIN + HEAD + 7] ^= 1
    changed[-1] ^= 1
    changed[BEGIN + 2 * HEAD + 8] ^= 1
    assert read_journal(bytes(changed)).batches == BATCHES[:1]


def test_an_entry_can_not_pass_for_a_batch(content):
    """A torn batch whose entry is another journal's batch is torn, and no rot."""
    disk = ModelDisk()
    journal = Journal.begin(disk, 0, set())
    journal.append(0, [content[BEGIN:]])
    torn = bytearray(disk.read(JOURNAL))
    torn[BEGIN + 40] ^= 1
    assert read_journal(bytes(torn)).batches == []


def test_batches_that_do_not_follow_are_a_fault():
    """A gap between two batches is no journal of one log."""
    disk = ModelDisk()
    journal = Journal.begin(disk, 0, set())
    journal.append(0, [b"one"])
    journal.append(2, [b"three"])
    with pytest.raises(LedgerError, match="entry 2 follows 1 entries"):
        read_journal(disk.read(JOURNAL))


@pytest.mark.parametrize("content", [b"", b"ringfence journal 1\n", b"x" * 100])
def test_what_is_no_journal_is_refused(content):
    """A file that doesn't begin as a journal is none."""
    with pytest.raises(LedgerError, match="is no journal"):
        read_journal(content)


def test_a_batch_goes_on_behind_what_a_crash_tore():
    """Resumed, a journal is cut to its whole batches and takes the next one there."""
    disk = ModelDisk()
    Journal.begin(disk, 0, set()).append(0, [b"one"])
    disk.append(JOURNAL, b"torn")
    journal = Journal.resume(disk, read_journal(disk.read(JOURNAL)))
    journal.append(1, [b"two"])
    found = read_journal(disk.read(JOURNAL))
    assert found.batches == [Batch(0, [b"one"]), Batch(1, [b"two"])]
    assert (found.torn, found.whole) == (0, journal.size)
