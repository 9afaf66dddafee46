"""A made-up company as a facts file: the shape of a large estate, from a seed.

People belong to departments whose groups, roles and tables lie mostly together, which
is what makes real estates sparse: most edges are local, a few cross.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ringfence.estate.facts import Fact, attribute, edge, line, node

COLLECTED = "2022-01-30T00:00:00Z"
DEPARTMENTS = 200
EXCLUDED_SHARE = 0.02
BOUNDARY = """\
boundary: bench
population: a made-up population
as_of: 2022-01-31
unclassified: no
protected:
  - {name: contact, tags: [EMAIL]}
places: {primary: [US]}
excluded:
  in-china: {regime: country-residence, countries: [CN]}
sources:
  company: {kind: facts, files: [company.facts.jsonl]}
claims:
  - {id: nobody-can, says: nobody in CN can, kind: no_reach, excluded: in-china}
  - {id: stored-in-us, says: all data is in the US, kind: residency}
  - {id: no-master, says: nobody has it all, kind: no_single_principal}
"""


def facts(*, people: int, columns: int, size: int, seed: int) -> Iterator[Fact]:
    """Yield about `size` facts over people, groups, roles, tables and columns.

    Args:
        people: How many people; 2 % of them reside in CN.
        columns: How many columns, ten to a table; 2.5 % of them are protected.
        size: How many facts in all; memberships and grants make up the rest.
        seed: Seed of the generator.
    """
    dice = random.Random(seed)  # noqa: S311
    where = {"at": "bench:1", "source": "company"}
    yield Fact(
        fact="source",
        id="company",
        name="bench",
        value=COLLECTED,
        detail={"covers": "store:warehouse"},
        **where,
    )
    yield node("store:warehouse", **where)
    yield attribute("store:warehouse", "place", "US-VA", **where)
    groups, roles, tables = people // 5, people // 20, columns // 10
    for n in range(people):
        place = "CN" if dice.random() < EXCLUDED_SHARE else "US"
        yield attribute(f"person:p{n}", "residence", place, **where)
    for n in range(tables):
        yield edge("store:warehouse", "contains", f"dataset:warehouse/s.t{n}", **where)
    for n in range(columns):
        table = f"warehouse/s.t{n // 10}"
        tag = "EMAIL" if n % 40 == 0 else "none"
        column = f"column:{table}.c{n % 10}"
        yield edge(f"dataset:{table}", "contains", column, **where)
        yield attribute(column, "tag", tag, **where)
    shape = Shape(people, groups, roles, tables)
    for n in range(groups):
        yield node(f"group:g{n}", **where)
    for n in range(roles):
        yield node(f"role:warehouse/r{n}", **where)
    for n in range(size - people - groups - roles - tables - 2 * columns - 3):
        yield _edge(dice, n, shape, where)


@dataclass(frozen=True, slots=True)
class Shape:
    """How many there are of what edges join."""

    people: int
    groups: int
    roles: int
    tables: int


def _edge(
    dice: random.Random, number: int, shape: Shape, where: dict[str, str]
) -> Fact:
    department = dice.randrange(DEPARTMENTS)
    local = dice.random() < 0.99  # noqa: PLR2004

    def near(count: int) -> int:
        if not local:
            return dice.randrange(count)
        size = max(1, count // DEPARTMENTS)
        return min(count - 1, department * size + dice.randrange(size))

    group, role = f"group:g{near(shape.groups)}", f"role:warehouse/r{near(shape.roles)}"
    match number % 20:
        case 0:
            other = f"group:g{near(shape.groups)}"
            inner, outer = sorted((group, other))
            return edge(inner, "member_of", outer, **where)
        case 1:
            return edge(group, "can_assume", role, **where)
        case n if n < 5:  # noqa: PLR2004
            head = f"dataset:warehouse/s.t{near(shape.tables)}"
            return edge(role, "has_privilege", head, verb="read", **where)
        case _:
            return edge(f"person:p{near(shape.people)}", "member_of", group, **where)


def write(folder: Path, *, people: int, columns: int, size: int, seed: int) -> None:
    """Write `company.facts.jsonl` and `boundary.yaml` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "company.facts.jsonl").open("wb") as stream:
        for fact in facts(people=people, columns=columns, size=size, seed=seed):
            stream.write(line(fact) + b"\n")
    (folder / "boundary.yaml").write_text(BOUNDARY, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--people", type=int, default=60_000)
    parser.add_argument("--columns", type=int, default=200_000)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = vars(parser.parse_args())
    write(arguments.pop("folder"), **arguments)
