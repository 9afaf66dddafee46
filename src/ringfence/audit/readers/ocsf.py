"""OCSF 1.x events as JSON: what was done to data, and who signed in.

Classes 6001, 6003, 6005, 6006, 3002 and 3005 of the Open Cybersecurity Schema Framework
(1.8.0 and before) are events; every other class is an aside. The schema has no columns,
rows or subjects: `unmapped.ringfence` may state them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ringfence.audit.event import Ending, Sheet, Touch, Words
from ringfence.audit.readers import json_lines
from ringfence.audit.readers.dialects import DIALECTS
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
from ringfence.audit.readers.instants import from_number, from_text
from ringfence.audit.readers.touching import (
    UNCLEAR,
    Names,
    clear,
    merged,
    with_statement,
)
from ringfence.audit.statements.touching import touched
from ringfence.audit.unpacked import Unpacked
from ringfence.boundary.order import LogOrder
from ringfence.documents.located import Reader
from ringfence.errors import ConfigError

_CREATE_READ_UPDATE_DELETE = {1: "insert", 2: "read", 3: "update", 4: "delete"}
_VERBS: Mapping[int, Mapping[int, str]] = {
    6001: {
        **_CREATE_READ_UPDATE_DELETE,
        5: "read",
        6: "insert",
        7: "read",
        8: "divert",
    },
    6003: _CREATE_READ_UPDATE_DELETE,
    6005: {
        1: "read",
        2: "update",
        3: "none",  # connecting obtains nothing yet
        4: "read",
        5: "insert",
        6: "insert",
        7: "delete",
        8: "none",  # a list of names, and no content
        9: "alter",
        10: "decrypt",
    },
    6006: {
        1: "insert",
        2: "read",
        3: "update",
        4: "delete",
        5: "alter",
        6: "read",
        7: "divert",
        8: "insert",
        9: "read",
        10: "none",
        11: "none",
        12: "divert",
        13: "none",
        14: "read",
        15: "read",
        16: "none",
        17: "none",
    },
}
_AUTHENTICATION, _GRANTS = 3002, 3005
_SIGNS = {1: "sign-in", 2: "sign-out"}
_FAILURE = 2
_DENIED_ACTION = 2
_REFUSED = frozenset({2, 6, 25, 26})  # blocked, dropped, rejected, unauthorized
_PERSON = (("email_addr",), ("uid",), ("name",))
_OURS = ("unmapped", "ringfence")


class Ocsf:
    """The reader of OCSF events."""

    kind = "ocsf"
    summary = "events in the Open Cybersecurity Schema Framework, 1.x, as JSON"
    options: Sequence[str] = ("dialect",)
    version = 1

    def check(self, order: LogOrder) -> None:
        """Check the options of an order.

        Raises:
            ConfigError: `dialect` is none, or the order names no store for it.
        """
        _dialect(order)

    def read(
        self, file: Unpacked, order: LogOrder, words: Mapping[str, Words]
    ) -> Iterator[Sheet]:
        """Read a file, front to back (see `LogReader.read`)."""
        tell = _teller(Names.of(order), _dialect(order))
        return json_lines.sheets(file, words, tell, ("events",))


def _dialect(order: LogOrder) -> str:
    reader = Reader()
    value = order.options.get("dialect")
    said = reader.choice(value, DIALECTS, "dialect") or ""
    if value is not None and not order.store:
        reader.note("`dialect` needs the log's `store`", value.at)
    if reader.problems:
        raise ConfigError.of(reader.problems)
    return said


def _teller(names: Names, dialect: str) -> Callable[[Json], Told]:
    def tell(value: Json) -> Told:
        kind, time = _class(value), _time(value)
        if kind in _VERBS:
            return _use(value, kind, time, names, dialect=dialect)
        if kind == _AUTHENTICATION:
            return _sign(value, time)
        if kind == _GRANTS:
            return _event(value, time)
        return Aside(time)

    return tell


def _whole(value: Json, key: str) -> int | None:
    number = value.get(key)
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _class(value: Json) -> int:
    """Return the class; `type_uid` is the class and the activity in one number."""
    kind, both = _whole(value, "class_uid"), _whole(value, "type_uid")
    if kind is None and both is None:
        raise UnreadableError("has no `class_uid`")
    if kind is not None:
        return kind
    return (both or 0) // 100


def _time(value: Json) -> int:
    time = value.get("time")
    if isinstance(time, int | float) and not isinstance(time, bool):
        return from_number(time, "milliseconds")
    if said := text(value, "time_dt"):
        return from_text(said)
    raise UnreadableError("has no `time` in milliseconds")


def _event(value: Json, time: int, *, subject: bool = False) -> Event:
    """Return who, whence and how it ended; nothing is touched yet.

    Args:
        value: The event.
        time: When.
        subject: The person is the one that the event is about, rather than an actor.
    """
    actor = found(value, "user") if subject else found(value, "actor", "user")
    session = ("session", "uid") if subject else ("actor", "session", "uid")
    who = first_text(actor, *_PERSON) or first_text(
        value,
        ("actor", "user", "uid"),
        ("actor", "session", "issuer"),
        ("actor", "invoked_by"),
        ("actor", "app_uid"),
        ("actor", "app_name"),
    )
    return Event(
        time,
        who,
        behind=text(value, *_OURS, "behind"),
        credential=text(actor, "credential_uid"),
        session=first_text(value, session, ("actor", "session", "uid")),
        application=first_text(value, ("actor", "app_name"), ("actor", "app_uid")),
        address=address(
            first_text(
                value,
                ("src_endpoint", "ip"),
                ("src_endpoint", "domain"),
                ("src_endpoint", "hostname"),
            )
        ),
        ending=_ending(value),
        uid=text(value, "metadata", "uid"),
        request=first_text(
            value, ("api", "request", "uid"), ("metadata", "correlation_uid")
        ),
    )


def _ending(value: Json) -> Ending:
    refused = (
        _whole(value, "status_id") == _FAILURE
        or _whole(value, "action_id") == _DENIED_ACTION
        or _whole(value, "disposition_id") in _REFUSED
    )
    return Ending.DENIED if refused else Ending.DONE


def _sign(value: Json, time: int) -> Told:
    """Return a sign-in or a sign-out; a ticket or a change of account is neither."""
    event = _event(value, time, subject=True)
    sign = _SIGNS.get(_activity(value))
    if sign is not None:
        event.application = sign
    return event


def _activity(value: Json) -> int:
    said = _whole(value, "activity_id")
    return (_whole(value, "type_uid") or 0) % 100 if said is None else said


def _use(value: Json, kind: int, time: int, names: Names, *, dialect: str) -> Told:
    event = _event(value, time)
    verb = _VERBS[kind].get(_activity(value))
    touch = _touch(value, names, dialect)
    # An activity that the schema doesn't name may be anything.
    event.verb = verb or "read"
    event.touch = merged((touch, UNCLEAR)) if verb is None else touch
    if event.verb != "none":
        event.touch = clear(event.touch)
    event.rows = rows_of(value, *_OURS, "rows")
    event.subjects = texts(value, *_OURS, "subjects")
    return event


def _touch(value: Json, names: Names, dialect: str) -> Touch:
    """Return what is named: table, bucket, file, resources, and columns of ours."""
    columns = texts(value, *_OURS, "columns")
    holders = [*_tables(value), *_buckets(value), *_files(value), *_resources(value)]
    touch = names.touch(dict.fromkeys(holders), columns)
    query = text(value, "query_info", "query_string")
    if query and dialect and not columns:
        said = touched(query, dialect=dialect, store=names.store)
        return with_statement(touch, said)
    return touch


def _tables(value: Json) -> list[str]:
    table = first_text(value, ("table", "name"), ("table", "uid"))
    database = first_text(value, ("database", "name"), ("database", "uid"))
    return [table] if table else [database] if database else []


def _buckets(value: Json) -> list[str]:
    bucket = first_text(value, ("databucket", "uid"), ("databucket", "name"))
    inner = first_text(
        value, ("databucket", "file", "path"), ("databucket", "file", "name")
    )
    if not bucket:
        return []
    return [f"{bucket}/{inner.lstrip('/')}" if inner else bucket]


def _files(value: Json) -> list[str]:
    file = first_text(value, ("file", "path"), ("file", "name"), ("file", "uid"))
    return [file] if file else []


def _resources(value: Json) -> list[str]:
    parts = [*objects(value, "resources"), *objects(value, "web_resources")]
    single = found(value, "resource")
    said = [*parts, *([single] if isinstance(single, dict) else [])]
    named = (first_text(one, ("uid",), ("name",), ("url_string",)) for one in said)
    return [name for name in named if name]


READER = Ocsf()
