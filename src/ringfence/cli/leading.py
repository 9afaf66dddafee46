"""`ringfence docket lead`: from a statement to a question, and to the answer."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ringfence.cli.docketing import By
from ringfence.cli.streams import Progress, complain, show
from ringfence.cli.words import MaybeOutput, now
from ringfence.errors import ConfigError, ExitCode, Locus, printable

Folder = Annotated[Path, Parameter(help="The folder of the docket.")]
EXITS = """Exit codes: `lead` 0; `lead run` that of the command it asks, 12 a docket
that doesn't verify, 1 the tool failed, 2 usage, 3 nothing collected."""

app = App(
    name="lead",
    help="Have a statement give rise to a question, and the systems answer it.",
    help_epilogue=EXITS,
    help_format="plaintext",
)


@app.default
def lead(
    docket: Folder,
    statement: Annotated[str, Parameter(help="The statement: `S3`.")],
    /,
    *command: Annotated[
        str,
        Parameter(
            allow_leading_hyphen=True,
            help="The question, behind `--`: `reach who protected --kinds tool`.",
        ),
    ],
    asks: Annotated[str, Parameter(help="The question in words.")],
    by: By,
) -> int:
    """Note what is to be asked of the systems because of a statement.

    Example: `ringfence docket lead tapes S3 --by V1
    --asks "which tools reach what is protected?" -- reach who protected --kinds tool`.
    """
    from ringfence.claims.leads import lead as made
    from ringfence.docket.finding.index import Index
    from ringfence.docket.folder import Docket

    if not command:
        hint = "write it behind `--`: `-- reach who protected --kinds tool`"
        raise ConfigError("a lead asks something", Locus("COMMAND"), hint)
    with Index(Docket(docket)) as index:
        ref, who = index.numbered(statement, "statement"), index.reviewer(by)
        noted = made(index, ref, asks, command, who)
        (held,) = index.docket.append([noted], now())
        index.catch_up()
        number = index.number(held.ref)
    show(f"{number}: {printable(asks)}\n")
    hint = shlex.join(["ringfence", "docket", "lead", "run", str(docket), number])
    complain(printable(f"to ask it: {hint} CASE"))
    return int(ExitCode.ALL_UPHELD)


@app.command
def run(
    docket: Folder,
    lead: Annotated[str, Parameter(help="The lead: `L1`.")],
    case: Annotated[
        Path,
        Parameter(help="Boundary file, its folder, or the output folder of a check."),
    ],
    /,
    *,
    output: MaybeOutput = None,
) -> int:
    """Ask the systems what a lead asks, and keep what they answer.

    Example: `ringfence docket lead run tapes L1 examples/shortvideo -o found`.

    Parameters
    ----------
    output
        Folder for the whole answer, and for facts, boundary and proof.
    """
    from ringfence.claims.leads import asked
    from ringfence.docket.course import check
    from ringfence.docket.finding.index import Index
    from ringfence.docket.folder import Docket
    from ringfence.docket.objects import Lead
    from ringfence.report.lead_answer import Systems, answered

    progress = Progress()
    with Index(Docket(docket), progress) as index:
        ref = index.numbered(lead, "lead")
        held = index.get(ref)
        if not isinstance(held, Lead):
            raise ConfigError("was erased", Locus(lead))
        told = answered(asked(held.command), Systems(case, output, now(), progress))
        answer = told.answer(ref)
        check(answer, index)
        if output is not None:
            output.mkdir(parents=True, exist_ok=True)
            (output / f"lead-{index.number(ref)}.json").write_bytes(told.content)
        (kept,) = index.docket.append([answer], now())
        index.catch_up()
        number = index.number(kept.ref)
    progress.done()
    show(f"{number}, to {printable(held.asks)}\n  {printable(answer.says)}\n")
    show(f"  exit {answer.code}, sha256 {answer.content}\n")
    return answer.code
