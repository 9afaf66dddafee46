"""Languages of text: is there a text that all these patterns match, and none of those?

The patterns of one comparison are one automaton without empty steps, run as a bit mask:
a bit for each place of each pattern, set while what was read so far brings the pattern
there. A `*` is a loop at a place. The product of several automata is searched breadth
first: a text found is a shortest one, and if none is found there is none.

Only the characters that some pattern names can tell patterns apart, and one character
that none names stands for all others, so the search is complete over all of Unicode.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from ringfence.guard import values
from ringfence.guard.clock import Clock
from ringfence.guard.operators import Operator

_WILD = re.compile(r"[*?]")
_PLAIN = "x0abcdefghijklmnopqrstuvwyz123456789"
_BEYOND = 0x4E00  # where to look for an unnamed character when all plain ones are named


@dataclass(frozen=True, slots=True)
class Automaton:
    """Patterns, any of which a text may match; every field is a mask of places.

    Attributes:
        start: Where reading begins.
        final: Where a pattern is complete.
        loops: Where any character may stay; `colon_loops`, where a colon may too.
        wild: Where any character leads on; `colon_wild`, where a colon does too.
        named: Where a character leads on that the pattern names.
    """

    start: int
    final: int
    loops: int
    colon_loops: int
    wild: int
    colon_wild: int
    named: dict[str, int]

    def after(self, places: int, character: str) -> int:
        """Return the places reached from some places by a character."""
        if character == ":":
            loops, wild = self.colon_loops, self.colon_wild
        else:
            loops, wild = self.loops, self.wild
        forward = places & (wild | self.named.get(character, 0))
        return forward << 1 | places & loops

    def takes_all(self, places: int) -> bool:
        """Return whether every text that goes on from here is matched."""
        return bool(places & self.final & self.colon_loops)

    def matches(self, text: str) -> bool:
        """Return whether some pattern matches a whole text."""
        places = self.start
        for character in text:
            places = self.after(places, character)
        return bool(places & self.final)


@dataclass(slots=True)
class _Builder:
    """An automaton in the making: places are numbered through all patterns."""

    start: int = 0
    final: int = 0
    loops: int = 0
    colon_loops: int = 0
    wild: int = 0
    colon_wild: int = 0
    place: int = 1  # the bit of the next place

    def add(self, op: Operator, pattern: str, named: dict[str, int]) -> None:
        """Add one pattern, and mark in `named` where its characters lead on."""
        self.start |= self.place
        colons_left = values.ARN_PARTS - 1 if op == "arn_like" else 0
        for character in pattern:
            if character == ":" and colons_left:
                colons_left -= 1
            if op in ("like", "arn_like") and character in "*?":
                self._add_wild(character, colon=not colons_left)
                continue
            same = values.cases(character) if op == "equals_ignoring_case" else ""
            for one in same or character:
                named[one] = named.get(one, 0) | self.place
            self.place <<= 1
        self.final |= self.place
        self.place <<= 1

    def _add_wild(self, character: str, *, colon: bool) -> None:
        if character == "*":
            self.loops |= self.place
            self.colon_loops |= self.place if colon else 0
        else:
            self.wild |= self.place
            self.colon_wild |= self.place if colon else 0
            self.place <<= 1


@lru_cache(4096)
def automaton(op: Operator, patterns: tuple[str, ...]) -> Automaton:
    """Return the automaton of the texts that compare with one of some patterns."""
    made = _Builder()
    named: dict[str, int] = {}
    for pattern in patterns:
        made.add(op, pattern, named)
    return Automaton(
        start=made.start,
        final=made.final,
        loops=made.loops,
        colon_loops=made.colon_loops,
        wild=made.wild,
        colon_wild=made.colon_wild,
        named=named,
    )


@lru_cache(4096)
def beginning(op: Operator, patterns: tuple[str, ...]) -> str:
    """Return how every text begins that compares with one of some patterns."""
    found = [_literal_beginning(op, one) for one in patterns]
    first, last = min(found, default=""), max(found, default="")
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(character for character, _ in alike)


@lru_cache(4096)
def beside(op: Operator, patterns: tuple[str, ...], beginning: str) -> tuple[str, ...]:
    """Return the patterns that may match a text with a given beginning."""
    if not beginning:
        return patterns
    return tuple(
        one
        for one, own in ((p, _literal_beginning(op, p)) for p in patterns)
        if own.startswith(beginning) or beginning.startswith(own)
    )


def _literal_beginning(op: Operator, pattern: str) -> str:
    match op:
        case "equals":
            return pattern
        case "like" | "arn_like":
            return _WILD.split(pattern, 1)[0]
        case _:
            return ""


def witness(
    inside: Sequence[Automaton], outside: Sequence[Automaton], clock: Clock
) -> str | None:
    """Return a text that all of `inside` match and none of `outside`; None: none is.

    The text is a shortest one, but not the empty one unless it is the only one.

    Raises:
        OutOfTimeError: The search isn't over.
    """
    return _Search(inside, outside, clock).run()


_States = tuple[int, ...]


class _Search:
    """A search of the product: a state has the places of each automaton."""

    def __init__(
        self, inside: Sequence[Automaton], outside: Sequence[Automaton], clock: Clock
    ) -> None:
        self.inside = inside
        self.all = (*inside, *outside)
        self.clock = clock
        self.other = _unnamed(self.all)
        # A colon is named by every pattern that treats it in a way of its own.
        self.always = [self.other, *(":" if self._has_colons() else "")]

    def _has_colons(self) -> bool:
        return any(":" in one.named for one in self.all)

    def run(self) -> str | None:
        start = tuple(one.start for one in self.all)
        # How each state was first reached: from which, by which character.
        reached: dict[_States, tuple[_States, str] | None] = {start: None}
        queue = deque([start])
        while queue:
            state = queue.popleft()
            for character in self._choices(state):
                self.clock.step()
                onward = self._after(state, character)
                if onward is None:
                    continue
                if self._accepts(onward):
                    return _spelt(state, reached) + character
                if onward not in reached:
                    reached[onward] = (state, character)
                    queue.append(onward)
        return "" if self._accepts(start) else None

    def _choices(self, state: _States) -> Iterable[str]:
        """Return the characters worth a try.

        A named one that no pattern of `inside` waits for does nothing that the unnamed
        one doesn't do better: it only lets more patterns of `outside` go on.
        """
        return dict.fromkeys((*self.always, *self._awaited(state)))

    def _awaited(self, state: _States) -> Iterator[str]:
        for one, places in zip(self.inside, state, strict=False):
            for character, leading in one.named.items():
                if leading & places:
                    yield character

    def _after(self, state: _States, character: str) -> _States | None:
        """Return the state after a character; None if no text from there will do."""
        must = len(self.inside)
        after = []
        for number, (one, places) in enumerate(zip(self.all, state, strict=True)):
            onward = one.after(places, character)
            if (onward == 0) if number < must else one.takes_all(onward):
                return None
            after.append(onward)
        return tuple(after)

    def _accepts(self, state: _States) -> bool:
        must = len(self.inside)
        return all(
            bool(places & one.final) == (number < must)
            for number, (one, places) in enumerate(zip(self.all, state, strict=True))
        )


def _unnamed(automata: Iterable[Automaton]) -> str:
    named = {character for one in automata for character in one.named}
    for character in _PLAIN:
        if character not in named:
            return character
    code = _BEYOND
    while chr(code) in named:
        code += 1
    return chr(code)


def _spelt(state: _States, reached: dict[_States, tuple[_States, str] | None]) -> str:
    characters = []
    while (step := reached[state]) is not None:
        state, character = step
        characters.append(character)
    return "".join(reversed(characters))
