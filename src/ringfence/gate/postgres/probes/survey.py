"""The real tables as they are: what a login outside the fence is shown of them.

Nothing is written: each statement is in a read-only transaction. Every login outside is
posed as; the one that may read most is imitated by a throw-away login that really logs
in, unless the server doesn't let it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import msgspec
import psycopg
from psycopg.conninfo import make_conninfo

from ringfence.errors import SourceError
from ringfence.gate.postgres.probes.definers import definers
from ringfence.gate.postgres.probes.listing import PROBES
from ringfence.gate.postgres.probes.proof import Result, Status, Tried
from ringfence.gate.postgres.probes.reading import Asking, read
from ringfence.gate.postgres.probes.room import connect, login_made, require_superuser
from ringfence.gate.postgres.probes.standing import checked
from ringfence.gate.postgres.probes.targets import (
    Posing,
    Target,
    posings,
    targets,
    worst,
)
from ringfence.gate.postgres.wanted import Wanted

Say = Callable[[str], None]
_TITLES = {
    "L0": "a protected relation is read by a login outside the fence",
    "L10": "a view made from a protected column shows it",
    "L15": "a materialized view made from a protected column shows it",
    "L18": "a partition is read by its own name",
    "L19": "a child or parent of a protected table is read by its own name",
    "L25": "a foreign table is read",
}
_CLOSES = "row security that judges the login, or REVOKE SELECT"
_CHANGES = {probe.number: probe.closes for probe in PROBES}


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What a survey found.

    Attributes:
        results: One for each relation, and one for each check of the catalogue.
        posed: The login that was imitated by a real log-in.
        notes: What else has to be known.
    """

    results: tuple[Result, ...]
    posed: str
    notes: tuple[str, ...]


def survey(
    dsn: str, wanted: Wanted, say: Say, *, imitate: str = "", writes: bool = False
) -> Surveyed:
    """Return what the real tables show to logins outside the fence.

    Raises:
        SourceError: The server can't be reached, the login is no superuser, or
            `imitate` is no login outside the fence.
    """
    with connect(dsn) as admin:
        require_superuser(admin)
        present, notes = _present(admin, wanted)
        if imitate and imitate not in present.outside:
            raise SourceError(
                f"`{imitate}` is no login outside the fence that this server has",
                hint="leave it out, and the one that may read most is imitated",
            )
        found, missing = targets(admin, present)
        ways = posings(admin, present, found)
        posed = imitate or worst(ways, present)
        absent = [_missing(name) for name in missing]
        shown = [*_shown(_Desk(admin, dsn, posed, say, notes), found, ways)]
        standing = [
            *definers(admin, present, found, writes=writes),
            *checked(admin, present, found),
        ]
    results = (*absent, *shown, *standing, *_told(wanted))
    return Surveyed(results, posed, tuple(notes))


def _present(admin: psycopg.Connection, wanted: Wanted) -> tuple[Wanted, list[str]]:
    """Return what is wanted of the logins that the server has, and what it hasn't."""
    found = admin.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", ([*wanted.outside],)
    )
    there = {str(name) for (name,) in found.fetchall()}
    gone = sorted(set(wanted.outside) - there)
    notes = [f"the server has no login `{name}`" for name in gone]
    outside = tuple(name for name in wanted.outside if name in there)
    if not outside:
        notes.append("no login outside the fence is known: nothing was posed as")
    return msgspec.structs.replace(wanted, outside=outside), notes


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a survey works with: how it came in, whom it imitates, whom it tells.

    Attributes:
        admin: A superuser's connection. `dsn`: how it came in.
        posed: The login that a real log-in imitates.
        say: Is told what is tried.
        notes: What has to be known of the survey; it grows.
    """

    admin: psycopg.Connection
    dsn: str
    posed: str
    say: Say
    notes: list[str]


def _shown(desk: _Desk, found: list[Target], ways: list[Posing]) -> Iterator[Result]:
    """Yield for each target what every way of asking shows of it."""
    with contextlib.ExitStack() as stack:
        login = _logged_in(desk, stack)
        for target in found:
            desk.say(f"{target.number} {target.name}")
            askings = [
                asking
                for way in ways
                if target.oid in way.sees
                for asking in _askings(desk.admin, way, desk.posed, login)
            ]
            tries = [(one.way, read(one, target)) for one in askings]
            yield _result(target, tries, desk.posed)


def _askings(
    admin: psycopg.Connection,
    way: Posing,
    posed: str,
    login: tuple[psycopg.Connection, str] | None,
) -> Iterator[Asking]:
    """Yield how one way is asked: posed as, and over the real log-in if it is its."""
    if login is not None and way.login == posed:
        connection, name = login
        role = name if way.role == posed else way.role
        real = replace(way, login=name, role=role)
        yield Asking(connection, real, "login", admin)
    yield Asking(admin, way, "session", admin)


def _logged_in(
    desk: _Desk, stack: contextlib.ExitStack
) -> tuple[psycopg.Connection, str] | None:
    """Return a throw-away login's connection that holds what another login holds."""
    row = desk.admin.execute(
        "SELECT rolsuper FROM pg_roles WHERE rolname = %s", (desk.posed,)
    ).fetchone()
    if row is None or row[0]:
        return None
    try:
        name, secret = stack.enter_context(
            login_made(desk.dsn, desk.say, member_of=(desk.posed,))
        )
        given = make_conninfo(desk.dsn, user=name, password=secret)
        return stack.enter_context(connect(given, tag=name)), name
    except (SourceError, psycopg.Error):
        desk.notes.append("no real log-in: the server doesn't let a new login in")
        return None


def _result(target: Target, tries: list[tuple[Posing, Tried]], posed: str) -> Result:
    """Return one result of all tries on a target: open outweighs unknown."""
    through = [(way, one) for way, one in tries if one.crossed]
    unknown = [(way, one) for way, one in tries if one.crossed is None]
    status: Status = "open" if through else "untried" if unknown else "closed"
    told = (through or unknown or tries)[:1]
    who = sorted(
        {posed if one.how == "login" else way.login for way, one in through or unknown}
    )
    where = target.name + (f" by {', '.join(who)}" if who else "")
    none = Tried(crossed=False, how="catalogue", why="no login outside may read it")
    return Result(
        number=target.number,
        group="doors",
        title=_TITLES[target.number],
        status=status,
        change=_CHANGES.get(target.number, _CLOSES),
        after=told[0][1] if told else none,
        where=where,
    )


def _missing(name: str) -> Result:
    return Result(
        number="L0",
        group="doors",
        title=_TITLES["L0"],
        status="untried",
        after=Tried(
            crossed=None, how="catalogue", why="the database has no such relation"
        ),
        where=name,
    )


def _told(wanted: Wanted) -> Iterator[Result]:
    """Yield what no statement can settle, and what the estate says ends elsewhere."""
    for probe in PROBES:
        if not probe.live and probe.number != "L64":
            yield Result(
                number=probe.number,
                group=probe.group,
                title=probe.title,
                status="named",
                change=probe.closes,
            )
    for finding in wanted.findings:
        yield Result(
            number=finding.pitfall or "L8",
            group="identity",
            title=finding.what,
            status="named",
            change=finding.change,
        )
