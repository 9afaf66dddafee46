"""What logs tell, made by hand: of many people, of nobody, and by hostile names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ringfence.claims.crossings import (
    Cell,
    Class,
    Crossings,
    Exhibit,
    Gap,
    LogSeen,
    Meter,
    Share,
)

MICRO = 1_000_000
DAY = 86_400 * MICRO
FIRST = 18_871 * DAY  # 2021-09-01
AFTER = FIRST + 153 * DAY  # 2022-02-01
EMAIL = "column:warehouse/public.users.email"
PULSE, BACKSTAGE, PSQL = "tool:pulse", "tool:backstage", "psql"
LI = "person:li.n@example"
DIGEST = "3f9a12c4d5e6" + "0" * 52
LABELS = {LI: "Li N.", PULSE: "Pulse dashboard", BACKSTAGE: "Backstage"}


def cells() -> tuple[Cell, ...]:
    """Return crossings of 23 people through three tools, and unknown events."""
    return tuple(sorted(_cells(), key=lambda one: (one.day, one.who, one.tool)))


def _cells() -> Iterator[Cell]:
    for number in range(23):
        who = LI if number == 0 else f"person:p{number:02}@example"
        for visit in range(1 + (22 - number) // 3):
            day = FIRST + (2 + (number * 17 + visit * 11) % 148) * DAY
            tool = (PULSE, BACKSTAGE, PSQL)[(number + visit) % 3]
            yield Cell(day, who, tool, Class.CROSSING, 1 + (number * visit) % 7)
    for week in range(21):
        day = FIRST + week * 7 * DAY
        yield Cell(day, "", "", Class.UNKNOWN, 20 + week * 13 % 40)


def logs() -> tuple[LogSeen, ...]:
    """Return three logs: one whole, one with gaps, one without a sign of life."""
    gaps = tuple(
        Gap("backstage", FIRST + day * DAY, FIRST + (day + 2) * DAY, 300)
        for day in (74, 101, 120, 140)
    )
    gap = ("log-gap", "backstage: 4 gaps in the period")
    broken = ("log-malformed", "warehouse: 52 lines of the log can't be read")
    silent = ("log-silent", "vault: there is no sign of life in the period")
    lived = FIRST + 600 * MICRO, AFTER - 3_600 * MICRO
    return (
        LogSeen(
            "warehouse", "pgaudit", 6, 8_104, 5, 52, 925, *lived, reasons=(broken,)
        ),
        LogSeen(
            "backstage",
            "declared",
            1,
            1_227,
            604,
            0,
            0,
            *lived,
            gaps,
            (gap,),
            is_listed=True,
        ),
        LogSeen("vault", "declared", 1, 0, 0, 0, 0, None, None, (), (silent,)),
    )


def exhibit(number: int, who: str = LI) -> Exhibit:
    """Return an event."""
    return Exhibit(
        id=f"{DIGEST[:12]}-{1_203 + number * 300}",
        time=FIRST + (2 + number) * DAY + 37_325 * MICRO,
        kind=Class.CROSSING,
        reason="crossing",
        who=who,
        actor="role:warehouse/svc_pulse",
        suspect="",
        grade="request",
        tool=PULSE,
        verb="read",
        touched=tuple(f"{EMAIL}{n or ''}" for n in range(1 + number % 5)),
        rows=None if number % 4 == 3 else 120 + number,
        address="203.0.113.7",
        basis="registration country: CN",
        log="warehouse",
        file="logs/warehouse/2021-09.csv.gz",
        digest=DIGEST,
        offset=1_203 + number * 300,
        length=290,
        line=18 + number,
    )


def shares(found: Sequence[Cell], by: str) -> tuple[Share, ...]:
    """Return the crossings of some cells by person or tool."""
    counts: Counter[str] = Counter()
    for one in found:
        if one.kind is Class.CROSSING:
            counts[getattr(one, by)] += one.events
    return tuple(
        Share(id_, events, events * 10, FIRST + 2 * DAY, FIRST + 148 * DAY)
        for id_, events in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    )


def many() -> Crossings:
    """Return what the logs tell of a company in which 23 people crossed."""
    found = cells()
    total = {
        kind: sum(one.events for one in found if one.kind is kind) for kind in Class
    }
    crossing, unknown = total[Class.CROSSING], total[Class.UNKNOWN]
    permitted = 9_331 - crossing - unknown
    party, cite = "legal_entity:shortvideo-holding", "28 CFR 202.205(f)"
    meters = (
        Meter(
            party, "covered-personal", 120_400, 3, 61, 100_000, cite, FIRST + 70 * DAY
        ),
        Meter(LI, "covered-personal", 402, 0, 0, 100_000, cite),
        Meter("person:p02@example", "contact", 7, 1, 1),
        Meter("person:p03@example", "contact", 0, 9, 90),
    )
    return Crossings(
        selector="in-china",
        protected=(),
        first=FIRST,
        after=AFTER,
        events=9_331 + 52,
        crossing=crossing,
        permitted=permitted,
        unknown=unknown,
        malformed=52,
        reasons={"crossing": crossing, "unprotected": permitted, "nobody": unknown},
        people=shares(found, "who"),
        tools=shares(found, "tool"),
        unknown_by=(("role:warehouse/svc_feedsync", "nobody", unknown),),
        cells=found,
        exhibits=tuple(map(exhibit, range(24))),
        meters=meters,
        logs=logs(),
        digest="7a" * 32,
        engine="duckdb 1.0",
        labels=LABELS,
    )


def unsure() -> Crossings:
    """Return what the logs tell where nobody is seen to cross, and much is unknown."""
    found = many()
    kept = tuple(one for one in found.cells if one.kind is Class.UNKNOWN)
    none = {"people": (), "tools": (), "exhibits": (), "meters": ()}
    return replace(
        found,
        **none,  # type: ignore[arg-type]
        cells=kept,
        events=found.events - found.crossing,
        crossing=0,
        reasons={"unprotected": found.permitted, "nobody": found.unknown},
    )


def hostile(names: Sequence[str]) -> Crossings:
    """Return what the logs tell where every name in them attacks."""
    bad = "".join(names[:3])
    found = tuple(
        Cell(FIRST + number * DAY, name, names[-number - 1], Class.CROSSING, 10**number)
        for number, name in enumerate(names)
    )
    shown = tuple(
        replace(
            exhibit(number, name),
            id=bad,
            actor=bad,
            suspect=bad,
            grade=bad,
            tool=bad,
            verb=bad,
            address=name,
            basis=name,
            log=name,
            file=name,
            digest=name,
            touched=tuple(names),
        )
        for number, name in enumerate(names)
    )
    meters = tuple(Meter(name, bad, 7, 1, 1, 5, bad, FIRST) for name in names)
    total = sum(one.events for one in found)
    return Crossings(
        selector=bad,
        protected=tuple(names),
        first=FIRST,
        after=FIRST + 30 * DAY,
        events=total,
        crossing=total,
        permitted=0,
        unknown=0,
        malformed=0,
        reasons={bad: total},
        people=shares(found, "who"),
        tools=shares(found, "tool"),
        unknown_by=tuple((name, bad, 1) for name in names),
        cells=found,
        exhibits=shown,
        meters=meters,
        logs=hostile_logs(names),
        digest=bad,
        engine=bad,
        labels={names[0]: bad},
    )


def hostile_logs(names: Sequence[str]) -> tuple[LogSeen, ...]:
    """Return a log for each of some hostile names."""
    return tuple(
        LogSeen(
            name,
            name,
            1,
            1,
            1,
            1,
            1,
            FIRST,
            FIRST + 9 * DAY,
            (Gap(name, FIRST + DAY, FIRST + 2 * DAY, 60),),
            ((name, name),),
        )
        for name in names
    )
