"""What `ringfence scan` says: whose data lies in a store, and what nobody looked at."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ringfence.egress.scan.found import Dataset, Scan
from ringfence.egress.scan.taking import bounds
from ringfence.errors import ExitCode, printable

SCHEMA = "ringfence-scan/1"
_SHOWN = 20


def exit_code(scan: Scan) -> ExitCode:
    """Return 11 if somebody was seen, 10 if not all was looked through, else 0."""
    if len(scan.subjects):
        return ExitCode.REFUTED
    return ExitCode.ALL_UPHELD if scan.is_whole else ExitCode.UNPROVEN


def as_json(scan: Scan, store: str) -> str:
    """Return everything, as JSON."""
    told = {
        "schema": SCHEMA,
        "store": store,
        "place": scan.place,
        "sample": scan.sample,
        "epoch": scan.epoch,
        "sha256": scan.digest,
        "subjects": _people(scan),
        "whole": scan.is_whole,
        "unread": scan.unread,
        "notes": scan.notes,
        "datasets": [_dataset(one) for one in scan.datasets],
    }
    content = msgspec.json.encode(told, enc_hook=str)
    return msgspec.json.format(content, indent=2).decode() + "\n"


def _people(found: Scan | Dataset) -> dict[str, int | None]:
    """Return how many people at least, and at most: nobody knows, if not all was read.

    Who was seen is there. How many others stand in rows that weren't drawn, no sample
    says.
    """
    count = len(found.subjects)
    return {"least": count, "most": count if found.is_whole else None}


def _dataset(one: Dataset) -> dict[str, object]:
    rows = bounds(one)
    return {
        "name": one.name,
        "form": one.form,
        "by": one.by,
        "rows": one.rows,
        "looked": one.looked,
        "subjects": _people(one),
        "rows_with_subjects": rows
        and {
            "seen": one.hits,
            "least": rows.least,
            "most": rows.most,
            "level": rows.level,
        },
        "columns": [
            {
                "name": seen.column,
                "tag": seen.tag,
                "values": seen.values,
                "subjects": len(seen.subjects),
            }
            for seen in one.seen
        ],
        "undecided": one.undecided,
        "gaps": one.gaps,
        "unread": one.unread,
        "sha256": one.digest,
    }


def as_text(scan: Scan, store: str, *, everything: bool = False) -> str:
    """Return what there is to say, as lines."""
    return "".join(f"{printable(line)}\n" for line in _lines(scan, store, everything))


def _lines(scan: Scan, store: str, everything: bool) -> Iterator[str]:  # noqa: FBT001
    count = len(scan.subjects)
    least = "" if scan.is_whole or not count else "at least "
    yield f"{least}{_counted(count)} in {store} ({scan.place})"
    if scan.sample:
        yield f"a sample: {scan.sample}"
    held = [one for one in scan.datasets if one.seen]
    lost = [one for one in scan.datasets if one.unread or one.gaps]
    held.sort(key=lambda one: (-len(one.subjects), one.name))
    most = None if everything else _SHOWN
    for one in held[:most]:
        yield from _held(one)
    if len(held[most or len(held) :]):
        yield f"and {len(held) - _SHOWN:,} datasets more: --all shows them"
    clean = sum(one.is_whole and not one.seen for one in scan.datasets)
    if scan.datasets:
        every = len(scan.datasets)
        yield f"in {clean:,} of {every:,} datasets, read whole, nobody was seen"
    else:
        yield "there is no dataset in it"
    for one in lost[:most]:
        yield f"not looked through: {one.name}: {one.unread or '; '.join(one.gaps)}"
    if len(lost[most or len(lost) :]):
        yield f"and {len(lost) - _SHOWN:,} more not looked through: --all shows them"
    for what, number in scan.unread.items():
        yield f"not looked through: {what}: {number:,}"
    yield from (f"note: {text}" for text in scan.notes)


def _held(one: Dataset) -> Iterator[str]:
    least = "" if one.is_whole else "at least "
    yield f"{one.name}: {least}{_counted(len(one.subjects))}, {_rows(one)}"
    for seen in one.seen:
        yield f"  {seen.column}  {seen.tag}  {_counted(len(seen.subjects))}"


def _rows(one: Dataset) -> str:
    told = f"{one.looked:,} of {one.rows:,} rows" if one.by != "whole" else ""
    told = told or f"{one.rows:,} rows"
    found = bounds(one)
    if found is None or one.by == "whole":
        return told
    if found.most is None:
        return f"{told}, {one.hits:,} of them with somebody, no upper bound"
    return (
        f"{told}, {one.hits:,} of them with somebody: "
        f"of all rows {found.least:,} to {found.most:,} (95 %)"
    )


def _counted(count: int) -> str:
    return f"{count:,} protected {'person' if count == 1 else 'people'}"
