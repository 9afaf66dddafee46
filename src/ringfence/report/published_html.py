"""An export of a docket as one page: no script, no network, nothing that isn't told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from ringfence.claims.publishing.published import Export, Page, Told
from ringfence.report import published_text as words
from ringfence.report.blocks import pairs
from ringfence.report.head import head
from ringfence.report.markup import element, page
from ringfence.report.wording import counted

COMMAND = "python -m ringfence_verify export.json --log-key KEY"


def render(export: Export, pages: Sequence[Page]) -> str:
    """Return the page."""
    told = len({one.number for each in pages for one in each.statements})
    sentences = counted(len(pages), "public sentence", "public sentences")
    statements = counted(told, "statement", "statements")
    over = f"Ringfence docket · profile {export.profile} · {export.made[:10]}"
    return page(
        element(
            "html",
            head(f"Docket, {export.made[:10]}"),
            element(
                "body",
                element(
                    "header",
                    element("p", over, class_="over"),
                    element("h1", f"{sentences}, {statements} beside them"),
                ),
                element("main", *map(_page, pages), _caveats(export)),
                _foot(export),
            ),
            lang="en",
        )
    )


def _page(one: Page) -> Element:
    verdict = one.verdict
    return element(
        "section",
        element("h2", f"“{one.says}”"),
        element("p", *_verdict(one)) if verdict is not None else None,
        pairs(
            [
                ("said by", words.said(one)),
                ("against it", words.against(one)),
            ]
        ),
        element("ul", *map(_statement, one.statements), class_="statements")
        if one.statements
        else None,
        class_="" if verdict is None else verdict.verdict,
    )


def _verdict(one: Page) -> Iterator[Element | str]:
    if one.verdict is not None:
        word = one.verdict.verdict
        yield element("span", word.upper(), class_=f"verdict {word}")
        yield f" {words.verdict(one)}"


def _statement(one: Told) -> Element:
    remarks = {"Reason: ": one.rationale, "Translated: ": one.translation}
    return element(
        "li",
        element("strong", words.heading(one)),
        element("blockquote", f"“{one.quote}”"),
        element("span", words.about(one), class_="place"),
        *(element("div", head + text) for head, text in remarks.items() if text),
        class_="aside" if one.dismissal or one.outside else one.stance,
    )


def _caveats(export: Export) -> Element:
    lines = [element("li", text) for text in export.caveats]
    return element(
        "section", element("h2", "What this doesn't show"), element("ul", *lines)
    )


def _foot(export: Export) -> Element:
    # Origin, size and root; the signatures stand in the file that is checked.
    note = export.ledger.checkpoint.partition("\n\n")[0].splitlines()
    lines = [element("code", line, class_="block") for line in note if line]
    return element(
        "footer",
        element("h2", "To check it"),
        element("p", "Each field above is opened from entries of a signed ledger:"),
        element("p", element("code", COMMAND)),
        element("p", *lines),
    )
