"""Numbered estates for tests, written as Parquet files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb

from ringfence.estate.facts import Fact

Columns = Mapping[str, tuple[str, Sequence[object]]]
TEXT = "VARCHAR"


def parquet(path: Path, columns: Columns, *, more: str = "") -> None:
    """Write columns (SQL type, values) as a Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    named = ", ".join(
        f"unnest(?::{of}[]) AS {name}" for name, (of, _) in columns.items()
    )
    with duckdb.connect() as database:
        database.execute(
            f"COPY (SELECT {named}) TO '{path}' (FORMAT parquet{more})",
            [list(values) for _, values in columns.values()],
        )


def nodes(
    ids: Sequence[str],
    excluded: Mapping[str, str] = {},
    protected: Mapping[str, str] = {},
) -> Columns:
    """Return the columns of `nodes.parquet`."""
    return {
        "id": (TEXT, ids),
        "excluded": (TEXT, [excluded.get(node, "") for node in ids]),
        "protected": (TEXT, [protected.get(node, "") for node in ids]),
    }


Edge = tuple[int, int, str, str, str]


def edges(told: Iterable[Edge]) -> Columns:
    """Return the columns of `edges.parquet`: tail, head, name, verb, unknown."""
    columns = [list(column) for column in zip(*told, strict=True)] or [[]] * 5
    names = ("tail", "head", "name", "verb", "unknown")
    types = ("INTEGER", "INTEGER", TEXT, TEXT, TEXT)
    return {
        name: (of, column)
        for name, of, column in zip(names, types, columns, strict=True)
    }


def write(
    folder: Path,
    facts: Sequence[Fact],
    excluded: Mapping[str, str],
    protected: Mapping[str, str],
) -> list[str]:
    """Write edge facts as a numbered estate; return the ids of its nodes."""
    mentioned = {node for fact in facts for node in (fact.id, fact.value)}
    # In no order that means anything.
    ids = sorted(mentioned | {*excluded} | {*protected}, key=lambda node: node[::-1])
    number = {node: place for place, node in enumerate(ids)}
    parquet(folder / "nodes.parquet", nodes(ids, excluded, protected))
    told = [
        (number[fact.id], number[fact.value], fact.name, fact.verb, fact.unknown)
        for fact in facts
    ]
    parquet(folder / "edges.parquet", edges(told))
    return ids
