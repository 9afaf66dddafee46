"""What the catalogue says of the pitfalls that are about rights and settings.

Each check is one question to the catalogue; what it returns is what stands open. Rights
are those of any role that a login outside the fence is a member of, at any remove.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from ringfence.gate.postgres.probes.listing import PROBES
from ringfence.gate.postgres.probes.proof import Result, Status, Tried
from ringfence.gate.postgres.probes.targets import Target
from ringfence.gate.postgres.probes.trying import said_by
from ringfence.gate.postgres.wanted import Wanted

_OUTSIDE = """
WITH outside AS (
    SELECT oid, rolname login, rolsuper FROM pg_roles WHERE rolname = ANY(%(outside)s)
), acting AS (
    SELECT o.login, r.* FROM outside o
    JOIN pg_roles r ON pg_has_role(o.oid, r.oid, 'MEMBER') WHERE NOT o.rolsuper
), guarded AS (
    SELECT c.*, c.oid::regclass::text shown FROM pg_class c
    WHERE oid = ANY(%(tables)s::oid[])
)
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the catalogue.

    Attributes:
        number: The pitfall.
        found: Status if anything comes back.
        query: Follows the common part; returns one text for each thing that is open.
        until: First `server_version_num` that it isn't asked of.
    """

    number: str
    found: Status
    query: str
    until: int = 10**9


def _attribute(number: str, column: str, until: int = 10**9) -> Check:
    query = f"SELECT DISTINCT login || ' as ' || rolname FROM acting WHERE {column}"  # noqa: S608
    return Check(number, "open", query, until=until)


def _predefined(number: str, *roles: str) -> Check:
    names = ", ".join(f"'{role}'" for role in roles)
    query = f"SELECT login || ': ' || rolname FROM acting WHERE rolname IN ({names})"  # noqa: S608
    return Check(number, "open", query)


def _privilege(
    number: str, privilege: str, status: Status = "open", more: str = ""
) -> Check:
    # The owner's own rights are the subject of L73.
    query = (
        "SELECT DISTINCT login || ': ' || shown FROM acting a, guarded g WHERE"  # noqa: S608
        f" relkind IN ('r', 'p') AND a.oid <> relowner {more}"
        f" AND has_table_privilege(a.oid, g.oid, '{privilege}')"
    )
    return Check(number, status, query)


_FILES = (
    "SELECT DISTINCT login || ': ' || p.oid::regprocedure FROM acting a, pg_proc p"
    " WHERE pronamespace = 'pg_catalog'::regnamespace AND proname IN ('pg_read_file',"
    " 'pg_read_binary_file', 'lo_import', 'lo_export')"
    " AND has_function_privilege(a.oid, p.oid, 'EXECUTE')"
)
_UNIQUE = "AND EXISTS (SELECT FROM pg_index WHERE indrelid = g.oid AND indisunique)"
_SHADOWS = (
    "SELECT DISTINCT login || ': ' || conrelid::regclass FROM acting a, pg_constraint"
    " WHERE contype = 'f' AND {end} IN (SELECT oid FROM guarded) {more}"
    " AND has_table_privilege(a.oid, {other}, '{privilege}')"
)
_SERVERS = (
    "SELECT DISTINCT login || ': ' || s.srvname FROM acting a, pg_foreign_server s"
    " JOIN pg_user_mappings m USING (srvname) WHERE"
    " has_server_privilege(a.oid, s.oid, 'USAGE') AND (umuser = 0 OR umuser = a.oid)"
)
_DEFAULTS = (
    "SELECT DISTINCT coalesce(a.login, 'PUBLIC') || ': tables of ' ||"
    " defaclrole::regrole FROM pg_default_acl d, aclexplode(defaclacl) x"
    " LEFT JOIN acting a ON a.oid = x.grantee WHERE defaclobjtype = 'r'"
    " AND privilege_type = 'SELECT' AND x.grantee <> defaclrole"
    " AND (x.grantee = 0 OR a.oid IS NOT NULL)"
    " AND defaclrole IN (SELECT relowner FROM guarded) AND (defaclnamespace = 0 OR"
    " defaclnamespace IN (SELECT relnamespace FROM guarded))"
)
_DEFINERS = (
    "SELECT DISTINCT login || ': ' || p.oid::regprocedure FROM acting a, pg_proc p"
    " JOIN pg_roles o ON o.oid = proowner WHERE prosecdef AND p.oid >= 16384"
    " AND has_function_privilege(a.oid, p.oid, 'EXECUTE')"
    " AND has_schema_privilege(a.oid, pronamespace, 'USAGE') AND {owner}"
)
_PASSES = "(o.rolsuper OR o.rolbypassrls)"
_LOGS = (
    "SELECT name || ' = ' || setting FROM pg_settings WHERE (name = 'log_statement' AND"
    " setting IN ('all', 'mod')) OR (name = 'log_min_duration_statement' AND"
    " setting <> '-1') OR (name IN ('pgaudit.log_parameter',"
    " 'auto_explain.log_analyze') AND setting = 'on') OR (name = 'pgaudit.log' AND"
    " setting <> 'none')"
)
_SAMPLED = (
    "SELECT DISTINCT stxrelid::regclass::text FROM pg_statistic_ext"
    " WHERE stxrelid IN (SELECT oid FROM guarded)"
)
_PUBLISHED = (
    "SELECT pubname || ': ' || shown FROM pg_publication_tables JOIN guarded g"
    " ON relname = tablename"
    " AND relnamespace = quote_ident(schemaname)::regnamespace"
)
_READS = "SELECT DISTINCT login || ': ' || shown FROM acting a, guarded g WHERE"
_SELECTS = f"{_READS} has_any_column_privilege(a.oid, g.oid, 'SELECT')"

CHECKS = (
    Check("L2", "open", "SELECT login FROM outside WHERE rolsuper AND oid <> 10"),
    # The role that owns the catalogue can't stop being a superuser.
    Check("L2", "named", "SELECT login FROM outside WHERE rolsuper AND oid = 10"),
    _attribute("L3", "rolbypassrls"),
    _attribute("L5", "rolcreaterole", until=160000),
    Check(
        "L7",
        "open",
        "SELECT DISTINCT login || ': ' || rolname FROM acting"
        " WHERE rolname = ANY(%(inside)s) OR rolname = 'ringfence_inside'",
    ),
    Check(
        "L9",
        "named",
        "SELECT 'line ' || line_number || ': ' || auth_method FROM pg_hba_file_rules"
        " WHERE auth_method IN ('trust', 'peer', 'ident', 'ldap')",
    ),
    Check("L12b", "untried", _DEFINERS.replace("{owner}", _PASSES)),
    _privilege("L21b", "TRIGGER"),
    Check("L23", "named", _SERVERS),
    _predefined("L26", "pg_execute_server_program", "pg_write_server_files"),
    Check(
        "L27",
        "named",
        "SELECT login || ': ' || nspname FROM acting a, pg_namespace n WHERE nspname IN"
        " ('cron', 'pgagent') AND has_schema_privilege(a.oid, n.oid, 'USAGE')",
    ),
    Check(
        "L30",
        "open",
        "SELECT DISTINCT login || ': ' || p.oid::regprocedure FROM acting a, pg_proc p"
        " WHERE proleakproof AND p.oid >= 16384"
        " AND has_function_privilege(a.oid, p.oid, 'EXECUTE')",
    ),
    Check("L31", "named", _SELECTS),
    Check("L32", "named", _SELECTS),
    _privilege("L33", "INSERT", "named", _UNIQUE),
    _privilege("L34", "INSERT", "named", _UNIQUE),
    Check(
        "L35",
        "named",
        _SHADOWS.replace("{end}", "confrelid")
        .replace("{other}", "conrelid")
        .replace("{privilege}", "INSERT")
        .replace("{more}", ""),
    ),
    Check("L36", "named", "SELECT shown FROM guarded"),
    Check(
        "L37",
        "named",
        "SELECT DISTINCT login || ': ' || objid::regclass FROM acting a, pg_depend JOIN"
        " pg_class s ON s.oid = objid AND s.relkind = 'S' WHERE refobjid IN (SELECT oid"
        " FROM guarded) AND has_sequence_privilege(a.oid, s.oid, 'SELECT, USAGE')",
    ),
    Check(
        "L38",
        "named",
        "SELECT DISTINCT shown FROM guarded g JOIN pg_policy ON polrelid = g.oid",
    ),
    Check("L40", "named", "SELECT shown FROM guarded"),
    Check("L41", "named", _SAMPLED),
    Check(
        "L42",
        "named",
        _SHADOWS.replace("{end}", "conrelid")
        .replace("{other}", "confrelid")
        .replace("{privilege}", "DELETE")
        .replace("{more}", "AND confdeltype IN ('c', 'n', 'd')"),
    ),
    _privilege("L43", "TRUNCATE"),
    _privilege("L46", "REFERENCES"),
    _attribute("L52", "rolreplication"),
    Check("L54", "named", _PUBLISHED),
    Check(
        "L55", "named", "SELECT pubname::text FROM pg_publication WHERE puballtables"
    ),
    _predefined("L56", "pg_create_subscription"),
    Check(
        "L57",
        "named",
        "SELECT application_name FROM pg_stat_replication"
        " UNION ALL SELECT slot_name FROM pg_replication_slots",
    ),
    Check(
        "L60",
        "open",
        "SELECT DISTINCT login || ' as ' || rolname FROM acting, pg_database d"
        " WHERE rolcreatedb AND datname = current_database() AND datistemplate",
    ),
    _predefined("L61", "pg_read_server_files"),
    Check("L62", "open", _FILES),
    _predefined("L63", "pg_monitor", "pg_read_all_stats"),
    Check("L64", "named", _LOGS),
    Check(
        "L66",
        "named",
        "SELECT name FROM pg_settings WHERE name = 'lo_compat_privileges'"
        " AND setting = 'on'",
    ),
    Check(
        "L66b",
        "named",
        "SELECT m.oid::text FROM pg_largeobject_metadata m, aclexplode(lomacl) x"
        " WHERE grantee = 0 OR grantee IN (SELECT oid FROM acting)",
    ),
    Check("L72", "open", _DEFAULTS),
    Check(
        "L73",
        "open",
        "SELECT DISTINCT login || ': ' || shown FROM acting a, guarded g"
        " WHERE relowner = a.oid",
    ),
)
_NAMED_BY = {probe.number: probe for probe in PROBES}
_FEW = 5


def checked(
    connection: psycopg.Connection, wanted: Wanted, found: list[Target]
) -> Iterator[Result]:
    """Yield what the catalogue says of each pitfall."""
    given: dict[str, object] = {
        "outside": list(wanted.outside),
        "inside": list(wanted.inside),
        "tables": [t.oid for t in found if t.protected],
    }
    for check in CHECKS:
        if connection.info.server_version < check.until:
            yield _result(connection, check, given)


def _result(
    connection: psycopg.Connection,
    check: Check,
    given: dict[str, object],
) -> Result:
    probe = _NAMED_BY[check.number]
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SET TRANSACTION READ ONLY")
            rows = connection.execute(
                (_OUTSIDE + check.query).encode(), given
            ).fetchall()
    except psycopg.Error as error:
        after = Tried(crossed=None, how="catalogue", why=said_by(error))
        return _told(check, "untried", after, "")
    names = sorted({str(name) for (name,) in rows})
    if not names:
        closed: Status = "not-applicable" if check.found == "named" else "closed"
        why = "" if closed == "closed" else "the catalogue holds nothing of it"
        return _told(check, closed, Tried(crossed=False, how="catalogue", why=why), "")
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    unknown = check.found == "untried"
    after = Tried(
        crossed=None if unknown else True,
        how="catalogue",
        saw="" if unknown else probe.title,
        why="what it does can't be tried without calling it" if unknown else "",
    )
    return _told(check, check.found, after, ", ".join(names[:_FEW]) + more)


def _told(check: Check, status: Status, after: Tried, where: str) -> Result:
    probe = _NAMED_BY[check.number]
    return Result(
        number=check.number,
        group=probe.group,
        title=probe.title,
        status=status,
        change=probe.closes,
        after=after,
        where=where,
    )
