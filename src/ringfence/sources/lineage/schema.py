"""Which columns the tables have, and how a dialect spells a name without quotes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect, Dialects, NormalizationStrategy

from ringfence.sources.lineage.model import Table

DIALECTS = tuple(sorted(each.value for each in Dialects if each.value))


def spelled(identifier: exp.Expr | str | None, dialect: str) -> str:
    """Return an identifier as the dialect stores it.

    Dialects that ignore case keep what was written; here it becomes small letters, so
    that two spellings of one name are one.
    """
    if identifier is None or isinstance(identifier, str):
        return identifier or ""
    name = identifier.name
    if identifier.args.get("quoted"):
        return name
    strategy = Dialect.get_or_raise(dialect).normalization_strategy
    match strategy:
        case NormalizationStrategy.UPPERCASE:
            return name.upper()
        case NormalizationStrategy.CASE_SENSITIVE:
            return name
        case _:
            return name.lower()


def table_of(node: exp.Table, dialect: str) -> Table:
    """Return the table that a reference names, as far as it names it."""
    parts = [spelled(part, dialect) for part in node.parts]
    # More than three parts: a server, or a project, before the catalogue.
    catalog = ".".join(parts[:-2])
    return Table(catalog, parts[-2] if len(parts) > 1 else "", parts[-1])


@dataclass(slots=True)
class Schema:
    """The tables that are known, each with its columns in order.

    Attributes:
        default: The schema of tables that are named without one.
    """

    default: str = ""
    _columns: dict[Table, tuple[str, ...]] = field(default_factory=dict)
    _by_name: dict[str, list[Table]] = field(default_factory=dict)

    def add(self, table: Table, columns: Iterable[str]) -> None:
        """Add a table; one that was there gets these columns instead."""
        if table not in self._columns:
            self._by_name.setdefault(table.name.casefold(), []).append(table)
        self._columns[table] = tuple(columns)

    def columns(self, table: Table) -> tuple[str, ...] | None:
        """Return a known table's columns; None for one that isn't known."""
        return self._columns.get(table)

    @property
    def tables(self) -> Mapping[Table, tuple[str, ...]]:
        """Every known table, with its columns."""
        return self._columns

    def found(self, named: Table) -> Sequence[Table]:
        """Return the known tables that a reference may mean; best, exactly one."""
        same = self._by_name.get(named.name.casefold(), [])
        same = [table for table in same if table.name == named.name] or same
        fitting = [one for one in same if _fits(one, named)]
        if not named.schema and len(fitting) > 1:
            preferred = [one for one in fitting if _same(one.schema, self.default)]
            fitting = preferred or fitting
        return [one for one in fitting if one == named] or fitting

    def whole(self, named: Table) -> Table:
        """Return a table that isn't known, with the default schema."""
        return named if named.schema else named._replace(schema=self.default)


def _fits(table: Table, named: Table) -> bool:
    return all(
        not wanted or not part or _same(part, wanted)
        for part, wanted in zip(table[:2], named[:2], strict=True)
    )


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def columns_of_table(create: exp.Create, dialect: str) -> tuple[str, ...]:
    """Return the columns that a CREATE TABLE or CREATE VIEW lists."""
    schema = create.this
    if not isinstance(schema, exp.Schema):
        return ()
    return tuple(
        spelled(part if isinstance(part, exp.Identifier) else part.this, dialect)
        for part in schema.expressions
        if isinstance(part, exp.Identifier | exp.ColumnDef)
    )
