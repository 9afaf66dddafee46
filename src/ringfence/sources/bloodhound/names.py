"""Who is meant by an id: objects of these files, others, and the well-known ones."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ringfence.errors import Locus
from ringfence.sources.bloodhound.collection import Object
from ringfence.sources.bloodhound.shapes import Ref
from ringfence.sources.directory import DEFAULT_KIND, Directory, node_id, object_id
from ringfence.sources.directory_rights import NODES

AUTHENTICATED, EVERYONE, CONTROLLERS = "S-1-5-11", "S-1-1-0", "S-1-5-9"
OWNER_RIGHTS = "S-1-3-4"
_DOMAIN = re.compile(r"S-1-5-21-\d+-\d+-\d+")
_WELL_KNOWN = re.compile(r"(?:(.+)-)?(S-1-(?:1-0|3-\d+|5-(?!21-|32(?:-|$))\d+))")


class Names:
    """The node of each object, by its id."""

    def __init__(self, directory: Directory, objects: Iterable[Object]) -> None:
        self._directory = directory
        self._nodes: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self.mentioned: dict[str, str] = {}  # well-known groups -> where
        self.domains: dict[str, str] = {}  # SID -> name
        # Trusted and trusting domain, the groups that let in, inside one forest, where.
        self.trusts: list[tuple[str, str, list[str], bool, str]] = []
        self.undescribed: dict[str, Locus] = {}
        for one in objects:
            kind = self.kinds.setdefault(one.id, one.kind)
            if kind != one.kind:
                what = "objects of an id that another type of object has too"
                directory.count(f"{what}: both count as the first", one.at)
            self._nodes[one.id] = node_id(NODES[kind], one.id)
            sid, name = one.text("domainsid"), one.text("domain").upper()
            if sid and name:
                self.domains.setdefault(object_id(sid), name)

    def node(self, id_: str, kind: str, at: str, domain: str = "") -> str:
        """Return the node of an id; `kind` is what it is said to be, if anything.

        Args:
            id_: The id.
            kind: Its type, in BloodHound's words.
            at: Where it is named.
            domain: Name of the domain that a well-known id is of, if it names none.
        """
        object_ = object_id(id_)
        if found := _WELL_KNOWN.fullmatch(object_):
            if not found[1] and domain:
                object_ = f"{domain}-{object_}"
            self.mentioned.setdefault(object_, at)
            kind = kind if kind in ("User", "Computer") else "Group"
        node = self._nodes.get(object_)
        if node is None:
            node = node_id(NODES.get(kind, DEFAULT_KIND), object_)
            self._nodes[object_] = node
            self.kinds[object_] = kind
            self.undescribed[object_] = self.place(at)
        return node

    @staticmethod
    def key(ref: Ref | str | None) -> str:
        """Return the id that a reference names, or nothing."""
        return object_id(ref if isinstance(ref, str) else ref.id if ref else "")

    @staticmethod
    def place(at: str) -> Locus:
        """Return a place that facts carry, for a note."""
        file, _, pointer = at.partition("#")
        return Locus(file, pointer=pointer)

    def of(self, one: Object) -> str:
        """Return the node of an object of these files."""
        return self._nodes[one.id]

    def ref(self, ref: Ref | str | None, kind: str, at: str, domain: str = "") -> str:
        """Return the node of a reference, or nothing where it names nobody."""
        id_ = ref if isinstance(ref, str) else ref.id if ref else ""
        if not id_.strip():
            return ""
        said = ref.kind if isinstance(ref, Ref) else ""
        return self.node(id_, said if said in NODES else kind, at, domain)

    def finish(self) -> None:
        """Tell how many are named and not described."""
        for object_, at in self.undescribed.items():
            if well_known(object_) is None:
                message = "objects are named, and described by none of these files"
                self._directory.count(message, at)


def domain_of(one: Object) -> str:
    """Return the SID of an object's domain, or nothing."""
    if one.kind == "Domain":
        return one.id
    stated = object_id(one.text("domainsid") or one.thing.domain_sid or "")
    if stated:
        return stated
    found = _DOMAIN.match(one.id)
    return found[0] if found else ""


def well_known(id_: str) -> tuple[str, str] | None:
    """Return domain name and SID of a well-known id, or None for any other."""
    found = _WELL_KNOWN.fullmatch(id_)
    return (found[1] or "", found[2]) if found else None
