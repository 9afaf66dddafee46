"""How well speech is written down, how fast, and what the marks of doubt hold.

The clips are real speech: those of the peer data, and those of any folder besides
(`--speech FOLDER`, or RINGFENCE_SPEECH), each with its words beside it in `NAME.txt`.
A clip whose words nobody says is listened to for its speed alone. Words are compared
without case and punctuation; a number in figures is another word than one in letters.

Each set of clips is heard as it is, and once more as through a telephone in a noisy
room, where engines err often enough for a share of wrong words to mean something. Then
come the figures of search and lists (`bench/docket_search.py`). Prints one line a
figure, and writes `bench/out/docket.json`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench import docket_search
from bench.figures import Figure, told, write
from ringfence.docket.audio.decoding import decoded
from ringfence.docket.objects import RATE, Transcript, Word
from ringfence.docket.transcripts.activity import stretches
from ringfence.docket.transcripts.doubt import aligned, in_doubt, plain
from ringfence.docket.transcripts.engine import Engine, Samples, engine
from ringfence.docket.transcripts.running import Listeners, listened, named
from ringfence.errors import SourceError

PEER_DATA = Path(os.environ.get("RINGFENCE_PEER_DATA", "../shared/peer"))
SPEECH = os.environ.get("RINGFENCE_SPEECH", "")
PACKAGES = ("ringfence", "faster-whisper", "moonshine-voice", "ctranslate2", "av")
SUFFIXES = {".flac", ".m4a", ".mp3", ".oga", ".ogg", ".opus", ".wav"}
ASKED = 80
"""Percent of the wrong words that marks of doubt have to hold."""
TRUTHS: Mapping[str, str] = {
    "jfk": (
        "and so my fellow americans ask not what your country can do for you"
        " ask what you can do for your country"
    ),
    "libri_1088": (
        "as you know and as i have given you proof i have the greatest admiration in"
        " the world for one whose work for humanity has won such universal recognition"
        " i hope that we shall both forget this unhappy morning and that you will give"
        " me an opportunity of rendering to you in person"
    ),
    "libri_2412-0000": (
        "if the reader will excuse me i will say nothing of my antecedents nor of the"
        " circumstances which led me to leave my native country the narrative would be"
        " tedious to him and painful to myself"
    ),
}
"""What is said in the clips of the peer data: a speech and two books, well known."""
_NOISE = 10  # decibels that the voice is louder than the room
_BAND = (300, 3400)
Making = Callable[[Samples], Samples]


class Clip(NamedTuple):
    """A clip of real speech; `truth` is None if nobody says what is said in it."""

    name: str
    samples: Samples
    truth: str | None


class Speed(NamedTuple):
    """Seconds that a second of sound takes: by the clock, and of all processors."""

    wall: float
    processor: float


@dataclass(slots=True)
class Score:
    """How a text fares beside the truth.

    Attributes:
        true: Words of the truth.
        errors: Words that were changed, put in, or left out.
        words: Words of the text.
        marked: Words of the text that are in doubt.
        wrong: Words of the text that are none of the truth's there.
        held: Those of them that are in doubt.
        missed: Words of the truth that were left out.
        beside: Those of them that have a word in doubt beside them.
    """

    true: int = 0
    errors: int = 0
    words: int = 0
    marked: int = 0
    wrong: int = 0
    held: int = 0
    missed: int = 0
    beside: int = 0

    def add(self, words: Sequence[Word], truth: str) -> None:
        """Add a text, and what is true."""
        ours = [(n, part) for n, word in enumerate(words) for part in plain(word.text)]
        theirs = plain(truth)
        doubted = {n for n, word in enumerate(words) if in_doubt(word)}
        wrong: set[int] = set()
        before = -1
        for i, j in aligned([part for _, part in ours], theirs):
            if i is None:
                self.errors += 1
                self.missed += 1
                near = {ours[n][0] for n in (before, before + 1) if 0 <= n < len(ours)}
                self.beside += bool(near & doubted)
                continue
            before = i
            if j is None or ours[i][1] != theirs[j]:
                self.errors += 1
                wrong.add(ours[i][0])
        self.true += len(theirs)
        self.words += len(words)
        self.marked += len(doubted)
        self.wrong += len(wrong)
        self.held += len(wrong & doubted)


def clips_of(folder: Path) -> Iterator[Clip]:
    """Yield the clips of a folder, in the order of their names."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES:
            continue
        beside = path.with_suffix(".txt")
        truth = TRUTHS.get(path.stem)
        if beside.is_file():
            truth = beside.read_text(encoding="utf-8")
        try:
            samples = decoded(path.read_bytes(), path.name).samples
        except SourceError as error:
            print(f"left out: {error}")
            continue
        if truth is None:
            print(f"{path.name}: no `{beside.name}` says its words: its speed alone")
        yield Clip(path.name, samples, truth)


def as_recorded(samples: Samples) -> Samples:
    """Return a sound as it is."""
    return samples


