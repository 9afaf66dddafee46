"""What somebody outside prepares before a plan is made, on real servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ringfence.errors import ConfigError
from ringfence.gate.postgres import apply as applying
from ringfence.gate.postgres.apply import apply, rollback
from ringfence.gate.postgres.catalogue import Catalogue
from ringfence.gate.postgres.drift import drift
from ringfence.gate.postgres.journal import Journal
from ringfence.gate.postgres.plan import plan
from ringfence.gate.postgres.reading import read_catalogue, reading
from ringfence.gate.postgres.wanted import Table, Wanted
from tests.fenced import US
from tests.postgres_server import Cluster, cluster

__all__ = ["cluster"]

SHOP = """
CREATE ROLE inn LOGIN PASSWORD 'x';
CREATE ROLE maker LOGIN PASSWORD 'x' CREATEROLE;
CREATE ROLE out LOGIN PASSWORD 'x';
CREATE SCHEMA s;
GRANT USAGE ON SCHEMA s TO PUBLIC;
CREATE TABLE s.t (id int, region text);
INSERT INTO s.t VALUES (1, 'US'), (2, 'SG');
GRANT SELECT ON s.t TO PUBLIC;
"""
TABLE = Table("s.t", ("id",), US)
WANTED = Wanted("shop", "b", "e", ("inn",), ("maker", "out"), (TABLE,))


class Shop:
    """A shop's database that somebody outside prepares."""

    def __init__(
        self, cluster: Cluster, connection: psycopg.Connection, folder: Path
    ) -> None:
        self.run = connection.execute
        self.dsn = cluster.dsn("shop")
        self._cluster, self.folder = cluster, folder

    def does(self, login: str, command: str) -> list[tuple[object, ...]]:
        """Return what a login, really logged in, gets for some commands."""
        dsn = self._cluster.dsn("shop", login, "x")
        with psycopg.connect(dsn, autocommit=True) as own:
            found = own.execute(command.encode())
            while found.nextset():
                pass
            return found.fetchall() if found.description else []

    def closed(self) -> Journal:
        """Close the database."""
        chosen = plan(WANTED, read_catalogue(self.dsn))
        return apply(self.dsn, chosen, self.folder / "journal.json")

    def is_super(self, login: str) -> bool:
        """Tell whether a role has become a superuser."""
        query = "SELECT rolsuper FROM pg_roles WHERE rolname = %s"
        return self.run(query, [login]).fetchone() == (True,)


@pytest.fixture
def shop(cluster: Cluster, tmp_path: Path) -> Iterator[Shop]:
    """Give a shop's database, open."""
    with cluster.database("shop") as connection:
        connection.execute(SHOP)
        yield Shop(cluster, connection, tmp_path)


