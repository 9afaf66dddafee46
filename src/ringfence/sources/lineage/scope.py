"""Names within a query: which source a column belongs to, from the inside out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from ringfence.sources.lineage.model import (
    NOTHING,
    Relation,
    Seal,
    Table,
    Trace,
    Traces,
    doubtful,
)

# Words that SQL writes like columns and that are none, unless a table has them.
_NO_COLUMNS = frozenset(
    {
        *("current_catalog", "current_date", "current_role", "current_schema"),
        *("current_time", "current_timestamp", "current_user", "session_user"),
        *("sysdate", "systimestamp", "user", "level", "rownum", "rowid", "ctid"),
        *("_rowid_", "oid", "sqlcode", "sqlstate"),
    }
)


class Aliases(Enum):
    """Whether a name may be one that the select list gives."""

    LAST = "only where no column has it"
    ALSO = "as well as a column's"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A verified condition that each group has so many rows, or distinct values.

    Attributes:
        seal: What passes on to aggregates.
        alias: The source whose column was counted; empty when rows were.
    """

    seal: Seal
    alias: str = ""


@dataclass(slots=True)
class Source:
    """One relation in a FROM clause.

    Attributes:
        alias: What it is called there.
        table: The table's own name, when it has no other: it may come with its schema.
        relation: What it shows.
        is_nullable: Whether an outer join may fill in rows that it doesn't have.
        is_shown: Whether a star shows it: what a semi join only tests isn't.
        merged: Columns that a join shows once, under an earlier source.
    """

    alias: str
    relation: Relation
    table: Table | None = None
    is_nullable: bool = False
    is_shown: bool = True
    merged: set[str] = field(default_factory=set)

    def answers_to(self, parts: tuple[str, ...]) -> bool:
        """Return whether a qualifier means this source."""
        folded = [part.casefold() for part in parts]
        if len(folded) == 1:
            return folded[0] == self.alias.casefold()
        if self.table is None:
            return False
        own = [part.casefold() for part in self.table if part]
        return own[-len(folded) :] == folded

    def seen(self, traces: Traces) -> Traces:
        """Return traces as this source shows them."""
        if not self.is_nullable:
            return traces
        return frozenset(one._replace(plain=False) for one in traces)


