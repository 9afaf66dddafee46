"""ZIP, by its central directory (APPNOTE 6.3), and every byte that it doesn't speak of.

Readers differ in what they take a ZIP for: some go by the directory at its end, some by
the headers before each member. Where the two disagree, where members overlap, and where
bytes belong to nobody, the file is two things at once.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ringfence.egress.inspection.report import Coverage
from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.opening.caps import BrokenError, Budget, MiB
from ringfence.egress.opening.names import readings, spoken
from ringfence.egress.opening.packed import Packed
from ringfence.egress.opening.portions import Part, Portions, gap, metadata
from ringfence.egress.opening.streams import Counted, Readable
from ringfence.egress.opening.text import strings

_END = b"PK\x05\x06"
_END_SIZE, _HEADER = 22, 30
_LARGE, _MANY = 0xFFFFFFFF, 0xFFFF  # what stands where a number needs more room
_AES = 99
_TAIL = 65557  # the end of the directory, with the longest comment
_METHODS = {0: "stored", 8: "deflate", 12: "bzip2", 93: "zstd"}
_ENCRYPTED = 0x2041  # encrypted, strongly encrypted, masked headers

Inward = Callable[[Readable, Part, str], Portions]


@dataclass(frozen=True, slots=True)
class Member:
    """A member, as the directory has it. `crc`, `packed`, `size`: of its content."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    extra: bytes
    comment: bytes

    @property
    def title(self) -> str:
        """Its name as text."""
        try:
            return self.name.decode()
        except UnicodeDecodeError:
            return self.name.decode("cp437")


@dataclass(frozen=True, slots=True)
class Directory:
    """All members, and where the directory lies. `comment`: the archive's."""

    members: list[Member]
    start: int
    end: int
    comment: bytes
    doubled: bool


def directory_of(file: BinaryIO) -> Directory:
    """Return the directory of a ZIP.

    Raises:
        BrokenError: It has none.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(max(size - _TAIL, 0))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise BrokenError
    count, length, start, comment = struct.unpack_from("<HIIH", tail, at + 10)
    place = size - len(tail) + at
    end = place + 22 + comment
    if end > size:
        raise BrokenError
    if _LARGE in {length, start} or count == _MANY:
        place, count, length, start = _zip64(file, place)
    # Bytes before the archive shift every offset in it.
    shift = place - length - start
    if shift < 0:
        raise BrokenError
    file.seek(start + shift)
    members = _members(file.read(length), shift)
    others = _other_ends(tail, at)
    doubled = len(members) != count or any(
        size - len(tail) + one >= start + shift or one + 22 + more >= len(tail)
        for one, more in others
    )
    told = tail[at + 22 : at + 22 + comment]
    return Directory(members, start + shift, end, told, doubled)


def _other_ends(tail: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Yield where other end records lie, and how long a comment each claims.

    An archive that is stored in this one has its own. A reader could take one for this
    archive's if it lay behind the members, or claimed to end where the file does.
    """
    found = tail.find(_END)
    while found != -1:
        if found != at:
            more = tail[found + 20 : found + 22]
            yield found, int.from_bytes(more, "little")
        found = tail.find(_END, found + 1)


def _zip64(file: BinaryIO, place: int) -> tuple[int, int, int, int]:
    """Return where the larger end record is, its count, length and start."""
    file.seek(max(place - 20, 0))
    locator = file.read(20)
    if locator[:4] != b"PK\x06\x07":
        raise BrokenError
    at = struct.unpack_from("<Q", locator, 8)[0]
    file.seek(at)
    found = file.read(56)
    if found[:4] != b"PK\x06\x06":
        raise BrokenError
    count, length, start = struct.unpack_from("<QQQ", found, 32)
    return at, count, length, start


def _members(content: bytes, shift: int) -> list[Member]:
    found = []
    at = 0
    while at + 46 <= len(content) and content[at : at + 4] == b"PK\x01\x02":
        flags, method = struct.unpack_from("<HH", content, at + 8)
        crc, packed, size, name, extra, comment = struct.unpack_from(
            "<IIIHHH", content, at + 16
        )
        offset = struct.unpack_from("<I", content, at + 42)[0]
        one, two = at + 46 + name, at + 46 + name + extra
        fields = content[one:two]
        sizes = _sizes(fields, [size, packed, offset])
        at, before = two + comment, at
        told = content[before + 46 : one], flags, method, crc
        found.append(
            Member(*told, sizes[1], sizes[0], sizes[2] + shift, fields, content[two:at])
        )
    if at != len(content):
        raise BrokenError
    return found


