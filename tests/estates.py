"""Small estates for tests: facts in one line, graphs without a database, cases."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ringfence.boundary.model import (
    AnyOf,
    Attribute,
    Boundary,
    Claim,
    Owned,
    Protection,
    Selector,
)
from ringfence.boundary.vocabulary import DATA_KINDS, EDGE_KINDS, Flow, kind_of
from ringfence.claims.case import Case
from ringfence.claims.collect import write_facts
from ringfence.estate import facts as made
from ringfence.estate.facts import Fact, line
from ringfence.estate.load import FactsFile
from ringfence.estate.store import Edges, Estate
from ringfence.guard.tree import canonical
from ringfence.reach.graph import Graph, build

AS_OF = "2022-01-31T00:00:00Z"
JUDGED = ("person", "legal_entity")
GRADES = ("technical", "organisational", "legal")
IN_CHINA = Selector(
    "in-china",
    people=Attribute("residence", ("CN",)),
    entities=AnyOf((Attribute("organised_in", ("CN",)), Owned())),
    countries=("CN",),
)
CONTACT = Protection("contact", tags=("EMAIL",))


def edge(tail: str, kind: str, head: str, **more: Any) -> Fact:
    """Return an edge fact of a source called `test`."""
    return made.edge(tail, kind, head, at="test:1", source="test", **more)


def attribute(node: str, name: str, value: str, **more: Any) -> Fact:
    """Return an attribute fact of a source called `test`."""
    return made.attribute(node, name, value, at="test:1", source="test", **more)


def node(name: str) -> Fact:
    """Return a node fact of a source called `test`."""
    return made.node(name, at="test:1", source="test")


def source(
    name: str = "test",
    *,
    collected: str = "2022-01-30T00:00:00Z",
    covers: Sequence[str] = (),
    unknown: str = "",
    history: str = "",
) -> Fact:
    """Return the fact of a source that was read, unless `unknown` says otherwise."""
    detail = {"covers": "\n".join(covers)} if covers else {}
    if history:
        detail["history_since"] = history
    return Fact(
        fact="source",
        id=name,
        name="test",
        value=collected,
        source=name,
        at="test:1",
        unknown=unknown,
        detail=detail,
    )


def edges_of(facts: Iterable[Fact]) -> tuple[list[str], Edges]:
    """Return the node ids and edges of some edge facts, as a view would."""
    ordered = sorted(facts, key=line)
    ids = sorted({n for fact in ordered for n in (fact.id, fact.value, *fact.needs)})
    walked = [fact for fact in ordered if EDGE_KINDS[fact.name].flow is not Flow.STAKE]
    number = {name: place for place, name in enumerate(ids)}
    rows = [ordered.index(fact) for fact in walked]
    return ids, Edges(
        tail=np.array([number[fact.id] for fact in walked], np.int64),
        head=np.array([number[fact.value] for fact in walked], np.int64),
        name=np.array([fact.name for fact in walked], object),
        verb=np.array([fact.verb for fact in walked], object),
        control=np.array([fact.control for fact in walked], object),
        unknown=np.array([fact.unknown for fact in walked], object),
        guard=np.array([canonical(f.guard) if f.guard else "" for f in walked], object),
        needs=np.array(
            [json.dumps(f.needs) if f.needs else "" for f in walked], object
        ),
        row=np.array(rows, np.int64),
    )


def graph(
    facts: Iterable[Fact], *, bare: bool = False, grades: Sequence[str] = GRADES
) -> Graph:
    """Return the graph of some edge facts."""
    ids, edges = edges_of(facts)
    return build(ids, edges, grades=grades, bare=bare)


def estate(folder: Path, facts: Iterable[Fact]) -> Estate:
    """Return the estate of some facts."""
    path = folder / "facts.jsonl"
    write_facts(facts, path)
    return Estate([FactsFile(path.name, path)])


def claim(kind: Any, **more: Any) -> Claim:
    """Return a claim of a kind, about people in China where it asks who."""
    asks_who = kind in ("no_reach", "facility", "jurisdiction")
    fields: dict[str, Any] = {
        "id": kind.replace("_", "-"),
        "excluded": "in-china" if asks_who else "",
    }
    return Claim(says="...", kind=kind, **(fields | more))


def boundary(*claims: Claim, **more: Any) -> Boundary:
    """Return a boundary that protects EMAIL columns from people in China."""
    fields: dict[str, Any] = {
        "places": {"primary": ("US",), "backup": ("US", "SG")},
        "unclassified": "no",
        "as_of": AS_OF,
        "protected": (CONTACT,),
        "excluded": (IN_CHINA,),
    }
    return Boundary(
        "test",
        "a population",
        claims=claims,
        **(fields | more),
    )


def described(facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts, and that every principal exists whom an edge mentions."""
    known = list(facts)
    ends = {
        end for fact in known if fact.fact == "edge" for end in (fact.id, fact.value)
    }
    strangers = {end for end in ends if kind_of(end) not in (*DATA_KINDS, *JUDGED)}
    return [*known, *map(node, sorted(strangers))]


def case(folder: Path, facts: Iterable[Fact], *claims: Claim, **more: Any) -> Case:
    """Return a case over some facts; every principal that they mention exists."""
    return Case(estate(folder, described(facts)), boundary(*claims, **more), AS_OF)
