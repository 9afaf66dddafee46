"""The column map as geometry: which boxes stand where, which stripes join them.

Boxes stand in columns, the widest first; of each column the widest twelve stand alone,
and one box carries the rest with all its stripes. A box is as tall, and a stripe as
wide, as the number of origins that pass it, on one scale. Origins that pass two stripes
are in both, so stripes may overlap at a box, and do so no more than they must.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ringfence.claims.outcome import FlowMap, FlowNode
from ringfence.report.wording import counted_kind

MOST = 12
_TALLEST = 430.0  # of all boxes of a column together
_SCALE = 3.0  # height of one origin, where there are few
_LEAST = 4.0  # height of a box that hardly anybody passes
_PITCH = 19.0  # a label's height and its gap
_GAP = 6.0
_MOST_AIR = 14.0
_TOP = 30.0

_PEOPLE, _GROUPS, _TOOLS = ("person", "legal_entity"), ("group",), ("tool",)
_ROLES, _DATA, _STORES = ("role",), ("dataset", "column"), ("store",)
_ACCOUNTS = ("service_account", "credential", "key", "host", "job", "channel")
_PLACES = ("facility",)
# Control flows through these in one order or another: people may hold roles, or tools
# may log in as them. The order with the fewest stripes that run back is drawn.
_ORDERS = (
    (_PEOPLE, _PLACES, _GROUPS, _ROLES, _TOOLS, _ACCOUNTS, _DATA, _STORES),
    (_PEOPLE, _PLACES, _GROUPS, _TOOLS, _ACCOUNTS, _ROLES, _DATA, _STORES),
    (_PEOPLE, _PLACES, _GROUPS, _ROLES, _TOOLS, _ACCOUNTS, _STORES, _DATA),
    (_PEOPLE, _PLACES, _GROUPS, _TOOLS, _ACCOUNTS, _ROLES, _STORES, _DATA),
)


@dataclass(slots=True)
class Box:
    """A node, or the rest of a column; `y` is its upper edge."""

    id: str
    label: str
    people: int
    column: int
    nodes: int = 1
    most: int = 0  # of the nodes in a rest: what the widest of them has
    inner: int = 0  # and how many edges run within it, which no stripe shows
    mark: int | None = None
    y: float = 0.0
    height: float = 0.0


@dataclass(slots=True)
class Stripe:
    """An edge between two boxes, whose upper edge meets them at `start` and `end`."""

    tail: Box
    head: Box
    people: int
    edges: int
    width: float = 0.0
    start: float = 0.0
    end: float = 0.0

    @property
    def step(self) -> int:
        """How many columns it runs to the right; less than one runs back."""
        return self.head.column - self.tail.column


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what it holds, in words, and its boxes from the top."""

    title: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Map:
    """Columns from the left, stripes the widest first, and the height of it all."""

    columns: tuple[Column, ...]
    stripes: tuple[Stripe, ...]
    height: float
    boxes: Mapping[str, Box] = field(default_factory=dict)  # by the id of each node


def arrange(flows: FlowMap, marks: Mapping[str, int]) -> Map:
    """Return the map of flows; nodes with a mark never go into a rest."""
    groups = _grouped(flows)
    columns = []
    boxes: dict[str, Box] = {}
    for number, nodes in enumerate(groups):
        alone, rest = _folded(nodes, marks)
        found = [_box(node, number, marks) for node in alone]
        boxes.update((box.id, box) for box in found)
        if rest:
            found.append(_rest_box(rest, number))
            boxes.update((node.id, found[-1]) for node in rest)
        columns.append(Column(_title(nodes), tuple(found)))
    stripes = _stripes(flows, boxes)
    scale = _scale(columns)
    height = _stand(columns, scale)
    _attach(stripes, scale)
    return Map(tuple(columns), stripes, height, boxes)


def _grouped(flows: FlowMap) -> list[list[FlowNode]]:
    kinds = {node.id: node.kind for node in flows.nodes}
    passed: dict[tuple[str, str], int] = defaultdict(int)
    for edge in flows.edges:
        passed[kinds.get(edge.tail, ""), kinds.get(edge.head, "")] += edge.people
    order = min(_ORDERS, key=lambda one: _running_back(one, passed))
    groups = [[node for node in flows.nodes if node.kind in kinds] for kinds in order]
    known = {kind for kinds in order for kind in kinds}
    groups.append([node for node in flows.nodes if node.kind not in known])
    return [group for group in groups if group]


def _running_back(
    order: Iterable[Iterable[str]], passed: Mapping[tuple[str, str], int]
) -> int:
    place = {kind: number for number, kinds in enumerate(order) for kind in kinds}
    return sum(
        people
        for (tail, head), people in passed.items()
        if place.get(tail, 0) > place.get(head, len(place))
    )


