"""Laws of the past: the logs are judged as one reads them, event by event."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.claims.kinds import judge
from ringfence.claims.outcome import Verdict
from ringfence.estate.facts import Fact
from tests.estates import attribute, case, claim, edge
from tests.logged import DATA, day, event, judged

NOBODY = claim("no_event", excluded="in-china")
NAMES = ("ann", *(f"p{number}" for number in range(9)))
FEW = settings(max_examples=6)  # each reads logs, as a whole run does
TIMES = (2, 4, 6)  # days on which something changes
MOMENTS = st.sampled_from([1, 2, 2.5, 4 - 1e-9, 4, 5, 6, 9])


@dataclass(frozen=True)
class Stay:
    """Where somebody lives, from a day up to another; None where nobody says."""

    person: str
    country: str
    since: int | None
    until: int | None

    def holds(self, time: float) -> bool:
        """Return whether it does at a time: its first instant is in, its last isn't."""
        begun = self.since is None or self.since <= time
        return begun and (self.until is None or time < self.until)

    def fact(self) -> Fact:
        """Return it as the estate has it."""
        since, until = (
            "" if end is None else day(end) for end in (self.since, self.until)
        )
        node = f"person:{self.person}"
        return attribute(node, "residence", self.country, since=since, until=until)


@st.composite
def stays(draw: st.DrawFn) -> list[Stay]:
    """Draw where people live: stretches of a life, some of which nobody tells of."""
    found = []
    for name in NAMES:
        cuts = [None, *sorted(draw(st.sets(st.sampled_from(TIMES)))), None]
        for since, until in pairwise(cuts):
            country = draw(st.sampled_from(["CN", "US", "US", ""]))
            if country:
                found.append(Stay(name, country, since, until))
    return found


@dataclass(frozen=True)
class Did:
    """Somebody read a column at a time."""

    time: float
    who: str
    columns: str

    def line(self) -> dict[str, object]:
        """Return it as the log has it."""
        return dict(event(self.time, self.who, columns=self.columns))


EVENTS = st.lists(
    st.builds(
        Did,
        MOMENTS,
        st.sampled_from([*(f"person:{name}" for name in NAMES), "role:db/a", "svc-x"]),
        st.sampled_from(["email", "city", "email,city", ""]),
    ),
    min_size=1,
    max_size=60,
)
# Ann holds a login from one day up to another.
HELD = (2, 6)
LOGIN = edge("person:ann", "can_assume", "role:db/a", since=day(2), until=day(6))


def read(one: Did, known: list[Stay]) -> str:
    """Return what an event is, as anybody would say who reads the facts one by one."""
    if one.columns == "city":
        return "permitted"
    name = one.who.removeprefix("person:")
    if one.who == "role:db/a" and HELD[0] <= one.time < HELD[1]:
        name = "ann"
    homes = {s.country for s in known if s.person == name and s.holds(one.time)}
    if not homes:
        return "unknown"
    if homes == {"US"}:
        return "permitted"
    return "crossing" if one.columns else "unknown"


def counted(known: list[Stay], events: list[Did]) -> Counter[str]:
    """Return how the logs judge events."""
    facts = (*DATA, LOGIN, *(one.fact() for one in known))
    with tempfile.TemporaryDirectory() as folder:
        lines = [one.line() for one in events]
        found = judged(Path(folder), facts, lines, NOBODY).crossings
    assert found is not None
    told = {name: getattr(found, name) for name in ("crossing", "permitted", "unknown")}
    return Counter(told)


@FEW
@given(stays(), EVENTS)
def test_logs_are_judged_as_they_are_read(known: list[Stay], events: list[Did]):
    """Each event as of its own time: who they were then, what it was, whose login."""
    assert counted(known, events) == Counter(read(one, known) for one in events)


@FEW
@given(stays(), EVENTS, st.data())
def test_what_is_not_known_permits_nothing(known, events, data):
    """Forgetting a fact about a person never makes an open event a permitted one."""
    if not known:
        return
    lost = data.draw(st.sampled_from(known))
    less = counted([one for one in known if one != lost], events)
    assert less["permitted"] <= counted(known, events)["permitted"]


@pytest.mark.parametrize("kind", ["no_event", "some_event", "revocation"])
@FEW
@given(known=stays(), logs=st.sets(st.sampled_from(["db", "vault"])))
def test_without_logs_nothing_is_said_of_the_past(kind, known, logs):
    """Whatever the estate knows: unproven, and the log that would tell is named."""
    excluded = "" if kind == "revocation" else "in-china"
    asked = claim(kind, excluded=excluded, logs=tuple(sorted(logs)))
    with tempfile.TemporaryDirectory() as folder:
        facts = [*DATA, *(one.fact() for one in known)]
        found = judge(asked, case(Path(folder), facts, asked))
    assert found.verdict is Verdict.UNPROVEN
    assert found.reasons[0].code == "needs-logs"
