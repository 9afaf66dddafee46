"""Letters of other scripts that look like Latin ones: facts of Unicode, as a table.

Taken are the small and capital letters of Cyrillic, Greek and Armenian, and a few Latin
ones, whose usual glyph is that of an ASCII letter (UTS 39 calls them confusable). What
NFKC already folds (full-width, mathematical, circled letters) is not repeated here.
"""

from __future__ import annotations

CYRILLIC = (
    (
        "\u0430\u0431\u0432\u0435\u04bb\u0456\u0458\u043a\u04cf\u043c\u043d",
        "abbehijklmh",
    ),
    (
        "\u043e\u051b\u0440\u0455\u0442\u0443\u0445\u051d\u04ae\u04af\u0501",
        "oqpstyxwyyd",
    ),
    ("\u0475\u050d", "vg"),
    (
        "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420",
        "abesijkmhop",
    ),
    ("\u0421\u0422\u0423\u0425\u051a\u051c\u04ba\u04c0\u04ae", "ctyxqwhly"),
    ("\u0441\u0451", "ce"),
)
GREEK = (
    (
        "\u03b1\u03bd\u03bf\u03c1\u03b9\u03c5\u03ba\u03c4\u03c7\u03b3\u03b5",
        "avopiuktxye",
    ),
    ("\u03b7\u03c9\u03c2\u03f3", "nwcj"),
    (
        "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1",
        "abezhikmnop",
    ),
    ("\u03a4\u03a5\u03a7\u03f9", "tyxc"),
)
OTHERS = (
    ("\u0585\u057d\u0578\u0570\u0581\u0561\u051b", "ounhgwq"),
    ("\u0131\u0251\u0261\u0269\u026a\u028f\u217c\u2113\u01bf\ua7b5", "iagiiyllpb"),
)
LETTERS: dict[str, str] = {
    odd: plain
    for odds, plains in (*CYRILLIC, *GREEK, *OTHERS)
    for odd, plain in zip(odds, plains, strict=True)
}
"""ASCII letter, in lower case, for each look-alike."""
