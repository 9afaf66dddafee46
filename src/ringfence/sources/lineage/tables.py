"""Options of sources of lineage: the dialect, the known tables, and where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ringfence.documents.located import Located, nearest
from ringfence.documents.yaml import read_yaml
from ringfence.sources import names
from ringfence.sources.gathering import Gatherer
from ringfence.sources.lineage.model import Table
from ringfence.sources.lineage.schema import DIALECTS, Schema


def dialect(gatherer: Gatherer, default: str = "") -> str:
    """Return the option `dialect`."""
    value = gatherer.order.options.get("dialect")
    if value is None:
        return default
    return gatherer.reader.choice(value, DIALECTS, "dialect") or default


@dataclass(frozen=True, slots=True)
class Stores:
    """The store of each database, or the one store of all of them.

    Attributes:
        one: The store of every table.
        of: The store of each database, by its name in small letters.
    """

    one: str = ""
    of: Mapping[str, str] | None = None

    def store(self, catalog: str) -> str:
        """Return the store of a database; empty when it belongs to none."""
        if self.of is None:
            return self.one
        if not catalog and len(self.of) == 1:
            return next(iter(self.of.values()))
        return self.of.get(catalog.casefold(), "")

    def dataset(self, table: Table) -> str:
        """Return the id of a table's dataset; empty when it belongs to no store."""
        store = self.store(table.catalog)
        if not store or not table.schema:
            return ""
        return f"dataset:{store}/{table.schema}.{table.name}"


def stores(gatherer: Gatherer) -> Stores:
    """Return the option `store`: one store, or one for each database."""
    reader, option = gatherer.reader, gatherer.order.options.get("store")
    if option is None:
        hint = "say `store: warehouse`, or `store: {<database>: warehouse}`"
        reader.note("needs `store`", gatherer.at, hint)
        return Stores()
    if isinstance(option.data, str):
        return Stores(names.bare(reader, option, "`store`") or "")
    found = {
        key.casefold(): names.bare(reader, value, "a store") or ""
        for key, value in reader.entries(option, "`store`").items()
    }
    return Stores(of=found)


def table_named(text: str) -> Table | None:
    """Return the table that `schema.table` or `database.schema.table` names."""
    parts = [part.strip() for part in text.split(".")]
    if len(parts) not in (2, 3) or not all(parts):
        return None
    catalog = parts[0] if len(parts) > 2 else ""  # noqa: PLR2004
    return Table(catalog, parts[-2], parts[-1])


def read_schema(gatherer: Gatherer, file: str, schema: Schema) -> None:
    """Add the tables that a YAML or JSON file lists.

    Raises:
        SourceError: It can't be read.
    """
    document = read_yaml(gatherer.order.text(file), file)
    reader = gatherer.reader
    if not isinstance(document.data, dict) or "tables" not in document.data:
        hint = "write `tables: {public.accounts: [id, email]}`"
        reader.note("is no list of tables", document.at, hint)
        return
    for key, entry in document.data.items():
        if key != "tables":
            reader.note(f"no `{key}` here", entry.at, nearest(key, ["tables"]))
    for name, columns in reader.entries(document.get("tables"), "`tables`").items():
        table = table_named(name)
        if table is None:
            hint = "write `<schema>.<table>`, or `<database>.<schema>.<table>`"
            reader.note(f"`{name}` names no table", columns.at, hint)
            continue
        schema.add(table, _columns(gatherer, columns))


def _columns(gatherer: Gatherer, value: Located) -> list[str]:
    if isinstance(value.data, dict):
        return list(value.data)
    return gatherer.reader.texts(value, "the columns")
