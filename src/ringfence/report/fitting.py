"""Text fitted into columns of a terminal: measured, cut with an ellipsis, folded.

Width is counted as a terminal does, in cells: a Chinese character takes two, a
combining mark none.
"""

from __future__ import annotations

import unicodedata

from ringfence.errors import printable

ELLIPSIS = "…"


def measure(text: str) -> int:
    """Return how many cells a printable text takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, width: int) -> str:
    """Return the text filled up with blanks to a width."""
    return text + " " * (width - measure(text))


def cut(text: str, width: int) -> str:
    """Return the text made printable and cut to a width; an ellipsis says so."""
    shown = printable(text)
    if measure(shown) <= width:
        return shown
    return _head(shown, width - 1) + ELLIPSIS if width > 0 else ""


def cut_left(text: str, width: int) -> str:
    """Return the text as `cut` does, but keep its end: of a place that tells more."""
    shown = printable(text)
    if measure(shown) <= width:
        return shown
    return ELLIPSIS + _head(shown[::-1], width - 1)[::-1]


def fold(text: str, width: int, *, most: int = 0) -> list[str]:
    """Return the text made printable and broken into lines between words.

    A word longer than a line is broken where it must be. With `most`, that many lines
    at most come back, and the last ends with an ellipsis when there were more.
    """
    shown, width = printable(text), max(width, 2)
    lines = [shown] if measure(shown) <= width else _lines(shown.split(" "), width)
    if most and len(lines) > most:
        rest = " ".join(lines[most - 1 :])
        return [*lines[: most - 1], cut(rest, width)]
    return lines


def _lines(words: list[str], width: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in filter(None, words):
        longer = f"{line} {word}" if line else word
        if measure(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        rest = word
        while measure(rest) > width:
            part = _head(rest, width)
            lines.append(part)
            rest = rest[len(part) :]
        line = rest
    return [*lines, line] if line else lines


def _head(text: str, width: int) -> str:
    taken = 0
    for index, character in enumerate(text):
        taken += _cells(character)
        if taken > width:
            return text[:index]
    return text
