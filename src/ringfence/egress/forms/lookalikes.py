"""Letters of other scripts that look like Latin ones: facts of Unicode, as a table.

Taken are the small and capital letters of Cyrillic, Greek and Armenian, and a few Latin
ones, whose usual glyph is that of an ASCII letter (UTS 39 calls them confusable). What
NFKC already folds (full-width, mathematical, circled letters) is not repeated here.
"""

from __future__ import annotations

CYRILLIC = (
    ("абвеһіјкӏмноԛрѕтухԝҮүԁѵԍ", "abbehijklmhoqpstyxwyydvg"),
    ("АВЕЅІЈКМНОРСТУХԚԜҺӀҮ", "abesijkmhopctyxqwhly"),
    ("сё", "ce"),
)
GREEK = (
    ("ανοριυκτχγεηωϲϳ", "avopiuktxyenwcj"),
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ", "abezhikmnoptyxc"),
)
OTHERS = (
    ("օսոհցաԛ", "ounhgwq"),  # Armenian
    ("ıɑɡɩɪʏⅼℓƿꞵ", "iagiiyllpb"),  # Latin and letterlike
)
LETTERS: dict[str, str] = {
    odd: plain
    for odds, plains in (*CYRILLIC, *GREEK, *OTHERS)
    for odd, plain in zip(odds, plains, strict=True)
}
"""ASCII letter, in lower case, for each look-alike."""
