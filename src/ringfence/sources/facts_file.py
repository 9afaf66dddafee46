"""Kind `facts`: facts files that a collector wrote near the system, loaded in bulk."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path

from ringfence.errors import Locus, SourceError
from ringfence.sources.source import Harvest, Order


class FactsFiles:
    """Facts files; the estate checks each line against the vocabulary."""

    kind = "facts"
    summary = "facts files written by `ringfence collect`"
    options: Sequence[str] = ()

    def read(self, order: Order) -> Harvest:
        """Return the files, to be loaded as they stand.

        Raises:
            SourceError: One of them isn't there, isn't readable, or names no source.
        """
        paths = [(name, order.base / name) for name in order.files]
        for name, path in paths:
            try:
                told = _names_a_source(path)
            except OSError as error:
                reason = (error.strerror or "can't be read").lower()
                raise SourceError(reason, Locus(name), "check the path") from None
            except ValueError:
                # Python's word for a NUL in a path.
                message = "is no file name"
                raise SourceError(message, Locus(name), "check the path") from None
            if not told:
                message = "holds no source fact: nobody says when it was collected"
                hint = "write it with `ringfence collect`"
                raise SourceError(message, Locus(name), hint)
        return Harvest(files=paths)


def _names_a_source(path: Path) -> bool:
    if not path.stat().st_size:
        return False
    with (
        path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        return content.find(b'"fact":"source"') >= 0


SOURCE = FactsFiles()
