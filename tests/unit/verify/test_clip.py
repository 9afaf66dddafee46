"""The checker of clips: what a clip shows, and everything that makes it show nothing."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from ringfence.docket import clipping
from ringfence.docket.listening import stretch
from ringfence.docket.objects import RATE
from ringfence.ledger.writer.charter import read_charter
from ringfence.ledger.writer.disk import RealDisk
from ringfence_verify import clip
from ringfence_verify.__main__ import main
from ringfence_verify.reading import Json, RefusedError, canonical
from tests.taped import noise, taped, wav

SAMPLES = noise(RATE * 70 + 9)


@pytest.fixture(scope="module")
def tapes(tmp_path_factory):
    there = taped(tmp_path_factory.mktemp("tapes"))
    there.add("call.wav", wav(SAMPLES))
    return there


@pytest.fixture(scope="module")
def key(tapes):
    return str(read_charter(RealDisk(tapes.docket.ledger)).keys[0])


def made(tapes, folder: Path, start: str, end: str | None) -> Path:
    """Write a clip; return its proof."""
    with tapes.index() as index:
        what = stretch(index, "R1", start, end)
    found = clipping.clip(tapes.docket, what, SAMPLES)
    folder.mkdir(exist_ok=True)
    (folder / "clip.wav").write_bytes(found.wav)
    (folder / "clip.json").write_bytes(found.json)
    return folder / "clip.json"


@pytest.fixture(scope="module")
def clipped(tapes, tmp_path_factory):
    return made(tapes, tmp_path_factory.mktemp("clip"), "60", "62")


@pytest.fixture
def path(clipped, tmp_path):
    shutil.copytree(clipped.parent, tmp_path / "clip")
    return tmp_path / "clip/clip.json"


def told(path: Path) -> Json:
    found: Json = json.loads(path.read_bytes())
    return found


def refused(path: Path, said: Json) -> str:
    """Return why a clip that says this proves nothing."""
    with pytest.raises(RefusedError) as caught:
        clip.verify(path, {"index": 0, **said})
    return str(caught.value)


@pytest.mark.parametrize(
    "which",
    [
        ("0", "1", "0:00 to 0:01 of 1:11"),
        ("0", None, "0:00 to 1:11 of 1:11"),
        ("70", None, "1:10 to 1:11 of 1:11"),
        ("60.5", "60.6", "1:00 to 1:01 of 1:11"),
        ("63", "65", "1:03 to 1:05 of 1:11"),
    ],
)
def test_a_clip_shows_which_seconds_it_is(tapes, key, tmp_path, capsys, which):
    """At either end, in the middle: what is shown, of how much, and since when."""
    start, end, shown = which
    path = made(tapes, tmp_path / "clip", start, end)
    assert main(["--log-key", key, str(path)]) == 0
    out = capsys.readouterr().out
    assert f"clip.json ok: {shown}, logged as entry 4 at 2026-11-23T10:00:00Z" in out
    assert clip.CAVEAT in out
    assert clip.CAVEAT == clipping.CAVEAT


def test_a_folder_of_a_clip_is_a_clip(path, key, capsys):
    """The folder is enough; without a key it is left open who signed the log."""
    assert main([str(path.parent), "--log-key", key]) == 0
    assert main([str(path.parent)]) == 10
    assert "left open: who signed it" in capsys.readouterr().out


def test_a_bit_of_the_sound_is_named_by_its_second(path, key, capsys):
    """One bit of one sample: the block and its time are in the message."""
    sound = path.with_name("clip.wav")
    content = bytearray(sound.read_bytes())
    content[44 + 2 * RATE + 5] ^= 4
    sound.write_bytes(content)
    assert main([str(path), "--log-key", key]) == 12
    out = capsys.readouterr().out
    assert "clip.json NOT VERIFIED: block 61 (1:01) isn't what was logged" in out


@pytest.mark.parametrize("cut", [slice(0, -2), slice(0, 40), slice(44, None)])
def test_a_wav_file_of_anything_else_is_refused(path, cut):
    """The header is the one header of so many samples; nothing hides beside them."""
    sound = path.with_name("clip.wav")
    sound.write_bytes(sound.read_bytes()[cut])
    assert "isn't these 32000 samples" in refused(path, told(path))
    sound.unlink()
    assert "is no file" in refused(path, told(path))


def test_another_entry_is_not_in_the_log(path):
    """What is not in the log under that place and checkpoint is refused."""
    said = told(path)
    said["entry"] = said["entry"].replace("10:00:00Z", "11:00:00Z")
    path.write_bytes(canonical(said) + b"\n")
    with pytest.raises(RefusedError, match="doesn't hold its entry"):
        clip.read(path)


def test_an_entry_of_another_kind_shows_no_recording(path):
    """Neither another kind nor an entry without commitments shows blocks."""
    entry = json.loads(told(path)["entry"])
    bare = {"kind": "recording", "time": entry["time"]}
    for other in ({**entry, "kind": "sentence"}, bare):
        said = {**told(path), "entry": canonical(other).decode()}
        assert "is no recording's" in refused(path, said)


def test_another_caveat_is_refused(path):
    """What a clip doesn't prove is part of it, word for word."""
    said = {**told(path), "caveat": "This proves who speaks."}
    assert "its caveat" in refused(path, said)


