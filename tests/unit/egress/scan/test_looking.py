"""What a dataset and its columns are called, and who is seen in rows."""

from __future__ import annotations

import numpy as np
import polars as pl

from ringfence.egress.inspection.report import Coverage, Sighting, Undecided
from ringfence.egress.inspection.sightings import Doubt, Place, Written
from ringfence.egress.payload import Payload
from ringfence.egress.scan.looking import (
    Held,
    column_of,
    doubted,
    gaps_of,
    portions,
    told,
)
from tests.scanned import watch


def sighting(column: str, tag: str, *subjects: int, part=(), count=1) -> Sighting:
    place = Place(part, column, 1)
    people = np.array(subjects, np.uint64)
    return Sighting(place, tag, Written.PLAIN, count, people)


def looked(*columns: Held):
    look = watch().rows()
    count = len(columns[0].values)
    look.chunk(portions(columns, np.arange(1, count + 1, dtype=np.int64)), count)
    return look


def test_a_name_is_kept_unless_it_is_somebodys():
    """The part of a path that is an identifier is called by a number, always the same."""
    one = watch()
    assert one.called("exports/us/a.csv") == "exports/us/a.csv"
    assert one.called("exports/person7@mail.example/a.csv") == "exports/*1/a.csv"
    assert one.called("x/person8@mail.example") == "x/*2"
    assert one.called("y/person7@mail.example") == "y/*1"


def test_a_name_steers_no_terminal():
    """Control characters are made visible."""
    assert watch().called("a\x1b[2Jb") == "a\\x1b[2Jb"


def test_a_column_has_no_dot():
    """Ids divide dataset and column at the last dot; containers are named before it."""
    assert column_of(Place((), "a.b", 1)) == "a%2Eb"
    assert column_of(Place(("m.csv", "header"), "x", 1)) == "m%2Ecsv/header/x"
    assert column_of(Place((), "", 1)) == "text"


def test_bounds_are_values_of_their_column():
    """What a format keeps beside a column counts as the column's."""
    assert column_of(Place(("statistics",), "email", 0)) == "email"


def test_sightings_are_brought_together():
    """However it is written, it is one column and kind; without people it is none."""
    found = told(
        [
            sighting("b", "EMAIL", 2, count=3),
            sighting("a", "PHONE", 1),
            sighting("b", "EMAIL", 1, 2),
            sighting("c", "LOCATION"),
        ]
    )
    assert [(one.column, one.tag, one.values) for one in found] == [
        ("a", "PHONE", 1),
        ("b", "EMAIL", 4),
    ]
    assert found[1].subjects.tolist() == [1, 2]


def test_doubts_are_counted_by_reason():
    """And a part that wasn't looked through is a gap, with its reason if it has one."""
    undecided = [Undecided(Place(), Doubt.IMAGE, 2), Undecided(Place(), Doubt.IMAGE)]
    assert doubted(undecided) == {"image": 3}
    assert gaps_of(Coverage.COMPLETE, undecided) == ()
    assert gaps_of(Coverage.PARTIAL, undecided) == ("image",)
    assert gaps_of(Coverage.SKIPPED, []) == ("not all of it could be opened",)


def test_rows_are_counted_once():
    """Somebody in two columns of a row is one row; a null is nobody."""
    look = looked(
        Held("a", pl.Series(["person1@mail.example", None, "x"])),
        Held("b", pl.Series(["+14155550101", "+14155550102", None])),
        Held("n", pl.Series([None, None, 14155550103], dtype=pl.Int64)),
    )
    look.chunk(
        portions([Held("a", pl.Series(["person1@mail.example"]))], np.array([1])), 1
    )
    found = look.dataset("x", "table", 4, "", watch().take)
    assert (found.hits, found.looked) == (4, 4)
    assert found.subjects.tolist() == [1, 2, 3]


def test_what_stands_half_in_the_next_column_is_seen():
    """A name, and its domain beside it."""
    look = looked(
        Held("local", pl.Series(["person5", "nobody"])),
        Held("domain", pl.Series(["mail.example", "mail.example"])),
    )
    assert look.dataset("x", "table", 2, "", watch().take).subjects.tolist() == [5]


def test_a_payload_is_looked_through_whole(tmp_path):
    """Also its name, and what is packed in it."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\nperson2@mail.example,1\n")
    one = watch()
    payload = Payload("person3@mail.example.csv", path)
    found = one.whole("person3@mail.example.csv", payload)
    assert found.subjects.tolist() == [2, 3]
    assert found.name == "*1"
    assert {one.column for one in found.seen} == {"a", "metadata/name"}
    assert found.is_whole
    assert found.hits is None
