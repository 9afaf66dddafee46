"""What a Parquet file holds beside its data (format 2.11): names, bounds, hidden bytes.

Every byte of the file is in a page, an index, a filter or the footer; what is in none
of them is looked through and is a doubt. The reader of the data is never asked about
this: it doesn't show bounds of pages, nor what lies between them.
"""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import polars as pl

from ringfence.egress.inspection.report import Coverage
from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.opening.caps import BrokenError, Budget, MiB, OverError
from ringfence.egress.opening.names import spoken
from ringfence.egress.opening.portions import Cells, Numbers, Part, Portions, gap
from ringfence.egress.opening.portions import metadata as metadata_of
from ringfence.egress.opening.streams import Counted
from ringfence.egress.opening.text import PRINTABLE, strings
from ringfence.egress.opening.thrift import Thrift, Value, texts_of

_MAGIC = b"PAR1"
_ARROW = b"ARROW:schema"
_LEAST = 12
_PAGES = 200_000
_SIZES = (1 << 10, 1 << 16, 16 * MiB)  # bytes of a structure, tried one by one
_DICTIONARY = 2  # a type of page
_COLUMN_INDEX, _OFFSET_INDEX = 6, 4  # fields of a column chunk, and their lengths
_LOCKS = frozenset({8, 9})
_BOUNDS, _BLOOM = 12, 14  # fields of a chunk's metadata
_WHOLE = frozenset({"<i", "<q"})
_FORMATS = {1: "<i", 2: "<q", 4: "<f", 5: "<d"}  # physical types that are numbers
_TIMES = frozenset({6, 7, 8, 9, 10, 21})  # converted types
_LOGICAL_TIMES = frozenset({6, 7, 8})
Struct = dict[int, Value]


@dataclass(slots=True)
class Leaf:
    """A column of a row group. `physical`: number of its type; `time`: is a time."""

    group: int
    place: int
    name: str
    physical: int
    time: bool
    codec: int
    dictionary: tuple[int, int, int, int] | None = None  # at, packed, unpacked, values


@dataclass(slots=True)
class Footer:
    """The footer of a file. `rows`, `leaves`: columns of every row group."""

    content: Struct
    rows: int
    groups: list[int]
    encrypted: bool
    extents: list[tuple[int, int]]
    leaves: list[Leaf] = field(default_factory=list)


def _dict(value: Value | None) -> Struct:
    if not isinstance(value, dict):
        raise BrokenError
    return value


def _list(value: Value | None) -> list[Value]:
    if not isinstance(value, list):
        raise BrokenError
    return value


def _int(value: Value | None) -> int:
    if not isinstance(value, int):
        raise BrokenError
    return value


def footer_of(file: BinaryIO) -> Footer:
    """Return the footer of a file.

    Raises:
        BrokenError: It has none.
    """
    size = file.seek(0, io.SEEK_END)
    if size < _LEAST:
        raise BrokenError
    file.seek(size - 8)
    length, magic = struct.unpack("<I4s", file.read(8))
    if magic == b"PARE":
        return Footer({}, 0, [], encrypted=True, extents=[])
    if magic != _MAGIC or length > size - 12:
        raise BrokenError
    if length > 256 * MiB:
        raise OverError
    file.seek(size - 8 - length)
    reader = Thrift(file.read(length))
    content = reader.struct()
    start = size - 8 - length
    extents = [(0, 4), (start, start + reader.at), (size - 8, size)]
    groups = [_int(_dict(one).get(3)) for one in _list(content.get(4))]
    encrypted = bool(_LOCKS & set(content))
    return Footer(content, _int(content.get(3)), groups, encrypted, extents)


def around(file: BinaryIO, footer: Footer, part: Part, budget: Budget) -> Portions:
    """Yield everything of a file that isn't data, and fill in the footer's leaves."""
    texts = [_text(one) for one in texts_of(_plain(footer.content))]
    texts += _schemas(footer.content)
    yield metadata_of(part, "footer", texts)
    pages = 0
    for group, chunk in _chunks(footer):
        leaf, meta = _leaf(footer, group, chunk)
        if _LOCKS & set(chunk):
            footer.encrypted = True
            continue
        footer.leaves.append(leaf)
        yield from _bounds(leaf, [_dict(meta.get(_BOUNDS, {}))], part)
        start, end = _extent(meta)
        found = list(_pages(file, leaf, start, end, _PAGES - pages))
        pages += len(found)
        footer.extents.append((start, end))
        footer.extents.append((end, _repeated(file, end, meta)))
        headers = [header for _, header in found]
        yield from _told(leaf, headers, [_bounded(one) for one in headers], part)
        if found and found[-1][0] != end:
            yield gap(part, Doubt.TRAILING, Coverage.COMPLETE)
        yield from _indices(file, leaf, chunk, (footer, part))
        yield from _filter(file, meta, (footer, part), budget)
    yield from _between(file, footer, part, budget)


