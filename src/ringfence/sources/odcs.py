"""Data contracts by the Open Data Contract Standard, versions 3 and 2.2.

Taken: tables, columns, their types, classifications and tags. Everything else that a
contract says (prices, service levels, owners) is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ringfence.boundary.vocabulary import LABEL
from ringfence.documents.located import Located, describe
from ringfence.sources import names
from ringfence.sources.classification import (
    Mark,
    column_name,
    mark,
    marks,
    state_column,
    worst,
)
from ringfence.sources.gathering import Gatherer
from ringfence.sources.source import Harvest, Order


@dataclass(frozen=True, slots=True)
class _Words:
    """What one version of the standard calls things."""

    tables: str
    table: str
    columns: str
    column: str


_VERSIONS = {
    "3": _Words("schema", "name", "properties", "name"),
    "2.2": _Words("dataset", "table", "columns", "column"),
}


class Odcs:
    """Reads data contracts."""

    kind = "odcs"
    summary = "columns and their classification, from Open Data Contract Standard files"
    options: Sequence[str] = ("store", "schema", "classifications", "property")

    def read(self, order: Order) -> Harvest:
        """Return datasets, columns and tags.

        Raises:
            SourceError: A file is no data contract, or its version isn't read.
        """
        gatherer = Gatherer(order, self.options)
        contracts = _Contracts(gatherer)
        gatherer.each_file(contracts.read)
        return gatherer.harvested()


class _Contracts:
    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._reader = gatherer.reader
        order = gatherer.order
        self._store = names.bare(self._reader, order.options.get("store"), "`store`")
        if "store" not in order.options:
            hint = "say `store: warehouse`: the store whose columns they are"
            self._reader.note("needs `store`", gatherer.at, hint)
        self._schema = gatherer.option("schema", "public")
        self._property = gatherer.option("property")
        self._tags = {
            word: self._reader.text(tag, "a tag") or ""
            for word, tag in self._reader.entries(
                order.options.get("classifications"), "`classifications`"
            ).items()
        }

    def read(self, file: str) -> None:
        """Read one contract."""
        contract = self._gatherer.yaml(file)
        words = self._words(contract)
        if words is None:
            return
        tables = contract.get(words.tables)
        for table in self._reader.each(tables, lambda it: it, f"`{words.tables}`"):
            self._table(table, words)

    def _words(self, contract: Located) -> _Words | None:
        if not isinstance(contract.data, dict):
            message = f"a data contract must be a mapping, not {describe(contract)}"
            self._reader.note(message, contract.at)
            return None
        stated = contract.get("apiVersion")
        kind = contract.get("kind")
        if stated is None or (kind is not None and kind.text() != "DataContract"):
            hint = "it begins with `apiVersion: v3.0.2` and `kind: DataContract`"
            self._reader.note("is no data contract", contract.at, hint)
            return None
        version = str(stated.data).removeprefix("v")
        for known, words in _VERSIONS.items():
            if version == known or version.startswith(f"{known}."):
                return words
        hint = "versions 3 and 2.2 are"
        message = f"version `{stated.data}` of the standard isn't read"
        self._reader.note(message, stated.at, hint)
        return None

    def _table(self, table: Located, words: _Words) -> None:
        name = self._name(table, words.table)
        if name is None or self._store is None:
            return
        relation = name if "." in name else f"{self._schema}.{name}"
        dataset = self._gatherer.node(f"dataset:{self._store}/{relation}", table.at)
        self._gatherer.join(f"store:{self._store}", "contains", dataset, at=table.at)
        label = table.get("businessName")
        if label is not None and label.text().strip():
            self._gatherer.state(dataset, LABEL, label.text(), at=label.at)
        columns = table.get(words.columns)
        for column in self._reader.each(columns, lambda it: it, f"`{words.columns}`"):
            self._column(dataset, column, words)

    def _name(self, value: Located, logical: str) -> str | None:
        """Return the physical name of a table or column, else its logical name."""
        if not isinstance(value.data, dict):
            message = f"a table or column must be a mapping, not {describe(value)}"
            self._reader.note(message, value.at)
            return None
        for key in ("physicalName", logical):
            stated = value.get(key)
            if stated is not None and stated.data not in (None, ""):
                name = self._reader.text(stated, f"`{key}`")
                return None if name is None else name.strip()
        self._reader.note(f"has no `{logical}`", value.at)
        return None

    def _column(self, dataset: str, column: Located, words: _Words) -> None:
        stated = self._name(column, words.column)
        name = column_name(self._reader, stated, column.at) if stated else None
        if name is None:
            return
        leaves = list(self._leaves(column, words))
        found = worst([self._marks(leaf) for leaf in leaves])
        at = column.at
        id_ = state_column(self._gatherer, dataset, name, found, at=at)
        for key in ("physicalType", "logicalType"):
            form = column.get(key)
            if form is not None and form.text().strip():
                self._gatherer.state(id_, "type", form.text(), at=form.at)
                return

    def _leaves(self, column: Located, words: _Words) -> Iterator[Located]:
        """Yield what a column is made of: itself, or its parts and itself if marked."""
        parts = [*_below(column, words)]
        if not parts or self._marks(column):
            yield column
        for part in parts:
            yield from self._leaves(part, words)

    def _marks(self, value: Located) -> list[Mark]:
        tags = value.get("tags")
        listed = tags.items() if tags is not None else []
        found = [mark(tag.text(), tag.at) for tag in listed if tag.text().strip()]
        stated = value.get("classification")
        if stated is not None and stated.text().strip():
            word = stated.text().strip()
            found.append(mark(self._tags.get(word, word), stated.at))
        return [*found, *self._own_marks(value)]

    def _own_marks(self, value: Located) -> Iterator[Mark]:
        properties = value.get("customProperties")
        if not self._property or properties is None:
            return
        for entry in properties.items():
            key = entry.get("property")
            if key is not None and key.text() == self._property:
                yield from marks(self._reader, entry.get("value"), flag=self._property)


def _below(column: Located, words: _Words) -> Iterator[Located]:
    """Yield the parts of a column that is a structure or a list of them."""
    inner = column.get(words.columns)
    if inner is not None:
        yield from (each for each in inner.items() if isinstance(each.data, dict))
    items = column.get("items")
    if items is not None and isinstance(items.data, dict):
        yield items


SOURCE = Odcs()
