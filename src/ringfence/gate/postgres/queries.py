"""The catalogue queries of the gate, one for each part, all by name.

What differs between versions is asked of the catalogue itself, never guessed from a
version number. Nothing here is built from input.
"""

# ruff: noqa: S608 (queries are built from this module's own constants, never from input)

from __future__ import annotations

# Catalogue relations that hold data or secrets of everybody.
EXPOSING = (
    "pg_authid",
    "pg_largeobject",
    "pg_statistic",
    "pg_statistic_ext_data",
    "pg_subscription",
    "pg_user_mapping",
)
SETTINGS = (
    "auto_explain.log_min_duration",
    "lo_compat_privileges",
    "log_min_duration_statement",
    "log_parameter_max_length",
    "log_statement",
    "max_wal_senders",
    "pgaudit.log_parameter",
    "row_security",
    "session_preload_libraries",
    "shared_preload_libraries",
    "wal_level",
)
_OURS = r"n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
_EXPOSED = f"""(n.nspname = 'pg_catalog' AND c.relname IN
  ({", ".join(f"'{name}'" for name in EXPOSING)}))"""


def _name(oid: str) -> str:
    return f"CASE WHEN {oid} = 0 THEN '' ELSE pg_get_userbyid({oid}) END"


def _listed(acl: str) -> str:
    """Return an expression for an access list, in the server's own order."""
    return f"""coalesce((
      SELECT json_agg(json_build_array({_name("x.grantee")}, {_name("x.grantor")},
               x.privilege_type, x.is_grantable) ORDER BY x.ordinality)
      FROM aclexplode({acl}) WITH ORDINALITY AS x), '[]')"""


def _acl(column: str, kind: str, owner: str) -> str:
    return _listed(f"coalesce({column}, acldefault({kind}, {owner}))")


_RELATION = "n.nspname || '.' || c.relname"
_SQL = "quote_ident(n.nspname) || '.' || quote_ident(c.relname)"


def _named(oid: str) -> str:
    return f"""(SELECT n.nspname || '.' || c.relname FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {oid})"""


DATABASE = f"""
SELECT d.datname AS database, pg_get_userbyid(d.datdba) AS owner,
       {_acl("d.datacl", "'d'", "d.datdba")} AS acl, d.datistemplate AS template
FROM pg_database d WHERE d.datname = current_database()"""

ROLES = """
SELECT rolname AS name, rolcanlogin AS login, rolsuper AS superuser,
       rolinherit AS inherit, rolcreaterole AS createrole, rolcreatedb AS createdb,
       rolreplication AS replication, rolbypassrls AS bypassrls,
       coalesce(rolvaliduntil::text, '') AS until
FROM pg_roles ORDER BY rolname"""

_MEMBERS = """
SELECT pg_get_userbyid(m.roleid) AS role, pg_get_userbyid(m.member) AS member,
       pg_get_userbyid(m.grantor) AS grantor, m.admin_option AS admin, {options}
FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member ORDER BY 1, 2, 3"""
HAS_OPTIONS = """
SELECT EXISTS (SELECT FROM pg_attribute WHERE attname = 'inherit_option'
  AND attrelid = 'pg_auth_members'::regclass) AS found"""
MEMBERSHIPS = {
    True: _MEMBERS.format(options="m.inherit_option AS inherit, m.set_option AS set"),
    # Before 16 inheriting was the member's own attribute, and SET ROLE always allowed.
    False: _MEMBERS.format(options="r.rolinherit AS inherit, true AS set"),
}

SCHEMAS = f"""
SELECT n.nspname AS name, quote_ident(n.nspname) AS sql,
       pg_get_userbyid(n.nspowner) AS owner, {_acl("n.nspacl", "'n'", "n.nspowner")}
         AS acl
FROM pg_namespace n WHERE {_OURS} ORDER BY 1"""

# Whoever owns an enum may rename its values, and give it a cast to text of his own.
_MAKERS = """CASE WHEN a.atttypid < 16384 THEN '{}'::name[] ELSE ARRAY(
         WITH RECURSIVE t AS (
           SELECT y.oid, y.typbasetype, y.typowner FROM pg_type y
             WHERE y.oid = a.atttypid
           UNION SELECT y.oid, y.typbasetype, y.typowner
             FROM t JOIN pg_type y ON y.oid = t.typbasetype)
         SELECT pg_get_userbyid(t.typowner) FROM t WHERE t.oid >= 16384
         UNION SELECT pg_get_userbyid(p.proowner) FROM t JOIN pg_cast k
           ON k.castsource = t.oid AND k.casttarget = 'text'::regtype
           JOIN pg_proc p ON p.oid = k.castfunc WHERE p.oid >= 16384
         ORDER BY 1) END"""

