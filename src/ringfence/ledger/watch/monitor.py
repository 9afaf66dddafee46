"""Monitoring: whether a log is still the one that was seen before.

A monitor remembers the last checkpoint that it believed. A new one is believed when the
quorum stands for it, when it continues the old one, when the entries between give the
very tiles and the very root that the log shows, and when no witness remembers another
log of that name. What fails is told with the pieces that prove it (`ForkError`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from ringfence.documents import durable
from ringfence.errors import ConfigError, Locus, ProofError, RingfenceError
from ringfence.ledger.entries import parse_entry
from ringfence.ledger.faults import Exhibit, ForkError, LedgerError, within
from ringfence.ledger.remote import CHECKPOINT, UnreachableError
from ringfence.ledger.signed.checkpoints import (
    SignedCheckpoint,
    parse_checkpoint,
    read_checkpoint,
)
from ringfence.ledger.signed.keys import VerifierKey
from ringfence.ledger.signed.notes import parse_note
from ringfence.ledger.signed.quorum import Quorum, Witness
from ringfence.ledger.tree.growing import Fetch
from ringfence.ledger.tree.merkle import leaf_hash, verify_inclusion
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.watch.comparing import (
    Head,
    Traced,
    check_continues,
    check_entries,
    check_tree,
    tell_torn,
)
from ringfence.ledger.witness.client import remembered
from ringfence.ledger.witness.state import StateFolder, prepare
from ringfence.ledger.writer.charter import CHARTER
from ringfence.ledger.writer.disk import PRIVATE, place

SEEN = f"{PRIVATE}/seen"
Clock = Callable[[], float]
AHEAD = 300  # seconds that a log's clock may run before ours
MOST_FINDINGS = 100
_ODD = re.compile(r"[^A-Za-z0-9._-]")


class Watched(NamedTuple):
    """What a monitor found: the log goes on from where it was seen.

    Attributes:
        signed: The checkpoint that is believed now, and remembered.
        before: How many entries were seen before; None if none ever were.
        rehashed: How many entries were hashed again.
        findings: What is odd, though no proof fails: silence, times that go back.
        unheard: Witnesses that couldn't be compared with, and why.
    """

    signed: SignedCheckpoint
    before: int | None
    rehashed: int
    findings: tuple[str, ...]
    unheard: tuple[str, ...]


def watch(
    fetch: Fetch,
    quorum: Quorum,
    state_folder: Path,
    *,
    origin: str | None = None,
    entries: bool = True,
    silence: timedelta | None = None,
    witnesses: bool = True,
    clock: Clock = time.time,
) -> Watched:
    """Look at a log once, and remember it if it is the one that was seen before.

    Args:
        fetch: Reads the files of the log (`remote.open_log`).
        quorum: Which log is believed, and who has to have cosigned.
        state_folder: Where the last checkpoint is remembered; made if need be. It is
            for one log.
        origin: The log, where the quorum names several.
        entries: Whether new entries are hashed again.
        silence: How long a log may say nothing; no limit without.
        witnesses: Whether witnesses that have an address are asked what they remember.
        clock: Gives the seconds since 1970.

    Raises:
        ForkError: The log contradicts itself, its files, or what a witness remembers.
            The error carries what proves it; nothing new is remembered.
        ProofError: What the log shows is no checkpoint that the quorum stands for.
        UnreachableError: The log can't be read: nothing is known.
        LedgerError: The state can't be kept, or somebody else has it.
        ConfigError: The quorum names no log, or several; or the state is another's,
            or would lie in a ledger.
    """
    keys = _keys_of(quorum, origin)
    _check_outside(state_folder)
    state = _State(StateFolder.at(state_folder))
    with state.locked():
        with within(state_folder):
            seen = state.seen(keys)
        signed = _shown(fetch, quorum, keys)
        new = Head("log", signed)
        _check_head(seen, new, fetch)
        times = _Times(silence, int(clock()))
        if entries:
            check_entries(seen, new, fetch, times.take)
        times.end(new, fetch)
        unheard = _compare(new, fetch, quorum, keys) if witnesses else ()
        state.remember(signed)
    before = None if seen is None else seen.checkpoint.size
    return Watched(signed, before, times.count, times.findings, unheard)


def save_exhibits(error: ForkError, folder: Path) -> list[Path]:
    """Write what proves an error to a folder, and why it does; return the files.

    Raises:
        LedgerError: It can't be written, or one of the files is there already.
    """
    pieces = [*error.exhibits, Exhibit("why", f"{error}\n".encode())]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / _file_name(one) for one in pieces]
        for file, piece in zip(files, pieces, strict=True):
            with file.open("xb") as stream:
                stream.write(piece.content)
            durable.sync(file)
        durable.sync(folder)
    except OSError as fault:
        reason = (fault.strerror or "can't be written").lower()
        raise LedgerError(reason, Locus(str(folder)), "name a new folder") from None
    return files


def _file_name(piece: Exhibit) -> str:
    """Return a name that leads nowhere else, whoever named the piece."""
    return _ODD.sub("-", piece.name).lstrip(".") or "exhibit"


class _State:
    """What a monitor remembers: the last checkpoint that it believed."""

    def __init__(self, disk: StateFolder) -> None:
        self._disk = disk

    @contextmanager
    def locked(self) -> Iterator[None]:
        with self._disk.locked():
            with _told():
                prepare(self._disk)
            try:
                yield
            finally:
                self._disk.close()

    def seen(self, keys: Sequence[VerifierKey]) -> Head | None:
        with _told():
            try:
                content = self._disk.read(SEEN)
            except FileNotFoundError:
                return None
        origin = parse_checkpoint(parse_note(content, SEEN).text, SEEN).origin
        if origin != keys[0].name:
            message = f"the state is of the log `{origin}`"
            raise ConfigError(message, Locus(SEEN), "each log has a state of its own")
        return Head("seen", read_checkpoint(content, keys, place=SEEN))

    def remember(self, signed: SignedCheckpoint) -> None:
        with _told():
            place(self._disk, [(SEEN, signed.content)], set())


class _Times:
    """Follows the times that entries tell."""

    def __init__(self, silence: timedelta | None, now: int) -> None:
        self.count = 0
        self._silence = silence
        self._now = now
        self._last: int | None = None
        self._untimed = 0
        self._found: list[str] = []
        self._more = 0

    @property
    def findings(self) -> tuple[str, ...]:
        more = [f"{self._more} more of the kind"] if self._more else []
        return (*self._found, *more)

    def take(self, first: int, entries: Sequence[bytes]) -> None:
        self.count += len(entries)
        for index, entry in enumerate(entries, first):
            self._look(index, entry)

    def end(self, head: Head, fetch: Fetch) -> None:
        """Hold the last entry against the clock."""
        size = head.checkpoint.size
        if self._silence is None:
            return
        if self._untimed:
            self._tell(f"{self._untimed} entries tell no time")
        if size and self._last is None:
            self._last = _time_of(_last_entry(head, fetch))
        if self._last is None:
            self._tell("no entry tells when the log was alive")
            return
        passed = timedelta(seconds=self._now - self._last)
        if passed > self._silence:
            self._tell(f"the log is silent since {_said(self._last)}")

    def _look(self, index: int, entry: bytes) -> None:
        found, last = _time_of(entry), self._last
        if found is None:
            self._untimed += 1
            return
        self._last = found
        if found > self._now + AHEAD:
            self._tell(f"entry {index} tells a time to come: {_said(found)}")
        if last is None:
            return
        if found < last:
            self._tell(f"entry {index} is dated {_said(found)}, before the one before")
        elif self._silence and timedelta(seconds=found - last) > self._silence:
            self._tell(
                f"the log was silent from {_said(last)} to {_said(found)}, "
                f"before entry {index}"
            )

    def _tell(self, finding: str) -> None:
        if len(self._found) < MOST_FINDINGS:
            self._found.append(finding)
        else:
            self._more += 1


def _check_outside(state_folder: Path) -> None:
    """Check that a state doesn't lie in a ledger, among files that it would spoil."""
    here = state_folder.resolve()
    if any((folder / CHARTER).exists() for folder in (here, *here.parents)):
        message, hint = "lies in a ledger", "a monitor has its own folder"
        raise ConfigError(message, Locus(str(state_folder)), hint)


