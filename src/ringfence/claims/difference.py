"""`diff`: what reach is new between two estates, and what ended, under one boundary.

Each pair of somebody excluded and something protected has a level in both estates:
none, possible or certain. What rose is new, what fell has ended. A pair that is new has
a reason: a fact on its witness that the old estate doesn't have, somebody newly
excluded, or something newly protected. Two more kinds of row are new although no such
level rose: a way whose condition lets more pass (whether somebody could meet the old
one, a claim decides), and what the excluded reach only together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ringfence.boundary.status import Status
from ringfence.claims.answers import Crossing
from ringfence.claims.asking import Asking, Progress
from ringfence.claims.facts_changed import Changed, changed, is_new, loosened
from ringfence.claims.outcome import Path
from ringfence.claims.show import paths_of
from ringfence.claims.spans import swept
from ringfence.claims.standing import JUDGED
from ringfence.claims.together import lending
from ringfence.reach.closure import Walk, backward, forward, tree
from ringfence.reach.graph import Graph
from ringfence.reach.masks import ALL_VERBS, CONTROL, Flags, Ints
from ringfence.reach.rows import pairs_of

# So many pairs at most are held at once; beyond, resources go in parts.
MOST = 1 << 30
Statuses = Mapping[str, Status]

NEW_FACTS = "new facts"
NEWLY_EXCLUDED = "newly excluded"
NEWLY_PROTECTED = "newly protected"
LOOSENED = "a condition lets more pass"
TOGETHER = "together with others"
# Edges with such conditions are looked at one by one, or else in so many lots.
_LOTS = 64


@dataclass(frozen=True, slots=True)
class Moved:
    """A pair whose reach rose or fell.

    Attributes:
        principal: Who is excluded, and `resource` what is protected.
        was: The level in the old estate, and `now` that in the new one.
        reasons: Of a pair that rose: why.
        new: Of a pair that rose: the new facts on its witness, as `facts.jsonl` has
            them.
    """

    principal: str
    resource: str
    was: Crossing
    now: Crossing
    reasons: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Raised:
    """A node that is excluded, or protected, and was not or less so."""

    id: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What two estates differ in.

    Attributes:
        risen: The pairs that are new, or have become certain, the certain first.
        fallen: The pairs that have ended, or are no longer certain.
        witnesses: For each principal of `risen`, the witness of its first pair.
        excluded: Who is newly excluded, or may be.
        protected: What is newly protected, or may be.
        facts: How many facts came and went, by kind.
        crossing: The highest level of a pair that rose.
    """

    risen: tuple[Moved, ...]
    fallen: tuple[Moved, ...]
    witnesses: Mapping[str, Path]
    excluded: tuple[Raised, ...]
    protected: tuple[Raised, ...]
    facts: tuple[Changed, ...]
    crossing: Crossing


def difference(old: Asking, new: Asking, progress: Progress) -> Difference:
    """Return what is different between two estates, judged by one boundary."""
    both = (old, new)
    out = [_excluded(asking) for asking in both]
    guarded = [asking.case.targets(()) for asking in both]
    frame = _Frame(sorted({*out[0], *out[1]}), sorted({*guarded[0], *guarded[1]}))
    progress("sweeping the old estate")
    was = _levels(frame, old, out[0], guarded[0])
    progress("sweeping the new estate")
    now = _levels(frame, new, out[1], guarded[1])
    raised = _raised(*out), _raised(*guarded)
    progress("comparing the facts")
    rose = [*_Rise(frame, was, now, raised).pairs()]
    rose += _loosened(frame, (old, new), was, now)
    joint = list(_jointly(frame, list(zip(both, out, guarded, strict=True)), now))
    risen, witnesses = _witnessed(old, new, new.graph, rose)
    more, others = _witnessed(old, new, lending(new), joint)
    risen += tuple(_helped(old, new, more))
    return Difference(
        risen=risen,
        fallen=tuple(_moved(frame, now, was)),
        witnesses=others | witnesses,
        excluded=raised[0],
        protected=raised[1],
        facts=changed(old.case, new.case),
        crossing=max((pair.now for pair in risen), default=Crossing.NONE),
    )


def _excluded(asking: Asking) -> Statuses:
    selector = asking.selector
    return asking.case.excluded(selector, JUDGED) if selector else {}


def _raised(old: Statuses, new: Statuses) -> tuple[Raised, ...]:
    return tuple(
        Raised(node, str(old.get(node, Status.NO)), str(status))
        for node, status in sorted(new.items())
        if status > old.get(node, Status.NO)
    )


