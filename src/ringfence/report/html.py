"""The report as one page: no script, no network, nothing that isn't in the file."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from ringfence.claims.outcome import Verdict
from ringfence.report import columnmap, html_beside, html_events, html_witness
from ringfence.report.blocks import pairs, table
from ringfence.report.document import Document
from ringfence.report.head import head
from ringfence.report.markup import breakable, element, page
from ringfence.report.section import Row, Section
from ringfence.report.unseen import SourceRow
from ringfence.report.wording import NOBODY, counted

_FURTHER_WITNESSES = 5
REASONS = {
    Verdict.UNPROVEN: "Why it is unproven",
    Verdict.REFUTED: "What else is missing",
    Verdict.UPHELD: "What limits it",
}
"""What stands over the reasons of a verdict."""


def render(document: Document) -> str:
    """Return the page."""
    name = document.outcome.boundary.name
    return page(
        element(
            "html",
            head(f"{name}: {document.title}"),
            element(
                "body",
                _header(document),
                element("main", *_main(document)),
                _footer(document),
            ),
            lang="en",
        )
    )


def _header(document: Document) -> Element:
    outcome = document.outcome
    over = f"Ringfence {outcome.version} · boundary {outcome.boundary.name}"
    told = [
        ("population", outcome.boundary.population),
        ("as of", document.as_of),
        ("regime", " + ".join(document.fences)),
        *document.header,
    ]
    return element(
        "header",
        element("p", over, class_="over"),
        element("h1", document.title[:1].upper() + document.title[1:]),
        pairs(told),
    )


def _main(document: Document) -> Iterable[Element | None]:
    yield _verdicts(document)
    yield from map(_section, document.gravest)
    yield _sources(document)
    yield html_events.logs(document.logs)
    yield _gaps(document)
    yield _assumptions(document)


def _verdicts(document: Document) -> Element:
    if not document.rows:
        return element("section", element("p", "The boundary makes no claim."))
    is_said = any(row.said != NOBODY for row in document.rows)
    said = ["Said by"] if is_said else []
    heads = ("", "Claim", "What was said", *said, "Verdict", "Found")
    rows = [_verdict_row(row, is_said=is_said) for row in document.rows]
    return element("section", table(heads, rows, "Verdicts"), id="verdicts")


def _verdict_row(row: Row, *, is_said: bool) -> Element:
    link = element("a", *breakable(row.id), href=f"#{row.anchor}")
    return element(
        "tr",
        element("td", str(row.number), class_="number"),
        element("td", link),
        element("td", row.says),
        element("td", row.said) if is_said else None,
        element("td", _badge(row.verdict)),
        element("td", *breakable(row.summary)),
    )


def _badge(verdict: Verdict) -> Element:
    return element("span", verdict.upper(), class_=f"verdict {verdict.value}")


def _section(section: Section) -> Element:
    claim, row = section.finding.claim, section.row
    quoted = element(
        "blockquote",
        f"“{claim.says}”",
        element("span", f"  {row.said}", class_="soft") if row.said != NOBODY else None,
    )
    return element(
        "section",
        element(
            "h2",
            element("span", f"{row.number} ", class_="soft"),
            *breakable(section.subject),
            " is ",
            element("span", section.verdict.value, class_="word"),
            id=section.anchor,
        ),
        None if section.is_proxy else quoted,
        element("p", *breakable(row.summary), class_="summary")
        if row.summary
        else None,
        *_shown(section),
        *_further(section),
        _reasons(section),
        *html_beside.shown(section.finding.beside),
        _proxy(section),
        pairs(_asked(section), "asked"),
        class_=section.verdict.value,
        aria_labelledby=section.anchor,
    )


def _asked(section: Section) -> Iterable[tuple[str, str]]:
    yield from section.scope
    yield "proof", section.finding.proof or "none"


def _reasons(section: Section) -> Element | None:
    if not section.finding.reasons:
        return None
    texts = [element("li", reason.text) for reason in section.finding.reasons]
    return element(
        "div", element("h3", REASONS[section.verdict]), element("ul", *texts)
    )


def _shown(section: Section) -> Iterable[Element]:
    """Yield the events, and the map with its witness, or whichever there is."""
    if section.events is not None:
        yield from html_events.shown(section, section.events)
    figure = _figure(section) if section.flows.nodes else None
    witness = _witness(section) if section.witnesses else None
    if figure is not None and witness is not None:
        yield element("div", figure, witness, class_="beside")
    else:
        yield from (part for part in (figure, witness) if part is not None)


def _figure(section: Section) -> Element:
    how = (
        f"A bar is as tall, and a stripe as wide, as the number of {section.noun} that "
        "pass; one that passes two stripes is in both. The line with numbers is the "
        "witness."
    )
    return element(
        "figure",
        columnmap.draw(section),
        element(
            "figcaption", section.caption + " ", element("span", how, class_="soft")
        ),
    )


def _witness(section: Section) -> Element:
    chosen = f" ({section.example})" if section.example else ""
    return html_witness.shown(section.witnesses[0], f"For example{chosen}")


def _further(section: Section) -> Iterable[Element]:
    further = section.witnesses[1:]
    if not further:
        return
    shown = [
        element("li", *breakable(one.short)) for one in further[:_FURTHER_WITNESSES]
    ]
    if more := len(further) - len(shown):
        shown.append(element("li", f"and {more:,} more in report.json"))
    yield element("h3", counted(len(further), "further witness", "further witnesses"))
    yield element("ul", *shown)


def _proxy(section: Section) -> Element | None:
    proxy = section.finding.proxy
    if proxy is None:
        return None
    link = element(
        "a", f"its proxy is {proxy.verdict}", href=f"#{section.anchor}-proxy"
    )
    return element("p", "What can be checked instead: ", link, ".")


def _sources(document: Document) -> Element:
    heads = ("Source", "Kind", "State", "Collected", "Age", "Facts", "Remarks")
    rows = map(_source_row, document.sources)
    return element(
        "section",
        element("h2", "Sources", id="heading-of-sources"),
        table(heads, rows, "Sources"),
        id="sources",
    )


def _source_row(source: SourceRow) -> Element:
    remarks = [element("li", remark.replace("\n", " ")) for remark in source.remarks]
    state = source.state if source.is_sound else element("strong", source.state)
    return element(
        "tr",
        element("td", source.name),
        element("td", source.kind),
        element("td", state, class_="fixed"),
        element("td", source.collected, class_="fixed"),
        element("td", source.age, class_="fixed"),
        element("td", f"{source.facts:,}", class_="number"),
        element("td", element("ul", *remarks) if remarks else None),
    )


def _gaps(document: Document) -> Element:
    gaps = [element("li", gap.text) for gap in document.unseen]
    return element(
        "section",
        element("h2", "What was not looked at", id="unseen"),
        element("ul", *gaps),
    )


def _assumptions(document: Document) -> Element | None:
    if not document.assumptions:
        return None
    texts = [
        element(
            "li",
            f"{one.text} ",
            element(
                "span", f"(claim {', '.join(map(str, one.claims))})", class_="soft"
            ),
        )
        for one in document.assumptions
    ]
    return element(
        "section",
        element("h2", "What the verdicts assume", id="assumptions"),
        element("ul", *texts),
    )


def _footer(document: Document) -> Element:
    cells: list[Element] = []
    digests = [(f"{word}, SHA-256", digest) for word, digest in document.digests]
    check = (document.check.purpose, document.check.line)
    for word, text in (*digests, check):
        code = element("dd", element("code", text))
        cells.append(element("div", element("dt", word), code))
    return element(
        "footer",
        element("h2", "To check this page", id="check"),
        element("dl", *cells, class_="digests"),
    )
