"""Facts about functions that run as their owner (SECURITY DEFINER).

Whoever may call one acts with the owner's privileges, as far as its body goes. What a
body does is decided only where nothing but plain reading is left; otherwise the tool
`runs_as` its owner, marked as undecided.
"""

from __future__ import annotations

from ringfence.sources.postgres import bodies
from ringfence.sources.postgres.emission import Emission, Layer
from ringfence.sources.postgres.escalation import bits
from ringfence.sources.postgres.naming import at
from ringfence.sources.postgres.snapshot import Function, Query
from ringfence.sources.postgres.views import Views

_FIRST_OWN_OID = 16384  # objects below were made by initdb
_UNDECIDED = "what its body does with the owner's privileges isn't decided"
_TESTED = "its body only tests it"
_COMPUTED = "its body computes its result from it"
_READS = "SELECT"


def state_functions(to: Emission, views: Views) -> None:
    """State every function that runs as its owner, and what its callers get."""
    for function in to.model.snapshot.functions:
        if not function.definer:
            _note_parsed(to, function)
            continue
        _state_tool(to, function)
        if not function.trigger:
            _state_callers(to, function)
        if function.trigger or not _state_reads(to, views, function):
            to.edge(
                to.naming.tool(function),
                "runs_as",
                to.naming.role(function.owner),
                at=at("pg_proc", function.oid, "prosecdef"),
                unknown=_UNDECIDED,
            )


def _state_tool(to: Emission, function: Function) -> None:
    tool, place = to.naming.tool(function), at("pg_proc", function.oid)
    to.node(tool, place)
    powers = to.model.powers
    owner = powers.mask(function.owner)

    def write(number: int, layer: Layer) -> None:
        del layer
        to.edge(
            to.role(number),
            "can_change",
            tool,
            at=f"{place}/proowner",
            unknown=to.doubt(number),
        )

    to.grant([Layer(powers.users(owner))], write, prefer=owner)


def _state_callers(to: Emission, function: Function) -> None:
    """State who can call a function: EXECUTE on it, USAGE on its schema."""
    model, powers = to.model, to.model.powers
    holders = model.named(function.acl, "EXECUTE")
    schema = model.schemas.get(function.schema)
    finders = 1 if schema is None else model.finders(schema) | model.openers(schema)
    may = powers.users(holders)
    tool, place = to.naming.tool(function), at("pg_proc", function.oid, "proacl")

    def write(number: int, layer: Layer) -> None:
        to.edge(
            to.role(number),
            "can_use",
            tool,
            at=place,
            unknown=layer.unknown or to.doubt(number),
        )

    layers = [Layer(may & powers.users(finders))]
    if function.procedure:  # CALL can't be prepared: both in one role
        can = layers[0].roles
        both = sum(1 << n for n in bits(can) if powers.at_once(n, holders, finders))
        layers = [Layer(both), Layer(can, unknown="CALL takes USAGE in the same role")]
    if function.oid in model.snapshot.called:
        unknown = "something stored calls it, whoever may look up its name"
        layers.append(Layer(may, unknown=unknown))
    to.grant(layers, write, prefer=holders)


def _note_parsed(to: Emission, function: Function) -> None:
    """Note a body that reads tables as its caller, without needing USAGE on schemas."""
    if function.query is None or not function.query.uses:
        return
    name = to.naming.tool(function).partition(":")[2]
    to.note(
        f"`{name}` has a parsed body: its callers need no USAGE on the schemas of what "
        "it reads; edges for that are marked as undecided",
        at("pg_proc", function.oid, "prosqlbody"),
    )
    _state_opened(to, function, function.query)


def _state_opened(to: Emission, function: Function, query: Query) -> None:
    model, powers = to.model, to.model.powers
    callers = powers.users(model.named(function.acl, "EXECUTE"))
    for use in query.uses:
        relation = model.relations.get(use.relation)
        if relation is None:
            continue
        schema = model.schemas[relation.schema]
        found = powers.users(model.finders(schema) | model.openers(schema))
        for column in relation.columns:
            if column.number not in use.columns and 0 not in use.columns:
                continue
            holders = model.column_holders(relation, column, _READS)
            reach = callers & powers.users(holders)
            head = to.naming.column(relation, column)

            def write(number: int, layer: Layer, head: str = head) -> None:
                to.edge(
                    to.role(number),
                    "has_privilege",
                    head,
                    at=at("pg_proc", function.oid, "prosqlbody"),
                    verb="read",
                    unknown=layer.unknown,
                )

            unknown = "a function with a parsed body may return it to its caller"
            to.grant([Layer(reach, unknown=unknown)], write, carried=reach & found)


# --- what a body reads ----------------------------------------------------------------


def _state_reads(to: Emission, views: Views, function: Function) -> bool:
    """State what a body is sure to return; return whether nothing else is left."""
    query, decided = function.query, False
    if query is not None:
        decided = not query.writes and _is_quiet(to, query)
    elif function.body:
        body = bodies.read(to.model, function)
        query, decided = (body.query, body.decided) if body else (None, False)
    if query is None or not _may_read(to, views, function, query):
        return False
    if not function.silent:
        _state_outputs(to, views, function, query)
    return decided


def _is_quiet(to: Emission, query: Query) -> bool:
    loud = set(to.model.snapshot.loud)
    return all(f < _FIRST_OWN_OID and f not in loud for f in query.functions)


def _may_read(to: Emission, views: Views, function: Function, query: Query) -> bool:
    """Tell whether the owner may read everything that the body opens."""
    del to
    uses = list(query.uses)
    for use in query.uses:
        relation = views.model.relations.get(use.relation)
        if relation is not None and relation.kind == "v":
            if views.broken(relation):
                return False
            # A view that checks its reader checks the function's owner.
            uses += [c.use for c in views.checks(relation) if c.of is None]
    return all(views.permits(function.owner, use) for use in uses)


def _state_outputs(
    to: Emission, views: Views, function: Function, query: Query
) -> None:
    """State each column once, with the least that is open about it."""
    relations, found = to.model.relations, _returned(views, query)
    some = "the function returns only some rows" if query.filtered else ""
    for (oid, number), unknown in found.items():
        if oid in relations:
            rows = views.through(relations[oid], function.owner, relations[oid])
            control = "; ".join(each for each in (rows, some) if each)
            heads = [c for c in relations[oid].columns if number in (0, c.number)]
            for column in heads:
                to.edge(
                    to.naming.tool(function),
                    "has_privilege",
                    to.naming.column(relations[oid], column),
                    at=at("pg_proc", function.oid, "prosrc"),
                    verb="read",
                    control=control,
                    unknown=unknown,
                )


def _returned(views: Views, query: Query) -> dict[tuple[int, int], str]:
    """Return the columns that a body opens, each with what is open about it."""
    found: dict[tuple[int, int], str] = {}
    for use in query.uses:
        if _READS in use.verbs:
            found |= dict.fromkeys(((use.relation, n) for n in use.columns), _TESTED)
    for output in query.outputs:
        # As the owner it reads through views that check their reader, too.
        behind = [(*source, plain) for source, plain in views.shown(output).items()]
        for oid, number, plain in (*output.sources, *behind):
            if plain or found.get((oid, number)) != "":
                found[oid, number] = "" if plain else _COMPUTED
    return found
