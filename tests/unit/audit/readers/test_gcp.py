"""Google Cloud audit logs: BigQuery's columns, storage, delegation and refusals."""

from __future__ import annotations

import json

import pytest

from ringfence.audit.event import NO_ROWS, Ending
from ringfence.audit.readers.gcp import READER
from ringfence.boundary.order import LogOrder, Naming
from tests.unit.audit.readers.reading import read

NINE = 1_630_486_800_000_000
TABLE = "projects/p/datasets/accounts/tables/profile"
OBJECT = "projects/_/buckets/exports/objects/a.csv"
META = "type.googleapis.com/google.cloud.audit.BigQueryAuditMetadata"


def entry(
    service="storage",
    method="storage.objects.get",
    name=OBJECT,
    *,
    log="data_access",
    **payload,
):
    return {
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "status": {},
            "authenticationInfo": {"principalEmail": "bo@pulse.example"},
            "requestMetadata": {
                "callerIp": "203.0.113.7",
                "callerSuppliedUserAgent": "gsutil",
            },
            "serviceName": f"{service}.googleapis.com",
            "methodName": method,
            "resourceName": name,
            **payload,
        },
        "insertId": "i-1",
        "timestamp": "2021-09-01T09:00:00.123456789Z",
        "logName": f"projects/p/logs/cloudaudit.googleapis.com%2F{log}",
        "receiveTimestamp": "2021-09-01T09:00:01Z",
    }


def bigquery(**metadata):
    return entry(
        "bigquery",
        "google.cloud.bigquery.v2.JobService.InsertJob",
        TABLE,
        metadata={"@type": META, **metadata},
    )


def older(**data):
    return entry(
        "bigquery", "jobservice.jobcompleted", "projects/p/jobs/j", serviceData=data
    )


def told(tmp_path, value, *, store="warehouse", resources=()):
    order = LogOrder("g", "gcp", ("*",), store=store, resources=resources)
    return read(READER, order, json.dumps(value).encode(), tmp_path / "log.json")


def test_who_whence_and_when_are_told(tmp_path):
    """Nanoseconds are cut off; an insert id is unique among entries of one instant."""
    [row] = told(tmp_path, entry(numResponseItems="12")).rows
    assert (row.actor, row.address, row.application) == (
        "bo@pulse.example",
        "203.0.113.7",
        "gsutil",
    )
    assert row.time == NINE + 123_456
    assert row.uid == "i-1@2021-09-01T09:00:00.123456789Z"
    assert (row.verb, row.rows, row.ending) == ("read", 12, Ending.DONE)


def test_the_first_of_a_chain_of_delegation_is_behind(tmp_path):
    """A service account that somebody took names who took it, first of all."""
    who = {
        "principalEmail": "svc@p.iam.gserviceaccount.com",
        "serviceAccountKeyName": "//iam/keys/1",
        "serviceAccountDelegationInfo": [
            {"firstPartyPrincipal": {"principalEmail": "bo@pulse.example"}},
            {"principalSubject": "serviceAccount:hop@p.iam.gserviceaccount.com"},
        ],
    }
    [row] = told(tmp_path, entry(authenticationInfo=who)).rows
    assert (row.behind, row.credential) == ("bo@pulse.example", "//iam/keys/1")
    federated = {
        "principalSubject": "principal://pool/x",
        "serviceAccountDelegationInfo": [{"principalSubject": "principal://pool/y"}],
    }
    [row] = told(tmp_path, entry(authenticationInfo=federated)).rows
    assert (row.actor, row.behind) == ("principal://pool/x", "principal://pool/y")


PROFILE = {"part": ["dataset:warehouse/accounts.profile"]}
REFERENCED = {
    "referencedTables": [
        {"projectId": "p", "datasetId": "accounts", "tableId": "profile"}
    ]
}
TARGET = {"projectId": "p", "datasetId": "accounts", "tableId": "copy"}


@pytest.mark.parametrize(
    ("value", "verb", "touch"),
    [
        (
            bigquery(tableDataRead={"fields": ["id", "email"], "reason": "JOB"}),
            "read",
            {
                "columns": [
                    "column:warehouse/accounts.profile.email",
                    "column:warehouse/accounts.profile.id",
                ]
            },
        ),
        (
            bigquery(tableDataRead={"fields": ["id"], "fieldsTruncated": True}),
            "read",
            {"columns": ["column:warehouse/accounts.profile.id"], **PROFILE},
        ),
        (bigquery(tableDataRead={"reason": "JOB"}), "read", PROFILE),
        (bigquery(tableDataChange={"insertedRowsCount": "5"}), "insert", PROFILE),
        (bigquery(tableDataChange={"deletedRowsCount": "5"}), "delete", PROFILE),
        (
            bigquery(
                tableDataChange={"insertedRowsCount": "5", "deletedRowsCount": "5"}
            ),
            "update",
            PROFILE,
        ),
        (bigquery(tableDataChange={"truncated": True}), "truncate", PROFILE),
        (bigquery(tableDeletion={}), "delete", PROFILE),
        (bigquery(jobInsertion={"job": {}}), "none", {}),
        (
            bigquery(
                jobChange={"job": {"jobStats": {"queryStats": {"cacheHit": True}}}}
            ),
            "read",
            {"unclear": True},
        ),
        (
            older(jobCompletedEvent={"job": {"jobStatistics": REFERENCED}}),
            "read",
            PROFILE,
        ),
        (
            older(
                jobCompletedEvent={
                    "job": {
                        "jobStatistics": REFERENCED,
                        "jobConfiguration": {
                            "query": {
                                "statementType": "INSERT",
                                "destinationTable": TARGET,
                            }
                        },
                    }
                }
            ),
            "insert",
            {
                "part": [
                    "dataset:warehouse/accounts.copy",
                    "dataset:warehouse/accounts.profile",
                ]
            },
        ),
        (older(jobCompletedEvent={"job": {}}), "none", {}),
        (older(jobInsertRequest={}), "none", {}),
        (
            older(tableDataListRequest={}),
            "read",
            {"part": ["dataset:warehouse/projects/p/jobs/j"]},
        ),
    ],
)
def test_bigquery_tells_columns_and_tables(tmp_path, value, verb, touch):
    """Reads name fields; a job tells nothing that its reads don't, but for caches."""
    [row] = told(tmp_path, value).rows
    assert (row.verb, row.touch) == (verb, touch)


