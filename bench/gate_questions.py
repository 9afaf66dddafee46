"""One set of questions for every engine: who may read which table, and from where.

Two thousand people of forty countries work for companies that own one another; some
tables are protected; a few hundred approvals let one person read one table until a day.
Whoever lives in a listed country is excluded, whoever sits in one while asking, and
whoever works for a listed company or for one that such a company stands above.

Everything is known of everybody, so that an engine of two values comes to the same
answers as one of three.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Dataset, Known, Leave, Scene
from ringfence.boundary.model import (
    AnyOf,
    Attribute,
    Employer,
    Gate,
    Owned,
    Selector,
)
from ringfence.boundary.status import Status

NOW = "2026-06-01T00:00:00Z"
LISTED = ("CN", "CU", "HK", "IR", "KP", "MO", "RU", "VE")
OTHERS = tuple(f"{a}{b}" for a in "ABDF" for b in "EFGJLMST")
EXCLUDED, PROTECTED, APPROVED, ABROAD = 0.2, 0.4, 0.1, 0.05  # shares of all
CHAINS = 9  # companies that nobody stands above
COLUMNS = tuple(f"c{number}" for number in range(12))


@dataclass(frozen=True, slots=True)
class Question:
    """May this person read this table, sitting in that country?

    Attributes:
        session: The country, empty where nobody says.
    """

    person: str
    table: str
    session: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What every engine is told.

    Attributes:
        residence: Country of each person. `employer`: company of each.
        owner: The company above each company; none above the first of each chain.
        listed: Companies that are listed.
        protected: Whether each table is protected.
        approved: Until when who may read what.
    """

    residence: dict[str, str]
    employer: dict[str, str]
    owner: dict[str, str]
    listed: frozenset[str]
    protected: dict[str, bool]
    approved: dict[tuple[str, str], str]

    def is_hostile(self, company: str) -> bool:
        """Return whether a company is listed, or one above it is."""
        while company not in self.listed:
            if company not in self.owner:
                return False
            company = self.owner[company]
        return True

    def approvals(self) -> dict[str, dict[str, str]]:
        """Return until when, by person and then by table."""
        found: dict[str, dict[str, str]] = {}
        for (person, table), until in self.approved.items():
            found.setdefault(person, {})[table] = until
        return found


def facts(people: int = 2_000, tables: int = 500) -> Facts:
    """Return the facts: the same each time."""
    chance = Random(6)  # noqa: S311 - the same questions for everybody
    companies = [f"co{number}" for number in range(120)]
    names = [f"p{number}" for number in range(people)]
    stores = [f"wh/s.t{number}" for number in range(tables)]
    pairs = [(chance.choice(names), chance.choice(stores)) for _ in range(400)]
    return Facts(
        {
            one: chance.choice(LISTED)
            if chance.random() < EXCLUDED
            else chance.choice(OTHERS)
            for one in names
        },
        {one: chance.choice(companies) for one in names},
        {
            one: companies[place // 3]
            for place, one in enumerate(companies)
            if place >= CHAINS
        },
        frozenset(companies[:1]),
        {one: chance.random() < PROTECTED for one in stores},
        {pair: f"2026-{chance.randint(1, 12):02}-15T00:00:00Z" for pair in pairs},
    )


def questions(known: Facts, count: int, *, session: bool) -> list[Question]:
    """Return questions, of which one in ten is about an approval."""
    chance = Random(7)  # noqa: S311 - the same questions for everybody
    people, tables, approved = [*known.residence], [*known.protected], [*known.approved]
    asked = []
    for _ in range(count):
        person, table = chance.choice(people), chance.choice(tables)
        if chance.random() < APPROVED:
            person, table = chance.choice(approved)
        listed = chance.random() < ABROAD
        country = chance.choice(LISTED if listed else OTHERS) if session else ""
        asked.append(Question(person, table, country))
    return asked


def scene(known: Facts) -> Scene:
    """Return the facts as the scene that Ringfence decides on."""
    test = AnyOf(
        (
            Attribute("residence", LISTED),
            Attribute("location", LISTED, "no"),
            Employer(()),
        )
    )
    companies = {*known.owner, *known.owner.values(), *known.employer.values()}
    return Scene(
        boundary="b" * 64,
        estate="e" * 64,
        since="2026-01-01T00:00:00Z",
        until="2027-01-01T00:00:00Z",
        gate=Gate(excluded=("covered",)),
        selectors=(Selector("covered", test, Owned()),),
        people={
            f"person:{one}": Known(
                {
                    "residence": (known.residence[one],),
                    "employer": (f"legal_entity:{known.employer[one]}",),
                }
            )
            for one in known.residence
        },
        entities={
            "covered": {
                f"legal_entity:{one}": Status.YES
                if known.is_hostile(one)
                else Status.NO
                for one in companies
            }
        },
        datasets={
            f"dataset:{one}": Dataset(
                dict.fromkeys(COLUMNS, Status.YES if is_protected else Status.NO)
            )
            for one, is_protected in known.protected.items()
        },
        leaves=tuple(
            Leave(
                f"leave-{place}",
                (f"person:{person}",),
                tuple(f"{table}.{column}" for column in COLUMNS),
                "repair",
                1_000_000,
                until,
            )
            for place, ((person, table), until) in enumerate(known.approved.items())
        ),
    )


def request(asked: Question) -> Request:
    """Return a question as Ringfence is asked it."""
    return Request(
        f"person:{asked.person}",
        "read",
        f"dataset:{asked.table}",
        stated={"location": (asked.session,)} if asked.session else {},
        purpose="repair",
        subjects=1,
    )
