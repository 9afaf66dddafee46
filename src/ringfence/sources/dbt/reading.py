"""dbt manifests: columns with their tags, and what each dataset and column comes from.

A manifest itself knows lineage between datasets alone. Where its compiled code is
resolved whole, that says which columns; elsewhere a derivation between datasets is
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
from ringfence.sources.dbt.catalogue import is_catalogue, listed_columns
from ringfence.sources.dbt.code import Code, Model, dialect_of
from ringfence.sources.gathering import Gatherer
from ringfence.sources.lineage.declassifiers import Declassifiers, read_declassifiers
from ringfence.sources.lineage.model import Table
from ringfence.sources.lineage.tables import dialect
from ringfence.sources.source import Harvest, Order

_RELATIONS = ("model", "seed", "snapshot", "source")
_FORMS = {"view": "view", "materialized_view": "materialised_view"}
_META_KEYS = ("pii", "classification")
_LINEAGE = "column lineage not read"


class Dbt:
    """Reads dbt manifests."""

    kind = "dbt"
    summary = "columns, their tags, and what they come from, from dbt manifests"
    options: Sequence[str] = ("store", "meta_key", "dialect", "declassifiers")

    def read(self, order: Order) -> Harvest:
        """Return datasets, columns, tags and derivations.

        Raises:
            SourceError: A file is no dbt manifest, or a database belongs to no store.
        """
        gatherer = Gatherer(order, self.options)
        stores = _stores(gatherer)
        option = order.options.get("meta_key")
        keys = gatherer.reader.texts(option, "`meta_key`") or list(_META_KEYS)

        declassifiers = read_declassifiers(gatherer)
        documents: list[Located] = []
        gatherer.each_file(lambda file: documents.extend(gatherer.json(file)))
        columns: dict[str, list[tuple[str, Located]]] = {}
        for document in filter(is_catalogue, documents):
            columns |= listed_columns(gatherer.reader, document)
        for document in documents:
            if not is_catalogue(document):
                manifest = _Manifest(gatherer, document, stores, keys)
                manifest.columns, manifest.declassifiers = columns, declassifiers
                manifest.state()
        declassifiers.remark_unmatched(gatherer)
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
        self._spelled: dict[tuple[str, str], str] = {}
        self._columns: set[str] = set()
        self.columns: Mapping[str, list[tuple[str, Located]]] = {}
        self.declassifiers = Declassifiers()

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
        self._derivations()
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
        for name, column in self.columns.get(key, ()):
            if (dataset, name.casefold()) not in self._spelled:
                self._column(dataset, name, Located({}, column.at))

    def _derivations(self) -> None:
        """State what comes from what: columns where code says so, else datasets."""
        metadata = self._document.get("metadata")
        adapter = dialect_of(_text(metadata, "adapter_type"))
        code = Code(
            self._gatherer,
            dialect(self._gatherer, adapter),
            self.declassifiers,
            self._spelled,
            self._elsewhere,
        )
        code.emission.stated = set(self._datasets.values()) | self._columns
        models = [self._model(key, dataset) for key, dataset in self._datasets.items()]
        whole = code.resolve(models, {key: self._below(key) for key in self._nodes})
        for key, dataset in self._datasets.items():
            for parent, at in self._parents(key, {key}):
                if parent not in whole.get(key, ()):
                    self._gatherer.join(
                        dataset, "derived_from", parent, at=at.at, unknown=_LINEAGE
                    )
        code.emission.counts.remark(self._gatherer, self._document.at)

    def _below(self, key: str) -> list[str]:
        depends = self._nodes[key].get("depends_on")
        listed = None if depends is None else depends.get("nodes")
        return [one.text() for one in listed.items()] if listed is not None else []

    def _model(self, key: str, dataset: str) -> Model:
        value = self._nodes[key]
        name = _first(value, "identifier", "alias", "name")
        code = _code(value)
        return Model(
            key,
            Table(_text(value, "database"), _text(value, "schema"), name),
            dataset,
            code.text() if code is not None else "",
            value.at if code is None else code.at,
            tuple(name for name, _ in self.columns.get(key, ())),
        )

    def _elsewhere(self, table: Table) -> str:
        store = self._stores
        if not isinstance(store, str):
            by_name = {key.casefold(): found for key, found in store.items()}
            store = by_name.get(table.catalog.casefold(), "")
        return f"dataset:{store}/{table.schema}.{table.name}" if store else ""

    def _column(self, dataset: str, key: str, column: Located) -> None:
        name = column_name(self._reader, _first(column, "name") or key, column.at)
        if name is None:
            return
        self._spelled[dataset, name.casefold()] = name
        id_ = state_column(
            self._gatherer, dataset, name, self._marks(column), at=column.at
        )
        self._columns.add(id_)
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


def _code(value: Located) -> Located | None:
    """Return a model's compiled SQL; models in other languages have none."""
    if _text(value, "language") not in ("", "sql"):
        return None
    return value.get("compiled_code") or value.get("compiled_sql")


def _first(value: Located, *keys: str) -> str:
    return next((text for key in keys if (text := _text(value, key))), "")


SOURCE = Dbt()
