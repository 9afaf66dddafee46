"""What carries a canary: payloads that a channel declares, but for one text in them.

A channel of tables carries it in a column that tells of nobody and isn't masked; a
channel of texts, in a line. So whatever of it leaves, leaves undeclared.
"""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
from pyarrow import parquet

from ringfence.boundary.channels import Channel, ColumnType, Declared
from ringfence.errors import ConfigError, Locus

HARMLESS = "plain words"
ROW = "row"
"""The place of surfaces that carry rows of a database, and nothing else."""
_CELLS: Mapping[ColumnType, object] = {
    "text": HARMLESS,
    "integer": 7,
    "number": 1.5,
    "boolean": True,
    "time": "2022-01-03",
    "nested": HARMLESS,
}
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Carried:
    """Something that carries a text.

    Attributes:
        content: The bytes.
        suffix: Of the file's name.
        media: The media type.
        name: What the file's name says; empty: nothing of note.
        stated: What goes with it, as headers do.
    """

    content: bytes
    suffix: str
    media: str
    name: str = ""
    stated: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Container:
    """One way to carry a text.

    Attributes:
        name: What it is called.
        carry: Carries a text so.
        place: What a surface must have: `name`, `header`; empty: a body.
    """

    name: str
    carry: Callable[[str], Carried]
    place: str = ""


def containers(channel: Channel) -> tuple[Container, ...]:
    """Return every way to carry a text that a channel lets pass if it is harmless.

    The first one is the plainest.

    Raises:
        ConfigError: The channel declares nothing that a harmless text can stand in.
    """
    column = next(filter(is_free, channel.columns), None)
    has_counts = any(one.holds != "value" for one in channel.columns)
    if column is not None and not has_counts:
        return _tables(_Table(channel.columns, column.name))
    if channel.text:
        return _texts()
    message = f"channel `{channel.name}` declares nothing that a harmless text fits in"
    hint = "it needs `text: true`, or a text column without tag and mask, and no counts"
    raise ConfigError(message, Locus("--channel"), hint)


def is_free(column: Declared) -> bool:
    """Whether a column tells of nobody, and lets any text pass."""
    return column.type == "text" and not (column.tag or column.mask or column.opaque)


def row() -> Container:
    """Return what carries a text as one value of a row."""
    return Container(ROW, lambda text: Carried(text.encode(), "", "text/plain"))


# --- tables ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    columns: tuple[Declared, ...]
    free: str

    def rows(self, text: str) -> list[Row]:
        """Return a few rows; the last but one has a text."""
        return [self._row(one) for one in (HARMLESS, HARMLESS, text, HARMLESS)]

    def _row(self, text: str) -> Row:
        # What tells of somebody is empty: nobody else is to be in it.
        row: Row = {
            one.name: None if one.tag else _CELLS[one.type] for one in self.columns
        }
        return {**row, self.free: text}

    @property
    def is_nested(self) -> bool:
        """Whether its columns are places of a JSON document."""
        return any(one.name.startswith("/") for one in self.columns)


def _tables(table: _Table) -> tuple[Container, ...]:
    if table.is_nested:
        return _documents(table)

    def commas(text: str) -> Carried:
        told = io.StringIO()
        writer = csv.DictWriter(told, [one.name for one in table.columns])
        writer.writeheader()
        writer.writerows(table.rows(text))
        return Carried(told.getvalue().encode(), ".csv", "text/csv")

    def columns(text: str) -> Carried:
        told = io.BytesIO()
        parquet.write_table(pa.Table.from_pylist(table.rows(text)), told)
        return Carried(told.getvalue(), ".parquet", "application/octet-stream")

    return (
        Container("CSV", commas),
        Container("Parquet", columns),
        *_packed(commas, "CSV"),
    )


def _documents(table: _Table) -> tuple[Container, ...]:
    def lines(text: str) -> Carried:
        told = (json.dumps(_nested(row)) for row in table.rows(text))
        content = "".join(f"{line}\n" for line in told).encode()
        return Carried(content, ".jsonl", "application/x-ndjson")

    return (Container("JSON lines", lines), *_packed(lines, "JSON lines"))


