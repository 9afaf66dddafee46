"""Transcripts in a docket: what the ledger says of them, and of who opened what."""

from __future__ import annotations

import pytest

from ringfence.docket.folder import Docket
from ringfence.docket.objects import RATE, Transcript
from ringfence.docket.sealing import new_identity, read_identities
from ringfence.docket.transcripts.running import Listeners
from ringfence.docket.transcripts.transcribing import bring, extract, transcribe
from ringfence.errors import ConfigError, ProofError, RingfenceError, SourceError
from tests.listening import Killed, Stub, sound
from tests.transcribing import MAIL, MESSAGES, desk, wav

PAPERS = {
    "note.txt": b"nobody there can",
    "mail.eml": MAIL,
    "chat.jsonl": MESSAGES,
    "scan.pdf": b"%PDF-1.7 ...",
    "empty.txt": b" \n",
}


@pytest.fixture(scope="module")
def founded(tmp_path_factory):
    """Found both dockets once; tests get copies."""
    folder = tmp_path_factory.mktemp("founded")
    for name, content in PAPERS.items():
        (folder / name).write_bytes(content)
    tape = wav(folder / "call.wav", sound(5))
    return {
        "tape": desk(folder / "tape", tape, language="en-GB"),
        "papers": desk(folder / "papers", *(folder / name for name in PAPERS)),
    }


@pytest.fixture
def tape(founded, tmp_path):
    """Return a docket that holds one sound of five seconds."""
    return founded["tape"].copied(tmp_path / "copy")


@pytest.fixture
def papers(founded, tmp_path):
    """Return a docket that holds documents."""
    return founded["papers"].copied(tmp_path / "copy")


def listeners(bringing, **changes) -> Listeners:
    return Listeners(Stub(**changes), reviewer=bringing.by)


