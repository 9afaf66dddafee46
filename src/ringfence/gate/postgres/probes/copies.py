"""Copies: replication, publications, subscriptions, backups, files."""

from __future__ import annotations

from ringfence.gate.postgres.probes.probe import Probe, pooled

_HEAP = "SELECT pg_read_binary_file(pg_relation_filepath('{copy}.profile'))"
_FILE = (
    "CREATE TABLE {play}.loot (line text)",
    "COPY {play}.loot FROM 'PG_VERSION'",
    "SELECT count(*) > 0 FROM {play}.loot",
)
_NO_REPLICATION = "ALTER ROLE ... NOREPLICATION"
_WAL = ("wal_level", "logical")
# What the special tries really send; the report prints it.
_SLOT = (
    "SELECT pg_create_logical_replication_slot('{tag}', 'test_decoding', true)",
    "SELECT data FROM pg_logical_slot_get_changes('{tag}', NULL, NULL)",
)
_PUBLISHED = (
    "SELECT pg_create_logical_replication_slot('{tag}', 'pgoutput', true)",
    (
        "SELECT data FROM pg_logical_slot_get_binary_changes('{tag}', NULL, NULL,"
        " 'proto_version', '1', 'publication_names', '{tag}')"
    ),
)

COPIES = (
    Probe(
        number="L52",
        group="copies",
        title="REPLICATION reads every change from a logical slot, without a grant",
        attack=_SLOT,
        special="slot",
        attribute="REPLICATION",
        setting=_WAL,
        closes=_NO_REPLICATION,
    ),
    Probe(
        number="L53",
        group="copies",
        title="REPLICATION takes a base backup of the whole server",
        attack=("BASE_BACKUP (CHECKPOINT 'fast')",),
        special="backup",
        attribute="REPLICATION",
        closes=_NO_REPLICATION + "; no `replication` line in pg_hba.conf for it",
    ),
    Probe(
        number="L54",
        group="copies",
        title="a publication ignores row security",
        setup=("CREATE PUBLICATION {tag} FOR TABLE {copy}.profile",),
        attack=_PUBLISHED,
        special="published",
        attribute="REPLICATION",
        setting=_WAL,
        closes=_NO_REPLICATION + "; a row filter or column list on the publication",
    ),
    Probe(
        number="L55",
        group="copies",
        title="a publication FOR ALL TABLES takes tables that are made later",
        setup=("CREATE PUBLICATION {tag} FOR ALL TABLES",),
        after=(
            "CREATE TABLE {copy}.later (region text, email text)",
            "INSERT INTO {copy}.later VALUES ('US', '{canary}')",
        ),
        attack=(
            (
                "SELECT count(*) > 0 FROM pg_publication_tables"
                " WHERE pubname = '{tag}' AND schemaname = '{copy_name}'"
                " AND tablename = 'later'"
            ),
        ),
        sees="true",
        closes="name the tables of a publication, with a row filter",
        closable=False,
    ),
    Probe(
        number="L56",
        group="copies",
        title="pg_create_subscription connects the server to another one",
        setup=(
            "GRANT pg_create_subscription TO {out}",
            "GRANT CREATE ON DATABASE {database_name} TO {out}",
        ),
        attack=(
            (
                "CREATE SUBSCRIPTION {tag} CONNECTION"
                " 'host={host} user=x password=x dbname=x' PUBLICATION x"
                " WITH (connect = false, slot_name = NONE)"
            ),
        ),
        sees="accepted",
        since=16,
        closes="REVOKE pg_create_subscription",
    ),
    Probe(
        number="L57",
        group="copies",
        title="a standby is streamed every change, and holds all of them",
        attack=("START_REPLICATION PHYSICAL {lsn}",),
        special="standby",
        attribute="REPLICATION",
        closes=_NO_REPLICATION + "; standbys, archives and snapshots inside the fence",
    ),
    Probe(
        number="L57b",
        group="copies",
        title="WAL archives, snapshots and backups hold the rows outside the server",
        live=False,
        closes="keep them where nobody outside may read, encrypted with their own keys",
        closable=False,
    ),
    Probe(
        number="L58",
        group="copies",
        title="pg_dump errors under row security, so backup logins get BYPASSRLS",
        setup=("ALTER ROLE {svc} BYPASSRLS",),
        attack=(
            pooled("SET row_security = off"),
            pooled("COPY {copy}.profile TO STDOUT"),
        ),
        closes="ALTER ROLE ... NOBYPASSRLS; back up as a login inside the fence",
    ),
    Probe(
        number="L59",
        group="copies",
        title="COPY FROM is refused under row security, so loaders run as the owner",
        setup=("GRANT {own} TO {svc}",),
        attack=(
            pooled("SET ROLE {own}"),
            pooled("COPY {copy}.profile TO STDOUT"),
        ),
        closes="ALTER TABLE ... FORCE ROW LEVEL SECURITY; load into a table beside",
    ),
    Probe(
        number="L60",
        group="copies",
        title="CREATEDB copies a database that is a template, or its own",
        attack=("CREATE DATABASE {tag}_db TEMPLATE {database_name}",),
        special="template",
        attribute="CREATEDB",
        closes="ALTER ROLE ... NOCREATEDB; ALTER DATABASE ... IS_TEMPLATE false",
    ),
    Probe(
        number="L61",
        group="copies",
        title="pg_read_server_files reads the server's files by COPY",
        setup=("GRANT pg_read_server_files TO {out}",),
        attack=_FILE,
        sees="true",
        closes="REVOKE pg_read_server_files",
    ),
    Probe(
        number="L62",
        group="copies",
        title="EXECUTE on pg_read_binary_file reads the table's file",
        setup=("GRANT EXECUTE ON FUNCTION pg_read_binary_file(text) TO {out}",),
        attack=(_HEAP,),
        closes="REVOKE EXECUTE ON FUNCTION pg_read_binary_file",
    ),
    Probe(
        number="L62b",
        group="copies",
        title="EXECUTE on lo_import loads a file of the server",
        setup=("GRANT EXECUTE ON FUNCTION lo_import(text, oid) TO {out}",),
        attack=(
            "SELECT lo_import(pg_relation_filepath('{copy}.profile'), 4242425)",
            "SELECT lo_get(4242425)",
        ),
        closes="REVOKE EXECUTE ON FUNCTION lo_import",
    ),
    Probe(
        number="S16",
        group="copies",
        title="a publication's row filter holds back what it filters",
        setup=(
            (
                "CREATE PUBLICATION {tag} FOR TABLE {copy}.profile"
                " WHERE (region <> 'US') WITH (publish = 'insert')"
            ),
        ),
        attack=_PUBLISHED,
        special="published",
        attribute="REPLICATION",
        setting=_WAL,
    ),
    Probe(
        number="S17",
        group="copies",
        title="COPY TO obeys row security",
        attack=(
            "COPY {copy}.profile TO STDOUT",
            "COPY (SELECT * FROM {copy}.profile) TO STDOUT",
        ),
    ),
    Probe(
        number="S24",
        group="copies",
        title="files of the server can't be read without being granted it",
        attack=(_HEAP,),
    ),
)
