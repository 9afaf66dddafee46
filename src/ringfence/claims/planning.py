"""Cut plans for a claim: what to take away so that it holds, and what that costs.

The engine (`reach.frontier`) knows numbers. Here they get their meaning: who is
excluded, what the claim protects, what its exceptions concede, who is legitimate.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Protocol

import numpy as np

from ringfence.boundary.model import Claim
from ringfence.boundary.model import digest as digest_of
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.asking import Progress
from ringfence.claims.case import Case
from ringfence.claims.guarded import asked
from ringfence.claims.kinds import judge, no_reach
from ringfence.claims.opened import Opened
from ringfence.claims.outcome import Verdict
from ringfence.claims.plans import InUse, Loser, Planned, Priced
from ringfence.claims.question import Question
from ringfence.documents.located import nearest
from ringfence.errors import ConfigError, Locus
from ringfence.reach.closure import lent
from ringfence.reach.collateral import InUse as Pairs
from ringfence.reach.collateral import Sweep
from ringfence.reach.costs import Prices, kinds, prices
from ringfence.reach.exemptions import Exempt, Regrants, regranted
from ringfence.reach.frontier import Uncuttable, frontier
from ringfence.reach.graph import Graph
from ringfence.reach.isolation import Isolation, Part, Result
from ringfence.reach.masks import Ints
from ringfence.reach.matrix import pairs
from ringfence.reach.plan import Aim, Plan, after, priced
from ringfence.reach.plan_file import About, PlanFile, edges_of, regrants_of, written

KIND = "no_reach"


class Using(Protocol):
    """What the logs say of use; see `ringfence.claims.use.using`."""

    @property
    def since(self) -> str:
        """First instant of the period that they tell of."""
        ...

    @property
    def until(self) -> str:
        """The first instant after it."""
        ...

    def idle(self, excluded: Collection[str]) -> Ints:
        """Return the rows of the facts that nobody uses but those who are excluded."""
        ...

    def pairs(self, graph: Graph, kind: Ints, aim: Aim) -> Pairs:
        """Return which pairs of people who may and targets are in use."""
        ...


class Planning:
    """A claim of an opened case, ready to be planned for.

    Attributes:
        in_use: What the logs say of use; None when they weren't looked at.

    Raises:
        ConfigError: There is no such claim, or none that plans can help.
    """

    def __init__(self, opened: Opened, claim: str | None) -> None:
        self.opened = opened
        self.in_use: Using | None = None
        self.case = Case(opened.estate, opened.boundary, opened.boundary.as_of)
        self.claim: Claim = self._chosen(claim)
        self.question: Question = no_reach.ask(self.claim, self.case)
        self.graph: Graph = self.question.graph

    def _chosen(self, name: str | None) -> Claim:
        claims = [one for one in self.case.boundary.claims if one.kind == KIND]
        if name is not None:
            return _named(name, claims, self.case.boundary.claims)
        verdicts = ((one, judge(one, self.case).verdict) for one in claims)
        order = (Verdict.REFUTED, Verdict.UNPROVEN, Verdict.UPHELD)
        found = min(verdicts, key=lambda one: order.index(one[1]), default=None)
        if found is None:
            message = "the boundary has no claim of kind `no_reach` to plan for"
            hint = "add one to the boundary's `claims`"
            raise ConfigError(message, Locus("--claim"), hint)
        return found[0]

    @property
    def verdict(self) -> Verdict:
        """The verdict on the claim as it stands."""
        return judge(self.claim, self.case).verdict

    @cached_property
    def lent(self) -> Graph:
        """The graph in which any excluded may lend another what a rule needs.

        Somebody reaches something in it if, and only if, all of them together do.
        """
        if not self.graph.needs:
            return self.graph
        excluded = {node for part in self.question.parts for node in part.origins}
        return lent(self.graph, self._numbers(sorted(excluded)))

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Those of the excluded, by exceptions, who reach what isn't conceded to them.

        Whoever reaches only what is conceded keeps it: taking facts away adds no reach.
        But where one may lend another what a rule needs, all of them count.
        """
        question = self.question
        if self.closes(self.graph):
            return ()
        if len(self.lent) > len(self.graph):
            return tuple(question.parts)
        told = (Isolation(self.graph, p, question.verbs) for p in question.parts)
        return tuple(one.part for one in told if one.result is not Result.ISOLATED)

    def closes(self, graph: Graph) -> bool:
        """Return whether the claim finds no way in a graph, not even a possible one."""
        ways = asked(replace(self.question, graph=graph))
        return all(way.isolation.result is Result.ISOLATED for way in ways)

    @cached_property
    def aim(self) -> Aim:
        """Who may not, what they may not, and who may."""
        question = self.question
        excluded = {node for part in self.parts for node in part.origins}
        statuses = self.case.statuses(self.claim.excluded)
        legitimate = [
            node
            for node in self.graph.ids
            if kind_of(node) == "person" and statuses.get(node) is Status.NO
        ]
        aim = Aim(
            excluded=self._numbers(sorted(excluded)),
            targets=self._numbers(sorted(question.targets)),
            legitimate=self._numbers(legitimate),
            verbs=question.verbs,
        )
        if self.in_use is None:
            return aim
        return replace(aim, in_use=self.in_use.pairs(self.graph, self._kinds, aim))

    def _numbers(self, nodes: Iterable[str]) -> Ints:
        number = self.graph.number
        return np.fromiter((number[n] for n in nodes if n in number), np.int64)

    @cached_property
    def prices(self) -> Prices:
        """What taking an edge away costs."""
        idle = None
        if self.in_use is not None:
            statuses = self.case.statuses(self.claim.excluded)
            out = {node for node, one in statuses.items() if one is Status.YES}
            idle = self.in_use.idle(out)
        return prices(self.graph, self._kinds, idle=idle)

    @cached_property
    def _kinds(self) -> Ints:
        return kinds(self.graph, self.case.edges)

    @cached_property
    def sparing(self) -> Prices:
        """The same, but what makes somebody exempt stays: the conceded memberships.

        An exception that names a group holds for its members alone: whoever leaves the
        group may not have what a plan grants anew.
        """
        named = {
            group
            for one in self.case.boundary.exceptions
            if one.name in self.claim.exceptions
            for group in one.who
        }
        exempt = [node for one in self.exempt for node in one.origins.tolist()]
        graph = self.graph
        joins = graph.is_membership
        up = _closed(exempt, graph.tail[joins], graph.head[joins])
        down = _closed(self._numbers(named), graph.head[joins], graph.tail[joins])
        kept = joins & np.isin(graph.tail, up) & np.isin(graph.head, down)
        cost = np.where(kept, np.inf, self.prices.cost)
        return replace(self.prices, cost=cost)

    @cached_property
    def exempt(self) -> tuple[Exempt, ...]:
        """What the claim's own exceptions concede, and to whom."""
        return tuple(
            Exempt(
                self._numbers(sorted(part.origins)),
                self._numbers(sorted({*self.question.targets} - {*part.targets})),
            )
            for part in self.parts
            if part.exceptions
        )

    @cached_property
    def about(self) -> About:
        """What the plans are about."""
        return About(
            claim=self.claim.id,
            as_of=self.opened.boundary.as_of,
            estate=self.opened.estate.digest(),
            boundary=digest_of(self.opened.boundary),
        )

    def told(self, plan: Plan, grants: Regrants) -> Priced:
        """Return a plan with what it costs and does, and as a file."""
        graph, blast = self.graph, plan.blast
        rows = graph.row[plan.edges].tolist()
        order = np.lexsort((blast.people, -blast.lost)).tolist()
        left = after(graph, plan.edges, grants.granted)
        return Priced(
            name=plan.name,
            aim=plan.aim,
            changes=plan.changes,
            undecided=plan.undecided,
            cost=int(plan.cost) if np.isfinite(plan.cost) else None,
            closes=self.closes(left),
            people=len(blast.people),
            pairs=blast.pairs,
            before=blast.before,
            losers=tuple(
                Loser(graph.ids[blast.people[one]], int(blast.lost[one]))
                for one in order
            ),
            regrants=len(grants.granted),
            refused=len(grants.refused),
            file=written(
                plan,
                self.about,
                graph,
                self.prices,
                cited=self.case.estate.rows(rows),
                regrants=grants.granted,
            ),
            in_use=self._in_use(plan),
        )

    def _in_use(self, plan: Plan) -> InUse | None:
        busy, found = plan.blast.busy, self.in_use
        if busy is None or found is None:
            return None
        return InUse(
            busy.people, busy.pairs, busy.untold, busy.open, found.since, found.until
        )

    def read(self, file: PlanFile, name: str) -> tuple[Plan, Regrants]:
        """Return the plan of a file, priced on this estate.

        Raises:
            ConfigError: It names what isn't there.
        """
        edges = edges_of(file, self.graph, self.prices.kind)
        granted = regrants_of(file, self.graph)
        aim = self.aim
        sweep = Sweep(
            self.graph, aim.legitimate, aim.targets, aim.verbs, in_use=aim.in_use
        )
        plan = priced(sweep, aim, self.prices, edges, name=name)
        return plan, Regrants(tuple(granted), ())


