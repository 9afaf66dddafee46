from __future__ import annotations

import re

import pytest

from ringfence.errors import Locus, ProofError
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.signed.head import Checkpoint
from ringfence.ledger.signed.keys import ED25519, SigningKey
from ringfence.ledger.signed.notes import Note, render_note
from ringfence.ledger.tree.merkle import HASH, leaf_hash
from ringfence.ledger.tree.tiles import pack
from ringfence.ledger.watch.checking import check_folder
from ringfence.ledger.watch.fsck import fsck
from ringfence.ledger.writer import log as writing
from ringfence.ledger.writer.disk import folder_fetch
from ringfence.ledger.writer.log import Log

ORIGIN = "ringfence.example/log"
KEY = SigningKey(ORIGIN, ED25519, bytes(32))
KEYS = [KEY.verifier]


def entries(low: int, high: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(low, high)]


@pytest.fixture
def folder(tmp_path):
    """A ledger of 600 entries, with partial tiles of an earlier checkpoint."""
    with Log.create(tmp_path / "ledger", ORIGIN, keys=[KEY]) as log:
        log.append(entries(0, 520))
        log.publish()
        log.append(entries(520, 600))
        log.publish()
    return tmp_path / "ledger"


def told(folder) -> list[tuple[str, str]]:
    found = check_folder(folder)
    return [(str(one.at), one.message) for one in found.problems]


def test_a_sound_log_has_no_problem(folder):
    """Every file is what the entries give; older partial ones are checked too."""
    seen = []
    found = check_folder(folder, progress=lambda *done: seen.append(done))
    assert found.problems == ()
    assert (found.size, found.sequenced, found.older, found.ahead) == (600, 600, 2, 0)
    assert seen == [(256, 600), (512, 600), (600, 600)]


def test_a_log_is_checked_from_afar_without_names(folder):
    """Without a listing, whatever the checkpoint covers is checked."""
    found = fsck(folder_fetch(folder / "public"), KEYS)
    assert (found.problems, found.size, found.older) == ((), 600, 0)


def test_a_rewritten_entry_is_told_by_its_number(folder):
    """An entry that was changed in its bundle is one problem: its own."""
    bundle = folder / "public/tile/entries/001"
    bundle.write_bytes(bundle.read_bytes().replace(b"entry 300", b"entry 3OO"))
    place = "public/tile/entries/001"
    assert told(folder)[:1] == [
        (place, "entry 300 is not the one that tile/0/001 has"),
    ]


def test_a_missing_bundle_is_told_once(folder):
    """The journal that has its entries, too, isn't blamed for what can't be read."""
    (folder / "public/tile/entries/002.p/88").unlink()
    assert [place for place, _ in told(folder)] == ["public/tile/entries/002.p/88"]


def test_a_bundle_that_is_signed_and_not_published_is_missed(tmp_path):
    """Behind a checkpoint that was put back, the journal asks for what was signed."""
    shown = tmp_path / "ledger/public/checkpoint"
    with Log.create(tmp_path / "ledger", ORIGIN, keys=[KEY]) as log:
        log.append(entries(0, 10))
        log.publish()
        before = shown.read_bytes()
        log.append(entries(10, 20))
        log.publish()
    shown.write_bytes(before)
    (tmp_path / "ledger/public/tile/entries/000.p/20").unlink()
    messages = dict(told(tmp_path / "ledger"))
    assert "can't be read" in messages["public/tile/entries"]


def test_many_rewritten_entries_are_counted(folder):
    """One problem a bundle says which entry is the first, and how many follow."""
    bundle = folder / "public/tile/entries/000"
    bundle.write_bytes(bundle.read_bytes().replace(b"entry 1", b"entry I"))
    (_, message), *_ = told(folder)
    assert message == "entry 1 is not the one that tile/0/000 has, and 110 more like it"


def test_a_rewritten_entry_with_its_tile_is_told_above(folder):
    """Whoever changes an entry and its hash is told by the tile above."""
    bundle = folder / "public/tile/entries/001"
    bundle.write_bytes(bundle.read_bytes().replace(b"entry 300", b"entry 3OO"))
    tile = folder / "public/tile/0/001"
    one, other = leaf_hash(b"entry 300"), leaf_hash(b"entry 3OO")
    tile.write_bytes(tile.read_bytes().replace(one, other))
    assert told(folder)[:1] == [
        ("public/tile/1/000.p/2", "hash 1 is not that of tile/0/001")
    ]


