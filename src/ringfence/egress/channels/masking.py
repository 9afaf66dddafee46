"""Masks: what takes the place of a column's values before it leaves.

A token is made with a key of the receiving groups over the canonical form. So it is the
same for every spelling of an identifier, and for every channel to the same groups; two
channels to different groups can't be joined by it. No mask makes a value stop counting
(28 CFR 202.206), but for `null`.
"""

from __future__ import annotations

import hmac
import json
import re
import unicodedata
from base64 import b32encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
import polars as pl

from ringfence.boundary.channels import ChannelMask
from ringfence.egress.forms.canonical import canonical
from ringfence.egress.forms.columns import canonical as canonical_column
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index.keys import Key
from ringfence.errors import ConfigError, Locus

STARS = "****"
TOKEN = re.compile(r"rf_[a-z2-7]{26}")
"""What a token looks like. Anybody can write such a text: that something looks like a
token says nothing of where it comes from."""

_PREFIX = "rf_"
_SIZE = 16  # bytes of a digest that a token shows
_DIGITS = 26  # that 16 bytes take, 5 bits each
_SHOWN = 4
_CHUNK = 1 << 16
_ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", np.uint8)
_YEAR = (
    r"([0-9]{4})-[0-9]{2}(?:-[0-9]{2})?(?:[T ].*)?"
    r"|([0-9]{4})[/.][0-9]{1,2}[/.][0-9]{1,2}"
    r"|[0-9]{1,2}[/.-][0-9]{1,2}[/.-]([0-9]{4})"
)
_YEARLY = re.compile(_YEAR)

OfColumn = Callable[[pl.Series], pl.Series]
OfValue = Callable[[object], str | None]


@dataclass(frozen=True, slots=True)
class Masks:
    """Masks for what goes to some receiving groups.

    Attributes:
        secret: Key of these groups; None: no token can be made.
    """

    secret: bytes | None = field(default=None, repr=False)

    @classmethod
    def of(cls, key: Key | None, groups: Sequence[str]) -> Masks:
        """Return the masks for what goes to some groups, in any order."""
        if key is None:
            return cls()
        name = json.dumps(sorted({*groups}), ensure_ascii=False).encode()
        told = b"ringfence token\0" + name
        return cls(hmac.new(key.secret, told, sha256).digest())

    def column(self, mask: ChannelMask, tag: str = "") -> OfColumn:
        """Return what masks a column whose values tell a tag of somebody.

        What comes out is text, where null stays null.

        Raises:
            ConfigError: A token is wanted, and there is no key.
        """
        if mask == "token":
            return self._tokens(tag).column
        return _COLUMNS[mask]

    def value(self, mask: ChannelMask, tag: str = "") -> OfValue:
        """Return what masks one value, as `column` would.

        Raises:
            ConfigError: A token is wanted, and there is no key.
        """
        if mask == "token":
            return self._tokens(tag).value
        return _VALUES[mask]

    def _tokens(self, tag: str) -> _Tokens:
        if self.secret is None:
            hint = "name a key with `--token-key`"
            raise ConfigError("tokens need a key", Locus("--token-key"), hint)
        kind = Kind(tag) if tag in {*Kind} else None
        return _Tokens(kind, self.secret + tag.encode() + b"\0")


# --- tokens ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Tokens:
    kind: Kind | None
    salt: bytes = field(repr=False)

    def value(self, value: object) -> str | None:
        text = _text(value)
        if text is None or text == STARS:
            return text
        digits = b32encode(self._digest(self._form(text)))
        return _PREFIX + digits.decode()[:_DIGITS].lower()

    def column(self, series: pl.Series) -> pl.Series:
        texts = _texts(series)
        every = texts.drop_nulls().unique()
        every = every.filter(every != STARS)
        if every.is_empty():
            return texts
        return texts.replace(every, _spelt([*map(self._digest, self._forms(every))]))

    def _digest(self, form: str) -> bytes:
        text = form.encode("utf-8", "surrogatepass")
        return sha256(self.salt + text).digest()[:_SIZE]

    def _form(self, text: str) -> str:
        form = None if self.kind is None else canonical(self.kind, text)
        return _plain(text) if form is None else f"={form}"

    def _forms(self, texts: pl.Series) -> list[str]:
        if self.kind is None:
            return [*map(_plain, texts.to_list())]
        forms = canonical_column(self.kind, texts).to_list()
        return [
            _plain(text) if form is None else f"={form}"
            for text, form in zip(texts.to_list(), forms, strict=True)
        ]


