"""Masked payloads: written anew, privately, with tokens of who receives."""

from __future__ import annotations

import csv
import io
import stat
from pathlib import Path

import pytest

from ringfence.boundary.channels import ChannelMask
from ringfence.egress.exit.masked import SUFFIX, Masked
from ringfence.egress.index.keys import Key
from ringfence.egress.payload import Payload
from ringfence.errors import RingfenceError
from tests.exiting import contracts

CONTRACT = contracts().contracts[0]
KEY = Key(bytes(range(32)))
TABLE = b"city,mail\nReno,ann@example.com\n"
MASKS: dict[str, ChannelMask] = {"mail": "token"}


def cells(content: bytes | Path) -> list[list[str]]:
    """Return the cells of a table that is in memory."""
    assert isinstance(content, bytes)
    return [*csv.reader(io.StringIO(content.decode()))]


def test_bytes_stay_bytes():
    """What is in memory is masked in memory; name, type and headers go on as stated."""
    payload = Payload("a.csv", TABLE, "text/csv", {"x": "y"})
    found = Masked(KEY).masked(CONTRACT, payload, MASKS)
    head, ann = cells(found.content)
    assert head == ["city", "mail"]
    assert (ann[0], ann[1][:3]) == ("Reno", "rf_")
    assert (found.name, found.media, found.stated) == ("a.csv", "text/csv", {"x": "y"})


def test_a_masked_file_is_private_and_beside_its_payload(tmp_path: Path):
    """A file is masked into one of its own, for its owner alone."""
    path = tmp_path / "a.csv"
    path.write_bytes(TABLE)
    path.chmod(0o644)
    found = Masked(KEY).masked(CONTRACT, Payload("a.csv", path), MASKS).content
    assert isinstance(found, Path)
    assert found.parent == tmp_path
    assert found.name.endswith(SUFFIX)
    assert stat.S_IMODE(found.stat().st_mode) == 0o600
    in_memory = Masked(KEY).masked(CONTRACT, Payload("a.csv", TABLE), MASKS)
    assert found.read_bytes() == in_memory.content
    assert path.read_bytes() == TABLE


def test_masked_files_may_go_elsewhere(tmp_path: Path):
    """A folder for masked files is used where one is named."""
    folder = tmp_path / "private"
    folder.mkdir()
    path = tmp_path / "a.csv"
    path.write_bytes(TABLE)
    found = Masked(KEY, folder).masked(CONTRACT, Payload("a.csv", path), MASKS).content
    assert isinstance(found, Path)
    assert found.parent == folder


@pytest.mark.parametrize(
    ("masked", "content"),
    [(Masked(), TABLE), (Masked(KEY), b"just some words, mail\nand a \x00 byte")],
)
def test_what_cant_be_masked_leaves_no_file(tmp_path: Path, masked, content):
    """Without a key, or of a format that isn't written anew, there is an error alone."""
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    with pytest.raises(RingfenceError):
        masked.masked(CONTRACT, Payload("a.bin", path), MASKS)
    assert [*tmp_path.iterdir()] == [path]
