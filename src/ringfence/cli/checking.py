"""`ringfence check`: every claim judged, report and proof files written."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, validators

from ringfence.cli.streams import Progress, colours, complain, show
from ringfence.cli.words import AsOf, Output, instant, now
from ringfence.errors import printable
from ringfence.ledger.faults import LedgerError

if TYPE_CHECKING:
    from ringfence.claims.outcome import Outcome
    from ringfence.report.document import Document

Ledger = Annotated[
    Path | None, Parameter(help="Log the verdicts in this ledger, and publish.")
]
Kept = Annotated[
    Path | None,
    Parameter(help="Hold the claims beside the statements of this docket."),
]
With = Annotated[
    tuple[Path, ...],
    Parameter(
        name="--with",
        negative="",
        help="A facts file beside those that the boundary orders; may be repeated.",
    ),
]


def check(
    case: Path,
    /,
    *,
    output: Output = Path("out"),
    as_of: AsOf = None,
    format: Literal["text", "json", "html"] = "text",  # noqa: A002
    all: Annotated[bool, Parameter(negative="")] = False,  # noqa: A002
    lines: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    color: Literal["auto", "always", "never"] = "auto",
    ledger: Ledger = None,
    with_: With = (),
    docket: Kept = None,
) -> int:
    """Judge every claim of a boundary, and write report and proof files.

    Examples: `ringfence check examples/shortvideo`,
    `ringfence check boundary.yaml --as-of 2022-01-31 --format json`,
    `ringfence check examples/shortvideo --with scan.facts.jsonl --docket tapes`.

    Parameters
    ----------
    case
        The boundary file, or a folder that holds `boundary.yaml`.
    output
        Folder for report.html, report.json, facts.jsonl, boundary.json, proof files.
    format
        What to print: the summary, or the whole report as JSON or HTML.
    all
        Print everything instead of one screen.
    lines
        Lines of that screen; by default those of the terminal.
    color
        Colour the verdicts; `auto` does on a terminal unless NO_COLOR is set.
    """
    progress = Progress()
    run = (case, output, as_of, with_, docket)
    outcome = _judged(*run, ledger=ledger, progress=progress)
    report, told, fault = _reported(outcome, output, ledger, progress)
    progress.done()
    _complain_of(outcome)
    if format == "text":
        show(_screen(report, told, lines, colour=colours(color), everything=all))
    else:
        show(_page(report, format).encode())
        if told is not None:
            complain(f"ledger    {told}")
    if fault is not None:
        raise fault
    return int(report.exit_code)


def _judged(
    case: Path,
    output: Path,
    as_of: str | None,
    further: tuple[Path, ...],
    docket: Path | None,
    *,
    ledger: Path | None,
    progress: Progress,
) -> Outcome:
    from ringfence.claims.check import Run
    from ringfence.claims.check import check as judge
    from ringfence.claims.recorded import look

    if ledger is not None:
        look(ledger)
    run = Run(case, output, now(), instant(as_of), progress, further, docket)
    return judge(run)


def _reported(
    outcome: Outcome, output: Path, ledger: Path | None, progress: Progress
) -> tuple[Document, str | None, LedgerError | None]:
    """Write the report and log the verdicts; return what became of either."""
    from ringfence.claims.recorded import logged, withdraw
    from ringfence.report import document

    progress("writing the report")
    report = document.build(outcome, folder=printable(str(output)))
    for form in ("html", "json"):
        page = _page(report, form)
        (output / f"report.{form}").write_text(page, encoding="utf-8")
    withdraw(output)
    if ledger is None:
        return report, None, None
    progress("logging the verdicts")
    try:
        told = printable(str(logged(outcome, output, ledger, now())))
    except LedgerError as fault:
        said = fault.problems[0].message.partition(":")[0]
        return document.unlogged(report, said), None, fault
    return report, told, None


def _page(report: Document, form: str) -> str:
    from ringfence.report import html, json

    return html.render(report) if form == "html" else json.render(report)


def _screen(
    report: Document,
    ledger: str | None,
    lines: int | None,
    *,
    colour: bool,
    everything: bool,
) -> str:
    from ringfence.report import text

    wide, high = shutil.get_terminal_size((100, 30))
    return text.render(
        report,
        width=wide,
        height=lines or high,
        colour=colour,
        everything=everything,
        ledger=ledger,
    )


def _complain_of(outcome: Outcome) -> None:
    for source in outcome.sources:
        for problem in source.problems:
            complain(f"source {printable(source.name)} is unread: {problem}")
    if outcome.docket is not None and outcome.docket.fault:
        complain(f"the docket is unread: {outcome.docket.fault}")
