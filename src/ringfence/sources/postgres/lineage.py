"""Facts about views and materialised views: reading them exposes what they show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.sources.postgres.emission import Emission, Layer
from ringfence.sources.postgres.naming import at
from ringfence.sources.postgres.snapshot import Column, Output, Query, Relation
from ringfence.sources.postgres.views import Views

_COMPUTED = "the view computes its output from it"
_TESTED = "the view only tests it, and shows other columns"


def state_view(to: Emission, views: Views, view: Relation) -> None:
    """State what a view or materialised view exposes to its readers."""
    place = at("pg_class", view.oid)
    if view.query is None:
        unknown = "its stored query isn't understood"
        dataset = to.naming.dataset(view)
        to.edge(dataset, "derived_from", to.naming.root, at=place, unknown=unknown)
        return
    if view.kind == "m":
        _state_copy(to, views, view, view.query)
    elif not views.is_fixed(view):
        _state_dependent(to, views, view, view.query)
    elif not views.broken(view):
        _state_shown(to, views, view, view.query)


def _filter(view: Relation) -> str:
    filtered = view.query is not None and view.query.filtered
    return f"view {view.name} shows only some rows" if filtered else ""


def _state_shown(to: Emission, views: Views, view: Relation, query: Query) -> None:
    """State a view's columns, each with the columns that its value comes from."""
    place = at("pg_class", view.oid)
    stated: set[tuple[int, int]] = set()
    for column, output in _outputs(view, query):
        tail = to.naming.column(view, column)
        for oid, number, plain in output.sources:
            base = to.model.relations.get(oid)
            if base is None:
                continue
            control = _joined(_filter(view), views.through(view, view.owner, base))
            unknown = "" if plain else _COMPUTED
            for head in _heads(to, base, number):
                to.edge(
                    tail,
                    "derived_from",
                    head,
                    at=place,
                    control=control,
                    unknown=unknown,
                )
            stated |= {(oid, n) for n in _numbers(base, number)}
        if not output.known:
            to.edge(tail, "derived_from", to.naming.root, at=place, unknown=_COMPUTED)
    _state_tested(to, view, query, stated)


def _state_tested(
    to: Emission, view: Relation, query: Query, stated: set[tuple[int, int]]
) -> None:
    tail, place = to.naming.dataset(view), at("pg_class", view.oid)
    for use in query.uses:
        base = to.model.relations.get(use.relation)
        if base is None or "SELECT" not in use.verbs:
            continue
        for number in use.columns:
            if all((base.oid, n) in stated for n in _numbers(base, number)):
                continue
            for head in _heads(to, base, number):
                to.edge(tail, "derived_from", head, at=place, unknown=_TESTED)


def _state_copy(to: Emission, views: Views, view: Relation, query: Query) -> None:
    """State what a materialised view holds: copies, whoever may read the originals."""
    place = at("pg_class", view.oid)
    stale = "" if view.populated else "it has not been filled yet"
    for column, output in _outputs(view, query):
        tail = to.naming.column(view, column)
        for (oid, number), plain in views.shown(output).items():
            base = to.model.relations.get(oid)
            if base is None:
                continue
            control = _joined(_filter(view), views.through(view, view.owner, base))
            unknown = stale or ("" if plain else _COMPUTED)
            for head in _heads(to, base, number):
                to.edge(
                    tail,
                    "derived_from",
                    head,
                    at=place,
                    control=control,
                    unknown=unknown,
                )
        if not output.known:
            to.edge(tail, "derived_from", to.naming.root, at=place, unknown=_COMPUTED)
    _state_tested(to, view, query, set())


def _state_dependent(to: Emission, views: Views, view: Relation, query: Query) -> None:
    """State what a view opens to readers who may read below it, but not look it up.

    Its stored query needs no USAGE on a schema: SELECT on the view and on the table is
    enough, in one role.
    """
    if views.broken(view):
        return
    for column, output in _outputs(view, query):
        for (oid, number), plain in views.shown(output).items():
            base = to.model.relations.get(oid)
            if base is not None:
                opened = _Opened(view, column, base, number, plain)
                _state_opened(to, views, opened)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A column of a view, and the column of a table that it opens to its reader."""

    view: Relation
    column: Column
    base: Relation
    number: int
    plain: bool


def _state_opened(to: Emission, views: Views, opened: _Opened) -> None:
    view, column, base = opened.view, opened.column, opened.base
    model, powers = to.model, to.model.powers
    schema = model.schemas[view.schema]
    holders = model.column_holders(view, column, "SELECT")
    finders = model.finders(schema) | model.openers(schema)
    can = powers.users(holders) & powers.users(finders)
    of_base = model.schemas[base.schema]
    direct = powers.users(model.finders(of_base) | model.openers(of_base))
    past = views.readers(view, holders, can, past=True) & ~direct
    bound = views.readers(view, holders, can, past=False) & ~direct
    if not bound:
        return
    unknown = "" if opened.plain else _COMPUTED
    control = _joined(_filter(view), views.reader_filter(view))
    layers = [Layer(past, _filter(view), unknown), Layer(bound, control, unknown)]
    place = at("pg_class", view.oid, "relacl")
    for head in _heads(to, base, opened.number):

        def write(role: int, layer: Layer, head: str = head) -> None:
            to.edge(
                to.role(role),
                "has_privilege",
                head,
                at=place,
                verb="read",
                control=layer.control,
                unknown=layer.unknown or to.doubt(role),
            )

        to.grant(layers, write)


# --- small parts ----------------------------------------------------------------------


def _outputs(view: Relation, query: Query) -> Iterator[tuple[Column, Output]]:
    by_number = {column.number: column for column in view.columns}
    for output in query.outputs:
        if output.number in by_number:
            yield by_number[output.number], output


def _numbers(base: Relation, number: int) -> list[int]:
    """Return the columns that a reference stands for; 0 is the whole row."""
    return [c.number for c in base.columns if number in (0, c.number)]


def _heads(to: Emission, base: Relation, number: int) -> list[str]:
    numbers = _numbers(base, number)
    return [to.naming.column(base, c) for c in base.columns if c.number in numbers]


def _joined(*controls: str) -> str:
    return "; ".join(control for control in controls if control)
