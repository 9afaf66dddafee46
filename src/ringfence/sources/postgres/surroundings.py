"""Facts about what lies round the tables: files, side stores, other servers.

What can be decided from the catalogue is; the rest is an edge that says why it can't
be, or a note. Nothing that was read is passed over.
"""

from __future__ import annotations

from ringfence.sources.postgres.emission import Emission, Layer
from ringfence.sources.postgres.naming import at, remote_store
from ringfence.sources.postgres.relations import VERBS
from ringfence.sources.postgres.snapshot import (
    PUBLIC,
    Acl,
    Mapping,
    Relation,
    Role,
    Server,
)

_FILES = {
    "pg_read_server_files": (
        "read",
        "it reads the server's text files, logs and dumps; COPY refuses table files",
    ),
    "pg_write_server_files": (
        "",
        "it writes files as the server's account, its configuration among them",
    ),
    "pg_execute_server_program": ("", ""),
}
_EXPOSES = {
    "pg_statistic": "it holds the most common values of every column",
    "pg_statistic_ext_data": "it holds the most common values of columns",
    "pg_authid": "it holds every role's password verifier",
    "pg_subscription": "its connection strings may hold passwords",
    "pg_user_mapping": "it may hold passwords for other servers",
}
_STATISTICS = "pg_read_all_stats"
_QUERY_TEXTS = "query texts may hold values"


def state_surroundings(to: Emission) -> None:
    """State what lies round the tables."""
    for role in to.model.snapshot.roles:
        _state_server_roles(to, role)
        if role.replication and not role.superuser:
            _state_replication(to, role)
    _state_file_functions(to)
    _state_query_texts(to)
    _state_large_objects(to)
    _state_defaults(to)


def state_exposing(to: Emission, relation: Relation) -> None:
    """State a relation of the catalogue that holds data or secrets, and its readers."""
    place = at("pg_class", relation.oid)
    id_ = to.naming.dataset(relation)
    to.node(id_, place)
    to.attribute(id_, "form", "catalogue", place)
    to.edge(to.naming.root, "contains", id_, at=place)
    holders = to.model.holders(relation, "SELECT")
    _grant(to, holders, id_, "read", at=f"{place}/relacl")
    if relation.name == "pg_largeobject":
        snapshot = to.model.snapshot
        for each in snapshot.large_objects:
            to.edge(id_, "derived_from", to.naming.large_object(each), at=place)
        if not (snapshot.large_objects or snapshot.more_large_objects):
            to.attribute(id_, "tag", "none", place)  # there is none, so it is empty
    else:
        unknown = _EXPOSES[relation.name]
        to.edge(id_, "derived_from", to.naming.root, at=place, unknown=unknown)


def _grant(
    to: Emission, holders: int, head: str, verb: str, *, at: str, unknown: str = ""
) -> None:
    """State a privilege that takes no USAGE: the fewest edges for `holders`."""
    layer = Layer(to.model.powers.users(holders), unknown=unknown)
    to.grant([layer], to.writer(head, verb, at), prefer=holders)


# --- the server's files and its write-ahead log ---------------------------------------


def _state_server_roles(to: Emission, role: Role) -> None:
    if role.name in _FILES:
        verb, unknown = _FILES[role.name]
        place = at("pg_roles", role.oid)
        mask = to.model.powers.mask(role.oid)
        _grant(to, mask, to.naming.root, verb, at=place, unknown=unknown)


def _state_file_functions(to: Emission) -> None:
    """State who may call the functions that read the server's files byte by byte."""
    for function in to.model.snapshot.files:
        holders = to.model.named(function.acl, "EXECUTE")
        holders &= ~to.model.powers.superusers
        place = at("pg_proc", function.oid, "proacl")
        certain = function.name == "pg_read_binary_file"
        unknown = "" if certain else f"{function.name} reads or writes server files"
        _grant(to, holders, to.naming.root, "read", at=place, unknown=unknown)


def _state_replication(to: Emission, role: Role) -> None:
    """State what REPLICATION opens: every later change, and perhaps a whole copy."""
    settings = to.model.snapshot.settings
    id_, place = to.naming.role(role.oid), at("pg_roles", role.oid, "rolreplication")
    doubt = to.doubt(to.model.powers.bit[role.oid])
    slots = settings.get("max_replication_slots", "") != "0"
    if settings.get("wal_level") == "logical" and slots:
        for relation in to.model.snapshot.relations:
            if relation.kind in ("r", "p") and relation.persistence == "p":
                to.edge(
                    id_,
                    "has_privilege",
                    to.naming.dataset(relation),
                    at=place,
                    verb="read",
                    unknown=doubt,
                    detail={"how": "a logical replication slot shows every change"},
                )
    if settings.get("max_wal_senders", "") != "0":
        unknown = "a base backup copies everything, if pg_hba.conf lets this role in"
        to.edge(
            id_, "has_privilege", to.naming.root, at=place, verb="read", unknown=unknown
        )


# --- side stores ----------------------------------------------------------------------


