"""The facts file, the estate at one instant, and what moves along an edge.

What is held of a node is a set of bits: control of a principal, or verbs on data.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from ringfence_verify.reading import (
    EDGES,
    VERBS,
    Fact,
    Json,
    RefusedError,
    conform,
    need,
    parse,
    read_fact,
)

NO, UNKNOWN, YES = range(3)
BITS = {name: 1 << n for n, name in enumerate(("control", *VERBS))}
EVERY_VERB = sum(BITS.values()) - BITS["control"]
_OF_A_COPY = BITS["read"] | BITS["decrypt"]
_LAST = "9999-12-31T23:59:59Z"  # no calendar goes further
_MANY_VALUED = ("employer", "tag", "category")


def is_data(node: str) -> bool:
    """Whether a node is data, of which one holds verbs, not control."""
    return node.startswith(("store:", "dataset:", "column:"))


def entry(node: str) -> int:
    """Return what being at a node gives of it to begin with."""
    return BITS["read" if is_data(node) else "control"]


def moved(edge: Fact, held: int) -> int:
    """Return what holding `held` of an edge's tail, not nothing, gives of its head."""
    flow, onto_data = EDGES[edge.name][1], is_data(edge.value)
    if is_data(edge.id):
        kept = {"contain": held, "copy": held & _OF_A_COPY}.get(flow, 0)
        return kept if onto_data else 0
    granted = BITS[edge.verb] if flow == "grant" else EVERY_VERB
    return granted if onto_data else BITS["control"]


def spread(start: Iterable[str], onward: Callable[[str], Iterable[str]]) -> set[str]:
    """Return the start and all that `onward` leads to, again and again."""
    found, waiting = set(start), list(start)
    while waiting:
        new = set(onward(waiting.pop())) - found
        found |= new
        waiting += new
    return found


class Case:
    """A folder of proofs: its facts by line, its boundary, and their digests."""

    def __init__(self, folder: Path) -> None:
        content = (folder / "facts.jsonl").read_bytes()
        self.estate_digest = hashlib.sha256(content).hexdigest()
        *lines, last = content.split(b"\n")
        need(not last, "facts.jsonl: the last line doesn't end")
        self.facts: dict[bytes, Fact] = {}
        before = b""
        for number, line in enumerate(lines, 1):
            try:
                need(before < line, "out of canonical order")
                before, self.facts[line] = line, read_fact(line)
            except RefusedError as error:
                raise RefusedError(f"facts.jsonl:{number}: {error}") from None
        self.guards = {fact.guard for fact in self.facts.values()} - {""}
        self.ends = {end for f in self.facts.values() for end in (f.since, f.until)}
        self.sources = [f for f in self.facts.values() if f.fact == "source"]
        content = (folder / "boundary.json").read_bytes()
        self.boundary_digest = hashlib.sha256(content).hexdigest()
        self.boundary: Json = parse(content, "boundary.json")
        conform(self.boundary, "boundary", "boundary.json")


class Estate:
    """The facts in force at one instant; a fact holds in `[since, until)`."""

    def __init__(self, case: Case, instant: str) -> None:
        self.boundary, self.instant = case.boundary, instant
        ends = {_LAST, *(end for end in case.ends if end > instant)}
        if instant < _LAST[:10]:
            after = datetime.fromisoformat(instant) + timedelta(days=1)
            ends.add(after.isoformat().replace("+00:00", "Z"))
        self.end = min(ends)  # requests are made before, while all facts stand
        self.out: dict[str, list[Fact]] = defaultdict(list)
        self.into: dict[str, list[Fact]] = defaultdict(list)
        self.stated: dict[tuple[str, str], list[Fact]] = defaultdict(list)
        self.nodes: set[str] = set()
        self.described: set[str] = set()
        facts = (fact for fact in case.facts.values() if fact.fact != "source")
        for fact in facts:
            if not self.holds(fact.since, fact.until):
                continue
            self.nodes.add(fact.id)
            if fact.fact == "edge":
                self.nodes.update((fact.value, *fact.needs))
                self.out[fact.id].append(fact)
                self.into[fact.value].append(fact)
            else:
                self.described.add(fact.id)
                self.stated[fact.id, fact.name].append(fact)

    def holds(self, since: str, until: str) -> bool:
        """Whether the instant is in the interval; an empty end is open."""
        return since <= self.instant and not "" < until <= self.instant

    def of_kind(self, *kinds: str) -> list[str]:
        """Return the nodes of some kinds."""
        return [node for node in self.nodes if node.partition(":")[0] in kinds]

    def values(self, node: str, name: str) -> tuple[set[str], bool]:
        """Return an attribute's values, and whether a fact leaves it undecided.

        Of an attribute that has one value at a time, those that began last count,
        and those of sources that don't say when it began.
        """
        facts = self.stated.get((node, name), [])
        if name not in _MANY_VALUED:
            last = max((fact.since for fact in facts), default="")
            dated = {fact.source for fact in facts if fact.since}
            facts = [f for f in facts if f.since == last or f.source not in dated]
        known = {fact.value for fact in facts if not fact.unknown}
        return known, any(fact.unknown for fact in facts)

    def judge(
        self, node: str, name: str, fits: Callable[[str], bool], absent: int = UNKNOWN
    ) -> int:
        """Return whether an attribute fits: yes if all values do, no if none does."""
        known, is_open = self.values(node, name)
        answers = {fits(value) for value in known}
        if is_open or len(answers) > 1:
            return UNKNOWN
        return (YES if answers.pop() else NO) if answers else absent
