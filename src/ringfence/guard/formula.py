"""Conditions as formulas over literals, with every negation at a literal.

A literal is a test of one key, wanted true or wanted false. What isn't decided becomes
a constant: true where one asks what is impossible whatever it is, false where one asks
what is certain whatever it is. Both follow Kleene: the formula under the first is false
just where the condition is, that under the second true just where the condition is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ringfence.guard.tree import (
    Absent,
    All,
    AnyOf,
    Compare,
    Condition,
    Not,
    Undecided,
)

Test = Absent | Compare


@dataclass(frozen=True, slots=True)
class Literal:
    """A test of a key, and whether it is to be true."""

    test: Test
    true: bool


@dataclass(frozen=True, slots=True)
class And:
    """All parts; of none, true."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Some part; of none, false."""

    parts: tuple[Formula, ...]


Formula = Literal | And | Or
TRUE = And(())
FALSE = Or(())


def formula(condition: Condition, *, undecided: bool, true: bool = True) -> Formula:
    """Return the formula that a condition is true, or that it is false.

    Args:
        condition: The condition.
        undecided: What to take an undecided part for, negated or not.
        true: Whether the condition is to be true.
    """
    match condition:
        case All() | AnyOf():
            parts = [formula(p, undecided=undecided, true=true) for p in condition.of]
            both = isinstance(condition, All) is true  # a negation swaps the two
            return conjunction(parts) if both else disjunction(parts)
        case Not():
            return formula(condition.of, undecided=undecided, true=not true)
        case Undecided():
            return TRUE if undecided else FALSE
        case Absent():
            return Literal(Absent(condition.key.casefold()), true)
        case Compare():
            return _comparison(condition, true=true)


def _comparison(comparison: Compare, *, true: bool) -> Formula:
    key = comparison.key.casefold()
    if comparison.values:
        values = tuple(sorted(set(comparison.values)))
        test = Compare(key, comparison.op, values, comparison.each)
        return Literal(test, true)
    if comparison.each == "all":  # of no values, only an absent key passes
        return Literal(Absent(key), true)
    return FALSE if true else TRUE


def conjunction(parts: Iterable[Formula]) -> Formula:
    """Return the formula that all parts hold, flat and without repetition."""
    return _joined(parts, And, FALSE)


def disjunction(parts: Iterable[Formula]) -> Formula:
    """Return the formula that some part holds, flat and without repetition."""
    return _joined(parts, Or, TRUE)


def _joined(
    parts: Iterable[Formula], join: Callable[..., And | Or], settles: Formula
) -> Formula:
    flat: dict[Formula, None] = {}
    for part in parts:
        if part == settles:
            return settles
        if isinstance(part, Literal) or type(part) is not join:
            flat[part] = None
        else:
            flat.update(dict.fromkeys(part.parts))
    only = tuple(flat)
    return only[0] if len(only) == 1 else join(only)


def literals(of: Formula) -> Iterator[Literal]:
    """Yield every literal of a formula, as often as it stands there."""
    if isinstance(of, Literal):
        yield of
    else:
        for part in of.parts:
            yield from literals(part)


def implicant(
    of: Formula, is_true: Callable[[Test], bool]
) -> dict[Literal, None] | None:
    """Return literals that make a formula true, and are true by a valuation.

    Of several parts that would do, the first counts. None: the valuation makes the
    formula false.
    """
    if isinstance(of, Literal):
        return {of: None} if is_true(of.test) is of.true else None
    found: dict[Literal, None] = {}
    for part in of.parts:
        needed = implicant(part, is_true)
        if isinstance(of, Or):
            if needed is not None:
                return needed
        elif needed is None:
            return None
        else:
            found |= needed
    return found if isinstance(of, And) else None


def replaced(of: Formula, change: Callable[[Test], Test]) -> Formula:
    """Return a formula with every test changed."""
    if isinstance(of, Literal):
        return Literal(change(of.test), of.true)
    parts = (replaced(part, change) for part in of.parts)
    return conjunction(parts) if isinstance(of, And) else disjunction(parts)