def _nested(row: Row) -> object:
    """Return a row as a document: names that are pointers lead to their places."""
    document: dict[str, object] = {}
    for name, value in row.items():
        parts = name.split("/")[1:] if name.startswith("/") else [name]
        keys = [one.replace("~1", "/").replace("~0", "~") for one in parts]
        _put(document, keys, value)
    return document


def _put(document: dict[str, object], keys: list[str], value: object) -> None:
    key, *rest = keys
    if not rest:
        document[key] = value
    elif rest[0] == "*":
        inner = document.setdefault(key, [{}] if rest[1:] else [value])
        if rest[1:] and isinstance(inner, list):
            _put(inner[0], rest[1:], value)
    else:
        below = document.setdefault(key, {})
        if isinstance(below, dict):
            _put(below, rest, value)


# --- texts ----------------------------------------------------------------------------


def _texts() -> tuple[Container, ...]:
    return (Container("text", _line), *_packed(_line, "text"))


def _line(text: str) -> Carried:
    content = f"{HARMLESS}\n{text}\n{HARMLESS}\n".encode()
    return Carried(content, ".txt", "text/plain; charset=utf-8")


# --- around both ----------------------------------------------------------------------


def _packed(plain: Callable[[str], Carried], what: str) -> tuple[Container, ...]:
    """Return containers around the plainest one."""

    def gzipped(text: str) -> Carried:
        inner = plain(text)
        content = gzip.compress(inner.content, mtime=0)
        return Carried(content, f"{inner.suffix}.gz", "application/gzip")

    def zipped(text: str) -> Carried:
        inner = plain(text)
        content = _zip(f"figures{inner.suffix}", inner.content)
        return Carried(content, ".zip", "application/zip")

    def twice(text: str) -> Carried:
        inner = zipped(text)
        return Carried(_zip("figures.zip", inner.content), ".zip", inner.media)

    def tarred(text: str) -> Carried:
        inner = plain(text)
        content = gzip.compress(_tar(f"figures{inner.suffix}", inner.content), mtime=0)
        return Carried(content, ".tar.gz", "application/gzip")

    def mailed(text: str) -> Carried:
        return Carried(_mail(plain(text)), ".eml", "message/rfc822")

    def named(text: str) -> Carried:
        inner = plain(HARMLESS)
        return Carried(inner.content, inner.suffix, inner.media, name=text)

    def stated(text: str) -> Carried:
        inner = plain(HARMLESS)
        return Carried(
            inner.content, inner.suffix, inner.media, stated={"x-note": text}
        )

    return (
        Container(f"{what} in gzip", gzipped),
        Container(f"{what} in ZIP", zipped),
        Container(f"{what} in ZIP in ZIP", twice),
        Container(f"{what} in tar in gzip", tarred),
        Container(f"{what} in a mail", mailed),
        Container("file name", named, "name"),
        Container("header", stated, "header"),
    )


def _zip(name: str, content: bytes) -> bytes:
    told = io.BytesIO()
    with zipfile.ZipFile(told, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), content)
    return told.getvalue()


def _tar(name: str, content: bytes) -> bytes:
    told = io.BytesIO()
    with tarfile.open(fileobj=told, mode="w") as archive:
        one = tarfile.TarInfo(name)
        one.size = len(content)
        archive.addfile(one, io.BytesIO(content))
    return told.getvalue()


def _mail(inner: Carried) -> bytes:
    body = base64.encodebytes(inner.content).decode()
    media = inner.media.partition(";")[0]
    lines = (
        "Subject: figures",
        "MIME-Version: 1.0",
        f"Content-Type: {media}; name=figures{inner.suffix}",
        "Content-Transfer-Encoding: base64",
        "",
        body,
    )
    return "\r\n".join(lines).encode()
