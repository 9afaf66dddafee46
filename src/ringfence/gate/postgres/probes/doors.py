"""Doors: what is read as somebody else (views, functions, rules, children, copies)."""

from __future__ import annotations

from ringfence.gate.postgres.probes.probe import Holding, Probe

_BODY = "SELECT email FROM {copy}.profile"
_READER = "CREATE FUNCTION {copy}.door() RETURNS SETOF text LANGUAGE sql"
_CALL = "SELECT * FROM {copy}.door()"
_SUPER = "ALTER ROLE {rol} SUPERUSER"


def _view(number: str, title: str, owner: str, *more: str, **change: str) -> Probe:
    made = (
        f"CREATE VIEW {{copy}}.door AS {_BODY}",
        f"ALTER VIEW {{copy}}.door OWNER TO {owner}",
        "GRANT SELECT ON {copy}.door TO {out}",
    )
    return Probe(
        number=number,
        group="doors",
        title=title,
        setup=(*more, *made),
        attack=("SELECT * FROM {copy}.door",),
        closes=change.get("closes", "row security that judges the login, with FORCE"),
    )


def _function(number: str, title: str, owner: str, *more: str, closes: str) -> Probe:
    made = (
        f"{_READER} SECURITY DEFINER AS '{_BODY}'",
        f"ALTER FUNCTION {{copy}}.door() OWNER TO {owner}",
    )
    return Probe(
        number=number,
        group="doors",
        title=title,
        setup=(*more, *made),
        attack=(_CALL,),
        closes=closes,
    )


_COPIED = (
    "INSERT INTO {copy}.twin SELECT * FROM {copy}.profile",
    "GRANT SELECT ON {copy}.twin TO {out}",
)
_CHILDREN = (
    "ALTER TABLE {copy}.journal OWNER TO {own}",
    "ALTER TABLE {copy}.journal ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY rest ON {copy}.journal USING (region <> 'US')",
    "ALTER TABLE {copy}.journal_us OWNER TO {own}",
    "INSERT INTO {copy}.journal_us VALUES ('US', '{canary}')",
    "GRANT SELECT ON {copy}.journal, {copy}.journal_us TO {out}",
)

