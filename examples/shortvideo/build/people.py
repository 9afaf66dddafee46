"""The people of the case, drawn from a seed: who they are, where, in which team.

Names come from one list for every place. Nobody can tell from a name where somebody
lives, and no selector could ask.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

SEED = 20220131
DOMAIN = "loopwing.example"

US, CN, SG = "loopwing-us", "loopwing-engineering", "loopwing-services"
# Who lives where is employed by whom; the British branch belongs to Singapore.
EMPLOYERS = {"US": US, "CN": CN, "SG": SG, "GB": SG}

# Head count of each team by residence.
TEAMS: dict[str, dict[str, int]] = {
    "growth": {"US": 15, "CN": 9, "SG": 6, "GB": 5},
    "recommendation": {"US": 11, "CN": 12, "SG": 5, "GB": 3},
    "ads": {"US": 24, "CN": 6, "SG": 9, "GB": 9},
    "live": {"US": 9, "CN": 6, "SG": 4, "GB": 3},
    "infrastructure": {"US": 16, "CN": 9, "SG": 10, "GB": 4},
    "data-platform": {"US": 13, "CN": 10, "SG": 6, "GB": 3},
    "internal-audit": {"US": 3, "CN": 2},
    "office": {"US": 8, "CN": 3, "SG": 3, "GB": 3},
    "trust-and-safety": {"US": 31, "SG": 18, "GB": 15},
    "creators": {"US": 22, "SG": 6, "GB": 8},
    "support": {"US": 34, "SG": 8, "GB": 7},
    "payouts": {"US": 12},
    "legal": {"US": 7, "SG": 2, "GB": 2},
    "us-access": {"US": 6},
}
# Residence in Singapore until the first of November 2021, in China from then on.
MOVED = {"growth": 2, "data-platform": 1}
MOVE_DAY = "2021-11-01"
# In China until the first of June 2021, in Singapore from then on.
MOVED_OUT = {"recommendation": 1, "infrastructure": 1}
OUT_DAY = "2021-06-01"
# People whose residence no file states.
SILENT = ("support", "office", "ads")
LEFT = 4  # accounts switched off, not yet removed from their groups
# When they left, in the order of their logins.
LEAVING = ("2021-10-08", "2022-01-07", "2021-12-03", "2021-11-15")

_GIVEN = """
Ada Alex Anya Arlo Asa Bela Bo Cai Cleo Dana Dee Eden Eli Ema Emre Esme Fay Fen Gil
Gia Hana Hugo Ida Ines Ira Ivo Jae Jo Juno Kai Kei Kim Lan Lee Lena Leo Lin Liv Lou
Lu Mae Mai Mari Max Mei Mika Min Mira Nia Noa Nora Ola Oren Pia Quin Rae Remi Rin Ro
Rosa Rui Sam Sasha Sen Shai Sol Suki Tae Tam Tao Teo Tess Uma Vera Wei Wren Xan Yan
Yui Zan Zoe
"""
_FAMILY = """
Abel Adler Alba Bai Banks Bell Berg Bose Brandt Cao Chan Cole Costa Cruz Dahl Deng
Diaz Dorn Dunn Fan Faro Finch Flint Fox Gale Gao Grant Gray Guo Haas Han Hart Hong
Hu Iyer Jain James Jiang Kane Khan Kim Koch Kwan Lam Lane Lau Lee Li Lim Lin Liu
Long Lowe Ma Marsh Mehta Meng Moore Nair Neal Ng North Okoye Oak Ortiz Park Peng
Pike Qian Rao Reed Rossi Roy Sato Shah Shen Silva Singh Song Stone Sun Tan Tang Teo
Tran Vale Vega Wang Ward Wen West Wood Wu Xie Xu Yang Yip York Zhao Zhou Zhu
"""
GIVEN, FAMILY = _GIVEN.split(), _FAMILY.split()


@dataclass(slots=True)
class Person:
    """One person.

    Attributes:
        login: What systems call the person: the part of the address before the `@`.
        residence: Country of residence on the day of the case; empty when not recorded.
        before: An earlier residence, and the day on which it ended.
        left: The day from which somebody doesn't work there any more.
    """

    login: str
    name: str
    team: str
    residence: str
    employer: str
    employment: str
    us_person: str
    manager: str = ""
    before: tuple[str, str] | None = None
    active: bool = True
    left: str = ""
    groups: set[str] = field(default_factory=set)

    @property
    def id(self) -> str:
        """Return the id that every source's facts join on."""
        return f"person:{self.login}"


