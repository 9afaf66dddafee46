"""Decoding: a sound of whatever format becomes samples at 16 kHz, in another process.

Whoever hands a file over may have made it to break whatever reads it. So a child with
little memory, little time and no files decodes it; whatever becomes of the child, here
it is one clear error.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ringfence.docket.objects import Sound
from ringfence.errors import Locus, SourceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHILD = Path(__file__).with_name("child.py")  # it imports nothing of ours
_MEMORY, _TIMES = 3 << 29, 3  # bytes, and how often the input fits into what is more
_SECONDS, _RATE = 120, 1 << 16  # of computing, and bytes that take a second at least
_XCPU, _KILL = signal.SIGXCPU, signal.SIGKILL


class UndecodedError(SourceError):
    """A file is no sound that can be decoded."""


class _Head(msgspec.Struct):
    decoder: str
    codec: str
    rate: int
    channels: int
    tracks: int


class _End(msgspec.Struct):
    samples: int = 0
    skipped: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A sound.

    Attributes:
        sound: What is logged of it.
        samples: At 16 kHz, one channel.
        skipped: How many packets of it couldn't be decoded.
        tracks: How many sounds the file holds; the first one was decoded.
    """

    sound: Sound
    samples: NDArray[np.int16]
    skipped: int = 0
    tracks: int = 1

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what somebody who relies on the samples has to know."""
        found = []
        if self.skipped:
            what = "packet" if self.skipped == 1 else "packets"
            found.append(f"{self.skipped:,} {what} couldn't be decoded: left out")
        if self.tracks > 1:
            found.append(f"holds {self.tracks} tracks: the first one was decoded")
        return tuple(found)


def decoded(content: bytes, place: str = "the sound") -> Decoded:
    """Decode a sound of any format that PyAV's libraries know.

    Args:
        content: The file.
        place: What messages call it.

    Raises:
        UndecodedError: It can't be decoded; whatever became of the decoder.
    """
    memory = _MEMORY + _TIMES * len(content)
    seconds = _SECONDS + len(content) // _RATE
    command = [sys.executable, "-I", str(_CHILD), str(memory), str(seconds)]
    run = subprocess.run(  # noqa: S603 - our own program, by its path
        command, input=content, capture_output=True, check=False, env={}
    )
    at, end = Locus(place), _end(run.stderr)
    if end is None:
        why = _ended(run.returncode, seconds)
        raise UndecodedError(why, at, "it is kept as it was received")
    line, _, pcm = run.stdout.partition(b"\n")
    if run.returncode or end.error or len(pcm) != 2 * end.samples:
        raise UndecodedError(end.error or "the decoder was cut short", at)
    head = msgspec.json.decode(line, type=_Head)
    sound = Sound(
        head.decoder,
        head.codec,
        head.rate,
        head.channels,
        end.samples,
        sha256(pcm).hexdigest(),
    )
    samples = np.frombuffer(pcm, dtype="<i2")
    return Decoded(sound, samples, end.skipped, head.tracks)


def _end(content: bytes) -> _End | None:
    try:
        return msgspec.json.decode(content.rsplit(b"\n", 1)[-1], type=_End)
    except msgspec.MsgspecError:
        return None


def _ended(code: int, seconds: int) -> str:
    if -code in (_XCPU, _KILL):
        return f"took more than {seconds} seconds of computing to decode"
    return "broke the decoder" if code < 0 else "couldn't be decoded"
