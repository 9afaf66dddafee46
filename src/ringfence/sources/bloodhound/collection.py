"""The files of a collection: every object of every file, told apart by its id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from ringfence.errors import Locus, SourceError
from ringfence.sources.bloodhound.shapes import HARMLESS, Collection, Thing
from ringfence.sources.bulk_json import Part, decode, parts
from ringfence.sources.directory import Directory, object_id
from ringfence.sources.gathering import Gatherer

KINDS = {
    "users": "User",
    "computers": "Computer",
    "groups": "Group",
    "domains": "Domain",
    "gpos": "GPO",
    "ous": "OU",
    "containers": "Container",
    "certtemplates": "CertTemplate",
    "enterprisecas": "EnterpriseCA",
    "rootcas": "RootCA",
    "aiacas": "AIACA",
    "ntauthstores": "NTAuthStore",
    "issuancepolicies": "IssuancePolicy",
}
NEWEST = 6
_AZURE = "azure"
_OLDEST = 3
_KNOWN = frozenset(field.encode_name for field in msgspec.structs.fields(Thing))
_EMPTY = (b"null", b"[]", b"{}", b'""', b"false")


@dataclass(frozen=True, slots=True)
class Object:
    """One object: its id, its type in BloodHound's words, and what the file says."""

    id: str
    kind: str
    thing: Thing
    at: Locus

    def place(self, pointer: str = "") -> str:
        """Return where something of it is said, as facts carry it."""
        return f"{self.at}{pointer}"

    def text(self, name: str) -> str:
        """Return a property that is a text, or nothing."""
        value = (self.thing.properties or {}).get(name)
        return value if isinstance(value, str) else ""

    def flag(self, name: str) -> bool | None:
        """Return a property that is yes or no."""
        value = (self.thing.properties or {}).get(name)
        return value if isinstance(value, bool) else None


Raws = list[tuple[Locus, msgspec.Raw]]


def objects(gatherer: Gatherer, directory: Directory) -> tuple[list[Object], Raws]:
    """Return the objects of every file, and apart the entries of AzureHound's.

    Problems are left with the gatherer.
    """
    found: list[Object] = []
    entries: Raws = []

    def read(file: str) -> None:
        for part in parts(gatherer, file):
            try:
                found.extend(_objects(gatherer, directory, part, entries))
            except SourceError as error:
                gatherer.reader.problems.extend(error.problems)

    gatherer.each_file(read)
    return found, entries


def _objects(
    gatherer: Gatherer, directory: Directory, part: Part, entries: Raws
) -> Iterator[Object]:
    at = Locus(part.name)
    collection = decode(part.content, Collection, at)
    type_, data = collection.meta.type.strip().casefold(), collection.data or []
    _check(gatherer, directory, collection, at)
    kind = KINDS.get(type_)
    if type_ == _AZURE:
        pointers = (f"/data/{number}" for number in range(len(data)))
        places = (Locus(part.name, pointer=pointer) for pointer in pointers)
        entries.extend(zip(places, data, strict=True))
        return
    if kind is None:
        for _ in data:
            message = f"objects of type `{type_}`: not understood, not read"
            directory.count(message, Locus(part.name, pointer="/meta/type"))
        return
    for number, raw in enumerate(data):
        place = Locus(part.name, pointer=f"/data/{number}")
        try:
            object_ = _object(directory, raw, kind, place)
        except SourceError as error:
            gatherer.reader.problems.extend(error.problems)
            continue
        if object_ is not None:
            yield object_


def _check(
    gatherer: Gatherer, directory: Directory, collection: Collection, at: Locus
) -> None:
    """Hold a file against what it says of itself."""
    meta, found = collection.meta, len(collection.data or [])
    if meta.version is not None and meta.version < _OLDEST:
        message = f"is of version {meta.version}: only {_OLDEST} to {NEWEST} are read"
        place = Locus(at.file, pointer="/meta/version")
        gatherer.reader.note(message, place, "collect it again")
    elif meta.version is not None and meta.version > NEWEST:
        message = f"files of a version newer than {NEWEST}: read as if they were that"
        directory.count(message, Locus(at.file, pointer="/meta/version"))
    if meta.count is not None and found < meta.count:
        message = f"holds {found} of {meta.count} objects"
        place = Locus(at.file, pointer="/meta/count")
        gatherer.reader.note(message, place, "is the collection whole?")
    elif meta.count is not None and found > meta.count:
        message = "files hold more objects than they say: all are read"
        directory.count(message, Locus(at.file, pointer="/meta/count"))


def _object(
    directory: Directory, raw: msgspec.Raw, kind: str, at: Locus
) -> Object | None:
    keys = decode(raw, dict[str, msgspec.Raw], at)
    for key in keys.keys() - _KNOWN - HARMLESS:
        if bytes(keys[key]) not in _EMPTY:
            directory.count(f"`{key}` of {kind}: not understood, not read", at)
    thing = decode(raw, Thing, at)
    id_ = object_id(thing.id or "")
    if not id_:
        place = Locus(at.file, pointer=f"{at.pointer}/ObjectIdentifier")
        raise SourceError("an object needs `ObjectIdentifier`", place)
    if thing.is_deleted:
        directory.count(f"deleted {kind} objects: they give nothing", at)
        return None
    return Object(id_, kind, thing, at)
