"""Transcripts brought to a docket: by engines, out of a file, out of a document.

Before a recording is listened to, the ledger says that it was decrypted, and by whom.
The transcript and its step of custody are kept together, or neither is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from ringfence.docket.course import check
from ringfence.docket.finding.index import Index
from ringfence.docket.folder import Held
from ringfence.docket.listening import heard, stretch
from ringfence.docket.objects import (
    Handling,
    Origin,
    Recording,
    Ref,
    Transcript,
)
from ringfence.docket.originals import Originals
from ringfence.docket.sealing import Identities
from ringfence.docket.transcripts.cues import Brought
from ringfence.docket.transcripts.extracting import extracted
from ringfence.docket.transcripts.reading import brought
from ringfence.docket.transcripts.running import Listeners, Tell, listened, named
from ringfence.docket.words import Custody
from ringfence.errors import ConfigError, Locus


@dataclass(frozen=True, slots=True)
class Bringing:
    """Who brings a transcript of which recording, and when.

    Attributes:
        index: What the docket holds.
        recording: The recording.
        by: The reviewer.
        time: Tells when it is.
        tell: Is told how far it is.
    """

    index: Index
    recording: Ref
    by: Ref
    time: Callable[[], str]
    tell: Tell = field(default=lambda _: None)

    @property
    def number(self) -> str:
        """What people call the recording."""
        return self.index.number(self.recording)

    def received(self) -> Recording:
        """Return what the ledger says of the recording.

        Raises:
            ConfigError: It was erased, or there is none.
        """
        found = self.index.get(self.recording)
        if not isinstance(found, Recording):
            raise ConfigError("is not there any more", Locus(self.number))
        return found


def transcribe(bringing: Bringing, who: Listeners, identities: Identities) -> Held:
    """Have a recording transcribed, and return the transcript.

    Raises:
        RingfenceError: It is no sound, can't be opened, or an engine failed.
        OSError: Something can't be read or kept.
    """
    if bringing.received().sound is None:
        hint = "`ringfence docket transcript import` brings the text of a document"
        raise ConfigError("is no sound", Locus(bringing.number), hint)
    what = stretch(bringing.index, bringing.number)
    bringing.tell(f"opening {bringing.number}")
    _log_opening(bringing)
    docket, kept = bringing.index.docket, list[Held]()
    listened(
        docket.folder,
        bringing.recording,
        heard(docket, what, identities),
        who,
        keep=lambda one: kept.append(_keep(bringing, one, named(who.engine))),
        tell=bringing.tell,
    )
    return kept[0]


def bring(
    bringing: Bringing, content: bytes, name: str, *, human: bool
) -> tuple[Held, Brought]:
    """Bring a transcript that a file holds, and return it.

    Args:
        bringing: What it is a transcript of.
        content: The file.
        name: What errors call it. It isn't kept: it may tell who speaks.
        human: Whether a person wrote it.

    Raises:
        SourceError: The file holds none; the error names the line.
        RingfenceError: It can't be kept.
    """
    recording = bringing.received()
    length = recording.sound.samples if recording.sound else None
    found = brought(content, name, length)
    said = {"file": f"sha256:{sha256(content).hexdigest()}"}
    return _brought(bringing, found, said, human=human), found


def extract(bringing: Bringing, identities: Identities) -> tuple[Held, Brought]:
    """Bring the text of a document that the docket holds, and return it.

    Raises:
        RingfenceError: It is a sound, can't be opened, or isn't plain text.
    """
    recording = bringing.received()
    if recording.sound is not None:
        hint = "name a file with its transcript, or `ringfence docket transcribe`"
        raise ConfigError("is a sound", Locus(bringing.number), hint)
    originals = Originals(bringing.index.docket)
    if not originals.holds(recording.content):
        raise ConfigError("its original is not there", Locus(bringing.number))
    _log_opening(bringing)
    content = originals.read(recording.content, identities)
    found = extracted(content, recording.media, bringing.number)
    return _brought(bringing, found, {"file": "the original"}, human=False), found


def _brought(
    bringing: Bringing, found: Brought, said: dict[str, str], *, human: bool
) -> Held:
    origin = Origin(
        "human" if human else "machine",
        found.format,
        parameters=said,
        reviewer=bringing.by,
    )
    language = found.language or bringing.received().language
    one = Transcript(bringing.recording, origin, found.words, language)
    return _keep(bringing, one, "brought in")


def _keep(bringing: Bringing, one: Transcript, how: str) -> Held:
    check(one, bringing.index)
    held = bringing.index.docket.append(
        [
            one,
            lambda refs: Handling(
                Custody.TRANSCRIBED,
                bringing.recording,
                bringing.by,
                {"transcript": refs[0], "how": how},
            ),
        ],
        bringing.time(),
    )
    bringing.index.catch_up()
    return held[0]


def _log_opening(bringing: Bringing) -> None:
    """Log that a recording is opened, before it is."""
    said = {"for": str(Custody.TRANSCRIBED)}
    step = Handling(Custody.DECRYPTED, bringing.recording, bringing.by, said)
    check(step, bringing.index)
    bringing.index.docket.append([step], bringing.time())
