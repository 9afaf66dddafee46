"""A made-up company as arrays: 327,000 nodes and 3,412,201 edges, from a seed.

The shape is that of large estates: departments whose people, groups, roles, tools and
resources lie mostly together, with a few edges across; groups nested upwards, with a
few edges back down that close cycles; lineage in layers, derived to source. The last
tenth of a department's resources is granted to few, and there the protected lie. In the
`dense` variant eight times as many edges cross departments: there reach percolates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

DENSE = 8
BACK = 0.005
NARROW = 0.078  # of the grants that would fall on what few may have, so many do
DRAWN = 1.7  # so many times the edges wanted are drawn: equal ones count once
YEAR = 365 * 24 * 3600
BEGIN = 1_609_459_200  # 2021-01-01T00:00:00Z
OPEN = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of edge: what it joins, how many there are, how they lie.

    Attributes:
        name: Name of the kind of edge, one of `boundary/codes.yaml`.
        tail: Letter of the nodes that it starts from (`Shape.counts`).
        head: Letter of the nodes that it leads to.
        count: How many edges, at full size.
        across: Share that leads to another department, in the local variant.
        lean: Power that crowds heads at the start of their department; 1 is even.
        busy: The same of tails: some people are in many groups, others in few.
        order: `up` or `down` where edges follow the order of the nodes.
    """

    name: str
    tail: str
    head: str
    count: int
    across: float
    lean: float = 1.0
    busy: float = 1.0
    order: str = ""


