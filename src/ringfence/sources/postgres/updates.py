"""Facts about writing through views: the server hands the statement on to the table.

An automatically updatable view has one relation below it, and the view's owner needs
the privilege there; whoever writes needs it on the view only.
"""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.sources.postgres.emission import Emission, Layer
from ringfence.sources.postgres.naming import at
from ringfence.sources.postgres.snapshot import Column, Query, Relation, Use
from ringfence.sources.postgres.views import Views

_EVENTS = {"UPDATE": 4, "INSERT": 8, "DELETE": 16}  # pg_relation_is_updatable
_AS_READER = "the view checks its writer's privileges on the table below"
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a write through a view arrives, and what is open or in the way."""

    relation: Relation
    column: int
    control: str = ""
    unknown: str = ""


def state_updates(to: Emission, views: Views, view: Relation) -> None:
    """State what can be written to tables through a view."""
    for verb, event in _EVENTS.items():
        if not view.auto_updatable & event:
            continue
        if verb == "DELETE":
            _state(to, views, view, verb, None)
            continue
        for column in view.columns:
            _state(to, views, view, verb, column)


def _state(
    to: Emission, views: Views, view: Relation, verb: str, column: Column | None
) -> None:
    model, powers = to.model, to.model.powers
    place = _arrive(views, view, verb, column.number if column else 0, 0)
    if place is None:
        return
    schema = model.schemas[view.schema]
    holders = model.holders(view, verb)
    if column is not None:
        holders = model.column_holders(view, column, verb)
    # Who owns the view may grant itself what it lacks.
    holders |= powers.mask(view.owner)
    can = powers.users(holders)
    can &= powers.users(model.finders(schema) | model.openers(schema))
    heads = [to.naming.dataset(place.relation)]
    if column is not None:
        below = (c for c in place.relation.columns if c.number == place.column)
        heads = [to.naming.column(place.relation, c) for c in below]
    for head in heads:
        write = to.writer(head, verb.lower(), at("pg_class", view.oid, "relacl"))
        layer = Layer(can, control=place.control, unknown=place.unknown)
        to.grant([layer], write, prefer=holders)


def _arrive(
    views: Views, view: Relation, verb: str, number: int, depth: int
) -> _Place | None:
    """Return where a write to a view's column arrives; None when it can't succeed."""
    below = _below(views, view)
    if below is None or depth > _DEEPEST or views.broken(view):
        return None
    column = 0
    if verb != "DELETE":
        found = _source(view, below, number)
        if found is None:
            return None
        column = found
    use = Use(relation=below.oid, verbs=(verb,), columns=(column,) if column else ())
    if not view.security_invoker and not views.permits(view.owner, use):
        return None
    place = _Place(below, column)
    if below.kind == "v":
        deeper = _arrive(views, below, verb, column, depth + 1)
        if deeper is None:
            return None
        place = deeper
    return _with_limits(views, view, below, verb, place)


def _with_limits(
    views: Views, view: Relation, below: Relation, verb: str, place: _Place
) -> _Place:
    control = [place.control]
    if view.query is not None and view.query.filtered:
        control.append(f"view {view.name} shows only some rows")
    bound = not views.model.passes_row_security(view.owner, below.oid)
    if below.row_security and (view.security_invoker or bound):
        control.append(views.rows.filter(below, verb))
    unknown = _AS_READER if view.security_invoker else place.unknown
    text = "; ".join(each for each in control if each)
    return _Place(place.relation, place.column, text, unknown)


def _below(views: Views, view: Relation) -> Relation | None:
    query = view.query or Query()
    relations = {use.relation for use in query.uses}
    sources = {s[0] for output in query.outputs for s in output.sources}
    both = relations & sources if len(relations) > 1 else relations
    return views.model.relations.get(both.pop()) if len(both) == 1 else None


def _source(view: Relation, below: Relation, number: int) -> int | None:
    """Return the column below that a view's column is, unchanged."""
    for output in (view.query or Query()).outputs:
        if output.number == number and len(output.sources) == 1:
            relation, column, plain = output.sources[0]
            if plain and relation == below.oid:
                return column
    return None
