"""Dockets to try custody on: keys, sounds of our own, and one recording or more."""

from __future__ import annotations

import io
import shutil
import wave
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np

from ringfence.docket.audio.decoding import decoded
from ringfence.docket.finding.index import Index
from ringfence.docket.folder import Docket, Held
from ringfence.docket.founding import drawn, found
from ringfence.docket.intake import Intake, Terms
from ringfence.docket.objects import RATE, Recording, Reviewer, Span, Statement
from ringfence.docket.sealing import Identities, read_identities
from ringfence.docket.words import Grade

TIME = "2026-11-23T10:00:00Z"
NAME = "Jo Öztürk"

remembered = cache(decoded)
"""Decodes as `decoded` does; the same sound only once."""


def noise(samples: int, seed: int = 1) -> np.ndarray:
    """Return samples that no two seconds of are alike."""
    drawn = np.random.default_rng(seed).standard_normal(samples) * 4_000
    return drawn.astype("<i2")


def wav(samples: np.ndarray, rate: int = RATE, channels: int = 1) -> bytes:
    """Return a WAV file, as a recorder writes it."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


def encoded(form: str, codec: str, rate: int = 44_100, layout: str = "mono") -> bytes:
    """Return two seconds of a tone in another format."""
    out = io.BytesIO()
    with av.open(out, "w", format=form) as file:
        stream: Any = file.add_stream(codec, rate=rate, layout=layout)
        times = np.arange(2 * rate) / rate
        tone = (np.sin(2 * np.pi * 440 * times) * 0.3).astype("f4")
        wide = np.ascontiguousarray(np.stack([tone] * stream.codec_context.channels))
        frame = av.AudioFrame.from_ndarray(wide, format="fltp", layout=layout)
        frame.rate = rate
        size = stream.codec_context.frame_size or 1024
        shaped = av.AudioResampler(
            format=stream.codec_context.format.name,
            layout=layout,
            rate=rate,
            frame_size=size,
        )
        for part in (*shaped.resample(frame), *shaped.resample(None)):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return out.getvalue()


def said(held: Held) -> Any:
    """Return what an entry says."""
    return held.object


@dataclass
class Taped:
    """A docket with its keys, and files to add.

    Attributes:
        keys: What opens originals; `names`: what says who people are.
    """

    folder: Path
    docket: Docket
    keys: Identities
    names: Identities
    by: str = ""

    def copied(self, folder: Path) -> Taped:
        """Return the same docket, in another folder."""
        shutil.rmtree(folder / "docket", ignore_errors=True)
        shutil.copytree(self.docket.folder, folder / "docket")
        docket = Docket(folder / "docket")
        return replace(self, folder=folder, docket=docket)

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    def terms(self, **more) -> Terms:
        return Terms(self.by, more.pop("grade", Grade.THIRD), **more)

    def add(self, name: str, content: bytes, **more) -> Any:
        path = self.file(name, content)
        with Intake.of(self.docket) as intake:
            return intake.add(path, self.terms(**more), TIME)

    def held(self, kind: type) -> list[Any]:
        return [one for one in self.docket.held() if isinstance(one.object, kind)]

    def recording(self, number: int = 1) -> Recording:
        found = self.held(Recording)[number - 1].object
        assert isinstance(found, Recording)
        return found

    def state(self, recording: str, quote: str, span: Span | None) -> Held:
        said = Statement(recording, quote, span=span, met_year="2021")
        return self.docket.append([said], TIME)[0]

    def index(self) -> Index:
        return Index(self.docket)


def taped(folder: Path) -> Taped:
    """Return a docket with one reviewer and nothing else."""
    public = drawn(folder / "keys")
    docket = found(folder / "docket", "tapes", public, TIME)
    by = docket.append([Reviewer("Ada")], TIME)[0].ref
    return Taped(
        folder,
        docket,
        read_identities(folder / "keys/docket.key"),
        read_identities(folder / "keys/identity.key"),
        by,
    )
