"""Trino's query events: columns through views, masks, impersonation and failures."""

from __future__ import annotations

import json

import pytest

from ringfence.audit.event import NO_ROWS, Ending
from ringfence.audit.readers.trino import READER
from ringfence.boundary.order import LogOrder, Naming
from ringfence.errors import ConfigError
from tests.unit.audit.readers.reading import options, read

NINE = 1_630_486_800_000_000
COLUMNS = [{"column": "id", "mask": None}, {"column": "email", "mask": "'x'"}]


def table(name="profile", columns=COLUMNS, **more):
    return {
        "catalog": "hive",
        "schema": "accounts",
        "table": name,
        "authorization": "bo",
        "filters": [],
        "columns": columns,
        "directlyReferenced": True,
        "viewText": None,
        "referenceChain": [],
        **more,
    }


def query(tables=(), kind="SELECT", *, context=None, metadata=None, **more):
    return {
        "metadata": {
            "queryId": "20210901_090000_00001_abcde",
            "query": "SELECT ...",
            "queryState": "FINISHED",
            "tables": [*tables],
            **(metadata or {}),
        },
        "statistics": {"outputRows": 10, "processedInputRows": 100, "writtenRows": 7},
        "context": {
            "user": "bo",
            "originalUser": "bo",
            "principal": "bo",
            "remoteClientAddress": "203.0.113.7",
            "source": "superset",
            "traceToken": None,
            "clientTags": ["r-1"],
            "queryType": kind,
            **(context or {}),
        },
        "ioMetadata": {"inputs": [], "output": None},
        "failureInfo": None,
        "createTime": "2021-09-01T09:00:00.000Z",
        "executionStartTime": "2021-09-01T09:00:01.000Z",
        "endTime": "2021-09-01T09:00:02.000Z",
        **more,
    }


def told(tmp_path, value, *, store="", resources=(), **values):
    order = LogOrder(
        "t",
        "trino",
        ("*",),
        store=store,
        resources=resources,
        options=options(**values),
    )
    return read(READER, order, json.dumps(value).encode(), tmp_path / "log.json")


def output(name="copy"):
    return {
        "inputs": [],
        "output": {"catalogName": "hive", "schema": "accounts", "table": name},
    }


def test_a_query_is_read_with_its_columns(tmp_path):
    """Who, whence, which columns, how many rows: a masked column counts as touched."""
    [row] = told(tmp_path, query([table()])).rows
    assert row.touch == {
        "columns": [
            "column:hive/accounts.profile.email",
            "column:hive/accounts.profile.id",
        ]
    }
    assert (row.actor, row.behind, row.credential) == ("bo", "", "")
    assert (row.address, row.application, row.request) == (
        "203.0.113.7",
        "superset",
        "r-1",
    )
    assert (row.verb, row.rows, row.time) == ("read", 10, NINE)
    assert (row.uid, row.ending) == ("20210901_090000_00001_abcde", Ending.DONE)


def test_the_tables_behind_a_view_are_touched_too(tmp_path):
    """What a view reads is read by whoever reads the view."""
    view = table("people", [{"column": "mail"}], viewText="SELECT ...")
    base = table("profile", [{"column": "email"}], directlyReferenced=False)
    [row] = told(tmp_path, query([view, base])).rows
    assert row.touch == {
        "columns": [
            "column:hive/accounts.people.mail",
            "column:hive/accounts.profile.email",
        ]
    }


@pytest.mark.parametrize(
    ("context", "who"),
    [
        ({"user": "li", "originalUser": "bo"}, ("li", "bo", "bo")),
        ({"principal": "superset"}, ("bo", "", "superset")),
        ({"originalUser": None, "principal": None}, ("bo", "", "")),
    ],
)
def test_the_person_behind_somebody_else_is_kept(tmp_path, context, who):
    """Whoever acts as another is behind; whose credentials opened the door is kept."""
    [row] = told(tmp_path, query([table()], context=context)).rows
    assert (row.actor, row.behind, row.credential) == who


@pytest.mark.parametrize(
    ("value", "verb", "touch"),
    [
        (query(), "none", {}),
        (
            query([table(columns=[])]),
            "read",
            {"part": ["dataset:hive/accounts.profile"]},
        ),
        (
            query([table(columns=["id"])]),
            "read",
            {"columns": ["column:hive/accounts.profile.id"]},
        ),
        (query(metadata={"tables": None}), "read", {"unclear": True}),
        (
            query([table(columns=["id"])], "EXPLAIN"),
            "none",
            {"columns": ["column:hive/accounts.profile.id"]},
        ),
        (
            query([], "DELETE", ioMetadata=output("profile")),
            "delete",
            {"part": ["dataset:hive/accounts.profile"]},
        ),
        (
            query([table(columns=[])], "DELETE", ioMetadata=output("profile")),
            "delete",
            {"part": ["dataset:hive/accounts.profile"]},
        ),
        (
            query([], "DATA_DEFINITION", metadata={"updateType": "CREATE SCHEMA"}),
            "alter",
            {"unclear": True},
        ),
        (
            query([], "DATA_DEFINITION", metadata={"updateType": "SET SESSION"}),
            "none",
            {},
        ),
        (
            query([table(columns=["id"])], None),
            "read",
            {"columns": ["column:hive/accounts.profile.id"]},
        ),
        (
            query([table(columns=["id"])], "NEWER"),
            "read",
            {"columns": ["column:hive/accounts.profile.id"]},
        ),
    ],
)
def test_what_was_done_to_what(tmp_path, value, verb, touch):
    """The type of a query gives the verb; nothing listed at all is unclear."""
    [row] = told(tmp_path, value).rows
    assert (row.verb, row.touch) == (verb, touch)


