"""What pgaudit says in a message: `AUDIT: ` and a CSV row within the server's line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ringfence.audit.event import NO_ROWS, NOTHING, Touch
from ringfence.audit.readers.fields import UnreadableError
from ringfence.audit.statements.plain import is_locking_read, is_plan_alone
from ringfence.audit.statements.touching import returned, touched

MARK = "AUDIT: "
_REMEMBERED = 1 << 14
_SESSIONS = 1 << 12
_PARTS = 16  # statements within a statement that are kept
_SHORT = 1 << 13  # letters of a statement that is kept
_DIGITS = 18
_BEFORE = "<previously logged>"
_UNSAID = (_BEFORE, "<not logged>", "")
_LEAST, _WITH_ROWS = 9, 10  # fields
_FIELD = re.compile(r'(?:"((?:[^"]++|"")*+)"|([^",\r\n]*+))(,|\Z)')
_CLASSES = ("READ", "WRITE", "FUNCTION", "ROLE", "DDL", "MISC", "MISC_SET")

_REQUEST = re.compile(
    r"""/\*[^*]*?\b(?:request_id|traceparent)=['"]([^'"]{1,200})['"]""", re.IGNORECASE
)
_WRITES = {
    "INSERT": "insert",
    "UPDATE": "update",
    "DELETE": "delete",
    "TRUNCATE": "truncate",
    "TRUNCATE TABLE": "truncate",
    "MERGE": "update",
    "COPY": "insert",
    "COPY FROM": "insert",
}
_KEPT_IN = ("TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE", "SEQUENCE")
_MAY_EXPLAIN = re.compile("explain", re.IGNORECASE)
_MAY_LOCK = re.compile(r"\bfor\b", re.IGNORECASE)


# The verb, what was touched, and what a write handed out besides.
Done = tuple[str, Touch, Touch | None]


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says."""

    verb: str = "none"
    touch: Touch = NOTHING
    rows: int = NO_ROWS
    request: str = ""
    statement: str = ""
    returned: Touch | None = None  # what a write handed out besides


_TOKEN = re.compile(r"(?:^|[\s;,&])request(?:_id)?=([^\s;,&]{1,200})")


def request_of(application: str) -> str:
    """Return the id of a request that an application's name holds; empty if none."""
    found = _TOKEN.search(application)
    return found[1] if found else ""


def fields(row: str) -> list[str] | None:
    """Return the fields of a CSV row; None if it is none."""
    found: list[str] = []
    at = 0
    while one := _FIELD.match(row, at):
        quoted, bare, after = one.groups()
        found.append(bare if quoted is None else quoted.replace('""', '"'))
        at = one.end()
        if not after:
            return found if at == len(row) else None
    return None


class Messages:
    """Understands messages; the same ones come over and over."""

    def __init__(self, store: str, default_schema: str) -> None:
        self._store = store
        self._schema = default_schema
        self._touches: dict[tuple[str, ...], Done] = {}
        self._before: dict[str, tuple[str, dict[str, str]]] = {}

    def said(self, message: str, session: str) -> Said:
        """Return what a message says that begins with `MARK`.

        Raises:
            UnreadableError: It isn't as pgaudit writes it.
        """
        found = fields(message[len(MARK) :])
        if found is None or len(found) not in (_LEAST, _WITH_ROWS):
            raise UnreadableError("the message is no row of pgaudit's")
        if found[0] not in ("SESSION", "OBJECT") or found[3] not in _CLASSES:
            raise UnreadableError("the message is of no kind that pgaudit writes")
        if not (_is_number(found[1]) and _is_number(found[2])):
            raise UnreadableError("the message has no number of its statement")
        rows = _rows(found[9]) if len(found) == _WITH_ROWS else NO_ROWS
        statement = self.statement(found, session)
        verb, touch, handed = self._done((*found[3:7], statement))
        request = _REQUEST.search(statement)
        asked = request[1] if request else ""
        return Said(verb, touch, rows, asked, statement, handed)

    def statement(self, found: list[str], session: str) -> str:
        """Return the statement, which may have been logged with an earlier line.

        `found` are the fields of a message up to the statement, at least.
        """
        number, part, said = found[1], found[2], found[7]
        if said != _BEFORE:
            if said in _UNSAID:
                return ""
            self.keep(session, number, part, said)
            return said
        known, parts = self._before.get(session, ("", {}))
        return parts.get(part, "") if known == number else ""

    def keep(self, session: str, number: str, part: str, said: str) -> None:
        """Keep a statement, which later lines of its session may refer to."""
        if not session or len(said) > _SHORT:
            return
        known, parts = self._before.get(session, ("", {}))
        if known != number:
            if len(self._before) >= _SESSIONS and session not in self._before:
                del self._before[next(iter(self._before))]
            self._before[session] = (number, {part: said})
            return
        if len(parts) >= _PARTS and part not in parts:
            del parts[next(iter(parts))]
        parts[part] = said

    def _done(self, key: tuple[str, ...]) -> Done:
        if len(key[-1]) > _SHORT:
            return self._told(*key)
        known = self._touches.get(key)
        if known is None:
            if len(self._touches) >= _REMEMBERED:
                self._touches.clear()
            known = self._touches[key] = self._told(*key)
        return known

    def _told(
        self, kind: str, command: str, form: str, name: str, statement: str
    ) -> Done:
        verb = _verb(kind, command, statement)
        if kind == "DDL":
            if not name or form.removesuffix(" COLUMN") not in _KEPT_IN:
                return "none", NOTHING, None
            whole = f"dataset:{self._store}/{relation_of(name)}"
            return "alter", Touch(whole=(whole,)), None
        if verb == "none" or (
            _MAY_EXPLAIN.search(statement) and is_plan_alone(statement)
        ):
            return "none", NOTHING, None
        relation = relation_of(name) if name else None
        if not statement and relation is None:
            return verb, Touch(unclear=True), None
        touch = touched(
            statement,
            dialect="postgres",
            store=self._store,
            relation=relation,
            default_schema=self._schema,
        )
        if verb == "read":
            return verb, touch, None
        handed = returned(
            statement,
            dialect="postgres",
            store=self._store,
            relation=relation,
            default_schema=self._schema,
        )
        return verb, touch, handed


def _verb(kind: str, command: str, statement: str) -> str:
    if kind == "READ":
        return "read"
    if kind == "WRITE":
        # Who locks what is read needs the right to update it: pgaudit says just that.
        if _MAY_LOCK.search(statement) and is_locking_read(statement):
            return "read"
        return _WRITES.get(command, "update")
    return "none"


def _rows(said: str) -> int:
    if not _is_number(said) or len(said) >= _DIGITS:
        raise UnreadableError("the message has no number of rows")
    return int(said)


def _is_number(said: str) -> bool:
    return said.isascii() and said.isdigit()


def relation_of(name: str) -> str:
    """Return `schema.relation` without its quotes; a column's name falls away."""
    steps = re.findall(r'"((?:[^"]|"")*)"|([^."]+)', name)
    plain = [bare or quoted.replace('""', '"') for quoted, bare in steps]
    return ".".join(plain[:2])
