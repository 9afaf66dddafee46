"""Guards in the way: a question asked once for each set that one request can meet.

What is known of an origin, and the day judged, are conditions like any guard: whoever
resides abroad meets no guard that asks for a residence at home. Origins of whom the
same is known are asked about together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain

import numpy as np

from ringfence.boundary.selector import Holder
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.case import Case
from ringfence.claims.proof import Conflict
from ringfence.claims.question import Question
from ringfence.guard.concrete import Request
from ringfence.guard.symbolic import Impossible, Possible, Unknown, decide
from ringfence.guard.tree import Compare, Condition, keys, parse
from ringfence.reach.closure import Walk, lent
from ringfence.reach.graph import Graph
from ringfence.reach.guard_sets import Guards, GuardSet, guard_sets
from ringfence.reach.isolation import Isolation, Part, Result

# What a person is by what others have put on file, and can't change by asking.
KNOWN = ("active", "designated", "employment", "residence", "team", "us_person")
OF_PRINCIPAL = "principal."
TIME = "request.time"
_Known = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Asked:
    """An isolation of origins of whom the same is known, under guards met together.

    Attributes:
        isolation: The question, over the graph without the guards left out.
        without: The guards left out: canonical JSON, sorted.
        request: A request that meets every guard that is surely met.
        conflicts: Why no larger set of guards can be met.
    """

    isolation: Isolation
    without: tuple[str, ...] = ()
    request: Request = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()


def asked(question: Question) -> list[Asked]:
    """Return the isolations that a question comes to; together they answer it."""
    if question.graph.needs and (question.graph.guards or len(question.parts) > 1):
        question = replace(question, graph=_lent(question))
    return [one for part in question.parts for one in _asked(question, part)]


def passable(graph: Graph, within: tuple[str, str] | None) -> Graph:
    """Return the graph without the edges whose guard nobody's request can meet.

    Args:
        graph: The graph.
        within: When the request is (`window`); None for a longer time.
    """
    barred = []
    for number, text in enumerate(graph.guards):
        one = parse(text)
        is_timed = within is not None and TIME in map(str.casefold, keys(one))
        known = {TIME: within} if within and is_timed else {}
        if isinstance(decide([*conditions(known), one]), Impossible):
            barred.append(number)
    return graph.under(barred, ()) if barred else graph


def _lent(question: Question) -> Graph:
    """Return the graph in which a premise may be in somebody else's hands.

    Of another part, or come by in another request: what any origin may hold in any way
    lets a rule hand on, but never surely.
    """
    number = question.graph.number
    origins = {number[one] for part in question.parts for one in part.origins}
    return lent(question.graph, np.array(sorted(origins), np.int64))


def _asked(question: Question, part: Part) -> list[Asked]:
    plain = Isolation(question.graph, part, question.verbs)
    guards = plain.guards()
    if not guards:
        return [Asked(plain)]
    told = [parse(question.graph.guards[guard]) for guard in guards]
    spoken = {key.casefold() for one in told for key in keys(one)}
    groups: dict[tuple[tuple[str, tuple[str, ...]], ...], dict[str, Status]]
    groups = defaultdict(dict)
    for origin, status in part.origins.items():
        known = known_of(question, origin, spoken)
        groups[tuple(sorted(known.items()))][origin] = status
    # What is reached without any guard, perhaps by several together, stands.
    found = [Asked(plain)] if plain.result is Result.REACHED else []
    for pairs, origins in sorted(groups.items()):
        alike = Part(origins, part.targets, part.exceptions)
        found += _under_guards(question, alike, dict(pairs), guards)
    return found


def _under_guards(
    question: Question, part: Part, known: _Known, guards: Sequence[int]
) -> list[Asked]:
    graph = question.graph
    given = conditions(known)

    def can(some: Guards) -> Impossible | Possible | Unknown:
        return decide([*given, *(parse(graph.guards[one]) for one in sorted(some))])

    found = guard_sets(guards, can)
    conflicts = tuple(
        Conflict(_texts(graph, one.guards), known, one.proof) for one in found.conflicts
    )
    apart = [
        Isolation(_under(graph, way, known), part, question.verbs) for way in found.sets
    ]
    return [
        Asked(
            isolation,
            _texts(graph, way.barred),
            {key: way.request[key] for key in way.request if not _is_guess(key, known)},
            conflicts,
        )
        for way, isolation in zip(found.sets, _lasting(question, apart), strict=True)
    ]


def _lasting(question: Question, apart: list[Isolation]) -> list[Isolation]:
    """Return isolations in which what one request gave for good serves the next.

    Where that leads to a target, the question is asked with every guard in doubt.
    """
    together = apart
    kept = np.zeros(len(question.graph.ids), np.uint16)
    while True:
        more = kept.copy()
        for one in together:
            more |= one.lasting
        if (more == kept).all():
            break
        kept = more
        together = [Isolation(one.graph, one.part, one.verbs, kept) for one in apart]
    return [
        own
        if own.result is not Result.ISOLATED
        else joint
        if joint.result is Result.ISOLATED
        else Isolation(question.graph, own.part, question.verbs)
        for own, joint in zip(apart, together, strict=True)
    ]


def _under(graph: Graph, way: GuardSet, known: _Known) -> Graph:
    """Return the graph of a way; a guard is surely met if nothing is guessed for it."""
    met = {
        guard
        for guard in way.met
        if not any(_is_guess(key, known) for key in keys(parse(graph.guards[guard])))
    }
    # Premises may come from several people, each with a request of their own.
    return graph.under(way.barred, frozenset() if graph.needs else met)


def _is_guess(key: str, known: _Known) -> bool:
    """Return whether a key is about the principal, and nobody knows its value."""
    name = key.casefold()
    return name.startswith(OF_PRINCIPAL) and name not in known


def _texts(graph: Graph, guards: Iterable[int]) -> tuple[str, ...]:
    return tuple(graph.guards[guard] for guard in sorted(guards))


def known_of(question: Question, origin: str, spoken: Iterable[str]) -> _Known:
    """Return what is known of an origin, of the keys that guards speak of.

    What nobody says, or several facts say differently, may be anything.
    """
    known: dict[str, tuple[str, ...]] = {}
    if TIME in spoken:
        known[TIME] = window(question.case)
    if kind_of(origin) != "person":
        return known
    holder = question.case.view.holders("person").get(origin, Holder())
    for name in KNOWN:
        values = holder.attributes.get(name, frozenset())
        is_spoken = OF_PRINCIPAL + name in spoken
        if is_spoken and len(values) == 1 and name not in holder.unknown:
            known[OF_PRINCIPAL + name] = tuple(values)
    return known


def window(case: Case) -> tuple[str, str]:
    """Return from when until before when a request may be, as of an instant.

    Within 24 hours, while every fact in force stays so and no other one begins.
    """
    first = case.view.instant
    try:
        last = datetime.fromisoformat(first) + timedelta(days=1)
    except OverflowError:
        last = datetime.max.replace(tzinfo=UTC)
    end = f"{last:%Y-%m-%dT%H:%M:%SZ}".rjust(len(first), "0")
    return first, next(iter(case.estate.changes(first, end)), end)


def conditions(known: _Known) -> list[Condition]:
    """Return what is known as conditions."""
    found: list[Condition] = []
    for key, values in known.items():
        if key == TIME:
            first, after = values
            found.append(Compare(key, "from", (first,)))
            found.append(Compare(key, "before", (after,)))
        else:
            found.append(Compare(key, "equals", values))
    return found


def request_for(
    question: Question, origin: str, guards: Iterable[str]
) -> Request | None:
    """Return a request by which an origin meets all of some guards, if one is found."""
    told = [parse(text) for text in dict.fromkeys(guards)]
    spoken = {key.casefold() for key in chain.from_iterable(map(keys, told))}
    known = known_of(question, origin, spoken)
    answer = decide([*conditions(known), *told])
    if not isinstance(answer, Possible):
        return None
    return {key: tuple(values) for key, values in sorted(answer.request.items())}


def request_on(
    question: Question, told: Asked, origin: str, walk: Walk
) -> Request | None:
    """Return a request that meets every guard on a path; None if none surely does."""
    graph = told.isolation.graph
    numbers = {int(graph.guard[edge]) for edge in walk.edges} - {-1}
    if graph.is_open[walk.edges].any():
        return None
    if not numbers:
        return {}
    found = request_for(question, origin, _texts(graph, numbers))
    return told.request if found is None else found


def by_request(
    question: Question, told: Asked, origin: str, walks: Mapping[str, Walk]
) -> Iterator[tuple[Request | None, dict[str, Walk]]]:
    """Yield the paths from an origin, by the request that takes them."""
    groups: dict[tuple[int, ...], dict[str, Walk]] = defaultdict(dict)
    graph = told.isolation.graph
    for target, walk in walks.items():
        guards = graph.guard[walk.edges]
        is_open = int(graph.is_open[walk.edges].any())
        key = (is_open, *sorted({int(guard) for guard in guards} - {-1}))
        groups[key][target] = walk
    for group in groups.values():
        yield request_on(question, told, origin, next(iter(group.values()))), group
