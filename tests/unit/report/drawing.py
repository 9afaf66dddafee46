"""What a picture draws, taken from its elements: where, and which numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from ringfence.report.lettering import width_of

_SLACK = 0.02  # coordinates are rounded to hundredths


def beyond(picture: Element) -> list[str]:
    """Return what is drawn outside the picture's own box."""
    _, _, width, height = map(float, (picture.get("viewBox") or "").split())
    return [
        f"{name} {x:g} {y:g}"
        for name, x, y in _points(picture)
        if not (-_SLACK <= x <= width + _SLACK and -_SLACK <= y <= height + _SLACK)
    ]


def _points(picture: Element) -> Iterator[tuple[str, float, float]]:
    for node in picture.iter():
        if node.tag == "rect":
            x, y, width, height = (
                float(node.get(name) or 0) for name in ("x", "y", "width", "height")
            )
            assert min(width, height) >= 0
            yield from (("rect", x, y), ("rect", x + width, y + height))
        elif node.tag == "path":
            yield from _of_path(node.get("d") or "")
        elif node.tag == "text":
            x, y = float(node.get("x") or 0), float(node.get("y") or 0)
            left = x - width_of(node.text or "") * _anchor(node)
            yield from (
                ("text", left, y),
                ("text", left + width_of(node.text or ""), y),
            )


def _anchor(node: Element) -> float:
    words = (node.get("class") or "").split()
    return 0.5 if "count" in words else 1.0 if "total" in words else 0.0


def _of_path(path: str) -> Iterator[tuple[str, float, float]]:
    x = y = 0.0
    for letter, told in re.findall(r"([MLVh])([-\d. e]+)", path):
        numbers = [float(one) for one in told.split()]
        if letter in "ML":
            x, y = numbers
        elif letter == "V":
            y = numbers[0]
        else:
            x += numbers[0]
        yield "path", x, y


def numbers(picture: Element) -> list[int]:
    """Return the counts that are drawn as text, in order."""
    found = (
        node.text or ""
        for node in picture.iter("text")
        if {"count", "total"} & set((node.get("class") or "").split())
    )
    return [int(text.replace(",", "")) for text in found]


def titles(picture: Element, class_: str) -> list[str]:
    """Return the titles of groups that hold a rectangle of some class."""
    return [
        group.findtext("title") or ""
        for group in picture.iter("g")
        if any(node.get("class") == class_ for node in group.iter("rect"))
    ]
