"""Shadow mode as text: what would be denied, who would break, and why they differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from ringfence.claims.crossings import Class
from ringfence.claims.shadow import Line, Lived, Outcome, Shadow
from ringfence.errors import ExitCode, printable
from ringfence.report import event_words, wording
from ringfence.report.answering import Screen, table
from ringfence.report.witness_text import hung

_TOLD = {
    Outcome.DENIED: "would be denied",
    Outcome.PERHAPS: "may be denied",
    Outcome.PURPOSE: "would need a purpose",
    Outcome.LESS: "would show less",
    Outcome.ALLOWED: "allowed",
}
_UNTOLD = "the log doesn't tell what was touched, and some of it is kept from them"
_WHY = {
    "excluded": "they are excluded, and what was touched is, or may be, protected",
    "perhaps-excluded": "nobody can say that whoever it was isn't excluded",
    "no-grant": "nobody surely gave it to them, and the gate asks for a grant",
    "guard": "a grant has a condition, and the log doesn't tell whether it was met",
    "no-purpose": "an exception concedes it to whoever states its purpose",
    "uncounted": "an exception concedes it to whoever says how much it is",
    "cap": "an exception concedes it, up to a cap",
    "masked": "masks would take the place of some values",
    "rows": "the rows of the population would be left out",
    "not-excluded": "nothing that the gate names excludes them",
    "not-protected": "nothing that was touched is protected at the gate",
    "not-counted": "the gate doesn't count what was done",
    "leave": "an exception concedes it",
    "other-row": "the row is of nobody in the population",
    "nothing-touched": "nothing was touched",
    "stale": "no scene holds at that time",
    "unknown-verb": "there is no such verb",
}
_COUNTED = (*("first", "last", "requests", "enforced", "unlogged", "lost", "unread"),)
_WORSE = (ExitCode.ALL_UPHELD, ExitCode.UNPROVEN, ExitCode.REFUTED)
_AGREED = {
    (Class.CROSSING, Outcome.DENIED),
    (Class.PERMITTED, Outcome.ALLOWED),
}
_CALLED = {
    Class.CROSSING: "crossings",
    Class.PERMITTED: "permitted",
    Class.UNKNOWN: "unknown",
}


def exit_code(found: Shadow) -> ExitCode:
    """Return the exit code: whether what is permitted today would be denied.

    The worse of what the logs and what the ledger of a service in shadow mode say.
    """
    codes = [_of_logs(found)] if found.is_replayed else []
    if found.lived is not None:
        codes.append(_of_ledger(found.lived))
    return max(codes, key=_WORSE.index)


def _of_ledger(lived: Lived) -> ExitCode:
    if lived.total(Outcome.DENIED):
        return ExitCode.REFUTED
    untold = lived.unlogged or lived.lost or lived.unread or not lived.requests
    if untold or lived.total(Outcome.LESS):
        return ExitCode.UNPROVEN
    return ExitCode.ALL_UPHELD


def _of_logs(found: Shadow) -> ExitCode:
    if found.total(Outcome.DENIED, Class.PERMITTED):
        return ExitCode.REFUTED
    if found.total(Outcome.ALLOWED, Class.PERMITTED) < found.total(
        kind=Class.PERMITTED
    ):
        return ExitCode.UNPROVEN
    return ExitCode.ALL_UPHELD


def shadow(found: Shadow, screen: Screen) -> str:
    """Return what a gate would have decided, as text."""
    return "\n".join(line.rstrip() for line in _lines(found, screen)) + "\n"


def plain(found: Shadow) -> dict[str, object]:
    """Return the same as JSON has it; nothing is left out."""
    totals = {
        kind.value: {one.value: found.total(one, kind) for one in Outcome}
        for kind in Class
    }
    return {
        "boundary": found.boundary,
        "excluded": found.gate.excluded,
        "mode": found.gate.mode,
        "first": found.first,
        "after": found.after,
        "scenes": found.scenes,
        "events": found.total(),
        "totals": totals,
        "lines": found.lines,
        **({} if found.lived is None else {"ledger": _plainly(found.lived)}),
    }


def _plainly(lived: Lived) -> dict[str, object]:
    return {
        **{name: getattr(lived, name) for name in _COUNTED},
        "allowed": lived.total(Outcome.ALLOWED),
        "less": lived.total(Outcome.LESS),
        "denied": lived.total(Outcome.DENIED),
        "answered": {"allowed": lived.requests},
        "lines": lived.spared,
    }


def _lines(found: Shadow, screen: Screen) -> Iterator[str]:
    if found.is_replayed:
        yield from _replayed(found, screen)
    else:
        kept = ", ".join(found.gate.excluded)
        yield printable(
            f"boundary {found.boundary}   keeps out {kept}   mode {found.gate.mode}"
        )
        yield "the boundary orders no logs: nothing is replayed"
    if found.lived is not None:
        yield ""
        yield from _ledger(found.lived, screen)
    yield _last(found)


def _ledger(lived: Lived, screen: Screen) -> Iterator[str]:
    """Yield what a service in shadow mode decided, beside what it answered."""
    if not lived.requests:
        yield "the ledger: nothing was decided in shadow mode"
    else:
        period = f"{lived.first[:10]} to {lived.last[:10]}"
        requests = wording.counted(lived.requests, "request", "requests")
        told = [
            f"{lived.total(one):,} {_TOLD[one]}"
            for one in (Outcome.DENIED, Outcome.LESS, Outcome.ALLOWED)
            if lived.total(one)
        ]
        text = f"{requests}, each answered with an allowance; enforced, "
        yield f"the ledger of the service in shadow mode: {period}"
        yield from hung("", text + wording.joined(told), screen.width)
    yield from _untold(lived)
    if not lived.spared:
        return
    yield ""
    rows = [
        (
            _name(one.who, screen),
            one.verb,
            _name(one.what, screen),
            one.caller,
            one.outcome.value,
            f"{one.requests:,}",
            one.last[:10],
            one.reason,
        )
        for one in lived.spared[: screen.rows]
    ]
    head = ("asked for", "verb", "data", "caller", "gate", "requests", "last", "reason")
    yield from table(head, _safe(rows), screen.width)
    yield from _more(len(lived.spared) - screen.rows, len(lived.spared))


def _safe(rows: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return rows of which every cell can be printed: a stranger may have asked."""
    return [tuple(map(printable, row)) for row in rows]


