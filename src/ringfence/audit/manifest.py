"""A list of the files that must be there, and what of it doesn't hold.

Either JSON (`{"files": [{"name": ..., "sha256": ..., "events": ...}]}`) or what
`sha256sum` prints. A name is taken from the manifest's folder, or from the boundary's.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from ringfence.audit.table import FileState
from ringfence.boundary.order import LogOrder
from ringfence.documents.files import decode, read_bytes
from ringfence.errors import SourceError

_SUM = re.compile(r"(\\?)([0-9A-Fa-f]{64}) [ *](.+)")
_BSD = re.compile(r"(\\?)SHA256 \((.+)\) = ([0-9A-Fa-f]{64})")
_SECOND = 1_000_000


class Listed(msgspec.Struct, frozen=True):
    """A file as a manifest lists it; what it doesn't say is None."""

    name: str
    sha256: str
    events: int | None = None
    first: int | str | None = None
    last: int | str | None = None


class _Manifest(msgspec.Struct, frozen=True):
    files: list[Listed]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a manifest says and that is not so.

    Attributes:
        code: A stable word: `manifest-unreadable`, `file-missing`, `file-changed`,
            `file-differs` or `file-unlisted`.
        text: The sentence about it.
    """

    code: str
    text: str


def held_against(order: LogOrder, files: Sequence[FileState]) -> list[Finding]:
    """Return what the manifest of an order and the files that were read disagree in."""
    if not order.manifest:
        return []
    try:
        content = read_bytes(order.base / order.manifest, order.manifest)
        listed = _parsed(decode(content, order.manifest))
    except (SourceError, ValueError) as error:
        return [Finding("manifest-unreadable", f"the manifest can't be read: {error}")]
    by_name = {one.name: one for one in files}
    digests = {one.digest for one in files}
    found: list[Finding] = []
    named: set[str] = set()
    for one in listed:
        names = _names(order.manifest, one.name)
        name = next((name for name in names if name in by_name), None)
        if name is None:
            if one.sha256.lower() not in digests:
                text = f"`{one.name}` stands in the manifest and is not there"
                found.append(Finding("file-missing", text))
            continue
        named.add(name)
        found += _differences(one, by_name[name])
    sums = {one.sha256.lower() for one in listed}
    for file in files:
        if file.name not in named and file.digest not in sums:
            text = f"`{file.name}` is there and stands not in the manifest"
            found.append(Finding("file-unlisted", text))
    return found


def _differences(listed: Listed, file: FileState) -> Iterator[Finding]:
    if listed.sha256.lower() != file.digest:
        text = f"`{file.name}` holds other bytes than the manifest says"
        yield Finding("file-changed", text)
        return
    if listed.events is not None and listed.events != file.events:
        text = f"`{file.name}` holds {file.events} events, not {listed.events}"
        yield Finding("file-differs", text)
    for what, told, found in (
        ("begins", listed.first, file.first),
        ("ends", listed.last, file.last),
    ):
        if told is not None and _second(told) != _second(found):
            text = f"`{file.name}` {what} at another time than the manifest says"
            yield Finding("file-differs", text)


def _second(told: int | str | None) -> int | None:
    """Return the second that a manifest names, in microseconds or as ISO 8601."""
    if not isinstance(told, str):
        return told if told is None else told // _SECOND
    try:
        moment = datetime.fromisoformat(told)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp() // 1)
    except (ValueError, OverflowError):
        return None


def _names(manifest: str, name: str) -> tuple[str, str]:
    beside = posixpath.join(posixpath.dirname(manifest), name)
    return posixpath.normpath(beside), posixpath.normpath(name)


def _parsed(text: str) -> list[Listed]:
    """Return the files of a manifest.

    Raises:
        ValueError: It is no manifest; the text says where.
    """
    if text.lstrip().startswith("{"):
        return msgspec.json.decode(text, type=_Manifest).files
    found: list[Listed] = []
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.removesuffix("\r")
        if bare.strip() and not bare.startswith("#"):
            found.append(_line(bare, number))
    if not found:
        raise ValueError("it lists no file")
    return found


def _line(line: str, number: int) -> Listed:
    if match := _SUM.fullmatch(line):
        escaped, digest, name = match.groups()
    elif match := _BSD.fullmatch(line):
        escaped, name, digest = match.groups()
    else:
        raise ValueError(f"line {number} is no digest and name")
    if escaped:
        name = re.sub(
            r"\\([\\nr])", lambda m: {"n": "\n", "r": "\r"}.get(m[1], "\\"), name
        )
    return Listed(name, digest)
