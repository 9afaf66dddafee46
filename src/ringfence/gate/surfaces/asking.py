"""What a caller asks in AuthZEN's words, as a request in the estate's.

What the caller states of a person makes an answer stricter, unless its word counts for
people; what it states of a resource counts for nothing, unless its word counts for
that kind. A value that would change an answer and can't be understood is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ringfence.boundary.countries import is_country
from ringfence.boundary.decision.request import Request, Stated
from ringfence.boundary.decision.scene import Scene
from ringfence.boundary.vocabulary import kind_of
from ringfence.gate.point.asked import Asked, Caller
from ringfence.gate.point.http import Call
from ringfence.gate.surfaces.bodies import (
    ActionSearch,
    Evaluation,
    MalformedError,
    Properties,
    ResourceSearch,
    SubjectSearch,
    written,
)
from ringfence.gate.surfaces.naming import principal, resource, verb

# What a caller says of a person, where an unknown word would fall out of every list.
_CODES = ("residence", "location")
_YES_NO = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}
_LISTED = {
    **dict.fromkeys(("us_person", "designated", "active"), _YES_NO),
    "employment": {"employee": "employee", "contractor": "contractor"},
}
# What a context says to the gate itself, rather than to the guards of grants.
_TAKEN = frozenset({"purpose", "subjects"})
_NOTHING: Properties = {}
_LONGEST = 64  # characters of an unknown action that the log is told


@dataclass(frozen=True, slots=True)
class Words:
    """What a caller's words mean to the gate.

    Attributes:
        caller: Whoever asks.
        scene: The scene in force: it knows which columns tell whose row it is.
    """

    caller: Caller
    scene: Scene

    def request(self, asked: Evaluation) -> Request:
        """Return a question as a request.

        Raises:
            MalformedError: It says something that can't be so.
        """
        subject, resource_, action = asked.subject, asked.resource, asked.action
        who = principal(self.caller, subject.type, subject.id)
        node = resource(self.caller, resource_.type, resource_.id)
        told = subject.properties or resource_.properties or action.properties
        if told or asked.context:
            markers = self.markers(node) if resource_.properties else ()
            return self.around(who, node, asked, markers)
        return Request(
            who,
            self._verb(action.name),
            node,
            trusted="person" in self.caller.trusts,
            obeys=self.caller.obeys,
        )

    def around(
        self,
        principal: str,
        resource: str,
        asked: Evaluation | SubjectSearch | ResourceSearch | ActionSearch,
        markers: Collection[str],
    ) -> Request:
        """Return the request of a question, with whatever is told around it.

        Args:
            principal: Its node.
            resource: Its node; of what is searched, the kind is enough.
            asked: The question.
            markers: The columns that tell of whom a row is.
        """
        action = None if isinstance(asked, ActionSearch) else asked.action
        told = asked.resource.properties or _NOTHING
        context = asked.context or _NOTHING
        row, circumstances = self._of_resource(resource, told, markers)
        if action is not None and action.properties:
            circumstances.update(_stated(action.properties, "action."))
        if context:
            circumstances.update(_stated(context, "request.", without=_TAKEN))
        trusted = "person" in self.caller.trusts
        return Request(
            principal=principal,
            verb="" if action is None else self._verb(action.name),
            resource=resource,
            columns=_columns(told, resource),
            row=row,
            stated=_of_person(asked.subject.properties or _NOTHING, trusted=trusted),
            trusted=trusted,
            circumstances=circumstances,
            purpose=_purpose(context),
            subjects=_subjects(context),
            obeys=self.caller.obeys,
        )

    def _verb(self, name: str) -> str:
        """Return a verb; of an unknown action, what it is called, as no verb is."""
        return verb(self.caller, name) or f"?{name}"[:_LONGEST]

    def _of_resource(
        self, resource: str, told: Properties, markers: Collection[str]
    ) -> tuple[Mapping[str, str | None] | None, dict[str, tuple[str, ...]]]:
        """Return what is told of a resource, if the caller's word counts for it."""
        if not told or kind_of(resource) not in self.caller.trusts:
            return None, {}
        row = {name: _cell(told[name]) for name in markers if name in told}
        return row or None, _stated(told, "resource.", without={"columns"})

    def markers(self, node: str) -> set[str]:
        """Return the columns that tell of whom a row of a resource is."""
        kind, _, name = node.partition(":")
        if kind == "column":
            wholes: tuple[str, ...] = (f"dataset:{name.rpartition('.')[0]}",)
        else:
            wholes = self.scene.stores.get(node) or (node,)
        known = (self.scene.datasets.get(one) for one in wholes)
        return {one.rows.column for one in known if one and one.rows}

    def every_marker(self) -> set[str]:
        """Return the columns that tell of whom a row is, of all that the scene has."""
        return {one.rows.column for one in self.scene.datasets.values() if one.rows}


