"""Column lineage of a manifest's compiled code, model by model.

What a manifest documents of a relation's columns may be some of them. Only a catalogue,
or code that is resolved whole, says all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ringfence.errors import Locus
from ringfence.sources.gathering import Gatherer
from ringfence.sources.lineage.declassifiers import Declassifiers
from ringfence.sources.lineage.emission import Emission
from ringfence.sources.lineage.model import Answer, Shown, Table
from ringfence.sources.lineage.resolve import columns_of
from ringfence.sources.lineage.schema import DIALECTS, Schema

_ADAPTERS = {
    "sqlserver": "tsql",
    "synapse": "tsql",
    "azuresql": "tsql",
    "glue": "spark",
}


def dialect_of(adapter: str) -> str:
    """Return the dialect of an adapter; empty for one that isn't known."""
    word = _ADAPTERS.get(adapter.lower(), adapter.lower())
    return word if word in DIALECTS else ""


@dataclass(frozen=True, slots=True)
class Model:
    """A relation that code makes.

    Attributes:
        key: The node's key in the manifest.
        table: What the relation is called in SQL.
        dataset: Its id.
        code: The compiled code; empty when the manifest holds none.
        at: Where the code stands.
        columns: Its columns, as a catalogue lists them; nothing when none does.
    """

    key: str
    table: Table
    dataset: str
    code: str
    at: Locus
    columns: tuple[str, ...] = ()


@dataclass(slots=True)
class Code:
    """Resolves the code of all models of a manifest.

    Attributes:
        gatherer: Takes the facts.
        dialect: How the code is written.
        declassifiers: What was declared.
        spelled: Columns as the manifest spells them: by dataset and small letters.
        elsewhere: Gives the id of a table that the manifest doesn't hold, or nothing.
    """

    gatherer: Gatherer
    dialect: str
    declassifiers: Declassifiers
    spelled: Mapping[tuple[str, str], str]
    elsewhere: Callable[[Table], str]
    schema: Schema = field(default_factory=Schema)
    emission: Emission = field(init=False)
    _datasets: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _here: Locus = field(default_factory=lambda: Locus("dbt"))

    def __post_init__(self) -> None:
        """Prepare to state columns."""
        self.emission = Emission(self.gatherer, self._dataset, self.declassifiers)

    def _dataset(self, table: Table) -> str:
        found = self._datasets.get(_folded(table))
        if found is None:
            fitting = {
                dataset
                for key, dataset in self._datasets.items()
                if key[1:] == _folded(table)[1:] and not table.catalog
            }
            found = fitting.pop() if len(fitting) == 1 else ""
        if found:
            return found
        outside = self.elsewhere(table)
        if outside:
            return self.emission.place(outside, self._here)
        self.emission.counts.lose(f"`{table}` belongs to no store")
        return ""

    def resolve(
        self, models: Sequence[Model], parents: Mapping[str, Sequence[str]]
    ) -> Mapping[str, frozenset[str]]:
        """State the lineage of each model's columns.

        Returns:
            For each model whose code was resolved whole, the datasets that it reads.
        """
        for model in models:
            self._datasets[_folded(model.table)] = model.dataset
            if model.columns:
                self.schema.add(model.table, model.columns)
        whole: dict[str, frozenset[str]] = {}
        by_key = {model.key: model for model in models}
        for key in _in_order(by_key, parents):
            model = by_key[key]
            if not model.code.strip():
                continue
            self._here = model.at
            tokens = self.declassifiers.tokens
            answer = columns_of(model.code, self.schema, self.dialect, tokens)
            self._state(model, answer)
            if answer.columns and not answer.unresolved and answer.rest is None:
                read = (self._dataset(table) for table in answer.tables)
                whole[key] = frozenset(dataset for dataset in read if dataset)
                if not model.columns and all(one.name for one in answer.columns):
                    names = (one.name for one in answer.columns)
                    self.schema.add(model.table, names)
        return whole

    def _state(self, model: Model, answer: Answer) -> None:
        if not answer.columns and answer.rest is None:
            for reason in answer.unresolved:
                self.emission.counts.lose(reason)
            return
        known = {name.casefold(): name for name in model.columns}
        names = [
            self._spelling(model.dataset, known.get(one.name.casefold(), one.name))
            for one in answer.columns
        ]
        columns = tuple(self._spelled(shown) for shown in answer.columns)
        spelled = Answer(columns, answer.rest, answer.unresolved, answer.tables)
        self.emission.state(model.dataset, names, spelled, at=model.at)

    def _spelled(self, shown: Shown) -> Shown:
        """Return a column whose sources are spelled as the manifest spells them."""
        traces = frozenset(
            one._replace(column=self._spelling(self._dataset(one.table), one.column))
            if one.table is not None and one.column
            else one
            for one in shown.traces
        )
        return Shown(shown.name, traces)

    def _spelling(self, dataset: str, name: str) -> str:
        return self.spelled.get((dataset, name.casefold()), name)


def _folded(table: Table) -> tuple[str, str, str]:
    return table.catalog.casefold(), table.schema.casefold(), table.name.casefold()


def _in_order(
    models: Mapping[str, Model], parents: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Yield models so that each comes after those that it is made from."""
    done: set[str] = set()
    for start in models:
        waiting = [(start, False)]
        seen: set[str] = set()
        while waiting:
            key, below_done = waiting.pop()
            if below_done and key not in done:
                done.add(key)
                if key in models:
                    yield key
            if below_done or key in seen or key in done:
                continue
            seen.add(key)
            waiting.append((key, True))
            waiting += [(parent, False) for parent in parents.get(key, ())]
