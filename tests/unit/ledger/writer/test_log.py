from __future__ import annotations

import os
from pathlib import Path

import pytest

from ringfence.errors import ConfigError, ProofError
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.signed.keys import COSIGNATURE, ED25519, SigningKey
from ringfence.ledger.signed.notes import Signature
from ringfence.ledger.watch.checking import check_folder
from ringfence.ledger.writer import log as writing
from ringfence.ledger.writer.log import Log
from tests.crash.modelled import ModelDisk

ORIGIN = "ringfence.example/log"
KEY = SigningKey(ORIGIN, ED25519, bytes(32))
WITNESS = SigningKey("witness.example/w1", COSIGNATURE, bytes(32))


def entries(low: int, high: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(low, high)]


def published(log: Log) -> int:
    assert log.checkpoint is not None
    return log.checkpoint.checkpoint.size


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "ledger"


@pytest.fixture
def log(folder):
    with Log.create(folder, ORIGIN, keys=[KEY], clock=lambda: 7) as found:
        yield found


def test_a_new_log_is_public_and_empty(folder, log):
    """A ledger begins with a signed checkpoint of no entries, for anybody to read."""
    assert (log.size, published(log)) == (0, 0)
    assert (folder / "public/checkpoint").read_bytes() == log.signed.content
    assert check_folder(folder).is_sound


def test_two_keys_sign_unless_others_are_given(folder):
    """Each checkpoint carries Ed25519 and ML-DSA-44, with the time of the clock."""
    with Log.create(folder, ORIGIN, clock=lambda: 7) as log:
        log.append([b"one"])
        verified = log.publish().verified
    assert [(one.key.kind, one.seconds) for one in verified] == [(1, None), (6, 7)]


def test_entries_have_places_before_they_are_public(log):
    """What is appended is counted at once, and is in the checkpoint when published."""
    assert log.append(entries(0, 300)) == range(300)
    assert log.append([]) == range(300, 300)
    assert (log.size, published(log)) == (300, 0)
    head = log.publish().checkpoint
    assert head.size == 300
    assert head.root.hex().startswith("ca393d0296bec5e0")


def test_publishing_nothing_new_changes_nothing(folder, log):
    """The checkpoint that stands is returned, to the byte and the second."""
    log.append([b"one"])
    first = log.publish()
    before = (folder / "public/checkpoint").stat()
    assert log.publish() == first
    assert (folder / "public/checkpoint").stat() == before


def test_an_entry_that_is_too_long_is_refused_with_advice(log):
    """No bundle can say its length; the log goes on without it."""
    with pytest.raises(LedgerError, match="65,536 bytes is longer") as caught:
        log.append([b"fits", bytes(65_536)])
    assert caught.value.problems[0].hint == "log its digest, and keep it beside"
    assert log.append([bytes(65_535)]) == range(1)
    assert log.publish().checkpoint.size == 1


def test_a_second_writer_fails_at_once(folder, log):
    """One process writes a ledger; when it has closed it, another may."""
    with pytest.raises(LedgerError, match="another writer"):
        Log.open(folder)
    log.close()
    Log.open(folder).close()


def test_a_closed_log_takes_nothing(log):
    """After the close every call is refused, and a second close is none."""
    log.close()
    log.close()
    for call in (lambda: log.append([b"x"]), log.publish):
        with pytest.raises(LedgerError, match="not open: it is closed"):
            call()


def test_a_log_that_is_opened_again_goes_on(folder, log):
    """What was sequenced and not published is there, and is published next."""
    log.append(entries(0, 10))
    log.publish()
    log.append(entries(10, 270))
    log.close()
    with Log.open(folder) as again:
        assert (again.size, published(again)) == (270, 10)
        assert again.append(entries(270, 300)) == range(270, 300)
        head = again.publish().checkpoint
    assert head.root.hex().startswith("ca393d0296bec5e0")
    assert check_folder(folder).is_sound


