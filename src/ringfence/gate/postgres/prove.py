"""Attack a database as somebody outside the fence, and say what gets through.

Two ways to look: a survey of the real tables as they are, which writes nothing, and the
whole list of pitfalls on a throw-away copy with canaries, before and after the fence.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg

from ringfence.errors import SourceError
from ringfence.gate.postgres.probes.conformance import Say, conform, insider_reads
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

_KEPT_OUT = "insiders can't read the copy through the fence: closed says nothing"
_NO_COPIES = "nothing was tried on copies: that takes leave to write, and a fence"


def prove(
    admin_dsn: str,
    wanted: Wanted,
    *,
    writes: bool = False,
    fence: Fence | None = None,
    imitate: str = "",
    catalogue: str = "",
    progress: Say = lambda _: None,
) -> Proof:
    """Return what gets through the fence of one database.

    What is made for it is dropped whatever happens: a login that imitates one outside
    at a time, and, with `writes`, a schema of canaries with its own logins.

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
        SourceError: The server breaks off, or the login is no superuser.
    """
    tried: tuple[bool | None, tuple[Result, ...]] = (None, ())
    with _told():
        server, notes = _swept(admin_dsn)
        found = survey(admin_dsn, wanted, progress, imitate=imitate, writes=writes)
        if writes and fence is not None:
            tried = _on_copies(admin_dsn, fence, progress, notes)
        else:
            notes.append(_NO_COPIES)
    return Proof(
        store=wanted.store,
        boundary=wanted.boundary,
        estate=wanted.estate,
        server=server,
        catalogue=catalogue,
        posed=found.posed,
        writes=writes,
        survey=found.results,
        conformance=tried[1],
        kept=tried[0],
        notes=(*found.notes, *notes),
    )


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn an error of the connection into one of ours."""
    try:
        yield
    except psycopg.Error as error:
        raise SourceError(f"the server broke off: {said_by(error)}") from None


def _on_copies(
    dsn: str, fence: Fence, say: Say, notes: list[str]
) -> tuple[bool | None, tuple[Result, ...]]:
    """Return whether insiders read through the fence, and what comes of each probe."""
    with opened(dsn, notes.append) as room:
        kept = insider_reads(room, fence)
        if not kept:
            notes.append(_KEPT_OUT)
        return kept, tuple(conform(room, fence, say))


def _swept(dsn: str) -> tuple[int, list[str]]:
    """Drop what killed runs left, and return the server's version and what stays."""
    with connect(dsn) as admin:
        require_superuser(admin)
        return admin.info.server_version, [*sweep(admin)]
