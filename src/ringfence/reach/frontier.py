"""The frontier of plans: from the fewest changes to those that hurt nobody who may.

A plain minimum cut closes every way and hurts the innocent: it takes the grant that a
thousand people share. So a change is priced by its cost and, times some weight, by how
many legitimate people are behind it. The weights that are worth asking about are those
at which the answer changes: they are found from the two ends, the widest gap first. The
far end is a cut with everything out of bounds that legitimate people come to by
themselves. Where logs tell what is used, people count less behind an edge that none of
them uses; neither end changes by that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from ringfence.reach.collateral import Sweep, passed, people_behind
from ringfence.reach.costs import Floats, Prices
from ringfence.reach.cut import Network, cheapest, minimum, network
from ringfence.reach.graph import Graph
from ringfence.reach.masks import Flags
from ringfence.reach.matrix import pairs
from ringfence.reach.plan import Aim, Plan, priced, remaining

Progress = Callable[[str], None]

FEWEST = "fewest changes"
BETWEEN = "people behind it weighed"
SPARING = "spares what legitimate people pass"
AND = ", "
# So many plans between the two ends are looked for.
MOST = 6
# A plan that saves less than this part of what its neighbours come to is no other one.
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Uncuttable:
    """Why there is no plan: what can't be taken away leads there by itself.

    Attributes:
        origin: Number of an excluded node; it may take the others' help.
        target: Number of a target that it then always reaches.
    """

    origin: int
    target: int


def frontier(
    graph: Graph,
    aim: Aim,
    prices: Prices,
    *,
    between: int = MOST,
    progress: Progress | None = None,
) -> tuple[Plan, ...] | Uncuttable:
    """Return the plans that are worth a look, cheapest first.

    Each takes less from legitimate people than every cheaper one, or, where it is known
    what they use, less of that. The first costs as
    little as any plan can. The last takes as little as any can, if it is by `SPARING`
    and there are no rules: all that it takes led through somebody excluded.

    Args:
        graph: The graph; its undecided edges count as edges.
        aim: What the plans are for.
        prices: What taking an edge away costs.
        between: How many plans between the ends to look for.
        progress: Told what is being done.
    """
    tell = progress or _silent
    tell("looking for every way")
    ways = network(graph, prices.kind, aim.excluded, aim.targets, aim.verbs)
    tell("looking for the fewest changes")
    fewest = cheapest(ways, ways.priced(prices.cost[ways.edges]))
    if fewest is None:
        return _uncuttable(graph, aim, prices)
    tell("estimating the people behind each edge")
    scales = _scales(ways, aim, prices)
    tell("weighing changes against the people behind them")
    first, last, name = scales.point(fewest), *scales.far(aim, prices)
    middle = scales.between(first, last, between)
    points = [(FEWEST, first), *((BETWEEN, one) for one in middle), (name, last)]
    found = _once(points)
    sweep = Sweep(graph, aim.legitimate, aim.targets, aim.verbs, in_use=aim.in_use)
    plans: list[Plan] = []
    for name, cut in found:
        tell(f"counting what {int(cut.sum()):,} changes take: {name}")
        plans.append(priced(sweep, aim, prices, ways.of(cut), name=name))
    return worthwhile(plans)


def _silent(_: str) -> None:
    """Tell nobody."""


def _once(points: Iterable[tuple[str, _Point]]) -> list[tuple[str, Flags]]:
    """Return each cut once, with all that it was made for."""
    names: dict[bytes, list[str]] = {}
    cuts: dict[bytes, Flags] = {}
    for name, one in points:
        key = one.cut.tobytes()
        cuts[key] = one.cut
        names.setdefault(key, []).append(name)
    return [
        (AND.join([name for name in names[key] if name != BETWEEN] or [BETWEEN]), cut)
        for key, cut in cuts.items()
    ]


def _uncuttable(graph: Graph, aim: Aim, prices: Prices) -> Uncuttable:
    fixed = graph.chosen(np.flatnonzero(~np.isfinite(prices.cost)))
    origins, targets = pairs(fixed, aim.excluded, aim.targets, aim.verbs).each()
    if len(origins):
        return Uncuttable(int(origins[0]), int(targets[0]))
    # Nobody alone: several of them hold the premises of a rule.
    return Uncuttable(int(aim.excluded[0]), int(remaining(fixed, aim)[0]))


@dataclass(frozen=True, slots=True)
class _Point:
    """A cut, what it costs, and how many people are behind its changes in all."""

    cut: Flags
    cost: float
    people: float


@dataclass(frozen=True, slots=True)
class _Scales:
    """What a change costs, against about how many legitimate people are behind it.

    Attributes:
        ways: The ways to cut.
        price: By change: what it costs.
        crowd: By change: about how many people are behind it.
    """

    ways: Network
    price: Floats
    crowd: Floats

    def point(self, cut: Flags) -> _Point:
        """Return a cut with what it weighs on both scales."""
        return _Point(cut, float(self.price[cut].sum()), float(self.crowd[cut].sum()))

    def cheapest(self, price: Floats) -> _Point:
        """Return the cheapest cut under prices that are finite wherever costs are."""
        return self.point(minimum(self.ways, price))

    def far(self, aim: Aim, prices: Prices) -> tuple[_Point, str]:
        """Return the cut that hurts the least, and what it was made for."""
        ways = self.ways
        spared = passed(ways.graph, aim.legitimate, aim.excluded, ways.edges)
        cost = np.where(spared, np.inf, prices.cost[ways.edges])
        cut = cheapest(ways, ways.priced(cost))
        if cut is not None:
            return self.point(cut), SPARING
        # Then people count first, and cost only among equals.
        whole = self.price[np.isfinite(self.price)].sum()
        return self.cheapest(self.crowd + self.price / (1 + whole)), BETWEEN

    def between(self, first: _Point, last: _Point, most: int) -> list[_Point]:
        """Return cuts between two, cheapest first: corners of the lower hull.

        With the weight at which the ends of a gap come to the same, either nothing is
        better, or what is lies between them and divides the gap.
        """
        found: list[_Point] = []
        gaps = [(first, last)]
        while gaps and len(found) < most:
            gaps.sort(key=_width)
            low, high = gaps.pop()
            if _width((low, high)) <= 0:
                break
            weight = (high.cost - low.cost) / (low.people - high.people)
            tried = self.cheapest(self.price + weight * self.crowd)
            line = low.cost + weight * low.people
            if tried.cost + weight * tried.people < line * (1 - _LEAST):
                found.append(tried)
                gaps += [(low, tried), (tried, high)]
        return sorted(found, key=lambda one: one.cost)


def _width(gap: tuple[_Point, _Point]) -> float:
    """Return how much room is between two cuts on both scales."""
    low, high = gap
    dearer, gentler = high.cost - low.cost, low.people - high.people
    return dearer * gentler if dearer > 0 and gentler > 0 else 0.0


def _scales(ways: Network, aim: Aim, prices: Prices) -> _Scales:
    behind = people_behind(ways.graph, aim.legitimate, ways.goals)
    price = ways.priced(prices.cost[ways.edges])
    crowd = behind[ways.graph.tail[ways.edges]]
    if prices.weight is not None:
        # What nobody legitimate uses hurts less to lose, however many might.
        crowd = crowd * prices.weight[ways.edges]
    return _Scales(ways, price, ways.priced(crowd))


def worthwhile(plans: Iterable[Plan]) -> tuple[Plan, ...]:
    """Return the plans that no other one beats, cheapest first, named by letters.

    Of plans that cost the same, one that hurts fewer beats one with fewer changes.
    """
    kept: list[Plan] = []
    least: list[float] = [math.inf, math.inf]
    for plan in sorted(plans, key=lambda p: (p.cost, *_hurt(p), p.changes)):
        hurt = _hurt(plan)
        if any(now < before for now, before in zip(hurt, least, strict=True)):
            kept.append(replace(plan, name=_letters(len(kept))))
            least = [min(pair) for pair in zip(hurt, least, strict=True)]
    return tuple(kept)


def _hurt(plan: Plan) -> tuple[int, int]:
    """Return how many pairs are lost, and how many that are, or may be, in use."""
    blast = plan.blast
    busy = blast.pairs if blast.busy is None else blast.busy.pairs + blast.busy.open
    return blast.pairs, busy


def _letters(place: int) -> str:
    """Return A to Z, then AA and so on."""
    more, last = divmod(place, 26)
    return (_letters(more - 1) if more else "") + chr(ord("A") + last)
