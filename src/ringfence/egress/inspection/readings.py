"""What a candidate may be: each kind with the spelling to ask the index for.

One candidate is read in several ways (a number may be an account's or a telephone's),
because asking is cheap and exact: a wrong reading finds nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import polars as pl

from ringfence.egress.forms import columns
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index.known import Shape
from ringfence.egress.inspection.patterns import based_sizes, is_sparse
from ringfence.egress.inspection.sightings import Written
from ringfence.egress.inspection.signs import BETWEEN, LETTERS, Sign, has

TEXT = pl.col("text")
DOMAIN = r"(?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+(?:xn--[a-z0-9\-]*[a-z0-9]|[a-z]{2,})"
PLAIN_LOCAL = r"([a-z0-9._+\-]+@.*)$"
ESCAPE = r"\\+(?:u[0-9a-f]{4}|x[0-9a-f]{2}|[nrtbfv\\/])|%[0-9a-f]{2}"
NUMERIC = (
    Kind.BANK_ACCOUNT,
    Kind.DEVICE_ID,
    Kind.ADVERTISING_ID,
    Kind.GOV_ID,
    Kind.EMAIL_DIGEST,
    Kind.PHONE_DIGEST,
)
SIZE = pl.col("size")
DIVIDED = r"::|^[0-9a-fA-F]+:.*:|^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$"
BASED = r"^(?:[0-9a-z]+|[0-9A-Z]+)$"
HOME_DIGITS = 10
HEXES = (Kind.DEVICE_ID, Kind.ADVERTISING_ID)
DIGESTS = (Kind.EMAIL_DIGEST, Kind.PHONE_DIGEST)
LOOSE = (Kind.ACCOUNT_ID, Kind.COOKIE, Kind.BANK_ACCOUNT, Kind.GOV_ID)
SPACED = r"[ .()/\-]"


class Reading(NamedTuple):
    """Candidates, read as one kind.

    Attributes:
        kind: The kind.
        frame: Columns `at` (place of the candidate) and `text` (as the kind reads it).
        written: How it is written, beyond how the candidate is.
    """

    kind: Kind
    frame: pl.DataFrame
    written: Written = Written.PLAIN


def readings(frame: pl.DataFrame, shapes: Mapping[Kind, Shape]) -> Iterator[Reading]:
    """Yield what candidates may be.

    Args:
        frame: Columns `at`, `text` and `signs`: the candidates, without quotes around
            them, and what `signs` says of them.
        shapes: The kinds that the index holds.
    """
    is_address = has(Sign.AT)
    if Kind.EMAIL in shapes:
        yield from addresses(frame.filter(is_address).select("at", "text"))
    plain = frame.filter(~is_address)
    divided = plain.filter(has(BETWEEN))
    if Kind.IP in shapes:
        yield Reading(Kind.IP, _asked(divided.filter(TEXT.str.contains(DIVIDED))))
    bare = pl.col("bare")
    parts = [plain.filter(~has(BETWEEN)).with_columns(TEXT.alias("bare"))]
    if not divided.is_empty():
        between = TEXT.str.replace_all(r"[^0-9A-Za-z]", "")
        parts.append(divided.with_columns(between.alias("bare")))
    plain = pl.concat(parts).with_columns(bare.str.len_bytes().alias("size"))
    yield from _lettered(plain.filter(has(LETTERS)), shapes)
    yield from _figures(plain.filter(~has(LETTERS)), shapes)


def _asked(frame: pl.DataFrame, text: str = "text") -> pl.DataFrame:
    return frame.select("at", pl.col(text).alias("text"))


def _fitting(frame: pl.DataFrame, shape: Shape, more: int = 0) -> pl.DataFrame:
    """Return candidates as long as a kind's identifiers, or a little longer."""
    return frame.filter(SIZE.is_between(shape.shortest, shape.longest + more))


