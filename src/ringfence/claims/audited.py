"""The audit: who did cross, for one selector, with every exception of the boundary."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ringfence.audit.show import Shown, shown
from ringfence.audit.table import EventTable
from ringfence.boundary.model import Boundary, Claim
from ringfence.claims.answered import Answers
from ringfence.claims.bypass import Bypasses
from ringfence.claims.bypasses import WINDOW, matched
from ringfence.claims.case import Case
from ringfence.claims.check import Run, folder_of, logs_of, read_boundary
from ringfence.claims.crossings import Crossings
from ringfence.claims.events.past import Logs
from ringfence.claims.events.reading import FOLDER
from ringfence.claims.events.world import Asked
from ringfence.claims.gating import gate_of
from ringfence.claims.stretches import DAYS
from ringfence.claims.use.usage import Unused, usage
from ringfence.errors import ConfigError, Locus

_OF_EVENTS = ("no_event", "some_event")
_SPARK = "sc://"


@dataclass(frozen=True, slots=True)
class Audited:
    """How the events of a boundary's logs were judged.

    Attributes:
        boundary: The boundary.
        crossings: The answer.
        logs: What gives every exhibit.
        asked: What was asked of it.
        unused: Which ways to protected data nobody used.
        bypasses: What no decision of the gate explains; None if nobody asked.
    """

    boundary: Boundary
    crossings: Crossings
    logs: Logs
    asked: Asked
    unused: Unused
    bypasses: Bypasses | None = None


@dataclass(frozen=True, slots=True)
class Gated:
    """What a gate answered, for an audit that asks what went round it.

    Attributes:
        answers: The decisions of its ledger.
        window: For how many seconds one may be acted upon.
    """

    answers: Answers
    window: int = WINDOW


@contextmanager
def audited(
    run: Run,
    *,
    selector: str | None = None,
    engine: str = "",
    gated: Gated | None = None,
) -> Iterator[Audited]:
    """Judge every event that is ordered, whatever the claims say of it.

    Args:
        run: What to audit, and where the table of events is kept.
        selector: Who is excluded; else whom the first claim about events names, else
            the boundary's first selector.
        engine: Address of the Spark Connect server that judges; empty for DuckDB.
        gated: What the gate answered, if what went round it is asked, too.

    Raises:
        ConfigError: The boundary can't be used, orders no logs, has no such selector,
            or no gate that may be gone round.
        NothingCollectedError: No source gave a fact.
    """
    if engine and not engine.startswith(_SPARK):
        hint = f"write `duckdb`, or an address such as {_SPARK}host:15002"
        raise ConfigError(f"there is no engine `{engine}`", Locus("--engine"), hint)

    def claim(case: Case) -> Claim:
        if gated is not None:
            gate_of(case)
        return Claim(
            id="audit",
            says="",
            kind="no_event",
            excluded=_selector(case.boundary, selector),
            exceptions=tuple(one.name for one in case.boundary.exceptions),
        )

    with logs_of(run, require=claim, engine=engine) as past:
        run.progress("judging events")
        asked = past.asked(claim(past.case))
        crossings = past.answer(asked)
        run.progress("looking for what is used")
        unused = usage(past, asked).unused()
        rounds = None
        if gated is not None:
            run.progress("matching decisions")
            told, window = gated.answers, gated.window
            rounds = matched(past, told, run.progress, window=window)
        yield Audited(past.case.boundary, crossings, past, asked, unused, rounds)


def bypasses(
    run: Run, answers: Answers, *, days: int = DAYS, window: int = WINDOW
) -> Bypasses:
    """Match the last days of a boundary's logs with what its gate answered.

    Nothing is asked of the time before the first decision: the gate wasn't there.

    Args:
        run: What to read, and where the table of events is kept.
        answers: What the gate answered.
        days: How many days, the last ones.
        window: For how many seconds a decision may be acted upon.

    Raises:
        ConfigError: The boundary can't be used, orders no logs or has no gate.
        NothingCollectedError: No source gave a fact.
    """
    with logs_of(run, require=gate_of) as past:
        run.progress("judging events")
        return matched(past, answers, run.progress, days=days, window=window)


def _selector(boundary: Boundary, chosen: str | None) -> str:
    names = [one.name for one in boundary.excluded]
    if chosen is not None:
        if chosen not in names:
            message = f"the boundary has no selector `{chosen}`"
            raise ConfigError(
                message, Locus("--excluded"), f"one of {', '.join(names)}"
            )
        return chosen
    claimed = [one.excluded for one in boundary.claims if one.kind in _OF_EVENTS]
    found = next(iter([*claimed, *names]), "")
    if not found:
        hint = "add `excluded:`"
        raise ConfigError("the boundary excludes nobody", None, hint)
    return found


def original(event: str, case: Path, output: Path) -> Shown:
    """Return the original bytes of an event.

    Args:
        event: Its id.
        case: The boundary file, or its folder: log files are named from it.
        output: Where an audit or a check has written the table of events.

    Raises:
        ConfigError: The boundary can't be used, or there is no such event.
        SourceError: There is no table, or the file isn't there any more as it was.
    """
    base = folder_of(case)
    orders = [replace(one, base=base) for one in read_boundary(case).logs]
    return shown(event, EventTable(output / FOLDER / "table"), orders)
