"""The tables of the case: what each column is called, holds and is tagged with."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

TYPES = {
    "k": "bigint",
    "n": "integer",
    "t": "text",
    "d": "date",
    "s": "timestamptz",
    "b": "boolean",
    "f": "double precision",
    "m": "numeric(12, 2)",
    "i": "inet",
    "j": "jsonb",
}
MONTHS = ("2021-11-01", "2021-12-01", "2022-01-01", "2022-02-01")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its SQL type, and what it holds (empty: nothing)."""

    name: str
    type: str
    tag: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table, partition, view or materialised view."""

    name: str
    columns: tuple[Column, ...]


def tables() -> list[Table]:
    """Return the ordinary tables of the warehouse."""
    return _sections()["tables"]


def partitioned() -> list[Table]:
    """Return the partitioned table, then its partitions, one for each month."""
    (whole,) = _sections()["partitioned"]
    names = (f"{whole.name}_{month[:7].replace('-', '_')}" for month in MONTHS[:-1])
    return [whole, *(Table(name, whole.columns) for name in names)]


def views() -> list[Table]:
    """Return the views."""
    return _sections()["views"]


def materialised() -> list[Table]:
    """Return the materialised views."""
    return _sections()["materialised"]


def vault() -> list[Table]:
    """Return the tables of the vault."""
    return _sections()["vault"]


def everything() -> list[Table]:
    """Return every relation of the warehouse, in the order of its name."""
    found = [*tables(), *partitioned(), *views(), *materialised()]
    return sorted(found, key=lambda table: table.name)


@functools.cache
def _sections() -> dict[str, list[Table]]:
    text = Path(__file__).with_name("tables.txt").read_text(encoding="utf-8")
    # An indented line goes on with the one above.
    lines = text.replace("\n    ", " ").splitlines()
    short: dict[str, str] = {}
    found: dict[str, list[Table]] = {}
    section: list[Table] = []
    for line in lines:
        if line.startswith("@"):
            name, _, meaning = line.partition(" = ")
            short[name] = _expanded(meaning, short)
        elif line.startswith("["):
            section = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            section.append(_table(_expanded(line, short)))
    return found


def _expanded(text: str, short: dict[str, str]) -> str:
    return " ".join(short.get(word, word) for word in text.split())


def _table(line: str) -> Table:
    name, _, columns = line.partition(": ")
    return Table(name, tuple(_column(text) for text in columns.split()))


def _column(text: str) -> Column:
    declared, _, tag = text.partition("=")
    name, _, type_ = declared.partition(":")
    return Column(name, TYPES[type_], tag)
