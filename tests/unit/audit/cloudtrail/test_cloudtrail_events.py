"""What one event says, case by case: who, behind whom, what, to what, and its ending."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.event import Ending, touch_of
from ringfence.audit.readers.cloudtrail import READER
from ringfence.audit.readers.cloudtrail.sheets import Times, instant, instants
from ringfence.boundary.order import LogOrder
from ringfence.documents.located import Located
from ringfence.errors import ConfigError, Locus
from tests import cloudtrail

A = "111122223333"
ROLE = {"type": "AssumedRole", "arn": f"arn:aws:sts::{A}:assumed-role/r/someone"}
CENTRE = {"userId": "u-1", "identityStoreArn": f"arn:aws:identitystore::{A}:d-9"}
WEB = {"accounts.example:aud": "app", "accounts.example:sub": "42"}


def told(tmp_path: Path, depth: int = 0, **changes: Any) -> cloudtrail.Told:
    base = {
        "eventTime": "2021-09-01T10:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-west-1",
        "recipientAccountId": A,
        "eventID": "e",
    }
    data = json.dumps(base | changes).encode()
    reading = cloudtrail.read_bytes(tmp_path, data, depth)
    assert reading.malformed == []
    (event,) = reading.events
    return event


@pytest.mark.parametrize(
    ("identity", "actor", "behind"),
    [
        (None, "", ""),
        ({"type": "IAMUser", "arn": f"arn:aws:iam::{A}:user/ann"}, "arn", ""),
        ({"type": "Root", "arn": f"arn:aws:iam::{A}:root"}, "arn", ""),
        ({"type": "FederatedUser", "arn": f"arn:aws:sts::{A}:fed/x"}, "arn", ""),
        ({"type": "IAMUser", "principalId": "AIDA1"}, "AIDA1", ""),
        ({"type": "AWSService", "invokedBy": "s.amazonaws.com"}, "s.amazonaws.com", ""),
        ({"accountId": A, "invokedBy": "s.amazonaws.com"}, "s.amazonaws.com", ""),
        ({"type": "AWSAccount", "accountId": "9", "principalId": "P"}, "account:9", ""),
        ({"type": "AWSAccount", "accountId": "anonymous"}, "anonymous", ""),
        ({"type": "AWSAccount", "accountId": "ANONYMOUS_PRINCIPAL"}, "anonymous", ""),
        (
            {"type": "SAMLUser", "principalId": "idp:ann", "userName": "ann"},
            "idp:ann",
            "",
        ),
        (ROLE, "arn", ""),
        (ROLE | {"sessionContext": {"sessionIssuer": {"arn": "x"}}}, "arn", ""),
        (ROLE | {"sessionContext": {"sourceIdentity": "ann"}}, "arn", "ann"),
        (
            ROLE | {"sessionContext": {"webIdFederationData": {"attributes": WEB}}},
            "arn",
            "accounts.example:app:42",
        ),
        (ROLE | {"onBehalfOf": CENTRE}, "arn", f"{CENTRE['identityStoreArn']}/u-1"),
        (
            {"type": "IdentityCenterUser", "onBehalfOf": CENTRE},
            f"{CENTRE['identityStoreArn']}/u-1",
            "",
        ),
    ],
)
def test_who_did_it_and_who_is_behind(tmp_path, identity, actor, behind):
    """The actor is the principal by its surest name; behind it, only whom it names."""
    words = told(tmp_path, userIdentity=identity).words
    expected = identity["arn"] if actor == "arn" else actor
    assert (words["actor"], words["behind"]) == (expected, behind)


@pytest.mark.parametrize(
    ("response", "key"),
    [
        ({"credentials": {"accessKeyId": "ASIA1"}}, "ASIA1"),
        ({"credentialSet": [{"credentials": {"accessKeyId": "ASIA2"}}]}, "ASIA2"),
        ({"accessKey": {"accessKeyId": "AKIA1", "userName": "eve"}}, ""),
        ({"credentials": {"accessKeyId": 1}}, ""),
        (None, ""),
    ],
)
def test_a_key_is_issued_to_the_caller_only(tmp_path, response, key):
    """Temporary credentials go to the caller; a user's new key belongs to the user."""
    assert told(tmp_path, responseElements=response).words["issued"] == key


BUCKET = {"bucketName": "b", "key": "x/y/z"}
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/t"
DB = "arn:aws:rds:eu-west-1:111122223333:"
SNAP = {"ec2": "arn:aws:ec2:eu-west-1::snapshot/s"}


