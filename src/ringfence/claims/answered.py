"""What a gate answered, as its ledger tells: each decision, out of verified entries.

An entry of the kind `decision` tells of one window, or `shadow` if nobody enforced it;
its payload has a line of JSON for each decision. A payload that was erased or lost is
counted: what it would explain, it explains no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from ringfence.documents.located import parse_moment
from ringfence.errors import Locus, ProofError
from ringfence.gate.point.lines import SEARCH, UNLOGGED, Line, root_of
from ringfence.ledger.entries import Entry
from ringfence.ledger.faults import LedgerError, within
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.keeping.showing import Shelf
from ringfence.ledger.writer.disk import RealDisk

KINDS = {"decision": False, "shadow": True}
"""The entries that tell of decisions, and whether nobody enforced these."""
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
        unlogged: How many answers in shadow mode the ledger may not hold.
    """

    lines: tuple[Line, ...] = ()
    entries: int = 0
    lost: int = 0
    unread: int = 0
    unlogged: int = 0


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
        entries = lost = unread = unlogged = 0
        for index in range(shelf.size):
            entry = shelf.shown(index).entry
            if entry is None or entry.kind not in KINDS:
                continue
            entries += 1
            content = _payload(payloads, entry, index)
            if content is None:
                lost += 1
                continue
            told = content.split(b"\n")[:-1]
            found = [_line(one, shadow=KINDS[entry.kind]) for one in told]
            unread += found.count(None)
            known = [one for one in found if one is not None]
            unlogged += sum(max(one.count or 0, 0) for one in known if _is_gap(one))
            lines += [one for one in known if one.reason not in (SEARCH, UNLOGGED)]
    return Answers(tuple(lines), entries, lost, unread, unlogged)


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


def _is_gap(line: Line) -> bool:
    return line.reason == UNLOGGED


def _line(content: bytes, *, shadow: bool) -> Line | None:
    """Return what a line says, None if it doesn't say what its entry does."""
    try:
        found = _decoder.decode(content)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    is_one = found.shadow is shadow and parse_moment(found.time) == found.time
    return found if is_one else None
