"""The people of a case as they were in a month: whom an export may give away among."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from functools import cache

from ringfence.boundary.selector import Holder
from ringfence.claims.case import Case


class Employed:
    """The people that the estate of a case knows."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.people = cache(self._people)

    def _people(self, month: str) -> Mapping[str, Holder]:
        if not month:
            return self._case.view.holders("person")
        year, number = map(int, month.split("-"))
        last = f"{month}-{monthrange(year, number)[1]}T23:59:59Z"
        return self._case.at(last).view.holders("person")
