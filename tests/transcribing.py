"""A docket with a reviewer, a sound and documents, ready to be transcribed."""

from __future__ import annotations

import shutil
import wave
from dataclasses import dataclass
from pathlib import Path

from ringfence.docket import founding
from ringfence.docket.finding.index import Index
from ringfence.docket.folder import Docket
from ringfence.docket.intake import Intake, Terms
from ringfence.docket.objects import RATE, Handling, Reviewer
from ringfence.docket.sealing import Identities, read_identities
from ringfence.docket.transcripts.engine import Samples
from ringfence.docket.transcripts.transcribing import Bringing
from ringfence.docket.words import Grade

NOW = "2022-03-01T10:00:00Z"
MAIL = b"""\
From: Ann <ann@loopwing.example>
To: Bo <bo@loopwing.example>
Subject: the dashboards
Content-Type: multipart/alternative; boundary=x

--x
Content-Type: text/plain; charset=utf-8

They run as a service account.
--x
Content-Type: text/html

<p>They run as a service account.</p>
--x--
"""
MESSAGES = b"""\
{"from": "ann", "text": "who can see it"}
{"from": "bo", "text": "everybody"}
{"from": "bo", "seen": true}
"""


def wav(path: Path, samples: Samples) -> Path:
    """Write a sound as a WAV file."""
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(RATE)
        stream.writeframes(samples.astype("<i2").tobytes())
    return path


@dataclass
class Desk:
    """A docket that tests transcribe from.

    Attributes:
        key: The file that opens its originals.
    """

    folder: Path
    key: Path

    @property
    def identities(self) -> Identities:
        """What opens the originals."""
        return read_identities(self.key)

    def copied(self, folder: Path) -> Desk:
        """Return a copy that a test may change."""
        shutil.copytree(self.folder, folder)
        return Desk(folder, self.key)

    def index(self) -> Index:
        """Return what the docket holds."""
        return Index(Docket(self.folder))

    def bringing(self, recording: str = "R1") -> Bringing:
        """Return who brings a transcript, the first reviewer."""
        index = self.index()
        by = index.reviewer("V1")
        return Bringing(index, index.numbered(recording), by, lambda: NOW)

    def steps(self) -> list[str]:
        """Return the steps of custody, in order, with what they are for."""
        found = [one.object for one in Docket(self.folder).held()]
        return [
            " ".join([str(one.step), *map(str, one.detail.values())])
            for one in found
            if isinstance(one, Handling) and "ed" in one.step and one.by
        ]


def desk(folder: Path, *files: Path, language: str = "") -> Desk:
    """Found a docket that holds files, received by its one reviewer."""
    keys = founding.drawn(folder / "keys")
    docket = founding.found(folder / "tapes", "tapes", keys, NOW)
    (reviewer,) = docket.append([Reviewer("Vera", "reviewer")], NOW)
    terms = Terms(reviewer.ref, Grade.ORIGINAL, language=language)
    with Intake.of(docket) as intake:
        for file in files:
            intake.add(file, terms, NOW)
    return Desk(docket.folder, folder / "keys" / founding.KEY)
