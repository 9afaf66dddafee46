"""Whatever JSON a log holds, each reader of JSON accounts for it and goes on."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringfence.audit.reader import LogReader
from ringfence.audit.readers import declared, gcp, ocsf, trino
from ringfence.boundary.order import LogOrder
from tests.unit.audit.readers.reading import options, read

ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -1, 1e300, 0.5, "", "9" * 30, "\x00", "*", "a.b"])
    | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["uid", "name", "code", "column"]), inner, max_size=2
        )
    ),
    max_leaves=4,
)
USER = {"user": {"uid": "u"}, "session": {"uid": "s", "issuer": "i"}, "app_name": "a"}
WHOLE = {
    "declared": {
        "at": "2021-09-01T09:00:00Z",
        "who": "ann",
        "what": "a.b",
        "cols": ["c"],
        "n": 1,
        "sql": "select 1",
        "did": "read",
    },
    "ocsf": {
        "class_uid": 6005,
        "type_uid": 600501,
        "activity_id": 1,
        "time": 1_630_486_800_000,
        "actor": USER,
        "src_endpoint": {"ip": "192.0.2.1"},
        "table": {"name": "t"},
        "resources": [{"uid": "r"}],
        "status_id": 1,
        "query_info": {"query_string": "select a from t"},
        "metadata": {"uid": "e"},
        "unmapped": {
            "ringfence": {"columns": ["c"], "rows": 1, "subjects": ["s"], "behind": "b"}
        },
    },
    "trino": {
        "metadata": {
            "queryId": "q",
            "query": "select 1",
            "tables": [
                {
                    "catalog": "h",
                    "schema": "s",
                    "table": "t",
                    "columns": [{"column": "c"}],
                }
            ],
        },
        "statistics": {"outputRows": 1, "processedInputRows": 2},
        "context": {
            "user": "u",
            "originalUser": "o",
            "queryType": "INSERT",
            "clientTags": ["r"],
        },
        "ioMetadata": {"output": {"catalogName": "h", "schema": "s", "table": "o"}},
        "failureInfo": {"errorCode": {"name": "X"}},
        "createTime": "2021-09-01T09:00:00Z",
    },
    "gcp": {
        "timestamp": "2021-09-01T09:00:00Z",
        "insertId": "i",
        "logName": "x",
        "operation": {"id": "o"},
        "protoPayload": {
            "status": {"code": 0},
            "authenticationInfo": {
                "principalEmail": "e",
                "serviceAccountDelegationInfo": [
                    {"firstPartyPrincipal": {"principalEmail": "b"}}
                ],
            },
            "requestMetadata": {"callerIp": "192.0.2.1"},
            "serviceName": "bigquery.googleapis.com",
            "methodName": "x.GetY",
            "resourceName": "r",
            "authorizationInfo": [{"granted": True, "permissionType": "DATA_READ"}],
            "metadata": {"tableDataRead": {"fields": ["c"], "fieldsTruncated": True}},
            "serviceData": {
                "jobCompletedEvent": {
                    "job": {"jobStatistics": {"referencedTables": [{"projectId": "p"}]}}
                }
            },
            "numResponseItems": "3",
        },
    },
}
READERS: dict[str, LogReader] = {
    "declared": declared.READER,
    "ocsf": ocsf.READER,
    "trino": trino.READER,
    "gcp": gcp.READER,
}
OPTIONS: dict[str, dict[str, object]] = {
    "declared": {
        "fields": {
            "time": "at",
            "actor": "who",
            "resource": "what",
            "columns": "cols",
            "rows": "n",
            "statement": "sql",
            "verb": "did",
        },
        "dialect": "postgres",
    },
    "ocsf": {"dialect": "postgres"},
    "trino": {},
    "gcp": {},
}


def places(value, path=()):
    """Yield the path of everything within a value."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, part in inner:
        yield (*path, key)
        yield from places(part, (*path, key))


def changed(value, path, odd):
    """Return a copy in which something else stands at a path."""
    copy = json.loads(json.dumps(value))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    return copy


@pytest.mark.parametrize("kind", sorted(WHOLE))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_odd_value_costs_its_own_line_at_most(tmp_path, kind, data):
    """Anything may stand anywhere: each line is an event, an aside or malformed."""
    value = WHOLE[kind]
    path = data.draw(st.sampled_from(list(places(value))))
    odd = changed(value, path, data.draw(ODD))
    content = "".join(json.dumps(one) + "\n" for one in (value, odd, value)).encode()
    order = LogOrder("x", kind, ("*",), store="w", options=options(**OPTIONS[kind]))
    reading = read(READERS[kind], order, content, tmp_path / "log.json")
    told = {row.line for row in reading.rows} | {bad.line for bad in reading.malformed}
    assert len(told) + reading.asides == 3
    assert {1, 3} <= {row.line for row in reading.rows}
