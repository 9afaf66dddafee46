"""Statements beside a claim, as lines of text: what each says, and what is known."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.claims.testimony import Beside, Testimony
from ringfence.report import beside
from ringfence.report.fitting import cut
from ringfence.report.witness_text import hung


def full(told: Beside, width: int) -> Iterator[str]:
    """Yield everything that statements beside a claim say."""
    for index, line in enumerate(beside.counts(told)):
        yield from hung(f"  {'' if index else 'statements':<11} ", line, width)
    for one in told.statements:
        yield from _statement(one, width)
    if told.statements:
        yield from hung("  ", beside.CAVEAT, width)


def _statement(one: Testimony, width: int) -> Iterator[str]:
    yield cut(f"  {beside.heading(one)}", width)
    yield from hung("    ", beside.quoted(one), width)
    yield from hung("    ", beside.about(one), width)
    for remark in beside.remarks(one):
        yield from hung("    - ", remark, width)
