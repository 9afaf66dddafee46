"""Who is excluded and what is protected, in three values: no, unknown, yes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from functools import cache, lru_cache

from ringfence_verify.estate import NO, UNKNOWN, YES, Estate
from ringfence_verify.reading import Fact, Json, conform, need


@cache
def _pattern(text: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(c) or re.escape(c) for c in text), re.DOTALL)


def matches(patterns: Iterable[str], node: str) -> bool:
    """Whether an id without its kind fits a pattern: `*` any run, `?` any character."""
    return any(_pattern(text).fullmatch(node.partition(":")[2]) for text in patterns)


def named(entries: list[Json], name: str) -> Json:
    """Return the one entry of the boundary that has this name."""
    found = [entry for entry in entries if name == entry.get("id", entry.get("name"))]
    need(len(found) == 1, f"boundary.json names `{name}` {len(found)} times")
    return found[0]


@lru_cache(8)
def protected(estate: Estate, names: tuple[str, ...]) -> dict[str, int]:
    """Return the protected resources: columns, and datasets that show no column."""
    every: list[Json] = estate.boundary["protected"]
    chosen = [named(every, name) for name in names] or every
    tags, datasets, columns = (
        [text for protection in chosen for text in protection[key]]
        for key in ("tags", "datasets", "columns")
    )
    unclassified = UNKNOWN if estate.boundary["unclassified"] == "unknown" else NO
    found = {}
    for node in estate.of_kind("column"):
        by_name = matches(columns, node) or matches(datasets, node.rpartition(".")[0])
        known, is_open = estate.values(node, "tag")
        silent = UNKNOWN if is_open else NO if known else unclassified
        found[node] = YES if by_name or known.intersection(tags) else silent
    for node in estate.of_kind("dataset"):
        held = [e.value for e in estate.out.get(node, ()) if e.name == "contains"]
        if not any(head.startswith("column:") for head in held):
            found[node] = YES if matches(datasets, node) else NO
    return {node: status for node, status in found.items() if status}


@lru_cache(8)
def excluded(estate: Estate, name: str) -> dict[str, int]:
    """Return the people and legal entities that a selector excludes, or may.

    Two least fixpoints: one takes unknown for no and gives those surely excluded, the
    other takes it for yes and gives those that may be.
    """
    nodes = estate.of_kind("person", "legal_entity")
    touched = defaultdict(set)  # by node: whose answer may change with the node's
    for node in nodes:
        for employer in estate.values(node, "employer")[0]:
            touched[_entity(employer)].add(node)
        touched[node] |= {e.value for e in estate.out.get(node, ()) if e.name == "owns"}
    selector = named(estate.boundary["excluded"], name)
    least, most = (
        _Excluded(estate, selector, sure, touched) for sure in (YES, UNKNOWN)
    )
    return {n: YES if n in least.found else UNKNOWN for n in nodes if n in most.found}


class _Excluded:
    """A set of excluded nodes that grew until no test takes in another."""

    def __init__(
        self, estate: Estate, selector: Json, sure: int, touched: dict[str, set[str]]
    ) -> None:
        self.estate, self.sure, self.found = estate, sure, set[str]()
        tests = {True: selector["people"], False: selector["entities"]}
        waiting = list(touched)
        while waiting:
            node = waiting.pop()
            test = tests[node.startswith("person:")]
            if node not in self.found and self.passes(test, node, sure):
                self.found.add(node)
                waiting += touched[node]

    def passes(self, test: Json, node: str, least: int) -> bool:
        """Whether a node's answer to a test is at least this one."""
        match test["test"]:
            case "any":
                return any(self.passes(part, node, least) for part in test["of"])
            case "all":
                return all(self.passes(part, node, least) for part in test["of"])
            case "not":
                return not self.passes(test["of"], node, YES + UNKNOWN - least)
            case "attribute":
                absent = UNKNOWN if test["absent"] == "unknown" else NO
                fits = test["values"].__contains__
                return self.estate.judge(node, test["name"], fits, absent) >= least
        # Under a `not` these would fall as the set grows: there is no least fixpoint.
        need(least == self.sure, "boundary.json: a `not` may hold attributes only")
        return (self._works if test["test"] == "employer" else self._owned)(test, node)

    def _works(self, test: Json, node: str) -> bool:
        known, is_open = self.estate.values(node, "employer")
        absent = not known and test["absent"] == "unknown"
        listed = {_entity(name) for name in test["entities"]} or self.found
        possible = self.sure == UNKNOWN and (is_open or absent)
        return possible or any(_entity(name) in listed for name in known)

    def _owned(self, test: Json, node: str) -> bool:
        stakes = [e for e in self.estate.into.get(node, ()) if e.name == "owns"]
        stakes = [e for e in stakes if e.detail.get("interest") in test["interests"]]
        complete = self.estate.values(node, "shares") == ({"complete"}, False)
        silent = not stakes or test["remainder"] == "unknown"
        hidden = 100 if silent and not complete else 0
        sums = (
            self._held([e for e in stakes if e.detail["interest"] == interest], hidden)
            for interest in test["interests"]
        )
        return max(sums, default=-1) >= Fraction(test["percent"])

    def _held(self, stakes: list[Fact], hidden: int) -> Fraction | int:
        """Return the least that the found surely own, or the most that they may."""
        direct, indirect = _bounds(stakes, direct=True), _bounds(stakes, direct=False)
        for owner in direct.keys() & indirect.keys():
            both = zip(direct[owner], indirect.pop(owner), strict=True)
            direct[owner] = tuple(map(max, both))
        sums = [
            sum(
                bounds[self.sure == UNKNOWN]
                for o, bounds in part.items()
                if o in self.found
            )
            for part in (direct, indirect)
        ]
        if self.sure == YES:
            return max(sums)
        ways = (direct.values(), indirect.values())
        stated = max(sum(least for least, _ in way) for way in ways)
        return min(sum(sums) + max(hidden - stated, 0), 100)


def _bounds(stakes: list[Fact], *, direct: bool) -> dict[str, tuple[Fraction, ...]]:
    """Return the least and the most that each owner holds in this way."""
    found: dict[str, tuple[Fraction, ...]] = {}
    for edge in stakes:
        if (edge.detail.get("directness") == "direct") == direct:
            low, high = edge.detail.get("min", "0"), edge.detail.get("max", "100")
            for text in (low, high):
                conform(text, "percent", f"a stake of {edge.id}")
            least = Fraction(0 if edge.unknown else low)
            before = found.get(edge.id, (least, Fraction(high)))
            found[edge.id] = min(before[0], least), max(before[1], Fraction(high))
    return found


def _entity(name: str) -> str:
    return "legal_entity:" + name.removeprefix("legal_entity:")