@pytest.mark.parametrize(
    ("service", "name", "asked", "did"),
    [
        ("s3", "GetObject", BUCKET, ("read", "arn:aws:s3:::b")),
        ("s3", "HeadObject", BUCKET, ("read", "arn:aws:s3:::b")),
        ("s3", "PutObject", BUCKET, ("insert", "arn:aws:s3:::b")),
        ("s3", "DeleteObject", BUCKET, ("delete", "arn:aws:s3:::b")),
        (
            "s3",
            "CopyObject",
            BUCKET | {"x-amz-copy-source": "/src/k%20k"},
            ("read", "arn:aws:s3:::src"),
        ),
        ("s3", "CopyObject", BUCKET, ("read", "")),
        ("s3", "PutBucketPolicy", BUCKET, ("alter", "arn:aws:s3:::b")),
        ("s3", "PutBucketReplication", BUCKET, ("divert", "arn:aws:s3:::b")),
        ("s3", "GetObject", None, ("read", "")),
        ("s3", "GetObject", {"bucketName": 7}, ("read", "")),
        ("s3", "GetBucketLocation", BUCKET, ("none", None)),
        ("s3", "PutBucketSomethingNew", BUCKET, ("alter", "")),
        ("dynamodb", "Scan", {"tableName": "t"}, ("read", TABLE)),
        ("dynamodb", "PutItem", {"tableName": TABLE}, ("insert", TABLE)),
        (
            "dynamodb",
            "ExecuteStatement",
            {"statement": "delete from t"},
            ("delete", ""),
        ),
        (
            "kms",
            "Decrypt",
            {"keyId": "k"},
            ("decrypt", f"arn:aws:kms:eu-west-1:{A}:key/k"),
        ),
        ("kms", "Encrypt", {"keyId": "k"}, ("none", None)),
        (
            "secretsmanager",
            "GetSecretValue",
            {"secretId": "s"},
            ("read", f"arn:aws:secretsmanager:eu-west-1:{A}:secret:s"),
        ),
        (
            "ssm",
            "GetParameter",
            {"name": "/a/b"},
            ("read", f"arn:aws:ssm:eu-west-1:{A}:parameter/a/b"),
        ),
        (
            "rds",
            "ModifyDBSnapshotAttribute",
            {"dBSnapshotIdentifier": "s", "valuesToAdd": ["9"]},
            ("divert", f"{DB}snapshot:s"),
        ),
        (
            "rds",
            "ModifyDBSnapshotAttribute",
            {"dBSnapshotIdentifier": "s", "valuesToRemove": ["9"]},
            ("alter", f"{DB}snapshot:s"),
        ),
        (
            "rds",
            "CreateDBInstanceReadReplica",
            {"dBInstanceIdentifier": "new", "sourceDBInstanceIdentifier": "old"},
            ("divert", f"{DB}db:old"),
        ),
        (
            "ec2",
            "ModifySnapshotAttribute",
            {"snapshotId": "s", "createVolumePermission": {"add": {"items": [{}]}}},
            ("divert", SNAP["ec2"]),
        ),
        (
            "ec2",
            "ModifySnapshotAttribute",
            {"snapshotId": "s", "createVolumePermission": {"remove": {"items": [{}]}}},
            ("alter", SNAP["ec2"]),
        ),
        ("athena", "GetQueryResults", {"queryExecutionId": "q"}, ("read", "")),
        ("glue", "GetTable", {"name": "t"}, ("none", None)),
        ("ec2", "DescribeInstances", None, ("none", None)),
        ("ec2", "RunInstances", None, ("none", None)),
    ],
)
def test_what_was_done_to_what(tmp_path, service, name, asked, did):
    """The table gives the verb; no part means unclear, and None that nothing was."""
    verb, part = did
    source = f"{service}.amazonaws.com"
    event = told(tmp_path, eventSource=source, eventName=name, requestParameters=asked)
    touch = touch_of(event.words["touch"])
    assert event.verb == verb
    assert touch.part == ((part,) if part else ())
    assert touch.unclear == (part == "")


@pytest.mark.parametrize(("reads", "verb"), [(True, "read"), (False, "update")])
def test_an_unknown_operation_on_data_is_unclear(tmp_path, reads, verb):
    """A data event says that data was touched, if not which."""
    shape = {"eventCategory": "Data", "managementEvent": False, "readOnly": reads}
    event = told(tmp_path, eventSource="new.amazonaws.com", eventName="Do", **shape)
    assert event.verb == verb
    assert touch_of(event.words["touch"]).unclear


