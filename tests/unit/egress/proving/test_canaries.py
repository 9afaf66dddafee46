"""Canaries are fictional, recognisable by their list alone, and read back as made."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest

from ringfence.egress.forms.canonical import canonical
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.proving.canaries import KINDS, drawn, read, written
from ringfence.errors import ConfigError


def test_they_are_of_the_ranges_that_nobody_has():
    """Phones are fictional, mail goes to the domain that was asked for."""
    rows = drawn(1_000, "birds.example.org")
    for row in rows:
        assert re.fullmatch(r"\+1[2-9]\d\d55501\d\d", row["phone"])
        assert row["email"].endswith("@birds.example.org")
        assert uuid.UUID(row["device"]).version == 4
        assert row["device"] != row["advertising"]
        assert row["id"] == row["account"]
    for column, kind in KINDS.items():
        forms = {canonical(kind, row[column]) for row in rows}
        assert None not in forms
        assert len(forms) == len(rows)


def test_two_lists_share_nobody():
    """They are random: a list can't be made again."""
    one, other = ({row["account"] for row in drawn(50)} for _ in "ab")
    assert one.isdisjoint(other)


@pytest.mark.parametrize("as_parquet", [False, True])
def test_a_list_is_read_back(tmp_path: Path, as_parquet):
    """What is written is what is read, in either format."""
    rows = drawn(3)
    path = tmp_path / "list"
    path.write_bytes(written(rows, as_parquet=as_parquet))
    found = read(path)
    assert [one.id for one in found] == [row["id"] for row in rows]
    assert [dict(one.identifiers) for one in found] == [
        {kind: row[column] for column, kind in KINDS.items()} for row in rows
    ]


def test_a_column_that_isnt_there_isnt_tried(tmp_path: Path):
    """Kinds that the index doesn't hold are left out of the list."""
    path = tmp_path / "list.csv"
    path.write_text("id,email,phone\n1,a@b.example,\n")
    (one,) = read(path)
    assert one.identifiers == ((Kind.EMAIL, "a@b.example"),)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no canary"),
        (b"id,email\n", "holds no canary"),
        (b"id,email\n1,nobody\n", "list.csv:2: column `email` holds no EMAIL"),
        (b"id,email\n1,\n", "list.csv:2: has no identifier"),
        (b"\xff\xfe", "is no list"),
        (b'id\n"', "is no list"),
        (b"PAR1 and nothing else", "is no list"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, content: bytes, said: str):
    """A broken list is an error with its place, and quotes no value."""
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(said)) as error:
        read(path)
    assert "nobody" not in str(error.value)


@pytest.mark.parametrize(("count", "domain"), [(0, "a.example"), (1_001, "a.example")])
def test_too_many_are_refused(count: int, domain: str):
    """A list has from one to a thousand canaries."""
    with pytest.raises(ConfigError, match="is no number"):
        drawn(count, domain)


@pytest.mark.parametrize("domain", ["", "nowhere", "a b.example", "x@y.example"])
def test_no_domain_is_refused(domain: str):
    """Their addresses have to be some."""
    with pytest.raises(ConfigError, match="no domain"):
        drawn(1, domain)