# --- levels ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Frame:
    """The pairs of both estates, as numbers: everybody excluded in one of them."""

    origins: list[str]
    targets: list[str]

    def pair(self, code: int) -> tuple[str, str]:
        """Return the pair that a number stands for."""
        row, column = divmod(code, len(self.targets))
        return self.origins[row], self.targets[column]


@dataclass(frozen=True, slots=True)
class _Levels:
    """The pairs of an estate, as sorted numbers.

    Attributes:
        reached: Those in reach, whoever they are: by certain edges, and by possible.
        levels: Those whose level is certain, and those whose level is possible or more.
    """

    reached: tuple[Ints, Ints]
    levels: tuple[Ints, Ints]


def _levels(frame: _Frame, asking: Asking, out: Statuses, guarded: Statuses) -> _Levels:
    reached, levels = [], []
    for sure, least in ((True, Status.YES), (False, Status.UNKNOWN)):
        codes = _reached(frame, asking, sure=sure)
        rows, columns = np.divmod(codes, max(len(frame.targets), 1))
        counts = _least(frame.origins, out, least)[rows]
        counts &= _least(frame.targets, guarded, least)[columns]
        reached.append(codes)
        levels.append(codes[counts])
    return _Levels((reached[0], reached[1]), (levels[0], levels[1]))


def _least(nodes: Sequence[str], statuses: Statuses, least: Status) -> Flags:
    return np.array([statuses.get(n, Status.NO) >= least for n in nodes], bool)


def _reached(
    frame: _Frame, asking: Asking, *, sure: bool, graph: Graph | None = None
) -> Ints:
    known = asking.graph.number
    rows = [row for row, node in enumerate(frame.origins) if node in known]
    columns = [place for place, node in enumerate(frame.targets) if node in known]
    origins = [frame.origins[row] for row in rows]
    targets = [frame.targets[column] for column in columns]
    row_of, column_of = np.array(rows, np.int64), np.array(columns, np.int64)
    found = [np.empty(0, np.int64)]
    for part in swept(asking, origins, targets, sure=sure, most=MOST, graph=graph):
        row, column = pairs_of(part.pairs.words, len(part.pairs.targets))
        found.append(row_of[row] * len(frame.targets) + column_of[column + part.begin])
    return np.sort(np.concatenate(found))


def _moved(frame: _Frame, before: _Levels, after: _Levels) -> Iterator[Moved]:
    """Yield the pairs whose level was higher in `after`; `was` is that level."""
    for code, low, high in _higher(before, after):
        yield Moved(*frame.pair(code), was=high, now=low)


def _higher(
    before: _Levels, after: _Levels
) -> Iterator[tuple[int, Crossing, Crossing]]:
    """Yield the pairs with a higher level after than before: the certain first."""
    sure = np.setdiff1d(after.levels[0], before.levels[0])
    is_open = np.isin(sure, before.levels[1]).tolist()
    for code, was in zip(sure.tolist(), is_open, strict=True):
        yield code, Crossing(int(was)), Crossing.CERTAIN
    merely = np.setdiff1d(after.levels[1], after.levels[0])
    for code in np.setdiff1d(merely, before.levels[1]).tolist():
        yield code, Crossing.NONE, Crossing.POSSIBLE


class _Rise:
    """The pairs that rose, each with the reasons."""

    def __init__(
        self,
        frame: _Frame,
        was: _Levels,
        now: _Levels,
        raised: tuple[Sequence[Raised], Sequence[Raised]],
    ) -> None:
        self._frame, self._was, self._now = frame, was, now
        self._out, self._guarded = ({one.id for one in some} for some in raised)

    def pairs(self) -> Iterator[Moved]:
        """Yield them, the certain first."""
        reached = [{*codes.tolist()} for codes in self._was.reached]
        for code, was, now in _higher(self._was, self._now):
            principal, resource = self._frame.pair(code)
            before = reached[0 if now is Crossing.CERTAIN else 1]
            reasons = (
                (NEW_FACTS, code not in before),
                (NEWLY_EXCLUDED, principal in self._out),
                (NEWLY_PROTECTED, resource in self._guarded),
            )
            told = tuple(reason for reason, holds in reasons if holds)
            yield Moved(principal, resource, was, now, told)


# --- beyond levels --------------------------------------------------------------------


