"""The stories among the ordinary days: each a few acts with a truth of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from people import LEAVING
from scenario import (
    ABROAD_CN,
    GAP,
    HOSTS,
    VPN_EGRESS,
    Act,
    Scenario,
    days,
    workdays,
)
from statements import TYPED

STORIES = {
    "bookmarked": "bo.liu (CN) keeps one session of Pulse open; the application's name"
    " `pulse/s-8842` carries it",
    "moved to CN": "jae.silva, ola.iyer and kei.yang live in SG until 2021-11-01, in CN"
    " from then on; one statement comes exactly at midnight",
    "moved out of CN": "liv.vega lived in CN until 2021-06-01, in SG since",
    "acting as a colleague": "gil.finch (CN) works in Quarry as lan.zhao (US): the log"
    " has both logins",
    "looking as a colleague": "ema.grant (US) works in Quarry as gil.finch (CN), to see"
    " what he sees: it is she who looks",
    "copied password": "somebody logs in as svc_pulse by psql, from an address that the"
    " VPN had given to cai.nair (CN)",
    "unrecorded residence": "svc_harbour by psql, from an address that the VPN had"
    " given to sol.wen, whose residence nobody recorded",
    "two at one address": "svc_stagehand by psql, from an address that the VPN says two"
    " people had",
    "through the VPN": "mae.mehta (CN) comes by an address of the VPN in the US",
    "business trip": "min.mehta (US) is at an address registered in CN for three days:"
    " a candidate, no accusation",
    "borrowed name": "a session from the jump host calls itself `quarry/bo.lim` while"
    " bo.lim is at work; in truth it is gil.fox (CN), and no log shows it",
    "no request id": "a release of Backstage forgot to pass request ids on, while"
    " dana.fox alone is at work",
    "lost log": "two days of Backstage's log are missing, while svc_backstage reads"
    " creators' contracts",
    "leaver": "ema.adler left on 2021-11-15; the login works until 2021-11-27",
    "leaver before": "three others, who left in the period, work until they left",
    "refused": "people ask for what the tool's role may not read",
    "from the tool's own store": "Pulse answers from its own copy: the warehouse hears"
    " nothing of it",
    "stranger": "a login of Pulse that no list of people has",
    "jobs": "scheduled jobs read what is protected; nobody is behind them",
    "scheduler": "the scheduler notes each run: the warehouse's pulse",
    "torn line": "the last line of the last file is cut: no event, but malformed",
}
LEASED = "10.99.3.17"
TICKETS = "10.99.3.22"
SHARED = "10.99.3.40"


@dataclass(frozen=True, slots=True)
class Lease:
    """An address that the VPN gave to somebody for a time."""

    person: str
    address: str
    since: datetime
    until: datetime


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


LEASES = (
    Lease("lan.zhao", LEASED, _at("2021-11-08T15:02:11"), _at("2021-11-08T23:40:09")),
    Lease("cai.nair", LEASED, _at("2021-11-09T01:12:40"), _at("2021-11-09T05:55:02")),
    Lease("fay.xie", LEASED, _at("2021-11-09T15:31:27"), _at("2021-11-09T22:10:45")),
    Lease("sol.wen", TICKETS, _at("2021-10-05T16:00:02"), _at("2021-10-05T20:18:09")),
    Lease("tae.qian", SHARED, _at("2022-01-12T15:00:50"), _at("2022-01-12T22:00:31")),
    Lease("tam.deng", SHARED, _at("2022-01-12T16:40:12"), _at("2022-01-12T19:05:00")),
)


def stories(scenario: Scenario) -> Iterator[Act]:
    """Yield the acts of every story."""
    for name, told in (
        ("bookmarked", _bookmarked),
        ("moved to CN", _movers),
        ("acting as a colleague", _acting),
        ("looking as a colleague", _looking),
        ("copied password", _copied),
        ("unrecorded residence", _unrecorded),
        ("two at one address", _shared),
        ("through the VPN", _by_vpn),
        ("business trip", _trip),
        ("borrowed name", _borrowed),
        ("no request id", _unasked),
        ("lost log", _lost),
        ("leaver", _leaver),
        ("leaver before", _left),
        ("refused", _refused),
        ("from the tool's own store", _kept),
        ("stranger", _stranger),
        ("jobs", _jobs),
        ("scheduler", _scheduler),
        ("torn line", _torn),
    ):
        for act in told(scenario):
            yield replace(act, story=name)


def _bookmarked(scenario: Scenario) -> Iterator[Act]:
    at = _at("2021-10-12T02:14:05.420")
    for name in ("signups", "searches", "addresses", "days", "active"):
        yield scenario.act("Pulse", "bo.liu", name, at, key="s-8842")
        at += timedelta(seconds=95, milliseconds=7)


def _movers(scenario: Scenario) -> Iterator[Act]:
    turns = (
        ("jae.silva", "Pulse", "signups ages searches days"),
        ("ola.iyer", "Pulse", "ages addresses"),
        ("kei.yang", "Quarry", "devices sessions spend"),
    )
    for day in workdays():
        if day.weekday() in {1, 3}:
            for person, tool, names in turns:
                name = scenario.draw.choice(names.split())
                at = scenario.moment(day, person)
                yield scenario.act(tool, person, name, at)
    for text in ("2021-10-31T23:58:30", "2021-11-01T00:00:00", "2021-11-01T00:01:30"):
        yield scenario.act("Pulse", "jae.silva", "ages", _at(text))


def _acting(scenario: Scenario) -> Iterator[Act]:
    for day in ("2021-09-21", "2021-10-14", "2021-12-02", "2022-01-18"):
        at = scenario.moment(_at(f"{day}T00:00:00"), "gil.finch")
        for name in ("devices", "sessions", "spend"):
            yield scenario.act("Quarry", "gil.finch", name, at, login="lan.zhao")
            at += timedelta(seconds=140, milliseconds=18)


def _looking(scenario: Scenario) -> Iterator[Act]:
    at = _at("2021-11-18T17:20:44.100")
    for name in ("comments", "sessions"):
        yield scenario.act("Quarry", "ema.grant", name, at, login="gil.finch")
        at += timedelta(seconds=61, milliseconds=9)


def _typed(
    scenario: Scenario, role: str, at: str, count: int, **other: str
) -> Iterator[Act]:
    """Yield what somebody types into psql, by a service account's password."""
    begin = _at(at)
    for number in range(count):
        names = list(TYPED[role])
        name = names[number % len(names)]
        yield Act(
            begin + timedelta(seconds=83 * number, milliseconds=131 * number),
            "psql",
            role,
            other["person"],
            name,
            TYPED[role][name],
            scenario.draw.randrange(50, 240),
            other.get("by", ""),
            host=other["host"],
            application=other.get("application", "psql"),
            key=other["story"],
        )


