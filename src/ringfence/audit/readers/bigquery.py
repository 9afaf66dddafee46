"""What BigQuery's audit entries say was done: the one service that names columns.

The newer form (`BigQueryAuditMetadata`) tells of each table that a job read; the older
one (`AuditData`) tells of a job with all the tables that it refers to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ringfence.audit.event import NO_ROWS, NOTHING, Touch
from ringfence.audit.readers.fields import Json, found, objects, rows_of, text, texts
from ringfence.audit.readers.touching import UNCLEAR, Names, clear, merged

Done = tuple[str, Touch, int]
_NOTHING_DONE: Done = ("none", NOTHING, NO_ROWS)
_TABLE = re.compile(r"projects/([^/]+)/datasets/([^/]+)(?:/tables/([^/]+))?")
_METADATA = {
    "tableCreation": "alter",
    "tableChange": "alter",
    "tableDeletion": "delete",
    "datasetCreation": "alter",
    "datasetChange": "alter",
    "datasetDeletion": "delete",
    "modelDataRead": "read",
    "routineChange": "alter",
    "rowAccessPolicyChange": "alter",
}
_OLDER_JOBS = (
    ("jobCompletedEvent", "job"),
    ("jobQueryResponse", "job"),
    ("jobQueryDoneResponse", "job"),
)
_STATEMENTS: Mapping[str, str] = {
    "INSERT": "insert",
    "UPDATE": "update",
    "MERGE": "update",
    "DELETE": "delete",
    "TRUNCATE_TABLE": "truncate",
}


def doing(payload: Json, names: Names) -> Done | None:
    """Return what an entry of BigQuery says was done; None if it says nothing."""
    metadata = found(payload, "metadata")
    if isinstance(metadata, dict):
        return _newer(payload, metadata, names)
    older = found(payload, "serviceData")
    return _older(payload, older, names) if isinstance(older, dict) else None


def _dataset(name: str, names: Names) -> str:
    """Return a table's name: within a store, dataset and table; else as it is."""
    shape = _TABLE.fullmatch(name)
    if shape is None:
        return name
    if names.store and names.translated(name) is None:
        return names.dataset(".".join(part for part in shape.groups()[1:] if part))
    return name


def _newer(payload: Json, metadata: Json, names: Names) -> Done | None:
    name = _dataset(text(payload, "resourceName"), names)
    held = names.touch([name] if name else [])
    if isinstance(read := metadata.get("tableDataRead"), dict):
        return "read", _read(read, name, names), NO_ROWS
    if isinstance(change := metadata.get("tableDataChange"), dict):
        added = rows_of(change, "insertedRowsCount")
        gone = rows_of(change, "deletedRowsCount")
        verb = "insert" if gone <= 0 else "delete" if added <= 0 else "update"
        truncated = change.get("truncated") is True
        return "truncate" if truncated else verb, clear(held), max(added, gone)
    if any(key in metadata for key in ("jobInsertion", "jobChange", "jobDeletion")):
        return _job(metadata)
    for key, verb in _METADATA.items():
        if key in metadata:
            return verb, clear(held), NO_ROWS
    return None


def _read(read: Json, name: str, names: Names) -> Touch:
    columns = texts(read, "fields")
    touch = names.touch([name] if name else [], columns)
    if columns and read.get("fieldsTruncated") is True:
        touch = merged((touch, names.touch([name])))
    return clear(touch)


def _job(metadata: Json) -> Done:
    """Return what a job did beyond what its reads and changes tell of themselves.

    A result that was kept from before is read without any table being read.
    """
    for key in ("jobChange", "jobInsertion"):
        statistics = found(metadata, key, "job", "jobStats", "queryStats")
        if isinstance(statistics, dict) and statistics.get("cacheHit") is True:
            return "read", UNCLEAR, NO_ROWS
    return _NOTHING_DONE


def _older(payload: Json, older: Json, names: Names) -> Done | None:
    for path in _OLDER_JOBS:
        if isinstance(job := found(older, *path), dict):
            return _older_job(job, names)
    if "tableDataListRequest" in older:
        name = _dataset(text(payload, "resourceName"), names)
        return "read", clear(names.touch([name] if name else [])), NO_ROWS
    if any(key.startswith("job") for key in older):
        return _NOTHING_DONE  # its completion tells what it did
    return None


def _older_job(job: Json, names: Names) -> Done:
    query = found(job, "jobConfiguration", "query")
    kind = text(query, "statementType")
    tables = [
        _dataset(_path(one), names)
        for one in objects(job, "jobStatistics", "referencedTables")
    ]
    touch = names.touch(tables)
    verb = _STATEMENTS.get(kind)
    if verb is not None:
        target = found(query, "destinationTable")
        touch = merged((touch, names.touch(_named(target, names))))
        return verb, clear(touch), NO_ROWS
    if touch == NOTHING:
        return _NOTHING_DONE
    return "read", touch, NO_ROWS


def _named(table: object, names: Names) -> list[str]:
    return [_dataset(_path(table), names)] if isinstance(table, dict) else []


def _path(table: Json) -> str:
    project, dataset = text(table, "projectId"), text(table, "datasetId")
    return f"projects/{project}/datasets/{dataset}/tables/{text(table, 'tableId')}"
