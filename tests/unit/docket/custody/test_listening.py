"""Listening, clips and destruction: what is opened, and what is logged of it."""

from __future__ import annotations

import io
import wave

import msgspec
import pytest

from ringfence.docket import clipping
from ringfence.docket.destroying import destroy, destroyed, unfinished
from ringfence.docket.finding.index import Index
from ringfence.docket.listening import heard, log, stretch
from ringfence.docket.objects import RATE, Handling, Hearing, Recording, Span, Statement
from ringfence.docket.originals import Originals
from ringfence.docket.words import Custody
from ringfence.errors import ConfigError, ProofError
from ringfence.ledger.keeping.opening import writing
from ringfence.ledger.keeping.payloads import Payloads, erase
from ringfence.ledger.writer.disk import RealDisk
from tests.taped import TIME, noise, said, taped, wav

SAMPLES = noise(RATE * 9 + 100)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    there = taped(tmp_path_factory.mktemp("made"))
    there.add("call.wav", wav(SAMPLES))
    return there


@pytest.fixture
def tapes(made, tmp_path):
    return made.copied(tmp_path)


def test_what_is_no_time_is_refused(tapes):
    """A time that people would not write is named with its option."""
    with (
        tapes.index() as index,
        pytest.raises(ConfigError, match=r"--to: .* is no time"),
    ):
        stretch(index, "R1", end="1:60")


def test_a_statement_has_its_own_stretch(tapes):
    """Of a statement its span is heard; times that are told come before it."""
    ref = tapes.held(Recording)[0].ref
    tapes.state(ref, "nobody can", Span(RATE, RATE * 3))
    with tapes.index() as index:
        assert stretch(index, "S1").span == Span(RATE, RATE * 3)
        assert stretch(index, "S1", None, "0:02").span == Span(RATE, RATE * 2)
        assert stretch(index, "R1").span == Span(0, len(SAMPLES))
        assert stretch(index, "R1", "8").span == Span(RATE * 8, len(SAMPLES))


def test_what_cannot_be_heard_is_told(tapes):
    """A document, a reviewer, and a stretch that isn't there can't be heard."""
    tapes.add("a.pdf", b"a", hand=tapes.recording().hand)
    with tapes.index() as index:
        for thing, start, message in (
            ("R2", None, "is no sound"),
            ("V1", None, "can't be heard"),
            ("R3", None, "there is no such object"),
            ("R1", "0:10", "has no stretch from 0:00:10.000 to 0:00:09.006"),
        ):
            with pytest.raises(ConfigError, match=message):
                stretch(index, thing, start)


def test_it_is_logged_before_it_is_opened(tapes):
    """That it was opened, and what for, is in the ledger without the key."""
    with tapes.index() as index:
        what = stretch(index, "R1", "1", "2.5")
        opened, played = log(index, what, Custody.PLAYED, by=tapes.by, time=TIME)
    assert (said(opened).step, said(opened).detail) == (
        "decrypted",
        {"for": "played"},
    )
    assert said(played).detail == {"from": "0:00:01.000", "to": "0:00:02.500"}
    assert (heard(tapes.docket, what, tapes.keys) == SAMPLES).all()
    with pytest.raises(ProofError, match="sealed to other keys"):
        heard(tapes.docket, what, tapes.names)


def test_nobody_opens_what_is_not_logged(tapes):
    """A reviewer that isn't there opens nothing, and nothing is logged."""
    with tapes.index() as index:
        what = stretch(index, "R1")
        with pytest.raises(ConfigError, match="no such reviewer"):
            log(index, what, Custody.PLAYED, by="0" * 64, time=TIME)
    assert [one.object.step for one in tapes.held(Handling)] == ["sealed", "sealed"]


def test_a_clip_holds_whole_seconds_and_nothing_else(tapes):
    """A clip's sound are its blocks, whatever part of a second was asked for."""
    with tapes.index() as index:
        what = stretch(index, "R1", "2.5", "4.1")
    made = clipping.clip(tapes.docket, what, SAMPLES)
    with wave.open(io.BytesIO(made.wav)) as file:
        content = file.readframes(file.getnframes())
    assert content == SAMPLES[2 * RATE : 5 * RATE].tobytes()
    assert (made.first, made.last, len(made.wav)) == (2, 4, 44 + 6 * RATE)
    for told in ("call.wav", tapes.recording().content, tapes.recording().hand):
        assert told.encode() not in made.json


