"""Digests of e-mail addresses and phone numbers: what is indexed beside them.

A digest without a key counts as what it is the digest of (28 CFR 202.206), and the
ways in which one is made are few: MD5, SHA-1 or SHA-256 of a handful of spellings.
"""

from __future__ import annotations

import unicodedata
from hashlib import md5, sha1, sha256

import polars as pl

from ringfence.egress.forms.canonical import canonical
from ringfence.egress.forms.kinds import Kind

DIGESTED = {Kind.EMAIL: Kind.EMAIL_DIGEST, Kind.PHONE: Kind.PHONE_DIGEST}
"""The kinds whose digests are indexed, and the kinds that these are."""

ALGORITHMS = (md5, sha1, sha256)


def spellings(kind: Kind, text: str) -> tuple[str, ...]:
    """Return what others make digests of, given an identifier as it was written.

    An e-mail address: the canonical form, and what was written in lower case, with its
    `+tag` and without. A phone number: digits with the country code, the same after a
    plus sign, and the ten digits of the home plan.
    """
    form = canonical(kind, text)
    if form is None:
        return ()
    if kind is Kind.PHONE:
        is_home = len(form) == 11 and form[0] == "1"  # noqa: PLR2004 - the home plan
        return (form, f"+{form}", form[1:]) if is_home else (form, f"+{form}")
    lowered = unicodedata.normalize("NFKC", text).strip().lower()
    lowered = lowered.removeprefix("mailto:")
    local, _, domain = lowered.rpartition("@")
    bare = f"{local.partition('+')[0]}@{domain}"
    return tuple(dict.fromkeys((form, lowered, bare)))


def of(kind: Kind, text: str) -> tuple[str, ...]:
    """Return the digests of an identifier, in hexadecimal; none if it isn't one."""
    return tuple(
        algorithm(spelling.encode(), usedforsecurity=False).hexdigest()
        for spelling in spellings(kind, text)
        for algorithm in ALGORITHMS
    )


def columns(kind: Kind, series: pl.Series) -> pl.DataFrame:
    """Return the digests of a column.

    Returns:
        Columns `row` (place in the series, from 0) and `digest`.
    """
    rows: list[int] = []
    digests: list[str] = []
    for row, text in enumerate(series.to_list()):
        made = of(kind, text) if text is not None else ()
        digests.extend(made)
        rows.extend([row] * len(made))
    return pl.DataFrame(
        {"row": rows, "digest": digests},
        schema={"row": pl.UInt32, "digest": pl.String},
    )
