"""The events of a claim on the page: timeline, exhibits, heat maps, meters, logs."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from ringfence.report import heatmap, timeline
from ringfence.report.blocks import place_of, table
from ringfence.report.events import Events, ExhibitRow, Heat, MeterRow
from ringfence.report.logs import LogRow
from ringfence.report.markup import breakable, element
from ringfence.report.section import Section
from ringfence.report.wording import counted


def shown(section: Section, events: Events) -> Iterable[Element]:
    """Yield everything that the page tells of a claim's events."""
    yield element("p", events.total, class_="sum")
    figure = _timeline(section, events)
    if events.exhibits:
        first = _first(section, events.exhibits[0])
        yield element("div", figure, first, class_="beside")
    else:
        yield figure
    for heat in (events.people, events.tools):
        if heat.rows:
            yield _heat(heat, section, events)
    yield from _exhibits(events)
    if events.unknown:
        yield element("h3", "What is unknown")
        yield element("ul", *(element("li", text) for text in events.unknown))
    yield from _meters(events)


def _timeline(section: Section, events: Events) -> Element:
    how = (
        "Crossings are filled, unknown events hatched, each on its own scale. The rows "
        "beneath are the logs; where one of them is silent for longer than is normal, "
        "the time is hatched too."
    )
    return element(
        "figure",
        timeline.draw(events, section.anchor),
        element(
            "figcaption",
            f"{timeline.caption(events)} ",
            element("span", how, class_="soft"),
        ),
    )


def _first(section: Section, row: ExhibitRow) -> Element:
    chosen = f" ({section.example})" if section.example else ""
    stations = (
        ("", row.who, row.behind),
        ("through", row.through, f"as {row.actor}" if row.actor else ""),
        (row.verb, row.touched, ""),
    )
    steps = [
        element(
            "li",
            element("span", str(number), class_="step"),
            element("span", f"{words} ", class_="words") if words else None,
            element("strong", *breakable(name)),
            element("span", remark, class_="place block") if remark else None,
        )
        for number, (words, name, remark) in enumerate(stations, start=1)
    ]
    return element(
        "div",
        element("h3", f"For example{chosen}"),
        element("p", f"{row.time} UTC", element("span", f"  {row.id}", class_="soft")),
        element("ol", *steps, class_="witness"),
        element("p", "from ", *breakable(row.origin)) if row.origin else None,
        element("p", place_of(row.place, row.extent)),
    )


def _heat(heat: Heat, section: Section, events: Events) -> Element:
    one, many = heat.noun
    by = "by whom" if one == "person" else "through what"
    text = f"Crossings {by}, by {events.bins.noun}"
    rest = element("span", f"  {heat.told}", class_="soft") if heat.told else None
    return element(
        "figure",
        element("figcaption", element("strong", text), rest),
        heatmap.draw(heat, events.bins, section.anchor),
        class_=many,
    )


def _exhibits(events: Events) -> Iterable[Element]:
    if not events.exhibits:
        return
    heads = ("Time, UTC", "Who", "What", "Through", "From", "Stands in")
    rows = [_exhibit(row) for row in events.exhibits]
    yield element("h3", "Crossings one by one")
    yield table(heads, rows, "Crossings one by one", class_="exhibits")
    more = "`ringfence audit show` and an id print the line of the log."
    if events.left:
        left = counted(events.left, "crossing", "crossings")
        more = f"{left} more: `ringfence audit` writes all to crossings.jsonl. {more}"
    yield element("p", more, class_="soft")


def _exhibit(row: ExhibitRow) -> Element:
    return element(
        "tr",
        element(
            "td",
            row.time,
            element("span", element("code", row.id), class_="place block"),
            class_="fixed",
        ),
        element("td", row.who, element("span", row.behind, class_="place block")),
        element("td", *breakable(row.what)),
        element("td", *breakable(row.way)),
        element("td", *breakable(row.origin)),
        element("td", place_of(row.place, ""), *_extent(row)),
    )


def _extent(row: ExhibitRow) -> Iterable[Element]:
    yield element("span", row.extent, class_="place block")


def _meters(events: Events) -> Iterable[Element]:
    if not events.meters and not events.unmetered:
        return
    yield element("h3", "Distinct people whose data one counterparty had")
    if events.meters:
        heads = (
            *("Counterparty", "Category", "In 12 months", "Threshold", "Passed"),
            "Not counted",
        )
        rows = map(_meter, events.meters)
        yield table(heads, rows, "Meters", class_="meters")
    for text in events.unmetered:
        yield element("p", text, class_="soft")


def _meter(row: MeterRow) -> Element:
    passed = element("strong", row.passed) if row.is_passed else row.passed
    return element(
        "tr",
        element("td", row.who),
        element("td", row.category),
        element("td", row.subjects, class_="number"),
        element("td", row.threshold),
        element("td", passed, class_="fixed"),
        element("td", row.remark),
    )


def logs(rows: Iterable[LogRow]) -> Element | None:
    """Return the table of logs; None without logs."""
    heads = (
        *("Log", "Kind", "Files", "Events", "Asides", "Malformed", "Duplicates"),
        *("First", "Last", "Remarks"),
    )
    lines = [_log(row) for row in rows]
    if not lines:
        return None
    return element(
        "section",
        element("h2", "Logs", id="heading-of-logs"),
        table(heads, lines, "Logs"),
        id="logs",
    )


def _log(row: LogRow) -> Element:
    numbers = (row.files, row.events, row.asides, row.malformed, row.duplicates)
    remarks = [element("li", remark.replace("\n", " ")) for remark in row.remarks]
    return element(
        "tr",
        element("td", row.name),
        element("td", row.kind),
        *(element("td", f"{number:,}", class_="number") for number in numbers),
        element("td", row.first, class_="fixed"),
        element("td", row.last, class_="fixed"),
        element("td", element("ul", *remarks) if remarks else None),
    )
