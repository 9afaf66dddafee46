"""A scene as the rules of Trino's file-based access control, for use without a service.

The first rule that matches wins, and without a match it is denied; a section that is
absent would allow everything, so that every one is written. Each rule is what `decide`
says of some people and one table; where a rule can't say as much, it says less.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from ringfence.boundary.decision.request import Decision, Request
from ringfence.boundary.decision.scene import Scene
from ringfence.boundary.vocabulary import VERBS
from ringfence.errors import ConfigError
from ringfence.gate.compile.closure import Closure, Decider
from ringfence.gate.compile.masks import mask
from ringfence.gate.compile.sql import residual

Rule = Mapping[str, object]
Table = tuple[str, str, str]
_TABLE = re.compile(r"dataset:([^/]+)/([^/.]+)\.([^/.]+)", re.DOTALL)
_STRANGER = "person:"  # nobody's id: whoever isn't named in a rule
_OBEYS = frozenset({"mask", "rows"})
_WRITES = {"INSERT": "insert", "DELETE": "delete", "UPDATE": "update"}
_EVERYTHING = ("SELECT", *_WRITES, "OWNERSHIP")
_ANY = ".*"
# Tables of names that drivers read; Trino fills them with what may be seen.
_JDBC = "(?:catalogs|columns|schemas|table_types|tables)"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What somebody may do to one table.

    Attributes:
        privileges: Trino's privileges.
        columns: The columns that aren't shown as they are: a mask, or nothing if a
            query may not name the column.
        filter: The condition on rows; empty: none.
    """

    privileges: tuple[str, ...] = ()
    columns: tuple[tuple[str, str | None], ...] = ()
    filter: str = ""


def trino_rules(
    scene: Scene,
    now: str,
    *,
    names: Mapping[str, str] | None = None,
    tables: Mapping[str, Table] | None = None,
    types: Mapping[str, Mapping[str, str]] | None = None,
) -> bytes:
    """Return the file of rules, as JSON.

    Nothing in it ends by itself: it has to be made anew before the scene ends, and
    whenever a table gets a column. What may end before is left out from the beginning.

    Args:
        scene: What is known.
        now: The instant.
        names: What Trino calls each person, by id; left out, their id without its kind.
        tables: What Trino calls each dataset: catalog, schema, table; left out,
            `dataset:<catalog>/<schema>.<table>` is read as it stands.
        types: Types of columns, by dataset and column; one that isn't known is hidden
            as NULL rather than masked.

    Raises:
        ConfigError: The scene speaks of another time, or one table is two datasets.
        RingfenceError: A column or value can't be written in SQL.
    """
    if not scene.since <= now < scene.until:
        raise ConfigError(f"the scene speaks of {scene.since} to {scene.until} alone")
    found = _named_tables(scene) if tables is None else dict(tables)
    if len({*found.values()}) < len(found):
        raise ConfigError("two datasets are one table of Trino's")
    people = _named_people(scene, names)
    scene = _lasting(scene, now)
    rules = _Rules(scene, now, people, found, types or {}, Closure(scene).decide)
    return msgspec.json.format(msgspec.json.encode(rules.sections()), indent=2)


def _lasting(scene: Scene, now: str) -> Scene:
    """Return a scene in which nothing is allowed for only a part of what is left of it.

    A grant counts if it lasts; an exception doesn't, for a file says no purpose.
    """
    grants = tuple(
        one
        for one in scene.grants
        if one.since <= now and (not one.until or one.until >= scene.until)
    )
    return msgspec.structs.replace(scene, grants=grants, leaves=())


def _named_tables(scene: Scene) -> dict[str, Table]:
    """Return what Trino calls each dataset that has a name of three parts.

    Any other can't be told from its name, and gets no rule: it is denied.
    """
    matches = ((one, _TABLE.fullmatch(one)) for one in scene.datasets)
    return {one: (m[1], m[2], m[3]) for one, m in matches if m is not None}


