"""Stores that are really there: PostgreSQL, and objects of OpenStack Swift over S3."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem

from ringfence.egress.scan.files import Folder, Objects, objects
from ringfence.egress.scan.found import Dataset, Scan
from ringfence.egress.scan.postgres import Database
from ringfence.egress.scan.scanning import scan
from ringfence.egress.scan.taking import WHOLE, Take, bounds
from ringfence.errors import ConfigError, SourceError
from tests.postgres_server import VERSIONS, Cluster, cluster_of
from tests.scanned import FORMS, rows, watch
from tests.swift_server import Swift, swift_server

__all__ = ["swift_server"]

pytestmark = pytest.mark.xdist_group("swift")

DATABASE = "scanned"
HELD = [number % 61 if number % 5 == 0 else 0 for number in range(400)]
"""Who is in each row of the large table."""
TABLES = """
CREATE SCHEMA crm;
CREATE TABLE crm.contact (id bigint, email text, phone varchar(20), at timestamptz);
CREATE TABLE crm.clean (city text);
CREATE VIEW crm.shown AS SELECT email AS address FROM crm.contact WHERE id < 10;
CREATE MATERIALIZED VIEW crm.kept AS SELECT phone FROM crm.contact WHERE id < 20;
CREATE MATERIALIZED VIEW crm.empty AS SELECT phone FROM crm.contact WITH NO DATA;
CREATE DOMAIN crm.address AS text;
CREATE DOMAIN crm.work AS crm.address;
CREATE TYPE crm.person AS (name text, email text);
CREATE TABLE crm.odd (
    a text[], b jsonb, c crm.work, d crm.person, e bytea, f numeric(20, 2),
    g double precision, h "char", i point, j inet, k uuid, l xml, m boolean, n date
);
CREATE TABLE crm.month (id bigint, email text) PARTITION BY RANGE (id);
CREATE TABLE crm.month_1 PARTITION OF crm.month FOR VALUES FROM (0) TO (10);
CREATE TABLE crm.month_2 PARTITION OF crm.month FOR VALUES FROM (10) TO (20);
CREATE TABLE crm.parent (email text);
CREATE TABLE crm.child () INHERITS (crm.parent);
CREATE TABLE crm.secret (email text);
CREATE TABLE crm.columns (email text, phone text);
CREATE TABLE crm.filtered (email text);
CREATE TABLE crm.nothing ();
ALTER TABLE crm.filtered ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON crm.filtered USING (email = 'me');
CREATE TABLE crm."person7@mail.example" (a int);
INSERT INTO crm.clean VALUES ('Rome'), ('Oslo');
INSERT INTO crm.month VALUES (1, 'person1@mail.example'), (11, 'person2@mail.example');
INSERT INTO crm.parent VALUES ('person3@mail.example');
INSERT INTO crm.child VALUES ('person4@mail.example');
INSERT INTO crm.secret VALUES ('person5@mail.example');
INSERT INTO crm.columns VALUES ('person6@mail.example', '+14155550106');
INSERT INTO crm.nothing DEFAULT VALUES;
INSERT INTO crm.odd VALUES (
    ARRAY['x', 'person10@mail.example'], '{"a": {"b": "person11@mail.example"}}',
    'person12@mail.example', ROW ('n', 'person13@mail.example'),
    'person14@mail.example'::bytea, 14155550115.00, 14155550116, 'x', '(1,2)',
    '10.0.0.1', '7f3c2a10-9d4e-4b6a-8c21-0fe5d6b7a891',
    NULL, true, '2022-01-01'
), (NULL, NULL, NULL, NULL, '\\xff00ff', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL);
"""


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    """Give the newest version that is installed: what is asked is alike in all."""
    return cluster_of(VERSIONS[0])


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with cluster.database(DATABASE) as connection:
        connection.execute(TABLES)
        with connection.cursor() as cursor:
            told = rows(HELD)
            cursor.executemany(
                "INSERT INTO crm.contact VALUES (%s, %s, %s, now())",
                [(n, one["email"], one["phone"]) for n, one in enumerate(told)],
            )
        connection.execute("REFRESH MATERIALIZED VIEW crm.kept")
        connection.execute("SELECT lo_from_bytea(0, 'person20@mail.example')")
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'r'")
        connection.execute("GRANT USAGE ON SCHEMA crm TO reader")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA crm TO reader")
        connection.execute("REVOKE SELECT ON crm.secret, crm.columns FROM reader")
        connection.execute("REVOKE SELECT ON crm.month_1 FROM reader")
        connection.execute("GRANT SELECT (phone) ON crm.columns TO reader")
        connection.execute("ANALYZE")
        yield connection


def scanned(cluster: Cluster, take: Take = WHOLE) -> Scan:
    """Return what the login that may only read sees."""
    return scan(Database(cluster.dsn(DATABASE, "reader", "r")), watch(take))


def of(found: Scan, name: str) -> Dataset:
    return next(one for one in found.datasets if one.name == f"crm.{name}")


@pytest.fixture(scope="module")
def found(cluster: Cluster, database: psycopg.Connection) -> Scan:
    del database
    return scanned(cluster)


def test_a_table_is_read_whole(found: Scan):
    """Who stands in a table, in which columns and how many rows, is exactly told."""
    contact = of(found, "contact")
    assert contact.subjects.tolist() == sorted({*HELD} - {0})
    assert contact.hits == sum(subject > 0 for subject in HELD)
    assert (contact.rows, contact.looked, contact.is_whole) == (400, 400, True)
    assert {(one.column, one.tag) for one in contact.seen} == {
        ("email", "EMAIL"),
        ("phone", "PHONE"),
    }


def test_views_show_what_they_show(found: Scan):
    """A view and a materialised one are datasets of their own, as they are shown."""
    assert of(found, "shown").subjects.tolist() == sorted({*HELD[:10]} - {0})
    assert of(found, "shown").form == "view"
    assert of(found, "kept").subjects.tolist() == sorted({*HELD[:20]} - {0})
    assert of(found, "empty").unread == "it holds nothing yet"


def test_nobody_is_nobody(found: Scan):
    """A table without any of the population is read, and clean."""
    assert of(found, "clean").is_whole
    assert of(found, "clean").hits == 0
    assert of(found, "nothing").rows == 1


def test_many_types_are_looked_through(found: Scan):
    """Arrays, documents, domains, composites, binary texts and numbers hold people."""
    odd = of(found, "odd")
    assert odd.subjects.tolist() == [10, 11, 12, 13, 14, 15, 16]
    assert odd.gaps == ("values of `e` that are no text: 1",)
    assert odd.hits == 1


def test_a_partitioned_table_is_read_once(found: Scan):
    """Its partitions are read through it, also those that the login may not open."""
    assert of(found, "month").subjects.tolist() == [1, 2]
    assert not any("month_" in one.name for one in found.datasets)


def test_what_inherits_is_read_on_its_own(found: Scan):
    """A parent's rows are its own, and a child's are the child's."""
    assert of(found, "parent").subjects.tolist() == [3]
    assert of(found, "child").subjects.tolist() == [4]


