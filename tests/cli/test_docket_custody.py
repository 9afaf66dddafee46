"""`ringfence docket init`, `add`, `verify`, `play`, `clip` and `destroy`, as typed."""

from __future__ import annotations

import io
import json
import shutil
import sys
import wave

import pytest

from ringfence.docket.objects import RATE, Handling, Recording, Span
from ringfence.ledger.writer.charter import read_charter
from ringfence.ledger.writer.disk import RealDisk
from ringfence_verify.__main__ import main as check
from tests.taped import NAME, noise, taped, wav

SAMPLES = noise(RATE * 5)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    there = taped(tmp_path_factory.mktemp("made"))
    there.add("call.wav", wav(SAMPLES))
    return there


@pytest.fixture
def tapes(made, tmp_path):
    for name in ("keys", "call.wav"):
        there = made.folder / name
        copy = shutil.copytree if there.is_dir() else shutil.copy
        copy(there, tmp_path / name)
    return made.copied(tmp_path)


@pytest.fixture
def key(tapes):
    return ("--by", "V1", "--identity", str(tapes.folder / "keys/docket.key"))


def test_a_docket_is_founded_with_new_keys(say, tmp_path):
    """`init` draws two keys, says to keep them apart, and never shows them."""
    words = ("docket", "init", str(tmp_path / "d"), "--name", "tapes")
    said = say(*words, "--new-keys", str(tmp_path / "keys"))
    assert said.code == 0
    assert said.out.count("age1") == 2
    assert "keep them apart" in said.err
    assert "SECRET" not in said.out + said.err
    again = say(*words, "--new-keys", str(tmp_path / "keys"))
    assert (again.code, "a docket lies there" in again.err) == (2, True)
    bare = say("docket", "init", str(tmp_path / "e"), "--name", "tapes")
    assert (bare.code, "nobody could open" in bare.err) == (2, True)


def test_a_docket_is_sealed_to_keys_that_are_there(say, tmp_path, tapes):
    """Public keys are enough; one key can't be for both."""
    one, other = (
        (tmp_path / f"keys/{name}.key").read_text().split("public key: ")[1].split()[0]
        for name in ("docket", "identity")
    )
    words = ("docket", "init", str(tmp_path / "d"), "--name", "t", "--recipient", one)
    both = say(*words, "--identity-recipient", one)
    assert (both.code, "both originals and identities" in both.err) == (2, True)
    said = say(*words, "--identity-recipient", other, "--format", "json")
    assert json.loads(said.out)["opens names"] == [other]
    assert tapes.docket.charter.recipients == (one,)


def test_files_are_received(say, tapes, tmp_path):
    """`add` says what became of each file; the same bytes are held once."""
    tapes.file("b.pdf", b"%PDF")
    tapes.file("name", f"{NAME}\n".encode())
    names = ("--identity", str(tmp_path / "keys/identity.key"))
    words = ("docket", "add", str(tapes.docket.folder))
    more = ("--by", "Ada", "--grade", "third-hand")
    said = say(
        *words,
        str(tmp_path / "call.wav"),
        str(tmp_path / "b.pdf"),
        *more,
        "--new-hand",
        "--sealed-name-file",
        str(tmp_path / "name"),
        *names,
    )
    assert said.code == 0
    assert "held        R1" in said.out
    assert "logged once" in said.out
    assert "received    R2" in said.out
    assert NAME not in said.out + said.err
    again = say(
        *words, str(tmp_path / "b.pdf"), *more, "--hand", "H1", "--format", "json"
    )
    told = json.loads(again.out)
    assert (told["recording"], told["again"], told["seconds"]) == ("R2", True, None)


