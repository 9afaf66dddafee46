"""The audit as text: the sum, who crossed through what, and what nobody can say."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ringfence.boundary.model import Boundary
from ringfence.claims.bypass import Bypasses
from ringfence.claims.crossings import Crossings, Exhibit, Share
from ringfence.claims.use.usage import Unused
from ringfence.errors import ExitCode, printable
from ringfence.report import bypass_text, events, wording
from ringfence.report import event_words as words
from ringfence.report.answering import Screen, table
from ringfence.report.witness_text import hung

_WORSE = (ExitCode.ALL_UPHELD, ExitCode.UNPROVEN, ExitCode.REFUTED)
_METERS = 3  # shown when none is over a threshold
_REASONS = 2  # shown, of those that keep it from being told what is used


def exit_code(found: Crossings, bypasses: Bypasses | None = None) -> ExitCode:
    """Return the exit code: crossings, else whatever keeps them from being denied.

    The worse of that and of what went round the gate, if it was asked.
    """
    codes = [_of_crossings(found)]
    if bypasses is not None:
        codes.append(bypass_text.exit_code(bypasses))
    return max(codes, key=_WORSE.index)


def _of_crossings(found: Crossings) -> ExitCode:
    if found.crossing:
        return ExitCode.REFUTED
    missing = any(log.reasons for log in found.logs)
    if found.unknown or found.malformed or missing:
        return ExitCode.UNPROVEN
    return ExitCode.ALL_UPHELD


def audit(
    boundary: Boundary,
    found: Crossings,
    unused: Unused,
    screen: Screen,
    bypasses: Bypasses | None = None,
) -> str:
    """Return the audit of a boundary's logs."""
    lines = [*_lines(boundary.name, found, unused, screen)]
    if bypasses is not None:
        named = replace(screen, labels={**screen.labels, **bypasses.labels})
        lines += ["", *bypass_text.section(bypasses, named)]
    lines.append(_last(found, bypasses))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _lines(
    boundary: str, found: Crossings, unused: Unused, screen: Screen
) -> Iterator[str]:
    period = f"{words.day(found.first)} to {words.day(found.after)}"
    yield printable(
        f"boundary {boundary}   excluded {found.selector}   "
        f"{period}   judged by {found.engine}"
    )
    yield words.total(found)
    if found.crossing:
        yield from hung("", words.summary(found), screen.width)
        yield ""
        yield from _people(found, screen)
    for text in words.unknown(found, found.labels):
        yield from hung("unknown: ", text, screen.width)
    for log in found.logs:
        for text in words.notes(log):
            yield from hung(f"{printable(log.name)}: ", text, screen.width)
    for text in _meters(found):
        yield from hung("meter: ", text, screen.width)
    for text in _unused(unused, screen.folder):
        yield from hung("unused: ", text, screen.width)
    if found.exhibits:
        yield ""
        yield "for example:"
        yield from exhibit(found.exhibits[0], found.labels, screen.width)
        typed = ["ringfence", "audit", "show", found.exhibits[0].id, screen.case]
        typed += ["--output", screen.folder] if screen.folder != "out" else []
        yield f"to look     {printable(shlex.join(typed))}"


def _last(found: Crossings, bypasses: Bypasses | None) -> str:
    code = exit_code(found, bypasses)
    told = {
        ExitCode.REFUTED: "somebody crossed",
        ExitCode.UNPROVEN: "nobody is seen to cross, and not everything is known",
        ExitCode.ALL_UPHELD: "nobody crossed, in these logs",
    }[code]
    if bypasses is not None and bypasses.found:
        round_ = "something was done that no decision explains"
        told = f"{told}, and {round_}" if found.crossing else round_
    return f"exit {int(code)}: {told}"


def _people(found: Crossings, screen: Screen) -> Iterator[str]:
    shown = found.people[: screen.rows]
    head = ("person", "crossings", "rows", "first", "last")
    rows = [_person(one, found.labels) for one in shown]
    yield from table(head, iter(rows), screen.width)
    if rest := len(found.people) - len(shown):
        yield f"  and {rest} more: --limit {len(found.people)} shows them"


def _person(one: Share, labels: Mapping[str, str]) -> list[str]:
    first, last = words.day(one.first), words.day(one.last)
    name = words.label(one.id, labels)
    return [name, f"{one.events:,}", f"{one.rows:,}", first, last]


def exhibit(one: Exhibit, labels: Mapping[str, str], width: int) -> Iterator[str]:
    """Yield one event: who, what, when, and where it stands."""
    row = events.exhibit(one, labels)
    told = f"{row.who}  {row.verb}  {row.touched}"
    yield from hung(f"  {row.time}  ", told, width)
    pairs = (
        ("through", row.way),
        ("behind it", row.behind),
        ("from", row.origin),
        ("stands in", f"{row.place}, {row.extent}, sha256 {row.digest[:12]}…"),
    )
    for word, text in pairs:
        if text:
            yield from hung(f"    {word:10}  ", text, width)


def _unused(found: Unused, folder: str) -> Iterator[str]:
    """Yield how many ways nobody used, and why of others it can't be told."""
    ways = wording.counted(found.ways, "way in", "ways in")
    was = "was" if found.unused == 1 else "were"
    since = words.day(found.first)
    told = f"{found.unused:,} of {ways} {was} used by nobody since {since}"
    yield f"{told}; {found.unknown:,} can't be told"
    for why, count in found.why[:_REASONS]:
        yield f"{wording.counted(count, 'way', 'ways')} can't be told: {why}"
    if rest := sum(count for _, count in found.why[_REASONS:]):
        yield f"{wording.counted(rest, 'way', 'ways')} for other reasons"
    if found.listed:
        yield f"each of them, and why: {folder}/unused.jsonl"


def _meters(found: Crossings) -> Iterator[str]:
    """Yield the fullest meters, and how much no log names."""
    full = [one for one in found.meters if one.subjects]
    shown = [one for one in full if one.passed is not None] or full[:_METERS]
    for one in shown:
        yield words.metered(one, found.labels)
    if rest := len(full) - len(shown):
        yield f"{rest} more with fewer subjects: --format json"
    nameless = max((one.unnamed for one in found.meters), default=0)
    if nameless:
        crossings = wording.counted(nameless, "crossing", "crossings")
        yield f"no log says whose data it was in up to {crossings} of one counterparty"
