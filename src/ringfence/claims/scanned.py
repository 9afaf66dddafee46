"""A scan of a store as facts: what lies there, what its columns hold, of how many people.

Only what was seen is stated. Of a dataset in which nobody was seen nothing is: a column
without a tag would be unclassified, and what no identifier gives away may still be
protected. A dataset that couldn't be read is stated bare, so that a boundary that counts
what is unclassified as unknown holds it against the claim.
"""

from __future__ import annotations

from collections.abc import Iterator

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
    id_, place = f"store:{store}", scan.place
    yield node(id_, at=place, source=source)
    found = len(scan.subjects)
    if found:
        count = people(found, is_whole=scan.is_whole)
        yield attribute(id_, "subjects", count, at=place, source=source)
    for dataset in scan.datasets:
        if dataset.unread or dataset.seen:
            yield from _dataset(dataset, store=store, source=source)


def _dataset(dataset: Dataset, *, store: str, source: str) -> Iterator[Fact]:
    id_, at = f"dataset:{store}/{dataset.name}", dataset.name
    yield node(id_, at=at, source=source)
    yield edge(f"store:{store}", "contains", id_, at=at, source=source)
    yield attribute(id_, "form", dataset.form, at=at, source=source)
    if dataset.unread:
        return
    count = people(len(dataset.subjects), is_whole=dataset.is_whole)
    detail = {"sha256": dataset.digest}
    yield attribute(id_, "subjects", count, at=at, source=source, detail=detail)
    columns: dict[str, list[Seen]] = {}
    for one in dataset.seen:
        columns.setdefault(one.column, []).append(one)
    for name, seen in columns.items():
        column, place = f"column:{store}/{dataset.name}.{name}", f"{at}#/{name}"
        yield edge(id_, "contains", column, at=place, source=source)
        count = people(
            len(union(one.subjects for one in seen)), is_whole=dataset.is_whole
        )
        yield attribute(column, "subjects", count, at=place, source=source)
        for one in seen:
            yield attribute(column, "tag", one.tag, at=place, source=source)


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
