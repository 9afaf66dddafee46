"""Aggregates: counts of people, however a payload writes them, against what was told."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.boundary.channels import Declared, Holds
from ringfence.egress.channels.contract import Contract
from ringfence.egress.channels.judge import Given, Reason
from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.meter import aggregates as module
from ringfence.egress.meter.aggregates import Aggregates
from ringfence.egress.meter.meter import Meter
from ringfence.egress.payload import Payload
from tests.exiting import NOW, channel, contracts

ROWS = [("US", "a", 60), ("US", "b", 50), ("CA", "a", 4), ("", "", 114)]
PARTS: tuple[tuple[str, Holds], ...] = (
    ("region", "group"),
    ("age", "group"),
    ("people", "count"),
)
LEAST = 10


def contract(**more: object) -> Contract:
    """Return a contract of counts by region and age, in a table and in JSON."""
    columns = [
        Declared(f"{at}{name}", "text", holds=holds)
        for at in ("", "/", "/*/", "/rows/*/")
        for name, holds in PARTS
    ]
    told: dict[str, Any] = {"columns": tuple(columns), "cell": LEAST, **more}
    return contracts(channel(**told)).contracts[0]


def frame(rows=ROWS) -> pl.DataFrame:
    """Return counts as a table."""
    return pl.DataFrame(rows, schema=["region", "age", "people"], orient="row")


def objects(rows=ROWS) -> list[dict[str, object]]:
    """Return counts as objects."""
    return frame(rows).to_dicts()


def parquet(rows=ROWS) -> bytes:
    """Return counts as Parquet."""
    target = io.BytesIO()
    frame(rows).write_parquet(target)
    return target.getvalue()


def zipped(rows=ROWS) -> bytes:
    """Return counts as a table in an archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.csv", frame(rows).write_csv())
    return target.getvalue()


FORMATS = {
    "a.csv": lambda rows: frame(rows).write_csv().encode(),
    "a.jsonl": lambda rows: frame(rows).write_ndjson().encode(),
    "a.json": lambda rows: json.dumps(objects(rows)).encode(),
    "b.json": lambda rows: json.dumps({"rows": objects(rows)}).encode(),
    "a.parquet": parquet,
    "a.zip": zipped,
    "a.csv.gz": lambda rows: gzip.compress(frame(rows).write_csv().encode()),
}


@pytest.fixture
def meter(tmp_path: Path):
    """Return a meter."""
    found = Meter(tmp_path / "meter")
    yield found
    found.close()


def asked(
    meter: Meter,
    name: str,
    content: bytes | Path,
    given: Contract | None = None,
    *,
    tells: bool = True,
) -> list[Given]:
    """Ask whether counts may be told, and tell them if so."""
    found, payload = Aggregates(), Payload(name, content)
    by = given or contract()
    with meter.counting() as desk:
        wrong = [*found.refused(desk, by, payload, NOW)]
        if tells and not wrong:
            found.told(desk, by, payload, NOW)
    return wrong


def reasons(wrong: list[Given]) -> dict[str, tuple[int, int]]:
    """Return the first row and the number of flaws, by reason."""
    return {
        one.reason.value: (one.place.row if one.place else 0, one.count)
        for one in wrong
    }


@pytest.mark.parametrize("name", FORMATS)
def test_small_counts_are_found_in_every_format(meter: Meter, name: str):
    """A count below the smallest is refused, with its column and the first row."""
    wrong = asked(meter, name, FORMATS[name](ROWS))
    small = next(one for one in wrong if one.reason is Reason.SMALL_CELL)
    assert small.place is not None
    assert small.place.column.rpartition("/")[2] == "people"
    assert (small.count, small.most) == (1, LEAST)
    is_csv = ".csv" in name or name == "a.zip"
    expected = 1 if name == "b.json" else 4 if is_csv else 3
    assert small.place.row == expected


