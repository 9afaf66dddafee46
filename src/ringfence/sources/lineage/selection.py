"""The select list: columns one by one, stars as the columns that they stand for."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from ringfence.sources.lineage.model import (
    NOTHING,
    Relation,
    Shown,
    Table,
    Trace,
    Traces,
    doubtful,
    indirect,
)
from ringfence.sources.lineage.schema import spelled
from ringfence.sources.lineage.scope import Aliases, Scope, Source
from ringfence.sources.lineage.tracing import Mode, Tracer

# Dialects in which a star shows a merged column where its first table has it; others
# show merged columns first.
_IN_PLACE = frozenset({"duckdb"})


@dataclass(slots=True)
class Selection:
    """The columns of one select list, as they are added."""

    tracer: Tracer
    scope: Scope
    dialect: str
    columns: list[Shown] = field(default_factory=list)
    rest: Traces | None = None
    base: Table | None = None
    _stars: int = 0

    @property
    def relation(self) -> Relation:
        """What it shows so far."""
        # Two stars over unknown columns can't be told apart.
        base = self.base if self._stars == 1 else None
        return Relation(tuple(self.columns), rest=self.rest, base=base)

    def add(self, node: exp.Expr, name: str) -> None:
        """Add one expression of the list."""
        inner = node.this if isinstance(node, exp.Alias) else node
        star = _star_of(inner)
        if star is not None:
            self._add_star(inner, star)
            return
        if inner.find(exp.Columns) is not None or _is_spread(inner):
            self._widen(self.tracer.trace(inner, self.scope), None)
            return
        traces = self.tracer.trace(node, self.scope)
        if isinstance(node, exp.Aliases):
            names = [spelled(one, self.dialect) for one in node.expressions]
            self._name_all(names, traces)
            return
        self.columns.append(Shown(name, traces))
        if isinstance(node, exp.Alias):
            self.scope.aliases.setdefault(name.casefold(), traces)

    def _name_all(self, names: list[str], traces: Traces) -> None:
        for name in names:
            self.columns.append(Shown(name, traces))
            self.scope.aliases.setdefault(name.casefold(), traces)

    def exclude(self, parts: object) -> None:
        """Take columns out that the whole list excludes."""
        nodes = parts if isinstance(parts, list) else [parts]
        names = {one.name.casefold() for one in nodes if isinstance(one, exp.Expr)}
        self.columns = [c for c in self.columns if c.name.casefold() not in names]

    # --- stars ------------------------------------------------------------------------

    def _add_star(self, node: exp.Expr, star: exp.Star) -> None:
        if isinstance(node, exp.Column):
            parts = tuple(spelled(p, self.dialect) for p in node.parts[:-1])
            source = self.scope.source(parts)
            if source is None:
                # A star of a structure, or of a table that isn't there.
                found = self.scope.find(parts, Aliases.LAST) if parts else NOTHING
                self._widen(_made(found), None)
                return
            relation = _of_one(source)
        else:
            relation = self.star_of(self.scope, self.dialect)
        excluded = _folded(star, "except_")
        replaced = {
            one.alias.casefold(): self.tracer.trace(one.this, self.scope)
            for one in star.args.get("replace") or []
            if isinstance(one, exp.Expr)
        }
        renamed = {
            one.this.name.casefold(): one.alias
            for one in star.args.get("rename") or []
            if isinstance(one, exp.Alias)
        }
        for shown in relation.columns:
            folded = shown.name.casefold()
            if folded in excluded:
                continue
            traces = replaced.get(folded, shown.traces)
            self.columns.append(Shown(renamed.get(folded, shown.name), traces))
        if relation.rest is not None:
            further = frozenset[Trace]().union(*replaced.values())
            changed = bool(replaced or renamed)
            self._widen(relation.rest | further, None if changed else relation.base)

    def _widen(self, traces: Traces, base: Table | None) -> None:
        """Add columns whose names aren't known."""
        self.rest = (self.rest or NOTHING) | traces
        self.base = base
        self._stars += 1

    @staticmethod
    def star_of(scope: Scope, dialect: str) -> Relation:
        """Return what `*` shows."""
        shown = [one for one in scope.sources if one.is_shown]
        merged = _merged(shown)
        columns: list[Shown] = []
        if dialect not in _IN_PLACE:
            columns += merged.values()
        for place, source in enumerate(shown):
            for one in source.relation.columns:
                key = (place, one.name.casefold())
                if key[1] in source.merged:
                    continue
                if key not in merged:
                    columns.append(Shown(one.name, source.seen(one.traces)))
                elif dialect in _IN_PLACE:
                    columns.append(merged[key])
        unknown = [one for one in shown if one.relation.rest is not None]
        if not unknown:
            return Relation(tuple(columns))
        rest = frozenset[Trace]().union(
            *(one.seen(one.relation.rest or NOTHING) for one in unknown)
        )
        base = unknown[0].relation.base if len(unknown) == 1 else None
        return Relation(tuple(columns), rest=rest, base=base)

    # --- clauses ----------------------------------------------------------------------

    def clause(self, node: exp.Expr, mode: Mode, aliases: Aliases) -> Traces:
        """Return what a clause decides; a number there may be a column's place."""
        found = self.tracer.trace(node, self.scope, mode, aliases)
        if isinstance(node, exp.Group) and node.args.get("all"):
            found |= indirect(self.relation.everything)
        if isinstance(node, exp.Group | exp.Order | exp.Tuple | exp.Cluster | exp.Sort):
            found |= self._by_place(node)
        return found

    def _by_place(self, node: exp.Expr) -> Traces:
        places = [int(one.name) for one in node.find_all(exp.Literal) if one.is_int]
        everything = any(
            one.name.casefold() == "all" for one in node.find_all(exp.Column)
        )
        found = NOTHING
        for place in places:
            if self.rest is not None or everything:
                break
            if 1 <= place <= len(self.columns):
                found |= indirect(self.columns[place - 1].traces)
        if everything or (places and self.rest is not None):
            found |= indirect(self.relation.everything)
        return found