def _untold(lived: Lived) -> Iterator[str]:
    """Yield what the ledger doesn't tell of."""
    if lived.enforced:
        was = wording.counted(lived.enforced, "decision", "decisions")
        yield f"{was} of the same days, enforced, not counted here"
    if lived.unlogged:
        were = wording.counted(lived.unlogged, "answer", "answers")
        yield f"{were} may not be in the ledger: nobody knows what was decided"
    if lived.lost:
        entries = wording.counted(lived.lost, "entry", "entries")
        yield f"{entries} of the ledger lost what they tell of"
    if lived.unread:
        lines = wording.counted(lived.unread, "decision", "decisions")
        yield f"{lines} can't be understood"


def _replayed(found: Shadow, screen: Screen) -> Iterator[str]:
    period = f"{event_words.day(found.first)} to {event_words.day(found.after)}"
    kept = ", ".join(found.gate.excluded)
    scenes = wording.counted(found.scenes, "scene", "scenes")
    yield printable(
        f"boundary {found.boundary}   keeps out {kept}   mode {found.gate.mode}   "
        f"{period}   {scenes}"
    )
    yield from hung("", _sum(found), screen.width)
    yield from _matrix(found)
    yield from _breaks(found, screen)
    denied = [one for one in found.lines if one.outcome is Outcome.DENIED]
    parts: tuple[tuple[str, Callable[[Line], str]], ...] = (
        ("tool", lambda one: one.tool),
        ("person", lambda one: one.who),
        ("data", lambda one: one.what),
    )
    for name, key in parts if denied else ():
        yield ""
        yield from _table(name, denied, key, screen)
    yield from _differences(found, screen)


