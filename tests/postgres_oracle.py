"""Two independent answers to "who can get at which column".

`closure` walks facts, by the plainest reading of what an edge means. `Oracle` knows no
facts: it logs in as a role and tries everything on a running server, until nothing new
succeeds. Cells hold the name of their own column, so that whatever comes back tells
where it came from.
"""

# ruff: noqa: S608 (names come from the test that builds the database)

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import psycopg

from ringfence.boundary.vocabulary import (
    DATA_KINDS,
    EDGE_KINDS,
    VERBS,
    Flow,
    kind_of,
)
from ringfence.estate.facts import Fact

_PREDEFINED = ("pg_execute_server_program", "pg_read_all_data", "pg_write_all_data")
_GREP = "grep -aohE '#[a-z0-9_.]+#' base/%s/* | sort -u"
_FEW = 3  # roles; with more of them, not every one is granted to every other
State = tuple[str, str]  # ("control" or a verb, node)


def closure(facts: Iterable[Fact], origin: str, *, certain: bool) -> set[State]:
    """Return every state that control of `origin` leads to.

    With `certain` only edges count that are decided and have nothing in their way.
    """
    edges: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.fact == "edge" and not (certain and (fact.unknown or fact.control)):
            edges.setdefault(fact.id, []).append(fact)
    seen: set[State] = {("control", origin)}
    todo = [("control", origin)]
    while todo:
        state = todo.pop()
        for edge in edges.get(state[1], ()):
            fresh = set(_moves(state, edge)) - seen
            seen |= fresh
            todo += fresh
    return seen


def _moves(state: State, edge: Fact) -> Iterator[State]:
    flow, (verb, tail) = EDGE_KINDS[edge.name].flow, state
    if flow is Flow.STAKE:
        return
    if kind_of(tail) in DATA_KINDS:
        if flow is Flow.CONTAIN or (flow is Flow.COPY and verb == "read"):
            yield (verb, edge.value)
    elif kind_of(edge.value) not in DATA_KINDS:
        yield ("control", edge.value)
    elif flow is Flow.GRANT:
        yield (edge.verb, edge.value)
    else:
        yield from ((each, edge.value) for each in VERBS)


@dataclass(frozen=True, slots=True)
class Table:
    """A relation as the oracle sees it: a quoted name, and its columns."""

    name: str
    columns: tuple[str, ...]
    kind: str


