"""A database's catalogue as a value: what says who may read what, at one moment.

Objects go by their names, never by their numbers, so that two readings of an unchanged
database are the same bytes, whatever was dropped and made again in between. What is
granted is held entry by entry in the server's own order, with the defaults spelled out.
"""

from __future__ import annotations

import hashlib
from typing import TypeAlias

import msgspec

PUBLIC = ""  # whom PostgreSQL calls PUBLIC: no role has an empty name

# grantee, grantor, privilege, whether it may be granted on
Grant: TypeAlias = tuple[str, str, str, bool]
Acl: TypeAlias = tuple[Grant, ...]
Names: TypeAlias = tuple[str, ...]


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Role(_Value, frozen=True):
    """A role and what it may do by itself."""

    name: str
    login: bool
    superuser: bool
    inherit: bool
    createrole: bool
    createdb: bool
    replication: bool
    bypassrls: bool
    until: str = ""


class Membership(_Value, frozen=True):
    """That one role is a member of another, by whose leave, and how."""

    role: str
    member: str
    grantor: str
    admin: bool
    inherit: bool
    set: bool


class Schema(_Value, frozen=True):
    """A schema; `sql` is its name, quoted where it has to be."""

    name: str
    sql: str
    owner: str
    acl: Acl


class Column(_Value, frozen=True):
    """A column of a relation.

    Attributes:
        name: Its name. `sql`: the same, quoted where it has to be.
        type: Its type.
        acl: Who may do what with it alone.
        makers: Who owns its type, or what turns it into text, if somebody made these.
    """

    name: str
    sql: str
    type: str
    acl: Acl
    makers: Names = ()


class Relation(_Value, frozen=True):
    """A relation.

    Attributes:
        name: Schema and name, as the estate writes them.
        sql: The same, quoted where it has to be.
        schema: Name of its schema.
        kind: PostgreSQL's letter: r table, p partitioned table, v view, m materialised
            view, f foreign table, S sequence.
        owner: Its owner.
        acl: Who may do what.
        columns: Its columns, in order.
        secured: Row security is on. `forced`: for its owner too.
        options: Storage options and a view's own.
        parents: What it inherits from, or is a partition of.
        reads: Relations that a view's definition reads.
        body: Digest of a view's definition.
        identity: PostgreSQL's letter of the replica identity.
        serves: Of a sequence, the table whose column it fills.
    """

    name: str
    sql: str
    schema: str
    kind: str
    owner: str
    acl: Acl
    columns: tuple[Column, ...] = ()
    secured: bool = False
    forced: bool = False
    options: Names = ()
    parents: Names = ()
    reads: Names = ()
    body: str = ""
    identity: str = ""
    serves: str = ""


class Policy(_Value, frozen=True):
    """A row policy of a table, its expressions as the server prints them."""

    relation: str
    name: str
    permissive: bool
    command: str
    roles: Names
    using: str
    check: str


class Function(_Value, frozen=True):
    """A function; `name` is how SQL calls it, with its arguments' types."""

    name: str
    schema: str
    owner: str
    definer: bool
    leakproof: bool
    language: str
    acl: Acl
    config: Names
    body: str
    extension: str


class Trigger(_Value, frozen=True):
    """A trigger or a rule of a relation."""

    relation: str
    name: str
    function: str
    owner: str
    definer: bool
    text: str
    enabled: str


class Published(_Value, frozen=True):
    """A table that a publication names."""

    relation: str
    columns: Names = ()
    where: str = ""


class Publication(_Value, frozen=True):
    """A publication."""

    name: str
    owner: str
    every: bool
    schemas: Names
    tables: tuple[Published, ...]
    operations: Names


class Subscription(_Value, frozen=True):
    """A subscription to another server's publications."""

    name: str
    owner: str
    enabled: bool
    publications: Names


class Extension(_Value, frozen=True):
    """An extension."""

    name: str
    version: str
    schema: str


class Server(_Value, frozen=True):
    """A foreign server."""

    name: str
    wrapper: str
    owner: str
    acl: Acl
    mapped: Names  # roles with a user mapping; PUBLIC is the empty name


class DefaultAcl(_Value, frozen=True):
    """What a role's future objects are granted as; an empty schema: everywhere."""

    role: str
    schema: str
    kind: str
    acl: Acl


class EventTrigger(_Value, frozen=True):
    """An event trigger."""

    name: str
    event: str
    function: str
    enabled: str


class Setting(_Value, frozen=True):
    """What a database or a role sets for its sessions; empty: all of them."""

    database: str
    role: str
    config: Names


class Index(_Value, frozen=True):
    """An index, and which of its look-ups row security turns into scans.

    Attributes:
        relation: The table.
        name: Its name.
        text: Its definition.
        unique: Whether it tells of a value that is there already.
        loud: Operators and functions of it that aren't leakproof.
    """

    relation: str
    name: str
    text: str
    unique: bool
    loud: Names


class ForeignKey(_Value, frozen=True):
    """A foreign key: `relation` refers to `other`; `deletes` as PostgreSQL's letter."""

    relation: str
    name: str
    other: str
    deletes: str


class Large(_Value, frozen=True):
    """A large object whose access list isn't its owner's alone."""

    number: int
    owner: str
    acl: Acl


class Catalogue(_Value, frozen=True):
    """All of it, each part sorted.

    Attributes:
        version: The server's version number.
        database: Name of the database, and `owner` its owner.
        hba: Lines of `pg_hba.conf` that let somebody in without a proof.
        settings: Settings that matter to who sees what.
        unread: Parts that the reader may not see, and why.
    """

    version: int
    database: str
    owner: str
    acl: Acl
    template: bool
    roles: tuple[Role, ...]
    memberships: tuple[Membership, ...]
    schemas: tuple[Schema, ...]
    relations: tuple[Relation, ...]
    policies: tuple[Policy, ...]
    functions: tuple[Function, ...]
    triggers: tuple[Trigger, ...]
    publications: tuple[Publication, ...]
    subscriptions: tuple[Subscription, ...]
    extensions: tuple[Extension, ...]
    servers: tuple[Server, ...]
    defaults: tuple[DefaultAcl, ...]
    event_triggers: tuple[EventTrigger, ...]
    session_settings: tuple[Setting, ...]
    indexes: tuple[Index, ...]
    keys: tuple[ForeignKey, ...]
    large: tuple[Large, ...]
    hba: Names
    settings: dict[str, str]
    unread: dict[str, str]

    @property
    def major(self) -> int:
        """The server's major version."""
        return self.version // 10000


_encoder = msgspec.json.Encoder(order="sorted")


def canonical(catalogue: Catalogue) -> bytes:
    """Return the catalogue's canonical JSON."""
    return _encoder.encode(catalogue)


def digest(catalogue: Catalogue) -> str:
    """Return the SHA-256 of `canonical`, in hexadecimal."""
    return hashlib.sha256(canonical(catalogue)).hexdigest()
