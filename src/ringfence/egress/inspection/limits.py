"""How far the inspection goes: beyond it, a text is held and not let through."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is decoded.

    Attributes:
        depth: Encodings inside one another.
        unpacked: Bytes that one packed span of a text may become.
        ratio: How many times its size a packed span may become.
        spans: Decoded spans of one text in one round.
    """

    depth: int = 4
    unpacked: int = 4 * 2**20
    ratio: int = 200
    spans: int = 10_000
