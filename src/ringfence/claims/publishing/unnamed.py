"""Nothing that leaves a docket names anybody whom the docket hides.

What is sealed is looked for in every file of an export, its name included: as it is
written, as a reader sees it, in whatever coding a text can carry another text, and as
one of the digests that are guessed from a name in no time. An export is small, so it is
looked through letter by letter; the exit's scan of large payloads has other means.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ringfence.claims.publishing.unfolding import folded, texts_of, unfolded

LEAST = 5
"""Letters and digits that a sealed text has to have to be found inside a word."""
_DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
_ADDRESS = re.compile(r"[^\s<>,;]+@[^\s<>,;]+")
_CALL = re.compile(r"\+?[0-9][0-9 ().\-/]{5,}[0-9]")
_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r"[,;\n\t|]+")


@dataclass(frozen=True, slots=True)
class Hidden:
    """A text that is sealed.

    Attributes:
        of: Whose it is, as people say it: `P3`.
        text: The text.
    """

    of: str
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Named:
    """Somebody is named in an export; by whom the docket calls them, never by name."""

    of: str
    file: str


def parts_of(text: str) -> Iterator[str]:
    """Yield what a sealed text names: itself, its parts, addresses and numbers."""
    yield text
    yield from _PART.split(text)
    for pattern in (_ADDRESS, _CALL):
        yield from (found[0] for found in pattern.finditer(text))


def named(files: Mapping[str, bytes], hidden: Iterable[Hidden]) -> list[Named]:
    """Return who is named in some files.

    Args:
        files: What is to leave, by the name that it leaves under.
        hidden: What is sealed.
    """
    needles = _Needles(hidden)
    shown = {
        name: {name, content.decode("utf-8", "replace"), *texts_of(content)}
        for name, content in files.items()
    }
    inner = unfolded(text for texts in shown.values() for text in texts)
    who = {text: needles.within(text) for text in inner}
    found = set()
    for name, left in shown.items():
        seen = set[str]()
        while left:
            text = left.pop()
            seen.add(text)
            found |= {Named(of, name) for of in who[text]}
            left |= {one for one in inner[text] if one not in seen}
    return sorted(found)


class _Needles:
    """What is looked for, in the spelling in which texts are compared."""

    def __init__(self, hidden: Iterable[Hidden]) -> None:
        self._within: dict[str, dict[str, set[str]]] = {}
        self._words: dict[str, set[str]] = {}
        for one in hidden:
            for part in parts_of(one.text):
                self._add(part, one.of)

    def _add(self, text: str, of: str) -> None:
        words = _words(text)
        phones = {*_phones(text)}
        for spelt in {tuple(words), tuple(words[::-1])}:
            whole = "".join(spelt)
            for way in (whole, whole[::-1], _rotated(whole)):
                self._keep(way, of)
            if len(spelt) > 1:
                line = " ".join(spelt)
                for way in (line, line[::-1], _rotated(line)):
                    self._words.setdefault(f" {way} ", set()).add(of)
        for number in phones:
            self._keep(number, of)
            self._keep(number[::-1], of)
        for digest in _digests({*_spellings(text), *phones}):
            self._keep(digest, of)

    def _keep(self, spelt: str, of: str) -> None:
        if len(spelt) >= LEAST:
            alike = self._within.setdefault(spelt[:LEAST], {})
            alike.setdefault(spelt, set()).add(of)
        elif spelt:
            self._words.setdefault(f" {spelt} ", set()).add(of)

    def within(self, text: str) -> set[str]:
        """Return whom a text names."""
        words = _words(text)
        squeezed = "".join(words)
        line = f" {' '.join(words)} {' '.join(_runs(words))} "
        # Few of all that is looked for begin like anything that stands there.
        starts = {squeezed[at : at + LEAST] for at in range(len(squeezed))}
        found = set[str]()
        for start in starts & self._within.keys():
            for needle, of in self._within[start].items():
                found |= of if needle in squeezed else set()
        for needle, of in self._words.items():
            found |= of if needle in line else set()
        return found


def _words(text: str) -> list[str]:
    """Return the letters and digits of a text as a reader sees them, by word."""
    return _WORD.findall(folded(folded(text).casefold()))


def _runs(words: list[str]) -> Iterator[str]:
    """Yield what single letters make that stand apart: `L i`."""
    run = ""
    for word in (*words, "  "):
        if len(word) == 1:
            run += word
            continue
        if run:
            yield run
        run = ""


def _spellings(text: str) -> Iterator[str]:
    """Yield how a text is spelt by those who digest it."""
    words = _words(text)
    yield from (text, text.strip(), text.strip().casefold(), "".join(words))
    for some in (words, text.split()):
        yield " ".join(some)
        yield " ".join(some[::-1])
        yield ", ".join(some[::-1])


def _digests(texts: Iterable[str]) -> Iterator[str]:
    """Yield their digests: whoever has one tries names out, so it hides nothing."""
    for text in texts:
        for name in _DIGESTS:
            found = hashlib.new(name, text.encode(), usedforsecurity=False)
            yield found.hexdigest()


def _rotated(text: str) -> str:
    return codecs.encode(text, "rot13")


def _phones(text: str) -> Iterator[str]:
    """Yield the digits of a telephone number, with and without what leads abroad."""
    if _CALL.fullmatch(text.strip()):
        digits = "".join(sign for sign in text if sign.isdigit()).lstrip("0")
        for cut in (digits, digits.removeprefix("1")):
            if len(cut) >= LEAST:
                yield from (cut, f"+{cut}")