def _keys_of(quorum: Quorum, origin: str | None) -> tuple[VerifierKey, ...]:
    names = {key.name for key in quorum.log_keys}
    if origin is None and len(names) == 1:
        (origin,) = names
    if origin not in names:
        told = "no log" if not names else "several logs"
        message = f"the quorum names {told}"
        if origin is not None:
            message = f"the quorum doesn't name the log `{origin}`"
        raise ConfigError(message, hint="say which log is watched")
    return tuple(key for key in quorum.log_keys if key.name == origin)


def _shown(
    fetch: Fetch, quorum: Quorum, keys: Sequence[VerifierKey]
) -> SignedCheckpoint:
    """Return what the log shows now, as far as the quorum stands for it."""
    try:
        content = fetch(CHECKPOINT)
    except FileNotFoundError:
        hint = "is it the log's address?"
        raise UnreachableError("no log is there", Locus(CHECKPOINT), hint) from None
    try:
        signed = read_checkpoint(
            content, keys, witnesses=quorum.witness_keys, place=CHECKPOINT
        )
    except ProofError as error:
        _tell_forgery(error, content, quorum)
        raise
    missing = quorum.missing(signed.verified)
    if missing:
        raise ProofError(f"too few have cosigned: {missing}", Locus(CHECKPOINT))
    return signed


