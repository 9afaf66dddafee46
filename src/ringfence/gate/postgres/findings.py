"""Ways that no statement of this database closes, each with the change that does."""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.gate.postgres.board import Board
from ringfence.gate.postgres.listing import quoted
from ringfence.gate.postgres.relations import tables
from ringfence.gate.postgres.roles import SERVERS

_OFF = ("", "off", "none", "-1", "0")
_FUTURE = "(future relations of "
_LOGGED = (
    "auto_explain.log_min_duration",
    "log_min_duration_statement",
    "log_statement",
    "pgaudit.log_parameter",
)
_SCHEDULERS = ("pg_cron", "pgagent")
_DELETES = {"c": "deletes", "n": "blanks", "d": "resets"}


def find(board: Board) -> None:
    """Add every finding that the catalogue gives rise to."""
    for part in (
        _roles,
        _logins,
        _outer,
        _oracles,
        _writes,
        _planted,
        _watching,
        _types,
        _settings,
    ):
        part(board)
    _missing(board)


def _roles(board: Board) -> None:
    roles = board.roles
    for name in roles.over:
        board.find(
            f"{name} is a superuser outside the fence: nothing binds it here",
            f"let only people inside hold {name}'s password, or `ALTER ROLE"
            f" {quoted(name)} NOSUPERUSER`",
            "L2",
        )
    if board.catalogue.owner in roles.outside:
        owner, database = board.catalogue.owner, board.catalogue.database
        board.find(
            f"{owner}, outside, owns the database: it can set where sessions of those"
            " inside look for functions",
            f"`ALTER DATABASE {quoted(database)} OWNER TO` somebody inside",
            "L22",
        )


def _logins(board: Board) -> None:
    known = {*board.wanted.inside, *board.wanted.outside}
    roles = board.roles
    if strange := sorted(roles.outside - known):
        board.find(
            f"the estate doesn't know the login {_shown(strange)}: outside",
            "collect the estate anew",
        )
    if lost := sorted(set(board.wanted.inside) - roles.inside):
        board.find(
            f"the database has no login {_shown(lost)}, which the estate has inside",
            "collect the estate anew",
        )
    shared = {
        name
        for name in roles.becomes(roles.inside) & roles.usable
        if not name.startswith(SERVERS)
    }
    if shared:
        board.find(
            "whoever inside runs SET ROLE to a role that is also for others sees no"
            f" protected row as it: {_shown(shared)}",
            "leave out SET ROLE: a login inherits what its roles may read",
        )
    for line in board.catalogue.hba:
        board.find(
            f"`pg_hba.conf` lets logins in without a proof of who they are: {line}",
            "ask for scram-sha-256 or a certificate in that line",
            "L9",
        )


def _outer(board: Board) -> None:
    """Find what leads out of this database."""
    usable = board.roles.usable
    for one in board.catalogue.servers:
        mapped = sorted(name or "PUBLIC" for name in one.mapped if name in usable)
        if mapped:
            board.find(
                f"the foreign server {one.name} is entered with a stored password by"
                f" {', '.join(mapped)}",
                "drop these user mappings, or close the other side as this one",
                "L23",
            )
    names = {one.name for one in board.catalogue.extensions}
    for name in sorted(names & {*_SCHEDULERS}):
        board.find(
            f"the extension {name} runs commands as somebody else's login",
            "let its jobs be made by logins inside alone",
            "L27",
        )
    if "dblink" in names:
        board.find(
            "the extension dblink opens sessions as other logins, with their passwords",
            "revoke EXECUTE on its functions from PUBLIC",
            "L24",
        )
    for inbound in board.catalogue.subscriptions:
        board.find(
            f"the subscription {inbound.name} writes past row security",
            "see that what it brings is closed where it comes from",
            "L56",
        )
    board.find(
        "base backups, standbys and archived logs hold every row, and obey no role",
        "keep them where only people inside get at files, and encrypt them",
        "L53",
    )


def _oracles(board: Board) -> None:
    mixed = [one.name for one in tables(board)]
    if mixed:
        board.find(
            "row estimates, counts, locks and times still tell of hidden rows of"
            f" {_shown(mixed)}",
            "keep rows of the population in tables of their own",
            "L32",
        )
    unique = {one.relation for one in board.catalogue.indexes if one.unique}
    for one in tables(board):
        writers = {
            grant[0] or "PUBLIC"
            for _, grant in board.of_relation(one).grants()
            if grant[0] in board.roles.usable and grant[2] in ("INSERT", "UPDATE")
        }
        if writers and one.name in unique:
            board.find(
                f"{', '.join(sorted(writers))} can ask by inserting whether a key of"
                f" {one.name} is taken",
                "keep rows of the population in a table of their own",
                "L33",
            )


