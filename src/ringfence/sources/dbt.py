"""dbt manifests: columns with their tags, and which dataset is made from which.

A manifest knows lineage between datasets, not between columns. So each derivation is
stated as undecided: it widens reach, and refutes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ringfence.documents.located import Located, describe
from ringfence.errors import Locus
from ringfence.sources import names
from ringfence.sources.classification import (
    Mark,
    column_name,
    mark,
    marks,
    state_column,
)
from ringfence.sources.gathering import Gatherer
from ringfence.sources.source import Harvest, Order

_RELATIONS = ("model", "seed", "snapshot", "source")
_FORMS = {"view": "view", "materialized_view": "materialised_view"}
_META_KEYS = ("pii", "classification")
_LINEAGE = "column lineage not read"


class Dbt:
    """Reads dbt manifests."""

    kind = "dbt"
    summary = "columns, their tags, and lineage between datasets, from dbt manifests"
    options: Sequence[str] = ("store", "meta_key")

    def read(self, order: Order) -> Harvest:
        """Return datasets, columns, tags and derivations.

        Raises:
            SourceError: A file is no dbt manifest, or a database belongs to no store.
        """
        gatherer = Gatherer(order, self.options)
        stores = _stores(gatherer)
        option = order.options.get("meta_key")
        keys = gatherer.reader.texts(option, "`meta_key`") or list(_META_KEYS)

        def read_one(file: str) -> None:
            for document in gatherer.json(file):
                _Manifest(gatherer, document, stores, keys).state()

        gatherer.each_file(read_one)
        return gatherer.harvested()


def _stores(gatherer: Gatherer) -> Mapping[str, str] | str:
    """Return the store of each database, or the one store of all of them."""
    reader, option = gatherer.reader, gatherer.order.options.get("store")
    if option is None:
        hint = "say `store: warehouse`, or `store: {<database>: warehouse}`"
        reader.note("needs `store`", gatherer.at, hint)
        return {}
    if isinstance(option.data, str):
        return names.bare(reader, option, "`store`") or {}
    entries = reader.entries(option, "`store`")
    found = {
        key: names.bare(reader, value, "a store") for key, value in entries.items()
    }
    return {key: store for key, store in found.items() if store is not None}


class _Manifest:
    def __init__(
        self,
        gatherer: Gatherer,
        document: Located,
        stores: Mapping[str, str] | str,
        keys: list[str],
    ) -> None:
        self._gatherer = gatherer
        self._reader = gatherer.reader
        self._document = document
        self._stores = stores
        self._keys = keys
        self._nodes: dict[str, Located] = {}
        self._datasets: dict[str, str] = {}

    def state(self) -> None:
        """State what the manifest says."""
        document = self._document
        if not isinstance(document.data, dict) or "nodes" not in document.data:
            hint = "`dbt parse` writes it to `target/manifest.json`"
            self._reader.note("is no dbt manifest", document.at, hint)
            return
        for section in ("nodes", "sources"):
            self._nodes.update(
                self._reader.entries(document.get(section), f"`{section}`")
            )
        for key, value in self._nodes.items():
            dataset = self._dataset(value)
            if dataset is not None:
                self._datasets[key] = dataset
        for key, dataset in self._datasets.items():
            self._relation(key, dataset)
        exposures = self._reader.entries(document.get("exposures"), "`exposures`")
        if exposures:
            message = f"exposures not read: {len(exposures)} (list them as exports)"
            self._gatherer.remark(message, document.at)

    def _dataset(self, value: Located) -> str | None:
        """Return the dataset that a node makes; tests and the like make none."""
        if not isinstance(value.data, dict):
            message = f"a node must be an object, not {describe(value)}"
            self._reader.note(message, value.at)
            return None
        if _text(value, "resource_type") not in _RELATIONS:
            return None
        if _text(value.get("config"), "materialized") == "ephemeral":
            return None
        name = _first(value, "identifier", "alias", "name")
        schema, database = _text(value, "schema"), _text(value, "database")
        if not (name and schema):
            self._reader.note("a node needs `schema` and `name`", value.at)
            return None
        store = self._stores
        if not isinstance(store, str):
            store = store.get(database, "")
        if not store:
            if self._stores or "store" in self._gatherer.order.options:
                hint = f"add it: `store: {{{database}: <store>}}`"
                message = f"database `{database}` belongs to no store"
                self._reader.note(message, value.at, hint)
            return None
        return f"dataset:{store}/{schema}.{name}"

    def _relation(self, key: str, dataset: str) -> None:
        gatherer, value = self._gatherer, self._nodes[key]
        store = dataset.removeprefix("dataset:").partition("/")[0]
        gatherer.node(dataset, value.at)
        gatherer.join(f"store:{store}", "contains", dataset, at=value.at)
        form = _text(value.get("config"), "materialized")
        gatherer.state(dataset, "form", _FORMS.get(form, "table"), at=value.at)
        for name, column in self._reader.entries(
            value.get("columns"), "`columns`"
        ).items():
            self._column(dataset, name, column)
        for parent, at in self._parents(key, {key}):
            gatherer.join(dataset, "derived_from", parent, at=at.at, unknown=_LINEAGE)

    def _column(self, dataset: str, key: str, column: Located) -> None:
        name = column_name(self._reader, _first(column, "name") or key, column.at)
        if name is None:
            return
        id_ = state_column(
            self._gatherer, dataset, name, self._marks(column), at=column.at
        )
        form = column.get("data_type")
        if form is not None and form.text().strip():
            self._gatherer.state(id_, "type", form.text(), at=form.at)

    def _marks(self, column: Located) -> Iterator[Mark]:
        config = column.get("config")
        for holder in (column, config):
            if holder is None:
                continue
            tags, meta = holder.get("tags"), holder.get("meta")
            for tag in tags.items() if tags is not None else []:
                if tag.text().strip():
                    yield mark(tag.text(), tag.at)
            for key in self._keys:
                stated = None if meta is None else meta.get(key)
                yield from marks(self._reader, stated, flag=key)

    def _parents(self, key: str, seen: set[str]) -> Iterator[tuple[str, Located]]:
        """Yield the datasets that a node is made from, through ephemeral ones."""
        waiting = [key]
        while waiting:
            depends = self._nodes[waiting.pop()].get("depends_on")
            listed = None if depends is None else depends.get("nodes")
            for each in listed.items() if listed is not None else []:
                parent = each.text()
                if parent in seen:
                    continue
                seen.add(parent)
                if parent in self._datasets:
                    yield self._datasets[parent], each
                elif parent in self._nodes:
                    waiting.append(parent)
                else:
                    self._lost(parent, each.at)

    def _lost(self, parent: str, at: Locus) -> None:
        """Refuse lineage that is cut off; what makes no data is only noted."""
        message = f"`{parent}` isn't in the manifest"
        if parent.partition(".")[0] in _RELATIONS:
            self._reader.note(message, at, "the manifest isn't whole: write it again")
        else:
            self._gatherer.remark(f"{message}: lineage ends there", at)


def _text(value: Located | None, name: str) -> str:
    found = None if value is None else value.get(name)
    return "" if found is None else found.text()


def _first(value: Located, *keys: str) -> str:
    return next((text for key in keys if (text := _text(value, key))), "")


SOURCE = Dbt()
