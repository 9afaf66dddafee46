"""Who was behind events, the slow way: every event against every other, one rule a line.

Words instead of numbers, and times in seconds. It shares no code with the search.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

DAY = 24 * 3600


@dataclass(frozen=True)
class Line:
    """One event, in words."""

    log: str
    time: int
    actor: str = ""
    behind: str = ""
    credential: str = ""
    issued: str = ""
    session: str = ""
    application: str = ""
    address: str = ""
    touch: str = ""
    request: str = ""
    ending: int = 0
    verb: int = 1


@dataclass(frozen=True)
class World:
    """Some logs, and who speaks for whom; `tools` and `gates` name logs."""

    lines: Sequence[Line]
    speaks: Mapping[str, frozenset[str]]
    tools: Mapping[str, str] = field(default_factory=dict)
    gates: frozenset[str] = frozenset()
    window: int = 300

    def speakers(self, who: str) -> list[str]:
        known = {*self.speaks, *self.tools.values()}
        return sorted(t for t in known if who == t or who in self.speaks.get(t, ()))

    def is_alone(self, who: str) -> bool:
        shared = ("service_account:", "tool:")
        plain = who and not is_assumed(who) and not who.startswith(shared)
        return bool(plain and not self.speakers(who) and not is_cloud(who))


def is_assumed(who: str) -> bool:
    return ":sts::" in who and ":assumed-role/" in who


def is_cloud(who: str) -> bool:
    return who.endswith(".amazonaws.com") or who == "AWS Internal"


def only(people: Iterable[str | None]) -> str | None:
    """Return the only one, "" when there is none, None when they are several."""
    found = set(people)
    if not found:
        return ""
    return found.pop() if len(found) == 1 else None


# --- whose identity, by the log and the credentials -----------------------------------


def says(line: Line) -> str:
    return "" if is_assumed(line.behind) else line.behind


def owns(world: World, line: Line) -> bool:
    alone = world.is_alone(line.actor) and not line.actor.startswith("role:")
    return bool(alone) or is_cloud(line.actor)


def issues(world: World, line: Line) -> list[Line]:
    """Return the events that handed out a line's credential, if it had been then."""
    told = [
        one
        for one in world.lines
        if line.credential and one.issued == line.credential and one.ending == 0
        if one.behind or (one.actor and not is_cloud(one.actor))
    ]
    return told if told and min(one.time for one in told) <= line.time else []


def link(world: World, line: Line) -> tuple[str, str, str]:
    """Return where a line's identity comes from, and whom the line names for it."""
    if owns(world, line):
        return "who", says(line) or line.actor, ""
    if issues(world, line):
        return "key", line.credential, says(line)
    return "who", "" if is_assumed(line.actor) else line.actor, says(line)


def base(world: World, line: Line) -> str | None:
    """Return whose identity it was: "" for nobody's, None when the logs disagree."""
    seen: set[str] = set()
    form, value, name = link(world, line)
    names = {name} - {""}
    while form == "key":
        if value in seen:
            return None
        seen.add(value)
        late = Line("", max(one.time for one in world.lines), credential=value)
        sources = {link(world, one) for one in issues(world, late)}
        if len(sources) != 1:
            return None
        ((form, value, name),) = sources
        names |= {name} - {""}
    if seen and world.is_alone(value) and not value.startswith("role:"):
        names.add(value)
    return (names.pop() if names else value) if len(names) < 2 else None


def person(world: World, line: Line) -> str:
    who = base(world, line) or ""
    return who if world.is_alone(who) else ""


# --- what the tools tell --------------------------------------------------------------


def works(world: World, tool: str) -> list[tuple[Line, str]]:
    """Return the events of a tool's log that name a person."""
    own = [one for one in world.lines if world.tools.get(one.log) == tool]
    told = [(one, person(world, one)) for one in own if one.ending == 0]
    return [(one, who) for one, who in told if who]


def near(world: World, line: Line, one: Line) -> bool:
    return one.time - world.window <= line.time < one.time + world.window


def tokens(text: str) -> set[str]:
    return set(re.split(r"[^A-Za-z0-9_.-]+", text)) - {""}


