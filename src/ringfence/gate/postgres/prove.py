"""Attack a database as somebody outside the fence, and say what gets through.

Two ways to look: a survey of the real tables as they are, which writes nothing, and the
whole list of pitfalls on a throw-away copy with canaries, before and after the fence.
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from ringfence.errors import SourceError
from ringfence.gate.postgres.probes.conformance import conform, insider_reads
from ringfence.gate.postgres.probes.proof import Proof, Result
from ringfence.gate.postgres.probes.room import (
    connect,
    opened,
    require_superuser,
    sweep,
)
from ringfence.gate.postgres.probes.survey import survey
from ringfence.gate.postgres.probes.trying import Fence, said_by
from ringfence.gate.postgres.wanted import Wanted

_NO_COPIES = "nothing was tried on copies: that takes leave to write, and a fence"


def prove(
    admin_dsn: str,
    wanted: Wanted,
    *,
    writes: bool = False,
    fence: Fence | None = None,
    imitate: str = "",
    catalogue: str = "",
    progress: Callable[[str], None] = lambda _: None,
) -> Proof:
    """Return what gets through the fence of one database.

    Throw-away things are made and dropped whatever happens: a login that imitates one
    outside the fence at a time, and, with `writes`, a schema of canaries with its own
    logins. What a killed run left is dropped first.

    Args:
        admin_dsn: How a superuser logs in.
        wanted: What has to be closed.
        writes: Whether anything may be written: the copy, and functions that are rolled
            back. Without it only reads run, each in a read-only transaction.
        fence: Puts the same statements up round a copy that the plan puts up round the
            real tables, in the connection's transaction, without ending it.
        imitate: The one login outside to imitate; empty: each in turn.
        catalogue: Digest of the catalogue that was applied.
        progress: Is told what is tried.

    Raises:
        SourceError: The server can't be reached, breaks off, or the login is no
            superuser.
    """
    try:
        notes = _swept(admin_dsn)
        found = survey(admin_dsn, wanted, progress, imitate=imitate, writes=writes)
        copies: tuple[Result, ...] = ()
        kept, server = None, _version(admin_dsn)
        if writes and fence is not None:
            with opened(admin_dsn, notes.append) as room:
                kept = insider_reads(room, fence)
                copies = tuple(conform(room, fence, progress))
        else:
            notes.append(_NO_COPIES)
    except psycopg.Error as error:
        raise SourceError(f"the server broke off: {said_by(error)}") from None
    if kept is False:
        notes.append("the fence keeps insiders out of the copy: closed says nothing")
    return Proof(
        store=wanted.store,
        boundary=wanted.boundary,
        estate=wanted.estate,
        server=server,
        catalogue=catalogue,
        posed=found.posed,
        writes=writes,
        survey=found.results,
        conformance=copies,
        kept=kept,
        notes=(*found.notes, *notes),
    )


def _swept(dsn: str) -> list[str]:
    with connect(dsn) as admin:
        require_superuser(admin)
        return [*sweep(admin)]


def _version(dsn: str) -> int:
    with connect(dsn) as admin:
        return admin.info.server_version
