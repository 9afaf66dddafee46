"""What an inspection found, as text and as JSON: places and numbers, never a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ringfence.egress.inspection.report import Coverage, Inspection
from ringfence.egress.inspection.sightings import Place
from ringfence.errors import ExitCode, printable
from ringfence.report import wording
from ringfence.report.answering import table

Named = Sequence[tuple[str, Inspection]]
_SHOWN = 40


def exit_code(found: Named) -> ExitCode:
    """Return 11 if anybody was seen, 10 if it can't be told, else 0."""
    if any(len(one.subjects) for _, one in found):
        return ExitCode.REFUTED
    if any(one.coverage != Coverage.COMPLETE or one.undecided for _, one in found):
        return ExitCode.UNPROVEN
    return ExitCode.ALL_UPHELD


def as_json(found: Named) -> str:
    """Return what inspections found as JSON, with a number of people for each place."""
    told = {"version": 1, "payloads": [_told(name, one) for name, one in found]}
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n"


def _told(name: str, one: Inspection) -> Mapping[str, object]:
    return {
        "name": name,
        "content": one.content,
        "size": one.size,
        "format": one.format,
        "coverage": one.coverage.value,
        "rows": one.rows,
        "subjects": len(one.subjects),
        "epoch": one.epoch,
        "detectors": dict(one.detectors),
        "columns": [
            {
                "part": column.part,
                "name": column.name,
                "types": sorted(column.types),
                "values": column.values,
            }
            for column in one.columns
        ],
        "sightings": [
            {
                **_place(seen.place),
                "tag": seen.tag,
                "written": seen.written.name.lower(),
                "count": seen.count,
                "subjects": len(seen.subjects),
            }
            for seen in one.sightings
        ],
        "undecided": [
            {**_place(odd.place), "why": odd.why.value, "count": odd.count}
            for odd in one.undecided
        ],
    }


def _place(place: Place) -> dict[str, object]:
    return {"part": place.part, "column": place.column, "row": place.row}


def as_text(found: Named, width: int) -> str:
    """Return what inspections found as text."""
    lines = [line for name, one in found for line in (*_lines(name, one, width), "")]
    return "\n".join(line.rstrip() for line in lines)


def _lines(name: str, one: Inspection, width: int) -> Iterator[str]:
    rows = wording.counted(one.rows, "row", "rows")
    size = wording.counted(one.size, "byte", "bytes")
    yield printable(f"{name}   {one.format}, {size}, {rows}   {one.coverage.value}")
    people = len(one.subjects)
    if people:
        counted = wording.counted(people, "person", "people")
        yield f"data of {counted} of the population:"
        yield from table(
            ("where", "what", "written", "seen", "people"),
            [
                (
                    _where(seen.place),
                    seen.tag,
                    seen.written.name.lower(),
                    f"{seen.count:,}",
                    f"{len(seen.subjects):,}",
                )
                for seen in one.sightings[:_SHOWN]
            ],
            width,
        )
        left = len(one.sightings) - _SHOWN
        if left > 0:
            yield f"  and {left:,} more places; `--format json` shows all"
    else:
        yield "nobody of the population was seen"
    if one.undecided:
        yield "what can't be decided:"
        yield from table(
            ("where", "why", "times"),
            [
                (_where(odd.place), odd.why.value, f"{odd.count:,}")
                for odd in one.undecided[:_SHOWN]
            ],
            width,
        )


def _where(place: Place) -> str:
    column = place.column or ("" if place.part else "the text")
    parts = [*place.part, *([column] if column else [])]
    row = f" row {place.row:,}" if place.row else ""
    return printable(" > ".join(parts)) + row
