"""Texts folded to what a reader sees: an address must not hide behind its glyphs.

NFKC (UAX 15), without what has no width, digits of every script as 0 to 9, dashes and
stops of every width as ASCII ones, look-alike letters as the Latin ones they look like.
"""

from __future__ import annotations

import unicodedata

from ringfence.egress.forms.lookalikes import LETTERS

CONTROLS = "".join(map(chr, (*range(9), *range(14, 32), 127)))
WIDTHLESS = (
    CONTROLS
    + "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f"
    "\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\ufeff"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE0000, 0xE0080)))
)
"""Signs that take no room: controls, soft hyphens, joiners, marks of direction, ..."""

DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc"
STOPS = "\u3002\uff61\u2024\u00b7\u30fb"

GLYPHS = str.maketrans(
    dict.fromkeys(WIDTHLESS)
    | dict.fromkeys(DASHES, "-")
    | dict.fromkeys(STOPS, ".")
    | LETTERS
)
BARE = str.maketrans(dict.fromkeys(WIDTHLESS))


def fold(text: str) -> str:
    """Return what a reader sees, in ASCII as far as it looks like ASCII."""
    if text.isascii():
        return text.translate(BARE)
    # What has no width goes first: it keeps NFKC from composing what is around it.
    plain = unicodedata.normalize("NFKC", text.translate(BARE)).translate(GLYPHS)
    if plain.isascii():
        return plain
    return "".join(
        str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in plain
    )
