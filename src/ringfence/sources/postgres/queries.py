"""The catalogue queries, one for each part of a snapshot.

Each works for a role that may do nothing but connect, and on 15 to 18: what differs
between versions is asked of the catalogue itself, never guessed from a version number.
"""

# ruff: noqa: S608 (queries are built from this module's own constants, never from input)

from __future__ import annotations

# What a catalogue may lack: name of the feature, catalogue, column.
FEATURES = (
    ("grant_options", "pg_auth_members", "inherit_option"),
    ("membership_oid", "pg_auth_members", "oid"),
)

# Catalogue relations that hold data or secrets of everybody.
EXPOSING = (
    "pg_authid",
    "pg_largeobject",
    "pg_statistic",
    "pg_statistic_ext_data",
    "pg_subscription",
    "pg_user_mapping",
)

# Functions that read or write the server's files, whoever may call them.
FILE_FUNCTIONS = (
    "pg_read_file",
    "pg_read_binary_file",
    "lo_import",
    "lo_export",
)

SETTINGS = (
    "lo_compat_privileges",
    "max_replication_slots",
    "max_wal_senders",
    "row_security",
    "session_preload_libraries",
    "shared_preload_libraries",
    "wal_level",
)


def _acl(column: str, kind: str, owner: str) -> str:
    """Return an expression for an access list, NULL replaced by its defaults.

    Rows are spelled as JSON, so that one adapter serves every server version.
    """
    list_ = f"coalesce({column}, acldefault('{kind}', {owner}))"
    return _as_json(list_)


def _as_json(list_: str) -> str:
    return f"""coalesce((
      SELECT json_agg(json_build_array(x.grantee::int8, x.privilege_type,
                                       x.is_grantable)
                      ORDER BY x.grantee, x.privilege_type, x.is_grantable)
      FROM aclexplode({list_}) AS x), '[]')"""


_OURS = r"""n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"""

DATABASE = f"""
SELECT d.oid::int8 AS oid, d.datname AS name, d.datdba::int8 AS owner,
       {_acl("d.datacl", "d", "d.datdba")} AS acl,
       ARRAY(SELECT o.datname FROM pg_database o
             WHERE o.datallowconn AND o.oid <> d.oid AND o.datname !~ '^template[01]$'
             ORDER BY 1) AS others
FROM pg_database d WHERE d.datname = current_database()"""

ROLES = """
SELECT oid::int8 AS oid, rolname AS name, rolsuper AS superuser, rolinherit AS inherit,
       rolcreaterole AS createrole, rolcanlogin AS login, rolreplication AS replication,
       rolbypassrls AS bypass_rls
FROM pg_roles ORDER BY oid"""

MEMBERSHIPS = {
    True: """
SELECT oid::int8 AS oid, roleid::int8 AS role, member::int8 AS member,
       admin_option AS admin, inherit_option AS inherit, set_option AS set
FROM pg_auth_members ORDER BY roleid, member, grantor""",
    # Before 16 inheriting was the member's own attribute, and SET ROLE always allowed.
    False: """
SELECT 0::int8 AS oid, m.roleid::int8 AS role, m.member::int8 AS member,
       m.admin_option AS admin, r.rolinherit AS inherit, true AS set
FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
ORDER BY m.roleid, m.member, m.grantor""",
}

SCHEMAS = f"""
SELECT n.oid::int8 AS oid, n.nspname AS name, n.nspowner::int8 AS owner,
       {_acl("n.nspacl", "n", "n.nspowner")} AS acl
FROM pg_namespace n
WHERE {_OURS} OR n.nspname IN ('pg_catalog', 'information_schema')
ORDER BY n.oid"""

