"""A scan of a store as facts: what lies there, what it holds, and of how many people.

Only what was seen is stated, as of the day on which it was seen. Of a dataset in which
nobody was seen nothing is: a column without a tag would be unclassified, and what no
identifier gives away may still be protected. A dataset that couldn't be read is stated
bare: a boundary that counts the unclassified as unknown holds it against the claim.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from ringfence.egress.scan.found import Dataset, Scan, Seen, union
from ringfence.estate.facts import Fact, attribute, edge, node

KIND = "scan"
SHOWN = 100
"""How many datasets that weren't looked through the source names."""


def people(count: int, *, is_whole: bool) -> str:
    """Return how many people were found: `1204`, or `1204+` for at least so many."""
    return f"{count}" if is_whole else f"{count}+"


def facts(scan: Scan, *, store: str, source: str, collected: str) -> Iterator[Fact]:
    """Yield what a scan says of a store.

    Args:
        scan: The scan.
        store: Name of the store in the estate.
        source: Name that the facts carry.
        collected: When the store was read.
    """
    yield _source(scan, store=store, source=source, collected=collected)
    told = _Told(store, source, collected)
    yield from told.store_of(scan)
    for dataset in scan.datasets:
        if dataset.unread or dataset.seen:
            yield from told.dataset(dataset)


class _Told:
    """What is said of a store."""

    def __init__(self, store: str, source: str, since: str) -> None:
        self._store = store
        self._source = source
        self._since = since

    def store_of(self, scan: Scan) -> Iterator[Fact]:
        id_, found = f"store:{self._store}", scan.subjects
        yield self._node(id_, scan.place)
        if len(found):
            count = people(len(found), is_whole=scan.is_whole)
            yield self._stated(id_, "subjects", count, scan.place)

    def dataset(self, dataset: Dataset) -> Iterator[Fact]:
        id_, at = f"dataset:{self._store}/{dataset.name}", dataset.name
        yield self._node(id_, at)
        yield self._held(f"store:{self._store}", id_, at)
        yield self._stated(id_, "form", dataset.form, at)
        if dataset.unread:
            return
        count = people(len(dataset.subjects), is_whole=dataset.is_whole)
        yield self._stated(id_, "subjects", count, at, sha256=dataset.digest)
        for column, seen in groupby(dataset.seen, key=lambda one: one.column):
            yield from self._column(dataset, column, [*seen])

    def _column(
        self, dataset: Dataset, column: str, seen: list[Seen]
    ) -> Iterator[Fact]:
        whole = f"{self._store}/{dataset.name}"
        id_, at = f"column:{whole}.{column}", f"{dataset.name}#/{column}"
        found = union(one.subjects for one in seen)
        yield self._held(f"dataset:{whole}", id_, at)
        count = people(len(found), is_whole=dataset.is_whole)
        yield self._stated(id_, "subjects", count, at)
        for one in seen:
            yield self._stated(id_, "tag", one.tag, at)

    def _node(self, id_: str, at: str) -> Fact:
        return node(id_, at=at, source=self._source, since=self._since)

    def _held(self, holder: str, held: str, at: str) -> Fact:
        source, since = self._source, self._since
        return edge(holder, "contains", held, at=at, source=source, since=since)

    def _stated(self, id_: str, name: str, value: str, at: str, **detail: str) -> Fact:
        source, since = self._source, self._since
        return attribute(
            id_, name, value, at=at, source=source, since=since, detail=detail
        )


def _source(scan: Scan, *, store: str, source: str, collected: str) -> Fact:
    detail = {
        "epoch": scan.epoch,
        "read": f"{sum(not one.unread for one in scan.datasets)}",
        "sample": scan.sample,
        "sha256": scan.digest,
        "store": store,
        "unread": f"{sum(bool(one.unread) for one in scan.datasets)}",
    }
    for number, text in enumerate(_notes(scan), start=1):
        detail[f"note:{number:04}"] = text
    return Fact(
        fact="source",
        id=source,
        name=KIND,
        value=collected,
        source=source,
        at=scan.place,
        detail={name: value for name, value in detail.items() if value},
    )


def _notes(scan: Scan) -> Iterator[str]:
    if scan.sample:
        yield f"a sample: {scan.sample}"
    lost = [one for one in scan.datasets if one.unread or one.gaps]
    for one in lost[:SHOWN]:
        why = one.unread or f"not all of it was looked through: {'; '.join(one.gaps)}"
        yield f"{one.name}: {why}"
    if more := len(lost[SHOWN:]):
        yield f"{more:,} datasets more weren't looked through, or not wholly"
    for what, count in scan.unread.items():
        yield f"{what}: {count:,}, not looked through"
    undecided = sum(sum(one.undecided.values()) for one in scan.datasets)
    if undecided:
        yield f"{undecided:,} values can't be decided"
    yield from scan.notes
