"""Regimes: dated bodies of law, kept as data files and read as parameters.

A regime says which countries it turns on, whom it excludes (in the selector language of
the boundary file), what it counts as a category of data and from how many subjects on.
Swapping the file swaps the law; no rule or country of any law stands in code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ringfence.boundary.countries import is_country, remedy
from ringfence.boundary.identifiers import Threshold
from ringfence.boundary.model import RegimeUsed
from ringfence.documents.located import Located, Reader
from ringfence.documents.yaml import read_yaml
from ringfence.errors import ConfigError

PARAMETER = "countries"  # the word that stands for the countries a regime turns on


@dataclass(frozen=True, slots=True)
class Member:
    """Codes that belong to a group together, from and until when, and who says so."""

    codes: tuple[str, ...]
    since: str = ""
    until: str = ""
    cite: str = ""
    note: str = ""

    def is_in_force(self, at: str) -> bool:
        """Return whether it belongs at an instant; at no instant named, the latest."""
        return not self.until or bool(at and at < self.until)


@dataclass(frozen=True, slots=True)
class Group:
    """A named group of countries."""

    name: str
    regime: str
    members: tuple[Member, ...]

    def codes(self, at: str = "") -> tuple[str, ...]:
        """Return the codes that belong at an instant (empty: the latest state).

        A member that joins later counts already: a boundary that looks back before a
        regime's first day applies it as a yardstick.
        """
        chosen = (member for member in self.members if member.is_in_force(at))
        return tuple(dict.fromkeys(code for member in chosen for code in member.codes))


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that a boundary may choose to take for granted under a regime."""

    absent: Mapping[str, str]  # attribute: `no` or `unknown` where none is recorded
    says: str


@dataclass(frozen=True, slots=True)
class Identifies:
    """A kind of listed identifier, as the regime describes it."""

    holds: str
    cite: str


@dataclass(frozen=True, slots=True)
class Regime:
    """A regime, read.

    Attributes:
        used: What a boundary records when it draws on the regime.
        short: How sentences call it.
        turns_on: The group of countries that it turns on; empty when the boundary
            names them.
        people: Test for people, in the selector language. `entities`: for entities.
        assumptions: What it always takes for granted.
        assume: What a boundary may choose to take for granted, by name.
        categories: Bulk thresholds by category of data.
        identifiers: Kinds of listed identifier by name.
        notes: What a reader of its figures must know.
    """

    used: RegimeUsed
    short: str
    turns_on: str
    groups: Mapping[str, Group]
    people: Located
    entities: Located
    assumptions: tuple[str, ...]
    assume: Mapping[str, Assumption]
    categories: Mapping[str, Threshold]
    identifiers: Mapping[str, Identifies]
    notes: tuple[str, ...]

    @property
    def id(self) -> str:
        """Return the regime's id."""
        return self.used.id


@cache
def shipped() -> Mapping[str, Regime]:
    """Return the regimes that come with Ringfence, by id."""
    folder = files("ringfence.boundary") / "regimes"
    found = [
        read_regime(entry.read_text("utf-8"), entry.name)
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    ]
    return {regime.id: regime for regime in sorted(found, key=lambda one: one.id)}


def groups(regimes: Mapping[str, Regime]) -> dict[str, Group]:
    """Return every group of countries of the regimes, by name."""
    return {
        name: group
        for regime in regimes.values()
        for name, group in regime.groups.items()
    }


def categories(regimes: Mapping[str, Regime]) -> tuple[str, ...]:
    """Return the names of the categories of data that the regimes know."""
    found = (name for regime in regimes.values() for name in regime.categories)
    return tuple(dict.fromkeys(found))


def read_regime(text: str, name: str) -> Regime:
    """Return the regime in a data file; `name` is what messages call the file.

    Raises:
        SourceError: It is not YAML.
        ConfigError: It is no regime; the error carries every problem.
    """
    root = read_yaml(text, name)
    reader = Reader()
    regime = _Reading(reader).regime(root, hashlib.sha256(text.encode()).hexdigest())
    if regime is None or reader.problems:
        raise ConfigError.of(reader.problems)
    return regime


