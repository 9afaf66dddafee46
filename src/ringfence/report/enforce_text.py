"""What the commands about enforcing say: lines for people, one object for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from ringfence.claims.events.world import MICRO
from ringfence.claims.instants import moment
from ringfence.claims.losing import Line, Loss, Lost
from ringfence.errors import printable
from ringfence.gate.postgres.drift import Difference
from ringfence.gate.postgres.journal import Journal
from ringfence.gate.postgres.statements import Plan
from ringfence.report.json import harmless
from ringfence.report.witness_text import hung

_ROWS = 12  # lines of a list that a screen shows; the files hold all


def planned(
    found: Plan, files: Sequence[str], width: int, form: str, lost: Lost | None
) -> str:
    """Return what a plan comes to.

    Args:
        found: The plan.
        files: What was written.
        width: Of the screen.
        form: `text` or `json`.
        lost: Who has used what it takes away; None if no logs tell.
    """
    if form == "json":
        told = None if lost is None else _lost(lost)
        return as_json("plan", {"plan": found, "lost": told})
    return _text(_plan(found, files, width, lost))


def _plan(
    found: Plan, files: Sequence[str], width: int, lost: Lost | None
) -> Iterator[str]:
    counts = (
        _many(len(found.statements), "statement"),
        _many(len(found.findings), "finding"),
        _many(len(found.slow), "index", "indexes") + " out of use",
    )
    yield f"{printable(found.store)} in {printable(found.database)}: " + ", ".join(
        counts
    )
    closed = {pitfall for one in found.statements for pitfall in one.closes}
    if closed:
        pitfalls = " ".join(sorted(closed, key=lambda name: int(name[1:])))
        yield from hung("closes      ", pitfalls, width)
    changes = [f"{o.why}: {o.changes}" for o in found.statements if o.changes]
    yield from _listed("changes     ", changes, width)
    yield from _listed("exceptions  ", [one.why for one in found.conceded], width)
    yield from _used(lost, width)
    for kind in ("technical", "organisational"):
        told = [
            " ".join(filter(None, (one.pitfall, f"{one.what}; {one.change}")))
            for one in found.findings
            if one.kind == kind
        ]
        head = "stays open  " if kind == "technical" else "to do       "
        yield from _listed(head, told, width)
    slow = [f"{one.relation} by {one.index}: {one.why}" for one in found.slow]
    yield from _listed("slower      ", slow, width)
    yield from _listed("written     ", files, width)


_LOST = {
    Loss.PERMITTED: "would break ",
    Loss.UNCLEAR: "may break   ",
    Loss.EXCLUDED: "kept out    ",
}


def _used(lost: Lost | None, width: int) -> Iterator[str]:
    """Yield who has used what a plan takes away."""
    if lost is None:
        yield from hung("used        ", "no logs say who uses what ends", width)
        return
    count = {one: lost.total(one) for one in Loss}
    told = (
        f"the logs' last {_many(lost.days, 'day')}: "
        f"{_many(count[Loss.PERMITTED], 'legitimate use')} would break,"
        f" {count[Loss.UNCLEAR]} may,"
        f" {count[Loss.EXCLUDED]} by those to be kept out end"
    )
    yield from hung("used        ", told, width)
    for kind, head in _LOST.items():
        lines = [_line(one, lost) for one in lost.lines if one.loss is kind]
        yield from _listed(head, lines, width)


def _line(one: Line, lost: Lost) -> str:
    who = lost.labels.get(one.who, one.who.partition(":")[2] or one.who) or "somebody"
    tool = lost.labels.get(one.tool, one.tool.partition(":")[2])
    by = f" by {tool}" if tool else ""
    times = _many(one.events, "time")
    last = moment(one.last // MICRO)[:10]
    return f"{who}{by}: {one.verb} {one.what}, {times}, last on {last}"


def _lost(lost: Lost) -> dict[str, object]:
    """Return who has used what a plan takes away, for programs."""
    return {
        "days": lost.days,
        "from": moment(lost.first // MICRO),
        "until": moment(lost.after // MICRO),
        **{one.value: lost.total(one) for one in Loss},
        "uses": [
            {
                "who": one.who,
                "tool": one.tool,
                "relation": one.what,
                "verb": one.verb,
                "kind": one.loss.value,
                "events": one.events,
                "last": moment(one.last // MICRO),
            }
            for one in lost.lines
        ],
    }


def applied(
    journal: Journal, file: str, conceded: Sequence[str] = (), form: str = "text"
) -> str:
    """Return that a plan was carried out, and what exceptions concede besides."""
    if form == "json":
        told: dict[str, object] = {
            "applied": journal.applied,
            "conceded": conceded,
            "statements": len(journal.plan.statements),
            "journal": file,
        }
        return as_json("apply", told)
    count = _many(len(journal.plan.statements), "statement")
    where = printable(journal.plan.database)
    lines = (f"applied {count} to {where}", f"journal     {printable(file)}")
    return _text((*lines, *map(printable, conceded)))


def undone(journal: Journal) -> str:
    """Return that a plan was undone."""
    count = _many(len(journal.plan.statements), "statement")
    return f"undid {count} in {printable(journal.plan.database)}\n"


def drifted(found: Sequence[Difference], journal: Journal, width: int) -> str:
    """Return what isn't as a plan left it."""
    return _text(_drifted(found, journal, width))


def _drifted(
    found: Sequence[Difference], journal: Journal, width: int
) -> Iterator[str]:
    name, when = printable(journal.plan.database), printable(journal.applied)
    if not found:
        yield f"{name} is as it was left on {when}"
        return
    many = _many(len(found), "difference")
    yield f"{name} isn't as it was left on {when}: {many}"
    for one in found:
        yield from hung(f"{one.pitfall:<12}", printable(one.what), width)
        yield from hung("  mend      ", printable(one.mend), width)


def as_json(kind: str, told: dict[str, object]) -> str:
    """Return what a command says as one JSON object.

    Args:
        kind: Which command, for the schema.
        told: What it says, by key.
    """
    whole = {"schema": f"ringfence-enforce-{kind}/1", **told}
    text = msgspec.json.format(msgspec.json.encode(whole), indent=2).decode()
    return harmless(text) + "\n"


def _listed(head: str, lines: Sequence[str], width: int) -> Iterator[str]:
    blank = " " * len(head)
    for place, line in enumerate(lines[:_ROWS]):
        yield from hung(blank if place else head, printable(line), width)
    if len(lines) > _ROWS:
        yield f"{blank}and {len(lines) - _ROWS} more"


def _many(count: int, one: str, several: str = "") -> str:
    return f"{count} {one if count == 1 else several or one + 's'}"


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line.rstrip()}\n" for line in lines)