@dataclass(slots=True)
class Oracle:
    """Tries everything as one role, in a transaction that is rolled back."""

    connection: psycopg.Connection
    version: int
    roles: Sequence[str]
    schemas: Sequence[str]
    tables: Sequence[Table]
    functions: Sequence[str] = ()
    seen: set[str] = field(default_factory=set)
    done: set[State] = field(default_factory=set)
    acting: list[str] = field(default_factory=list)
    granted: set[str] = field(default_factory=set)
    empty: Sequence[str] = ()  # tables that hold nothing to begin with

    def run(self, login: str) -> Oracle:
        """Try everything as `login`, and return what came of it."""
        self.connection.execute("BEGIN")
        try:
            self.connection.execute(f'SET SESSION AUTHORIZATION "{login}"')
            self._grow(login)
            self._read()
            self._call()
            self._write()
            self._shell()
        finally:
            self.connection.execute("ROLLBACK")
            self.connection.execute("RESET SESSION AUTHORIZATION")
            self.connection.execute("DEALLOCATE ALL")
        return self

    def _try(self, *statements: str) -> list[tuple[object, ...]] | None:
        """Run statements; on an error undo them and return None."""
        self.connection.execute("SAVEPOINT attempt")
        rows: list[tuple[object, ...]] = []
        try:
            for statement in statements:
                cursor = self.connection.execute(statement, prepare=False)
                rows = cursor.fetchall() if cursor.description else []
        except psycopg.Error:
            self.connection.execute("ROLLBACK TO attempt")
            return None
        self.connection.execute("RELEASE attempt")
        return rows

    # --- becoming others --------------------------------------------------------------

    def _grow(self, login: str) -> None:
        before = -1
        while before != len(self.acting) + len(self.granted):
            before = len(self.acting) + len(self.granted)
            if self._is_superuser(login):
                self.acting = [login]  # nothing is left to gain
                break
            self._become()
            for actor in list(self.acting):
                self.connection.execute(f'SET ROLE "{actor}"')
                for statement in self._grants(actor, login):
                    key = f"{actor}: {statement}"
                    if key not in self.granted and self._try(statement) is not None:
                        self.granted.add(key)
            self.connection.execute("RESET ROLE")

    def _is_superuser(self, login: str) -> bool:
        query = "SELECT rolsuper FROM pg_roles WHERE rolname = %s"
        return bool(self.connection.execute(query, (login,)).fetchall()[0][0])

    def _become(self) -> None:
        self.connection.execute("RESET ROLE")
        login = self.connection.execute("SELECT session_user").fetchall()[0][0]
        for role in (login, *self.roles, *_PREDEFINED):
            if role not in self.acting and self._try(f'SET ROLE "{role}"') is not None:
                self.acting.append(str(role))
                self.connection.execute("RESET ROLE")

    def _grants(self, actor: str, login: str) -> Iterator[str]:
        options = " WITH INHERIT TRUE, SET TRUE" if self.version >= 16 else ""
        grantees = {actor, login}
        if len(self.acting) <= _FEW:
            grantees |= set(self.acting)
        everyone = (*self.roles, *_PREDEFINED)
        for role, grantee in itertools.product(everyone, sorted(grantees)):
            if role != grantee:
                yield f'GRANT "{role}" TO "{grantee}"{options}'
        if self.version < 16:
            yield f'ALTER ROLE "{login}" INHERIT'
        for schema in self.schemas:
            yield f'GRANT USAGE ON SCHEMA "{schema}" TO PUBLIC'
        for table in self.tables:
            yield from self._owners_grants(actor, table)

    def _owners_grants(self, actor: str, table: Table) -> Iterator[str]:
        """Yield what only an owner can do: a grant option adds no verb to one's own."""
        if table.kind != "v":
            yield f"ALTER TABLE {table.name} DISABLE ROW LEVEL SECURITY"
        mine = f"COMMENT ON COLUMN {table.name}.{table.columns[0]} IS 'mine'"
        yield mine
        if f"{actor}: {mine}" in self.granted:
            yield f"GRANT ALL ON {table.name} TO PUBLIC"

    # --- reading ----------------------------------------------------------------------

    def _note(self, rows: list[tuple[object, ...]] | None) -> None:
        for row in rows or ():
            self.seen |= {word for cell in row for word in _markers(str(cell))}

    def _read(self) -> None:
        for table in self.tables:
            for what in ("*", *table.columns):
                self._pairs(f"SELECT {what} FROM {table.name}")

    def _pairs(self, statement: str) -> bool:
        """Run a statement, its names looked up as one role, its checks as another."""
        for parser in self.acting:
            self.connection.execute(f'SET ROLE "{parser}"')
            if self._try(f"PREPARE attempt AS {statement}") is None:
                continue
            for runner in self.acting:
                self.connection.execute(f'SET ROLE "{runner}"')
                rows = self._try("EXECUTE attempt")
                self._note(rows)
                if rows:
                    self.connection.execute("DEALLOCATE attempt")
                    self._note(self._stored(parser, statement))
                    return True
            self.connection.execute("DEALLOCATE attempt")
            self._note(self._stored(parser, statement))
        return False

    def _stored(self, parser: str, statement: str) -> list[tuple[object, ...]]:
        """Keep a statement in a temporary view that checks its reader, and read it."""
        self.connection.execute(f'SET ROLE "{parser}"')
        found: list[tuple[object, ...]] = []
        if len(self.acting) == 1 or not statement.startswith("SELECT"):
            return found
        view = "CREATE TEMPORARY VIEW attempt WITH (security_invoker)"
        self.connection.execute("SAVEPOINT stored")
        made = self._try(f"{view} AS {statement}", "GRANT ALL ON attempt TO PUBLIC")
        for runner in self.acting if made is not None else ():
            self.connection.execute(f'SET ROLE "{runner}"')
            found += self._try("SELECT * FROM attempt") or []
        self.connection.execute("ROLLBACK TO stored")
        return found

    def _call(self) -> None:
        for function in self.functions:
            self._pairs(f"SELECT {function}")

    def _shell(self) -> None:
        """Run a program on the server that reads the tables' files, if that's allowed.

        The same account may write those files, so everything counts as done then.
        """
        query = "SELECT oid FROM pg_database WHERE datname = current_database()"
        program = _GREP % self.connection.execute(query).fetchall()[0][0]
        quoted = program.replace("'", "''")
        for actor in self.acting:
            self.connection.execute(f'SET ROLE "{actor}"')
            rows = self._try(
                "CREATE TEMPORARY TABLE shell (line text)",
                f"COPY shell FROM PROGRAM '{quoted}'",
                "SELECT line FROM shell",
            )
            self._note(rows)
            if rows:
                for table in self.tables:
                    self.done |= {("delete", table.name), ("truncate", table.name)}
                    for column in table.columns:
                        self.done |= {
                            (verb, f"{table.name}.{column}")
                            for verb in ("insert", "update")
                        }
                return

    # --- writing ----------------------------------------------------------------------

    def _write(self) -> None:
        for table in self.tables:
            if table.kind != "m":
                for column in table.columns:
                    change = f"UPDATE {table.name} SET {column} = 'x'"
                    self._undone("update", change)
                    self._undone(
                        "insert", f"INSERT INTO {table.name} ({column}) VALUES ('x')"
                    )
                self._undone("delete", f"DELETE FROM {table.name}")
            for actor in self.acting:
                self.connection.execute(f'SET ROLE "{actor}"')
                self.connection.execute("SAVEPOINT write")
                if self._try(f"TRUNCATE {table.name}") is not None:
                    self.done.add(("truncate", table.name))
                self.connection.execute("ROLLBACK TO write")

    def _undone(self, verb: str, statement: str) -> None:
        """Run a statement for some pair of roles, see what it did, and undo it."""
        for parser in self.acting:
            self.connection.execute(f'SET ROLE "{parser}"')
            if self._try(f"PREPARE attempt AS {statement}") is None:
                continue
            try:
                for runner in self.acting:
                    self.connection.execute(f'SET ROLE "{runner}"')
                    self.connection.execute("SAVEPOINT write")
                    success = self._try("EXECUTE attempt") is not None
                    did = success and self._look(verb)
                    self.connection.execute("ROLLBACK TO write")
                    if did:
                        return
            finally:
                self.connection.execute("DEALLOCATE attempt")

    def _look(self, verb: str) -> bool:
        """Look, as the superuser, which tables a statement changed, if any."""
        self.connection.execute("SET SESSION AUTHORIZATION DEFAULT")
        found: set[State] = set()
        for table in self.tables:
            if table.kind not in ("r", "p"):
                continue
            rows = self.connection.execute(
                f"SELECT * FROM ONLY {table.name}"
            ).fetchall()
            if table.kind == "p":
                rows = self.connection.execute(f"SELECT * FROM {table.name}").fetchall()
            if verb == "delete" and not rows and table.name not in self.empty:
                found.add(("delete", table.name))
            names = [d.name for d in self._description(table)]
            found |= {
                (verb, f"{table.name}.{name}")
                for row in rows
                for name, cell in zip(names, row, strict=True)
                if cell == "x" and verb != "delete"
            }
        self.done |= found
        return bool(found)

    def _description(self, table: Table) -> Sequence[psycopg.Column]:
        cursor = self.connection.execute(f"SELECT * FROM {table.name} LIMIT 0")
        return cursor.description or ()


def _markers(text: str) -> Iterator[str]:
    """Yield the column names that a value holds: `#schema.table.column#`."""
    parts = text.lower().split("#")
    yield from (part for part in parts if part.count(".") == 2)