COLUMNS = f"""
SELECT {_RELATION} AS relation, a.attname AS name, quote_ident(a.attname) AS sql,
       format_type(a.atttypid, NULL) AS type, {_listed("a.attacl")} AS acl,
       {_MAKERS} AS makers
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND ({_OURS} OR {_EXPOSED})
ORDER BY 1, a.attnum"""

RELATIONS = f"""
SELECT {_RELATION} AS name, {_SQL} AS sql, n.nspname AS schema, c.relkind AS kind,
       pg_get_userbyid(c.relowner) AS owner,
       {
    _acl(
        "c.relacl",
        '''(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char"''',
        "c.relowner",
    )
} AS acl,
       c.relrowsecurity AS secured, c.relforcerowsecurity AS forced,
       coalesce(c.reloptions, '{{}}') AS options,
       ARRAY(SELECT {_named("i.inhparent")} FROM pg_inherits i
             WHERE i.inhrelid = c.oid ORDER BY i.inhseqno) AS parents,
       ARRAY(SELECT DISTINCT {_named("d.refobjid")}
             FROM pg_rewrite w JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass
               AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
               AND d.refobjid <> c.oid
             WHERE w.ev_class = c.oid AND c.relkind IN ('v', 'm') ORDER BY 1) AS reads,
       CASE WHEN c.relkind IN ('v', 'm')
            THEN encode(sha256(convert_to(pg_get_viewdef(c.oid), 'UTF8')), 'hex')
            ELSE '' END AS body,
       c.relreplident AS identity,
       coalesce((SELECT {_named("d.refobjid")} FROM pg_depend d
         WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid
           AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
         LIMIT 1), '') AS serves
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ({_OURS} OR {_EXPOSED})
ORDER BY 1"""

POLICIES = f"""
SELECT {_RELATION} AS relation, p.polname AS name, p.polpermissive AS permissive,
       CASE p.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT'
         WHEN 'w' THEN 'UPDATE' ELSE 'DELETE' END AS command,
       ARRAY(SELECT {_name("o")} FROM unnest(p.polroles) AS o ORDER BY 1) AS roles,
       coalesce(pg_get_expr(p.polqual, p.polrelid), '') AS using,
       coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') AS check
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY 1, 2"""

# Of PostgreSQL's own, the functions that aren't everybody's from the start.
FUNCTIONS = f"""
SELECT p.oid::regprocedure::text AS name, n.nspname AS schema,
       pg_get_userbyid(p.proowner) AS owner, p.prosecdef AS definer,
       p.proleakproof AS leakproof, l.lanname AS language,
       {_acl("p.proacl", "'f'", "p.proowner")} AS acl,
       coalesce(p.proconfig, '{{}}') AS config,
       encode(sha256(convert_to(coalesce(pg_get_function_sqlbody(p.oid), p.prosrc),
                                'UTF8')), 'hex') AS body,
       coalesce((SELECT e.extname FROM pg_depend d JOIN pg_extension e
         ON e.oid = d.refobjid WHERE d.classid = 'pg_proc'::regclass
         AND d.objid = p.oid AND d.refclassid = 'pg_extension'::regclass
         AND d.deptype = 'e' LIMIT 1), '') AS extension
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
WHERE p.prokind <> 'a' AND ({_OURS} OR p.proacl IS NOT NULL)
ORDER BY 1"""

TRIGGERS = f"""
SELECT {_RELATION} AS relation, t.tgname AS name, f.oid::regprocedure::text AS function,
       pg_get_userbyid(f.proowner) AS owner, f.prosecdef AS definer,
       pg_get_triggerdef(t.oid) AS text, t.tgenabled AS enabled
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_proc f ON f.oid = t.tgfoid
WHERE NOT t.tgisinternal
UNION ALL
SELECT {_RELATION}, w.rulename, '', pg_get_userbyid(c.relowner), true,
       pg_get_ruledef(w.oid), w.ev_enabled
FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE w.rulename <> '_RETURN' AND {_OURS}
ORDER BY 1, 2"""

