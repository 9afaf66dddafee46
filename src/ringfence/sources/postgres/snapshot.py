"""What the collector read from one database, as plain values.

A snapshot holds catalogue rows and nothing derived, except that stored queries come
parsed (`ringfence.sources.postgres.nodetree`). It can be written to a file and read
back, so that everything after it works without a server. It never holds a password:
options of servers and connection strings are cut down to host, port, database and user.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from ringfence.documents.files import read_bytes
from ringfence.errors import Locus, SourceError

PUBLIC = 0  # the OID that access lists use for everybody
BOOTSTRAP = 10  # the role that owns the catalogue; it can't stop being a superuser


class _Row(msgspec.Struct, frozen=True, omit_defaults=True):
    pass


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """One privilege of an access list; a list left NULL comes with its defaults."""

    grantee: int
    privilege: str
    grantable: bool = False


Acl = tuple[Grant, ...]


class Role(_Row, frozen=True, kw_only=True):
    """A row of `pg_roles`."""

    oid: int
    name: str
    superuser: bool = False
    inherit: bool = True
    createrole: bool = False
    login: bool = False
    replication: bool = False
    bypass_rls: bool = False


class Membership(_Row, frozen=True, kw_only=True):
    """A row of `pg_auth_members`: `member` was granted `role`.

    Before 16 `inherit` is the member's own attribute and `set` always holds.
    """

    oid: int = 0
    role: int
    member: int
    admin: bool = False
    inherit: bool = True
    set: bool = True


class Schema(_Row, frozen=True, kw_only=True):
    """A schema that isn't the system's."""

    oid: int
    name: str
    owner: int
    acl: Acl = ()


class Column(_Row, frozen=True, kw_only=True):
    """A column that isn't dropped; `acl` holds what was granted on it alone."""

    number: int
    name: str
    type: str = ""
    acl: Acl = ()


class Use(_Row, frozen=True, kw_only=True):
    """A relation that a stored query opens, and the columns that it is checked for.

    `columns` empty stands for "any column will do" (as `count(*)` needs); 0 among them
    for the whole row.
    """

    relation: int
    verbs: tuple[str, ...]
    columns: tuple[int, ...] = ()


class Output(_Row, frozen=True, kw_only=True):
    """A column that a stored query returns, and the columns it comes from.

    A source is a relation, a column (0 is the whole row), and whether the column's
    value comes out unchanged. `known` is false when some part of the expression could
    not be followed.
    """

    number: int
    sources: tuple[tuple[int, int, bool], ...] = ()
    known: bool = True


class Query(_Row, frozen=True, kw_only=True):
    """A stored query: what the server checks, what it returns, what it calls."""

    uses: tuple[Use, ...] = ()
    outputs: tuple[Output, ...] = ()
    filtered: bool = False
    functions: tuple[int, ...] = ()
    writes: bool = False


class Relation(_Row, frozen=True, kw_only=True):
    """A table, partitioned table, view, materialised view or foreign table."""

    oid: int
    name: str
    schema: int
    kind: str  # pg_class.relkind: r p v m f
    owner: int
    persistence: str = "p"
    acl: Acl = ()
    columns: tuple[Column, ...] = ()
    row_security: bool = False
    force_row_security: bool = False
    security_invoker: bool = False
    populated: bool = True
    auto_updatable: int = 0  # events, as pg_relation_is_updatable counts them
    updatable: int = 0  # the same, with INSTEAD OF triggers
    parents: tuple[int, ...] = ()
    partition: bool = False
    query: Query | None = None


class Policy(_Row, frozen=True, kw_only=True):
    """A row of `pg_policy`; role 0 is PUBLIC."""

    oid: int
    name: str
    relation: int
    command: str  # r a w d, or * for all
    permissive: bool = True
    roles: tuple[int, ...] = ()


class Function(_Row, frozen=True, kw_only=True):
    """A function or procedure that runs as its owner, or fires as a trigger."""

    oid: int
    name: str
    schema: int
    arguments: str
    owner: int
    acl: Acl = ()
    definer: bool = True
    trigger: bool = False
    procedure: bool = False
    silent: bool = False  # returns nothing
    language: str = ""
    settings: tuple[str, ...] = ()
    body: str = ""
    query: Query | None = None  # of a parsed body (BEGIN ATOMIC)


