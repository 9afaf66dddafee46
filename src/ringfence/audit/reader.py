"""What every kind of log is: a reader from the bytes of a file to sheets of events.

Readers register under the entry-point group `ringfence.logs`, ours like anybody's; an
entry point names a module-level object that satisfies `LogReader`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import Protocol

from ringfence.audit.event import Sheet, Words
from ringfence.audit.unpacked import Unpacked
from ringfence.boundary.order import LogOrder
from ringfence.documents.plugins import Plugins
from ringfence.errors import Locus, SourceError

GROUP = "ringfence.logs"


class LogReader(Protocol):
    """A kind of log.

    Attributes:
        kind: Its name in the boundary file.
        summary: One line about it.
        options: Names of its own options in the order of a log.
        version: Raised whenever it makes something else of the same bytes, so that a
            table of events that an older one wrote is written anew.
    """

    kind: str
    summary: str
    options: Sequence[str]
    version: int

    def check(self, order: LogOrder) -> None:
        """Check the options of an order.

        Raises:
            ConfigError: An option can't be used; the error carries every problem.
        """
        ...

    def read(
        self, file: Unpacked, order: LogOrder, words: Mapping[str, Words]
    ) -> Iterator[Sheet]:
        """Read a file, front to back, in sheets of a bounded number of events.

        Whatever the bytes are, no error is raised: what can't be read becomes
        `malformed`, and the rest of the file is read all the same.

        Args:
            file: The file's unpacked bytes.
            order: What the boundary says of the log.
            words: The numbering of each of `CODED`, shared by the sheets of a file.
        """
        ...


_PLUGINS = Plugins(
    GROUP,
    "kind of log",
    "reader of logs",
    ("kind", "summary", "options", "version", "check", "read"),
    fault=SourceError,
)


def kinds() -> Mapping[str, EntryPoint]:
    """Return the entry point of each kind of log, in the order of their names.

    Raises:
        ConfigError: Two packages offer different readers under one name.
    """
    return _PLUGINS.kinds()


def reader(kind: str, at: Locus | None = None) -> LogReader:
    """Return the reader of a kind of log; `at` is where somebody asked for it.

    Raises:
        ConfigError: There is no such kind.
        SourceError: It can't be loaded, or isn't a reader.
    """
    checked: LogReader = _PLUGINS.load(kind, at)
    return checked
