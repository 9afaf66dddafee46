"""What a database has to be made to do, in the boundary's terms.

The estate says which logins are inside the fence, which data is protected, and which
grants a cut plan ends. How a server does it, the compiler says.
"""

from __future__ import annotations

import msgspec

from ringfence.boundary.decision.scene import Marker


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Table(_Value, frozen=True):
    """A relation that holds protected data.

    Attributes:
        name: Schema and name, as the estate writes them: `accounts.profile`.
        columns: Names of the columns that are, or may be, protected.
        rows: Which of its rows are of the population; None: every one.
    """

    name: str
    columns: tuple[str, ...]
    rows: Marker | None = None


class Cut(_Value, frozen=True):
    """A grant of this database that a cut plan ends.

    Attributes:
        kind: The edge's kind: `member_of`, `can_assume`, `has_privilege`, `can_change`.
        role: Name of the role that loses it.
        what: Name of the role, or of the relation or schema, that it loses.
        verb: Of a privilege, the verb.
        why: Whom it let across, in words.
    """

    kind: str
    role: str
    what: str
    verb: str = ""
    why: str = ""


class Finding(_Value, frozen=True):
    """A way that the database can't close, and the change that does.

    Attributes:
        kind: `technical` or `organisational`.
        what: The way, in words.
        change: What closes it, in words.
        pitfall: Its number in the list of pitfalls (`L52`), if it has one.
    """

    kind: str
    what: str
    change: str
    pitfall: str = ""


class Conceded(_Value, frozen=True):
    """An exception in force, for one relation.

    Attributes:
        name: Its name.
        logins: Logins that those alone hold who have it, or who may anyway.
        table: Schema and name of the relation, as the estate writes them.
        columns: Names of the columns.
        until: First instant at which it has ended.
        most: How many rows of the population it shows at most.
    """

    name: str
    logins: tuple[str, ...]
    table: str
    columns: tuple[str, ...]
    until: str
    most: int


class Wanted(_Value, frozen=True):
    """What has to be closed in one database.

    Attributes:
        store: Name of the store in the estate: `warehouse`.
        boundary: Digest of the boundary. `estate`: of the estate.
        inside: Logins whose every holder is inside the fence, once all cuts are made.
        outside: Logins that somebody uses who is, or may be, excluded; and those that
            nobody is said to hold.
        tables: Relations that hold protected data.
        cuts: Grants to end.
        findings: Ways that end elsewhere: in a directory, in a tool.
        follows: Whether the database is to follow exceptions.
        conceded: The exceptions in force, if it is.
    """

    store: str
    boundary: str
    estate: str
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    tables: tuple[Table, ...]
    cuts: tuple[Cut, ...] = ()
    findings: tuple[Finding, ...] = ()
    follows: bool = False
    conceded: tuple[Conceded, ...] = ()
