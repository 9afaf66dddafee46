"""BODS statements, and for how long each of them holds.

Statements on one record replace each other by their dates; a closing statement ends the
record (BODS 0.4, `recordStatus`). The first statement of a record says nothing about
when it began to be true, so it holds from the beginning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ringfence.documents.json import locate
from ringfence.documents.located import Located, Reader, describe, parse_moment
from ringfence.errors import Locus
from ringfence.sources.gathering import ALWAYS, Gatherer, Span
from ringfence.sources.shares import WrittenNumber

RECORD_TYPES = ("entity", "person", "relationship")
BOUNDS = (
    "exact",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
)
_STATUSES = ("new", "updated", "closed")
_OLD = (
    "is BODS 0.1 to 0.3 (it says `statementType`), and only 0.4 is read: "
    "statements of older versions don't say which record they replace"
)
# More digits than a float keeps: such numbers are read again, digit by digit.
_LONG_NUMBER = re.compile(r"\d[\d.]{15}")
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: what it says of a record, and for how long that holds.

    Attributes:
        kind: Entity, person or relationship.
        record: Id of the record.
        is_closing: Whether it ends the record.
        date: When it was made; empty when it doesn't say.
        details: What it says.
        span: When it holds, as far as later statements tell.
    """

    kind: str
    record: str
    is_closing: bool
    date: str
    details: Located
    at: Locus
    span: Span = ALWAYS


def statements(gatherer: Gatherer) -> list[Statement]:
    """Return the statements that hold at some time, in the order of the files."""
    found: list[Statement] = []

    def read(file: str) -> None:
        for document in _documents(gatherer, file):
            single = isinstance(document.data, dict)
            for value in [document] if single else _items(gatherer.reader, document):
                statement = _statement(gatherer.reader, value)
                if statement is not None:
                    found.append(statement)

    gatherer.each_file(read)
    return list(_in_force(found))


def _documents(gatherer: Gatherer, file: str) -> list[Located]:
    """Return the documents of a file, long numbers with every digit they have."""
    documents = gatherer.json(file)
    text = gatherer.order.text(file)
    if not _LONG_NUMBER.search(text):
        return documents
    if all(document.at.file == file for document in documents):
        return [_exact(text, file)]
    lines = text.splitlines()
    numbers = (int(each.at.file.rpartition(":")[2]) for each in documents)
    return [_exact(lines[number - 1], f"{file}:{number}") for number in numbers]


def _exact(text: str, name: str) -> Located:
    value = json.loads(text, parse_float=WrittenNumber)
    return locate(_only_bounds(value), name, "")


def _only_bounds(value: object, key: str = "") -> object:
    """Return a value in which only the bounds of shares keep their digits."""
    if isinstance(value, dict):
        return {name: _only_bounds(entry, name) for name, entry in value.items()}
    if isinstance(value, list):
        return [_only_bounds(entry) for entry in value]
    if isinstance(value, WrittenNumber) and key not in BOUNDS:
        return float(value)
    return value


def _items(reader: Reader, document: Located) -> list[Located]:
    if not isinstance(document.data, list):
        message = f"must be a list of statements, not {describe(document)}"
        reader.note(message, document.at)
    return document.items()


def _statement(reader: Reader, value: Located) -> Statement | None:
    if not isinstance(value.data, dict):
        message = f"a statement must be an object, not {describe(value)}"
        reader.note(message, value.at)
        return None
    if "recordType" not in value.data and "statementType" in value.data:
        hint = "ask the publisher for 0.4, or convert it"
        reader.note(_OLD, value.at, hint)
        return None
    kind = reader.choice(value.get("recordType"), RECORD_TYPES, "recordType")
    record = reader.text(value.get("recordId"), "`recordId`")
    status = reader.choice(value.get("recordStatus"), _STATUSES, "recordStatus")
    date = moment(reader, value.get("statementDate"), "`statementDate`")
    details = value.get("recordDetails")
    for name in ("recordType", "recordId", "recordStatus", "recordDetails"):
        if value.get(name) is None and not (name == "recordDetails" and status):
            reader.note(f"a statement needs `{name}`", value.at)
    if kind is None or record is None or status is None:
        return None
    is_closing = status == "closed"
    details = _details(reader, details, value, is_closing=is_closing)
    return Statement(kind, record, is_closing, date, details, value.at)


def _details(
    reader: Reader, details: Located | None, value: Located, *, is_closing: bool
) -> Located:
    if details is None or not isinstance(details.data, dict):
        if not is_closing or details is not None:
            message = "a statement needs `recordDetails`, an object"
            reader.note(message, value.at if details is None else details.at)
        return Located({}, value.at)
    return details


def _in_force(found: list[Statement]) -> Iterator[Statement]:
    """Yield each statement that isn't a closing one, with the time that it holds."""
    records: dict[tuple[str, str], list[Statement]] = {}
    for statement in found:
        record = (statement.kind, statement.record)
        records.setdefault(record, []).append(statement)
    for versions in records.values():
        # Sorting is stable: of two statements of one day, the later one in the file.
        dated = {each.date: each for each in sorted(versions, key=lambda one: one.date)}
        ordered = list(dated.values())
        ends = [each.date for each in ordered[1:]] + [""]
        for index, (statement, until) in enumerate(zip(ordered, ends, strict=True)):
            if not statement.is_closing:
                since = statement.date if index else ""
                yield replace(statement, span=Span(since, until))


def moment(
    reader: Reader, value: Located | None, what: str, *, end: bool = False
) -> str:
    """Return a BODS date as an instant, or an empty text.

    A year or a month stands for its first instant, or at the end of something for its
    last: what isn't known widens.
    """
    text = reader.text(value, what)
    if value is None or text is None:
        return ""
    instant = _partial(text, end=end) or parse_moment(text)
    if instant is None:
        hint = "BODS dates are `2022`, `2022-01`, `2022-01-31` or with a zoned time"
        reader.note(f"{what} `{text}` is no date", value.at, hint)
    return instant or ""


def _partial(text: str, *, end: bool) -> str | None:
    found = _PARTIAL.fullmatch(text)
    if not found:
        return None
    year, month = int(found[1]), int(found[2] or 1)
    if end:
        year, month = (year, month + 1) if found[2] else (year + 1, month)
        year, month = (year + 1, 1) if month > 12 else (year, month)  # noqa: PLR2004
    return parse_moment(f"{year:04}-{month:02}-01")
