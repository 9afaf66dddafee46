"""Mail (RFC 5322, MIME): headers, texts and what is attached, however it is coded."""

from __future__ import annotations

import email
import io
import re
from email.errors import HeaderParseError, MessageDefect
from email.header import decode_header
from email.message import Message

from ringfence.egress.inspection.report import Coverage
from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.opening.caps import BrokenError, Budget, OverError
from ringfence.egress.opening.names import readings, spoken
from ringfence.egress.opening.portions import Part, Portions, Told, gap, metadata
from ringfence.egress.opening.streams import Stream
from ringfence.egress.opening.telling import MEDIA
from ringfence.egress.opening.zipped import Inward

_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_ENTITIES = 1000


def mail(stream: Stream, part: Part, budget: Budget, inward: Inward) -> Portions:
    """Yield every header and every body of a mail."""
    content = stream.read(budget.caps.document + 1)
    if len(content) > budget.caps.document:
        raise OverError
    for number, entity in enumerate(email.message_from_bytes(content).walk(), 1):
        if number > _ENTITIES:
            raise OverError
        budget.enter(0)
        yield from _headers(entity, part)
        yield from _around(entity, part)
        if not entity.is_multipart():
            yield from _body(entity, part, number, inward)
    yield Told(part, "mail")


def _headers(entity: Message, part: Part) -> Portions:
    for name, value in entity.raw_items():
        texts = [name, _decoded(str(value))]
        yield metadata(part, spoken(name.lower(), "header"), texts)
    names = [
        *readings(entity.get_filename() or ""),
        *map(str, entity.get_params() or ()),
    ]
    yield metadata(part, "parameters", names)


def _decoded(value: str) -> str:
    """Return a header with its coded words (RFC 2047) read."""
    found = []
    try:
        words = decode_header(value)
    except HeaderParseError:
        return value
    for text, charset in words:
        if isinstance(text, str):
            found.append(text)
            continue
        try:
            found.append(text.decode(charset or "ascii"))
        except (LookupError, UnicodeError):
            found.append(text.decode("latin-1"))
    return "".join(found)


def _around(entity: Message, part: Part) -> Portions:
    """Yield what stands before and behind the parts, and what is malformed."""
    around = [text for text in (entity.preamble, entity.epilogue) if text]
    if around:
        lines = [line for text in around for line in str(text).splitlines()]
        yield metadata(part, "around", lines)
    defects: list[MessageDefect] = entity.defects
    if defects:
        yield gap(part, Doubt.MALFORMED)


def _body(entity: Message, part: Part, number: int, inward: Inward) -> Portions:
    raw = str(entity.get_payload())
    coding = str(entity.get("content-transfer-encoding", "")).strip().lower()
    content = entity.get_payload(decode=True)
    if not isinstance(content, bytes):
        raise BrokenError
    if coding == "base64" and not _BASE64.fullmatch(raw):
        yield metadata(part, "body", raw.splitlines())
        yield gap(part, Doubt.TRAILING, Coverage.COMPLETE)
    charset = str(entity.get_content_charset() or "")
    if charset.startswith(("utf-16", "utf-32", "utf-7")) or charset in _FOREIGN:
        try:
            content = content.decode(charset).encode()
        except (LookupError, UnicodeError):
            yield gap(part, Doubt.UNREADABLE)
    name = str(entity.get_filename() or "")
    ending = MEDIA.get(entity.get_content_type(), "")
    stated = name or (f"body.{ending}" if ending and ending != "txt" else "body")
    inner = (*part, spoken(name or f"body {number}", f"attachment {number}"))
    yield from inward(io.BytesIO(content), inner, stated)


_FOREIGN = frozenset(
    {"gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr", "koi8-r"}
    | {"iso-2022-jp", "windows-1251", "hz-gb-2312", "iso-2022-kr"}
)