def _star_of(node: exp.Expr) -> exp.Star | None:
    if isinstance(node, exp.Star):
        return node
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
        return node.this
    return None


def _is_spread(node: exp.Expr) -> bool:
    """Return whether a structure or an array of columns is spread into columns."""
    return isinstance(node, exp.Dot) and isinstance(node.expression, exp.Star)


def _folded(star: exp.Star, key: str) -> set[str]:
    return {
        one.name.casefold()
        for one in star.args.get(key) or []
        if isinstance(one, exp.Expr)
    }


def _made(traces: Traces) -> Traces:
    return doubtful(traces, "a star of a structure")


def _of_one(source: Source) -> Relation:
    """Return what a star of one source shows."""
    relation = source.relation
    columns = (Shown(c.name, source.seen(c.traces)) for c in relation.columns)
    return Relation(tuple(columns), rest=relation.rest, base=relation.base)


def _merged(sources: list[Source]) -> dict[tuple[int, str], Shown]:
    """Return the columns that joins show once, with the traces of all their parts.

    Each stands under the place of its first source: the last one before the join that
    has the column for itself.
    """
    found: dict[tuple[int, str], Shown] = {}
    for place, source in enumerate(sources):
        for folded in sorted(source.merged):
            part = source.seen(source.relation.named(folded) or NOTHING)
            for first in range(place - 1, -1, -1):
                owner = sources[first]
                own = owner.relation.named(folded)
                if own is None or folded in owner.merged:
                    continue
                known = found.get((first, folded))
                traces = owner.seen(own) if known is None else known.traces
                name = _spelled_by(owner, folded)
                found[first, folded] = Shown(name, traces | part)
                break
    return found


def _spelled_by(source: Source, folded: str) -> str:
    names = (one.name for one in source.relation.columns)
    return next(name for name in names if name.casefold() == folded)
