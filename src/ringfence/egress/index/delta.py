"""Deltas: an index is brought up to date without being built anew.

What an index says afterwards is what one built anew would say: everybody who went is
gone with all that it had of them, and who came is there. The number of the epoch stays;
its digest is another one.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ringfence.documents.durable import sync
from ringfence.egress.index import manifest as manifests
from ringfence.egress.index.building import Built, Progress, changing
from ringfence.egress.index.changes import Among, Changes
from ringfence.egress.index.filter import SHARDS
from ringfence.egress.index.gathering import Gathering, joined_shape
from ringfence.egress.index.known import Shape
from ringfence.egress.index.manifest import Held, Manifest
from ringfence.egress.index.opened import Index, open_index
from ringfence.egress.index.population import Population
from ringfence.egress.index.store import Numbers, Pairs, distinct, firsts
from ringfence.errors import ConfigError, Locus, SourceError

LARGEST = 1 << 26  # pairs that a delta may have: a gigabyte of memory
NOBODY = Shape(0, 0, 0, digits=True)


def bring(
    index: Path,
    gathering: Gathering,
    *,
    came: Population | None,
    went: Population | None,
    time: str,
    progress: Progress = lambda _: None,
) -> Built:
    """Bring an index up to date.

    Args:
        index: Where it lies.
        gathering: How rows become pairs, with the keys of the index.
        came: Rows of whoever came, or changed.
        went: Primary ids of whoever went, or changed.
        time: When this is: what changes from now on isn't in it.
        progress: Told what is going on.

    Raises:
        RingfenceError: A population can't be read, the index can't be opened, the keys
            aren't its keys, or that is too much for a delta.
    """
    with changing(index):
        opened = open_index(index, gathering.keys.index)
        if opened.manifest.subject_key != gathering.keys.subject.id:
            raise ConfigError("was built with another subject key", Locus(str(index)))
        gone = _gone(gathering, went, progress)
        rows, gathering.rows = gathering.rows, 0
        new = _new(gathering, came, progress)
        gathering.rows += rows
        changes = _joined(opened, gone, new)
        progress("counting")
        manifest = _told(opened, gathering, changes, time)
        _write(index, manifest, changes, gathering)
    return Built(manifest, gathering.rows, gathering.tallies)


def _gone(gathering: Gathering, went: Population | None, progress: Progress) -> Numbers:
    """Return who went, in order."""
    if went is None:
        return np.empty(0, np.uint64)
    found = [np.empty(0, np.uint64)]
    size = 0
    for piece in went.pieces((gathering.layout.subject,)):
        found.append(distinct(gathering.people(piece)))
        size += len(found[-1])
        _check_size(size)
        progress(f"read {gathering.rows:,} rows of who went")
    return distinct(np.concatenate(found))


def _new(gathering: Gathering, came: Population | None, progress: Progress) -> Pairs:
    """Return the pairs that came, settled."""
    if came is None:
        return Pairs.none()
    found, size = [Pairs.none()], 0
    for piece in gathering.pieces(came):
        found.extend(piece.pairs)
        size += sum(len(part.keys) for part in piece.pairs)
        _check_size(size)
        progress(f"read {gathering.rows:,} rows of who came")
    return _concatenated(found).settled()


def _check_size(size: int) -> None:
    if size > LARGEST:
        hint = "build the index anew"
        message = f"is larger than {LARGEST:,} pairs"
        raise SourceError(message, Locus("the delta"), hint)


def _joined(index: Index, gone: Numbers, new: Pairs) -> Changes:
    """Return the changes since the build, by those up to now and those that are new."""
    before = index.changes
    stay = ~np.isin(before.added.subjects, gone)
    added = _concatenated([before.added.taken(stay), new]).settled()
    removed = np.union1d(before.removed, gone)
    _check_size(len(added.keys) + len(removed))
    # INVARIANT: nothing that came is in the store as well, of somebody who is there.
    found = index.store.settle(added.keys)
    is_held = np.zeros(len(added.keys), np.bool_)
    is_held[found.row[found.subject == added.subjects[found.row]]] = True
    is_held &= ~np.isin(added.subjects, removed)
    return Changes(added.taken(~is_held), removed)


def _concatenated(parts: list[Pairs]) -> Pairs:
    return Pairs(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _told(index: Index, gathering: Gathering, changes: Changes, time: str) -> Manifest:
    """Return the manifest with the changes, and everything counted again."""
    before = index.manifest
    number = 1 if before.change is None else before.change.number + 1
    kinds = dict(before.kinds)
    for kind, tally in gathering.tallies.items():
        shape = before.shapes.get(kind, NOBODY)
        kinds[kind] = Held.of(kind, joined_shape(shape, tally.shape))
    keys, pairs, subjects = _counted(index, changes)
    if not keys:
        hint = "an index that knows nobody would let everything pass"
        raise SourceError("takes everybody away", Locus("the delta"), hint)
    return msgspec.structs.replace(
        before,
        made=time,
        kinds=kinds,
        keys=keys,
        pairs=pairs,
        subjects=subjects,
        change=changes.told(f"change-{number}", number),
    )


def _counted(index: Index, changes: Changes) -> tuple[int, int, int]:
    """Return how many fingerprints, pairs and people there are with the changes."""
    added, removed = changes
    is_gone, is_new = Among(removed), Among(added.subjects)
    number = np.arange(SHARDS + 1)
    cuts = np.searchsorted(added.keys >> np.uint64(56), number.astype(np.uint64))
    keys = pairs = 0
    lost, seen = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
    for shard, low, high in zip(index.shards(), cuts[:-1], cuts[1:], strict=True):
        gone = is_gone(shard.subjects)
        lost.append(distinct(shard.subjects[gone]))
        stay = shard.taken(~gone)
        seen.append(distinct(stay.subjects[is_new(stay.subjects)]))
        came = distinct(added.keys[low:high])
        keys += int(firsts(stay.keys).sum()) + int((~_among(came, stay.keys)).sum())
        pairs += len(stay.keys) + int(high - low)
    went = len(distinct(np.concatenate(lost)))
    new = len(np.setdiff1d(added.subjects, np.concatenate(seen)))
    return keys, pairs, index.manifest.people - went + new


def _among(few: Numbers, many: Numbers) -> NDArray[np.bool_]:
    """Return which numbers are among many that are in order."""
    if not len(many):
        return np.zeros(len(few), np.bool_)
    place = np.minimum(np.searchsorted(many, few), len(many) - 1)
    found: NDArray[np.bool_] = many[place] == few
    return found


def _write(
    folder: Path, manifest: Manifest, changes: Changes, gathering: Gathering
) -> None:
    """Write the changes, then the manifest that names them, and tidy up."""
    files = folder / manifest.folder
    change = manifest.change
    if change is None:
        return
    path = files / change.name
    path.write_bytes(changes.content)
    sync(path)
    sync(files)
    manifests.write(folder, manifest, gathering.keys.index)
    for old in files.glob("change-*"):
        if old.name != change.name:
            old.unlink(missing_ok=True)
