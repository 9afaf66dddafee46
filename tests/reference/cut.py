"""The reference cut: a flow in plain dictionaries, and every subset tried in turn.

The flow is Edmonds and Karp's, over the states of the reference closure. It holds for
estates without rules; the subsets hold for all, and take their time.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, product

from ringfence.boundary.vocabulary import VERB_GROUPS
from ringfence.estate.facts import Fact
from tests.reference.closure import State, closure, entry, moves

Change = tuple[str, str, str, str]
Place = State | tuple[str, str, Change]
ENDLESS = 10**9


def change(fact: Fact) -> Change:
    """Return what a fact says, whoever says it: one change takes all of that."""
    return (fact.id, fact.name, fact.value, fact.verb)


def goals(targets: Iterable[str], verbs: Iterable[str]) -> set[State]:
    """Return the states that may not be reached."""
    wanted = {verb for name in verbs for verb in VERB_GROUPS[name]}
    return {(verb, target) for verb in wanted for target in targets}


def without(facts: Iterable[Fact], taken: Iterable[Change]) -> list[Fact]:
    """Return the facts that some changes leave."""
    gone = set(taken)
    return [fact for fact in facts if change(fact) not in gone]


def closes(facts: Iterable[Fact], origins: Iterable[str], wanted: set[State]) -> bool:
    """Whether some origins together reach nothing that they may not."""
    return not closure(facts, {entry(origin) for origin in origins}) & wanted


def closing(
    facts: list[Fact],
    origins: Iterable[str],
    wanted: set[State],
    cost: Mapping[str, int | None],
) -> Iterator[tuple[int, tuple[Change, ...]]]:
    """Yield every set of changes that closes every way, with what it costs."""
    able = sorted({change(f) for f in facts if cost[f.name] is not None})
    for size in range(len(able) + 1):
        for taken in combinations(able, size):
            if closes(without(facts, taken), origins, wanted):
                yield sum(cost[name] or 0 for _, name, _, _ in taken), taken


def flow(
    facts: list[Fact],
    origins: Iterable[str],
    wanted: set[State],
    cost: Mapping[str, int | None],
) -> int:
    """Return the value of a maximum flow; `ENDLESS` or more if no cut is finite."""
    room: dict[Place, dict[Place, int]] = defaultdict(lambda: defaultdict(int))
    starts = {entry(origin) for origin in origins}
    source, sink = ("source", ""), ("sink", "")
    for state, fact in product(closure(facts, starts), facts):
        price, name = cost[fact.name], change(fact)
        into, onto = ("into", "", name), ("onto", "", name)
        for new in moves(fact, state):
            if price is None:
                room[state][new] = ENDLESS
                continue
            room[state][into] = room[onto][new] = ENDLESS
            room[into][onto] = price
    for start in starts:
        room[source][start] = ENDLESS
    for goal in wanted:
        room[goal][sink] = ENDLESS
    value = 0
    while (path := _path(room, source, sink)) and value < ENDLESS:
        least = min(room[a][b] for a, b in path)
        for a, b in path:
            room[a][b] -= least
            room[b][a] += least
        value += least
    return value


def _path(
    room: Mapping[Place, Mapping[Place, int]], source: Place, sink: Place
) -> list[tuple[Place, Place]]:
    came: dict[Place, Place | None] = {source: None}
    queue = deque([source])
    while queue and sink not in came:
        place = queue.popleft()
        for new, left in list(room[place].items()):
            if left > 0 and new not in came:
                came[new] = place
                queue.append(new)
    path, here = [], sink if sink in came else source
    while (before := came[here]) is not None:
        path.append((before, here))
        here = before
    return path[::-1]
