"""One small text at a time: the same answers, without the cost of a column.

What is plain is answered here, with RE2 and one question to the index for each reading
of a candidate. Whatever is not plain (encoded, grouped in an odd way, swallowed by
something longer) is left to the scan: None says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import re2

from ringfence.egress.forms.canonical import DOTLESS, canonical
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index.known import Shape
from ringfence.egress.inspection import patterns, unpacking
from ringfence.egress.inspection.limits import Limits
from ringfence.egress.inspection.probing import (
    ENCLOSED,
    LEAST_HEX,
    NUMBER,
    SALTED,
    SWALLOWED,
    WHY,
    Probe,
)
from ringfence.egress.inspection.readings import (
    BASED,
    DIGESTS,
    DIVIDED,
    DOMAIN,
    HEXES,
    HOME_DIGITS,
    LOOSE,
    NUMERIC,
)
from ringfence.egress.inspection.sightings import Doubt, Doubts, Seen, Written

# The address as it stands is the only reading: two labels behind the @, or three.
LABEL = r"[a-z0-9]+(?:\-[a-z0-9]+)*"
GROUPING = re.compile(r"[^0-9A-Za-z]")
ZEROS = re.compile(r"\.0+$")
Reading = tuple[Kind, str, Written]
Held = dict[tuple[str, int, int], int]
"""How a candidate of somebody's is written, by candidate, number of kind, subject."""


# They are asked of candidates, which are short, and need no engine of their own.
MAIL = re.compile(
    rf"[a-z0-9][a-z0-9_\-]*(?:\.[a-z0-9_\-]+)*@{LABEL}(?:\.{LABEL})?\.[a-z]{{2,}}"
)
TURNED = re.compile(rf"[a-z0-9._+\-]+@{DOMAIN}")
SWALLOWS = re.compile(SWALLOWED)
HEXED = re.compile(patterns.HEXED)
IS_SALTED = re.compile(SALTED)
IS_ENCLOSED = re.compile(ENCLOSED)
IS_DIVIDED = re.compile(DIVIDED)
IS_BASED = re.compile(BASED)
IS_HEX = re.compile(r"[0-9a-fA-F]{12,}|[0-9]+")
RUN = re.compile(r"[0-9a-fA-F]{16,}")
MEMORY = 2**26
"""Bytes that RE2 may keep of states: with too few it makes them anew for each text."""
LEAST_ROUNDED = 9
"""Signs of the shortest float that has lost digits: `1.234e+20`."""
LONGEST = 400
"""A candidate of more signs is left to the scan."""


