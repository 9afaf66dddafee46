"""Commands that put back what changed by hand."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from ringfence.gate.postgres.catalogue import (
    Catalogue,
    DefaultAcl,
    Function,
    Membership,
    Policy,
    Publication,
    Relation,
    Role,
    Schema,
    Setting,
    Trigger,
)
from ringfence.gate.postgres.listing import Listed, literal, quoted, restoring
from ringfence.gate.postgres.membership import joined
from ringfence.gate.postgres.rows import recreated

ANEW = "make the plan anew, and apply it"
_OPTIONS = 16
_KINDS = {
    "v": "VIEW",
    "m": "MATERIALIZED VIEW",
    "f": "FOREIGN TABLE",
    "S": "SEQUENCE",
}
_ATTRIBUTES = {
    "login": "LOGIN",
    "superuser": "SUPERUSER",
    "inherit": "INHERIT",
    "createrole": "CREATEROLE",
    "createdb": "CREATEDB",
    "replication": "REPLICATION",
    "bypassrls": "BYPASSRLS",
}


_LISTS = frozenset(
    {
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "temp_tablespaces",
    }
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_PARTS = re.compile(r'"(?:[^"]|"")*"|[^",\s][^",]*')


class Mending:
    """What puts one catalogue's objects back, given another that differs."""

    def __init__(self, then: Catalogue, now: Catalogue) -> None:
        self._then = then
        self._relations = {one.name: one for one in (*now.relations, *then.relations)}

    def added(self, part: str, new: msgspec.Struct) -> str:
        """Return what to do about an object that wasn't there."""
        dropping: dict[str, Callable[[msgspec.Struct], str]] = {
            "memberships": self._leave,
            "policies": lambda one: self._drop(one, "POLICY"),
            "triggers": self._untrigger,
            "publications": lambda one: f"DROP PUBLICATION {_name(one)}",
            "subscriptions": lambda one: f"DROP SUBSCRIPTION {_name(one)}",
            "event_triggers": lambda one: f"DROP EVENT TRIGGER {_name(one)}",
            "session_settings": lambda one: _sets(one, ()),
            "defaults": lambda one: _defaults(one, None),
            "roles": lambda one: f"ALTER ROLE {_name(one)} NOLOGIN; or {ANEW}",
        }
        told = dropping.get(part)
        return told(new) if told else ANEW

    def removed(self, old: msgspec.Struct) -> str:
        """Return what to do about an object that is gone."""
        mend = f"nothing, if it was meant to go; {ANEW}"
        if isinstance(old, Membership):
            mend = joined(old, new=self._then.major >= _OPTIONS)
        elif isinstance(old, Policy):
            mend = recreated(old, self._table(old.relation))
        elif isinstance(old, DefaultAcl):
            mend = _defaults(None, old)
        elif isinstance(old, Setting):
            mend = _sets(old, old.config)
        elif isinstance(old, Role):
            login = "LOGIN" if old.login else "NOLOGIN"
            mend = f"CREATE ROLE {quoted(old.name)} {login}; then {ANEW}"
        elif isinstance(old, Trigger) and old.function:
            mend = old.text
        return mend

    def changed(self, field: str, old: msgspec.Struct, new: msgspec.Struct) -> str:
        """Return what to do about a field that changed."""
        mend = ""
        if isinstance(old, Policy) and isinstance(new, Policy):
            table = self._table(old.relation)
            mend = f"{self._drop(new, 'POLICY')}; {recreated(old, table)}"
        elif isinstance(old, Role):
            mend = _role(old, field)
        elif isinstance(old, Relation) and isinstance(new, Relation):
            mend = _relation(old, new, field)
        elif isinstance(old, Function) and isinstance(new, Function):
            mend = _function(old, new, field)
        elif isinstance(old, Schema) and isinstance(new, Schema):
            mend = _schema(old, new, field)
        return mend or self._rest(old, new)

    def _rest(self, old: msgspec.Struct, new: msgspec.Struct) -> str:
        mend = ANEW
        if isinstance(old, Membership) and isinstance(new, Membership):
            told = joined(old, new=self._then.major >= _OPTIONS)
            mend = f"{self._leave(new)}; {told}"
        elif isinstance(old, DefaultAcl) and isinstance(new, DefaultAcl):
            mend = _defaults(new, old)
        elif isinstance(old, Setting):
            mend = _sets(old, old.config)
        elif isinstance(old, Publication):
            mend = f"see what {quoted(old.name)} carries now; {ANEW}"
        return mend

    def _leave(self, one: msgspec.Struct) -> str:
        assert isinstance(one, Membership)  # noqa: S101 (by the part that it stands in)
        by = f" GRANTED BY {quoted(one.grantor)}"
        by = by if self._then.major >= _OPTIONS else ""
        return f"REVOKE {quoted(one.role)} FROM {quoted(one.member)}{by}"

    def _drop(self, one: msgspec.Struct, kind: str) -> str:
        table = self._table(str(getattr(one, "relation")))  # noqa: B009
        return f"DROP {kind} {_name(one)} ON {table}"

    def _untrigger(self, one: msgspec.Struct) -> str:
        return self._drop(one, "TRIGGER" if getattr(one, "function", "") else "RULE")

    def _table(self, name: str) -> str:
        one = self._relations.get(name)
        return quoted(name) if one is None else one.sql  # of a journal edited by hand