def test_what_the_login_may_not_read_is_named(found: Scan):
    """A table, a column, filtered rows and large objects: counted, never skipped."""
    assert of(found, "secret").unread == "the login may not read it"
    assert of(found, "filtered").unread == "the login may not read it"
    assert of(found, "columns").subjects.tolist() == [6]
    assert of(found, "columns").gaps == ("columns that the login may not read: 1",)
    assert found.unread == {"large objects": 1}
    assert not found.is_whole
    assert "other databases of this server" in found.notes[-1]


def test_a_name_is_no_identifier(found: Scan):
    """A table that is called like somebody's address isn't called so in a report."""
    masked = [one for one in found.datasets if "*" in one.name]
    assert [one.subjects.tolist() for one in masked] == [[7]]
    assert not any("person7" in one.name for one in found.datasets)


def test_a_closed_partition_without_its_table_is_named(cluster, database):
    """Where the parent is closed, each partition stands for itself."""
    database.execute("REVOKE SELECT ON crm.month FROM reader")
    try:
        found = scanned(cluster)
    finally:
        database.execute("GRANT SELECT ON crm.month TO reader")
    assert of(found, "month_1").unread == "the login may not read it"
    assert of(found, "month_2").subjects.tolist() == [2]
    assert not any(one.name == "crm.month" for one in found.datasets)


