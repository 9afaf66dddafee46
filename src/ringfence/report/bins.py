"""Weeks that cover a period, for counts by time; days of a short one.

Weeks begin on Mondays. A very long period has its weeks put together, so that there
are never more bins than a picture has room for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_EPOCH = date(1970, 1, 1)
_DAY = 86_400_000_000  # microseconds
_MOST_DAYS = 45
_MOST_BINS = 110
_MONDAY = 3  # 1970-01-01 was a Thursday
_WEEK = 7
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Bins:
    """Equal spans of whole days, side by side.

    Attributes:
        first: First day, as days since 1970.
        step: Days in each.
        count: How many there are, one at least.
    """

    first: int
    step: int
    count: int

    @property
    def noun(self) -> str:
        """What one is: `week`."""
        if self.step == 1:
            return "day"
        return "week" if self.step == _WEEK else f"{self.step // _WEEK} weeks"

    def place(self, time: int) -> int:
        """Return which one an instant lies in; the nearest if in none."""
        place = (time // _DAY - self.first) // self.step
        return min(max(place, 0), self.count - 1)

    def name(self, place: int) -> str:
        """Return one in words: `week of 2021-09-06`."""
        day = _date(self.first + place * self.step)
        if self.step == 1:
            return day.isoformat()
        return f"{self.noun} {'of' if self.step == _WEEK else 'from'} {day}"

    def share(self, time: int) -> float:
        """Return how far along an instant is: 0 at the start, 1 at the end."""
        along = (time - self.first * _DAY) / (self.step * self.count * _DAY)
        return min(max(along, 0.0), 1.0)

    def months(self) -> Iterator[tuple[int, date]]:
        """Yield the months that begin within, as instants and first days."""
        day, end = _date(self.first), _date(self.first + self.step * self.count)
        year, month = day.year, day.month
        if day.day > 1:
            year, month = year + month // _MONTHS, month % _MONTHS + 1
        while (year, month) < (end.year, end.month + (end.day > 1)):
            begins = date(year, month, 1)
            yield (begins - _EPOCH).days * _DAY, begins
            year, month = year + month // _MONTHS, month % _MONTHS + 1


def spread(first: int, after: int) -> Bins:
    """Return the bins that cover a period, given in microseconds and half-open."""
    begin, end = first // _DAY, max(-(-after // _DAY), first // _DAY + 1)
    if end - begin <= _MOST_DAYS:
        return Bins(begin, 1, end - begin)
    begin -= (begin + _MONDAY) % _WEEK
    weeks = -(-(end - begin) // _WEEK)
    step = _WEEK * -(-weeks // _MOST_BINS)
    return Bins(begin, step, -(-(end - begin) // step))


def _date(day: int) -> date:
    # The last bin of the last year may end after the calendar does.
    return _EPOCH + timedelta(days=min(day, (date.max - _EPOCH).days))