def _title(nodes: Sequence[FlowNode]) -> str:
    numbers = Counter(node.kind for node in nodes)
    return ", ".join(counted_kind(number, kind) for kind, number in numbers.items())


def _folded(
    nodes: Sequence[FlowNode], marks: Mapping[str, int]
) -> tuple[list[FlowNode], list[FlowNode]]:
    """Return the nodes that stand alone, in the order they stand, and the rest."""
    ranked = sorted(nodes, key=lambda node: (node.id not in marks, *_rank(node)))
    # A rest of one would take the place of the one.
    most = MOST if len(ranked) > MOST + 1 else len(ranked)
    alone = sorted(
        ranked[:most],
        key=lambda node: (-node.people, node.id not in marks, *_rank(node)),
    )
    return alone, sorted(ranked[most:], key=_rank)


def _rank(node: FlowNode) -> tuple[int, str]:
    return (-node.people, node.id)


def _box(node: FlowNode, column: int, marks: Mapping[str, int]) -> Box:
    return Box(node.id, node.label, node.people, column, mark=marks.get(node.id))


def _rest_box(rest: Sequence[FlowNode], column: int) -> Box:
    return Box(
        id="",
        label=f"{len(rest):,} more",
        people=sum(node.people for node in rest),
        column=column,
        nodes=len(rest),
        most=rest[0].people,
    )


def _stripes(flows: FlowMap, boxes: Mapping[str, Box]) -> tuple[Stripe, ...]:
    drawn: dict[tuple[int, int], Stripe] = {}
    for edge in flows.edges:
        if edge.tail not in boxes or edge.head not in boxes:
            continue
        tail, head = boxes[edge.tail], boxes[edge.head]
        if tail is head:
            tail.inner += 1
            continue
        stripe = drawn.setdefault((id(tail), id(head)), Stripe(tail, head, 0, 0))
        stripe.people += edge.people
        stripe.edges += 1
    total = sum(box.people for box in _distinct(boxes.values()) if box.column == 0)
    for box in _distinct(boxes.values()):
        # People who pass several nodes of a rest are counted at each: that is its
        # upper bound, and nobody passes who doesn't set out.
        box.people = min(box.people, max(total, box.most))
    for stripe in drawn.values():
        stripe.people = min(stripe.people, stripe.tail.people, stripe.head.people)
    return tuple(sorted(drawn.values(), key=lambda stripe: -stripe.people))


def _distinct(boxes: Iterable[Box]) -> list[Box]:
    return list({id(box): box for box in boxes}.values())


def _scale(columns: Sequence[Column]) -> float:
    fullest = max(
        (sum(box.people for box in column.boxes) for column in columns), default=0
    )
    return min(_SCALE, _TALLEST / max(fullest, 1))


def _stand(columns: Sequence[Column], scale: float) -> float:
    """Stand boxes in their columns; return where the fullest column ends.

    Others are drawn apart towards that length, so that stripes run level and labels
    have air.
    """
    slots: list[list[float]] = []
    for column in columns:
        for box in column.boxes:
            box.height = max(box.people * scale, _LEAST)
        slots.append([max(box.height + _GAP, _PITCH) for box in column.boxes])
    longest = max(map(sum, slots), default=0.0)
    for column, own in zip(columns, slots, strict=True):
        air = min(_MOST_AIR, (longest - sum(own)) / len(own))
        y = _TOP
        for box, slot in zip(column.boxes, own, strict=True):
            box.y = y + (slot - _GAP - box.height) / 2
            y += slot + air
    return _TOP + longest


def _attach(stripes: Sequence[Stripe], scale: float) -> None:
    leaving: dict[int, list[Stripe]] = defaultdict(list)
    arriving: dict[int, list[Stripe]] = defaultdict(list)
    for stripe in stripes:
        stripe.width = max(stripe.people * scale, 0.8)
        leaving[id(stripe.tail)].append(stripe)
        arriving[id(stripe.head)].append(stripe)
    for group in leaving.values():
        group.sort(key=lambda stripe: (stripe.head.y, stripe.head.column))
        for stripe, offset in zip(group, _offsets(group[0].tail, group), strict=True):
            stripe.start = offset
    for group in arriving.values():
        group.sort(key=lambda stripe: (stripe.tail.y, stripe.tail.column))
        for stripe, offset in zip(group, _offsets(group[0].head, group), strict=True):
            stripe.end = offset


def _offsets(box: Box, stripes: Sequence[Stripe]) -> list[float]:
    """Return the upper edges of stripes side by side, overlapping only if they must."""
    widths = [stripe.width for stripe in stripes]
    total, before = sum(widths), 0.0
    if total <= box.height:
        before = (box.height - total) / 2
        return [box.y + before + sum(widths[:index]) for index in range(len(widths))]
    found = []
    for width in widths:
        free = max(box.height - width, 0)
        found.append(box.y + before * free / max(total - width, 0.001))
        before += width
    return found
