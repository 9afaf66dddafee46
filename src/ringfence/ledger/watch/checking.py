"""Checking a ledger's folder: the log it publishes, and what it keeps to itself.

Nothing is written and no lock is taken, so a ledger can be checked while it is written.
What is read first can then only be older than what is read after it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ringfence.errors import Locus, Problem, ProofError
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.signed.checkpoints import SignedCheckpoint, read_checkpoint
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.tree.tiles import WIDTH, Bundle
from ringfence.ledger.watch.fsck import Found, Progress, fsck
from ringfence.ledger.writer.charter import Charter, read_charter
from ringfence.ledger.writer.disk import PUBLIC, Disk, RealDisk, public_fetch
from ringfence.ledger.writer.journal import JOURNAL, Reading, read_journal
from ringfence.ledger.writer.recovery import PUBLISHED, SIGNED


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
    if signed is None:
        return found._replace(problems=tuple(problems))
    size = signed.checkpoint.size
    journal = _journal(disk, problems)
    if journal is None:
        return found._replace(problems=tuple(problems), signed=size)
    _compare(disk, journal, size, problems)
    _check_shown(disk, charter, journal, problems)
    return found._replace(
        problems=tuple(problems),
        signed=size,
        sequenced=max(journal.after, size),
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
    except OSError:
        problems.append(Problem("can't be read, or is missing", at))
        return None
    except ProofError as error:
        problems += error.problems
        return None
    size = signed.checkpoint.size
    told = {one.at.file for one in problems if one.at}
    root, odd = _root(disk, signed, published)
    problems += [one for one in odd if one.at is None or one.at.file not in told]
    if root not in (None, signed.checkpoint.root):
        message = f"is of another tree than that of the {size} entries there"
        problems.append(Problem(message, at))
    if published is not None and published.checkpoint.size > size:
        message = f"is of {size} entries; {published.checkpoint.size} are published"
        problems.append(Problem(message, at, "was it taken from an older copy?"))
    return signed


def _root(
    disk: Disk, signed: SignedCheckpoint, published: SignedCheckpoint | None
) -> tuple[bytes | None, list[Problem]]:
    """Return the root of the tree that was signed last, or why it isn't known."""
    size, asked = signed.checkpoint.size, [SIGNED]
    if published is not None and published.checkpoint.size == size:
        return published.checkpoint.root, []  # which the files were held against

    def fetch(path: str) -> bytes:
        asked.append(f"{PUBLIC}/{path}")
        return disk.read(asked[-1])

    try:
        return Tree(size, fetch).root(), []
    except OSError:
        return None, [Problem("can't be read, or is missing", Locus(asked[-1]))]
    except ProofError as error:
        return None, [_placed(one) for one in error.problems]


def _check_shown(
    disk: Disk, charter: Charter, journal: Reading, problems: list[Problem]
) -> None:
    """Tell a checkpoint that was put back: a journal begins at a published size."""
    try:  # once more: since the first time, a writer may have published
        content = disk.read(PUBLISHED)
        shown = read_checkpoint(content, charter.keys, place=PUBLISHED).checkpoint
    except (OSError, ProofError):  # which was told
        return
    if shown.size < journal.base:
        message = f"is of {shown.size} entries; {journal.base} were published before"
        hint = "was it taken from an older copy? run `ringfence ledger publish`"
        problems.append(Problem(message, Locus(PUBLISHED), hint))


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
    told = {one.at.file.partition(".p/")[0] for one in problems if one.at}
    if journal.base > size:
        message = f"continues a log of {journal.base} entries; {size} are signed"
        problems.append(Problem(message, at, "was it taken from another copy?"))
    for first, entries in journal.batches:
        if first >= size:
            return
        after = min(first + len(entries), size)
        for start in range(first - first % WIDTH, after, WIDTH):
            if f"{PUBLIC}/{Bundle(start // WIDTH).path}" in told:
                continue  # it was told: the bundle was changed, not the journal
            low, high = max(first, start), min(after, start + WIDTH)
            try:
                there = tree.bundle(start // WIDTH)[low - start : high - start]
            except (OSError, ProofError):  # signed, and beyond what is published
                message = f"the file with entries {low} to {high - 1} can't be read"
                problems.append(Problem(message, Locus(f"{PUBLIC}/tile/entries")))
                continue
            if there != entries[low - first : high - first]:
                message = f"entries {low} to {high - 1} are not those of the log"
                problems.append(Problem(message, at))
