"""Values of one key: is there one that compares with these, and with none of those?

Each kind of operator has a complete search. Text is searched by automata (`globs`).
Bounds cut numbers, instants and addresses into stretches on which no comparison
changes, so one value of each stretch, and one that is no such value, are all to try.

Comparisons of several kinds with one key are searched by kind, and what is found is
held against all. That is complete too if a kind alone has no value, or if the texts are
listed; otherwise finding nothing proves nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from ringfence.guard import globs, values
from ringfence.guard.clock import Clock
from ringfence.guard.operators import OPERATORS, Kind
from ringfence.guard.tree import Compare

NONSENSE = "x"  # no number, no instant, no address


class UnsureError(Exception):
    """No value was found, and that there is none isn't certain."""


def word(
    inside: Sequence[Compare], outside: Sequence[Compare], clock: Clock
) -> str | None:
    """Return a value that compares with all of `inside`, none of `outside`.

    None means that there is no such value.

    Raises:
        UnsureError: None was found, but there may be one.
        OutOfTimeError: The search isn't over.
    """
    kinds = {_kind(one) for one in (*inside, *outside)}
    if not kinds:
        return NONSENSE
    if len(kinds) == 1:
        return _word_of(kinds.pop(), inside, outside, clock)
    return _word_of_all(sorted(kinds), inside, outside, clock)


def compares_with(text: str, comparison: Compare) -> bool:
    """Return whether one value compares, whatever other values the key has."""
    matches = OPERATORS[comparison.op].matches
    return any(matches(text, value) for value in comparison.values)


def _kind(comparison: Compare) -> Kind:
    return OPERATORS[comparison.op].kind


def _word_of(
    kind: Kind, inside: Sequence[Compare], outside: Sequence[Compare], clock: Clock
) -> str | None:
    if kind is Kind.TEXT:
        return globs.witness(*_automata(inside, outside), clock)
    candidates = _candidates(kind, (*inside, *outside))
    return _first(candidates, inside, outside, clock)


def _word_of_all(
    kinds: Sequence[Kind],
    inside: Sequence[Compare],
    outside: Sequence[Compare],
    clock: Clock,
) -> str | None:
    for one in inside:
        if one.op == "equals":
            return _first(one.values, inside, outside, clock)
    candidates: list[str] = []
    for kind in kinds:
        of_kind = [
            [one for one in comparisons if _kind(one) is kind]
            for comparisons in (inside, outside)
        ]
        alone = _word_of(kind, of_kind[0], of_kind[1], clock)
        if alone is None:
            return None
        candidates.append(alone)
        if kind is not Kind.TEXT:
            candidates.extend(_candidates(kind, [*of_kind[0], *of_kind[1]]))
    found = _first(candidates, inside, outside, clock)
    if found is None:
        raise UnsureError
    return found


def _first(
    candidates: Iterable[str],
    inside: Sequence[Compare],
    outside: Sequence[Compare],
    clock: Clock,
) -> str | None:
    for text in candidates:
        clock.step()
        if all(compares_with(text, one) for one in inside) and not any(
            compares_with(text, one) for one in outside
        ):
            return text
    return None


def _automata(
    inside: Sequence[Compare], outside: Sequence[Compare]
) -> tuple[list[globs.Automaton], list[globs.Automaton]]:
    """Return the automata of comparisons, without patterns that can't come to bear.

    If everything has to begin alike, patterns that begin otherwise match nothing.
    """
    beginning = max(
        (globs.beginning(one.op, one.values) for one in inside), key=len, default=""
    )
    made = (
        [globs.automaton(o.op, globs.beside(o.op, o.values, beginning)) for o in side]
        for side in (inside, outside)
    )
    return next(made), next(made)


def _candidates(kind: Kind, comparisons: Sequence[Compare]) -> Iterator[str]:
    bounds = [value for one in comparisons for value in one.values]
    match kind:
        case Kind.NUMBER:
            yield from _around(bounds, values.number, values.number_text)
        case Kind.INSTANT:
            yield from _around(bounds, values.instant, values.instant_text)
        case _:
            yield from _addresses(bounds)
    yield NONSENSE


def _around(
    bounds: Iterable[str],
    read: Callable[[str], Fraction | None],
    spell: Callable[[Fraction], str],
) -> Iterator[str]:
    """Yield each bound, one value between two neighbours, one below and one above."""
    points = sorted({point for text in bounds if (point := read(text)) is not None})
    if not points:
        return
    yield from map(spell, points)
    yield from (spell(_between(low, high)) for low, high in pairwise(points))
    yield spell(Fraction(points[0].__floor__() - 1))
    yield spell(Fraction(points[-1].__ceil__() + 1))


def _between(low: Fraction, high: Fraction) -> Fraction:
    """Return a value between two: a whole one if there is."""
    whole = Fraction(low.__floor__() + 1)
    return whole if whole < high else (low + high) / 2


def _addresses(bounds: Iterable[str]) -> Iterator[str]:
    """Yield the first address of each stretch that no range's edge divides."""
    starts = {(4, 0), (6, 0)}
    for network in [one for text in bounds if (one := values.network(text))]:
        first, last = network.network_address, network.broadcast_address
        starts |= {(network.version, int(first)), (network.version, int(last) + 1)}
    for version, start in sorted(starts):
        if start < 1 << (32 if version == 4 else 128):  # noqa: PLR2004
            of = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address  # noqa: PLR2004
            yield str(of(start))
