"""Runs a gateway: once over all that lies there, or again and again until it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from threading import Event

from ringfence.egress.files.claims import Work
from ringfence.egress.files.gateway import FAILED, LEFT, Gateway, Outcome, told
from ringfence.egress.files.store import Found, Store
from ringfence.errors import RingfenceError

RETRY = 30.0  # seconds until what failed is tried again
REST = 60.0  # seconds from one publication to the next
_PATIENCE = 10  # times the settling time that one run waits for a file
_BUSY = "it is still being written"
Clock = Callable[[], float]
Tell = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class Order:
    """How a gateway is run.

    Attributes:
        settle: Seconds that a file has to lie unchanged before it counts as whole.
        poll: Seconds from one look to the next.
        stop: Ends the run after the file that is being taken.
        clock: Gives seconds that only ever go on.
        publish: Publishes what the ledger holds.
    """

    settle: float = 2.0
    poll: float = 1.0
    stop: Event = field(default_factory=Event)
    clock: Clock = time.monotonic
    publish: Callable[[], None] = lambda: None


@contextmanager
def alone(outbox: Store, work: Work) -> Iterator[None]:
    """Keep every other gateway out.

    Raises:
        RingfenceError: One is there.
    """
    with work.locked(), outbox.locked():
        yield


def once(gateway: Gateway, outbox: Store, order: Order, tell: Tell) -> set[str]:
    """Take all that lies there, and return the verdicts that there were.

    Raises:
        RingfenceError: The gateway's own folder, or the outbox, can't be used.
        OSError: The same.
    """
    rounds = _Rounds(gateway, outbox, order)
    deadline = order.clock() + _PATIENCE * order.settle
    while True:
        for outcome in chain(rounds.resumed(), rounds.taken()):
            tell(outcome)
        if not rounds.young or order.stop.is_set():
            break
        if order.clock() >= deadline:
            for one in rounds.young:
                tell(rounds.noted(Outcome(LEFT, one.path, (_BUSY,), mark=one.mark)))
            break
        order.stop.wait(min(order.poll, order.settle))
    return rounds.verdicts


def watch(gateway: Gateway, outbox: Store, order: Order, tell: Tell) -> set[str]:
    """Take what comes until the order ends it; what fails is tried again later."""
    rounds = _Rounds(gateway, outbox, order)
    last: Outcome | None = None
    # An exit that was opened holds its ledger, though nothing may come for long.
    due: float | None = order.clock() + REST
    while not order.stop.is_set():
        try:
            for outcome in chain(rounds.resumed(), rounds.taken()):
                tell(outcome)
                due = order.clock() + REST if due is None else due
            if due is not None and order.clock() >= due:
                due = None
                order.publish()
            last = None
        except (RingfenceError, OSError) as error:
            failed = Outcome(FAILED, "", (_reason(error),))
            if failed != last:
                tell(rounds.noted(failed))
            last = failed
        order.stop.wait(order.poll)
    return rounds.verdicts


def _reason(error: RingfenceError | OSError) -> str:
    if isinstance(error, OSError):
        return told(error)
    return error.problems[0].message


class _Rounds:
    """Rounds over an outbox; nothing is told, or tried, again too soon.

    Attributes:
        verdicts: The verdicts that there were.
        young: Files that the last round left, because they may not be whole.
    """

    def __init__(self, gateway: Gateway, outbox: Store, order: Order) -> None:
        self.verdicts: set[str] = set()
        self.young: list[Found] = []
        self._gateway = gateway
        self._outbox = outbox
        self._order = order
        self._due: dict[str, tuple[str, float]] = {}  # mark, and when to try again
        self._seen: dict[str, tuple[str, float]] = {}  # mark, and since when
        self._told: dict[str, Outcome] = {}
        self._resume = 0.0

    def resumed(self) -> Iterator[Outcome]:
        """Go on with what was begun, and yield what is new."""
        if self._order.clock() < self._resume:
            return
        failed = False
        for outcome in self._gateway.resumed():
            failed = failed or outcome.verdict == FAILED
            yield from self._new(outcome)
            if self._order.stop.is_set():
                return
        self._resume = self._order.clock() + RETRY if failed else 0.0

    def taken(self) -> Iterator[Outcome]:
        """Take what is there and whole, and yield what is new."""
        self.young = []
        there: set[str] = set()
        for found in self._outbox.found():
            if self._order.stop.is_set():
                return
            there.add(found.path)
            if self._is_early(found) or self._gateway.is_waiting(found):
                continue
            if not found.odd and not self._is_settled(found):
                self.young.append(found)
                continue
            outcome = self._gateway.taken(found)
            if outcome.verdict in (FAILED, LEFT):
                self._due[found.path] = found.mark, self._order.clock() + RETRY
            yield from self._new(outcome)
        for known in (self._due, self._seen, self._told):
            for path in known.keys() - there:
                del known[path]

    def noted(self, outcome: Outcome) -> Outcome:
        """Count a verdict, and return its outcome."""
        self.verdicts.add(outcome.verdict)
        return outcome

    def _new(self, outcome: Outcome) -> Iterator[Outcome]:
        path = outcome.path
        if outcome.verdict in (FAILED, LEFT):
            if self._told.get(path) == outcome:
                return
            self._told[path] = outcome
        yield self.noted(outcome)

    def _is_early(self, found: Found) -> bool:
        """Whether a file was tried already, and it is too soon to try it again."""
        mark, due = self._due.get(found.path, ("", 0.0))
        return mark == found.mark and self._order.clock() < due

    def _is_settled(self, found: Found) -> bool:
        """Whether a file has lain unchanged for long enough.

        Its times may lie in the future, so that what was seen counts as well.
        """
        if found.age is None or found.age >= self._order.settle:
            return True
        mark, since = self._seen.get(found.path, ("", 0.0))
        if mark != found.mark:
            self._seen[found.path] = found.mark, self._order.clock()
            return self._order.settle <= 0
        return self._order.clock() - since >= self._order.settle