@dataclass(slots=True)
class Scope:
    """The names that one SELECT knows.

    Attributes:
        outer: The query around it, whose columns a correlated subquery may use.
        sources: What stands in FROM, in order.
        aliases: What the select list has named so far.
        thresholds: What HAVING enforces for each group.
        lack: Why HAVING enforces nothing.
        is_single: Whether each row is a row of one table, and none of them twice.
    """

    outer: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    aliases: dict[str, Traces] = field(default_factory=dict)
    thresholds: list[Threshold] = field(default_factory=list)
    lack: str = ""
    is_single: bool = False

    def find(self, parts: tuple[str, ...], aliases: Aliases) -> Traces:
        """Return the traces of a column, whatever its name turns out to mean."""
        found = self.qualified(parts) if len(parts) > 1 else None
        if found is None:
            found = self.bare(parts[0], aliases)
        if found is None:
            found = self.row(parts)
        if found is not None:
            return found
        if len(parts) == 1 and parts[0].casefold() in _NO_COLUMNS:
            return NOTHING
        return self._lost(".".join(parts))

    def qualified(self, parts: tuple[str, ...]) -> Traces | None:
        """Return a column after its source's name, and maybe before its fields'."""
        for length in range(min(len(parts) - 1, 3), 0, -1):
            qualifier, name = parts[:length], parts[length]
            here = [one for one in self.sources if one.answers_to(qualifier)]
            if here and (length > 1 or not self._is_field(here, parts)):
                return self._one_of(here, name)
        return None if self.outer is None else self.outer.qualified(parts)

    def _is_field(self, here: list[Source], parts: tuple[str, ...]) -> bool:
        """Return whether `a.b` is a field of a column `a`, not a column of a source."""
        relations = [one.relation for one in here]
        if any(one.named(parts[1]) is not None for one in relations):
            return False
        if any(one.rest is not None for one in relations):
            return False
        return any(one.relation.named(parts[0]) is not None for one in self.sources)

    def _one_of(self, sources: list[Source], name: str) -> Traces:
        found = [self._column(source, name) for source in sources]
        together = frozenset[Trace]().union(*found)
        if len(found) > 1:
            return doubtful(together, f"`{name}` may be of several tables")
        return together

    def _column(self, source: Source, name: str) -> Traces:
        traces = source.relation.named(name)
        if traces is None:
            traces = source.relation.may_have(name)
        if traces is None:
            return _any_of([source], f"`{source.alias}` has no known column `{name}`")
        return source.seen(traces)

    def bare(self, name: str, aliases: Aliases) -> Traces | None:
        """Return a column without a qualifier, here or further out."""
        # What a semi join tests is seen in its condition, and not beyond.
        sources = [one for one in self.sources if one.is_shown]
        known = [(one, one.relation.named(name)) for one in sources]
        found = [(one, traces) for one, traces in known if traces is not None]
        alias = self.aliases.get(name.casefold())
        if found:
            traces = self._known(name, found)
            return traces | alias if alias and aliases is Aliases.ALSO else traces
        called = [one for one in sources if one.relation.rest is not None]
        if not called:
            if alias is not None:
                return alias
            return None if self.outer is None else self.outer.bare(name, aliases)
        return self._guessed(name, called, alias)

    def _known(self, name: str, found: list[tuple[Source, Traces]]) -> Traces:
        together = frozenset[Trace]().union(
            *(source.seen(traces) for source, traces in found)
        )
        unmerged = [one for one, _ in found if name.casefold() not in one.merged]
        if len(unmerged) > 1:
            return doubtful(together, f"`{name}` may be of several tables")
        return together

    def _guessed(
        self, name: str, sources: list[Source], alias: Traces | None
    ) -> Traces:
        """Return a column that only a source of unknown columns can have."""
        own = [one for one in sources if one.alias.casefold() == name.casefold()]
        if own and own[0].relation.base is None:
            return own[0].seen(own[0].relation.rest or NOTHING)
        beyond = None if self.outer is None else self.outer.bare(name, Aliases.LAST)
        if len(sources) == 1 and alias is None and beyond is None:
            return sources[0].seen(sources[0].relation.may_have(name) or NOTHING)
        traces = frozenset[Trace]().union(*(one.relation.rest or () for one in sources))
        if len(sources) == 1:
            traces |= sources[0].relation.may_have(name) or NOTHING
        traces |= (alias or NOTHING) | (beyond or NOTHING)
        return doubtful(traces, f"`{name}` may be of several tables")

    def row(self, parts: tuple[str, ...]) -> Traces | None:
        """Return the whole row of a source that is named like a column."""
        for source in self.sources:
            if source.answers_to(parts):
                return source.seen(source.relation.everything)
        return None if self.outer is None else self.outer.row(parts)

    def _lost(self, name: str) -> Traces:
        around: list[Source] = []
        scope: Scope | None = self
        while scope is not None:
            around += scope.sources
            scope = scope.outer
        return _any_of(around, f"`{name}` is no known column")

    def source(self, parts: tuple[str, ...]) -> Source | None:
        """Return the source that a star, or a column, is qualified with."""
        for one in self.sources:
            if one.answers_to(parts):
                return one
        return None if self.outer is None else self.outer.source(parts)

    @property
    def everything(self) -> Traces:
        """What any column of any source is made of."""
        found = (one.seen(one.relation.everything) for one in self.sources)
        return frozenset[Trace]().union(*found)


def _any_of(sources: list[Source], reason: str) -> Traces:
    """Return that something may come from any column of these sources."""
    tables = frozenset[Table]().union(*(one.relation.tables for one in sources))
    if not tables:
        return frozenset({Trace(None, "", unknown=reason)})
    return frozenset(Trace(table, "", unknown=reason) for table in tables)
