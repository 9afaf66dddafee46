"""CloudTrail events as an account would log them, made up: any number, from a seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ringfence.audit.event import CODED, DONE, Malformed, Words
from ringfence.audit.readers.cloudtrail import READER
from ringfence.audit.unpacked import Unpacked
from ringfence.boundary.order import LogOrder
from ringfence.documents.located import Located
from ringfence.errors import Locus

Event = dict[str, Any]

ACCOUNT = "111122223333"
REGION = "us-east-1"
BEGIN = datetime(2021, 9, 1, tzinfo=UTC)
PEOPLE = tuple(f"person-{number}" for number in range(60))
ROLES = ("analyst", "pipeline", "support", "break-glass")
BUCKETS = tuple(f"exports-{number}" for number in range(20))
TABLES = ("profiles", "orders", "payments", "sessions")
AGENTS = (
    "aws-cli/2.4.6 Python/3.8.8 Linux/5.4.0 exe/x86_64.ubuntu.20 prompt/off",
    "Boto3/1.20.24 Python/3.9.7 Linux/5.11.0 Botocore/1.23.24",
    "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.11.1030 Linux/5.4.147 OpenJDK]",
)
# (service, operation, reads, is a data event, how often)
CALLS = (
    ("s3", "GetObject", True, True, 40),
    ("s3", "PutObject", False, True, 10),
    ("s3", "ListObjects", True, True, 5),
    ("dynamodb", "Query", True, True, 10),
    ("dynamodb", "PutItem", False, True, 5),
    ("kms", "Decrypt", True, False, 12),
    ("sts", "AssumeRole", True, False, 6),
    ("ec2", "DescribeInstances", True, False, 8),
    ("secretsmanager", "GetSecretValue", True, False, 2),
    ("iam", "GetUser", True, False, 2),
)
_WEIGHTS = [call[-1] for call in CALLS]


def events(count: int, seed: int = 0) -> Iterator[Event]:
    """Yield events in the order of their time; the same ones for the same seed."""
    chance = random.Random(seed)  # noqa: S311
    time = BEGIN
    for _ in range(count):
        time += timedelta(seconds=chance.choice((0, 0, 1, 3)))
        yield event(chance, time)


def event(chance: random.Random, time: datetime) -> Event:
    """Return one event."""
    service, name, reads, is_data, _ = chance.choices(CALLS, _WEIGHTS)[0]
    asked, touched = _asked(chance, service, name)
    made: Event = {
        "eventVersion": "1.08",
        "userIdentity": _identity(chance, time),
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": f"198.51.{chance.randrange(4)}.{chance.randrange(256)}",
        "userAgent": chance.choice(AGENTS),
        "requestParameters": asked,
        "responseElements": _answer(chance, name),
        "additionalEventData": {
            "SignatureVersion": "SigV4",
            "CipherSuite": "ECDHE-RSA-AES128-GCM-SHA256",
            "bytesTransferredIn": 0,
            "AuthenticationMethod": "AuthHeader",
            "x-amz-id-2": f"{chance.getrandbits(256):064x}",
            "bytesTransferredOut": chance.randrange(100_000),
        },
        "requestID": f"{chance.getrandbits(64):016X}",
        "eventID": _uuid(chance),
        "readOnly": reads,
        "resources": touched,
        "eventType": "AwsApiCall",
        "managementEvent": not is_data,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Data" if is_data else "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.2",
            "cipherSuite": "ECDHE-RSA-AES128-GCM-SHA256",
            "clientProvidedHostHeader": f"{service}.{REGION}.amazonaws.com",
        },
    }
    if chance.random() < 0.05:
        made |= {"errorCode": "AccessDenied", "errorMessage": "Access Denied"}
        made["responseElements"] = None
    return made


def _uuid(chance: random.Random) -> str:
    text = f"{chance.getrandbits(128):032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _identity(chance: random.Random, time: datetime) -> Event:
    person, role = chance.choice(PEOPLE), chance.choice(ROLES)
    number = PEOPLE.index(person)
    if chance.random() < 0.5:
        return {
            "type": "IAMUser",
            "principalId": f"AIDA{number:017d}",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/{person}",
            "accountId": ACCOUNT,
            "accessKeyId": f"AKIA{number:016d}",
            "userName": person,
        }
    started = time.replace(minute=0, second=0)
    return {
        "type": "AssumedRole",
        "principalId": f"AROA{ROLES.index(role):017d}:{person}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{person}",
        "accountId": ACCOUNT,
        "accessKeyId": f"ASIA{number:08d}{started:%m%d%H}{ROLES.index(role):02d}",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": f"AROA{ROLES.index(role):017d}",
                "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
                "accountId": ACCOUNT,
                "userName": role,
            },
            "webIdFederationData": {},
            "attributes": {
                "creationDate": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "mfaAuthenticated": "false",
            },
        },
    }


def _asked(
    chance: random.Random, service: str, name: str
) -> tuple[Event | None, list[Event]]:
    """Return the parameters of a call, and the resources that the event names."""
    owned = {"accountId": ACCOUNT}
    if service == "s3":
        bucket = chance.choice(BUCKETS)
        asked: Event = {"bucketName": bucket, "Host": f"{bucket}.s3.amazonaws.com"}
        arn = f"arn:aws:s3:::{bucket}"
        whole = {**owned, "type": "AWS::S3::Bucket", "ARN": arn}
        if name == "ListObjects":
            return asked | {"prefix": "daily/", "max-keys": "1000"}, [whole]
        key = f"daily/{chance.randrange(400)}/part-{chance.randrange(10**6):06d}.csv"
        single = {"type": "AWS::S3::Object", "ARN": f"{arn}/{key}"}
        return asked | {"key": key}, [single, whole]
    if service == "dynamodb":
        table = chance.choice(TABLES)
        arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}"
        row = {"id": chance.randrange(10**6)}
        kept = {**owned, "type": "AWS::DynamoDB::Table", "ARN": arn}
        return {"tableName": table, "key": row}, [kept]
    if service == "kms":
        arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{chance.randrange(9):036d}"
        return {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"}, [
            {**owned, "type": "AWS::KMS::Key", "ARN": arn}
        ]
    if service == "secretsmanager":
        return {"secretId": f"secret-{chance.randrange(9)}"}, []
    return None, []


def _answer(chance: random.Random, name: str) -> Event | None:
    if name != "AssumeRole":
        return None
    return {"credentials": {"accessKeyId": f"ASIA{chance.getrandbits(64):016X}"}}


def as_lines(made: list[Event]) -> bytes:
    """Return an event a line."""
    return b"".join(_compact(one) + b"\n" for one in made)


def as_delivered(made: list[Event]) -> bytes:
    """Return the document that is delivered: one line."""
    return b'{"Records":[' + b",".join(map(_compact, made)) + b"]}"


def as_printed(made: list[Event]) -> bytes:
    """Return the document printed over many lines."""
    return json.dumps({"Records": made}, indent=2).encode() + b"\n"


def as_list(made: list[Event]) -> bytes:
    """Return a bare list."""
    return json.dumps(made).encode()


def as_envelopes(made: list[Event]) -> bytes:
    """Return an envelope of EventBridge a line."""
    return b"".join(
        _compact({"version": "0", "source": "aws.s3", "detail": one}) + b"\n"
        for one in made
    )


def as_documents(made: list[Event]) -> bytes:
    """Return a document for each event, one behind the other."""
    return b"\n".join(as_delivered([one]) for one in made)


LAYOUTS = (
    as_lines,
    as_delivered,
    as_printed,
    as_list,
    as_envelopes,
    as_documents,
)


def _compact(one: Event) -> bytes:
    return json.dumps(one, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Told:
    """What a reader made of one event, with its words in place of their numbers."""

    uid: str
    time: int
    verb: str
    ending: int
    offset: int
    length: int
    line: int
    words: dict[str, str]

    def says(self) -> tuple[object, ...]:
        """Return all but the place."""
        words = tuple(sorted(self.words.items()))
        return (self.uid, self.time, self.verb, self.ending, words)


@dataclass
class Reading:
    """What a reader made of a file."""

    events: list[Told]
    malformed: list[Malformed]
    asides: int


def read(path: Path, depth: int = 0) -> Reading:
    """Read a file."""
    at = Locus("boundary.yaml", 1, 1)
    options = {"prefix_depth": Located(depth, at)} if depth else {}
    order = LogOrder("aws", "cloudtrail", (path.name,), options=options)
    words = {name: Words() for name in CODED}
    file = Unpacked(path, path.name)
    reading = Reading([], [], 0)
    for sheet in READER.read(file, order, words):
        reading.malformed += sheet.malformed
        reading.asides += sheet.asides
        known = {name: words[name].all() for name in CODED}
        reading.events += [
            Told(
                sheet.uid[place],
                int(sheet.time[place]),
                DONE[sheet.verb[place]],
                int(sheet.ending[place]),
                int(sheet.offset[place]),
                int(sheet.length[place]),
                int(sheet.line[place]),
                {name: known[name][sheet.coded[name][place]] for name in CODED},
            )
            for place in range(len(sheet))
        ]
    reading.malformed += file.malformed
    return reading


def read_bytes(folder: Path, data: bytes, depth: int = 0) -> Reading:
    """Read bytes, as a file."""
    path = folder / "log.json"
    path.write_bytes(data)
    return read(path, depth)
