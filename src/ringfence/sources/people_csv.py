"""People from a table, such as an export of the staff system.

One row is one person, or one stretch of time of one person. A blank cell states
nothing: what isn't known stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ringfence.boundary.vocabulary import LABEL, MANY_VALUED
from ringfence.documents.located import Reader, nearest
from ringfence.errors import Locus
from ringfence.sources import names
from ringfence.sources.codes import country, yes_no
from ringfence.sources.columns import Entry, entries, mapping
from ringfence.sources.gathering import Gatherer, Span
from ringfence.sources.source import Harvest, Order

_EMPLOYMENTS = ("employee", "contractor")


def _employment(reader: Reader, text: str, at: Locus, what: str) -> str | None:
    word = text.lower()
    if word in _EMPLOYMENTS:
        return word
    reader.note(f"unknown {what} `{text}`", at, nearest(word, _EMPLOYMENTS))
    return None


def _as_written(_reader: Reader, text: str, _at: Locus, _what: str) -> str:
    return text


_Check = Callable[[Reader, str, Locus, str], str | None]
_CHECKS: dict[str, _Check] = {
    "residence": country,
    "location": country,
    "employment": _employment,
    "us_person": yes_no,
    "designated": yes_no,
    "active": yes_no,
    "team": _as_written,
    LABEL: _as_written,
}
FIELDS = ("id", *_CHECKS, "employer", "manager", "since", "until")


class PeopleCsv:
    """Reads people from CSV."""

    kind = "people-csv"
    summary = "people with residence, employer and manager, from a table"
    options: Sequence[str] = ("columns",)

    def read(self, order: Order) -> Harvest:
        """Return people, their attributes, and who directs whom.

        Raises:
            SourceError: A file is no table, or a cell can't mean anything.
        """
        gatherer = Gatherer(order, self.options)
        columns = mapping(gatherer, FIELDS, may_hold_citizenship="us_person")
        people = _People(gatherer, columns)
        gatherer.each_file(people.read)
        people.remark_conflicts()
        return gatherer.harvested()


class _People:
    def __init__(self, gatherer: Gatherer, columns: Mapping[str, str] | None) -> None:
        self._gatherer = gatherer
        self._columns = columns
        self._values: dict[tuple[str, str, str], tuple[set[str], Locus]] = {}

    def read(self, file: str) -> None:
        """Read one table."""
        for entry in entries(
            self._gatherer, file, self._columns, fields=FIELDS, required=("id",)
        ):
            self._person(entry)

    def _person(self, entry: Entry) -> None:
        gatherer, reader = self._gatherer, self._gatherer.reader
        if not entry["id"]:
            reader.note("has no id", entry.at, "every person needs one")
            return
        id_ = gatherer.node(names.person(entry["id"]), entry.at)
        span = entry.span(reader)
        for name, check in _CHECKS.items():
            if entry[name]:
                value = check(reader, entry[name], entry.at, name)
                self._state(id_, name, value, entry.at, span)
        for employer in filter(None, map(str.strip, entry["employer"].split(";"))):
            self._state(id_, "employer", names.legal_entity(employer), entry.at, span)
        if entry["manager"]:
            superior = names.person(entry["manager"])
            gatherer.join(superior, "directs", id_, at=entry.at, span=span)

    def _state(
        self, id_: str, name: str, value: str | None, at: Locus, span: Span
    ) -> None:
        if value is None:
            return
        self._gatherer.state(id_, name, value, at=at, span=span)
        if name not in MANY_VALUED:
            values, _ = self._values.setdefault((id_, name, span.since), (set(), at))
            values.add(value)

    def remark_conflicts(self) -> None:
        """Note each attribute that has two values from the same day on."""
        for (id_, name, since), (values, at) in self._values.items():
            if len(values) > 1:
                listed = " and ".join(f"`{value}`" for value in sorted(values))
                begins = f" since {since}" if since else ""
                message = f"`{id_}` has {name} {listed}{begins}: taken as unknown"
                self._gatherer.remark(message, at)


SOURCE = PeopleCsv()