def test_an_edge_that_was_changed_throughout_is_of_another_tree(folder):
    """Where no tile stands above, the signed root tells."""
    bundle = folder / "public/tile/entries/002.p/88"
    bundle.write_bytes(bundle.read_bytes().replace(b"entry 599", b"entry 5g9"))
    tile = folder / "public/tile/0/002.p/88"
    one, other = leaf_hash(b"entry 599"), leaf_hash(b"entry 5g9")
    tile.write_bytes(tile.read_bytes().replace(one, other))
    (place, message), *_ = told(folder)
    assert place == "public/checkpoint"
    assert message.startswith("is of another tree: its root is ")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("tile/0/001", "tile/0/001"),
        ("tile/1/000.p/2", "tile/1/000.p/2"),
        ("tile/0/002.p/88", "tile/0/002.p/88"),
    ],
)
def test_a_truncated_tile_is_told(folder, name, place):
    """A tile that isn't as long as its hashes is told with both lengths."""
    file = folder / "public" / name
    file.write_bytes(file.read_bytes()[:-1])
    ((at, message),) = told(folder)
    assert at == f"public/{place}"
    assert check_folder(folder).sequenced == 600
    assert re.fullmatch(r"has \d+ bytes, not \d+", message)


@pytest.mark.parametrize(("cut", "more"), [(-1, b""), (None, b"\0"), (0, b"")])
def test_a_bundle_that_is_not_exactly_its_entries_is_told(folder, cut, more):
    """A bundle is torn where it lacks a byte or has one too many."""
    file = folder / "public/tile/entries/001"
    file.write_bytes(file.read_bytes()[:cut] + more)
    assert told(folder)[0] == (
        "public/tile/entries/001",
        "a bundle doesn't hold 256 entries and nothing else",
    )


@pytest.mark.parametrize(
    "name",
    ["tile/0/000", "tile/entries/001", "tile/entries/002.p/88", "tile/1/000.p/2"],
)
def test_a_missing_file_is_told(folder, name):
    """Each file that the checkpoint covers must be there."""
    (folder / "public" / name).unlink()
    assert (f"public/{name}", "is missing") in told(folder)


def test_a_missing_file_is_one_problem_of_the_log(folder):
    """What lies above a bundle and its tile is judged by what is there."""
    (folder / "public/tile/entries/001").unlink()
    found = fsck(folder_fetch(folder / "public"), KEYS)
    assert [str(one.at) for one in found.problems] == ["tile/entries/001"]


@pytest.mark.parametrize(
    "name", ["index.html", "tile/0/1", "tile/0/000.p/256", "tile/x/000", "tile/0/.new"]
)
def test_a_file_that_no_log_has_is_told(folder, name):
    """A name that isn't a log's, or is spelt otherwise, is one too many."""
    file = folder / "public" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"")
    assert told(folder) == [(f"public/{name}", "is no file of a log")]


def test_files_beyond_the_checkpoint_are_counted(folder):
    """What a writer has placed and not yet signed is no problem."""
    (folder / "public/tile/0/003").write_bytes(bytes(8192))
    found = check_folder(folder)
    assert (found.problems, found.ahead) == ((), 1)


@pytest.mark.parametrize("name", ["tile/0/002.p/8", "tile/entries/002.p/8"])
def test_an_older_partial_file_must_begin_the_newer(folder, name):
    """What an earlier checkpoint's reader would fetch is held against the rest."""
    file = folder / "public" / name
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    newer = name.replace(".p/8", ".p/88")
    assert told(folder) == [(f"public/{name}", f"differs from {newer}")]


def test_a_log_that_has_grown_serves_its_older_checkpoint(folder):
    """Where a partial tile has gone, the full one begins with it."""
    older = (folder / "public/checkpoint").read_bytes()
    with Log.open(folder) as log:
        log.append(entries(600, 800))
        log.publish()
    (folder / "public/checkpoint").write_bytes(older)
    found = fsck(folder_fetch(folder / "public"), KEYS)
    assert (found.problems, found.size) == ((), 600)


def test_a_forged_checkpoint_is_told_and_the_files_are_checked_all_the_same(folder):
    """A signature that doesn't verify is a problem; so is what the files lack."""
    file = folder / "public/checkpoint"
    lines = file.read_bytes().split(b"\n")
    text = b"\n".join([*lines[:1], b"599", *lines[2:]])
    file.write_bytes(text)
    found = check_folder(folder)
    messages = [one.message for one in found.problems]
    assert found.checkpoint is None
    assert any("doesn't verify" in one for one in messages)
    assert any("is of another tree" in one for one in messages)


@pytest.mark.parametrize("content", [None, b"", b"nothing signed\n"])
def test_without_a_checkpoint_there_is_no_log(folder, content):
    """A missing or empty checkpoint is the one problem that is told of the log."""
    file = folder / "public/checkpoint"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    found = fsck(folder_fetch(folder / "public"), KEYS)
    assert (found.size, found.checkpoint, len(found.problems)) == (0, None, 1)
    assert str(found.problems[0].at).startswith("checkpoint")


