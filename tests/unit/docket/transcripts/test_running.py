"""A run: stretch by stretch, killed anywhere, the same transcript in the end."""

from __future__ import annotations

import stat

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.docket.objects import RATE, Span, Transcript, Word
from ringfence.docket.transcripts import running
from ringfence.docket.transcripts.activity import chunked
from ringfence.docket.transcripts.engine import EngineError
from ringfence.docket.transcripts.resuming import WORK, forget
from ringfence.docket.transcripts.running import Listeners, listened
from ringfence.errors import RingfenceError
from tests.listening import TEXTS, Killed, Stub, sound

RECORDING = "5" * 64
SECONDS = 12


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Cut every recording into stretches of three seconds."""

    def cut(samples):
        return chunked(len(samples), 3 * RATE), "a test"

    monkeypatch.setattr(running, "stretches", cut)


def run(
    folder, engine, second=None, *, samples=None, tell=lambda _: None
) -> Transcript:
    """Run to the end, and return the transcript."""
    kept: list[Transcript] = []
    listened(
        folder,
        RECORDING,
        sound(SECONDS) if samples is None else samples,
        Listeners(engine, second, reviewer="7" * 64),
        keep=kept.append,
        tell=tell,
    )
    (one,) = kept
    return one


def test_words_lie_where_they_are_said(tmp_path):
    """A word's samples count from the beginning of the recording, not of its stretch."""
    one = run(tmp_path, Stub())
    assert [word.text for word in one.words] == [TEXTS[n % 7] for n in range(1, 13)]
    spans = [(word.start, word.end) for word in one.words]
    assert spans == [(n * RATE, (n + 1) * RATE) for n in range(SECONDS)]
    assert {word.agrees for word in one.words} == {None}


def test_a_transcript_says_who_wrote_it_and_how(tmp_path):
    """Engine, version, model with digest, parameters, second engine, reviewer."""
    one = run(tmp_path, Stub(), Stub("other"))
    assert msgspec.to_builtins(one.origin) == {
        "by": "machine",
        "engine": "stub",
        "version": "1",
        "model": f"stub:{'0' * 64}",
        "parameters": {
            "language": "en",
            "speech found by": "a test",
            "listened to": "12.0 of 12.0 s",
            "second": "other 1",
            "second model": f"stub:{'0' * 64}",
        },
        "reviewer": "7" * 64,
    }
    assert one.language == "en"


@pytest.mark.parametrize("died", range(4))
def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path, died):
    """What was finished isn't listened to again, and the transcript is the same."""
    whole = run(tmp_path, Stub())
    with pytest.raises(Killed):
        run(tmp_path, Stub(dies=died))
    engine = Stub()
    assert run(tmp_path, engine) == whole
    assert engine.asked == 4 - died


@given(st.data())
@settings(max_examples=30)
def test_a_line_that_was_cut_short_counts_as_none(tmp_path_factory, data):
    """However few bytes of the work reached the disk, the transcript is the same."""
    folder = tmp_path_factory.mktemp("cut")
    whole = run(folder, Stub(), Stub("other"))
    with pytest.raises(Killed):
        run(folder, Stub(), Stub("other", dies=data.draw(st.integers(0, 3))))
    (path,) = (folder / WORK).iterdir()
    content = path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    assert run(folder, Stub(), Stub("other")) == whole


@pytest.mark.parametrize(
    "wrong", [b"\xff\n", b"{}\n", b"[]\n", b'{"number": 3, "words": []}\n']
)
def test_work_that_nobody_understands_is_done_again(tmp_path, wrong):
    """A line of something else ends what counts as finished, and is no traceback."""
    whole = run(tmp_path, Stub())
    with pytest.raises(Killed):
        run(tmp_path, Stub(dies=2))
    (path,) = (tmp_path / WORK).iterdir()
    head, first, _second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(head + first + wrong + b"more\n")
    engine = Stub()
    assert run(tmp_path, engine) == whole
    assert engine.asked == 3
    path.write_bytes(wrong)
    assert run(tmp_path, Stub()) == whole


