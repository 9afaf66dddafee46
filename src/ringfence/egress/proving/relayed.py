"""The relay between two databases, as whoever writes inside sees it.

Each canary is a row of a published table, committed inside by itself. The relay that
runs here takes it to the exit, stops at it, and is told to leave it out; of the
database outside it is asked whether the row is there, whatever the relay says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from typing import Protocol

import psycopg

from ringfence.boundary.channels import Channel
from ringfence.egress.channels.judge import Verdict
from ringfence.egress.proving.carrying import ROW
from ringfence.egress.proving.rows import Base, Key, Rows, begun, rows_of
from ringfence.egress.proving.surfaces import Answer, Outcome
from ringfence.egress.proving.tries import Try
from ringfence.egress.relay.faults import RelayError, told
from ringfence.egress.relay.lsn import written
from ringfence.egress.relay.plan import Plan
from ringfence.egress.relay.relay import Step, Stop
from ringfence.errors import Locus

_SECONDS = 30


class Relays(Protocol):
    """A relay."""

    def begin(self, *, copy: bool) -> Step:
        """Connect and check."""
        ...

    def step(self) -> Step:
        """Relay what there is to read."""
        ...

    def leave_out(self, lsn: int) -> None:
        """Have a transaction be left out."""
        ...


@dataclass(frozen=True, slots=True)
class RelayedTable:
    """A table that is relayed.

    Attributes:
        opened: Opens the relay, which nobody else runs meanwhile.
        plan: What it relays.
        table: The table, `schema.name`.
        channel: What it leaves by.
        inside: How the database inside is reached by a login that may write.
        outside: How the database outside is reached.
    """

    opened: Callable[[], AbstractContextManager[Relays]]
    plan: Plan
    table: str
    channel: Channel
    inside: str = field(repr=False)
    outside: str = field(repr=False)
    places: frozenset[str] = frozenset({ROW})

    @property
    def name(self) -> str:
        """What it is called."""
        return f"relay {self.table}"

    def ask(self, tries: Sequence[Try]) -> Iterator[Answer]:
        """Write a row for every try, relay, and look for it outside.

        Raises:
            RingfenceError: The relay can't go on, or stands at something else.
        """
        with ExitStack() as stack:
            with told("outside"):
                outside = stack.enter_context(_connected(self.outside))
                begun(outside, self.plan.slot)
            with told("inside"):
                inside = stack.enter_context(_connected(self.inside))
                given = self.table, self.channel, self.plan.publications
                rows = rows_of(inside, outside, *given)
            relay = stack.enter_context(self.opened())
            relay.begin(copy=False)
            asking = _Asking(relay, rows, inside, outside)
            asking.settle()
            for one in tries:
                yield asking.asked(one)
            asking.settle()


@dataclass(frozen=True, slots=True)
class _Asking:
    relay: Relays
    rows: Rows
    inside: Base
    outside: Base
    ours: set[int] = field(default_factory=set)

    def asked(self, tried: Try) -> Answer:
        """Return what became of one try; its row is gone again then."""
        text = tried.carried.content.decode()
        with told("inside"):
            try:
                key, number = self.rows.put(self.inside, text)
            except (psycopg.DataError, psycopg.IntegrityError) as error:
                note = f"the table takes no such row: SQLSTATE {error.sqlstate}"
                return Answer(tried, Outcome.NO_ANSWER, note)
        try:
            stop = self.settle(number)
            answer = self._answer(tried, key, stop)
        except BaseException:
            with suppress(psycopg.Error):
                self.rows.remove(self.inside, key)
            raise
        with told("inside"):
            self.ours.add(self.rows.remove(self.inside, key))
        return answer

    def settle(self, number: int = 0) -> Stop | None:
        """Relay all there is; return where it stops, if that is a transaction.

        Args:
            number: The transaction; of others that are ours none has to leave.

        Raises:
            RingfenceError: It stops at somebody else's, or fails.
        """
        while True:
            step = self.relay.step()
            stop = step.stop
            if stop is None:
                if not step.is_more:
                    return None
            elif stop.xid == number:
                return stop
            elif stop.xid in self.ours:
                self.relay.leave_out(stop.lsn)
            else:
                message = f"the relay stops at transaction {written(stop.lsn)}"
                hint = "see to that one first: it is nobody's canary"
                raise RelayError(f"{message}, which isn't ours", Locus("inside"), hint)

    def _answer(self, tried: Try, key: Key, stop: Stop | None) -> Answer:
        with told("outside"):
            is_there = self.rows.is_there(self.outside, key)
        if stop is not None:
            self.relay.leave_out(stop.lsn)
            self.settle()
        if is_there:
            return Answer(tried, Outcome.LEFT)
        if stop is None:
            note = "it isn't outside, and the relay didn't stop at it"
            return Answer(tried, Outcome.NO_ANSWER, note)
        is_block = stop.verdict is Verdict.BLOCK
        return Answer(tried, Outcome.BLOCKED if is_block else Outcome.HELD)


def _connected(dsn: str) -> Base:
    base = psycopg.connect(
        dsn,
        application_name="ringfence egress prove",
        client_encoding="UTF8",
        connect_timeout=_SECONDS,
        autocommit=True,
    )
    # What is committed is read by a slot once it is on the disk.
    base.execute("SET synchronous_commit = on")
    return base
