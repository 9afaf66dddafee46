"""The heat map as SVG: who crossed when, or through what, a cell for each week or day.

A cell is as dark as it has crossings, on a scale of their logarithm, and says how many
where there is room; its title always does.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from xml.etree.ElementTree import Element

from ringfence.report import plot
from ringfence.report.bins import Bins
from ringfence.report.events import Heat, HeatRow
from ringfence.report.lettering import shortened, width_of
from ringfence.report.markup import element
from ringfence.report.wording import counted

_ROW = 19.0
_TOP, _UNDER = 4.0, 22.0
_FAINT = 0.16
_DARK = 0.55  # from here on, letters are white


def draw(heat: Heat, bins: Bins, anchor: str) -> Element:
    """Return the heat map, as an `svg` element."""
    one, many = heat.noun
    bottom = _TOP + _ROW * len(heat.rows)
    most = max((count for row in heat.rows for count in row.counts), default=0)
    title, desc = f"{anchor}-{many}-title", f"{anchor}-{many}-told"
    return element(
        "svg",
        element("title", f"Crossings by {one} and {bins.noun}", id=title),
        element("desc", told(heat), id=desc),
        *(
            part
            for number, row in enumerate(heat.rows)
            for part in _row(row, _TOP + _ROW * number, bins, most)
        ),
        *plot.months(bins, _TOP, bottom),
        xmlns="http://www.w3.org/2000/svg",
        width=plot.WIDTH,
        viewBox=f"0 0 {plot.WIDTH:g} {bottom + _UNDER:g}",
        role="img",
        aria_labelledby=f"{title} {desc}",
    )


def told(heat: Heat) -> str:
    """Return in words what the heat map shows."""
    rows = (f"{row.label} {row.total:,}" for row in heat.rows)
    return "; ".join(rows) + "." + (f" {heat.told}" if heat.told else "")


def shade(count: int, most: int) -> float:
    """Return how dark a count is drawn, from faint to 1; nothing is not drawn."""
    if most <= 1:
        return 1.0 if count else 0.0
    return round(_FAINT + (1 - _FAINT) * log(count) / log(most), 3) if count else 0.0


def _row(row: HeatRow, y: float, bins: Bins, most: int) -> Iterator[Element]:
    label = shortened(row.label, plot.LEFT - 12)
    full = element("title", f"{row.label} ({row.id})" if row.id else row.label)
    yield element("text", label, full, x=2, y=y + 13, class_="label")
    yield element(
        "rect", x=plot.LEFT, y=y + 1, width=plot.PLOT, height=_ROW - 2, class_="none"
    )
    for place, count in enumerate(row.counts):
        if count:
            name = f"{row.label}, {bins.name(place)}"
            title = f"{name}: {counted(count, 'crossing', 'crossings')}"
            yield element(
                "g",
                element("title", title),
                *_cell(count, shade(count, most), plot.left_of(bins, place), y, bins),
            )
    total = f"{row.total:,}"
    yield element("text", total, x=plot.WIDTH - 2, y=y + 13, class_="total")


def _cell(count: int, dark: float, x: float, y: float, bins: Bins) -> Iterator[Element]:
    wide = plot.width_of_bin(bins)
    air = min(wide / 10, 1.0)
    area = plot.Area(x + air, y + 1, wide - 2 * air, _ROW - 2)
    yield plot.filled(area, "heat", fill_opacity=dark)
    if width_of(f"{count:,}") <= wide - 4:
        class_ = "count pale" if dark >= _DARK else "count"
        middle = round(x + wide / 2, 2)
        yield element("text", f"{count:,}", x=middle, y=y + 13, class_=class_)
