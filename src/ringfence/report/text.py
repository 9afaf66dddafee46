"""The report for a terminal: one screen first, everything on demand.

The screen drops nothing in silence: it cuts sentences with an ellipsis, gives its lines
to refuted claims first, and says how much more there is and how to see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ringfence.claims.outcome import Verdict
from ringfence.report import beside_text, events_text, witness_text
from ringfence.report.document import Command, Document
from ringfence.report.fitting import cut, measure
from ringfence.report.section import Section
from ringfence.report.unseen import SourceRow
from ringfence.report.verdict_table import painted, table
from ringfence.report.witness_text import hung
from ringfence.report.wording import counted

_NARROWEST = 60
_FEWEST_ROOM = 4
_MOST_REASONS = 3
_SPACE = "   "


def render(
    document: Document,
    *,
    width: int = 100,
    height: int = 30,
    colour: bool = False,
    everything: bool = False,
    ledger: str | None = None,
) -> str:
    """Return the report as lines of at most `width` cells.

    Args:
        document: What to show.
        width: Cells in a line; a narrower terminal than 60 has its lines wrapped.
        height: Lines of the screen; with `everything` there may be more.
        colour: Whether verdicts are coloured; they read as well without.
        everything: Show all that the document holds rather than one screen.
        ledger: What a ledger says of the verdicts, if they were logged.
    """
    width = max(width, _NARROWEST)
    last = [*_last(document, ledger, width)]
    if everything:
        lines = [*_everything(document, width, colour=colour), *last]
    else:
        room = height - len(last)
        lines = [*_screen(document, width, height=room, colour=colour), *last]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _screen(document: Document, width: int, *, height: int, colour: bool) -> list[str]:
    lead = [] if document.lead is None else ["", *_lead(document.lead, width)]
    foot = ["", *_foot(document, width)]
    head: list[str] = []
    room = 0
    for most in (2, 1):
        head = [*_head(document, width, most=most), ""]
        room = height - len(head) - len(lead) - len(foot)
        if room > len(document.rows):
            break
    room = max(room, _FEWEST_ROOM)
    rows = table(document.rows, width, room=room, colour=colour)
    more = _further(document, width, room=room - len(rows))
    return [*head, *rows, *lead, *more, *foot]


def _further(document: Document, width: int, *, room: int) -> list[str]:
    """Return what the other claims rest on, as much of it as there is room for.

    First the examples of refuted claims: where one doesn't fit, the line that says so
    is worth more than nothing. Then what the logs tell of open ones.
    """
    lines: list[str] = []
    others = [
        section
        for section in document.gravest
        if section is not document.lead
        and section.verdict is Verdict.REFUTED
        and section.has_example
    ]
    for number, section in enumerate(others):
        told = ["", *_lead(section, width)]
        left = len(others) - number
        if len(lines) + len(told) + (left > 1) > room:
            what = counted(left, "refuted claim", "refuted claims")
            note = f"the witness of {what} more: --all, or --lines 100"
            return [*lines, note] if len(lines) < room else lines
        lines += told
    for section in document.sections:
        told = ["", *_lead(section, width)]
        is_open = section.verdict is Verdict.UNPROVEN and section.events
        if is_open and section is not document.lead and len(lines + told) <= room:
            lines += told
    return lines


def _head(document: Document, width: int, *, most: int = 0) -> Iterator[str]:
    outcome = document.outcome
    first = (
        f"ringfence {outcome.version}",
        f"boundary {outcome.boundary.name}",
        f"as of {document.as_of or 'no date'}",
        f"regime {' + '.join(document.fences) or 'none'}",
    )
    if most:
        yield cut(_SPACE.join(first), width)
    else:
        yield from _packed(first, _SPACE, width)
    texts: dict[str, list[str]] = {}
    for word, text in document.header:
        texts.setdefault(word, []).append(text)
    for word, told in texts.items():
        yield from hung(f"{word:<11}", "; ".join(told), width, most=most)


def _lead(section: Section, width: int) -> Iterator[str]:
    if section.has_example and section.verdict is not Verdict.UNPROVEN:
        yield cut(witness_text.heading(section), width)
        if section.witnesses:
            yield from witness_text.brief(section.witnesses[0], width)
    else:
        yield cut(f"{section.row.number} {section.title}:", width)
        yield from _why(section, width)
    if section.events:
        yield from events_text.brief(section.events, width)
    if section.has_example and section.finding.proof:
        yield cut(f"  proof: {section.finding.proof}", width)


def _why(section: Section, width: int) -> Iterator[str]:
    reasons = section.finding.reasons
    for reason in reasons[:_MOST_REASONS]:
        yield from hung("  ", reason.text, width, most=2)
    if more := len(reasons[_MOST_REASONS:]):
        yield f"  and {counted(more, 'reason', 'reasons')} more, --all shows them"


def _foot(document: Document, width: int) -> Iterator[str]:
    gaps = counted(len(document.unseen), "gap", "gaps")
    everything = Command("all of it", f"--all ({gaps}, sources, assumptions)")
    yield from _commands([everything, *document.commands, document.check], width)


def _commands(commands: Sequence[Command], width: int) -> Iterator[str]:
    """Yield commands, as many on a line as fit; none is ever cut."""
    told = [f"{command.purpose}{_SPACE}{command.line}" for command in commands]
    yield from _packed(told, 2 * _SPACE, width)


def _packed(texts: Sequence[str], space: str, width: int) -> Iterator[str]:
    """Yield texts side by side, as many on a line as fit."""
    line = ""
    for told in texts:
        longer = f"{line}{space}{told}"
        if line and measure(longer) <= width:
            line = longer
            continue
        if line:
            yield from hung("", line, width)
        line = told
    yield from hung("", line, width)


def _last(document: Document, ledger: str | None, width: int) -> Iterator[str]:
    """Yield where the verdicts are logged, and the exit code."""
    if ledger is not None:
        yield from hung("ledger    ", ledger, width)
    yield cut(f"exit {int(document.exit_code)}: {document.title}", width)


def _everything(document: Document, width: int, *, colour: bool) -> Iterator[str]:
    yield from _head(document, width)
    yield ""
    yield from table(document.rows, width, colour=colour)
    for section in document.sections:
        yield from _section(section, width, colour=colour)
    yield from _sources(document, width)
    yield from events_text.logs(document.logs, width)
    yield from _listed("not looked at", [gap.text for gap in document.unseen], width)
    assumptions = [
        f"{item.text} (claim {', '.join(map(str, item.claims))})"
        for item in document.assumptions
    ]
    yield from _listed("assumed", assumptions, width)
    yield ""
    for word, digest in document.digests:
        yield from hung(f"{word + ' sha256':<26} ", digest, width)
    for command in (*document.commands, document.check):
        yield from hung(f"{cut(command.purpose, 26):<26} ", command.line, width)


def _section(section: Section, width: int, *, colour: bool) -> Iterator[str]:
    finding, claim = section.finding, section.finding.claim
    yield ""
    title = cut(f"{section.row.number} {section.title}", width)
    yield painted(section.verdict, title, colour=colour)
    if not section.is_proxy:
        yield from hung("  ", f"“{claim.says}”", width)
    if section.row.summary:
        yield from hung("  found       ", section.row.summary, width)
    for word, answer in section.scope:
        yield from hung(f"  {word:<11} ", answer, width)
    yield from _reasons(section, width)
    if section.caption:
        yield from hung("  map         ", section.caption, width)
    for number, witness in enumerate(section.witnesses, start=1):
        of = f"{number} of {len(section.witnesses)} listed"
        yield f"  witness     {of}, {witness_text.certainty(witness)}"
        yield from witness_text.full(witness, width)
    if section.events:
        yield from events_text.full(section.events, width)
    yield from beside_text.full(finding.beside, width)
    if finding.proof:
        yield from hung("  proof       ", finding.proof, width)


def _reasons(section: Section, width: int) -> Iterator[str]:
    word = "because" if section.verdict == Verdict.UNPROVEN else "missing"
    for index, reason in enumerate(section.finding.reasons):
        yield from hung(f"  {'' if index else word:<11} ", reason.text, width)


def _sources(document: Document, width: int) -> Iterator[str]:
    yield ""
    yield counted(len(document.sources), "source", "sources")
    for source in document.sources:
        yield from hung("  ", _source(source), width)
        for remark in source.remarks:
            yield from hung("    ", remark.replace("\n", " "), width)


def _source(source: SourceRow) -> str:
    facts = counted(source.facts, "fact", "facts")
    dated = f"collected {source.collected}" if source.collected else "no date"
    return (
        f"{source.name} ({source.kind}): {source.state}; {facts}; {dated}, {source.age}"
    )


def _listed(title: str, texts: list[str], width: int) -> Iterator[str]:
    if texts:
        yield ""
        yield title
    for text in texts:
        yield from hung("  - ", text, width)
