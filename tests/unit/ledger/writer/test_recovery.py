from __future__ import annotations

import shutil

import pytest

from ringfence.errors import ProofError
from ringfence.ledger.faults import ForkError, LedgerError
from ringfence.ledger.signed.head import Checkpoint
from ringfence.ledger.signed.keys import ED25519, SigningKey
from ringfence.ledger.signed.notes import Note, render_note
from ringfence.ledger.watch.checking import check_folder
from ringfence.ledger.writer import log as writing
from ringfence.ledger.writer.log import Log

ORIGIN = "ringfence.example/log"
KEY = SigningKey(ORIGIN, ED25519, bytes(32))


def signed(size: int, root: bytes, origin: str = ORIGIN) -> bytes:
    text = Checkpoint(origin, size, root).text
    return render_note(Note(text, (KEY.sign(text, 0),)))


@pytest.fixture
def folder(tmp_path):
    """A ledger of 300 published entries and 5 more that are sequenced."""
    with Log.create(tmp_path / "ledger", ORIGIN, keys=[KEY]) as log:
        log.append([b"entry %d" % number for number in range(290)])
        log.publish()
        log.append([b"entry %d" % number for number in range(290, 300)])
        log.publish()
        log.append([b"entry %d" % number for number in range(300, 305)])
    return tmp_path / "ledger"


def refused(folder, match, error=LedgerError):
    with pytest.raises(error, match=match) as caught:
        Log.open(folder)
    assert any(problem.at for problem in caught.value.problems)
    assert not check_folder(folder).is_sound
    return caught.value


def test_a_torn_end_of_the_journal_is_cut_and_counted(folder):
    """What a crash tore was never acknowledged; how much it was is told."""
    journal = folder / "private/journal"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b"torn")
    assert check_folder(folder).torn == 4
    with Log.open(folder) as log:
        assert (log.size, log.cut) == (305, 4)
    assert journal.read_bytes() == whole


def test_a_journal_that_lacks_what_is_public_is_begun_anew(folder):
    """Entries that were published lie in files of their own."""
    journal = folder / "private/journal"
    journal.write_bytes(journal.read_bytes()[:2000])
    with Log.open(folder) as log:
        assert (log.size, log.cut > 0) == (300, True)
        log.append([b"entry 300"])
    with Log.open(folder) as log:
        assert (log.size, log.cut) == (301, 0)
        log.publish()
    assert check_folder(folder).is_sound


def test_full_files_that_a_crash_left_are_taken_up(folder):
    """A tile that was placed and not signed is written again, the same."""
    with Log.open(folder) as log:
        log.append([b"entry %d" % number for number in range(305, 600)])
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy)
    with Log.open(folder) as log:
        log.publish()
    for name in ("tile/0/001", "tile/entries/001"):
        shutil.copy(folder / "public" / name, copy / "public" / name)
    assert check_folder(copy).ahead == 2
    with Log.open(copy) as log:
        assert log.publish().checkpoint.size == 600
    assert check_folder(copy) == check_folder(folder)


def test_a_rotten_journal_is_refused(folder):
    """Damage before whole batches isn't a crash's work: nothing is cut."""
    journal = folder / "private/journal"
    content = bytearray(journal.read_bytes())
    content[100] ^= 1
    journal.write_bytes(content)
    refused(folder, "damaged, and what follows is not")
    assert journal.read_bytes() == content


@pytest.mark.parametrize("name", ["journal", "signed"])
def test_what_only_the_ledger_knows_must_be_there(folder, name):
    """Without its journal or its last signature, nobody knows what was promised."""
    (folder / "private" / name).unlink()
    refused(folder, "can't be known: the file is missing")


def test_a_checkpoint_that_went_missing_is_published_again(folder):
    """The public copy comes back from what was signed."""
    (folder / "public/checkpoint").unlink()
    with Log.open(folder) as log:
        assert log.checkpoint is None
        assert log.publish().checkpoint.size == 305
    assert check_folder(folder).is_sound


def test_a_public_checkpoint_ahead_of_the_private_one_counts(folder):
    """A private folder that was restored from before goes by what is public."""
    text = (folder / "public/checkpoint").read_bytes()
    (folder / "private/signed").write_bytes(signed(0, EMPTY))
    with Log.open(folder) as log:
        assert log.signed.content == text
        assert (folder / "private/signed").read_bytes() == text
    assert check_folder(folder).is_sound


def test_a_ledger_rolled_back_behind_its_journal_is_refused(folder, monkeypatch):
    """Tiles and checkpoints of an older copy don't reach to where the journal began."""
    old = folder.with_name("old")
    shutil.copytree(folder, old)
    monkeypatch.setattr(writing, "LARGE", 1)
    with Log.open(folder) as log:
        log.publish()
    shutil.copy(folder / "private/journal", old / "private/journal")
    refused(old, "continues a log of 305 entries; the last checkpoint has 300")


def test_two_logs_under_one_key_are_a_fork(folder):
    """Two checkpoints of one size with two roots are both shown."""
    other = signed(300, b"\x07" * 32)
    (folder / "public/checkpoint").write_bytes(other)
    error = refused(folder, "its own keys signed two logs", ForkError)
    assert [one.content for one in error.exhibits] == [
        other,
        (folder / "private/signed").read_bytes(),
    ]


def test_a_smaller_checkpoint_must_be_of_the_same_tree(folder):
    """An older public checkpoint whose root isn't that of the first entries is a fork."""
    (folder / "public/checkpoint").write_bytes(signed(290, b"\x07" * 32))
    refused(folder, "its own keys signed two logs", ForkError)


def test_a_tree_that_was_not_signed_is_refused(folder):
    """A right edge that gives another root than the signed one stops the writer."""
    (folder / "public/checkpoint").unlink()
    (folder / "private/signed").write_bytes(signed(300, b"\x07" * 32))
    refused(folder, "the tree of 300 entries is not the one that was signed")


def test_a_missing_edge_is_told_by_its_name(folder):
    """A file that the tree needs is named where it is missing."""
    (folder / "public/tile/0/001.p/44").unlink()
    refused(folder, r"tile/0/001.p/44: a file of the tree of 300 entries is missing")


def test_a_checkpoint_of_another_key_or_log_is_refused(folder):
    """What doesn't verify, or is of another origin, is not taken up."""
    content = (folder / "private/signed").read_bytes()
    (folder / "private/signed").write_bytes(content.replace(b"300", b"299"))
    refused(folder, "doesn't verify", ProofError)
    (folder / "private/signed").write_bytes(signed(300, b"\x07" * 32, "other/log"))
    refused(folder, "private/signed: no known key of the log `other/log`", ProofError)


EMPTY = bytes.fromhex(
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)
