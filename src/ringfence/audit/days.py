"""The days of a table's files: which of them a window holds whole, which it cuts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

DAY = 86_400_000_000  # microseconds
Window = tuple[int, int]  # first microsecond, and the first one after


@dataclass(frozen=True, slots=True)
class Helping:
    """Files that are judged in one go.

    Attributes:
        paths: The files of some days, all of each day.
        window: What these days have of the window: no event of them lies outside.
    """

    paths: list[Path]
    window: Window


@dataclass(frozen=True, slots=True)
class Days:
    """The files that a window touches, by the first microsecond of their day.

    Attributes:
        window: First instant, and the first one after.
        whole: Days that lie in the window whole.
        cut: Days of which the window has a part.
        nameless: Files of folders that name no day.
    """

    window: Window
    whole: dict[int, list[Path]] = field(default_factory=dict)
    cut: dict[int, list[Path]] = field(default_factory=dict)
    nameless: list[Path] = field(default_factory=list)

    @property
    def paths(self) -> list[Path]:
        """Every file, in the order of the days."""
        return [*_flat(self._every), *self.nameless]

    @property
    def scanned(self) -> list[Path]:
        """The files of which nobody counted what the window has of them."""
        return [*_flat(self.cut), *self.nameless]

    @property
    def span(self) -> Window:
        """What is left of the window without the days that have no file."""
        if self.nameless:
            return self.window
        return self._within(self._every)

    def helpings(self, rows: Mapping[Path, int], most: int | None) -> list[Helping]:
        """Return all files in helpings of whole days, in their order.

        Args:
            rows: How many events each file has.
            most: Most events of a helping, unless one day has more; None for one
                helping of everything.
        """
        if most is None or self.nameless:
            return [Helping(self.paths, self.span)]
        found: list[dict[int, list[Path]]] = []
        held = 0
        for day, paths in self._every.items():
            events = sum(rows[path] for path in paths)
            held += events
            if not found or held > most:
                found.append({})
                held = events
            found[-1][day] = paths
        return [Helping(_flat(days), self._within(days)) for days in found]

    @property
    def _every(self) -> dict[int, list[Path]]:
        return dict(sorted((self.whole | self.cut).items()))

    def _within(self, days: Mapping[int, Sequence[Path]]) -> Window:
        first, after = self.window
        return max(first, min(days)), min(after, max(days) + DAY)


def days_of(paths: Sequence[Path], window: Window) -> Days:
    """Return the files that a window touches, each under a folder `day=YYYY-MM-DD`."""
    first, after = window
    days = Days(window)
    for path in paths:
        begin = _begin(path)
        if begin is None:
            days.nameless.append(path)
        elif begin >= first and begin + DAY <= after:
            days.whole.setdefault(begin, []).append(path)
        elif begin < after and begin + DAY > first:
            days.cut.setdefault(begin, []).append(path)
    return days


def _flat(days: Mapping[int, Sequence[Path]]) -> list[Path]:
    return [path for paths in days.values() for path in paths]


def _begin(path: Path) -> int | None:
    name = path.parent.name
    try:
        day = date.fromisoformat(name.removeprefix("day="))
    except ValueError:
        return None
    return (day - date(1970, 1, 1)).days * DAY if name.startswith("day=") else None
