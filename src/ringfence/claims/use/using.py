"""What plans take from the logs: what is idle, and which pairs are in use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ringfence.boundary.model import Claim
from ringfence.claims.asking import Progress
from ringfence.claims.case import Case
from ringfence.claims.events.reading import FOLDER, Ordered, read
from ringfence.claims.events.world import MICRO
from ringfence.claims.instants import moment
from ringfence.claims.opened import Opened
from ringfence.claims.use.usage import Usage, Use, usage
from ringfence.claims.use.watching import watch
from ringfence.reach.collateral import InUse
from ringfence.reach.graph import Graph
from ringfence.reach.masks import Ints
from ringfence.reach.matrix import pairs
from ringfence.reach.plan import Aim


@dataclass(frozen=True, slots=True)
class Using:
    """The use of an estate's ways, as plans weigh it.

    Attributes:
        usage: What the logs say.
        opened: The case.
    """

    usage: Usage
    opened: Opened

    @property
    def since(self) -> str:
        """First instant of the period that the logs tell of."""
        return moment(self.usage.first // MICRO)

    @property
    def until(self) -> str:
        """The first instant after it."""
        return moment(self.usage.after // MICRO)

    def idle(self, excluded: Collection[str]) -> Ints:
        """Return the rows of the facts that nobody uses but those who are excluded."""
        usage = self.usage
        told = zip(usage.ways.tolist(), usage.used(but=excluded), strict=True)
        unused = [way for way, one in told if one.use is Use.UNUSED]
        edges = [edge for way in unused for edge in usage.edges(way)]
        rows: Ints = usage.network.graph.row[np.array(edges, np.int64)]
        return rows

    def pairs(self, graph: Graph, kind: Ints, aim: Aim) -> InUse:
        """Return which pairs of people who may and targets are in use.

        Args:
            graph: The graph that a plan is made on.
            kind: By edge: the place of its kind among `KINDS`.
            aim: Who may, and what the targets are.
        """
        usage, number, placed = self.usage, graph.number, self.usage.placed
        legitimate = {graph.ids[n] for n in aim.legitimate.tolist()}
        targets = {graph.ids[n] for n in aim.targets.tolist()}

        def numbers(nodes: Collection[str]) -> Ints:
            return np.array(sorted(number[node] for node in nodes), np.int64)

        used = [
            number[person] * len(graph.ids) + number[node]
            for person, nodes in placed.touched.items()
            if person in legitimate
            for node in nodes & targets
        ]
        open_: dict[frozenset[str], set[str]] = defaultdict(set)
        for people, nodes in placed.open:
            open_[people] |= nodes & targets
        whole = usage.watching.whole((usage.first, usage.after))
        caught = watch(self.opened.orders, whole).caught(graph, kind)
        left = graph.chosen(np.flatnonzero(~caught))
        return InUse(
            used=np.array(sorted(used), np.int64),
            open=tuple(
                (numbers(people & legitimate), numbers(nodes))
                for people, nodes in open_.items()
                if people & legitimate and nodes
            ),
            unseen=pairs(left, aim.legitimate, aim.targets, aim.verbs),
        )


def using(
    opened: Opened, claim: Claim, folder: Path, progress: Progress
) -> Using | None:
    """Return what the logs of a case say of use; None if its boundary orders none.

    Args:
        opened: The case.
        claim: The claim that plans are for.
        folder: Where the table of events is kept.
        progress: Told what is being done.

    Raises:
        ConfigError: A log's options can't be used.
    """
    if not opened.orders:
        return None
    ordered = Ordered(opened.orders, opened.base, folder / FOLDER, progress=progress)
    case = Case(opened.estate, opened.boundary, opened.boundary.as_of)
    about = Claim(
        id=claim.id,
        says="",
        kind="no_event",
        excluded=claim.excluded,
        protected=claim.protected,
        verbs=claim.verbs,
    )
    with read(ordered, case) as past:
        progress("looking for what is used")
        return Using(usage(past, past.asked(about)), opened)
