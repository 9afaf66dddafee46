"""`ringfence enforce postgres`: plan, apply, watch and undo what closes a database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from ringfence.cli.streams import Progress
from ringfence.cli.streams import show as say
from ringfence.cli.words import AsOf, Form, Output, instant, now, room
from ringfence.errors import ConfigError, ExitCode, Locus

if TYPE_CHECKING:
    from ringfence.claims.case import Case
    from ringfence.gate.postgres.catalogue import Catalogue
    from ringfence.gate.postgres.probes.proof import Proof

EXITS = """Exit codes: 0 done, nothing has drifted, or nothing gets through;
10 something couldn't be tried; 11 something has drifted, or gets through;
1 the tool failed, 2 usage, or the database refuses; 3 nothing collected."""
OUT = Path("out")
Dsn = Annotated[
    str,
    Parameter(
        help="How to connect; better in the environment, where no process list shows"
        " its password.",
        env_var="RINGFENCE_DSN",
    ),
]

app = App(
    name="enforce",
    help="Have a system keep the boundary by its own means.",
    help_epilogue=EXITS,
    help_format="plaintext",
)
postgres = App(
    name="postgres",
    help="Row security, privileges and roles of a PostgreSQL database.",
    help_epilogue=EXITS,
    help_format="plaintext",
)
app.command(postgres)


@postgres.command
def plan(
    case: Path | None = None,
    /,
    *,
    dsn: Dsn = "",
    catalogue: Path | None = None,
    store: str | None = None,
    as_of: AsOf = None,
    format: Form = "text",  # noqa: A002
    output: Output = OUT,
) -> int:
    """Propose the statements that close a database, and say what they don't close.

    Example: `ringfence enforce postgres plan examples/shortvideo --store warehouse`.

    Parameters
    ----------
    case
        Boundary file, its folder, or the output folder of a check (read back).
    dsn
        How to connect. The database is read, never changed.
    catalogue
        What `catalogue` has written, instead of a connection.
    store
        Name of the store in the estate; needed where there are several with logins.
    output
        Folder for plan.sql, to be read, and plan.json, to be applied.
    """
    from ringfence.claims.enforcing import Enforcing, store_of
    from ringfence.gate.postgres import plan as planning
    from ringfence.gate.postgres import statements
    from ringfence.report import enforce_text

    progress = Progress()
    there = _catalogue(dsn, catalogue, progress)
    opened = _opened(case, as_of, progress)
    progress("looking for what has to be closed")
    ready = Enforcing(opened, store or store_of(opened))
    found = planning.plan(ready.wanted, there, released=ready.released)
    files = {
        output / "plan.sql": statements.script(found).encode(),
        output / "plan.json": statements.canonical(found),
    }
    _write(files)
    progress.done()
    if format == "json":
        say(enforce_text.as_json("plan", {"plan": found}))
    else:
        say(enforce_text.plan(found, [*map(str, files)], room(None)[0]))
    return int(ExitCode.ALL_UPHELD)


@postgres.command(name="catalogue")
def catalogued(
    *,
    dsn: Dsn = "",
    output: Output = Path("catalogue.json"),
) -> int:
    """Write down what a database says of itself, to plan elsewhere.

    Example: `ringfence enforce postgres catalogue --output warehouse.json`.

    Parameters
    ----------
    dsn
        How to connect. The database is read, never changed.
    output
        The file.
    """
    from ringfence.gate.postgres.catalogue import canonical

    progress = Progress()
    _write({output: canonical(_catalogue(dsn, None, progress))})
    progress.done()
    return int(ExitCode.ALL_UPHELD)


@postgres.command
def apply(
    plan: Path,
    /,
    *,
    dsn: Dsn = "",
    journal: Path | None = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Carry a plan out in one transaction, if the database is as it was.

    Example: `ringfence enforce postgres apply out/plan.json`.

    Parameters
    ----------
    plan
        The plan.json that `plan` has written.
    dsn
        How to connect, as a superuser.
    journal
        File to keep what undoes it in; by default journal.json beside the plan. One
        that is there already is never written over.
    """
    from ringfence.gate.postgres import journal as keeping
    from ringfence.gate.postgres.apply import apply as carry_out
    from ringfence.report import enforce_text

    file = journal or plan.with_name("journal.json")
    if file.exists():
        message = "there is a journal already"
        hint = "name another file with `--journal`, or roll that one back first"
        raise ConfigError(message, Locus(str(file)), hint)
    done = carry_out(_connected(dsn), keeping.read_plan(plan), file)
    if format == "json":
        told: dict[str, object] = {
            "applied": done.applied,
            "statements": len(done.plan.statements),
            "journal": str(file),
        }
        say(enforce_text.as_json("apply", told))
    else:
        say(enforce_text.applied(done, str(file)))
    return int(ExitCode.ALL_UPHELD)


