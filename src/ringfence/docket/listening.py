"""Listening: which stretch of which recording is meant, and its samples.

Whoever listens has it logged before anything is opened: a run that is cut short may
have logged what wasn't heard, and never the reverse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.docket import blocks
from ringfence.docket.audio.decoding import Decoded, decoded
from ringfence.docket.course import check
from ringfence.docket.finding.index import NAME, Index
from ringfence.docket.folder import Docket, Held
from ringfence.docket.objects import RATE, Handling, Recording, Ref, Span, Statement
from ringfence.docket.originals import Originals
from ringfence.docket.sealing import Identities
from ringfence.docket.words import Custody
from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.entries import parse_entry
from ringfence.ledger.tree.tiles import WIDTH

if TYPE_CHECKING:
    from ringfence.docket.blocks import Samples

_TIME = re.compile(r"(?:([0-9]{1,4}):)?(?:([0-9]{1,4}):)?([0-9]{1,6}(?:\.[0-9]{1,6})?)")
_SIXTY = 60


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a recording, as somebody asked for it.

    Attributes:
        asked: What was named: a statement or a recording.
        held: The recording in the ledger; `recording` is what it says.
        span: The samples.
    """

    asked: Ref
    held: Held
    recording: Recording
    span: Span


def samples_of(text: str, option: str) -> int:
    """Return the sample at a time: `12.5`, `20:12` or `1:20:12.5`.

    Raises:
        ConfigError: It is no time.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        hint = "write `20:12`, `1:20:12` or seconds"
        raise ConfigError(f"`{text[:40]}` is no time", Locus(option), hint)
    high, low, seconds = found.groups()
    hours, minutes = (high, low) if low else (None, high)
    parts = [(minutes, float(seconds)), (hours, int(minutes or 0))]
    if any(above and below >= _SIXTY for above, below in parts):
        hint = "minutes and seconds end at 59: `1:20:12`"
        raise ConfigError(f"`{text[:40]}` is no time", Locus(option), hint)
    whole, _, rest = seconds.partition(".")
    at = (int(hours or 0) * _SIXTY + int(minutes or 0)) * _SIXTY + int(whole)
    return (
        at * RATE + int(rest.ljust(6, "0")) * RATE // 1_000_000 if rest else at * RATE
    )


def stretch(
    index: Index, thing: str, start: str | None = None, end: str | None = None
) -> Stretch:
    """Return the stretch that is asked for.

    Args:
        index: The docket's.
        thing: A statement or a recording: `S3`, `R1`.
        start: From when, instead of the statement's or recording's beginning.
        end: Until when.

    Raises:
        ConfigError: There is no such thing, it is no sound, or has no such stretch.
        ProofError: The ledger says something else than it signed.
    """
    asked = index.numbered(thing)
    of = _object(index, asked, thing)
    ref = of.recording if isinstance(of, Statement) else asked
    held = index.held(ref)
    recording = _object(index, ref, thing)
    if held is None or not isinstance(recording, Recording):
        hint = "name a recording or a statement: `R1`, `S3`"
        raise ConfigError("can't be heard", Locus(thing), hint)
    if recording.sound is None:
        raise ConfigError("is no sound that could be decoded", Locus(thing))
    for one in dict.fromkeys((asked, ref)):
        _check_logged(index, one)
    _check_there(index, held, recording)
    whole = Span(0, recording.sound.samples)
    told = (of.span or whole) if isinstance(of, Statement) else whole
    first = told.start if start is None else samples_of(start, "--from")
    last = told.end if end is None else samples_of(end, "--to")
    if not 0 <= first < last <= whole.end:
        message = f"has no stretch from {_spelt(first)} to {_spelt(last)}"
        hint = f"it is {_spelt(whole.end)} long"
        raise ConfigError(message, Locus(thing), hint)
    return Stretch(asked, held, recording, Span(first, last))


def log(
    index: Index, what: Stretch, step: Custody, *, by: Ref, time: str
) -> list[Held]:
    """Log that a recording is opened, and what for.

    Raises:
        RingfenceError: It may not be logged; then nothing is to be opened.
    """
    told = {"from": _spelt(what.span.start), "to": _spelt(what.span.end)}
    opened = Handling(Custody.DECRYPTED, what.held.ref, by, {"for": str(step)})
    done = Handling(step, what.asked, by, told)
    for one in (opened, done):
        check(one, index)
    return index.docket.append([opened, done], time)


def heard(docket: Docket, what: Stretch, identities: Identities) -> Samples:
    """Return the samples of the whole recording, which are what was logged.

    Raises:
        ProofError: The original was changed, or is sealed to other keys.
        UndecodedError: It can't be decoded here.
    """
    originals = Originals(docket)
    content = originals.read(what.recording.content, identities)
    found = decoded(content, str(originals.path(what.recording.content)))
    check_sound(what.recording, found)
    return found.samples


def check_sound(recording: Recording, found: Decoded) -> None:
    """Check that a sound decoded to what was logged.

    Raises:
        ProofError: It did not. Another version of the decoder may round differently.
    """
    then = recording.sound
    if then is None or found.sound.pcm == then.pcm:
        return
    if found.sound.decoder != then.decoder:
        hint = f"it was decoded by {then.decoder}; here is {found.sound.decoder}"
        raise ProofError("decodes to other samples here", hint=hint)
    raise ProofError("decodes to other samples than were logged")


def check_blocks(recording: Recording, samples: Samples) -> None:
    """Check that samples have the tree that was logged.

    Raises:
        ProofError: They have another one.
    """
    if blocks.tree(samples, bytes.fromhex(recording.seed)) != recording.blocks:
        raise ProofError("its blocks give another tree than was logged")


def _object(index: Index, ref: Ref, thing: str) -> object:
    found = index.get(ref)
    if found is None:
        raise ConfigError("was erased", Locus(thing))
    return found


def _check_logged(index: Index, ref: Ref) -> None:
    """Check that the ledger tells of an object what the index does.

    The index is for finding; which seconds are opened, and of what, the ledger says.
    """
    held, size = index.held(ref), index.docket.signed().size
    place = -1 if held is None else held.index
    if held is not None and 0 <= place < size:
        end = min(size, place - place % WIDTH + WIDTH)
        entry = parse_entry(index.docket.contents(place, end)[0], f"entry {place}")
        if entry.kind == held.kind and index.docket.told(place, entry) == held:
            return
    hint = f"remove {NAME}: it is drawn anew from the ledger"
    raise ProofError("the index tells what the ledger doesn't", Locus(NAME), hint)


def _check_there(index: Index, held: Held, recording: Recording) -> None:
    if Originals(index.docket).holds(recording.content):
        return
    steps = (one.object for one in index.about(held.ref, "custody"))
    for one in steps:
        if isinstance(one, Handling) and one.step is Custody.DESTROYED:
            raise ConfigError("was destroyed", Locus(index.number(held.ref)))


def _spelt(samples: int) -> str:
    whole, rest = divmod(samples, RATE)
    return blocks.spelt(whole) + (f"{rest / RATE:.3f}"[1:] if rest else "")
