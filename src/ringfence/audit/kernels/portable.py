"""Kernels are written once, in SQL that every engine reads alike, and translated.

What may stand in one is listed here; anything else is refused, for a function that two
engines understand differently would give two verdicts. There is no division: whether
it is whole differs. Numbers are filled in as literals, and nothing else is. A kernel
may read another one by its name, as if it were a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from ringfence.errors import RingfenceError

# Parts of a statement that mean the same everywhere.
ALLOWED: tuple[type[exp.Expr], ...] = (
    *(exp.Select, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order),
    *(exp.Ordered, exp.Limit, exp.Union, exp.With, exp.CTE, exp.Subquery, exp.Table),
    *(exp.TableAlias, exp.Alias, exp.Column, exp.Identifier, exp.Star, exp.Literal),
    *(exp.Null, exp.Paren, exp.Placeholder, exp.Distinct, exp.Cast, exp.DataType),
    *(exp.Case, exp.If, exp.And, exp.Or, exp.Not, exp.Is, exp.In),
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE),
    *(exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Neg),
    *(exp.Count, exp.Min, exp.Max, exp.Sum, exp.Window, exp.RowNumber),
)
TYPES = frozenset({exp.DataType.Type.BIGINT, exp.DataType.Type.VARCHAR})
SIDES = frozenset({"", "LEFT"})
KINDS = frozenset({"", "INNER", "CROSS"})


class KernelError(RingfenceError):
    """A kernel holds what not every engine reads alike: a fault of ours."""


@cache
def source(name: str) -> str:
    """Return the text of a kernel, as it is written."""
    file = resources.files("ringfence.audit.kernels") / f"{name}.sql"
    return file.read_text(encoding="utf-8")


def names() -> list[str]:
    """Return the name of every kernel."""
    folder = resources.files("ringfence.audit.kernels")
    files = (file.name for file in folder.iterdir())
    return sorted(name.removesuffix(".sql") for name in files if name.endswith(".sql"))


def kernel(
    name: str, instead: Mapping[str, str] | None = None, /, **numbers: int
) -> str:
    """Return a kernel with every `:number` filled in, still portable.

    Args:
        name: Which kernel.
        instead: Kernels that are read in place of others, by the names of those.
        numbers: What is filled in.

    Raises:
        KernelError: A number is missing or too many, is no whole number of 64 bits, or
            the kernel is not portable.
    """
    tree = _whole(name, instead or {})
    asked = list(tree.find_all(exp.Placeholder))
    if {one.name for one in asked} != set(numbers):
        message = f"kernel `{name}` is given other numbers than it asks for"
        raise KernelError(message)
    for one in asked:
        one.replace(_literal(numbers[one.name]))
    return tree.sql(comments=False)


def translated(text: str, dialect: str) -> str:
    """Return the portable text in an engine's dialect (`duckdb`, `spark`, `sqlite`).

    Raises:
        KernelError: It is not portable.
    """
    return parsed(text).sql(dialect=dialect, comments=False)


def counting(text: str) -> str:
    """Return the portable text that counts the rows of another one.

    Raises:
        KernelError: It is not portable.
    """
    rows = exp.Subquery(this=parsed(text).copy()).as_("answer")
    return exp.select(exp.Count(this=exp.Star())).from_(rows).sql(comments=False)


@lru_cache(maxsize=64)
def parsed(text: str) -> exp.Expr:
    """Return the tree of a portable text; it is shared, so copy it to change it.

    Raises:
        KernelError: It is not portable.
    """
    try:
        tree = parse_one(text)
    except SqlglotError as error:
        message = f"a kernel can't be parsed: {error}"
        raise KernelError(message) from error
    refused = sorted({*_refused(tree)})
    if refused:
        message = f"a kernel is not portable: {', '.join(refused)}"
        raise KernelError(message)
    return tree


def _whole(name: str, instead: Mapping[str, str]) -> exp.Expr:
    tree = parsed(source(instead.get(name, name))).copy()
    for table in [*tree.find_all(exp.Table)]:
        if table.name in names():
            inner = _inner(_whole(table.name, instead))
            table.replace(inner.subquery(table.alias_or_name))
    return tree


def _inner(tree: exp.Expr) -> exp.Select:
    if not isinstance(tree, exp.Select):
        message = "a kernel that others read is one select"
        raise KernelError(message)
    return tree


def _literal(number: int) -> exp.Expr:
    bits = 63
    if type(number) is not int or not -(1 << bits) < number < 1 << bits:
        message = f"a kernel takes whole numbers of 64 bits, not {number!r}"
        raise KernelError(message)
    sign = exp.Literal.number(abs(number))
    return exp.Paren(this=exp.Neg(this=sign)) if number < 0 else sign


def _refused(tree: exp.Expr) -> Iterator[str]:
    if not isinstance(tree, (exp.Select, exp.Union)):
        yield type(tree).__name__
    for node in tree.walk():
        if not isinstance(node, ALLOWED) or type(node) not in ALLOWED:
            yield type(node).__name__
        elif isinstance(node, exp.Join) and not _plain(node):
            yield f"Join {node.sql()}"
        elif isinstance(node, exp.DataType) and node.this not in TYPES:
            yield f"DataType {node.sql()}"
        elif isinstance(node, exp.Union) and node.args.get("distinct"):
            yield "Union distinct"


def _plain(join: exp.Join) -> bool:
    return (
        join.side in SIDES
        and join.kind in KINDS
        and not join.method
        and not join.args.get("using")
    )
