"""What a gate answered, as its ledger tells: each decision, out of verified entries.

An entry of the kind `decision` tells of one window; its payload has a line of JSON for
each decision. A payload that was erased or lost is counted: what it would explain, it
explains no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from ringfence.documents.located import parse_moment
from ringfence.errors import Locus, ProofError
from ringfence.gate.point.lines import Line, root_of
from ringfence.ledger.entries import Entry
from ringfence.ledger.faults import LedgerError, within
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.keeping.showing import Shelf
from ringfence.ledger.writer.disk import RealDisk

KIND = "decision"
SEARCH = "search"
_MARK = "sha256:"
_decoder = msgspec.json.Decoder(Line)


@dataclass(frozen=True, slots=True)
class Answers:
    """The decisions that a ledger tells of.

    Attributes:
        lines: The decisions, searches left out.
        entries: How many entries tell of decisions.
        lost: Of how many of these the payload isn't there any more.
        unread: How many lines of payloads can't be understood.
    """

    lines: tuple[Line, ...] = ()
    entries: int = 0
    lost: int = 0
    unread: int = 0


def answers(folder: Path) -> Answers:
    """Return the decisions of a ledger, as far as it has published them.

    Raises:
        ConfigError: There is no ledger.
        ProofError: An entry or a payload isn't what was signed.
        OSError: It can't be read.
    """
    with within(folder):
        shelf = Shelf(folder)
        payloads = Payloads(RealDisk(folder))
        lines: list[Line] = []
        entries = lost = unread = 0
        for index in range(shelf.size):
            entry = shelf.shown(index).entry
            if entry is None or entry.kind != KIND:
                continue
            entries += 1
            content = _payload(payloads, entry, index)
            if content is None:
                lost += 1
                continue
            found = [_line(one) for one in content.split(b"\n")[:-1]]
            unread += found.count(None)
            lines += [one for one in found if one is not None and one.reason != SEARCH]
    return Answers(tuple(lines), entries, lost, unread)


def _payload(payloads: Payloads, entry: Entry, index: int) -> bytes | None:
    """Return an entry's payload, None if it was erased or isn't there.

    Raises:
        ProofError: It isn't what the entry tells of.
    """
    try:
        content = payloads.read(entry.digests["payload"].removeprefix(_MARK))
    except LedgerError:
        return None
    root = root_of(content.split(b"\n")[:-1])
    if entry.digests["decisions"] != _MARK + root:
        message = "its payload doesn't hold the decisions that it tells of"
        raise ProofError(message, Locus(f"entry {index}"))
    return content


def _line(content: bytes) -> Line | None:
    try:
        found = _decoder.decode(content)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return found if parse_moment(found.time) == found.time else None