def staff() -> list[Person]:
    """Return everybody, in the order of the staff list."""
    draw = random.Random(SEED)
    found: list[Person] = []
    logins: set[str] = set()
    for team, places in TEAMS.items():
        for place, count in places.items():
            found += [_person(draw, logins, team, place) for _ in range(count)]
    _silence(found, draw, logins)
    _move(found)
    _direct(found)
    # The staff list is by login, as an export would be.
    found.sort(key=lambda one: one.login)
    leavers = [one for one in found if one.residence == "US" and one.team == "ads"]
    for one, day in zip(leavers[:LEFT], LEAVING, strict=True):
        one.active, one.left = False, day
    return found


def _person(draw: random.Random, logins: set[str], team: str, place: str) -> Person:
    while True:
        given, family = draw.choice(GIVEN), draw.choice(FAMILY)
        login = f"{given}.{family}".lower()
        if login not in logins:
            break
    logins.add(login)
    return Person(
        login=f"{login}@{DOMAIN}",
        name=f"{given} {family}",
        team=team,
        residence=place,
        employer=EMPLOYERS[place],
        employment="contractor" if draw.random() < 0.08 else "employee",  # noqa: PLR2004
        us_person=_us_person(draw, place),
    )


def _us_person(draw: random.Random, place: str) -> str:
    """Return what the staff system records: yes, no, or nothing for one in nine."""
    chance = draw.random()
    if chance > 0.89:  # noqa: PLR2004
        return ""
    is_one = chance < (0.8 if place == "US" else 0.05)
    return "yes" if is_one or place == "US" else "no"


def _silence(found: list[Person], draw: random.Random, logins: set[str]) -> None:
    for team in SILENT:
        one = _person(draw, logins, team, "US")
        one.residence, one.us_person, one.employment = "", "", "contractor"
        one.employer = ""
        found.append(one)


def _move(found: list[Person]) -> None:
    for moves, place, before, day in (
        (MOVED, "CN", "SG", MOVE_DAY),
        (MOVED_OUT, "SG", "CN", OUT_DAY),
    ):
        for team, count in moves.items():
            movers = [o for o in found if (o.team, o.residence) == (team, place)]
            for one in movers[:count]:
                one.before = (before, day)


def _direct(found: list[Person]) -> None:
    """Give each team a head; four product teams are directed from China."""
    for team in TEAMS:
        members = [one for one in found if one.team == team]
        abroad = [one for one in members if one.residence == "CN"]
        is_directed_from_china = team in {
            "growth",
            "recommendation",
            "internal-audit",
            "live",
        }
        head = (abroad if is_directed_from_china else members)[0]
        for one in members:
            if one is not head:
                one.manager = head.login


def staff_list(people: list[Person]) -> str:
    """Return `people.csv`: a row for each person, two for who moved or left."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        (
            "login",
            "full_name",
            "team",
            "country_of_residence",
            "legal_employer",
            "contract",
            "us_person",
            "reports_to",
            "valid_from",
            "valid_to",
            "active",
        )
    )
    for one in people:
        writer.writerows(_rows(one))
    return out.getvalue()


def _rows(one: Person) -> Iterator[tuple[str, ...]]:
    first = (one.login, one.name, one.team)
    last = (one.employment, one.us_person, one.manager)
    day = ""
    if one.before:
        place, day = one.before
        yield (*first, place, EMPLOYERS[place], *last, "", day, "")
    row = (*first, one.residence, one.employer, *last)
    yield (*row, day, one.left, "")
    if one.left:
        yield (*row, one.left, "", "no")
