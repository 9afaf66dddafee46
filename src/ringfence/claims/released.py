"""What an exit let leave, and what it kept: its verdicts, out of verified entries.

An entry of the kind `release` commits to the name of its channel, which the payload
tells. A payload that was erased or lost is counted: it explains nothing any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ringfence.ledger.faults import within
from ringfence.ledger.keeping.showing import Shelf, Shown

KIND = "release"
_LEFT = ("release", "mask")


@dataclass(frozen=True, slots=True)
class Released:
    """A verdict of an exit.

    Attributes:
        channel: Name of the channel.
        time: When it was reached.
        verdict: `release`, `mask`, `hold` or `block`.
        entry: The ledger's entry that holds it.
    """

    channel: str
    time: str
    verdict: str
    entry: int

    @property
    def has_left(self) -> bool:
        """Whether something left by it."""
        return self.verdict in _LEFT


@dataclass(frozen=True, slots=True)
class Releases:
    """The verdicts that a ledger tells of.

    Attributes:
        told: The verdicts, in the order of the ledger.
        lost: How many say no more of which channel they are.
    """

    told: tuple[Released, ...] = ()
    lost: int = 0


def releases(folder: Path) -> Releases:
    """Return the verdicts of a ledger, as far as it has published them.

    Raises:
        ConfigError: There is no ledger.
        ProofError: An entry or a payload isn't what was signed.
        OSError: It can't be read.
    """
    told: list[Released] = []
    lost = 0
    with within(folder):
        shelf = Shelf(folder)
        for index in range(shelf.size):
            shown = shelf.shown(index)
            if shown.entry is None or shown.entry.kind != KIND:
                continue
            channel = _channel(shown)
            if channel is None:
                lost += 1
                continue
            verdict = shown.entry.values["verdict"]
            told.append(Released(channel, shown.entry.time, verdict, index))
    return Releases(tuple(told), lost)


def _channel(shown: Shown) -> str | None:
    if not isinstance(shown.payload, dict):
        return None
    channel = shown.payload.get("channel")
    return channel if isinstance(channel, str) else None
