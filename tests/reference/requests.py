"""Requests, each one of a small universe: which guards one meets together, and why.

Nothing is solved here: every request that the universe has is put to every guard.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.reference.estate import View
from tests.reference.guard import passes

Request = Mapping[str, tuple[str, ...]]
FILE = "principal."
PERSONAL = ("residence", "employment", "us_person", "designated", "team", "active")
UNIVERSE: dict[str, list[tuple[str, ...]]] = {
    "request.network": [(), ("office",), ("home",)],
    "principal.residence": [(), ("US",), ("CN",), ("SG",)],
}


@dataclass(frozen=True)
class Known:
    """What is known of an origin: the day of its requests, and its own attributes."""

    day: tuple[str, str]
    values: tuple[tuple[str, tuple[str, ...]], ...]

    def universe(self) -> list[Request]:
        """Return every request that such an origin can make."""
        choices: dict[str, list[tuple[str, ...]]] = dict(UNIVERSE)
        choices["request.time"] = [(self.day[0],)]
        choices |= {key: [values] for key, values in self.values}
        keys = sorted(choices)
        return [
            dict(zip(keys, chosen, strict=True))
            for chosen in itertools.product(*(choices[key] for key in keys))
        ]

    def requests(self, guards: Sequence[str]) -> list[Request]:
        """Return the requests that such an origin surely can make.

        None says what nobody knows; without guards the empty one is enough.
        """
        sure = dict(self.values)
        found = (
            {k: v for k, v in one.items() if not k.startswith(FILE) or k in sure}
            for one in self.universe()
        )
        return [*found] if guards else [{}]

    def together(self, guards: Sequence[str]) -> list[set[str]]:
        """Return the largest sets of guards that one request may meet."""
        every = [set(met_possibly(guards, request)) for request in self.universe()]
        unique = {frozenset(one) for one in every}
        largest = [one for one in unique if not any(one < other for other in unique)]
        return [set(one) for one in sorted(largest, key=sorted)]


def known(view: View, origin: str) -> Known:
    """Return what the facts say of an origin's requests."""
    found = {}
    for name in PERSONAL if origin.startswith("person:") else ():
        values = view.values(origin, name)
        if len(values) == 1 and not view.is_open(origin, name):
            found[f"principal.{name}"] = tuple(values)
    return Known((view.as_of, day_end(view)), tuple(sorted(found.items())))


def day_end(view: View) -> str:
    """Return when a day ends: after 24 hours, or when a fact begins or ends."""
    begin = datetime.fromisoformat(view.as_of)
    last = datetime.fromisoformat("9999-12-31T23:59:59Z")
    day = timedelta(days=1)
    ends = [begin + day if begin < last - day else last]
    for fact in view.everything:
        times = map(datetime.fromisoformat, filter(None, (fact.since, fact.until)))
        ends += [time for time in times if time > begin]
    end = min(ends)
    return f"{end.year:04}-{end:%m-%dT%H:%M:%SZ}"


def _undecided(guard: str) -> bool:
    return '"undecided"' in guard


def met_possibly(guards: Iterable[str], request: Request) -> list[str]:
    """Return the guards that a request meets, or may."""
    return [guard for guard in guards if _undecided(guard) or passes(guard, request)]


def met_together(guards: Iterable[str], request: Request) -> bool:
    """Whether a request certainly meets all guards.

    None is met for certain that speaks of what the request doesn't tell of a principal.
    """
    return all(
        not _undecided(guard)
        and {*re.findall(r'"(principal\.[^"]*)"', guard.casefold())} <= request.keys()
        and passes(guard, request)
        for guard in guards
    )


def conflicts(of: Known, guards: Sequence[str]) -> list[dict[str, Any]]:
    """Return the least sets of guards that no request of such an origin meets."""
    together = of.together(guards)
    told = {
        "request.time": list(of.day),
        **{key: [*values] for key, values in of.values},
    }
    least: list[set[str]] = []
    for size in range(1, len(guards) + 1):
        for chosen in itertools.combinations(guards, size):
            found = set(chosen)
            if not any(found <= one for one in together) and not any(
                one <= found for one in least
            ):
                least.append(found)
    return [
        {"guards": sorted(one), "known": told, "proof": f"; {size}\n(assert false)"}
        for size, one in enumerate(least)
    ]
