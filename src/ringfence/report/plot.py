"""What pictures over time have in common: one scale, months, and hatching.

The timeline and the heat map share the scale, so that a week stands under itself.
Hatching is drawn as lines of its own: a pattern would have to be named by an address,
and the page names none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from ringfence.report.bins import Bins
from ringfence.report.lettering import width_of
from ringfence.report.markup import element

LEFT, PLOT, RIGHT = 150.0, 600.0, 50.0
WIDTH = LEFT + PLOT + RIGHT
_AIR = 10.0  # at least, between two months


def width_of_bin(bins: Bins) -> float:
    """Return how wide a bin is drawn."""
    return PLOT / bins.count


def left_of(bins: Bins, place: int) -> float:
    """Return where a bin begins."""
    return LEFT + PLOT * place / bins.count


def at(bins: Bins, time: int) -> float:
    """Return where an instant stands; what lies outside stands at the edge."""
    return LEFT + PLOT * bins.share(time)


def months(bins: Bins, top: float, bottom: float) -> Iterator[Element]:
    """Yield thin lines and names of as many months as have room.

    The names stand under `bottom`. Without a month that begins within, the first day
    is named.
    """
    free = LEFT
    year = None
    begun = list(bins.months())
    for time, day in begun:
        x = round(at(bins, time), 2)
        name = f"{day:%b}" if day.year == year else f"{day:%b} {day.year:04}"
        end = x + width_of(name)
        if x < free or end > LEFT + PLOT + RIGHT:
            continue
        free, year = end + _AIR, day.year
        yield element("path", d=f"M{x:g} {top:g}V{bottom + 4:g}", class_="month")
        yield element("text", name, x=x + 2, y=bottom + 14, class_="month")
    if not begun:
        yield element("text", bins.name(0), x=LEFT, y=bottom + 14, class_="month")


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of a picture."""

    x: float
    y: float
    width: float
    height: float


def filled(area: Area, class_: str, **attributes: float) -> Element:
    """Return an area as a rectangle."""
    return element(
        "rect",
        x=round(area.x, 2),
        y=round(area.y, 2),
        width=round(area.width, 2),
        height=round(area.height, 2),
        class_=class_,
        **attributes,
    )


def hatch(area: Area, pitch: float, *, falling: bool = False) -> str:
    """Return slanting lines that fill an area and don't leave it, as path data."""
    x, y, width, height = area.x, area.y, area.width, area.height
    parts = []
    line = (x + y) // pitch + 1
    while line * pitch < x + width + y + height:
        along = line * pitch  # x + y of each point on it
        left, right = max(x, along - y - height), min(x + width, along - y)
        start, end = (2 * x + width - one if falling else one for one in (left, right))
        parts.append(f"M{start:.2f} {along - left:.2f}L{end:.2f} {along - right:.2f}")
        line += 1
    return "".join(parts)