def _copied(scenario: Scenario) -> Iterator[Act]:
    return _typed(
        scenario,
        "svc_pulse",
        "2021-11-09T02:31:07.250",
        6,
        person="cai.nair",
        by="address",
        host=LEASED,
        story="copied",
    )


def _unrecorded(scenario: Scenario) -> Iterator[Act]:
    return _typed(
        scenario,
        "svc_harbour",
        "2021-10-05T17:45:30.010",
        3,
        person="sol.wen",
        by="address",
        host=TICKETS,
        story="unrecorded",
    )


def _shared(scenario: Scenario) -> Iterator[Act]:
    return _typed(
        scenario,
        "svc_stagehand",
        "2022-01-12T17:10:02.700",
        2,
        person="tam.deng",
        host=SHARED,
        story="shared",
    )


def _borrowed(scenario: Scenario) -> Iterator[Act]:
    yield from _typed(
        scenario,
        "svc_quarry",
        "2021-12-08T18:03:15.330",
        3,
        person="gil.fox",
        host=HOSTS["jump host"],
        application="quarry/bo.lim",
        story="borrowed",
    )
    for text in ("2021-12-08T18:01:40", "2021-12-08T18:08:20"):
        yield scenario.act("Quarry", "bo.lim", "spend", _at(text))


def _by_vpn(scenario: Scenario) -> Iterator[Act]:
    for day in workdays():
        if day.weekday() == 0 and day.month in {9, 10, 12}:
            at = scenario.moment(day, "mae.mehta")
            yield scenario.act("Pulse", "mae.mehta", "ages", at, address=VPN_EGRESS)


def _trip(scenario: Scenario) -> Iterator[Act]:
    for day in ("2021-10-20", "2021-10-21", "2021-10-22"):
        at = _at(f"{day}T03:10:20.500")
        for name in ("signups", "ages", "days"):
            yield scenario.act("Pulse", "min.mehta", name, at, address=ABROAD_CN)
            at += timedelta(seconds=77, milliseconds=3)


