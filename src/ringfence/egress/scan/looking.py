"""Looks through payloads and rows, and says of each dataset whose data is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.egress.index.known import Known
from ringfence.egress.inspecting.detecting import Detecting
from ringfence.egress.inspecting.looking import Look
from ringfence.egress.inspecting.tally import Tally
from ringfence.egress.inspection.report import Coverage, Sighting, Undecided
from ringfence.egress.inspection.scanner import Scanner
from ringfence.egress.inspection.sightings import Place
from ringfence.egress.inspection.sightings import Seen as Rows
from ringfence.egress.inspector import Inspector
from ringfence.egress.opening.portions import Cells, Numbers, Pair, Part, Portion
from ringfence.egress.opening.tables import DOMAIN
from ringfence.egress.payload import Payload
from ringfence.egress.scan.found import Dataset, Seen, union
from ringfence.egress.scan.taking import WHOLE, Take
from ringfence.errors import printable

TEXT = "text"
"""What the column of a text without columns is called."""

Progress = Callable[[str], None]


class Watch:
    """What looks, and for whom: an index, opened once for a whole store.

    Attributes:
        take: How much of each dataset is looked through.
        progress: Called with what is being read.
        scanner: What finds people in texts.
        inspector: What opens payloads and looks through them.
        epoch: The epoch of the index.
    """

    def __init__(
        self,
        known: Known,
        take: Take = WHOLE,
        progress: Progress = lambda _stage: None,
    ) -> None:
        """Look for the people of an index."""
        self.take = take
        self.progress = progress
        self.scanner = Scanner(known)
        self.inspector = Inspector(known)
        self.epoch = known.epoch.digest
        self._called: dict[str, str] = {}

    def called(self, name: str) -> str:
        """Return a name as a report says it: no part of it is somebody's identifier."""
        shown = printable(name)
        parts = shown.split("/")
        seen, _ = self.scanner.scan(pl.Series([name, shown, *parts], dtype=pl.String))
        if not len(seen.row):
            return shown
        hit = set(seen.row.tolist())
        whole = not any(place > 1 for place in hit)
        texts = [shown] if whole else parts
        first = 1 if whole else 2
        return "/".join(
            self._instead(text) if place in hit or whole else text
            for place, text in enumerate(texts, first)
        )

    def _instead(self, text: str) -> str:
        return self._called.setdefault(text, f"*{len(self._called) + 1}")

    def whole(self, name: str, payload: Payload) -> Dataset:
        """Return whose data is in a payload, looked through wholly.

        Raises:
            RingfenceError: It can't be read.
        """
        found = self.inspector.inspect(payload)
        return Dataset(
            name=self.called(name),
            form="file",
            rows=found.rows,
            looked=found.rows,
            seen=told(found.sightings),
            undecided=doubted(found.undecided),
            gaps=gaps_of(found.coverage, found.undecided),
            digest=found.content,
        )

    def rows(self) -> RowLook:
        """Return what looks through rows."""
        return RowLook(self.scanner, self)