def _closed(nodes: Iterable[int], tail: Ints, head: Ints) -> Ints:
    """Return some nodes and all that edges lead to from them."""
    found = np.unique(np.fromiter(nodes, np.int64))
    while True:
        more = np.union1d(found, head[np.isin(tail, found)])
        if len(more) == len(found):
            return found
        found = more


def _named(name: str, claims: Sequence[Claim], every: Sequence[Claim]) -> Claim:
    for one in every:
        if one.id == name and one.kind == KIND:
            return one
        if one.id == name:
            message = f"claim `{name}` is of kind `{one.kind}`, which has no plans"
            raise ConfigError(message, Locus("--claim"), f"plans are for `{KIND}`")
    message = f"there is no claim `{name}`"
    hint = nearest(name, [one.id for one in claims])
    raise ConfigError(message, Locus("--claim"), hint)


def planned(planning: Planning, progress: Progress) -> Planned:
    """Return the plans for a claim, from fewest changes to least harm."""
    progress("sweeping the estate")
    people, columns, count = _crossing(planning)
    found: tuple[Plan, ...] | Uncuttable = ()
    if count:
        graph, aim = planning.graph, planning.aim
        found = frontier(graph, aim, planning.sparing, progress=progress)
        if isinstance(found, Uncuttable):
            # Then what makes somebody exempt may go after all.
            found = frontier(graph, aim, planning.prices, progress=progress)
    stuck = None
    if isinstance(found, Uncuttable):
        ids = planning.graph.ids
        stuck, found = (ids[found.origin], ids[found.target]), ()
    progress("granting anew what is conceded")
    return Planned(
        claim=planning.claim.id,
        says=planning.claim.says,
        verdict=planning.verdict,
        people=people,
        columns=columns,
        pairs=count,
        plans=tuple(
            planning.told(
                plan, regranted(planning.graph, planning.aim, plan, planning.exempt)
            )
            for plan in found
        ),
        uncuttable=stuck,
    )


def _crossing(planning: Planning) -> tuple[int, int, int]:
    """Return how many principals cross to how many resources, and in how many pairs.

    With the others' help, where a rule needs what another one holds.
    """
    people: set[int] = set()
    columns: set[int] = set()
    count = 0
    number = planning.graph.number
    for part in planning.parts:
        rows, targets = (
            np.fromiter((number[n] for n in side if n in number), np.int64)
            for side in (part.origins, part.targets)
        )
        who, what = pairs(planning.lent, rows, targets, planning.question.verbs).each()
        people |= {*who.tolist()}
        columns |= {*what.tolist()}
        count += len(who)
    return len(people), len(columns), count
