"""`ringfence reach pairs`: each pair in reach under a claim, with its witness."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ringfence.cli.streams import Progress, complain, show
from ringfence.cli.words import AsOf, instant, now
from ringfence.errors import ExitCode, printable

if TYPE_CHECKING:
    from ringfence.claims.outcome import Path as Witness

_EXIT_OF = {"upheld": "ALL_UPHELD", "unproven": "UNPROVEN", "refuted": "REFUTED"}


def listed(
    case: Path,
    /,
    *,
    claim: str,
    who: str | None = None,
    what: str | None = None,
    as_of: AsOf = None,
    format: Literal["text", "json"] = "text",  # noqa: A002
) -> int:
    """List who reaches what under a claim, with the shortest witness for each pair.

    Example: `ringfence reach pairs examples/shortvideo --claim nobody-in-cn-can`.

    Parameters
    ----------
    case
        Boundary file, its folder, or the output folder of a check (read back).
    claim
        Id of the claim whose excluded principals and protected columns are meant.
    who
        Only this origin, by its name or id.
    what
        Only this column, by its name or id.
    format
        `text`, or `json` for one line of JSON a pair.
    """
    from ringfence.claims.case import Case
    from ringfence.claims.pairs import pairs, verdict_of
    from ringfence.claims.snapshot import Ask, opened

    progress = Progress()
    ready = opened(Ask(case, now(), instant(as_of), progress))
    found = Case(ready.estate, ready.boundary, ready.boundary.as_of)
    progress.done()
    count, is_all = 0, True
    for path in pairs(found, claim, who=who, what=what):
        count += 1
        if not show(_line(path) if format == "json" else _told(path)):
            is_all = False
            break
    verdict = verdict_of(found, claim)
    pairs_shown = "1 pair" if count == 1 else f"{count:,} pairs"
    if not is_all:
        pairs_shown = f"the first {pairs_shown}"
    complain(f"{pairs_shown} in reach; the claim is {verdict}")
    return int(ExitCode[_EXIT_OF[verdict]])


def _line(path: Witness) -> str:
    import msgspec

    from ringfence.report.json import harmless

    return harmless(msgspec.json.encode(path).decode()) + "\n"


def _told(path: Witness) -> str:
    lines = [f"{path.origin} -> {path.verb} {path.target}"]
    for hop in (*path.origin_facts, *path.hops):
        doubt = f"   (not certain: {hop.open})" if hop.open else ""
        lines.append(f"  {hop.phrase} {hop.head}   {hop.at}{doubt}")
    return "\n".join(map(printable, lines)) + "\n"
