"""`ringfence egress contracts`: what an exit judges by, written from a case."""

from __future__ import annotations

from pathlib import Path

from ringfence.cli.streams import Progress, show
from ringfence.cli.words import AsOf, Form, MaybeOutput, instant, now, room
from ringfence.errors import ExitCode


def contracts(
    case: Path,
    /,
    *,
    output: MaybeOutput = None,
    as_of: AsOf = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Resolve the channels against the estate: who receives, how much, until when.

    Example: `ringfence egress contracts boundary.yaml --output contracts.json`.

    Parameters
    ----------
    case
        The boundary file, or its folder, or what a check has written.
    output
        The file to write for an exit; none is written without.
    """
    from ringfence.claims.case import Case
    from ringfence.claims.contracts import contracts_of
    from ringfence.claims.snapshot import Ask, opened
    from ringfence.egress.channels.contract import written
    from ringfence.report import answer_json, contract_text

    progress = Progress()
    found = opened(Ask(case, now(), instant(as_of), progress))
    chosen = Case(found.estate, found.boundary, found.boundary.as_of)
    progress("resolving the channels")
    resolved = contracts_of(chosen)
    if output is not None:
        output.write_bytes(written(resolved))
    named = {
        node
        for one in resolved.contracts
        for each in one.recipients
        for node in (each.id, each.group)
    }
    labels = chosen.view.labels(sorted(named))
    code = int(ExitCode.ALL_UPHELD)
    if format == "json":
        told = contract_text.plain(resolved)
        text = answer_json.plain("egress-contracts/1", told, code, labels)
    else:
        text = contract_text.contracts(resolved, labels, room(None)[0])
    progress.done()
    show(text)
    return code
