"""An export of a docket as one page: no script, no network, nothing that isn't told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from ringfence.claims.publishing.published import Export, Page, Told
from ringfence.report.blocks import pairs
from ringfence.report.head import head
from ringfence.report.markup import element, page

_STANCES = {
    "contradicts": "against it",
    "supports": "for it",
    "context": "beside it",
}


def render(export: Export, pages: Sequence[Page]) -> str:
    """Return the page."""
    title = f"Docket, {export.made[:10]}"
    told = sum(len(one.statements) for one in pages)
    top = element(
        "header",
        element("p", f"Ringfence docket · profile {export.profile}", class_="over"),
        element("h1", _title(pages, told)),
    )
    return page(
        element(
            "html",
            head(title),
            element(
                "body",
                top,
                element("main", *map(_page, pages), _caveats(export)),
                _foot(export),
            ),
            lang="en",
        )
    )


def _title(pages: Sequence[Page], told: int) -> str:
    sentences = "public sentence" if len(pages) == 1 else "public sentences"
    statements = "statement" if told == 1 else "statements"
    return f"{len(pages)} {sentences}, {told} {statements} beside them"


def _page(one: Page) -> Element:
    said = ", ".join(filter(None, (one.by, one.on, one.where)))
    counts = one.counts
    line = ", ".join(f"{number} {name}" for name, number in counts.items())
    verdict = one.verdict
    return element(
        "section",
        element("h2", f"“{one.says}”"),
        pairs(
            [
                ("said by", said),
                ("verdict", "" if verdict is None else verdict.verdict.upper()),
                ("because", "" if verdict is None else "; ".join(verdict.reasons)),
                ("against it", line if counts["statements"] else "nothing that counts"),
            ]
        ),
        *(_statement(told) for told in one.statements),
        id=f"claim-{one.claim}",
    )


def _statement(one: Told) -> Element:
    return element(
        "section",
        element(
            "h3", f"Statement {one.number}, {_STANCES.get(one.stance, one.stance)}"
        ),
        element("blockquote", one.quote),
        pairs([*_about(one)]),
        class_="statement",
    )


def _about(one: Told) -> Iterator[tuple[str, str]]:
    yield "speaker", one.speaker or "nobody can tell"
    yield "met", one.met
    yield "heard in", f"recording {one.recording}" + (f", {one.at}" if one.at else "")
    yield "words", str(one.rung)
    yield "first-hand", one.first_hand
    yield "hedged", one.hedged
    yield "denies", f"statement {one.denies}" if one.denies else ""
    yield "dismissed", one.dismissal.replace("_", " ")
    yield "reason", one.rationale
    yield "translated", one.translation


def _caveats(export: Export) -> Element:
    lines = [element("li", text) for text in export.caveats]
    return element(
        "section", element("h2", "What this doesn't show"), element("ul", *lines)
    )


def _foot(export: Export) -> Element:
    note = export.ledger.checkpoint.strip()
    command = "python -m ringfence_verify export.json --log-key KEY"
    return element(
        "footer",
        element("p", "Each field above is opened from a signed ledger. To check it:"),
        element("pre", command),
        element("pre", note),
    )
