"""Writes a payload anew with some columns masked; nothing else of the old file goes on.

Every cell is read and written again: no statistics, dictionary, comment, metadata or
trailing byte of the old file reaches the new one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ringfence.egress.opening import telling
from ringfence.egress.opening.caps import BROKEN, OVER, Caps
from ringfence.egress.opening.footer import footer_of
from ringfence.egress.opening.pointers import part_of
from ringfence.egress.opening.streams import Stream, of_file
from ringfence.egress.opening.tables import Layout, frame_of
from ringfence.egress.opening.text import Reader
from ringfence.errors import RingfenceError

Mask = Callable[[pl.Series], pl.Series]
Plan = Mapping[str, Mask]
Place = tuple[Any, Any]

_ROWS = 1 << 16
_encode = msgspec.json.Encoder().encode
# A number goes on as it is written: as a float it would lose digits.
_decode = msgspec.json.Decoder(
    float_hook=lambda text: msgspec.Raw(text.encode())
).decode


class RewritingError(RingfenceError):
    """A payload can't be written anew, so no part of it may leave masked."""


def rewrite(
    file: BinaryIO, name: str, plan: Plan, target: BinaryIO, *, caps: Caps | None = None
) -> None:
    """Write a payload anew, with the columns of a plan masked.

    Args:
        file: The payload.
        name: Its name: an ending tells a table of one column from a text.
        plan: What masks each column, by the column's name or JSON pointer, as the
            inspection calls it.
        target: Where to write.
        caps: How far to open it.

    Raises:
        RewritingError: It is of a format that isn't written anew, or malformed. What
            was written by then is no whole file.
    """
    caps = caps or Caps()
    stream = of_file(file)
    if stream.head.startswith(telling.BOMS[0][0]):
        stream.read(3)
        stream = Stream(stream)
    stated = telling.by_name(name)
    form = telling.told(stream.head, stated)
    try:
        if form == "csv":
            _table(stream, stated, plan, target, caps=caps)
        elif form == "json":
            _json(stream, plan, target, caps)
        elif form == "parquet":
            _parquet(file, plan, target)
        else:
            raise RewritingError(f"no {form} is written anew: mask nothing in it")
    except (*BROKEN, *OVER, pa.ArrowException) as error:
        raise RewritingError(f"this {form} can't be read whole") from error


def _masked(mask: Mask, values: pl.Series) -> pl.Series:
    found = mask(values)
    if len(found) != len(values):
        raise RewritingError("a mask gave fewer values than it was given")
    return found


def _blocks(reader: Reader, *, quoted: bool = False) -> Iterator[bytes]:
    for block in reader.blocks(quoted=quoted):
        yield block
        if reader.doubts:
            raise RewritingError("the text can't be read whole")


def _table(
    stream: Stream, stated: str, plan: Plan, target: BinaryIO, *, caps: Caps
) -> None:
    layout = Layout(stream.head, stated)
    if not plan.keys() <= {*layout.names}:
        raise RewritingError("a column to be masked isn't there")
    reader = Reader(stream, caps)
    first = True
    for raw in _blocks(reader, quoted=True):
        block = _lined(raw).rstrip(b"\n")
        if not block:
            continue
        frame = frame_of(block, layout)
        if frame is None:
            raise RewritingError("the table is malformed")
        if first and layout.headed:
            target.write(_row(layout))
            frame = frame.slice(1)
        first = False
        for at, name in enumerate(layout.names):
            if name in plan:
                column = frame[str(at)].alias(name)
                masked = _masked(plan[name], column).cast(pl.String).fill_null("")
                frame = frame.with_columns(masked.alias(str(at)))
        frame.write_csv(target, include_header=False, separator=layout.mark)


def _lined(block: bytes) -> bytes:
    """Return a block whose rows end in a line feed; cells in quotes stay."""
    parts = block.split(b'"')
    parts[::2] = [one.replace(b"\r\n", b"\n") for one in parts[::2]]
    return b'"'.join(parts)


def _row(layout: Layout) -> bytes:
    told = io.StringIO()
    csv.writer(told, delimiter=layout.mark, lineterminator="\n").writerow(layout.header)
    return told.getvalue().encode()


def _json(stream: Stream, plan: Plan, target: BinaryIO, caps: Caps) -> None:
    first, end, rest = stream.head.lstrip().partition(b"\n")
    if not (end and rest.strip()) or not _is_json(first):
        content = stream.read(caps.document + 1)
        if len(content) > caps.document:
            raise RewritingError("the document is too large to be written anew")
        lines = content.strip().split(b"\n")
        if len(lines) == 1 or not _is_json(lines[0]):
            value = _decode(content)
            _mask([value], plan)
            target.write(_encode(value) + b"\n")
            return
        stream = Stream(io.BytesIO(content))
    for block in _blocks(Reader(stream, caps)):
        values = [_decode(one) for one in block.split(b"\n") if one.strip()]
        _mask(values, plan)
        target.write(b"".join(_encode(one) + b"\n" for one in values))


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True


def _mask(values: list[Any], plan: Plan) -> None:
    """Mask what stands at the plan's pointers, within the values."""
    for pointer, mask in plan.items():
        parts = pointer.split("/")[1:]
        if not parts:
            raise RewritingError("a document as a whole has no mask")
        places = [place for value in values for place in _places(value, parts)]
        old = [_flat(container[key]) for container, key in places]
        new = _masked(mask, pl.Series(pointer, old, dtype=pl.String)).to_list()
        for (container, key), one in zip(places, new, strict=True):
            container[key] = one


def _places(value: object, parts: list[str]) -> Iterator[Place]:
    """Yield the places that a pointer means: a container, and a key or a number."""
    part, rest = parts[0], parts[1:]
    keys: list[Any] = []
    if isinstance(value, list) and part == "*":
        keys = list(range(len(value)))
    elif isinstance(value, dict):
        keys = [key for key in value if part_of(key) == part]
    for key in keys:
        container: Any = value
        if rest:
            yield from _places(container[key], rest)
        else:
            yield container, key


def _flat(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, msgspec.Raw):
        value = msgspec.json.decode(value)
    return _encode(value).decode()


def _parquet(file: BinaryIO, plan: Plan, target: BinaryIO) -> None:
    footer_of(file)
    file.seek(0)
    old = pq.ParquetFile(file, pre_buffer=False)
    schema = old.schema_arrow
    missing = [n for n in plan if n not in schema.names]
    if any(not n.startswith("/") for n in missing):
        raise RewritingError("a column to be masked isn't there")
    if missing or any(
        pa.types.is_nested(schema.field(n).type) for n in plan if n in schema.names
    ):
        raise RewritingError("a column within a nested column has no mask")
    fields = [
        pa.field(f.name, pa.large_string() if f.name in plan else f.type)
        for f in schema
    ]
    with pq.ParquetWriter(target, pa.schema(fields), store_schema=False) as new:
        for batch in old.iter_batches(_ROWS, use_threads=False):
            columns = []
            for field, column in zip(fields, batch.columns, strict=True):
                values = column
                if field.name in plan:
                    series = pl.Series(field.name, pl.from_arrow(column))
                    masked = _masked(plan[field.name], series)
                    values = masked.cast(pl.String).to_arrow().cast(pa.large_string())
                columns.append(values)
            new.write_batch(pa.record_batch(columns, schema=pa.schema(fields)))
