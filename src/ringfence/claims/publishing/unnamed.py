"""Nothing that leaves a docket names anybody whom the docket hides.

What is sealed is looked for in every file of an export, its name included: as it is
written, as a reader sees it, in whatever coding a text can carry another text, and as
one of the digests that are guessed from a name in no time. An export is small, so it is
looked through letter by letter; the exit's scan of large payloads has other means.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
import html
import quopri
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from ringfence.egress.forms.folding import fold
from ringfence.egress.inspection.limits import Limits
from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.inspection.unpacking import unpack

DEPTH = 4
LEAST = 5
"""Letters and digits that a sealed text has to have to be found inside a word."""
MOST = 1 << 26
"""Characters that are looked through in all, whatever an export unfolds to."""
NOISE = 0.3
"""So much of what was decoded may be no text, or nobody has written it."""
_PLAIN = bytes(range(32, 127)) + b"\t\n\r"
_DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
_RUN64 = re.compile(r"[A-Za-z0-9+/_\-]{6,}={0,2}")
_RUN32 = re.compile(r"[A-Za-z2-7]{8,}={0,6}")
_RUN16 = re.compile(r"(?:[0-9A-Fa-f]{2}[\s:,\-]?(?:\\x|0x|%)?){4,}")
_RUN85 = re.compile(r"[!-u]{6,}")
_RUN85B = re.compile(r"[0-9A-Za-z!#$%&()*+\-;<=>?@^_`{|}~]{6,}")
_ESCAPE = re.compile(
    r"\\+(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2}))"
    r"|\\([\"\\/])"
)
_ADDRESS = re.compile(r"[^\s<>,;]+@[^\s<>,;]+")
_CALL = re.compile(r"\+?[0-9][0-9 ().\-/]{5,}[0-9]")
_HALF32 = {1, 3, 6}  # so many digits over make no byte (RFC 4648, section 6)
_PART = re.compile(r"[,;\n\t|]+")
_HEX_NOISE = re.compile(r"\\x|0x|[\s:,\-%]")


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
    needles = _Needles([*hidden])
    found = set()
    for name, content in files.items():
        for text in (name, content.decode("utf-8", "replace"), *_texts(content)):
            for layer in layers(text):
                found |= {Named(of, name) for of in needles.within(layer)}
    return sorted(found)


class _Needles:
    """What is looked for, in the spelling in which texts are compared."""

    def __init__(self, hidden: list[Hidden]) -> None:
        self._within: dict[str, set[str]] = {}
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
            self._within.setdefault(digest, set()).add(of)

    def _keep(self, spelt: str, of: str) -> None:
        if len(spelt) >= LEAST:
            self._within.setdefault(spelt, set()).add(of)
        elif spelt:
            self._words.setdefault(f" {spelt} ", set()).add(of)

    def within(self, text: str) -> Iterator[str]:
        """Yield whom a text names."""
        words = _words(text)
        squeezed = "".join(words)
        for needle, of in self._within.items():
            if needle in squeezed:
                yield from of
        line = f" {' '.join(words)} {' '.join(_runs(words))} "
        for needle, of in self._words.items():
            if needle in line:
                yield from of


def _words(text: str) -> list[str]:
    """Return the letters and digits of a text as a reader sees them, by word."""
    plain = fold(fold(text).casefold())
    return "".join(sign if sign.isalnum() else " " for sign in plain).split()


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


# --- texts within texts ---------------------------------------------------------------


def layers(text: str) -> Iterator[str]:
    """Yield a text, and every text that is encoded in it, to a depth of four.

    So many characters are looked through and no more: an export that unfolds to more
    is none of ours.

    Raises:
        OverflowError: It unfolds to more.
    """
    seen = {text}
    left = [text]
    budget = MOST
    for _ in range(DEPTH + 1):
        following = []
        for one in left:
            budget -= len(one)
            if budget < 0:
                raise OverflowError("an export unfolds to more than can be looked at")
            yield one
            following += [inner for inner in _decoded(one) if inner not in seen]
        left = [*dict.fromkeys(following)]
        seen |= {*left}


def _decoded(text: str) -> Iterator[str]:
    for decode in (html.unescape, _unescaped, fold):
        if (found := decode(text)) != text:
            yield found
    if "%" in text or "=" in text:
        yield from _texts(unquote_to_bytes(text.encode("utf-8", "replace")))
        yield from _texts(quopri.decodestring(text.encode("utf-8", "replace")))
    for pattern, undo in _CODINGS:
        for run in {found[0] for found in pattern.finditer(text)}:
            for content in undo(run):
                yield from _texts(content)


def _unescaped(text: str) -> str:
    def sign(found: re.Match[str]) -> str:
        if found[4]:
            return found[4]
        number = int(found[1] or found[2] or found[3], 16)
        return chr(number) if number <= 0x10FFFF else ""  # noqa: PLR2004 - Unicode's

    plain = _ESCAPE.sub(sign, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _from_64(run: str) -> Iterator[bytes]:
    plain = run.replace("-", "+").replace("_", "/").rstrip("=")
    for start in range(4):
        cut = plain[start:]
        cut = cut[: len(cut) - (len(cut) % 4 == 1)]
        yield base64.b64decode(cut + "=" * (-len(cut) % 4))


def _from_32(run: str) -> Iterator[bytes]:
    plain = run.upper().rstrip("=")
    for start in range(8):
        cut = plain[start:]
        while len(cut) % 8 in _HALF32:
            cut = cut[:-1]
        yield _tried(base64.b32decode, cut + "=" * (-len(cut) % 8))


def _from_16(run: str) -> Iterator[bytes]:
    digits = _HEX_NOISE.sub("", run)
    for start in (0, 1):
        cut = digits[start:]
        yield bytes.fromhex(cut[: len(cut) // 2 * 2])


def _from_85(run: str) -> Iterator[bytes]:
    for bare in {run, run.strip('"')}:  # a quote may be of the run, or around it
        yield from (_tried(base64.a85decode, bare[start:]) for start in range(5))


def _from_85b(run: str) -> Iterator[bytes]:
    yield from (_tried(base64.b85decode, run[start:]) for start in range(5))


def _tried(undo: Callable[[str], bytes], text: str) -> bytes:
    try:
        return undo(text)
    except (binascii.Error, ValueError, OverflowError):
        return b""


_CODINGS: tuple[tuple[re.Pattern[str], Callable[[str], Iterator[bytes]]], ...] = (
    (_RUN64, _from_64),
    (_RUN32, _from_32),
    (_RUN16, _from_16),
    (_RUN85, _from_85),
    (_RUN85B, _from_85b),
)


def _texts(content: bytes) -> Iterator[str]:
    """Yield what some bytes say as text, packed or not; noise says nothing."""
    unpacked = unpack(content, Limits())
    if isinstance(unpacked, bytes):
        content = unpacked
    elif isinstance(unpacked, Doubt):
        return
    text = content.decode("utf-8", "replace")
    odd = text.count("\ufffd")
    if odd + text.count("\0") < len(text) * NOISE:
        yield text
        if not odd:
            return
    for coding, zeros in (("utf-16-le", content[1::2]), ("utf-16-be", content[::2])):
        if zeros.count(0) > len(zeros) * (1 - NOISE):
            yield content.decode(coding, "replace")
    if len(content.translate(None, _PLAIN)) < len(content) * NOISE:
        yield content.decode("latin-1")
