"""BODS people and legal entities: nodes and what regimes may turn on.

Nationality, birth, and tax residence are left where they are, and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from iso3166 import countries_by_apolitical_name, countries_by_name

from ringfence.boundary.vocabulary import LABEL
from ringfence.documents.located import Located
from ringfence.errors import Locus
from ringfence.sources import names
from ringfence.sources.bods.statements import Statement
from ringfence.sources.codes import country_code
from ringfence.sources.gathering import Gatherer

KEYS = ("recordId", "name", "identifier")
_DROPPED = (
    "nationalities",
    "birthDate",
    "placeOfBirth",
    "deathDate",
    "taxResidencies",
    "politicalExposure",
)
_STATES = ("state", "stateBody")
_UNNAMED = ("unknownPerson", "anonymousPerson", "unknownEntity", "anonymousEntity")


class Parties:
    """The people and entities of the statements, by record."""

    def __init__(self, gatherer: Gatherer, key: str) -> None:
        self._gatherer = gatherer
        self._key = key
        self._ids: dict[str, str] = {}
        self._dropped: Counter[tuple[str, str]] = Counter()

    def name(self, statement: Statement) -> None:
        """Give the record its id; the last statement on it decides."""
        details, record = statement.details, statement.record
        if statement.kind == "person":
            self._ids[record] = names.person(record)
            return
        chosen = record if self._key == "recordId" else self._entity_key(details)
        if chosen is None:
            message = f"`{record}` has no {self._key}: its `recordId` stands for it"
            self._gatherer.remark(message, statement.at)
        self._ids[record] = names.legal_entity(chosen or record)

    def _entity_key(self, details: Located) -> str | None:
        if self._key == "name":
            return _text(details, "name") or None
        for identifier in _list(details, "identifiers"):
            scheme, number = _text(identifier, "scheme"), _text(identifier, "id")
            if number:
                return f"{scheme}-{number}" if scheme else number
        return None

    def id_of(self, record: str, at: Locus) -> str:
        """Return the id of the record that a relationship names."""
        known = self._ids.get(record)
        if known is not None:
            return known
        id_ = names.legal_entity(record)
        message = (
            f"`{record}` is described nowhere in these files: `{id_}` stands for it"
        )
        self._gatherer.remark(message, at)
        return id_

    def state(self, statement: Statement) -> None:
        """State what a statement says of a person or an entity."""
        details = statement.details
        id_ = self._gatherer.node(self._ids[statement.record], statement.at)
        kind = _text(details, "personType") or _text(details.get("entityType"), "type")
        self._count_dropped(details, statement.at.file)
        if kind in _UNNAMED:
            return
        label = _label(details)
        if label is not None:
            self._say(statement, id_, LABEL, label.text(), label.at)
        if statement.kind == "person":
            self._addresses(statement, id_, "residence", "residence")
        else:
            self._entity(statement, id_, is_state=kind in _STATES)

    def _entity(self, statement: Statement, id_: str, *, is_state: bool) -> None:
        jurisdiction = statement.details.get("jurisdiction")
        if jurisdiction is not None:
            self._country(statement, id_, "organised_in", jurisdiction)
            if is_state:
                self._country(statement, id_, "state_of", jurisdiction)
        elif is_state:
            message = f"`{id_}` is a state or part of one, but doesn't say which"
            self._gatherer.remark(message, statement.at)
        self._addresses(statement, id_, "business", "principal_place")

    def _addresses(
        self, statement: Statement, id_: str, kind: str, attribute: str
    ) -> None:
        for address in _list(statement.details, "addresses"):
            where = address.get("country")
            if _text(address, "type") == kind and where is not None:
                self._country(statement, id_, attribute, where)

    def _country(
        self, statement: Statement, id_: str, attribute: str, value: Located
    ) -> None:
        """State a country; one that can't be told is stated as unknown."""
        code = value.get("code") or value.get("name") or value
        stated = code.text()
        found = country_code(stated.partition("-")[0]) or _by_name(stated)
        if found is not None:
            self._say(statement, id_, attribute, found, value.at)
        elif stated:
            reason = "not a code of ISO 3166-1"
            message = f"{attribute} of `{id_}` is `{stated}`, {reason}: unknown"
            self._gatherer.remark(message, value.at)
            self._say(statement, id_, attribute, stated, value.at, unknown=reason)

    def _say(
        self,
        statement: Statement,
        id_: str,
        attribute: str,
        value: str,
        at: Locus,
        *,
        unknown: str = "",
    ) -> None:
        self._gatherer.state(
            id_, attribute, value, at=at, span=statement.span, unknown=unknown
        )

    def _count_dropped(self, details: Located, document: str) -> None:
        for name in _DROPPED:
            if details.get(name) is not None:
                # Of JSON lines, each line is a document: `owners.jsonl:3`.
                files = self._gatherer.order.files
                found = (file for file in files if document.startswith(f"{file}:"))
                self._dropped[next(found, document), name] += 1

    def remark_dropped(self) -> None:
        """Note how often something was left out that nobody may use."""
        for (file, name), count in self._dropped.items():
            times = "once" if count == 1 else f"{count} times"
            message = f"dropped `{name}`, stated {times}"
            self._gatherer.remark(message, Locus(file))


def _by_name(text: str) -> str | None:
    word = text.upper()
    found = countries_by_name.get(word) or countries_by_apolitical_name.get(word)
    return None if found is None else found.alpha2


def _label(details: Located) -> Located | None:
    name = details.get("name")
    if name is not None and name.text():
        return name
    for each in _list(details, "names"):
        full = each.get("fullName")
        if full is not None and full.text():
            return full
    return None


def _text(value: Located | None, name: str) -> str:
    found = None if value is None else value.get(name)
    return "" if found is None else found.text()


def _list(value: Located, name: str) -> Iterator[Located]:
    found = value.get(name)
    return iter(() if found is None else found.items())
