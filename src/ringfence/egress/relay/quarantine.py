"""What the relay stopped at, kept inside for its owner alone until it is dealt with.

A folder for each transaction: the rows as they were judged, the receipts, and why.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ringfence.documents import durable
from ringfence.egress.relay.lsn import written

NAME = "stopped.json"
_NEW = ".new"


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows of one table, and what was said of them.

    Attributes:
        table: The table. `channel`: what it leaves by; empty: nothing.
        verdict: The verdict. `reasons`: why, in words.
        entry: The ledger's entry.
        content: The rows; empty: they weren't shown. `receipt`: the receipt.
    """

    table: str
    channel: str
    verdict: str
    reasons: tuple[str, ...]
    entry: int
    content: bytes
    receipt: bytes


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A folder inside.

    Attributes:
        folder: The folder.
    """

    folder: Path

    def keep(self, lsn: int, why: str, tables: Sequence[Kept]) -> Path:
        """Keep a transaction, and return its folder; one kept before gives way.

        Raises:
            OSError: It can't be written.
        """
        target = self.folder / written(lsn).replace("/", "-")
        new = target.with_name(target.name + _NEW)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        for number, one in enumerate(tables, 1):
            if one.content:
                _write(new / f"{number}.jsonl", one.content)
            _write(new / f"{number}.receipt.json", one.receipt)
        told = {
            "transaction": written(lsn),
            "why": why,
            "tables": [_said(number, one) for number, one in enumerate(tables, 1)],
        }
        _write(new / NAME, msgspec.json.format(msgspec.json.encode(told)) + b"\n")
        durable.sync(new)
        shutil.rmtree(target, ignore_errors=True)
        new.rename(target)
        durable.sync(self.folder)
        return target


def _said(number: int, one: Kept) -> dict[str, object]:
    return {
        "table": one.table,
        "channel": one.channel,
        "verdict": one.verdict,
        "reasons": list(one.reasons),
        "entry": one.entry,
        "rows": f"{number}.jsonl" if one.content else None,
    }


def _write(file: Path, content: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
