"""Who is excluded and what is protected, in three values: no, unknown, yes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from functools import cache, lru_cache, partial

from ringfence_verify.estate import (
    BITS,
    EVERY_VERB,
    NO,
    UNKNOWN,
    YES,
    Estate,
    moved,
    spread,
)
from ringfence_verify.reading import Fact, Json, conform, need


@cache
def pattern(text: str) -> re.Pattern[str]:
    """Return a pattern as a regular expression that never looks back for long."""
    first, *rest = (re.escape(part).replace(r"\?", ".") for part in text.split("*"))
    inner = "".join(f"(?>.*?{part})" for part in rest[:-1])
    return re.compile(first + inner + "".join(f".*{e}" for e in rest[-1:]), re.DOTALL)


def matches(patterns: Iterable[str], node: str) -> bool:
    """Whether an id without its kind fits a pattern: `*` any run, `?` any character."""
    return any(pattern(text).fullmatch(node.partition(":")[2]) for text in patterns)


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
        opaque = not any(moved(edge, EVERY_VERB) for edge in estate.out.get(node, ()))
        known, is_open = estate.values(node, "tag")
        silent = unclassified if opaque and not known else NO
        hit = matches(datasets, node) or known.intersection(tags)
        found[node] = YES if hit else UNKNOWN if is_open else silent
    whole = [node for node in found if node[0] == "d" and found[node] == YES]
    for status in (UNKNOWN, YES):  # what protected datasets contain is protected
        inside = partial(_inside, estate, sure=status == YES)
        for node in spread(whole, inside):
            found[node] = max(found.get(node, NO), status)
    return {n: status for n, status in found.items() if status and n[0] != "s"}


def _inside(estate: Estate, node: str, *, sure: bool) -> set[str]:
    return {
        edge.value
        for edge in estate.out.get(node, ())
        if moved(edge, BITS["alter"]) and not (edge.unknown and sure)
    }


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
        stated = any(e.detail.get("interest") in test["interests"] for e in stakes)
        complete = self.estate.values(node, "shares") == ({"complete"}, False)
        silent = not stated or test["remainder"] == "unknown"
        hidden = 100 if silent and not complete else 0
        sums = (self._held(stakes, kind, hidden) for kind in test["interests"])
        return max(sums, default=-1) >= Fraction(test["percent"])

    def _held(self, stakes: list[Fact], interest: str, hidden: int) -> Fraction | int:
        """Return the least that the found surely own, or the most that they may."""
        bounds = _bounds(stakes, interest)
        found = {key: ends for key, ends in bounds.items() if key[0] in self.found}
        if self.sure == YES:
            return _surely(found)
        most = sum(high for _, high in found.values())
        return min(most + max(hidden - _surely(bounds), 0), 100)


_Bounds = dict[tuple[str, bool, str], tuple[Fraction, Fraction]]


def _bounds(stakes: list[Fact], interest: str) -> _Bounds:
    """Return the least and the most held by each owner, directly or not.

    A stake of no stated interest may be of this one, so that it has a most alone.
    """
    found: _Bounds = {}
    for edge in stakes:
        kind = edge.detail.get("interest", "")
        if kind in (interest, ""):
            ends = edge.detail.get("min", "0"), edge.detail.get("max", "100")
            for text in ends:
                conform(text, "percent", f"a stake of {edge.id}")
            low = Fraction(0 if edge.unknown or not kind else ends[0])
            high = max(map(Fraction, ends))
            key = (edge.id, edge.detail.get("directness") == "direct", kind)
            before = found.get(key, (low, high))
            found[key] = min(before[0], low), max(before[1], high)
    return found


def _surely(bounds: _Bounds) -> Fraction | int:
    """Return what is held at least: indirect stakes may all be of the same shares."""
    direct = sum(low for (_, is_direct, _), (low, _) in bounds.items() if is_direct)
    return max([direct, *(low for low, _ in bounds.values())])


def _entity(name: str) -> str:
    return "legal_entity:" + name.removeprefix("legal_entity:")