@dataclass(frozen=True, slots=True)
class _Reading:
    reader: Reader

    def regime(self, root: Located, digest: str) -> Regime | None:
        fields = self.reader.fields(
            root,
            required=("regime", "title", "source", "version", "people", "entities"),
            optional=(
                "short",
                "in_force",
                "until",
                "notes",
                "countries",
                "groups",
                "assumptions",
                "assume",
                "categories",
                "identifiers",
            ),
            what="a regime",
        )
        if not {"people", "entities"} <= fields.keys():
            return None
        entries = self.reader.entries
        used = self._used(fields, digest)
        return Regime(
            used=used,
            short=self._text(fields, "short") or used.title,
            turns_on=self._text(fields, "countries"),
            groups={
                name: self._group(name, used.id, value)
                for name, value in entries(fields.get("groups"), "groups").items()
            },
            people=fields["people"],
            entities=fields["entities"],
            assumptions=tuple(self.reader.texts(fields.get("assumptions"))),
            assume={
                name: self._assumption(value)
                for name, value in entries(fields.get("assume"), "assume").items()
            },
            categories={
                name: self._category(value)
                for name, value in entries(fields.get("categories"), "these").items()
            },
            identifiers={
                name: self._identifies(value)
                for name, value in entries(fields.get("identifiers"), "these").items()
            },
            notes=tuple(self.reader.texts(fields.get("notes"))),
        )

    def _text(self, fields: Mapping[str, Located], key: str) -> str:
        return self.reader.text(fields.get(key), f"`{key}`") or ""

    def _moment(self, fields: Mapping[str, Located], key: str) -> str:
        return self.reader.moment(fields.get(key), f"`{key}`") or ""

    def _used(self, fields: Mapping[str, Located], digest: str) -> RegimeUsed:
        return RegimeUsed(
            id=self._text(fields, "regime"),
            title=self._text(fields, "title"),
            source=self._text(fields, "source"),
            version=self._text(fields, "version"),
            in_force=self._moment(fields, "in_force"),
            until=self._moment(fields, "until"),
            digest=digest,
        )

    def _group(self, name: str, regime: str, value: Located) -> Group:
        members = self.reader.each(value, self._member, f"group `{name}`")
        return Group(name, regime, tuple(members))

    def _member(self, value: Located) -> Member:
        fields = self.reader.fields(
            value,
            required=("codes", "cite"),
            optional=("since", "until", "note"),
            what="a member of a group",
        )
        codes = self.reader.located_texts(fields.get("codes"), "`codes`")
        for code, at in codes:
            if not is_country(code):
                self.reader.note(f"unknown country `{code}`", at, remedy(code))
        return Member(
            codes=tuple(code for code, _ in codes),
            since=self._moment(fields, "since"),
            until=self._moment(fields, "until"),
            cite=self._text(fields, "cite"),
            note=self._text(fields, "note"),
        )

    def _assumption(self, value: Located) -> Assumption:
        fields = self.reader.fields(
            value, required=("absent", "says"), what="an assumption"
        )
        absent = self.reader.entries(fields.get("absent"), "`absent`")
        read = {
            name: self.reader.choice(entry, ("unknown", "no"), "answer") or "unknown"
            for name, entry in absent.items()
        }
        return Assumption(read, self._text(fields, "says"))

    def _category(self, value: Located) -> Threshold:
        fields = self.reader.fields(
            value,
            required=("more_than", "unit", "cite"),
            optional=("defined", "note"),
            what="a category",
        )
        more_than = self.reader.whole(fields.get("more_than"), "`more_than`")
        unit, cite = self._text(fields, "unit"), self._text(fields, "cite")
        return Threshold(more_than or 0, unit, cite)

    def _identifies(self, value: Located) -> Identifies:
        fields = self.reader.fields(
            value, required=("holds", "cite"), what="an identifier"
        )
        return Identifies(self._text(fields, "holds"), self._text(fields, "cite"))
