"""The server's jsonlog, from version 15 on: an object a line."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from ringfence.audit.event import Sheet
from ringfence.audit.readers.fields import UnreadableError
from ringfence.audit.readers.pgaudit.pages import Line, Log, Page, places, split
from ringfence.audit.unpacked import Block, Unpacked


class _Json(msgspec.Struct):
    timestamp: str
    session_id: str
    line_num: int
    error_severity: str
    message: str = ""
    principal: str = msgspec.field(default="", name="user")
    remote_host: str = ""
    application_name: str = ""


_decoder = msgspec.json.Decoder(_Json)


def read_jsonlog(file: Unpacked, log: Log) -> Iterator[Sheet]:
    """Read a file of a jsonlog."""
    for block in file.lines():
        yield _sheet(block, log)


def _sheet(block: Block, log: Log) -> Sheet:
    lines = split(block.data)
    page = Page(log)
    ends = np.cumsum([len(line) for line in lines])
    for place, line in enumerate(lines):
        try:
            page.take(place, _line(line, log))
        except UnreadableError as error:
            page.malformed.append((place, str(error)))
    return page.sheet(places(block, ends))


def _line(line: bytes, log: Log) -> Line:
    text = line
    try:
        text.decode()
    except UnicodeDecodeError:  # a database may keep other bytes than it says
        text = line.decode(errors="replace").encode()
    try:
        said = _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableError("the line is no object of a jsonlog") from None
    return Line(
        time=log.moments.instant(said.timestamp),
        message=said.message,
        principal=said.principal,
        host=said.remote_host,
        session=said.session_id,
        number=str(said.line_num),
        application=said.application_name,
    )
