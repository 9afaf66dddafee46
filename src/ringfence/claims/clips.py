"""The sound of statements, for a page that plays them: logged before it is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.docket.audio.waves import wav
from ringfence.docket.blocks import content_of
from ringfence.docket.finding.index import Index
from ringfence.docket.folder import Docket
from ringfence.docket.listening import Stretch, heard, log, stretch
from ringfence.docket.objects import Ref
from ringfence.docket.sealing import Identities
from ringfence.docket.words import Custody
from ringfence.errors import ConfigError

if TYPE_CHECKING:
    from ringfence.docket.blocks import Samples


@dataclass(frozen=True, slots=True)
class Sounds:
    """Clips of statements as WAV files, by number, and why there is none of some."""

    clips: dict[str, bytes]
    missing: dict[str, str]


def sounds(
    docket: Docket,
    numbers: Iterable[str],
    *,
    identities: Identities,
    by: str,
    time: str,
    progress: Callable[[str], None] = lambda _stage: None,
) -> Sounds:
    """Return the sound of statements; that it leaves is logged first.

    Args:
        docket: The docket.
        numbers: The statements: `S3`.
        identities: What opens the originals.
        by: Number or name of the reviewer who takes them out.
        time: When this is.
        progress: Is told which recording is decoded.

    Raises:
        ProofError: An original isn't what was logged, or is sealed to other keys.
        RingfenceError: It may not be logged; then nothing is opened.
    """
    found = Sounds({}, {})
    chosen: dict[Ref, list[tuple[str, Stretch]]] = {}
    with Index(docket) as index:
        for number in dict.fromkeys(numbers):
            try:
                what = stretch(index, number, None, None)
            except ConfigError as error:
                found.missing[number] = error.problems[0].message
                continue
            chosen.setdefault(what.held.ref, []).append((number, what))
        who = index.reviewer(by)
        for several in chosen.values():
            for _, what in several:
                log(index, what, Custody.EXPORTED, by=who, time=time)
    for several in chosen.values():
        progress(f"decoding for {several[0][0]}")
        samples = heard(docket, several[0][1], identities)
        for number, what in several:
            found.clips[number] = wav(_cut(samples, what))
    return found


def _cut(samples: Samples, what: Stretch) -> memoryview:
    return content_of(samples[what.span.start : what.span.end])