def _unasked(scenario: Scenario) -> Iterator[Act]:
    at = _at("2021-10-19T13:04:30.125")
    yield scenario.act("Backstage", "dana.fox", "offers", at)
    for number in range(1, 5):
        moment = at + timedelta(seconds=45 * number)
        yield scenario.act("Backstage", "dana.fox", "creators", moment, by="")


def _lost(scenario: Scenario) -> Iterator[Act]:
    at, until = GAP
    while (at := scenario.within(at, hours=4)) < until - timedelta(hours=1):
        yield scenario.act("Backstage", "", "contracts", at, by="", key="lost")


def _leaver(scenario: Scenario) -> Iterator[Act]:
    for day in workdays():
        if day.weekday() == 0 and day < _at(f"{LEAVING[3]}T00:00:00"):
            at = scenario.moment(day, "ema.adler")
            yield scenario.act("Pulse", "ema.adler", "days", at)
    for text in ("2021-11-18T16:20:00", "2021-11-24T21:02:11", "2021-11-27T19:44:53"):
        yield scenario.act("Pulse", "ema.adler", "signups", _at(text))


def _left(scenario: Scenario) -> Iterator[Act]:
    for person, last in zip(
        ("ada.mehta", "alex.neal", "asa.wood"), LEAVING, strict=False
    ):
        for before in (30, 16, 4):
            day = _at(f"{last}T00:00:00") - timedelta(days=before)
            at = scenario.moment(day, person)
            yield scenario.act("Pulse", person, "days", at)


def _refused(scenario: Scenario) -> Iterator[Act]:
    for day, tool, person, name in (
        ("2021-09-16", "Pulse", "vera.dunn", "contacts"),
        ("2021-10-27", "Quarry", "kei.finch", "messages"),
        ("2021-11-23", "Quarry", "hugo.hu", "messages"),
        ("2022-01-06", "Pulse", "bo.liu", "contacts"),
    ):
        at = scenario.moment(_at(f"{day}T00:00:00"), person)
        yield scenario.act(tool, person, name, at)


def _kept(scenario: Scenario) -> Iterator[Act]:
    people = ("bo.lim", "fay.xie", "lena.wu", "mae.li", "wei.chan")
    for day in workdays():
        if day.weekday() == 4:  # noqa: PLR2004 - Friday, when reports are due
            person = scenario.draw.choice(people)
            at = scenario.moment(day, person)
            yield scenario.act("Pulse", person, "signups", at, by="tool")
    for text in ("2021-09-29", "2021-11-17", "2021-12-22", "2022-01-26"):
        at = scenario.moment(_at(f"{text}T00:00:00"), "ro.shah")
        yield scenario.act("Pulse", "ro.shah", "signups", at, by="tool")


def _stranger(scenario: Scenario) -> Iterator[Act]:
    at = _at("2021-12-20T19:12:04.800")
    for name in ("ages", "addresses"):
        yield scenario.act("Pulse", "agency.77", name, at)
        at += timedelta(seconds=33, milliseconds=5)


def _job(role: str, at: datetime, number: int) -> Act:
    ((name, asked),) = TYPED[role].items()
    key, host = f"{role}/{at:%Y-%m-%d}", HOSTS["jobs"]
    return Act(
        at,
        "jobs",
        role,
        "",
        name,
        asked,
        number,
        "",
        key,
        host=host,
        application=name,
    )


def _jobs(scenario: Scenario) -> Iterator[Act]:
    for day in days():
        at = day + timedelta(hours=4, minutes=10)
        yield _job("svc_push", scenario.within(at, hours=1), 200)
        yield _job("svc_metrics_mail", scenario.within(at, hours=2), 31)
        if day.weekday() == 6:  # noqa: PLR2004 - Sunday
            yield _job("svc_consent_sweep", scenario.within(at, hours=1), 90)


def _scheduler(scenario: Scenario) -> Iterator[Act]:
    for number, day in enumerate(days()):
        for turn in range(12):
            begin = day + timedelta(hours=2 * turn, minutes=3)
            late = timedelta(milliseconds=scenario.draw.randrange(600_000))
            yield _job("svc_sundial", begin + late, number * 12 + turn + 1)


def _torn(_scenario: Scenario) -> Iterator[Act]:
    yield _job("svc_metrics_mail", _at("2022-01-31T23:59:41.007"), 31)
