"""Payloads as they leave: API answers, an export, chat, each with the truth per row.

A small population is protected; everybody else's data looks the same. `truth` names
the subjects that stand in each row, and nothing else may be found.
"""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass, field

import polars as pl

from ringfence.egress.forms.kinds import Kind
from tests.egress_known import Remembered

FIRST = (
    "jane",
    "maria",
    "wei",
    "olga",
    "ahmed",
    "lena",
    "sam",
    "noor",
    "paul",
    "ingrid",
    "kofi",
    "yuki",
)
LAST = (
    "doe",
    "smith",
    "lopez",
    "chen",
    "ivanova",
    "hassan",
    "mueller",
    "park",
    "okoye",
    "tanaka",
    "berg",
)
HOSTS = ("example.com", "mail.example.org", "post.example.net", "firma.example")
SAYINGS = (
    "Please call me tomorrow, the parcel did not arrive.",
    "请明天给我打电话，包裹还没有到。谢谢！",
    "من فضلك اتصل بي غدا، الطرد لم يصل.",
    "Bitte rufen Sie mich morgen an, das Paket ist größer als gedacht.",
    "Пожалуйста, позвоните мне завтра.",
    "📦 still missing 😢👍🏽 see you 👨‍👩‍👧",
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, with every identifier that payloads carry."""

    subject: int
    account: str
    name: str
    email: str
    phone: str  # +1 and ten digits
    device: str  # with dashes
    address: str  # IPv4

    @property
    def identifiers(self) -> tuple[tuple[Kind, str], ...]:
        """What an index holds of them."""
        return (
            (Kind.ACCOUNT_ID, self.account),
            (Kind.EMAIL, self.email),
            (Kind.PHONE, self.phone),
            (Kind.DEVICE_ID, self.device),
            (Kind.IP, self.address),
        )


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts, and who stands in each."""

    texts: pl.Series
    truth: tuple[frozenset[int], ...]


@dataclass
class Population:
    """People, half of them protected, drawn from a seed."""

    seed: int
    protected: int = 50
    others: int = 50
    people: list[Person] = field(init=False)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Draw everybody."""
        self.chance = random.Random(self.seed)  # noqa: S311 - two runs must agree
        count = self.protected + self.others
        accounts = self.chance.sample(range(10**17, 10**18), count)
        phones = self.chance.sample(range(2_000_000, 9_999_999), count)
        self.people = [
            self._person(place, str(accounts[place]), phones[place])
            for place in range(count)
        ]

    def _person(self, place: int, account: str, phone: int) -> Person:
        chance = self.chance
        name = f"{chance.choice(FIRST)}.{chance.choice(LAST)}"
        octets = [chance.randrange(11, 120), *(chance.randrange(256) for _ in "abc")]
        return Person(
            subject=10**6 + place,
            account=account,
            name=name,
            email=f"{name}{place}@{chance.choice(HOSTS)}",
            phone=f"+1{chance.choice(('415', '212', '303'))}{phone:07d}",
            device=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            address=".".join(map(str, octets)),
        )

    @property
    def known(self) -> Remembered:
        """An index of the protected."""
        return Remembered(
            {one.subject: one.identifiers for one in self.people[: self.protected]}
        )

    def truth(self, *people: Person) -> frozenset[int]:
        """Return the protected of some."""
        inside = self.people[: self.protected]
        return frozenset(one.subject for one in people if one in inside)

    def answers(self, rows: int) -> Corpus:
        """Return API answers as JSON lines of about 1.3 KB; half carry a person."""
        texts, truth = [], []
        for row in range(rows):
            person = self.chance.choice(self.people) if row % 2 else None
            texts.append(json.dumps(self._answer(row, person)))
            truth.append(self.truth(person) if person else frozenset())
        return Corpus(pl.Series("answer", texts, dtype=pl.String), tuple(truth))

    def _answer(self, row: int, person: Person | None) -> dict[str, object]:
        chance = self.chance
        answer: dict[str, object] = {
            "request_id": str(uuid.UUID(int=chance.getrandbits(128))),
            "created_at": f"2026-0{chance.randrange(1, 9)}-11T06:05:{row % 60:02d}.{chance.randrange(10**6):06d}Z",
            "ts": 1_790_000_000 + chance.randrange(10**7),
            "status": chance.choice(("active", "pending", "closed_by_customer")),
            "version": "v4.12.7",
            "items": [
                {
                    "sku": f"SKU-{chance.randrange(10**6):06d}",
                    "title": chance.choice(SAYINGS),
                    "price": chance.randrange(10**5) / 100,
                    "image": f"https://cdn.example.com/img/{chance.getrandbits(64):016x}.jpg",
                    "weights": [round(chance.random(), 6) for _ in range(4)],
                }
                for _ in range(3)
            ],
            "links": {"self": f"/api/v2/orders/{chance.randrange(10**6)}?expand=items"},
        }
        if person:
            answer["customer"] = {
                "id": int(person.account),
                "email": person.email,
                "phone": person.phone,
                "device": {"id": person.device, "ip": person.address},
                "display": person.name.replace(".", " ").title(),
            }
        return answer

    def chat(self, rows: int) -> Corpus:
        """Return lines of chat in several languages; one in four names somebody."""
        texts, truth = [], []
        for row in range(rows):
            said = self.chance.choice(SAYINGS)
            person = self.chance.choice(self.people) if row % 4 == 0 else None
            texts.append(self._said(said, person) if person else said)
            truth.append(self.truth(person) if person else frozenset())
        return Corpus(pl.Series("line", texts, dtype=pl.String), tuple(truth))

    def _said(self, said: str, person: Person) -> str:
        number = person.phone
        spaced = f"({number[2:5]}) {number[5:8]}-{number[8:]}"
        told = self.chance.choice((person.email, number, spaced, person.account))
        cut = self.chance.randrange(len(said))
        gap = self.chance.choice((" ", ": ", ", "))
        return f"{said[:cut]}{gap}{told}{gap}{said[cut:]}"

    def export(self, rows: int) -> tuple[pl.DataFrame, tuple[frozenset[int], ...]]:
        """Return a table of 17 columns, a person in each row, and the truth."""
        people = [self.chance.choice(self.people) for _ in range(rows)]
        truth = tuple(self.truth(person) for person in people)
        return pl.DataFrame([self._line(one) for one in people]), truth

    def _line(self, person: Person) -> dict[str, object]:
        chance = self.chance
        return {
            "account": int(person.account),
            "email": person.email,
            "phone": person.phone,
            "device": person.device,
            "ip": person.address,
            "name": person.name.title(),
            "country": chance.choice(("US", "DE", "SG")),
            "orders": chance.randrange(200),
            "spent": chance.randrange(10**6) / 100,
            "rating": chance.random(),
            "since": f"20{chance.randrange(10, 26)}-03-0{chance.randrange(1, 9)}",
            "seen": 1_790_000_000 + chance.randrange(10**7),
            "plan": chance.choice(("free", "plus")),
            "note": chance.choice(SAYINGS),
            "sku": f"SKU-{chance.randrange(10**6):06d}",
            "active": chance.random() < 0.5,
            "session": str(uuid.UUID(int=chance.getrandbits(128))),
        }