def _lettered(frame: pl.DataFrame, shapes: Mapping[Kind, Shape]) -> Iterator[Reading]:
    """Yield what has letters: device identifiers, digests, account names."""
    if frame.is_empty():
        return
    lettered = {kind for kind, shape in shapes.items() if not shape.digits}
    for kind in lettered.intersection(HEXES):
        yield Reading(kind, _asked(_fitting(frame, shapes[kind]), "bare"))
    for kind in lettered.intersection(LOOSE):
        yield Reading(kind, _asked(frame))
    undivided = frame.filter(~has(BETWEEN))
    for kind in DIGESTS:
        if kind in shapes:
            yield Reading(kind, _asked(_fitting(undivided, shapes[kind])))
    if is_sparse(shapes):
        yield _based(undivided, shapes[Kind.ACCOUNT_ID])


def _based(frame: pl.DataFrame, shape: Shape) -> Reading:
    """Return words as the numbers that they are in base 36."""
    words = frame.filter(SIZE.is_between(*based_sizes(shape)))
    based = words.filter(TEXT.str.contains(BASED))
    number = TEXT.str.to_integer(base=36, dtype=pl.UInt64, strict=False)
    texts = based.with_columns(number.cast(pl.String)).drop_nulls("text")
    return Reading(Kind.ACCOUNT_ID, _asked(texts), Written.NUMBER)


def _figures(frame: pl.DataFrame, shapes: Mapping[Kind, Shape]) -> Iterator[Reading]:
    """Yield what is of digits, and what may stand between them."""
    if frame.is_empty():
        return
    if Kind.ACCOUNT_ID in shapes:
        yield _account(frame, shapes[Kind.ACCOUNT_ID])
    for kind in NUMERIC:
        if kind in shapes:
            more = 1 if kind is Kind.DEVICE_ID else 0
            yield Reading(kind, _asked(_fitting(frame, shapes[kind], more), "bare"))
    if Kind.DEVICE_ID in shapes:
        # A 15th digit checks the others, a 16th and 15th are the software's version.
        long = frame.filter(SIZE.is_between(15, 16))
        cut = long.with_columns(pl.col("bare").str.slice(0, 14))
        yield Reading(Kind.DEVICE_ID, _asked(cut, "bare"))
    if Kind.PHONE in shapes:
        yield from _phones(frame, shapes[Kind.PHONE])


def _account(frame: pl.DataFrame, shape: Shape) -> Reading:
    """Return accounts' numbers: zeros may stand before them, and behind a stop."""
    long = frame.filter(shape.shortest <= SIZE)
    bare = TEXT.str.strip_chars_start("0")
    alone = long.filter(~has(BETWEEN)).with_columns(
        pl.when(bare == "").then(pl.lit("0")).otherwise(bare).alias("text")
    )
    fits = TEXT.str.len_bytes().is_between(shape.shortest, shape.longest)
    ended = long.filter(has(BETWEEN)).filter(TEXT.str.contains(r"^[0-9]+\.0+$"))
    return Reading(Kind.ACCOUNT_ID, _asked(pl.concat([alone.filter(fits), ended])))


def _phones(frame: pl.DataFrame, shape: Shape) -> Iterator[Reading]:
    """Yield telephone numbers: of the home plan, of another, with more behind."""
    # Without its country code it is shorter; three digits more are dialled abroad.
    fits = SIZE.is_between(shape.shortest - 1, shape.longest + 3)
    fitting = frame.filter(fits)
    divided = fitting.filter(has(BETWEEN))
    whole = fitting.filter(~has(BETWEEN))
    numbers = divided.filter(~TEXT.str.contains(r"^[0-9]+\.[0-9]+$"))
    yield Reading(Kind.PHONE, _asked(pl.concat([whole, numbers])))
    plus = pl.concat_str(pl.lit("+"), TEXT).alias("text")
    if shape.shortest <= HOME_DIGITS:
        bare = whole.filter(HOME_DIGITS == SIZE)
        bare = bare.filter(TEXT.str.contains(r"^[2-9]"))
        yield Reading(Kind.PHONE, _asked(bare.with_columns(plus)))
    divided = frame.filter(has(BETWEEN))
    abroad = _asked(divided.filter(TEXT.str.contains(r"^\+.*[ .()/\-]")))
    if abroad.is_empty():
        return
    zero = abroad.filter(TEXT.str.contains("(0)", literal=True))
    without = TEXT.str.replace("(0)", "", literal=True)
    yield Reading(Kind.PHONE, zero.with_columns(without))
    for _ in range(3):  # numbers behind it, which are somebody else's
        abroad = abroad.filter(TEXT.str.contains(SPACED + "[0-9]+$"))
        abroad = abroad.with_columns(TEXT.str.replace(SPACED + "+[0-9]+$", ""))
        yield Reading(Kind.PHONE, abroad)


