"""A witness as lines of text: the way there, the node, and the place of the proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ringfence.report.fitting import cut, cut_left, fold, measure, pad
from ringfence.report.section import Section, Station, Witness

_MOST = 8  # lines of a witness on a screen
_LAST = 3  # of these, how many show its end when its middle is left out
_WORDS = 22  # cells for what leads to a node


def heading(section: Section) -> str:
    """Return the line over a witness; the verdict itself stands in the table."""
    chosen = f" ({section.example})" if section.example else ""
    return f"{section.row.number} {section.title}, for example by{chosen}:"


def brief(witness: Witness, width: int) -> list[str]:
    """Return a line for each station; the middle of a long witness is counted."""
    lines = list(columns(list(_steps(witness)), width))
    if len(lines) <= _MOST:
        return lines
    first = _MOST - _LAST - 1
    note = f"   ... {len(lines) - _MOST + 1} steps more, --all shows them"
    return [*lines[:first], note, *lines[-_LAST:]]


def columns(steps: Sequence[tuple[str, str, str]], width: int) -> Iterator[str]:
    """Yield a line for each step: what leads there, what is there, and its place."""
    place = min(max(measure(at) for _, _, at in steps), (width - _WORDS) * 9 // 20)
    middle = width - _WORDS - place - 4
    for words, told, at in steps:
        cells = (pad(cut(words, _WORDS), _WORDS), pad(cut(told, middle), middle))
        yield f"  {cells[0]} {cells[1]} {cut_left(at, place)}"


def _steps(witness: Witness) -> Iterator[tuple[str, str, str]]:
    for station in witness.stations:
        if station.words:
            yield f" {station.words}", _told(station), station.at
            continue
        told = [ground.words for ground in station.because]
        places = dict.fromkeys(ground.at for ground in station.because)
        yield station.name, "; ".join(told), ", ".join(places)
    if witness.request:
        yield " by a request with", witness.request, ""


def _told(station: Station) -> str:
    doubts = [station.open and f"not certain: {station.open}"]
    doubts.append(station.dispute and f"disputed: {station.dispute}")
    said = "; ".join(filter(None, doubts))
    return f"{station.name} ({said})" if said else station.name


def full(witness: Witness, width: int) -> Iterator[str]:
    """Yield everything that a witness says, each station with its id and place."""
    for station in witness.stations:
        head = f"  {station.number:>2} "
        words = f"{station.words} " if station.words else ""
        known = station.node.partition(":")[2] == station.name
        name = station.node if known else f"{station.name} ({station.node})"
        yield from hung(head, f"{words}{name}", width)
        if station.at:
            yield from hung("       ", _place(station.at, station.source), width)
        for ground in station.because:
            place = _place(ground.at, ground.source)
            yield from hung("       ", f"{ground.words}: {place}", width)
            yield from _doubts(ground.open, ground.dispute, width)
        yield from _doubts(station.open, station.dispute, width)
    if witness.request:
        yield from hung("    by a request with ", witness.request, width)


def _place(at: str, source: str) -> str:
    return f"{at}, source {source}" if source else at


def _doubts(open_: str, dispute: str, width: int) -> Iterator[str]:
    if open_:
        yield from hung("       not certain: ", open_, width)
    if dispute:
        yield from hung("       disputed: ", dispute, width)


def hung(head: str, text: str, width: int, *, most: int = 0) -> Iterator[str]:
    """Yield a text whose further lines stand under its first word.

    The head is ours, and is taken to be printable.
    """
    size = measure(head)
    for index, line in enumerate(fold(text, width - size, most=most)):
        yield (head if index == 0 else " " * size) + line


def certainty(witness: Witness) -> str:
    """Return whether every step of a witness is certain, in words."""
    return "every step certain" if witness.certain else "not every step certain"
