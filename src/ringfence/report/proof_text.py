"""The proof of the exit as text: what became of each form, at each surface."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.egress.proving.proof import KINDS, NOTHING_PASSES, Cell, Proof, Proved
from ringfence.egress.proving.surfaces import Outcome
from ringfence.errors import ExitCode, printable
from ringfence.report import wording
from ringfence.report.answering import more, table
from ringfence.report.witness_text import hung

_FIRST = (Outcome.LEFT, Outcome.NO_ANSWER, Outcome.BLOCKED, Outcome.HELD)
_MOST = 5  # tries that are told one by one
Key = tuple[str, str]


def proof(found: Proof, width: int, rows: int) -> str:
    """Return a proof as text."""
    return "\n".join(line.rstrip() for line in _lines(found, width, rows)) + "\n"


def _lines(found: Proof, width: int, rows: int) -> Iterator[str]:
    canaries = wording.counted(found.canaries, "canary", "canaries")
    yield printable(
        f"channel {found.channel}   {canaries} in {found.forms:,} forms   {found.time}"
    )
    for one in found.surfaces:
        yield from hung(f"{printable(one.surface)}: ", _said(one), width)
    if any(one.unproven == NOTHING_PASSES and not one.lost for one in found.surfaces):
        text = "what is harmless doesn't leave either: the last entries of that "
        text += "surface's ledger say why"
        yield from hung("help: ", text, width)
    if found.untried:
        kinds = wording.counted(len(found.untried), "kind", "kinds")
        of = len(KINDS)
        text = f"{', '.join(found.untried)} ({kinds} of surfaces, of {of})"
        yield from hung("not tried: ", text, width)
    yield ""
    yield from _table(found, width, rows)
    yield from _lost(found, width)
    yield _last(found)


def _said(one: Proved) -> str:
    tries = wording.counted(one.tries, "try", "tries")
    left = sum(lost.outcome is Outcome.LEFT for lost in one.lost)
    said = f"{tries}, {left:,} left" if one.tries else "not tried"
    if one.unproven:
        said += f"; unproven: {printable(one.unproven)}"
    if one.closed and not one.unproven:
        names = ", ".join(one.closed)
        said += f"; closed to what is harmless, too: {names}"
    return said


def _table(found: Proof, width: int, rows: int) -> Iterator[str]:
    by_surface = [_cells(one) for one in found.surfaces]
    keys = dict.fromkeys(key for cells in by_surface for key in cells)
    ordered = sorted(keys, key=lambda key: _rank(key, by_surface))
    head = ["form", "in", *(printable(one.surface) for one in found.surfaces)]
    lines = [
        [*key, *(_word(cells.get(key)) for cells in by_surface)]
        for key in ordered[:rows]
    ]
    if lines:
        yield from table(head, lines, width)
        yield from more(len(ordered) - rows, len(ordered))
        yield ""


def _cells(one: Proved) -> dict[Key, Cell]:
    return {(cell.form, cell.container): cell for cell in one.table}


def _rank(key: Key, by_surface: list[dict[Key, Cell]]) -> int:
    there = (cells[key].outcome for cells in by_surface if key in cells)
    return min(_FIRST.index(outcome) for outcome in there)


def _word(cell: Cell | None) -> str:
    return "-" if cell is None else str(cell.outcome)


def _lost(found: Proof, width: int) -> Iterator[str]:
    left = [(one.surface, lost) for one in found.surfaces for lost in one.lost]
    for surface, lost in left[:_MOST]:
        note = f" ({lost.note})" if lost.note else ""
        text = (
            f"{surface}: canary {lost.canary}, {lost.kind} as `{lost.form}` in "
            f"{lost.container}{note}"
        )
        word = "left" if lost.outcome is Outcome.LEFT else "unanswered"
        yield from hung(f"{word:<12}", printable(text), width)
    if len(left) > _MOST:
        yield f"{len(left) - _MOST:,} more of them: --format json"


def _last(found: Proof) -> str:
    ends = {
        ExitCode.REFUTED: "a canary left",
        ExitCode.UNPROVEN: "nothing left, and not every surface is proved",
        ExitCode.ALL_UPHELD: "no canary left, and what is harmless did",
    }
    code = found.exit_code
    return f"exit {int(code)}: {ends[code]}"