def _sum(found: Shadow) -> str:
    events = wording.counted(found.total(), "event", "events")
    told = [
        f"{found.total(one):,} {words}"
        for one, words in _TOLD.items()
        if found.total(one)
    ]
    return f"{events}: {wording.joined(told)}" if told else "no event was replayed"


def _matrix(found: Shadow) -> Iterator[str]:
    head = f"  {'audit':10}" + "".join(f"{one.value:>10}" for one in reversed(Outcome))
    yield head
    for kind in Class:
        cells = (f"{found.total(one, kind):>10,}" for one in reversed(Outcome))
        yield f"  {_CALLED[kind]:10}" + "".join(cells)


def _breaks(found: Shadow, screen: Screen) -> Iterator[str]:
    """Yield who does today what the audit permits, and the gate would not."""
    hurt = [
        one
        for one in found.lines
        if one.kind is Class.PERMITTED and one.outcome is not Outcome.ALLOWED
    ]
    yield ""
    if not hurt:
        yield "who would break: nobody whose events the audit permits"
        return
    yield "who would break, or work differently, of those whom the audit permits:"
    rows = [
        (
            _name(one.who, screen),
            _name(one.tool, screen, "no tool named"),
            _name(one.what, screen),
            one.outcome.value,
            f"{one.events:,}",
            _why(one),
        )
        for one in hurt[: screen.rows]
    ]
    head = ("person", "tool", "data", "gate", "events", "because")
    yield from table(head, rows, screen.width)
    yield from _more(len(hurt) - screen.rows, len(hurt))


def _table(
    name: str, lines: Iterable[Line], key: Callable[[Line], str], screen: Screen
) -> Iterator[str]:
    sums: dict[str, dict[Class, int]] = defaultdict(lambda: dict.fromkeys(Class, 0))
    for one in lines:
        sums[key(one)][one.kind] += one.events
    ordered = sorted(sums.items(), key=lambda pair: (-sum(pair[1].values()), pair[0]))
    rows = [
        (_name(node, screen), f"{sum(found.values()):,}", *_cells(found))
        for node, found in ordered[: screen.rows]
    ]
    head = (f"denied, by {name}", "events", *(_CALLED[kind] for kind in Class))
    yield from table(head, rows, screen.width)
    yield from _more(len(ordered) - screen.rows, len(ordered))


def _cells(found: dict[Class, int]) -> list[str]:
    return [f"{found[kind]:,}" for kind in Class]


def _differences(found: Shadow, screen: Screen) -> Iterator[str]:
    sums: dict[tuple[Class, Outcome, str], int] = defaultdict(int)
    for one in found.lines:
        if (one.kind, one.outcome) not in _AGREED:
            sums[one.kind, one.outcome, _why(one)] += one.events
    if sums:
        yield ""
        yield "where the gate and the audit differ:"
    for (kind, outcome, why), events in sorted(sums.items(), key=lambda one: -one[1]):
        count = wording.counted(events, "event", "events")
        text = f"{count}, {_CALLED[kind]} to the audit, {_TOLD[outcome]}: {why}"
        yield from hung("  ", text, screen.width)


def _why(one: Line) -> str:
    if one.outcome is Outcome.PERHAPS and one.reason != "guard":
        return _UNTOLD
    return _WHY[one.reason]


def _name(node: str, screen: Screen, unnamed: str = "nobody knows") -> str:
    return printable(screen.name(node)) if node else unnamed


def _more(left: int, total: int) -> Iterator[str]:
    if left > 0:
        yield f"  {left:,} more: --limit {total}, or --format json"


def _last(found: Shadow) -> str:
    code = exit_code(found)
    done = "that the audit permits" if found.lived is None else "that is done today"
    told = {
        ExitCode.REFUTED: f"something {done} would be denied",
        ExitCode.UNPROVEN: f"something {done} would be otherwise",
        ExitCode.ALL_UPHELD: f"nothing {done} would be otherwise",
    }
    if found.lived is not None and code is ExitCode.UNPROVEN:
        told[code] += ", or isn't known"
    return f"exit {int(code)}: {told[code]}"