@pytest.mark.parametrize("name", ["ringfence_inside", "ringfence_owner"])
def test_a_role_of_ours_that_somebody_made_before_lets_nobody_in(shop: Shop, name: str):
    """It no longer logs in, nobody outside becomes it, and a rollback gives it back."""
    shop.run("ALTER TABLE s.t OWNER TO out")
    shop.does("maker", f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
    journal = shop.closed()
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        shop.does(name, "SELECT * FROM s.t")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        shop.does("maker", f"SET ROLE {name}")
    assert shop.does("maker", "SELECT * FROM s.t") == [(2, "SG")]
    assert any("its sessions go on" in one.what for one in journal.plan.findings)
    assert plan(WANTED, read_catalogue(shop.dsn)).statements == ()
    rollback(shop.dsn, journal)
    assert shop.does(name, "SELECT 1") == [(1,)]


def test_a_search_path_of_the_databases_owner_leads_us_nowhere(shop: Shop):
    """Neither what is read nor what is asked is looked for in schemas of others."""
    shop.run("CREATE SCHEMA evil AUTHORIZATION out; ALTER DATABASE shop OWNER TO out")
    shop.does(
        "out",
        """CREATE FUNCTION evil.take() RETURNS name LANGUAGE plpgsql AS
             'BEGIN ALTER ROLE out SUPERUSER; RETURN current_user; END';
           CREATE FUNCTION evil.pg_advisory_xact_lock(bigint) RETURNS name
             LANGUAGE sql AS 'SELECT evil.take()';
           CREATE VIEW evil.pg_roles AS SELECT evil.take() AS rolname, true AS rolsuper;
           GRANT ALL ON SCHEMA evil TO PUBLIC;
           GRANT ALL ON evil.pg_roles TO PUBLIC;
           ALTER DATABASE shop SET search_path = evil, pg_catalog""",
    )
    journal = shop.closed()
    assert not shop.is_super("out")
    assert drift(shop.dsn, journal) == ()
    rollback(shop.dsn, journal)
    assert not shop.is_super("out")


def test_nobodys_event_trigger_runs_as_a_superuser(shop: Shop):
    """As long as its function is somebody's who is none, nothing is carried out."""
    shop.run(
        """CREATE FUNCTION s.watch() RETURNS event_trigger LANGUAGE plpgsql AS
             'BEGIN ALTER ROLE out SUPERUSER; END';
           ALTER FUNCTION s.watch OWNER TO out"""
    )
    chosen = plan(WANTED, read_catalogue(shop.dsn))
    journal = apply(shop.dsn, chosen, shop.folder / "before.json")
    rollback(shop.dsn, journal)
    shop.run("CREATE EVENT TRIGGER w ON ddl_command_start EXECUTE FUNCTION s.watch();")
    found = plan(WANTED, read_catalogue(shop.dsn)).findings
    assert "L74" in {one.pitfall for one in found}
    with pytest.raises(ConfigError, match="`out` can rewrite"):
        shop.closed()
    assert not shop.is_super("out")
    assert not (shop.folder / "journal.json").exists()
    shop.run("ALTER EVENT TRIGGER w DISABLE")
    rollback(shop.dsn, shop.closed())


@pytest.mark.parametrize("cast", [False, True])
def test_a_marker_of_a_type_that_is_somebodys_marks_nothing(shop: Shop, *, cast: bool):
    """Who owns an enum renames its values, or turns it into any text: all is hidden."""
    shop.run(
        """CREATE TYPE s.land AS ENUM ('US', 'SG');
           CREATE DOMAIN s.home AS s.land;
           ALTER TABLE s.t ALTER region TYPE s.home USING region::s.land;
           GRANT CREATE ON SCHEMA s TO out;
           ALTER TYPE s.land OWNER TO out"""
    )
    if cast:
        shop.does(
            "out",
            """CREATE FUNCTION s.f(s.land) RETURNS text LANGUAGE sql AS $$SELECT 'XX'$$;
               CREATE CAST (s.land AS text) WITH FUNCTION s.f(s.land)""",
        )
        shop.run("ALTER TYPE s.land OWNER TO inn")
    journal = shop.closed()
    told = [one for one in journal.plan.findings if "by its type" in one.what]
    assert told
    assert "out can change what s.t.region says" in told[0].what
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        shop.does("out", "SELECT * FROM s.t")
    assert len(shop.does("inn", "SELECT * FROM s.t")) == 2
    rollback(shop.dsn, journal)


def test_a_type_of_somebody_inside_marks_as_any(shop: Shop):
    """An enum that nobody outside owns tells whose row it is."""
    shop.run(
        """CREATE TYPE s.land AS ENUM ('US', 'SG');
           ALTER TABLE s.t ALTER region TYPE s.land USING region::s.land"""
    )
    shop.closed()
    assert shop.does("out", "SELECT id FROM s.t") == [(2,)]


def test_two_relations_of_one_name_are_refused(shop: Shop):
    """A dot in a name makes two relations one: none is taken for the other."""
    shop.run("""CREATE TABLE s."t.u" (id int, region text)""")
    assert read_catalogue(shop.dsn).relations
    shop.run("""CREATE SCHEMA "s.t"; CREATE TABLE "s.t".u (id int)""")
    with pytest.raises(ConfigError, match=r"2 relations are called `s\.t\.u`"):
        read_catalogue(shop.dsn)


def test_a_fence_that_only_looks_like_ours_is_made_anew(shop: Shop):
    """Blanks within a value count: `U S` isn't `US`."""
    first = shop.closed()
    (using,) = [p.using for p in first.after.policies if p.name == "ringfence_fence"]
    rollback(shop.dsn, first)
    (shop.folder / "journal.json").unlink()
    loose = using.replace("'US'", "'U S'")
    shop.run(
        f"""CREATE POLICY ringfence_fence ON s.t AS RESTRICTIVE USING ({loose})
              WITH CHECK ({loose});
            ALTER TABLE s.t ENABLE ROW LEVEL SECURITY;
            CREATE POLICY ringfence_base ON s.t USING (true)""".encode()
    )
    shop.closed()
    assert shop.does("out", "SELECT id FROM s.t") == [(2,)]


def test_no_mend_carries_a_command_of_somebody_elses(shop: Shop):
    """A search_path that was set raw is spelt anew, each part as a value."""
    raw = "public;alter/**/role/**/out/**/superuser;--"
    shop.does(
        "out",
        "SELECT set_config('search_path',"
        " 'public;alter/**/role/**/out/**/superuser;--', false);"
        " ALTER ROLE out SET search_path FROM CURRENT",
    )
    journal = shop.closed()
    shop.run("ALTER ROLE out SET search_path = 'a b', c")
    (one,) = drift(shop.dsn, journal)
    assert f"SET search_path = '{raw}'" in one.mend
    shop.run(one.mend.encode())
    assert not shop.is_super("out")
    assert shop.does("out", "SELECT 1") == [(1,)]


def test_what_is_undone_twice_is_told(shop: Shop, cluster: Cluster):
    """A journal that was rolled back undoes nothing more, nor does it elsewhere."""
    journal = shop.closed()
    with pytest.raises(ConfigError, match="the journal is of the database `shop`"):
        rollback(cluster.dsn(), journal)
    with pytest.raises(ConfigError, match="there is a journal already"):
        apply(
            shop.dsn,
            plan(WANTED, read_catalogue(shop.dsn)),
            shop.folder / "journal.json",
        )
    rollback(shop.dsn, journal)
    with pytest.raises(ConfigError, match="nothing is to be undone"):
        rollback(shop.dsn, journal)


def test_what_somebody_does_meanwhile_is_drift(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    """A copy made while a plan is carried out isn't taken for a part of it."""
    times = iter((False, True))

    def read(connection: psycopg.Connection) -> Catalogue:
        if next(times):
            shop.run("CREATE TABLE public.copy AS SELECT * FROM pg_class LIMIT 0")
        return reading(connection)

    chosen = plan(WANTED, read_catalogue(shop.dsn))
    monkeypatch.setattr(applying, "reading", read)
    journal = apply(shop.dsn, chosen, shop.folder / "journal.json")
    monkeypatch.undo()
    (one,) = drift(shop.dsn, journal)
    assert one.what == "relation public.copy is new"


def test_one_of_us_waits_for_another(shop: Shop):
    """Two plans aren't carried out at once: the second is told, or sees the first's."""
    chosen = plan(WANTED, read_catalogue(shop.dsn))
    shop.run("SELECT pg_advisory_lock(7246011935)")
    with pytest.raises(ConfigError, match="lock timeout"):
        apply(shop.dsn, chosen, shop.folder / "journal.json")
    shop.run("SELECT pg_advisory_unlock(7246011935)")
    shop.closed()
    with pytest.raises(ConfigError, match="has changed since"):
        apply(shop.dsn, chosen, shop.folder / "second.json")


def test_names_of_any_kind_are_quoted(shop: Shop):
    """Quotes, backslashes, newlines and dollars in names are names, and no commands."""
    odd = "a\"b'c\\d$$e;\n--\x1b[2J\N{RIGHT-TO-LEFT OVERRIDE}%s{x}"
    name = '"' + odd.replace('"', '""') + '"'
    shop.run(
        f"""CREATE ROLE {name} LOGIN BYPASSRLS;
            CREATE SCHEMA {name};
            CREATE TABLE {name}.{name} ({name} int, region text);
            CREATE POLICY {name} ON {name}.{name} AS RESTRICTIVE TO {name} USING (true);
            GRANT ALL ON SCHEMA {name} TO {name};
            GRANT ALL ON {name}.{name} TO {name};
            GRANT SELECT ({name}) ON {name}.{name} TO out;
            GRANT pg_monitor TO {name};
            ALTER TABLE {name}.{name} OWNER TO {name}""".encode()
    )
    table = Table(f"{odd}.{odd}", (odd,), US)
    wanted = Wanted("shop", "b", "e", ("inn",), ("out", odd), (TABLE, table))
    chosen = plan(wanted, read_catalogue(shop.dsn))
    journal = apply(shop.dsn, chosen, shop.folder / "odd.json")
    assert plan(wanted, read_catalogue(shop.dsn)).statements == ()
    for command in (
        f"ALTER ROLE {name} BYPASSRLS",
        f"GRANT pg_monitor TO {name}",
        f"ALTER TABLE {name}.{name} DISABLE ROW LEVEL SECURITY",
        f"GRANT TRUNCATE ON {name}.{name} TO {name}",
        f"DROP POLICY ringfence_fence ON {name}.{name}",
    ):
        shop.run(command.encode())
        for one in drift(shop.dsn, journal):
            shop.run(one.mend.encode())
        assert drift(shop.dsn, journal) == ()
    rollback(shop.dsn, journal)


def test_a_catalogue_that_is_no_unicode_is_told(cluster: Cluster):
    """A name of other bytes than UTF-8 is one clear error."""
    with cluster.connect() as outer:
        outer.execute(
            "CREATE DATABASE raw ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
            " TEMPLATE template0"
        )
        try:
            with cluster.connect("raw") as own:
                own.execute(b'CREATE TABLE "odd\xff" (id int)')
            with pytest.raises(ConfigError, match=r"server says: .*UTF8"):
                read_catalogue(cluster.dsn("raw"))
        finally:
            outer.execute("DROP DATABASE raw WITH (FORCE)")
