"""Trino's query-completed events: who ran what, on which columns, with which masks.

The event listener's form isn't promised to be stable: whatever a version leaves out is
unknown here, and what it adds is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ringfence.audit.event import NO_ROWS, NOTHING, Ending, Sheet, Touch, Words
from ringfence.audit.readers import json_lines
from ringfence.audit.readers.drafts import Aside, Event, Told
from ringfence.audit.readers.fields import (
    Json,
    UnreadableError,
    address,
    first_text,
    found,
    objects,
    rows_of,
    text,
    texts,
)
from ringfence.audit.readers.instants import from_value
from ringfence.audit.readers.touching import UNCLEAR, Names, clear
from ringfence.audit.unpacked import Unpacked
from ringfence.boundary.order import LogOrder
from ringfence.documents.located import Reader
from ringfence.errors import ConfigError

_VERBS: Mapping[str, str] = {
    "SELECT": "read",
    "INSERT": "insert",
    "UPDATE": "update",
    "DELETE": "delete",
    "MERGE": "update",
    "DATA_DEFINITION": "alter",
    "ALTER_TABLE_EXECUTE": "maintain",
    "ANALYZE": "maintain",
    "DESCRIBE": "none",
    "EXPLAIN": "none",
}
_WRITES = frozenset({"insert", "update", "delete", "alter", "maintain"})
_OF_SESSION = re.compile(
    r"\s*(set|reset|use|start|commit|rollback|prepare|deallocate)\b", re.IGNORECASE
)
_REFUSED = "PERMISSION_DENIED"
_ROWS = ("outputRows", "processedInputRows")


class Trino:
    """The reader of Trino's query events."""

    kind = "trino"
    summary = "query-completed events of a Trino event listener"
    options: Sequence[str] = ("catalogs",)
    version = 1

    def check(self, order: LogOrder) -> None:
        """Check the options of an order.

        Raises:
            ConfigError: `catalogs` doesn't name a store for each catalogue.
        """
        _stores(order)

    def read(
        self, file: Unpacked, order: LogOrder, words: Mapping[str, Words]
    ) -> Iterator[Sheet]:
        """Read a file, front to back (see `LogReader.read`)."""
        queries = _Queries(Names.of(replace(order, store="")), order, _stores(order))
        return json_lines.sheets(file, words, queries.tell)


def _stores(order: LogOrder) -> dict[str, str]:
    """Return the store of each catalogue that the boundary names."""
    reader = Reader()
    entries = reader.entries(order.options.get("catalogs"), "`catalogs`")
    said = {key: reader.text(one, "a store") for key, one in entries.items()}
    if reader.problems:
        raise ConfigError.of(reader.problems)
    return {key: store for key, store in said.items() if store is not None}


