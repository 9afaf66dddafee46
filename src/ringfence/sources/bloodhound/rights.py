"""What the entries of an object's rights give, by the type of the object."""

from __future__ import annotations

from dataclasses import replace

from ringfence.errors import Locus
from ringfence.sources.bloodhound.collection import Object
from ringfence.sources.bloodhound.names import OWNER_RIGHTS, Names, domain_of
from ringfence.sources.bloodhound.premises import Premises
from ringfence.sources.bloodhound.scopes import LINKABLE, Scopes
from ringfence.sources.bloodhound.shapes import Ace
from ringfence.sources.directory import Directory
from ringfence.sources.directory_rights import EDGES, NOTHING, Meaning

CERTIFICATES = (
    "AIACA",
    "CertTemplate",
    "EnterpriseCA",
    "IssuancePolicy",
    "NTAuthStore",
    "RootCA",
)
# Version 3 wrote some rights in two words.
_OLD = {
    ("ExtendedRight", "All"): "AllExtendedRights",
    ("ExtendedRight", "User-Force-Change-Password"): "ForceChangePassword",
    ("ExtendedRight", "GetChanges"): "GetChanges",
    ("ExtendedRight", "GetChangesAll"): "GetChangesAll",
    ("ExtendedRight", "ReadLAPSPassword"): "ReadLAPSPassword",
    ("WriteProperty", "AddMember"): "AddMember",
    ("WriteProperty", "AllowedToAct"): "AddAllowedToAct",
    ("Owner", ""): "Owns",
}
_WHOLE = "the object's owner has the rights that are named apart, perhaps no others"
_NO_LAPS = Meaning("can_change", "gives nothing unless LAPS keeps a password there")
_EXTENDED = Meaning("can_change", "which extended rights count there isn't known")
_ISSUED = "what a certificate gives is not worked out"


class Rights:
    """States the entries of an object."""

    def __init__(
        self,
        directory: Directory,
        names: Names,
        scopes: Scopes,
        premises: Premises,
    ) -> None:
        self._directory = directory
        self._names = names
        self._scopes = scopes
        self._premises = premises

    def state(self, one: Object) -> None:
        """State who has which rights on an object."""
        aces = one.thing.aces or []
        has_limits = any(
            ace is not None and (ace.principal or "").strip().endswith(OWNER_RIGHTS)
            for ace in aces
        )
        for index, ace in enumerate(aces):
            if ace is not None:
                self._entry(one, ace, f"/Aces/{index}", has_limits=has_limits)
        if one.kind in CERTIFICATES:
            self._certificates(one)

    def _entry(self, one: Object, ace: Ace, pointer: str, *, has_limits: bool) -> None:
        at = one.place(pointer)
        right = _right(ace)
        if not (ace.principal or "").strip():
            self._directory.count("rights of nobody: they give nothing", one.at)
            return
        kind = ace.kind or "Base"
        domain = one.text("domain").upper()
        tail = self._names.node(ace.principal or "", kind, at, domain)
        if (ace.principal or "").strip().endswith(OWNER_RIGHTS):
            return  # a limit of the owner's, told apart
        if self._premises.has(one, right):
            self._premises.add(one, right, tail, at)
            return
        meaning = self._meaning(one, right)
        if meaning is None:
            what = f"rights `{right}` on {one.kind}"
            place = Locus(one.at.file, pointer=f"{one.at.pointer}{pointer}")
            self._directory.doubt(what, right, tail, self._names.of(one), place)
            return
        if has_limits and right in ("Owns", "WriteOwner"):
            meaning = replace(meaning, doubt=meaning.doubt or _WHOLE)
        self._grant(one, tail, right, meaning, at)

    def _grant(
        self, one: Object, tail: str, right: str, meaning: Meaning, at: str
    ) -> None:
        """State a right that is understood, on the object or on what it links."""
        if one.kind in LINKABLE and right in ("GenericWrite", "WriteGPLink"):
            # That writes links to GPOs, and nothing that the objects below inherit.
            head = self._scopes.whole(one)
            link = EDGES["WriteGPLink"]
            self._directory.join(tail, link.kind, head, at, link.doubt)
            return
        if meaning is EDGES["Enroll"]:
            what = f"rights `{right}` on {one.kind}: {_ISSUED}"
            is_deciding = self._directory.is_deciding
            note = what if is_deciding else f"{what}, and ignored as ordered"
            self._directory.count(note, one.at)
            if not is_deciding:
                return
        self._directory.mean(tail, meaning, self._names.of(one), at)

    def _meaning(self, one: Object, right: str) -> Meaning | None:
        """Return what a right gives on an object, or None where that isn't known."""
        if right == "AllExtendedRights":
            return self._extended(one)
        if right == "ReadLAPSPassword" and one.kind != "Computer":
            return None
        if right == "GenericWrite" and one.kind == "Container":
            return NOTHING
        return EDGES.get(right)

    def _extended(self, one: Object) -> Meaning:
        match one.kind:
            case "User":
                return EDGES["ForceChangePassword"]
            case "Domain":
                return EDGES["DCSync"]
            case "Computer":
                has_laps = one.flag("haslaps")
                return EDGES["AdminTo"] if has_laps else _NO_LAPS
            case _:
                return _EXTENDED

    def _certificates(self, one: Object) -> None:
        """State that a certificate may stand for anybody of its domain."""
        node = self._names.of(one)
        if one.thing.hosted_by and one.thing.hosted_by.strip():
            at = one.place("/HostingComputer")
            host = self._names.node(one.thing.hosted_by, "Computer", at)
            self._directory.join(host, "can_change", node, at)
        domain = domain_of(one)
        what = f"{one.kind} objects: {_ISSUED}"
        if not domain or not self._directory.is_deciding:
            self._directory.count(f"{what}, and ignored as ordered", one.at)
            return
        self._directory.count(f"{what}; each is perhaps its whole domain", one.at)
        head = self._names.node(domain, "Domain", one.place())
        self._directory.join(node, "can_change", head, one.place(), _ISSUED)


def _right(ace: Ace) -> str:
    right, old = (ace.right or "").strip(), (ace.old_right or "").strip()
    return _OLD.get((right, old), _OLD.get((right, ""), right))
