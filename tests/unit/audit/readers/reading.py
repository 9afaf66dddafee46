"""Reads small logs and shows their events as plain rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ringfence.audit.event import CODED, DONE, Ending, Malformed, Sheet, Words
from ringfence.audit.reader import LogReader
from ringfence.audit.unpacked import Unpacked
from ringfence.boundary.order import LogOrder
from ringfence.documents.located import Data, Located
from ringfence.errors import Locus

HERE = Locus("boundary.yaml", 1)


@dataclass(frozen=True, slots=True)
class Row:
    """An event, its words spelt out."""

    time: int
    actor: str
    behind: str
    credential: str
    session: str
    application: str
    address: str
    touch: dict[str, object]
    verb: str
    ending: Ending
    rows: int
    uid: str
    request: str
    subjects: tuple[str, ...]
    offset: int
    length: int
    line: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a log gave."""

    rows: list[Row]
    malformed: list[Malformed]
    beats: list[int]
    asides: int
    problems: list[str]

    @property
    def parts(self) -> int:
        """Return how many parts of the log are accounted for."""
        return len(self.rows) + len(self.malformed) + self.asides


def located(value: object) -> Located:
    """Return a plain value as the boundary's parser gives it."""
    if isinstance(value, dict):
        data: Data = {key: located(inner) for key, inner in value.items()}
    elif isinstance(value, list | tuple):
        data = [located(inner) for inner in value]
    else:
        assert value is None or isinstance(value, bool | int | float | str)
        data = value
    return Located(data, HERE)


def options(**values: object) -> dict[str, Located]:
    """Return the options of an order."""
    return {key: located(value) for key, value in values.items()}


def read(reader: LogReader, order: LogOrder, content: bytes, path: Path) -> Reading:
    """Read a log of these bytes, which is written to `path`."""
    path.write_bytes(content)
    file = Unpacked(path, path.name)
    words = {column: Words() for column in CODED}
    reader.check(order)
    sheets = list(reader.read(file, order, words))
    rows = [row for sheet in sheets for row in _rows(sheet, words)]
    return Reading(
        rows,
        [one for sheet in sheets for one in sheet.malformed] + file.malformed,
        [int(beat) for sheet in sheets for beat in sheet.beats],
        sum(sheet.asides for sheet in sheets),
        file.problems,
    )


def _rows(sheet: Sheet, words: dict[str, Words]) -> Iterator[Row]:
    said = {name: words[name].all() for name in CODED}
    for n in range(len(sheet)):
        word = {name: said[name][sheet.coded[name][n]] for name in CODED}
        yield Row(
            time=int(sheet.time[n]),
            actor=word["actor"],
            behind=word["behind"],
            credential=word["credential"],
            session=word["session"],
            application=word["application"],
            address=word["address"],
            touch=msgspec.json.decode(word["touch"], type=dict[str, object]),
            verb=DONE[sheet.verb[n]],
            ending=Ending(int(sheet.ending[n])),
            rows=int(sheet.rows[n]),
            uid=sheet.uid[n],
            request=sheet.request[n],
            subjects=sheet.subjects.get(n, ()),
            offset=int(sheet.offset[n]),
            length=int(sheet.length[n]),
            line=int(sheet.line[n]),
        )
