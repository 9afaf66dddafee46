"""Decisions and the power: what was acknowledged is found again, whatever was lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from ringfence.gate.point.book import COUNTED, Book, Ground, Window
from ringfence.gate.point.lines import root_of
from ringfence.ledger.entries import parse_entry
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.signed.keys import ED25519, SigningKey
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.writer.log import Log
from tests.crash.modelled import Files, ModelDisk

ORIGIN = "ringfence.example/gate"
KEY = SigningKey(ORIGIN, ED25519, bytes(32))
FOLDER = Path("model")
SIZES = (1, 3, 1, 8, 2)  # lines of each window
Told = dict[int, Sequence[bytes]]


def book(disk: ModelDisk) -> Book:
    """Return a book on a disk."""
    return Book(FOLDER, opening=lambda: opened(disk), disk=disk)


def opened(disk: ModelDisk) -> Log:
    """Open the log on a disk."""
    return Log.open(FOLDER, clock=lambda: 0, disk=disk)


def window(number: int, size: int, *, publish: bool) -> Window:
    """Return a window of some lines, the last of which uses an exception."""
    lines = [b'{"line":"%d.%d"}' % (number, place) for place in range(size - 1)]
    lines.append(b'{"leave":"repair","n":%d,"subjects":1}' % number)
    return Window(Ground("b" * 64, "e" * 64, "a" * 64, publish), lines, size)


def check(files: Files, told: Told, used: int) -> None:
    """Check that a disk as a crash left it holds what was acknowledged."""
    disk = ModelDisk(files)
    assert book(disk).open().get("repair", 0) >= used
    with opened(disk) as log:
        log.publish()
        tree = Tree(log.size, log.fetch)
        entries = [parse_entry(tree.entry(at)) for at in range(log.size)]
    for at, lines in told.items():
        digests = entries[at].digests
        payload = Payloads(disk).read(digests["payload"].removeprefix("sha256:"))
        assert payload.splitlines() == lines
        assert digests["decisions"] == f"sha256:{root_of(lines)}"


@pytest.mark.parametrize("publish", [False, True])
def test_no_crash_loses_a_decision_that_was_acknowledged(*, publish: bool):
    """After a power failure at any call, all that was acknowledged is there, and read."""
    disk = ModelDisk()
    Log.create(FOLDER, ORIGIN, keys=[KEY], clock=lambda: 0, disk=disk).close()
    told: Told = {}
    states = 0

    def look(call: str) -> None:
        nonlocal states
        for files in disk.states(states, 3):
            check(files, told, len(told))
            states += 1
        assert call

    kept = book(disk)
    assert kept.open() == {}
    disk.watch = look
    for number, size in enumerate(SIZES):
        one = window(number, size, publish=publish)
        [at] = kept.commit([one], {"repair": number + 1})
        told[at] = one.lines
        look("acknowledged")
    kept.close()
    assert len(told) == len(SIZES)
    assert states > 150


def test_counts_that_are_lost_are_counted_anew():
    """Without its file of counts a book takes them from the payloads."""
    disk = ModelDisk()
    Log.create(FOLDER, ORIGIN, keys=[KEY], clock=lambda: 0, disk=disk).close()
    kept = book(disk)
    kept.open()
    kept.commit([window(n, n + 1, publish=False) for n in range(4)], {"repair": 4})
    kept.close()
    disk.remove(COUNTED)
    assert book(disk).open() == {"repair": 4}
    assert msgspec.json.decode(disk.read(COUNTED)) == {"repair": 4}
