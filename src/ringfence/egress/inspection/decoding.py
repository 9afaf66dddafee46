"""Texts in which something may be encoded, and what they are once it is not.

Each decoder has a narrow trigger: a pattern of what it alone can bring to light. The
scan asks for all of them at once, and what has none is done with.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from json import JSONDecodeError
from json.decoder import scanstring
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
        plain, _ = scanstring(quoteless + '"', 0, False)
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


def joined(text: str, limits: Limits) -> list[Span]:
    """Return the addresses that two neighbouring values of JSON make."""
    del limits
    values = [found[1].strip("@") for found in QUOTED.finditer(text) if not found[2]]
    pairs = zip(values, values[1:], strict=False)
    made = [
        f"{local}@{domain}"
        for one, other in pairs
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
    Decoder(patterns.DIGEST64, patterns.DIGEST64, unpacking.from_digest),
    Decoder(patterns.IMAGE64, patterns.IMAGE64, unpacking.as_image),
    Decoder(patterns.CLOSED64, patterns.CLOSED64, unpacking.as_closed),
    Decoder(patterns.HEXED, patterns.HEXED_SPANS, unpacking.from_hex),
)
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


def triggered(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the texts in which something may be encoded."""
    return frame.filter(TEXT.str.contains(TRIGGER))


def decoded(
    frame: pl.DataFrame, limits: Limits, more: Iterable[Decoder] = ()
) -> Decoded:
    """Return what texts become by every decoder that has something to say.

    Args:
        frame: Columns `row` and `text`.
        limits: How far to go.
        more: Decoders beside the usual ones.
    """
    rows: dict[Written, list[tuple[int, str]]] = {}
    doubts: list[tuple[int, Doubt]] = []
    for decoder in (*DECODERS, *more):
        fitting = frame.filter(TEXT.str.contains(decoder.trigger))
        if decoder.spans and not fitting.is_empty():
            fitting = _spans(fitting, decoder.spans, limits, doubts)
        seen: dict[str, list[Span]] = {}
        for row, text in zip(fitting["row"], fitting["text"], strict=True):
            if text not in seen:
                seen[text] = list(decoder.decode(text, limits))
            for span in seen[text]:
                if span.doubt:
                    doubts.append((row, span.doubt))
                elif span.text != text:
                    rows.setdefault(span.written, []).append((row, span.text))
    schema = {"row": pl.UInt32, "text": pl.String}
    return Decoded(
        {
            written: pl.DataFrame(made, schema=schema, orient="row").unique()
            for written, made in rows.items()
        },
        doubts,
    )


def _spans(
    frame: pl.DataFrame, pattern: str, limits: Limits, doubts: list[tuple[int, Doubt]]
) -> pl.DataFrame:
    """Return the spans of texts; a text with too many of them is in doubt."""
    found = frame.select("row", TEXT.str.extract_all(pattern))
    many = found.filter(TEXT.list.len() > limits.spans)
    doubts.extend((row, Doubt.LIMIT) for row in many["row"])
    return found.with_columns(TEXT.list.head(limits.spans)).explode("text").drop_nulls()
