"""Canonical forms of whole columns: what is written plainly never becomes a `str`.

Each kind has a pattern of plain writing and an expression that is right for exactly
that; everything else goes through the definition in `canonical`, value by value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from ringfence.egress.forms import canonical as scalar
from ringfence.egress.forms import figures
from ringfence.egress.forms.kinds import Kind

OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
ATOM = r"[A-Za-z0-9!#$%&'*/=?^_`{|}~.-]+"
HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"


class Plain(NamedTuple):
    """Plain writing of a kind.

    Attributes:
        pattern: What is written plainly; nothing else may match.
        form: Its canonical form; null for what is no identifier.
    """

    pattern: str
    form: Callable[[pl.Expr], pl.Expr]


def canonical(kind: Kind, series: pl.Series) -> pl.Series:
    """Return `canonical.canonical` of every value; null stays null.

    Args:
        kind: Kind of the identifiers.
        series: Texts, or whole numbers; other types are read as polars writes them.
    """
    texts = series.cast(pl.String).alias("text")
    if _is_canonical(kind, texts):
        return texts.alias(series.name)
    plain = PLAIN[kind]
    text = pl.col("text")
    is_plain = text.str.contains(plain.pattern) & (
        text.str.len_bytes() <= scalar.LONGEST
    )
    frame = texts.to_frame().with_columns(is_plain.alias("plain"))
    form = plain.form(text)
    if kind is Kind.EMAIL and not _is_special(texts):
        form = _lower(text)  # most addresses: the rest is several times dearer
    left = (~frame["plain"]).fill_null(value=False).arg_true()
    if left.is_empty():
        return frame.select(form.alias(series.name)).to_series()
    found = frame.select(pl.when(pl.col("plain")).then(form)).to_series()
    odd = _odd(kind, texts.gather(left))
    return found.scatter(left, odd).alias(series.name)


def _odd(kind: Kind, texts: pl.Series) -> pl.Series:
    """Return the canonical forms of texts that aren't written plainly."""
    numbers = texts.str.contains(figures.PATTERN).fill_null(value=False)
    rest = texts.filter(~numbers).to_list()
    odd = pl.Series([scalar.canonical(kind, one) for one in rest], dtype=pl.String)
    if not numbers.any():
        return odd
    found = texts.clear().extend_constant(None, len(texts))
    found = found.scatter((~numbers).arg_true(), odd)
    own = figures.canonical(kind, texts.filter(numbers))
    return found.scatter(numbers.arg_true(), own)


def _is_canonical(kind: Kind, texts: pl.Series) -> bool:
    """Return whether every one is in its canonical form, and is seen to be so."""
    pattern = CANONICAL.get(kind)
    if pattern is None or not texts.str.contains(pattern).all():
        return False
    longest = int(texts.str.len_bytes().max() or 0)  # type: ignore[arg-type]
    if kind is Kind.EMAIL and _is_special(texts):
        return False
    is_hex = kind in {Kind.ADVERTISING_ID, Kind.DEVICE_ID}
    return longest <= scalar.LONGEST and not (
        is_hex and texts.str.contains("^0+$").any()
    )


def _is_special(texts: pl.Series) -> bool:
    """Return whether any address may have a tag, or be of a domain without dots."""
    return bool(
        texts.str.contains("+", literal=True).any()
        or texts.str.contains(r"(?i)@g(?:oogle)?mail\.com$").any()
    )


def _email(text: pl.Expr) -> pl.Expr:
    # No group is taken out: to find where one begins is dearer than all the rest.
    bare = text.str.to_lowercase().str.replace(r"\+[^@]*@", "@")
    form = bare
    for domain in sorted(scalar.DOTLESS):
        local = bare.str.strip_suffix(f"@{domain}")
        dotless = local.str.replace_all(".", "", literal=True)
        whole = pl.concat_str(dotless, pl.lit("@gmail.com"))
        form = pl.when(bare.str.ends_with(f"@{domain}")).then(whole).otherwise(form)
    return pl.when(~form.str.starts_with("@")).then(form)