def test_nothing_is_written(cluster, database):
    """A function that a view calls can't write: the transaction only reads."""
    database.execute(
        "CREATE FUNCTION crm.write() RETURNS text LANGUAGE sql AS "
        "$$ INSERT INTO crm.clean VALUES ('x') RETURNING city $$"
    )
    database.execute("CREATE VIEW crm.writing AS SELECT crm.write()")
    database.execute("GRANT SELECT ON crm.writing TO reader")
    try:
        found = scanned(cluster)
    finally:
        database.execute("DROP VIEW crm.writing")
        database.execute("DROP FUNCTION crm.write")
    assert of(found, "writing").unread == "the server refuses: SQLSTATE 25006"
    assert database.execute("SELECT count(*) FROM crm.clean").fetchone() == (2,)


def test_a_foreign_table_lies_elsewhere(cluster, database):
    """Its rows aren't fetched from another server: it is named, and unread."""
    database.execute("CREATE FOREIGN DATA WRAPPER away")
    database.execute("CREATE SERVER away FOREIGN DATA WRAPPER away")
    database.execute("CREATE FOREIGN TABLE crm.away (email text) SERVER away")
    try:
        found = scanned(cluster)
    finally:
        database.execute("DROP FOREIGN DATA WRAPPER away CASCADE")
    assert of(found, "away").unread == "its rows lie in another store"


@pytest.mark.usefixtures("database")
def test_a_sample_of_a_table_has_honest_bounds(cluster):
    """Of 20 samples at least 19 hold the true number of rows, and all true people."""
    truth, right = sum(subject > 0 for subject in HELD), 0
    for seed in range(20):
        take = Take(rows=80, seed=seed) if seed % 2 else Take(share=0.2, seed=seed)
        found = scanned(cluster, take)
        assert not of(found, "month").unread
        assert not of(found, "shown").unread
        contact = of(found, "contact")
        assert (contact.by, contact.rows) == ("rows", 400)
        assert 20 < contact.looked < 160
        assert set(contact.subjects.tolist()) <= {*HELD}
        told = bounds(contact)
        assert told is not None
        assert told.most is not None
        right += told.least <= truth <= told.most
    assert right >= 19


@pytest.mark.usefixtures("database")
def test_a_sample_by_blocks_has_no_upper_bound(cluster):
    """Pages are quick to draw, and nobody says more than what was seen."""
    found = scanned(cluster, Take(share=0.5, blocks=True, seed=1))
    contact = of(found, "contact")
    assert contact.looked in range(400)
    told = bounds(contact)
    assert told is None or told.most is None


@pytest.mark.usefixtures("database")
def test_the_same_seed_draws_the_same_rows(cluster):
    """Tables and views alike; another seed draws others."""
    one, again, other = (
        scanned(cluster, Take(share=0.5, seed=seed)) for seed in (4, 4, 5)
    )
    for name in ("contact", "shown"):
        assert of(one, name).digest == of(again, name).digest
    assert of(one, "contact").digest != of(other, "contact").digest


def test_a_database_that_isnt_there_is_an_error(cluster):
    """The message names host and database, and neither login nor password."""
    with pytest.raises(SourceError) as raised:
        scan(Database(cluster.dsn("postgres", "reader", "hunter2")), watch())
    assert "the database can't be read" in str(raised.value)
    assert "hunter2" not in str(raised.value)


# --- objects --------------------------------------------------------------------------

_NUMBERS = itertools.count()


