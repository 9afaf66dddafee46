"""Logic: what is wrong with what the guard says, rather than with where it stands."""

from __future__ import annotations

from ringfence.gate.postgres.probes.probe import Holding, Probe, pooled

_READ = "SELECT email FROM {copy}.profile"
_VAULT = (
    "CREATE TABLE {copy}.vault (id int, email text)",
    "INSERT INTO {copy}.vault VALUES (1, '{canary}')",
    "ALTER TABLE {copy}.vault OWNER TO {own}",
)
_LATER = (
    "CREATE TABLE {copy}.journal (region text, email text) PARTITION BY LIST (region)",
    "ALTER TABLE {copy}.journal OWNER TO {own}",
    "ALTER TABLE {copy}.journal ENABLE ROW LEVEL SECURITY",
)
_NEW = (
    "SET LOCAL ROLE {own}",
    "CREATE TABLE {copy}.journal_us PARTITION OF {copy}.journal FOR VALUES IN ('US')",
    "RESET ROLE",
    "INSERT INTO {copy}.journal_us VALUES ('US', '{canary}')",
)

LOGIC = (
    Probe(
        number="L47",
        group="logic",
        title="permissive policies add up: a forgotten one opens all",
        setup=("CREATE POLICY forgotten ON {copy}.profile FOR SELECT USING (true)",),
        attack=(_READ,),
        closes="a RESTRICTIVE policy",
    ),
    Probe(
        number="L48",
        group="logic",
        title="a policy that asks a custom setting believes whoever sets it",
        setup=(
            (
                "CREATE POLICY told ON {copy}.profile"
                " USING (current_setting('ringfence_probe.cleared', true) = 'yes')"
            ),
        ),
        attack=("SET ringfence_probe.cleared = 'yes'", _READ),
        closes="ask for roles, never for settings",
    ),
    Probe(
        number="L49",
        group="logic",
        title="a table's GRANT outweighs a column's REVOKE",
        setup=(
            *_VAULT,
            "GRANT SELECT ON {copy}.vault TO {out}",
            "REVOKE SELECT (email) ON {copy}.vault FROM {out}",
        ),
        attack=("SELECT email FROM {copy}.vault",),
        holdings=(Holding("vault", marked=False),),
        closes="REVOKE on the table, GRANT the other columns; or row security",
    ),
    Probe(
        number="L50",
        group="logic",
        title="a policy that asks a table believes whoever may write there",
        setup=(
            "CREATE TABLE {copy}.cleared (who text)",
            "GRANT SELECT, INSERT ON {copy}.cleared TO {out}",
            (
                "CREATE POLICY asked ON {copy}.profile USING (EXISTS (SELECT FROM"
                " {copy}.cleared WHERE who = current_user))"
            ),
        ),
        attack=("INSERT INTO {copy}.cleared VALUES (current_user)", _READ),
        closes="a RESTRICTIVE policy that asks for roles",
    ),
    Probe(
        number="L51",
        group="logic",
        title="a partition that was attached later has no row security of its own",
        setup=(
            *_LATER,
            "CREATE TABLE {copy}.journal_us (region text, email text)",
            "INSERT INTO {copy}.journal_us VALUES ('US', '{canary}')",
            "ALTER TABLE {copy}.journal_us OWNER TO {own}",
            "GRANT SELECT ON {copy}.journal_us TO {out}",
            (
                "ALTER TABLE {copy}.journal ATTACH PARTITION {copy}.journal_us"
                " FOR VALUES IN ('US')"
            ),
        ),
        attack=("SELECT email FROM {copy}.journal_us",),
        holdings=(Holding("journal"),),
        closes="row security on each partition, or REVOKE",
    ),
    Probe(
        number="L51b",
        group="logic",
        title="a partition made after the fence is read by its own name, if granted",
        setup=_LATER,
        after=(*_NEW, "GRANT SELECT ON {copy}.journal_us TO {out}"),
        attack=("SELECT email FROM {copy}.journal_us",),
        holdings=(Holding("journal"),),
        closes="grant on the parent alone; apply anew when `drift` names the partition",
        closable=False,
    ),
    Probe(
        number="L72",
        group="sessions",
        title="default privileges grant a partition made later to outsiders",
        setup=(
            *_LATER,
            (
                "ALTER DEFAULT PRIVILEGES FOR ROLE {own} IN SCHEMA {copy}"
                " GRANT SELECT ON TABLES TO {out}"
            ),
        ),
        after=_NEW,
        attack=("SELECT email FROM {copy}.journal_us",),
        holdings=(Holding("journal"),),
        closes="ALTER DEFAULT PRIVILEGES ... REVOKE",
    ),
    Probe(
        number="L72b",
        group="sessions",
        title="default privileges grant a partition made later to PUBLIC",
        setup=(
            *_LATER,
            (
                "ALTER DEFAULT PRIVILEGES FOR ROLE {own} IN SCHEMA {copy}"
                " GRANT SELECT ON TABLES TO PUBLIC"
            ),
        ),
        after=_NEW,
        attack=("SELECT email FROM {copy}.journal_us",),
        holdings=(Holding("journal"),),
        closes="ALTER DEFAULT PRIVILEGES ... REVOKE",
    ),
    Probe(
        number="S14",
        group="logic",
        title="a RESTRICTIVE policy holds against any permissive one",
        setup=(
            "CREATE POLICY hard ON {copy}.profile AS RESTRICTIVE USING (id > 200)",
            "CREATE POLICY forgotten ON {copy}.profile USING (true)",
        ),
        attack=(_READ,),
    ),
    Probe(
        number="S15",
        group="logic",
        title="column grants hold in WHERE as well",
        setup=(*_VAULT, "GRANT SELECT (id) ON {copy}.vault TO {out}"),
        attack=(
            "SELECT id FROM {copy}.vault WHERE email = '{guess}'",
            "SELECT email FROM {copy}.vault",
            "SELECT vault FROM {copy}.vault",
        ),
    ),
    Probe(
        number="S23",
        group="logic",
        title="a statement prepared by an insider is planned anew for the next role",
        setup=("GRANT {inn} TO {svc}", "GRANT {out} TO {svc}"),
        attack=(
            pooled("SET ROLE {inn}", quiet=True),
            pooled(f"PREPARE ringfence_probe_q AS {_READ}", quiet=True),
            pooled("EXECUTE ringfence_probe_q", quiet=True),
            pooled("SET ROLE {out}", quiet=True),
            pooled("EXECUTE ringfence_probe_q"),
        ),
    ),
)
