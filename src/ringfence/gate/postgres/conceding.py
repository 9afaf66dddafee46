"""Exceptions in a database: functions that show what each concedes of a relation.

A login outside is granted nothing on a table, and no role: it may call the function.
That runs as `ringfence_leave`, whom row security lets through, whom nobody can become,
and who is granted no columns but those of exceptions. So no view, function, operator or
statistics of somebody outside comes near the table. The function asks for the session's
login and the time itself: it ends without anybody's doing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import msgspec

from ringfence.gate.postgres.board import SYSTEM, TABLES, Board
from ringfence.gate.postgres.catalogue import (
    PUBLIC,
    Acl,
    Catalogue,
    Function,
    Policy,
    Relation,
)
from ringfence.gate.postgres.listing import literal, names, quoted
from ringfence.gate.postgres.roles import LEAVE
from ringfence.gate.postgres.rows import BASE, FENCE, condition, fences, other
from ringfence.gate.postgres.statements import Statement
from ringfence.gate.postgres.wanted import Conceded

SCHEMA = "ringfence_leaves"
_LONGEST = 63  # bytes of a name
_DIGITS = 16
_SETTINGS = (
    "search_path=pg_catalog, pg_temp",
    "row_security=on",
    "TimeZone=utc",  # the end may be written as a date
)
_READ = "SELECT"


def prepare(board: Board) -> None:
    """Make the role and the schema, where exceptions are to be followed."""
    if not board.wanted.follows:
        return
    if all(one.name != SCHEMA for one in board.catalogue.schemas):
        board.add(
            f"CREATE SCHEMA {SCHEMA};\nGRANT USAGE ON SCHEMA {SCHEMA} TO PUBLIC",
            "where functions are that show what exceptions concede",
            undo=[f"DROP SCHEMA {SCHEMA}"],
        )
    if LEAVE not in {one.name for one in board.catalogue.roles}:
        board.begin(LEAVE, "as which such functions read; nobody is its member")


@dataclass(frozen=True, slots=True)
class Shown:
    """A function that shows what an exception concedes of a relation."""

    one: Conceded
    logins: tuple[str, ...]
    relation: Relation
    columns: Mapping[str, str]  # as SQL spells them, with their types
    asked: tuple[str, ...]  # columns that it reads, these and the marker's
    where: str

    @property
    def name(self) -> str:
        """The function, as the catalogue calls it."""
        plain = f"{self.one.name}/{self.relation.name}"
        if len(plain.encode()) > _LONGEST:
            mark = hashlib.sha256(plain.encode()).hexdigest()[:_DIGITS]
            kept = plain.encode()[: _LONGEST - _DIGITS - 1].decode(errors="ignore")
            plain = f"{kept}~{mark}"
        return f"{SCHEMA}.{quoted(plain)}()"

    @property
    def body(self) -> str:
        """What it does, and its columns' types: a change of these is one of it."""
        columns = ", ".join(f"t.{name}" for name in self.columns)
        logins = ", ".join(map(literal, self.logins))
        until = literal(self.one.until)
        types = self._types().replace("*/", "* /").replace("/*", "/ *")
        parts = [
            f"/* {types} */ SELECT {columns}",
            f"FROM {self.relation.sql} AS t",
            f"WHERE SESSION_USER = ANY (ARRAY[{logins}]::name[])",
            f"AND clock_timestamp() < {until}::timestamptz",
            *([f"AND {self.where} IS NOT TRUE"] if self.where else []),
            # Always the same rows: whoever asks again sees nobody new.
            f'ORDER BY ROW({columns})::text COLLATE "C"',
            f"LIMIT {self.one.most}",
        ]
        return "\n".join(parts)

    def _types(self) -> str:
        return ", ".join(f"{name} {type_}" for name, type_ in self.columns.items())

    def is_(self, found: Function) -> bool:
        """Return whether a function of the database is this one, and nobody else's."""
        may = {LEAVE, *self.logins}
        return (
            (found.name, found.owner, found.language) == (self.name, LEAVE, "sql")
            and found.definer
            and not found.leakproof
            and set(found.config) == set(_SETTINGS)
            and found.body == hashlib.sha256(self.body.encode()).hexdigest()
            and {(a, what, on) for a, _, what, on in found.acl}
            == {(name, "EXECUTE", False) for name in may}
        )

    def begin(self, board: Board) -> Statement:
        """Return what makes it."""
        routine = f"ROUTINE {self.name}"
        strangers = {PUBLIC}  # whoever may run new functions by default
        for default in board.catalogue.defaults:
            strangers |= {one[0] for one in default.acl if default.kind == "f"}
        sets = " ".join(f"SET {one.replace('=', ' = ')}" for one in _SETTINGS)
        schema = next(
            s for s in board.catalogue.schemas if s.name == self.relation.schema
        )
        read = f"SELECT ({', '.join(self.asked)})"
        shape = f"RETURNS TABLE ({self._types()}) LANGUAGE sql SECURITY DEFINER {sets}"
        commands = [
            f"GRANT USAGE ON SCHEMA {schema.sql} TO {quoted(LEAVE)}",
            f"GRANT {read} ON TABLE {self.relation.sql} TO {quoted(LEAVE)}",
            f"CREATE FUNCTION {self.name} {shape} AS {literal(self.body)}",
            f"ALTER {routine} OWNER TO {quoted(LEAVE)}",
            f"REVOKE ALL ON {routine} FROM {names(sorted(strangers - {LEAVE}))}",
            f"GRANT EXECUTE ON {routine} TO {names(self.logins)}",
        ]
        return Statement(";\n".join(commands), f"conceded {self.told}")

    @property
    def told(self) -> str:
        """What it concedes, in words."""
        columns = ", ".join(self.columns)
        return (
            f"{self.one.name}: {', '.join(self.logins)} reads {columns} of"
            f" {self.relation.name} by {self.name} until {self.one.until}"
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """What brings a database to the exceptions that are in force.

    Attributes:
        stops: Takes effect at once, whoever holds a lock. `ends`: tidies up after it.
        begins: Concedes.
    """

    stops: tuple[Statement, ...]
    ends: tuple[Statement, ...]
    begins: tuple[Statement, ...]


def conceded(board: Board, *, standing: bool = False) -> Changes:
    """Return what exceptions change, and find those that the database can't concede.

    Args:
        board: The plan.
        standing: Whether the fence has to stand already, as a plan leaves it.
    """
    return _Conceding(board, standing=standing).changes()


def shown(board: Board) -> tuple[Shown, ...]:
    """Return the functions that there should be."""
    return _Conceding(board, standing=False).wanted


class _Conceding:
    def __init__(self, board: Board, *, standing: bool) -> None:
        self._board = board
        self._standing = standing
        self._policies: dict[str, list[Policy]] = defaultdict(list)
        for one in board.catalogue.policies:
            self._policies[one.relation].append(one)

    # --- what there should be ---------------------------------------------------------

    @cached_property
    def wanted(self) -> tuple[Shown, ...]:
        """The functions that there should be."""
        found = []
        for one in self._board.wanted.conceded:
            relation = self._board.relations.get(one.table)
            why = "it isn't there" if relation is None else self._against(relation)
            made = None if relation is None or why else self._shown(one, relation)
            if made is None:
                told = (
                    f"the exception {one.name} on {one.table} holds at the gate alone"
                )
                why = why or "no such login or column is outside the fence"
                self._board.find(f"{told}: {why}", "ask the gate's service")
            else:
                found.append(made)
        return tuple(found)

    def _against(self, one: Relation) -> str:
        """Return why nothing of a relation can be conceded; empty: it can."""
        board = self._board
        if one.kind not in TABLES or one.schema == SYSTEM:
            return "it is no table, so that row security doesn't guard it"
        if one.name not in board.protected:
            return "nothing of it is closed"
        strange = [
            p.name for p in self._policies[one.name] if p.name not in {FENCE, BASE}
        ]
        if strange or (one.secured and not self._policies[one.name]):
            return "it has row policies of its own"
        if not self._standing:
            return ""
        return self._fallen or (
            ""
            if self._fenced(one)
            else "its fence doesn't stand, or"
            " knows no exceptions: make the plan anew with `--exceptions`, and apply it"
        )

    def _fenced(self, one: Relation) -> bool:
        marker = self._board.protected[one.name]
        text = condition(one, marker, follows=True)
        return (
            one.secured
            and one.forced
            and any(
                p.name == FENCE and fences(p, text, condition(one, marker))
                for p in self._policies[one.name]
            )
        )

    @cached_property
    def _fallen(self) -> str:
        """Why nothing at all can be conceded; empty: it can."""
        board = self._board
        role = board.roles.by_name.get(LEAVE)
        loud = role is None or any(
            (
                role.login,
                role.superuser,
                role.createrole,
                role.createdb,
                role.replication,
                role.bypassrls,
            )
        )
        if loud or any(
            LEAVE in (m.role, m.member) for m in board.catalogue.memberships
        ):
            return f"the role {LEAVE} isn't as a plan leaves it"
        schema = next((s for s in board.catalogue.schemas if s.name == SCHEMA), None)
        usable = board.roles.usable
        if (
            schema is None
            or schema.owner in usable
            or any(one[2] == "CREATE" and one[0] in usable for one in schema.acl)
        ):
            return f"the schema {SCHEMA} isn't as a plan leaves it"
        return ""

    def _shown(self, one: Conceded, relation: Relation) -> Shown | None:
        logins = tuple(x for x in one.logins if x in self._board.roles.outside)
        columns = {c.sql: c.type for c in relation.columns if c.name in one.columns}
        if not logins or not columns or one.most < 1:
            return None
        marker = self._board.protected[relation.name]
        where, asked = "", list(columns)
        if marker is not None:
            where = other(relation, marker)
            asked += [c.sql for c in relation.columns if c.name == marker.column]
        kept = tuple(dict.fromkeys(asked))
        return Shown(one, logins, relation, columns, kept, where)

    # --- what there is ----------------------------------------------------------------

    def changes(self) -> Changes:
        """Return what differs."""
        board = self._board
        wanted = {one.name: one for one in self.wanted}
        there = {f.name: f for f in board.catalogue.functions if f.schema == SCHEMA}
        kept = {n for n, one in wanted.items() if n in there and one.is_(there[n])}
        gone = [one for name, one in there.items() if name not in kept]
        return Changes(
            stops=tuple(_stopped(one) for one in gone if one.acl),
            ends=(*map(_ended, gone), *_surplus(board.catalogue, wanted.values())),
            begins=tuple(o.begin(board) for n, o in wanted.items() if n not in kept),
        )


def withdrawn(catalogue: Catalogue) -> tuple[Statement, ...]:
    """Return what ends every exception."""
    gone = [one for one in catalogue.functions if one.schema == SCHEMA]
    return (*map(_ended, gone), *_surplus(catalogue, ()))


def _surplus(catalogue: Catalogue, wanted: Iterable[Shown]) -> Iterator[Statement]:
    """Yield what takes from the role what no exception concedes any more."""
    columns: dict[str, set[str]] = defaultdict(set)
    used = {SCHEMA}
    for one in wanted:
        columns[one.relation.name] |= {*one.asked}
        used.add(one.relation.schema)
    for relation in catalogue.relations:
        held = {c.sql for c in relation.columns if _has(c.acl)}
        more = sorted(held - columns[relation.name])
        if _has(relation.acl) or more:
            what = "ALL" if _has(relation.acl) else f"{_READ} ({', '.join(more)})"
            yield _taken(what, f"TABLE {relation.sql}", relation.name)
    for schema in catalogue.schemas:
        if schema.name not in used and _has(schema.acl):
            yield _taken("USAGE", f"SCHEMA {schema.sql}", schema.name)


def _has(acl: Acl) -> bool:
    return any(one[0] == LEAVE for one in acl)


def _taken(what: str, phrase: str, name: str) -> Statement:
    sql = f"REVOKE {what} ON {phrase} FROM {quoted(LEAVE)}"
    return Statement(sql, f"no exception concedes {name} any more")


def _stopped(one: Function) -> Statement:
    who = names(sorted({grant[0] for grant in one.acl}))
    sql = f"REVOKE ALL ON ROUTINE {one.name} FROM {who} CASCADE"
    return Statement(sql, f"ended {one.name}")


def _ended(one: Function) -> Statement:
    # Whoever has built on it must not keep it alive.
    return Statement(f"DROP ROUTINE {one.name} CASCADE", f"{one.name} is gone")


# --- a catalogue without exceptions ---------------------------------------------------


def bare(catalogue: Catalogue, kept: Iterable[Shown] | None = None) -> Catalogue:
    """Return a catalogue without what exceptions have changed.

    Args:
        catalogue: The catalogue.
        kept: The functions that there should be; None: whichever there are.
    """
    wanted = None if kept is None else {one.name: one for one in kept}
    columns: dict[str, set[str]] = defaultdict(set)
    schemas: set[str] = set()
    for one in (wanted or {}).values():
        columns[one.relation.name] |= {*one.asked}
        schemas.add(one.relation.schema)

    def ours(function: Function) -> bool:
        if function.schema != SCHEMA:
            return False
        if wanted is None:
            return True
        return function.name in wanted and wanted[function.name].is_(function)

    replace = msgspec.structs.replace
    return replace(
        catalogue,
        functions=tuple(one for one in catalogue.functions if not ours(one)),
        schemas=tuple(
            replace(one, acl=_less(one.acl, "USAGE"))
            if wanted is None or one.name in schemas
            else one
            for one in catalogue.schemas
        ),
        relations=tuple(
            replace(
                one,
                columns=tuple(
                    replace(c, acl=_less(c.acl, _READ))
                    if wanted is None or c.sql in columns[one.name]
                    else c
                    for c in one.columns
                ),
            )
            for one in catalogue.relations
        ),
    )


def _less(acl: Acl, privilege: str) -> Acl:
    return tuple(x for x in acl if (x[0], x[2], x[3]) != (LEAVE, privilege, False))
