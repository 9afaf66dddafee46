"""Drawing the index: each entry of the ledger becomes rows, if it may be there.

What stands in the ledger is checked as it is read, by the rules that hold before
anything is appended. What may not be there is counted, and changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ringfence.docket.course import check
from ringfence.docket.finding.edge import Edge
from ringfence.docket.finding.kept import Kept
from ringfence.docket.finding.rows import bring
from ringfence.docket.finding.tables import VERSION, emptied, is_drawn
from ringfence.docket.folder import Docket, Held
from ringfence.docket.objects import KINDS
from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.entries import Entry, parse_entry
from ringfence.ledger.signed.checkpoints import Checkpoint
from ringfence.ledger.tree.merkle import HASH
from ringfence.ledger.tree.tiles import WIDTH

_BUNDLES = 16  # are read at once
_MARK = "sha256:"


class _Drawing:
    """One run over entries of a ledger.

    Args:
        kept: The tables.
        docket: The docket.
        progress: Is told how far it has come.
    """

    def __init__(
        self, kept: Kept, docket: Docket, progress: Callable[[str], None]
    ) -> None:
        self.kept, self.docket, self._progress = kept, docket, progress
        self._signed = docket.signed()
        self._gone: set[str] = set()  # payloads that are erased, as the ledger says
        self._ordinals: Counter[str] = Counter()

    def catch_up(self) -> None:
        """Draw what the ledger has got since, or all of it."""
        edge = _edge(self.kept, self._signed)
        if edge is None or not self._fits(edge):
            self._anew()

    def _anew(self) -> None:
        for _ in range(2):  # the first time it may turn out what is erased
            emptied(self.kept.database)
            self.kept.forget()
            if self._fits(Edge()):
                return
        raise ProofError(
            "its entries are not those that were signed",
            Locus(str(self.docket.ledger)),
            "`ringfence ledger fsck` says where; restore it from a copy",
        )

    def _fits(self, edge: Edge) -> bool:
        """Draw entries from an edge on; return whether they fit what was drawn."""
        rows = self.kept.database.execute(
            "SELECT kind, max(ordinal) FROM object GROUP BY kind"
        )
        self._ordinals = Counter(dict(rows.fetchall()))
        size, stays = self._signed.size, True
        while edge.size < size:
            self._progress(f"drawing the index: {edge.size:,} of {size:,} entries")
            first = edge.size
            end = min(size, first - first % WIDTH + _BUNDLES * WIDTH)
            contents = self.docket.contents(first, end)
            for index, content in enumerate(contents, first):
                stays &= self._take(index, parse_entry(content, f"entry {index}"))
            edge.extend(contents)
        self.kept.database.execute("DELETE FROM mark")
        self.kept.database.execute(
            "INSERT INTO mark VALUES (?, ?, ?, ?)",
            (VERSION, self._signed.origin, edge.size, edge.content),
        )
        return stays and edge.root() == self._signed.root

    def _take(self, index: int, entry: Entry) -> bool:
        """Draw an entry, and return whether all that was drawn before may stay."""
        if entry.kind == "erased":
            ref = entry.digests["payload"].removeprefix(_MARK)
            is_drawn_already = self.kept.get(ref) is not None
            self._gone.add(ref)
            return not is_drawn_already
        if entry.kind in KINDS:
            one = self._told(index, entry)
            self._ordinals[one.kind] += 1
            bring(self.kept, one, self._ordinals[one.kind], self._refusal(one))
        return True

    def _told(self, index: int, entry: Entry) -> Held:
        ref = entry.digests["payload"].removeprefix(_MARK)
        if ref in self._gone:
            return Held(index, entry.time, entry.kind, ref, None)
        return self.docket.told(index, entry)

    def _refusal(self, one: Held) -> str | None:
        if self.kept.held(one.ref) is not None:
            return "the ledger holds it already"
        try:
            if one.object is not None:
                check(one.object, self.kept)
        except ConfigError as error:
            return "; ".join(problem.message for problem in error.problems)
        return None


def draw(kept: Kept, docket: Docket, progress: Callable[[str], None]) -> None:
    """Let the tables catch up with a ledger; draw them anew if it doesn't fit them.

    Args:
        kept: The tables, empty or drawn before.
        docket: The docket.
        progress: Is told how far it has come.

    Raises:
        ProofError: The ledger isn't what was signed.
        RingfenceError: It can't be read.
        OSError: It can't be read.
    """
    signed = docket.signed()
    edge = _edge(kept, signed)
    if edge and (edge.size, edge.root()) == (signed.size, signed.root):
        return
    with _transaction(kept):  # what others logged until the lock was ours counts
        _Drawing(kept, docket, progress).catch_up()


def _edge(kept: Kept, signed: Checkpoint) -> Edge | None:
    """Return the edge that the tables were drawn to, if it may be one of the log."""
    if not is_drawn(kept.database):
        return None
    origin, size, hashes = kept.database.execute(
        "SELECT origin, size, edge FROM mark"
    ).fetchone()
    is_mark = isinstance(size, int) and isinstance(hashes, bytes)
    if not is_mark or len(hashes) != size.bit_count() * HASH:
        return None
    fits = origin == signed.origin and 0 <= size <= signed.size
    return Edge(size, hashes) if fits else None


@contextmanager
def _transaction(kept: Kept) -> Iterator[None]:
    kept.database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        kept.forget()
        if kept.database.in_transaction:  # a full disk has ended it already
            kept.database.execute("ROLLBACK")
        raise
    kept.database.execute("COMMIT")
