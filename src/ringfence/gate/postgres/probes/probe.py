"""What a probe is: what is done, by whom, and how a crossing is recognised.

A probe is a value: statements in which names stand as tokens (`{copy}` a schema,
`{out}` a login outside the fence), so that it can be printed, counted and tried.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Sees = Literal["canary", "true", "accepted", "differs"]
Group = Literal[
    "identity",
    "doors",
    "planner",
    "writes",
    "logic",
    "copies",
    "side stores",
    "sessions",
]


@dataclass(frozen=True, slots=True)
class Step:
    """One statement, and which of the throw-away logins runs it.

    Attributes:
        sql: The statement, with tokens.
        by: The login's token.
        quiet: What it brings back is seen by an insider, and isn't judged.
    """

    sql: str
    by: str = "out"
    quiet: bool = False


def insider(sql: str) -> Step:
    """Return a statement that somebody inside the fence runs."""
    return Step(sql, "inn", quiet=True)


def pooled(sql: str, *, quiet: bool = False) -> Step:
    """Return a statement that runs over the login that a pool of people shares."""
    return Step(sql, "svc", quiet)


@dataclass(frozen=True, slots=True)
class Holding:
    """A relation of the copy that holds protected data, beside the one it begins with.

    Attributes:
        name: Its name in the copy's schema.
        marked: Only its rows of region US are of the population; else every row.
    """

    name: str
    marked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One pitfall, tried.

    Attributes:
        number: Its number in the list of pitfalls; a letter marks a further form of it,
            an S what is known to hold and is kept as a regression.
        group: The group of the list.
        title: What it is, in plain words.
        setup: What a careless administrator did, run as the superuser.
        attack: What is tried; a bare string is run by the login outside the fence.
        after: What happens once the fence stands: run as the superuser.
        sees: How a crossing is recognised: a canary in what came back; the last answer
            is `true`; the last statement was accepted; or the answer for a value that
            is there `differs` from the one for a value that isn't.
        effect: Asked as the superuser afterwards; `true` is a crossing.
        holdings: Further relations that the estate knows as protected.
        cuts: Memberships that the estate's cut plan ends: member, role.
        trusted: Logins that are taken for inside beside the insider's own.
        closes: The change that closes it.
        closable: Whether a database can close it by its own means.
        since: First major version that has it. `until`: first that hasn't.
        extension: An extension that it needs.
        setting: A setting that it needs, with the value: `wal_level`, `logical`.
        special: Name of the code that tries what no single transaction can.
        live: Whether statements can settle it at all.
        attribute: A role attribute that a special try gives to the login.
    """

    number: str
    group: Group
    title: str
    attack: tuple[str | Step, ...] = ()
    setup: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    sees: Sees = "canary"
    effect: str = ""
    holdings: tuple[Holding, ...] = ()
    cuts: tuple[tuple[str, str], ...] = ()
    trusted: tuple[str, ...] = ()
    closes: str = ""
    closable: bool = True
    since: int = 0
    until: int = 0
    extension: str = ""
    setting: tuple[str, str] | None = None
    special: str = ""
    live: bool = True
    attribute: str = ""

    @property
    def is_regression(self) -> bool:
        """Tell whether it is known to hold."""
        return self.number.startswith("S")

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return the attack's steps."""
        return tuple(s if isinstance(s, Step) else Step(s) for s in self.attack)


@dataclass(frozen=True, slots=True)
class Names:
    """What the tokens of a probe stand for in one room.

    Attributes:
        tokens: Text for each token, quoted where it is a name.
    """

    tokens: dict[str, str] = field(default_factory=dict)

    def fill(self, sql: str) -> str:
        """Return a statement with every token replaced."""
        for token, text in self.tokens.items():
            sql = sql.replace("{" + token + "}", text)
        return sql


# What a report prints: two runs of one server give one proof.
PRINTED = Names(
    {
        "copy": "copy",
        "copy_name": "copy",
        "tag": "ringfence_probe",
        "file": "<its file>",
        "lsn_end": "<after it>",
        "database_name": "<database>",
        "play": "play",
        "own": "owner",
        "inn": "insider",
        "out": "outsider",
        "svc": "pooled",
        "rol": "role",
        "insider_name": "insider",
        "guess": "<a protected address>",
        "guess_id": "<a protected row>",
        "guess_note": "<a protected note>",
        "canary": "<canary>",
        "lsn": "<before a change>",
        "host": "<host>",
        "port": "<port>",
        "database": "<database>",
        "secret": "<password>",
    }
)
