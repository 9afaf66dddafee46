"""Clips: some seconds of a recording, with proof that they are of what was logged.

A clip is two files: `clip.wav` and `clip.json`. The second holds the recording's entry
in the ledger, its proof of inclusion and the signed checkpoint, the one field of the
entry that is opened (`blocks`: the tree over the sound), and of each second shown its
salt and hash, with the hashes beside them. Nothing else of the recording is in it, but
how long it is. `python -m ringfence_verify clip.json` checks it, without Ringfence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ringfence.docket import blocks
from ringfence.docket.audio.waves import wav
from ringfence.docket.folder import Docket
from ringfence.docket.listening import Stretch, check_blocks
from ringfence.docket.objects import RATE, Blocks
from ringfence.ledger.entries import canonical, parse_entry
from ringfence.ledger.faults import within
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.keeping.showing import Shelf
from ringfence.ledger.signed.proofs import Proof, render_proof
from ringfence.ledger.writer.disk import RealDisk

if TYPE_CHECKING:
    from ringfence.docket.blocks import Samples

SOUND, PROOF = "clip.wav", "clip.json"
CAVEAT = (
    "The sound is unchanged since it was logged. Nothing here proves that the meeting "
    "took place, when it did, or whose voices these are."
)


class Opened(msgspec.Struct, frozen=True):
    """A field of an entry that is shown: what its commitment was made of."""

    salt: str
    value: Blocks


class Told(msgspec.Struct, frozen=True):
    """What `clip.json` says; its form is docs/docket/custody.md's."""

    entry: str
    proof: str
    opened: Opened
    shown: blocks.Disclosure
    ringfence: str = "clip/1"
    sound: str = SOUND
    caveat: str = CAVEAT


class Clip(NamedTuple):
    """A clip, as the contents of its files, and the whole seconds that it shows."""

    wav: bytes
    json: bytes
    first: int
    last: int
    entry: int


def clip(docket: Docket, what: Stretch, samples: Samples) -> Clip:
    """Return a clip: the whole seconds that hold a stretch.

    Args:
        docket: The docket.
        what: The stretch.
        samples: Those of the whole recording.

    Raises:
        ProofError: They aren't what was logged, or the ledger isn't what was signed.
    """
    check_blocks(what.recording, samples)
    first, last = what.span.start // RATE, (what.span.end - 1) // RATE
    seed = bytes.fromhex(what.recording.seed)
    shown = blocks.disclosed(samples, seed, first, last)
    content = blocks.content_of(samples[first * RATE : (last + 1) * RATE])
    with within(docket.ledger):
        proof = Shelf(docket.ledger).proof(what.held.index)
        entry = proof.extra or b""
        opened = _opened(docket, entry)
    bare = render_proof(Proof(proof.index, proof.hashes, proof.checkpoint))
    told = Told(entry.decode(), bare.decode(), opened, shown)
    return Clip(wav(content), canonical(told) + b"\n", first, last, what.held.index)


def _opened(docket: Docket, entry: bytes) -> Opened:
    digest = parse_entry(entry).digests["payload"].removeprefix("sha256:")
    payload = Payloads(RealDisk(docket.ledger)).read(digest)
    told = msgspec.json.decode(payload)
    value = msgspec.convert(told["values"]["blocks"], Blocks)
    return Opened(told["salts"]["blocks"], value)