class RowTally(Tally):
    """A tally that counts the rows in which somebody was seen.

    Attributes:
        hits: How many there are, in the chunks that have ended.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.hits = 0
        self._rows: list[NDArray[np.int64]] = []

    def seen(
        self,
        part: Part,
        columns: Sequence[str],
        seen: Rows,
        rows: NDArray[np.int64],
        *,
        counts: NDArray[np.int64] | None = None,
        column_of: NDArray[np.int64] | None = None,
    ) -> None:
        """Take in what was seen in some values, and in which rows."""
        super().seen(part, columns, seen, rows, counts=counts, column_of=column_of)
        self._rows.append(np.unique(rows[seen.row]))

    def end(self) -> None:
        """End a chunk: rows that follow are others."""
        if self._rows:
            found = np.unique(np.concatenate(self._rows))
            self.hits += int(np.count_nonzero(found))
        self._rows = []


class RowLook:
    """Looks through rows, chunk by chunk.

    Attributes:
        tally: What was seen.
        looked: How many rows were looked through.
        gaps: What of the dataset wasn't, in words.
    """

    def __init__(self, scanner: Scanner, watch: Watch) -> None:
        self.tally = RowTally()
        self.looked = 0
        self.gaps: list[str] = []
        self._watch = watch
        self._look = Look(scanner, Detecting())
        self._look.tally = self.tally

    def around(self, portions: Iterable[Portion]) -> None:
        """Look through what is no row: names, metadata."""
        for portion in portions:
            self._look.at(portion)
        self.tally.end()

    def chunk(self, portions: Iterable[Portion], count: int) -> None:
        """Look through rows; none of them is in another chunk."""
        self.around(portions)
        self.looked += count

    def dataset(
        self, name: str, form: str, rows: int, digest: str, take: Take
    ) -> Dataset:
        """Return whose data is in the rows."""
        tally = self.tally
        undecided = tally.undecided()
        return Dataset(
            name=name,
            form=form,
            by="whole" if self.looked >= rows else take.by,
            rows=rows,
            looked=self.looked,
            hits=tally.hits,
            seen=told(tally.sightings(), self._watch.called),
            undecided=doubted(undecided),
            gaps=(*self.gaps, *gaps_of(tally.coverage, undecided)),
            digest=digest,
        )


class Held(NamedTuple):
    """One column of some rows."""

    name: str
    values: pl.Series


def portions(columns: Iterable[Held], rows: NDArray[np.int64]) -> Iterator[Portion]:
    """Yield columns of texts and numbers, each with the rows that it is of.

    What stands half in one column and half in the next is looked through too.
    """
    before: Held | None = None
    for held in columns:
        name, values = held
        if values.dtype != pl.String:
            yield Numbers((), name, values, rows)
            before = None
            continue
        full = np.flatnonzero(values.is_not_null().to_numpy())
        yield Cells((), name, values.drop_nulls(), rows[full], structured=True)
        if before is not None and (_is_host(values) or _is_host(before.values)):
            both = before.values.fill_null(""), values.fill_null("")
            yield Pair((), name, *both, rows)
        before = held


def _is_host(values: pl.Series) -> bool:
    return bool(values.str.contains(DOMAIN).any())


def column_of(place: Place, called: Callable[[str], str] = str) -> str:
    """Return what a place is called as a column: no dot is in it, which divides ids.

    The bounds that a format keeps of a column are values of the column.
    """
    part = place.part[:-1] if place.part[-1:] == ("statistics",) else place.part
    parts = (*part, place.column or TEXT)
    return "/".join(called(part) for part in parts).replace(".", "%2E")


def told(
    sightings: Iterable[Sighting], called: Callable[[str], str] = str
) -> tuple[Seen, ...]:
    """Return who was seen by column and kind, however it was written."""
    groups: dict[tuple[str, str], list[Sighting]] = {}
    for one in sightings:
        if len(one.subjects):
            key = column_of(one.place, called), one.tag
            groups.setdefault(key, []).append(one)
    return tuple(
        Seen(
            column,
            tag,
            sum(one.count for one in group),
            union(one.subjects for one in group),
        )
        for (column, tag), group in sorted(groups.items())
    )


def doubted(undecided: Iterable[Undecided]) -> Mapping[str, int]:
    """Return what couldn't be decided, by reason."""
    found: dict[str, int] = {}
    for one in undecided:
        found[str(one.why)] = found.get(str(one.why), 0) + one.count
    return dict(sorted(found.items()))


def gaps_of(coverage: Coverage, undecided: Iterable[Undecided]) -> tuple[str, ...]:
    """Return what wasn't looked through, in words."""
    if coverage is Coverage.COMPLETE:
        return ()
    why = ", ".join(doubted(undecided)) or "not all of it could be opened"
    return (why,)
