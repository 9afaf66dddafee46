"""Listening: which stretch of which recording is meant, and its samples.

Whoever listens has it logged before anything is opened: a run that is cut short may
have logged what wasn't heard, and never the reverse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.docket import blocks
from ringfence.docket.audio.decoding import Decoded, decoded
from ringfence.docket.course import check
from ringfence.docket.finding.index import NAME, Index
from ringfence.docket.folder import Docket, Held
from ringfence.docket.objects import Handling, Recording, Ref, Span, Statement
from ringfence.docket.originals import Originals
from ringfence.docket.sealing import Identities
from ringfence.docket.spans import at
from ringfence.docket.times import code
from ringfence.docket.words import Custody
from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.entries import parse_entry
from ringfence.ledger.tree.tiles import WIDTH

if TYPE_CHECKING:
    from ringfence.docket.blocks import Samples


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
    first = told.start if start is None else at(start, Locus("--from"))
    last = told.end if end is None else at(end, Locus("--to"))
    if not 0 <= first < last <= whole.end:
        message = f"has no stretch from {code(first)} to {code(last)}"
        hint = f"it is {code(whole.end)} long"
        raise ConfigError(message, Locus(thing), hint)
    return Stretch(asked, held, recording, Span(first, last))


def log(
    index: Index, what: Stretch, step: Custody, *, by: Ref, time: str
) -> list[Held]:
    """Log that a recording is opened, and what for.

    Raises:
        RingfenceError: It may not be logged; then nothing is to be opened.
    """
    told = {"from": code(what.span.start), "to": code(what.span.end)}
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