def test_the_depth_keeps_segments_of_the_key(tmp_path):
    """By default the bucket is what was touched; the option says how much more."""
    for depth, name in ((0, "b"), (1, "b/x"), (2, "b/x/y"), (9, "b/x/y/z")):
        event = told(tmp_path, depth, requestParameters=BUCKET)
        assert touch_of(event.words["touch"]).part == (f"arn:aws:s3:::{name}",)


@pytest.mark.parametrize(
    ("changes", "ending"),
    [
        ({}, Ending.DONE),
        ({"errorCode": None}, Ending.DONE),
        ({"errorCode": "AccessDenied"}, Ending.DENIED),
        ({"errorCode": "Client.DryRunOperation"}, Ending.DENIED),
        ({"errorMessage": "text only"}, Ending.DONE),
        (
            {"eventSource": "signin.amazonaws.com", "errorMessage": "Failed"},
            Ending.DENIED,
        ),
    ],
)
def test_an_error_means_that_nothing_was_obtained(tmp_path, changes, ending):
    """A failed sign-in has a message without a code."""
    assert told(tmp_path, **changes).ending == ending


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01T02:00:01.5+02:00", 1_500_000),
        ("2020-02-29T00:00:00Z", 1_582_934_400_000_000),
        ("2021-02-29T00:00:00Z", None),
        ("2021-09-01T10:00:00", None),
        ("2021-09-01 10:00:00Z", None),
        ("1630490400", None),
        ("", None),
    ],
)
def test_only_an_instant_with_an_offset_is_a_time(text, value):
    """A naive time could be any of 26 hours, so it is refused."""
    assert instant(text) == value
    times, unfit = instants([text, "1970-01-01T00:00:00Z"])
    assert (times.tolist(), unfit) == ([value or 0, 0], [0] if value is None else [])


@pytest.mark.parametrize(
    "line",
    [
        b'{"eventTime":"2021-09-01T10:00:00","eventSource":"s","eventName":"n"}',
        b'{"eventTime":"2021-09-01T10:00:00Z","eventSource":"s"}',
        b'{"eventTime":"2021-09-01T10:00:00Z","eventSource":"s","eventName":7}',
        b'{"eventTime":"2021-09-01T10:00:00Z","eventSource":"s","eventName":"n",'
        b'"userIdentity":"ann"}',
        b'{"detail":{"no":"event"}}',
        b'"text"',
        b"null",
        b"\xff\xfe",
        b"[" * 50_000 + b"]" * 50_000,
        b'{"a":' * 50_000,
    ],
)
def test_what_is_no_event_is_malformed(tmp_path, line):
    """A line that can't be read is kept, with its place and a reason."""
    good = cloudtrail.as_lines(list(cloudtrail.events(2)))
    data = good + line + b"\n" + good
    reading = cloudtrail.read_bytes(tmp_path, data)
    assert len(reading.events) == 4
    (one,) = reading.malformed
    # Of a list in a list only what stands in the outer one is an item.
    inner = 1 if line.startswith(b"[") else 0
    place = (len(good) + inner, len(line) - 2 * inner, 3)
    assert (one.offset, one.length, one.line) == place
    assert one.reason


@pytest.mark.parametrize("value", [-1, 17, "2", True, None])
def test_an_option_that_can_t_be_used_is_refused(value):
    """The depth is a number of segments; every other option is unknown."""
    at = Locus("boundary.yaml", 3, 5)
    options = {"prefix_depth": Located(value, at), "depth": Located(1, at)}
    with pytest.raises(ConfigError) as caught:
        READER.check(LogOrder("aws", "cloudtrail", (), options=options))
    assert len(caught.value.problems) == 2
    good = {"prefix_depth": Located(2, at)}
    READER.check(LogOrder("aws", "cloudtrail", (), options=good))


DAYS = st.sampled_from(["2021-09-01", "2024-02-29", "2023-02-29", "0000-01-01", "x"])
CLOCKS = st.sampled_from(
    ["T10:00:00", "T23:59:59", "T24:00:00", "T10:60:00", "T10:00:60", "t10:00:00", ""]
)
OFFSETS = st.sampled_from(["Z", "z", ".5Z", "+00:00", "+0200", ""])


@given(st.lists(st.builds("{}{}{}".format, DAYS, CLOCKS, OFFSETS) | st.text()))
def test_an_instant_put_together_of_its_parts_is_the_instant(texts):
    """What is remembered of a day and its clock gives what reading the text gives."""
    times = Times()
    assert [times[text] for text in texts] == [instant(text) for text in texts]
