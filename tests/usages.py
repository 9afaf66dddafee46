"""Small worlds in which ways are used or not: drawn at random, and read as logs are."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st

from ringfence.boundary.model import Claim
from ringfence.claims.use.usage import Usage, usage
from ringfence.estate.facts import Fact, line
from tests.estates import attribute, edge
from tests.logged import READ, Event, at, day, event, logged, order, past_of, write_log
from tests.reference.usage import Deed, Link, Way, World

PEOPLE = [f"person:p{n}" for n in range(3)]
GROUPS = ["group:g0", "group:g1"]
TOOLS = ["tool:t0", "tool:t1"]
ACCOUNTS = ["service_account:a0", "service_account:a1"]
TABLES = ["dataset:db/s.d0", "dataset:db/s.d1"]
COLUMNS = [f"column:{table.partition(':')[2]}.email" for table in TABLES]
KINDS = [
    (PEOPLE, "member_of", GROUPS),
    (PEOPLE, "member_of", GROUPS),
    (GROUPS, "member_of", GROUPS[1:]),
    (PEOPLE + GROUPS, "can_use", TOOLS),
    (GROUPS, "can_use", TOOLS),
    (TOOLS, "runs_as", ACCOUNTS),
    (TOOLS, "runs_as", ACCOUNTS),
    (ACCOUNTS, "has_privilege", TABLES),
    (ACCOUNTS + PEOPLE[:1], "has_privilege", TABLES),
    (GROUPS, "can_change", TOOLS),
    (COLUMNS[1:], "derived_from", COLUMNS[:1]),
]
# Each table holds a column that is protected.
HELD = tuple(Link(("store:db", "contains", table)) for table in TABLES) + tuple(
    Link((table, "contains", column))
    for table, column in zip(TABLES, COLUMNS, strict=True)
)
STRANGER, LOST = "stranger", "column:db/s.gone.email"
TIMES = st.sampled_from([None, None, None, 5, 10])
ENDS = st.sampled_from([None, None, None, 20, 40])


@st.composite
def links(draw: st.DrawFn) -> Link:
    """Draw an edge, perhaps of a part of the month only."""
    tails, kind, heads = draw(st.sampled_from(KINDS))
    way = draw(st.sampled_from(tails)), kind, draw(st.sampled_from(heads))
    if way[0] == way[2]:
        way = GROUPS[0], kind, GROUPS[1]
    if kind == "derived_from":
        return Link(way)
    return Link(way, draw(TIMES), draw(ENDS))


@st.composite
def deeds(draw: st.DrawFn) -> Deed:
    """Draw an event of the store's log, or of the tool's own."""
    when = draw(st.sampled_from([2, 7, 12.5, 20, 29]))
    column = draw(st.sampled_from([*COLUMNS, *COLUMNS, *COLUMNS, LOST]))
    if draw(st.booleans()):
        return Deed(when, "tool", draw(st.sampled_from(PEOPLE)), column)
    actor = draw(st.sampled_from([*PEOPLE, *ACCOUNTS, *ACCOUNTS, STRANGER]))
    behind = draw(st.sampled_from(["", *PEOPLE])) if actor in ACCOUNTS else ""
    return Deed(when, "db", actor, column, behind)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a world in which most ways lead somewhere."""
    drawn = draw(st.lists(links(), min_size=6, max_size=16))
    return World(
        links=(*HELD, *drawn),
        deeds=tuple(draw(st.lists(deeds(), max_size=5))),
        protected=frozenset(COLUMNS),
        torn=frozenset(draw(st.sets(st.sampled_from(["db", "tool"]), max_size=1))),
        begins=draw(st.sampled_from([0, 0, 5])),
    )


def facts_of(world: World) -> list[Fact]:
    """Return the facts of a world."""
    people = [attribute(node, "residence", "US") for node in PEOPLE]
    tags = [attribute(column, "tag", "EMAIL") for column in COLUMNS]
    edges = [
        edge(
            tail,
            kind,
            head,
            verb="read" if kind == "has_privilege" else "",
            since="" if link.since is None else day(link.since),
            until="" if link.until is None else day(link.until),
        )
        for link in world.links
        for tail, kind, head in (link.way,)
    ]
    return [READ, *people, *tags, *{line(one): one for one in edges}.values()]


def line_of(deed: Deed) -> dict[str, object]:
    """Return an event as a log has it."""
    table = f"dataset:{deed.column.partition(':')[2].rpartition('.')[0]}"
    more = {"by": deed.behind} if deed.behind else {}
    return dict(event(deed.day, deed.actor, data=table, **more))


def usage_of(world: World, folder: Path) -> Usage:
    """Return what the logs of a world say, written and read as any log is."""
    # Both logs are alive, and no two files are alike.
    told: dict[str, list[Event | str]] = {
        name: [event(when, PEOPLE[0], end="denied")]
        for name, when in (("db", 6), ("tool", 6.5))
    }
    for deed in world.deeds:
        told[deed.log].append(line_of(deed))
    for lines in told.values():
        lines.sort(key=str)  # by time, which comes first
    for name in world.torn:
        told[name].append('{"t": ')
    write_log(folder, "tool", told["tool"])
    orders = (
        order(folder, since=at(world.begins)),
        replace(order(folder, "tool"), tool=world.own, store=""),
    )
    claim = Claim(id="x", says="", kind="no_event", excluded="in-china")
    with logged(folder, facts_of(world), told["db"], claim, orders=orders) as case:
        past = past_of(case)
        return usage(past, past.asked(claim))


def read(world: World) -> dict[Way, str]:
    """Return of each way whether the logs show it used, unused, or can't tell."""
    with tempfile.TemporaryDirectory() as folder:
        found = usage_of(world, Path(folder))
        return {(one.tail, one.kind, one.head): str(one.use) for one in found.used()}
