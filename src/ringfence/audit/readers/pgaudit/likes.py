"""Messages of pgaudit without the values in their statements: many become one.

Two that are the same without them touch the same: only what a statement's fingerprint
leaves out is left out here too. Where texts may end elsewhere than quotes say, where
names in quotes are out of the ordinary, and where there are comments, nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np

MARK = b"\0"  # stands between messages, and in none

_TEXT = re.compile(rb"'(?:[^'\0]|'')*+'")
# The digit stands first, as a pattern that begins with a look behind is slow to search.
_NUMBER = re.compile(
    rb"\d(?<![\w$\x80-\xff]\d)\d*+(?:\.\d++)?(?![\w.\x80-\xff])", re.ASCII
)
_SINGLE = (b"\\", b"`", b"[", b"#")
_PAIRS = (b"--", b"/*")  # looked for only where there is the first of the two
_EXPLAIN = b"explain"
_DOLLARS = rb"\$[a-z_\x80-\xff]*\$"
_ODD = re.compile(b"|".join((*map(re.escape, (*_SINGLE, *_PAIRS, _EXPLAIN)), _DOLLARS)))
_DOLLAR = re.compile(_DOLLARS)
# A name in quotes, doubled twice over, that holds neither a quote nor a value.
_NAME = re.compile(rb'""""[A-Za-z_\x80-\xff][\w$\x80-\xff]*+""""', re.ASCII)
_QUOTE = b'""""'
# Looked for within texts too, where a statement is asked what it hands out.
_RETURNING = b"returning"


def blanked(messages: Sequence[bytes]) -> list[bytes]:
    """Return messages without the values in their statements.

    They are as they stand in a CSV row, from the class to the statement, and hold no
    `MARK`; a relation's name has no part that begins with a digit.
    """
    text = MARK.join(messages)
    bare = _TEXT.sub(b"''", text) if b"'" in text else text
    bare = _NUMBER.sub(b"0", bare)
    found = bare.split(MARK)
    for place in _intricate(messages, text, bare):
        found[place] = messages[place]
    return found


def _intricate(messages: Sequence[bytes], text: bytes, bare: bytes) -> Iterator[int]:
    """Yield the places of messages whose values can't be told by their quotes."""
    small = text.lower()
    if _may_be_odd(small):
        ends = [*accumulate(len(one) + 1 for one in messages)]
        marks = [found.start() for found in _ODD.finditer(small)]
        yield from np.unique(np.searchsorted(ends, marks, "right")).tolist()
    if _QUOTE in text and _QUOTE in (rest := _NAME.sub(b"", text)):
        for place, one in enumerate(rest.split(MARK)):
            if _QUOTE in one:
                yield place
    if small.count(_RETURNING) != bare.lower().count(_RETURNING):
        for place, one in enumerate(messages):
            if _RETURNING in one.lower():
                yield place


def _may_be_odd(text: bytes) -> bool:
    """Tell cheaply whether it is worth while to look where texts are odd."""
    return (
        any(mark in text for mark in _SINGLE)
        or any(pair[:1] in text and pair in text for pair in _PAIRS)
        or _EXPLAIN in text
        or (b"$" in text and _DOLLAR.search(text) is not None)
    )
