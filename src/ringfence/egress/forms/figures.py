"""Canonical forms of whole columns of numbers: texts that are of ASCII digits alone.

The definition stands in `canonical`; a test holds them together.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.forms.canonical import LONGEST
from ringfence.egress.forms.kinds import Kind

PATTERN = rf"^[0-9]{{1,{LONGEST}}}$"
IMEI = 15  # digits, of which the last one checks the others
TEXT = pl.col("text")
_ZEROS = ["0" * size for size in range(8, 65)]


def canonical(kind: Kind, texts: pl.Series) -> pl.Series:
    """Return `canonical.canonical` of texts without gaps that have `PATTERN`."""
    return _FORMS[kind](texts)


def _kept(texts: pl.Series, are: pl.Series) -> pl.Series:
    """Return the texts of which something is so, else null."""
    if are.all():
        return texts
    frame = pl.DataFrame({"text": texts, "are": are})
    return frame.select(pl.when(pl.col("are")).then(TEXT)).to_series()


def _long(least: int, most: int) -> Callable[[pl.Series], pl.Series]:
    def form(texts: pl.Series) -> pl.Series:
        return _kept(texts, texts.str.len_bytes().is_between(least, most))

    return form


def _digest(texts: pl.Series) -> pl.Series:
    return _kept(texts, texts.str.len_bytes().is_in([32, 40, 64]))


def _none(texts: pl.Series) -> pl.Series:
    return texts.clear().extend_constant(None, len(texts))


def _account(texts: pl.Series) -> pl.Series:
    if not texts.str.starts_with("0").any():
        return texts
    bare = texts.str.strip_chars_start("0")
    return bare.replace("", "0")


def _hex(texts: pl.Series) -> pl.Series:
    are = texts.str.len_bytes().is_between(8, 64)
    if texts.str.starts_with("0").any():
        are &= ~texts.is_in(_ZEROS)
    return _kept(texts, are)


def _device(texts: pl.Series) -> pl.Series:
    """Return hexadecimal digits; 15 that the last one checks without it."""
    found = _hex(texts)
    at = (found.str.len_bytes() == IMEI).fill_null(value=False).arg_true()
    if at.is_empty():
        return found
    some = found.gather(at)
    are = pl.Series(_luhn(some))
    return found.scatter(at.filter(are), some.filter(are).str.slice(0, IMEI - 1))


def _luhn(texts: pl.Series) -> NDArray[np.bool_]:
    """Return `canonical.luhn` of texts of 15 digits."""
    content = "".join(texts.to_list()).encode()
    digits = np.frombuffer(content, np.uint8).reshape(-1, IMEI) - np.uint8(ord("0"))
    digits[:, 1::2] *= 2
    digits[digits > 9] -= 9  # noqa: PLR2004 - a digit
    found: NDArray[np.bool_] = digits.sum(axis=1) % 10 == 0
    return found


def _phone(texts: pl.Series) -> pl.Series:
    if texts.str.starts_with("0").any():
        texts = texts.to_frame("text").select(_dialled()).to_series()
    sizes = texts.str.len_bytes()
    home = sizes == 10  # noqa: PLR2004 - the plan
    if home.any():
        home &= texts.str.contains("^[2-9]")
        frame = pl.DataFrame({"text": texts, "home": home})
        whole = pl.concat_str(pl.lit("1"), TEXT)
        chosen = pl.when(pl.col("home")).then(whole).otherwise(TEXT)
        texts = frame.select(chosen).to_series()
        sizes = texts.str.len_bytes()
    return _kept(texts, sizes.is_between(8, 15) & ~texts.str.starts_with("0"))


def _dialled() -> pl.Expr:
    """Return numbers without the digits that are dialled before a country code."""
    size = TEXT.str.len_bytes()
    return (
        pl.when(TEXT.str.starts_with("011") & (size >= 3 + 8))
        .then(TEXT.str.slice(3))
        .when(TEXT.str.starts_with("00") & (size >= 2 + 8))
        .then(TEXT.str.slice(2))
        .otherwise(TEXT)
    )


_FORMS: dict[Kind, Callable[[pl.Series], pl.Series]] = {
    Kind.ACCOUNT_ID: _account,
    Kind.ACCOUNT_NAME: _long(1, LONGEST),
    Kind.ADVERTISING_ID: _hex,
    Kind.BANK_ACCOUNT: _long(5, 34),
    Kind.COOKIE: _long(8, LONGEST),
    Kind.DEVICE_ID: _device,
    Kind.EMAIL: _none,
    Kind.EMAIL_DIGEST: _digest,
    Kind.GOV_ID: _long(5, 34),
    Kind.IP: _none,
    Kind.PHONE: _phone,
    Kind.PHONE_DIGEST: _digest,
}
