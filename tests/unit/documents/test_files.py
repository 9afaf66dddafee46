"""Bytes of files, and the one clear error for whatever stands in the way."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from ringfence.documents import files
from ringfence.documents.files import decode, read_bytes
from ringfence.errors import SourceError


def refusal(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        read_bytes(path, "f")
    return str(caught.value).replace("\n  help:", " ->")


def test_a_file_is_its_bytes(tmp_path: Path):
    """Nothing is taken away from a file."""
    path = tmp_path / "f"
    path.write_bytes(b"\xef\xbb\xbfa\r\n\0")
    assert read_bytes(path, "f") == b"\xef\xbb\xbfa\r\n\0"


def test_what_is_no_file_is_refused(tmp_path: Path):
    """Nothing there, a folder, a name that is none: each is told with a remedy."""
    assert (
        refusal(tmp_path / "none") == "f: no such file or directory -> check the path"
    )
    assert refusal(tmp_path) == "f: is a directory -> check the path"
    assert refusal(tmp_path / "a\0b") == "f: is no file name -> check the path"
    assert refusal(tmp_path / ("x" * 300)) == "f: file name too long -> check the path"


def test_archives_are_never_unpacked(tmp_path: Path):
    """A small archive may hold more than the machine does."""
    path = tmp_path / "f"
    path.write_bytes(b"PK\x03\x04 and so on")
    assert refusal(path) == "f: is a zip archive -> unpack it first"
    path.write_bytes(gzip.compress(b"id\n"))
    assert refusal(path) == "f: is a gzip file -> unpack it first"


def test_a_file_without_end_is_refused(monkeypatch: pytest.MonkeyPatch):
    """What counts is what was read, not the size that a device states."""
    monkeypatch.setattr(files, "LARGEST", 1 << 16)
    assert refusal(Path("/dev/zero")) == (
        "f: is larger than 1 GiB -> turn it into a facts file with `ringfence collect`"
    )


def test_a_pipe_is_read(tmp_path: Path):
    """What another program writes to a pipe is read as a file is."""
    reading, writing = os.pipe()
    os.write(writing, b"id\nann\n")
    os.close(writing)
    assert read_bytes(Path(f"/dev/fd/{reading}"), "f") == b"id\nann\n"
    os.close(reading)
    assert not list(tmp_path.iterdir())


def test_text_is_utf_8_with_or_without_its_mark():
    """A byte-order mark is no part of the text."""
    assert (decode(b"\xef\xbb\xbfid", "f"), decode("ç".encode(), "f")) == ("id", "ç")


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"a\nb\xff\n", "f:2: byte 3 is not UTF-8"),
        ("id\n".encode("utf-16"), "f:1: byte 0 is not UTF-8"),
        (b"a\n\ncaf\xe9", "f:3: byte 6 is not UTF-8"),
        (b"\xed\xa0\x80", "f:1: byte 0 is not UTF-8"),
    ],
    ids=["latin", "utf-16", "at the end", "surrogate"],
)
def test_other_bytes_are_named(content: bytes, place: str):
    """The error names the line and the byte."""
    with pytest.raises(SourceError) as caught:
        decode(content, "f")
    assert str(caught.value) == f"{place}\n  help: save the file as UTF-8"
