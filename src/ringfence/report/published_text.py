"""An export of a docket for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from ringfence.claims.publishing.published import Export, Page, Told
from ringfence.errors import printable

_WIDE = 96


def render(export: Export, pages: Sequence[Page]) -> str:
    """Return what an export tells, checked against the ledger."""
    entries = len(export.ledger.entries)
    lines = [
        f"export    profile {export.profile}, made {export.made}",
        f"proved    {entries:,} entries of the ledger, each field that is told",
    ]
    for page in pages:
        lines += ["", *_page(page)]
    lines += ["", *(f"note      {text}" for text in export.caveats)]
    return "\n".join(map(printable, lines)) + "\n"


def _page(page: Page) -> Iterator[str]:
    said = ", ".join(filter(None, (page.by, page.on, page.where)))
    yield f"{page.claim}   “{page.says}”" + (f"   {said}" if said else "")
    if page.verdict is not None:
        yield f"  verdict {page.verdict.verdict.upper()}"
    for one in page.statements:
        yield from _statement(one)


def _statement(one: Told) -> Iterator[str]:
    about = [
        one.stance,
        str(one.rung),
        one.speaker or "speaker unknown",
        f"met {one.met}" if one.met else "",
        f"recording {one.recording}" + (f", {one.at}" if one.at else ""),
        f"dismissed: {one.dismissal}" if one.dismissal else "",
        f"denies statement {one.denies}" if one.denies else "",
    ]
    yield f"  {one.number:>3}  {' · '.join(filter(None, about))}"
    for line in wrap(f"“{one.quote}”", _WIDE - 7):
        yield f"       {line}"
