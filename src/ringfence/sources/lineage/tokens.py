"""Functions that a declaration names as making one token for each recipient."""

from __future__ import annotations

from typing import NamedTuple

from sqlglot import ErrorLevel, exp

from ringfence.sources.lineage.model import Seal


class Token(NamedTuple):
    """A declared function, and the argument that ties its result to a recipient."""

    function: str
    per: str


def seal_of(node: exp.Func, tokens: tuple[Token, ...], dialect: str) -> Seal | None:
    """Return the seal of a call, if it calls a declared function as declared."""
    if not tokens:
        return None
    names = _names(node, dialect)
    for token in tokens:
        if token.function.casefold() in names and _has_recipient(node, token.per):
            return Seal("token", function=token.function, per=token.per)
    return None


def _names(node: exp.Func, dialect: str) -> set[str]:
    """Return what a call may be known by: with its schema, and without."""
    if isinstance(node, exp.Anonymous):
        own = {node.name.casefold()}
    else:
        own = {name.casefold() for name in type(node).sql_names()}
        own.add(
            node.sql(dialect=dialect or None, unsupported_level=ErrorLevel.IGNORE)
            .partition("(")[0]
            .casefold()
        )
    parent = node.parent
    if isinstance(parent, exp.Dot) and parent.expression is node:
        # `other.token` is no `token`: what stands in front is part of its name.
        prefix = (
            parent.this.sql(unsupported_level=ErrorLevel.IGNORE)
            .casefold()
            .replace('"', "")
        )
        return {f"{prefix}.{name}" for name in own}
    return own


def _has_recipient(node: exp.Func, per: str) -> bool:
    """Return whether some argument but the first is the one that names a recipient."""
    arguments = [part for part in node.iter_expressions() if not _is_type(part)]
    return len(arguments) > 1 and any(_is(part, per) for part in arguments[1:])


def _is(argument: exp.Expr, per: str) -> bool:
    wanted = per.casefold()
    match argument:
        case exp.Kwarg() | exp.PropertyEQ():
            return argument.name.casefold() == wanted
        case (
            exp.Column() | exp.Parameter() | exp.Placeholder() | exp.SessionParameter()
        ):
            return _word(argument) == wanted
        case exp.Literal():
            return argument.is_string and argument.name.casefold() == wanted
        case exp.Cast() | exp.Paren():
            return isinstance(argument.this, exp.Expr) and _is(argument.this, per)
        case _:
            return False


def _word(argument: exp.Expr) -> str:
    found = argument.name or argument.this
    return str(found).casefold() if found else ""


def _is_type(part: exp.Expr) -> bool:
    return isinstance(part, exp.DataType)