def _plain(text: str) -> str:
    """Return the form of what is no identifier, apart from all that are one."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return f"~{' '.join(folded.split())}"


def _spelt(digests: Sequence[bytes]) -> pl.Series:
    """Return tokens that show some digests: RFC 4648's base32 in small letters."""
    found = []
    for low in range(0, len(digests), _CHUNK):
        part = digests[low : low + _CHUNK]
        bits = np.zeros((len(part), _DIGITS * 5), np.uint8)
        flat = np.frombuffer(b"".join(part), np.uint8).reshape(len(part), _SIZE)
        bits[:, : _SIZE * 8] = np.unpackbits(flat, axis=1)
        values = bits.reshape(-1, 5) @ np.array([16, 8, 4, 2, 1], np.uint8)
        signs = _ALPHABET[values].reshape(len(part), _DIGITS)
        found.append(pl.Series(signs.view(f"S{_DIGITS}")[:, 0].astype(str)))
    return _PREFIX + pl.concat(found)


# --- the other masks ------------------------------------------------------------------


def _is_plain(kind: pl.DataType) -> bool:
    """Return whether values of a type are written in one way that all agree on."""
    is_text = isinstance(kind, pl.String | pl.Categorical | pl.Enum | pl.Boolean)
    is_time = isinstance(kind, pl.Date | pl.Datetime | pl.Time)
    return is_text or is_time or kind.is_numeric()


def _texts(series: pl.Series) -> pl.Series:
    """Return values as texts; stars for what has no plain one (lists, bytes)."""
    if isinstance(series.dtype, pl.Null):
        return series.cast(pl.String)
    if not _is_plain(series.dtype):
        return _full(series)
    return series.cast(pl.String)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes | bytearray | Sequence | Mapping):
        return STARS
    text: str | None = _texts(pl.Series([value], strict=False))[0]
    return text


def _null(series: pl.Series) -> pl.Series:
    return pl.Series(series.name, [None], dtype=series.dtype).new_from_index(
        0, len(series)
    )


def _full(series: pl.Series) -> pl.Series:
    return _chosen(series, pl.lit(STARS))


def _first(series: pl.Series) -> pl.Series:
    shown = pl.concat_str(_VALUE.str.head(_SHOWN), pl.lit(STARS))
    return _chosen(_texts(series), pl.when(_IS_LONG).then(shown).otherwise(_STARS))


def _last(series: pl.Series) -> pl.Series:
    shown = pl.concat_str(pl.lit(STARS), _VALUE.str.tail(_SHOWN))
    return _chosen(_texts(series), pl.when(_IS_LONG).then(shown).otherwise(_STARS))


def _year(series: pl.Series) -> pl.Series:
    years = [_VALUE.str.extract(f"^(?:{_YEAR})$", group) for group in (1, 2, 3)]
    return _chosen(_texts(series), pl.coalesce(*years, _STARS))


_VALUE = pl.col("value")
_STARS = pl.lit(STARS)
_IS_LONG = _VALUE.str.len_chars() > _SHOWN


def _chosen(series: pl.Series, shown: pl.Expr) -> pl.Series:
    """Return an expression over the values, and null where they are."""
    frame = series.alias("value").to_frame()
    chosen = pl.when(_VALUE.is_null()).then(pl.lit(None, pl.String)).otherwise(shown)
    return frame.select(chosen.alias(series.name)).to_series()


def _no_value(_value: object) -> None:
    return None


def _full_value(value: object) -> str | None:
    return None if value is None else STARS


def _first_value(value: object) -> str | None:
    text = _text(value)
    if text is None:
        return None
    return text[:_SHOWN] + STARS if len(text) > _SHOWN else STARS


def _last_value(value: object) -> str | None:
    text = _text(value)
    if text is None:
        return None
    return STARS + text[-_SHOWN:] if len(text) > _SHOWN else STARS


def _year_value(value: object) -> str | None:
    text = _text(value)
    if text is None:
        return None
    found = _YEARLY.fullmatch(text)
    return next(filter(None, found.groups())) if found else STARS


_COLUMNS: Mapping[str, OfColumn] = {
    "null": _null,
    "full": _full,
    "first4": _first,
    "last4": _last,
    "year": _year,
}
_VALUES: Mapping[str, OfValue] = {
    "null": _no_value,
    "full": _full_value,
    "first4": _first_value,
    "last4": _last_value,
    "year": _year_value,
}
