"""Decoding: what becomes of files, good ones and hostile ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256

import numpy as np
import pytest

from ringfence.docket.audio import child
from ringfence.docket.audio.decoding import UndecodedError, decoded
from ringfence.docket.audio.waves import wav as written
from ringfence.docket.blocks import content_of
from tests.taped import encoded, noise, wav


def test_samples_at_our_rate_come_out_as_they_went_in():
    """A WAV file at 16 kHz, one channel, gives exactly its samples."""
    samples = noise(50_001)
    found = decoded(wav(samples))
    assert (found.samples == samples).all()
    assert found.sound.samples == len(samples)
    assert found.sound.pcm == sha256(samples.tobytes()).hexdigest()
    assert (found.sound.rate, found.sound.channels) == (16_000, 1)
    assert found.sound.codec == "wav/pcm_s16le"
    assert found.notes == ()


def test_channels_are_mixed_and_rates_changed():
    """Two channels at another rate become one at 16 kHz, as long as before."""
    samples = np.repeat(noise(44_100), 2)
    found = decoded(wav(samples, rate=44_100, channels=2))
    assert abs(found.sound.samples - 16_000) <= 1
    assert (found.sound.rate, found.sound.channels) == (44_100, 2)


@pytest.mark.parametrize(
    ("form", "codec", "rate"),
    [
        ("flac", "flac", 44_100),
        ("mp3", "libmp3lame", 44_100),
        ("mp4", "aac", 44_100),
        ("ogg", "libopus", 48_000),
        ("amr", "libopencore_amrnb", 8_000),
    ],
)
def test_what_telephones_and_recorders_write_is_decoded(form, codec, rate):
    """Each format gives its two seconds, and the same samples again."""
    content = encoded(form, codec, rate)
    found = decoded(content)
    assert 1.9 <= found.sound.samples / 16_000 <= 2.1
    assert found.samples.std() > 1_000
    assert decoded(content).sound == found.sound


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no sound at all\n" * 99,
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\1\0\1\0",
        b"\x1aE\xdf\xa3" + bytes(50),
    ],
    ids=["empty", "text", "playlist", "list", "cut", "matroska"],
)
def test_what_is_no_sound_is_one_clear_error(content):
    """Whatever a file is made of, and whatever files it names, it is one error."""
    with pytest.raises(UndecodedError, match=r"a\.wav: (is no|holds no) sound"):
        decoded(content, "a.wav")


def test_what_can_be_decoded_of_a_sound_that_was_cut_is_kept():
    """Of a file that ends too early the rest is decoded, and what is lost is counted."""
    content = encoded("flac", "flac")
    found = decoded(content[: len(content) // 2])
    assert 0.3 < found.sound.samples / 16_000 < 1.9
    assert found.notes == ("1 packet couldn't be decoded: left out",)


def test_what_a_recorder_wrote_beside_the_sound_is_no_matter():
    """A WAV file written here holds a header of 44 bytes, and samples."""
    samples = noise(100)
    content = written(content_of(samples))
    assert len(content) == 44 + 200
    assert content[44:] == samples.tobytes()


def ran(
    content: bytes, memory: int, seconds: int
) -> subprocess.CompletedProcess[bytes]:
    """Run the decoder as it is run, within other bounds."""
    command = [sys.executable, "-I", child.__file__, str(memory), str(seconds)]
    return subprocess.run(command, input=content, capture_output=True, check=False)


def test_a_sound_that_takes_too_much_memory_ends_the_child_alone():
    """The decoder has bounds of memory, and dies of them rather than the docket."""
    run = ran(wav(noise(16_000)), 1 << 20, 60)
    assert run.returncode != 0


def test_the_decoder_says_what_it_did():
    """One line of JSON, the samples, and how many they are."""
    run = ran(wav(noise(1_000)), 3 << 29, 60)
    line, _, pcm = run.stdout.partition(b"\n")
    assert json.loads(line)["rate"] == 16_000
    assert json.loads(run.stderr) == {"samples": 1_000, "skipped": 0}
    assert len(pcm) == 2_000


def test_a_decoder_that_dies_is_one_clear_error(monkeypatch):
    """If the child is killed, or says nothing, the sound couldn't be decoded."""
    for code, message in (
        (-9, "seconds of computing"),
        (-11, "broke the decoder"),
        (1, "couldn't be decoded"),
    ):
        ended = subprocess.CompletedProcess((), code, b"", b"Killed")
        monkeypatch.setattr(subprocess, "run", lambda *_, ended=ended, **__: ended)
        with pytest.raises(UndecodedError, match=message):
            decoded(b"x")


def test_the_decoder_is_alone(tmp_path, monkeypatch):
    """What lies in the working folder or in PYTHONPATH is not imported by it."""
    (tmp_path / "av.py").write_text("raise SystemExit('taken over')")
    (tmp_path / "json.py").write_text("raise SystemExit('taken over')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "PYTHONPATH", str(tmp_path))
    assert decoded(wav(noise(500))).sound.samples == 500
