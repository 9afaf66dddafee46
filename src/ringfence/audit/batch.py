"""One log file as a batch: its events in Parquet, read once and kept.

A batch's name says what it was made from (the bytes, the reader and all that the order
tells the reader), so a batch that is there needs no second reading. It is there whole
or not at all: one rename commits it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Generator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import duckdb
import msgspec
import numpy as np
import numpy.typing as npt

from ringfence.audit.durable import commit, fresh, quoted
from ringfence.audit.event import CODED, NO_ROWS, Ints, Malformed, Sheet, Words
from ringfence.audit.reader import LogReader
from ringfence.audit.unpacked import Unpacked
from ringfence.boundary.order import LogOrder
from ringfence.documents.located import Located

Column = npt.NDArray[np.generic] | list[str]
Columns = Mapping[str, Column]

LAYOUT = 2  # raised whenever a batch is written in another way
PART = 1 << 18  # rows that are held before they are written
STATE = "batch.json"
SECOND = 1_000_000
BACK = 60 * 60 * SECOND  # time may go back so far within a file: events end, then log
EARLIEST = -62_135_596_800 * SECOND  # 0001-01-01
LATEST = 253_402_300_800 * SECOND  # 10000-01-01, not reached
MOST_ROWS = 1 << 40  # said of one event; whoever says more says nothing
_TRIES = 3
_BLOCK = 1 << 20

_KINDS: Mapping[str, str] = {
    "events": "time::BIGINT AS time, verb::TINYINT AS verb, ending::TINYINT AS ending, "
    "rows::BIGINT AS rows, "
    + ", ".join(f"{name}::INTEGER AS {name}" for name in CODED)
    + ", uid::VARCHAR AS uid, request::VARCHAR AS request, "
    '"offset"::BIGINT AS "offset", length::BIGINT AS length, line::BIGINT AS line',
    "subjects": '"offset"::BIGINT AS "offset", subject::VARCHAR AS subject',
    "malformed": '"offset"::BIGINT AS "offset", length::BIGINT AS length, '
    "line::BIGINT AS line, reason::VARCHAR AS reason",
    "beats": "second::BIGINT AS second",
    "words": "domain::VARCHAR AS domain, code::INTEGER AS code, word::VARCHAR AS word",
}

_PLAIN = (
    *("time", "verb", "ending", "rows", "uid", "request"),
    *("offset", "length", "line"),
)


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What was made of one file.

    Attributes:
        key: Name of the batch's folder.
        digest: SHA-256 of the file as delivered.
        size: Bytes of the unpacked content that were read.
        lines: Line feeds of that content, and a last line that has none.
        events: How many events there are.
        asides: How many lines or parts of a document are no event.
        malformed: How many stretches could not be read.
        first: Time of the earliest event; None when there is none.
        last: Time of the latest event.
        back: How many events are more than an hour earlier than one before them.
        problems: What kept the file from being read to its end.
        parts: How many files of each kind there are.
    """

    key: str
    digest: str
    size: int = 0
    lines: int = 0
    events: int = 0
    asides: int = 0
    malformed: int = 0
    first: int | None = None
    last: int | None = None
    back: int = 0
    problems: tuple[str, ...] = ()
    parts: dict[str, int] = {}

    def paths(self, batches: Path, kind: str) -> list[Path]:
        """Return the files of one kind (`events`, `words`, ...)."""
        count = self.parts.get(kind, 0)
        return [batches / self.key / f"{kind}-{n}.parquet" for n in range(count)]


