"""The original line of an event, by the id that reports print."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import duckdb

from ringfence.audit.durable import listed
from ringfence.audit.table import ID_DIGITS, EventTable, FileState, LogState
from ringfence.audit.unpacked import Unpacked
from ringfence.boundary.order import LogOrder
from ringfence.errors import ConfigError, SourceError

_ID = re.compile(rf"([0-9a-f]{{{ID_DIGITS}}})-(0|[1-9][0-9]{{0,17}})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a log file says at the place of an event.

    Attributes:
        log: Name of the log.
        name: Name of the file.
        digest: SHA-256 of the file, which was just computed again.
        offset: First byte, in the unpacked content.
        length: How many bytes.
        line: Number of its first line, from 1.
        content: The bytes, as they stand there.
        reason: Why they are no event; empty when they are one.
    """

    log: str
    name: str
    digest: str
    offset: int
    length: int
    line: int
    content: bytes
    reason: str = ""


def shown(id_: str, table: EventTable, orders: Sequence[LogOrder]) -> Shown:
    """Return the original bytes of an event, or of a stretch that can't be read.

    Raises:
        ConfigError: The id is none, or the table has nothing of that id.
        SourceError: The file is not there any more, or holds other bytes now.
    """
    match = _ID.fullmatch(id_)
    if match is None:
        hint = f"an id is {ID_DIGITS} hex digits, `-` and a number"
        raise ConfigError(f"`{id_}` is no id of an event", hint=hint)
    found = list(_found(table, match[1], int(match[2])))
    if not found:
        hint = "a duplicate is found under the id of the event that was kept"
        raise ConfigError(f"the table has no event `{id_}`", hint=hint)
    if len({(file.digest, length) for _, file, length, _, _ in found}) > 1:
        raise ConfigError(f"`{id_}` is the id of events in several files")
    wanted = {order.name: order for order in orders}
    problems: list[str] = []
    for state, file, length, line, reason in found:
        if state.name not in wanted:
            problems.append(f"log `{state.name}` is not in the boundary any more")
            continue
        content = _Content(wanted[state.name].base / file.name, file.name)
        data = content.cut(int(match[2]), length)
        if content.digest == file.digest and len(data) == length:
            place = (state.name, file.name, file.digest, int(match[2]), length, line)
            return Shown(*place, data, reason)
        problems.append(_moved(content, file))
    hint = "put the file back as it was, or read the logs again"
    raise SourceError("; ".join(problems), hint=hint)


def _moved(content: Unpacked, file: FileState) -> str:
    if not content.digest:
        why = content.problems[-1] if content.problems else "can't be read"
        return f"`{file.name}`: {why}"
    return f"`{file.name}` holds other bytes than when it was read"


Place = tuple[LogState, FileState, int, int, str]


def _found(table: EventTable, digits: str, offset: int) -> Iterator[Place]:
    """Yield each file that has something at the place, with its length and line."""
    for state in table.states:
        files = [one for one in state.files if one.digest.startswith(digits)]
        for digest in sorted({one.digest for one in files}):
            row = _row(table, state, digest, offset)
            if row is not None:
                yield from ((state, one, *row) for one in files if one.digest == digest)


def _row(
    table: EventTable, state: LogState, digest: str, offset: int
) -> tuple[int, int, str] | None:
    """Return length, line and what is wrong with it."""
    told = {"digest": digest, "offset": offset, "log": state.name}
    files = listed([table.words_path("file")])
    code = f"SELECT code FROM read_parquet({files}) WHERE word = $digest"  # noqa: S608
    place = f'$log = log AND file = ({code}) AND "offset" = $offset'
    rest = listed([table.malformed])
    queries = [f"SELECT length, line, reason FROM read_parquet({rest}) WHERE {place}"]  # noqa: S608
    if paths := table.paths([state.name]):
        read = f"read_parquet({listed(paths)}, hive_partitioning = false)"
        events = f"(SELECT *, $log AS log FROM {read})"  # noqa: S608
        queries.insert(0, f"SELECT length, line, '' FROM {events} WHERE {place}")  # noqa: S608
    with duckdb.connect() as database:
        for query in queries:
            if row := database.execute(query, told).fetchone():
                return int(row[0]), int(row[1]), str(row[2])
    return None


class _Content(Unpacked):
    """A file of which some bytes are wanted."""

    def cut(self, offset: int, length: int) -> bytes:
        """Return bytes of the unpacked content; the digest is known behind that."""
        pieces: list[bytes] = []
        start = 0
        with closing(self._chunks()) as chunks:
            for chunk in chunks:
                if start >= offset + length:
                    break
                pieces.append(chunk[max(0, offset - start) : offset + length - start])
                start += len(chunk)
        return b"".join(pieces)