def _sizes(extra: bytes, found: list[int]) -> list[int]:
    """Return sizes and offset, from the field for large ones where they are there."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            large = iter(struct.iter_unpack("<Q", extra[at + 4 :][: length // 8 * 8]))
            return [next(large)[0] if n == _LARGE else n for n in found]
        at += 4 + length
    return found


def archive(file: BinaryIO, part: Part, budget: Budget, inward: Inward) -> Portions:
    """Yield what every member holds, and what lies between them."""
    found = directory_of(file)
    yield from _told(found, part)
    extents = [(found.start, found.end)]
    if found.doubled:
        yield gap(part, Doubt.TWOFOLD)
    for number, member in enumerate(found.members, 1):
        budget.enter(0)
        start, head = _local(file, member)
        if not _agrees(head, member):
            yield gap(part, Doubt.TWOFOLD)
        yield from _header(head, part)
        extents.append(
            (member.offset, start + member.packed + _descriptor(file, member, start))
        )
        inner = (*part, spoken(member.title, f"member {number}"))
        content = _Slice(file, start, member.packed)
        yield from _member(content, member, inner, budget, inward)
    yield from _between(file, extents, part, budget)


def _told(found: Directory, part: Part) -> Portions:
    texts = [found.comment.decode("utf-8", "replace")]
    for one in found.members:
        extra = one.extra.decode("latin-1")
        texts += [*readings(one.title), one.comment.decode("utf-8", "replace"), extra]
    yield metadata(part, "directory", [text for text in texts if text])


def _local(file: BinaryIO, member: Member) -> tuple[int, bytes]:
    """Return where a member's content begins, and its own header."""
    file.seek(member.offset)
    head = file.read(30)
    if head[:4] != b"PK\x03\x04" or len(head) < _HEADER:
        raise BrokenError
    name, extra = struct.unpack_from("<HH", head, 26)
    head += file.read(name + extra)
    return member.offset + 30 + name + extra, head


def _agrees(head: bytes, member: Member) -> bool:
    """Return whether a member's own header says what the directory says."""
    flags, method = struct.unpack_from("<HH", head, 6)
    crc, packed, size, name = struct.unpack_from("<IIIH", head, 14)
    if (flags & ~8, method) != (member.flags & ~8, member.method):
        return False
    if head[30 : 30 + name] != member.name:
        return False
    large = _LARGE in {packed, size}
    later = bool(flags & 8)
    told = (crc, packed, size)
    return large or later or told == (member.crc, member.packed, member.size)


def _header(head: bytes, part: Part) -> Portions:
    texts = head[30:].decode("latin-1")
    if texts:
        yield metadata(part, "header", [texts])


def _descriptor(file: BinaryIO, member: Member, start: int) -> int:
    """Return how long the descriptor behind a member's content is."""
    if not member.flags & 8:
        return 0
    file.seek(start + member.packed)
    found = file.read(24)
    marked = 4 if found[:4] == b"PK\x07\x08" else 0
    if found[marked : marked + 4] != struct.pack("<I", member.crc):
        return 0
    sizes = struct.pack("<QQ", member.packed, member.size)
    return marked + (20 if found[marked + 4 : marked + 20] == sizes else 12)


def _member(
    content: _Slice, member: Member, part: Part, budget: Budget, inward: Inward
) -> Portions:
    name = _METHODS.get(member.method)
    if member.flags & _ENCRYPTED or name is None:
        locked = name or member.method == _AES
        why = Doubt.ENCRYPTED if locked else Doubt.UNKNOWN_FORMAT
        yield gap(part, why, Coverage.SKIPPED)
        return
    if member.title.endswith("/") and not member.size and not member.packed:
        return
    checked = _Checked(content, name)
    yield from inward(checked, part, member.title)
    rest = Counted(checked, budget)
    while rest.read(MiB):
        pass
    if (checked.size, checked.crc) != (member.size, member.crc):
        yield gap(part, Doubt.MALFORMED)
    if checked.behind:
        yield gap(part, Doubt.TRAILING)


class _Slice:
    """A range of a file that others read too."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file = file
        self._at = start
        self._end = start + size

    def read(self, size: int) -> bytes:
        self._file.seek(self._at)
        found = self._file.read(min(size, self._end - self._at))
        self._at += len(found)
        return found


class _Checked:
    """The content of a member, with its size and checksum."""

    def __init__(self, source: _Slice, name: str) -> None:
        self._packed = None if name == "stored" else Packed(source, name, several=False)
        self._source: Readable = self._packed or source
        self.size = 0
        self.crc = 0

    def read(self, size: int) -> bytes:
        found = self._source.read(size)
        self.size += len(found)
        self.crc = zlib.crc32(found, self.crc)
        return found

    @property
    def behind(self) -> bytes:
        """Bytes that the compression leaves over."""
        return self._packed.behind if self._packed else b""


def _between(
    file: BinaryIO, extents: list[tuple[int, int]], part: Part, budget: Budget
) -> Portions:
    """Yield what lies before, between and behind, and whether members overlap."""
    size = file.seek(0, io.SEEK_END)
    at = 0
    twofold = trailing = False
    for start, end in [*sorted(extents), (size, size)]:
        twofold = twofold or start < at
        if start > at:
            trailing = True
            lost = Counted(_Slice(file, at, start - at), budget)
            yield from strings(lost, part, budget.caps)
        at = max(at, end)
    if trailing:
        yield gap(part, Doubt.TRAILING, Coverage.COMPLETE)
    if twofold:
        yield gap(part, Doubt.TWOFOLD)