def _phone(text: pl.Expr) -> pl.Expr:
    is_abroad = text.str.starts_with("+")
    digits = text.str.replace_all(r"[^0-9]", "")
    is_home = ~is_abroad & digits.str.contains(r"^[2-9][0-9]{9}$")
    whole = pl.when(is_home).then(pl.concat_str(pl.lit("1"), digits)).otherwise(digits)
    is_number = whole.str.len_bytes().is_between(8, 15)
    return pl.when(is_number & ~whole.str.starts_with("0")).then(whole)


def _hex(text: pl.Expr) -> pl.Expr:
    bare = text.str.to_lowercase().str.replace_all("-", "", literal=True)
    is_one = bare.str.len_bytes().is_between(8, 64) & bare.str.contains("[1-9a-f]")
    return pl.when(is_one).then(bare)


def _numbered(text: pl.Expr) -> pl.Expr:
    bare = text.str.to_uppercase().str.replace_all(r"[ \-]", "")
    is_one = bare.str.contains(r"^[A-Z0-9]{5,34}$") & bare.str.contains("[0-9]")
    return pl.when(is_one).then(bare)


def _ip(text: pl.Expr) -> pl.Expr:
    is_nobodys = text.str.starts_with("127.") | (text == "0.0.0.0")  # noqa: S104 - text
    return pl.when(~is_nobodys).then(text)


def _itself(text: pl.Expr) -> pl.Expr:
    return text


def _whole(text: pl.Expr) -> pl.Expr:
    bare = text.str.strip_chars_start("0")
    return pl.when(bare == "").then(pl.lit("0")).otherwise(bare)


def _lower(text: pl.Expr) -> pl.Expr:
    return text.str.to_lowercase()


DIGESTS = Plain(r"^(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$", _lower)
NUMBERED = Plain(r"^[A-Za-z0-9][A-Za-z0-9 \-]*$", _numbered)
HEX = r"^(?:[0-9a-f]{8,14}|[0-9a-f]{16,64})$"
CANONICAL: dict[Kind, str] = {
    Kind.ACCOUNT_ID: r"^(?:[1-9][0-9]*|0)$",
    Kind.ADVERTISING_ID: HEX,
    Kind.DEVICE_ID: HEX,
    Kind.EMAIL: r"^[a-z0-9_.\-]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$",
    Kind.EMAIL_DIGEST: r"^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$",
    Kind.PHONE: r"^[1-9](?:[0-9]{7,8}|[0-9]{10,14})$",
    Kind.PHONE_DIGEST: r"^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$",
}
"""What is its own canonical form; of some kinds nearly all of it."""

PLAIN: dict[Kind, Plain] = {
    Kind.ACCOUNT_ID: Plain(r"^[0-9]+$", _whole),
    Kind.ACCOUNT_NAME: Plain(r"^[a-zA-Z0-9_.\-]+$", _lower),
    Kind.ADVERTISING_ID: Plain(r"^[0-9A-Fa-f][0-9A-Fa-f-]*$", _hex),
    Kind.BANK_ACCOUNT: NUMBERED,
    Kind.COOKIE: Plain(r"^[A-Za-z0-9_.%+/=~\-]{8,}$", _itself),
    # Fifteen digits alone may be an IMEI, whose last one is a check digit.
    Kind.DEVICE_ID: Plain(
        r"^(?:[0-9-]*[A-Fa-f][0-9A-Fa-f-]*|[0-9]{8,14}|[0-9]{16,64})$", _hex
    ),
    Kind.EMAIL: Plain(rf"^{ATOM}(?:\+[A-Za-z0-9+_.-]*)?@{HOST}$", _email),
    Kind.EMAIL_DIGEST: DIGESTS,
    Kind.GOV_ID: NUMBERED,
    Kind.IP: Plain(rf"^{OCTET}(?:\.{OCTET}){{3}}$", _ip),
    # What begins with a zero may be dialled from abroad.
    Kind.PHONE: Plain(r"^(?:\+[1-9]|\(?[1-9])[0-9 .\-]*\)?[0-9 .\-]*$", _phone),
    Kind.PHONE_DIGEST: DIGESTS,
}
