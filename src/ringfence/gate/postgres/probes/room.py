"""A room to try probes in: throw-away logins, and a copy with canaries in it.

Everything is named after one random tag and says in its comment that it may go, so that
a sweep at the next start finds what a killed run left, and nothing of anybody else's.
"""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ringfence.errors import SourceError, printable
from ringfence.gate.postgres.probes.probe import Names
from ringfence.gate.postgres.reading import parameters_of, said_of

PREFIX = "ringfence_probe_"
MARK = "ringfence probe: may be dropped"
LOGINS = ("inn", "out", "svc")
_PARTS = ("own", "rol", *LOGINS)
_TAG = re.compile(rf"{PREFIX}[0-9a-f]{{8}}")
_PROTECTED, _OPEN = 200, 60
_TIMES = (
    "SET statement_timeout = '20s'",
    "SET lock_timeout = '5s'",
    "SET idle_in_transaction_session_timeout = '120s'",
    "SET search_path = pg_catalog",
    "SET client_min_messages = notice",
    "SET synchronous_commit = on",
)
_FIXTURE = """
CREATE TABLE {copy}.profile
    (id int PRIMARY KEY, region text, email text UNIQUE, note text);
CREATE TABLE {copy}.side (email text);
ALTER TABLE {copy}.profile OWNER TO {own};
ALTER TABLE {copy}.side OWNER TO {own};
INSERT INTO {copy}.profile
    SELECT n, 'US', '{canary}' || n || '@x', '{guess_note}'
    FROM generate_series(1, {protected}) n;
INSERT INTO {copy}.profile
    SELECT n, 'DE', 'plain' || n || '@x', 'plain' || n
    FROM generate_series({protected} + 1, {protected} + {open}) n;
INSERT INTO {copy}.side VALUES ('{guess}');
GRANT SELECT ON {copy}.profile TO {inn}, {out}, {svc};
GRANT SELECT ON {copy}.side TO {inn};
GRANT USAGE, CREATE ON SCHEMA {copy} TO {own};
GRANT USAGE ON SCHEMA {copy} TO {inn}, {out}, {svc};
GRANT USAGE, CREATE ON SCHEMA {play} TO {out};
GRANT USAGE ON SCHEMA {play} TO {svc};
ALTER TABLE {copy}.profile ENABLE ROW LEVEL SECURITY;
CREATE POLICY cleared ON {copy}.profile TO {inn} USING (true);
CREATE POLICY rest ON {copy}.profile USING (region <> 'US');
"""


@dataclass(slots=True)
class Room:
    """Where probes are tried.

    Attributes:
        admin: A superuser's connection.
        dsn: How the superuser came in.
        tag: What everything here is named after.
        canary: Text that stands in protected rows of the copy, and nowhere else.
        secret: Every throw-away login's password.
        names: What tokens stand for.
        version: The server's major version.
        notices: What the server said beside its answers.
    """

    admin: psycopg.Connection
    dsn: str
    tag: str
    canary: str
    secret: str
    names: Names
    version: int
    notices: list[str] = field(default_factory=list)

    def fill(self, statement: str) -> str:
        """Return a statement with its tokens replaced."""
        return self.names.fill(statement)

    def conninfo(self, login: str, **options: str) -> str:
        """Return a connection string for one of the logins."""
        changed = {"user": self.names.tokens[login], "password": self.secret}
        return make_conninfo(
            self.dsn, **(changed | {"application_name": self.tag} | options)
        )

    def logged_in(self, login: str) -> psycopg.Connection:
        """Return a connection of one of the logins, really logged in.

        Raises:
            psycopg.OperationalError: The server doesn't let it in.
        """
        found = psycopg.connect(
            self.conninfo(login, connect_timeout="10"),
            autocommit=True,
            prepare_threshold=None,
        )
        for statement in _TIMES:
            found.execute(statement)
        return found

    def guessing(self, *, present: bool) -> Names:
        """Return the names with a guess that is right, or one that is wrong."""
        if present:
            return self.names
        tokens = self.names.tokens
        absent = {
            "guess": "absent" + tokens["guess"][6:],
            "guess_note": "absent" + tokens["guess_note"][6:],
            "guess_id": "80001",
        }
        return replace(self.names, tokens=tokens | absent)


def connect(dsn: str, *, tag: str = "ringfence_probe") -> psycopg.Connection:
    """Return a connection that commits each statement and waits for nothing for long.

    Raises:
        SourceError: The server can't be reached, or doesn't let this login in.
    """
    given = parameters_of(dsn)
    try:
        found = psycopg.connect(
            make_conninfo(dsn, application_name=tag, connect_timeout="10"),
            autocommit=True,
            prepare_threshold=None,
        )
        for statement in _TIMES:
            found.execute(statement)
    except (psycopg.Error, UnicodeError, ValueError) as error:
        reason = said_of(error, given)
        raise SourceError(
            f"can't log in to the server: {reason}",
            hint="the connection string of a superuser, as for `apply`",
        ) from None
    return found


