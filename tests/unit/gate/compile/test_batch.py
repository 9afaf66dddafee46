"""Searches and batches: the corners that generated scenes rarely meet."""

from __future__ import annotations

import numpy as np
import pytest

from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Dataset, Grant, Known, Leave, Scene
from ringfence.boundary.model import Attribute, Gate, Owned, Selector
from ringfence.boundary.status import Status
from ringfence.gate.compile import crowds
from ringfence.gate.compile.batch import Batch, Coded

NOW = "2026-06-01T00:00:00Z"
TABLE = "dataset:wh/s.t"
OUT = tuple(f"person:out{n}" for n in range(4))
INSIDE = tuple(f"person:in{n}" for n in range(4))


def scene(mode="fence", leaves=(), grants=()) -> Scene:
    """Return a scene of eight people, half of whom are excluded."""
    return Scene(
        boundary="b",
        estate="e",
        since="2026-01-01T00:00:00Z",
        until="2027-01-01T00:00:00Z",
        gate=Gate(excluded=("abroad",), mode=mode),
        selectors=(Selector("abroad", Attribute("residence", ("CN",)), Owned()),),
        people={
            **{one: Known({"residence": ("CN",)}) for one in OUT},
            **{one: Known({"residence": ("US",)}) for one in INSIDE},
        },
        entities={
            "abroad": {"legal_entity:x": Status.YES, "legal_entity:y": Status.NO}
        },
        datasets={TABLE: Dataset({"email": Status.YES}), "dataset:free": Dataset()},
        stores={"store:wh": (TABLE,)},
        leaves=leaves,
        grants=grants,
    )


def leave(*who: str) -> Leave:
    """Return an exception for everything in the table."""
    return Leave("l", who, ("wh/s.t.email",), "", 9, "2026-07-01T00:00:00Z")


def test_those_inside_are_found():
    """Everybody inside the fence may, sorted; whoever is excluded may not."""
    assert Batch(scene()).principals("read", TABLE, NOW) == [*INSIDE]


@pytest.mark.parametrize(
    "who", [OUT[:1], OUT[-1:], OUT, (*OUT[1:2], "person:nobody"), ("robot:r",)]
)
def test_whoever_an_exception_concedes_is_found_in_their_place(who):
    """An exception puts those it names into the list, and the list stays sorted."""
    many = Batch(scene(leaves=(leave(*who),)))
    asked = Request("", "read", TABLE, subjects=1)
    assert many.whoever(asked, NOW) == sorted({*INSIDE, *who} & {*INSIDE, *OUT})
    assert many.principals("read", TABLE, NOW) == [*INSIDE]


def test_an_exception_that_falls_short_takes_nothing_away():
    """Whoever has an exception is found with a mask, as whoever has none."""
    there = scene(leaves=(leave(OUT[0]),))
    masked = Dataset({"email": Status.YES}, masks={"email": "full"})
    there.datasets[TABLE] = masked
    asked = Request("", "read", TABLE, obeys=frozenset({"mask"}))
    assert Batch(there).whoever(asked, NOW) == sorted({*INSIDE, *OUT})


def test_a_list_that_was_given_away_is_the_callers():
    """What a caller does to a list changes no later answer."""
    many = Batch(scene())
    many.principals("read", TABLE, NOW).clear()
    assert many.principals("read", TABLE, NOW) == [*INSIDE]


def test_lists_that_are_kept_are_bounded(monkeypatch):
    """A search that is always another keeps some lists, and no more."""
    monkeypatch.setattr(crowds, "MOST_LISTS", 1)
    many = Batch(scene())
    for resource, found in ((TABLE, 4), ("dataset:free", 8), (TABLE, 4)):
        assert len(many.principals("read", resource, NOW)) == found
    assert len(many._crowds["person"].lists.kept) == 1


def test_kinds_that_nobody_is_of_find_nobody():
    """An unknown kind is no error."""
    many = Batch(scene())
    assert many.principals("read", TABLE, NOW, kind="robot") == []
    assert many.principals("read", "dataset:free", NOW, kind="") == []
    assert many.resources(INSIDE[0], "read", NOW, kind="planet") == []
    assert [*many._crowds] == ["person", "legal_entity"]


def test_entities_are_searched_too():
    """Legal entities are found by what the scene says of each."""
    found = Batch(scene()).principals("read", TABLE, NOW, kind="legal_entity")
    assert found == ["legal_entity:y"]


def test_data_is_found_by_kind():
    """Datasets, columns and stores are searched each by themselves."""
    many = Batch(scene())
    assert many.resources(OUT[0], "read", NOW) == ["dataset:free"]
    assert many.resources(INSIDE[0], "read", NOW, kind="store") == ["store:wh"]
    assert many.resources(INSIDE[0], "read", NOW, kind="column") == [
        "column:wh/s.t.email"
    ]


def test_holders_of_a_grant_are_found():
    """In the mode that asks for grants, a search finds their holders alone."""
    given = Grant((*INSIDE[:2], OUT[0], "person:nobody"), ("read",), (TABLE,))
    many = Batch(scene("grants", grants=(given,)))
    assert many.principals("read", TABLE, NOW) == [*INSIDE[:2]]
    assert many.principals("insert", TABLE, NOW) == []


def test_an_empty_batch_is_no_error():
    """No request, no answer."""
    many = Batch(scene())
    assert many.allowed([], NOW).tolist() == []
    nothing = Coded(np.array([], int), [])
    assert many.crossing(Request("", "read", ""), nothing, nothing, NOW).tolist() == []


def test_columns_of_questions_count_exceptions_one_by_one():
    """A principal whom an exception names is decided alone, the others by stance."""
    many = Batch(scene(leaves=(leave(OUT[1]),)))
    who, what = (OUT[0], OUT[1], INSIDE[0]), (TABLE, "dataset:free")
    rows = [(one, other) for one in range(3) for other in range(2)]
    first, second = (np.array(one) for one in zip(*rows, strict=True))
    asked = Request("", "read", "", subjects=1)
    found = many.crossing(asked, Coded(first, who), Coded(second, what), NOW)
    assert found.tolist() == [False, True, True, True, True, True]
