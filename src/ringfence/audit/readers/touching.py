"""What names in a log touch, as ids of the estate or as the log's own names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from ringfence.audit.event import NOTHING, Touch, dataset_of
from ringfence.boundary.naming import captured, node_of
from ringfence.boundary.order import LogOrder, Naming
from ringfence.boundary.vocabulary import DATA_KINDS, kind_of

EVERYTHING = "*"
UNCLEAR = Touch(unclear=True)


@dataclass(slots=True)
class Names:
    """Makes ids of the names of a log.

    A name that the order's `resources` know stays as it is, to be translated later;
    any other without kind is a dataset of the order's store, if there is one.
    """

    store: str
    namings: tuple[Naming, ...]

    @classmethod
    def of(cls, order: LogOrder) -> Names:
        """Return the names that an order tells of."""
        return cls(order.store, order.resources)

    def translated(self, name: str) -> str | None:
        """Return what the order's `resources` make of a name; None if nothing."""
        fits = any(captured(one.match, name) is not None for one in self.namings)
        return node_of(self.namings, name) if fits else None

    def dataset(self, name: str) -> str:
        """Return what a name is called that may be a dataset's."""
        if kind_of(name) in DATA_KINDS and ":" in name:
            return name
        if not self.store or self.translated(name) is not None:
            return name
        return f"dataset:{self.store}/{name}"

    def column(self, dataset: str, column: str) -> str:
        """Return what a column of a dataset is called, or of a store."""
        if column.startswith("column:"):
            return column
        full = self.translated(dataset) or dataset
        kind, _, rest = full.partition(":")
        if kind == "dataset":
            return f"column:{rest}.{column}"
        if kind == "store":
            return f"column:{rest}/{column}"
        return f"{full}.{column}"

    def touch(
        self, names: Iterable[str], columns: Sequence[str] = (), *, whole: bool = False
    ) -> Touch:
        """Return what datasets (or columns) and columns of theirs make.

        Args:
            names: Datasets, stores or columns.
            columns: Columns of each of the datasets; `*` is every column.
            whole: A dataset without columns was touched as a whole.
        """
        ids = [self.dataset(name) for name in names]
        alone = [one for one in ids if one.startswith("column:")]
        holders = [one for one in ids if not one.startswith("column:")]
        said = [one for one in columns if one != EVERYTHING]
        either: tuple[tuple[str, ...], ...] = ()
        if not holders and said:
            home = f"store:{self.store}" if self.store else ""
            alone += [self.column(home, one) if home else one for one in said]
        if EVERYTHING in columns or (whole and not said):
            whole_ones, part_ones = holders, []
        else:
            whole_ones, part_ones = [], [] if said else holders
            if len(holders) == 1:
                alone += [self.column(holders[0], column) for column in said]
            else:
                either = self._either(holders, said)
        return Touch(tuple(alone), tuple(whole_ones), tuple(part_ones), either=either)

    def _either(
        self, holders: Sequence[str], columns: Sequence[str]
    ) -> tuple[tuple[str, ...], ...]:
        """Return columns of several datasets: each of those that have them.

        Of each group the first that exists counts, so each dataset begins one.
        """
        return tuple(
            tuple(self.column(one, column) for one in (*holders[at:], *holders[:at]))
            for column in columns
            for at in range(len(holders))
        )


def merged(touches: Iterable[Touch]) -> Touch:
    """Return everything that several touches touch."""
    parts = list(touches)
    return Touch(
        tuple(dict.fromkeys(one for part in parts for one in part.columns)),
        tuple(dict.fromkeys(one for part in parts for one in part.whole)),
        tuple(dict.fromkeys(one for part in parts for one in part.part)),
        any(part.unclear for part in parts),
        tuple(dict.fromkeys(one for part in parts for one in part.either)),
    )


def with_statement(named: Touch, said: Touch) -> Touch:
    """Return what a line names together with what its statement says.

    A dataset of which the statement says the columns is no longer one of which nobody
    can say what was touched.
    """
    told = (*said.columns, *(one for group in said.either for one in group))
    covered = {dataset_of(one) for one in told} | {*said.whole}
    part = tuple(one for one in named.part if said.unclear or one not in covered)
    return merged((msgspec.structs.replace(named, part=part), said))


def clear(touch: Touch) -> Touch:
    """Return what was touched; unclear if the log names nothing."""
    return UNCLEAR if touch == NOTHING else touch
