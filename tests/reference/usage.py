"""The use of ways by enumeration: every path, one by one, with sets and loops.

A world is small enough to write down each path that an event may have taken. Sure is
what all of them pass, perhaps is what only some do. Nothing here is shared with the
search of the engine, which never writes down a path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

SHOWN = {"member_of", "can_use", "runs_as", "has_privilege"}
ORIGINS = ("person:", "service_account:", "tool:")
DATA = ("store:", "dataset:", "column:")
STORE = "store:db"
Way = tuple[str, str, str]  # tail, kind, head
Path = tuple[Way, ...]


@dataclass(frozen=True)
class Link:
    """An edge, from a day up to another; None where nobody says."""

    way: Way
    since: float | None = None
    until: float | None = None

    def holds(self, day: float) -> bool:
        """Return whether it holds at a time: its first instant is in, its last isn't."""
        begun = self.since is None or self.since <= day
        return begun and (self.until is None or day < self.until)


@dataclass(frozen=True)
class Deed:
    """A line of a log: who is named, on whose behalf, and what was read."""

    day: float
    log: str
    actor: str
    column: str
    behind: str = ""


@dataclass(frozen=True)
class World:
    """Edges, events, and what is known of the two logs.

    Attributes:
        own: The tool whose own log `tool` is; `db` is the log of the store.
        torn: Logs that hold a line that nobody can read.
        begins: Day from which the log of the store tells; that of the tool tells of
            all of the days 0 to 31.
        today: Day that is judged.
    """

    links: tuple[Link, ...]
    deeds: tuple[Deed, ...]
    protected: frozenset[str]
    own: str = "tool:t0"
    torn: frozenset[str] = frozenset()
    begins: float = 0
    today: float = 30


def paths(ways: Iterable[Way], starts: Iterable[str], ends: set[str]) -> Iterator[Path]:
    """Yield every path without a circle from some nodes to the first end that it meets."""
    out: dict[str, list[Way]] = {}
    for way in sorted(set(ways)):
        out.setdefault(way[0], []).append(way)
    waiting: list[Path] = [(way,) for start in starts for way in out.get(start, ())]
    while waiting:
        path = waiting.pop()
        here = path[-1][2]
        if here in ends:
            yield path
        passed = {way[0] for way in path}
        # A principal is never reached from data.
        waiting += [
            (*path, way) for way in out.get(here, ()) if way[2] not in {*passed, here}
        ]


def judged(world: World) -> dict[Way, str]:
    """Return of each way to protected data whether it is used, unused or unknown."""
    sure, maybe = placed(world)
    told: dict[Way, str] = {}
    for way in listed(world):
        if way in sure:
            told[way] = "used"
        elif way in maybe or not is_watched(world, way):
            told[way] = "unknown"
        else:
            told[way] = "unused"
    return told


def listed(world: World) -> set[Way]:
    """Return the ways that lead to protected data today."""
    now = [link.way for link in world.links if link.holds(world.today)]
    every = nodes(now)
    starts = [node for node in every if node.startswith(ORIGINS)]
    found = paths(now, starts, set(world.protected))
    return {way for path in found for way in path if way[1] in SHOWN}


def nodes(ways: Iterable[Way]) -> set[str]:
    """Return every node that ways join."""
    return {end for way in ways for end in (way[0], way[2])}


def placed(world: World) -> tuple[set[Way], set[Way]]:
    """Return what events surely went over, and what they may have gone over."""
    sure: set[Way] = set()
    maybe: set[Way] = set()
    for deed in world.deeds:
        for starts, ends, is_sure in legs(world, deed):
            found = taken(world, starts, ends, deed.day)
            passed = [set(path) for path in found]
            every = set().union(*passed)
            needed = set.intersection(*passed) if passed and is_sure else set()
            sure |= needed
            maybe |= every - needed
    return sure, maybe


def legs(world: World, deed: Deed) -> Iterator[tuple[list[str], set[str], bool]]:
    """Yield where each leg of an event starts and ends, and whether it is vouched for."""
    known = nodes(link.way for link in world.links)
    people = [node for node in sorted(known) if node.startswith("person:")]
    data = {node for node in known if node.startswith(DATA)}
    is_known = deed.column in known
    goals = {deed.column} if is_known else data
    if deed.log == "tool":
        yield [deed.actor], {world.own}, True
        yield [world.own], goals, False
        return
    if deed.actor not in known and not deed.actor.startswith("person:"):
        anybody = [node for node in sorted(known) if node.startswith(ORIGINS)]
        yield anybody, goals, False
        return
    yield [deed.actor], goals, is_known
    if deed.actor.startswith("person:"):
        return
    speaking = {
        w[0] for w in map(way_of, world.links) if w[1:] == ("runs_as", deed.actor)
    }
    if len(speaking) == 1:
        yield [*speaking], {deed.actor}, False
    behind = [deed.behind] if deed.behind else people
    yield behind, {deed.actor}, bool(deed.behind)


def way_of(link: Link) -> Way:
    """Return the way that an edge says."""
    return link.way


def taken(
    world: World, starts: Sequence[str], ends: set[str], day: float
) -> list[Path]:
    """Return the paths that may have been taken: those without a change first, if any."""
    if set(starts) & ends:
        return []
    now = [link.way for link in world.links if link.holds(day)]
    plain = [way for way in now if way[1] != "can_change"]
    return [*paths(plain, starts, ends)] or [*paths(now, starts, ends)]


def is_watched(world: World, way: Way) -> bool:
    """Return whether no path over a way stays unseen by the logs that are whole."""
    mine = [link for link in world.links if link.way == way and link.holds(world.today)]
    begin = max(0, min(-1 if link.since is None else link.since for link in mine))
    sees: list[Callable[[Way], bool]] = []
    if "tool" not in world.torn:
        sees.append(lambda one: one[1] == "can_use" and one[2] == world.own)
    if "db" not in world.torn and world.begins <= begin:
        sees.append(lambda one: one[2].startswith(DATA) and not one[0].startswith(DATA))
    every = [link.way for link in world.links]
    starts = [node for node in nodes(every) if node.startswith(ORIGINS)]
    return all(
        any(see(step) for step in path for see in sees)
        for path in paths(every, starts, set(world.protected))
        if way in path
    )
