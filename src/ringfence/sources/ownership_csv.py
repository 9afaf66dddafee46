"""Ownership from tables: who holds what share of which entity, and what entities are.

A share that isn't given may be anything from nothing to all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from ringfence.boundary.vocabulary import LABEL
from ringfence.documents.located import Reader, nearest
from ringfence.errors import Locus
from ringfence.sources import names
from ringfence.sources.codes import country, yes_no
from ringfence.sources.columns import Entry, entries, mapping
from ringfence.sources.gathering import Gatherer
from ringfence.sources.shares import ALL, NONE, Share, percent
from ringfence.sources.source import Harvest, Order

FIELDS = (
    "owner",
    "owner_kind",
    "entity",
    "percent",
    "min",
    "max",
    "interest",
    "directness",
    "since",
    "until",
)
_COUNTRIES = ("organised_in", "principal_place", "state_of")
ENTITY_FIELDS = (
    "id",
    *_COUNTRIES,
    "designated",
    "shares",
    LABEL,
    "since",
    "until",
)
_KINDS = {"person": names.person, "legal_entity": names.legal_entity}
_DIRECTNESS = ("direct", "indirect", "unknown")


class OwnershipCsv:
    """Reads holdings and legal entities from CSV."""

    kind = "ownership-csv"
    summary = "who holds what share of which legal entity, from tables"
    options: Sequence[str] = ("columns", "entities")

    def read(self, order: Order) -> Harvest:
        """Return legal entities and the stakes in them.

        Raises:
            SourceError: A file is no table, or a cell can't mean anything.
        """
        gatherer = Gatherer(order, self.options)
        holdings = _Holdings(gatherer, mapping(gatherer, FIELDS))
        lists = _entity_lists(gatherer)

        def read_one(file: str) -> None:
            if file in lists:
                _read_entities(gatherer, file)
            else:
                holdings.read(file)

        gatherer.each_file(read_one)
        holdings.remark_sums()
        return gatherer.harvested()


def _entity_lists(gatherer: Gatherer) -> set[str]:
    """Return the files that list entities; the estate keeps a digest of each file."""
    option = gatherer.order.options.get("entities")
    named = gatherer.reader.located_texts(option, "`entities`")
    for file, at in named:
        if file not in gatherer.order.files:
            hint = "list it under `files` too: its digest is kept with the others"
            gatherer.reader.note(f"`{file}` is not among the files", at, hint)
    return {file for file, _ in named}


def _read_entities(gatherer: Gatherer, file: str) -> None:
    reader = gatherer.reader
    for entry in entries(gatherer, file, None, fields=ENTITY_FIELDS, required=("id",)):
        if not entry["id"]:
            reader.note("has no id", entry.at, "every legal entity needs one")
            continue
        id_ = gatherer.node(names.legal_entity(entry["id"]), entry.at)
        span = entry.span(reader)
        for name, value in _entity_values(reader, entry):
            gatherer.state(id_, name, value, at=entry.at, span=span)


def _entity_values(reader: Reader, entry: Entry) -> list[tuple[str, str]]:
    found: list[tuple[str, str | None]] = [
        (name, country(reader, entry[name], entry.at, name))
        for name in _COUNTRIES
        if entry[name]
    ]
    if entry["designated"]:
        answer = yes_no(reader, entry["designated"], entry.at, "designated")
        found.append(("designated", answer))
    if entry["shares"]:
        found.append(("shares", _choice(reader, entry, "shares", ("complete",))))
    if entry[LABEL]:
        found.append((LABEL, entry[LABEL]))
    return [(name, value) for name, value in found if value is not None]


def _choice(
    reader: Reader, entry: Entry, field: str, options: tuple[str, ...]
) -> str | None:
    word = entry[field].lower()
    if word in options:
        return word
    reader.note(f"unknown {field} `{entry[field]}`", entry.at, nearest(word, options))
    return None


class _Holdings:
    def __init__(self, gatherer: Gatherer, columns: Mapping[str, str] | None) -> None:
        self._gatherer = gatherer
        self._columns = columns
        self._sums: dict[tuple[str, str], tuple[Fraction, Locus]] = {}

    def read(self, file: str) -> None:
        """Read one table of holdings."""
        for entry in entries(
            self._gatherer,
            file,
            self._columns,
            fields=FIELDS,
            required=("owner", "entity"),
        ):
            self._holding(entry)

    def _holding(self, entry: Entry) -> None:
        gatherer, reader = self._gatherer, self._gatherer.reader
        for field in ("owner", "entity"):
            if not entry[field]:
                reader.note(f"names no {field}", entry.at, "fill the cell")
        kind = self._or(entry, "owner_kind", "legal_entity", tuple(_KINDS))
        directness = self._or(entry, "directness", "direct", _DIRECTNESS)
        share, span = _share(reader, entry), entry.span(reader)
        if not (entry["owner"] and entry["entity"] and kind and directness and share):
            return
        owner = gatherer.node(_KINDS[kind](entry["owner"]), entry.at)
        entity = gatherer.node(names.legal_entity(entry["entity"]), entry.at)
        interest = entry["interest"] or "shareholding"
        detail = share.detail(interest, directness)
        gatherer.join(owner, "owns", entity, at=entry.at, span=span, detail=detail)
        if directness == "direct" and not span.until:
            total, at = self._sums.get((entity, interest), (Fraction(0), entry.at))
            self._sums[entity, interest] = (total + Fraction(share.least), at)

    def _or(
        self, entry: Entry, field: str, default: str, options: tuple[str, ...]
    ) -> str | None:
        if not entry[field]:
            return default
        return _choice(self._gatherer.reader, entry, field, options)

    def remark_sums(self) -> None:
        """Note each entity of which more than all is held."""
        for (entity, interest), (total, at) in self._sums.items():
            if total > 100:  # noqa: PLR2004
                message = f"direct {interest} in `{entity}` adds up to more than 100 %"
                self._gatherer.remark(message, at)


def _share(reader: Reader, entry: Entry) -> Share | None:
    bounds = [field for field in ("min", "max") if entry[field]]
    if entry["percent"] and bounds:
        hint = "give `percent`, or the bounds"
        reader.note("gives a share twice", entry.at, hint)
        return None
    if entry["percent"]:
        exact = percent(reader, entry["percent"], entry.at, "percent")
        return None if exact is None else Share(exact, exact)
    least, most = (
        percent(reader, entry[field], entry.at, field) if entry[field] else default
        for field, default in (("min", NONE), ("max", ALL))
    )
    if least is None or most is None:
        return None
    if least > most:
        reader.note("`min` is more than `max`", entry.at, "swap them")
        return None
    return Share(least, most)


SOURCE = OwnershipCsv()
