"""A selector's test over columns of attributes: as many principals as there are rows.

For principals that no scene holds yet: whoever is about to be hired, or a whole
directory. Each value that occurs is judged once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, assert_never

import numpy as np
from numpy.typing import NDArray

from ringfence.boundary.model import AllOf, AnyOf, Attribute, Employer, Not, Owned, Test
from ringfence.boundary.selector import EMPLOYER
from ringfence.boundary.status import Status
from ringfence.gate.compile.standing import judge

Statuses = NDArray[np.int8]


class Cell(NamedTuple):
    """What is stated of one attribute: its values, and whether they can be doubted."""

    values: tuple[str, ...] = ()
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """An attribute of many people: each row's place among the cells that occur."""

    codes: NDArray[np.integer]
    cells: Sequence[Cell]


def standing_columns(
    test: Test, columns: Mapping[str, Column], entities: Mapping[str, Status]
) -> Statuses:
    """Return how each row stands to a test for people, as the number of a `Status`.

    Args:
        test: The test.
        columns: At least one attribute's column; of any other attribute, nothing is
            stated. They are of one length.
        entities: Whether each legal entity is excluded by the test's selector.
    """
    match test:
        case AnyOf() | AllOf():
            parts = [standing_columns(one, columns, entities) for one in test.of]
            joined = np.maximum if isinstance(test, AnyOf) else np.minimum
            found: Statuses = joined.reduce(parts)
            return found
        case Not():
            inner = standing_columns(test.of, columns, entities)
            opposite: Statuses = np.int8(Status.YES) - inner
            return opposite
        case Attribute():
            return _looked_up(test, test.name, columns, entities)
        case Employer():
            return _looked_up(test, EMPLOYER, columns, entities)
        case Owned():
            raise AssertionError(test)  # the grammar keeps it to entities
        case _:
            assert_never(test)


def _looked_up(
    test: Attribute | Employer,
    name: str,
    columns: Mapping[str, Column],
    entities: Mapping[str, Status],
) -> Statuses:
    judged = judge(test, entities)
    column = columns.get(name)
    if column is None:
        rows = len(next(iter(columns.values())).codes)
        return np.full(rows, judged({}, frozenset()), np.int8)
    doubted = frozenset((name,))
    statuses = [
        judged({name: frozenset(cell.values)}, doubted if cell.doubted else frozenset())
        for cell in column.cells
    ]
    found: Statuses = np.array(statuses, np.int8)[column.codes]
    return found
