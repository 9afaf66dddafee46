"""People and stores for tests of scans, with the truth about who is where."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Mapping, Sequence

import pyarrow as pa
from pyarrow import parquet

from ringfence.egress.forms.kinds import Kind
from ringfence.egress.scan.looking import Watch
from ringfence.egress.scan.taking import WHOLE, Take
from tests.egress_known import Remembered

Row = Mapping[str, str]

KNOWN = Remembered(
    {
        number: [
            (Kind.EMAIL, f"person{number}@mail.example"),
            (Kind.PHONE, f"+1415555{100 + number:04}"),
        ]
        for number in range(1, 61)
    }
)
"""Sixty protected people; person 1 is subject 1."""


def watch(take: Take = WHOLE) -> Watch:
    """Return what looks for these people."""
    return Watch(KNOWN, take)


def row(subject: int, draw: random.Random) -> Row:
    """Return somebody's row; subject 0 is somebody else's."""
    who = f"person{subject}" if subject else f"other{draw.randint(1000, 9999)}"
    phone = f"+1415555{100 + subject:04}" if subject else "+447700900123"
    return {
        "email": f"{who}@mail.example",
        "phone": phone,
        "city": draw.choice(["Rome, old", 'the "Hague"', "Oslo", ""]),
    }


def rows(subjects: Sequence[int], seed: int = 0) -> list[Row]:
    """Return rows of some people, in their order."""
    draw = random.Random(seed)  # noqa: S311 (the same each time)
    return [row(subject, draw) for subject in subjects]


def as_csv(some: Sequence[Row]) -> bytes:
    """Return rows as CSV with a header."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, ["email", "phone", "city"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(some)
    return stream.getvalue().encode()


def as_lines(some: Sequence[Row]) -> bytes:
    """Return rows as JSON lines."""
    return "".join(json.dumps(one) + "\n" for one in some).encode()


def as_text(some: Sequence[Row]) -> bytes:
    """Return rows as lines of chat."""
    return "".join(f"write to {one['email']} soon\n" for one in some).encode()


def as_parquet(some: Sequence[Row], group: int = 16) -> bytes:
    """Return rows as Parquet, in small row groups, without statistics."""
    sink = pa.BufferOutputStream()
    schema = pa.schema([(name, pa.string()) for name in ("email", "phone", "city")])
    table = pa.Table.from_pylist([*some], schema=schema)
    parquet.write_table(table, sink, row_group_size=group, write_statistics=False)
    return bytes(sink.getvalue())


FORMS = {
    "csv": as_csv,
    "jsonl": as_lines,
    "txt": as_text,
    "parquet": as_parquet,
}
