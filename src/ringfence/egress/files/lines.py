"""A line for each file: what became of it, and why; nothing personal is in it.

A path may tell of somebody as much as a content may: a name in it that isn't plainly
one isn't shown.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ringfence.egress.channels.wording import named
from ringfence.egress.files.gateway import FAILED, LEFT, Outcome
from ringfence.errors import ExitCode

_WIDE = 7  # of the longest verdict
_HELD = ("hold", LEFT)


def text(outcome: Outcome) -> str:
    """Return what became of a file, as one line."""
    reasons = outcome.reasons
    more = f" (and {len(reasons) - 1:,} more)" if len(reasons) > 1 else ""
    told = [f"{outcome.verdict.upper():{_WIDE}}", shown(outcome.path)]
    told += [reasons[0] + more] if reasons else []
    return "  ".join(one for one in told if one) + "\n"


def json(outcome: Outcome) -> str:
    """Return the same as a line of JSON."""
    said = {
        "verdict": outcome.verdict,
        "path": shown(outcome.path),
        "target": shown(outcome.target),
        "entry": None if outcome.entry < 0 else outcome.entry,
        "reasons": list(outcome.reasons),
    }
    return msgspec.json.encode(said).decode() + "\n"


def shown(path: str) -> str:
    """Return a path as it may be told."""
    return "/".join(map(named, path.split("/"))) if path else ""


def code(verdicts: Iterable[str]) -> ExitCode:
    """Return the exit code for some verdicts: the worst of them."""
    there = {*verdicts}
    if FAILED in there:
        return ExitCode.TOOL_FAILED
    if "block" in there:
        return ExitCode.REFUTED
    if there & {*_HELD}:
        return ExitCode.UNPROVEN
    return ExitCode.ALL_UPHELD if there else ExitCode.NOTHING_COLLECTED
