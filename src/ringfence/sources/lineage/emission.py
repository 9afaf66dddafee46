"""Facts about lineage: what a column exposes, and what only decides its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ringfence.errors import Locus
from ringfence.estate.facts import edge
from ringfence.guard.tree import NEVER
from ringfence.sources.gathering import ALWAYS, Gatherer, Span, where
from ringfence.sources.lineage.declassifiers import Declassifiers, Head
from ringfence.sources.lineage.model import Answer, Shown, Table, Trace, Traces

INDIRECT = "the column only decides which rows show (indirect)"
UNNAMED = "a column has no name of its own"


@dataclass(frozen=True, slots=True)
class Link:
    """How a derived node depends on another.

    Attributes:
        is_direct: Whether it is made of it, rather than selected by it.
        unknown: Why that isn't certain.
        control: What stands in the way.
        held: A checked declassifier that holds it back in residual reach.
    """

    is_direct: bool = True
    unknown: str = ""
    control: str = ""
    held: str = ""

    @property
    def rank(self) -> tuple[bool, bool, bool, bool, str]:
        """Strongest first: what exposes more outdoes what exposes less."""
        doubtful = bool(self.unknown)
        return (
            bool(self.held),
            doubtful,
            bool(self.control),
            not self.is_direct,
            self.unknown,
        )


def join(  # the one place where an edge of lineage is made
    gatherer: Gatherer,
    tail: str,
    head: str,
    link: Link,
    *,
    at: Locus,
    span: Span = ALWAYS,
) -> None:
    """State that one node is derived from another, unless it is itself."""
    if tail == head:
        return
    unknown = link.unknown or ("" if link.is_direct else INDIRECT)
    fact = edge(
        tail,
        "derived_from",
        head,
        at=where(at),
        source=gatherer.order.source,
        control=link.held or link.control,
        guard=NEVER if link.held else None,
        unknown=unknown,
        since=span.since,
        until=span.until,
        detail={"transformation": "direct" if link.is_direct else "indirect"},
    )
    gatherer.harvest.facts.append(fact)


@dataclass(slots=True)
class Counts:
    """How much of the lineage was understood."""

    columns: int = 0
    resolved: int = 0
    lost: dict[str, int] = field(default_factory=dict)

    def lose(self, reason: str) -> None:
        """Count something that wasn't resolved."""
        self.lost[reason] = self.lost.get(reason, 0) + 1

    def remark(self, gatherer: Gatherer, at: Locus) -> None:
        """Note how many columns were resolved, and what was not."""
        if self.columns:
            message = (
                f"columns with lineage: {self.columns}, {self.resolved} of them whole"
            )
            gatherer.remark(message, at)
        for reason, count in sorted(self.lost.items()):
            gatherer.remark(f"not resolved, {count} times: {reason}", at)


@dataclass(slots=True)
class Emission:
    """States what queries show.

    Attributes:
        gatherer: Takes the facts.
        dataset: Gives the id of a table's dataset; empty for one that has no store.
        declassifiers: What was declared.
        counts: What was understood so far.
        stated: Datasets and columns that were stated already.
    """

    gatherer: Gatherer
    dataset: Callable[[Table], str]
    declassifiers: Declassifiers
    counts: Counts = field(default_factory=Counts)
    stated: set[str] = field(default_factory=set)

    def state(
        self,
        target: str,
        names: Sequence[str],
        answer: Answer,
        *,
        at: Locus,
        span: Span = ALWAYS,
    ) -> Mapping[tuple[str, str], str]:
        """State the columns of a dataset, each with what it comes from.

        Args:
            target: The dataset that a query makes.
            names: What its columns are called, as far as that isn't the query's affair.
            answer: What the query shows.
            at: Where it stands.
            span: When that holds.

        Returns:
            What each pair of nodes is held back by: a checked declassifier.
        """
        held: dict[tuple[str, str], str] = {}
        for place, shown in enumerate(answer.columns):
            name = names[place] if place < len(names) else shown.name
            self.counts.columns += 1
            tail = self.column(target, name, at) if name else ""
            if tail:
                self._count(shown.traces)
                by_head = self._judged(tail, shown.traces, at)
                held |= self._links(tail, shown.traces, by_head, at, span)
            else:
                self.counts.lose(UNNAMED)
                self._links(target, shown.traces, {}, at, span)
        if answer.rest is not None:
            self.counts.columns += 1
            self._count(answer.rest)
            self._links(target, answer.rest, {}, at, span)
        return held

    def _judged(self, tail: str, traces: Traces, at: Locus) -> Mapping[Head, str]:
        bare = tail.partition(":")[2]
        return self.declassifiers.judge(self.gatherer, bare, traces, at)

    def _count(self, traces: Traces) -> None:
        reasons = {one.unknown for one in traces if one.unknown}
        self.counts.resolved += not reasons
        for reason in reasons:
            self.counts.lose(reason)

    def _links(
        self,
        tail: str,
        traces: Traces,
        by_head: Mapping[Head, str],
        at: Locus,
        span: Span,
    ) -> dict[tuple[str, str], str]:
        found: dict[str, Link] = {}
        for one in traces:
            head = self._head(one, at)
            if not head:
                continue
            link = Link(
                one.direct,
                one.unknown,
                held=by_head.get((str(one.table), one.column), ""),
            )
            if head not in found or link.rank < found[head].rank:
                found[head] = link
        for head, link in sorted(found.items()):
            join(self.gatherer, tail, head, link, at=at, span=span)
        return {(tail, head): link.held for head, link in found.items() if link.held}

    def _head(self, one: Trace, at: Locus) -> str:
        if one.table is None:
            return ""
        dataset = self.dataset(one.table)
        if not dataset or not one.column:
            return dataset
        # A name that no id can hold: the whole dataset stands for it.
        return self.column(dataset, one.column, at) or dataset

    def column(self, dataset: str, name: str, at: Locus) -> str:
        """State a column once, and return its id; empty for a name no id can hold."""
        surrogate = any("\ud800" <= character <= "\udfff" for character in name)
        if not name.strip() or "." in name or surrogate:
            return ""
        id_ = f"column:{dataset.removeprefix('dataset:')}.{name}"
        if id_ not in self.stated:
            self.stated.add(id_)
            self.gatherer.node(id_, at)
            self.gatherer.join(dataset, "contains", id_, at=at)
        return id_

    def place(self, dataset: str, at: Locus) -> str:
        """State a dataset and its store once, and return its id."""
        if dataset not in self.stated:
            self.stated.add(dataset)
            store = dataset.removeprefix("dataset:").partition("/")[0]
            self.gatherer.node(dataset, at)
            self.gatherer.join(f"store:{store}", "contains", dataset, at=at)
        return dataset


def everything(tables: Sequence[Table], reason: str) -> Answer:
    """Return that any column may come from any of these tables."""
    traces = frozenset(Trace(table, "", unknown=reason) for table in tables)
    return Answer((), traces, (reason,), frozenset(tables))


def alone(name: str, traces: Traces) -> Answer:
    """Return the lineage of one column."""
    return Answer((Shown(name, traces),))