def test_partial_files_go_when_the_full_one_is_public(folder, log):
    """Partial tiles of earlier checkpoints stay until their tile is full."""
    for size in (3, 200, 255):
        log.append(entries(log.size, size))
        log.publish()
    tiles = folder / "public/tile/0"
    assert sorted(p.name for p in (tiles / "000.p").iterdir()) == ["200", "255", "3"]
    assert check_folder(folder).older == 4
    log.append(entries(255, 257))
    log.publish()
    assert sorted(p.name for p in tiles.iterdir()) == ["000", "001.p"]
    assert check_folder(folder).is_sound


def test_a_journal_is_begun_anew_when_all_of_it_is_public(folder, log, monkeypatch):
    """A journal that has grown goes once its entries lie in files of their own."""
    monkeypatch.setattr(writing, "LARGE", 1000)
    log.append([bytes(600)])
    log.publish()
    log.append([bytes(600)])
    journal = folder / "private/journal"
    assert journal.stat().st_size > 1000
    log.publish()
    assert journal.stat().st_size < 100
    log.append([b"after"])
    log.close()
    with Log.open(folder) as again:
        assert again.size == 3


def test_witnesses_are_asked_before_anybody_else_sees_it(folder):
    """They get the signed checkpoint and a proof; their cosignatures are published."""
    asked: list[object] = []

    def cosign(signed, consistency):
        public = (folder / "public/checkpoint").read_bytes()
        noted = (folder / "private/signed").read_bytes()
        asked.append((signed.checkpoint.size, public == noted, noted == signed.content))
        asked.append(len(consistency(1)))
        return [WITNESS.sign(signed.note.text, 9)]

    with Log.create(folder, ORIGIN, keys=[KEY], cosign=cosign) as log:
        log.append(entries(0, 8))
        names = [one.name for one in log.publish().note.signatures]
    assert asked == [(8, False, True), 3]
    assert names == [ORIGIN, "witness.example/w1"]
    assert b"witness.example/w1" in (folder / "public/checkpoint").read_bytes()
    assert check_folder(folder).is_sound


def test_a_checkpoint_without_its_quorum_is_not_published(folder):
    """Where too few witnesses answer, the error is theirs, and the next call asks."""
    answers = [ProofError("too few witnesses"), ()]

    def cosign(*_):
        answer = answers.pop(0)
        if isinstance(answer, ProofError):
            raise answer
        return answer

    with Log.create(folder, ORIGIN, keys=[KEY], cosign=cosign) as log:
        log.append([b"one"])
        with pytest.raises(ProofError, match="too few"):
            log.publish()
        assert published(log) == 0
        assert log.signed.checkpoint.size == 1
        assert log.publish().checkpoint.size == 1


@pytest.mark.parametrize("is_behind", [False, True])
def test_a_published_checkpoint_that_lost_its_quorum_is_cosigned_again(
    folder, is_behind
):
    """The witnesses are asked once more; what others signed under it goes."""

    def cosign(signed, _consistency):
        assert [one.name for one in signed.note.signatures] == [ORIGIN]
        return [WITNESS.sign(signed.note.text, 9)]

    def stands(signed):
        return b"w1" in signed.content and b"w2" not in signed.content

    before = folder.with_name("before")
    with Log.create(folder, ORIGIN, keys=[KEY], cosign=cosign) as log:
        before.write_bytes(log.signed.content)
        log.append([b"one"])
        good = log.publish().content
    checkpoint = folder / "public/checkpoint"
    forged = good.replace(b"witness.example/w1", b"witness.example/w2")
    for spoilt in (forged, b"".join(good.splitlines(keepends=True)[:-1])):
        checkpoint.write_bytes(spoilt)
        if is_behind:  # then the log goes by what is public
            (folder / "private/signed").write_bytes(before.read_bytes())
        with Log.open(folder, cosign=cosign, stands=stands) as log:
            assert log.publish().content == good
            assert log.publish().content == good
        assert checkpoint.read_bytes() == good


def test_a_cosignature_in_the_logs_own_name_must_be_good(folder):
    """A witness can't spoil a checkpoint with a bad signature of the log's own key."""
    forged = Signature(ORIGIN, KEY.verifier.key_id, bytes(64))
    with Log.create(folder, ORIGIN, keys=[KEY], cosign=lambda *_: [forged]) as log:
        log.append([b"one"])
        with pytest.raises(ProofError, match="doesn't verify"):
            log.publish()
        assert b"\n0\n" in (folder / "public/checkpoint").read_bytes()


