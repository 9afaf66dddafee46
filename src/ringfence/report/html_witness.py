"""A witness on a page: its stations in order, each with its place and its doubts."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from ringfence.report.blocks import place_of
from ringfence.report.markup import breakable, element
from ringfence.report.section import Ground, Station, Witness
from ringfence.report.wording import singular


def shown(witness: Witness, heading: str) -> Element:
    """Return a witness under its heading, which also says what isn't certain."""
    certain = "" if witness.certain else ", not every step certain"
    return element(
        "div",
        element("h3", f"{heading}{certain}"),
        element("ol", *map(_station, witness.stations), class_="witness"),
        _request(witness),
    )


def _request(witness: Witness) -> Element | None:
    if not witness.request:
        return None
    return element("p", f"Every condition is met by a request with {witness.request}.")


def _station(station: Station) -> Element:
    words = f"{station.words} " if station.words else ""
    return element(
        "li",
        element("span", str(station.number), class_="step"),
        element("span", words, class_="words") if words else None,
        element("strong", *breakable(station.name)),
        element("span", f" {singular(station.kind)}", class_="soft"),
        place_of(station.at, station.source),
        *_doubts(station.open, station.dispute),
        *map(_ground, station.because),
    )


def _ground(ground: Ground) -> Element:
    return element(
        "div",
        *breakable(ground.words),
        place_of(ground.at, ground.source),
        *_doubts(ground.open, ground.dispute),
    )


def _doubts(open_: str, dispute: str) -> Iterable[Element]:
    if open_:
        yield element("span", f"not certain: {open_}", class_="doubt")
    if dispute:
        yield element("span", f"disputed: {dispute}", class_="doubt")
