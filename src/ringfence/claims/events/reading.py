"""From the logs that a boundary orders to what claims about the past can ask."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ringfence.audit.attribution import Behind
from ringfence.audit.coverage import Coverage, covered
from ringfence.audit.engine.duckdb import DuckDB
from ringfence.audit.engine.protocol import Engine
from ringfence.audit.ingest import ingest
from ringfence.audit.places import Places
from ringfence.audit.reader import reader
from ringfence.audit.table import EventTable
from ringfence.boundary.fields import LOG
from ringfence.boundary.order import LogOrder
from ringfence.claims.case import Case
from ringfence.claims.crossings import Gap, LogSeen
from ringfence.claims.events.holders import Holding
from ringfence.claims.events.past import Logs
from ringfence.claims.events.world import MICRO
from ringfence.claims.instants import moment
from ringfence.documents.located import nearest
from ringfence.errors import ConfigError, Problem

FOLDER = "events"
# What keeps a manifest from saying that these files are all there is.
_UNLISTED = frozenset(
    {
        *("unread", "cut-off", "manifest-unreadable", "file-missing"),
        *("file-unlisted", "file-changed", "file-differs"),
    }
)


@dataclass(frozen=True, slots=True)
class Ordered:
    """What logs to read, where to, and what judges them.

    Attributes:
        orders: The logs.
        base: The folder that their files are named from.
        folder: Where the table of events is kept.
        engine: Address of a Spark Connect server (`sc://host:port`); empty for DuckDB.
        progress: Called with each stage that begins.
    """

    orders: Sequence[LogOrder]
    base: Path
    folder: Path
    engine: str = ""
    progress: Callable[[str], None] = lambda _stage: None


@contextmanager
def read(ordered: Ordered, case: Case) -> Iterator[Logs]:
    """Read the logs, and give what they tell; the engine is closed in the end.

    Raises:
        ConfigError: A log's options can't be used.
        RingfenceError: The table can't be written, or the engine can't be reached.
    """
    orders = tuple(replace(one, base=ordered.base) for one in ordered.orders)
    _check_options(orders)
    speaks = Holding(_over(case, orders)).tools()
    table = ingest(
        orders,
        ordered.folder,
        behind=Behind(speaks, orders),
        progress=ordered.progress,
    )
    ordered.progress("looking for gaps in the logs")
    logs = [_seen(order, covered(table, order), table) for order in orders]
    engine = _engine(ordered)
    try:
        with tempfile.TemporaryDirectory(prefix="world-", dir=ordered.folder) as folder:
            yield Logs(
                case=case,
                orders=orders,
                table=table,
                logs=logs,
                engine=engine,
                folder=Path(folder),
                places=Places(case.boundary.networks),
            )
    finally:
        engine.close()


def _check_options(orders: Sequence[LogOrder]) -> None:
    """Refuse what neither a log nor its reader has: a slip of the pen."""
    problems = []
    for order in orders:
        known = (*LOG.all, *reader(order.kind, order.at).options)
        for key, value in order.options.items():
            if key not in known:
                at = value.key_at or value.at
                message = f"log `{order.name}` has no `{key}`"
                problems.append(Problem(message, at, nearest(key, known)))
    if problems:
        raise ConfigError.of(problems)


def _engine(ordered: Ordered) -> Engine:
    if not ordered.engine:
        return DuckDB(folder=ordered.folder)
    # Only whoever names a server talks to one.
    from ringfence.audit.engine.spark import Spark  # noqa: PLC0415

    return Spark(ordered.engine)


def _over(case: Case, orders: Sequence[LogOrder]) -> Case:
    """Return the case of all that was in force while the logs were written."""
    instant = case.boundary.as_of
    begins = [moment(one.since // MICRO) for one in orders if one.since is not None]
    ends = [moment(one.until // MICRO) for one in orders if one.until is not None]
    return case.over(min([instant, *begins]), max([instant, *ends]))


def _seen(order: LogOrder, found: Coverage, table: EventTable) -> LogSeen:
    state = table.log(order.name)
    files = () if state is None else state.files
    return LogSeen(
        name=order.name,
        kind=order.kind,
        files=len(files),
        events=0 if state is None else state.events,
        asides=sum(one.asides for one in files),
        malformed=0 if state is None else state.malformed,
        duplicates=0 if state is None else state.duplicates,
        first=found.first,
        last=found.last,
        gaps=tuple(
            Gap(order.name, gap.since, gap.until, order.cadence) for gap in found.gaps
        ),
        reasons=tuple(
            (f"log-{one.code}", f"{order.name}: {one.text}") for one in found.reasons
        ),
        is_listed=bool(order.manifest)
        and not any(one.code in _UNLISTED for one in found.reasons),
        since=order.since,
        until=order.until if order.until is not None else order.collected,
        cadence=order.cadence,
    )
