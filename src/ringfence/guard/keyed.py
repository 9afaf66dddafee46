"""Literals about one key: which values would the key have to have?

A key may be absent, have one value, or have several. The three are tried in turn, so
that a request found says no more than it has to.
"""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.guard.clock import Clock
from ringfence.guard.formula import Literal
from ringfence.guard.tree import Absent, Compare
from ringfence.guard.words import UnsureError, word


def values(literals: Sequence[Literal], clock: Clock) -> tuple[str, ...] | None:
    """Return values of a key that make all literals true; None if none do.

    No values mean that the key is absent.

    Raises:
        UnsureError: None were found, but there may be some.
        OutOfTimeError: The search isn't over.
    """
    if all(_true_when_absent(one) for one in literals):
        return ()
    if any(isinstance(one.test, Absent) and one.true for one in literals):
        return None
    compares = [
        (one.test, one.true) for one in literals if isinstance(one.test, Compare)
    ]
    inside = [test for test, true in compares if true]
    outside = [test for test, true in compares if not true]
    unsure = False
    try:
        single = word(inside, outside, clock)
        if single is not None:
            return (single,)
    except UnsureError:
        unsure = True
    found = _several(inside, outside, clock)
    if found is None and unsure:
        raise UnsureError
    return found


def core(literals: Sequence[Literal], clock: Clock) -> list[Literal]:
    """Return some of the literals that contradict each other without the rest.

    None of them could be left out. The literals given contradict each other.
    """
    kept = list(literals)
    for one in literals:
        fewer = [other for other in kept if other is not one]
        try:
            if values(fewer, clock) is None:
                kept = fewer
        except UnsureError:
            pass  # it may be needed
    return kept


def _true_when_absent(literal: Literal) -> bool:
    test = literal.test
    return (isinstance(test, Absent) or test.each == "all") is literal.true


def _several(
    inside: Sequence[Compare], outside: Sequence[Compare], clock: Clock
) -> tuple[str, ...] | None:
    """Return two values or more, or None.

    Every value compares with what `all` have to, and with nothing that none may; and
    each of the other demands has a value that meets it.
    """
    if any(test.each == "one" for test in inside):
        return None
    all_do = [test for test in inside if test.each == "all"]
    none_do = [test for test in outside if test.each == "any"]
    demands = [([*all_do, test], none_do) for test in inside if test.each == "any"] + [
        (all_do, [*none_do, test]) for test in outside if test.each == "all"
    ]
    found: dict[str, None] = {}
    for one_inside, one_outside in demands:
        meeting = word(one_inside, one_outside, clock)
        if meeting is None:
            return None
        found[meeting] = None
    while len(found) < 2:  # noqa: PLR2004
        but = [Compare("", "equals", tuple(found))] if found else []
        further = word(all_do, [*none_do, *but], clock)
        if further is None:
            return None
        found[further] = None
    return tuple(found)