@pytest.mark.parametrize("first", FORMATS)
@pytest.mark.parametrize("second", ["a.csv", "a.json", "a.parquet"])
def test_what_one_format_told_another_cant_take_apart(meter: Meter, first, second):
    """A count that differs by few from what was told is refused in any format."""
    assert asked(meter, first, FORMATS[first]([("US", "a", 60)])) == []
    assert asked(meter, second, FORMATS[second]([("US", "a", 60)])) == []
    wrong = asked(meter, second, FORMATS[second]([("US", "a", 57)]))
    assert [one.reason for one in wrong] == [Reason.DIFFERENCE]


def test_a_total_and_its_parts_tell_the_rest(meter: Meter):
    """Parts that leave only a few of a total told before are refused."""
    total = b"region,age,people\nUS,total,100\n"
    assert asked(meter, "a.csv", total) == []
    parts = b"region,age,people\nUS,a,60\nUS,b,35\n"
    wrong = asked(meter, "b.csv", parts)
    assert Reason.COMPLEMENT in {one.reason for one in wrong}


def test_what_isnt_told_isnt_kept(meter: Meter):
    """A payload that was refused, or didn't leave, is nothing that was told."""
    first = FORMATS["a.csv"]([("US", "a", 60)])
    assert asked(meter, "a.csv", first, tells=False) == []
    assert asked(meter, "a.csv", FORMATS["a.csv"]([("US", "a", 57)])) == []


def test_a_channel_without_counts_has_nothing_to_refuse(meter: Meter):
    """Where no column is a count, nothing is read."""
    given = contract(columns=(Declared("region", "text"),))
    assert asked(meter, "a.csv", b"\xff\xff", given) == []
    assert asked(meter, "a.csv", Path("/nowhere"), given) == []


@pytest.mark.parametrize("value", ["-5", "1.5", "1,204", "many", "1e3", "\u0663"])
def test_what_is_no_count_is_held(meter: Meter, value: str):
    """A count that is no whole number, zero or more, can't be held against others."""
    wrong = asked(meter, "a.csv", f'region,people\nUS,"{value}"\nUS,50\n'.encode())
    assert reasons(wrong) == {"wrong-type": (2, 1)}
    assert value not in str(wrong)


def test_nothing_is_a_count_that_isnt_told(meter: Meter):
    """An empty cell, null and zero tell of nobody."""
    lines = b'{"people": null}\n\n{"region": "US"}\n{"people": 0, "region": "US"}\n'
    assert asked(meter, "a.jsonl", lines) == []
    assert asked(meter, "a.csv", b"region,people\nUS,\nCA,0\n") == []


def test_floats_that_are_whole_are_counts(meter: Meter):
    """50.0 is 50, and 2022.0 is the year that it is elsewhere."""
    first = b'{"people": 50.0, "region": 2022.0, "age": true}\n'
    assert asked(meter, "a.jsonl", first) == []
    other = b"region,age,people\n2022,true,47\n"
    assert reasons(asked(meter, "a.csv", other)) == {"difference": (2, 1)}


@pytest.mark.parametrize(
    "document",
    [
        {"rows": {"ann@example.com": {"people": 50}}},
        {"regions": ["US"], "people": 50},
        {"rows": [{"people": 50}], "other": [{"region": "US"}]},
    ],
)
def test_counts_that_belong_to_no_row_are_held(meter: Meter, document):
    """Groups in a list without counts, or counts where a list should be: undecided."""
    columns = (
        Declared("/rows/*/people", "integer", holds="count"),
        Declared("/people", "integer", holds="count"),
        Declared("/regions/*", "text", holds="group"),
        Declared("/other/*/region", "text", holds="group"),
    )
    wrong = asked(
        meter, "a.json", json.dumps(document).encode(), contract(columns=columns)
    )
    assert [one.what for one in wrong] == [Doubt.MALFORMED.value]


def test_counts_in_lists_of_parquet_are_held(meter: Meter):
    """Several counts of one row belong to no row of their own."""
    target = io.BytesIO()
    pl.DataFrame({"rows": [[{"people": 50}, {"people": 60}]]}).write_parquet(target)
    wrong = asked(meter, "a.parquet", target.getvalue())
    assert [one.reason for one in wrong] == [Reason.UNDECIDED]


