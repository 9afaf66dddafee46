"""Folders as stores, and what of them can't be read."""

from __future__ import annotations

import gzip
import io
import os
import socket
import zipfile
from pathlib import Path

import pytest

from ringfence.egress.payload import Payload
from ringfence.egress.scan import files
from ringfence.egress.scan.files import Folder, read
from ringfence.egress.scan.sampling import sampled
from ringfence.egress.scan.scanning import scan
from ringfence.egress.scan.taking import Take
from ringfence.errors import ProofError, RingfenceError, SourceError
from tests.scanned import as_csv, as_lines, as_parquet, rows, watch


def test_a_folder_that_isnt_there_is_an_error(tmp_path: Path):
    """No folder is no empty store."""
    with pytest.raises(SourceError, match="is no folder"):
        scan(Folder(tmp_path / "nowhere"), watch())


def test_an_empty_folder_is_whole(tmp_path: Path):
    """There is nothing in it, and all of it was read."""
    found = scan(Folder(tmp_path), watch())
    assert found.datasets == ()
    assert found.is_whole


def test_what_is_no_file_is_named(tmp_path: Path):
    """A socket or a pipe isn't opened: it could wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "socket"))
        found = scan(Folder(tmp_path), watch())
    assert [(one.name, one.unread) for one in found.datasets] == [
        ("pipe", "is no file"),
        ("socket", "is no file"),
    ]
    assert not found.is_whole


def test_a_file_that_cant_be_opened_is_named(tmp_path: Path, monkeypatch):
    """With the system's own reason."""
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,2\n")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "read", refuse)
    (only,) = scan(Folder(tmp_path), watch()).datasets
    assert only.unread == "permission denied"


def test_a_folder_that_cant_be_listed_is_counted(tmp_path: Path, monkeypatch):
    """What is in it nobody knows."""

    def walk(_path, onerror):
        onerror(OSError())
        return iter(())

    monkeypatch.setattr(os, "walk", walk)
    found = scan(Folder(tmp_path), watch())
    assert found.unread == {"folders that can't be listed": 1}
    assert not found.is_whole


def test_what_changes_while_it_is_read_is_unread(monkeypatch):
    """A fault of one file is that file's; a fault of the index ends the scan."""
    one = watch()

    def changed(*_: object) -> None:
        raise RingfenceError("the payload changed while it was read")

    monkeypatch.setattr(one, "whole", changed)
    found = read(one, "a", io.BytesIO(), Payload("a", b""))
    assert found.unread == "the payload changed while it was read"

    def spoilt(*_: object) -> None:
        raise ProofError("isn't the file that was written")

    monkeypatch.setattr(one, "whole", spoilt)
    with pytest.raises(ProofError):
        read(one, "a", io.BytesIO(), Payload("a", b""))


def test_archives_are_opened(tmp_path: Path):
    """Members of a zip, and what is packed, are looked through, sampled or not."""
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("in/a.csv", as_csv(rows([1, 0])))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(as_csv(rows([2]))))
    for take in (Take(), Take(rows=1)):
        found = scan(Folder(tmp_path), watch(take))
        assert [one.subjects.tolist() for one in found.datasets] == [[1], [2]]
        assert {one.by for one in found.datasets} == {"whole"}
    columns = {one.column for one in found.datasets[0].seen}
    assert columns == {"in/a%2Ecsv/email", "in/a%2Ecsv/phone"}


def test_a_name_that_isnt_unicode_is_a_name(tmp_path: Path):
    """It is shown escaped, and its file is read."""
    path = os.fsencode(tmp_path) + b"/\xff.csv"
    with open(path, "wb") as stream:  # noqa: PTH123 (the name is bytes)
        stream.write(as_csv(rows([4])))
    (only,) = scan(Folder(tmp_path), watch()).datasets
    assert only.name == "\\udcff.csv"
    assert only.subjects.tolist() == [4]


def of(name: str, content: bytes, **take):
    """Return a sample of some bytes."""
    return sampled(watch(Take(**take)), name, io.BytesIO(content))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"\xef\xbb\xbf" + as_csv(rows([1]))),
        ("a.json", b'{"email": "person1@mail.example"}'),
        ("a.json", b'[{"a": 1},\n{"a": 2}]\n'),
        ("a.gz", gzip.compress(b"x", mtime=0)),
        ("a.bin", bytes(99)),
        ("a.parquet", b"PAR1" + bytes(99)),
        ("a", b""),
    ],
)
def test_what_has_no_rows_isnt_sampled(name, content):
    """Then the whole of it is read."""
    assert of(name, content, rows=1) is None


def test_a_table_in_part_malformed_has_no_bounds():
    """A row with too many cells is looked through as text, and counted as a row."""
    some = as_csv(rows([1, 0, 0])) + b"person9@mail.example,1,2,3,4\n"
    found = of("a.csv", some, rows=99)
    assert found.subjects.tolist() == [1, 9]
    assert found.rows == 4


def test_a_header_is_no_row():
    """The first line of a table names its columns; one without names is a row."""
    assert of("a.csv", as_csv(rows([1, 2])), rows=99).rows == 2
    bare = as_csv(rows([1, 2])).split(b"\n", 1)[1]
    found = of("a.csv", bare, rows=99)
    assert found.rows == 2
    assert {one.column for one in found.seen} == {"1", "2", "metadata/header"}


def test_lines_of_json_have_pointers():
    """Columns are named as JSON names places."""
    found = of("a.jsonl", as_lines(rows([1, 2])), rows=99)
    assert {one.column for one in found.seen} == {"/email", "/phone"}


def test_nested_parquet_is_sampled():
    """Lists, structures, numbers and binary values of the rows that were drawn."""
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    table = pa.table(
        {
            "tags": [["x", "person1@mail.example"], [], None],
            "who": [{"mail": "person2@mail.example", "n": 14155550103}] * 3,
            "raw": [b"person4@mail.example", b"\xff\xfe", None],
            "number": [14155550105, None, 1],
            "day": pa.array([1, 2, 3], pa.timestamp("s")),
        }
    )
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, write_statistics=False)
    found = of("a.parquet", bytes(sink.getvalue()), rows=99)
    assert found.subjects.tolist() == [1, 2, 3, 4, 5]
    assert found.hits == 3
    assert {one.column for one in found.seen} >= {"/tags/*", "/who/mail", "raw"}


def test_only_groups_with_a_drawn_row_are_read():
    """By blocks, all rows of as many row groups as give the rows."""
    content = as_parquet(rows([1] * 21), group=7)
    found = of("a.parquet", content, rows=8, blocks=True)
    assert (found.by, found.looked, found.hits) == ("blocks", 14, 14)