def test_a_copy_reads_and_writes(tmp_path):
    """A table that is made from another is two events at the same bytes."""
    reads, writes = told(
        tmp_path, query([table(columns=["id"])], "INSERT", ioMetadata=output())
    ).rows
    assert (reads.verb, reads.rows, writes.verb, writes.rows) == (
        "read",
        100,
        "insert",
        7,
    )
    assert writes.touch == {"part": ["dataset:hive/accounts.copy"]}
    assert writes.uid == f"{reads.uid}/output"
    assert reads.offset == writes.offset


REFUSAL = {"errorCode": {"code": 4, "name": "PERMISSION_DENIED", "type": "USER_ERROR"}}
SYNTAX = {"errorCode": {"code": 1, "name": "SYNTAX_ERROR", "type": "USER_ERROR"}}
NO_COUNT = {"outputRows": 0, "processedInputRows": 0}


@pytest.mark.parametrize(
    ("more", "ending"),
    [
        ({"failureInfo": REFUSAL}, Ending.DENIED),
        ({"failureInfo": SYNTAX, "statistics": NO_COUNT}, Ending.DENIED),
        (
            {"failureInfo": SYNTAX, "statistics": None, "executionStartTime": None},
            Ending.DENIED,
        ),
        ({"failureInfo": SYNTAX, "statistics": None}, Ending.DONE),
        ({"failureInfo": SYNTAX}, Ending.DONE),
        (
            {
                "failureInfo": SYNTAX,
                "statistics": {**NO_COUNT, "processedInputRows": 5},
            },
            Ending.DONE,
        ),
    ],
)
def test_a_failure_is_denied_only_where_nothing_was_read(tmp_path, more, ending):
    """A query that failed on its way may have given rows; one that never ran didn't."""
    [row] = told(tmp_path, query([table()], **more)).rows
    assert row.ending is ending


@pytest.mark.parametrize(
    "said", ["2021-09-01T09:00:00Z", 1_630_486_800.0, 1_630_486_800_000]
)
def test_a_time_may_be_text_or_a_number(tmp_path, said):
    """Listeners write instants as text, seconds or milliseconds."""
    [row] = told(tmp_path, query([table()], createTime=said)).rows
    assert row.time == NINE


def test_catalogues_are_stores(tmp_path):
    """A catalogue is the store that the boundary says, the log's store, or itself."""
    value = query([table(columns=["id"])])
    shown = [
        told(tmp_path, value, **more).rows[0].touch["columns"]
        for more in (
            {"catalogs": {"hive": "warehouse"}},
            {"store": "lake"},
            {"resources": (Naming("hive.*.*", "dataset:w/{1}.{2}"),)},
        )
    ]
    assert shown == [
        ["column:warehouse/accounts.profile.id"],
        ["column:lake/accounts.profile.id"],
        ["column:w/accounts.profile.id"],
    ]


def test_other_events_are_asides(tmp_path):
    """A query that was created, and a split, are counted: the completion tells all."""
    created = {key: query()[key] for key in ("metadata", "context", "createTime")}
    split = {"queryId": "q", "stageId": "q.1", "createTime": "2021-09-01T09:00:00Z"}
    wrapped = {"eventPayload": query([table()]), "metadata": {}}
    reading = told(tmp_path, [created, split, wrapped])
    assert (reading.asides, reading.beats, len(reading.rows)) == (2, [NINE, NINE], 1)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": 1}, "is no event of a query"),
        (query(createTime=None), "has no time"),
        (query(createTime=12), "no instant of this age"),
        (query(context={"user": None}), "names no one"),
        (query(metadata={"tables": [1]}), "no list of objects"),
        (query([table(columns=7)]), "no list of objects"),
    ],
)
def test_an_event_off_the_form_is_malformed(tmp_path, value, reason):
    """What can't be read is counted with its reason, never guessed."""
    reading = told(tmp_path, value)
    assert reading.rows == []
    assert reason in reading.malformed[0].reason


def test_missing_counts_are_unsaid(tmp_path):
    """A version without statistics says nothing of rows."""
    [row] = told(tmp_path, query([table()], statistics=None)).rows
    assert row.rows == NO_ROWS


def test_catalogues_need_names_of_stores():
    """A store that is no text is refused with the boundary's place."""
    order = LogOrder("t", "trino", ("*",), options=options(catalogs={"hive": 7}))
    with pytest.raises(ConfigError, match="a store must be text"):
        READER.check(order)