@pytest.mark.parametrize("change", ["engine", "second", "samples"])
def test_work_of_another_run_is_not_taken(tmp_path, change):
    """Another engine, another second one or another sound begins anew."""
    with pytest.raises(Killed):
        run(tmp_path, Stub(dies=2))
    engine = Stub("better" if change == "engine" else "stub")
    second = Stub("other") if change == "second" else None
    samples = sound(SECONDS)
    samples[0] += change == "samples"
    run(tmp_path, engine, second, samples=samples)
    assert engine.asked == 4


def test_the_work_is_its_owners_alone_and_goes_when_it_is_kept(tmp_path):
    """What is said lies where nobody else reads it, and no longer than need be."""
    with pytest.raises(Killed):
        run(tmp_path, Stub(dies=1))
    work = tmp_path / WORK
    (path,) = work.iterdir()
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (work, path)]
    assert modes == [0o700, 0o600]
    run(tmp_path, Stub())
    assert list(work.iterdir()) == []


def test_work_goes_with_its_recording_and_no_other(tmp_path):
    """When a recording is destroyed, what was written down of it is too."""
    with pytest.raises(Killed):
        run(tmp_path, Stub(dies=1))
    assert (forget(tmp_path, "6" * 64), forget(tmp_path, RECORDING)) == (0, 1)
    assert list((tmp_path / WORK).iterdir()) == []


def test_the_work_stays_until_the_transcript_is_kept(tmp_path):
    """If the ledger can't be written, nothing has to be listened to again."""

    def full(_):
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        listened(tmp_path, RECORDING, sound(SECONDS), Listeners(Stub()), keep=full)
    engine = Stub()
    run(tmp_path, engine)
    assert engine.asked == 0


def test_two_runs_of_one_recording_do_not_meet(tmp_path):
    """Who comes second is told that somebody is at it, and spoils nothing."""

    class Meeting(Stub):
        def words(self, samples):
            with pytest.raises(RingfenceError, match="another run transcribes this"):
                run(tmp_path, Stub())
            return super().words(samples)

    assert len(run(tmp_path, Meeting()).words) == SECONDS


def test_it_is_told_how_far_a_run_is(tmp_path):
    """Somebody who waits for an hour of sound sees at which minute it is."""
    told: list[str] = []
    run(tmp_path, Stub(), tell=told.append)
    assert told[1:3] == [
        "listening at 00:00:03 of 00:00:12",
        "listening at 00:00:06 of 00:00:12",
    ]


def test_a_broken_engine_is_an_error_with_its_place(tmp_path):
    """Whatever an engine raises is one line that says where, and that work is kept."""

    class Broken(Stub):
        def words(self, samples):
            if self.asked:
                raise ValueError("out of tune\nand more")
            return super().words(samples)

    with pytest.raises(EngineError) as raised:
        run(tmp_path, Broken())
    assert str(raised.value).startswith(
        "00:00:03: the engine `stub` failed: out of tune"
    )
    engine = Stub()
    run(tmp_path, engine)
    assert engine.asked == 3


def test_words_beyond_their_stretch_or_out_of_order_are_brought_back(tmp_path):
    """No engine can place a word outside of what it listened to, or before another."""

    class Wild(Stub):
        def words(self, _):
            yield Word("so we", -5, RATE, 0.5)
            yield Word("keep", 10, 5)
            yield Word("it\n", 9 * RATE, 99 * RATE)

    words = run(tmp_path, Wild(), samples=sound(2)).words
    assert words == (
        Word("so", 0, RATE // 2, 0.5),
        Word("we", RATE // 2, RATE, 0.5),
        Word("keep", RATE // 2, RATE // 2),
        Word("it", 2 * RATE, 2 * RATE),
    )


def test_a_word_that_the_second_engine_heard_otherwise_is_in_doubt(tmp_path):
    """Each stretch is compared with what the second engine heard in the same one."""

    class Other(Stub):
        def words(self, samples):
            for number, word in enumerate(super().words(samples)):
                wrong = number == 1
                yield msgspec.structs.replace(word, text="lose" if wrong else word.text)

    words = run(tmp_path, Stub(), Other("other")).words
    assert [word.agrees for word in words] == [True, False, True] * 4


def test_silence_gives_a_transcript_of_no_words(tmp_path, monkeypatch):
    """Where nobody speaks no engine is asked, and the transcript says so: it is empty."""
    monkeypatch.setattr(running, "stretches", lambda _: (list[Span](), "a test"))
    engine = Stub()
    assert (run(tmp_path, engine).words, engine.asked) == ((), 0)
