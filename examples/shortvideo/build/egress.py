"""What leaves, and what lies abroad: people made up, and files that hold them.

Nobody here is anybody: e-mail addresses are of domains kept for examples (RFC 2606),
telephone numbers of those kept for fiction (555-0100 to 555-0199 of any area code; of
the United Kingdom, 07700 900000 to 900999), and all other numbers are drawn by a seed.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pyarrow as pa
from people import FAMILY, GIVEN
from pyarrow import parquet

SEED = 20220117
PROTECTED = 1_500
OTHERS = 900
FORGOTTEN = 1_204
"""How many of the protected are in the copy that lies in Singapore."""

_DOMAINS = ("example.com", "example.net", "example.org", "mail.example", "post.example")
_AREAS = (201, 206, 212, 213, 214, 215, 216, 303, 305, 312, 404, 415, 503, 512, 617)
_REGIONS = ("GB", "SG", "ID", "VN", "TH", "MY", "PH", "JP", "FR", "DE")
_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody with an account."""

    account_id: int
    email: str
    phone: str
    device_id: str
    advertising_id: str
    region: str


def accounts() -> tuple[list[Account], list[Account]]:
    """Return the protected, who live in the US, and others, who don't."""
    draw = random.Random(SEED)
    every = range(690_000_000_000_000_000, 705_000_000_000_000_000)
    numbers = draw.sample(every, PROTECTED + OTHERS)
    names = [f"{given}.{family}".lower() for given in GIVEN for family in FAMILY]
    addresses = [
        f"{name}@{draw.choice(_DOMAINS)}" for name in draw.sample(names, len(numbers))
    ]
    places = ["US"] * PROTECTED + [draw.choice(_REGIONS) for _ in range(OTHERS)]
    found = [
        Account(
            number,
            address,
            _phone(place, at),
            str(UUID(int=draw.getrandbits(128), version=4)),
            str(UUID(int=draw.getrandbits(128), version=4)),
            place,
        )
        for at, (number, address, place) in enumerate(
            zip(numbers, addresses, places, strict=True)
        )
    ]
    return found[:PROTECTED], found[PROTECTED:]


def _phone(place: str, at: int) -> str:
    if place == "US":
        return f"+1{_AREAS[at // 100]}55501{at % 100:02}"
    return f"+447700900{at - PROTECTED:03}"


def files(case: Path) -> dict[str, bytes]:
    """Return the content of each file by its name.

    Args:
        case: The folder of the case. Two versions of the library write alike rows in
            different bytes, so a table that is there already is left as it is.
    """
    protected, others = accounts()
    draw = random.Random(SEED + 1)
    tables = {
        "population.parquet": _people(protected),
        "abroad/accounts/profile.parquet": _people(others),
        "abroad/tmp/migration-test/contacts.parquet": _contacts(
            draw.sample(protected, FORGOTTEN), draw
        ),
    }
    listed = draw.sample(protected, 60)
    built = {
        "outbox/audience-figures/2022-01-17.eml": _mail(listed, draw),
        "outbox/dashboard-export/sessions-2022-01.csv": _sessions(
            draw.sample(protected, 240), draw
        ),
        "outbox/partner-api/region-day.json": _answer(draw, "page 2"),
        "outbox/partner-api/region-day-next.json": _answer(draw, _cursor(protected[0])),
        "abroad/events/watch-2022-01.csv": _watched(others, draw),
        "abroad/support/tickets.jsonl": _tickets(draw.sample(others, 150), draw),
    }
    for name, table in tables.items():
        built[name] = _written(case / "egress" / name, table)
    return {f"egress/{name}": built[name] for name in sorted(built)}


def _people(some: Iterable[Account]) -> pa.Table:
    columns = ("account_id", "email", "phone", "device_id", "advertising_id")
    people = list(some)
    return pa.table({name: [getattr(one, name) for one in people] for name in columns})


def _contacts(some: Iterable[Account], draw: random.Random) -> pa.Table:
    rows = [
        {
            "account_id": one.account_id,
            "email": one.email,
            "phone": one.phone,
            "region": one.region,
            "copied_at": f"2021-08-{draw.randint(1, 28):02}",
        }
        for one in some
    ]
    return pa.Table.from_pylist(rows)


def _written(path: Path, table: pa.Table) -> bytes:
    if path.exists():
        delivered = path.read_bytes()
        if parquet.read_table(pa.BufferReader(delivered)).equals(table):
            return delivered
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, row_group_size=400)
    return bytes(sink.getvalue())


def _csv(rows: Sequence[Mapping[str, object]]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def _moment(draw: random.Random, first: int, last: int) -> str:
    day, hour = draw.randint(first, last), draw.randrange(24)
    return f"2022-01-{day:02}T{hour:02}:{draw.randrange(_MINUTES):02}:00Z"


def _mail(some: Iterable[Account], draw: random.Random) -> bytes:
    """Return the mail of every second Monday, with the spreadsheet."""
    rows = [
        {
            "account_id": one.account_id,
            "email": one.email,
            "region": one.region,
            "created_at": _moment(draw, 3, 16),
        }
        for one in some
    ]
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "conveyor@loopwing.example"
    mail["To"] = "weekly-growth@loopwing.example"
    mail["Date"] = "Mon, 17 Jan 2022 01:00:00 +0000"
    mail["Subject"] = "New accounts of the last two weeks"
    mail.set_content("The figures for the growth meeting are attached.\n")
    mail.add_attachment(
        _csv(rows), maintype="text", subtype="csv", filename="new-accounts.csv"
    )
    mail.set_boundary("=figures=of=two=weeks=")
    return mail.as_bytes()


def _sessions(some: Iterable[Account], draw: random.Random) -> bytes:
    rows = [
        {
            "account_id": one.account_id,
            "email": one.email,
            "device_id": one.device_id,
            "region": one.region,
            "day": f"2022-01-{draw.randint(1, 31):02}",
            "sessions": draw.randint(1, 40),
        }
        for one in some
    ]
    return _csv(rows)


def _answer(draw: random.Random, following: str) -> bytes:
    """Return which videos are watched most in a region, and how to ask on."""
    words = ("cats", "rain", "noodles", "bikes", "stars", "moss", "trains", "kites")
    videos = [
        {"title": f"{draw.choice(words)} and {word}", "views": draw.randint(100, 9_999)}
        for word in words
    ]
    answer = {"region": "SG", "day": "2022-01-16", "videos": videos, "next": following}
    return json.dumps(answer, indent=1).encode() + b"\n"


def _cursor(one: Account) -> str:
    """Return how the partner asks on: made of an account, as nobody can see."""
    return sha256(f"a salt that nobody knows {one.account_id}".encode()).hexdigest()


def _watched(some: Sequence[Account], draw: random.Random) -> bytes:
    rows = [
        {
            "account_id": one.account_id,
            "device_id": one.device_id,
            "video_id": draw.randint(10_000, 99_999),
            "seconds": draw.randint(1, 180),
            "seen_at": _moment(draw, 1, 31),
        }
        for one in draw.choices(some, k=1_500)
    ]
    return _csv(rows)


def _tickets(some: Iterable[Account], draw: random.Random) -> bytes:
    bodies = ("I can't sign in.", "My video is gone.", "How do I change my phone?")
    lines = [
        json.dumps(
            {
                "ticket": number,
                "email": one.email,
                "phone": one.phone,
                "body": draw.choice(bodies),
            }
        )
        for number, one in enumerate(some, start=1)
    ]
    return ("\n".join(lines) + "\n").encode()