@pytest.fixture
def keyed(swift_server: Swift, monkeypatch: pytest.MonkeyPatch) -> Swift:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", swift_server.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", swift_server.secret_key)
    return swift_server


@pytest.fixture
def bucket(keyed: Swift) -> tuple[S3FileSystem, str]:
    system = S3FileSystem(
        access_key=keyed.key_id,
        secret_key=keyed.secret_key,
        region=keyed.region,
        scheme="http",
        endpoint_override=keyed.endpoint,
        allow_bucket_creation=True,
        retry_strategy=AwsStandardS3RetryStrategy(max_attempts=1),
    )
    name = f"scanned-{next(_NUMBERS)}"
    system.create_dir(name)
    return system, name


def opened(keyed: Swift, address: str) -> Objects:
    return objects(address, endpoint=f"http://{keyed.endpoint}", region=keyed.region)


@pytest.mark.parametrize("take", [WHOLE, Take(rows=10)])
def test_objects_are_read_like_files(
    keyed: Swift, bucket: tuple[S3FileSystem, str], tmp_path: Path, take: Take
):
    """Of the same files, a prefix and a folder tell the same, digests included."""
    system, name = bucket
    draw = random.Random(1)  # noqa: S311 (the same each time)
    for number, (ending, write) in enumerate(sorted(FORMS.items())):
        content = write(rows([draw.randrange(61) for _ in range(30)], number))
        path = tmp_path / "deep" / f"ü {number}.{ending}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        with system.open_output_stream(f"{name}/exports/{path.name}") as stream:
            stream.write(content)
    with system.open_output_stream(f"{name}/other/x.csv") as stream:
        stream.write(FORMS["csv"](rows([60])))
    there = scan(opened(keyed, f"s3://{name}/exports/"), watch(take))
    here = scan(Folder(tmp_path / "deep"), watch(take))
    assert len(there.datasets) == 4
    told = [
        (one.name, one.digest, one.hits, one.looked, one.rows, one.by, one.gaps)
        for one in there.datasets
    ]
    assert told == [
        (one.name, one.digest, one.hits, one.looked, one.rows, one.by, one.gaps)
        for one in here.datasets
    ]
    assert there.subjects.tolist() == here.subjects.tolist()
    assert there.place == f"s3://{name}/exports"


def test_what_is_told_beside_an_object_is_looked_through(keyed, bucket):
    """Somebody's address in a header that the store keeps is seen."""
    system, name = bucket
    metadata = {"Content-Language": "person9@mail.example"}
    with system.open_output_stream(f"{name}/a.csv", metadata=metadata) as stream:
        stream.write(b"a,b\n1,2\n")
    found = scan(opened(keyed, f"s3://{name}"), watch())
    assert found.subjects.tolist() == [9]


def test_one_object_is_a_store(keyed, bucket):
    """A prefix that is an object is read as one."""
    system, name = bucket
    with system.open_output_stream(f"{name}/only.csv") as stream:
        stream.write(FORMS["csv"](rows([3])))
    found = scan(opened(keyed, f"s3://{name}/only.csv"), watch())
    assert [one.subjects.tolist() for one in found.datasets] == [[3]]


def test_a_bucket_that_isnt_there_is_an_error(keyed):
    """No listing is no empty store."""
    with pytest.raises(SourceError, match="can't be listed"):
        scan(opened(keyed, "s3://nowhere-at-all"), watch())


def test_a_prefix_without_objects_is_an_error(keyed, bucket):
    """A prefix that was misspelt isn't an empty store."""
    with pytest.raises(SourceError, match="can't be listed"):
        scan(opened(keyed, f"s3://{bucket[1]}/misspelt"), watch())


def test_keys_come_from_the_environment_alone(monkeypatch: pytest.MonkeyPatch):
    """Without keys nobody is asked for some."""
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    with pytest.raises(ConfigError, match="AWS_SECRET_ACCESS_KEY"):
        objects("s3://bucket/x")
    with pytest.raises(ConfigError, match="names no bucket"):
        objects("s3://")
