"""The column map as SVG: boxes, stripes, labels, and the thread of the witness.

No style attribute and no script: presentation attributes and the page's one hashed
sheet do, so that the page's content security rule can forbid all else. What a colour
says is said by a number or a word too.
"""

from __future__ import annotations

from itertools import pairwise
from xml.etree.ElementTree import Element

from ringfence.report.lettering import BOLD, shortened, width_of
from ringfence.report.mapping import Box, Map, Stripe, arrange
from ringfence.report.markup import element
from ringfence.report.section import Section
from ringfence.report.wording import counted

_PITCH = 158.0
_BAR = 12.0
_MARGIN = 2.0
_BADGE = 7.5
_FAINT, _CLEAR = 0.19, 0.36  # a wide stripe lies under others, a thin one would vanish
# Ids that begin with what many share: a store, a schema.
_TOLD_BY_THE_END = ("dataset:", "column:", "role:")


def draw(section: Section) -> Element:
    """Return the map of a section's witnesses, as an `svg` element."""
    found = arrange(section.flows, section.marks)
    width = 2 * _MARGIN + _PITCH * len(found.columns)
    title, told = f"{section.anchor}-title", f"{section.anchor}-told"
    return element(
        "svg",
        element("title", f"How {section.noun} reach protected data", id=title),
        element("desc", _told(found, section), id=told),
        *_headings(found),
        element("g", *map(_stripe, found.stripes), class_="stripes"),
        element("g", *_thread(section, found), class_="thread"),
        *(_box(box, section) for column in found.columns for box in column.boxes),
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        viewBox=f"0 0 {width:g} {found.height + 4:.0f}",
        role="img",
        aria_labelledby=f"{title} {told}",
    )


def _told(found: Map, section: Section) -> str:
    columns = ", ".join(column.title for column in found.columns)
    passed = f" {section.caption}" if section.caption else ""
    return f"Columns from the left: {columns}.{passed}"


def _headings(found: Map) -> list[Element]:
    return [
        element(
            "text",
            shortened(column.title, (_PITCH - 10) / BOLD),
            element("title", column.title),
            x=_left(number),
            y=14,
            class_="column",
        )
        for number, column in enumerate(found.columns)
    ]


def _left(column: int) -> float:
    return _MARGIN + _PITCH * column


def _stripe(stripe: Stripe) -> Element:
    runs_back = stripe.step < 0
    most = "at most " if stripe.edges > 1 else ""
    back = ", against the order of the columns" if runs_back else ""
    said = f"{stripe.tail.label} to {stripe.head.label}: {most}{stripe.people:,}{back}"
    return element(
        "path",
        element("title", said),
        d=_curve(stripe),
        stroke_width=round(stripe.width, 2),
        stroke_opacity=round(max(_FAINT, _CLEAR - stripe.width / 80), 2),
        class_="back" if runs_back else "stripe",
    )


def _curve(stripe: Stripe) -> str:
    start, end = stripe.start + stripe.width / 2, stripe.end + stripe.width / 2
    left, right = _left(stripe.tail.column), _left(stripe.head.column)
    if stripe.step > 0:
        left += _BAR
        bend = (right - left) / 2 if stripe.step == 1 else _PITCH / 2
        return _bezier(
            (left, start), (left + bend, start), (right - bend, end), (right, end)
        )
    if stripe.step == 0:
        left, right = left + _BAR, right + _BAR
        bulge = 26 + min(abs(end - start) / 6, 30)
        return _bezier(
            (left, start), (left + bulge, start), (right + bulge, end), (right, end)
        )
    right += _BAR
    bend = (left - right) / 2
    return _bezier(
        (left, start), (left - bend, start), (right + bend, end), (right, end)
    )


def _bezier(*points: tuple[float, float]) -> str:
    first, *others = (f"{x:.1f} {y:.1f}" for x, y in points)
    return f"M{first}C{' '.join(others)}"


def _thread(section: Section, found: Map) -> list[Element]:
    """Return the line that the first witness takes through the stripes."""
    stations = [
        node for node, _ in sorted(section.marks.items(), key=lambda pair: pair[1])
    ]
    boxes = [found.boxes[node] for node in stations if node in found.boxes]
    drawn = {(id(stripe.tail), id(stripe.head)): stripe for stripe in found.stripes}
    stripes = (drawn.get((id(tail), id(head))) for tail, head in pairwise(boxes))
    return [element("path", d=_curve(stripe)) for stripe in stripes if stripe]


def _box(box: Box, section: Section) -> Element:
    x, middle = _left(box.column), box.y + box.height / 2
    bar = element(
        "rect",
        x=x,
        y=round(box.y, 2),
        width=_BAR,
        height=round(box.height, 2),
        class_="rest" if box.nodes > 1 else "bar",
    )
    title = element("title", _full(box, section))
    return element("g", title, bar, *_label(box, section, x + _BAR + 4, middle))


def _label(box: Box, section: Section, x: float, middle: float) -> list[Element]:
    number = _number(box)
    badge = 0.0 if box.mark is None else 2 * _BADGE + 2
    room = _PITCH - _BAR - 14 - badge - width_of(number)
    is_widest = box.id in section.widest
    room /= BOLD if is_widest else 1
    label = shortened(box.label, room, keep_end=box.id.startswith(_TOLD_BY_THE_END))
    text = element(
        "text",
        label,
        element("tspan", f" {number}", class_="people") if number else None,
        x=round(x + badge, 2),
        y=round(middle + 3.8, 2),
        class_="label widest" if is_widest else "label",
    )
    if box.mark is None:
        return [text]
    size = badge + width_of(f"{label} {number}") * (BOLD if is_widest else 1) + 4
    return [*_badge(box.mark, x, middle, size), text]


def _badge(mark: int, x: float, middle: float, size: float) -> list[Element]:
    """Return a station's number, and a ground that keeps the thread off its label."""
    centre = round(x + _BADGE, 2)
    ground = element(
        "rect", x=x, y=middle - 8, width=round(size, 1), height=16, class_="ground"
    )
    circle = element("circle", cx=centre, cy=middle, r=_BADGE, class_="badge")
    text = element("text", str(mark), x=centre, y=middle + 3.6, class_="number")
    return [ground, circle, text]


def _number(box: Box) -> str:
    if box.nodes > 1:
        return f"≤ {box.most:,} each" if box.most > 1 else ""
    return "" if box.id.startswith("person:") else f"{box.people:,}"


def _full(box: Box, section: Section) -> str:
    if box.nodes == 1:
        return f"{box.label} ({box.id}): {section.counted(box.people)}"
    inner = counted(box.inner, "edge", "edges")
    among = f"; {inner} among them not drawn" if box.inner else ""
    return f"{box.label}, none with more than {section.counted(box.most)}{among}"