RELATIONS = f"""
SELECT c.oid::int8 AS oid, c.relname AS name, c.relnamespace::int8 AS schema,
       c.relkind::text AS kind, c.relowner::int8 AS owner,
       c.relpersistence::text AS persistence,
       {_acl("c.relacl", "r", "c.relowner")} AS acl,
       c.relrowsecurity AS row_security, c.relforcerowsecurity AS force_row_security,
       coalesce((SELECT o.option_value::boolean FROM pg_options_to_table(c.reloptions) o
                 WHERE o.option_name = 'security_invoker'), false) AS security_invoker,
       c.relispopulated AS populated,
       CASE WHEN c.relkind = 'v' THEN pg_relation_is_updatable(c.oid, false) ELSE 28 END
         AS auto_updatable,
       CASE WHEN c.relkind = 'v' THEN pg_relation_is_updatable(c.oid, true) ELSE 28 END
         AS updatable,
       ARRAY(SELECT i.inhparent::int8 FROM pg_inherits i
             WHERE i.inhrelid = c.oid AND NOT i.inhdetachpending
             ORDER BY i.inhseqno) AS parents,
       c.relispartition AS partition
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND ({_OURS} OR (n.nspname = 'pg_catalog' AND c.relname = ANY (%(exposing)s)))
ORDER BY c.oid"""

COLUMNS = f"""
SELECT a.attrelid::int8 AS relation, a.attnum::int4 AS number, a.attname AS name,
       format_type(a.atttypid, a.atttypmod) AS type,
       {_as_json("a.attacl")} AS acl
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND ({_OURS} OR (n.nspname = 'pg_catalog' AND c.relname = ANY (%(exposing)s)))
ORDER BY a.attrelid, a.attnum"""

RULES = f"""
SELECT r.oid::int8 AS oid, r.rulename AS name, r.ev_class::int8 AS relation,
       r.ev_type = '1' AND r.is_instead AND c.relkind IN ('v', 'm') AS is_view,
       r.ev_enabled <> 'D' AS enabled, r.ev_action::text AS action
FROM pg_rewrite r
JOIN pg_class c ON c.oid = r.ev_class
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} ORDER BY r.oid"""

POLICIES = """
SELECT oid::int8 AS oid, polname AS name, polrelid::int8 AS relation,
       polcmd::text AS command, polpermissive AS permissive, polroles::int8[] AS roles
FROM pg_policy ORDER BY oid"""

# Functions that run as their owner, trigger functions of ours, and parsed bodies (14+):
# those need no privilege on a schema when they run.
_FUNCTION_COLUMNS = f"""
SELECT p.oid::int8 AS oid, p.proname AS name, p.pronamespace::int8 AS schema,
       pg_get_function_identity_arguments(p.oid) AS arguments,
       p.proowner::int8 AS owner, {_acl("p.proacl", "f", "p.proowner")} AS acl,
       p.prosecdef AS definer,
       p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype) AS trigger,
       p.prokind = 'p' AS procedure, p.prorettype = 'void'::regtype AS silent,
       l.lanname AS language,
       coalesce(p.proconfig, '{{}}') AS settings,
       CASE WHEN p.prosqlbody IS NULL AND l.lanname = 'sql' THEN p.prosrc ELSE '' END
         AS body,
       p.prosqlbody::text AS tree
FROM pg_proc p
JOIN pg_language l ON l.oid = p.prolang
JOIN pg_namespace n ON n.oid = p.pronamespace"""

FUNCTIONS = f"""{_FUNCTION_COLUMNS}
WHERE n.nspname !~ '^pg_(temp|toast)'
  AND (p.prosecdef OR (p.prosqlbody IS NOT NULL AND {_OURS}))
ORDER BY p.oid"""

FILES = f"""{_FUNCTION_COLUMNS}
WHERE n.nspname = 'pg_catalog' AND p.proname = ANY (%(file_functions)s)
ORDER BY p.oid"""

LOUD = """
SELECT oid::int8 AS oid FROM pg_proc
WHERE pronamespace = 'pg_catalog'::regnamespace
  AND (provolatile = 'v' OR proparallel <> 's') ORDER BY oid"""

# Functions that something stored calls: a view, a default, a policy, an index, ...
CALLED = """
SELECT DISTINCT refobjid::int8 AS oid FROM pg_depend
WHERE refclassid = 'pg_proc'::regclass AND deptype = 'n' ORDER BY 1"""

TRIGGERS = """
SELECT t.oid::int8 AS oid, t.tgname AS name, t.tgrelid::int8 AS relation,
       t.tgfoid::int8 AS function, t.tgenabled <> 'D' AS enabled
FROM pg_trigger t WHERE NOT t.tgisinternal ORDER BY t.oid"""

