"""Kind `facts`: facts files that a collector wrote near the system, loaded in bulk."""

from __future__ import annotations

from collections.abc import Sequence

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
            SourceError: One of them isn't there or isn't readable.
        """
        paths = [(name, order.base / name) for name in order.files]
        for name, path in paths:
            try:
                with path.open("rb") as stream:
                    stream.read(1)
            except OSError as error:
                reason = (error.strerror or "can't be read").lower()
                raise SourceError(reason, Locus(name), "check the path") from None
            except ValueError:
                # Python's word for a NUL in a path.
                message = "is no file name"
                raise SourceError(message, Locus(name), "check the path") from None
        return Harvest(files=paths)


SOURCE = FactsFiles()
