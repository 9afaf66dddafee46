"""Words that the commands of a docket take, and the opening of its index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ringfence.cli.streams import Progress, show
from ringfence.cli.words import Form

if TYPE_CHECKING:
    from ringfence.docket.finding.index import Index
    from ringfence.docket.objects import Ref

Folder = Annotated[Path, Parameter(help="The folder of the docket.")]
StatementNumber = Annotated[str, Parameter(help="The statement: `S14`.")]
Answer = Literal["yes", "no", "unknown"]


def opened(docket: Path) -> Index:
    """Open the index of a docket.

    Raises:
        RingfenceError: There is no docket, or its ledger isn't what was signed.
    """
    from ringfence.docket.finding.index import Index
    from ringfence.docket.folder import Docket

    progress = Progress()
    found = Index(Docket(docket), progress)
    progress.done()
    return found


def done(index: Index, ref: Ref, form: Form) -> None:
    """Say what was brought."""
    from ringfence.report.docket_text import brought

    show(brought(index, [ref], form))
