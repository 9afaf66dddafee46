"""Sessions that several people share, and what changes after the fence stands."""

from __future__ import annotations

from ringfence.gate.postgres.probes.probe import Probe, pooled

_POOL = ("GRANT {inn} TO {svc}", "GRANT {out} TO {svc}")
_BECOME = pooled("SET ROLE {inn}", quiet=True)
_NEXT = pooled("SET ROLE {out}", quiet=True)
_POOL_CHANGE = "a pool for each side of the fence; DISCARD ALL between two people"

SESSIONS = (
    Probe(
        number="L69",
        group="sessions",
        title="a cursor of an insider is still open when the role is given back",
        setup=_POOL,
        attack=(
            _BECOME,
            pooled(
                "DECLARE kept CURSOR WITH HOLD FOR SELECT email FROM {copy}.profile",
                quiet=True,
            ),
            pooled("FETCH 1 FROM kept", quiet=True),
            _NEXT,
            pooled("FETCH ALL FROM kept"),
        ),
        cuts=(("svc", "inn"),),
        closes=_POOL_CHANGE,
    ),
    Probe(
        number="L70",
        group="sessions",
        title="a temporary table of an insider is left in a session of a pool",
        setup=(*_POOL, "GRANT TEMPORARY ON DATABASE {database_name} TO {svc}, {inn}"),
        attack=(
            _BECOME,
            pooled(
                "CREATE TEMPORARY TABLE loot AS SELECT email FROM {copy}.profile",
                quiet=True,
            ),
            pooled("GRANT SELECT ON loot TO PUBLIC", quiet=True),
            _NEXT,
            pooled("SELECT email FROM loot"),
        ),
        cuts=(("svc", "inn"),),
        closes=_POOL_CHANGE,
    ),
    Probe(
        number="L71",
        group="sessions",
        title="a setting of one person is still there for the next in a pool",
        setup=(
            (
                "CREATE POLICY told ON {copy}.profile"
                " USING (current_setting('ringfence_probe.person', true) = 'cleared')"
            ),
        ),
        attack=(
            pooled("SET ringfence_probe.person = 'cleared'", quiet=True),
            pooled("SELECT email FROM {copy}.profile"),
        ),
        closes="SET LOCAL; better, a login for each person",
    ),
    Probe(
        number="L71b",
        group="sessions",
        title="a role that one person took is still there for the next in a pool",
        setup=_POOL,
        attack=(_BECOME, pooled("SELECT email FROM {copy}.profile")),
        cuts=(("svc", "inn"),),
        closes=_POOL_CHANGE,
    ),
    Probe(
        number="L73",
        group="sessions",
        title="whoever may act as the owner turns row security off",
        setup=("GRANT {own} TO {out}",),
        attack=(
            "ALTER TABLE {copy}.profile NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE {copy}.profile DISABLE ROW LEVEL SECURITY",
            "SELECT email FROM {copy}.profile",
        ),
        cuts=(("out", "own"),),
        closes="nobody outside is a member of a table's owner",
    ),
    Probe(
        number="L73b",
        group="sessions",
        title="whoever may act as the owner drops the policy",
        setup=("GRANT {own} TO {out}",),
        attack=(
            (
                "DO $$ DECLARE p text; BEGIN FOR p IN SELECT policyname"
                " FROM pg_policies WHERE schemaname = '{copy_name}'"
                " LOOP EXECUTE format('DROP POLICY %I ON {copy}.profile', p);"
                " END LOOP; END $$"
            ),
            "CREATE POLICY mine ON {copy}.profile USING (true)",
            "SELECT email FROM {copy}.profile",
        ),
        cuts=(("out", "own"),),
        closes="nobody outside is a member of a table's owner",
    ),
    Probe(
        number="L74",
        group="sessions",
        title="event triggers don't see changes to roles",
        setup=(
            "CREATE TABLE {copy}.seen (tag text)",
            "GRANT SELECT ON {copy}.seen TO {out}",
            (
                "CREATE FUNCTION {copy}.watch() RETURNS event_trigger LANGUAGE plpgsql"
                " AS $$ BEGIN INSERT INTO {copy}.seen VALUES (tg_tag); END $$"
            ),
            (
                "CREATE EVENT TRIGGER {tag} ON ddl_command_end"
                " EXECUTE FUNCTION {copy}.watch()"
            ),
        ),
        after=(
            "DELETE FROM {copy}.seen",
            "GRANT {rol} TO {svc}",
            "ALTER ROLE {rol} CREATEDB",
        ),
        attack=("SELECT count(*) = 0 FROM {copy}.seen",),
        sees="true",
        closes="`drift` compares the catalogue; pgaudit's class ROLE logs the change",
        closable=False,
    ),
)
