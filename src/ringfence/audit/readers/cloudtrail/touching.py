"""What an event did to what: the verb and the touch, from its operation and parameters.

Most operations touch no data, whatever their parameters are, so that is remembered by
operation; only for the others the parameters are looked at.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from ringfence.audit.event import NOTHING, VERB_CODE, Touch, Words
from ringfence.audit.readers.cloudtrail import operations
from ringfence.audit.readers.cloudtrail.fields import UNREADABLE, Entry
from ringfence.audit.readers.cloudtrail.operations import Operation

_MOST = 200_000  # texts that are remembered, so that memory stays bounded
_UNCLEAR = Touch(unclear=True)
_COPIES = frozenset({"CopyObject", "UploadPartCopy"})
_LISTS = frozenset({"ListObjects", "ListObjectsV2", "ListObjectVersions"})
_FIRST_WORD = re.compile(rb'"statement"\s*:\s*"(?:\s|\\[nrt])*([A-Za-z]+)')
_STATEMENTS = {
    b"select": "read",
    b"insert": "insert",
    b"update": "update",
    b"delete": "delete",
}
# One event has one verb: that which claims are most about.
_ORDER = ("read", "update", "insert", "delete")

_Key = tuple[str, str, str | None, bool | None, bool | None]
_Did = tuple[int, int]


class _Object(Struct):
    bucket: str | None = msgspec.field(default=None, name="bucketName")
    key: Any = None
    prefix: Any = None
    source: Any = msgspec.field(default=None, name="x-amz-copy-source")


class _Bucket(Struct, gc=False):
    bucket: str | None = msgspec.field(default=None, name="bucketName")


class _Resource(Struct):
    arn: str | None = msgspec.field(default=None, name="ARN")
    type: str | None = None


_OBJECT = msgspec.json.Decoder(_Object | None)
_BUCKET = msgspec.json.Decoder(_Bucket | None)
_RESOURCES = msgspec.json.Decoder(list[_Resource] | None)
_PARAMETERS = msgspec.json.Decoder(dict[str, Any] | None)
_NO_OBJECT = _Object()
_NO_BUCKET = _Bucket()


class _Plan:
    """What events of one operation do, as far as the operation says it.

    Attributes:
        operation: The operation.
        did: What every event of it did; None if that depends on its parameters.
        known: What was done before, by what tells it: resources, or bucket and region.
        is_object: It is a call to the object store.
    """

    __slots__ = ("did", "is_object", "known", "operation")

    def __init__(self, operation: Operation, did: _Did | None) -> None:
        self.operation = operation
        self.did = did
        self.known: dict[object, _Did] = {}
        self.is_object = operation.form == operations.BUCKET


class _Plans(dict[_Key, _Plan]):
    """Plans of operations, learnt as they come."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words

    def __missing__(self, key: _Key) -> _Plan:
        if len(self) > _MOST:
            self.clear()
        operation = operation_of(key)
        did = None
        if operation.verb == "none" or not operation.by:
            touch = NOTHING if operation.verb == "none" else _UNCLEAR
            did = (VERB_CODE[operation.verb], self._words.code(touch.text()))
        plan = self[key] = _Plan(operation, did)
        return plan


