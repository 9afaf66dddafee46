"""The reference view of an estate: attributes, selectors, protection, in plain sets.

Written from DESIGN 4.1 to 4.4 by itself, so that two readings of one page can disagree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ringfence.boundary.model import (
    AllOf,
    AnyOf,
    Attribute,
    Boundary,
    Employer,
    Not,
    Owned,
    Selector,
    Test,
)
from ringfence.boundary.vocabulary import EDGE_KINDS, MANY_VALUED, Flow, kind_of
from ringfence.estate.facts import Fact
from tests.reference.closure import in_force, is_data

ENTITY = "legal_entity:"


def combined(answers: set[bool], *, is_open: bool, absent: str) -> str:
    """Return the answer that several values give together."""
    if is_open or len(answers) == 2:
        return "unknown"
    return {frozenset({True}): "yes", frozenset({False}): "no"}.get(
        frozenset(answers), absent
    )


def fits(pattern: str, text: str) -> bool:
    """Whether `*` and `?` can be filled in to give the text."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(fits(pattern[1:], text[n:]) for n in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and fits(pattern[1:], text[1:])


def is_sure(edge: Fact, *, bare: bool) -> bool:
    """Whether an edge certainly works for whoever holds its tail, whatever is asked."""
    stands = edge.control or edge.guard is not None
    return not (edge.unknown or edge.needs or (stands and not bare))


@dataclass(frozen=True, eq=False)
class View:
    """An estate at an instant, before a boundary."""

    everything: tuple[Fact, ...]
    boundary: Boundary
    as_of: str

    @cached_property
    def facts(self) -> list[Fact]:
        """The facts in force."""
        dated = (fact for fact in self.everything if fact.fact != "source")
        return [fact for fact in dated if in_force(fact, self.as_of)]

    @cached_property
    def edges(self) -> list[Fact]:
        """The edges in force, of whatever grade."""
        return [fact for fact in self.facts if fact.fact == "edge"]

    @cached_property
    def nodes(self) -> set[str]:
        """Every id that a fact in force is about, or leads to."""
        ends = {end for edge in self.edges for end in (edge.value, *edge.needs)}
        return {fact.id for fact in self.facts} | ends

    def of_kind(self, *kinds: str) -> list[str]:
        """Return the nodes of some kinds, sorted."""
        return sorted(node for node in self.nodes if kind_of(node) in kinds)

    def stated(self, node: str, name: str) -> list[Fact]:
        """Return the attribute facts that count."""
        every = [
            fact
            for fact in self.facts
            if (fact.fact, fact.id, fact.name) == ("attribute", node, name)
        ]
        if name in MANY_VALUED:
            return every
        last = max((fact.since for fact in every), default="")
        return [
            fact
            for fact in every
            if fact.since == last
            or not any(f.since for f in every if f.source == fact.source)
        ]

    def values(self, node: str, name: str) -> set[str]:
        """Return the values that are usable."""
        return {fact.value for fact in self.stated(node, name) if not fact.unknown}

    def is_open(self, node: str, name: str) -> bool:
        """Whether some fact leaves the attribute undecided."""
        return any(fact.unknown for fact in self.stated(node, name))

    def ask(self, node: str, name: str, allowed: Iterable[str], absent: str) -> str:
        """Return whether an attribute is among the allowed values."""
        answers = {value in set(allowed) for value in self.values(node, name)}
        return combined(answers, is_open=self.is_open(node, name), absent=absent)

    # --- who ---------------------------------------------------------------------

    def statuses(self, selector: Selector) -> dict[str, str]:
        """Return yes or unknown for each person and entity that isn't a no."""
        found = self.of_kind("person", "legal_entity")
        sure, possible = (self._least(selector, sure=way) for way in (True, False))
        return {n: "yes" if n in sure else "unknown" for n in found if n in possible}

    def _least(self, selector: Selector, *, sure: bool) -> set[str]:
        employers = {
            ENTITY + value.removeprefix(ENTITY)
            for person in self.nodes
            for value in self.values(person, "employer")
        }
        everybody = {*self.of_kind("person", "legal_entity"), *employers}
        members: set[str] = set()
        while True:
            held = Held(self, members, sure=sure)
            grown = {
                node
                for node in everybody
                if held.passes(
                    selector.people if kind_of(node) == "person" else selector.entities,
                    node,
                )
            }
            if grown == members:
                return members
            members = grown

    # --- what --------------------------------------------------------------------

    def targets(self, names: tuple[str, ...]) -> dict[str, str]:
        """Return yes or unknown for each resource that isn't a no."""
        chosen = [p for p in self.boundary.protected if not names or p.name in names]
        found = {}
        for column in self.of_kind("column"):
            name = column.removeprefix("column:")
            tags = self.values(column, "tag")
            hit = any(
                tags & {*protection.tags}
                or any(fits(text, name) for text in protection.columns)
                or any(
                    fits(text, name.rpartition(".")[0]) for text in protection.datasets
                )
                for protection in chosen
            )
            dark = not tags and self.boundary.unclassified == "unknown"
            unsure = dark or self.is_open(column, "tag")
            found[column] = "yes" if hit else "unknown" if unsure else "no"
        whole = set()
        for dataset in self.of_kind("dataset"):
            flows = (EDGE_KINDS[e.name].flow for e in self.edges if e.id == dataset)
            opaque = not any(flow in (Flow.CONTAIN, Flow.COPY) for flow in flows)
            name = dataset.removeprefix("dataset:")
            tags = self.values(dataset, "tag")
            silent = opaque and not tags and self.boundary.unclassified == "unknown"
            if any(
                tags & {*p.tags} or any(fits(text, name) for text in p.datasets)
                for p in chosen
            ):
                whole.add(dataset)
            elif silent or self.is_open(dataset, "tag"):
                found[dataset] = "unknown"
        for node in self._inside(whole, sure=False):
            found[node] = "yes" if found.get(node) == "yes" else "unknown"
        found |= dict.fromkeys(self._inside(whole, sure=True), "yes")
        return {node: answer for node, answer in found.items() if answer != "no"}

    def _inside(self, datasets: set[str], *, sure: bool) -> set[str]:
        """Return datasets and the data that they contain, all the way down."""
        found = set(datasets)
        while True:
            new = {
                edge.value
                for edge in self.edges
                if EDGE_KINDS[edge.name].flow is Flow.CONTAIN
                and edge.id in found
                and is_data(edge.value)
                and not (sure and edge.unknown)
            }
            if new <= found:
                return {node for node in found if not node.startswith("store:")}
            found |= new

    def groups(self, node: str, *, bare: bool, sure: bool) -> set[str]:
        """Return a node and the groups above it."""
        found = {node}
        while True:
            new = {
                edge.value
                for edge in self.edges
                if edge.name == "member_of"
                and edge.id in found
                and (not sure or is_sure(edge, bare=bare))
            }
            if new <= found:
                return found
            found |= new


