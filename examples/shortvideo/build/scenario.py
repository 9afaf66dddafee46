"""What happened in five months: who asked what, through which tool, from where.

This is the truth that the logs tell, and the truth table is counted from it. Nothing
here runs Ringfence.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from people import Person
from statements import ASKED, Asked

SEED = 20210901
FIRST = datetime(2021, 9, 1, tzinfo=UTC)
AFTER = datetime(2022, 2, 1, tzinfo=UTC)
EXCLUDED = {"CN", "HK", "MO"}
# Networks of the company: the third part says whose office it is.
OFFICES = {"US": "10.10", "SG": "10.20", "GB": "10.30", "CN": "10.40"}
HOSTS = {
    "Pulse": "10.8.4.11",
    "Quarry": "10.8.4.12",
    "Backstage": "10.8.4.13",
    "Compass": "10.8.4.14",
    "jobs": "10.8.9.20",
    "jump host": "10.8.7.200",
}
# Public addresses end in .0, so that they are nobody's: only their registration counts.
HOME_US, HOME_SG, ABROAD_CN = "63.64.65.0", "165.21.1.0", "36.110.20.0"
VPN_EGRESS = "198.51.100.24"
# While the log of Backstage was lost.
GAP = (
    datetime(2021, 12, 14, 6, tzinfo=UTC),
    datetime(2021, 12, 16, 9, tzinfo=UTC),
)


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody asked something once.

    Attributes:
        at: When the server got it.
        tool: The tool, or `psql`, or `jobs`.
        role: The database role.
        person: Who did it, in truth; empty for a job.
        name: What the tool calls what was asked.
        asked: What was asked.
        number: Its number, the `LIMIT` in most cases.
        by: How the logs tell who it was: `request`, `session`, `address`; `tool` when
            it stands in the tool's log alone; empty when they don't.
        key: The request's or session's id.
        login: The login that the tool saw, where that is another's.
        host: Address that the server saw.
        address: Address that the tool saw.
        application: Name that the client gave itself.
        story: The story that it belongs to.
    """

    at: datetime
    tool: str
    role: str
    person: str
    name: str
    asked: Asked
    number: int
    by: str
    key: str = ""
    login: str = ""
    host: str = ""
    address: str = ""
    application: str = ""
    story: str = ""


class Scenario:
    """Draws what happened, one act after the other."""

    def __init__(self, staff: list[Person]) -> None:
        self.staff = {one.login.partition("@")[0]: one for one in staff}
        self._places = {name: n for n, name in enumerate(self.staff)}
        self.draw = random.Random(SEED)
        self._numbers: dict[str, int] = {}

    def residence(self, person: str, at: datetime) -> str | None:
        """Return where somebody lived; empty: not recorded; None: not of the staff."""
        one = self.staff.get(person)
        if one is None:
            return None
        if one.before and at < datetime.fromisoformat(f"{one.before[1]}T00:00:00Z"):
            return one.before[0]
        return one.residence

    def address(self, person: str, at: datetime) -> str:
        """Return the address of somebody's desk."""
        number = self._places.get(person, 0)
        office = OFFICES[self.residence(person, at) or "US"]
        return f"{office}.{number // 200 + 1}.{number % 200 + 10}"

    def moment(self, day: datetime, person: str) -> datetime:
        """Return a moment of a person's working day."""
        is_us = (self.residence(person, day) or "US") == "US"
        begin = 15 if is_us else 1
        return self.within(day + timedelta(hours=begin), hours=8)

    def within(self, begin: datetime, *, hours: int) -> datetime:
        """Return a moment within some hours."""
        shift = timedelta(milliseconds=self.draw.randrange(1, hours * 3_600_000))
        return begin + shift

    def numbered(self, letter: str) -> str:
        """Return a new id of a request or session."""
        number = self._numbers[letter] = self._numbers.get(letter, 1000) + 1
        return f"{letter}-{number}"

    def act(self, tool: str, person: str, name: str, at: datetime, **other: str) -> Act:
        """Return an act through a tool, in the tool's own way."""
        by = other.pop("by", "session" if tool == "Pulse" else "request")
        letter = "s" if by in {"session", "tool"} and tool == "Pulse" else tool[0]
        key = other.pop("key", "") or (self.numbered(letter.lower()) if by else "")
        application = f"pulse/{key}" if by == "session" else tool.lower()
        act = Act(
            at,
            tool,
            f"svc_{tool.lower()}",
            person,
            name,
            ASKED[tool][name],
            self.draw.randrange(5, 60),
            by,
            key,
            host=HOSTS[tool],
            address=self.address(person, at),
            application=application,
        )
        return replace(act, **other)  # type: ignore[arg-type]  # texts, all of them


