"""`ringfence egress run` and `judge`: files go through the exit, or stay."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from ringfence.cli.lasting import ending
from ringfence.cli.streams import complain, show
from ringfence.cli.words import Form, MaybeOutput, instant
from ringfence.errors import ConfigError, ExitCode, Locus

if TYPE_CHECKING:
    from ringfence.egress.files.config import Config
    from ringfence.egress.files.gateway import Outcome

EXITS = """Exit codes: 0 everything may leave, 10 something is held, 11 something is
blocked, 1 something failed and didn't leave, 2 usage, 3 nothing was there."""
_Seconds = Annotated[int | None, Parameter(validator=validators.Number(gte=0))]
_Days = Annotated[int | None, Parameter(validator=validators.Number(gte=1))]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What an exit is made of.

    Parameters
    ----------
    config
        A file that says what isn't said here, `egress.yaml`.
    contracts
        The file that `ringfence egress contracts` wrote.
    index
        The index's folder.
    key
        The index's key: `file:`, `env:` or `command:` and where.
    token_key
        The key of tokens, the same way.
    ledger
        The ledger that takes the verdicts.
    meter
        The meter's file; one that isn't there is made.
    max_age_days
        How old the index may be, in days; without, of any age.
    as_of
        Judge, count and log as of that instant; by default now. For a case of the past.
    """

    config: Path | None = None
    contracts: Path | None = None
    index: Path | None = None
    key: str | None = None
    token_key: str | None = None
    ledger: Path | None = None
    meter: Path | None = None
    max_age_days: _Days = None
    as_of: str | None = None


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Where files come from and go.

    Parameters
    ----------
    outbox
        Where files come from: a folder, or `s3://bucket/prefix`.
    released
        Where those go that may leave.
    quarantine
        Where all others go, below `hold` and `block`.
    receipts
        Where receipts go; by default below the quarantine.
    work
        The gateway's own folder; by default below the quarantine.
    settle
        Seconds that a file has to lie unchanged; by default 2.
    """

    outbox: str | None = None
    released: str | None = None
    quarantine: str | None = None
    receipts: str | None = None
    work: Path | None = None
    settle: _Seconds = None


NO_PARTS = Parts()
NO_FOLDERS = Folders()


def run(
    *,
    parts: Parts = NO_PARTS,
    folders: Folders = NO_FOLDERS,
    watch: Annotated[bool, Parameter(negative=())] = False,
    format: Form = "text",  # noqa: A002
) -> int:
    """Take the files of an outbox through the exit: released, or quarantined.

    Files lie in a folder for each channel. One counts as whole when it was
    renamed into place, or has lain unchanged.

    Example: `ringfence egress run --config egress.yaml --watch`.

    Parameters
    ----------
    watch
        Go on until it is told to end.
    """
    from ringfence.egress.exit.made import exit_of
    from ringfence.egress.files import lines, running
    from ringfence.egress.files.gateway import Gateway

    if watch and parts.as_of is not None:
        hint = "what goes on has a clock of its own"
        raise ConfigError("can't be given with `--watch`", Locus("--as-of"), hint)
    config = _config(parts, folders)
    settings, places = config.settings(), config.places()
    workshop, outbox = config.workshop(), places.outbox
    line = lines.json if format == "json" else lines.text

    def tell(outcome: Outcome) -> None:
        show(line(outcome))

    with (
        running.alone(outbox, workshop),
        exit_of(settings, clock=_clock(parts)) as open_exit,
        ending() as end,
    ):
        gateway = Gateway(open_exit, places, workshop)
        settle = 2.0 if config.settle is None else float(config.settle)
        order = running.Order(settle, stop=end, publish=open_exit.publish)
        if watch:
            complain(f"watching {outbox.where}")
            running.watch(gateway, outbox, order, tell)
            return int(ExitCode.ALL_UPHELD)
        code = lines.code(running.once(gateway, outbox, order, tell))
        if code is ExitCode.NOTHING_COLLECTED:
            complain(f"no file lies in {outbox.where}/<channel>/")
        return int(code)


def judge(
    channel: str,
    file: Path,
    /,
    *,
    parts: Parts = NO_PARTS,
    output: MaybeOutput = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Judge one file, log the verdict, and write what may leave.

    Example: `ringfence egress judge partner figures.csv --config egress.yaml`.

    Parameters
    ----------
    channel
        The channel that it would leave by.
    file
        The file.
    output
        The file to write, if something may leave; it may not be there yet.
    """
    from ringfence.egress.channels.wording import said
    from ringfence.egress.exit.made import exit_of
    from ringfence.egress.files import lines
    from ringfence.egress.files.gateway import Outcome
    from ringfence.egress.files.single import judged

    settings = _config(parts).settings()
    with exit_of(settings, clock=_clock(parts)) as open_exit:
        passage = judged(open_exit, channel, file, output)
    verdict = str(passage.ruling.verdict)
    if format == "json":
        show(passage.receipt)
    else:
        reasons = tuple(map(said, passage.ruling.reasons))
        show(lines.text(Outcome(verdict, f"{channel}/{file.name}", reasons[:1])))
        for reason in reasons[1:]:
            show(f"         {reason}\n")
        show(f"entry    {passage.entry:,}\nrelease  {passage.release}\n")
    return int(lines.code([verdict]))


def _config(parts: Parts, folders: Folders = NO_FOLDERS) -> Config:
    from ringfence.egress.exit.ordered import Parts as Told
    from ringfence.egress.files.config import Config, read_config

    told = Told(
        contracts=parts.contracts,
        index=parts.index,
        key=parts.key,
        token_key=parts.token_key,
        ledger=parts.ledger,
        meter=parts.meter,
        max_age_days=parts.max_age_days,
    )
    said = Config(
        exit=told,
        outbox=folders.outbox,
        released=folders.released,
        quarantine=folders.quarantine,
        receipts=folders.receipts,
        work=folders.work,
        settle=folders.settle,
    )
    return said if parts.config is None else said.over(read_config(parts.config))


def _clock(parts: Parts) -> Callable[[], float]:
    """Return what tells the seconds since 1970, or those of a stated instant."""
    stated = instant(parts.as_of)
    if stated is None:
        return time.time
    seconds = datetime.fromisoformat(stated).timestamp()
    return lambda: seconds
