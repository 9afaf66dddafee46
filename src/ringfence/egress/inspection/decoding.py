"""Texts in which something may be encoded, and what they are once it is not.

Each decoder has a narrow trigger: a pattern of what it alone can bring to light. The
scan asks for all of them at once, and what has none is done with.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from json import JSONDecodeError, loads
from typing import NamedTuple
from urllib.parse import unquote

import polars as pl

from ringfence.egress.forms.folding import fold
from ringfence.egress.inspection import patterns, unpacking
from ringfence.egress.inspection.limits import Limits
from ringfence.egress.inspection.sightings import Doubt, Written
from ringfence.egress.inspection.unpacking import Span

Decode = Callable[[str, Limits], Iterable[Span]]


class Decoder(NamedTuple):
    """One encoding.

    Attributes:
        trigger: What a text has in which it may be.
        spans: What to take out of it; empty: the whole text.
        decode: What the text, or a span of it, becomes.
    """

    trigger: str
    spans: str
    decode: Decode


ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")
HTML_DASHES = {"&hyphen;": "-", "&dash;": "-", "&shy;": ""}
SPELLED_AT = re.compile(
    rf"\s*[\[({{<_#*]+\s*{patterns.AT}\s*[\])}}>_#*]+\s*"
    rf"|(?<=[a-z0-9_])\s+{patterns.AT}\s+(?=[a-z0-9])|\s*@\s*",
    re.IGNORECASE,
)
SPELLED_DOT = re.compile(
    rf"\s*[\[({{<_#*]+\s*(?:{patterns.DOT}|\.)\s*[\])}}>_#*]+\s*"
    rf"|(?<=[a-z0-9_])\s+(?:{patterns.DOT}|\.)\s+(?=[a-z0-9])"
    r"|(?<=[a-z0-9_])\s+\.(?=[a-z0-9])",
    re.IGNORECASE,
)
QUOTED = re.compile(r'\\*"([^"\\]*)\\*"\s*(:?)')


def from_json(text: str, limits: Limits) -> list[Span]:
    """Return a text of JSON without escapes, one level of them."""
    del limits
    # A quote ends nothing here, and an escape of one is an escaped backslash.
    quoteless = text.replace('"', "\\u0022")
    try:
        plain: str = loads(f'"{quoteless}"', strict=False)
    except JSONDecodeError:
        plain = ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
        plain = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    else:
        if not plain.isascii():
            plain = plain.encode("utf-8", "replace").decode()
    return [Span(plain, Written.JSON)]


def from_url(text: str, limits: Limits) -> list[Span]:
    """Return a text without percent signs, one level of them."""
    del limits
    return [Span(unquote(text), Written.URL)]


def from_html(text: str, limits: Limits) -> list[Span]:
    """Return a text without character references."""
    del limits
    for entity, sign in HTML_DASHES.items():
        text = text.replace(entity, sign)
    return [Span(html.unescape(text), Written.HTML)]


def folded(text: str, limits: Limits) -> list[Span]:
    """Return a text as a reader sees it."""
    del limits
    return [Span(fold(text), Written.FOLDED)]


def unspelled(text: str, limits: Limits) -> list[Span]:
    """Return a text in which `[at]` and `[dot]` are signs."""
    del limits
    return [Span(SPELLED_DOT.sub(".", SPELLED_AT.sub("@", text)), Written.SPELLED)]


def ungrouped(text: str, limits: Limits) -> list[Span]:
    """Return digits without what stands between them."""
    del limits
    return [Span(re.sub(r"[^0-9a-fA-F]", "", text), Written.SPELLED)]


def joined(text: str, limits: Limits) -> list[Span]:
    """Return the addresses that two neighbouring values of JSON make."""
    del limits
    values = [found[1].strip("@") for found in QUOTED.finditer(text) if not found[2]]
    made = [
        f"{local}@{domain}"
        for one, other in pairwise(values)
        for local, domain in ((one, other), (other, one))
        if "." in domain and local
    ]
    return [Span("\n".join(made), Written.SPLIT)] if made else []


DECODERS = (
    Decoder(patterns.JSON, "", from_json),
    Decoder(patterns.URL, "", from_url),
    Decoder(patterns.HTML, "", from_html),
    Decoder(patterns.FOLDED, "", folded),
    Decoder(patterns.SPELLED, "", unspelled),
    Decoder(patterns.SPLIT, patterns.CHAINS, joined),
    Decoder(patterns.BASE64, patterns.BASE64_SPANS, unpacking.from_base64),
    Decoder(patterns.PACKED, patterns.PACKED_SPANS, unpacking.from_packed),
)
"""They are asked for at once."""

APART = Decoder(patterns.DIGEST64, patterns.DIGEST64_SPANS, unpacking.from_digest)
"""Its sign is rare; in one expression with the others it would slow all of them."""

RARE = (
    Decoder(patterns.IMAGE64, patterns.IMAGE64, unpacking.as_image),
    Decoder(patterns.CLOSED64, patterns.CLOSED64, unpacking.as_closed),
    Decoder(patterns.HEX_ESCAPED, patterns.HEX_ESCAPED_SPANS, unpacking.from_hex),
    Decoder(patterns.REGROUPED, patterns.REGROUPED, ungrouped),
)
"""They are asked for at once with the others, and then one by one."""

HEXED = Decoder(patterns.HEXED, "", unpacking.from_hex)
"""Its spans are candidates already: nobody looks for them again."""

TRIGGER = "|".join(f"(?:{decoder.trigger})" for decoder in DECODERS)
TEXT = pl.col("text")


class Decoded(NamedTuple):
    """What the texts of one round became.

    Attributes:
        frames: By writing: columns `row`, `text`.
        doubts: Rows that can't be decided, with why.
    """

    frames: dict[Written, pl.DataFrame]
    doubts: list[tuple[int, Doubt]]


class Decoding:
    """Decodes texts, as far as the limits go.

    Attributes:
        limits: These limits.
        rare: Decoders of what is rare.
        first: What is found wherever one of them has something to say.
    """

    def __init__(self, limits: Limits, more: Iterable[Decoder] = ()) -> None:
        """Decode with the usual decoders and some more."""
        self.limits = limits
        self.rare = (*RARE, *more)
        self.first = "|".join(f"(?:{decoder.trigger})" for decoder in self.rare)

    def decoded(
        self, frame: pl.DataFrame, fired: pl.DataFrame, hexed: pl.DataFrame
    ) -> Decoded:
        """Return what texts become by every decoder that has something to say.

        Args:
            frame: Texts: columns `row` and `text`.
            fired: Those of them in which `TRIGGER` or `first` may be found.
            hexed: Runs of hexadecimal digits in them.
        """
        made = _Made({}, [])
        if not fired.is_empty():
            triggered = fired.filter(TEXT.str.contains(TRIGGER))
            for decoder in DECODERS:
                self._decode(triggered, decoder, made)
            for decoder in self.rare:
                self._decode(fired, decoder, made)
        self._decode(frame.filter(TEXT.str.contains("=", literal=True)), APART, made)
        self._decode(hexed, HEXED, made)
        schema = {"row": pl.UInt32, "text": pl.String}
        return Decoded(
            {
                written: pl.DataFrame(rows, schema=schema, orient="row").unique()
                for written, rows in made.rows.items()
            },
            made.doubts,
        )

    def _decode(self, frame: pl.DataFrame, decoder: Decoder, made: _Made) -> None:
        if frame.is_empty():
            return
        fitting = frame.filter(TEXT.str.contains(decoder.trigger))
        if decoder.spans and not fitting.is_empty():
            fitting = _spans(fitting, decoder.spans, self.limits, made.doubts)
        seen: dict[str, list[Span]] = {}
        for row, text in zip(fitting["row"], fitting["text"], strict=True):
            if text not in seen:
                seen[text] = list(decoder.decode(text, self.limits))
            for span in seen[text]:
                if span.doubt:
                    made.doubts.append((row, span.doubt))
                elif span.text != text:
                    made.rows.setdefault(span.written, []).append((row, span.text))


class _Made(NamedTuple):
    """What is made as it goes."""

    rows: dict[Written, list[tuple[int, str]]]
    doubts: list[tuple[int, Doubt]]


def _spans(
    frame: pl.DataFrame, pattern: str, limits: Limits, doubts: list[tuple[int, Doubt]]
) -> pl.DataFrame:
    """Return the spans of texts; a text with too many of them is in doubt."""
    found = frame.select("row", TEXT.str.extract_all(pattern))
    many = found.filter(TEXT.list.len() > limits.spans)
    doubts.extend((row, Doubt.LIMIT) for row in many["row"])
    return found.with_columns(TEXT.list.head(limits.spans)).explode("text").drop_nulls()
