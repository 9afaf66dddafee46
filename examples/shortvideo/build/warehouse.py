"""The warehouse as SQL, and the data contract over the same columns.

The SQL is ordinary: schemas with owners, reader roles granted to service roles, views
with their owner's rights, one view with its caller's, materialised views, a function
that runs as its owner, row security, grants on single columns, nested roles, a
partitioned table, default privileges and a publication.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import tables
from tables import Column, Table

OWNERS = {
    "owner_core": "accounts devices geo social messaging video events ref staging ops",
    "owner_growth": "growth metrics ml",
    "owner_business": "ads live creators",
    "owner_trust": "trust support",
}
# Reader roles: what they may read, whole tables and `schema.*`.
READERS = {
    "metrics_ro": "metrics.* ref.*",
    "growth_ro": "growth.* events.search events.page_visit",
    "account_ro": "accounts.profile accounts.contact accounts.linked_identity",
    "session_ro": "accounts.session accounts.login",
    "device_ro": "devices.*",
    "geo_ro": "geo.* devices.wifi",
    "social_ro": "social.*",
    "video_ro": "video.video video.sound video.hashtag video.video_hashtag",
    "upload_ro": "video.upload video.draft video.face_effect",
    "message_ro": "messaging.*",
    "event_ro": "events.*",
    "ads_ro": "ads.* events.ad_click",
    "live_ro": "live.*",
    "creator_ro": "creators.*",
    "trust_ro": "trust.report trust.appeal trust.ban trust.moderation_queue "
    "trust.rule trust.open_case",
    "request_ro": "trust.law_enforcement_request",
    "support_ro": "support.*",
    "feature_ro": "ml.*",
}
# Roles of roles.
NESTED = {
    "analyst_ro": "growth_ro metrics_ro event_ro social_ro",
    "platform_ro": "analyst_ro account_ro device_ro session_ro ads_ro live_ro "
    "creator_ro",
    "moderator_ro": "trust_ro video_ro upload_ro",
}
# Service roles: each logs in, and has what these roles have.
SERVICES = {
    "svc_pulse": "analyst_ro",
    "svc_lantern": "",
    "svc_quarry": "platform_ro",
    "svc_compass": "feature_ro video_ro event_ro",
    "svc_orchard": "feature_ro",
    "svc_tidepool": "metrics_ro feature_ro",
    "svc_adloom": "ads_ro",
    "svc_ledgerline": "",
    "svc_kite": "",
    "svc_echo": "",
    "svc_foundry_read": "platform_ro geo_ro upload_ro support_ro",
    "svc_foundry_write": "etl_writer",
    "svc_conveyor": "growth_ro creator_ro live_ro metrics_ro",
    "svc_spyglass": "",
    "svc_sundial": "ops_writer",
    "svc_watchtower": "pg_monitor",
    "svc_stagehand": "live_ro",
    "svc_backstage": "creator_ro",
    "svc_limelight": "creator_ro",
    "svc_playbill": "metrics_ro",
    "svc_gavel": "moderator_ro",
    "svc_sieve": "trust_ro",
    "svc_lighthouse": "trust_ro",
    "svc_docketeer": "request_ro account_ro session_ro",
    "svc_harbour": "support_ro",
    "svc_callback": "",
    "svc_magpie": "account_ro session_ro geo_ro message_ro",
    "svc_nightly_load": "etl_writer",
    "svc_cohort_refresh": "owner_growth",
    "svc_ad_import": "ads_ro",
    "svc_gift_settlement": "live_ro",
    "svc_consent_sweep": "",
    "svc_deletion": "",
    "svc_push": "",
    "svc_recommend": "feature_ro",
    "svc_feed": "video_ro",
    "svc_metrics_mail": "metrics_ro",
    "svc_retention": "",
}
# What service roles hold themselves: verbs and columns, on one relation.
OWN_GRANTS = (
    ("SELECT (email, region, created_at)", "accounts.profile", "svc_pulse"),
    ("SELECT", "ads.advertiser, ads.campaign, ads.invoice", "svc_ledgerline"),
    ("SELECT, INSERT, UPDATE", "ads.campaign, ads.creative", "svc_kite"),
    ("SELECT", "ads.campaign_total", "svc_kite, svc_echo"),
    ("SELECT", "ads.reach", "svc_echo"),
    ("SELECT (ticket_id, phone, wanted_at)", "support.callback", "svc_callback"),
    (
        "SELECT (account_id, handle, display_name, region)",
        "accounts.profile",
        "svc_feed, svc_recommend",
    ),
    ("SELECT (account_id, purpose, granted)", "accounts.consent", "svc_consent_sweep"),
    ("SELECT, UPDATE", "accounts.deletion_request", "svc_deletion"),
    ("DELETE", "accounts.profile, accounts.contact, accounts.login", "svc_deletion"),
    ("SELECT (token, account_id)", "devices.push_token", "svc_push"),
    ("SELECT (event_id, seen_at), DELETE", "events.watch", "svc_retention"),
    ("SELECT, INSERT, UPDATE", "ops.job, ops.job_run", "ops_writer"),
    (
        "SELECT, INSERT, UPDATE, DELETE",
        "staging.import_profile, staging.import_device",
        "etl_writer",
    ),
    ("INSERT, UPDATE", "accounts.profile, accounts.contact", "etl_writer"),
)
SAMPLES = ("stavalues", "stxdmcv", "stxdexpr", "data")

# Whoever may make temporary functions can lay traps for others.
_CLOSED = """\
DO $$ BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO PUBLIC', current_database());
END $$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;"""


def sql() -> str:
    """Return `warehouse.sql`."""
    parts = [
        "-- The warehouse of Loopwing US, Inc.: structure and grants, no data.",
        "-- Written by examples/shortvideo/build, for an empty PostgreSQL 15 or later.",
        "",
        _CLOSED,
        *_roles(),
        *_schemas(),
        *(_table(table) for table in tables.tables()),
        *_partitioned(),
        "",
        _written("views.sql"),
        *_owned(),
        *_grants(),
        "",
        _written("constructs.sql"),
    ]
    return "\n".join(parts)


def _written(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _roles() -> Iterator[str]:
    yield "\n-- Roles: owners, readers, roles of roles, and one for each service."
    for role in (*OWNERS, *READERS, *NESTED, "etl_writer", "ops_writer"):
        yield f"CREATE ROLE {role} NOLOGIN;"
    for role in SERVICES:
        yield f"CREATE ROLE {role} LOGIN;"
    for role, inner in (*NESTED.items(), *SERVICES.items()):
        if inner:
            yield f"GRANT {', '.join(inner.split())} TO {role};"


def _schemas() -> Iterator[str]:
    yield "\n-- Schemas."
    for owner, names in OWNERS.items():
        for name in names.split():
            yield f"CREATE SCHEMA {name} AUTHORIZATION {owner};"


def _columns(table: Table) -> str:
    return ",\n".join(f"  {column.name} {column.type}" for column in table.columns)


def _table(table: Table) -> str:
    return f"\nCREATE TABLE {table.name} (\n{_columns(table)}\n);"


def _partitioned() -> Iterator[str]:
    whole, *parts = tables.partitioned()
    months = tables.MONTHS
    columns = _columns(whole)
    yield f"\nCREATE TABLE {whole.name} (\n{columns}\n) PARTITION BY RANGE (seen_at);"
    for part, since, until in zip(parts, months, months[1:], strict=False):
        yield (
            f"CREATE TABLE {part.name} PARTITION OF {whole.name}\n"
            f"  FOR VALUES FROM ('{since}') TO ('{until}');"
        )


def owner_of(relation: str) -> str:
    """Return the role that owns a relation: that of its schema."""
    schema = relation.partition(".")[0]
    return next(owner for owner, names in OWNERS.items() if schema in names.split())


def _owned() -> Iterator[str]:
    yield "\n-- Owners. A view reads with its owner's rights: they read across schemas."
    yield "GRANT USAGE ON SCHEMA accounts, events, social, video, ads TO owner_growth;"
    yield "GRANT USAGE ON SCHEMA accounts, events TO owner_business;"
    yield "GRANT USAGE ON SCHEMA accounts TO owner_trust;"
    yield (
        "GRANT SELECT ON accounts.profile, accounts.login, events.watch,\n"
        "  social.contact_book, video.video, ads.audience_member TO owner_growth;"
    )
    yield "GRANT SELECT ON accounts.profile, events.ad_click TO owner_business;"
    yield "GRANT SELECT ON accounts.profile TO owner_trust;"
    matviews = {table.name for table in tables.materialised()}
    views = {table.name for table in tables.views()}
    for table in tables.everything():
        kind = "TABLE"
        kind = "VIEW" if table.name in views else kind
        kind = "MATERIALIZED VIEW" if table.name in matviews else kind
        yield f"ALTER {kind} {table.name} OWNER TO {owner_of(table.name)};"


def _grants() -> Iterator[str]:
    yield "\n-- Readers."
    for role, named in READERS.items():
        schemas = ", ".join(_schemas_of(named.split()))
        yield f"GRANT USAGE ON SCHEMA {schemas} TO {role};"
        for name in named.split():
            schema, _, table = name.partition(".")
            what = f"ALL TABLES IN SCHEMA {schema}" if table == "*" else name
            yield f"GRANT SELECT ON {what} TO {role};"
    yield "\n-- What services and writers hold themselves."
    for verbs, named, role in OWN_GRANTS:
        schemas = _schemas_of(named.split(", "))
        yield f"GRANT USAGE ON SCHEMA {', '.join(schemas)} TO {role};"
        yield f"GRANT {verbs} ON {named} TO {role};"


def _schemas_of(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name.partition(".")[0] for name in names))


def contract(catalogue: Iterable[str]) -> str:
    """Return `contract.yaml`, a data contract (ODCS 3) over every relation.

    Args:
        catalogue: Columns of the server's own tables that the collector lists, because
            some of them hold samples of everybody's data: `pg_catalog.table.column`.
    """
    return _contract(
        "warehouse",
        "What the columns of the warehouse hold. `none`: looked at, and harmless.",
        (*tables.everything(), *_catalogue(catalogue)),
    )


def _catalogue(names: Iterable[str]) -> list[Table]:
    columns: dict[str, list[Column]] = {}
    for name in names:
        table, _, column = name.rpartition(".")
        # The planner's samples of a column are values of that column.
        tag = "CONTENT" if column.startswith(SAMPLES) else ""
        columns.setdefault(table, []).append(Column(column, "", tag))
    return [Table(table, tuple(found)) for table, found in columns.items()]


def vault_contract() -> str:
    """Return `contract-vault.yaml`, the same for the store of payouts and papers."""
    return _contract(
        "vault",
        "What the columns of the payout store hold.",
        tables.vault(),
    )


def _contract(name: str, purpose: str, found: Iterable[Table]) -> str:
    lines = [
        "apiVersion: v3.0.2",
        "kind: DataContract",
        f"id: loopwing-us-{name}",
        "version: 4.2.0",
        "status: active",
        f"description: {{purpose: '{purpose}'}}",
        "schema:",
    ]
    for table in found:
        lines += [f"- name: {table.name}", "  properties:"]
        lines += [
            f"  - {{name: {column.name}, tags: [{column.tag or 'none'}]}}"
            for column in table.columns
        ]
    return "\n".join(lines) + "\n"
