"""Bypasses as text: what no decision explains, and the door that each came by."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ringfence.claims.bypass import Bypass, Bypasses
from ringfence.errors import ExitCode, printable
from ringfence.report import event_words, wording
from ringfence.report.answering import Screen, more, table
from ringfence.report.witness_text import hung


def exit_code(found: Bypasses) -> ExitCode:
    """Return the exit code: what is unexplained, else what can't be told."""
    if found.found:
        return ExitCode.REFUTED
    if found.unknown or found.lost or found.unread or not found.events:
        return ExitCode.UNPROVEN
    return ExitCode.ALL_UPHELD


def bypasses(found: Bypasses, screen: Screen) -> str:
    """Return what no decision explains, as text."""
    return "\n".join(line.rstrip() for line in _lines(found, screen)) + "\n"


def _lines(found: Bypasses, screen: Screen) -> Iterator[str]:
    period = f"{event_words.day(found.first)} to {event_words.day(found.after)}"
    denied = found.decisions - found.allowed
    decisions = wording.counted(found.decisions, "decision", "decisions")
    shadow = f", {found.shadow:,} in shadow mode" if found.shadow else ""
    yield printable(
        f"boundary {found.boundary}   {period}   "
        f"{decisions}, {denied:,} of them denied{shadow}"
    )
    yield from _told(found, screen)
    yield _last(found)


def section(found: Bypasses, screen: Screen) -> Iterator[str]:
    """Yield what no decision explains, as a part of the audit's text."""
    decisions = wording.counted(found.decisions, "decision", "decisions")
    yield f"the gate's ledger, since its first decision: {decisions}"
    yield from _told(found, screen)


def _told(found: Bypasses, screen: Screen) -> Iterator[str]:
    events = wording.counted(found.events, "event", "events")
    yield (
        f"{events} on protected data: {found.explained:,} explained, "
        f"{found.unexplained:,} by no decision, {found.unknown:,} can't be told"
    )
    if found.lost:
        entries = wording.counted(found.lost, "entry", "entries")
        text = f"{entries} of the ledger lost what they tell of: it explains nothing"
        yield from hung("", text, screen.width)
    if found.unread:
        lines = wording.counted(found.unread, "decision", "decisions")
        yield f"{lines} can't be understood, and explain nothing"
    if found.found:
        yield ""
        yield from _table(found, screen)
        yield ""
        yield from _example(found.found[0], screen)


def _table(found: Bypasses, screen: Screen) -> Iterator[str]:
    shown = found.found[: screen.rows]
    head = ("person", "tool", "account", "from", "data", "events", "gate said")
    rows = [
        (
            _name(one.who, screen, "nobody knows"),
            _name(one.tool, screen, "-"),
            _name(one.account, screen, "-"),
            printable(one.address) or "-",
            _data(one, screen),
            f"{one.events:,}",
            _said(one),
        )
        for one in shown
    ]
    yield from table(head, rows, screen.width)
    yield from more(len(found.found) - len(shown), len(found.found))


def _said(one: Bypass) -> str:
    if one.was_denied:
        return "denied"
    return "would deny" if one.was_spared else "nothing"


def _example(one: Bypass, screen: Screen) -> Iterator[str]:
    who = _name(one.who, screen, "nobody knows who")
    first = event_words.second(one.first)
    text = f"{who}  {one.verb}  {_data(one, screen)}, {one.kind} to the audit"
    yield "for example:"
    yield from hung(f"  {first}  ", text, screen.width)
    yield printable(f"    stands in  {one.log}: {one.file}:{one.line}")
    typed = ["ringfence", "audit", "show", one.example, screen.case]
    typed += ["--output", screen.folder] if screen.folder != "out" else []
    yield f"to look     {printable(shlex.join(typed))}"


def _data(one: Bypass, screen: Screen) -> str:
    first, *others = (_name(node, screen, "") for node in one.what)
    return f"{first} and {len(others)} more" if others else first


def _name(node: str, screen: Screen, unnamed: str) -> str:
    return printable(screen.name(node)) if node else unnamed


def _last(found: Bypasses) -> str:
    code = exit_code(found)
    if not (found.events or found.lost or found.unread):
        told = "the logs show nothing done since the first decision: nothing is proved"
        return f"exit {int(code)}: {told}"
    ends = {
        ExitCode.REFUTED: "something was done that no decision explains",
        ExitCode.UNPROVEN: "nothing is seen to go round, and not everything is known",
        ExitCode.ALL_UPHELD: "decisions explain all that was done, in these logs",
    }
    return f"exit {int(code)}: {ends[code]}"