def _named_people(scene: Scene, names: Mapping[str, str] | None) -> dict[str, str]:
    """Return the people of a scene by Trino's names, which have to be one's own."""
    by_name: dict[str, set[str]] = defaultdict(set)
    for one in scene.people:
        name = one.partition(":")[2] if names is None else names.get(one, "")
        if name:
            by_name[name].add(one)
    return {name: min(ids) for name, ids in by_name.items() if len(ids) == 1}


@dataclass(frozen=True, slots=True)
class _Rules:
    """What makes rules.

    Attributes:
        scene: The scene.
        now: The instant.
        people: Ids of people, by Trino's names for them.
        tables: Trino's names for datasets, by id.
        types: Types of columns.
        decide: What decides.
        inside: Whoever surely isn't excluded, if that is enough for anything.
    """

    scene: Scene
    now: str
    people: Mapping[str, str]
    tables: Mapping[str, Table]
    types: Mapping[str, Mapping[str, str]]
    decide: Decider
    inside: Sequence[str] = field(default=(), init=False)

    def __post_init__(self) -> None:
        """Find who is inside; where grants count, being inside gives nothing."""
        inside = [
            name
            for name, one in sorted(self.people.items())
            if self.scene.gate.mode == "fence"
            and not self._decided(one, "read", "").selectors
        ]
        object.__setattr__(self, "inside", inside)

    def sections(self) -> dict[str, list[Rule]]:
        """Return every section, each with rules that end in a denial."""
        own: list[Rule] = [{"user": _regex(self.inside)}] if self.inside else []
        return {
            **self._places(own),
            "tables": [*self._tables(own)],
            **self._doings(own),
            **self._becoming(),
        }

    def _places(self, own: list[Rule]) -> dict[str, list[Rule]]:
        known = _regex(sorted({one[0] for one in self.tables.values()}))
        everybody: list[Rule] = [{"catalog": known, "allow": "all"}] if known else []
        return {
            "catalogs": [
                *everybody,
                # Where data goes that is written elsewhere, nobody can say.
                *({**one, "allow": "read-only"} for one in own),
                {"catalog": "system", "allow": "read-only"},
                {"allow": "none"},
            ],
            "schemas": [
                *({**one, "catalog": known, "owner": True} for one in own if known),
                {"owner": False},
            ],
        }

    def _doings(self, own: list[Rule]) -> dict[str, list[Rule]]:
        """Return what is no table: no right to grant, for a view gives to everybody."""
        return {
            "functions": [
                *({**one, "privileges": ["EXECUTE", "OWNERSHIP"]} for one in own),
                {"privileges": []},
            ],
            "procedures": [
                *({**one, "privileges": ["EXECUTE"]} for one in own),
                {"privileges": []},
            ],
            "queries": [
                *({**one, "allow": ["execute", "kill", "view"]} for one in own),
                {"allow": ["execute"]},
            ],
            "system_information": [
                *({**one, "allow": ["read", "write"]} for one in own),
                {"allow": []},
            ],
            "system_session_properties": [{"allow": True}],
            "catalog_session_properties": [
                *({**one, "allow": True} for one in own),
                {"allow": False},
            ],
        }

    def _becoming(self) -> dict[str, list[Rule]]:
        inside = _regex(self.inside)
        own: list[Rule] = [{"original_user": inside}] if inside else []
        return {
            "impersonation": [
                *({**one, "new_user": _ANY, "allow": True} for one in own),
                {"new_user": _ANY, "allow": False},
            ],
            "authorization": [
                *({**one, "new_user": inside, "allow": True} for one in own),
                {"new_user": _ANY, "new_role": _ANY, "allow": False},
            ],
        }

    def _tables(self, own: list[Rule]) -> Iterator[Rule]:
        yield from ({**one, "privileges": [*_EVERYTHING]} for one in own)
        yield {
            "catalog": "system",
            "schema": "jdbc",
            "table": _JDBC,
            "privileges": ["SELECT"],
        }
        apart = self._apart()
        for dataset, (catalog, schema, table) in sorted(self.tables.items()):
            where = {
                "catalog": re.escape(catalog),
                "schema": re.escape(schema),
                "table": re.escape(table),
            }
            others = self._outcome(_STRANGER, dataset)
            alike: dict[Outcome, list[str]] = defaultdict(list)
            for name in apart:
                outcome = self._outcome(self.people[name], dataset)
                if outcome != others:
                    alike[outcome].append(name)
            for outcome, group in alike.items():
                yield {"user": _regex(group), **where, **_written(outcome)}
            yield {**where, **_written(others)}
        yield {"privileges": []}

    def _apart(self) -> list[str]:
        """Return whoever may be judged otherwise than a stranger, and isn't inside.

        Where grants count, nobody has anything without one.
        """
        if self.scene.gate.mode == "fence":
            return []
        named = {who for one in self.scene.grants for who in one.who}
        return sorted(name for name, one in self.people.items() if one in named)

    # --- what somebody may do to one table --------------------------------------------

    def _outcome(self, principal: str, dataset: str) -> Outcome:
        known = self.scene.datasets.get(dataset)
        names = tuple(known.columns) if known is not None else ()
        read = {
            name: self._decided(principal, "read", dataset, name, obeys=_OBEYS)
            for name in names  # of a table without known ones, any may be protected
        }
        writes = tuple(
            privilege
            for privilege, verb in _WRITES.items()
            if self._decided(principal, verb, dataset).allowed
        )
        reads = ("SELECT",) if any(one.allowed for one in read.values()) else ()
        is_owner = all(self._decided(principal, v, dataset).allowed for v in VERBS)
        owns = ("OWNERSHIP",) if is_owner else ()
        filtered = next((n for n, one in read.items() if one.rows is not None), None)
        return Outcome(
            (*reads, *writes, *owns),
            self._columns(dataset, read) if reads else (),
            "" if filtered is None else self._filter(principal, dataset, filtered),
        )

    def _columns(
        self, dataset: str, read: Mapping[str, Decision]
    ) -> tuple[tuple[str, str | None], ...]:
        """Return what is shown of the columns that aren't shown as they are.

        Trino knows names in lower case alone, so that a name stands in both.
        """
        types = self.types.get(dataset, {})
        shown: dict[str, str | None] = {}
        for name, one in read.items():
            kind = one.masks.get(name)
            found: str | None = "" if one.allowed else None
            if one.allowed and kind is not None:
                found = mask(kind, name, types.get(name, ""), "trino")
            for spelt in {name, name.lower()}:
                shown[spelt] = found if shown.get(spelt, found) == found else None
        return tuple(sorted((n, one) for n, one in shown.items() if n and one != ""))

    def _filter(self, principal: str, dataset: str, name: str) -> str:
        request = Request(principal, "read", dataset, (name,))
        return residual(
            self.scene, request, self.now, dialect="trino", decider=self.decide
        )

    def _decided(
        self,
        principal: str,
        verb: str,
        dataset: str,
        column: str = "",
        *,
        obeys: frozenset[str] = frozenset(),
    ) -> Decision:
        columns = (column,) if column else ()
        request = Request(principal, verb, dataset, columns, obeys=obeys)
        return self.decide(request, self.now, {})


def _written(outcome: Outcome) -> Rule:
    rule: dict[str, object] = {"privileges": [*outcome.privileges]}
    if outcome.columns:
        rule["columns"] = [
            {"name": name, "allow": False}
            if shown is None
            else {"name": name, "mask": shown}
            for name, shown in outcome.columns
        ]
    if outcome.filter:
        rule["filter"] = outcome.filter
    return rule


def _regex(names: Sequence[str]) -> str:
    """Return the expression that matches some names, each as it stands."""
    return f"(?:{'|'.join(map(re.escape, names))})" if names else ""
