"""`ringfence egress contracts`, `accept-loss`: what an exit stands on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.cli.streams import Progress, complain, show
from ringfence.cli.words import AsOf, Form, MaybeOutput, instant, now, room
from ringfence.errors import ConfigError, ExitCode, Locus

if TYPE_CHECKING:
    from ringfence.egress.channels.contract import Contracts

EXITS = "Exit codes: 0 it is written, 1 the tool failed, 2 usage."


def contracts(
    case: Path,
    /,
    *,
    output: MaybeOutput = None,
    ledger: Path | None = None,
    as_of: AsOf = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Resolve the channels against the estate: who receives, how much, until when.

    Example: `ringfence egress contracts boundary.yaml --output contracts.json
    --ledger ledger`.

    Parameters
    ----------
    case
        The boundary file, or its folder, or what a check has written.
    output
        The file to write for an exit; none is written without.
    ledger
        The exit's ledger, which names the file: no exit judges by any other.
    """
    from ringfence.claims.case import Case
    from ringfence.claims.contracts import contracts_of
    from ringfence.claims.snapshot import Ask, opened
    from ringfence.egress.channels.contract import written
    from ringfence.report import answer_json, contract_text

    if ledger is not None and output is None:
        raise ConfigError("names a file", Locus("--ledger"), "add `--output FILE`")
    progress = Progress()
    found = opened(Ask(case, now(), instant(as_of), progress))
    chosen = Case(found.estate, found.boundary, found.boundary.as_of)
    progress("resolving the channels")
    resolved = contracts_of(chosen)
    entry = None if ledger is None else _named(ledger, resolved, progress)
    _replace(output, written(resolved))
    labels = chosen.view.labels(_told(resolved))
    code = int(ExitCode.ALL_UPHELD)
    if format == "json":
        told = {**contract_text.plain(resolved), "entry": entry}
        text = answer_json.plain("egress-contracts/1", told, code, labels)
    else:
        text = contract_text.contracts(resolved, labels, room(None)[0])
        text += "" if entry is None else f"named by entry {entry:,} of {ledger}\n"
    progress.done()
    show(text)
    _warn(output, entry)
    return code


def accept_loss(ledger: Path, /, *, meter: Path) -> int:
    """Go on with a meter that doesn't know of all that left, and say so in the ledger.

    For a meter that was deleted, replaced or restored from an older copy:
    whoever was counted since is forgotten, and the ledger names that for good.

    Example: `ringfence egress accept-loss ledger --meter meter`.

    Parameters
    ----------
    ledger
        The exit's ledger.
    meter
        The meter's file; one that isn't there is made.
    """
    from ringfence.egress.exit.naming import accept
    from ringfence.ledger.faults import within

    with within(ledger):
        entry = accept(ledger, meter, now())
    show(f"entry  {entry:,}\n")
    return int(ExitCode.ALL_UPHELD)


def _named(ledger: Path, resolved: Contracts, progress: Progress) -> int:
    from ringfence.egress.exit.naming import name_contracts
    from ringfence.ledger.faults import within

    progress("naming the file in the ledger")
    with within(ledger):
        return name_contracts(ledger, resolved, now())


def _warn(output: Path | None, entry: int | None) -> None:
    """Say that a file which no ledger names is of no use to an exit yet."""
    if output is not None and entry is None:
        complain("no ledger names this file, so no exit judges by it: see `--ledger`")


def _told(resolved: Contracts) -> list[str]:
    """Return the nodes that are told of."""
    every = (one for each in resolved.contracts for one in each.recipients)
    return sorted({node for one in every for node in (one.id, one.group)})


def _replace(output: Path | None, content: bytes) -> None:
    """Write a file that an exit may be reading: it sees one of the two, wholly."""
    if output is None:
        return
    new = output.with_name(f"{output.name}.new")
    try:
        new.write_bytes(content)
        new.replace(output)
    except OSError:
        new.unlink(missing_ok=True)
        raise
