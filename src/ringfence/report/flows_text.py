"""Flows as text: what goes round the exit, and by what door."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ringfence.claims.flow import Door, Finding, Flow, Flows, Passing
from ringfence.errors import ExitCode, printable
from ringfence.report import wording
from ringfence.report.answering import Screen, more, table
from ringfence.report.witness_text import hung

_WRONG = (Finding.UNDECLARED, Finding.ROUND)


def exit_code(found: Flows) -> ExitCode:
    """Return the exit code: what goes round, else what can't be told."""
    if found.of(*_WRONG):
        return ExitCode.REFUTED
    if found.of(Finding.UNTOLD) or found.gaps or found.verdicts is None or found.lost:
        return ExitCode.UNPROVEN
    return ExitCode.ALL_UPHELD


def flows(found: Flows, screen: Screen) -> str:
    """Return what goes round the exit, as text."""
    return "\n".join(line.rstrip() for line in _lines(found, screen)) + "\n"


def _lines(found: Flows, screen: Screen) -> Iterator[str]:
    channels = wording.counted(found.channels, "channel", "channels")
    verdicts = "no ledger is given"
    if found.verdicts is not None:
        told = wording.counted(found.verdicts, "verdict", "verdicts")
        verdicts = f"{told} of the exit"
    yield printable(
        f"boundary {found.boundary}   as of {wording.day(found.as_of)}   "
        f"{channels} in force, {verdicts}"
    )
    counts = [len(found.of(one)) for one in Finding]
    undeclared, round_, untold, explained = counts
    yield (
        f"{wording.counted(len(found.found), 'flow', 'flows')} of protected data: "
        f"{explained:,} explained, {undeclared:,} undeclared, "
        f"{round_:,} round the exit, {untold:,} can't be told"
    )
    if found.passing is not None:
        yield from hung("", _passing(found.passing), screen.width)
    for gap in found.gaps:
        yield from hung("not known   ", gap, screen.width)
    if found.lost:
        entries = wording.counted(found.lost, "entry", "entries")
        text = f"{entries} of the ledger lost what they tell of: it explains nothing"
        yield from hung("", text, screen.width)
    if found.found:
        yield ""
        yield from _table(found, screen)
        yield ""
        yield from _example(found.found[0], screen)
    yield _last(found)


def _passing(found: Passing) -> str:
    """Return what became of the lines of a network's logs."""
    lines = wording.counted(found.read, "line", "lines")
    files = wording.counted(found.files, "file", "files")
    counts = (
        (found.out, "out"),
        (found.inside, "inside"),
        (found.gateway, "by the gateway"),
        (found.others, "of others"),
        (found.refused, "refused"),
        (found.empty, "empty"),
        (found.skipped, "not logged"),
        (found.malformed, "malformed"),
    )
    told = ", ".join(f"{count:,} {what}" for count, what in counts)
    return f"{lines} of a network's logs in {files}: {told}"


def _table(found: Flows, screen: Screen) -> Iterator[str]:
    shown = found.found[: screen.rows]
    head = ("data", "finding", "channel", "door", "goes to")
    rows = [
        (
            _data(one, screen),
            "explained" if one.finding is Finding.EXPLAINED else str(one.finding),
            printable(one.channel) or "none",
            printable(_door(one, screen)),
            printable(screen.name(one.end)),
        )
        for one in shown
    ]
    yield from table(head, rows, screen.width)
    yield from more(len(found.found) - len(shown), len(found.found))


def _door(one: Flow, screen: Screen) -> str:
    way = str(one.door) if one.events or not one.kind else one.kind
    way += f" {one.events:,} times" if one.events > 1 else ""
    return way if one.by == one.end else f"{way}: {screen.name(one.by)}"


def _data(one: Flow, screen: Screen) -> str:
    first, *others = (printable(screen.name(node)) for node in one.data)
    return f"{first} and {len(others)} more" if others else first


def _example(one: Flow, screen: Screen) -> Iterator[str]:
    yield f"the first of them is {_said(one)}:"
    text = f"{_data(one, screen)} to {screen.name(one.end)}"
    yield from hung("  what      ", printable(text), screen.width)
    yield from hung("  door      ", printable(_door(one, screen)), screen.width)
    if one.why:
        yield from hung("  because   ", printable(one.why), screen.width)
    if one.door is Door.SENT:
        yield from hung("  how much  ", printable(_size(one)), screen.width)
    if one.example:
        typed = ["ringfence", "audit", "show", one.example, screen.case]
        typed += ["--output", screen.folder] if screen.folder != "out" else []
        yield f"  to look   {printable(shlex.join(typed))}"
    remedy = _remedy(one)
    if one.door is Door.SENT:
        remedy = "lead it by the gateway; if the address is yours, list whose it is"
    yield from hung("  remedy    ", printable(remedy), screen.width)


def _size(one: Flow) -> str:
    """Return how much went, when, and where the address is registered."""
    lines = wording.counted(one.lines, "line", "lines")
    told = f"{one.bytes:,} bytes in {lines}"
    if one.first and one.last:
        told += f", from {one.first} to {one.last}"
    return f"{told}; registered in {one.registered}" if one.registered else told


def _said(one: Flow) -> str:
    if one.finding is Finding.UNDECLARED:
        return "an undeclared flow"
    if one.finding is Finding.ROUND:
        return f"declared by {printable(one.channel)}, and goes round the exit"
    return str(one.finding)


def _remedy(one: Flow) -> str:
    match one.finding:
        case Finding.UNDECLARED:
            return "end it, or declare a channel that `takes` the data and `ends` there"
        case Finding.ROUND:
            return "lead it through the exit: the ledger knows of nothing that it sent"
        case Finding.UNTOLD if one.channel:
            return "name the exit's ledger with `--ledger`"
        case Finding.UNTOLD:
            return "state what isn't known"
        case _ if one.events:
            return "none: the exit judged by that channel not long after"
        case _:
            times = wording.counted(one.releases, "release", "releases")
            return f"none: {times} of that channel are in the ledger"


def _last(found: Flows) -> str:
    code = exit_code(found)
    if code is ExitCode.UNPROVEN and not found.found:
        told = "no flow is seen, and not everything is known: nothing is proved"
        return f"exit {int(code)}: {told}"
    ends = {
        ExitCode.REFUTED: "something goes where it may not, and not by the exit",
        ExitCode.UNPROVEN: "nothing surely goes round, and not everything is known",
        ExitCode.ALL_UPHELD: "every flow is declared and seen at the exit",
    }
    if code is ExitCode.ALL_UPHELD and not found.found:
        return "exit 0: protected data is known, and no flow of it leaves"
    return f"exit {int(code)}: {ends[code]}"
