"""Exceptions in force, as a database can concede them: to which logins, how much.

A login is conceded what an exception names if somebody holds it who has the exception,
and nobody else does who is, or may be, excluded. A database counts nobody: of what is
protected it shows so few rows that they can't be of more people than the cap allows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from ringfence.boundary.decision.scene import Leave
from ringfence.claims.enforcing import Enforcing
from ringfence.gate.postgres.wanted import Conceded, Finding, Wanted

EXCEPTION = "the exception "  # what each finding here begins with


def in_force(leaves: Iterable[Leave], now: str) -> tuple[Leave, ...]:
    """Return the exceptions that are in force at an instant."""
    return tuple(one for one in leaves if one.since <= now < one.until)


def conceding(ready: Enforcing, leaves: Sequence[Leave]) -> Wanted:
    """Return what has to be closed in a store, but for what exceptions concede.

    Args:
        ready: The store.
        leaves: The exceptions in force.
    """
    conceded: list[Conceded] = []
    findings: list[Finding] = []
    for leave in leaves:
        tables = _tables(ready.store, leave)
        if not tables:
            continue
        logins = tuple(_logins(ready, leave))
        found = [*_each(leave, tables, logins)] if logins else []
        conceded += found
        findings.append(_bound(leave, found) if found else _unable(leave, logins))
    return msgspec.structs.replace(
        ready.closed,
        findings=(*ready.closed.findings, *findings),
        follows=True,
        conceded=tuple(conceded),
    )


def _tables(store: str, leave: Leave) -> dict[str, list[str]]:
    """Return the columns of a store that an exception names, by their table."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in leave.columns:
        whole, _, column = one.rpartition(".")
        if whole.startswith(f"{store}/"):
            found[whole.removeprefix(f"{store}/")].append(column)
    return found


def _logins(ready: Enforcing, leave: Leave) -> Iterator[str]:
    """Yield the logins by which nobody else gets what an exception concedes."""
    for login, held in ready.held.items():
        having = held & ready.kept_out & {*leave.who}
        is_outside = login not in ready.inside
        if is_outside and having and held - having <= ready.legitimate:
            yield login


def _each(
    leave: Leave, tables: dict[str, list[str]], logins: tuple[str, ...]
) -> Iterator[Conceded]:
    most = leave.cap // len(tables)
    if most:
        for table, columns in tables.items():
            yield Conceded(leave.name, logins, table, tuple(columns), leave.until, most)


def _bound(leave: Leave, found: Sequence[Conceded]) -> Finding:
    tables = ", ".join(f"{one.most} rows of {one.table}" for one in found)
    told = (
        f"{EXCEPTION}{leave.name} is for the data of {leave.cap}, whom the database"
        f" doesn't count: it shows {tables} at most, to be read alone"
    )
    return Finding("technical", told, "for more, ask the gate, which counts by itself")


def _unable(leave: Leave, logins: Sequence[str]) -> Finding:
    told = f"{EXCEPTION}{leave.name} holds at the gate alone: "
    if logins:
        told += f"it is for the data of {leave.cap}, and names more tables"
        return Finding("organisational", told, "ask for one with a higher cap")
    told += "nobody who has it holds a login of their own"
    return Finding("organisational", told, "give them a login that nobody shares")