def require_superuser(connection: psycopg.Connection) -> None:
    """Raise unless the connection is a superuser's.

    Raises:
        SourceError: It isn't.
    """
    row = connection.execute("SELECT current_setting('is_superuser')").fetchone()
    if row is None or row[0] != "on":
        raise SourceError(
            "the login that probes is no superuser",
            hint="only a superuser can pose as a login outside the fence",
        )


def sweep(connection: psycopg.Connection) -> tuple[str, ...]:
    """Drop what killed runs left behind, and return notes on what could not go."""
    live = {
        name
        for (name,) in connection.execute(
            "SELECT application_name FROM pg_stat_activity WHERE application_name <> ''"
        )
    }
    return tuple(
        note
        for tag in sorted(_left(connection) - live)
        for note in _dropped(connection, tag)
    )


def _left(connection: psycopg.Connection) -> set[str]:
    """Return the tags of everything that says that it may go."""
    found = connection.execute(
        "SELECT rolname FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = %s"
        " UNION ALL SELECT nspname FROM pg_namespace"
        " WHERE obj_description(oid, 'pg_namespace') = %s",
        (MARK, MARK),
    )
    tags = (_TAG.match(name) for (name,) in found.fetchall())
    return {tag[0] for tag in tags if tag}


def _dropped(connection: psycopg.Connection, tag: str) -> Iterator[str]:
    """Drop everything of a tag, and yield a note for what stays."""
    names = connection.execute(
        "SELECT 'SCHEMA', nspname FROM pg_namespace WHERE starts_with(nspname, %s)"
        " AND obj_description(oid, 'pg_namespace') = %s"
        " UNION ALL SELECT 'ROLE', rolname FROM pg_roles WHERE starts_with(rolname, %s)"
        " AND shobj_description(oid, 'pg_authid') = %s ORDER BY 1 DESC, 2",
        (tag, MARK, tag, MARK),
    ).fetchall()
    _drop_replication(connection, tag)
    roles = [name for kind, name in names if kind == "ROLE"]
    dropping = [("DROP SCHEMA {} CASCADE", n) for k, n in names if k == "SCHEMA"]
    dropping += [("DROP OWNED BY {} CASCADE", name) for name in roles]
    dropping += [("DROP ROLE {}", name) for name in roles]
    for statement, name in dropping:
        try:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
        except psycopg.Error as error:
            reason = printable(str(error).splitlines()[0])
            yield f"`{name}` is left and has to be dropped by hand: {reason}"


def _drop_replication(connection: psycopg.Connection, tag: str) -> None:
    found = connection.execute(
        "SELECT pubname FROM pg_publication WHERE pubname = %s", (tag,)
    ).fetchall()
    for (name,) in found:
        connection.execute(sql.SQL("DROP PUBLICATION {}").format(sql.Identifier(name)))


@contextlib.contextmanager
def login_made(
    dsn: str, say: Callable[[str], None], *, like: str
) -> Iterator[tuple[str, str]]:
    """Make a login that holds what another holds, give name and password, drop it."""
    tag, secret = new_tag(), secrets.token_hex(24)
    with _gone(dsn, tag, say), connect(dsn, tag=tag) as admin:
        with admin.transaction():
            _make_role(admin, tag, secret, login=True)
            _make_alike(admin, tag, like)
        yield tag, secret


def _make_alike(admin: psycopg.Connection, name: str, like: str) -> None:
    """Make a login a member of another, with the attribute that no member inherits."""
    role, other = sql.Identifier(name), sql.Identifier(like)
    admin.execute(sql.SQL("GRANT {} TO {}").format(other, role))
    row = admin.execute(
        "SELECT rolbypassrls FROM pg_roles WHERE rolname = %s", (like,)
    ).fetchone()
    if row and row[0]:
        admin.execute(sql.SQL("ALTER ROLE {} BYPASSRLS").format(role))


def new_tag() -> str:
    """Return a name that nothing bears yet."""
    return PREFIX + secrets.token_hex(4)


def _make_role(
    admin: psycopg.Connection, name: str, secret: str, *, login: bool
) -> None:
    role = sql.Identifier(name)
    admin.execute(sql.SQL("CREATE ROLE {}").format(role))
    admin.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(role, MARK))
    if login:
        # The password is hashed here: a server's log shows statements as they came.
        hashed = admin.pgconn.encrypt_password(
            secret.encode(), name.encode(), b"scram-sha-256"
        ).decode()
        admin.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(role, hashed))