def _tell_forgery(error: ProofError, content: bytes, quorum: Quorum) -> None:
    """Raise the error with its exhibits if a known key was made to sign."""
    try:
        note = parse_note(content)
    except ProofError:
        return
    known = {(k.name, k.key_id) for k in (*quorum.log_keys, *quorum.witness_keys)}
    if any((one.name, one.key_id) in known for one in note.signatures):
        exhibits = [
            Exhibit("checkpoint-log", content),
            Exhibit("quorum", quorum.render().encode()),
        ]
        (problem, *_) = error.problems
        raise ForkError(problem.message, exhibits, problem.at, problem.hint) from None


def _check_head(seen: Head | None, new: Head, fetch: Fetch) -> None:
    """Hold a checkpoint against the one before, and against the log's tiles."""
    if seen is None:
        check_tree(new, fetch)
        return
    old, now = seen.checkpoint.size, new.checkpoint.size
    if now < old:
        message = f"rollback: {now} entries are shown, and {old} were seen before"
        exhibits = [seen.exhibit, new.exhibit]
        hint = "a cache may show what was; if it lasts, the log lost entries"
        raise ForkError(message, exhibits, Locus(CHECKPOINT), hint)
    if now == old:  # two checkpoints alone prove it; no tile is needed
        check_continues(seen, new, fetch)
    check_tree(new, fetch, [seen])
    check_continues(seen, new, fetch)


def _compare(
    new: Head, fetch: Fetch, quorum: Quorum, keys: Sequence[VerifierKey]
) -> tuple[str, ...]:
    """Hold what the log shows against what each witness remembers."""
    unheard = []
    for witness in quorum.witnesses:
        if witness.url is None:
            continue
        try:
            told = remembered(witness, keys[0].name, keys)
        except RingfenceError as error:
            unheard.append(f"`{witness.name}`: {error.problems[0].message}")
            continue
        size = 0 if told is None else told.checkpoint.size
        has_cosigned = witness.key in {one.key for one in new.signed.verified}
        if has_cosigned and size < new.checkpoint.size:
            message = f"has cosigned {new.checkpoint.size} entries and remembers {size}"
            unheard.append(f"`{witness.name}`: {message}")
        if told is not None:
            _check_witness(witness, Head(f"witness-{witness.name}", told), new, fetch)
    return tuple(unheard)


def _check_witness(witness: Witness, told: Head, new: Head, fetch: Fetch) -> None:
    older, newer = sorted((told, new), key=lambda one: one.checkpoint.size)
    try:
        check_continues(older, newer, fetch)
        if newer is told:
            check_tree(told, fetch, [new])
    except ForkError as error:
        (problem, *_) = error.problems
        message = f"the witness `{witness.name}` remembers another log"
        raise ForkError(
            f"{message}: {problem.message}", error.exhibits, problem.at
        ) from None


def _last_entry(head: Head, fetch: Fetch) -> bytes:
    """Return the last entry, verified to be that.

    Raises:
        ForkError: It isn't what was signed.
    """
    _, size, root, _ = head.checkpoint
    last, traced = size - 1, Traced(fetch)
    try:
        tree = Tree(size, traced)
        proof, entry = tree.inclusion(last), tree.entry(last)
        verify_inclusion(last, size, leaf_hash(entry), proof, root)
    except (FileNotFoundError, ProofError) as error:
        tell_torn(error, [head], traced)
    return entry


def _time_of(entry: bytes) -> int | None:
    """Return the time that an entry tells; None for what is no entry of ours."""
    try:
        return int(datetime.fromisoformat(parse_entry(entry).time).timestamp())
    except ProofError:
        return None


def _said(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "the disk failed").lower()
        raise LedgerError(reason, hint="check the folder of the state") from None
