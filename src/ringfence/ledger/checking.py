"""Checking a ledger's folder: the log it publishes, and what it keeps to itself.

Nothing is written and no lock is taken, so a ledger can be checked while it is written.
What is read first can then only be older than what is read after it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ringfence.errors import Locus, Problem, ProofError
from ringfence.ledger.charter import Charter, read_charter
from ringfence.ledger.checkpoints import SignedCheckpoint, read_checkpoint
from ringfence.ledger.disk import PUBLIC, Disk, RealDisk, public_fetch
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.fsck import Found, Progress, fsck
from ringfence.ledger.journal import JOURNAL, Reading, read_journal
from ringfence.ledger.reading import Tree
from ringfence.ledger.recovery import SIGNED
from ringfence.ledger.tiles import WIDTH


def check_folder(folder: Path, *, progress: Progress | None = None) -> Found:
    """Check a ledger: its log, its last signature, and its journal.

    Args:
        folder: Where it lies.
        progress: Is told how far the check of the log is.

    Raises:
        ConfigError: There is no ledger.
        LedgerError: Its charter can't be read.
    """
    try:
        return check_disk(RealDisk(folder), progress=progress)
    except OSError as error:
        reason = (error.strerror or "can't be read").lower()
        at = Locus(str(error.filename or folder))
        raise LedgerError(reason, at, "check the path") from None


def check_disk(disk: Disk, *, progress: Progress | None = None) -> Found:
    """Check a ledger, wherever it lies.

    Raises:
        ConfigError: There is none.
        OSError: Its charter can't be read.
    """
    charter = read_charter(disk)
    fetch, names = public_fetch(disk), disk.files(PUBLIC)
    found = fsck(fetch, charter.keys, names=names, progress=progress)
    problems = [_placed(one) for one in found.problems]
    signed = _signed(disk, charter, found.checkpoint, problems)
    journal = None if signed is None else _journal(disk, problems)
    if signed is None or journal is None:
        return found._replace(problems=tuple(problems))
    _compare(disk, journal, signed.checkpoint.size, problems)
    return found._replace(
        problems=tuple(problems),
        sequenced=max(journal.after, signed.checkpoint.size),
        torn=journal.torn,
    )


def _placed(problem: Problem) -> Problem:
    at = problem.at or Locus("")
    return replace(problem, at=replace(at, file=f"{PUBLIC}/{at.file}"))


def _signed(
    disk: Disk,
    charter: Charter,
    published: SignedCheckpoint | None,
    problems: list[Problem],
) -> SignedCheckpoint | None:
    """Return what was signed last, held against what is published."""
    at = Locus(SIGNED)
    try:
        signed = read_checkpoint(disk.read(SIGNED), charter.keys, place=SIGNED)
        size = signed.checkpoint.size
        root = Tree(size, public_fetch(disk)).root()
    except OSError as error:
        place = Locus(str(error.filename or SIGNED))
        problems.append(Problem("can't be read, or is missing", place))
        return None
    except ProofError as error:
        problems += error.problems
        return None
    if root != signed.checkpoint.root:
        message = f"is of another tree than that of the {size} entries there"
        problems.append(Problem(message, at))
    if published is not None and published.checkpoint.size > size:
        message = f"is of {size} entries; {published.checkpoint.size} are published"
        problems.append(Problem(message, at, "was it taken from an older copy?"))
    return signed


def _journal(disk: Disk, problems: list[Problem]) -> Reading | None:
    try:
        return read_journal(disk.read(JOURNAL))
    except OSError:
        problems.append(Problem("can't be read, or is missing", Locus(JOURNAL)))
    except LedgerError as error:
        problems += error.problems
    return None


def _compare(disk: Disk, journal: Reading, size: int, problems: list[Problem]) -> None:
    """Hold a journal against the entries that a checkpoint signs."""
    at, tree = Locus(JOURNAL), Tree(size, public_fetch(disk))
    if journal.base > size:
        message = f"continues a log of {journal.base} entries; {size} are signed"
        problems.append(Problem(message, at, "was it taken from another copy?"))
    for first, entries in journal.batches:
        if first >= size:
            return
        after = min(first + len(entries), size)
        for start in range(first - first % WIDTH, after, WIDTH):
            low, high = max(first, start), min(after, start + WIDTH)
            try:
                there = tree.bundle(start // WIDTH)[low - start : high - start]
            except (OSError, ProofError):  # which was told
                continue
            if there != entries[low - first : high - first]:
                message = f"entries {low} to {high - 1} are not those of the log"
                problems.append(Problem(message, at))
