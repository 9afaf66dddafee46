"""`ringfence bundle`: one file that proves verdicts to somebody who has no other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ringfence.cli.streams import Progress, show
from ringfence.cli.words import Form, Output
from ringfence.errors import ExitCode
from ringfence.ledger.faults import within


def bundle(
    folder: Path,
    /,
    *,
    ledger: Annotated[Path, Parameter(help="The ledger that the check was logged in.")],
    output: Output = Path("verdicts.ringfence"),
    format: Form = "text",  # noqa: A002
) -> int:
    """Put facts, boundary, proofs and what the ledger says of them into one file.

    Example: `ringfence bundle out --ledger ledger -o verdicts.ringfence`.

    Parameters
    ----------
    folder
        The output folder of a check that was logged.
    output
        The bundle to write.
    """
    from ringfence.claims.bundling import bundled, write
    from ringfence.report import ledger_text as told

    progress = Progress()
    progress("gathering proofs")
    with within(ledger):
        found = bundled(folder, ledger)
    write(found, output)
    progress.done()
    said: dict[str, object] = {"bundle": str(output), "verdicts": found.verdicts}
    many = "payload" if found.erased == 1 else "payloads"
    said["erased"] = f"{found.erased} {many}" if found.erased else None
    show(told.render("bundle", {**said, **told.head(found.signed)}, format))
    return int(ExitCode.ALL_UPHELD)