def asked(kind):
    return {
        "authorizationInfo": [
            {"permission": "x", "granted": True, "permissionType": kind}
        ]
    }


@pytest.mark.parametrize(
    ("value", "verb"),
    [
        (entry(), "read"),
        (entry(method="storage.objects.list"), "none"),
        (entry(method="storage.objects.create"), "insert"),
        (entry(method="storage.objects.delete"), "delete"),
        (entry(method="storage.objects.patch"), "update"),
        (entry(method="storage.setIamPermissions", log="activity"), "alter"),
        (entry(method="SetIamPolicy", log="activity"), "alter"),
        (entry(method="v1.compute.instances.insert", log="activity"), "none"),
        (entry("spanner", "google.spanner.v1.Spanner.ExecuteStreamingSql"), "read"),
        (entry("spanner", "google.spanner.v1.Spanner.Commit"), "insert"),
        (entry("cloudkms", "Decrypt"), "decrypt"),
        (entry("cloudkms", "Decrypt", **asked("DATA_READ")), "decrypt"),
        (entry("x", "GetThing", **asked("ADMIN_READ")), "none"),
        (entry("x", "Frobnicate", **asked("DATA_READ")), "read"),
        (entry("x", "Frobnicate", **asked("DATA_WRITE")), "update"),
        (entry("x", "ListThings", **asked("DATA_READ")), "none"),
    ],
)
def test_a_method_gives_the_verb(tmp_path, value, verb):
    """Its kind of permission counts first, then its words; administration is none."""
    [row] = told(tmp_path, value).rows
    assert row.verb == verb


def test_an_unknown_method_is_unclear(tmp_path):
    """Of a call that neither its name nor its permission explains nobody can say."""
    [row] = told(tmp_path, entry("x", "Frobnicate")).rows
    assert row.verb == "read"
    assert row.touch["unclear"] is True


@pytest.mark.parametrize(
    ("payload", "ending"),
    [
        ({"status": {"code": 7, "message": "PERMISSION_DENIED"}}, Ending.DENIED),
        ({"status": {"code": 0}}, Ending.DONE),
        ({"authorizationInfo": [{"granted": False}]}, Ending.DENIED),
        ({"authorizationInfo": [{"granted": False}, {"granted": True}]}, Ending.DONE),
        ({"authorizationInfo": [{"permission": "x"}]}, Ending.DONE),
    ],
)
def test_refusals_are_denied(tmp_path, payload, ending):
    """A status that isn't zero, or no leave at all, obtained nothing."""
    [row] = told(tmp_path, entry(**payload)).rows
    assert row.ending is ending


def test_names_are_the_logs_own_without_a_store(tmp_path):
    """Without a store, or where `resources` knows it, the full name stays."""
    [bare] = told(tmp_path, entry(), store="").rows
    known = (Naming("projects/*/datasets/*/tables/*", "dataset:crm/{2}.{3}"),)
    [named] = told(
        tmp_path, bigquery(tableDataRead={"fields": ["id"]}), resources=known
    ).rows
    assert bare.touch == {"part": [OBJECT]}
    assert named.touch == {"columns": ["column:crm/accounts.profile.id"]}


def test_other_entries_are_asides(tmp_path):
    """An entry of another kind shows that the log was alive, and is counted."""
    other = {"timestamp": "2021-09-01T09:00:00Z", "textPayload": "up"}
    audit = {
        "timestamp": "2021-09-01T09:00:00Z",
        "protoPayload": {"@type": "type.googleapis.com/x.Y"},
    }
    reading = told(tmp_path, {"entries": [other, audit, entry()]})
    assert (reading.asides, reading.beats, len(reading.rows)) == (2, [NINE, NINE], 1)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"timestamp": "2021-09-01T09:00:00Z"}, "has no payload"),
        ({**entry(), "timestamp": None}, "has no time"),
        ({**entry(), "timestamp": "2021-09-01T09:00:00"}, "has no zone"),
        (entry(status={"code": "x"}), "no whole number"),
        (entry(numResponseItems=-3), "no count"),
        (entry(resourceName=["a"]), "no single value"),
    ],
)
def test_an_entry_off_the_form_is_malformed(tmp_path, value, reason):
    """What can't be read is counted with its reason."""
    reading = told(tmp_path, value)
    assert reading.rows == []
    assert reason in reading.malformed[0].reason


def test_rows_are_unsaid_unless_counted(tmp_path):
    """Most entries say nothing of rows."""
    [row] = told(tmp_path, entry()).rows
    assert row.rows == NO_ROWS