def test_a_clip_of_other_samples_is_refused(tapes):
    """Samples that aren't those that were logged make no clip."""
    with tapes.index() as index:
        what = stretch(index, "R1")
    with pytest.raises(ProofError, match="another tree than was logged"):
        clipping.clip(tapes.docket, what, noise(len(SAMPLES), seed=2))


# --- destroying -----------------------------------------------------------------------


def said_of(tapes) -> list[str]:
    """Bring in a statement and a hearing of it; return their refs."""
    ref = tapes.held(Recording)[0].ref
    said = tapes.state(ref, "nobody can", Span(0, RATE)).ref
    heard_ = tapes.docket.append([Hearing(said, tapes.by, "nobody can")], TIME)[0].ref
    return [said, heard_]


@pytest.mark.parametrize(("reason", "stays"), [("request", 0), ("retention", 2)])
def test_what_is_destroyed_is_gone_and_said_so(tapes, reason, stays):
    """The original goes, what it said goes by its reason; the ledger says why."""
    ref, content = tapes.held(Recording)[0].ref, tapes.recording().content
    refs = said_of(tapes)
    step = destroy(tapes.docket, "R1", by="Ada", reason=reason, time=TIME)
    assert said(step).detail == {"original": content, "reason": reason}
    assert not Originals(tapes.docket).holds(content)
    assert Originals(tapes.docket).leaves(content) is None
    payloads = Payloads(RealDisk(tapes.docket.ledger))
    assert payloads.is_erased(ref)
    assert sum(payloads.holds(one) for one in refs) == stays
    assert len(tapes.held(Statement)) == stays // 2
    with tapes.index() as index:
        assert [*destroyed(index)] == [ref]


def test_to_destroy_again_adds_nothing(tapes):
    """A second run, whoever starts it, finds that all is done."""
    destroy(tapes.docket, "R1", by="V1", reason="order", time=TIME)
    size = tapes.docket.signed().size
    again = destroy(tapes.docket, "R1", by="V1", reason="mistake", time=TIME)
    assert said(again).detail["reason"] == "order"
    assert tapes.docket.signed().size == size
    assert unfinished(tapes.docket) == []


def test_an_original_that_came_again_stays(tapes):
    """What was destroyed and received again is another recording, and stays."""
    destroy(tapes.docket, "R1", by="V1", reason="mistake", time=TIME)
    again = tapes.add("call.wav", wav(SAMPLES))
    assert not again.again
    destroy(tapes.docket, "R1", by="V1", reason="mistake", time=TIME)
    assert Originals(tapes.docket).holds(again.held.object.content)


def test_what_is_erased_otherwise_is_told(tapes):
    """A recording whose payload was erased can't be heard, nor destroyed by a name."""
    ref = tapes.held(Recording)[0].ref
    with writing(tapes.docket.ledger) as ledger:
        payloads = Payloads(RealDisk(tapes.docket.ledger))
        erase(payloads, ref, ledger.append, time=TIME, reason="order")
        ledger.publish()
    with tapes.index() as index, pytest.raises(ConfigError, match="was erased"):
        stretch(index, "R1")
    with pytest.raises(ConfigError, match="was erased"):
        destroy(tapes.docket, "R1", by="V1", reason="order", time=TIME)


def test_a_destroyed_recording_is_not_heard(tapes):
    """If its original is gone and the ledger says so, that is what is told."""
    tapes.docket.append(
        [Handling(Custody.DESTROYED, tapes.held(Recording)[0].ref)], TIME
    )
    Originals(tapes.docket).remove(tapes.recording().content)
    with tapes.index() as index, pytest.raises(ConfigError, match="was destroyed"):
        stretch(index, "R1")


ELSEWHERE = {
    "body": "",
    "the next": "UPDATE object SET place = place + 1 WHERE kind = 'statement'",
    "none": "UPDATE object SET place = -1 WHERE kind = 'statement'",
}


@pytest.mark.parametrize("change", ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_is_opened_the_ledger_says(tapes, change):
    """An index that names other seconds, or another entry, opens nothing."""
    spoken = Statement(tapes.held(Recording)[0].ref, "so", Span(0, RATE))
    tapes.docket.append([spoken], TIME)
    with Index(tapes.docket) as index:
        stretch(index, "S1")
        if not change:
            forged = msgspec.structs.replace(spoken, span=Span(RATE, 2 * RATE))
            index.database.execute(
                "UPDATE object SET body = ? WHERE kind = 'statement'",
                (msgspec.msgpack.encode(forged),),
            )
        else:
            index.database.executescript(change)
        index.forget()
        with pytest.raises(ProofError, match="what the ledger doesn't"):
            stretch(index, "S1")
