"""Building: a population becomes an index, out of core, beside the one before.

Pairs are put apart by their first byte, then each shard is sorted on its own, so that
memory is bounded by a piece of the population and by one shard. The old index stays in
its place until the manifest of the new one takes it, in one step of the file system.
"""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from ringfence.documents.durable import locked, sync
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index import manifest as manifests
from ringfence.egress.index.filter import SHARDS
from ringfence.egress.index.gathering import Gathering, Tally
from ringfence.egress.index.manifest import Held, Kept, Manifest, Part
from ringfence.egress.index.population import Population
from ringfence.egress.index.runs import Runs, Taking
from ringfence.egress.index.shards import Shards, root_over
from ringfence.egress.index.store import Pairs, distinct
from ringfence.errors import ConfigError, Locus, ProofError, RingfenceError, SourceError

Progress = Callable[[str], None]
_EPOCH = re.compile(r"epoch-([1-9][0-9]{0,8})-[0-9a-f]{8}")
_BUILDING = "building-"


@dataclass(frozen=True, slots=True)
class Built:
    """What came of a build.

    Attributes:
        manifest: What was written.
        rows: Rows that were read.
        tallies: What was read of each kind.
    """

    manifest: Manifest
    rows: int
    tallies: Mapping[Kind, Tally]


def build(
    population: Population,
    gathering: Gathering,
    folder: Path,
    *,
    time: str,
    progress: Progress = lambda _: None,
) -> Built:
    """Build an index, and put it in the place of the one before.

    Args:
        population: Where the rows come from.
        gathering: How they become pairs; one that nothing was gathered with yet.
        folder: Where the index lies, or will.
        time: When this is: what changes from now on isn't in it.
        progress: Told what is going on.

    Raises:
        RingfenceError: The population can't be read, or holds nothing; another build
            goes on there.
        OSError: The disk is full, or fails. The old index is as it was.
    """
    with changing(folder):
        number = 1 + _last(folder)
        name = f"epoch-{number}-{secrets.token_hex(4)}"
        with _beside(folder) as work:
            _partition(population, gathering, work, progress)
            stored = _store(work, progress)
            work.rename(folder / name)
        sync(folder)
        written = Manifest(
            version=manifests.VERSION,
            epoch=number,
            built=time,
            made=time,
            key=gathering.keys.index.id,
            subject_key=gathering.keys.subject.id,
            folder=name,
            kinds={
                kind: Held.of(kind, tally.shape)
                for kind, tally in gathering.tallies.items()
            },
            change=None,
            **stored,
        )
        manifests.write(folder, written, gathering.keys.index)
        _clear(folder, keep=name)
    return Built(written, gathering.rows, gathering.tallies)


class _Stored(TypedDict):
    """What a manifest says of the files."""

    keys: int
    pairs: int
    subjects: int
    people: int
    shared: int
    parts: list[Part]
    root: str
    files: dict[str, Kept]
    has_filter: bool


def _partition(
    population: Population, gathering: Gathering, work: Path, progress: Progress
) -> None:
    """Put pairs and people apart by their first byte.

    Raises:
        RingfenceError: The population can't be read, or holds nothing.
    """
    with Runs(work / "pairs", 2) as pairs, Runs(work / "people", 1) as people:
        for piece in gathering.pieces(population):
            for part in piece.pairs:
                pairs.add(part.keys, part.subjects)
            people.add(piece.people)
            progress(f"read {gathering.rows:,} rows")
    if not any(tally.held for tally in gathering.tallies.values()):
        hint = "an index that knows nobody would let everything pass"
        raise SourceError("holds no identifier", Locus("the population"), hint)
    for kind, tally in gathering.tallies.items():
        if tally.unread and not tally.held:
            message = f"none of {tally.unread:,} values is of the kind `{kind}`"
            hint = "is the right column named?"
            raise SourceError(message, Locus("the population"), hint)


def _store(work: Path, progress: Progress) -> _Stored:
    """Sort each shard, and write it."""
    pairs, people = Taking(work / "pairs", 2), Taking(work / "people", 1)
    count = subjects = 0
    with Shards(work) as shards:
        for number in range(SHARDS):
            progress(f"sorting shard {number + 1} of {SHARDS}")
            rows = pairs.take(number)
            settled = Pairs(rows[:, 0].copy(), rows[:, 1].copy()).settled()
            del rows
            shards.add(settled)
            count += len(settled.keys)
            subjects += len(distinct(people.take(number)[:, 0]))
        parts, files, has_filter = shards.done()
    pairs.done()
    people.done()
    return _Stored(
        keys=shards.keys,
        pairs=count,
        subjects=subjects,
        people=subjects,
        shared=shards.shared,
        parts=parts,
        root=root_over(parts),
        files=files,
        has_filter=has_filter,
    )


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Keep everybody else from changing an index.

    Raises:
        RingfenceError: Somebody else does, or nothing can be written there.
    """
    busy = RingfenceError("is being changed by another run", Locus(str(folder)))
    with locked(folder / "lock", busy):
        yield


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Give a folder for what isn't whole yet."""
    _clear(folder, keep=None)
    work = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=folder))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _last(folder: Path) -> int:
    """Return the number of the last epoch, 0 if there is none."""
    found = [_EPOCH.fullmatch(path.name) for path in folder.iterdir()]
    numbers = [int(one[1]) for one in found if one]
    with suppress(ConfigError, ProofError):  # what is damaged is built anew
        numbers.append(manifests.read(folder, None).epoch)
    return max(numbers, default=0)


def _clear(folder: Path, *, keep: str | None) -> None:
    """Remove what a build that was killed has left; and old epochs, but for one."""
    for path in folder.iterdir():
        is_old = keep is not None and path.name != keep and _EPOCH.fullmatch(path.name)
        if is_old or path.name.startswith(_BUILDING):
            shutil.rmtree(path, ignore_errors=True)
