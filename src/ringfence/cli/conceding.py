"""What commands about a database share: how to connect, and what it is to concede."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ringfence.cli.streams import Progress
from ringfence.cli.words import now
from ringfence.errors import ConfigError, Locus

if TYPE_CHECKING:
    from ringfence.claims.case import Case
    from ringfence.claims.enforcing import Enforcing
    from ringfence.gate.postgres.catalogue import Catalogue
    from ringfence.gate.postgres.wanted import Wanted

Exceptions = Annotated[Path | None, Parameter(help="The ledger of exceptions.")]
Dsn = Annotated[
    str,
    Parameter(
        help="How to connect; better in the environment, where no process list shows"
        " its password.",
        env_var="RINGFENCE_DSN",
    ),
]


def conceded(
    ready: Enforcing, case: Case, ledger: Path | None, progress: Progress
) -> Wanted:
    """Return what has to be closed in a store, but for what a ledger concedes now.

    Args:
        ready: The store.
        case: The case as of today: whoever has moved since may no longer approve.
        ledger: The ledger of exceptions; None: no exceptions are to be followed.
        progress: What is told how far it is.

    Raises:
        RingfenceError: The ledger can't be read.
    """
    from ringfence.claims.conceding import conceding, in_force
    from ringfence.claims.gating import scene_of
    from ringfence.gate.leaves.keeping import courses
    from ringfence.ledger.faults import within

    if ledger is None:
        return ready.wanted
    progress("reading the exceptions")
    scene = scene_of(case, grants=False)
    with within(ledger):
        more = courses(ledger, scene).leaves(scene)
    return conceding(ready, in_force((*scene.leaves, *more), now()))


def connected(dsn: str) -> str:
    """Return how to connect, if anybody says it."""
    if not dsn:
        message = "nobody says how to connect"
        hint = "set RINGFENCE_DSN: `host=db.example dbname=warehouse user=postgres`"
        raise ConfigError(message, Locus("--dsn"), hint)
    return dsn


def catalogue_of(dsn: str, file: Path | None, progress: Progress) -> Catalogue:
    """Return the catalogue of a file, or else of the database."""
    from ringfence.gate.postgres.journal import read_written
    from ringfence.gate.postgres.reading import read_catalogue

    if file is not None:
        return read_written(file)
    progress("reading the catalogue")
    return read_catalogue(connected(dsn))
