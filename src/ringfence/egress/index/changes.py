"""Changes: who came and who went since an index was built, small enough for memory.

Whoever goes takes all that the index had of them along; whoever comes brings what they
have now. Somebody whose address changed goes and comes.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringfence.egress.index.filter import SHARDS, Filter, Shard, build
from ringfence.egress.index.manifest import Change, Kept
from ringfence.egress.index.store import Found, Numbers, Pairs, distinct, within

_BITS = 20  # of a subject number: a table of a megabyte tells who surely isn't meant


class Changes(NamedTuple):
    """What has changed.

    Attributes:
        added: Pairs that came, settled; none of them is in the store as well.
        removed: People who went, in order.
    """

    added: Pairs
    removed: Numbers

    @classmethod
    def none(cls) -> Changes:
        """Return that nothing has."""
        return cls(Pairs.none(), np.empty(0, np.uint64))

    @property
    def content(self) -> bytes:
        """The file of it: fingerprints, people, people who went; little-endian."""
        columns = (*self.added, self.removed)
        return b"".join(column.astype("<u8").tobytes() for column in columns)

    def told(self, name: str, number: int) -> Change:
        """Return what a manifest says of it."""
        content = self.content
        kept = Kept(len(content), sha256(content).hexdigest())
        return Change(name, kept, len(self.added.keys), len(self.removed), number)


def parsed(content: bytes, change: Change) -> Changes:
    """Return what a file of changes says, whose digest was compared."""
    numbers = np.frombuffer(content, "<u8").astype(np.uint64)
    keys, subjects, removed = np.split(numbers, [change.added, 2 * change.added])
    return Changes(Pairs(keys, subjects), removed)


class Overlay:
    """Changes, ready to be asked.

    Args:
        changes: What has changed.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._among = Among(changes.removed)
        self._filter = _filter_over(changes.added.keys)

    def kept(self, found: Found) -> Found:
        """Return what the store has found of people who are still there."""
        if not len(self._changes.removed) or not len(found.row):
            return found
        stay = ~self._among(found.subject)
        return Found(found.row[stay], found.subject[stay])

    def changed(self, wanted: int, found: tuple[int, ...]) -> tuple[int, ...]:
        """Return the same of one fingerprint, and who came with it."""
        stay = np.array(found, np.uint64)
        if len(found) and len(self._changes.removed):
            stay = stay[~self._among(stay)]
        came = self.came(np.array([wanted], np.uint64)).subject
        return (*stay.tolist(), *came.tolist())

    def came(self, wanted: Numbers) -> Found:
        """Return who came with some fingerprints."""
        added = self._changes.added
        if not len(added.keys):
            return Found(np.empty(0, np.int64), np.empty(0, np.uint64))
        if self._filter is None:
            return within(added, wanted)
        likely = np.flatnonzero(self._filter.may_hold(wanted))
        found = within(added, wanted[likely])
        return Found(likely[found.row], found.subject)


class Among:
    """Tells which numbers of a long array are among few others."""

    def __init__(self, few: Numbers) -> None:
        self._few = few
        self._mask = np.uint64((1 << _BITS) - 1)
        self._table = np.zeros(1 << _BITS, np.bool_)
        self._table[few & self._mask] = True

    def __call__(self, many: Numbers) -> NDArray[np.bool_]:
        """Return which."""
        found: NDArray[np.bool_] = self._table[many & self._mask]
        likely = np.flatnonzero(found)
        found[likely] = np.isin(many[likely], self._few)
        return found


def _filter_over(keys: Numbers) -> Filter | None:
    """Return a filter over sorted fingerprints, None if it can't be built."""
    keys = distinct(keys)
    edges = np.arange(SHARDS, dtype=np.uint64) << np.uint64(56)
    cuts = np.searchsorted(keys, edges)[1:]
    forms: list[Shard] = []
    contents = []
    for part in np.split(keys, cuts):
        built = build(part)
        if built is None:
            return None
        forms.append(built[0])
        contents.append(built[1])
    return Filter(forms, np.concatenate(contents))
