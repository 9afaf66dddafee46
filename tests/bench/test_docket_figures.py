"""What the benchmark of transcripts counts: errors, marks, and what the marks hold."""

from __future__ import annotations

import wave
from dataclasses import asdict

import numpy as np
import pytest

from bench.docket import Score, by_telephone, clips_of
from ringfence.docket.objects import RATE, Word
from tests.listening import sound


def score(text: str, truth: str) -> dict[str, int]:
    """Return the score of a text, in which words with a `?` are in doubt."""
    words = [
        Word(word.rstrip("?"), n, n + 1, 0.1 if word.endswith("?") else 0.9)
        for n, word in enumerate(text.split())
    ]
    found = Score()
    found.add(words, truth)
    return {name: count for name, count in asdict(found).items() if count}


@pytest.mark.parametrize(
    ("text", "truth", "counted"),
    [
        ("So we keep it.", "SO WE KEEP IT", {"true": 4, "words": 4}),
        (
            "so me? keep? it all",
            "so we keep it",
            {"true": 4, "errors": 2, "words": 5, "marked": 2, "wrong": 2, "held": 1},
        ),
        (
            "so keep? all",
            "so we keep it all",
            {"true": 5, "errors": 2, "words": 3, "marked": 1, "missed": 2, "beside": 2},
        ),
        ("", "so we", {"true": 2, "errors": 2, "missed": 2}),
        ("so", "", {"errors": 1, "words": 1, "wrong": 1}),
        ("well-known", "well none", {"true": 2, "errors": 1, "words": 1, "wrong": 1}),
    ],
)
def test_errors_and_what_marks_hold_are_counted(text, truth, counted):
    """Changed, added and left out words are errors; a mark holds a wrong word."""
    assert score(text, truth) == counted


def test_a_telephone_sounds_the_same_each_time():
    """The noise is drawn from a seed: two runs measure the same sound."""
    once, again = by_telephone(sound(3)), by_telephone(sound(3))
    assert np.array_equal(once, again)
    assert len(once) == 3 * RATE


def test_the_words_of_a_clip_stand_beside_it(tmp_path, capsys):
    """Any folder of clips will do; what nobody says the words of is told."""
    for name in ("a.wav", "b.wav"):
        with wave.open(str(tmp_path / name), "wb") as stream:
            stream.setparams((1, 2, RATE, 0, "NONE", ""))
            stream.writeframes(sound(1).tobytes())
    (tmp_path / "a.txt").write_text("so we", encoding="utf-8")
    (tmp_path / "c.flac").write_bytes(b"no sound")
    clips = [(clip.name, len(clip.samples), clip.truth) for clip in clips_of(tmp_path)]
    assert clips == [("a.wav", RATE, "so we"), ("b.wav", RATE, None)]
    said = capsys.readouterr().out
    assert "b.wav: no `b.txt` says its words" in said
    assert "left out: c.flac" in said
