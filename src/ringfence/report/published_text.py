"""An export of a docket for the terminal, and the words that its page has as well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from ringfence.claims.publishing.published import Export, Page, Told
from ringfence.errors import printable
from ringfence.report.wording import counted

_WIDE = 96
_STANCES = {
    "contradicts": "against it",
    "supports": "for it",
    "context": "beside it",
}
_COUNTED = {
    "statements": ("statement", "statements"),
    "recordings": ("recording", "recordings"),
    "sources": ("source", "sources"),
    "speakers": ("speaker", "speakers"),
}


def render(export: Export, pages: Sequence[Page]) -> str:
    """Return what an export tells, checked against the ledger."""
    entries = len(export.ledger.entries)
    fields = sum(len(one.told) for one in export.ledger.entries)
    proved = f"{counted(entries, 'entry', 'entries')} of the ledger, "
    proved += f"{counted(fields, 'field', 'fields')} that they commit to"
    lines = [
        f"export    profile {export.profile}, made {export.made}",
        f"proved    {proved}",
    ]
    for page in pages:
        lines += ["", *_page(page)]
    lines += ["", *(f"note      {text}" for text in export.caveats)]
    return "\n".join(map(printable, lines)) + "\n"


def against(page: Page) -> str:
    """Return what counts against a sentence: counts, and never a weight."""
    told = page.counts
    if not told["statements"]:
        return "nothing that counts"
    nouns = [
        counted(number, *_COUNTED.get(name, (name, name)))
        for name, number in told.items()
        if name in _COUNTED or number
    ]
    return ", ".join(nouns)


def said(page: Page) -> str:
    """Return who said a sentence, when and where."""
    return ", ".join(filter(None, (page.by, page.on, page.where)))


def verdict(page: Page) -> str:
    """Return why a verdict is what it is, and of which day it speaks."""
    if page.verdict is None:
        return ""
    day = f"as of {page.verdict.as_of[:10]}" if page.verdict.as_of else ""
    return "; ".join(filter(None, (day, *page.verdict.reasons)))


def heading(one: Told) -> str:
    """Return which statement it is, what it is beside the sentence, and what not."""
    words = [f"Statement {one.number}", _STANCES.get(one.stance, one.stance)]
    if one.dismissal:
        words.append(f"dismissed as {one.dismissal.replace('_', ' ')}")
    if one.outside:
        words.append(f"of another {one.outside}")
    if one.denies:
        words.append(f"denies statement {one.denies}")
    return ", ".join(words)


def about(one: Told) -> str:
    """Return what is told of a statement: who, when, where, and how it was heard."""
    parts = [
        one.speaker or "nobody knows who speaks",
        f"met {one.met}" if one.met else "",
        f"recording {one.recording}" + (f", {one.at}" if one.at else ""),
        str(one.rung),
        {"yes": "first-hand", "no": "not first-hand"}.get(one.first_hand, ""),
        "hedged" if one.hedged == "yes" else "",
    ]
    return " · ".join(filter(None, parts))


def _page(page: Page) -> Iterator[str]:
    yield f"{page.claim}   “{page.says}”   {said(page)}".rstrip()
    if page.verdict is not None:
        yield f"  verdict {page.verdict.verdict.upper()}, {verdict(page)}"
    if page.statements:
        yield f"  against it: {against(page)}"
    for one in page.statements:
        yield f"  {heading(one)}"
        yield from (f"    {line}" for line in wrap(f"“{one.quote}”", _WIDE - 4))
        yield from (f"    {line}" for line in wrap(about(one), _WIDE - 4))
        for word, text in (("reason", one.rationale), ("translated", one.translation)):
            yield from (f"    {word}: {line}" for line in wrap(text, _WIDE))
