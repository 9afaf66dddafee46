"""Texts within texts: what a text says in whatever coding a text can carry another one.

Every text is decoded once, wherever it stands and however often: the same digests and
words come back in each layer of a file and in each file of an export. What decodes to
noise says nothing and is dropped.
"""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from urllib.parse import unquote_to_bytes

import numpy as np

from ringfence.egress.forms.folding import BARE, fold
from ringfence.egress.inspection.limits import Limits
from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.inspection.unpacking import unpack

DEPTH = 4
MOST = 1 << 26
"""Characters that are looked through in all, whatever an export unfolds to."""
NOISE = 0.3
"""So much of what was decoded may be no text, or nobody has written it."""
_PLAIN = bytes(range(32, 127)) + b"\t\n\r"
_RUN64 = re.compile(r"[A-Za-z0-9+/_\-]{6,}={0,2}")
_RUN32 = re.compile(r"[A-Za-z2-7]{8,}={0,6}")
_RUN16 = re.compile(r"(?:[0-9A-Fa-f]{2}[\s:,\-]?(?:\\x|0x|%)?){4,}")
_RUN85 = re.compile(r"[!-u]{6,}")
_RUN85B = re.compile(r"[0-9A-Za-z!#$%&()*+\-;<=>?@^_`{|}~]{6,}")
_ESCAPE = re.compile(
    r"\\+(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2}))"
    r"|\\([\"\\/])"
)
_FAR = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")
_CONTROL = re.compile(f"[{re.escape(''.join(filter(str.isascii, map(chr, BARE))))}]")
_HALF32 = {1, 3, 6}  # so many digits over make no byte (RFC 4648, section 6)
_HEX_NOISE = re.compile(r"\\x|0x|[\s:,\-%]")
_PACKED = (b"\x1f", b"(", b"x", b"B")  # how what is packed begins
_BETWEEN = re.compile(r'["<>]+')
_FIVE = 5  # digits that are four bytes
_WEIGHTS = np.array([85**power for power in (4, 3, 2, 1, 0)], np.uint64)
_DIGITS85 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS85 += b"!#$%&()*+-;<=>?@^_`{|}~"
_VALUES85 = bytes(range(85))


