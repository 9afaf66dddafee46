"""`ringfence ledger monitor` and `witness`: others who look at a log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from ringfence.cli.ledgering import Keys, QuorumFile
from ringfence.cli.streams import complain, show
from ringfence.cli.words import Form
from ringfence.errors import ExitCode

if TYPE_CHECKING:
    from datetime import timedelta

    from ringfence.ledger.signed.quorum import Quorum
    from ringfence.ledger.watch.monitor import Watched


def monitor(
    log: str,
    state: Path,
    /,
    *,
    key: Keys = (),
    quorum: QuorumFile = None,
    silence: Annotated[
        int | None, Parameter(validator=validators.Number(gte=1))
    ] = None,
    exhibits: Path | None = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Look at a log once: is it still the one that was seen before?

    It believes nothing but your keys, hashes every new entry, and asks the witnesses of
    your quorum what they remember.
    Example: `ringfence ledger monitor https://log.example/2026 seen --quorum quorum`.

    Parameters
    ----------
    log
        The log's address, or a folder.
    state
        Where the last checkpoint is remembered; a folder of its own for each log.
    silence
        How many hours a log may say nothing.
    exhibits
        A new folder for the proof, if the log contradicts itself.
    """
    from datetime import timedelta

    from ringfence.ledger.keeping.showing import believed
    from ringfence.report import ledger_text as told

    hours = None if silence is None else timedelta(hours=silence)
    found = _watched(log, state, believed(key, quorum), hours, exhibits)
    spelt = told.watched_lines if format == "text" else told.watched
    show(told.render("monitor", spelt(found), format))
    odd = found.findings or found.unheard
    return int(ExitCode.UNPROVEN if odd else ExitCode.ALL_UPHELD)


def _watched(
    log: str,
    state: Path,
    trusted: Quorum,
    silence: timedelta | None,
    exhibits: Path | None,
) -> Watched:
    from ringfence.ledger.faults import ForkError, LedgerError
    from ringfence.ledger.remote import open_log
    from ringfence.ledger.watch.monitor import save_exhibits, watch

    try:
        return watch(open_log(log), trusted, state, silence=silence)
    except ForkError as error:
        try:
            for file in [] if exhibits is None else save_exhibits(error, exhibits):
                complain(f"exhibit {file}")
        except LedgerError as fault:  # what the log did is told all the same
            complain(f"the exhibits are not written: {fault}")
        raise


def witness(
    state: Path,
    /,
    *,
    log: Annotated[
        tuple[str, ...], Parameter(help="A key of a log to cosign; may be repeated.")
    ] = (),
    quorum: Annotated[
        Path | None, Parameter(help="A file that names the logs instead.")
    ] = None,
    name: str | None = None,
    host: str = "127.0.0.1",
    port: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=1 << 16))] = 0,
) -> int:
    """Stand witness: cosign each log's checkpoints, as long as they are one history.

    It prints its keys, which it draws the first time, and runs until it is told to end.
    Without a log it only prints them.
    Example: `ringfence ledger witness w1 --name w.example/1 --log KEY --port 8000`.

    Parameters
    ----------
    state
        Its folder: keys, and what it remembers. It must not be put back to a copy.
    name
        What it is called, the first time: a domain of yours, and a path.
    host
        The address that it listens at.
    port
        The port; 0 takes a free one.
    """
    from ringfence.ledger.keeping.showing import believed
    from ringfence.ledger.keeping.standing import witness_keys
    from ringfence.ledger.witness.service import serve

    trusted = believed(log, quorum, option="--log") if log or quorum else None
    keys = witness_keys(state, name)
    show("".join(f"{one.verifier}\n" for one in keys))
    if trusted is None:
        complain("no log is named: nothing is cosigned\n  help: add `--log KEY`")
        return int(ExitCode.ALL_UPHELD)
    serve(
        state,
        trusted.log_keys,
        keys,
        host=host,
        port=port,
        ready=lambda address: complain(f"cosigning at {address}"),
    )
    return int(ExitCode.ALL_UPHELD)