def asked_by(caller: Caller, call: Call, request: Request) -> Asked:
    """Return a request as it came: who asks, and what the caller calls it."""
    return Asked(request, caller.name, "authzen", call.headers.get("x-request-id", ""))


def _purpose(context: Properties) -> str:
    purpose = context.get("purpose")
    if purpose is not None and not isinstance(purpose, str):
        raise MalformedError("`context.purpose` must be a text")
    return purpose or ""


def _subjects(context: Properties) -> int | None:
    """Return how many people's data is asked for: said so, or counted by their ids."""
    told = context.get("subjects")
    match told:
        case None:
            return None
        case int() if not isinstance(told, bool) and told >= 0:
            return told
        case list() if all(_is_id(one) for one in told):
            return len({*told})
        case _:
            raise MalformedError(
                "`context.subjects` must be a whole number, not negative, or a list of"
                " ids"
            )


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _columns(told: Properties, resource: str) -> tuple[str, ...]:
    columns = told.get("columns")
    if columns is None:
        return ()
    if not isinstance(columns, list) or not all(isinstance(c, str) for c in columns):
        raise MalformedError("`resource.properties.columns` must be a list of names")
    if kind_of(resource) == "column" and {*columns} - {resource.rpartition(".")[2]}:
        # A column is decided by itself: what is named beside it would pass unseen.
        raise MalformedError("`resource.properties.columns` must be of a dataset")
    return tuple(dict.fromkeys(columns))


def _cell(value: object) -> str | None:
    """Return what a row has in a column; None if it isn't a text or a whole number.

    Any other number has several spellings, of which one may be the population's.
    """
    is_plain = isinstance(value, str | int) and not isinstance(value, bool)
    return _text(value) if is_plain else None


def _of_person(told: Properties, *, trusted: bool) -> Stated:
    """Return what a caller states of a person.

    Raises:
        MalformedError: The caller's word wins, and would take somebody out of every
            list of countries or of closed words only for how it is spelt.
    """
    if not told:
        return {}
    found = _stated(told, "")
    for name in (*_CODES, *_LISTED):
        if name in found:
            found[name] = tuple(_meant(name, one, trusted) for one in found[name])
    return found


def _meant(name: str, value: str, trusted: bool) -> str:  # noqa: FBT001 - internal
    if name in _CODES:
        code = value.upper()
        meant = code if is_country(code) else ""
    else:
        meant = _LISTED[name].get(value.casefold(), "")
    if not meant and trusted:
        words = _LISTED.get(name, {}).values()
        known = " or ".join(f"`{one}`" for one in dict.fromkeys(words))
        kind = "a country's code (ISO 3166-1)" if name in _CODES else known
        raise MalformedError(f"`subject.properties.{name}` must be {kind}")
    return meant or value


def _stated(
    told: Properties, prefix: str, without: Collection[str] = ()
) -> dict[str, tuple[str, ...]]:
    """Return values by key; names that differ in case alone are one key."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in told.items():
        if name not in without:
            for key, values in _flat(f"{prefix}{name.casefold()}", value):
                found[key] = found.get(key, ()) + values
    return found


def _flat(key: str, value: object) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield a value's texts by key: the members of an object have keys of their own."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _flat(f"{key}.{name.casefold()}", one)
        return
    values = value if isinstance(value, list) else [value]
    texts = tuple(text for one in values if (text := _text(one)) is not None)
    if texts:
        yield key, texts


def _text(value: object) -> str | None:
    """Return a value as a text: a null has none, what holds others is JSON again."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case _:
            return written(value).decode()
