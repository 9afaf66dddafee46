"""`ringfence diff`: what reach is new between two snapshots."""

from __future__ import annotations

from pathlib import Path

from ringfence.cli.streams import Progress, show
from ringfence.cli.words import PLAIN, Lens, instant, now, room


def diff(
    old: Path,
    new: Path,
    /,
    *,
    boundary: Path | None = None,
    lens: Lens = PLAIN,
) -> int:
    """Compare two snapshots under one boundary: new reach first, then what ended.

    Example: `ringfence diff out-january out-february`.

    Parameters
    ----------
    old
        The output folder of a check, or a facts file.
    new
        The later one.
    boundary
        The boundary that judges both; by default that of the later one.
    """
    from ringfence.claims.answers import how
    from ringfence.claims.asking import Asking, filters
    from ringfence.claims.difference import difference
    from ringfence.claims.snapshot import Ask, compared
    from ringfence.report import answer_json, difference_text
    from ringfence.report.answering import Screen, exit_code

    progress = Progress()
    chosen = filters(lens.verb, lens.reach, lens.grades, lens.excluded)
    ask = Ask(None, now(), instant(lens.as_of), progress)
    first, last = compared((old, new), boundary, ask)
    before, after = Asking(first, chosen), Asking(last, chosen)
    found = difference(before, after, progress)
    rests = {"old": how(before), "new": how(after)}
    labels = before.labels | after.labels
    progress.done()
    if lens.format == "json":
        show(answer_json.render("diff/1", found, rests, found.crossing, labels))
    else:
        wide, rows = room(lens.limit)
        show(difference_text.render(found, rests, Screen(wide, rows, labels)))
    return exit_code(found.crossing)
