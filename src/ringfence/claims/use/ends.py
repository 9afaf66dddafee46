"""What the words of an event stand for in the estate: who, through what, what data.

A name that the estate doesn't know may be anybody's or anything's: it never shows that
somebody else did nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ringfence.audit.event import DONE, SOMEWHERE, Touch, dataset_of, touch_of
from ringfence.boundary.vocabulary import DATA_KINDS, kind_of
from ringfence.claims.events.holders import Holding
from ringfence.claims.use.network import Network, store_of
from ringfence.reach.masks import VERB_BIT

Nodes = frozenset[str]


@dataclass(frozen=True, slots=True)
class Aim:
    """One thing that an event touched: one of some nodes.

    Attributes:
        nodes: What it may have been.
        is_known: Whether the estate knows it; else it may be anything of a store.
    """

    nodes: Nodes
    is_known: bool = True


class Ends:
    """Finds what events start from and end at.

    Args:
        network: The ways of the estate.
        holding: Who holds what.
    """

    def __init__(self, network: Network, holding: Holding) -> None:
        self._known = network.graph.number
        self._holding = holding
        self._columns: dict[str, list[str]] = defaultdict(list)
        self._stored: dict[str, list[str]] = defaultdict(list)
        for node in network.graph.ids:
            if kind_of(node) in DATA_KINDS:
                self._stored[store_of(node)].append(node)
            if kind_of(node) == "column":
                self._columns[dataset_of(node)].append(node)
        self._aims: dict[tuple[str, str], tuple[Aim, ...]] = {}

    def node(self, word: str) -> str:
        """Return the node that a word of a log is; empty if the estate has none."""
        return word if word in self._known else ""

    def person(self, word: str, second: int) -> str:
        """Return the person that somebody was at a time; empty if nobody can say."""
        if not word:
            return ""
        person, spans = self._holding.person(word)
        held = any(begin <= second < end for begin, end in spans)
        return self.node(person) if held else ""

    def aims(self, touch: str, store: str) -> tuple[Aim, ...]:
        """Return what was touched; nothing for an event that touched nothing.

        Args:
            touch: As the table of events has it.
            store: The store that the log tells of, empty when it tells of none.
        """
        if (touch, store) not in self._aims:
            found = self._read(touch_of(touch or "{}"), store)
            self._aims[touch, store] = tuple(dict.fromkeys(found))
        return self._aims[touch, store]

    def _read(self, touch: Touch, store: str) -> Iterator[Aim]:
        for node in touch.columns:
            yield from self._one([node], store)
        for group in touch.either:
            inside = [n for n in group if not touch.only or dataset_of(n) == touch.only]
            yield from self._one(inside, store)
        for node in touch.whole:
            inner = () if kind_of(node) == "store" else self._columns.get(node, ())
            yield from (Aim(frozenset({one})) for one in inner)
            if not inner:
                yield from self._one([node], store)
        for node in touch.part:
            yield from self._one([node], store)
        if touch.unclear:
            yield self._anything(store)

    def _one(self, nodes: Sequence[str], store: str) -> Iterator[Aim]:
        """Yield that one of some nodes was touched, or what is in it."""
        named = [node for node in nodes if node != SOMEWHERE]
        found: set[str] = set()
        for node in named:
            is_lacking = node not in self._known and kind_of(node) == "column"
            home = dataset_of(node) if is_lacking else node
            if home not in self._known:
                yield self._anything(store_of(home), store)
                return
            found |= {home, *self._content(home)}
        if found:
            yield Aim(frozenset(found), len(named) == len(nodes))

    def _content(self, node: str) -> Sequence[str]:
        if kind_of(node) == "store":
            return self._stored.get(node, ())
        return self._columns.get(node, ())

    def _anything(self, *stores: str) -> Aim:
        """Return whatever is in the first store that is known, or anywhere."""
        named = next((one for one in stores if one in self._stored), "")
        chosen = [named] if named else [*self._stored]
        nodes = frozenset(n for one in chosen for n in self._stored[one])
        return Aim(nodes, is_known=False)


def mask_of(verb: int) -> int:
    """Return the states of data that an event of a verb reaches; 0 for none."""
    return VERB_BIT[DONE[verb]] if verb else 0