@dataclass(frozen=True)
class Held:
    """Tests, asked with a set of excluded nodes in hand."""

    view: View
    members: set[str]
    sure: bool

    def passes(self, test: Test, node: str) -> bool:
        """Whether the answer is yes or, of the possible, not no."""
        answer = self.answer(test, node)
        return answer == "yes" if self.sure else answer != "no"

    def answer(self, test: Test, node: str) -> str:
        """Return yes, unknown or no."""
        match test:
            case Attribute():
                return self.view.ask(node, test.name, test.values, test.absent)
            case Not():
                swap = {"yes": "no", "no": "yes", "unknown": "unknown"}
                return swap[self.answer(test.of, node)]
            case AnyOf() | AllOf():
                answers = {self.answer(part, node) for part in test.of}
                order = ("yes", "unknown", "no")
                ranked = order if isinstance(test, AnyOf) else order[::-1]
                neutral = ranked[-1]
                return next((word for word in ranked if word in answers), neutral)
            case Employer():
                return self._employer(test, node)
            case Owned():
                return self._owned(test, node)

    def _employer(self, test: Employer, node: str) -> str:
        employers = {
            ENTITY + v.removeprefix(ENTITY) for v in self.view.values(node, "employer")
        }
        is_open = self.view.is_open(node, "employer")
        if not employers and not is_open:
            return test.absent
        listed = {ENTITY + name.removeprefix(ENTITY) for name in test.entities}
        if employers & (listed or self.members):
            return "yes"
        return "unknown" if is_open else "no"

    def _owned(self, test: Owned, node: str) -> str:
        edges = [
            edge
            for edge in self.view.edges
            if edge.name == "owns" and edge.value == node
        ]
        stated = any(edge.detail.get("interest") in test.interests for edge in edges)
        complete = self.view.values(node, "shares") == {"complete"}
        complete = complete and not self.view.is_open(node, "shares")
        dark = not complete and (test.remainder == "unknown" or not stated)
        bounds = [self._bounds(edges, kind, dark=dark) for kind in test.interests]
        if any(low >= Fraction(test.percent) for low, _ in bounds):
            return "yes"
        high = any(high >= Fraction(test.percent) for _, high in bounds)
        return "unknown" if high else "no"

    def _bounds(
        self, edges: list[Fact], interest: str, *, dark: bool
    ) -> tuple[Fraction, Fraction]:
        sure = [edge for edge in edges if edge.detail.get("interest") == interest]
        vague = [edge for edge in edges if not edge.detail.get("interest")]
        mine = [edge for edge in sure if edge.id in self.members]
        most = sum(
            max(map(_most, facts))
            for group in (sure, vague)
            for (owner, _), facts in _holdings(group).items()
            if owner in self.members
        )
        rest = 100 - _certain(sure) if dark else Fraction(0)
        return _certain(mine), min(most + max(rest, Fraction(0)), Fraction(100))


def _holdings(edges: list[Fact]) -> dict[tuple[str, str], list[Fact]]:
    found: dict[tuple[str, str], list[Fact]] = {}
    for edge in edges:
        way = "direct" if edge.detail.get("directness") == "direct" else "indirect"
        found.setdefault((edge.id, way), []).append(edge)
    return found


def _certain(edges: list[Fact]) -> Fraction:
    direct, indirect = [Fraction(0)], [Fraction(0)]
    for (_, way), facts in _holdings(edges).items():
        (direct if way == "direct" else indirect).append(min(map(_least, facts)))
    return max(sum(direct, Fraction(0)), *indirect)


def _least(edge: Fact) -> Fraction:
    return Fraction(0) if edge.unknown else Fraction(edge.detail.get("min", "0"))


def _most(edge: Fact) -> Fraction:
    least, most = edge.detail.get("min", "0"), edge.detail.get("max", "100")
    return max(Fraction(least), Fraction(most))
