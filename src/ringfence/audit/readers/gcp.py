"""Google Cloud audit logs: entries whose payload is an `AuditLog`.

What a service doesn't log can't be read here: outside BigQuery, reads of data are
logged only where somebody turned that on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from ringfence.audit.event import Ending, Sheet, Touch, Words
from ringfence.audit.readers import json_lines
from ringfence.audit.readers.bigquery import doing as of_bigquery
from ringfence.audit.readers.drafts import Aside, Event, Told
from ringfence.audit.readers.fields import (
    Json,
    UnreadableError,
    address,
    count,
    first_text,
    found,
    objects,
    rows_of,
    text,
)
from ringfence.audit.readers.instants import from_value
from ringfence.audit.readers.touching import Names, clear
from ringfence.audit.unpacked import Unpacked
from ringfence.boundary.order import LogOrder

_AUDIT = "type.googleapis.com/google.cloud.audit.AuditLog"
_ADMIN_ACTIVITY = "cloudaudit.googleapis.com%2Factivity"
_BIGQUERY = "bigquery.googleapis.com"
_LISTS = re.compile(r"list|aggregatedlist", re.IGNORECASE)
# The first word of a method's last part, for services that say no kind of permission.
_METHODS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (verb, re.compile(words, re.IGNORECASE))
    for verb, words in (
        ("alter", r"set(iam)?(polic|permission)|.*setiampolicy|.*setiampermissions"),
        ("none", r"list|aggregatedlist|testiampermissions|getiampolicy|begin|rollback"),
        (
            "read",
            r"(batch|multi)?(get|read|search|query|execute|run|look|fetch|pull|scan)",
        ),
        ("read", r"download|export|stream|partition|select"),
        ("insert", r"insert|create|write|commit|put|upload|import|append|publish|copy"),
        ("update", r"update|patch|modify|mutate|compose|rewrite"),
        ("delete", r"(batch)?delete|remove|drop|truncate"),
        ("decrypt", r"(asymmetric|raw)?decrypt"),
    )
)
_SAYS = {"DATA_READ", "DATA_WRITE", "ADMIN_READ", "ADMIN_WRITE"}


class Gcp:
    """The reader of Google Cloud audit logs."""

    kind = "gcp"
    summary = "audit logs of Google Cloud, as exported JSON"
    options: Sequence[str] = ()
    version = 1

    def check(self, order: LogOrder) -> None:
        """Check the options of an order; there are none."""

    def read(
        self, file: Unpacked, order: LogOrder, words: Mapping[str, Words]
    ) -> Iterator[Sheet]:
        """Read a file, front to back (see `LogReader.read`)."""
        return json_lines.sheets(file, words, _teller(Names.of(order)), ("entries",))


def _teller(names: Names) -> Callable[[Json], Told]:
    def tell(entry: Json) -> Told:
        time = from_value(entry.get("timestamp"))
        payload = _payload(entry)
        if payload is None:
            return Aside(time)
        event = _who(entry, payload, time)
        if text(payload, "serviceName") == _BIGQUERY:
            done = of_bigquery(payload, names)
            if done is not None:
                event.verb, event.touch, event.rows = done
                return event
        event.verb, event.touch = _doing(entry, payload, names)
        event.rows = rows_of(payload, "numResponseItems")
        return event

    return tell


def _payload(entry: Json) -> Json | None:
    """Return the audit log within an entry; None if it is an entry of another kind."""
    payload = entry.get("protoPayload")
    if isinstance(payload, dict):
        kind = text(payload, "@type")
        return payload if kind in ("", _AUDIT) else None
    if any(key in entry for key in ("textPayload", "jsonPayload", "protoPayload")):
        return None
    raise UnreadableError("is no log entry: has no payload")


def _who(entry: Json, payload: Json, time: int) -> Event:
    who = found(payload, "authenticationInfo")
    number = text(entry, "insertId")
    return Event(
        time,
        first_text(who, ("principalEmail",), ("principalSubject",)),
        behind=_behind(who),
        credential=text(who, "serviceAccountKeyName"),
        application=text(payload, "requestMetadata", "callerSuppliedUserAgent"),
        address=address(text(payload, "requestMetadata", "callerIp")),
        ending=_ending(payload),
        # An id is unique among the entries of one instant.
        uid=f"{number}@{text(entry, 'timestamp')}" if number else "",
        request=first_text(entry, ("operation", "id"), ("trace",)),
    )


def _behind(who: object) -> str:
    """Return who first lent themselves the account: the chain begins with them."""
    chain = objects(who, "serviceAccountDelegationInfo")
    if not chain:
        return ""
    return first_text(
        chain[0], ("firstPartyPrincipal", "principalEmail"), ("principalSubject",)
    )


def _ending(payload: Json) -> Ending:
    code = count(found(payload, "status", "code"), "status.code")
    granted = [one.get("granted") for one in objects(payload, "authorizationInfo")]
    refused = False in granted and True not in granted
    return Ending.DENIED if code or refused else Ending.DONE


def _doing(entry: Json, payload: Json, names: Names) -> tuple[str, Touch]:
    """Return what was done, and to what."""
    name = text(payload, "resourceName")
    touch = names.touch([name] if name else [])
    verb = _verb(entry, payload)
    if verb is None:
        return "read", Touch(part=touch.part, columns=touch.columns, unclear=True)
    return (verb, touch) if verb == "none" else (verb, clear(touch))


def _verb(entry: Json, payload: Json) -> str | None:
    """Return what a method does; None if neither it nor the log says."""
    method = text(payload, "methodName").rpartition(".")[2]
    verb = next((verb for verb, words in _METHODS if words.match(method)), None)
    said = {
        text(one, "permissionType") for one in objects(payload, "authorizationInfo")
    }
    if verb == "alter" or (verb == "none" and not said & {"DATA_READ", "DATA_WRITE"}):
        return verb
    if _ADMIN_ACTIVITY in text(entry, "logName"):
        return "none"
    if not said & _SAYS:
        return verb
    if "DATA_WRITE" in said:
        return verb if verb in ("insert", "update", "delete") else "update"
    if "DATA_READ" in said:
        return _data_read(method, verb)
    return "none"


def _data_read(method: str, verb: str | None) -> str:
    """Return what a call does that needs leave to read data: a list shows names."""
    if _LISTS.match(method):
        return "none"
    return "decrypt" if verb == "decrypt" else "read"


READER = Gcp()
