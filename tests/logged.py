"""Small cases with logs of their own: written as JSON lines, and read as any log is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ringfence.boundary.model import Claim
from ringfence.boundary.order import LogOrder, Naming
from ringfence.claims.case import Case
from ringfence.claims.events.past import Logs
from ringfence.claims.events.reading import Ordered, read
from ringfence.claims.judgement import Judgement
from ringfence.claims.kinds import judge
from ringfence.documents.yaml import read_yaml
from ringfence.estate.facts import Fact
from tests.estates import attribute, case, edge, source

MICRO = 1_000_000
DAY = 86_400 * MICRO
FIRST = datetime(2022, 1, 1, tzinfo=UTC)
EMAIL, CITY = "column:db/s.users.email", "column:db/s.users.city"
USERS = "dataset:db/s.users"
READ = source(
    covers=["store:db"],
    history="2019-01-01T00:00:00Z",
    collected="2022-02-01T00:00:00Z",
)
DATA = (
    READ,
    edge("store:db", "contains", USERS),
    edge(USERS, "contains", EMAIL),
    edge(USERS, "contains", CITY),
    attribute(EMAIL, "tag", "EMAIL"),
    attribute(CITY, "tag", "none"),
)
PEOPLE = (
    attribute("person:ann", "residence", "CN"),
    attribute("person:bo", "residence", "US"),
)
OPTIONS = """
fields: {time: t, actor: who, behind: by, verb: verb, resource: data, columns: columns,
  rows: rows, subjects: subjects, address: ip, ending: end, session: session}
denied: [denied]
"""
Event = Mapping[str, object]


def day(number: float) -> str:
    """Return an instant so many days after the first of January 2022."""
    return f"{(FIRST + timedelta(days=number)).replace(tzinfo=None).isoformat()}Z"


def at(number: float) -> int:
    """Return the same instant in microseconds since 1970."""
    return int(FIRST.timestamp()) * MICRO + round(number * DAY)


def event(number: float, who: str, **more: object) -> Event:
    """Return an event that reads e-mail addresses, so many days into the year."""
    told = {"data": USERS, "columns": "email", "verb": "read"}
    return {"t": day(number), "who": who, **told, **more}


def order(folder: Path, name: str = "db", **more: Any) -> LogOrder:
    """Return an order for a log of January 2022 that may be silent all the time."""
    options = read_yaml(OPTIONS, "b.yaml").data
    assert isinstance(options, dict)
    told = LogOrder(
        name,
        "declared",
        (f"{name}.jsonl",),
        base=folder,
        store=name,
        since=at(0),
        until=at(31),
        collected=at(31),
        cadence=40 * 86_400,
        principals=(Naming("svc-*", "service_account:{1}"),),
        options=options,
    )
    return replace(told, **more)


def write_log(folder: Path, name: str, events: Sequence[Event | str]) -> None:
    """Write a log; a text is a line as it stands."""
    lines = [one if isinstance(one, str) else json.dumps(one) for one in events]
    (folder / f"{name}.jsonl").write_text("".join(f"{one}\n" for one in lines))


@contextmanager
def logged(
    folder: Path,
    facts: Sequence[Fact],
    events: Sequence[Event | str],
    *claims: Claim,
    orders: Sequence[LogOrder] = (),
    **more: Any,
) -> Iterator[Case]:
    """Give a case with the log `db`, and with others that are ordered and written."""
    write_log(folder, "db", events)
    whole = case(folder, facts, *claims, **more)
    ordered = Ordered(orders or (order(folder),), folder, folder / "out" / "events")
    with read(ordered, whole) as past:
        whole.past = past
        yield whole


def judged(
    folder: Path,
    facts: Sequence[Fact],
    events: Sequence[Event | str],
    asked: Claim,
    **more: Any,
) -> Judgement:
    """Return the judgement of a claim."""
    with logged(folder, facts, events, asked, **more) as whole:
        return judge(asked, whole)


def past_of(whole: Case) -> Logs:
    """Return what the logs of a case tell."""
    assert isinstance(whole.past, Logs)
    return whole.past


def codes(found: Judgement) -> list[str]:
    """Return the codes of the reasons, in order."""
    return [reason.code for reason in found.reasons]