class Touching:
    """Says of events what they did to what, in numbers of the words of a file."""

    def __init__(self, words: Words, depth: int) -> None:
        """Begin, keeping `depth` segments of the keys of objects behind the bucket."""
        self._words = words
        self._depth = depth
        self._plans = _Plans(words)
        self._numbers: dict[tuple[str, ...], int] = {}
        self._remembered = 0  # of all plans

    def did(self, entries: list[Entry]) -> list[_Did]:
        """Return the verb, a place in `DONE`, and the number of the touch of events."""
        keys = zip(
            [entry.event_source for entry in entries],
            [entry.event_name for entry in entries],
            [entry.event_category for entry in entries],
            [entry.management_event for entry in entries],
            [entry.read_only for entry in entries],
            strict=True,
        )
        plans = list(map(self._plans.__getitem__, keys))
        return [
            plan.did
            or (self._object if plan.is_object else self._looked_at)(entry, plan)
            for entry, plan in zip(entries, plans, strict=True)
        ]

    def _looked_at(self, entry: Entry, plan: _Plan) -> _Did:
        text = bytes(entry.resources)
        known = plan.known.get(text)
        if known is not None:
            return known
        did, is_told = self._resource(entry, plan.operation)
        if is_told:
            self._remember(plan, text, did)
        return did

    def _remember(self, plan: _Plan, key: object, did: _Did) -> None:
        if self._remembered > _MOST:
            self._remembered = 0
            for other in self._plans.values():
                other.known.clear()
        self._remembered += 1
        plan.known[key] = did

    def _object(self, entry: Entry, plan: _Plan) -> _Did:
        """Return what a call to the object store did to what."""
        operation = plan.operation
        verb = VERB_CODE[operation.verb]
        try:
            if self._depth or entry.event_name in _COPIES:
                asked = _OBJECT.decode(entry.request_parameters) or _NO_OBJECT
                touched = _objects(entry, asked, operation, self._depth)
                return verb, self._number(touched)
            bucket = (_BUCKET.decode(entry.request_parameters) or _NO_BUCKET).bucket
        except UNREADABLE:
            bucket = None
        key = (bucket, entry.aws_region)
        did = plan.known.get(key)
        if did is None:
            touched = _objects(entry, _Object(bucket), operation, self._depth)
            did = (verb, self._number(touched))
            if bucket and not _leads_elsewhere(bucket):
                self._remember(plan, key, did)
        return did

    def _resource(self, entry: Entry, operation: Operation) -> tuple[_Did, bool]:
        """Return what was done to what the resources or the parameters name.

        Also whether the same resources say the same again.
        """
        verb = operation.verb
        is_plain = verb not in (operations.SHARE, operations.STATEMENT)
        if verb == operations.SHARE:
            verb = "divert" if _adds(_decoded(entry)) else "alter"
        elif verb == operations.STATEMENT:
            verb = _statement(bytes(entry.request_parameters), entry.read_only)
        touched = _fitting(entry, operation)
        number = self._number(touched or _named(entry, operation))
        return (VERB_CODE[verb], number), is_plain and bool(touched)

    def _number(self, touched: tuple[str, ...]) -> int:
        number = self._numbers.get(touched)
        if number is None:
            if len(self._numbers) > _MOST:
                self._numbers.clear()
            touch = Touch(part=touched) if touched else _UNCLEAR
            number = self._numbers[touched] = self._words.code(touch.text())
        return number


def service_of(source: str) -> str:
    """Return the name of the service whose address this is."""
    return source.partition(".amazonaws.")[0]


def operation_of(key: _Key) -> Operation:
    """Return what an operation does, by the table or else by its shape."""
    source, name, category, management, read_only = key
    service = service_of(source)
    found = operations.OPERATIONS.get((_ALIASES.get(service, service), name))
    if found is not None:
        return found
    if category == "Data" or (category is None and management is False):
        return Operation("read" if read_only else "update")
    if service in operations.STORES and not (read_only or _idle(name)):
        return Operation("alter")
    return Operation("none")


_LOOKS = ("Get", "List", "Describe", "Head", "Lookup", "Search")
# Services that log the operations of another service under a name of their own.
_ALIASES = {"s3express": "s3", "s3-object-lambda": "s3", "dynamodbstreams": "dynamodb"}


def _idle(name: str) -> bool:
    return name.startswith((*operations.IDLE, *_LOOKS))


def _leads_elsewhere(bucket: str) -> bool:
    """Tell whether this is the name of an entry point to a bucket of another name."""
    return bucket.startswith("arn:") or bucket.endswith("-s3alias")


