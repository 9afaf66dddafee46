"""Cut plans as text: what each costs and whom it hurts, and what is left after one."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.claims.outcome import Verdict
from ringfence.claims.plans import Afterwards, Planned, Priced
from ringfence.errors import printable
from ringfence.report import wording
from ringfence.report.answering import Screen, table
from ringfence.report.witness_text import hung

_EXITS = {Verdict.UPHELD: 0, Verdict.UNPROVEN: 10, Verdict.REFUTED: 11}
_NAMED = 3


def exit_code(verdict: Verdict) -> int:
    """Return the exit code of the verdict on one claim."""
    return _EXITS[verdict]


def plans(found: Planned, screen: Screen) -> str:
    """Return the plans for a claim, cheapest first."""
    return "\n".join(line.rstrip() for line in _plans(found, screen)) + "\n"


def _plans(found: Planned, screen: Screen) -> Iterator[str]:
    first = f"{found.claim} is {found.verdict}: {_crossing(found)}"
    yield from hung("", first, screen.width)
    if found.uncuttable:
        origin, target = map(screen.name, found.uncuttable)
        told = f"{origin} reaches {target} by what can't be taken away"
        yield from hung("no plan     ", told, screen.width)
        path = screen.path(*found.uncuttable)
        yield f"to look     {path} --verb any"
    if found.plans:
        yield from table(_head(found), map(_row, found.plans), screen.width)
        if use := found.plans[-1].in_use:
            told = (
                f"how many of the people used what they lose, by the logs, since "
                f"{use.since[:10]}; of how many more it can't be told"
            )
            yield from hung("used it     ", told, screen.width)
        last = found.plans[-1].name
        names = ", ".join(f"plan-{one.name}.yaml" for one in found.plans)
        yield from hung("to edit     ", f"in {screen.folder}: {names}", screen.width)
        yield f"to look     --show {last} prints the changes"
        command = f"ringfence reach what-if {screen.folder}/plan-{last}.yaml"
        yield f"to prove    {command}"
    yield f"exit {exit_code(found.verdict)}: the claim is {found.verdict}"


def _crossing(found: Planned) -> str:
    if not found.pairs:
        return "nobody crosses, so there is nothing to plan"
    who = wording.counted(found.people, "principal reaches", "principals reach")
    what = wording.counted(found.columns, "resource", "resources")
    pairs = wording.counted(found.pairs, "pair", "pairs")
    return f"{who}, or may reach, {what} ({pairs})"


_HEAD = ("plan", "changes", "cost", "people losing", "pairs lost", "")
_USE = ("used it", "can't be told")


def _head(found: Planned) -> tuple[str, ...]:
    """Return the head of the table; what is in use stands there if logs tell of it."""
    use = _USE if any(one.in_use for one in found.plans) else ()
    return (*_HEAD[:-1], *use, _HEAD[-1])


def _row(plan: Priced) -> list[str]:
    notes = []
    if not plan.closes:
        notes.append("doesn't close all of it")
    if not plan.pairs:
        notes.append("zero collateral")
    if plan.regrants:
        pairs = wording.counted(plan.regrants, "pair", "pairs")
        notes.append(f"{pairs} conceded, granted anew")
    if plan.refused:
        pairs = wording.counted(plan.refused, "pair", "pairs")
        notes.append(f"{pairs} conceded, lost")
    return [
        plan.name,
        f"{plan.changes:,}",
        "-" if plan.cost is None else f"{plan.cost:,}",
        f"{plan.people:,}",
        f"{plan.pairs:,}",
        *([f"{use.people:,}", f"{use.untold:,}"] if (use := plan.in_use) else ()),
        f"<- {', '.join(notes)}" if notes else "",
    ]


def shown(plan: Priced, screen: Screen) -> str:
    """Return one plan: its file, and who loses most."""
    return plan.file + "".join(f"# {line}\n" for line in _losers(plan, screen))


def _losers(plan: Priced, screen: Screen) -> Iterator[str]:
    if plan.people and (use := plan.in_use):
        people = wording.counted(plan.people, "person loses", "people lose")
        told = f"{people} legitimate reach, {use.people:,} of them used it since"
        yield f"{told} {use.since[:10]}; of {use.untold:,} it can't be told"
    for one in plan.losers[: screen.rows]:
        yield printable(f"{screen.name(one.id)} loses {one.lost:,}")
    if (left := len(plan.losers) - screen.rows) > 0:
        yield f"{left:,} people more lose something: --format json"


def after(found: Afterwards, screen: Screen) -> str:
    """Return what a plan comes to."""
    return "\n".join(line.rstrip() for line in _after(found, screen)) + "\n"


def _after(found: Afterwards, screen: Screen) -> Iterator[str]:
    plan, width = found.plan, screen.width
    if found.differs:
        told = f"was made for another {wording.joined(found.differs)}; priced anew"
        yield from hung("note        ", told, width)
    changes = wording.counted(plan.changes, "change", "changes")
    pairs = f"{plan.pairs:,} of {wording.counted(plan.before, 'pair', 'pairs')}"
    people = wording.counted(plan.people, "person loses", "people lose")
    cost = "can't be made" if plan.cost is None else f"cost {plan.cost:,}"
    yield from hung(
        "plan        ", f"{plan.name}: {changes}, {cost}; {people} {pairs}", width
    )
    for one in plan.losers[:_NAMED]:
        told = f"{screen.name(one.id)} loses {one.lost:,}"
        yield from hung("            ", told, width)
    if (left := len(plan.losers) - _NAMED) > 0:
        yield f"            {left:,} more: --format json"
    yield from hung("claim       ", _claim(found), width)
    for reason in found.reasons if found.after is not Verdict.UPHELD else ():
        yield from hung("because     ", reason, width)
    for turned in found.others:
        told = f"{turned.claim} was {turned.before}, would be {turned.after}"
        yield from hung("also        ", told, width)
    facts = f"{found.removed:,} facts left out, {found.added:,} added"
    yield from hung("estate      ", f"{facts}; {found.estate} (SHA-256)", width)
    proof = f"   # {found.proof}" if found.proof else ""
    yield f"to verify   python -m ringfence_verify {screen.folder}{proof}"
    yield f"exit {exit_code(found.after)}: the claim would be {found.after}"


def _claim(found: Afterwards) -> str:
    return f"{found.claim} is {found.before}, would be {found.after}"
