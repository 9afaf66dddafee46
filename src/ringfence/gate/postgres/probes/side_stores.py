"""Side stores: where values lie beside their table."""

from __future__ import annotations

from ringfence.gate.postgres.probes.probe import Probe, insider

_LARGE = (
    "SELECT lo_from_bytea(4242424, '{canary}'::bytea)",
    "ALTER LARGE OBJECT 4242424 OWNER TO {own}",
)
_GET = "SELECT convert_from(lo_get(4242424), 'UTF8')"
_ACTIVITY = "SELECT query FROM pg_stat_activity WHERE query LIKE '%profile%'"

SIDE_STORES = (
    Probe(
        number="L63",
        group="side stores",
        title="pg_monitor sees the statements of others, with the values in them",
        setup=("GRANT pg_monitor TO {out}",),
        attack=(_ACTIVITY,),
        closes="REVOKE pg_monitor",
    ),
    Probe(
        number="L63b",
        group="side stores",
        title="pg_read_all_stats sees the statements of others",
        setup=("GRANT pg_read_all_stats TO {out}",),
        attack=(_ACTIVITY,),
        closes="REVOKE pg_read_all_stats",
    ),
    Probe(
        number="L63c",
        group="side stores",
        title="a view of a superuser hands out pg_statistic",
        setup=(
            (
                "CREATE VIEW {copy}.door AS SELECT stavalues1::text FROM pg_statistic"
                " WHERE starelid = '{copy}.profile'::regclass"
            ),
            "GRANT SELECT ON {copy}.door TO {out}",
        ),
        attack=("SELECT * FROM {copy}.door",),
        closes="ALTER VIEW ... SET (security_invoker = true), or REVOKE",
    ),
    Probe(
        number="L64",
        group="side stores",
        title="the server's log, auto_explain and pgaudit.log_parameter hold values",
        live=False,
        closes="keep logs inside the fence; log_parameter_max_length = 0",
        closable=False,
    ),
    Probe(
        number="L65",
        group="side stores",
        title="pg_stat_statements keeps the values of utility statements",
        setup=(
            "CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA {play}",
            "GRANT pg_read_all_stats TO {out}",
        ),
        attack=(
            insider("SET ringfence_probe.note = '{canary}'"),
            "SELECT query FROM {play}.pg_stat_statements",
        ),
        extension="pg_stat_statements",
        setting=("shared_preload_libraries", "pg_stat_statements"),
        closes="REVOKE pg_read_all_stats; pg_stat_statements.track_utility = off",
    ),
    Probe(
        number="L66",
        group="side stores",
        title="lo_compat_privileges lets everybody read every large object",
        setup=(*_LARGE, "SET LOCAL lo_compat_privileges = on"),
        attack=(_GET,),
        closes="lo_compat_privileges = off",
        closable=False,
    ),
    Probe(
        number="L66b",
        group="side stores",
        title="a large object that PUBLIC may read holds a copy",
        setup=(*_LARGE, "GRANT SELECT ON LARGE OBJECT 4242424 TO PUBLIC"),
        attack=(_GET,),
        closes="REVOKE SELECT ON LARGE OBJECT; nobody says what is in one",
        closable=False,
    ),
    Probe(
        number="L67",
        group="side stores",
        title="every login hears what is sent with NOTIFY",
        attack=("LISTEN {tag}",),
        special="heard",
        closes="no values in NOTIFY; send a key and read the row",
        closable=False,
    ),
    Probe(
        number="L68",
        group="side stores",
        title="temporary files and core dumps hold values",
        live=False,
        closes="an encrypted volume; no core dumps of the server",
        closable=False,
    ),
    Probe(
        number="S18",
        group="side stores",
        title="a large object is its owner's alone by default",
        setup=_LARGE,
        attack=(_GET, "SELECT data FROM pg_largeobject"),
    ),
    Probe(
        number="S25",
        group="side stores",
        title="pg_stat_activity hides the statements of others from a plain login",
        attack=(_ACTIVITY,),
    ),
)
