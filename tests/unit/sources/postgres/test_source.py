"""The source's options: what is missing or wrong is named, secrets never are."""

from __future__ import annotations

import pytest

from ringfence.documents.located import Located
from ringfence.errors import Locus, SourceError
from ringfence.sources.postgres import SOURCE
from ringfence.sources.postgres.snapshot import save
from ringfence.sources.source import Order
from tests.unit.sources.postgres.databases import database

AT = Locus("boundary.yaml", 7)


def order(tmp_path, *files: str, **options: str) -> Order:
    """Return an order with the given options."""
    located = {name: Located(text, AT) for name, text in options.items()}
    return Order("pg", files, tmp_path, located, AT)


def messages(made: Order) -> list[str]:
    """Return what reading the order complains of."""
    with pytest.raises(SourceError) as caught:
        SOURCE.read(made)
    return [problem.message for problem in caught.value.problems]


def test_it_says_what_it_is():
    """The source names its kind and its options."""
    assert (SOURCE.kind, list(SOURCE.options)) == (
        "postgres",
        ["store", "dsn_env", "dsn"],
    )


def test_every_problem_is_told_at_once(tmp_path):
    """A missing store and a missing connection string are told together."""
    assert messages(order(tmp_path)) == ["needs `store`", "needs `dsn_env`, or `dsn`"]


def test_an_unknown_option_is_named(tmp_path):
    """An option that there isn't is named, with the nearest one."""
    found = messages(order(tmp_path, store="w", dns_env="X", dsn="host=x"))
    assert found == ["has no option `dns_env`"]


def test_a_variable_that_is_not_set_is_named(tmp_path, monkeypatch):
    """The variable that should hold the connection string is named."""
    monkeypatch.delenv("RINGFENCE_DSN", raising=False)
    found = messages(order(tmp_path, store="w", dsn_env="RINGFENCE_DSN"))
    assert found == ["`RINGFENCE_DSN` isn't set"]


@pytest.mark.parametrize(
    ("dsn", "expected"),
    [
        ("host=x password=hush-9f3a", "`dsn` holds a password"),
        ("postgresql://a:hush-9f3a@host/d", "`dsn` holds a password"),
        ("what hush-9f3a", "`dsn` is no connection string"),
    ],
)
def test_a_password_has_no_place_in_the_boundary(tmp_path, dsn, expected):
    """A password in the boundary is refused, and not repeated."""
    found = messages(order(tmp_path, store="w", dsn=dsn))
    assert found == [expected]
    assert "hush" not in str(found)


def test_a_snapshot_needs_no_server(tmp_path):
    """A snapshot file gives facts without a connection."""
    save(database(), tmp_path / "d.json")
    harvest = SOURCE.read(order(tmp_path, "d.json", store="w"))
    assert {fact.source for fact in harvest.facts} == {"pg"}


def test_one_snapshot_at_a_time(tmp_path):
    """Two snapshot files are refused: one store is one database."""
    assert messages(order(tmp_path, "a.json", "b.json", store="w")) == [
        "takes one snapshot file"
    ]


def test_a_file_that_is_no_snapshot_is_refused(tmp_path):
    """A file of something else is named, with what to do."""
    (tmp_path / "d.json").write_text("{}")
    (message,) = messages(order(tmp_path, "d.json", store="w"))
    assert message.startswith("is not a snapshot: ")


def test_a_server_that_is_not_there_is_an_error(tmp_path):
    """A connection that fails is a problem with a hint, not a traceback."""
    dsn = "host=127.0.0.1 port=1 dbname=d user=a"
    (message,) = messages(order(tmp_path, store="w", dsn=dsn))
    assert message.startswith("can't connect: ")
