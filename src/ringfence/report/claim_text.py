"""A claim's page as lines of text."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ringfence.claims.claim_page import Followed, Found
from ringfence.claims.outcome import Verdict
from ringfence.report import beside, beside_text, events_text, witness_text
from ringfence.report.claim_page import Joined, said
from ringfence.report.fitting import cut
from ringfence.report.verdict_table import painted
from ringfence.report.witness_text import hung

_SHORT = 12  # of a digest


def render(joined: Joined, *, width: int = 100, colour: bool = False) -> str:
    """Return the page as lines of at most `width` cells."""
    lines = [*_lines(joined, max(width, 60), colour=colour)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _lines(joined: Joined, width: int, *, colour: bool) -> Iterator[str]:
    page = joined.page
    yield from hung("claim       ", f"{page.claim}: “{joined.judged.says}”", width)
    for one in page.uttered:
        head = f"{one.number} said     "[:12]
        yield from hung(head, f"{said(one)}: “{one.says}”", width)
    yield ""
    title = f"{joined.title}, as of {joined.as_of or 'no date'}"
    yield painted(joined.verdict, cut(title, width), colour=colour)
    yield from _shown(joined, width)
    for word, text in _rests(joined):
        yield from hung(f"  {word:<11} ", text, width)
    yield ""
    if page.beside.statements:
        yield from beside_text.full(page.beside, width)
    else:
        yield "  no statement stands beside it"
        yield from hung("  ", beside.CAVEAT, width)
    for lead in page.leads:
        yield from _lead(lead, width)


def _shown(joined: Joined, width: int) -> Iterator[str]:
    """Yield what systems show, and why the verdict is what it is."""
    if joined.judged.summary:
        yield from hung("  found       ", joined.judged.summary, width)
    if joined.verdict is Verdict.UNPROVEN:
        yield from _reasons(joined, "because", width)
    if joined.witness is not None:
        yield "  the shortest witness"
        yield from witness_text.brief(joined.witness, width)
    if joined.events is not None:
        yield from events_text.brief(joined.events, width)
    if joined.verdict is not Verdict.UNPROVEN:
        yield from _reasons(joined, "missing", width)


def _reasons(joined: Joined, word: str, width: int) -> Iterator[str]:
    for index, reason in enumerate(joined.reasons):
        yield from hung(f"  {'' if index else word:<11} ", reason.text, width)


def _rests(joined: Joined) -> Iterator[tuple[str, str]]:
    if joined.judged.proxy is not None:
        yield "its proxy", f"is {joined.judged.proxy.verdict}"
    if joined.proof:
        yield "proof", joined.proof
    yield from joined.commands
    for note in joined.notes:
        yield "note", note


def _lead(lead: Followed, width: int) -> Iterator[str]:
    yield ""
    asks = f"{lead.asks} (from {lead.statement})"
    yield from hung(f"{lead.number} asks     "[:12], asks, width)
    yield from hung("  asked as    ", f"ringfence {shlex.join(lead.command)}", width)
    if not lead.found:
        yield "  answer      none yet"
    for one in lead.found:
        told = f"{one.number}, {one.time[:10]}, exit {one.code}: {one.says}"
        yield from hung("  answer      ", told, width)
        yield from hung("              ", digests(one), width)


def digests(one: Found) -> str:
    """Return what an answer rests on, and what it is, by digest."""
    told = (
        ("estate", one.estate[:_SHORT]),
        ("boundary", one.boundary[:_SHORT]),
        ("answer", one.content),
        ("proof", one.proof),
    )
    return ", ".join(f"{word} {digest}" for word, digest in told if digest)
