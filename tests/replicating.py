"""Two real databases, a relay between them, and an exit that knows three people."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ringfence.boundary.channels import Channel, Declared
from ringfence.egress.channels.contract import Contracts
from ringfence.egress.exit.book import Book
from ringfence.egress.exit.logged import LoggedExit, Unseen
from ringfence.egress.exit.masked import Masked
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index.keys import Key
from ringfence.egress.inspector import Inspector
from ringfence.egress.meter.meter import Meter
from ringfence.egress.payload import Payload
from ringfence.egress.relay.inside import Inside
from ringfence.egress.relay.outside import Outside
from ringfence.egress.relay.plan import Plan
from ringfence.egress.relay.relay import Relay, Step
from ringfence.ledger.keeping.opening import begin
from tests.egress_known import Remembered
from tests.exiting import AT, NOW, Telling, channel
from tests.exiting import contracts as contracts_of
from tests.postgres_server import VERSIONS, Cluster, cluster_of

SLOT = "ringfence_test"
TABLES = {"app.profile": "profiles", "app.orders": "orders"}
KNOWN = Remembered(
    {
        number: [(Kind.EMAIL, f"{name}@example.com")]
        for number, name in enumerate(("ann", "bo", "cy"), 1)
    }
)
SCHEMA = """
CREATE SCHEMA app;
CREATE TABLE app.profile (
    id int PRIMARY KEY, city text, mail text, score numeric, joined date
);
CREATE TABLE app.orders (number bigint PRIMARY KEY, what text, paid boolean);
"""
INSIDE = f"{SCHEMA}CREATE PUBLICATION partner FOR TABLE app.profile, app.orders;"
OUTSIDE = f"{SCHEMA}CREATE SCHEMA ringfence_relay;"


def profiles(**more: object) -> Channel:
    """Return the channel of profiles, whose addresses leave as tokens."""
    columns = (
        Declared("/id", "integer"),
        Declared("/city", "text"),
        Declared("/mail", "text", "EMAIL", "token"),
        Declared("/score", "number"),
        Declared("/joined", "text"),
    )
    return channel("profiles", **{"columns": columns, "cap": 100, **more})


def orders(**more: object) -> Channel:
    """Return the channel of orders, which leave as they are."""
    columns = (
        Declared("/number", "integer"),
        Declared("/what", "text"),
        Declared("/paid", "boolean"),
    )
    return channel("orders", **{"columns": columns, **more})


@dataclass
class Asked:
    """Stands before an exit, and keeps what let something leave."""

    exit_: LoggedExit
    left: list[bytes] = field(default_factory=list)

    def judge(self, name: str, payload: Payload):
        """Ask the exit."""
        found = self.exit_.judge(name, payload)
        if isinstance(found.output, bytes):
            self.left.append(found.output)
        return found

    def unseen(self, name: str, payload: str, what: Unseen):
        """Ask the exit, of what it can't see."""
        return self.exit_.unseen(name, payload, what)


@dataclass
class Two:
    """Two databases, and all that a relay between them needs."""

    inside: psycopg.Connection[Any]
    outside: psycopg.Connection[Any]
    dsns: tuple[str, str]
    folder: Path
    contracts: Contracts
    plan: Plan
    meter: Meter
    book: Book
    asked: Asked
    wrap: Callable[[str, Any], Any] = lambda _name, one: one

    def relay(self, *leave_out: int, **more: Any) -> Relay:
        """Return a relay."""
        plan = replace(self.plan, **more)
        inside = self.wrap("inside", Inside(self.dsns[0], SLOT, plan.publications))
        outside = self.wrap("outside", Outside(self.dsns[1], SLOT))
        return Relay(
            plan,
            inside,
            outside,
            exit_=self.wrap("exit", self.asked),
            contracts=lambda: self.contracts,
            leave_out=leave_out,
        )

    def run(self, *leave_out: int, copy: bool = True, **more: Any) -> Step:
        """Relay all there is, and return what was done, in sum."""
        with contextlib.closing(self.relay(*leave_out, **more)) as relay:
            done = relay.begin(copy=copy)
            while done.stop is None:
                step = relay.step()
                done = Step(
                    done.applied + step.applied,
                    done.rows,
                    step.lsn,
                    done.left_out + step.left_out,
                    step.stop,
                )
                if not step.is_more:
                    break
            return done

    def judge_by(self, *channels: Channel) -> None:
        """Have the exit judge by other channels from here on."""
        self.contracts = contracts_of(*channels)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query gives outside."""
        return self.outside.execute(query).fetchall()


@dataclass(frozen=True)
class Pair:
    """Two databases of one server, used by many tests, one after the other."""

    inside: psycopg.Connection[Any]
    outside: psycopg.Connection[Any]
    dsns: tuple[str, str]


@contextlib.contextmanager
def pair() -> Iterator[Pair]:
    """Give two databases."""
    cluster: Cluster = cluster_of(VERSIONS[0])
    with (
        cluster.database("relay_inside") as first,
        contextlib.ExitStack() as stack,
        cluster.database("relay_outside") as second,
    ):
        stack.callback(drop_slot, first)
        # What is committed is read by a slot once it is on the disk.
        first.execute("SET synchronous_commit = on")
        dsns = cluster.dsn("relay_inside"), cluster.dsn("relay_outside")
        yield Pair(first, second, dsns)


@contextlib.contextmanager
def two(there: Pair, folder: Path) -> Iterator[Two]:
    """Give the databases, with tables that are published and tables that follow."""
    with contextlib.ExitStack() as stack:
        renew(there)
        begin(folder / "ledger", "test.example/relay", time=NOW)
        meter, book = Meter(folder / "meter"), Book(folder / "ledger")
        stack.callback(meter.close)
        stack.callback(book.close)
        yield _two(there, folder, meter, book)


def renew(there: Pair) -> None:
    """Have both databases be as at the beginning."""
    drop_slot(there.inside)
    there.inside.execute("DROP PUBLICATION IF EXISTS partner, wide")
    for base in (there.inside, there.outside):
        base.execute("DROP SCHEMA IF EXISTS app, ringfence_relay CASCADE")
    there.inside.execute(INSIDE)
    there.outside.execute(OUTSIDE)


def _two(there: Pair, folder: Path, meter: Meter, book: Book) -> Two:
    plan = Plan(SLOT, ("partner",), TABLES, folder / "quarantine")
    found: list[Two] = []
    exit_ = LoggedExit(
        lambda: found[0].contracts,
        looks=Inspector(KNOWN),
        rewrites=Masked(Key(bytes(32))),
        tells=Telling(),
        meter=meter,
        book=book,
        clock=lambda: AT,
    )
    given = contracts_of(profiles(), orders())
    asked = Asked(exit_)
    made = Two(
        there.inside,
        there.outside,
        there.dsns,
        folder,
        given,
        plan,
        meter,
        book,
        asked,
    )
    found.append(made)
    return made


def drop_slot(base: psycopg.Connection[Any]) -> None:
    """Drop the slot, if there is one: whoever reads it is ended before."""
    base.execute(
        "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
        " WHERE slot_name = %s AND active",
        [SLOT],
    )
    base.execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
        " WHERE slot_name = %s",
        [SLOT],
    )


@pytest.fixture(scope="module")
def both() -> Iterator[Pair]:
    """Return two databases."""
    with pair() as found:
        yield found


@pytest.fixture
def there(both: Pair, tmp_path: Path) -> Iterator[Two]:
    """Return two databases, anew, and an exit between them."""
    with two(both, tmp_path) as found:
        yield found
