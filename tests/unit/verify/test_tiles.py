"""The checker works a log's folder out anew: what it accepts, and what it shows."""

from __future__ import annotations

import os
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence_verify import tiles
from ringfence_verify.__main__ import main
from ringfence_verify.tiles import derived
from tests.reference.logs import (
    LOG,
    ORIGIN,
    WITNESSES,
    Signer,
    checkpoint,
    growth,
    quorum,
    root,
    tile_path,
    write_log,
)
from tests.reference.logs import tiles as tiles_of

ENTRIES = [f"entry {n}".encode() for n in range(600)]
SIZE = 300
KEY = ["--log-key", LOG.verifier]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log of 300 entries, which still has the narrower tiles of 290."""
    write_log(tmp_path, ENTRIES[:290], checkpoint(ENTRIES[:290]))
    return write_log(tmp_path, ENTRIES[:SIZE], checkpoint(ENTRIES[:SIZE]))


def told(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, list[str]]:
    """Run the checker; return its exit code and its lines."""
    code = main([str(word) for word in words])
    return code, capsys.readouterr().out.splitlines()


def saved(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


@given(st.integers(0, 600), st.data())
def test_the_entries_give_every_root(size: int, data: st.DataObject):
    """Whatever the size, the entries give its root, and that of any smaller one."""
    at = data.draw(st.integers(0, size))
    held = tiles_of(ENTRIES[:size])

    expected = root(ENTRIES[:size]), root(ENTRIES[:at])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles, "content_of", lambda path, _: held[str(path)])
        assert derived(Path(), size, at) == expected


def test_three_levels_of_tiles_are_worked_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """70,000 entries make 273 whole tiles, one whole tile of these, and the rest."""
    entries = [b"%d" % n for n in range(70_000)]
    content = tiles_of(entries)
    wanted = {tile_path(1, 0, 256), tile_path(1, 1, 17), tile_path(2, 0, 1)}
    assert wanted < content.keys()
    seen: list[str] = []

    def read(path: Path, _: int) -> bytes:
        seen.append(str(path.relative_to(tmp_path)))
        return content[seen[-1]]

    monkeypatch.setattr(Path, "glob", lambda *_: [])
    monkeypatch.setattr(tiles, "content_of", read)
    assert derived(tmp_path, len(entries))[0] == root(entries)
    assert {*seen} == {*content}


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0, "tile/0/000"),
        (67, "tile/0/067"),
        (1000, "tile/0/x001/000"),
        (1_234_067, "tile/0/x001/x234/067"),
    ],
)
def test_a_tile_lies_where_its_number_says(number: int, name: str):
    """Numbers are written in groups of three digits."""
    assert tiles._name(0, number, 256) == name
    assert tiles._name(0, number, 17) == f"{name}.p/17"


def test_a_sound_log_verifies(folder: Path, capsys: pytest.CaptureFixture[str]):
    """With the log's key, a folder is worked out anew; the key is shown whole."""
    code, lines = told(capsys, folder, *KEY)
    assert code == 0
    assert lines[0].startswith(f"checkpoint of {ORIGIN}: 300 entries, root yjk9")
    assert lines[1:] == [
        f"  signed by {LOG.verifier}",
        f"{folder} ok: its entries give every tile, and the checkpoint",
        "1 of 1 proof verifies",
    ]


