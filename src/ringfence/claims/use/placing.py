"""Each event placed on the ways that it went over, surely or perhaps.

An event is three legs: from whoever was behind it to the tool or account, from the tool
to the account, and from the account to the data. A leg that nobody vouches for (whose
event it was, through what) leaves every way that it may have taken in doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ringfence.audit.attribution import Grade
from ringfence.audit.usage import Sum
from ringfence.boundary.order import LogOrder
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.use.ends import Aim, Ends, mask_of
from ringfence.claims.use.legs import Leg, Legs, Places
from ringfence.claims.use.network import Network

# What shows that the event went through the tool, and not only that it may have.
_THROUGH = (Grade.REQUEST, Grade.SESSION)


@dataclass(slots=True)
class Tally:
    """How many events there are, and when the last of them was; counted once each."""

    events: int = 0
    again: int = 0
    last: int = 0

    def add(self, one: Sum) -> None:
        """Count some events; those that another log tells too only if no other are."""
        self.events += 0 if one.again else one.events
        self.again += one.events if one.again else 0
        self.last = max(self.last, one.last)

    @property
    def count(self) -> int:
        """How many events there are."""
        return self.events or self.again


Key = tuple[int, str]  # a way, and who was behind the event: empty for nobody known


@dataclass
class Placed:
    """What events went over.

    Attributes:
        sure: Events that surely went over a way, by whoever was behind them.
        maybe: Events that may have, or may have taken another.
        touched: What each person surely touched.
        open: People of whom each may have touched one of some data.
        unplaced: How many events the estate knows no way for, on some leg.
    """

    sure: dict[Key, Tally] = field(default_factory=dict)
    maybe: dict[Key, Tally] = field(default_factory=dict)
    touched: dict[str, set[str]] = field(default_factory=dict)
    open: set[tuple[frozenset[str], frozenset[str]]] = field(default_factory=set)
    unplaced: int = 0


class Placing:
    """Places events.

    Args:
        network: The ways.
        legs: Searches among them.
        ends: What words stand for.
        orders: The logs, by name.
        cuts: When stretches of time begin, in seconds.
    """

    def __init__(
        self,
        network: Network,
        legs: Legs,
        *,
        ends: Ends,
        orders: Mapping[str, LogOrder],
        cuts: tuple[int, ...],
    ) -> None:
        self.placed = Placed()
        self._network, self._legs, self._ends = network, legs, ends
        self._orders, self._cuts = orders, cuts
        nodes = [network.graph.ids[number] for number in network.origins.tolist()]
        self._anybody = frozenset(network.places(nodes))
        people = [node for node in nodes if kind_of(node) == "person"]
        self._people = frozenset(network.places(people))
        self._goals: dict[tuple[frozenset[str], int], Places] = {}
        self._state: dict[str, Places] = {}
        self._before: dict[Places, frozenset[str]] = {}

    def add(self, one: Sum) -> None:
        """Place some events that are alike."""
        order = self._orders[one.log]
        who = self._ends.person(one.who, self._cuts[one.stretch])
        tool = self._ends.node(order.tool or one.tool)
        tool = tool if kind_of(tool) == "tool" else ""
        legs = list(self._of(one, order, who, tool))
        behind = who or self._acting(one)
        sure = {way for leg in legs if leg for way in leg.sure}
        maybe = {way for leg in legs if leg for way in leg.maybe}
        self._mark(self.placed.sure, sure, one, behind)
        self._mark(self.placed.maybe, maybe - sure, one, behind)
        if any(leg is None for leg in legs) and not one.again:
            self.placed.unplaced += one.events

    def _acting(self, one: Sum) -> str:
        """Return the account that acted for itself; empty where somebody else may."""
        named = one.who == one.actor and kind_of(one.actor) == "service_account"
        return one.actor if named else ""

    def _of(
        self, one: Sum, order: LogOrder, who: str, tool: str
    ) -> Iterator[Leg | None]:
        if order.tool:
            yield from self._told_by_tool(one, order, who, tool)
            return
        actor = self._ends.node(one.actor)
        if not actor:
            # Whoever it was may have had any way that leads there.
            yield from self._to_data(one, self._anybody, order, who, is_sure=False)
            return
        yield from self._to_data(one, self._at(actor), order, who, is_sure=True)
        if kind_of(actor) == "person":
            return
        is_through = bool(tool) and one.grade in _THROUGH
        if tool and tool != actor:
            leg = self._between(self._at(tool), self._at(actor), one)
            yield leg if is_through or leg is None else leg.doubted()
        yield self._to_account(one, who, tool if is_through else actor)

    def _told_by_tool(
        self, one: Sum, order: LogOrder, who: str, tool: str
    ) -> Iterator[Leg | None]:
        yield self._to_account(one, who, tool)
        if not one.again:
            # The tool may have what it shows from elsewhere, or from earlier.
            yield from self._to_data(one, self._at(tool), order, who, is_sure=False)

    def _to_account(self, one: Sum, who: str, node: str) -> Leg | None:
        """Return the leg from the person to a tool or an account."""
        goals = self._at(node)
        leg = self._between(self._at(who) if who else self._people, goals, one)
        if who and one.grade != Grade.ADDRESS:
            return leg
        # Who sat at an address may have gone another way than the estate's.
        return None if leg is None and who else (leg or Leg()).doubted()

    def _to_data(
        self, one: Sum, starts: Places, order: LogOrder, who: str, *, is_sure: bool
    ) -> Iterator[Leg | None]:
        """Yield the leg to each thing that was touched."""
        mask = mask_of(one.verb)
        store = f"store:{order.store}" if order.store else ""
        for aim in self._ends.aims(one.touch, store) if mask else ():
            leg = self._between(starts, self._data(aim, mask), one)
            self._touch(aim, who, starts)
            sure = is_sure and aim.is_known
            yield leg if sure or leg is None else leg.doubted()

    def _touch(self, aim: Aim, who: str, starts: Places) -> None:
        if who and aim.is_known and len(aim.nodes) == 1:
            self.placed.touched.setdefault(who, set()).update(aim.nodes)
            return
        people = frozenset({who}) if who else self._candidates(starts)
        self.placed.open.add((people, aim.nodes))

    def _candidates(self, starts: Places) -> frozenset[str]:
        """Return the people who may have come to one of some states."""
        if starts not in self._before:
            found = self._legs.leading(starts) & self._people
            self._before[starts] = frozenset(map(self._network.node, found))
        return self._before[starts]

    def _between(self, starts: Places, goals: Places, one: Sum) -> Leg | None:
        return self._legs.between(starts, goals, one.stretch)

    def _at(self, node: str) -> Places:
        if node not in self._state:
            self._state[node] = frozenset(self._network.places([node] if node else []))
        return self._state[node]

    def _data(self, aim: Aim, mask: int) -> Places:
        key = aim.nodes, mask
        if key not in self._goals:
            goals = self._network.goals(aim.nodes, mask)
            self._goals[key] = frozenset(goals.tolist())
        return self._goals[key]

    def _mark(
        self, into: dict[Key, Tally], ways: Iterable[int], one: Sum, who: str
    ) -> None:
        for way in ways:
            into.setdefault((way, who), Tally()).add(one)
