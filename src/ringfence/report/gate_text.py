"""What the gate says, as text: one decision, with its reasons and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.claims.deciding import Decided
from ringfence.errors import ExitCode, printable
from ringfence.report import wording
from ringfence.report.witness_text import hung

_SHORT = 12  # digits of a digest that people read


def exit_code(found: Decided) -> ExitCode:
    """Return the exit code of a decision."""
    return ExitCode.ALL_UPHELD if found.decision.allowed else ExitCode.REFUTED


def decided(found: Decided, width: int) -> str:
    """Return a decision as text."""
    return "\n".join(line.rstrip() for line in _decided(found, width)) + "\n"


def plain(found: Decided) -> dict[str, object]:
    """Return a decision as JSON has it: what is stated, by key."""
    request, decision = found.request, found.decision
    return {
        "allowed": decision.allowed,
        "reason": decision.reason.value,
        "words": found.words,
        "path": found.path,
        "principal": request.principal,
        "verb": request.verb,
        "resource": request.resource,
        "columns": request.columns,
        "purpose": request.purpose,
        "subjects": request.subjects,
        "circumstances": request.circumstances,
        "obeys": sorted(request.obeys),
        "selectors": decision.selectors,
        "touched": decision.columns,
        "exception": decision.leave,
        "masks": decision.masks,
        "rows": decision.rows
        and {
            "column": decision.rows.column,
            "values": decision.rows.values,
        },
        "time": found.time,
        "scene": found.scene,
        "boundary": found.boundary,
        "estate": found.estate,
    }


def _decided(found: Decided, width: int) -> Iterator[str]:
    decision = found.decision
    yield from hung("", found.words, width)
    yield f"  reason    {decision.reason}"
    for phrase in found.path:
        yield from hung("  why       ", phrase, width)
    if decision.leave:
        yield printable(f"  exception {decision.leave}")
    digests = (
        ("scene", found.scene),
        ("boundary", found.boundary),
        ("estate", found.estate),
    )
    rests = ", ".join(f"{name} {digest[:_SHORT]}…" for name, digest in digests)
    yield f"  as of     {wording.day(found.time)}, {rests}"
    told = "allowed" if decision.allowed else "denied"
    yield f"exit {int(exit_code(found))}: {told}"