def test_without_a_key_it_is_open_who_signed(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    """Without a key nothing but the entries is shown to fit, and it ends with 10."""
    code, lines = told(capsys, folder)
    assert (code, lines[-1]) == (10, "1 of 1 proof verifies, 1 left open")
    assert lines[1].startswith("  left open: who signed it: no key is given")


def test_an_empty_log_verifies(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A log without entries has the root of the empty tree."""
    assert told(capsys, write_log(tmp_path, [], checkpoint([])), *KEY)[0] == 0


def test_a_proof_beside_doesnt_hide_a_log(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    """What else lies in a log's folder is checked too, and not in its place."""
    (folder / "claim-1-open.json").write_bytes(b"{}")
    (folder / "tile/0/000").write_bytes(b"")
    code, lines = told(capsys, folder, *KEY)
    assert (code, lines[-1]) == (12, "0 of 2 proofs verify")


@pytest.mark.parametrize("name", ["checkpoint", "tile/0/000", "tile/entries/000"])
def test_what_is_no_file_is_not_waited_for(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
):
    """A pipe isn't read, nor a file that no memory holds."""
    (folder / name).unlink()
    os.mkfifo(folder / name)
    for _ in range(2):
        code, lines = told(capsys, folder, *KEY)
        assert (code, "is no file, or too large" in lines[-2]) == (12, True)
        (folder / name).unlink()
        with (folder / name).open("wb") as stream:
            stream.truncate(1 << 40)


def test_later_tiles_are_left_aside(folder: Path, capsys: pytest.CaptureFixture[str]):
    """What a writer put there for its next checkpoint is no offence, nor a stray file."""
    write_log(folder, ENTRIES, checkpoint(ENTRIES[:SIZE]))
    (folder / "tile/0/001.p/x").write_bytes(b"")
    assert told(capsys, folder, *KEY)[0] == 0


def flip(name: str, at: int) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[at] ^= 1
        (folder / name).write_bytes(content)

    return change


def resized(name: str, more: int) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes((content + bytes(32))[: len(content) + more])

    return change


@pytest.mark.parametrize(
    ("change", "offence", "shown"),
    [
        (flip("tile/entries/000", 4), "tile/0/000 isn't what its entries give", 4),
        (flip("tile/0/000", 77), "tile/0/000 isn't what its entries give", 4),
        (flip("tile/1/000.p/1", 0), "tile/1/000.p/1 isn't what its entries give", 4),
        (flip("tile/0/001.p/34", 9), "tile/0/001.p/34 isn't what its entries give", 4),
        (
            flip("tile/entries/001.p/34", 9),
            "tile/entries/001.p/34 isn't what its entries give",
            4,
        ),
        (resized("tile/0/000", -32), "tile/0/000 isn't what its entries give", 4),
        (resized("tile/0/000", 32), "tile/0/000 isn't what its entries give", 4),
        (
            resized("tile/entries/000", -32),
            "tile/entries/000 hasn't 256 whole entries",
            0,
        ),
        (
            resized("tile/entries/000", 32),
            "tile/entries/000 hasn't 256 whole entries",
            0,
        ),
        (flip("tile/entries/000", 1), "tile/entries/000 hasn't 256 whole entries", 0),
    ],
    ids=range(10),
)
def test_a_log_that_was_tampered_with_is_refused(
    change: Callable[[Path], None],
    offence: str,
    shown: int,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
):
    """Rewritten entries, tiles flipped or cut: both hashes are shown."""
    change(folder)
    code, lines = told(capsys, folder, *KEY)
    assert code == 12
    assert lines[2] == f"{folder} NOT VERIFIED: {offence}"
    assert sum(line.startswith("  | ") for line in lines) == shown
    assert not shown or lines[5] == "  | its entries give:"


def test_a_missing_tile_is_an_offence(folder: Path, capsys: pytest.CaptureFixture[str]):
    """A tile or bundle that isn't there is named."""
    (folder / "tile/1/000.p/1").unlink()
    code, lines = told(capsys, folder, *KEY)
    assert code == 12
    assert "tile/1/000.p/1" in lines[2]


def test_a_log_rewritten_throughout_contradicts_its_checkpoint(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    """Entries and tiles that fit each other are held against the signed root."""
    signed = checkpoint(ENTRIES[:SIZE])
    for path in folder.glob("tile/*/*.p"):
        shutil.rmtree(path)
    write_log(folder, [b"x", *ENTRIES[1:SIZE]], signed)
    code, lines = told(capsys, folder, *KEY)
    assert (code, lines[2]) == (
        12,
        f"{folder} NOT VERIFIED: its entries give another root",
    )
    assert f"  | {ORIGIN}" in lines
    other = root([b"x", *ENTRIES[1:SIZE]]).hex()
    assert lines[-3:-1] == ["  | root of the entries:", f"  | {other}"]


def test_a_forged_cosignature_is_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """A witness's signature that fails is named, and the checkpoint is shown."""
    liar = Signer(WITNESSES[0].name, WITNESSES[0].kind, 77)
    text = checkpoint(ENTRIES[:SIZE], [LOG])
    forged = liar.line(text.partition("\n\n")[0] + "\n")
    known = WITNESSES[0]
    value = known.id + b64decode(forged.split(" ")[2])[4:]
    line = f"— {known.name} {b64encode(value).decode()}\n"
    (folder / "checkpoint").write_text(text + line, encoding="utf-8")
    keys = saved(tmp_path / "keys", quorum("any"))
    code, lines = told(capsys, folder, "--quorum", keys)
    assert code == 12
    offence = f"forged: {known.name} never signed this checkpoint"
    assert lines[1] == f"{folder} NOT VERIFIED: {offence}"
    assert lines[-2] == f"  | {line[:-1]}"


# --- two checkpoints ------------------------------------------------------------------


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return saved(tmp_path / "old", checkpoint(ENTRIES[:7]))


def proof_file(path: Path, old: int, new: int) -> Path:
    hashes = growth(old, ENTRIES[:new])
    return saved(path, "".join(f"{b64encode(one).decode()}\n" for one in hashes))


def test_a_proof_joins_two_checkpoints(
    tmp_path: Path, old: Path, capsys: pytest.CaptureFixture[str]
):
    """With keys and a proof, one history is shown; without a proof, it is open."""
    new = saved(tmp_path / "new", checkpoint(ENTRIES[:40]))
    proof = proof_file(tmp_path / "proof", 7, 40)
    code, lines = told(capsys, *KEY, "log", old, new, proof)
    assert (code, lines[-2]) == (0, f"{new} ok: it holds all that {old} holds")
    code, lines = told(capsys, *KEY, "log", old, new)
    offered = "  left open: whether one continues the other: that takes a proof"
    assert (code, lines[-2]) == (10, offered)
    assert told(capsys, "log", old, new, proof)[0] == 10


def test_a_logs_folder_shows_whether_it_continues(
    folder: Path, tmp_path: Path, old: Path, capsys: pytest.CaptureFixture[str]
):
    """An auditor's old checkpoint is held against the entries themselves."""
    assert told(capsys, *KEY, "log", old, folder)[0] == 0
    for size in (256, 300):
        same = saved(tmp_path / "same", checkpoint(ENTRIES[:size]))
        assert told(capsys, *KEY, "log", same, folder)[0] == 0
    other = saved(tmp_path / "other", checkpoint([b"x", *ENTRIES[1:7]]))
    code, lines = told(capsys, *KEY, "log", other, folder)
    assert code == 12
    offence = "not one history: 7 entries had another root"
    assert f"{folder} NOT VERIFIED: {offence}" in lines
    assert [one for one in lines if one.startswith("  | ") and one[-1] == ":"] == [
        "  | old:",
        "  | new:",
        "  | then:",
    ]


@pytest.mark.parametrize(
    ("entries", "offence"),
    [
        ([b"x", *ENTRIES[1:7]], "split view: two roots of 7 entries"),
        (ENTRIES[:5], "rollback: from 7 to 5 entries"),
        ([b"x", *ENTRIES[1:40]], "not one history: the consistency proof gives"),
    ],
    ids=["split view", "rollback", "rewritten"],
)
def test_a_fork_shows_both_checkpoints(
    entries: list[bytes],
    offence: str,
    tmp_path: Path,
    old: Path,
    capsys: pytest.CaptureFixture[str],
):
    """Split view, rollback and rewritten history end with 12, and both heads."""
    new = saved(tmp_path / "new", checkpoint(entries))
    proof = proof_file(tmp_path / "proof", 7, 40)
    code, lines = told(capsys, *KEY, "log", old, new, proof)
    assert code == 12
    assert f"{new} NOT VERIFIED: {offence}" in "\n".join(lines)
    for path in (old, new):
        shown = [f"  | {one}" for one in path.read_text("utf-8").splitlines()]
        assert "\n".join(shown) in "\n".join(lines)


def test_random_tampering_is_always_found(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    """Any byte of any file that is read, changed, ends with 12."""
    draw = Random(5)  # noqa: S311 - seeded, not secret
    names = [path for path in folder.rglob("*") if path.is_file()]
    for _ in range(60):
        path = draw.choice(sorted(names))
        content = path.read_bytes()
        at = draw.randrange(len(content))
        new = (
            content[:at]
            + bytes([content[at] ^ 1 << draw.randrange(8)])
            + content[at + 1 :]
        )
        if path.name == "checkpoint":
            new = content.replace(b"300", b"299")
        path.write_bytes(new)
        assert told(capsys, folder, *KEY)[0] == 12
        path.write_bytes(content)
