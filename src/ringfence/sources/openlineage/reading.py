"""Facts of OpenLineage events: what an output exposes, as far as its producer says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ringfence.errors import Locus
from ringfence.sources.gathering import Gatherer, Span
from ringfence.sources.lineage.declassifiers import Declassifiers, read_declassifiers
from ringfence.sources.lineage.emission import Counts, Emission, Link, join
from ringfence.sources.lineage.model import Table
from ringfence.sources.lineage.tables import dialect
from ringfence.sources.openlineage.feed import Feed
from ringfence.sources.openlineage.model import Facet, Input, Output, Run
from ringfence.sources.openlineage.naming import Name, Naming
from ringfence.sources.openlineage.queries import Resolved, resolved
from ringfence.sources.openlineage.runs import Runs
from ringfence.sources.source import Harvest, Order

MASKED = "masked on the way, its producer says"
_NO_FACET = "its producer says nothing of columns"
_NOT_SAID = "its producer says nothing of this column"
_UNMENTIONED = "an input that its producer's column lineage doesn't mention"
_NO_NAME = "no input of that name is the only one"
_NO_INPUT = "an output whose producer names no input"
_SHOWN = 12


class OpenLineage:
    """Reads OpenLineage events."""

    kind = "openlineage"
    summary = "what datasets and columns come from, from OpenLineage events"
    options: Sequence[str] = ("stores", "resolve_sql", "dialect", "declassifiers")

    def read(self, order: Order) -> Harvest:
        """Return datasets, columns, and what each comes from.

        Raises:
            SourceError: A file holds no events, or one of them makes no sense.
        """
        gatherer = Gatherer(order, self.options)
        naming = Naming.of(gatherer)
        declassifiers = read_declassifiers(gatherer)
        option = order.options.get("resolve_sql")
        resolves = bool(gatherer.reader.flag(option, "`resolve_sql`"))
        sql = dialect(gatherer)
        feed, runs = Feed(gatherer), Runs(gatherer, naming)
        gatherer.each_file(feed.take)
        for event in feed.events:
            runs.add(event)
        if not gatherer.reader.problems:
            several = naming.settle()
            for chosen, others in several[:_SHOWN]:
                listed = ", ".join(f"`{one.name}`" for one in others)
                gatherer.remark(f"`{chosen.name}` is also called {listed}", gatherer.at)
            if len(several) > _SHOWN:
                message = f"datasets of several names, besides: {len(several) - _SHOWN}"
                gatherer.remark(message, gatherer.at)
            _State(gatherer, naming, declassifiers, sql if resolves else None).state(
                runs
            )
            _remark(gatherer, feed, runs)
        return gatherer.harvested()


def _remark(gatherer: Gatherer, feed: Feed, runs: Runs) -> None:
    message = f"events read: {len(feed.events)}, of {len(runs.found)} runs or jobs"
    if runs.undated:
        message += f"; {runs.undated} without a time that can be understood"
    gatherer.remark(message, gatherer.at)
    if runs.unread:
        ranked = sorted(runs.unread.items(), key=lambda one: (-one[1], one[0]))
        listed = ", ".join(f"{count} `{key}`" for key, count in ranked[:_SHOWN])
        rest = f" and {len(ranked) - _SHOWN} more kinds" if len(ranked) > _SHOWN else ""
        gatherer.remark(f"facets not read: {listed}{rest}", gatherer.at)


@dataclass(slots=True)
class _State:
    """States what runs show; each link once, since the first event that shows it."""

    gatherer: Gatherer
    naming: Naming
    declassifiers: Declassifiers
    dialect: str | None
    counts: Counts = field(default_factory=Counts)
    emission: Emission = field(init=False)
    _links: dict[tuple[str, str, Link], tuple[str, Locus]] = field(default_factory=dict)
    _held: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare to state columns."""
        self.emission = Emission(
            self.gatherer, lambda _: "", self.declassifiers, self.counts
        )

    def state(self, runs: Runs) -> None:
        """State every run, then the links that they show."""
        for run in runs.found.values():
            self._state_run(run)
        for (tail, head, link), (since, at) in self._links.items():
            held = self._held.get((tail, head), "")
            shown = Link(link.is_direct, link.unknown, link.control, held)
            join(self.gatherer, tail, head, shown, at=at, span=Span(since))
        self.counts.remark(self.gatherer, self.gatherer.at)
        self.declassifiers.remark_unmatched(self.gatherer)

    def _state_run(self, run: Run) -> None:
        for name, at in run.inputs.items():
            dataset = self.emission.place(self.naming.id(name), at)
            for column in run.columns.get(name, ()):
                self._column(dataset, column, at)
        for name, output in run.outputs.items():
            dataset = self.emission.place(self.naming.id(name), output.at)
            for column, at in output.columns.items():
                self._column(dataset, column, at)
            if output.facets:
                self._by_facets(run, dataset, output)
            elif run.inputs:
                self._by_run(run, name, dataset, output)
            else:
                self.counts.lose(_NO_INPUT)

    def _column(self, dataset: str, column: str, at: Locus) -> str:
        found = self.emission.column(dataset, column, at)
        if not found:
            self.counts.lose(f"`{column}` can't be the name of a column")
        return found or dataset

    def _link(self, tail: str, head: str, link: Link, at: Locus, since: str) -> None:
        key = (tail, head, link)
        known = self._links.get(key)
        if known is None or since < known[0]:
            self._links[key] = (since, at)

    # --- column facets ----------------------------------------------------------------

    def _by_facets(self, run: Run, dataset: str, output: Output) -> None:
        columns = {**output.columns}
        for facet in output.facets:
            columns |= dict.fromkeys(facet.fields, facet.at)
        mentioned: set[str] = set()
        for facet in output.facets:
            for column, inputs in facet.fields.items():
                tail = self._column(dataset, column, facet.at)
                self._see(tail, facet.at)
                for one in inputs:
                    mentioned |= self._input(run, tail, one, facet.at, facet.since)
            mentioned |= self._rows(run, dataset, columns, facet)
        said = {column for facet in output.facets for column in facet.fields}
        for column, at in columns.items():
            self.counts.columns += 1
            self.counts.resolved += column in said
            tail = self._column(dataset, column, at)
            if column in said:
                self._rest(run, tail, at, mentioned)
            else:
                self._unsaid(run, tail, at)

    def _rows(
        self, run: Run, dataset: str, columns: Mapping[str, Locus], facet: Facet
    ) -> set[str]:
        """Link every column with what decides whole rows."""
        tails = [self._column(dataset, column, facet.at) for column in columns]
        mentioned: set[str] = set()
        for one in facet.rows:
            for tail in tails or [dataset]:
                mentioned |= self._input(run, tail, one, facet.at, facet.since)
        return mentioned

    def _rest(self, run: Run, tail: str, at: Locus, mentioned: set[str]) -> None:
        """Link a column with inputs of its run that nothing else mentions."""
        for name in run.inputs:
            head = self.naming.id(name)
            if head not in mentioned:
                self._possible(run, tail, head, _UNMENTIONED, at)

    def _unsaid(self, run: Run, tail: str, at: Locus) -> None:
        for name in run.inputs:
            self._possible(run, tail, self.naming.id(name), _NOT_SAID, at)

    def _see(self, tail: str, at: Locus) -> None:
        self.declassifiers.unseen(self.gatherer, tail.partition(":")[2], at)

    def _possible(self, run: Run, tail: str, head: str, why: str, at: Locus) -> None:
        if tail != head and tail.partition(":")[2] != head.partition(":")[2]:
            self.counts.lose(why)
            is_direct = why is not _UNMENTIONED
            self._link(tail, head, Link(is_direct, why), at, run.first)

    def _input(
        self, run: Run, tail: str, one: Input, at: Locus, since: str
    ) -> set[str]:
        """Link a column with one of its inputs; return the datasets that it named."""
        control = MASKED if one.is_masked else ""
        unknown = one.unknown
        if one.name is not None and (found := self._named(run, one.name)):
            dataset = self.emission.place(self.naming.id(found), at)
            head = (
                self._column(dataset, one.field, at) if one.field.strip() else dataset
            )
            if unknown:
                self.counts.lose(unknown)
            self._link(tail, head, Link(one.is_direct, unknown, control), at, since)
            return {dataset}
        unknown = unknown or f"`{one.name.name if one.name else ''}`: {_NO_NAME}"
        self.counts.lose(unknown)
        for name in run.inputs:
            head = self.naming.id(name)
            self._link(tail, head, Link(one.is_direct, unknown, control), at, since)
        return set()

    def _named(self, run: Run, name: Name) -> Name | None:
        """Return the dataset that an input column belongs to, if it is certain."""
        if name.namespace:
            return name
        alike = {one for one in run.inputs if one.name == name.name}
        ids = {self.naming.id(one) for one in alike}
        return min(alike) if len(ids) == 1 else None

    # --- no column facet --------------------------------------------------------------

    def _by_run(self, run: Run, name: Name, dataset: str, output: Output) -> None:
        if self.dialect is not None:
            found = resolved(run, name, self.dialect, self.declassifiers.tokens)
            if isinstance(found, Resolved):
                self._by_query(found, run, dataset)
                return
            self.counts.lose(found)
        for read in run.inputs:
            head = self.naming.id(read)
            for column, at in output.columns.items():
                tail = self._column(dataset, column, at)
                self._see(tail, at)
                self._possible(run, tail, head, _NO_FACET, at)
            self._possible(run, dataset, head, _NO_FACET, output.at)
        self.counts.columns += len(output.columns)

    def _by_query(self, found: Resolved, run: Run, dataset: str) -> None:
        def place(table: Table) -> str:
            return self.emission.place(self.naming.id(found.datasets[table]), found.at)

        self.emission.dataset = place
        span = Span(run.first)
        self._held |= self.emission.state(
            dataset, found.names, found.answer, at=found.at, span=span
        )


SOURCE = OpenLineage()