DOORS = (
    _view("L10", "a view reads as its owner, whom row security doesn't bind", "{own}"),
    _view(
        "L10b",
        "a view that a superuser owns passes row security for all who may read it",
        "{rol}",
        _SUPER,
        closes="ALTER VIEW ... SET (security_invoker = true), or REVOKE",
    ),
    _view("L11", "a view owned by a cleared role: policies follow its owner", "{inn}"),
    _function(
        "L12",
        "a SECURITY DEFINER function reads as its owner, and PUBLIC may call it",
        "{own}",
        closes="row security that judges the login; REVOKE EXECUTE ... FROM PUBLIC",
    ),
    _function(
        "L12b",
        "a SECURITY DEFINER function of a superuser passes row security",
        "{rol}",
        _SUPER,
        closes="REVOKE EXECUTE ON FUNCTION ... FROM PUBLIC and from all outside",
    ),
    _function(
        "L12c",
        "a SECURITY DEFINER function of a role with BYPASSRLS passes row security",
        "{rol}",
        "ALTER ROLE {rol} BYPASSRLS",
        "GRANT USAGE ON SCHEMA {copy} TO {rol}",
        "GRANT SELECT ON {copy}.profile TO {rol}",
        closes="ALTER ROLE ... NOBYPASSRLS, or REVOKE EXECUTE",
    ),
    Probe(
        number="L13",
        group="doors",
        title="a SECURITY DEFINER function without its own search_path calls a trojan",
        setup=(
            "CREATE FUNCTION {copy}.note() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            (
                "CREATE FUNCTION {copy}.door() RETURNS int LANGUAGE plpgsql"
                " SECURITY DEFINER"
                " AS 'BEGIN RETURN note(); END'"
            ),
            "ALTER FUNCTION {copy}.door() OWNER TO {inn}",
            "GRANT USAGE ON SCHEMA {play} TO {inn}",
        ),
        attack=(
            (
                "CREATE FUNCTION {play}.note() RETURNS int LANGUAGE plpgsql AS $$ BEGIN"
                " RAISE NOTICE '%', (SELECT max(email) FROM {copy}.profile"
                " WHERE region = 'US'); RETURN 1; END $$"
            ),
            "SET search_path = {play}, {copy}",
            "SELECT {copy}.door()",
        ),
        closes="ALTER FUNCTION ... SET search_path; row security that judges the login",
    ),
    Probe(
        number="L14",
        group="doors",
        title="a policy that asks for current_user meets the owner of the function",
        setup=(
            "DROP POLICY cleared ON {copy}.profile",
            (
                "CREATE POLICY cleared ON {copy}.profile"
                " USING (pg_has_role(current_user, '{insider_name}', 'member'))"
            ),
            f"{_READER} SECURITY DEFINER AS '{_BODY}'",
            "ALTER FUNCTION {copy}.door() OWNER TO {inn}",
        ),
        attack=(_CALL,),
        closes="ask for session_user as well",
    ),
    Probe(
        number="L15",
        group="doors",
        title="a materialized view has no row security",
        setup=(
            f"CREATE MATERIALIZED VIEW {{copy}}.door AS {_BODY}",
            "ALTER MATERIALIZED VIEW {copy}.door OWNER TO {own}",
            "GRANT SELECT ON {copy}.door TO {out}",
        ),
        attack=("SELECT * FROM {copy}.door",),
        closes="REVOKE SELECT on the materialized view",
    ),
    Probe(
        number="L16",
        group="doors",
        title="a copy by CREATE TABLE AS has no row security of its own",
        setup=(
            "CREATE TABLE {copy}.twin AS SELECT * FROM {copy}.profile",
            "ALTER TABLE {copy}.twin OWNER TO {own}",
            "GRANT SELECT ON {copy}.twin TO {out}",
        ),
        attack=("SELECT * FROM {copy}.twin",),
        holdings=(Holding("twin"),),
        closes="row security on the copy, or REVOKE",
    ),
    Probe(
        number="L16b",
        group="doors",
        title="a copy by SELECT INTO that nobody has declared",
        setup=(
            "SELECT * INTO {copy}.twin FROM {copy}.profile",
            "GRANT SELECT ON {copy}.twin TO {out}",
        ),
        attack=("SELECT * FROM {copy}.twin",),
        closes="declare the copy in the estate (classification, lineage), or drop it",
        closable=False,
    ),
    Probe(
        number="L17",
        group="doors",
        title="LIKE ... INCLUDING ALL copies no row security",
        setup=(
            "CREATE TABLE {copy}.twin (LIKE {copy}.profile INCLUDING ALL)",
            "ALTER TABLE {copy}.twin OWNER TO {own}",
            *_COPIED,
        ),
        attack=("SELECT * FROM {copy}.twin",),
        holdings=(Holding("twin"),),
        closes="row security on the copy, or REVOKE",
    ),
    Probe(
        number="L18",
        group="doors",
        title="a partition read by its own name doesn't know its parent's row security",
        setup=(
            (
                "CREATE TABLE {copy}.journal (region text, email text)"
                " PARTITION BY LIST (region)"
            ),
            (
                "CREATE TABLE {copy}.journal_us PARTITION OF {copy}.journal"
                " FOR VALUES IN ('US')"
            ),
            *_CHILDREN,
        ),
        attack=("SELECT email FROM {copy}.journal_us",),
        holdings=(Holding("journal"),),
        closes="row security on each partition, or REVOKE",
    ),
    Probe(
        number="L19",
        group="doors",
        title="an inheriting table read by its own name isn't bound by its parent's",
        setup=(
            "CREATE TABLE {copy}.journal (region text, email text)",
            "CREATE TABLE {copy}.journal_us () INHERITS ({copy}.journal)",
            *_CHILDREN,
        ),
        attack=("SELECT email FROM {copy}.journal_us",),
        holdings=(Holding("journal"),),
        closes="row security on each child, or REVOKE",
    ),
    Probe(
        number="L20",
        group="doors",
        title="a rule reads as the owner of its table",
        setup=(
            "CREATE TABLE {copy}.inbox (id int)",
            "CREATE TABLE {copy}.outbox (email text)",
            "ALTER TABLE {copy}.inbox OWNER TO {own}",
            "ALTER TABLE {copy}.outbox OWNER TO {own}",
            (
                "CREATE RULE forward AS ON INSERT TO {copy}.inbox DO ALSO"
                " INSERT INTO {copy}.outbox SELECT email FROM {copy}.profile"
            ),
            "GRANT INSERT ON {copy}.inbox TO {out}",
            "GRANT SELECT ON {copy}.outbox TO {out}",
        ),
        attack=(
            "INSERT INTO {copy}.inbox VALUES (1)",
            "SELECT email FROM {copy}.outbox",
        ),
        closes="row security that judges the login, with FORCE",
    ),
    Probe(
        number="S4",
        group="doors",
        title="a security_invoker view reads as whoever asks",
        setup=(
            f"CREATE VIEW {{copy}}.door WITH (security_invoker) AS {_BODY}",
            "ALTER VIEW {copy}.door OWNER TO {own}",
            "GRANT SELECT ON {copy}.door TO {out}",
        ),
        attack=("SELECT * FROM {copy}.door",),
    ),
)
