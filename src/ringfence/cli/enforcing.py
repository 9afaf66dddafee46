"""`ringfence enforce postgres`: plan, apply, watch and undo what closes a database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter, validators
from msgspec.structs import replace

from ringfence.cli.conceding import (
    Dsn,
    Exceptions,
    catalogue_of,
    conceded,
    connected,
)
from ringfence.cli.streams import Progress
from ringfence.cli.streams import show as say
from ringfence.cli.words import AsOf, Form, Output, instant, now, room
from ringfence.errors import ConfigError, ExitCode, Locus

if TYPE_CHECKING:
    from ringfence.claims.case import Case
    from ringfence.claims.enforcing import Enforcing
    from ringfence.claims.losing import Lost
    from ringfence.claims.opened import Opened
    from ringfence.gate.postgres.probes.proof import Proof
    from ringfence.gate.postgres.statements import Plan
    from ringfence.gate.postgres.wanted import Wanted

EXITS = """Exit codes: 0 done, nothing has drifted, or nothing gets through;
10 something couldn't be tried; 11 something has drifted, or gets through;
1 the tool failed, 2 usage, or the database refuses; 3 nothing collected."""
OUT = Path("out")

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
# Named, not imported: nobody else waits for what it takes.
postgres.command("ringfence.cli.following:follow", name="follow")


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a plan weighs beside the estate: exceptions, and what the logs say."""

    exceptions: Exceptions = None
    days: Annotated[
        int,
        Parameter(
            help="How many days of the logs tell who uses what, the last ones.",
            validator=validators.Number(gte=1, lte=36_500),
        ),
    ] = 7
    ignore_logs: Annotated[
        bool,
        Parameter(help="Don't say who has used what the plan takes.", negative=""),
    ] = False

    def lost(
        self,
        ready: Enforcing,
        opened: Opened,
        ends: tuple[frozenset[str], frozenset[str]],
        *,
        output: Path,
        progress: Progress,
    ) -> Lost | None:
        """Return who has used what a plan takes away; None if no logs tell."""
        from ringfence.claims.events.reading import FOLDER, Ordered
        from ringfence.claims.losing import Closing, losses

        if self.ignore_logs or not opened.orders:
            return None
        folder = output / FOLDER
        ordered = Ordered(opened.orders, opened.base, folder, progress=progress)
        return losses(ready, _case(opened), ordered, Closing(*ends), self.days)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Which exceptions a database is to follow."""

    case: Annotated[
        Path | None,
        Parameter(help="Boundary file, its folder, or the output folder of a check."),
    ] = None
    exceptions: Exceptions = None

    def wanted(self, store: str) -> Wanted | None:
        """Return what has to be closed but for exceptions, if these are followed."""
        from ringfence.claims.enforcing import Enforcing

        if self.exceptions is None:
            return None
        progress = Progress()
        case = _case(_opened(self.case, now(), progress))
        found = conceded(Enforcing(case, store), case, self.exceptions, progress)
        progress.done()
        return found


@postgres.command
def plan(
    case: Path | None = None,
    /,
    *,
    dsn: Dsn = "",
    catalogue: Path | None = None,
    store: str | None = None,
    used: Used = Used(),
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
    from ringfence.report import enforce_text

    progress = Progress()
    there = catalogue_of(dsn, catalogue, progress)
    opened = _opened(case, as_of, progress)
    asked = _case(opened)
    progress("looking for what has to be closed")
    ready = Enforcing(asked, store or store_of(asked))
    wanted = conceded(ready, _case(opened, now()), used.exceptions, progress)
    found = planning.plan(wanted, there, released=ready.released)
    closed = planning.closed(wanted, there, released=ready.released)
    files = _kept(output, found)
    lost = used.lost(ready, opened, closed, output=output, progress=progress)
    progress.done()
    say(enforce_text.planned(found, files, room(None)[0], format, lost))
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
    _write({output: canonical(catalogue_of(dsn, None, progress))})
    progress.done()
    return int(ExitCode.ALL_UPHELD)


@postgres.command
def apply(
    plan: Path,
    /,
    *,
    dsn: Dsn = "",
    journal: Path | None = None,
    followed: Followed = Followed(),
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
    from ringfence.gate.postgres.following import follow as obey
    from ringfence.report import enforce_text

    file = journal or plan.with_name("journal.json")
    if file.exists():
        message = "there is a journal already"
        hint = "name another file with `--journal`, or roll that one back first"
        raise ConfigError(message, Locus(str(file)), hint)
    chosen, to = keeping.read_plan(plan), connected(dsn)
    wanted = followed.wanted(chosen.store)
    done = carry_out(to, chosen, file)
    told = [] if wanted is None else list(obey(to, wanted).changes)
    say(enforce_text.applied(done, str(file), told, format))
    return int(ExitCode.ALL_UPHELD)


@postgres.command
def drift(
    journal: Path,
    /,
    *,
    dsn: Dsn = "",
    followed: Followed = Followed(),
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
    to = connected(dsn)
    wanted = followed.wanted(told.plan.store)
    found = drifting.drift(to, told, wanted)
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
    opened = _case(_opened(case, as_of, progress))
    wanted = Enforcing(opened, store or store_of(opened)).wanted
    found = proving.prove(
        connected(dsn),
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
    undo(connected(dsn), told)
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


def _opened(case: Path | None, as_of: str | None, progress: Progress) -> Opened:
    from ringfence.claims.snapshot import Ask, opened

    return opened(Ask(case, now(), instant(as_of), progress))


def _case(found: Opened, instant: str = "") -> Case:
    from ringfence.claims.case import Case

    at = instant or found.boundary.as_of
    return Case(found.estate, replace(found.boundary, as_of=at), at)


def _kept(output: Path, found: Plan) -> list[str]:
    """Write a plan, to be read and to be applied, and return where."""
    from ringfence.gate.postgres import statements

    files = {
        output / "plan.sql": statements.script(found).encode(),
        output / "plan.json": statements.canonical(found),
    }
    _write(files)
    return [*map(str, files)]


def _write(files: dict[Path, bytes]) -> None:
    for path, content in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            reason = (error.strerror or "can't be written").lower()
            at, hint = Locus(str(path)), "name another folder with `--output`"
            raise ConfigError(reason, at, hint) from None
