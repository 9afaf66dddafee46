"""Files of every format that the exit opens, with a text planted at some place."""

from __future__ import annotations

import base64
import bz2
import csv
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from ringfence.egress.forms.kinds import Kind
from tests.egress_known import Remembered

EMAIL = "jane.doe@example.com"
JANE = 7
KNOWN = Remembered(
    {
        JANE: [
            (Kind.EMAIL, EMAIL),
            (Kind.PHONE, "+14155550123"),
            (Kind.ACCOUNT_ID, "6900000000000000007"),
        ],
        8: [(Kind.EMAIL, "john@example.org"), (Kind.ACCOUNT_ID, "6900000000000000008")],
    }
)

Plant = Callable[[str], bytes]


def text(planted: str) -> bytes:
    return f"hello\nthis is {planted} here\nbye\n".encode()


def utf16(planted: str) -> bytes:
    return text(planted).decode().encode("utf-16")


def utf32(planted: str) -> bytes:
    return text(planted).decode().encode("utf-32")


def latin(planted: str) -> bytes:
    return "né à Besançon\n".encode("latin-1") + text(planted)


def with_nul(planted: str) -> bytes:
    return b"\0".join(bytes([c]) for c in text(planted))


def json_lines(planted: str) -> bytes:
    rows = [{"a": 1, "u": {"e": "x"}}, {"a": 2, "u": {"e": planted}}, {"a": None}]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def json_key(planted: str) -> bytes:
    return json.dumps({"a": [1, {planted: 3}]}).encode()


def json_twice(planted: str) -> bytes:
    return f'{{"a": "{planted}", "a": 1}}\n'.encode()


def json_pretty(planted: str) -> bytes:
    return json.dumps([{"a": {"b": [planted]}}, {"a": 1}], indent=2).encode()


def table(planted: str) -> bytes:
    told = io.StringIO()
    rows = csv.writer(told)
    rows.writerows([["id", "note", "n"], [1, 'a "quoted"\ncell', 2], [3, planted, 4]])
    return told.getvalue().encode()


def table_header(planted: str) -> bytes:
    return f"id;{planted};n\n1;2;3\n4;5;6\n".encode()


def table_bare(planted: str) -> bytes:
    return f"1\t{planted}\t3\n4\t5\t6\n".encode()


def table_ragged(planted: str) -> bytes:
    return f"a,b\n1,2\n3,4,{planted}\n5,6\n7,8\n".encode()


def markup(planted: str) -> bytes:
    half = len(planted) // 2
    runs = f"<w:t>{planted[:half]}</w:t></w:r><w:r><w:t>{planted[half:]}</w:t>"
    return f"<?xml version='1.0'?><w:p><w:r>{runs}</w:r></w:p>".encode()


def _written(frame: pa.Table, **options: object) -> bytes:
    told = io.BytesIO()
    pq.write_table(frame, told, **options)
    return told.getvalue()


def parquet(planted: str) -> bytes:
    return _written(pa.table({"id": [1, 2, 3], "e": ["x", planted, None]}))


def parquet_nested(planted: str) -> bytes:
    cells = [[{"k": {"x": planted}}], None, [], [{"k": None}]]
    return _written(pa.table({"l": cells}), use_dictionary=False, compression="none")


def parquet_metadata(planted: str) -> bytes:
    frame = pa.table({"id": [1]}).replace_schema_metadata({"owner": planted})
    return _written(frame)


def parquet_name(planted: str) -> bytes:
    return _written(pa.table({planted: [1]}))


def parquet_bytes(planted: str) -> bytes:
    return _written(pa.table({"b": [b"\xff\xfe\x01", planted.encode()]}))


def parquet_statistics(planted: str) -> bytes:
    """A greatest value that is of no row: a writer that masks the data alone."""
    content = parquet(planted)
    return content.replace(planted.encode(), b"z" * len(planted), 1)


def parquet_hidden(planted: str) -> bytes:
    """Bytes between data and footer that nothing refers to."""
    content = _written(pa.table({"id": [1, 2, 3]}))
    size = struct.unpack("<I", content[-8:-4])[0]
    start = len(content) - 8 - size
    return content[:start] + planted.encode() + content[start:]


def mail(planted: str) -> bytes:
    body = base64.encodebytes(table(planted))
    return (
        b"From: a <a@b.example>\r\nTo: c@d.example\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="=="\r\n\r\n--==\r\n'
        b"Content-Type: text/plain\r\n\r\nsee there\r\n--==\r\n"
        b"Content-Type: text/csv; name=a.csv\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + body + b"\r\n--==--\r\n"
    )


def mail_header(planted: str) -> bytes:
    word = base64.b64encode(planted.encode()).decode()
    head = f"Subject: =?utf-8?b?{word}?=\r\nFrom: a@b.example\r\n\r\nhello\r\n"
    return head.encode()


def binary(planted: str) -> bytes:
    return bytes(range(32)) * 8 + planted.encode() + bytes(range(32)) * 4


def image(planted: str) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + bytes(range(64)) + planted.encode() + bytes(64)


PLANTED: dict[str, Plant] = {
    one.__name__: one
    for one in (
        text, utf16, utf32, latin, with_nul, json_lines, json_key, json_twice, json_pretty,
        table, table_header, table_bare, table_ragged, markup, parquet, parquet_nested,
        parquet_metadata, parquet_name, parquet_bytes, parquet_statistics, parquet_hidden,
        mail, mail_header, binary, image,
    )
}  # fmt: skip


def in_gzip(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def in_bzip2(content: bytes) -> bytes:
    return bz2.compress(content)


def in_xz(content: bytes) -> bytes:
    return lzma.compress(content)


def in_zstd(content: bytes) -> bytes:
    return zstandard.compress(content)


def in_zip(content: bytes) -> bytes:
    told = io.BytesIO()
    with zipfile.ZipFile(told, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b", content)
        archive.writestr("c", b"nothing")
    return told.getvalue()


def in_stream_zip(content: bytes) -> bytes:
    """A ZIP written to a pipe: sizes stand behind the members."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.told = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, some) -> int:
            self.told += some
            return len(some)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a", content)
    return bytes(pipe.told)


def in_tar(content: bytes) -> bytes:
    told = io.BytesIO()
    with tarfile.open(fileobj=told, mode="w") as archive:
        one = tarfile.TarInfo("a/b")
        one.size = len(content)
        archive.addfile(one, io.BytesIO(content))
    return told.getvalue()


CONTAINERS: tuple[Callable[[bytes], bytes], ...] = (
    in_gzip, in_bzip2, in_xz, in_zstd, in_zip, in_stream_zip, in_tar,
)  # fmt: skip


def bomb(times: int) -> bytes:
    """Return so many mebibytes of nothing, packed."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(bytes(1 << 20)) for _ in range(times)]
    return b"".join([*parts, packer.flush()])