PUBLICATIONS = f"""
SELECT p.pubname AS name, pg_get_userbyid(p.pubowner) AS owner, p.puballtables AS every,
       ARRAY(SELECT n.nspname FROM pg_publication_namespace s
             JOIN pg_namespace n ON n.oid = s.pnnspid WHERE s.pnpubid = p.oid
             ORDER BY 1) AS schemas,
       coalesce((SELECT json_agg(json_build_object(
           'relation', {_RELATION},
           'columns', ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum = ANY (r.prattrs)
             ORDER BY a.attnum),
           'where', coalesce(pg_get_expr(r.prqual, r.prrelid), ''))
         ORDER BY {_RELATION})
         FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE r.prpubid = p.oid), '[]') AS tables,
       ARRAY_REMOVE(ARRAY[CASE WHEN p.pubinsert THEN 'insert' END,
         CASE WHEN p.pubupdate THEN 'update' END,
         CASE WHEN p.pubdelete THEN 'delete' END,
         CASE WHEN p.pubtruncate THEN 'truncate' END], NULL) AS operations
FROM pg_publication p ORDER BY 1"""

SUBSCRIPTIONS = """
SELECT subname AS name, pg_get_userbyid(subowner) AS owner, subenabled AS enabled,
       subpublications AS publications
FROM pg_subscription JOIN pg_database d ON d.oid = subdbid
WHERE d.datname = current_database() ORDER BY 1"""

EXTENSIONS = """
SELECT extname AS name, extversion AS version, n.nspname AS schema
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY 1"""

SERVERS = f"""
SELECT s.srvname AS name, w.fdwname AS wrapper, pg_get_userbyid(s.srvowner) AS owner,
       {_acl("s.srvacl", "'S'", "s.srvowner")} AS acl,
       ARRAY(SELECT u.usename FROM (SELECT CASE WHEN umuser = 0 THEN ''
               ELSE usename END AS usename FROM pg_user_mappings
               WHERE srvid = s.oid) u ORDER BY 1) AS mapped
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
ORDER BY 1"""

DEFAULTS = f"""
SELECT pg_get_userbyid(d.defaclrole) AS role, coalesce(n.nspname, '') AS schema,
       d.defaclobjtype AS kind, {_listed("d.defaclacl")} AS acl
FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
ORDER BY 1, 2, 3"""

EVENT_TRIGGERS = """
SELECT evtname AS name, evtevent AS event, evtfoid::regprocedure::text AS function,
       evtenabled AS enabled FROM pg_event_trigger ORDER BY 1"""

SESSION_SETTINGS = """
SELECT coalesce(d.datname, '') AS database, coalesce(r.rolname, '') AS role,
       s.setconfig AS config
FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase
LEFT JOIN pg_roles r ON r.oid = s.setrole ORDER BY 1, 2"""

# An index is found by its operators, and an expression's value by its functions: both
# have to be leakproof, or row security comes first and the index isn't used.
INDEXES = f"""
SELECT {_RELATION} AS relation, x.relname AS name, pg_get_indexdef(x.oid) AS text,
       i.indisunique AS unique,
       ARRAY(
         SELECT DISTINCT o.oprname || '(' || format_type(o.oprleft, NULL) || ')'
         FROM unnest(i.indclass::oid[]) AS u JOIN pg_opclass k ON k.oid = u
         JOIN pg_amop m ON m.amopfamily = k.opcfamily AND m.amoplefttype = k.opcintype
           AND m.amoprighttype = k.opcintype AND m.amoppurpose = 's'
         JOIN pg_operator o ON o.oid = m.amopopr JOIN pg_proc f ON f.oid = o.oprcode
         WHERE NOT f.proleakproof
         UNION
         SELECT f.proname || '()'
         FROM regexp_matches(coalesce(i.indexprs::text, ''),
                             ':(?:funcid|opfuncid) (\\d+)', 'g') AS g
         JOIN pg_proc f ON f.oid = (g[1])::oid WHERE NOT f.proleakproof
         ORDER BY 1) AS loud
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} ORDER BY 1, 2"""

KEYS = f"""
SELECT {_RELATION} AS relation, k.conname AS name, {_named("k.confrelid")} AS other,
       k.confdeltype AS deletes
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 ORDER BY 1, 2"""

LARGE = f"""
SELECT l.oid::int8 AS number, pg_get_userbyid(l.lomowner) AS owner,
       {_listed("l.lomacl")} AS acl
FROM pg_largeobject_metadata l
WHERE EXISTS (SELECT FROM aclexplode(l.lomacl) x WHERE x.grantee <> l.lomowner)
ORDER BY 1 LIMIT 10000"""

HBA = """
SELECT concat_ws(' ', type, array_to_string(database, ','),
                 array_to_string(user_name, ','), address, netmask, auth_method) AS name
FROM pg_hba_file_rules
WHERE error IS NULL AND auth_method IN ('trust', 'peer', 'ident') ORDER BY 1"""

CHOSEN = "SELECT name, setting FROM pg_settings WHERE name = ANY (%(names)s) ORDER BY 1"
