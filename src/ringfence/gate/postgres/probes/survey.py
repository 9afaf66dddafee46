"""The real tables as they are: what logins outside the fence are shown of them.

Each login outside is imitated by a throw-away one that holds what it holds and really
logs in. Every statement is in a read-only transaction.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import msgspec
import psycopg
from psycopg.conninfo import make_conninfo

from ringfence.errors import SourceError
from ringfence.gate.postgres.probes.checks import checked
from ringfence.gate.postgres.probes.definers import definers
from ringfence.gate.postgres.probes.listing import PROBES
from ringfence.gate.postgres.probes.proof import Result, Status, Tried
from ringfence.gate.postgres.probes.reading import Asking, read
from ringfence.gate.postgres.probes.room import connect, login_made, require_superuser
from ringfence.gate.postgres.probes.targets import Posing, Target, posings, targets
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
        posed: The one login that was imitated; empty: each one outside.
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
                hint="leave it out, and every one outside is imitated",
            )
        found, missing = targets(admin, present)
        ways = posings(admin, present, found)
        if imitate:
            ways = [way for way in ways if way.login == imitate]
        desk = _Desk(admin, dsn, say, notes)
        tries = _tries(desk, found, ways)
        shown = [_result(target, tries[target.oid]) for target in found]
        standing = [
            *definers(admin, present, found, writes=writes),
            *checked(admin, present, found),
        ]
    absent = map(_missing, missing)
    results = (*absent, *shown, *standing, *_told(wanted))
    return Surveyed(results, imitate, tuple(notes))


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
    """What a survey works with.

    Attributes:
        admin: A superuser's connection. `dsn`: how it came in.
        say: Is told what is tried.
        notes: What has to be known of the survey; it grows.
    """

    admin: psycopg.Connection
    dsn: str
    say: Say
    notes: list[str]


Tries = list[tuple[Posing, Tried]]


def _tries(desk: _Desk, found: list[Target], ways: list[Posing]) -> dict[int, Tries]:
    """Return for each target what every way of asking shows of it."""
    tries: dict[int, Tries] = {target.oid: [] for target in found}
    for login in sorted({way.login for way in ways}):
        desk.say(f"imitating {login}")
        with contextlib.ExitStack() as stack:
            real = _logged_in(desk, login, stack)
            for way in ways:
                for target in found:
                    if way.login == login and target.oid in way.sees:
                        tried = _asked(desk, way, target, real)
                        tries[target.oid].append((way, tried))
    return tries


def _asked(
    desk: _Desk,
    way: Posing,
    target: Target,
    real: tuple[psycopg.Connection, str] | None,
) -> Tried:
    """Return what one way of asking shows of one target.

    A superuser's session poses as a login only where reading runs no code that somebody
    else wrote: such code could take the superuser's rights back, and use them.
    """
    if real is not None:
        connection, name = real
        role = name if way.role == way.login else way.role
        as_login = replace(way, login=name, role=role)
        return read(Asking(connection, as_login, "login", desk.admin), target)
    if target.plain:
        return read(Asking(desk.admin, way, "session", desk.admin), target)
    return Tried(crossed=None, why="nobody could log in to look")


def _logged_in(
    desk: _Desk, login: str, stack: contextlib.ExitStack
) -> tuple[psycopg.Connection, str] | None:
    """Return a throw-away login's connection that holds what another login holds."""
    try:
        name, secret = stack.enter_context(login_made(desk.dsn, desk.say, like=login))
        given = make_conninfo(desk.dsn, user=name, password=secret)
        return stack.enter_context(connect(given, tag=name)), name
    except (SourceError, psycopg.Error):
        desk.notes.append(f"no real log-in was to be had for `{login}`")
        return None


def _result(target: Target, tries: Tries) -> Result:
    """Return one result of all tries on a target: open outweighs unknown."""
    through = [(way, one) for way, one in tries if one.crossed]
    unknown = [(way, one) for way, one in tries if one.crossed is None]
    status: Status = "open" if through else "untried" if unknown else "closed"
    told = through or unknown or tries
    who = sorted({way.login for way, _ in through or unknown})
    none = Tried(crossed=False, how="catalogue", why="no login outside may read it")
    return Result(
        number=target.number,
        group="doors",
        title=_TITLES[target.number],
        status=status,
        change=_CHANGES.get(target.number, _CLOSES),
        after=told[0][1] if told else none,
        where=target.name + (f" by {', '.join(who)}" if who else ""),
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
