"""What the commands about enforcing say: lines for people, one object for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from ringfence.errors import printable
from ringfence.gate.postgres.drift import Difference
from ringfence.gate.postgres.journal import Journal
from ringfence.gate.postgres.statements import Plan
from ringfence.report.json import harmless
from ringfence.report.witness_text import hung

_ROWS = 12  # lines of a list that a screen shows; the files hold all


def plan(found: Plan, files: Sequence[str], width: int) -> str:
    """Return what a plan comes to."""
    return _text(_plan(found, files, width))


def _plan(found: Plan, files: Sequence[str], width: int) -> Iterator[str]:
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


def applied(journal: Journal, file: str) -> str:
    """Return that a plan was carried out."""
    count = _many(len(journal.plan.statements), "statement")
    where = printable(journal.plan.database)
    return f"applied {count} to {where}\njournal     {printable(file)}\n"


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