def _state_query_texts(to: Emission) -> None:
    """State who sees what others are running, or ran."""
    views = ["pg_stat_activity"]
    if "pg_stat_statements" in to.model.snapshot.extensions:
        views.append("pg_stat_statements")
    for role in to.model.snapshot.roles:
        if role.name != _STATISTICS:
            continue
        for name in views:
            id_, place = (
                f"dataset:{to.naming.store}/pg_catalog.{name}",
                f"postgres:{name}",
            )
            to.node(id_, place)
            to.attribute(id_, "form", "catalogue", place)
            to.edge(to.naming.root, "contains", id_, at=place)
            mask = to.model.powers.mask(role.oid)
            _grant(to, mask, id_, "read", at=at("pg_roles", role.oid))
            to.edge(id_, "derived_from", to.naming.root, at=place, unknown=_QUERY_TEXTS)


def _state_large_objects(to: Emission) -> None:
    snapshot, model = to.model.snapshot, to.model
    open_ = snapshot.settings.get("lo_compat_privileges") == "on"
    for each in snapshot.large_objects:
        id_, place = (
            to.naming.large_object(each),
            at("pg_largeobject_metadata", each.oid),
        )
        to.node(id_, place)
        to.attribute(id_, "form", "large_object", place)
        to.edge(to.naming.root, "contains", id_, at=place)
        owner = model.powers.mask(each.owner)
        _grant(to, owner, id_, "", at=f"{place}/lomowner")
        for privilege, verb in (("SELECT", "read"), ("UPDATE", "update")):
            holders = 1 if open_ else model.named(each.acl, privilege) & ~owner
            where = "postgres:pg_settings/lo_compat_privileges" if open_ else place
            _grant(to, holders, id_, verb, at=where)
    if snapshot.more_large_objects:
        more = f"{snapshot.more_large_objects:,} more large objects aren't listed"
        to.note(more)
        others = f"dataset:{to.naming.store}/pg_largeobject.(others)"
        to.edge(
            to.naming.root, "contains", others, at="postgres:pg_largeobject_metadata"
        )
        to.edge(
            to.naming.role(PUBLIC),
            "has_privilege",
            others,
            at="postgres:pg_largeobject_metadata",
            verb="read",
            unknown=more,
        )


def _state_defaults(to: Emission) -> None:
    """State who will hold what on relations that don't exist yet."""
    for default in to.model.snapshot.default_acls:
        head = to.naming.future(default.schema, default.creator)
        place = at("pg_default_acl", default.oid)
        to.node(head, place)
        to.attribute(head, "tag", "none", place)  # empty, until somebody makes one
        to.edge(to.naming.root, "contains", head, at=place)
        unknown = f"on what {to.naming.role_name(default.creator)} makes from now on"
        for privilege, verb in VERBS.items():
            holders = _named(to, default.acl, privilege, but=default.creator)
            _grant(to, holders, head, verb, at=f"{place}/defaclacl", unknown=unknown)


def _named(to: Emission, acl: Acl, privilege: str, *, but: int) -> int:
    return to.model.named(acl, privilege) & ~to.model.powers.mask(but)


# --- other servers --------------------------------------------------------------------


def state_remotes(to: Emission) -> None:
    """State foreign servers, who may use them, and what lies behind foreign tables."""
    snapshot = to.model.snapshot
    for server in snapshot.servers:
        mappings = [m for m in snapshot.mappings if m.server == server.oid]
        _state_server(to, server, mappings)
    servers = {server.oid: server for server in snapshot.servers}
    for table in snapshot.foreign_tables:
        relation = to.model.relations.get(table.relation)
        if relation is None or table.server not in servers:
            continue
        remote = remote_store(servers[table.server].remote)
        schema = table.schema or to.naming.schema_name(relation.schema)
        to.edge(
            to.naming.dataset(relation),
            "derived_from",
            f"dataset:{remote}/{schema}.{table.table or relation.name}",
            at=at("pg_foreign_table", relation.oid),
            unknown="it depends on what the remote role may read",
        )


def _state_server(to: Emission, server: Server, mappings: list[Mapping]) -> None:
    model, powers = to.model, to.model.powers
    channel = to.naming.channel("server", server.name)
    place = at("pg_foreign_server", server.oid)
    to.node(channel, place)
    mapped = 0
    for mapping in mappings:
        mapped |= powers.mask(mapping.user)
        _state_mapping(to, server, mapping, channel)
    holders = model.named(server.acl, "USAGE") | powers.mask(server.owner)
    # The mapping that counts is the acting role's own, or PUBLIC's.
    acting = sum(
        1 << n for n, power in enumerate(powers.powers) if mapped & (power.acting | 1)
    )
    if not mapped & 1:
        acting &= ~1

    def write(number: int, layer: Layer) -> None:
        unknown = layer.unknown or to.doubt(number)
        to.edge(
            to.role(number), "can_use", channel, at=f"{place}/srvacl", unknown=unknown
        )

    to.grant([Layer(powers.users(holders) & acting)], write, prefer=holders | mapped)
    to.note(
        f"server `{server.name}` ({server.wrapper}) leads to "
        f"`{remote_store(server.remote)}`; what may be done there isn't decided",
        place,
    )


def _state_mapping(
    to: Emission, server: Server, mapping: Mapping, channel: str
) -> None:
    place = at("pg_user_mapping", mapping.oid)
    name = mapping.remote_user
    if name is None:
        whose = to.naming.role_name(mapping.user)
        to.note(f"the remote role of {whose} on `{server.name}` can't be read", place)
    remote = remote_store(server.remote)
    to.edge(
        channel,
        "runs_as",
        f"role:{remote}/{name or '(unread)'}",
        at=place,
        unknown="the remote server may refuse it",
        detail={"for": to.naming.role_name(mapping.user)},
    )