def _objects(
    entry: Entry, asked: _Object, operation: Operation, depth: int
) -> tuple[str, ...]:
    """Return the bucket that was touched, with the first segments of the key."""
    bucket, key = asked.bucket or "", asked.key
    if entry.event_name in _COPIES:
        bucket, key = _source(asked.source)
    elif entry.event_name in _LISTS:
        key = None
    if not bucket or _leads_elsewhere(bucket):
        # An entry point's name: the resources tell whose bucket it leads to, unless
        # they are those of a copy's destination.
        told = () if entry.event_name in _COPIES else _buckets(entry)
        return told or ((bucket,) if bucket else ())
    arn = operation.form.format(partition=_partition(entry), name=bucket)
    if depth and isinstance(key, str) and key:
        arn += "/" + "/".join(key.split("/")[:depth])
    return (arn,)


def _source(source: object) -> tuple[str, str]:
    """Return bucket and key of where a copy takes its bytes from."""
    text = source[0] if isinstance(source, list) and source else source
    if not isinstance(text, str):
        return "", ""
    plain = unquote(text).partition("?versionId=")[0].removeprefix("/")
    if plain.startswith("arn:"):
        return plain.partition("/object/")[0], ""
    bucket, _, key = plain.partition("/")
    return bucket, key


def _resources(entry: Entry) -> list[_Resource]:
    if not bytes(entry.resources):
        return []
    try:
        return _RESOURCES.decode(entry.resources) or []
    except UNREADABLE:
        return []


def _buckets(entry: Entry) -> tuple[str, ...]:
    told = (one.arn or "" for one in _resources(entry))
    return tuple(
        dict.fromkeys(
            arn.partition("/")[0]
            for arn in told
            if arn.split(":")[2:5] == ["s3", "", ""]
        )
    )


def _fitting(entry: Entry, operation: Operation) -> tuple[str, ...]:
    """Return those of an event's resources that the operation touches."""
    told = [one.arn for one in _resources(entry) if one.arn]
    wanted = _kind(operation.form) if operation.form else ""
    return tuple(dict.fromkeys(_whole(arn) for arn in told if wanted in arn))


def _named(entry: Entry, operation: Operation) -> tuple[str, ...]:
    """Return what was touched, by the parameters."""
    parameters = _decoded(entry)
    names = next((n for by in operation.by if (n := _texts(parameters.get(by)))), ())
    return tuple(dict.fromkeys(_built(entry, operation.form, name) for name in names))


def _kind(form: str) -> str:
    """Return what stands in every ARN of a form: `:dynamodb:`."""
    return f":{form.split(':')[2]}:"


def _whole(arn: str) -> str:
    """Return the table whose index or stream this is; anything else as it is."""
    if ":dynamodb:" not in arn:
        return arn
    return "/".join(arn.split("/")[:2])


def _texts(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(one for one in values if isinstance(one, str) and one)


def _built(entry: Entry, form: str, name: str) -> str:
    """Return the ARN of a name; what is one already, and a web address, stays."""
    if not form or name.startswith("arn:"):
        return _whole(name)
    if ":kms:" in form and not name.startswith("alias/"):
        name = f"key/{name}"
    return form.format(
        partition=_partition(entry),
        region=entry.aws_region or "",
        account=entry.recipient_account_id or "",
        name=name.lstrip("/"),
    )


def _partition(entry: Entry) -> str:
    region = entry.aws_region or ""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _decoded(entry: Entry) -> dict[str, Any]:
    try:
        return _PARAMETERS.decode(entry.request_parameters) or {}
    except UNREADABLE:
        return {}


def _adds(parameters: dict[str, Any]) -> bool:
    """Tell whether somebody is let in, not only shut out."""
    if parameters.get("valuesToAdd") or parameters.get("operationType") == "add":
        return True
    within = (one for one in parameters.values() if isinstance(one, dict))
    return any(one.get("add") for one in within)


def _statement(parameters: bytes, read_only: bool | None) -> str:  # noqa: FBT001
    words = {word.lower() for word in _FIRST_WORD.findall(parameters)}
    verbs = {_STATEMENTS[word] for word in words if word in _STATEMENTS}
    fallback = "read" if read_only or not words else "update"
    return next((verb for verb in _ORDER if verb in verbs), fallback)