def _name(one: msgspec.Struct) -> str:
    return quoted(str(getattr(one, "name")))  # noqa: B009


def _role(old: Role, field: str) -> str:
    if field == "until":
        return f"ALTER ROLE {quoted(old.name)} VALID UNTIL '{old.until or 'infinity'}'"
    no = "" if getattr(old, field) else "NO"
    return f"ALTER ROLE {quoted(old.name)} {no}{_ATTRIBUTES[field]}"


def _relation(old: Relation, new: Relation, field: str) -> str:
    alter = f"ALTER {_KINDS.get(old.kind, 'TABLE')} {old.sql}"
    if field in ("secured", "forced"):
        word = "ENABLE" if field == "secured" else "FORCE"
        off = "DISABLE" if field == "secured" else "NO FORCE"
        return f"{alter} {word if getattr(old, field) else off} ROW LEVEL SECURITY"
    if field == "owner":
        return f"{alter} OWNER TO {quoted(old.owner)}"
    if field == "options":
        gone = [one.partition("=")[0] for one in new.options]
        reset = [f"{alter} RESET ({', '.join(gone)})"] if gone else []
        back = [f"{alter} SET ({', '.join(old.options)})"] if old.options else []
        return "; ".join(reset + back)
    if field == "acl" or (field == "columns" and _named(old) == _named(new)):
        return "; ".join(restoring(_listed(old), _listed(new)))
    return ANEW


def _named(one: Relation) -> list[tuple[str, str]]:
    return [(column.name, column.type) for column in one.columns]


def _listed(one: Relation) -> Listed:
    phrase = f"{'SEQUENCE' if one.kind == 'S' else 'TABLE'} {one.sql}"
    columns = {column.sql: column.acl for column in one.columns}
    return Listed(phrase, one.owner, one.acl, columns)


def _function(old: Function, new: Function, field: str) -> str:
    alter = f"ALTER ROUTINE {old.name}"
    if field == "acl":
        phrase = f"ROUTINE {old.name}"
        before = Listed(phrase, old.owner, old.acl)
        return "; ".join(restoring(before, Listed(phrase, new.owner, new.acl)))
    told = {
        "owner": f"OWNER TO {quoted(old.owner)}",
        "definer": f"SECURITY {'DEFINER' if old.definer else 'INVOKER'}",
        "leakproof": "LEAKPROOF" if old.leakproof else "NOT LEAKPROOF",
    }
    if field == "config":
        sets = [f"{alter} SET {_setting(one)}" for one in old.config]
        return "; ".join([f"{alter} RESET ALL", *sets])
    return f"{alter} {told[field]}" if field in told else ANEW


def _schema(old: Schema, new: Schema, field: str) -> str:
    if field == "owner":
        return f"ALTER SCHEMA {old.sql} OWNER TO {quoted(old.owner)}"
    phrase = f"SCHEMA {old.sql}"
    before, after = (Listed(phrase, one.owner, one.acl) for one in (old, new))
    return "; ".join(restoring(before, after))


def _defaults(new: msgspec.Struct | None, old: msgspec.Struct | None) -> str:
    one = new or old
    assert isinstance(one, DefaultAcl)  # noqa: S101 (one of them is there)
    where = f" IN SCHEMA {quoted(one.schema)}" if one.schema else ""
    lead = f"ALTER DEFAULT PRIVILEGES FOR ROLE {quoted(one.role)}{where} "
    kinds = {"r": "TABLES", "S": "SEQUENCES", "f": "FUNCTIONS", "T": "TYPES"}
    phrase = kinds.get(one.kind, "SCHEMAS")

    if old is None and isinstance(new, DefaultAcl):
        # What the role itself is given from the start isn't anybody's to take away.
        others = sorted({entry[0] for entry in new.acl} - {new.role})
        return "; ".join(
            f"{lead}REVOKE ALL ON {phrase} FROM {quoted(name)}" for name in others
        )

    def listed(acl: msgspec.Struct | None) -> Listed:
        held = acl.acl if isinstance(acl, DefaultAcl) else ()
        return Listed(phrase, one.role, held, lead=lead)

    return "; ".join(restoring(listed(old), listed(new)))


def _sets(one: msgspec.Struct, config: tuple[str, ...]) -> str:
    """Return the commands that set what a role or a database sets."""
    assert isinstance(one, Setting)  # noqa: S101 (by the part that it stands in)
    role = f"ROLE {quoted(one.role)}" if one.role else "ROLE ALL"
    where = f" IN DATABASE {quoted(one.database)}" if one.database else ""
    if one.database and not one.role:
        role, where = f"DATABASE {quoted(one.database)}", ""
    sets = [f"ALTER {role}{where} SET {_setting(value)}" for value in config]
    return "; ".join([f"ALTER {role}{where} RESET ALL", *sets])


def _setting(text: str) -> str:
    name, _, value = text.partition("=")
    told = name if _PLAIN.fullmatch(name) else ".".join(map(quoted, name.split(".")))
    if name not in _LISTS:
        return f"{told} = {literal(value)}"
    # A list is held as SQL spells it, or as whoever set it has spelt it: it is taken
    # apart and spelt anew, for a semicolon may stand in it without quotes.
    parts = [
        one[1:-1].replace('""', '"') if one.startswith('"') else one.strip().lower()
        for one in _PARTS.findall(value)
    ]
    return f"{told} = {', '.join(map(literal, parts)) or literal('')}"
