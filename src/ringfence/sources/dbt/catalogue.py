"""Catalogues that `dbt docs generate` writes: which columns relations really have."""

from __future__ import annotations

from collections.abc import Mapping

from ringfence.documents.located import Located, Reader

_WORD = "/catalog/"


def is_catalogue(document: Located) -> bool:
    """Return whether a document is a catalogue, by the schema that it names."""
    metadata = document.get("metadata")
    version = None if metadata is None else metadata.get("dbt_schema_version")
    return version is not None and _WORD in version.text()


def listed_columns(
    reader: Reader, document: Located
) -> Mapping[str, list[tuple[str, Located]]]:
    """Return the columns of each node, in their order, by the node's key."""
    found: dict[str, list[tuple[str, Located]]] = {}
    for section in ("nodes", "sources"):
        for key, node in reader.entries(document.get(section), f"`{section}`").items():
            columns = reader.entries(node.get("columns"), "`columns`")
            placed = sorted(columns.items(), key=lambda one: _index(one[1]))
            found[key] = [(_name(name, value), value) for name, value in placed]
    return found


def _index(value: Located) -> int:
    index = value.get("index")
    if index is None or not isinstance(index.data, int):
        return 1 << 30
    return index.data


def _name(key: str, value: Located) -> str:
    name = value.get("name")
    return (name.text() if name is not None else "") or key