def test_groups_around_a_list_hold_for_all_of_it(meter: Meter):
    """What stands outside a list is a condition on every count in it."""
    columns = (
        Declared("/region", "text", holds="group"),
        Declared("/rows/*/age", "text", holds="group"),
        Declared("/rows/*/people", "integer", holds="count"),
    )
    document = {"region": "US", "rows": [{"age": "a", "people": 60}]}
    content = json.dumps(document).encode()
    assert asked(meter, "a.json", content, contract(columns=columns)) == []
    wrong = asked(meter, "a.csv", b"region,age,people\nUS,a,57\n")
    assert reasons(wrong) == {"difference": (2, 1)}


def test_two_counts_of_the_same_people_are_held_against_each_other(meter: Meter):
    """105 members and 103 active ones tell of two that aren't."""
    columns = (
        Declared("region", "text", holds="group"),
        Declared("members", "integer", holds="count"),
        Declared("active", "integer", holds="count"),
    )
    content = b"region,members,active\nUS,105,103\n"
    wrong = asked(meter, "a.csv", content, contract(columns=columns))
    assert reasons(wrong) == {"difference": (2, 1)}


def test_too_many_rows_or_groups_cant_be_decided(
    meter: Meter, monkeypatch: pytest.MonkeyPatch
):
    """More than can be held against each other is held."""
    monkeypatch.setattr(module, "MOST", 3)
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        wrong = asked(meter, name, FORMATS[name](ROWS))
        assert [one.what for one in wrong] == [Doubt.LIMIT.value]
    columns = tuple(Declared(f"g{n}", "text", holds="group") for n in range(13))
    count = Declared("people", "integer", holds="count")
    wrong = asked(meter, "a.csv", b"people\n50\n", contract(columns=(*columns, count)))
    assert [one.what for one in wrong] == [Doubt.LIMIT.value]


def test_repeated_texts_are_read_by_row(meter: Meter):
    """A column that the opening keeps as a dictionary gives each row its own value."""
    rows = [(f"r{n % 7}", f"a{n // 7}", 50) for n in range(5_000)]
    rows[4_321] = (*rows[4_321][:2], 3)
    wrong = asked(meter, "a.csv", FORMATS["a.csv"](rows))
    small = next(one for one in wrong if one.reason is Reason.SMALL_CELL)
    assert small.place is not None
    assert (small.place.row, small.count) == (4_323, 1)


def test_malformed_lines_are_held(meter: Meter):
    """A line that isn't JSON may hold any count."""
    lines = b'{"people": 50}\n{"people": \n{"people": 60}\n'
    assert [one.reason for one in asked(meter, "a.jsonl", lines)] == [Reason.UNDECIDED]


def test_what_was_told_is_told_without_a_question(meter: Meter):
    """A payload that is told without having been asked of is read then."""
    payload = Payload("a.csv", FORMATS["a.csv"]([("US", "a", 60)]))
    with meter.counting() as desk:
        Aggregates().told(desk, contract(), payload, NOW)
    wrong = asked(meter, "a.csv", FORMATS["a.csv"]([("US", "a", 57)]))
    assert reasons(wrong) == {"difference": (2, 1)}


CELLS = st.tuples(
    st.sampled_from(["US", "CA", "total", ""]),
    st.sampled_from(["a", "b", "*"]),
    st.integers(0, 40),
)


@settings(max_examples=25, deadline=None)
@given(before=st.lists(CELLS, min_size=1, max_size=6), rows=st.lists(CELLS, min_size=1))
def test_every_format_tells_the_same(before, rows):
    """Whatever was told, and in whichever format, all formats are refused alike."""
    found = set()
    for name, form in FORMATS.items():
        with tempfile.TemporaryDirectory() as folder:
            meter = Meter(Path(folder) / "meter")
            asked(meter, name, form(before))
            wrong = asked(meter, name, form(rows), tells=False)
            found.add(frozenset((one.reason, one.count) for one in wrong))
            meter.close()
    assert len(found) == 1
