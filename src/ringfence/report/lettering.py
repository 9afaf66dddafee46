"""How wide letters are drawn: about, for labels that must fit into a picture."""

from __future__ import annotations

_SIZE = 11.0  # of letters, in pixels
BOLD = 1.12  # how much wider bold letters are
_NARROW = frozenset("fijlrt.,:;'|!()[]I/-_ ")
_WIDE = frozenset("mwMWGOQ@%")


def width_of(text: str) -> float:
    """Return about how wide a text is drawn."""
    return sum(map(_cell, text)) * _SIZE


def _cell(character: str) -> float:
    if character in _NARROW:
        return 0.33
    if character in _WIDE:
        return 0.86
    return 0.57 if character < "\u1100" else 1.0


def shortened(text: str, room: float, *, keep_end: bool = False) -> str:
    """Return a text cut to a room in pixels; an ellipsis stands at the cut."""
    if width_of(text) <= room:
        return text
    taken, kept = width_of("…"), 0
    for character in reversed(text) if keep_end else text:
        taken += _cell(character) * _SIZE
        if taken > room:
            break
        kept += 1
    return f"…{text[len(text) - kept :]}" if keep_end else f"{text[:kept]}…"
