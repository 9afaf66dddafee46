"""The relay itself: read inside, judge, write outside, and only then confirm inside.

Transactions go in the order of their commits. At one that may not leave the relay
stops: nothing that came after it goes before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.egress.channels.contract import Contracts
from ringfence.egress.channels.judge import Verdict
from ringfence.egress.relay import checking
from ringfence.egress.relay.faults import RelayError
from ringfence.egress.relay.inside import Inside, Published, Snapshot, is_seen
from ringfence.egress.relay.judging import Decides, Judged, Judging
from ringfence.egress.relay.outside import Outside, State
from ringfence.egress.relay.plan import Plan
from ringfence.egress.relay.quarantine import Quarantine
from ringfence.egress.relay.transactions import Changed, Transaction, transactions
from ringfence.errors import ConfigError, Locus

_NOTHING = Snapshot("", 0)
COPY = 0
"""What the copy at the beginning is called, where a transaction has its place."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the relay stopped.

    Attributes:
        lsn: The transaction, by where its commit stands; `COPY`: the copy.
        verdict: What became of it: `HOLD` or `BLOCK`.
        reasons: Why, in words.
        kept: The folder that it is kept in.
        xid: Number of the transaction, as the server counts (32 bits).
    """

    lsn: int
    verdict: Verdict
    reasons: tuple[str, ...]
    kept: Path
    xid: int = 0


@dataclass(slots=True)
class Step:
    """What was done.

    Attributes:
        applied: Transactions that are outside now.
        rows: Rows that were copied.
        lsn: Up to where.
        left_out: Transactions that were left out, as an operator said.
        stop: Where it stopped; None: nowhere.
        is_more: Whether there may be more to read at once.
    """

    applied: int = 0
    rows: int = 0
    lsn: int = 0
    left_out: list[int] = field(default_factory=list)
    stop: Stop | None = None
    is_more: bool = False


class Relay:
    """Relays, in steps; whatever ends a step, the next begins where it has to.

    Args:
        plan: What is relayed.
        inside: The database that publishes.
        outside: The database that follows.
        exit_: The exit.
        contracts: What the exit judges by, for what has to be right at the start.
        leave_out: Transactions that an operator has decided to leave out.
    """

    def __init__(
        self,
        plan: Plan,
        inside: Inside,
        outside: Outside,
        *,
        exit_: Decides,
        contracts: Callable[[], Contracts],
        leave_out: Sequence[int] = (),
    ) -> None:
        self._plan = plan
        self._inside = inside
        self._outside = outside
        self._contracts = contracts
        self._leave_out = set(leave_out)
        self._quarantine = Quarantine(plan.quarantine)
        self._keys: dict[str, tuple[str, ...]] = {}
        self._state = State("", 0, _NOTHING)
        self._judging = Judging(
            exit_, plan.tables, inside.kinds, lambda table: self._keys.get(table, ())
        )

    def begin(self, *, copy: bool = True) -> Step:
        """Connect, check, and copy what is there already if nothing ever came.

        Args:
            copy: Whether to copy; else only what changes from here on is relayed.

        Raises:
            RingfenceError: Something isn't right, or there is no verdict.
        """
        self._inside.open()
        self._outside.open()
        published = self._checked()
        identity = self._inside.identity()
        state, confirmed = self._outside.state(), self._inside.confirmed()
        if state is not None:
            self._state = _continued(state, confirmed, identity)
            return Step(lsn=state.lsn)
        if confirmed is None:
            self._inside.make_slot()
            confirmed = self._inside.confirmed() or 0
        begun = State(identity, confirmed, _NOTHING)
        if copy:
            return self._copied(begun, published)
        self._outside.begin(begun)
        self._outside.commit()
        self._state = begun
        return Step(lsn=confirmed, is_more=True)

    def step(self) -> Step:
        """Relay what there is to read, up to a number of rows.

        Raises:
            RingfenceError: Something failed, or there is no verdict.
        """
        done = Step(lsn=self._state.lsn)
        until = self._inside.now()
        try:
            self._read(done)
            is_idle = not done.is_more and done.stop is None
            if is_idle and until - self._state.lsn > self._plan.idle:
                self._mark(until)
        except BaseException:
            self._outside.undo()
            raise
        self._confirm()
        return done

    def _read(self, done: Step) -> None:
        """Relay what there is to read, or up to where the relay stops."""
        counted = _Counted()
        messages = counted.over(self._inside.changes(self._plan.batch))
        batch: list[Transaction] = []
        size = 0
        for one in map(self._left, transactions(messages, self._plan.caps)):
            if one.end <= self._state.lsn:
                continue
            if batch and (one.odd or size + one.size > self._plan.caps.bytes):
                if not self._relayed(batch, done):
                    return
                batch, size = [], 0
            batch.append(one)
            size += one.size
        if batch and not self._relayed(batch, done):
            return
        done.is_more = counted.count >= self._plan.batch

    def close(self) -> None:
        """Let go of both databases."""
        self._inside.close()
        self._outside.close()

    def leave_out(self, lsn: int) -> None:
        """Have a transaction be left out if it may not leave when it comes again."""
        self._leave_out.add(lsn)

    def _checked(self) -> list[Published]:
        published = self._inside.published()
        types = {c.type for one in published for c in one.relation.columns}
        targets = {}
        for table in self._plan.tables:
            schema, _, name = table.partition(".")
            columns = targets[table] = self._outside.columns(schema, name)
            self._keys[table] = tuple(one.name for one in columns or () if one.is_key)
        found = checking.problems(
            self._plan,
            self._contracts(),
            published,
            targets,
            self._inside.kinds(types),
        )
        if found:
            raise ConfigError.of(found)
        return published

    def _copied(self, begun: State, published: Sequence[Published]) -> Step:
        """Copy what one look at the tables sees, in one transaction outside."""
        done = Step(lsn=begun.lsn, is_more=True)
        for one in published:
            if not self._outside.is_empty(one.relation.schema, one.relation.name):
                message = f"`{one.relation.table}` has rows already"
                hint = "empty it, or say `--no-copy` if it has what is inside"
                raise ConfigError(message, Locus("outside"), hint)
        try:
            for part in self._inside.copy(published, self._plan.rows):
                if isinstance(part, Snapshot):
                    begun = State(begun.inside, begun.lsn, part)
                elif not self._wrote(part, done):
                    return done
            self._outside.begin(begun)
            self._outside.commit()
        finally:
            self._outside.undo()
        self._state = begun
        return done

    def _wrote(self, rows: Sequence[Changed], done: Step) -> bool:
        """Judge a part of the copy, and write it; return whether it may leave."""
        part = Transaction(COPY, 0, changes=[*rows])
        judged = self._judging.judged([part])
        if not judged.may_leave:
            done.rows = 0
            done.stop = self._stopped(part, judged)
            return False
        for change in judged.changes:
            self._outside.write(change)
        done.rows += len(rows)
        return True

    def _left(self, one: Transaction) -> Transaction:
        """Return what is left to do of a transaction: nothing of what was copied."""
        is_copied = self._is_copied(one)
        return Transaction(one.commit, one.xid, one.end) if is_copied else one

    def _is_copied(self, one: Transaction) -> bool:
        """Whether the copy saw what a transaction did."""
        copied = self._state.copied
        return one.end <= copied.until and is_seen(copied.seen, one.xid)

    def _relayed(self, batch: Sequence[Transaction], done: Step) -> bool:
        """Relay transactions; return whether the relay may go on behind them."""
        judged = self._judging.judged(batch)
        if judged.may_leave:
            self._apply(batch, judged, done)
            return True
        if len(batch) > 1:  # those before the one that is held leave
            half = len(batch) // 2
            parts = batch[:half], batch[half:]
            return all(self._relayed(part, done) for part in parts)
        one = batch[0]
        if one.commit not in self._leave_out:
            done.stop = self._stopped(one, judged)
            return False
        self._outside.leave_out(one.commit, _why(judged))
        self._mark(one.end)
        done.left_out.append(one.commit)
        done.lsn = self._state.lsn
        return True

    def _apply(self, batch: Sequence[Transaction], judged: Judged, done: Step) -> None:
        for change in judged.changes:
            self._outside.write(change)
        self._mark(batch[-1].end)
        done.applied += sum(1 for one in batch if one.changes)
        done.lsn = self._state.lsn

    def _mark(self, lsn: int) -> None:
        """Commit outside what was written, with how far it has come."""
        self._outside.mark(self._state.lsn, lsn)
        self._outside.commit()
        self._state = State(self._state.inside, lsn, self._state.copied)

    def _confirm(self) -> None:
        """Confirm inside what is committed outside."""
        confirmed = self._inside.confirmed()
        if confirmed is not None and confirmed < self._state.lsn:
            self._inside.advance(self._state.lsn)

    def _stopped(self, one: Transaction, judged: Judged) -> Stop:
        why = _why(judged)
        kept = self._quarantine.keep(one.commit, why, judged.kept)
        said = tuple(
            f"{table.table}: {reason}"
            for table in judged.kept
            for reason in table.reasons
        )
        return Stop(one.commit, judged.verdict, said or (why,), kept, one.xid)


@dataclass(slots=True)
class _Counted:
    """Counts what goes by."""

    count: int = 0

    def over(self, messages: Iterator[bytes]) -> Iterator[bytes]:
        """Yield messages as they come."""
        for one in messages:
            self.count += 1
            yield one


def _why(judged: Judged) -> str:
    return judged.odd or str(judged.verdict)


def _continued(state: State, confirmed: int | None, identity: str) -> State:
    """Return from where the relay goes on.

    Raises:
        RelayError: What changed meanwhile can't be told any more.
    """
    at, hint = Locus("inside"), "empty the tables outside, and begin anew: see the page"
    if state.inside != identity:
        message = "is another database, or goes on from another line of its log"
        raise RelayError(message, at, hint)
    if confirmed is None:
        raise RelayError("the slot is gone, and with it what changed", at, hint)
    if confirmed > state.lsn:
        raise RelayError("the slot was moved past what is outside", at, hint)
    return state