def _writes(board: Board) -> None:
    """Find what changes for those who write, and back up."""
    fresh = [one for one in board.secured if not one.secured]
    loading = [
        one.name
        for one in fresh
        if any(g[2] == "INSERT" and g[0] != one.owner for g in one.acl)
    ]
    if loading:
        board.find(
            "COPY FROM isn't possible under row security; it stops for all but"
            f" superusers on {_shown(loading)}",
            "load with INSERT, or into a table of one's own first",
            "L59",
        )
    if fresh:
        board.find(
            "a dump by a role that row security binds ends with an error",
            "dump as a login inside with `--enable-row-security`, or as a superuser",
            "L58",
        )
    for key in board.catalogue.keys:
        if key.relation in board.protected and key.deletes in _DELETES:
            board.find(
                f"deleting from {key.other} {_DELETES[key.deletes]} rows of"
                f" {key.relation}, hidden ones too",
                f"take DELETE on {key.other} from whoever is outside",
                "L42",
            )


def _planted(board: Board) -> None:
    usable = board.roles.usable
    for one in board.catalogue.triggers:
        if one.relation not in board.protected:
            continue
        if one.function and one.owner in usable:
            board.find(
                f"the trigger {one.name} of {one.relation} runs {one.function}, which"
                f" {one.owner} can rewrite, as whoever writes",
                f"give {one.function} an owner inside, or drop the trigger",
                "L21",
            )
        elif not one.function:
            board.find(
                f"the rule {one.name} of {one.relation} acts as the table's owner",
                "see that it copies no row to where nobody guards it, or drop it",
                "L20",
            )


def _watching(board: Board) -> None:
    """Find event triggers whose code somebody outside can change."""
    owners = {one.name: one.owner for one in board.catalogue.functions}
    for one in board.catalogue.event_triggers:
        owner = owners.get(one.function)
        if owner is not None and owner in board.roles.usable:
            board.find(
                f"the event trigger {one.name} runs {one.function}, which {owner} can"
                " rewrite, in everybody's session, a superuser's too",
                f"give {one.function} a superuser as its owner, or drop the trigger",
                "L74",
            )


def _types(board: Board) -> None:
    """Find markers that somebody outside can have say anything."""
    usable = board.roles.usable
    for table in board.wanted.tables:
        one = board.relations.get(table.name)
        if one is None or table.rows is None:
            continue
        for column in one.columns:
            made = sorted(usable & {*column.makers})
            if column.name == table.rows.column and made:
                board.find(
                    f"{', '.join(made)} can change what {one.name}.{column.name} says"
                    f" by its type {column.type}: every row counts as protected",
                    "give the type, and its cast to text, an owner inside; plan anew",
                    "L73",
                )


def _settings(board: Board) -> None:
    settings = board.catalogue.settings
    if settings.get("lo_compat_privileges") == "on":
        board.find(
            "large objects are everybody's",
            "`ALTER SYSTEM SET lo_compat_privileges = off`",
            "L66",
        )
    for one in board.catalogue.large:
        if {grant[0] for grant in one.acl} & board.roles.usable:
            board.find(
                f"the large object {one.number} can be read from outside",
                f"revoke SELECT on the large object {one.number}, or say what it is",
                "L66",
            )
    logged = [name for name in _LOGGED if settings.get(name, "") not in _OFF]
    if logged:
        board.find(
            f"the server's log holds statements with values ({', '.join(logged)})",
            "keep the log where only people inside get at files",
            "L64",
        )
    for name, why in board.catalogue.unread.items():
        board.find(
            f"the catalogue's {name} couldn't be read: {why}",
            "read the catalogue as a superuser",
        )


def _missing(board: Board) -> None:
    for one in board.wanted.tables:
        if one.name in board.relations or _FUTURE in one.name:
            continue
        if not one.name.startswith("pg_catalog.") and "." in one.name:
            board.find(
                f"the database has no relation {one.name}, which the estate protects",
                "collect the estate anew",
            )
    lacking: dict[str, list[str]] = {}
    for one in board.wanted.tables:
        held = board.relations.get(one.name)
        if held is None or one.rows is None:
            continue
        if one.rows.column not in {column.name for column in held.columns}:
            lacking.setdefault(one.rows.column, []).append(one.name)
    for column, names in lacking.items():
        board.find(
            f"every row counts as of the population where there is no column {column}:"
            f" {_shown(names)}",
            "correct `gate.rows` in the boundary, if that isn't meant",
        )


def _shown(names: Iterable[str]) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""  # noqa: PLR2004
    return ", ".join(listed[:3]) + more
