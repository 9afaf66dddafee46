"""What an exit judges by: a channel, and what the estate says of who receives.

Contracts are plain JSON, so that they can be carried to a gateway that has neither the
estate nor anything of the population in the clear.
"""

from __future__ import annotations

import hashlib

import msgspec

from ringfence.boundary.channels import Channel
from ringfence.boundary.status import Status


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Recipient(_Value, frozen=True):
    """Who receives. One that several stand behind is there once for each of them.

    Attributes:
        id: Id of the node.
        status: Whether it is excluded.
        group: Id that its receipts are counted under: its ultimate owner, else itself.
        why: Why it is excluded, or why that isn't known, in one phrase.
    """

    id: str
    status: Status
    group: str
    why: str = ""


class Conceded(_Value, frozen=True):
    """The exception that a channel leans on.

    Attributes:
        name: Its name.
        cap: Its distinct subjects.
        since: First instant at which it holds; empty: from the beginning.
        until: First instant at which it doesn't hold any more.
    """

    name: str
    cap: int
    since: str
    until: str


class Contract(_Value, frozen=True):
    """A channel, resolved against an estate.

    Attributes:
        channel: The channel.
        recipients: Who receives; one that the estate doesn't know is unknown.
        categories: Categories of the protections that a tag belongs to, by tag. A tag
            without an entry isn't protected.
        limits: Distinct subjects by category, more than which are bulk (202.205).
        conceded: The exception that the channel leans on, where it covers it.
        unconceded: Why the exception that the channel leans on doesn't cover it.
    """

    channel: Channel
    recipients: tuple[Recipient, ...]
    categories: dict[str, tuple[str, ...]]
    limits: dict[str, int]
    conceded: Conceded | None = None
    unconceded: str = ""

    @property
    def status(self) -> Status:
        """Whether somebody who receives is excluded."""
        return max((one.status for one in self.recipients), default=Status.UNKNOWN)

    @property
    def groups(self) -> tuple[str, ...]:
        """What receipts are counted under, each once, in order."""
        return tuple(sorted({one.group for one in self.recipients}))

    @property
    def digest(self) -> str:
        """SHA-256 of its canonical JSON, in hexadecimal."""
        return hashlib.sha256(_encoder.encode(self)).hexdigest()


class Contracts(_Value, frozen=True):
    """All that an exit judges by.

    Attributes:
        boundary: Boundary digest.
        estate: Digest of the estate.
        since: The instant that it speaks of.
        until: First instant at which nothing may be judged by it any more.
        contracts: A contract for each channel.
        version: Of this format.
    """

    boundary: str
    estate: str
    since: str
    until: str
    contracts: tuple[Contract, ...]
    version: int = 1

    @property
    def digest(self) -> str:
        """SHA-256 of its canonical JSON, which is its file, in hexadecimal."""
        return hashlib.sha256(written(self)).hexdigest()

    def of(self, channel: str) -> Contract | None:
        """Return the contract of a channel, or None where there is none."""
        found = (one for one in self.contracts if one.channel.name == channel)
        return next(found, None)

    def is_good(self, now: str) -> bool:
        """Whether it may be judged by at an instant."""
        return self.since <= now < self.until


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Contracts)


def written(contracts: Contracts) -> bytes:
    """Return contracts as they are kept."""
    return _encoder.encode(contracts)


def read(content: bytes) -> Contracts:
    """Return contracts that were written.

    Raises:
        msgspec.DecodeError: They aren't what this version writes.
    """
    found = _decoder.decode(content)
    if len({one.channel.name for one in found.contracts}) < len(found.contracts):
        raise msgspec.ValidationError("two contracts of one channel")
    return found