def test_a_name_may_come_from_standard_input(say, tapes, monkeypatch):
    """`--sealed-name-file -` reads who the hand is, which no command line shows."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(NAME))
    path = tapes.file("b.pdf", b"%PDF")
    words = ("docket", "add", str(tapes.docket.folder), str(path), "--by", "V1")
    said = say(*words, "--grade", "published", "--new-hand", "--sealed-name-file", "-")
    assert said.code == 0
    assert "nobody can tell whether the hand is new" in said.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "who handed it over?"),
        (("--hand", "H1", "--new-hand"), "is a hand new that is known?"),
        (("--hand", "H1", "--sealed-name-file", "x"), "whose name is that?"),
        (("--new-hand", "--sealed-name-file", "empty"), "holds no name"),
        (("--new-hand", "--sealed-name-file", "odd"), "is no text in UTF-8"),
        (("--hand", "H7"), "there is no such object"),
        (("--new-hand", "--until", "soon"), "`soon` is no date"),
        (("--new-hand", "--by", "V9"), "there is no such object"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_is_read(say, tapes, words, message):
    """What is said of a file is looked at first: nothing is received then."""
    tapes.file("empty", b" \n")
    tapes.file("odd", b"\xff\xff")
    told = [
        str(tapes.folder / one) if one in ("empty", "odd", "x") else one
        for one in words
    ]
    by = () if "--by" in words else ("--by", "V1")
    path = tapes.file("b.pdf", b"%PDF")
    command = ("docket", "add", str(tapes.docket.folder), str(path))
    said = say(*command, "--grade", "third-hand", *by, *told)
    assert (said.code, message in said.err) == (2, True), said.err
    assert len(tapes.held(Recording)) == 1


def test_a_docket_is_verified_without_and_with_its_key(say, tapes, key):
    """Without the key what lies there is compared, with it every second."""
    words = ("docket", "verify", str(tapes.docket.folder))
    bare = say(*words)
    assert (bare.code, "not opened" in bare.out) == (0, True)
    assert "not proved: that a meeting took place" in bare.out
    whole = say(*words, *key)
    assert (whole.code, "1 opened, 5 blocks as logged" in whole.out) == (0, True)
    assert tapes.held(Handling)[-1].object.detail["for"] == "verify"


def test_what_does_not_verify_ends_with_12(say, tapes):
    """A changed original is named, for people and for programs."""
    (path,) = (tapes.docket.folder / "originals").glob("*.age")
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)
    words = ("docket", "verify", str(tapes.docket.folder))
    said = say(*words)
    assert said.code == 12
    assert "wrong       R1: its sealed original was changed" in said.out
    assert "nothing changed since it was logged" not in said.out
    told = json.loads(say(*words, "--format", "json").out)
    assert (told["verifies"], told["problems"][0]["at"]) == (False, "R1")
    assert (told["opened"], told["schema"]) == (None, "ringfence-docket-verify/1")


def test_a_statement_is_played_into_a_file(say, tapes, key, tmp_path):
    """What is written are its samples; that it was opened is in the ledger."""
    tapes.state(tapes.held(Recording)[0].ref, "nobody can", Span(RATE, RATE * 2))
    out = tmp_path / "s.wav"
    words = ("docket", "play", str(tapes.docket.folder), "S1", *key)
    assert say(*words, "-o", str(out)).code == 0
    with wave.open(str(out)) as file:
        assert file.readframes(RATE * 9) == SAMPLES[RATE : RATE * 2].tobytes()
    steps = [one.object.step for one in tapes.held(Handling)]
    assert steps[-2:] == ["decrypted", "played"]


def test_where_nothing_plays_sound_nothing_is_opened(say, tapes, key, monkeypatch):
    """Without a player the way out is told, and nothing is logged."""
    monkeypatch.setenv("PATH", "")
    said = say("docket", "play", str(tapes.docket.folder), "R1", *key)
    assert (said.code, "nothing here plays sound" in said.err) == (2, True)
    assert tapes.held(Handling)[-1].object.step == "sealed"


def test_a_player_gets_the_sound(say, tapes, key, tmp_path, monkeypatch):
    """A program that plays is handed a WAV file on its standard input."""
    player = tmp_path / "aplay"
    player.write_text(f"#!/bin/sh\n/bin/cat > {tmp_path}/heard.wav\n")
    player.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    command = ("docket", "play", str(tapes.docket.folder), "R1", "--from", "4", *key)
    assert say(*command).code == 0
    content = (tmp_path / "heard.wav").read_bytes()
    assert content[44:] == SAMPLES[RATE * 4 :].tobytes()
    player.write_text("#!/bin/sh\nexit 3\n")
    assert say(*command).code == 1


def test_the_key_may_be_named_by_the_environment(say, tapes, tmp_path, monkeypatch):
    """`RINGFENCE_DOCKET_IDENTITY` names the file; without both it is asked for."""
    words = ("docket", "play", str(tapes.docket.folder), "R1", "--by", "V1")
    out = ("-o", str(tmp_path / "r.wav"))
    bare = say(*words, *out)
    assert (bare.code, "takes the key of the docket" in bare.err) == (2, True)
    key = tmp_path / "keys/docket.key"
    monkeypatch.setenv("RINGFENCE_DOCKET_IDENTITY", str(key))
    assert say(*words, *out).code == 0


def test_a_clip_is_checked_without_ringfence(say, tapes, key, tmp_path, capsys):
    """What `clip` writes, the independent checker accepts, and no bit more or less."""
    words = ("docket", "clip", str(tapes.docket.folder), "R1", *key)
    said = say(*words, "--from", "0:01", "--to", "0:03", "-o", str(tmp_path / "clip"))
    assert said.code == 0
    assert "whose voices these are" in said.err
    assert "python -m ringfence_verify" in said.err
    assert "ringfence ledger key list" in said.err
    public = str(read_charter(RealDisk(tapes.docket.ledger)).keys[0])
    assert check([str(tmp_path / "clip"), "--log-key", public]) == 0
    assert "0:01 to 0:03 of 0:05" in capsys.readouterr().out
    assert tapes.held(Handling)[-1].object.step == "exported"


def test_custody_says_no_less_than_what_a_clip_holds(say, tapes, key, tmp_path):
    """A clip is of whole seconds, and so is what the ledger says of it."""
    words = ("docket", "clip", str(tapes.docket.folder), "R1", *key)
    for start, end, logged in (
        ("0:01.5", "0:02.5", {"from": "0:00:01.000", "to": "0:00:03.000"}),
        ("0:01", "0:02", {"from": "0:00:01.000", "to": "0:00:02.000"}),
    ):
        folder = str(tmp_path / start.replace(":", ""))
        assert say(*words, "--from", start, "--to", end, "-o", folder).code == 0
        assert tapes.held(Handling)[-1].object.detail == logged


def test_a_recording_is_destroyed(say, tapes):
    """`destroy` says what it doesn't reach; the docket verifies after it."""
    words = ("docket", "destroy", str(tapes.docket.folder), "R1", "--by", "V1")
    said = say(*words, "--reason", "request")
    assert (said.code, "backups" in said.err) == (0, True)
    assert "its statements went with it" in said.err
    assert [*(tapes.docket.folder / "originals").iterdir()] == []
    listed = say("docket", "list", str(tapes.docket.folder), "custody").out
    assert "destroyed, R1, V1, reason request\n" in listed
    assert say("docket", "verify", str(tapes.docket.folder)).code == 0
    assert say(*words, "--reason", "whim").code == 2
