"""Numbers that stand for texts, and texts that stand for numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from ipaddress import IPv4Address

import polars as pl

from ringfence.egress.forms.canonical import EXACT_FLOAT
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index.known import Shape
from ringfence.egress.inspection import patterns
from ringfence.egress.inspection.decoding import Decoder
from ringfence.egress.inspection.limits import Limits
from ringfence.egress.inspection.sightings import Doubt, Written
from ringfence.egress.inspection.unpacking import Span

ADDRESS_NAME = re.compile(r"(?i)(?:^|[^a-z])(?:ip|ipv4|addr|address|host|client|peer)")
WORDS = 2**64  # a signed number that is negative stands for so much more
TEXT = pl.col("text")
_NUMBERED = {Kind.ACCOUNT_ID, Kind.PHONE, Kind.DEVICE_ID, Kind.GOV_ID}


def decoders(shapes: Mapping[Kind, Shape]) -> tuple[Decoder, ...]:
    """Return the decoders that the kinds of an index ask for."""
    found = []
    if Kind.IP in shapes:
        pattern = patterns.ADDRESSED
        found.append(Decoder(pattern, pattern, _addressed))
    if _NUMBERED & {*shapes}:
        found.append(Decoder(patterns.FLOAT, patterns.FLOAT, _exact))
    shape = shapes.get(Kind.ACCOUNT_ID)
    if shape and shape.digits and _is_long(shapes):
        found.append(Decoder(patterns.ROUNDED, patterns.ROUNDED, _rounded))
    return tuple(found)


def _addressed(span: str, limits: Limits) -> list[Span]:
    del limits
    found = re.search(r"(0[xX][0-9a-fA-F]{8}|[0-9]+)$", span)
    number = int(found[0], 0 if found[0][:2] in {"0x", "0X"} else 10) if found else 0
    is_one = 2**24 <= number < 2**32
    return [Span(str(IPv4Address(number)), Written.NUMBER)] if is_one else []


def _exact(span: str, limits: Limits) -> list[Span]:
    del limits
    number = Decimal(span)
    is_one = number <= EXACT_FLOAT and number == number.to_integral_value()
    return [Span(str(int(number)), Written.NUMBER)] if is_one else []


def _rounded(span: str, limits: Limits) -> list[Span]:
    del limits
    is_beyond = float(span) > EXACT_FLOAT
    return [Span("", Written.NUMBER, Doubt.ROUNDED)] if is_beyond else []


Texts = list[tuple[Written, pl.DataFrame]]


def texts(series: pl.Series, shapes: Mapping[Kind, Shape]) -> tuple[Texts, pl.Series]:
    """Return what numbers are as texts, and the rows that a float has rounded.

    A negative number is read without its sign, and as the unsigned one that has the
    same 64 bits. A number in a column that is called after addresses is read as one.
    """
    rows = pl.int_range(len(series), dtype=pl.UInt32, eager=True)
    frame = pl.DataFrame({"row": rows, "number": series}).drop_nulls()
    rounded = pl.Series([], dtype=pl.UInt32)
    number = pl.col("number")
    if series.dtype.is_float():
        whole = frame.filter(number.is_finite() & (number == number.round()))
        beyond = whole.filter(number.abs() > EXACT_FLOAT)
        if _is_long(shapes):
            rounded = beyond["row"]
        exact = number.abs() <= EXACT_FLOAT
        frame = whole.filter(exact).with_columns(number.cast(pl.Int64))
    elif series.dtype.is_decimal():
        frame = frame.with_columns(number.cast(pl.String).str.replace(r"\.0+$", ""))
    plain = frame.select("row", number.cast(pl.String).alias("text"))
    signed = plain.filter(TEXT.str.starts_with("-"))
    found: Texts = [
        (Written.PLAIN, plain.with_columns(TEXT.str.strip_chars_start("-")))
    ]
    if not signed.is_empty():
        unsigned = [str(int(text) % WORDS) for text in signed["text"]]
        numbered = signed.with_columns(pl.Series("text", unsigned))
        found.append((Written.NUMBER, numbered))
    if Kind.IP in shapes and ADDRESS_NAME.search(series.name):
        found.append((Written.NUMBER, _as_addresses(plain)))
    return found, rounded


def _is_long(shapes: Mapping[Kind, Shape]) -> bool:
    shape = shapes.get(Kind.ACCOUNT_ID)
    return shape is not None and shape.longest >= len(str(EXACT_FLOAT))


def _as_addresses(plain: pl.DataFrame) -> pl.DataFrame:
    """Return numbers as IPv4 addresses; a negative one is a signed 32-bit number."""
    number = TEXT.cast(pl.Int64, strict=False)
    folded = pl.when(number < 0).then(number + 2**32).otherwise(number)
    octets = [(folded // 2**shift % 256).cast(pl.String) for shift in (24, 16, 8, 0)]
    return plain.filter(folded.is_between(2**24, 2**32 - 1)).with_columns(
        pl.concat_str(octets, separator=".").alias("text")
    )


def neighbours(left: pl.Series, right: pl.Series) -> pl.DataFrame:
    """Return the addresses that two columns make, either way round."""
    rows = pl.int_range(len(left), dtype=pl.UInt32, eager=True)
    frame = pl.DataFrame(
        {"row": rows, "one": left.cast(pl.String), "other": right.cast(pl.String)}
    ).drop_nulls()
    bare = frame.with_columns(pl.col("one", "other").str.strip_chars(" \t@"))
    is_host = r"^[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}\.?$"
    is_local = r"^[^\s@]{1,64}$"
    parts = [
        bare.filter(
            pl.col(host).str.contains(is_host) & pl.col(local).str.contains(is_local)
        ).select("row", pl.concat_str(local, pl.lit("@"), host).alias("text"))
        for local, host in (("one", "other"), ("other", "one"))
    ]
    return pl.concat(parts)
