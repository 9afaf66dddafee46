"""Proof files: what `ringfence_verify` re-checks from the facts and the boundary alone.

A certificate shows isolation by closed sets; a counterexample refutes by chains of
facts; a witness upholds an existential claim by one. Their JSON is canonical.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from ringfence.claims.outcome import Verdict

_encoder = msgspec.json.Encoder(order="sorted")
States = Mapping[str, Sequence[str]]


class ClosedPart(msgspec.Struct, frozen=True, omit_defaults=True):
    """Origins, the closed set of all that they may reach, and what it must miss.

    `barred` empty stands for every target of the claim that `exceptions` don't concede.
    `without` lists the guards (canonical JSON) whose edges are left out; the parts of
    one list of origins have to leave out enough for every conflict among guards.
    """

    origins: Sequence[str]
    exceptions: Sequence[str]
    barred: Sequence[str]
    closed: States
    closed_digest: str
    without: Sequence[str] = ()


class Conflict(msgspec.Struct, frozen=True):
    """Guards that no request of an origin meets together, of whom this is known."""

    guards: Sequence[str]
    known: Mapping[str, Sequence[str]]
    proof: str


class Chain(msgspec.Struct, frozen=True, omit_defaults=True):
    """A path: the canonical lines of its facts, each after those that it rests on.

    Where guards stand in the way, `request` is one request that meets all of them.
    """

    origin: str
    target: str
    verb: str
    facts: Sequence[str]
    request: Mapping[str, Sequence[str]] = {}


class Proof(msgspec.Struct, frozen=True, omit_defaults=True):
    """A proof file, before or after the digests are filled in."""

    ringfence: Literal["certificate/1", "counterexample/1", "witness/1"]
    claim: str
    verdict: Verdict
    as_of: str
    counts: Mapping[str, int]
    assumptions: Sequence[str]
    proxy: bool
    parts: Sequence[ClosedPart] | None = None
    paths: Sequence[Chain] | None = None
    grant: str | None = None
    conflicts: Sequence[Conflict] = ()
    estate: str = ""
    boundary: str = ""

    def sealed(self, *, estate: str, boundary: str) -> bytes:
        """Return the bytes of the proof file, bound to both digests."""
        bound = msgspec.structs.replace(self, estate=estate, boundary=boundary)
        return _encoder.encode(bound) + b"\n"


def closed_part(
    origins: Sequence[str],
    closed: States,
    *,
    barred: Sequence[str] = (),
    exceptions: Sequence[str] = (),
    without: Sequence[str] = (),
) -> ClosedPart:
    """Return a part with the digest of its closed set."""
    digest = hashlib.sha256(_encoder.encode(closed)).hexdigest()
    return ClosedPart(origins, exceptions, barred, closed, digest, without)