class UnreadableError(Exception):
    """A file can't be opened or read; the text says why."""


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file as it lies there.

    Raises:
        UnreadableError: It can't be read, or is no file.
    """
    found = sha256()
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise UnreadableError("it is no file")
            while block := file.read(_BLOCK):
                found.update(block)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableError(f"can't be read ({reason})") from None
    return found.hexdigest()


def key_of(digest: str, order: LogOrder, reader: LogReader) -> str:
    """Return the name of the batch that a file makes under an order."""
    told = [
        *(LAYOUT, digest, order.name, order.kind, reader.version, order.store),
        *(order.tool, order.signs_in),
        {name: _plain(value) for name, value in order.options.items()},
    ]
    return sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()


def _plain(value: Located) -> object:
    if isinstance(value.data, list):
        return [_plain(one) for one in value.data]
    if isinstance(value.data, dict):
        return {name: _plain(one) for name, one in value.data.items()}
    return value.data


def load(batches: Path, key: str) -> Batch | None:
    """Return the batch of that name; None when there is none."""
    try:
        content = (batches / key / STATE).read_bytes()
    except FileNotFoundError:
        return None
    return msgspec.json.decode(content, type=Batch)


def batch_of(path: Path, order: LogOrder, reader: LogReader, batches: Path) -> Batch:
    """Return the batch of a file; read the file if nobody did yet.

    Raises:
        UnreadableError: The file can't be read, or doesn't hold still.
    """
    for _ in range(_TRIES):
        digest = digest_of(path)
        key = key_of(digest, order, reader)
        if (there := load(batches, key)) is not None:
            return there
        made = _written(path, order, reader, batches / f".new-{key}")
        if made.digest == digest:
            commit(batches / f".new-{key}", batches / key)
            return made
    raise UnreadableError("it changes while it is being read")


def _written(path: Path, order: LogOrder, reader: LogReader, folder: Path) -> Batch:
    """Read a file into a folder that has no name yet."""
    fresh(folder)
    file = _Counted(path, path.name)
    words = {name: Words() for name in CODED}
    with duckdb.connect(config={"threads": "1"}) as database:
        writer = _Writer(folder, database)
        for sheet in reader.read(file, order, words):
            writer.add(sheet)
        writer.malformed(file.malformed)
        writer.words(words)
        writer.finish()
    if not file.digest:
        raise UnreadableError(file.problems[-1] if file.problems else "can't be read")
    made = Batch(
        key=key_of(file.digest, order, reader),
        digest=file.digest,
        size=file.size,
        lines=file.feeds + file.torn,
        problems=tuple(clean(problem) for problem in file.problems),
    )
    made = writer.counted(made)
    (folder / STATE).write_bytes(msgspec.json.encode(made))
    return made


class _Counted(Unpacked):
    """A file whose lines are counted on the way.

    Attributes:
        feeds: How many line feeds went by.
        torn: The last line has no end.
    """

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(path, name)
        self.feeds = 0
        self.torn = False

    def _chunks(self) -> Generator[bytes, None, None]:
        for chunk in super()._chunks():
            self.feeds += chunk.count(b"\n")
            self.torn = not chunk.endswith(b"\n")
            yield chunk


class _Parts:
    """Rows of one kind, written to a file whenever there are enough of them."""

    def __init__(
        self, kind: str, folder: Path, database: duckdb.DuckDBPyConnection
    ) -> None:
        self.count = 0
        self._kind = kind
        self._folder = folder
        self._database = database
        self._held: list[Columns] = []
        self._rows = 0

    def add(self, rows: int, columns: Columns) -> None:
        """Take some rows."""
        if not rows:
            return
        self._held.append(columns)
        self._rows += rows
        if self._rows >= PART:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if not self._rows:
            return
        view = {
            name: _joined([one[name] for one in self._held]) for name in self._held[0]
        }
        self._database.register("held", view)
        path = self._folder / f"{self._kind}-{self.count}.parquet"
        self._database.execute(
            f"COPY (SELECT {_KINDS[self._kind]} FROM held) "  # noqa: S608
            f"TO {quoted(str(path))} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
        self._database.unregister("held")
        self.count += 1
        self._held, self._rows = [], 0


def _joined(
    columns: list[Column],
) -> npt.NDArray[np.generic]:
    if isinstance(columns[0], np.ndarray):
        return np.concatenate(columns)
    return _texts([word for column in columns for word in column])


def _texts(words: list[str]) -> npt.NDArray[np.generic]:
    """Return texts as a column; half a surrogate pair, which is no text, is spelt."""
    try:
        "".join(words).encode()
    except UnicodeEncodeError:
        words = [clean(word) for word in words]
    column = np.empty(len(words), object)
    column[:] = words
    return column


def clean(text: str) -> str:
    r"""Return a text without halves of surrogate pairs: they are spelt `\\udXXX`."""
    return text.encode(errors="backslashreplace").decode()


class _Writer:
    """Writes sheets, and counts what they hold."""

    def __init__(self, folder: Path, database: duckdb.DuckDBPyConnection) -> None:
        self.parts = {kind: _Parts(kind, folder, database) for kind in _KINDS}
        self._events = self._asides = self._malformed = self._back = 0
        self._first: int | None = None
        self._last: int | None = None
        self._clock: int | None = None  # of the lines, in their order

    def add(self, sheet: Sheet) -> None:
        """Write a sheet."""
        sheet = _within_the_calendar(sheet)
        self._asides += sheet.asides
        self.malformed(sheet.malformed)
        beats = sheet.beats[(sheet.beats >= EARLIEST) & (sheet.beats < LATEST)]
        seconds = np.unique(beats // SECOND)
        self.parts["beats"].add(len(seconds), {"second": seconds})
        if not len(sheet):
            return
        self._events += len(sheet)
        self._time(sheet)
        columns: dict[str, Column] = {**sheet.coded}
        for name in _PLAIN:
            columns[name] = getattr(sheet, name)
        columns["rows"] = _said(sheet.rows)
        self.parts["events"].add(len(sheet), columns)
        named = [(at, one) for at, every in sheet.subjects.items() for one in every]
        places = sheet.offset[[at for at, _ in named]] if named else sheet.offset[:0]
        told: Columns = {"offset": places, "subject": [one for _, one in named]}
        self.parts["subjects"].add(len(named), told)

    def malformed(self, stretches: list[Malformed]) -> None:
        """Write what could not be read."""
        self._malformed += len(stretches)
        columns: dict[str, Column] = {
            name: np.array([getattr(one, name) for one in stretches], np.int64)
            for name in ("offset", "length", "line")
        }
        columns["reason"] = [one.reason for one in stretches]
        self.parts["malformed"].add(len(stretches), columns)

    def words(self, words: Mapping[str, Words]) -> None:
        """Write the words behind the numbers."""
        for domain, numbering in words.items():
            every = numbering.all()
            for start in range(0, len(every), PART):
                some = every[start : start + PART]
                codes = np.arange(start, start + len(some))
                columns: dict[str, Column] = {"code": codes, "word": some}
                columns["domain"] = [domain] * len(some)
                self.parts["words"].add(len(some), columns)

    def finish(self) -> None:
        """Write whatever is still held."""
        for parts in self.parts.values():
            parts.flush()

    def counted(self, made: Batch) -> Batch:
        """Return a batch with what was counted."""
        return msgspec.structs.replace(
            made,
            events=self._events,
            asides=self._asides,
            malformed=self._malformed,
            back=self._back,
            first=self._first,
            last=self._last,
            parts={kind: parts.count for kind, parts in self.parts.items()},
        )

    def _time(self, sheet: Sheet) -> None:
        """Note the span, and the events that stand behind much later ones."""
        time, offset = sheet.time, sheet.offset
        # A line that tells of a beginning and an end was written at one time.
        own = np.ones(len(time), np.bool_)
        own[1:] = offset[1:] != offset[:-1]
        clock = time[own]
        before = np.maximum.accumulate(clock)
        if self._clock is not None:
            before = np.maximum(before, self._clock)
        self._back += int((before - clock > BACK).sum())
        self._clock = int(before[-1])
        last, first = int(time.max()), int(time.min())
        self._last = last if self._last is None else max(last, self._last)
        self._first = first if self._first is None else min(first, self._first)


def _said(rows: Ints) -> Ints:
    """Return counts of rows; one that can't be true is unsaid, and spoils no sum."""
    return np.where((rows < 0) | (rows > MOST_ROWS), NO_ROWS, rows)


def _within_the_calendar(sheet: Sheet) -> Sheet:
    """Return a sheet whose events at times that no calendar has are malformed."""
    good = (sheet.time >= EARLIEST) & (sheet.time < LATEST)
    if good.all():
        return sheet
    bad, kept = np.flatnonzero(~good), np.flatnonzero(good)
    reason = "its time is before the year 1 or after the year 9999"
    beyond = [
        Malformed(
            int(sheet.offset[at]), int(sheet.length[at]), int(sheet.line[at]), reason
        )
        for at in bad
    ]
    moved = {int(old): new for new, old in enumerate(kept)}
    return replace(
        sheet,
        **{
            name: getattr(sheet, name)[kept]
            for name in ("time", "verb", "ending", "rows", "offset", "length", "line")
        },
        coded={name: codes[kept] for name, codes in sheet.coded.items()},
        uid=[sheet.uid[at] for at in kept],
        request=[sheet.request[at] for at in kept],
        subjects={moved[at]: one for at, one in sheet.subjects.items() if at in moved},
        malformed=[*sheet.malformed, *beyond],
    )
