"""`ringfence check`: every claim judged, report and proof files written."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, validators

from ringfence.cli.streams import Progress, colours, complain, show
from ringfence.cli.words import AsOf, Output, instant, now
from ringfence.errors import printable

if TYPE_CHECKING:
    from ringfence.claims.outcome import Outcome
    from ringfence.report.document import Document

Ledger = Annotated[
    Path | None, Parameter(help="Log the verdicts in this ledger, and publish.")
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
) -> int:
    """Judge every claim of a boundary, and write report and proof files.

    Examples: `ringfence check examples/shortvideo`,
    `ringfence check boundary.yaml --as-of 2022-01-31 --format json`.

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
    from ringfence.claims.check import Run
    from ringfence.claims.check import check as judge
    from ringfence.report import document

    progress = Progress()
    outcome = judge(Run(case, output, now(), instant(as_of), progress))
    progress("writing the report")
    report = document.build(outcome, folder=printable(str(output)))
    pages = _written(report, output)
    progress.done()
    _complain_of(outcome)
    if format == "text":
        show(_screen(report, lines, colour=colours(color), everything=all))
    else:
        show(pages[format].encode())
    _log(outcome, output, ledger, form=format)
    return int(report.exit_code)


def _written(report: Document, output: Path) -> dict[str, str]:
    from ringfence.report import html, json

    pages = {"html": html.render(report), "json": json.render(report)}
    for name, page in pages.items():
        (output / f"report.{name}").write_text(page, encoding="utf-8")
    return pages


def _log(outcome: Outcome, output: Path, ledger: Path | None, *, form: str) -> None:
    from ringfence.claims.recorded import logged, withdraw

    withdraw(output)
    if ledger is None:
        return
    line = f"ledger    {printable(str(logged(outcome, output, ledger, now())))}"
    if form == "text":
        show(f"{line}\n")
    else:
        complain(line)


def _screen(
    report: Document, lines: int | None, *, colour: bool, everything: bool
) -> str:
    from ringfence.report import text

    wide, high = shutil.get_terminal_size((100, 30))
    return text.render(
        report, width=wide, height=lines or high, colour=colour, everything=everything
    )


def _complain_of(outcome: Outcome) -> None:
    for source in outcome.sources:
        for problem in source.problems:
            complain(f"source {printable(source.name)} is unread: {problem}")