@dataclass(slots=True)
class _Queries:
    """Reads events of one order."""

    names: Names
    order: LogOrder
    stores: Mapping[str, str]
    _ids: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def tell(self, value: Json) -> Told:
        """Return what an event tells: what was read, and what was written."""
        inner = found(value, "eventPayload")
        event = inner if isinstance(inner, dict) else value
        if not isinstance(event.get("metadata"), dict):
            return self._no_query(event)
        time = from_value(event.get("createTime"))
        if not any(key in event for key in ("endTime", "statistics", "ioMetadata")):
            return Aside(time)  # it was created; its completion tells the rest
        actor = text(event, "context", "user")
        if not actor:
            raise UnreadableError("names no one (`context.user`)")
        return self._query(event, self._who(event, time, actor))

    def _no_query(self, event: Json) -> Told:
        """Return that a split was completed: a query tells all that its splits do."""
        if "stageId" not in event:
            raise UnreadableError("is no event of a query: has no `metadata`")
        created = event.get("createTime")
        return Aside(None if created is None else from_value(created))

    def _who(self, event: Json, time: int, actor: str) -> Event:
        original = text(event, "context", "originalUser")
        principal = text(event, "context", "principal")
        tags = texts(event, "context", "clientTags")
        return Event(
            time,
            actor,
            behind=original if original != actor else "",
            credential=principal if principal != actor else "",
            application=text(event, "context", "source"),
            address=address(text(event, "context", "remoteClientAddress")),
            ending=_ending(event),
            uid=text(event, "metadata", "queryId"),
            request=text(event, "context", "traceToken") or (tags[0] if tags else ""),
        )

    def _query(self, event: Json, who: Event) -> Told:
        kind = first_text(event, ("context", "queryType"), ("metadata", "queryType"))
        verb = _VERBS.get(kind, "read")
        output = self._output(event)
        reads = self._tables(event, output)
        if verb == "read" and found(event, "metadata", "tables") is None:
            reads = UNCLEAR  # an empty list says that none was read, but this nothing
        if reads == NOTHING and not output and _is_of_session(event):
            verb = "none"
        if verb not in _WRITES:
            rows = rows_of(event, "statistics", _ROWS[0])
            done = "none" if reads == NOTHING else verb
            return replace(who, verb=done, touch=reads, rows=rows)
        written = Touch(part=(output,)) if output else NOTHING
        alone = written if written != NOTHING else reads
        count = rows_of(event, "statistics", "writtenRows")
        write = replace(who, verb=verb, touch=clear(alone), rows=count)
        if reads in (NOTHING, alone):
            return write
        # What was read went into what was written: that is two things done.
        read_rows = rows_of(event, "statistics", _ROWS[1])
        read = replace(who, verb="read", touch=reads, rows=read_rows)
        return read, replace(write, uid=f"{who.uid}/output" if who.uid else "")

    def _dataset(self, catalog: str, schema: str, table: str) -> str:
        key = (catalog, schema, table)
        if key not in self._ids:
            store = self.stores.get(catalog) or self.order.store or catalog
            plain = ".".join(part for part in key if part)
            given = Names(store, self.names.namings).dataset(plain)
            known = given == plain
            self._ids[key] = plain if known else f"dataset:{store}/{schema}.{table}"
        return self._ids[key]

    def _output(self, event: Json) -> str:
        output = found(event, "ioMetadata", "output")
        if not isinstance(output, dict) or not text(output, "table"):
            return ""
        catalog = first_text(output, ("catalogName",), ("catalog",))
        return self._dataset(catalog, text(output, "schema"), text(output, "table"))

    def _tables(self, event: Json, output: str) -> Touch:
        """Return what the query read, through views as well.

        A mask doesn't take a column away: what it lets through, nobody says.
        """
        columns: list[str] = []
        part: list[str] = []
        for table in objects(event, "metadata", "tables"):
            dataset = self._dataset(
                text(table, "catalog"), text(table, "schema"), text(table, "table")
            )
            named = [text(one, "column") for one in _columns(table)]
            columns += [self.names.column(dataset, one) for one in named if one]
            if not named and dataset != output:
                part.append(dataset)
        return Touch(tuple(dict.fromkeys(columns)), (), tuple(dict.fromkeys(part)))


def _is_of_session(event: Json) -> bool:
    """Tell whether a statement sets up its session alone, and touches no data."""
    said = first_text(event, ("metadata", "updateType"), ("metadata", "query"))
    return bool(_OF_SESSION.match(said))


def _columns(table: Json) -> list[Json]:
    """Return the columns of a table: objects with masks; once, names alone."""
    inner = table.get("columns")
    if isinstance(inner, list) and all(isinstance(one, str) for one in inner):
        return [{"column": one} for one in inner]
    return objects(table, "columns")


def _ending(event: Json) -> Ending:
    """Return how a query ended: one that failed on its way may have given rows."""
    failure = event.get("failureInfo")
    if not isinstance(failure, dict):
        return Ending.DONE
    if text(failure, "errorCode", "name") == _REFUSED:
        return Ending.DENIED
    counts = [rows_of(event, "statistics", key) for key in _ROWS]
    nothing = all(count == 0 for count in counts)
    started = event.get("executionStartTime") is not None
    unsaid = all(count == NO_ROWS for count in counts)
    refused = nothing or (unsaid and not started)
    return Ending.DENIED if refused else Ending.DONE


READER = Trino()
