"""What a container holds beside its members is looked through, or is a doubt."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile

import pytest
import zstandard

from ringfence.egress.inspection.report import Coverage, Inspection
from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.inspector import Inspector
from ringfence.egress.opening.caps import Caps
from ringfence.egress.payload import Payload
from tests.egress_packed import (
    CONTAINERS,
    EMAIL,
    JANE,
    KNOWN,
    PLANTED,
    in_gzip,
    in_tar,
    in_zip,
    in_zstd,
)

MAIL = EMAIL.encode()
PLAIN = b"nothing to see\n"


def inspected(content: bytes, caps: Caps | None = None) -> Inspection:
    return Inspector(KNOWN, caps=caps).inspect(Payload("a", content))


def doubts(content: bytes) -> set[Doubt]:
    return {one.why for one in inspected(content).undecided}


def zipped(**options) -> bytes:
    told = io.BytesIO()
    with zipfile.ZipFile(told, "w", zipfile.ZIP_DEFLATED) as archive:
        one = zipfile.ZipInfo(options.get("name", "a.txt"))
        one.comment = options.get("comment", b"")
        one.extra = options.get("extra", b"")
        archive.writestr(one, PLAIN)
        archive.comment = options.get("whole", b"")
    return told.getvalue()


@pytest.mark.parametrize("one", CONTAINERS)
def test_a_sound_container_is_whole(one):
    """Nothing is doubted where nothing is odd."""
    found = inspected(one(PLAIN))
    assert (found.coverage, found.undecided) == (Coverage.COMPLETE, ())


@pytest.mark.parametrize(
    "content",
    [
        zipped(name=f"{EMAIL}.txt"),
        zipped(comment=MAIL),
        zipped(extra=struct.pack("<HH", 0x7777, len(MAIL)) + MAIL),
        zipped(whole=b"for " + MAIL),
    ],
)
def test_what_a_zip_says_of_its_members_is_seen(content: bytes):
    """Names, comments and extra fields hold people as well as contents do."""
    found = inspected(content)
    assert found.subjects.tolist() == [JANE]
    assert EMAIL not in repr(found)


def test_what_gzip_says_of_its_content_is_seen():
    """The name of the file is in the header."""
    told = io.BytesIO()
    with gzip.GzipFile(f"{EMAIL}.txt", "wb", fileobj=told) as file:
        file.write(PLAIN)
    assert inspected(told.getvalue()).subjects.tolist() == [JANE]


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_what_a_tar_says_of_its_members_is_seen(form: int):
    """Owners, links and long names are in headers."""
    told = io.BytesIO()
    with tarfile.open(fileobj=told, mode="w", format=form) as archive:
        one = tarfile.TarInfo("x" * 200)
        one.type, one.linkname = tarfile.SYMTYPE, f"to/{EMAIL}"
        archive.addfile(one)
    assert inspected(told.getvalue()).subjects.tolist() == [JANE]


@pytest.mark.parametrize("one", [in_gzip, in_zstd, in_zip, in_tar])
def test_bytes_behind_the_end_are_a_doubt(one):
    """They are looked through too."""
    found = inspected(one(PLAIN) + b" and " + MAIL)
    assert found.subjects.tolist() == [JANE]
    whys = {why.why for why in found.undecided}
    assert whys & {Doubt.TRAILING, Doubt.MALFORMED}


def test_bytes_before_a_zip_are_a_doubt():
    """A text with an archive behind it is both."""
    assert Doubt.TWOFOLD in doubts(b"id,name\n1,x\n" * 30 + zipped())
    assert doubts(zipped()[:30].replace(b"PK\x03\x04", b"PK\x03\x04") + zipped())


def test_a_hidden_frame_is_a_doubt():
    """A reader of zstd skips what says that it may be skipped."""
    hidden = struct.pack("<II", 0x184D2A50, len(MAIL)) + MAIL
    found = inspected(zstandard.compress(PLAIN) + hidden)
    assert found.subjects.tolist() == [JANE]
    assert [one.why for one in found.undecided] == [Doubt.TRAILING]


def test_several_streams_are_one_file():
    """gzip and zstd files may be put one behind the other."""
    content = gzip.compress(PLAIN) + gzip.compress(b"x " + MAIL)
    found = inspected(content)
    assert (found.subjects.tolist(), found.undecided) == ([JANE], ())


def test_an_encrypted_member_is_a_doubt():
    """What is locked isn't let through."""
    content = bytearray(zipped())
    content[6] |= 1
    at = content.rindex(b"PK\x01\x02")
    content[at + 8] |= 1
    assert Doubt.ENCRYPTED in doubts(bytes(content))


