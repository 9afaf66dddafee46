"""Archives: one spelling, which every tar reads and nothing hostile fits in."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import ProofError
from ringfence.ledger.keeping.tar import BLOCK, members, write_end, write_member

NAME = st.text("ab.-_~", min_size=1, max_size=100)


def archive(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    for name, content in files.items():
        write_member(stream, name, content)
    write_end(stream)
    return stream.getvalue()


def read(content: bytes) -> dict[str, bytes]:
    found = {}
    for member in members(io.BytesIO(content)):
        found[member.name] = member.read()
    return found


@given(st.dictionaries(NAME, st.binary(max_size=1500), max_size=4))
def test_what_is_written_is_read_back(files: dict[str, bytes]):
    """Names and contents come back, whatever they are."""
    assert read(archive(files)) == files


@given(st.dictionaries(NAME, st.binary(max_size=1500), max_size=4))
def test_the_standard_library_reads_it(files: dict[str, bytes]):
    """An archive is one to Python's own reader, of plain files alone."""
    with tarfile.open(fileobj=io.BytesIO(archive(files))) as found:
        assert all(one.type == tarfile.REGTYPE for one in found.getmembers())
        told = {one.name: found.extractfile(one) for one in found.getmembers()}
        assert {name: one.read() for name, one in told.items() if one} == files


def test_the_tar_of_the_system_reads_it(tmp_path: Path):
    """In ten years there will be a `tar`; today's unpacks it as it stands."""
    files = {"a/b": b"x" * 1000, "a/c": b""}
    (tmp_path / "one.tar").write_bytes(archive(files))
    subprocess.run(["tar", "xf", "one.tar"], cwd=tmp_path, check=True)
    assert {name: (tmp_path / name).read_bytes() for name in files} == files


def test_a_member_that_nobody_reads_is_passed_over():
    """Whoever takes one member alone needn't read the others."""
    content = archive({"a": b"x" * 1000, "b": b"y"})
    assert [member.name for member in members(io.BytesIO(content))] == ["a", "b"]


ONE = archive({"a": b"hello"})


@given(st.integers(0, len(ONE) * 8 - 1))
def test_no_bit_of_the_frame_can_be_flipped(place: int):
    """Another bit gives another name or content, or is refused: never the same."""
    changed = bytearray(ONE)
    changed[place // 8] ^= 1 << place % 8
    try:
        assert read(bytes(changed)) != {"a": b"hello"}
    except ProofError:
        pass
    else:
        assert BLOCK <= place // 8 < BLOCK + 5  # the content, of which digests tell


def refused(**changes: object) -> bytes:
    """Return an archive with one member as other programs would write it."""
    member = tarfile.TarInfo("a")
    for name, value in changes.items():
        setattr(member, name, value)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as found:
        found.addfile(member, io.BytesIO(bytes(member.size)))
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        refused(type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        refused(type=tarfile.LNKTYPE, linkname="b"),
        refused(type=tarfile.DIRTYPE),
        refused(type=tarfile.CHRTYPE),
        refused(type=tarfile.FIFOTYPE),
        refused(type=tarfile.AREGTYPE),
        refused(type=tarfile.GNUTYPE_SPARSE),
        refused(mode=0o4755),
        refused(mtime=1),
        refused(uid=1000),
        refused(uname="root"),
        refused(name="x" * 101),
        refused(name="é"),
        refused(pax_headers={"path": "b"}),
        b"",
        ONE[:-1],
        ONE[:-BLOCK],
        ONE[: BLOCK + 3],
        ONE[: BLOCK + 100],
        ONE + b"\0",
        ONE + ONE,
        b"PK\x03\x04" + bytes(508),
        ONE.replace(b"hello\0", b"hello!"),
        ONE.replace(b"00000000005\0", b"-0000000001\0"),
        ONE.replace(b"00000000005\0", b"00_00000005\0"),
        b"\0" + ONE[1:],
    ],
)
def test_what_is_spelt_otherwise_is_refused(content: bytes):
    """Links, devices, owners, times, long names, cut and continued files."""
    with pytest.raises(ProofError, match="the archive"):
        read(content)


class Huge(bytes):
    """More than a header can say, which nobody has the memory for."""

    def __len__(self) -> int:
        return 8**11


@pytest.mark.parametrize(
    ("name", "content"), [("é", b""), ("a" * 101, b""), ("a", Huge())]
)
def test_what_no_header_can_say_is_no_member(name: str, content: bytes):
    """A long name, another alphabet, or more than 8 GiB."""
    with pytest.raises(ValueError, match=r"is no name of a member|is larger than"):
        write_member(io.BytesIO(), name, content)