def by_telephone(samples: Samples) -> Samples:
    """Return a sound as through a telephone in a noisy room: the same each time."""
    voice = samples.astype(np.float64)
    spectrum = np.fft.rfft(voice)
    pitch = np.fft.rfftfreq(len(voice), 1 / RATE)
    spectrum[(pitch < _BAND[0]) | (pitch > _BAND[1])] = 0
    voice = np.fft.irfft(spectrum, len(voice))
    white = np.random.default_rng(1).standard_normal(len(voice) + 7)
    room = np.convolve(white, np.ones(8) / 8, "valid")
    loud = np.sqrt(np.square(voice).mean() / np.square(room).mean())
    mixed = voice + room * loud / 10 ** (_NOISE / 20)
    cut = np.clip(np.rint(mixed), -(1 << 15), (1 << 15) - 1)
    found: Samples = cut.astype(np.int16)
    return found


def heard(samples: Samples, who: Listeners) -> Transcript:
    """Return what engines write down of a sound, as `docket transcribe` has them."""
    kept: list[Transcript] = []
    with tempfile.TemporaryDirectory() as folder:
        listened(Path(folder), "0" * 64, samples, who, keep=kept.append)
    return kept[0]


def measured(
    what: str, clips: Sequence[Clip], make: Making, engines: tuple[Engine, Engine]
) -> Iterator[Figure]:
    """Yield the figures of clips, each made into something before."""
    first, second = engines
    sounds = [(make(clip.samples), clip.truth) for clip in clips]
    for who in (Listeners(first), Listeners(second)):
        score, took = scored(sounds, who)
        name = f"{what}: {named(who.engine)}"
        yield _percent(f"{name}, word error rate", score.errors, score.true)
        yield from _speed(name, took)
    score, took = scored(sounds, Listeners(first, second))
    yield from _speed(f"{what}: both engines", took)
    yield Figure(f"{what}: words that are wrong", score.wrong, "words")
    yield _percent(
        f"{what}: wrong words that are in doubt (asked {ASKED})",
        score.held,
        score.wrong,
    )
    yield _percent(f"{what}: words that are in doubt", score.marked, score.words)
    yield Figure(f"{what}: words left out", score.missed, "words")
    yield _percent(
        f"{what}: words left out beside a word in doubt", score.beside, score.missed
    )


def scored(
    sounds: Sequence[tuple[Samples, str | None]], who: Listeners
) -> tuple[Score, Speed]:
    """Return how engines fare, and how long a second of sound takes them."""
    score, length = Score(), 0
    began = time.perf_counter(), time.process_time()
    texts = [heard(samples, who) for samples, _ in sounds]
    took = time.perf_counter() - began[0], time.process_time() - began[1]
    for text, (samples, truth) in zip(texts, sounds, strict=True):
        length += len(samples)
        if truth is not None:
            score.add(text.words, truth)
    return score, Speed(*(each * RATE / max(length, 1) for each in took))


def _speed(name: str, took: Speed) -> Iterator[Figure]:
    yield Figure(f"{name}, real-time factor", round(took.wall, 3), "s/s")
    yield Figure(f"{name}, processor time", round(took.processor, 3), "s/s")


def _percent(name: str, part: int, whole: int) -> Figure:
    if not whole:
        return Figure(f"{name} (there are none)", 0.0, "%")
    return Figure(name, round(100 * part / whole, 1), "%")


def silent(first: Engine) -> Iterator[Figure]:
    """Yield how many words are heard in a minute in which nobody speaks."""
    noise = np.random.default_rng(1).standard_normal(60 * RATE) * 30
    for name, samples in (
        ("silence", np.zeros(60 * RATE, np.int16)),
        ("a quiet room", noise.astype(np.int16)),
    ):
        words = heard(samples, Listeners(first)).words
        yield Figure(f"a minute of {name}: words heard", len(words), "words")


def figures(sets: Mapping[str, Sequence[Clip]]) -> Iterator[Figure]:
    """Yield every figure."""
    engines = engine("whisper"), engine("moonshine")
    _, found = stretches(np.zeros(RATE, np.int16))
    print(f"{engines[0].model}\n{engines[1].model}\nspeech found by {found}")
    for name, clips in sets.items():
        seconds = sum(len(clip.samples) for clip in clips) / RATE
        yield Figure(f"{name}: clips", len(clips), "clips")
        yield Figure(f"{name}: sound", round(seconds, 1), "s")
        yield from measured(name, clips, as_recorded, engines)
        yield from measured(f"{name} by telephone", clips, by_telephone, engines)
    yield from silent(engines[0])
    yield from docket_search.figures()


def main() -> None:
    """Measure, print and write the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--speech", type=Path, default=Path(SPEECH) if SPEECH else None)
    folders = {"peer": PEER_DATA / "audio"}
    speech = asked.parse_args().speech
    if speech is not None:
        folders["speech"] = speech
    sets = {
        name: list(clips_of(folder))
        for name, folder in folders.items()
        if folder.is_dir()
    }
    write("docket", told(figures(sets)), PACKAGES)


if __name__ == "__main__":
    main()