PUBLICATIONS = """
SELECT p.oid::int8 AS oid, p.pubname AS name, c.oid::int8 AS relation,
       ARRAY(SELECT a.attnum::int4 FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attname = ANY (t.attnames)
             ORDER BY a.attnum) AS columns,
       t.rowfilter IS NOT NULL AS filtered
FROM pg_publication p
JOIN pg_publication_tables t ON t.pubname = p.pubname
JOIN pg_namespace n ON n.nspname = t.schemaname
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
ORDER BY p.oid, c.oid"""

SUBSCRIPTIONS = """
SELECT s.oid::int8 AS oid, s.subname AS name, s.subowner::int8 AS owner,
       s.subenabled AS enabled,
       ARRAY(SELECT r.srrelid::int8 FROM pg_subscription_rel r WHERE r.srsubid = s.oid
             ORDER BY 1) AS relations
FROM pg_subscription s
WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY s.oid"""

# A connection string holds the password: the server cuts it before it travels.
CONNECTIONS = r"""
SELECT s.oid::int8 AS oid,
       coalesce(substring(s.subconninfo FROM '(?:^|\s)host\s*=\s*(\S+)'), '') AS host,
       coalesce(substring(s.subconninfo FROM '(?:^|\s)port\s*=\s*(\S+)'), '') AS port,
       coalesce(substring(s.subconninfo FROM '(?:^|\s)dbname\s*=\s*(\S+)'), '')
         AS database,
       coalesce(substring(s.subconninfo FROM '(?:^|\s)user\s*=\s*(\S+)'), '') AS user
FROM pg_subscription s ORDER BY s.oid"""


def _option(options: str, name: str) -> str:
    return (
        f"coalesce((SELECT o.option_value FROM pg_options_to_table({options}) o"
        f" WHERE o.option_name = '{name}'), '')"
    )


SERVERS = f"""
SELECT s.oid::int8 AS oid, s.srvname AS name, s.srvowner::int8 AS owner,
       w.fdwname AS wrapper, {_acl("s.srvacl", "S", "s.srvowner")} AS acl,
       {_option("s.srvoptions", "host")} AS host,
       {_option("s.srvoptions", "port")} AS port,
       {_option("s.srvoptions", "dbname")} AS database
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
ORDER BY s.oid"""

MAPPINGS = f"""
SELECT m.umid::int8 AS oid, m.srvid::int8 AS server, m.umuser::int8 AS "user",
       CASE WHEN m.umoptions IS NULL THEN NULL
            ELSE {_option("m.umoptions", "user")} END AS remote_user
FROM pg_user_mappings m ORDER BY m.umid"""

FOREIGN_TABLES = f"""
SELECT t.ftrelid::int8 AS relation, t.ftserver::int8 AS server,
       {_option("t.ftoptions", "schema_name")} AS schema,
       {_option("t.ftoptions", "table_name")} AS table
FROM pg_foreign_table t ORDER BY t.ftrelid"""

LARGE_OBJECTS = f"""
SELECT m.oid::int8 AS oid, m.lomowner::int8 AS owner,
       {_acl("m.lomacl", "L", "m.lomowner")} AS acl
FROM pg_largeobject_metadata m ORDER BY m.oid LIMIT %(large_objects)s"""

COUNT_LARGE_OBJECTS = "SELECT count(*) AS count FROM pg_largeobject_metadata"

DEFAULT_ACLS = f"""
SELECT d.oid::int8 AS oid, d.defaclrole::int8 AS creator,
       d.defaclnamespace::int8 AS schema, {_as_json("d.defaclacl")} AS acl
FROM pg_default_acl d WHERE d.defaclobjtype = 'r' ORDER BY d.oid"""

EXTENSIONS = "SELECT extname AS name FROM pg_extension ORDER BY extname"

LANGUAGES = """
SELECT lanname AS name FROM pg_language
WHERE NOT lanpltrusted AND lanname NOT IN ('internal', 'c') ORDER BY lanname"""

SLOTS = """
SELECT slot_name || ' (' || slot_type || ')' AS name
FROM pg_replication_slots WHERE NOT temporary ORDER BY slot_name"""