class Trigger(_Row, frozen=True, kw_only=True):
    """A trigger that isn't internal, or a rule other than a view's."""

    oid: int
    name: str
    relation: int
    function: int = 0
    enabled: bool = True
    query: Query | None = None


class Publication(_Row, frozen=True, kw_only=True):
    """A publication and the relation, columns and row filter that it publishes."""

    oid: int
    name: str
    relation: int
    columns: tuple[int, ...] = ()
    filtered: bool = False


class Remote(_Row, frozen=True, kw_only=True):
    """Where a connection leads. Empty fields could not be read or aren't set."""

    host: str = ""
    port: str = ""
    database: str = ""
    user: str = ""


class Subscription(_Row, frozen=True, kw_only=True):
    """A subscription of this database and the relations that it fills."""

    oid: int
    name: str
    owner: int
    enabled: bool = True
    relations: tuple[int, ...] = ()
    remote: Remote | None = None  # None: only a superuser may read it


class Server(_Row, frozen=True, kw_only=True):
    """A foreign server."""

    oid: int
    name: str
    owner: int
    wrapper: str
    acl: Acl = ()
    remote: Remote = Remote()


class Mapping(_Row, frozen=True, kw_only=True):
    """A user mapping; user 0 is PUBLIC, remote user None could not be read."""

    oid: int
    server: int
    user: int
    remote_user: str | None = None


class ForeignTable(_Row, frozen=True, kw_only=True):
    """Where a foreign table's rows are."""

    relation: int
    server: int
    schema: str = ""
    table: str = ""


class LargeObject(_Row, frozen=True, kw_only=True):
    """A row of `pg_largeobject_metadata`."""

    oid: int
    owner: int
    acl: Acl = ()


class DefaultAcl(_Row, frozen=True, kw_only=True):
    """Privileges on relations that `creator` makes from now on; schema 0 is any."""

    oid: int
    creator: int
    schema: int
    acl: Acl = ()


class Database(_Row, frozen=True, kw_only=True):
    """The database that was read."""

    oid: int
    name: str
    owner: int
    acl: Acl = ()
    others: tuple[str, ...] = ()


class Snapshot(_Row, frozen=True, kw_only=True):
    """Everything that was read, in one transaction.

    Attributes:
        version: `server_version_num`.
        collected: When, by the server's clock.
        reader: The role that read it.
        settings: The server settings that reach depends on.
        files: Functions that read or write the server's files, and who may call them.
        loud: Built-in functions that may do more than compute: volatile or not safe to
            run in parallel.
        called: Functions that something stored calls, so that no name is looked up.
        unread: What this reader could not see, and why.
    """

    version: int
    collected: str
    reader: str
    database: Database
    settings: dict[str, str] = {}
    roles: tuple[Role, ...] = ()
    memberships: tuple[Membership, ...] = ()
    schemas: tuple[Schema, ...] = ()
    relations: tuple[Relation, ...] = ()
    policies: tuple[Policy, ...] = ()
    functions: tuple[Function, ...] = ()
    files: tuple[Function, ...] = ()
    loud: tuple[int, ...] = ()
    called: tuple[int, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    publications: tuple[Publication, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    servers: tuple[Server, ...] = ()
    mappings: tuple[Mapping, ...] = ()
    foreign_tables: tuple[ForeignTable, ...] = ()
    large_objects: tuple[LargeObject, ...] = ()
    more_large_objects: int = 0
    default_acls: tuple[DefaultAcl, ...] = ()
    extensions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()  # untrusted ones
    slots: tuple[str, ...] = ()
    unread: dict[str, str] = {}


def save(snapshot: Snapshot, path: Path) -> None:
    """Write a snapshot to a file, readable by its owner only."""
    content = msgspec.json.format(msgspec.json.encode(snapshot, order="sorted"))
    path.touch(mode=0o600)
    path.write_bytes(content + b"\n")


def load(path: Path, name: str) -> Snapshot:
    """Read a snapshot from a file; `name` is what messages call it.

    Raises:
        SourceError: The file can't be read, or isn't a snapshot.
    """
    try:
        return msgspec.json.decode(read_bytes(path, name), type=Snapshot)
    except msgspec.MsgspecError as error:
        reason = str(error)
        message = f"is not a snapshot: {reason[0].lower()}{reason[1:]}"
        hint = "make it with `ringfence collect postgres`"
        raise SourceError(message, Locus(name), hint) from None
