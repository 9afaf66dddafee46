"""Payloads for the egress benchmarks: whose data is in each row is known.

People are those of `bench/egress_billion.py`, by number: below `PROTECTED` they are in
the index, from there on they are somebody else. The same seed makes the same bytes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from bench.egress_billion import KINDS, people

KEYS = 50_000_000
PROTECTED = KEYS // len(KINDS)
ANSWERS, ROWS, LINES, BODIES = 60_000, 1_000_000, 150_000, 20_000
SAID = (
    "Please call me tomorrow, the parcel did not arrive.",
    "请明天给我打电话 包裹还没有到",
    "من فضلك اتصل بي غدا، الطرد لم يصل.",
    "Bitte rufen Sie mich morgen an, das Paket ist größer als gedacht.",
    "Mañana no puedo, ¿lo dejamos para el jueves a las cinco?",
)


def drawn(count: int, seed: int) -> tuple[list[int], int]:
    """Return numbers of people, half of them protected, and how many of them are."""
    chance = random.Random(seed)  # noqa: S311 - two runs must agree
    numbers = [
        chance.randrange(PROTECTED)
        if chance.random() < 1 / 2
        else PROTECTED + chance.randrange(PROTECTED)
        for _ in range(count)
    ]
    return numbers, len({one for one in numbers if one < PROTECTED})


def _named(numbers: list[int]) -> list[dict[str, str]]:
    """Return people by their numbers."""
    found = [people(one, 1).row(0, named=True) for one in numbers]
    return [{key: str(value) for key, value in one.items()} for one in found]


def answers(path: Path) -> int:
    """Write answers of an interface as JSON lines, and return how many people to find.

    About 1.3 KB each; half carry a person, and half of these are protected.
    """
    chance = random.Random(1)  # noqa: S311 - two runs must agree
    numbers, truth = drawn(ANSWERS // 2, 2)
    somebody = iter(_named(numbers))
    with path.open("w", encoding="utf-8") as file:
        for row in range(ANSWERS):
            file.write(json.dumps(_answer(chance, row)))
            if row % 2:
                file.seek(file.tell() - 1)
                one = next(somebody)
                told = {"customer": {**one, "id": int(one["id"])}}
                file.write(", " + json.dumps(told)[1:])
            file.write("\n")
    return truth


def _answer(chance: random.Random, row: int) -> dict[str, object]:
    return {
        "request_id": f"{chance.getrandbits(128):032x}"[:24],
        "created_at": f"2026-0{chance.randrange(1, 9)}-11T06:05:{row % 60:02d}Z",
        "status": chance.choice(("active", "pending", "closed_by_customer")),
        "items": [
            {
                "sku": f"SKU-{chance.randrange(10**6):06d}",
                "title": chance.choice(SAID),
                "price": chance.randrange(10**5) / 100,
                "image": f"https://cdn.example.com/img/{chance.randrange(10**6)}.jpg",
                "weights": [round(chance.random(), 6) for _ in range(4)],
            }
            for _ in range(4)
        ],
        "links": {"self": f"/api/v2/orders/{chance.randrange(10**6)}?expand=items"},
    }


def export(path: Path) -> int:
    """Write a table of 17 columns as Parquet, and return how many people to find."""
    first, half = PROTECTED - ROWS // 2, ROWS // 2
    known = people(first, ROWS)
    chance = random.Random(3)  # noqa: S311 - two runs must agree
    order = list(range(ROWS))
    chance.shuffle(order)
    table = known[order].with_columns(
        pl.int_range(0, ROWS, dtype=pl.Int64).alias("line"),
        *(
            (pl.int_range(0, ROWS, dtype=pl.Int64) * step % 977).alias(f"count_{step}")
            for step in (3, 5, 7)
        ),
        *(
            (pl.int_range(0, ROWS) * step % 99_991 / 7).alias(f"share_{step}")
            for step in (11, 13)
        ),
        *(
            pl.Series(f"word_{step}", [SAID[one * step % len(SAID)] for one in order])
            for step in (1, 2, 3)
        ),
        pl.lit("US").alias("country"),
        pl.Series("day", [f"2026-01-{one % 28 + 1:02d}" for one in order]),
        (pl.int_range(0, ROWS) % 2 == 0).alias("active"),
    )
    table.write_parquet(path, use_pyarrow=True)
    return half


def chat(path: Path) -> int:
    """Write lines of chat, one in four names one; return how many people to find."""
    chance = random.Random(4)  # noqa: S311 - two runs must agree
    numbers, truth = drawn(LINES // 4, 5)
    somebody = iter(_named(numbers))
    with path.open("w", encoding="utf-8") as file:
        for row in range(LINES):
            said = chance.choice(SAID)
            if row % 4 == 0:
                one = next(somebody)
                said = f"{said} {chance.choice((one['email'], one['id']))} {said}"
            file.write(f"{said}\n")
    return truth


def bodies() -> Iterator[bytes]:
    """Yield small bodies of about 1 KB; one in eight carries a person."""
    chance = random.Random(6)  # noqa: S311 - two runs must agree
    numbers, _ = drawn(BODIES // 8, 7)
    somebody = iter(_named(numbers))
    for row in range(BODIES):
        answer = _answer(chance, row)
        answer["items"] = (
            answer["items"][:3] if isinstance(answer["items"], list) else []
        )
        if row % 8 == 0:
            answer["customer"] = next(somebody)
        yield json.dumps(answer).encode()
