"""A process that reads the data of Parquet files for others, in bounded memory.

The library that decodes pages is large, and a hostile file may end its process. So it
runs here; who asked sees that the answer breaks off, and holds what it asked about.
It is started as a module; over its standard input, a socket, it takes a file descriptor
and a line with the question, and gives back messages of a head in JSON and a body.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import struct
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ringfence.egress.opening.arrays import escaped, leaf_of, plain

BATCH = 1 << 18
_CODECS = {0: None, 1: "snappy", 2: "gzip", 4: "brotli", 6: "zstd", 7: "lz4_raw"}
_QUESTION = 1 << 24
_INT32, _INT64, _BYTES = 1, 2, 6
HEAD = struct.Struct("<IQ")


class Answer:
    """Where the answer goes."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def tell(self, head: dict[str, Any], columns: dict[str, pa.Array] | None) -> None:
        """Send a message: a head, and columns if there are any."""
        told = json.dumps(head).encode()
        body: Any = b""
        if columns is not None:
            batch = pa.RecordBatch.from_pydict(columns)
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, batch.schema) as stream:
                stream.write_batch(batch)
            body = sink.getvalue()
        self._line.sendall(HEAD.pack(len(told), len(body)) + told)
        self._line.sendall(body)


def read(
    file: pq.ParquetFile, leaf: dict[str, Any], first: int, answer: Answer
) -> None:
    """Send the values of one column of one row group."""
    at = first
    for batch in file.reader.iter_batches(
        BATCH,
        row_groups=[leaf["group"]],
        column_indices=[leaf["place"]],
        use_threads=False,
    ):
        send(batch.schema.field(0), batch.column(0), leaf["place"], at, answer)
        at += len(batch)


def send(
    field: pa.Field, values: pa.Array, place: int, first: int, answer: Answer
) -> None:
    """Send values, column by column where they are nested."""
    nested = pa.types.is_nested(field.type)
    name = f"/{escaped(field.name)}" if nested else field.name
    for column, array, rows in leaf_of(values, None, name):
        type_, found = plain(array)
        count = len(array) - array.null_count
        head = {"column": column, "type": type_, "first": first, "values": count}
        head |= {"place": place}
        columns = None
        if found is not None:
            columns = {"value": found}
            if rows is not None:
                columns["row"] = pc.add(rows, pa.scalar(first, pa.int64()))
        answer.tell(head, columns)


def dictionary(fd: int, leaf: dict[str, Any]) -> pa.Array | None:
    """Return what the dictionary of a column chunk holds, used or not."""
    at, packed, size, count = leaf["dictionary"]
    content = os.pread(fd, packed, at)
    name = _CODECS[leaf["codec"]]
    if name is not None:
        content = pa.Codec(name).decompress(content, size).to_pybytes()
    if leaf["physical"] in {_INT32, _INT64}:
        kind = np.dtype("<i4" if leaf["physical"] == _INT32 else "<i8")
        return pa.array(np.frombuffer(content, kind).astype(np.int64))
    if leaf["physical"] != _BYTES:
        return None
    values = []
    start = 0
    unpack = struct.Struct("<I").unpack_from
    for _ in range(count):
        end = start + 4 + unpack(content, start)[0]
        values.append(content[start + 4 : end])
        start = end
    if start != len(content):
        raise ValueError
    return pa.array(values, pa.large_binary())


def answered(fd: int, question: dict[str, Any], answer: Answer) -> None:
    """Send everything that the columns of a file hold."""
    file = pq.ParquetFile(pa.OSFile(f"/dev/fd/{fd}"), pre_buffer=False)
    for leaf in question["leaves"]:
        read(file, leaf, question["firsts"][leaf["group"]], answer)
        if leaf["dictionary"]:
            values = dictionary(fd, leaf)
            if values is not None:
                answer.tell({"dictionary": True}, {"value": values})
        answer.tell({"end": True}, None)
    if not file.metadata.num_rows:  # its columns are there all the same
        for place, field in enumerate(file.schema_arrow):
            send(field, pa.array([], field.type), place, 1, answer)


def main() -> None:
    """Answer one question after the other, until nobody asks."""
    memory = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    line = socket.socket(fileno=0)
    while True:
        start, fds, _, _ = socket.recv_fds(line, 8, 1)
        if not start:
            return
        size = struct.unpack("<Q", start)[0]
        asked = bytearray()
        while len(asked) < size:
            asked += line.recv(min(size - len(asked), _QUESTION))
        answer = Answer(line)
        try:
            answered(fds[0], json.loads(asked), answer)
            answer.tell({"done": True}, None)
        except (MemoryError, pa.ArrowMemoryError):
            answer.tell({"over": True}, None)
        except Exception:  # noqa: BLE001  # whatever it is, the answer is that it fails
            answer.tell({"broken": True}, None)
        finally:
            os.close(fds[0])


if __name__ == "__main__":
    main()