def test_a_file_that_cannot_be_read_is_told(folder):
    """What the disk doesn't give is a problem with its name."""
    inside = folder_fetch(folder / "public")

    def fetch(path):
        if path == "tile/0/001":
            raise OSError(5, "Input/output error", path)
        return inside(path)

    found = fsck(fetch, KEYS)
    (problem,) = found.problems
    assert problem.at == Locus("tile/0/001")
    assert problem.message == "can't be read: input/output error"


@pytest.mark.parametrize(
    ("error", "problems"),
    [
        (FileNotFoundError(), []),
        (OSError("odd"), ["can't be read"]),
        (ProofError("has more than 8,192 bytes"), ["has more than 8,192 bytes"]),
    ],
)
def test_an_older_file_may_go_and_must_be_read(folder, error, problems):
    """A partial file that the writer removes meanwhile is no problem."""
    inside = folder_fetch(folder / "public")

    def fetch(path):
        if path == "tile/0/002.p/8":
            raise error
        return inside(path)

    found = fsck(fetch, KEYS, names=["checkpoint", "tile/0/002.p/8"])
    assert [one.message for one in found.problems] == problems
    assert found.older == 0


def test_a_ledger_whose_charter_cannot_be_read_is_one_error(folder):
    """What stands in the way of a check is told with its place."""
    (folder / "private/ledger.json").unlink()
    (folder / "private/ledger.json").mkdir()
    with pytest.raises(LedgerError, match="is a directory"):
        check_folder(folder)


def test_a_log_that_cannot_be_reached_is_no_finding():
    """An error of the way to the log is raised: nothing is said about the log."""

    def fetch(_):
        raise LedgerError("no answer")

    with pytest.raises(LedgerError, match="no answer"):
        fsck(fetch, KEYS)


def test_a_tree_that_is_signed_and_not_published_is_read(folder):
    """Its files are looked at too, and each that is wrong is told once."""
    older = (folder / "public/checkpoint").read_bytes()
    with Log.open(folder) as log:
        log.append(entries(600, 610))
        log.publish()
    (folder / "public/checkpoint").write_bytes(older)
    found = check_folder(folder)
    assert (found.problems, found.size, found.signed) == ((), 600, 610)
    tile = folder / "public/tile/0/002.p/98"
    content = tile.read_bytes()
    tile.write_bytes(content[:-1])
    assert told(folder) == [("public/tile/0/002.p/98", "has 3135 bytes, not 3136")]
    tile.unlink()
    ((place, message),) = told(folder)
    assert (place, message) == ("public/tile/0/002", "can't be read, or is missing")
    tile.write_bytes(content[:-32] + bytes(32))
    ((place, message),) = told(folder)
    assert place == "private/signed"
    assert "is of another tree" in message


def test_a_checkpoint_that_was_put_back_is_told_by_the_journal(folder, monkeypatch):
    """A journal begins where all was published: what is older was put back."""
    older = (folder / "public/checkpoint").read_bytes()
    monkeypatch.setattr(writing, "LARGE", 1)
    with Log.open(folder) as log:
        log.append(entries(600, 610))
        log.publish()
    (folder / "public/checkpoint").write_bytes(older)
    assert told(folder) == [
        ("public/checkpoint", "is of 600 entries; 610 were published before")
    ]
    with Log.open(folder) as log:
        log.publish()
    assert told(folder) == []


def test_the_last_signature_is_held_against_what_is_public(folder):
    """A private copy that is older than the public one, or of another tree, is told."""
    file = folder / "private/signed"
    text = Checkpoint(ORIGIN, 520, b"\x07" * 32).text
    file.write_bytes(render_note(Note(text, (KEY.sign(text, 0),))))
    assert told(folder) == [
        ("private/signed", "is of another tree than that of the 520 entries there"),
        ("private/signed", "is of 520 entries; 600 are published"),
    ]


def test_a_journal_that_says_otherwise_is_told(folder):
    """Entries in the journal are those of the log, or there is a problem."""
    bundle, tile = (folder / f"public/tile/{x}/002.p/88" for x in ("entries", "0"))
    bundle.write_bytes(pack([b"x", *entries(513, 600)]))
    assert all(place.startswith("public/tile/entries/002") for place, _ in told(folder))
    tile.write_bytes(leaf_hash(b"x") + tile.read_bytes()[HASH:])
    for older in (bundle, tile):
        older.with_name("8").unlink()
    assert told(folder)[-1] == (
        "private/journal",
        "entries 512 to 519 are not those of the log",
    )
