"""`ringfence docket transcribe` and `transcript`, as somebody types them."""

from __future__ import annotations

import importlib.util
import json

import pytest

from ringfence.docket.transcripts import engine as room
from ringfence.docket.transcripts import running
from ringfence.docket.transcripts.activity import chunked
from ringfence.errors import ConfigError
from tests.listening import Stub, sound
from tests.transcribing import desk, wav

MARKS = b"[00:00:01] So we keep\n[00:00:03] it all\n"


@pytest.fixture
def tapes(tmp_path):
    """Return a docket of a sound and a document, in the folder that commands run in."""
    note = tmp_path / "note.txt"
    note.write_bytes(b"nobody there can")
    (tmp_path / "said.txt").write_bytes(MARKS)
    return desk(tmp_path, wav(tmp_path / "call.wav", sound(5)), note)


@pytest.fixture
def heard(monkeypatch):
    """Have engines at hand that need no extra."""

    def opened(name, _model=None, _language=""):
        if name == "none of ours":
            raise ConfigError(f"unknown engine `{name}`")
        return Stub(name, prob=0.4 if name == "unsure" else 0.9)

    def cut(samples):
        return chunked(len(samples)), "a test"

    monkeypatch.setattr(room, "engine", opened)
    monkeypatch.setattr(running, "stretches", cut)


def transcribe(say, tapes, *words):
    key = ("--by", "V1", "--identity", str(tapes.key))
    return say("docket", "transcribe", str(tapes.folder), "R1", *key, *words)


def show(say, tapes, *words):
    return say("docket", "transcript", "show", str(tapes.folder), *words)


@pytest.mark.usefixtures("heard")
def test_a_recording_is_transcribed_and_shown(say, tapes):
    """Two engines listen; what is shown says that it is an index, and by whom."""
    said = transcribe(say, tapes)
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "T1  R1  5 words, 0 of them in doubt\n"
        "    By whisper 1, model stub (000000000000); beside it moonshine 1; "
        "listened to 5.0 of 5.0 s\n"
    )
    told = show(say, tapes, "T1").out
    assert told.splitlines()[0] == (
        "T1, written by a machine from R1. "
        "A machine transcript is an index for finding, never the quote."
    )
    assert told.splitlines()[-1] == "[00:00:00] we keep it all in"


@pytest.mark.usefixtures("heard")
def test_doubt_is_marked_in_every_format(say, tapes):
    """Text, WebVTT and JSON each say of each word that it is in doubt."""
    said = transcribe(say, tapes, "--engine", "unsure", "--second", "none")
    assert "5 words, 5 of them in doubt" in said.out
    assert "no second engine" in said.err
    assert "[we?] [keep?]" in show(say, tapes, "T1").out
    vtt = show(say, tapes, "T1", "--format", "vtt").out
    assert vtt.startswith("WEBVTT\n\nNOTE A machine")
    assert vtt.count("<c.doubt>") == 5
    told = json.loads(show(say, tapes, "T1", "--format", "json").out)
    assert {word["doubt"] for word in told["words"]} == {True}
    assert (told["recording"], told["rate"]) == ("R1", 16_000)


def test_a_missing_extra_is_one_line_and_how_to_get_it(say, tapes):
    """Without the extra nothing is opened, and the line that installs it is told."""
    if importlib.util.find_spec("faster_whisper") is not None:
        pytest.skip("the extra is installed here")
    before = tapes.steps()
    said = transcribe(say, tapes)
    assert said.code == 2
    assert said.err.splitlines()[:2] == [
        "the engine `whisper` needs `faster_whisper`, not installed",
        '  help: pip install "ringfence[speech]"',
    ]
    assert tapes.steps() == before


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--engine", "none of ours"), "unknown engine `none of ours`"),
        (("--second", "whisper"), "--second: `whisper` is the first engine"),
    ],
)
def test_what_is_typed_wrong_is_one_error(say, tapes, words, told):
    """A slip of the pen ends with 2, a line that says what, and no transcript."""
    said = transcribe(say, tapes, *words)
    assert said.code == 2
    assert told in said.err
    assert tapes.index().counts()["transcript"] == 0


def test_a_transcript_is_brought_in_and_shown_as_a_persons(say, tapes):
    """What a person wrote is told as such; the name of the file isn't kept."""
    folder = str(tapes.folder)
    said = say(
        "docket",
        "transcript",
        "import",
        folder,
        "R1",
        "said.txt",
        "--by",
        "V1",
        "--human",
    )
    assert said.out == "T1  R1  5 words, written by a person\n"
    told = show(say, tapes, "T1").out
    assert told.startswith("T1, written by a person from R1; 5 words.\n")
    assert "said.txt" not in told
    exported = show(say, tapes, "T1", "--format", "vtt").out
    assert "NOTE" not in exported


def test_a_document_gives_its_own_text(say, tapes):
    """Without a file the words come out of the original, which takes the key."""
    words = ("docket", "transcript", "import", str(tapes.folder), "R2", "--by", "V1")
    assert "--identity: takes the key of the docket" in say(*words).err
    said = say(*words, "--identity", str(tapes.key))
    assert said.out == (
        "T1  R2  3 words, and nothing says which are in doubt\n"
        "    Brought in: plain text\n"
    )
    assert show(say, tapes, "T1").out.endswith("\nnobody there can\n")
    assert show(say, tapes, "T1", "--format", "vtt").code == 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"so we", "bad.txt:1: is said at no time"),
        (b"WEBVTT\n\nso", "bad.txt:3: is no cue and no note"),
        (b"[99:00:00] so", "bad.txt:1: the cue lies behind the recording's end"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_line(
    say, tapes, tmp_path, content, told
):
    """A flaw of the file is its name and line, and nothing is brought in."""
    (tmp_path / "bad.txt").write_bytes(content)
    folder = str(tapes.folder)
    said = say("docket", "transcript", "import", folder, "R1", "bad.txt", "--by", "V1")
    assert (said.code, said.err.startswith(told)) == (2, True)
    assert tapes.index().counts()["transcript"] == 0


def test_what_was_left_out_is_noted(say, tapes, tmp_path):
    """Names of voices are left out of a transcript, and whoever brings it is told."""
    content = b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>so we"
    (tmp_path / "voices.vtt").write_bytes(content)
    folder = str(tapes.folder)
    said = say(
        "docket", "transcript", "import", folder, "R1", "voices.vtt", "--by", "V1"
    )
    assert said.err.startswith("note: 1 names of voices were left out")
    assert said.code == 0


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    ("recording", "by"), [("R9", "V1"), ("R1", "V2"), ("R2", "V1")]
)
def test_who_or_what_is_not_there_transcribes_nothing(say, tapes, recording, by):
    """A recording or a reviewer that the docket doesn't hold, or a document: one error."""
    key = ("--identity", str(tapes.key))
    said = say("docket", "transcribe", str(tapes.folder), recording, "--by", by, *key)
    assert said.code == 2
    assert tapes.index().counts()["transcript"] == 0


@pytest.mark.parametrize("number", ["T1", "R1", "x"])
def test_what_is_not_there_is_not_shown(say, tapes, number):
    """A number of nothing, or of something else, is one error."""
    assert show(say, tapes, number).code == 2
