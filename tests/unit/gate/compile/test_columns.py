"""A selector's test over columns: what generated scenes don't have."""

from __future__ import annotations

import numpy as np
import pytest

from ringfence.boundary.model import AllOf, Attribute, Employer, Not, Owned
from ringfence.boundary.status import Status
from ringfence.gate.compile.columns import Cell, Column, standing_columns

RESIDENCE = Column(
    np.array([0, 1, 2, 3, 0]),
    [Cell(("CN",)), Cell(("US",)), Cell(), Cell(("US",), doubted=True)],
)


def test_each_cell_is_judged_as_a_person_would_be():
    """Stated, absent and doubted values come to yes, no and unknown."""
    found = standing_columns(
        Attribute("residence", ("CN",)), {"residence": RESIDENCE}, {}
    )
    assert found.tolist() == [
        *(Status.YES, Status.NO, Status.UNKNOWN, Status.UNKNOWN, Status.YES)
    ]


def test_an_attribute_without_a_column_is_stated_of_nobody():
    """What no column states is absent in every row, whatever that means to the test."""
    columns = {"residence": RESIDENCE}
    test = AllOf((Attribute("team", ("x",), "no"), Not(Employer(("acme",)))))
    assert standing_columns(test, columns, {}).tolist() == [Status.NO] * 5


def test_employers_are_looked_up():
    """An employer counts as the scene has it, named with its kind or without."""
    column = Column(
        np.array([0, 1, 2]), [Cell(("acme",)), Cell(("legal_entity:b",)), Cell(("c",))]
    )
    entities = {"legal_entity:acme": Status.YES, "legal_entity:b": Status.NO}
    found = standing_columns(Employer(), {"employer": column}, entities)
    assert found.tolist() == [Status.YES, Status.NO, Status.UNKNOWN]


def test_ownership_is_no_test_for_people():
    """The grammar keeps `owned` to entities."""
    with pytest.raises(AssertionError):
        standing_columns(Owned(), {"residence": RESIDENCE}, {})