def test_a_directory_that_differs_is_a_doubt():
    """Some readers go by the directory, others by the headers of members."""
    content = zipped()
    assert Doubt.TWOFOLD in doubts(content.replace(b"a.txt", b"b.txt", 1))


def stored(inner: bytes) -> bytes:
    told = io.BytesIO()
    with zipfile.ZipFile(told, "w") as archive:
        archive.writestr("inner.bin", inner)
    return told.getvalue()


def test_an_archive_that_is_stored_in_an_archive_is_looked_through():
    """The end record of what is inside is no second end of what is around it."""
    found = inspected(stored(zipped(name=EMAIL)))
    assert found.coverage is Coverage.COMPLETE
    assert found.subjects == (JANE,)


def test_an_end_that_a_reader_may_take_for_the_archives_is_a_doubt():
    """One that claims to end where the file does, and one behind the members."""
    inner = zipped()
    whole = stored(inner)
    behind = len(whole) - (whole.index(inner) + len(inner))
    claims = inner[:-2] + struct.pack("<H", behind)
    assert Doubt.TWOFOLD in doubts(stored(claims))
    end = whole.rindex(b"PK\x05\x06")
    fake = whole[:end] + b"PK\x05\x06" + bytes(18) + whole[end:]
    assert doubts(fake)


def test_members_that_overlap_are_a_doubt():
    """Two members of the same bytes unpack to more than is there."""
    content = zipped()
    at = content.index(b"PK\x01\x02")
    end = content.index(b"PK\x05\x06")
    entry = content[at:end]
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 2, 2, len(entry) * 2, at, 0)
    assert Doubt.TWOFOLD in doubts(content[:at] + entry * 2 + tail)


def test_a_checksum_that_differs_is_a_doubt():
    """Readers differ in what they do then."""
    content = zipped()
    crc = struct.pack("<I", zipfile.ZipFile(io.BytesIO(content)).infolist()[0].CRC)
    assert Doubt.MALFORMED in doubts(content.replace(crc, b"1234"))


def test_padding_of_a_tar_holds_nothing():
    """Blocks are filled with zeros; other bytes are a doubt."""
    content = bytearray(in_tar(PLAIN))
    content[600 : 600 + len(MAIL)] = MAIL
    found = inspected(bytes(content))
    assert found.subjects.tolist() == [JANE]
    assert [one.why for one in found.undecided] == [Doubt.TRAILING]


@pytest.mark.parametrize(
    "caps",
    [Caps(depth=2), Caps(members=2), Caps(floor=400, ratio=1), Caps(expanded=100)],
)
def test_a_limit_is_a_doubt(caps: Caps):
    """Depth, members, bytes and ratio have a bound; what lies behind isn't seen."""
    content = in_zip(in_zip(in_zip(PLAIN * 1000)))
    found = inspected(content, caps)
    assert Doubt.LIMIT in {one.why for one in found.undecided}
    assert found.coverage == Coverage.PARTIAL


def test_a_member_of_unknown_format_leaves_the_rest_looked_through():
    """The whole is partly covered, a file alone is skipped."""
    assert inspected(PLANTED["binary"]("x")).coverage == Coverage.SKIPPED
    assert inspected(in_zip(PLANTED["binary"]("x"))).coverage == Coverage.PARTIAL


def test_office_documents_are_archives_of_text():
    """A word that is cut into runs is read as one."""
    told = io.BytesIO()
    with zipfile.ZipFile(told, "w") as archive:
        archive.writestr("[Content_Types].xml", "<?xml version='1.0'?><Types/>")
        archive.writestr("word/document.xml", PLANTED["markup"](EMAIL))
        sheet = b"<?xml version='1.0'?><row><c><v>14155550123</v></c></row>"
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    found = inspected(told.getvalue())
    assert found.coverage == Coverage.COMPLETE
    assert {one.tag for one in found.sightings} == {"EMAIL", "PHONE"}


def test_a_stated_format_that_differs_is_a_doubt():
    """A picture that is called a table is held."""
    inspector = Inspector(KNOWN)
    for payload in (
        Payload("a.csv", in_zip(PLAIN)),
        Payload("a", b'{"a": 1}', "text/csv"),
        Payload("a.json", PLAIN),
    ):
        assert Doubt.TWOFOLD in {
            one.why for one in inspector.inspect(payload).undecided
        }
