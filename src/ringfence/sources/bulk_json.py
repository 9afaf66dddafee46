"""Large JSON files, alone or in a zip archive, decoded in bulk and one part at a time.

Collectors write hundreds of megabytes: a tree of located values would be too slow. What
is decoded here goes straight into typed values, and the error of one part names its
place and leaves the others alone. Of a key that an object has twice the last counts.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from ringfence.documents.files import LARGEST
from ringfence.errors import Locus, SourceError, printable
from ringfence.sources.gathering import Gatherer

T = TypeVar("T")
_MARK = b"\xef\xbb\xbf"
_ZIP = b"PK\x03\x04"
_MOST_MEMBERS = 10_000
# What the library raises on an archive that is broken, encrypted or too clever.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One JSON document: what places call it, and its bytes."""

    name: str
    content: bytes


def parts(gatherer: Gatherer, file: str) -> Iterator[Part]:
    """Yield the JSON documents of a file: itself, or each member of an archive.

    Raises:
        SourceError: The file can't be read, or is larger than 1 GiB, packed or not.
    """
    path = gatherer.order.base / file
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        reason = (error.strerror or "can't be read").lower()
        raise SourceError(reason, Locus(file), "check the path") from None
    except ValueError:
        raise SourceError("is no file name", Locus(file), "check the path") from None
    if len(content) > LARGEST:
        raise SourceError("is larger than 1 GiB", Locus(file), "split it")
    if content.startswith(_ZIP):
        del content
        yield from _members(gatherer, file)
    else:
        yield Part(file, content.removeprefix(_MARK))


def _members(gatherer: Gatherer, file: str) -> Iterator[Part]:
    try:
        with zipfile.ZipFile(gatherer.order.base / file) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            _check_size(members, file)
            wanted = [one for one in members if one.filename.lower().endswith(".json")]
            for member in members:
                if member not in wanted:
                    name = f"{file}/{printable(member.filename)}"
                    gatherer.remark("is no JSON file: not read", Locus(name))
            if not wanted:
                raise SourceError("holds no JSON file", Locus(file))
            for member in wanted:
                name = f"{file}/{printable(member.filename)}"
                # The stated size may lie; what is read never exceeds it by much.
                with archive.open(member) as stream:
                    content = stream.read(member.file_size + 1)
                yield Part(name, content.removeprefix(_MARK))
    except _BROKEN as error:
        reason = printable(str(error)) or "no reason given"
        message = f"is a zip archive that can't be unpacked: {reason}"
        raise SourceError(message, Locus(file), "unpack it first") from None


def _check_size(members: list[zipfile.ZipInfo], file: str) -> None:
    if len(members) > _MOST_MEMBERS or sum(m.file_size for m in members) > LARGEST:
        message = f"unpacks to more than 1 GiB or {_MOST_MEMBERS} files"
        raise SourceError(message, Locus(file), "unpack it, and order fewer files")


def decode(raw: bytes | msgspec.Raw, kind: type[T], at: Locus) -> T:
    """Return JSON as a value of a type; `at` is where the JSON stands.

    Raises:
        SourceError: It is no JSON, or not of that form.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        message, pointer = _in_words(str(error))
        place = Locus(at.file, at.line, pointer=f"{at.pointer or ''}{pointer}")
        raise SourceError(message, place) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        message, place = _not_json(error, bytes(raw), at)
        hint = "is the file whole, and JSON throughout?"
        raise SourceError(message, place, hint) from None


def _not_json(error: Exception, raw: bytes, at: Locus) -> tuple[str, Locus]:
    if isinstance(error, RecursionError):
        return "is nested too deeply", at
    if isinstance(error, UnicodeError):
        return "holds bytes that are not UTF-8", at
    if found := re.search(r"malformed: (.*) \(byte (\d+)\)", str(error)):
        if at.pointer is None:
            line = raw.count(b"\n", 0, int(found[2])) + 1
            return f"is not JSON: {found[1]}", Locus(at.file, line)
        return f"is not JSON: {found[1]}", at
    return "is not JSON: it breaks off, or holds half a surrogate pair", at


_TYPES = {
    "object": "an object",
    "array": "a list",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
}


def _in_words(reason: str) -> tuple[str, str]:
    """Return what the decoder says in our words, and the JSON pointer that it names."""
    said, _, path = reason.partition(" - at `$")
    steps = re.findall(r"\.([^.\[`]+)|\[(\d+)\]", path)
    pointer = "".join(f"/{name or number}" for name, number in steps)
    if found := re.fullmatch(r"Expected `(.*)`, got `(.*)`", said):
        wanted = " or ".join(_TYPES.get(one, one) for one in found[1].split(" | "))
        return f"must be {wanted}, not {_TYPES.get(found[2], found[2])}", pointer
    if found := re.fullmatch(r"Object missing required field `(.*)`", said):
        return f"needs `{found[1]}`", pointer
    return f"can't be read: {said[:1].lower()}{said[1:]}", pointer
