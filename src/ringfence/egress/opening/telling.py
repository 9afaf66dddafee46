"""What a content is: told by its first bytes and their structure, never by a name."""

from __future__ import annotations

import csv
import re
from pathlib import PurePosixPath

from ringfence.egress.payload import Payload

_MAGIC = (
    (b"PAR1", "parquet"),
    (b"PARE", "parquet-encrypted"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"\x1aE\xdf\xa3", "image"),  # Matroska
    (b"ID3", "image"),  # sound: neither can be read as text
    (b"OggS", "image"),
    (b"fLaC", "image"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"ARROW1", "arrow"),
    (b"Obj\x01", "avro"),
    (b"ORC", "orc"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!", "rar"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
)
_PATTERNS = (
    (re.compile(rb"[\x50-\x5f]\x2a\x4d\x18"), "zstd"),  # a frame that isn't shown
    (re.compile(rb"[\s\S]{257}ustar"), "tar"),
    (re.compile(rb"[\s\S]{4}ftyp|RIFF[\s\S]{4}(?:WEBP|AVI |WAVE)"), "image"),
    (re.compile(rb"\x80[\x02-\x05]"), "pickle"),
)
_MARKUP = re.compile(
    rb"\s*<(?:\?xml|!doctype|html|svg|[a-z][\w:-]*[\s>/])", re.IGNORECASE
)
_HEADERS = re.compile(rb"(?:[!-9;-~]+:[ \t]?[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*){2}")
_MAIL = re.compile(
    rb"(?im)^(?:from|to|received|mime-version|content-type|subject|date|message-id"
    rb"|return-path|delivered-to|reply-to|content-transfer-encoding):"
)
BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
TEXTUAL = frozenset({"csv", "json", "jsonl", "mail", "markup", "text"})
IMAGES = frozenset({"image", "pdf"})
_FEWEST, _FEW = 2, 10  # rows of a table
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\b\x1b\0"))

_STATED = {
    "csv": {"csv", "text"},
    "tsv": {"csv", "text"},
    "json": {"json"},
    "geojson": {"json"},
    "jsonl": {"jsonl", "json"},
    "ndjson": {"jsonl", "json"},
    "txt": TEXTUAL,
    "log": TEXTUAL,
    "md": TEXTUAL,
    "parquet": {"parquet", "parquet-encrypted"},
    "gz": {"gzip"},
    "tgz": {"gzip"},
    "zst": {"zstd"},
    "bz2": {"bzip2"},
    "xz": {"xz"},
    "tar": {"tar"},
    "zip": {"zip"},
    "docx": {"zip", "ole"},
    "xlsx": {"zip", "ole"},
    "pptx": {"zip", "ole"},
    "eml": {"mail"},
    "xml": {"markup"},
    "html": {"markup"},
    "pdf": {"pdf"},
    "png": {"image"},
    "jpg": {"image"},
    "jpeg": {"image"},
    "gif": {"image"},
    "webp": {"image"},
    "mp4": {"image"},
    "sqlite": {"sqlite"},
}
MEDIA = {
    "application/gzip": "gz",
    "application/json": "json",
    "application/jsonl": "jsonl",
    "application/pdf": "pdf",
    "application/vnd.apache.parquet": "parquet",
    "application/x-ndjson": "jsonl",
    "application/x-tar": "tar",
    "application/xml": "xml",
    "application/zip": "zip",
    "application/zstd": "zst",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "message/rfc822": "eml",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/tab-separated-values": "tsv",
    "text/xml": "xml",
}


def told(head: bytes, stated: str = "") -> str:
    """Return the format of a content, by its first 64 KiB.

    Args:
        head: The first bytes.
        stated: What it is said to be, as an ending: it decides between texts alone.
    """
    if not head:
        return "empty"
    return _by_magic(head) or ("unknown" if is_binary(head) else _textual(head, stated))


def _by_magic(head: bytes) -> str:
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    for pattern, name in _PATTERNS:
        if pattern.match(head):
            return name
    return ""


def is_binary(head: bytes) -> bool:
    """Return whether bytes are no text: an eighth of them are control characters."""
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls * 64 > len(head) or head.count(0) * 4 > len(head) * 3


def _textual(head: bytes, stated: str) -> str:
    start = head.lstrip()
    if start[:1] in b"{[" and start:
        return "json"
    if _MARKUP.match(head):
        return "markup"
    first = head[:4096]
    if _HEADERS.match(first) and len(_MAIL.findall(first)) > 1:
        return "mail"
    if delimiter(head, stated):
        return "csv"
    return "text"


def delimiter(head: bytes, stated: str = "") -> str:
    """Return what separates the cells of a table; empty: this is none."""
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    if len(head) >= 1 << 16 and "\n" in text:
        text = text[: text.rindex("\n")]
    best = ("", 0)
    for mark in ",\t;|":
        wide = _width(text, mark)
        if wide > best[1]:
            best = (mark, wide)
    if not best[0] and stated in {"csv", "tsv"} and "\n" in text:
        return "\t" if stated == "tsv" else ","
    return best[0]


def _width(text: str, mark: str) -> int:
    """Return how many cells nearly every line has, 0 if it isn't two or more."""
    try:
        rows = list(csv.reader(text.splitlines(keepends=True)[:100], delimiter=mark))
    except csv.Error:
        return 0
    widths = [len(row) for row in rows if row]
    if len(widths) < _FEWEST:
        return 0
    wide = max(set(widths), key=widths.count)
    agree = widths.count(wide) / len(widths)
    # Prose has commas too: a few lines must agree wholly, many nearly.
    enough = 1.0 if len(widths) < _FEW else 0.8
    return wide if wide > 1 and agree >= enough else 0


def ending(payload: Payload) -> tuple[str, str]:
    """Return what name and media type say that a payload is, as endings."""
    media = payload.media.partition(";")[0].strip().lower()
    by_media = MEDIA.get(media, "")
    if not by_media and media.endswith("+json"):
        by_media = "json"
    return by_name(payload.name), by_media


def by_name(name: str) -> str:
    """Return the ending of a name, if it is one that states a format."""
    found = PurePosixPath(name.lower()).suffix.removeprefix(".")
    return found if found in _STATED else ""


def differs(stated: str, form: str) -> bool:
    """Return whether a content isn't what it is said to be."""
    if not stated or form == "empty":
        return False
    return form not in _STATED[stated]