def compiled(pattern: bytes) -> re2.Pattern[bytes]:
    """Return a pattern of Rust's regex as RE2 reads it."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # bytes
    options.max_mem = MEMORY
    return re2.compile(pattern.replace(patterns.EDGE.encode(), rb"\b"), options)


class Glance:
    """Looks at one text."""

    def __init__(self, probe: Probe, triggers: tuple[str, ...], limits: Limits) -> None:
        """Look for what a probe looks for.

        Args:
            probe: What to look for.
            limits: How far to go.
            triggers: Patterns of what may be encoded.
        """
        self.known = probe.known
        self.limits = limits
        self.shapes = probe.shapes
        self.is_able = not (probe.is_worded or probe.others)
        trigger = "|".join(f"(?:{one})" for one in triggers)
        self.triggers = re2.compile(trigger.replace(patterns.EDGE, r"\b"))
        first = f"{trigger}|{patterns.GROUPED}"
        options = re2.Options()
        options.max_mem = MEMORY
        edged = first.replace(patterns.EDGE, r"\b").encode()
        self.first = re2.compile(edged, options)
        # Candidates are of ASCII: bytes spare RE2 to count signs.
        self.candidates = compiled(probe.pattern.encode())
        self.grouped = compiled(patterns.GROUPED.encode())
        self.inside = compiled(probe.inside.encode())
        self.separated = compiled((probe.separated or r"\z.").encode())
        least = min((shape.shortest for shape in self.shapes.values()), default=0)
        # A telephone number may come without its country code, a float in few signs.
        self.least = min(least - 1, LEAST_ROUNDED) if self.is_able else 0
        self.is_sparse = patterns.is_sparse(self.shapes)

    def is_nothing(self, text: str) -> bool:
        """Return whether a text is too short to be anything, and not encoded."""
        return len(text) < self.least and text.isascii()

    def is_encoded(self, text: str) -> bool:
        """Return whether something in a text may be encoded."""
        return self.triggers.search(text) is not None

    def look(self, text: str) -> tuple[Seen, Doubts] | None:
        """Return who stands in a text; None: it is for the scan to say."""
        found = self.held(text)
        return None if found is None else answer(*found)

    def held(self, text: str, *, is_open: bool = False) -> tuple[Held, bool] | None:
        """Return whose candidates are, and whether one is opaque; None: as in `look`.

        Args:
            text: A text.
            is_open: What is encoded in it is left to whoever asks.
        """
        if not self.is_able:
            return None
        content = text.encode("utf-8", "replace")
        fired = self.first.search(content)
        if fired and not is_open and self.triggers.search(text):
            return None
        found = {match[0] for match in self.candidates.finditer(content)}
        if fired and self.grouped.search(content):
            found.update(match[0] for match in self.separated.finditer(content))
        seen: Held = {}
        is_opaque = False
        for raw in map(bytes.decode, found):
            readings = None if self._hides(raw) else self._readings(raw)
            if readings is None:
                return None
            is_held = self._hold(raw, readings, seen)
            is_opaque |= not is_held and self._is_opaque(raw, text)
        return seen, is_opaque

    def _hides(self, raw: str) -> bool:
        """Return whether a candidate has swallowed one that has to be scanned."""
        # What is hexadecimal throughout has swallowed nothing that would be taken out.
        if IS_HEX.fullmatch(raw.strip('\\"')) or not SWALLOWS.search(raw):
            return False
        for match in self.inside.finditer(raw.encode()):
            inner = match[0].decode()
            readings = self._readings(inner)
            if readings is None or self._hold(inner, readings, {}):
                return True
            if self._is_opaque(inner, raw):
                return True
        return False

    def _hold(self, raw: str, readings: list[Reading], seen: Held) -> bool:
        """Note who holds any of some readings; return whether somebody does."""
        is_held = False
        for kind, form, written in readings:
            for subject in self.known.holders_of(kind, form):
                key = (raw, NUMBER[kind], subject)
                seen[key] = min(written, seen.get(key, written))
                is_held = True
        return is_held

    def _is_opaque(self, raw: str, text: str) -> bool:
        bare = raw.strip('\\"')
        if bare.isdigit() or not IS_SALTED.fullmatch(bare):
            return False
        return bool(IS_ENCLOSED.fullmatch(raw)) or raw == text.strip()

    def _readings(self, raw: str) -> list[Reading] | None:
        """Return what a candidate may be; None: more than is plain."""
        if "@" in raw:
            return self._address(raw)
        text = raw.strip('\\"')
        if len(raw) > LONGEST or self._is_text(raw):
            return None
        bare = text if text.isalnum() else GROUPING.sub("", text)
        made = self._figures if bare.isdigit() else self._lettered
        fits = []
        for kind, written_as, written in made(text, bare):
            shape = self.shapes[kind]
            form = canonical(kind, written_as)
            if form is not None and fitting(form, shape):
                fits.append((kind, form, written))
        return fits

    def _is_text(self, raw: str) -> bool:
        """Return whether a candidate is hexadecimal of what has to be scanned."""
        if len(raw) < LEAST_HEX or not HEXED.search(raw):
            return False
        spans = [
            span
            for run in RUN.findall(raw)
            for span in unpacking.from_hex(run, self.limits)
        ]
        if any(span.doubt or len(span.text) > LONGEST for span in spans):
            return True
        looked = [self.look(span.text) for span in spans]
        return any(one is None or one[0].row.size or one[1].row.size for one in looked)

    def _address(self, raw: str) -> list[Reading] | None:
        lowered = raw.lower().rstrip(".")
        is_plain = MAIL.fullmatch(lowered) and len(raw) <= LONGEST
        if not is_plain:
            return None
        local, _, domain = lowered.partition("@")
        forms = [(lowered, Written.PLAIN)]
        if domain in DOTLESS:
            forms = [(local.replace(".", "") + "@gmail.com", Written.PLAIN)]
        if domain.count(".") > 1:
            forms.append((lowered.rpartition(".")[0], Written.PLAIN))
        if "." in local:
            forms += [(form, Written.SPELLED) for form in _turned(lowered)]
        shape = self.shapes[Kind.EMAIL]
        return [
            (Kind.EMAIL, form, written)
            for form, written in forms
            if fitting(form, shape)
        ]

    def _lettered(self, text: str, bare: str) -> Iterator[Reading]:
        """Yield what has letters."""
        shapes, size = self.shapes, len(bare)
        if Kind.IP in shapes and IS_DIVIDED.search(text):
            yield Kind.IP, text, Written.PLAIN
        for kind in HEXES:
            if kind in shapes and _is_long(size, shapes[kind]):
                yield kind, bare, Written.PLAIN
        for kind in LOOSE:
            if kind in shapes and not shapes[kind].digits:
                yield kind, text, Written.PLAIN
        if size == len(text):
            yield from self._undivided(text, size)

    def _undivided(self, text: str, size: int) -> Iterator[Reading]:
        """Yield what has letters, and nothing between them."""
        shapes = self.shapes
        for kind in DIGESTS:
            if kind in shapes and _is_long(size, shapes[kind]):
                yield kind, text, Written.PLAIN
        if self.is_sparse and IS_BASED.fullmatch(text):
            least, most = patterns.based_sizes(shapes[Kind.ACCOUNT_ID])
            if least <= size <= most and int(text, 36) < 2**64:
                yield Kind.ACCOUNT_ID, str(int(text, 36)), Written.NUMBER

    def _figures(self, text: str, bare: str) -> Iterator[Reading]:
        """Yield what is of digits."""
        shapes, size = self.shapes, len(bare)
        if Kind.IP in shapes and IS_DIVIDED.search(text):
            yield Kind.IP, text, Written.PLAIN
        is_long = Kind.ACCOUNT_ID in shapes and size >= shapes[Kind.ACCOUNT_ID].shortest
        if is_long and ZEROS.sub("", text).isdigit():
            yield Kind.ACCOUNT_ID, text, Written.PLAIN
        for kind in NUMERIC:
            more = 1 if kind is Kind.DEVICE_ID else 0
            if kind in shapes and _is_long(size, shapes[kind], more):
                yield kind, bare, Written.PLAIN
        if Kind.DEVICE_ID in shapes and size in {15, 16}:
            yield Kind.DEVICE_ID, bare[:14], Written.PLAIN
        if Kind.PHONE in shapes:
            yield from self._phones(text, size)

    def _phones(self, text: str, size: int) -> Iterator[Reading]:
        """Yield telephone numbers."""
        shape = self.shapes[Kind.PHONE]
        is_fraction = text.replace(".", "", 1).isdigit() and not text.isdigit()
        if shape.shortest - 1 <= size <= shape.longest + 3 and not is_fraction:
            yield Kind.PHONE, text, Written.PLAIN
        if shape.shortest <= HOME_DIGITS and text.isdigit() and size == HOME_DIGITS:
            yield Kind.PHONE, "+" + text, Written.PLAIN
        if text.startswith("+"):
            plain = text.replace("(0)", "", 1)
            if plain != text:
                yield Kind.PHONE, plain, Written.PLAIN
            for _ in range(3):
                text, cuts = re.subn(r"[ .()/\-]+[0-9]+$", "", text)
                if not cuts:
                    break
                yield Kind.PHONE, text, Written.PLAIN


NOTHING = Seen.none(), Doubts.none()


def _turned(address: str) -> list[str]:
    """Return what an address is back to front, with less and less behind it."""
    found = TURNED.match(address[::-1].lstrip("._-+"))
    if found is None:
        return []
    asked = [found[0]]
    if found[0].partition("@")[2].count(".") > 1:
        asked.append(found[0].rpartition(".")[0])
    return [form for one in asked if (form := canonical(Kind.EMAIL, one))]


def _is_long(size: int, shape: Shape, more: int = 0) -> bool:
    return shape.shortest <= size <= shape.longest + more


def fitting(form: str, shape: Shape) -> bool:
    """Return whether an index may hold a form."""
    is_long = shape.shortest <= len(form) <= shape.longest
    return is_long and (not shape.digits or form.isdigit())


def answer(held: Held, is_opaque: bool) -> tuple[Seen, Doubts]:  # noqa: FBT001
    """Return what was seen in a text as columns."""
    if not held and not is_opaque:
        return NOTHING
    seen: dict[tuple[int, int], int] = {}
    for (_, kind, subject), written in held.items():
        seen[kind, subject] = min(written, seen.get((kind, subject), written))
    keys = sorted(seen)
    count = len(keys)
    return (
        Seen(
            np.zeros(count, np.uint32),
            np.array([kind for kind, _ in keys], np.uint8),
            np.array([seen[key] for key in keys], np.uint8),
            np.array([subject for _, subject in keys], np.uint64),
        ),
        Doubts(
            np.zeros(int(is_opaque), np.uint32),
            np.full(int(is_opaque), WHY[Doubt.OPAQUE], np.uint8),
        ),
    )
