"""Tables whose columns the order maps to fields, without the columns nobody may use.

Ethnicity, ancestry, nationality, birthplace, language and religion are connecting
factors of no regime (28 CFR 202.211 uses none of them). A column that seems to hold one
of them is never read, whatever the mapping says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ringfence.documents.located import Reader, nearest, parse_moment
from ringfence.documents.table import Row, Table, read_table
from ringfence.errors import Locus
from ringfence.sources.gathering import ALWAYS, Gatherer, Span

_FORBIDDEN = frozenset(
    {
        "ancestry",
        "birth",
        "birthdate",
        "birthday",
        "birthplace",
        "born",
        "caste",
        "citizen",
        "citizenship",
        "citizenships",
        "cob",
        "descent",
        "dob",
        "ethnic",
        "ethnicity",
        "faith",
        "gender",
        "genders",
        "language",
        "languages",
        "nationality",
        "nationalities",
        "native",
        "orientation",
        "pob",
        "race",
        "races",
        "religion",
        "religions",
        "religious",
        "sex",
        "sexuality",
        "tongue",
        "tribe",
    }
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def is_forbidden(column: str) -> bool:
    """Return whether a column's name says that it holds what nobody may use."""
    words = {word.lower() for word in _WORD.findall(column)}
    return bool(words & _FORBIDDEN)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row, by field."""

    row: Row
    columns: Mapping[str, str]

    def __getitem__(self, field: str) -> str:
        """Return the cell of a field; a field without a column is empty."""
        column = self.columns.get(field)
        return "" if column is None else self.row[column]

    @property
    def at(self) -> Locus:
        """Where the row stands."""
        return self.row.at

    @property
    def is_blank(self) -> bool:
        """Whether no field of it says anything."""
        return not any(self[field] for field in self.columns)

    def span(self, reader: Reader) -> Span:
        """Return the interval that the row states."""
        since, until = (self._moment(reader, end) for end in ("since", "until"))
        span = Span(since, until)
        if span.is_empty:
            hint = "`until` is the first day on which it no longer holds"
            reader.note("ends before it begins", self.at, hint)
            return ALWAYS
        return span

    def _moment(self, reader: Reader, field: str) -> str:
        return moment(reader, self[field], self.at, field)


def moment(reader: Reader, text: str, at: Locus, what: str) -> str:
    """Return an instant, or an empty text for a blank cell or a problem."""
    instant = parse_moment(text) if text else ""
    if instant is None:
        hint = "write `2022-01-31`, or `2022-01-31T09:30:00Z`"
        reader.note(f"{what} `{text}` is no date", at, hint)
    return instant or ""


def mapping(
    gatherer: Gatherer, fields: Sequence[str], *, may_hold_citizenship: str = ""
) -> Mapping[str, str] | None:
    """Return the option `columns`: column by field, or None where it isn't given.

    Args:
        gatherer: Whose order it is.
        fields: The fields that there are.
        may_hold_citizenship: The one field that may be mapped to a column whose name
            speaks of citizenship, because its own words are yes and no.
    """
    reader, option = gatherer.reader, gatherer.order.options.get("columns")
    if option is None:
        return None
    found: dict[str, str] = {}
    for field, value in reader.fields(
        option, optional=fields, what="`columns`"
    ).items():
        column = reader.text(value, f"the column of `{field}`")
        if column is None:
            continue
        if is_forbidden(column) and field != may_hold_citizenship:
            hint = "no regime turns on it; leave the column out"
            reader.note(f"column `{column}` can't be read", value.at, hint)
            continue
        found[field] = column.strip()
    return found


def entries(
    gatherer: Gatherer,
    file: str,
    columns: Mapping[str, str] | None,
    *,
    fields: Sequence[str],
    required: Sequence[str],
) -> list[Entry]:
    """Return the rows of a table that say anything, by field.

    Without a mapping each field is read from the column of its own name. What the file
    holds besides is noted as not read.

    Raises:
        SourceError: The file is no table.
    """
    table = read_table(gatherer.order.text(file), file)
    if columns is None:
        columns = {field: field for field in fields if field in table.columns}
    missing = _missing(gatherer.reader, table, columns, required)
    _remark_unread(gatherer, table, set(columns.values()))
    if missing:
        return []
    found = (Entry(row, columns) for row in table.rows)
    return [entry for entry in found if not entry.is_blank]


def _missing(
    reader: Reader,
    table: Table,
    columns: Mapping[str, str],
    required: Sequence[str],
) -> bool:
    before = len(reader.problems)
    for field in required:
        if field not in columns:
            hint = f"say `columns: {{{field}: <name of the column>}}`"
            reader.note(f"no column is `{field}`", table.at, hint)
    for column in columns.values():
        if column not in table.columns:
            close = nearest(column, table.columns)
            reader.note(f"has no column `{column}`", table.at, close)
    return len(reader.problems) > before


def _remark_unread(gatherer: Gatherer, table: Table, read: set[str]) -> None:
    unread = [column for column in table.columns if column and column not in read]
    for column in filter(is_forbidden, unread):
        gatherer.remark(f"dropped column `{column}`: no regime turns on it", table.at)
    rest = [column for column in unread if not is_forbidden(column)]
    if rest:
        listed = ", ".join(f"`{column}`" for column in rest)
        gatherer.remark(f"columns not read: {listed}", table.at)
