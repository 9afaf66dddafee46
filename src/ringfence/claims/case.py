"""The estate as of one instant, seen through the boundary: who, what, and which graph.

Everything that several claims need is computed once and kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from ringfence.boundary.model import Boundary, Claim
from ringfence.boundary.protection import Protected
from ringfence.boundary.protection import protected as compiled
from ringfence.boundary.selector import Excluded, Holder, judge
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.crossings import Past
from ringfence.claims.outcome import Reason
from ringfence.claims.verdict import Documents
from ringfence.estate.store import Edges, Estate, SourceFact, View
from ringfence.reach.closure import backward, forward
from ringfence.reach.graph import Graph, build
from ringfence.reach.masks import READ, VERB_BIT, Mask

ALTER = VERB_BIT["alter"]
SHOWN = 3


class Case:
    """An estate as of an instant, under a boundary.

    Attributes:
        estate: The estate.
        boundary: The boundary.
        view: The facts in force at the instant.
        past: What logs tell; None when no log was read.
        docket: What a docket says of each claim, by id; empty when none was read.
    """

    def __init__(
        self,
        estate: Estate,
        boundary: Boundary,
        instant: str,
        last: str | None = None,
        *,
        past: Past | None = None,
    ) -> None:
        self.estate = estate
        self.past = past
        self.docket: Mapping[str, Documents] = {}
        self.boundary = boundary
        self.view: View = estate.view(instant, last)
        self._graphs: dict[tuple[tuple[str, ...], bool], Graph] = {}
        self._judged: dict[str, Excluded] = {}
        self._targets: dict[tuple[str, ...], Mapping[str, Status]] = {}

    def at(self, instant: str) -> Case:
        """Return the same case as of another instant."""
        return Case(self.estate, self.boundary, instant)

    def over(self, first: str, last: str) -> Case:
        """Return the case of all that is in force at some instant of a period."""
        return Case(self.estate, self.boundary, first, last)

    # --- who ------------------------------------------------------------------------

    def judged(self, selector: str) -> Excluded:
        """Return who is excluded under a selector, and why."""
        if selector not in self._judged:
            chosen = self.boundary.selector(selector)
            stakes = self.view.stakes()
            found = judge(
                chosen,
                self.view.holders("person"),
                self.view.holders("legal_entity"),
                stakes,
            )
            self._judged[selector] = found
        return self._judged[selector]

    def statuses(self, selector: str) -> Mapping[str, Status]:
        """Return who is excluded under a selector: a status by node id."""
        return self.judged(selector).statuses

    def excluded(self, selector: str, kinds: Sequence[str]) -> dict[str, Status]:
        """Return those of some kinds of node who are, or may be, excluded."""
        found = self.statuses(selector)
        return {
            node: status
            for node, status in found.items()
            if status is not Status.NO and kind_of(node) in kinds
        }

    # --- what -----------------------------------------------------------------------

    def targets(self, protected: tuple[str, ...]) -> Mapping[str, Status]:
        """Return the protected resources (yes or unknown) of some protections.

        Columns by their tags and patterns; datasets by their patterns, and with them
        whatever they contain. A dataset of which nothing is known to be inside is
        unclassified, like a column that nobody tagged.
        """
        if protected not in self._targets:
            rules = compiled(self.boundary, protected)
            judged = {
                node: _column(rules, node, holder)
                for node, holder in self.view.holders("column").items()
            }
            datasets = self.view.holders("dataset")
            judged |= {
                node: rules.dataset_status(node, holder.attributes.get("tag", ()))
                for node, holder in datasets.items()
            }
            self._descend([n for n in datasets if judged[n] is Status.YES], judged)
            for node in self._opaque:
                judged[node] = max(judged[node], Status.UNKNOWN)
            self._targets[protected] = {
                node: status
                for node, status in judged.items()
                if status is not Status.NO
            }
        return self._targets[protected]

    @cached_property
    def _opaque(self) -> list[str]:
        """The datasets of which nobody says what they hold: untagged, and empty."""
        graph = self.graph(("technical",), bare=True)
        known = {graph.ids[node] for node in np.unique(graph.tail[graph.carry != 0])}
        silent = self.boundary.unclassified == "unknown"
        return [
            node
            for node, holder in self.view.holders("dataset").items()
            if "tag" in holder.unknown
            or (silent and node not in known and "tag" not in holder.attributes)
        ]

    def _descend(self, protected: list[str], judged: dict[str, Status]) -> None:
        """Hand the protection of datasets down to what they contain."""
        # Whatever it needs to get inside: what is inside is protected.
        graph = replace(self.graph(("technical",), bare=True), needs={})
        seeds = graph.at([graph.number[node] for node in protected], ALTER)
        # Containment alone hands on this verb, so that it goes down and nowhere else.
        for arcs, status in (
            (graph.possible, Status.UNKNOWN),
            (graph.definite, Status.YES),
        ):
            for number in np.flatnonzero(forward(arcs, seeds) & ALTER):
                node = graph.ids[number]
                if node in judged:
                    judged[node] = max(judged[node], status)

    def exposing(
        self, targets: Mapping[str, Status], *, least: Status = Status.UNKNOWN
    ) -> Mask:
        """Return what it takes, of each node, to read one of the targets.

        Args:
            targets: What may be protected.
            least: `YES` for what surely exposes what surely is.
        """
        graph = self.graph(("technical",), bare=True)
        chosen = [node for node, status in targets.items() if status >= least]
        goals = graph.at([graph.number[node] for node in chosen], READ)
        sure = least is Status.YES
        arcs = graph.definite_reversed if sure else graph.possible_reversed
        return backward(arcs, goals)

    def stores_of(self, targets: Mapping[str, Status]) -> list[str]:
        """Return the stores that hold, or may hold, some of the targets, sorted."""
        ids = self.view.ids
        nodes = (ids[node] for node in np.flatnonzero(self.exposing(targets) & READ))
        return [node for node in nodes if kind_of(node) == "store"]

    # --- graph ----------------------------------------------------------------------

    @cached_property
    def edges(self) -> Edges:
        """The edges in force."""
        return self.view.edges()

    def graph(self, grades: Sequence[str], *, bare: bool) -> Graph:
        """Return the graph of the edges of some grades."""
        key = (tuple(sorted(grades)), bare)
        if key not in self._graphs:
            self._graphs[key] = build(
                self.view.ids, self.edges, grades=grades, bare=bare
            )
        return self._graphs[key]

    def graph_of(self, claim: Claim) -> Graph:
        """Return the graph that a claim speaks of."""
        return self.graph(claim.grades, bare=claim.reach == "bare")

    # --- how complete ---------------------------------------------------------------

    @cached_property
    def sources(self) -> Sequence[SourceFact]:
        """What the estate knows of its sources."""
        return self.estate.sources()

    @cached_property
    def covered(self) -> frozenset[str]:
        """The stores, and datasets, whose every principal some source lists."""
        return frozenset(
            store
            for source in self.sources
            if not source.unknown
            for store in source.covers
        )

    @cached_property
    def described(self) -> frozenset[str]:
        """The nodes that some source describes, rather than only mention."""
        return self.view.described()

    @cached_property
    def source_gaps(self) -> tuple[Reason, ...]:
        """What is missing of the sources: unread, undated, or of another time."""
        gaps: list[Reason] = []
        for source in self.sources:
            if source.unknown:
                text = f"source {source.name} could not be read"
                gaps.append(Reason("unread-source", text))
            elif not source.collected:
                text = f"source {source.name} doesn't say when it was collected"
                gaps.append(Reason("undated-source", text))
            elif self._is_vouched(source):
                continue
            elif (days := self._age(source.collected)) > self.boundary.max_age_days:
                limit = self.boundary.max_age_days
                text = (
                    f"source {source.name} was collected {days} days from the date "
                    f"judged, more than {limit}"
                )
                gaps.append(Reason("stale-source", text))
        return tuple(gaps)

    def _is_vouched(self, source: SourceFact) -> bool:
        """Return whether the date judged lies in the history that a source tells."""
        since = source.detail.get("history_since", "")
        return bool(since) and since <= self.boundary.as_of <= source.collected

    def _age(self, collected: str) -> int:
        judged = datetime.fromisoformat(self.boundary.as_of)
        apart = abs(judged - datetime.fromisoformat(collected))
        return math.ceil(apart / timedelta(days=1))


def _column(rules: Protected, column: str, holder: Holder) -> Status:
    status = rules.status(column, holder.attributes.get("tag", ()))
    # A tag that can't be relied on may be one that protects.
    return max(status, Status.UNKNOWN) if "tag" in holder.unknown else status


def listed(ids: Sequence[str]) -> str:
    """Return a few ids without their kinds, and how many more there are."""
    names = [node.partition(":")[2] for node in ids[:SHOWN]]
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return ", ".join(names) + more
