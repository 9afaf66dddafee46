"""Transactions before the exit: one payload for each table, all of them or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from ringfence.egress.channels.judge import Verdict
from ringfence.egress.channels.wording import said
from ringfence.egress.exit.logged import Unseen
from ringfence.egress.exit.passage import Exit, Passage
from ringfence.egress.relay.checking import loses_key
from ringfence.egress.relay.faults import RelayError
from ringfence.egress.relay.payloads import Kinds, given_back, payload, types_of
from ringfence.egress.relay.quarantine import Kept
from ringfence.egress.relay.transactions import (
    Changed,
    Transaction,
    Truncated,
    tables,
)
from ringfence.errors import Locus

EMPTY = sha256(b"").hexdigest()
NOT_RELAYED = "it has a column of a type that isn't relayed"
NOT_DECLARED = "it empties a table that leaves by no channel"


class Decides(Exit, Protocol):
    """An exit that also takes what can't be shown to it."""

    def unseen(self, channel: str, name: str, what: Unseen) -> Passage:
        """Return the verdict on something that nobody can look through: never to leave.

        Raises:
            UnjudgedError: There is none, or the ledger may not hold it.
        """
        ...


@dataclass(slots=True)
class Judged:
    """What became of some transactions.

    Attributes:
        verdict: The strictest of their verdicts.
        changes: What may be written outside, in order; nothing where one is held.
        kept: The tables that were held or blocked.
        odd: Why they couldn't be judged, in words; empty: they could.
        entries: How many entries the ledger took.
    """

    verdict: Verdict = Verdict.RELEASE
    changes: list[Changed | Truncated] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    odd: str = ""
    entries: int = 0

    @property
    def may_leave(self) -> bool:
        """Whether all of it may be written outside."""
        return self.verdict in (Verdict.RELEASE, Verdict.MASK)


@dataclass(frozen=True, slots=True)
class Judging:
    """Asks the exit.

    Attributes:
        exit_: The exit.
        channels: The channel that each table leaves by.
        kinds: Says what types are.
        keys: Says which columns tell rows of a table apart outside.
    """

    exit_: Decides
    channels: Mapping[str, str]
    kinds: Callable[[Sequence[int]], Kinds]
    keys: Callable[[str], Sequence[str]]

    def judged(self, transactions: Sequence[Transaction]) -> Judged:
        """Return what becomes of transactions, together.

        Raises:
            UnjudgedError: There is no verdict: nothing may leave.
            RelayError: What the exit let go can't be written outside.
        """
        changes = [one for found in transactions for one in found.changes]
        odd = next((one.odd for one in transactions if one.odd), "")
        odd = odd or self._odd(changes)
        if odd:
            return self._unseen(transactions, odd)
        found = Judged()
        outputs: dict[str, Iterator[Changed]] = {}
        for table, rows in tables(changes).items():
            outputs[table] = iter(self._table(table, rows, found))
        if found.may_leave:
            found.changes = [
                next(outputs[one.relation.table]) if isinstance(one, Changed) else one
                for one in changes
            ]
        return found

    def _unseen(self, transactions: Sequence[Transaction], odd: str) -> Judged:
        """Have the ledger hold why a transaction can't be judged, for each table."""
        found = Judged(Verdict.HOLD, odd=odd)
        if len(transactions) > 1:
            return found  # only one of them is so, and will be asked for by itself
        (one,) = transactions
        what = Unseen(one.content or EMPTY, one.size, odd)
        for table in sorted(one.tables | {*tables(one.changes)}):
            channel = self.channels.get(table, "")
            passage = self.exit_.unseen(channel, f"{table}.jsonl", what)
            self._keep(found, table, passage, b"")
        return found

    def _odd(self, changes: Sequence[Changed | Truncated]) -> str:
        """Return why changes can't be judged at all."""
        for one in changes:
            if isinstance(one, Truncated):
                if any(table.table not in self.channels for table in one.relations):
                    return NOT_DECLARED
                continue
            kinds = self.kinds([column.type for column in one.relation.columns])
            if not all(types_of(one.relation, kinds).values()):
                return NOT_RELAYED
        return ""

    def _table(
        self, table: str, rows: Sequence[Changed], found: Judged
    ) -> Sequence[Changed]:
        """Ask for the rows of one table, and return what may leave of them."""
        types = {one.type for row in rows for one in row.relation.columns}
        rows = _going(rows, self.keys(table))
        asked = payload(table, rows, self.kinds([*types]))
        # Of a table that nobody declared, there is no channel, and an entry says so.
        channel = self.channels.get(table, "")
        passage = self.exit_.judge(channel, asked)
        if passage.may_leave:
            found.entries += 1
            found.verdict = max(found.verdict, passage.ruling.verdict)
            return self._given_back(table, rows, passage)
        content = asked.content if isinstance(asked.content, bytes) else b""
        self._keep(found, table, passage, content)
        return ()

    def _keep(
        self, found: Judged, table: str, passage: Passage, content: bytes
    ) -> None:
        found.entries += 1
        found.verdict = max(found.verdict, passage.ruling.verdict)
        reasons = tuple(map(said, passage.ruling.reasons))
        told = str(passage.ruling.verdict), reasons, passage.entry
        channel = self.channels.get(table, "")
        found.kept.append(Kept(table, channel, *told, content, passage.receipt))

    def _given_back(
        self, table: str, rows: Sequence[Changed], passage: Passage
    ) -> list[Changed]:
        if loses_key(passage.ruling.masks, self.keys(table)):
            message = f"the key of `{table}` is masked, so rows can't be told apart"
            hint = "let it go as it is, or as a `token`"
            raise RelayError(message, Locus("outside"), hint)
        output = passage.output
        content = output.read_bytes() if isinstance(output, Path) else output
        return given_back(rows, content or b"")


def _going(rows: Sequence[Changed], keys: Sequence[str]) -> list[Changed]:
    """Return rows without what isn't sent: of what was, the key outside alone is."""
    return [
        one
        if one.old is None or not keys
        else replace(one, old={name: one.old.get(name) for name in keys})
        for one in rows
    ]