KINDS = (
    Kind("member_of", "p", "g", 1_300_000, 0.006, busy=1.5),
    Kind("member_of", "g", "g", 80_000, 0.014, order="up"),
    Kind("has_privilege", "g", "s", 960_000, 0.006),
    Kind("has_privilege", "r", "s", 600_000, 0.006),
    Kind("derived_from", "s", "s", 360_000, 0.006, lean=2.0, order="down"),
    Kind("can_assume", "g", "r", 60_000, 0.014),
    Kind("can_use", "g", "t", 40_201, 0.014),
    Kind("runs_as", "t", "r", 12_000, 0.014),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the company is; the edges grow and shrink with the people.

    Attributes:
        people: Letter `p`; their groups `g`, roles `r`, tools `t`, resources `s`.
        departments: Into so many equal parts all of them are divided.
        offices: How many departments the excluded work in.
        vaults: How many departments the protected lie in.
        excluded: How many people are excluded.
        protected: How many resources are protected.
    """

    people: int = 100_000
    groups: int = 20_000
    roles: int = 5_000
    tools: int = 2_000
    resources: int = 200_000
    departments: int = 200
    offices: int = 20
    vaults: int = 60
    excluded: int = 2_000
    protected: int = 5_000

    @property
    def counts(self) -> dict[str, int]:
        """How many nodes there are, by letter; their numbers follow one another."""
        numbers = (self.people, self.groups, self.roles, self.tools, self.resources)
        return dict(zip("pgrts", numbers, strict=True))

    @property
    def firsts(self) -> dict[str, int]:
        """The first number of the nodes, by letter."""
        starts = accumulate(self.counts.values(), initial=0)
        return dict(zip(self.counts, starts, strict=False))

    @property
    def nodes(self) -> int:
        """How many nodes there are in all."""
        return sum(self.counts.values())


FULL = Shape()
# 10 million nodes; with `blocks`, 100 million edges.
LARGE = Shape(
    people=3_060_000,
    groups=612_000,
    roles=153_000,
    tools=61_200,
    resources=6_120_000,
    departments=6_120,
    offices=400,
    vaults=2_000,
    excluded=60_000,
    protected=150_000,
)


@dataclass(frozen=True, slots=True)
class Enterprise:
    """The company: edges, who is excluded, what is protected.

    Attributes:
        nodes: How many nodes; people have the first numbers.
        people: How many people.
        data: The number of the first resource; all after it are resources, too.
        tail: By edge: the node that it starts from.
        head: By edge: the node that it leads to.
        kind: By edge: its place in `KINDS`.
        origins: Numbers of the excluded people, ascending.
        targets: Numbers of the protected resources, ascending.
    """

    nodes: int
    people: int
    data: int
    tail: Ids
    head: Ids
    kind: npt.NDArray[np.uint8]
    origins: Ids
    targets: Ids


@dataclass(frozen=True, slots=True)
class Large:
    """A company too large to be made at once, in which nothing crosses the fence.

    Attributes:
        shape: How large it is.
        edges: How many edges; of these alone some may be equal.
        seed: Seed of the generator.
    """

    shape: Shape = LARGE
    edges: int = 100_000_000
    seed: int = 1

    def blocks(self, size: int = 4_000_000) -> Iterator[tuple[Ids, Ids]]:
        """Yield tails and heads of the edges, so many at a time."""
        dice = np.random.default_rng(self.seed)
        number = _shuffled(dice, self.shape)
        left, counted = self.edges, sum(kind.count for kind in KINDS)
        for kind in KINDS:
            wanted = min(-(-kind.count * self.edges // counted), left)
            left -= wanted
            for start in range(0, wanted, size):
                count = min(size, wanted - start)
                tail, head = _drawn(dice, kind, self.shape, count, 0)
                tail += self.shape.firsts[kind.tail]
                head += self.shape.firsts[kind.head]
                yield number[tail], number[head]

    def ends(self) -> tuple[Ids, Ids]:
        """Return the excluded, of the first half, and the protected, of the second."""
        number = _shuffled(np.random.default_rng(self.seed), self.shape)
        dice = np.random.default_rng(self.seed + 1)
        shape, half = self.shape, self.shape.departments // 2
        origins = _chosen(
            dice, shape, "p", shape.excluded, shape.offices, within=(0, half)
        )
        inner = (half, shape.departments)
        targets = _chosen(dice, shape, "s", shape.protected, shape.vaults, within=inner)
        return np.sort(number[origins]), np.sort(number[targets])


@dataclass(frozen=True, slots=True)
class Dated:
    """When each edge holds: from `since` until just before `until`, in seconds.

    Attributes:
        begin: The period's first second.
        end: The second after its last one.
        since: By edge; the least number where it has no beginning.
        until: By edge; the greatest number where it has no end.
    """

    begin: int
    end: int
    since: Longs
    until: Longs


def enterprise(
    shape: Shape = FULL, *, dense: bool = False, seed: int = 1
) -> Enterprise:
    """Return the company of a shape and a seed; no edge is there twice.

    Args:
        shape: How large it is.
        dense: Whether eight times as many edges cross departments.
        seed: Seed of the generator.
    """
    dice = np.random.default_rng(seed)
    tails, heads, kinds = [], [], []
    for place, kind in enumerate(KINDS):
        wanted = kind.count * shape.people // FULL.people
        tail, head = _distinct(dice, kind, shape, wanted, DENSE if dense else 1)
        tails.append(tail)
        heads.append(head)
        kinds.append(np.full(len(tail), place, np.uint8))
    # Numbers, and the order of edges, say nothing of departments: nor do ids.
    number = _shuffled(dice, shape)
    tail, head, kind_of = (
        np.concatenate(tails),
        np.concatenate(heads),
        np.concatenate(kinds),
    )
    order = dice.permutation(len(tail))
    return Enterprise(
        nodes=shape.nodes,
        people=shape.people,
        data=shape.firsts["s"],
        tail=number[tail[order]],
        head=number[head[order]],
        kind=kind_of[order],
        origins=np.sort(
            number[_chosen(dice, shape, "p", shape.excluded, shape.offices)]
        ),
        targets=np.sort(
            number[_chosen(dice, shape, "s", shape.protected, shape.vaults)]
        ),
    )


def _drawn(
    dice: np.random.Generator, kind: Kind, shape: Shape, count: int, times: int
) -> tuple[Longs, Longs]:
    """Draw edges of a kind; both ends count from the first of their letter.

    With 0 `times` as many across, those of the first half stay in the first half.
    """
    own = shape.counts[kind.tail] // shape.departments
    there = shape.counts[kind.head] // shape.departments
    tail = dice.integers(0, shape.departments, count) * own
    tail += (own * dice.random(count) ** kind.busy).astype(np.int64)
    place = (there * dice.random(count) ** kind.lean).astype(np.int64)
    if kind.head == "s":
        narrow = (place >= _second(there, "s")) & (dice.random(count) >= NARROW)
        place[narrow] = place[narrow] * _second(there, "s") // there
    if kind.order:
        low, high = np.minimum(tail % own, place), np.maximum(tail % own, place)
        turned = dice.random(count) < BACK if kind.order == "up" else True
        start, place = np.where(turned, high, low), np.where(turned, low, high)
        tail += start - tail % own
    elsewhere = np.flatnonzero(dice.random(count) < kind.across * (times or 1))
    department = tail // own
    half = shape.departments // 2
    fenced = (department[elsewhere] < half) & (times == 0)
    bound = np.where(fenced, half, shape.departments)
    department[elsewhere] = dice.integers(0, bound)
    return tail, department * there + place


def _distinct(
    dice: np.random.Generator, kind: Kind, shape: Shape, wanted: int, times: int
) -> tuple[Ids, Ids]:
    width = shape.nodes
    tail, head = _drawn(dice, kind, shape, int(wanted * DRAWN), times)
    kept = (tail != head) | (kind.tail != kind.head)
    edges = np.unique(tail[kept] * width + head[kept])
    if len(edges) < wanted:
        message = f"{kind.name}: only {len(edges)} of {wanted} edges; more departments?"
        raise ValueError(message)
    chosen = edges[dice.permutation(len(edges))[:wanted]]
    return (
        (chosen // width + shape.firsts[kind.tail]).astype(np.int32),
        (chosen % width + shape.firsts[kind.head]).astype(np.int32),
    )


def _second(size: int, letter: str) -> int:
    """Return where the quieter part of a department's nodes begins."""
    return size * 9 // 10 if letter == "s" else size // 2


def _chosen(
    dice: np.random.Generator,
    shape: Shape,
    letter: str,
    count: int,
    parts: int,
    *,
    within: tuple[int, int] | None = None,
) -> Ids:
    """Choose nodes of some departments, of those with fewer edges than others."""
    size = shape.counts[letter] // shape.departments
    places = np.arange(_second(size, letter), size)
    begin, end = within or (0, shape.departments)
    chosen = begin + np.arange(parts) * (end - begin) // parts
    pool = (chosen[:, None] * size + places).ravel() + shape.firsts[letter]
    return dice.choice(pool, count, replace=False).astype(np.int32)


def _shuffled(dice: np.random.Generator, shape: Shape) -> Ids:
    """Return a number for each node, among those of its letter."""
    firsts = shape.firsts
    parts = [dice.permutation(n) + firsts[of] for of, n in shape.counts.items()]
    return np.concatenate(parts).astype(np.int32)


def dated(company: Enterprise, *, changes: int = 20_000, seed: int = 2) -> Dated:
    """Return when each edge holds: so many begin or end inside twelve months.

    Half of the changing edges begin and half end; no second sees two changes.

    Args:
        company: The company.
        changes: How many seconds of the period see a change.
        seed: Seed of the generator.
    """
    dice = np.random.default_rng(seed)
    count = len(company.tail)
    since = np.full(count, np.iinfo(np.int64).min, np.int64)
    until = np.full(count, OPEN, np.int64)
    seconds = BEGIN + 1 + dice.choice(YEAR - 1, changes, replace=False)
    edges = dice.choice(count, changes, replace=False)
    half = changes // 2
    since[edges[:half]] = seconds[:half]
    until[edges[half:]] = seconds[half:]
    return Dated(BEGIN, BEGIN + YEAR, since, until)


def swept(nodes: int, tail: Ids, head: Ids, seeds: Ids) -> npt.NDArray[np.bool_]:
    """Return, by node, whether it is reached: whole sweeps over the edges, no more."""
    held = np.zeros(nodes, bool)
    held[seeds] = True
    count = 0
    while count < (count := int(held.sum())):
        held[head[held[tail]]] = True
    return held
