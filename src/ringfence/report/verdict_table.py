"""The verdict table as lines of text, as many as there is room for.

Room goes to refuted claims first: they get a second line for a long sentence before
others do, and stay when rows must go. What goes is counted in a line of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ringfence.claims.outcome import Verdict
from ringfence.report.fitting import cut, fold, measure, pad
from ringfence.report.section import Row
from ringfence.report.wording import NOBODY

_COLOURS = {
    Verdict.REFUTED: "1;31",
    Verdict.UNPROVEN: "33",
    Verdict.UPHELD: "32",
}
_GRAVITY = (Verdict.REFUTED, Verdict.UNPROVEN, Verdict.UPHELD)
_VERDICT = max(len(verdict) for verdict in Verdict)
_WIDEST_ID, _WIDEST_SAID, _LEAST_SENTENCE = 22, 16, 20
_GAP = "  "


@dataclass(frozen=True, slots=True)
class _Widths:
    number: int
    id: int
    says: int
    said: int
    summary: int


def painted(verdict: Verdict, text: str, *, colour: bool) -> str:
    """Return a text in the colour of a verdict, if colour is wanted."""
    return f"\x1b[{_COLOURS[verdict]}m{text}\x1b[0m" if colour else text


def table(
    rows: Sequence[Row], width: int, *, room: int | None = None, colour: bool = False
) -> list[str]:
    """Return the table with its heading, in `room` lines; None: as many as it takes.

    Never fewer than one row: a table that doesn't fit still says what it leaves out.
    """
    if not rows:
        return ["  no claims"]
    widths = _widths(rows, width)
    kept = _kept(rows, room)
    lines = {row.number: 0 if room is None else 1 for row in kept}
    if room is not None:
        spare = room - 1 - len(kept) - (len(kept) < len(rows))
        for row in _by_gravity(kept):
            longer = _folds(row, widths)
            if longer and spare > 0:
                lines[row.number] = 2
                spare -= 1
    found = [_heading(widths)]
    for row in kept:
        found += _cells(row, widths, most=lines[row.number], colour=colour)
    return [*found, *_left_out(rows, kept, width)]


def _widths(rows: Sequence[Row], width: int) -> _Widths:
    number = max(len(str(row.number)) for row in rows)
    name = min(max(measure(row.id) for row in rows), _WIDEST_ID, width // 4)
    is_said = any(row.said != NOBODY for row in rows)
    said = min(max(measure(row.said) for row in rows), _WIDEST_SAID) if is_said else 0
    rest = width - (2 + number + 1 + name + _VERDICT + 3 * len(_GAP))
    # On a narrow screen who said it goes first: the whole report has it.
    said = said if rest - said - len(_GAP) >= 2 * _LEAST_SENTENCE else 0
    rest -= said + len(_GAP) if said else 0
    # The summary says what was found; the sentence can be read in the boundary.
    least = min(_LEAST_SENTENCE, rest // 2)
    summary = min(max(measure(row.summary) for row in rows), rest - least)
    return _Widths(number, name, rest - summary, said, summary)


def _by_gravity(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: _GRAVITY.index(row.verdict))


def _kept(rows: Sequence[Row], room: int | None) -> list[Row]:
    if room is None or len(rows) <= room - 1:
        return list(rows)
    chosen = {row.number for row in _by_gravity(rows)[: max(room - 2, 1)]}
    return [row for row in rows if row.number in chosen]


def _folds(row: Row, widths: _Widths) -> bool:
    return (
        measure(row.says) > widths.says
        or measure(row.summary) > widths.summary
        or measure(row.id) > widths.id
    )


def _heading(widths: _Widths) -> str:
    said = [pad(cut("said", widths.said), widths.said)] if widths.said else []
    first = pad("claim", widths.number + 1 + widths.id)
    return "  " + _GAP.join([first, pad("", widths.says), *said, "verdict"])


def _cells(row: Row, widths: _Widths, *, most: int, colour: bool) -> list[str]:
    sizes = (widths.id, widths.says, widths.said, _VERDICT, widths.summary)
    texts = (row.id, row.says, row.said, row.verdict.upper(), row.summary)
    columns = [
        (fold(text, size, most=most), size)
        for text, size in zip(texts, sizes, strict=True)
        if size
    ]
    found = []
    for index in range(max(len(lines) for lines, _ in columns)):
        cells = [
            pad(lines[index] if index < len(lines) else "", size)
            for lines, size in columns
        ]
        number = f"{'' if index else row.number:>{widths.number}}"
        if index == 0:
            cells[-2] = painted(row.verdict, cells[-2], colour=colour)
        found.append(f"  {number} {_GAP.join(cells)}".rstrip())
    return found


def _left_out(rows: Sequence[Row], kept: Sequence[Row], width: int) -> list[str]:
    gone = Counter(row.verdict for row in rows) - Counter(row.verdict for row in kept)
    if not gone:
        return []
    parts = ", ".join(
        f"{gone[verdict]} {verdict}" for verdict in _GRAVITY if gone[verdict]
    )
    return [cut(f"  and {gone.total():,} more ({parts}), --all shows them", width)]