def test_a_failed_sync_stops_the_writer_for_good(folder, log, monkeypatch):
    """After an I/O error every call is refused, until the ledger is opened again."""

    def fails(_):
        raise OSError(5, "Input/output error")

    log.append([b"kept"])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", fails)
        with pytest.raises(LedgerError, match="can't be brought to the disk") as said:
            log.append([b"unknown"])
    assert "the entries may be in the log" in str(said.value)
    assert "`ringfence ledger show` before you try again" in str(said.value)
    for call in (lambda: log.append([b"x"]), log.publish):
        with pytest.raises(LedgerError, match="not open: input/output error"):
            call()
    log.close()
    with Log.open(folder) as again:
        assert again.size >= 1
        again.publish()
    assert check_folder(folder).is_sound


def test_an_interrupt_in_the_middle_stops_the_writer(log, monkeypatch):
    """Half a batch may be in the journal: nothing is written behind it."""

    def interrupts(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fdatasync", interrupts)
    with pytest.raises(KeyboardInterrupt):
        log.append([b"x"])
    with pytest.raises(LedgerError, match="not open: it was interrupted"):
        log.append([b"x"])


def test_a_full_tile_that_differs_is_never_overwritten(folder, log):
    """Another content under a full tile's name stops the writer, at either moment."""
    log.append(entries(0, 200))
    tile = folder / "public/tile/entries/000"
    tile.parent.mkdir(parents=True)
    tile.write_bytes(b"of another log")
    log.append(entries(200, 256))
    with pytest.raises(LedgerError, match=r"tile/entries/000: is full and differs"):
        log.publish()
    log.close()
    with pytest.raises(LedgerError, match=r"tile/entries/000: is full and differs"):
        Log.open(folder)
    assert tile.read_bytes() == b"of another log"


def test_a_partial_tile_that_nobody_signed_is_overwritten(folder, log):
    """An orphan of a crash makes room for what the entries give."""
    log.append(entries(0, 3))
    tile = folder / "public/tile/0/000.p/3"
    tile.parent.mkdir(parents=True)
    tile.write_bytes(b"orphan")
    log.publish()
    assert check_folder(folder).is_sound


def test_who_signed_meanwhile_is_noticed(folder, log):
    """A ledger whose last signature changed under the writer is signed no more."""
    (folder / "private/signed").write_bytes(b"something else")
    log.append([b"one"])
    with pytest.raises(LedgerError, match="another writer has signed"):
        log.publish()
    assert b"\n0\n" in (folder / "public/checkpoint").read_bytes()


def test_there_is_no_log_where_none_was_founded(tmp_path):
    """Opening a folder without a ledger says so, and makes nothing."""
    with pytest.raises(ConfigError, match="there is no ledger"):
        Log.open(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_no_place_for_a_ledger(folder, log):
    """Nothing is founded over what is there, be it a ledger or half of one."""
    log.close()
    with pytest.raises(ConfigError, match="something lies there already"):
        Log.create(folder, ORIGIN)
    (folder / "private/ledger.json").unlink()
    with pytest.raises(ConfigError, match="something lies there already"):
        Log.create(folder, ORIGIN)


def test_a_place_that_cannot_be_written_is_one_error(tmp_path):
    """A path through a file is told with its name."""
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="file"):
        Log.create(tmp_path / "file/ledger", ORIGIN, keys=[KEY])


def test_a_million_entries_are_written_in_groups():
    """However many tiles a batch fills, as many files are open as a group has."""
    disk = ModelDisk()
    most = 0
    calls: list[str] = []

    def watch(call):
        nonlocal most
        calls.append(call)
        waiting = sum(one.startswith("create private/new") for one in calls)
        most = max(most, waiting // 2)
        if call.startswith("rename"):
            calls.clear()

    with Log.create(Path("model"), ORIGIN, keys=[KEY], disk=disk) as log:
        log.append([b""] * 256 * 300)
        disk.watch = watch
        log.publish()
    assert most == 256