@contextlib.contextmanager
def _gone(dsn: str, tag: str, say: Callable[[str], None]) -> Iterator[None]:
    """Drop everything of a tag at the end, over a connection of its own."""
    try:
        yield
    finally:
        with connect(dsn) as last:
            for note in _dropped(last, tag):
                say(note)


@contextlib.contextmanager
def opened(dsn: str, say: Callable[[str], None]) -> Iterator[Room]:
    """Make a room, give it, and leave nothing behind.

    Raises:
        SourceError: The server can't be reached, or the login is no superuser.
    """
    tag = new_tag()
    with _gone(dsn, tag, say), connect(dsn, tag=tag) as admin:
        require_superuser(admin)
        for note in sweep(admin):
            say(note)
        room = _furnished(admin, dsn, tag)
        with connect(dsn, tag=tag) as whisper:
            _whisper(whisper, room)
            yield room


def _furnished(admin: psycopg.Connection, dsn: str, tag: str) -> Room:
    secret, canary = secrets.token_hex(24), "canary" + secrets.token_hex(8)
    room = Room(
        admin=admin,
        dsn=dsn,
        tag=tag,
        canary=canary,
        secret=secret,
        names=Names(_tokens(admin, dsn, tag, canary, secret)),
        version=admin.info.server_version // 10_000,
    )
    with admin.transaction():
        for part in _PARTS:
            _make_role(admin, f"{tag}_{part}", secret, login=part in LOGINS)
        for schema in (tag, f"{tag}_play"):
            name = sql.Identifier(schema)
            admin.execute(sql.SQL("CREATE SCHEMA {}").format(name))
            admin.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(name, MARK))
    _fill(room)
    admin.add_notice_handler(
        lambda said: room.notices.append(said.message_primary or "")
    )
    return room


def _tokens(
    admin: psycopg.Connection, dsn: str, tag: str, canary: str, secret: str
) -> dict[str, str]:
    row = admin.execute(
        "SELECT current_setting('port'), coalesce(host(inet_server_addr()), %s),"
        " current_database(), quote_ident(current_database())",
        (conninfo_to_dict(dsn).get("host") or "localhost",),
    ).fetchone()
    port, host, database, quoted = row or ("", "", "", "")
    return {part: f"{tag}_{part}" for part in _PARTS} | {
        "copy": tag,
        "copy_name": tag,
        "tag": tag,
        "play": f"{tag}_play",
        "insider_name": f"{tag}_inn",
        "canary": canary,
        "guess": f"{canary}1@x",
        "guess_id": "1",
        "guess_note": f"{canary}note",
        "secret": secret,
        "host": str(host),
        "port": str(port),
        "database": str(database).replace("'", "''"),
        "database_name": str(quoted),
    }


def _fill(room: Room) -> None:
    """Write the canaries, and have them on disk, counted and in the statistics."""
    admin, tokens = room.admin, room.names.tokens
    tokens |= {"protected": str(_PROTECTED), "open": str(_OPEN)}
    with admin.transaction():
        admin.execute(room.fill(_FIXTURE).encode())
    admin.execute(room.fill("VACUUM ANALYZE {copy}.profile").encode())
    admin.execute("CHECKPOINT")
    admin.execute("SELECT pg_stat_force_next_flush()")
    found = admin.execute(
        room.fill("SELECT pg_relation_filepath('{copy}.profile')").encode()
    ).fetchone()
    tokens["file"] = str(found[0]) if found else ""


def write_and_erase(room: Room) -> None:
    """Write a protected row to the copy, for good, and take it away again.

    Tokens `lsn` and `lsn_end` stand round what that left in the log of changes.
    """
    for token, statement in (
        ("lsn", "INSERT INTO {copy}.profile VALUES (90002, 'US', '{canary}90002@x')"),
        ("lsn_end", "DELETE FROM {copy}.profile WHERE id = 90002"),
    ):
        found = room.admin.execute(
            "SELECT pg_current_wal_insert_lsn()::text"
        ).fetchone()
        room.names.tokens[token] = str(found[0]) if found else ""
        room.admin.execute(room.fill(statement).encode())


def _whisper(connection: psycopg.Connection, room: Room) -> None:
    """Leave a statement of an insider, with a value in it, where activity is seen."""
    connection.execute("SET idle_in_transaction_session_timeout = 0")
    connection.execute(
        room.fill(
            "SELECT count(*) FROM {copy}.profile WHERE note = '{guess_note}'"
        ).encode()
    )