def resealed(path: Path, **change: object) -> Json:
    """Return a clip whose entry commits to other blocks."""
    said = told(path)
    said["opened"]["value"].update(change)
    salt = bytes.fromhex(said["opened"]["salt"])
    digest = sha256(salt + canonical(said["opened"]["value"])).hexdigest()
    entry = json.loads(said["entry"])
    entry["commitments"]["blocks"] = f"sha256:{digest}"
    return {**said, "entry": canonical(entry).decode()}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate": 0}, "isn't over blocks of a second"),
        ({"rate": 8_000}, "isn't over blocks of a second"),
        ({"count": 70}, "isn't over blocks of a second"),
        ({"samples": -1}, "isn't over blocks of a second"),
        ({"samples": 0, "count": 0}, "it shows no blocks"),
        ({"root": "00" * 32}, "another tree"),
    ],
)
def test_blocks_that_can_not_be_are_refused(path, change, message):
    """A tree of another rate, count or root is none, even if an entry commits to it."""
    assert message in refused(path, resealed(path, **change))


def test_other_blocks_than_were_logged_are_refused(path):
    """What is opened is what the entry commits to."""
    said = told(path)
    said["opened"]["value"]["samples"] += 1
    assert "commits to other blocks" in refused(path, said)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"first": 61}, "too few hashes"),
        ({"first": -1}, "it shows no blocks"),
        ({"first": 70}, "it shows no blocks"),
        ({"leaves": []}, "it shows no blocks"),
        ({"salts": []}, "it shows no blocks"),
        ({"salts": ["00" * 32] * 2}, "block 60 (1:00) isn't what was logged"),
        ({"leaves": ["00" * 32] * 2}, "another tree"),
        ({"hashes": []}, "too few hashes"),
        ({"hashes": ["00" * 32] * 9}, "another tree"),
    ],
)
def test_what_shows_something_else_is_refused(path, change, message):
    """Whatever of it is changed, it proves nothing any more."""
    said = told(path)
    said["shown"].update(change)
    assert message in refused(path, said)


def test_a_hash_too_many_is_refused(path):
    """Nothing may stand in a clip that nobody needs."""
    said = told(path)
    said["shown"]["hashes"].append("00" * 32)
    assert "another tree" in refused(path, said)


@pytest.mark.parametrize("place", range(0, 4_000, 97))
def test_any_byte_of_the_proof_matters(path, key, capsys, place):
    """A bit of `clip.json` that is flipped is found, unless another key's signature is it."""
    content = bytearray(path.read_bytes())
    signature = content.rindex("— ".encode())
    at = place % signature
    content[at] ^= 1
    path.write_bytes(content)
    assert main([str(path), "--log-key", key]) == 12
    capsys.readouterr()


def test_times_beyond_an_hour_have_hours():
    """Hours are told where there are some."""
    assert [clip.spelt(n) for n in (59, 1_212, 4_812)] == ["0:59", "20:12", "1:20:12"]
