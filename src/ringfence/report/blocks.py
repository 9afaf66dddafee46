"""Blocks that the page is put together from: tables, pairs of word and text, places."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from ringfence.report.markup import breakable, element


def pairs(pairs: Iterable[tuple[str, str]], class_: str = "pairs") -> Element:
    """Return pairs of word and text as a list; empty texts are left out."""
    cells: list[Element] = []
    for word, text in pairs:
        if text:
            pair = (element("dt", word), element("dd", text))
            cells.append(element("div", *pair))
    return element("dl", *cells, class_=class_)


def table(
    heads: Iterable[str], rows: Iterable[Element], label: str, class_: str = ""
) -> Element:
    """Return a table that scrolls on its own where it is too wide."""
    cells = [
        element("th", head, scope="col", class_="of-" + head.lower().replace(" ", "-"))
        for head in heads
    ]
    made = element(
        "table",
        element("thead", element("tr", *cells)),
        element("tbody", *rows),
        aria_label=label,
    )
    return element("div", made, class_=f"scroll {class_}".strip())


def place_of(at: str, source: str) -> Element | None:
    """Return where a source says something; None for nowhere."""
    if not at:
        return None
    of = f" ({source})" if source else ""
    return element("span", element("code", *breakable(at)), of, class_="place")
