"""Which dataset a namespace and a name mean, and where it lies.

Datasets have several names: a table and the folder that holds it (`symlinks`). All
names of one dataset become one node. It is called by the name whose namespace the
option `stores` maps, else by that of a table, else by the first in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ringfence.boundary.protection import Patterns, patterns
from ringfence.documents.located import Located
from ringfence.sources import names
from ringfence.sources.gathering import Gatherer

UNNAMED = "unnamed"
_WITH_DATABASE = 3


class Name(NamedTuple):
    """What OpenLineage calls a dataset."""

    namespace: str
    name: str


@dataclass(slots=True)
class Naming:
    """Maps names to the ids of datasets.

    Attributes:
        stores: Pattern of a namespace, and the store that it means; the first counts.
    """

    stores: Sequence[tuple[Patterns, str]]
    _same: dict[Name, Name] = field(default_factory=dict)
    _tables: set[Name] = field(default_factory=set)
    _ids: dict[Name, str] = field(default_factory=dict)

    @classmethod
    def of(cls, gatherer: Gatherer) -> Naming:
        """Return the naming that the option `stores` states."""
        reader, option = gatherer.reader, gatherer.order.options.get("stores")
        found = []
        for key, value in reader.entries(option, "`stores`").items():
            store = names.bare(reader, value, "a store")
            if store is not None and "/" in store:
                reader.note(f"a store can't be called `{store}`", value.at)
            elif store is not None:
                found.append((patterns([key]), store))
        return cls(found)

    def see(self, name: Name) -> None:
        """Note that there is a dataset of that name."""
        self._same.setdefault(name, name)

    def same(self, one: Name, other: Name, *, other_is_table: bool) -> None:
        """Note that two names mean one dataset."""
        if other_is_table:
            self._tables.add(other)
        self.see(one)
        self.see(other)
        self._same[self._root(one)] = self._root(other)

    def _root(self, name: Name) -> Name:
        while self._same[name] != name:
            self._same[name] = self._same[self._same[name]]
            name = self._same[name]
        return name

    def settle(self) -> list[tuple[Name, list[Name]]]:
        """Give every dataset its id; return those of several names, best first."""
        self._place_unnamed()
        groups: dict[Name, list[Name]] = {}
        for name in self._same:
            groups.setdefault(self._root(name), []).append(name)
        several = []
        for group in groups.values():
            chosen, *others = sorted(group, key=self._rank)
            id_ = self._id(chosen)
            for name in group:
                self._ids[name] = id_
            if others:
                several.append((chosen, others))
        return sorted(several)

    def _place_unnamed(self) -> None:
        """Let a name without a namespace mean the one dataset that is called so."""
        by_name: dict[str, set[Name]] = {}
        for name in self._same:
            if name.namespace:
                by_name.setdefault(name.name, set()).add(self._root(name))
        for name in [one for one in self._same if not one.namespace]:
            roots = by_name.get(name.name, set())
            if len(roots) == 1:
                self._same[self._root(name)] = next(iter(roots))

    def _rank(self, name: Name) -> tuple[bool, bool, bool, Name]:
        mapped = self._mapped(name) is not None
        return not mapped, not name.namespace, name not in self._tables, name

    def _mapped(self, name: Name) -> str | None:
        whole = f"{name.namespace}/{name.name}"
        for pattern, store in self.stores:
            if pattern.match(name.namespace) or pattern.match(whole):
                return store
        return None

    def _id(self, name: Name) -> str:
        store = self._mapped(name)
        if store is None:
            store = name.namespace.rstrip("/").replace("://", ":").replace("/", ":")
        return f"dataset:{store or UNNAMED}/{relation(name.name)}"

    def id(self, name: Name) -> str:
        """Return the id of a dataset, once `settle` was called."""
        return self._ids[name]


def relation(name: str) -> str:
    """Return a dataset's name without its database: `<schema>.<relation>`."""
    parts = name.split(".")
    if "/" in name or len(parts) != _WITH_DATABASE or not all(parts):
        return name
    return ".".join(parts[1:])


def name_of(value: Located) -> Name | None:
    """Return the name of a dataset, or None when it has none."""
    name, namespace = value.get("name"), value.get("namespace")
    if name is None or not name.text().strip():
        return None
    return Name(namespace.text() if namespace else "", name.text())
