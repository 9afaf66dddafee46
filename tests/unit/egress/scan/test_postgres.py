"""A database that nobody can reach: one error, without a secret in it."""

from __future__ import annotations

import pytest

from ringfence.egress.scan.postgres import Database
from ringfence.egress.scan.scanning import scan
from ringfence.errors import SourceError
from tests.scanned import watch


@pytest.mark.parametrize(
    ("dsn", "place"),
    [
        ("no connection string, hunter2", "postgresql"),
        (
            "host=127.0.0.1 port=1 user=a password=hunter2 dbname=d",
            "postgresql://127.0.0.1:1/d",
        ),
        ("password=hunter2 host=/nowhere", "postgresql:///nowhere:5432/"),
    ],
)
def test_what_cant_be_reached_is_an_error(dsn: str, place: str):
    """The message says where, and never with which password."""
    database = Database(dsn)
    assert database.place == place
    with pytest.raises(SourceError) as raised:
        scan(database, watch())
    told = f"{raised.value!r} {raised.value} {database!r}"
    assert "the database can't be read" in told
    assert "hunter2" not in told
    assert raised.value.__suppress_context__
