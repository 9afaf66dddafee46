"""Facts about copies that leave or enter, and about code that others set off."""

from __future__ import annotations

from ringfence.sources.postgres.emission import Emission, Layer
from ringfence.sources.postgres.naming import at, remote_store
from ringfence.sources.postgres.snapshot import (
    PUBLIC,
    Publication,
    Query,
    Subscription,
    Trigger,
)

_WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
# What may hide a way to the data: while it is unread, everybody may have one.
_WIDENING = ("files", "functions", "rules", "settings", "triggers")
_RISKY = {
    "adminpack": "writes server files",
    "dblink": "connects to other servers as its caller says",
    "file_fdw": "reads server files",
    "pageinspect": "reads table files past privileges",
    "pg_cron": "runs statements as any role",
    "pg_dirtyread": "reads deleted rows",
    "pg_surgery": "rewrites table files",
    "pg_walinspect": "reads the write-ahead log",
    "pgagent": "runs jobs as its own role",
    "postgres_fdw": "connects to other servers",
}


def state_streams(to: Emission) -> None:
    """State publications and subscriptions."""
    for publication in to.model.snapshot.publications:
        _state_publication(to, publication)
    for subscription in to.model.snapshot.subscriptions:
        _state_subscription(to, subscription)


def _state_publication(to: Emission, each: Publication) -> None:
    """State what a publication hands on: past privileges and row security."""
    relation = to.model.relations.get(each.relation)
    if relation is None:
        return
    channel = to.naming.channel("publication", each.name)
    place = at("pg_publication", each.oid)
    to.node(channel, place)
    control = "the publication's row filter" if each.filtered else ""
    columns = [c for c in relation.columns if c.number in each.columns]
    heads = [to.naming.column(relation, column) for column in columns]
    if len(columns) in (0, len(relation.columns)):
        heads = [to.naming.dataset(relation)]
    for head in heads:
        to.edge(channel, "has_privilege", head, at=place, verb="read", control=control)
    for role in to.model.snapshot.roles:
        if role.replication and not role.superuser:
            doubt = to.doubt(to.model.powers.bit[role.oid])
            to.edge(
                to.naming.role(role.oid), "can_use", channel, at=place, unknown=doubt
            )
    to.note(
        f"publication `{each.name}` feeds subscribers that this database doesn't list",
        place,
    )


def _state_subscription(to: Emission, each: Subscription) -> None:
    """State that a subscription's tables are copies of another server's."""
    channel = to.naming.channel("subscription", each.name)
    place = at("pg_subscription", each.oid)
    to.node(channel, place)
    remote = "(unread)" if each.remote is None else remote_store(each.remote)
    if each.remote is None:
        to.note(f"where subscription `{each.name}` copies from can't be read", place)
    for oid in each.relations:
        relation = to.model.relations.get(oid)
        if relation is None:
            continue
        to.edge(
            to.naming.dataset(relation),
            "derived_from",
            f"dataset:{remote}/{to.naming.relation_name(relation)}",
            at=place,
            unknown="the subscriber's tables may differ from the publisher's",
        )


# --- code that others set off ---------------------------------------------------------


def state_planted(to: Emission) -> None:
    """State triggers and rules, and who could plant one."""
    functions = {f.oid: f for f in to.model.snapshot.functions}
    for trigger in to.model.snapshot.triggers:
        if not trigger.enabled:
            continue
        function = functions.get(trigger.function)
        if function is not None and function.definer:
            _state_fired(to, trigger, to.naming.tool(function))
        elif trigger.query is not None:
            _state_rule(to, trigger, trigger.query)
    _state_planters(to)


def _state_fired(to: Emission, trigger: Trigger, tool: str) -> None:
    relation = to.model.relations.get(trigger.relation)
    if relation is None:
        return
    holders = to.model.powers.mask(relation.owner)
    for verb in _WRITES:
        holders |= to.model.holders(relation, verb)
    place = at("pg_trigger", trigger.oid)

    def write(number: int, layer: Layer) -> None:
        to.edge(to.role(number), "can_use", tool, at=place, unknown=layer.unknown)

    unknown = f"writing to {relation.name} fires it"
    layers = [Layer(to.model.powers.users(holders), unknown=unknown)]
    to.grant(layers, write, prefer=holders)


def _state_rule(to: Emission, rule: Trigger, query: Query) -> None:
    relation = to.model.relations.get(rule.relation)
    for use in query.uses:
        other = to.model.relations.get(use.relation)
        if relation is None or other is None or "SELECT" not in use.verbs:
            continue
        to.edge(
            to.naming.dataset(relation),
            "derived_from",
            to.naming.dataset(other),
            at=at("pg_rewrite", rule.oid),
            unknown=f"rule {rule.name} reads it as the owner of {relation.name}",
        )
    to.note(f"rule `{rule.name}` rewrites statements", at("pg_rewrite", rule.oid))


def _state_planters(to: Emission) -> None:
    """State who may put a trigger on a table that somebody else writes to."""
    for relation in to.model.snapshot.relations:
        owner = to.model.powers.mask(relation.owner)
        planters = to.model.named(relation.acl, "TRIGGER") & ~owner
        if not planters:
            continue
        writers = {relation.owner}
        writers |= {
            g.grantee for g in relation.acl if g.privilege in _WRITES and g.grantee
        }
        place = at("pg_class", relation.oid, "relacl")
        for writer in sorted(writers):
            _state_planter(to, planters, writer, relation.name, place)


def _state_planter(
    to: Emission, planters: int, writer: int, name: str, place: str
) -> None:
    def write(number: int, layer: Layer) -> None:
        to.edge(
            to.role(number),
            "can_assume",
            to.naming.role(writer),
            at=place,
            unknown=layer.unknown,
        )

    unknown = f"a trigger that it plants on {name} runs as whoever writes there"
    layers = [Layer(to.model.powers.users(planters), unknown=unknown)]
    to.grant(layers, write, prefer=planters)


# --- what is only noted ---------------------------------------------------------------


def note_the_rest(to: Emission) -> None:
    """Note what was read and isn't modelled, and what could not be read."""
    snapshot = to.model.snapshot
    _note_unread(to)
    for name in snapshot.extensions:
        if name in _RISKY:
            to.note(f"extension `{name}` {_RISKY[name]}; its calls aren't decided")
    for name in snapshot.languages:
        to.note(f"functions in `{name}` run with all that the server's account may do")
    for name in snapshot.slots:
        to.note(f"replication slot `{name}` hands changes to somebody not listed here")
    if snapshot.database.others:
        names = ", ".join(f"`{name}`" for name in snapshot.database.others)
        to.note(f"other databases of this server aren't read: {names}")
    to.note("pg_hba.conf isn't read: who may log in, from where, isn't decided")
    if any(relation.kind in ("r", "p") for relation in snapshot.relations):
        to.note(
            "owners can plant code (triggers, defaults, index functions) that runs as "
            "whoever writes to their tables; only the TRIGGER privilege has edges"
        )


def _note_unread(to: Emission) -> None:
    snapshot = to.model.snapshot
    for name, reason in snapshot.unread.items():
        to.note(f"{name} can't be read as `{snapshot.reader}`: {reason}")
        if name in _WIDENING:
            to.edge(
                to.naming.role(PUBLIC),
                "has_privilege",
                to.naming.root,
                at=at("pg_database", snapshot.database.oid),
                verb="read",
                unknown=f"{name} can't be read",
            )