def by_request(world: World, line: Line, tool: str) -> Iterator[str | None]:
    for one, who in works(world, tool):
        same = len(line.request) >= 4 and one.request == line.request
        if same and near(world, line, one):
            yield who


def by_session(world: World, line: Line, tool: str) -> Iterator[str | None]:
    for key in {t for t in {line.session} | tokens(line.application) if len(t) >= 4}:
        inside = [(one, who) for one, who in works(world, tool) if one.session == key]
        times = sorted(one.time for one, _ in inside)
        # What lies on both sides of a silence of over a day is not one session.
        stretches = [
            (since, until)
            for since, until in zip(times, times[1:] or times, strict=False)
            if until - since <= DAY
        ]
        stretches += [(time, time) for time in times]
        if any(a - world.window <= line.time < b + world.window for a, b in stretches):
            yield only(who for _, who in inside)


def by_application(world: World, line: Line, tool: str) -> Iterator[str | None]:
    parts = {part.lower() for part in {*tokens(line.application), line.application}}
    for one, who in works(world, tool):
        name = re.split("[:/]", who)[-1].lower()
        if {name, name.partition("@")[0]} & parts and near(world, line, one):
            yield who


def by_window(world: World, line: Line, tool: str) -> Iterator[str | None]:
    return (who for one, who in works(world, tool) if near(world, line, one))


# --- who sat where --------------------------------------------------------------------


def leases(world: World) -> Iterator[tuple[str, int, int, str | None]]:
    signs = [one for one in world.lines if one.log in world.gates and one.ending == 0]
    for one in signs:
        if one.application == "sign-in" and one.address:
            ends = [o.time for o in signs if ends_lease(world, one, o)]
            end = min([*ends, one.time + DAY])
            yield one.address, one.time, end, person(world, one) or None


def ends_lease(world: World, one: Line, out: Line) -> bool:
    if out.application != "sign-out":
        return False
    if out.session and one.session:
        same = (out.log, out.session) == (one.log, one.session)
        return same and out.time >= one.time
    who = person(world, one)
    here = out.address == one.address and person(world, out) == who != ""
    return here and out.time > one.time


def seated(world: World, line: Line) -> str | None:
    held = (
        who
        for address, since, until, who in leases(world)
        if address == line.address and since <= line.time < until
    )
    return only(held) if line.address else ""


# --- all together ---------------------------------------------------------------------


def strongest(
    world: World, line: Line, voices: Mapping[int, Voice]
) -> tuple[int, str | None]:
    who = base(world, line) or ""
    own = world.tools.get(line.log)
    asked = [tool for tool in world.speakers(who) if tool != own]
    for grade, voice in voices.items():
        found = only(one for tool in asked for one in voice(world, line, tool))
        if found != "":
            return grade, found
    return 0, ""


def is_shared(world: World, line: Line) -> bool:
    who = base(world, line)
    if not who:
        return who == "" and is_assumed(line.actor)
    served = who.startswith(("service_account:", "tool:"))
    return bool(world.speakers(who)) or served


def answers(world: World) -> list[tuple[str, str, int]]:
    """Return who did each line, who is suspected of it, and the grade."""
    shared = [line for line in world.lines if is_shared(world, line)]
    hosts = {
        line.address
        for line in shared
        if strongest(world, line, STRONG)[0] and seated(world, line) == ""
    }
    return [answer(world, line, hosts) for line in world.lines]


def answer(world: World, line: Line, hosts: set[str]) -> tuple[str, str, int]:
    who = base(world, line) or ""
    alone = who if not world.speakers(who) else ""
    plain = (alone, "", 1 if alone else 0)
    if not is_shared(world, line):
        return plain
    seat = seated(world, line) if line.address not in hosts else ""
    grade, found = strongest(world, line, STRONG)
    if grade:
        sure = found is not None and seat in {"", None, found}
        return (found or "", "", grade) if sure else plain
    if seat:
        return seat, "", 4
    grade, found = strongest(world, line, WEAK)
    return ("", found, grade) if found else plain


Voice = Callable[[World, Line, str], Iterator[str | None]]
STRONG: Mapping[int, Voice] = {2: by_request, 3: by_session}
WEAK: Mapping[int, Voice] = {5: by_application, 6: by_window}