def addresses(frame: pl.DataFrame) -> Iterator[Reading]:
    """Yield e-mail addresses: as they stand, trimmed, and back to front."""
    if frame.is_empty():
        return
    lowered = frame.with_columns(TEXT.str.to_lowercase())
    # To find where a group ends is dear: what is an address throughout is told first.
    is_whole = TEXT.str.contains(rf"^[a-z0-9._+\-]+@{DOMAIN}$")
    told = lowered.with_columns(is_whole.alias("whole"))
    rest = told.filter(~pl.col("whole")).drop("whole")
    whole = told.filter(pl.col("whole")).drop("whole")
    if not rest.is_empty():
        whole = pl.concat([whole, _trimmed(rest, r"^(.*@" + DOMAIN + ")")])
    yield Reading(Kind.EMAIL, whole)
    is_odd = TEXT.str.contains(r"[^a-z0-9._+\-@]")
    odd = whole.filter(is_odd)
    if not odd.is_empty():
        bare = odd.with_columns(TEXT.str.replace_all(ESCAPE, " "))
        yield Reading(Kind.EMAIL, _trimmed(bare, PLAIN_LOCAL))
        yield Reading(Kind.EMAIL, _trimmed(bare, r"([a-z0-9._+'\-]+@.*)$"))
        yield Reading(Kind.EMAIL, _trimmed(bare, r"([^ ]+@.*)$"))
        # A backslash that isn't an escape's, as in a path.
        yield Reading(Kind.EMAIL, _trimmed(odd, PLAIN_LOCAL))
    led = whole.filter(TEXT.str.contains(r"^[._+'\-]"))
    yield Reading(Kind.EMAIL, _trimmed(led, r"^[._+'\-]+(.*)$"))
    shorter = whole
    for _ in range(3):  # the next sentence, with no space before it
        shorter = shorter.filter(TEXT.str.contains(r"@[^.]+\.[^.]+\."))
        shorter = _trimmed(shorter, r"^(.*@[^.]+\.[^.]+(?:\.[^.]+)*)\.[^.]+$")
        yield Reading(Kind.EMAIL, shorter)
    yield from _turned(lowered)


def _turned(frame: pl.DataFrame) -> Iterator[Reading]:
    """Yield addresses that stand back to front."""
    dotted = frame.filter(TEXT.str.contains(r"\..*@"))
    lettered = dotted.filter(TEXT.str.contains(r"^.*[a-z]\.?[a-z0-9\-].*@"))
    if lettered.is_empty():
        return
    turned = lettered.with_columns(TEXT.str.reverse().str.strip_chars_start("._-+"))
    plain = _trimmed(turned, PLAIN_LOCAL)
    found = _trimmed(plain, r"^(.*@" + DOMAIN + ")")
    yield Reading(Kind.EMAIL, found, Written.SPELLED)
    shorter = _trimmed(found, r"^(.*@[^.]+\.[^.]+(?:\.[^.]+)*)\.[^.]+$")
    yield Reading(Kind.EMAIL, shorter, Written.SPELLED)


def _trimmed(frame: pl.DataFrame, pattern: str) -> pl.DataFrame:
    """Return the first group of a pattern; where it isn't found, nothing."""
    return frame.with_columns(TEXT.str.extract(pattern)).drop_nulls("text")


def forms(reading: Reading, shape: Shape) -> pl.DataFrame:
    """Return the canonical forms that the index may hold: `at` and `text`."""
    frame = reading.frame
    if frame.is_empty():
        return frame
    canonical = columns.canonical(reading.kind, frame["text"])
    found = frame.with_columns(canonical.alias("text")).drop_nulls("text")
    fits = TEXT.str.len_chars().is_between(shape.shortest, shape.longest)
    if shape.digits:
        fits &= TEXT.str.contains(r"^[0-9]+$")
    return found.filter(fits)
