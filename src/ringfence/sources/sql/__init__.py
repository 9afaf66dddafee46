"""SQL files: views, tables made by queries, inserts, and named queries.

What a derived column shows, and what only decides its rows, is resolved in the SQL;
what can't be resolved widens to the tables that a statement names, and is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from ringfence.errors import Locus
from ringfence.sources.gathering import Gatherer
from ringfence.sources.lineage.declassifiers import (
    Declassifiers,
    read_declassifiers,
)
from ringfence.sources.lineage.emission import Emission, everything
from ringfence.sources.lineage.model import Answer, Table
from ringfence.sources.lineage.resolve import columns_of
from ringfence.sources.lineage.schema import Schema
from ringfence.sources.lineage.statements import (
    Script,
    Written,
    in_order,
    read_script,
)
from ringfence.sources.lineage.tables import Stores, dialect, read_schema, stores
from ringfence.sources.source import Harvest, Order

_SUFFIXES = (".sql", ".ddl", ".psql", ".hql")


class Sql:
    """Reads files of SQL."""

    kind = "sql"
    summary = "what derived columns come from, from views and queries in SQL"
    options: Sequence[str] = (
        *("store", "dialect", "schema", "default_schema"),
        *("queries", "declassifiers"),
    )

    def read(self, order: Order) -> Harvest:
        """Return tables, columns, and what each derived column comes from.

        Raises:
            SourceError: A file can't be read, or an option makes no sense. A statement
                that isn't understood is counted, and no error.
        """
        gatherer = Gatherer(order, self.options)
        listed = gatherer.option("schema")
        if listed and listed not in order.files:
            # The estate keeps a digest of each file, and of nothing else.
            place = order.options["schema"].at
            gatherer.reader.note(f"`{listed}` isn't one of `files`", place, "add it")
        schema = Schema(gatherer.option("default_schema", "public"))
        reading = _Reading(
            gatherer,
            schema,
            dialect(gatherer),
            stores(gatherer),
            gatherer.option("queries", "queries"),
            read_declassifiers(gatherer),
        )
        gatherer.each_file(reading.take)
        if not gatherer.reader.problems:
            reading.state()
        return gatherer.harvested()


@dataclass(slots=True)
class _Reading:
    gatherer: Gatherer
    schema: Schema
    dialect: str
    stores: Stores
    queries: str
    declassifiers: Declassifiers
    scripts: dict[str, Script] = field(default_factory=dict)
    places: dict[Table, Locus] = field(default_factory=dict)
    files: dict[int, str] = field(default_factory=dict)
    emission: Emission = field(init=False)

    def __post_init__(self) -> None:
        """Prepare to state facts."""
        self.emission = Emission(self.gatherer, self._dataset, self.declassifiers)

    def take(self, file: str) -> None:
        """Read one file; what its CREATE TABLE statements list is known from here."""
        if file == self.gatherer.option("schema"):
            read_schema(self.gatherer, file, self.schema)
            return
        script = read_script(self.gatherer.order.text(file), self.dialect)
        self.scripts[file] = script
        for table, columns, line in script.tables:
            whole = self.schema.whole(table)
            self.places.setdefault(whole, Locus(file, line))
            if columns:
                self.schema.add(whole, columns)
        for one in script.written:
            self.files[id(one)] = file

    def state(self) -> None:
        """State every table, and what each statement makes."""
        for table, at in self.places.items():
            self._state_table(table, at)
        written = [one for script in self.scripts.values() for one in script.written]
        for one in in_order(written, self.schema):
            self._state_written(one, Locus(self.files[id(one)], one.line))
        for file, script in self.scripts.items():
            self._remark(file, script)
        self.emission.counts.remark(self.gatherer, self.gatherer.at)
        self.declassifiers.remark_unmatched(self.gatherer)

    def _dataset(self, table: Table) -> str:
        dataset = self.stores.dataset(self.schema.whole(table))
        if dataset:
            return self.emission.place(dataset, self._here)
        self.emission.counts.lose(f"`{table}` belongs to no store")
        return ""

    _here: Locus = field(default_factory=lambda: Locus("sql"))

    def _state_table(self, table: Table, at: Locus) -> None:
        self._here = at
        dataset = self._dataset(table)
        if not dataset:
            return
        self.gatherer.state(dataset, "form", "table", at=at)
        for name in self.schema.columns(table) or ():
            if not self.emission.column(dataset, name, at):
                self.emission.counts.lose(f"`{name}` can't be the name of a column")

    def _state_written(self, one: Written, at: Locus) -> None:
        self._here = at
        target = self._target(one, at)
        dataset = self._dataset(target)
        if not dataset:
            return
        if not one.is_insert and not one.unresolved:
            self.gatherer.state(dataset, "form", one.form, at=at)
        if one.query is None:
            tables = sorted({table for r in one.reads for table in self._known(r)})
            answer = everything(tables, one.unresolved)
        else:
            tokens = self.declassifiers.tokens
            answer = columns_of(one.query, self.schema, self.dialect, tokens)
        names = self._names(one, target, answer)
        if names is None:
            reason = f"which columns of `{target}` it fills isn't known"
            answer = everything(sorted(answer.tables), reason)
            names = []
        self.emission.state(dataset, names, answer, at=at)
        self._learn(one, target, names, answer)

    def _known(self, named: Table) -> Sequence[Table]:
        return self.schema.found(named) or [self.schema.whole(named)]

    def _target(self, one: Written, at: Locus) -> Table:
        if one.target is not None:
            found = self.schema.found(one.target)
            return found[0] if len(found) == 1 else self.schema.whole(one.target)
        file = PurePath(at.file).name
        for suffix in _SUFFIXES:
            file = file.removesuffix(suffix)
        name = one.name or file
        count = sum(w.target is None for w in self.scripts[at.file].written)
        if not one.name and count > 1:
            name = f"{file}-{one.line}"
        catalog = next(iter(self.stores.of or {}), "")
        return Table(catalog, self.queries, name)

    def _names(self, one: Written, target: Table, answer: Answer) -> list[str] | None:
        """Return what the columns are called; None, when it isn't known."""
        own = [shown.name for shown in answer.columns]
        if one.target is None:
            return [name or f"column{n}" for n, name in enumerate(own, start=1)]
        if one.query is None:
            return []
        listed = one.columns
        if one.is_insert and not listed:
            listed = self.schema.columns(target) or ()
            if not listed:
                return None
        if listed and answer.rest is not None:
            return None
        return [*listed, *own[len(listed) :]]

    def _learn(
        self, one: Written, target: Table, names: Sequence[str], answer: Answer
    ) -> None:
        """Remember the columns of a view for the queries that read it."""
        known = self.schema.columns(target) is not None
        if known or one.target is None or answer.rest is not None or not all(names):
            return
        if answer.columns and not one.is_insert:
            self.schema.add(target, names)

    def _remark(self, file: str, script: Script) -> None:
        for line, reason in script.broken:
            self.gatherer.remark(
                f"a statement isn't understood: {reason}", Locus(file, line)
            )
        if script.unread:
            listed = _listed(script.unread)
            self.gatherer.remark(f"statements not read: {listed}", Locus(file, 1))


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))


SOURCE = Sql()
