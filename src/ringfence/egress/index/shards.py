"""Writing: shards are brought to their files, one behind another."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import numpy as np

from ringfence.documents.durable import sync
from ringfence.egress.index import filter as filters
from ringfence.egress.index.manifest import Kept, Part, kept
from ringfence.egress.index.store import (
    Numbers,
    Pairs,
    block_hash,
    blocks,
    firsts,
    root_of,
)
from ringfence.ledger.tree.growing import leaf_hashes

WHOLE = ("filters", "heads", "hashes")  # files that are compared whole at opening
STORED = ("keys", "subjects")  # files that are compared block by block
FILES = (*STORED, *WHOLE)


class Shards:
    """The files of an epoch while they are written.

    Attributes:
        keys: Different fingerprints so far. `shared`: people behind one, at most.
    """

    def __init__(self, folder: Path) -> None:
        self.keys = 0
        self.shared = 0
        self._folder = folder
        self._parts: list[Part] = []
        self._has_filter = True
        with ExitStack() as stack:
            self._files = {
                name: stack.enter_context((folder / name).open("xb")) for name in FILES
            }
            self._open = stack.pop_all()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the files."""
        self._open.close()

    def add(self, pairs: Pairs) -> None:
        """Write the next shard: pairs that are settled."""
        different = np.flatnonzero(firsts(pairs.keys))
        self.keys += len(different)
        counts = np.diff(np.append(different, len(pairs.keys)))
        self.shared = max(self.shared, int(counts.max(initial=0)))
        hashes = b"".join([block_hash(block) for block in blocks(pairs)])
        heads = [block.keys[0] for block in blocks(pairs)]
        self._files["keys"].write(pairs.keys.astype("<u8", copy=False).data)
        self._files["subjects"].write(pairs.subjects.astype("<u8", copy=False).data)
        self._files["heads"].write(np.array(heads, "<u8").data)
        self._files["hashes"].write(hashes)
        form = self._filtered(pairs.keys[different])
        self._parts.append(Part(len(pairs.keys), root_of(hashes).hex(), form))

    def _filtered(self, keys: Numbers) -> filters.Shard:
        built = filters.build(keys) if self._has_filter else None
        if built is None:
            self._has_filter = False
            return filters.EMPTY
        self._files["filters"].write(built[1].data)
        return built[0]

    def done(self) -> tuple[list[Part], dict[str, Kept], bool]:
        """Bring everything to the disk.

        Returns:
            The shards, the files compared whole, and whether there are filters.
        """
        if not self._has_filter:
            self._files["filters"].truncate(0)
            self._parts = [
                msgspec.structs.replace(part, filter=filters.EMPTY)
                for part in self._parts
            ]
        self._open.close()
        for name in FILES:
            sync(self._folder / name)
        sync(self._folder)
        whole = {name: kept(self._folder / name) for name in WHOLE}
        return self._parts, whole, self._has_filter


def root_over(parts: list[Part]) -> str:
    """Return the root over the roots of shards, in hexadecimal (RFC 6962)."""
    return root_of(leaf_hashes([bytes.fromhex(part.root) for part in parts])).hex()