def _loosened(
    frame: _Frame, both: tuple[Asking, Asking], was: _Levels, now: _Levels
) -> Iterator[Moved]:
    """Yield the pairs that are as possible as before, but by a looser condition."""
    old, new = both
    if new.filters.reach == "bare":
        return
    graph = new.graph
    edges = np.flatnonzero(np.isin(graph.row, loosened(old.case, new.case)))
    codes = np.setdiff1d(np.intersect1d(now.levels[1], was.levels[1]), was.levels[0])
    codes = np.setdiff1d(codes, now.levels[0])
    if not len(edges) or not len(codes):
        return
    rows, columns = np.divmod(codes, len(frame.targets))
    origins = new.numbers(frame.origins[row] for row in rows)
    targets = new.numbers(frame.targets[column] for column in columns)
    passes = np.zeros(len(codes), bool)
    for some in np.array_split(edges, min(_LOTS, len(edges))):
        goals, seeds = (np.zeros(len(graph.ids), np.uint16) for _ in range(2))
        goals[graph.tail[some]] = CONTROL | ALL_VERBS
        np.bitwise_or.at(seeds, graph.head[some], graph.give[some] | graph.carry[some])
        comes = backward(graph.possible_reversed, goals)[origins] != 0
        passes |= comes & (forward(graph.possible, seeds)[targets] & new.verbs != 0)
    for code in codes[passes].tolist():
        yield Moved(
            *frame.pair(code), Crossing.POSSIBLE, Crossing.POSSIBLE, (LOOSENED,)
        )


def _jointly(
    frame: _Frame, sides: Sequence[tuple[Asking, Statuses, Statuses]], now: _Levels
) -> Iterator[Moved]:
    """Yield the pairs that are in reach only with others' help, and weren't so."""
    if not sides[1][0].graph.needs:
        return
    found = []
    for asking, out, guarded in sides:
        codes = _reached(frame, asking, sure=False, graph=lending(asking))
        rows, columns = np.divmod(codes, max(len(frame.targets), 1))
        counts = _least(frame.origins, out, Status.UNKNOWN)[rows]
        counts &= _least(frame.targets, guarded, Status.UNKNOWN)[columns]
        found.append(codes[counts])
    fresh = np.setdiff1d(np.setdiff1d(found[1], found[0]), now.levels[1])
    for code in fresh.tolist():
        yield Moved(*frame.pair(code), Crossing.NONE, Crossing.POSSIBLE, (TOGETHER,))


# --- witnesses ------------------------------------------------------------------------


def _witnessed(
    old: Asking, new: Asking, graph: Graph, risen: Sequence[Moved]
) -> tuple[tuple[Moved, ...], dict[str, Path]]:
    """Return the pairs with the new facts on their witnesses, and some witnesses."""
    walks = _walks(graph, new.verbs, risen)
    fresh = new.case.edges.row[is_new(old.case, new.case)]
    known = {*fresh.tolist()}
    rows_of = (graph.row[walk.edges].tolist() for walk in walks)
    news = [[row for row in rows if row in known] for rows in rows_of]
    lines = new.case.estate.rows(sorted({row for rows in news for row in rows}))
    told = tuple(
        Moved(
            one.principal,
            one.resource,
            one.was,
            one.now,
            one.reasons,
            tuple(lines[row].line for row in rows),
        )
        for one, rows in zip(risen, news, strict=True)
    )
    shown: dict[str, Path] = {}
    for one, walk in zip(risen, walks, strict=True):
        if one.principal not in shown:
            (shown[one.principal],) = paths_of(
                new.case,
                graph,
                one.principal,
                {one.resource: walk},
                selector=new.selector,
            )
    return told, shown


def _helped(old: Asking, new: Asking, risen: Sequence[Moved]) -> Iterator[Moved]:
    """Yield what is reached together, with the new facts on the others' ways too."""
    if not risen:
        return
    graph, fresh = new.graph, new.case.edges.row[is_new(old.case, new.case)]
    out = [node for node in new.out if node in graph.number]
    grown = tree(graph.possible, graph.seeds(new.numbers(out)))
    for one in risen:
        walk = grown.path(graph, graph.number[one.resource], new.verbs)
        rows = graph.row[walk.edges if walk else []]
        lines = new.case.estate.rows(rows[np.isin(rows, fresh)].tolist()).values()
        yield replace(
            one, new=tuple(dict.fromkeys([*one.new, *(r.line for r in lines)]))
        )


def _walks(graph: Graph, verbs: int, pairs: Sequence[Moved]) -> list[Walk]:
    """Return a shortest walk for each pair."""
    found = {}
    together: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for one in pairs:
        sure = one.now is Crossing.CERTAIN
        together[one.principal, sure].append(one.resource)
    for (principal, sure), resources in together.items():
        arcs = graph.definite if sure else graph.possible
        grown = tree(arcs, graph.seeds([graph.number[principal]]))
        for resource in resources:
            walk = grown.path(graph, graph.number[resource], verbs)
            found[principal, resource] = walk or Walk([], "")
    return [found[one.principal, one.resource] for one in pairs]