def _pairs(footer: Struct) -> list[Struct]:
    return [_dict(one) for one in _list(footer.get(5, []))]


def _schemas(footer: Struct) -> list[str]:
    """Return the texts of the schema that Arrow keeps in the metadata, in base64."""
    found = []
    for pair in _pairs(footer):
        value = pair.get(2)
        if pair.get(1) == _ARROW and isinstance(value, bytes):
            content = base64.b64decode(value, validate=True)
            found += [_text(one) for one in PRINTABLE.findall(content)]
    return found


def _plain(footer: Struct) -> Struct:
    """Return a footer without its bounds, which are numbers as often as texts."""
    pairs: list[Value] = [one for one in _pairs(footer) if one.get(1) != _ARROW]
    groups: list[Value] = []
    for group in _list(footer.get(4)):
        columns: list[Value] = []
        for column in _list(_dict(group).get(1)):
            meta = _dict(_dict(column).get(3, {}))
            columns.append(
                {**_dict(column), 3: {k: v for k, v in meta.items() if k != _BOUNDS}}
            )
        groups.append({**_dict(group), 1: columns})
    return {**footer, 4: groups, 5: pairs}


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _schema(footer: Footer) -> list[Struct]:
    found = [_dict(one) for one in _list(footer.content.get(2))]
    return [one for one in found if not one.get(5)]


def _chunks(footer: Footer) -> Iterator[tuple[int, Struct]]:
    for number, group in enumerate(_list(footer.content.get(4))):
        for chunk in _list(_dict(group).get(1)):
            yield number, _dict(chunk)


def _leaf(footer: Footer, group: int, chunk: Struct) -> tuple[Leaf, Struct]:
    schema = _schema(footer)
    place = sum(leaf.group == group for leaf in footer.leaves[-len(schema) :])
    if place >= len(schema):
        raise BrokenError
    one = schema[place]
    time = one.get(6) in _TIMES or bool(_LOGICAL_TIMES & set(_dict(one.get(10, {}))))
    meta = _dict(chunk.get(3, {}))
    path = [_text(p) for p in texts_of(meta.get(3, b""))]
    name = spoken(".".join(reversed(path)), f"column {place + 1}")
    physical = _int(meta.get(1, one.get(1, 0)))
    return Leaf(group, place, name, physical, time, _int(meta.get(4, 0))), meta


def _extent(meta: Struct) -> tuple[int, int]:
    # A chunk without a row may have a dictionary, and no page of data.
    starts = [_int(meta.get(9)), _int(meta.get(11, 0))]
    start = min((one for one in starts if one > 0), default=0)
    return start, start + _int(meta.get(7))


def _repeated(file: BinaryIO, at: int, meta: Struct) -> int:
    """Return where a chunk's metadata ends that is written behind it once more.

    Some writers do; the format lets them. Whatever says anything else isn't that.
    """
    try:
        found, end = _struct_at(file, at, _SIZES[:-1])  # it is asked at every chunk
    except BrokenError:
        return at
    return end if found == meta else at


def _struct_at(
    file: BinaryIO, at: int, sizes: tuple[int, ...] = _SIZES
) -> tuple[Struct, int]:
    """Return the structure at a place, and where it ends."""
    for size in sizes:
        file.seek(at)
        content = file.read(size)
        reader = Thrift(content)
        try:
            return reader.struct(), at + reader.at
        except BrokenError:
            if len(content) < size:
                raise
    raise BrokenError


def _pages(
    file: BinaryIO, leaf: Leaf, at: int, end: int, most: int
) -> Iterator[tuple[int, Struct]]:
    """Yield where every page ends, and its header."""
    while at < end:
        most -= 1
        if most < 0:
            raise OverError
        header, body = _struct_at(file, at)
        packed = _int(header.get(3))
        if packed < 0:
            raise BrokenError
        if header.get(1) == _DICTIONARY and leaf.dictionary is None:
            values = _int(_dict(header.get(7)).get(1))
            leaf.dictionary = body, packed, _int(header.get(2)), values
        at = body + packed
        yield at, header


