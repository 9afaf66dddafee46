"""`ringfence egress flows`, `canaries`, `prove`: does anything go round the exit?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ringfence.cli.streams import Progress, show
from ringfence.cli.words import AsOf, Form, Limit, instant, now, room


def flows(
    case: Path,
    /,
    *,
    ledger: Annotated[
        Path | None, Parameter(help="The exit's ledger: what it let leave.")
    ] = None,
    as_of: AsOf = None,
    format: Form = "text",  # noqa: A002
    limit: Limit = None,
) -> int:
    """Hold declared channels against observed flows: what goes round the exit?

    Example: `ringfence egress flows boundary.yaml --ledger releases`.

    Parameters
    ----------
    case
        The boundary file, or its folder, or what a check has written.
    """
    from ringfence.claims.case import Case
    from ringfence.claims.flows import flows as judged
    from ringfence.claims.released import releases
    from ringfence.claims.snapshot import Ask, opened
    from ringfence.report import answer_json, flows_text
    from ringfence.report.answering import Screen

    progress = Progress()
    told = None
    if ledger is not None:
        progress("reading the ledger")
        told = releases(ledger)
    found = opened(Ask(case, now(), instant(as_of), progress))
    progress("holding channels against flows")
    chosen = Case(found.estate, found.boundary, found.boundary.as_of)
    answer = judged(chosen, told)
    code = int(flows_text.exit_code(answer))
    if format == "json":
        text = answer_json.plain("egress-flows/1", answer, code, answer.labels)
    else:
        screen = Screen(*room(limit), answer.labels, case=str(case))
        text = flows_text.flows(answer, screen)
    progress.done()
    show(text)
    return code
