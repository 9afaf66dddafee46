"""The search for who was behind an event agrees with a slow reading of the rules."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.attributing import answers_of, told
from tests.reference.attribution import DAY, Line, World, answers

ASSUMED = "arn:aws:sts::1:assumed-role/ops/s"
PEOPLE = ("person:ann", "person:bob", "person:eve@x.org")
SHARED = ("service_account:svc", "service_account:other", "role:dba", ASSUMED)
ACTORS = (*PEOPLE, *SHARED, "ec2.amazonaws.com", "")
SPEAKS = {
    "tool:pulse": frozenset({"service_account:svc"}),
    "tool:desk": frozenset({"service_account:svc", "role:desk"}),
}
# Moments at every border that the rules know, seen from any other of them.
TIMES = st.sampled_from([0, 1, 9, 10, 11, 19, 20, DAY - 1, DAY, DAY + 10])
KEYS = st.sampled_from(["", "", "k1", "k2", "k3"])
SESSIONS = st.sampled_from(["", "s1", "s-8842", "s-9000"])
NAMES = st.sampled_from(
    ["", "pulse/s-8842", "s-9000 s-8842", "x s1", "Ann", "desk (eve@x.org)", "eve,bob"]
)
ADDRESSES = st.sampled_from(["", "10.0.0.1", "10.0.0.2"])
REQUESTS = st.sampled_from(["", "r-01", "r-02", "r3"])
BEHIND = st.sampled_from(["", "", "", *PEOPLE, "service_account:svc", ASSUMED])

EVENTS = st.builds(
    Line,
    log=st.sampled_from(["db", "trail", "pulse-log", "desk-log"]),
    time=TIMES,
    actor=st.sampled_from(ACTORS),
    behind=BEHIND,
    credential=KEYS,
    issued=st.sampled_from(["", "", "", "k1", "k2", "k3"]),
    session=SESSIONS,
    application=NAMES,
    address=ADDRESSES,
    request=REQUESTS,
    ending=st.sampled_from([0, 0, 0, 1]),
)
BY_TOOL = st.builds(
    Line,
    log=st.just("db"),
    time=TIMES,
    actor=st.just("service_account:svc"),
    session=SESSIONS,
    application=NAMES,
    address=ADDRESSES,
    request=REQUESTS,
)
IN_TOOL = st.builds(
    Line,
    log=st.sampled_from(["pulse-log", "desk-log"]),
    time=TIMES,
    actor=st.sampled_from(PEOPLE),
    session=SESSIONS,
    request=REQUESTS,
    ending=st.sampled_from([0, 0, 0, 1]),
)
SIGNS = st.builds(
    Line,
    log=st.sampled_from(["gate", "door"]),
    time=TIMES,
    actor=st.sampled_from([*PEOPLE, "", "service_account:svc"]),
    application=st.sampled_from(["sign-in", "sign-in", "sign-out"]),
    session=st.sampled_from(["", "", "s1", "s2"]),
    address=ADDRESSES,
    ending=st.sampled_from([0, 0, 0, 1]),
)
HANDED = st.builds(
    Line,
    log=st.just("trail"),
    time=TIMES,
    actor=st.sampled_from(ACTORS),
    credential=KEYS,
    issued=KEYS,
)
LINES = st.lists(BY_TOOL | IN_TOOL | SIGNS | HANDED | EVENTS, max_size=14)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw some logs, of two tools, two gates, a database and a cloud."""
    return World(
        draw(LINES),
        SPEAKS,
        {"pulse-log": "tool:pulse", "desk-log": "tool:desk"},
        frozenset({"gate", "door"}),
        window=10,
    )


@given(world=worlds())
def test_the_search_agrees_with_the_slow_reading(world: World):
    """Every event has the person, the suspect and the grade of the reference."""
    assert told(answers_of(world)) == answers(world)


@given(world=worlds(), order=st.randoms())
def test_the_order_of_lines_changes_nothing(world: World, order):
    """Shuffled lines are answered alike, address and tool included."""
    places = list(range(len(world.lines)))
    order.shuffle(places)
    shuffled = World(
        [world.lines[place] for place in places],
        world.speaks,
        world.tools,
        world.gates,
        world.window,
    )
    expected = answers_of(world)
    assert answers_of(shuffled) == [expected[place] for place in places]


@given(
    world=worlds(), line=BY_TOOL, forged=st.sampled_from(["Ann", "bob", "eve@x.org"])
)
def test_a_forged_application_name_names_nobody(world: World, line: Line, forged: str):
    """A person's name in the name of an application never changes who did it."""
    plain, posing = (
        Line(
            line.log,
            line.time,
            line.actor,
            application=name,
            address=line.address,
            request=line.request,
        )
        for name in ("", forged)
    )
    found = [
        answers_of(
            World([*world.lines, one], world.speaks, world.tools, world.gates, 10)
        )[-1].who
        for one in (plain, posing)
    ]
    assert found[0] == found[1]