@postgres.command
def drift(
    journal: Path,
    /,
    *,
    dsn: Dsn = "",
    format: Form = "text",  # noqa: A002
) -> int:
    """Say what isn't as a plan left it, and what mends it.

    Example: `ringfence enforce postgres drift out/journal.json`.

    Parameters
    ----------
    journal
        The journal that `apply` has written.
    dsn
        How to connect, as the login that applied the plan.
    """
    from ringfence.gate.postgres import drift as drifting
    from ringfence.gate.postgres.journal import read_journal
    from ringfence.report import enforce_text

    told = read_journal(journal)
    found = drifting.drift(_connected(dsn), told)
    if format == "json":
        say(enforce_text.as_json("drift", {"differences": found}))
    else:
        say(enforce_text.drifted(found, told, room(None)[0]))
    return int(ExitCode.REFUTED if found else ExitCode.ALL_UPHELD)


@postgres.command
def prove(
    case: Path | None = None,
    /,
    *,
    dsn: Dsn = "",
    store: str | None = None,
    writes: Annotated[bool, Parameter(negative="")] = False,
    imitate: str = "",
    as_of: AsOf = None,
    format: Form = "text",  # noqa: A002
    output: Output = OUT,
) -> int:
    """Attack the database as a login outside, and say what gets through.

    Example: `ringfence enforce postgres prove examples/shortvideo --writes`.

    Parameters
    ----------
    case
        Boundary file, its folder, or the output folder of a check (read back).
    dsn
        How to connect, as a superuser.
    store
        Name of the store in the estate; needed where there are several with logins.
    writes
        Try every pitfall on a throw-away copy too, without the fence and with it.
    imitate
        The login outside to imitate; by default each of them in turn.
    output
        Folder for proof.json.
    """
    from ringfence.claims.enforcing import Enforcing, store_of
    from ringfence.gate.postgres import prove as proving
    from ringfence.gate.postgres.apply import fence
    from ringfence.gate.postgres.probes.proof import canonical

    progress = Progress()
    opened = _opened(case, as_of, progress)
    wanted = Enforcing(opened, store or store_of(opened)).wanted
    found = proving.prove(
        _connected(dsn),
        wanted,
        writes=writes,
        fence=fence,
        imitate=imitate,
        progress=progress,
    )
    _write({output / "proof.json": canonical(found)})
    progress.done()
    return _proved(found, format)


@postgres.command
def rollback(
    journal: Path,
    /,
    *,
    dsn: Dsn = "",
    format: Form = "text",  # noqa: A002
) -> int:
    """Undo a plan in one transaction, so that the catalogue is what it was.

    Example: `ringfence enforce postgres rollback out/journal.json`.

    Parameters
    ----------
    journal
        The journal that `apply` has written.
    dsn
        How to connect, as a superuser.
    """
    from ringfence.gate.postgres.apply import rollback as undo
    from ringfence.gate.postgres.journal import read_journal
    from ringfence.report import enforce_text

    told = read_journal(journal)
    undo(_connected(dsn), told)
    if format == "json":
        count: dict[str, object] = {"undone": len(told.plan.statements)}
        say(enforce_text.as_json("rollback", count))
    else:
        say(enforce_text.undone(told))
    return int(ExitCode.ALL_UPHELD)


def _proved(found: Proof, format: Form) -> int:  # noqa: A002
    from ringfence.report import enforce_text, prove_text

    if format == "json":
        say(enforce_text.as_json("prove", {"proof": found}))
    else:
        say(prove_text.proof(found, room(None)[0]))
    return int(found.exit_code)


def _connected(dsn: str) -> str:
    """Return how to connect, if anybody says it."""
    if not dsn:
        message = "nobody says how to connect"
        hint = "set RINGFENCE_DSN: `host=db.example dbname=warehouse user=postgres`"
        raise ConfigError(message, Locus("--dsn"), hint)
    return dsn


def _catalogue(dsn: str, file: Path | None, progress: Progress) -> Catalogue:
    from ringfence.gate.postgres.journal import read_written
    from ringfence.gate.postgres.reading import read_catalogue

    if file is not None:
        return read_written(file)
    progress("reading the catalogue")
    return read_catalogue(_connected(dsn))


def _opened(case: Path | None, as_of: str | None, progress: Progress) -> Case:
    from ringfence.claims.case import Case
    from ringfence.claims.snapshot import Ask, opened

    found = opened(Ask(case, now(), instant(as_of), progress))
    return Case(found.estate, found.boundary, found.boundary.as_of)


def _write(files: dict[Path, bytes]) -> None:
    for path, content in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            reason = (error.strerror or "can't be written").lower()
            at, hint = Locus(str(path)), "name another folder with `--output`"
            raise ConfigError(reason, at, hint) from None