def _bounded(header: Struct) -> Struct:
    """Return the bounds in the header of a page."""
    v1, v2 = _dict(header.get(5, {})), _dict(header.get(8, {}))
    return _dict(v1.get(5, v2.get(8, {})))


def _told(
    leaf: Leaf, structs: list[Struct], bounds: list[Struct], part: Part
) -> Portions:
    """Yield the bounds that stand in structures, and texts that are no bounds."""
    yield from _bounds(leaf, bounds, part)
    values = {one for some in bounds for one in some.values() if isinstance(one, bytes)}
    texts = [text for one in structs for text in texts_of(one) if text not in values]
    if texts:
        yield metadata_of(part, "pages", [_text(one) for one in texts])


def _indices(
    file: BinaryIO, leaf: Leaf, chunk: Struct, to: tuple[Footer, Part]
) -> Portions:
    """Yield what stands in the indices of pages; note where they lie."""
    footer, part = to
    for at in (_OFFSET_INDEX, _COLUMN_INDEX):
        start = _int(chunk.get(at, 0))
        if start:
            found, end = _struct_at(file, start)
            told = start + _int(chunk.get(at + 1, 0))
            footer.extents.append((start, end))
            if told != end:
                yield gap(part, Doubt.TRAILING, Coverage.COMPLETE)
            fields = (2, 3) if at == _COLUMN_INDEX else ()
            bounds = [_list(found.get(n, [])) for n in fields]
            values = [dict(enumerate(b, 1)) for b in bounds]
            yield from _told(leaf, [found], values, part)


def _filter(
    file: BinaryIO, meta: Struct, to: tuple[Footer, Part], budget: Budget
) -> Portions:
    """Yield what can be printed of a filter of hashes; note where it lies."""
    footer, part = to
    start = _int(meta.get(_BLOOM, 0))
    if start:
        header, body = _struct_at(file, start)
        end = body + _int(header.get(1))
        if end < body:
            raise BrokenError
        footer.extents.append((start, end))
        inner = (*part, "metadata")
        texts = [_text(one) for one in texts_of(header)]
        yield metadata_of(part, "pages", texts)
        lost = Counted(_Range(file, body, end), budget)
        yield from strings(lost, inner, budget.caps)


def _bounds(leaf: Leaf, structs: list[Struct], part: Part) -> Portions:
    """Yield least and greatest values, as what they are values of."""
    found = [one for bounds in structs for one in bounds.values()]
    values = [one for one in found if isinstance(one, bytes) and one]
    form = _FORMATS.get(leaf.physical)
    if not values or (leaf.time and form is not None):
        return
    inner = (*part, "statistics")
    if form is None:
        texts = list(dict.fromkeys(_text(one) for one in values))
        yield Cells(inner, leaf.name, pl.Series(texts, dtype=pl.String))
        return
    size = struct.calcsize(form)
    if any(len(one) != size for one in values):
        raise BrokenError
    numbers = list(dict.fromkeys(struct.unpack(form, one)[0] for one in values))
    dtype = pl.Int64 if form in _WHOLE else pl.Float64
    yield Numbers(inner, leaf.name, pl.Series(numbers, dtype=dtype))


class _Range:
    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        file.seek(start)
        self._file = file
        self._left = end - start

    def read(self, size: int) -> bytes:
        found = self._file.read(min(size, self._left))
        self._left -= len(found)
        return found


def _between(file: BinaryIO, footer: Footer, part: Part, budget: Budget) -> Portions:
    """Yield what no page, index, filter or footer holds."""
    size = file.seek(0, io.SEEK_END)
    at = 0
    doubts: set[Doubt] = set()
    for start, end in [*sorted(footer.extents), (size, size)]:
        if start < at:
            doubts.add(Doubt.TWOFOLD)
        if start > at and _holds(file, at, start):
            doubts.add(Doubt.TRAILING)
            lost = Counted(_Range(file, at, start), budget)
            yield from strings(lost, part, budget.caps)
        at = max(at, end)
    if at > size:
        raise BrokenError
    for doubt in sorted(doubts):
        yield gap(part, doubt, Coverage.COMPLETE)


def _holds(file: BinaryIO, start: int, end: int) -> bool:
    """Return whether a range holds more than padding."""
    found = _Range(file, start, end)
    return any(block.strip(b"\0") for block in iter(lambda: found.read(MiB), b""))