def unfolded(texts: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """Return which texts are encoded in which, to a depth of four.

    So many characters are looked through and no more: an export that unfolds to more
    is none of ours.

    Raises:
        OverflowError: It unfolds to more.
    """
    found: dict[str, Sequence[str]] = {}
    undo = _Undoing()
    left = [*dict.fromkeys(texts)]
    budget = MOST
    for depth in range(DEPTH + 1):
        following = dict[str, None]()
        for one in left:
            budget -= len(one)
            if budget < 0:
                raise OverflowError("an export unfolds to more than can be looked at")
            found[one] = [*undo.all_of(one)] if depth < DEPTH else ()
            following |= dict.fromkeys(found[one])
        left = [one for one in following if one not in found]
    return found


class _Undoing:
    """Codings undone, each run of signs once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], list[str]] = {}

    def all_of(self, text: str) -> Iterator[str]:
        """Yield what a text says in the codings of a whole text, and in its runs."""
        for decode in (html.unescape, _unescaped, folded):
            if (found := decode(text)) != text:
                yield found
        if "%" in text or "=" in text:
            content = text.encode("utf-8", "replace")
            yield from texts_of(unquote_to_bytes(content))
            yield from texts_of(quopri.decodestring(content))
        for number, (pattern, undo) in enumerate(_CODINGS):
            runs = dict.fromkeys(found[0] for found in pattern.finditer(text))
            new = [run for run in runs if (number, run) not in self._known]
            for run, contents in zip(new, undo(new), strict=True):
                said = [one for content in contents for one in texts_of(content)]
                self._known[number, run] = said
            for run in runs:
                yield from self._known[number, run]


def folded(text: str) -> str:
    """Return what a reader sees: `fold` of it, at the cost of what isn't ASCII.

    What follows an ASCII sign may change it (an accent of its own), and no ASCII sign
    changes what it follows.
    """
    plain = _CONTROL.sub("", text)
    return plain if plain.isascii() else _FAR.sub(lambda found: fold(found[0]), plain)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text

    def sign(found: re.Match[str]) -> str:
        if found[4]:
            return found[4]
        number = int(found[1] or found[2] or found[3], 16)
        return chr(number) if number <= 0x10FFFF else ""  # noqa: PLR2004 - Unicode's

    plain = _ESCAPE.sub(sign, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _from_64(runs: Sequence[str]) -> Iterator[list[bytes]]:
    for run in runs:
        plain = run.replace("-", "+").replace("_", "/").rstrip("=")
        cuts = [plain[start:] for start in range(4)]
        cuts = [cut[: len(cut) - (len(cut) % 4 == 1)] for cut in cuts]
        yield [binascii.a2b_base64(cut + "=" * (-len(cut) % 4)) for cut in cuts]


def _from_32(runs: Sequence[str]) -> Iterator[list[bytes]]:
    for run in runs:
        plain = run.upper().rstrip("=")
        found = []
        for start in range(8):
            cut = plain[start:]
            while len(cut) % 8 in _HALF32:
                cut = cut[:-1]
            found.append(base64.b32decode(cut + "=" * (-len(cut) % 8)))
        yield found


def _from_16(runs: Sequence[str]) -> Iterator[list[bytes]]:
    for run in runs:
        digits = _HEX_NOISE.sub("", run)
        cuts = (digits[start:] for start in (0, 1))
        yield [bytes.fromhex(cut[: len(cut) // 2 * 2]) for cut in cuts]


def _from_85(runs: Sequence[str]) -> Iterator[list[bytes]]:
    # Quotation marks and brackets may be of the run, or stand around it.
    forms = [[*dict.fromkeys((run, *_BETWEEN.split(run)))] for run in runs]
    forms = [[one for one in each if len(one) > _FIVE] for each in forms]
    cuts = [cut for each in forms for one in each for cut in _starts(one)]
    contents = _of_fives(cuts, bytes(range(33, 118)))
    for each in forms:
        yield [next(contents) for _ in range(_FIVE * len(each))]


def _from_85b(runs: Sequence[str]) -> Iterator[list[bytes]]:
    contents = _of_fives([cut for run in runs for cut in _starts(run)], _DIGITS85)
    for _ in runs:
        yield [next(contents) for _ in range(_FIVE)]


def _starts(run: str) -> list[str]:
    return [run[start:] for start in range(_FIVE)]


def _of_fives(cuts: Sequence[str], digits: bytes) -> Iterator[bytes]:
    """Yield the bytes of each text, of which five digits are four bytes.

    Five that are too large for four bytes become noise, and so do the texts around.
    """
    whole = [cut + chr(digits[-1]) * (-len(cut) % _FIVE) for cut in cuts]
    values = "".join(whole).encode().translate(bytes.maketrans(digits, _VALUES85))
    fives = np.frombuffer(values, np.uint8).reshape(-1, _FIVE).astype(np.uint64)
    content = (fives @ _WEIGHTS).astype(">u4").tobytes()
    at = 0
    for cut, padded in zip(cuts, whole, strict=True):
        size = len(padded) // _FIVE * 4
        yield content[at : at + size - (len(padded) - len(cut))]
        at += size


_CODINGS: tuple[
    tuple[re.Pattern[str], Callable[[Sequence[str]], Iterator[list[bytes]]]], ...
] = (
    (_RUN64, _from_64),
    (_RUN32, _from_32),
    (_RUN16, _from_16),
    (_RUN85, _from_85),
    (_RUN85B, _from_85b),
)


def texts_of(content: bytes) -> Iterator[str]:
    """Yield what some bytes say as text, packed or not; noise says nothing."""
    if content.startswith(_PACKED):
        unpacked = unpack(content, Limits())
        if isinstance(unpacked, Doubt):
            return
        content = content if unpacked is None else unpacked
    noise = len(content.translate(None, _PLAIN))
    if not noise:
        yield content.decode("ascii")
        return
    text = content.decode("utf-8", "replace")
    odd = text.count("\ufffd")
    if odd + text.count("\0") < len(text) * NOISE:
        yield text
        if not odd:
            return
    if content.count(0) > len(content) * NOISE:
        yield from _wide(content)
    if noise < len(content) * NOISE:
        yield content.decode("latin-1")


def _wide(content: bytes) -> Iterator[str]:
    """Yield what bytes say of which every other one is zero."""
    for coding, zeros in (("utf-16-le", content[1::2]), ("utf-16-be", content[::2])):
        if zeros.count(0) > len(zeros) * (1 - NOISE):
            yield content.decode(coding, "replace")
