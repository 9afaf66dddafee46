"""What a relay says of what it did: places, names, counts and reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ringfence.egress.channels.judge import Verdict
from ringfence.egress.channels.wording import counted
from ringfence.egress.relay.lsn import written
from ringfence.egress.relay.relay import COPY, Step, Stop
from ringfence.errors import ExitCode, printable


def lines(step: Step) -> Iterator[str]:
    """Yield what was done, a line each; nothing where nothing was."""
    if step.rows:
        yield f"copied: {counted(step.rows, 'row', 'rows')}"
    if step.applied:
        told = counted(step.applied, "transaction", "transactions")
        yield f"relayed: {told}, up to {written(step.lsn)}"
    for lsn in step.left_out:
        yield f"left out, as was said: transaction {written(lsn)}"
    if step.stop is not None:
        yield from _stopped(step.stop)


def _stopped(stop: Stop) -> Iterator[str]:
    what = "the copy" if stop.lsn == COPY else f"transaction {written(stop.lsn)}"
    yield f"{stop.verdict}: {what}; nothing behind it goes before it"
    for reason in stop.reasons:
        yield f"  {printable(reason)}"
    yield f"  kept in {printable(str(stop.kept))}"


def told(step: Step) -> dict[str, object]:
    """Return what was done, for JSON."""
    stop = step.stop
    return {
        "copied": step.rows,
        "relayed": step.applied,
        "lsn": written(step.lsn),
        "left_out": [written(one) for one in step.left_out],
        "stopped": None if stop is None else _as_json(stop),
    }


def _as_json(stop: Stop) -> dict[str, object]:
    return {
        "transaction": None if stop.lsn == COPY else written(stop.lsn),
        "verdict": str(stop.verdict),
        "reasons": list(stop.reasons),
        "kept": str(stop.kept),
    }


def is_something(step: Step) -> bool:
    """Whether there is anything to tell."""
    return bool(step.rows or step.applied or step.left_out or step.stop)


def exit_code(step: Step) -> ExitCode:
    """Return what a relay ends with."""
    if step.stop is None:
        return ExitCode.ALL_UPHELD
    is_held = step.stop.verdict is Verdict.HOLD
    return ExitCode.UNPROVEN if is_held else ExitCode.REFUTED


def unmet(wanted: Sequence[int], left_out: set[int]) -> list[str]:
    """Return which transactions were to be left out and never came."""
    return [written(one) for one in wanted if one not in left_out]
