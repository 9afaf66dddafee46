"""Rehearing: originals are opened, digested and decoded again, each block compared.

It takes the key of the docket. What doesn't fit is named: the recording, and the
seconds of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import groupby

from ringfence.docket import blocks
from ringfence.docket.audio.decoding import decoded
from ringfence.docket.checking import Checked
from ringfence.docket.course import check
from ringfence.docket.finding.index import Index
from ringfence.docket.folder import Docket
from ringfence.docket.listening import check_sound
from ringfence.docket.objects import Handling, Recording
from ringfence.docket.originals import Originals
from ringfence.docket.sealing import Identities, UnsealedError
from ringfence.docket.words import Custody
from ringfence.errors import ConfigError, Locus, ProofError, RingfenceError

_MOST = 5  # stretches that a message names


def rehear(
    docket: Docket,
    found: Checked,
    identities: Identities,
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Open every original of a docket, and add what doesn't verify to what was found.

    Args:
        docket: The docket.
        found: What a check found before.
        identities: What opens originals.
        progress: Is told how far it is.

    Raises:
        ConfigError: It opens none of them: it is another key.
        OSError: A file can't be read.
    """
    originals, other = Originals(docket), list[str]()
    for ref, recording in found.recordings:
        name = found.names[ref]
        progress(f"opening {name}")
        if not originals.holds(recording.content):
            continue
        try:
            _rehear(originals, recording, identities, found)
        except UnsealedError as error:
            if error.is_other:
                other.append(name)
            else:
                found.refuse(name, error)
        except RingfenceError as error:
            found.refuse(name, error)
    if other and not found.opened:
        hint = "is it the docket's key, or the key of who people are?"
        raise ConfigError("opens none of the originals", Locus("--identity"), hint)
    found.notes += [f"{name}: sealed to other keys, not opened" for name in other]


def log(docket: Docket, by: str, time: str) -> None:
    """Log that every original is opened, by whom and what for.

    Raises:
        RingfenceError: There is no such reviewer, or it can't be logged.
    """
    with Index(docket) as index:
        step = Handling(
            Custody.DECRYPTED, "", index.reviewer(by), {"for": "verify", "what": "all"}
        )
        check(step, index)
        docket.append([step], time)


def _rehear(
    originals: Originals, recording: Recording, identities: Identities, found: Checked
) -> None:
    content, failed = originals.opened(recording.content, identities)
    if failed is not None and not content:
        raise failed
    why: RingfenceError | None = failed
    if why is None and sha256(content).hexdigest() != recording.content:
        why = ProofError("is another original than was received")
    if recording.sound is None:
        if why is not None:
            raise why
        found.opened += 1
        return
    bad, odd = _decoded(originals, recording, content)
    why = why or odd
    if why is not None or bad:
        message = why.problems[0].message if why else "its sound is not what was logged"
        hint = why.problems[0].hint if why else None
        raise ProofError(f"{message}{_named(bad)}", hint=hint)
    found.opened += 1
    found.seconds += recording.blocks.count if recording.blocks else 0


def _decoded(
    originals: Originals, recording: Recording, content: bytes
) -> tuple[list[int], RingfenceError | None]:
    """Return the blocks that don't fit, as far as it goes, and what else is odd."""
    if recording.blocks is None:
        return [], None
    place = str(originals.path(recording.content))
    hashes, odd = b"", None
    try:
        sound = decoded(content, place)
        hashes = blocks.leaves(sound.samples, bytes.fromhex(recording.seed))
        check_sound(recording, sound)
    except RingfenceError as error:
        odd = error
    logged = originals.leaves(recording.content)
    samples = recording.blocks.samples
    if logged is not None and blocks.rooted(logged, samples) == recording.blocks:
        return blocks.unlike(logged, hashes), odd
    is_same = blocks.rooted(hashes, samples) == recording.blocks
    return [] if is_same else [*range(recording.blocks.count)], odd


def _named(bad: Sequence[int]) -> str:
    """Return which blocks are bad: `: blocks 12-14 (0:12 to 0:15)`."""
    if not bad:
        return ""
    runs = [
        [number for _, number in run]
        for _, run in groupby(enumerate(bad), lambda one: one[1] - one[0])
    ]
    told = [
        f"{run[0]}-{run[-1]} ({blocks.spelt(run[0])} to {blocks.spelt(run[-1] + 1)})"
        for run in runs[:_MOST]
    ]
    more = f" and {len(runs) - _MOST} more" if len(runs) > _MOST else ""
    return f": blocks {', '.join(told)}{more}"