def test_a_transcript_and_its_steps_of_custody_are_logged(tape):
    """The ledger says that the recording was opened, and then what came of it."""
    bringing = tape.bringing()
    held = transcribe(bringing, listeners(bringing), tape.identities)
    assert isinstance(held.object, Transcript)
    assert [word.end // RATE for word in held.object.words] == [1, 2, 3, 4, 5]
    assert bringing.index.number(held.ref) == "T1"
    logged = [one.object for one in Docket(tape.folder).held()]
    assert held.object in logged
    assert tape.steps()[-2:] == [
        "decrypted transcribed",
        f"transcribed stub 1 {held.ref}",
    ]


def test_a_recording_is_opened_only_after_the_ledger_says_so(tape):
    """A run that is killed while it listens has logged that somebody could listen."""
    bringing = tape.bringing()
    with pytest.raises(Killed):
        transcribe(bringing, listeners(bringing, dies=0), tape.identities)
    assert tape.steps()[-1] == "decrypted transcribed"
    held = transcribe(tape.bringing(), listeners(bringing), tape.identities)
    assert tape.bringing().index.number(held.ref) == "T1"


def test_a_wrong_key_opens_nothing(tape, tmp_path):
    """Who lacks the docket's key gets no word of a recording."""
    new_identity(tmp_path / "other.key")
    keys = read_identities(tmp_path / "other.key")
    bringing = tape.bringing()
    with pytest.raises(ProofError):
        transcribe(bringing, listeners(bringing), keys)
    assert bringing.index.counts()["transcript"] == 0


def test_a_document_cannot_be_listened_to(papers):
    """A document is refused with the command that brings its text."""
    bringing = papers.bringing("R1")
    with pytest.raises(ConfigError, match="R1: is no sound") as raised:
        transcribe(bringing, listeners(bringing), papers.identities)
    assert "transcript import" in (raised.value.problems[0].hint or "")


def test_a_second_transcript_stands_beside_the_first(tape):
    """Transcripts are never changed: another engine's is another transcript."""
    for _ in range(2):
        bringing = tape.bringing()
        held = transcribe(bringing, listeners(bringing), tape.identities)
    assert bringing.index.number(held.ref) == "T2"


@pytest.mark.parametrize("human", [True, False])
def test_a_transcript_that_is_brought_says_whose_it_is(tape, human):
    """Format and digest of the file are kept, its name isn't: it may tell who speaks."""
    content = b"WEBVTT\n\n00:01.000 --> 00:02.000\nso we"
    held, found = bring(tape.bringing(), content, "ann.vtt", human=human)
    one = held.object
    assert isinstance(one, Transcript)
    assert (one.words, one.language) == (found.words, "en-GB")
    assert one.origin.by == ("human" if human else "machine")
    assert one.origin.engine == "WebVTT"
    assert list(one.origin.parameters) == ["file"]
    assert "ann" not in str(one)
    assert tape.steps()[-1] == f"transcribed brought in {held.ref}"


def test_a_transcript_of_a_longer_recording_is_refused(tape):
    """A transcript whose cues lie behind the recording's end isn't this recording's."""
    with pytest.raises(SourceError, match="behind the recording's end"):
        bring(tape.bringing(), b"[00:01:00] so", "t", human=True)
    assert tape.bringing().index.counts()["transcript"] == 0


@pytest.mark.parametrize(
    ("number", "words", "notes"),
    [
        ("R1", "nobody there can", ()),
        (
            "R2",
            "They run as a service account.",
            ("1 parts of the e-mail are no plain text, and were left out",),
        ),
        (
            "R3",
            "who can see it everybody",
            ("1 lines say nothing in `text`, `body`, `message` or `content`",),
        ),
    ],
)
def test_the_text_of_a_document_becomes_words_without_times(
    papers, number, words, notes
):
    """Plain text, an e-mail's body and messages; not who wrote to whom."""
    held, found = extract(papers.bringing(number), papers.identities)
    assert isinstance(held.object, Transcript)
    assert " ".join(word.text for word in held.object.words) == words
    assert {(word.start, word.end) for word in held.object.words} == {(0, 0)}
    assert found.notes == notes


@pytest.mark.parametrize(
    ("number", "told"),
    [("R4", "R4: is no plain text"), ("R5", "R5: holds no word that can be read")],
)
def test_what_is_not_plain_is_refused(papers, number, told):
    """A PDF or an empty page is one error; its text can be brought in a file."""
    with pytest.raises(SourceError) as raised:
        extract(papers.bringing(number), papers.identities)
    assert str(raised.value).startswith(told)
    held, _ = bring(papers.bringing(number), b"so we", "t", human=True)
    assert isinstance(held.object, Transcript)


def test_a_sound_has_no_text_of_its_own(tape):
    """Without a file there is nothing to bring of a sound."""
    with pytest.raises(ConfigError, match="R1: is a sound"):
        extract(tape.bringing(), tape.identities)


def test_an_original_that_is_gone_is_not_said_to_be_opened(papers):
    """Where the original isn't there, no step of custody says that it was opened."""
    before = papers.steps()
    for path in (papers.folder / "originals").glob("*.age"):
        path.unlink()
    with pytest.raises(ConfigError, match="its original is not there"):
        extract(papers.bringing(), papers.identities)
    assert papers.steps() == before


def test_transcript_and_custody_are_kept_together_or_not_at_all(tape, monkeypatch):
    """If the ledger fails neither is there, and the work isn't lost."""
    bringing = tape.bringing()
    whole = Docket.append

    def failing(self, objects, time):
        if len(objects) > 1:
            raise RingfenceError("the disk is full")
        return whole(self, objects, time)

    monkeypatch.setattr(Docket, "append", failing)
    with pytest.raises(RingfenceError, match="the disk is full"):
        transcribe(bringing, listeners(bringing), tape.identities)
    monkeypatch.undo()
    assert tape.index().counts()["transcript"] == 0
    engine = Stub()
    transcribe(
        tape.bringing(), Listeners(engine, reviewer=bringing.by), tape.identities
    )
    assert engine.asked == 0
