"""What takes the place of a column's values, as SQL.

A mask has the type of the column that it hides, as far as that is known: whoever reads
it sees a column of the same shape. Where a mask has no meaning for a type (the first
four characters of a number), the value is NULL.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Literal, assert_never

from sqlglot import exp
from sqlglot.errors import SqlglotError

from ringfence.boundary.model import Mask
from ringfence.errors import RingfenceError

Dialect = Literal["postgres", "trino", "duckdb"]
HIDDEN = "****"
SHOWN = 4
_BLOCK = 64  # bytes of a block of SHA-256 (FIPS 180-4, section 1)
_TYPE = exp.DataType.Type
_YEARS = (
    *(_TYPE.DATE, _TYPE.TIMESTAMP, _TYPE.TIMESTAMPNTZ, _TYPE.TIMESTAMPTZ),
    *(_TYPE.TIMESTAMP_S, _TYPE.TIMESTAMP_MS, _TYPE.TIMESTAMP_NS),
)


def mask(
    kind: Mask,
    column: str,
    type: str,  # noqa: A002 - what SQL calls it
    dialect: Dialect,
    *,
    key: str = "",
) -> str:
    """Return the expression that takes a column's place.

    Args:
        kind: Which mask.
        column: The column's name.
        type: Its type, as the dialect writes it; one that isn't known gives NULL.
        dialect: Whose SQL.
        key: With one, `hash` is HMAC-SHA-256 under it; without, bare SHA-256, which
            whoever can guess a value can undo.

    Raises:
        RingfenceError: The column's name can't be written in SQL.
    """
    return mask_tree(kind, column, type, dialect, key=key).sql(dialect=dialect)


def mask_tree(
    kind: Mask,
    column: str,
    type: str,  # noqa: A002 - what SQL calls it
    dialect: Dialect,
    *,
    key: str = "",
) -> exp.Expr:
    """Return the syntax tree of `mask`."""
    named = column_of(column)
    known = _type_of(type, dialect)
    if known is None:
        return exp.null()
    shown = _shown(kind, named, known, dialect, key)
    return exp.cast(exp.null() if shown is None else shown, known)


def column_of(name: str) -> exp.Column:
    """Return a column by its name alone.

    Raises:
        RingfenceError: The name can't be written in SQL.
    """
    return exp.column(exp.to_identifier(writable(name, least=1), quoted=True))


def writable(text: str, *, least: int = 0) -> str:
    """Return text that can stand in SQL.

    Raises:
        RingfenceError: It can't.
    """
    if len(text) < least or "\0" in text or not _is_unicode(text):
        raise RingfenceError(
            f"`{text}` can't be written in SQL",
            hint="a name has at least one character; neither a name nor a value has a "
            "NUL or half of a surrogate pair",
        )
    return text


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _type_of(text: str, dialect: Dialect) -> exp.DataType | None:
    """Return a type, or None of what isn't known as one."""
    try:
        found = exp.DataType.build(text, dialect=dialect)
    except (SqlglotError, ValueError):
        return None
    # What holds more than a type is read as one whose name is nothing.
    return found if isinstance(found.this, _TYPE) else None


def _shown(
    kind: Mask, column: exp.Column, type_: exp.DataType, dialect: Dialect, key: str
) -> exp.Expr | None:
    """Return what is shown in a column of that type, or None for nothing."""
    if kind == "null":
        return None
    if kind == "year":
        return _year(column) if type_.this in _YEARS else None
    if type_.this not in exp.DataType.TEXT_TYPES:
        return None
    match kind:
        case "full":
            return exp.Literal.string(HIDDEN)
        case "hash":
            return _digest(column, dialect, key)
        case "first4" | "last4":
            return _part(column, is_first=kind == "first4")
        case _:
            assert_never(kind)


def _year(column: exp.Column) -> exp.Expr:
    return _call("DATE_TRUNC", exp.Literal.string("year"), column)


def _part(column: exp.Column, *, is_first: bool) -> exp.Expr:
    """Return some characters of a value that has more than those."""
    length = _call("LENGTH", column)
    begin: exp.Expr = exp.Literal.number(1)
    if not is_first:
        begin = exp.Sub(this=length, expression=exp.Literal.number(SHOWN - 1))
    part = _call("SUBSTR", column, begin, exp.Literal.number(SHOWN))
    hidden = exp.Literal.string(HIDDEN)
    joined = _joined(part, hidden) if is_first else _joined(hidden, part)
    is_longer = exp.GT(this=length.copy(), expression=exp.Literal.number(SHOWN))
    return exp.case().when(is_longer, joined).else_(hidden.copy())


# --- digests --------------------------------------------------------------------------


def _digest(column: exp.Column, dialect: Dialect, key: str) -> exp.Expr:
    """Return the hexadecimal digest of a value's UTF-8 text."""
    text = _text(column, dialect)
    if not key:
        return _hex(_sha256(text, dialect), dialect)
    # HMAC as RFC 2104 defines it: no dialect but Trino's has a function for it.
    secret = writable(key).encode()
    block = (sha256(secret).digest() if len(secret) > _BLOCK else secret).ljust(
        _BLOCK, b"\0"
    )
    inner = _bytes(bytes(one ^ 0x36 for one in block), dialect)
    outer = _bytes(bytes(one ^ 0x5C for one in block), dialect)
    within = _sha256(_joined(inner, text), dialect)
    return _hex(_sha256(_joined(outer, within), dialect), dialect)


def _text(column: exp.Column, dialect: Dialect) -> exp.Expr:
    """Return a value's text as bytes of UTF-8."""
    text = exp.cast(column, exp.DataType.build("text", dialect="postgres"))
    match dialect:
        case "postgres":
            return _call("CONVERT_TO", text, exp.Literal.string("UTF8"))
        case "trino":
            return _call("TO_UTF8", text)
        case "duckdb":
            return _call("ENCODE", text)


def _sha256(content: exp.Expr, dialect: Dialect) -> exp.Expr:
    """Return the SHA-256 of bytes, as bytes; DuckDB's own comes as text."""
    digest = _call("SHA256", content)
    return _call("UNHEX", digest) if dialect == "duckdb" else digest


def _hex(content: exp.Expr, dialect: Dialect) -> exp.Expr:
    match dialect:
        case "postgres":
            return _call("ENCODE", content, exp.Literal.string("hex"))
        case "trino":
            return _call("LOWER", _call("TO_HEX", content))
        case "duckdb":
            return _call("LOWER", _call("HEX", content))


def _bytes(content: bytes, dialect: Dialect) -> exp.Expr:
    if dialect == "postgres":
        text = exp.Literal.string(f"\\x{content.hex()}")
        return exp.cast(text, exp.DataType.build("bytea", dialect="postgres"))
    return exp.HexString(this=content.hex())


def _joined(first: exp.Expr, second: exp.Expr) -> exp.Expr:
    return exp.DPipe(this=first, expression=second)


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[one.copy() for one in arguments])
