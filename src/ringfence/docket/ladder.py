"""How far a quote has come: written by a machine, heard by one, confirmed by another.

Only reviewers raise a quote. The first who hears a statement says what its words are;
it is confirmed by somebody else who typed the same words without having seen any.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ringfence.docket.objects import Hearing, Ref, Statement
from ringfence.docket.words import Rung

ORDER = (Rung.MACHINE, Rung.HEARD, Rung.CONFIRMED)
_SILENT = "'\u2019\u2018\u02bc"  # apostrophes: `don't` and `dont` are one word
_HEARD = "%‰&@#§"  # signs that stand for words
_VARIANTS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))


@dataclass(frozen=True, slots=True)
class Ladder:
    """Where the quote of a statement stands.

    Attributes:
        rung: The rung.
        quote: Its words: those of the first hearing, once there is one.
        heard: The first hearing; empty if nobody has listened.
        confirmed: The hearings that confirm it.
        differing: Later hearings that say other words.
    """

    rung: Rung
    quote: str
    heard: Ref = ""
    confirmed: tuple[Ref, ...] = ()
    differing: tuple[Ref, ...] = ()


def ladder(statement: Statement, hearings: Sequence[tuple[Ref, Hearing]]) -> Ladder:
    """Return where a quote stands after its hearings, in the order they were logged."""
    if not hearings:
        return Ladder(Rung.MACHINE, statement.quote)
    (first, told), later = hearings[0], hearings[1:]
    words = spoken(told.text)
    same = [one for one in later if spoken(one[1].text) == words]
    confirmed = tuple(
        ref for ref, one in same if one.blind and one.by != told.by and one.by
    )
    return Ladder(
        Rung.CONFIRMED if confirmed else Rung.HEARD,
        told.text,
        first,
        confirmed,
        tuple(one[0] for one in later if one not in same),
    )


def spoken(text: str) -> str:
    """Return the words of a text as two who listen may spell them alike.

    Case, compatibility forms, spaces, apostrophes and punctuation count for nothing;
    but what stands between digits does, and so do a dash before a digit and signs that
    are read aloud, such as `%`.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    plain = unicodedata.normalize("NFKC", folded)
    around = f" {plain} "
    kept = [_kept(around[at - 1 : at + 2]) for at in range(1, len(around) - 1)]
    return " ".join("".join(kept).split())


def _kept(three: str) -> str:
    before, one, after = three[0], three[1], three[2]
    kind = unicodedata.category(one)
    if one in _SILENT and not (before.isdigit() and after.isdigit()):
        return ""
    if kind == "Cf" or one in _VARIANTS:
        return ""  # nobody hears them
    if kind[0] == "P" and one not in _HEARD:
        joins = before.isdigit() or (kind == "Pd" and before.isspace())
        return one if joins and after.isdigit() else " "
    return " " if kind[0] in "CZ" else one


def difference(machine: str, heard: str) -> tuple[tuple[str, str], ...]:
    """Return the words in which two texts differ: each pair `(before, after)`.

    Equal stretches are left out; a word that only one of them has stands beside "".
    """
    before, after = machine.split(), heard.split()
    told = SequenceMatcher(
        a=[spoken(one) for one in before],
        b=[spoken(one) for one in after],
        autojunk=False,
    )
    return tuple(
        (" ".join(before[low:high]), " ".join(after[from_:to]))
        for kind, low, high, from_, to in told.get_opcodes()
        if kind != "equal"
    )


def head(chain: Iterable[tuple[Ref, bool]]) -> Ref:
    """Return which statement of a chain of corrections stands for all of them.

    A correction that nobody has heard doesn't replace what somebody has.

    Args:
        chain: The statements, the first one first, and whether each was heard.
    """
    told = tuple(chain)
    heard = [ref for ref, is_heard in told if is_heard]
    return (heard or [ref for ref, _ in told])[-1]
