"""Small snapshots, written by hand."""

from __future__ import annotations

from ringfence.sources.postgres.snapshot import (
    Column,
    Database,
    Grant,
    Membership,
    Relation,
    Role,
    Schema,
    Snapshot,
)

BOSS, ANN, BEN, CAT = 10, 101, 102, 103
APP, TABLE = 200, 20_000


def grants(**privileges: int | tuple[int, ...]) -> tuple[Grant, ...]:
    """Return an access list: `SELECT=ANN`."""
    found = []
    for privilege, grantees in privileges.items():
        each = grantees if isinstance(grantees, tuple) else (grantees,)
        found += [Grant(grantee, privilege) for grantee in each]
    return tuple(found)


def roles(**attributes: dict[str, bool]) -> tuple[Role, ...]:
    """Return the four roles; `ann={"createrole": True}` changes one."""
    numbers = {"boss": BOSS, "ann": ANN, "ben": BEN, "cat": CAT}
    basic: dict[str, dict[str, bool]] = {name: {"login": True} for name in numbers}
    basic["boss"]["superuser"] = True
    return tuple(
        Role(oid=oid, name=name, **(basic[name] | attributes.get(name, {})))
        for name, oid in numbers.items()
    )


def table(**changes: object) -> Relation:
    """Return a table of two columns."""
    content: dict[str, object] = {
        "oid": TABLE,
        "name": "t",
        "schema": APP,
        "kind": "r",
        "owner": BOSS,
        "columns": (Column(number=1, name="a"), Column(number=2, name="b")),
    }
    return Relation(**(content | changes))  # type: ignore[arg-type]


def database(
    *memberships: Membership,
    relations: tuple[Relation, ...] = (),
    acl: tuple[Grant, ...] = (),
    version: int = 180000,
    **changes: object,
) -> Snapshot:
    """Return a snapshot with one schema, where everybody may connect."""
    content: dict[str, object] = {
        "version": version,
        "collected": "2026-01-01T00:00:00Z",
        "reader": "ann",
        "database": Database(
            oid=1, name="d", owner=BOSS, acl=grants(CONNECT=0, TEMPORARY=0)
        ),
        "roles": roles(),
        "schemas": (Schema(oid=APP, name="app", owner=BOSS, acl=acl),),
        "memberships": memberships,
        "relations": relations,
    }
    return Snapshot(**(content | changes))  # type: ignore[arg-type]
