"""Elements that are escaped by construction: text goes in, markup never does.

A page is a tree and is written out once, by the standard library's serialiser. There
is no template into which a name from a source could carry a tag, and every text passes
`printable` here, so that none can reorder what stands around it.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, tostring

from ringfence.errors import printable

# A line end after anything else keeps the file readable, and differences of it small.
_BREAKS = re.compile(r"(?<=[/.])(?=[^\s/.])")
_WITHIN_LINES = frozenset({"a", "code", "span", "strong", "tspan", "wbr"})


def element(
    tag: str, *children: Element | str | None, **attributes: str | float
) -> Element:
    """Return an element; a trailing `_` of an attribute goes, another one is `-`."""
    made = Element(tag)
    for name, value in attributes.items():
        text = value if isinstance(value, str) else f"{value:.6g}"
        made.set(name.rstrip("_").replace("_", "-"), printable(text))
    for child in children:
        _append(made, child)
    if tag not in _WITHIN_LINES:
        made.tail = "\n"
    return made


def _append(parent: Element, child: Element | str | None) -> None:
    if isinstance(child, Element):
        parent.append(child)
    elif child and len(parent):
        parent[-1].tail = (parent[-1].tail or "") + printable(child)
    elif child:
        parent.text = (parent.text or "") + printable(child)


def breakable(text: str) -> list[Element | str]:
    """Return a name that may be broken after each `/` and `.` within it."""
    first, *others = _BREAKS.split(text)
    parts: list[Element | str] = [first]
    for part in others:
        parts += [element("wbr"), part]
    return parts


def style(sheet: str) -> Element:
    """Return a style element that holds a sheet of our own, letter for letter."""
    made = Element("style")
    made.text = sheet
    made.tail = "\n"
    return made


def page(root: Element) -> str:
    """Return a whole HTML document."""
    return "<!doctype html>\n" + tostring(root, encoding="unicode", method="html")
