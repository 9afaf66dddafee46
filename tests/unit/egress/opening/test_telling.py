"""What a content is is told by what is in it."""

from __future__ import annotations

import pytest

from ringfence.egress.opening.telling import delimiter, differs, ending, told
from ringfence.egress.payload import Payload
from tests.egress_packed import CONTAINERS, PLANTED, in_tar, in_zip

FORMATS = {
    "text": "text", "latin": "text", "json_lines": "json", "json_pretty": "json",
    "table": "csv", "table_header": "csv", "table_bare": "csv", "table_ragged": "text",
    "markup": "markup", "parquet": "parquet", "mail": "mail", "mail_header": "mail",
    "binary": "unknown", "image": "image",
}  # fmt: skip


@pytest.mark.parametrize(("name", "form"), FORMATS.items())
def test_a_format_is_told_by_its_content(name: str, form: str):
    """No name and no media type is asked."""
    assert told(PLANTED[name]("nobody")) == form


def test_containers_are_told():
    """Each container has its own first bytes."""
    forms = [told(one(b"x" * 600)) for one in CONTAINERS]
    assert forms == ["gzip", "bzip2", "xz", "zstd", "zip", "zip", "tar"]


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"", "empty"),
        (b"SQLite format 3\x00", "sqlite"),
        (b"\x80\x04\x95abc.", "pickle"),
        (b"%PDF-1.7", "pdf"),
        (b"\x00\x00\x00\x18ftypmp42", "image"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8", "image"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
        (b"PARE1234", "parquet-encrypted"),
        (b"Hi, Bob\n", "text"),
        (b"note: a colon\nis not enough, is it\n", "text"),
    ],
)
def test_other_contents_are_told(content: bytes, form: str):
    """Of what can't be opened at least the name is known."""
    assert told(content) == form


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b,c\n1;2,3\n4;5\n", ";"),
        ("a\tb\n1\t2\n", "\t"),
        ('"x\ny",b\n1,2\n', ","),
        ("Hi, Bob\nHow are you\n", ""),
        ("one line, no more", ""),
    ],
)
def test_a_delimiter_is_told_by_rows_that_agree(text: str, mark: str):
    """A table's rows have the same number of cells; prose has commas too."""
    assert delimiter(text.encode()) == mark


def test_a_table_of_one_column_is_one_if_it_is_stated():
    """No delimiter tells a list of addresses from a text."""
    assert told(b"mail\na@b.example\n") == "text"
    assert told(b"mail\na@b.example\n", "csv") == "csv"


def test_a_statement_that_differs_is_told():
    """What is said to be a table and is an archive is two things."""
    assert differs("csv", told(in_zip(b"x")))
    assert not differs("txt", told(PLANTED["table"]("x")))
    assert not differs("", told(in_tar(b"x")))


def test_name_and_media_type_state_an_ending():
    """Parameters and letters' case don't matter, and unknown endings say nothing."""
    assert ending(Payload("A.CSV", b"", "text/csv; charset=utf-8")) == ("csv", "csv")
    assert ending(Payload("a", b"", "application/hal+json")) == ("", "json")
    assert ending(Payload("a.xyz", b"", "application/octet-stream")) == ("", "")
