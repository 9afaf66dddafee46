"""The sealed table of events: what every question about the past is asked of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import duckdb
import msgspec

from ringfence.audit.counts import COUNTS
from ringfence.audit.durable import listed
from ringfence.errors import Locus, SourceError

STATE = "table.json"
PART = "part-0.parquet"
DOMAINS = (
    *("actor", "tool", "touch", "address", "session", "application", "credential"),
    *("file", "subject"),
)
ID_DIGITS = 12  # of a file's digest in the id of an event


class FileState(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was read.

    Attributes:
        name: Its name, from the folder of the boundary file.
        digest: SHA-256 of the file as delivered.
        size: Bytes of its unpacked content.
        lines: How many lines that content has.
        events: How many events it holds, duplicates counted in.
        asides: How many lines, or parts of a document, are no event.
        malformed: How many stretches can't be read.
        duplicates: How many of its events stand in another place, and count there.
        first: Time of its earliest event, microseconds; None when it has none.
        last: Time of its latest event.
        back: How many of its events are more than an hour earlier than one before.
        problems: What kept it from being read to its end: its rest is unknown.
        batch: Name of the batch that holds its events.
    """

    name: str
    digest: str
    size: int
    lines: int
    events: int
    asides: int
    malformed: int
    duplicates: int = 0
    first: int | None = None
    last: int | None = None
    back: int = 0
    problems: tuple[str, ...] = ()
    batch: str = ""


class Unread(msgspec.Struct, frozen=True):
    """A file that could not be opened, or a pattern that no file fits."""

    name: str
    reason: str


class LogState(msgspec.Struct, frozen=True, kw_only=True):
    """A log as it was read.

    Attributes:
        name: Its name in the boundary.
        kind: Kind of log.
        version: Version of its reader.
        files: Its files, by name.
        unread: What was ordered and could not be read at all.
        conflicts: How many events carry an id that a different event carries too.
        days: Days that have events, as `2022-01-31`.
        twice: Its files that another log of its kind or store was made of, too.
    """

    name: str
    kind: str
    version: int
    files: tuple[FileState, ...] = ()
    unread: tuple[Unread, ...] = ()
    conflicts: int = 0
    days: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()

    @property
    def events(self) -> int:
        """How many events of it are in the table."""
        return sum(one.events - one.duplicates for one in self.files)

    @property
    def duplicates(self) -> int:
        """How many events were delivered more than once, beyond the first time."""
        return sum(one.duplicates for one in self.files)

    @property
    def malformed(self) -> int:
        """How many stretches can't be read; those of a file given twice count once."""
        return sum({one.digest: one.malformed for one in self.files}.values())


class TableState(msgspec.Struct, frozen=True):
    """What a table was made from.

    Attributes:
        digest: Digest of all that it was made from.
        logs: Its logs, by name.
        told_by: Logs that tell of what other logs tell too: events of those have a
            negative verb, and are judged here.
        apart: How far such two are apart at most, in microseconds.
    """

    digest: str
    logs: tuple[LogState, ...] = ()
    told_by: tuple[str, ...] = ()
    apart: int = 0


def event_id(digest: str, offset: int) -> str:
    """Return how an event is called wherever it is shown."""
    return f"{digest[:ID_DIGITS]}-{offset}"


def log_folder(name: str) -> str:
    """Return the name of the folder of a log."""
    return f"log={quote(name, safe=' ')}"


@dataclass(frozen=True)
class EventTable:
    """A sealed table, for reading.

    Attributes:
        folder: The folder that holds `table.json`.
    """

    folder: Path
    _words: dict[str, list[str]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @cached_property
    def state(self) -> TableState:
        """What it was made from.

        Raises:
            SourceError: There is no table, or another version wrote it.
        """
        at = Locus(str(self.folder / STATE))
        hint = "read the logs again"
        try:
            content = (self.folder / STATE).read_bytes()
            return msgspec.json.decode(content, type=TableState)
        except OSError:
            raise SourceError("there is no table of events", at, hint) from None
        except msgspec.MsgspecError:
            message = "the table of events can't be understood"
            raise SourceError(message, at, hint) from None

    @property
    def states(self) -> tuple[LogState, ...]:
        """Its logs, by name."""
        return self.state.logs

    @property
    def told(self) -> tuple[tuple[str, ...], int]:
        """Logs that tell of others' events, and how far apart the two are at most."""
        return self.state.told_by, self.state.apart

    @property
    def digest(self) -> str:
        """Digest of all that it was made from."""
        return self.state.digest

    def log(self, name: str) -> LogState | None:
        """Return a log by its name; None when the table has none of that name."""
        return next((one for one in self.states if one.name == name), None)

    def paths(self, logs: Collection[str] | None = None) -> list[Path]:
        """Return the files of events, of some logs or of all, by log and day."""
        return [
            self.folder / log_folder(one.name) / f"day={day}" / PART
            for one in self.states
            if logs is None or one.name in logs
            for day in one.days
        ]

    def counts(self, logs: Collection[str] | None = None) -> list[Path]:
        """Return the files of how many events there are, of some logs or of all."""
        return [
            self.folder / log_folder(one.name) / COUNTS
            for one in self.states
            if one.days and (logs is None or one.name in logs)
        ]

    def words_path(self, domain: str) -> Path:
        """Return the file of the words of a domain."""
        return self.folder / "words" / f"{domain}.parquet"

    def words(self, domain: str) -> list[str]:
        """Return the words of a domain, by their codes; the first is empty."""
        if domain not in self._words:
            path = listed([self.words_path(domain)])
            query = f"SELECT word FROM read_parquet({path}) ORDER BY code"  # noqa: S608
            with duckdb.connect() as database:
                found = database.execute(query).fetchnumpy()
            self._words[domain] = found["word"].tolist()
        return self._words[domain]

    @property
    def subjects(self) -> Path:
        """The file that names whose data was touched."""
        return self.folder / "subjects.parquet"

    @property
    def malformed(self) -> Path:
        """The file of what could not be read."""
        return self.folder / "malformed.parquet"

    @property
    def beats(self) -> Path:
        """The file of signs of life that are no events: log, and second since 1970."""
        return self.folder / "beats.parquet"
