"""XML and HTML: as they are written, and as they read once the tags are gone.

An office document cuts a word into runs wherever its looks change, so an address may be
whole in no element; and what a reader sees may stand in an attribute alone.
"""

from __future__ import annotations

import html
import re

import numpy as np
import polars as pl

from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.opening.caps import Caps
from ringfence.egress.opening.portions import (
    Lines,
    Numbers,
    Part,
    Portions,
    Told,
    gap,
)
from ringfence.egress.opening.streams import Stream
from ringfence.egress.opening.text import Reader, lines_of

_ENDS = re.compile(
    r"</(?:\w+:)?(?:p|si|c|v|row|tr|td|th|div|li|h[1-6]|is|title|comment|f|author)>"
    r"|<(?:\w+:)?(?:br|tab)\b[^>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<!\[CDATA\[|\]\]>|<[^<>]*>")
_ROUNDED = re.compile(r"<v>([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)</v>")


def markup(stream: Stream, part: Part, caps: Caps) -> Portions:
    """Yield a document twice: raw by line, and by paragraph without its tags."""
    reader = Reader(stream, caps)
    rows = size = 0
    kept: list[bytes] = []
    for block in reader.blocks():
        found = lines_of(block)
        rows += len(found)
        yield Lines(part, found, reader.passed())
        size += len(block)
        if size <= caps.document:
            kept.append(block)
    if size > caps.document:
        yield gap(part, Doubt.LIMIT)
    yield from _read(b"".join(kept).decode(), part)
    yield from reader.gaps(part)
    yield Told(part, "markup", rows)


def _read(text: str, part: Part) -> Portions:
    numbers = [float(n) for n in _ROUNDED.findall(text) if "e" in n.lower()]
    if numbers:
        values = pl.Series(numbers, dtype=pl.Float64)
        yield Numbers(part, "", values, np.zeros(len(values), np.int64))
    shown = html.unescape(_TAG.sub("", _ENDS.sub("\n", text)))
    lines = [line for line in shown.split("\n") if line.strip()]
    if lines:
        yield Lines((*part, "text"), pl.Series(lines, dtype=pl.String), 0)
