"""The case's meetings as sound, said by a speech synthesiser.

The rest of `docket/` is written by hand, but for the machine's transcripts: those are
what `ringfence docket transcribe` heard. They are not built anew, because another
version of an engine hears other words.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from ruamel.yaml import YAML

RATE = 16_000
PAUSE = np.zeros(RATE // 2, np.int16)
PROGRAM = "espeak-ng"
TEXTS = Path(__file__).with_name("meetings.yaml")

Samples = NDArray[np.int16]


def files() -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the content of each file by its name, and what is missing for others."""
    told = YAML(typ="safe").load(TEXTS)
    names = {f"docket/meetings/{one}.flac": one for one in told["meetings"]}
    if shutil.which(PROGRAM) is None:
        return {}, dict.fromkeys(names, PROGRAM)
    built = {}
    for name, meeting in names.items():
        parts = [PAUSE]
        for who, text in told["meetings"][meeting]:
            parts += [_said(text, **told["voices"][who]), PAUSE]
        built[name] = _flac(np.concatenate(parts))
    return built, {}


def _said(text: str, voice: str, pitch: int) -> Samples:
    command = [PROGRAM, "-v", voice, "-p", str(pitch), "-s", "150", "--stdout", text]
    sound = subprocess.run(command, capture_output=True, check=True).stdout
    return np.concatenate([*_decoded(sound)])


def _decoded(sound: bytes) -> Iterator[Samples]:
    resampler = av.AudioResampler("s16", "mono", RATE)
    with av.open(io.BytesIO(sound)) as container:
        for frame in (*container.decode(audio=0), None):
            for part in resampler.resample(frame):
                yield part.to_ndarray()[0]


def _flac(samples: Samples) -> bytes:
    stream = io.BytesIO()
    with av.open(stream, "w", format="flac", options={"fflags": "+bitexact"}) as out:
        track = out.add_stream("flac", rate=RATE)
        track.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples[None, :], "s16", "mono")
        frame.sample_rate = RATE
        for packet in (*track.encode(frame), *track.encode(None)):
            out.mux(packet)
    return stream.getvalue()
