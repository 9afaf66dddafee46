"""The planner and other covert ways: what is inferred without being read."""

from __future__ import annotations

from ringfence.gate.postgres.probes.probe import Holding, Probe

_SNOOP = (
    "CREATE FUNCTION {play}.snoop(text) RETURNS bool LANGUAGE plpgsql COST 0.0000001"
    " AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$"
)
_VIEW = (
    "CREATE TABLE {copy}.twin AS SELECT * FROM {copy}.profile",
    (
        "CREATE VIEW {copy}.rest {barrier} AS SELECT * FROM {copy}.twin"
        " WHERE region <> 'US'"
    ),
    "GRANT SELECT ON {copy}.rest TO {out}",
)
_SNOOPED = "SELECT id FROM {copy}.rest WHERE {play}.snoop(email)"
_APART = "protected rows in a table of their own, which outsiders can't name"


def _view(barrier: str) -> tuple[str, ...]:
    return tuple(one.replace("{barrier}", barrier) for one in _VIEW)


PLANNER = (
    Probe(
        number="L29",
        group="planner",
        title="a view without security_barrier shows rows to a cheap function first",
        setup=(
            (
                "CREATE VIEW {copy}.rest AS SELECT * FROM {copy}.profile"
                " WHERE region <> 'US'"
            ),
            "ALTER VIEW {copy}.rest OWNER TO {own}",
            "GRANT SELECT ON {copy}.rest TO {out}",
        ),
        attack=(_SNOOP, _SNOOPED),
        closes="ALTER VIEW ... SET (security_barrier), or row security beneath",
    ),
    Probe(
        number="L30",
        group="planner",
        title="a function that is marked LEAKPROOF runs before row security",
        setup=(
            _SNOOP,
            "ALTER FUNCTION {play}.snoop(text) LEAKPROOF",
            "GRANT EXECUTE ON FUNCTION {play}.snoop(text) TO {out}",
        ),
        attack=("SELECT id FROM {copy}.profile WHERE {play}.snoop(email)",),
        closes="ALTER FUNCTION ... NOT LEAKPROOF",
    ),
    Probe(
        number="L31",
        group="planner",
        title="EXPLAIN ANALYZE counts the rows that row security took away",
        attack=(
            "SET enable_seqscan = off",
            (
                "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF)"
                " SELECT id FROM {copy}.profile WHERE email = '{guess}'"
            ),
        ),
        sees="differs",
        closes=_APART,
        closable=False,
    ),
    Probe(
        number="L32",
        group="planner",
        title="EXPLAIN's estimate tells a common protected value from none",
        attack=("EXPLAIN SELECT id FROM {copy}.profile WHERE note = '{guess_note}'",),
        sees="differs",
        closes=_APART,
        closable=False,
    ),
    Probe(
        number="L32b",
        group="planner",
        title="the estimate of LIKE looks up the whole of a pattern's prefix",
        attack=(
            "EXPLAIN SELECT id FROM {copy}.profile WHERE note LIKE '{guess_note}%'",
        ),
        sees="differs",
        closes=_APART,
        closable=False,
    ),
    Probe(
        number="L33",
        group="planner",
        title="a unique violation tells that a protected value is there",
        setup=("GRANT INSERT ON {copy}.profile TO {out}",),
        attack=(
            (
                "INSERT INTO {copy}.profile (id, region, email)"
                " VALUES (90001, 'DE', '{guess}')"
            ),
        ),
        sees="differs",
        closes=_APART,
        closable=False,
    ),
    Probe(
        number="L33b",
        group="planner",
        title="a primary key's violation tells that a protected row is there",
        setup=("GRANT INSERT ON {copy}.profile TO {out}",),
        attack=("INSERT INTO {copy}.profile (id, region) VALUES ({guess_id}, 'DE')",),
        sees="differs",
        closes=_APART,
        closable=False,
    ),
    Probe(
        number="L34",
        group="planner",
        title="ON CONFLICT DO NOTHING tells that a protected value is there",
        setup=("GRANT INSERT ON {copy}.profile TO {out}",),
        attack=(
            (
                "INSERT INTO {copy}.profile (id, region, email)"
                " VALUES (90001, 'DE', '{guess}') ON CONFLICT DO NOTHING"
            ),
        ),
        sees="differs",
        closes=_APART,
        closable=False,
    ),
    Probe(
        number="L35",
        group="planner",
        title="a foreign key's check tells that a protected row is there",
        setup=(
            "CREATE TABLE {copy}.orders (profile int REFERENCES {copy}.profile)",
            "GRANT INSERT ON {copy}.orders TO {out}",
        ),
        attack=("INSERT INTO {copy}.orders VALUES ({guess_id})",),
        sees="differs",
        closes=_APART,
        closable=False,
    ),
    Probe(
        number="L36",
        group="planner",
        title="reltuples and the table's size tell how many rows are hidden",
        attack=(
            (
                "SELECT reltuples > (SELECT count(*) FROM {copy}.profile) FROM pg_class"
                " WHERE oid = '{copy}.profile'::regclass"
            ),
        ),
        sees="true",
        closes=_APART + "; how many there are stays public",
        closable=False,
    ),
    Probe(
        number="L36b",
        group="planner",
        title="pg_relation_size tells that hidden rows were added",
        attack=(
            (
                "SELECT pg_relation_size('{copy}.profile') > 8192 *"
                " (1 + (SELECT count(*) FROM {copy}.profile) * 60 / 8192)"
            ),
        ),
        sees="true",
        closes=_APART + "; how many there are stays public",
        closable=False,
    ),
    Probe(
        number="L37",
        group="planner",
        title="a sequence tells how many rows were ever written",
        setup=(
            "CREATE SEQUENCE {copy}.numbers",
            "ALTER SEQUENCE {copy}.numbers OWNER TO {own}",
            "ALTER SEQUENCE {copy}.numbers OWNED BY {copy}.profile.id",
            "SELECT setval('{copy}.numbers', (SELECT max(id) FROM {copy}.profile))",
            "GRANT SELECT, USAGE ON SEQUENCE {copy}.numbers TO {out}",
        ),
        attack=(
            (
                "SELECT last_value > (SELECT count(*) FROM {copy}.profile)"
                " FROM {copy}.numbers"
            ),
        ),
        sees="true",
        closes="REVOKE SELECT on the sequence, or random keys",
        closable=False,
    ),
    Probe(
        number="L38",
        group="planner",
        title="the text of a policy is public, and with it what marks the population",
        attack=(
            (
                "SELECT count(*) > 0 FROM pg_policies"
                " WHERE schemaname = '{copy_name}' AND qual LIKE '%US%'"
            ),
        ),
        sees="true",
        closes="no name or number of a person in a policy; the marker stays public",
        closable=False,
    ),
    Probe(
        number="L39",
        group="planner",
        title="how long a statement takes depends on hidden rows",
        live=False,
        closes=_APART,
        closable=False,
    ),
    Probe(
        number="L40",
        group="planner",
        title="pg_stat_user_tables counts hidden rows and their changes",
        attack=(
            (
                "SELECT n_tup_ins > (SELECT count(*) FROM {copy}.profile)"
                " FROM pg_stat_user_tables"
                " WHERE relid = '{copy}.profile'::regclass"
            ),
        ),
        sees="true",
        closes=_APART + "; how many there are stays public",
        closable=False,
    ),
    Probe(
        number="L40b",
        group="planner",
        title="pg_locks tells who works on the table",
        setup=("LOCK TABLE {copy}.profile IN ROW SHARE MODE",),
        attack=(
            (
                "SELECT count(*) > 0 FROM pg_locks"
                " WHERE relation = '{copy}.profile'::regclass AND mode = 'RowShareLock'"
            ),
        ),
        sees="true",
        closes=_APART + "; that it is worked on stays public",
        closable=False,
    ),
    Probe(
        number="L41",
        group="planner",
        title="extended statistics tell which values go together",
        setup=(
            "CREATE TABLE {copy}.pairs (region text, a int, b int)",
            "INSERT INTO {copy}.pairs SELECT 'US', 1, 1 FROM generate_series(1, 200)",
            (
                "INSERT INTO {copy}.pairs SELECT 'US', 80001, 80001"
                " FROM generate_series(1, 200)"
            ),
            "INSERT INTO {copy}.pairs SELECT 'DE', n, n FROM generate_series(1, 99) n",
            "ALTER TABLE {copy}.pairs OWNER TO {own}",
            "ALTER TABLE {copy}.pairs ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY rest ON {copy}.pairs USING (region <> 'US')",
            "GRANT SELECT ON {copy}.pairs TO {out}",
            "CREATE STATISTICS {copy}.together (mcv) ON a, b FROM {copy}.pairs",
            "ANALYZE {copy}.pairs",
        ),
        # Each half of the guess is there either way; only together do they tell.
        attack=("EXPLAIN SELECT FROM {copy}.pairs WHERE a = 1 AND b = {guess_id}",),
        holdings=(Holding("pairs"),),
        sees="differs",
        closes=_APART + "; DROP STATISTICS",
        closable=False,
    ),
    Probe(
        number="S6",
        group="planner",
        title="a security_barrier view filters before a cheap function runs",
        setup=_view("WITH (security_barrier)"),
        attack=(_SNOOP, _SNOOPED),
    ),
    Probe(
        number="S7",
        group="planner",
        title="row security filters before a cheap function runs",
        attack=(_SNOOP, "SELECT id FROM {copy}.profile WHERE {play}.snoop(email)"),
    ),
    Probe(
        number="S8",
        group="planner",
        title="the estimate of LIKE under row security doesn't look at the values",
        attack=(
            "EXPLAIN SELECT id FROM {copy}.profile WHERE note LIKE '%{guess_note}%'",
        ),
        sees="differs",
    ),
    Probe(
        number="S9",
        group="planner",
        title="pg_stats hides the values of a table under row security",
        attack=(
            (
                "SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats"
                " WHERE schemaname = '{copy_name}'"
            ),
            (
                "SELECT most_common_vals::text FROM pg_stats_ext"
                " WHERE schemaname = '{copy_name}'"
            ),
            "SELECT stavalues1::text FROM pg_statistic",
        ),
        setup=(
            (
                "CREATE STATISTICS {copy}.together (mcv)"
                " ON region, note FROM {copy}.profile"
            ),
            "ANALYZE {copy}.profile",
        ),
    ),
    Probe(
        number="S10",
        group="planner",
        title="an error's DETAIL shows no hidden row",
        setup=(
            "CREATE TYPE {copy}.span AS RANGE (subtype = text)",
            (
                "CREATE TABLE {copy}.spans (span {copy}.span,"
                " EXCLUDE USING gist (span WITH &&))"
            ),
            "INSERT INTO {copy}.spans VALUES ('[{canary},{canary}]')",
            "ALTER TABLE {copy}.spans ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY written ON {copy}.spans FOR INSERT WITH CHECK (true)",
            "GRANT SELECT, INSERT ON {copy}.spans TO {out}",
        ),
        attack=("INSERT INTO {copy}.spans VALUES ('[a,z]')",),
    ),
)
