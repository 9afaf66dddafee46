"""Where in a statement something stands, and what it can see from there."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

_SCOPES = (exp.Select, exp.Update, exp.Delete, exp.Insert, exp.Merge, exp.Copy)
_GIVEN = (exp.Insert, exp.Copy)  # they take what another query gives
_WRITES = (exp.Update, exp.Insert, exp.Merge)


def around(node: exp.Expr) -> tuple[exp.Expr | None, bool]:
    """Return the innermost query or write around a node.

    The second says whether the node sees its names: what stands in WITH or FROM (if
    it isn't LATERAL), and what is inserted or copied, doesn't.
    """
    sees, lateral = True, False
    inner, owner = node, node.parent
    while owner is not None:
        lateral = lateral or isinstance(inner, exp.Lateral)
        if isinstance(inner, exp.CTE):
            sees = False
        elif inner.arg_key == "this" and isinstance(owner, exp.From | exp.Join):
            sees = sees and (lateral or not isinstance(inner, exp.Subquery))
        if isinstance(owner, _SCOPES) and not _is_branch(owner):
            given = inner.arg_key in ("this", "expression")
            return owner, sees and not (isinstance(owner, _GIVEN) and given)
        inner, owner = owner, owner.parent
    return None, False


def _is_branch(node: exp.Expr) -> bool:
    """Whether a write is only a branch of MERGE."""
    return isinstance(node.parent, exp.When)


def is_target(node: exp.Table) -> bool:
    """Whether a write writes to this table."""
    parent = node.parent
    if isinstance(parent, exp.Schema):
        parent = parent.parent
    return isinstance(parent, _WRITES) and node.arg_key == "this"


def is_set(node: exp.Column) -> bool:
    """Whether a column stands to the left of SET."""
    parent = node.parent
    return (
        isinstance(parent, exp.EQ)
        and node.arg_key == "this"
        and isinstance(parent.parent, exp.Update | exp.OnConflict)
        and parent.arg_key == "expressions"
    )


def visible(with_: exp.With, within: exp.Expr | None) -> Iterator[exp.Expr]:
    """Yield the named queries that a place can see: those before it, if it is one."""
    for query in with_.expressions:
        if query is within and not with_.recursive:
            return
        yield query


def is_all_shown(query: exp.Select) -> bool:
    """Whether all that a query gives comes out at the top, so that `*` is all.

    A query within another gives what that one takes: all, if it has a `*` for it too.
    """
    node: exp.Expr = query
    while isinstance(node.parent, exp.SetOperation | exp.Paren):
        node = node.parent
    holder = node.parent
    if isinstance(holder, exp.Subquery) and (
        holder.parent is None
        or isinstance(holder.parent, exp.Copy | exp.Insert | exp.Create)
    ):
        return True
    if isinstance(holder, exp.Subquery) and isinstance(holder.parent, exp.SetOperation):
        return is_all_shown_in(holder)
    if isinstance(holder, exp.Subquery | exp.CTE):
        return _is_taken_whole(holder)
    return not isinstance(holder, exp.Predicate | exp.Condition)


def is_all_shown_in(holder: exp.Expr) -> bool:
    """Whether a branch in brackets comes out at the top."""
    node = holder
    while isinstance(node.parent, exp.SetOperation):
        node = node.parent
    return node.parent is None


def _is_taken_whole(made: exp.Expr) -> bool:
    """Whether the query around takes all that a subquery, or a named query, gives."""
    place = made.parent
    if isinstance(made, exp.CTE):
        outer = place.parent if place is not None else None
        sources = _sources(outer) if isinstance(outer, exp.Select) else []
        if made.alias not in {one.name for one in sources}:
            return False
    else:
        outer = place.parent if isinstance(place, exp.From | exp.Join) else None
    if not isinstance(outer, exp.Select):
        return False
    stars = [one for one in outer.expressions if isinstance(one, exp.Star)]
    plain = any(not any(one.args.values()) for one in stars)
    return plain and is_all_shown(outer)


def _sources(query: exp.Select) -> list[exp.Table]:
    joined = [query.args.get("from_"), *query.args.get("joins", ())]
    found = [one.this for one in joined if one is not None]
    return [one for one in found if isinstance(one, exp.Table)]
