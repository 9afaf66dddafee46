"""Statements on a page: side by side with the claim, each with what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element

from ringfence.claims.testimony import Beside, Testimony
from ringfence.report import beside
from ringfence.report.markup import breakable, element


def shown(
    told: Beside, sounds: Mapping[str, Element] | None = None
) -> Iterable[Element]:
    """Yield the statements beside a claim, and what is to be said of all of them.

    Args:
        told: The statements, and what is behind them.
        sounds: What plays a statement, by its number.
    """
    if not told.statements:
        return
    sounds = sounds or {}
    yield element("h3", "What statements say")
    yield element("ul", *(element("li", line) for line in beside.counts(told)))
    entries = [_statement(one, sounds.get(one.number)) for one in told.statements]
    yield element("ul", *entries, class_="statements")
    yield element("p", beside.CAVEAT, class_="soft")


def _statement(one: Testimony, sound: Element | None) -> Element:
    return element(
        "li",
        element("strong", beside.heading(one)),
        element("blockquote", beside.quoted(one)),
        sound,
        element("span", *breakable(beside.about(one)), class_="place"),
        *(element("div", remark) for remark in beside.remarks(one)),
        class_=one.stance.value if one.counts else "aside",
    )