def days(first: datetime = FIRST, after: datetime = AFTER) -> Iterator[datetime]:
    """Yield each day of a time, from its first to the last before its end."""
    while first < after:
        yield first
        first += timedelta(days=1)


def workdays() -> Iterator[datetime]:
    """Yield Mondays to Fridays."""
    saturday = 5
    return (day for day in days() if day.weekday() < saturday)


# Who uses a tool on ordinary days, and what they ask for.
_GROWTH = """
bo.lim ema.grant fay.xie jae.xie lan.zhao lena.wu lou.chan mae.li min.mehta nia.xie
tam.wang wei.chan wei.guo yui.tang alex.jain cleo.park uma.peng bo.finch hana.ward
"""
_PLATFORM = """
bo.lim ema.grant fay.xie jae.xie ada.yang bo.kim hugo.hu kai.kane leo.wu lu.deng
lan.zhao alex.roy leo.cole mika.park
"""
_CREATORS = """
dana.fox fay.alba ira.neal kei.dunn kim.roy lan.brandt mira.liu oren.wu ro.cole
rui.adler tao.lane bo.reed gil.liu leo.cruz
"""
_INSIDE = {
    "Pulse": (_GROWTH, "signups active ages searches addresses days days calendar"),
    "Quarry": (_PLATFORM, "devices comments sessions gifts spend advertisers"),
    "Backstage": (_CREATORS, "directory creators contracts contracts offers"),
    "Compass": ("liv.vega", "interests models sounds"),
}
_OUTSIDE = {
    "Pulse": (
        "bo.liu bo.liu gil.fox vera.dunn ro.shah dee.xie",
        "signups ages searches addresses days calendar",
    ),
    "Quarry": (
        "dana.okoye gia.dahl kei.finch mari.bai gil.fox",
        "devices comments sessions spend advertisers",
    ),
    "Backstage": ("kai.berg pia.fox tam.deng", "creators directory offers offers"),
}
_DAILY = {"Pulse": 3, "Quarry": 3, "Backstage": 3, "Compass": 1}
# The part of the working days on which somebody from China is at a tool.
_OFTEN = {"Pulse": 0.30, "Quarry": 0.25, "Backstage": 0.10}
_HOMES = {"lou.chan": HOME_US, "alex.jain": HOME_SG}


def ordinary(scenario: Scenario) -> Iterator[Act]:
    """Yield what happens on ordinary days: most of it by people in the US."""
    draw = scenario.draw
    for day in workdays():
        for tool, (names, topics) in _INSIDE.items():
            for person in draw.sample(names.split(), _DAILY[tool]):
                yield from _sitting(scenario, tool, person, topics, day)
        for tool, (names, topics) in _OUTSIDE.items():
            if draw.random() < _OFTEN[tool]:
                person = draw.choice(names.split())
                yield from _sitting(scenario, tool, person, topics, day, most=1)


def _sitting(  # noqa: PLR0917 - who, where and what, as a sentence says it
    scenario: Scenario,
    tool: str,
    person: str,
    topics: str,
    day: datetime,
    most: int = 2,
) -> Iterator[Act]:
    """Yield one or two questions, in one session where the tool has such."""
    at = scenario.moment(day, person)
    home = {"address": _HOMES[person]} if person in _HOMES else {}
    key = scenario.numbered("s") if tool == "Pulse" else ""
    for _ in range(scenario.draw.randint(1, most)):
        if not (tool == "Backstage" and GAP[0] <= at < GAP[1]):
            name = scenario.draw.choice(topics.split())
            yield scenario.act(tool, person, name, at, key=key, **home)
        at += timedelta(seconds=scenario.draw.randrange(20, 240), milliseconds=311)


def expected(act: Act, scenario: Scenario) -> tuple[str, str]:
    """Return the class that the act should get, and why."""
    if act.asked.denied:
        return "permitted", "refused, so nothing was obtained"
    if not act.asked.protected:
        return "permitted", "nothing that is protected"
    if not act.by:
        return "unknown", "nobody is known behind it"
    return _by_place(act, scenario.residence(act.person, act.at))


def _by_place(act: Act, place: str | None) -> tuple[str, str]:
    """Return the class of an act whose person is known, by where they lived."""
    if not place:
        missing = "not of the staff" if place is None else "residence not recorded"
        return "unknown", f"the person: {missing}"
    if place not in EXCLUDED and act.address == ABROAD_CN:
        return "unknown", "the address is registered in CN"
    kind = "crossing" if place in EXCLUDED else "permitted"
    return kind, f"lived in {place} at that time"
