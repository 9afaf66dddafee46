"""From the files that a boundary orders to the sealed table of events.

Whatever moment a run is killed in, the next one completes it: a batch is there whole or
not at all, and the table is made from batches alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import msgspec

from ringfence.audit import reader as readers
from ringfence.audit.attribution import Behind, attribute
from ringfence.audit.batch import Batch, UnreadableError, batch_of, clean
from ringfence.audit.durable import locked, sweep
from ringfence.audit.numbering import Delivery
from ringfence.audit.reader import LogReader
from ringfence.audit.seal import seal
from ringfence.audit.table import EventTable, FileState, LogState, Unread
from ringfence.boundary.order import LogOrder
from ringfence.errors import ConfigError, Problem, RingfenceError

Progress = Callable[[str], None]


def silent(_: str) -> None:
    """Tell nobody."""


def ingest(
    orders: Sequence[LogOrder],
    folder: Path,
    *,
    behind: Behind,
    progress: Progress = silent,
) -> EventTable:
    """Read every file that is not read yet, and seal the table of all of them.

    Args:
        orders: The logs.
        folder: Where batches and table are kept; made if need be.
        behind: What is known of who speaks for whom.
        progress: Is told each file before it is read, and the seal.

    Raises:
        ConfigError: A log is of no known kind, or its options can't be used; the error
            carries every problem.
        RingfenceError: Another run is at work in the folder, or it can't be written.
    """
    found = _readers(orders)
    with locked(folder):
        batches = folder / "batches"
        batches.mkdir(exist_ok=True)
        sweep(folder)
        sweep(batches)
        try:
            deliveries = [
                _delivered(order, one, batches, progress)
                for order, one in zip(orders, found, strict=True)
            ]
            deliveries = [_compared(one, deliveries) for one in deliveries]
            progress("sealing the table of events")
            basis = msgspec.json.encode(behind, order="deterministic", enc_hook=str)
            return seal(deliveries, folder, partial(attribute, behind=behind), basis)
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            message = f"the table of events can't be written to `{folder}`"
            hint = "look at free space and memory; what was read stays, run it again"
            raise RingfenceError(message, hint=hint) from error


def _readers(orders: Sequence[LogOrder]) -> list[LogReader]:
    found: list[LogReader] = []
    problems: list[Problem] = []
    for order in orders:
        try:
            found.append(readers.reader(order.kind, order.at))
            found[-1].check(order)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError.of(problems)
    return found


def _delivered(
    order: LogOrder, reader: LogReader, batches: Path, progress: Progress
) -> Delivery:
    """Read the files of one log."""
    files: list[FileState] = []
    unread: list[Unread] = []
    made: dict[str, Batch] = {}
    for path in files_of(order, unread):
        name = named(path, order)
        progress(f"reading {name}")
        try:
            batch = batch_of(path, order, reader, batches)
        except UnreadableError as error:
            unread.append(Unread(name, clean(str(error))))
            continue
        made[batch.key] = batch
        files.append(_state(name, batch))
    state = LogState(
        name=order.name,
        kind=order.kind,
        version=reader.version,
        files=tuple(sorted(files, key=lambda one: one.name)),
        unread=tuple(sorted(unread, key=lambda one: one.name)),
    )
    return Delivery(order, state, made)


def _compared(one: Delivery, every: Sequence[Delivery]) -> Delivery:
    """Return a log that knows which of its files another log like it was made of."""
    others = {
        file.digest
        for other in every
        if other is not one and _alike(one.order, other.order)
        for file in other.state.files
    }
    twice = (f.name for f in one.state.files if f.events and f.digest in others)
    return replace(one, state=msgspec.structs.replace(one.state, twice=tuple(twice)))


def _alike(one: LogOrder, other: LogOrder) -> bool:
    """Return whether two logs made of one file would tell the same events twice."""
    return one.kind == other.kind or (one.store != "" and one.store == other.store)


def files_of(order: LogOrder, unread: list[Unread]) -> list[Path]:
    """Return the files that an order asks for, each once, by name.

    A pattern that fits no file is noted in `unread`.
    """
    paths: set[Path] = set()
    for pattern in order.files:
        found = list(_matches(order.base, pattern))
        if not found:
            unread.append(Unread(clean(pattern), "no file has such a name"))
        paths.update(found)
    return sorted(paths, key=lambda path: named(path, order))


def _matches(base: Path, pattern: str) -> Iterator[Path]:
    """Yield what a pattern names, folders left out: they are no logs."""
    try:
        wanted = Path(pattern)
        root = Path(wanted.anchor) if wanted.is_absolute() else base
        relative = wanted.relative_to(wanted.anchor) if wanted.anchor else wanted
        for path in root.glob(str(relative)):
            if not path.is_dir():
                yield path
    except (ValueError, NotImplementedError, IndexError, OSError):
        # What is no pattern names nothing, and a folder that can't be listed neither.
        return


def named(path: Path, order: LogOrder) -> str:
    """Return what a file is called: its path from the folder of the boundary."""
    if path.is_relative_to(order.base):
        return clean(path.relative_to(order.base).as_posix())
    return clean(path.as_posix())


def _state(name: str, batch: Batch) -> FileState:
    return FileState(
        name=name,
        digest=batch.digest,
        size=batch.size,
        lines=batch.lines,
        events=batch.events,
        asides=batch.asides,
        malformed=batch.malformed,
        first=batch.first,
        last=batch.last,
        back=batch.back,
        problems=batch.problems,
        batch=batch.key,
    )
