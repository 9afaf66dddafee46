"""Which words of a transcript are in doubt: two engines, and what one says of itself.

A word is agreed when the second engine wrote the same at the same place of the best
alignment. Where the second engine heard something that the first left out, the words on
both sides of the gap are not agreed: what is missing has no word of its own to mark.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

import msgspec

from ringfence.docket.objects import Word

LEAST = 0.6
"""A word that its own engine gives less than this is in doubt."""
_JOINTS = str.maketrans(dict.fromkeys("-\u2010\u2011\u2012\u2013\u2014/", " "))
Pair = tuple[int | None, int | None]


def in_doubt(word: Word) -> bool:
    """Tell whether a word is in doubt."""
    return word.agrees is False or (word.prob is not None and word.prob < LEAST)


def plain(text: str) -> tuple[str, ...]:
    """Return what is compared of a text: its words, without case and punctuation.

    What a hyphen, a dash or a slash joins counts as several words.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    parts = unicodedata.normalize("NFKC", folded).translate(_JOINTS).split()
    bare = ("".join(c for c in part if _counts(c)) for part in parts)
    return tuple(part for part in bare if part)


def _counts(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNMS"


def aligned(ours: Sequence[str], theirs: Sequence[str]) -> list[Pair]:
    """Return an alignment of two texts with the fewest changes, in order.

    A pair holds the place in one text and in the other; None where one has nothing. Of
    alignments with as few changes, the one with most equal pairs is returned.
    """
    # Costs by rows; a change is worth more than any number of equal pairs takes away.
    much = len(ours) + len(theirs) + 1
    rows = [[place * much for place in range(len(theirs) + 1)]]
    for i, our in enumerate(ours):
        above, row = rows[-1], [(i + 1) * much]
        for j, their in enumerate(theirs):
            paired = above[j] + (-1 if our == their else much)
            row.append(min(paired, above[j + 1] + much, row[j] + much))
        rows.append(row)
    return list(_traced(rows, ours, theirs, much))[::-1]


def _traced(
    rows: Sequence[Sequence[int]],
    ours: Sequence[str],
    theirs: Sequence[str],
    much: int,
) -> Iterator[Pair]:
    """Yield the pairs of the cheapest way through a table, from its end."""
    i, j = len(ours), len(theirs)
    while i or j:
        cost = rows[i][j]
        if (
            i
            and j
            and cost
            == rows[i - 1][j - 1] + (-1 if ours[i - 1] == theirs[j - 1] else much)
        ):
            i, j = i - 1, j - 1
            yield i, j
        elif i and cost == rows[i - 1][j] + much:
            i -= 1
            yield i, None
        else:
            j -= 1
            yield None, j


def compared(words: Sequence[Word], second: Sequence[Word]) -> list[Word]:
    """Return words, each with whether the second engine heard the same."""
    ours = [(place, part) for place, w in enumerate(words) for part in plain(w.text)]
    theirs = [part for word in second for part in plain(word.text)]
    pairs = aligned([part for _, part in ours], theirs)
    doubted: set[int] = set()
    before: int | None = None  # the last of our parts that was passed
    for i, j in pairs:
        if i is None:
            beside = (before, 0 if before is None else before + 1)
            doubted.update(
                ours[at][0] for at in beside if at is not None and at < len(ours)
            )
            continue
        before = i
        if j is None or ours[i][1] != theirs[j]:
            doubted.add(ours[i][0])
    return [
        msgspec.structs.replace(word, agrees=place not in doubted)
        for place, word in enumerate(words)
    ]
