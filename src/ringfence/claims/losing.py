"""Who has used what a plan for a database takes away, as the logs tell.

Whoever is, or may be, excluded is to lose it.
Whoever isn't keeps it, if they come by a login that is inside, or still reach it once
the plan is carried out; else the plan breaks what they do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

import numpy as np

from ringfence.audit.event import dataset_of, touch_of
from ringfence.boundary.decision.scene import Scene
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.case import Case
from ringfence.claims.enforcing import Enforcing
from ringfence.claims.events.holders import Holding
from ringfence.claims.events.past import Logs
from ringfence.claims.events.reading import Ordered, read
from ringfence.claims.events.replayed import Replay, Sum
from ringfence.claims.gating import gate_of, scene_of
from ringfence.claims.instants import seconds
from ringfence.claims.stretches import DAYS, owner, resources, window_of
from ringfence.reach.graph import Graph
from ringfence.reach.matrix import pairs
from ringfence.reach.plan import after


class Loss(StrEnum):
    """What a use that ends is."""

    PERMITTED = "permitted"  # somebody legitimate: it would break
    UNCLEAR = "unclear"  # nobody can say whose it is, or how they came
    EXCLUDED = "excluded"  # it is to end


@dataclass(frozen=True, slots=True)
class Line:
    """Uses that are alike, and end by a plan.

    Attributes:
        who: Id of the person behind them, else whom the log names; may be empty.
        tool: What they went through; may be empty.
        what: The relation, as the database calls it.
        verb: What was done.
        loss: Whether it is to end.
        events: How many they are.
        last: Time of the last, in microseconds.
    """

    who: str
    tool: str
    what: str
    verb: str
    loss: Loss
    events: int
    last: int


@dataclass(frozen=True, slots=True)
class Lost:
    """What a plan ends of what was done over some days.

    Attributes:
        days: How many days of the logs were asked for, the last ones.
        first: First microsecond that was looked at. `after`: the first one after.
        lines: What ends: what would break first, the most frequent first.
        labels: Names that people use, by node id.
    """

    days: int
    first: int
    after: int
    lines: tuple[Line, ...]
    labels: Mapping[str, str]

    def total(self, loss: Loss) -> int:
        """Return how many events are of a kind."""
        return sum(one.events for one in self.lines if one.loss is loss)


@dataclass(frozen=True, slots=True)
class Closing:
    """What a plan closes.

    Attributes:
        relations: Relations that logins outside read less of, or nothing.
        unbound: Logins that nothing of it binds.
    """

    relations: Collection[str]
    unbound: Collection[str]


def losses(
    ready: Enforcing, case: Case, ordered: Ordered, closing: Closing, days: int = DAYS
) -> Lost:
    """Read the logs, and return who used in their last days what a plan takes away.

    Args:
        ready: The store.
        case: The case.
        ordered: The logs.
        closing: What the plan closes.
        days: How many days.

    Raises:
        ConfigError: A log's options can't be used.
        RingfenceError: The table of events can't be written.
    """
    with read(ordered, case) as past:
        ordered.progress("looking for who would break")
        return lost(ready, past, closing, days)


def lost(ready: Enforcing, past: Logs, closing: Closing, days: int = DAYS) -> Lost:
    """Return who used, in the last days of the logs, what a plan takes away.

    Args:
        ready: The store.
        past: The logs.
        closing: What the plan closes.
        days: How many days.
    """
    case = past.case
    asked = window_of(past, gate_of(case), days)
    window = asked.first, asked.after
    sums = [*Replay(past.table, asked.logs, window, ()).sums(window)]
    judge = Judge(ready, closing, case, scene_of(case, grants=False))
    found: dict[Line, list[int]] = {}
    for one, line in judge.lines(sums):
        counted = found.setdefault(line, [0, 0])
        counted[0] += one.events
        counted[1] = max(counted[1], one.last)
    lines = [replace(k, events=n, last=last) for k, (n, last) in found.items()]
    order = [*Loss]
    lines.sort(key=lambda x: (order.index(x.loss), -x.events, x.who, x.what, x.verb))
    named = {node for one in lines for node in (one.who, one.tool)}
    return Lost(days, *window, tuple(lines), case.view.labels(sorted(named)))


@dataclass
class Judge:
    """What a plan makes of uses."""

    ready: Enforcing
    closing: Closing
    case: Case
    scene: Scene
    _loss: dict[tuple[str, str, str], Loss | None] = field(default_factory=dict)

    def lines(self, sums: Sequence[Sum]) -> Iterator[tuple[Sum, Line]]:
        """Yield what ends, each with the line that it counts in."""
        for one in sums:
            who = owner(self._holding, one.who, self._instant)
            for table in self._tables(one.touch):
                key = who, one.who, one.tool
                if key not in self._loss:
                    self._loss[key] = self._judged(*key)
                loss = self._loss[key]
                if loss is Loss.UNCLEAR and who in self.ready.legitimate:
                    loss = self._person(who, table)
                if loss is not None:
                    yield one, Line(who, one.tool, table, one.verb, loss, 0, 0)

    @cached_property
    def _holding(self) -> Holding:
        return Holding(self.case)

    @cached_property
    def _instant(self) -> int:
        return seconds(self.case.view.instant)

    @cached_property
    def _tools(self) -> Mapping[str, frozenset[str]]:
        return self._holding.tools()

    def _tables(self, touch: str) -> Iterable[str]:
        """Return the relations of the store that are closed and were touched."""
        lead = f"dataset:{self.ready.store}/"
        found: set[str] = set()
        for node, _ in resources(self.scene, touch_of(touch or "{}")):
            whole = dataset_of(node) if kind_of(node) == "column" else node
            held = self.scene.stores.get(whole, (whole,))
            found |= {x.removeprefix(lead) for x in held if x.startswith(lead)}
        return sorted(found & {*self.closing.relations})

    def _judged(self, who: str, named: str, tool: str) -> Loss | None:
        """Return what ends of what somebody did, whatever it was; None: nothing."""
        if who in self.ready.kept_out:
            return Loss.EXCLUDED
        own = self._login(named)
        logins = [own] if own else self._logins(tool)
        if not logins:
            return Loss.UNCLEAR
        kept = {*self.ready.inside, *self.closing.unbound}
        if kept & {*logins}:
            return None
        held = {node for one in logins for node in self.ready.held.get(one, ())}
        is_theirs = who not in self.ready.legitimate and held <= self.ready.kept_out
        return Loss.EXCLUDED if held and is_theirs else Loss.PERMITTED

    def _login(self, node: str) -> str:
        lead = f"role:{self.ready.store}/"
        return node.removeprefix(lead) if node.startswith(lead) else ""

    def _logins(self, tool: str) -> list[str]:
        return [name for name in map(self._login, self._tools.get(tool, ())) if name]

    # --- people who come by nobody knows which login ----------------------------------

    def _person(self, who: str, table: str) -> Loss | None:
        before, left = self._reached
        if (who, table) in left:
            return None
        return Loss.PERMITTED if (who, table) in before else Loss.UNCLEAR

    @cached_property
    def _reached(self) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
        """What who is legitimate reaches today, and once the plan is carried out."""
        ready = self.ready
        graph, number = ready.after, ready.graph.number
        inside = {*ready.inside, *self.closing.unbound}
        nodes = (f"role:{ready.store}/{x}" for x in ready.logins if x not in inside)
        shut = [number[node] for node in nodes if node in number]
        left = after(graph, np.flatnonzero(np.isin(graph.tail, shut)))
        return self._pairs(ready.graph), self._pairs(left)

    def _pairs(self, graph: Graph) -> frozenset[tuple[str, str]]:
        aim, lead = self.ready.aim, f"{self.ready.store}/"
        who, what = pairs(graph, aim.legitimate, aim.targets, aim.verbs).each()
        found = set()
        for one, target in set(zip(who.tolist(), what.tolist(), strict=True)):
            kind, _, name = graph.ids[target].partition(":")
            whole = name.rpartition(".")[0] if kind == "column" else name
            found.add((graph.ids[one], whole.removeprefix(lead)))
        return frozenset(found)
