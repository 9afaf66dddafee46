"""Computers: who administers them, who may sign in, and whose sessions they hold."""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.sources.bloodhound.collection import Object
from ringfence.sources.bloodhound.names import Names, domain_of
from ringfence.sources.bloodhound.shapes import (
    Listed,
    ListedSessions,
    LocalGroup,
    LocalName,
    Refs,
    Sessions,
)
from ringfence.sources.directory import Account, Directory, object_id
from ringfence.sources.directory_rights import EDGES, Meaning

_OPERATORS = Meaning("can_change", "an operator's rights may give the whole computer")
_PRIVILEGE = Meaning("can_use", "what a privilege gives depends on the computer")
# Well-known groups of a computer, by the last part of their ids. The rest (guests,
# printer queues, event logs, ...) gives nothing on the computer by itself.
GROUPS = {
    "544": EDGES["AdminTo"],  # Administrators
    "547": _OPERATORS,  # Power Users
    "548": _OPERATORS,  # Account Operators
    "549": _OPERATORS,  # Server Operators
    "550": _OPERATORS,  # Print Operators
    "551": _OPERATORS,  # Backup Operators
    "555": EDGES["CanRDP"],  # Remote Desktop Users
    "562": EDGES["ExecuteDCOM"],  # Distributed COM Users
    "578": _OPERATORS,  # Hyper-V Administrators
    "580": EDGES["CanPSRemote"],  # Remote Management Users
}
# The same groups, as the versions 3 and 4 and the changes of GPOs name them.
LISTS = {
    "LocalAdmins": EDGES["AdminTo"],
    "RemoteDesktopUsers": EDGES["CanRDP"],
    "DcomUsers": EDGES["ExecuteDCOM"],
    "PSRemoteUsers": EDGES["CanPSRemote"],
}
_CONTROLLERS, _READ_ONLY = "-516", "-521"
_SOME = "a read-only controller keeps the passwords of some accounts"
_COERCED = EDGES["CoerceToTGT"].doubt


class Computers:
    """States what leads to a computer, and where it leads."""

    def __init__(self, directory: Directory, names: Names) -> None:
        self._directory = directory
        self._names = names

    def state(self, one: Object) -> None:
        """State what is said of a computer; of an account, its delegation alone."""
        if one.flag("unconstraineddelegation") is True:
            self._domain(one, _COERCED)
        if one.kind != "Computer":
            return
        thing, group = one.thing, one.thing.primary_group or ""
        if is_controller(one):
            self._domain(one, "")
        elif group.endswith(_READ_ONLY):
            self._domain(one, _SOME)
        self._sessions(one, "Sessions", thing.sessions)
        self._sessions(one, "PrivilegedSessions", thing.privileged_sessions)
        self._sessions(one, "RegistrySessions", thing.registry_sessions)
        for index, listed in enumerate(thing.local_groups or []):
            if listed is not None:
                self._group(one, listed, f"/LocalGroups/{index}")
        for key, listed_old in (
            ("LocalAdmins", thing.admins),
            ("RemoteDesktopUsers", thing.desktop),
            ("DcomUsers", thing.dcom),
            ("PSRemoteUsers", thing.shell),
        ):
            self._list(one, key, listed_old)
        self._privileges(one)

    def _domain(self, one: Object, doubt: str) -> None:
        """State that an object gives its whole domain."""
        if domain := domain_of(one):
            head = self._names.node(domain, "Domain", one.place())
            tail = self._names.of(one)
            self._directory.join(tail, "can_change", head, one.place(), doubt)

    def _sessions(
        self, one: Object, key: str, listed: ListedSessions | Sessions
    ) -> None:
        pointer = f"/{key}"
        if isinstance(listed, ListedSessions):
            self._told(one, key, listed.is_collected)
            listed, pointer = listed.results, f"/{key}/Results"
        for index, session in enumerate(listed or []):
            if session is None or not session.person.strip():
                continue
            at = one.place(f"{pointer}/{index}")
            domain = one.text("domain").upper()
            head = self._names.node(session.person, "User", at, domain)
            tail = self._names.of(one)
            if session.computer.strip():
                tail = self._names.node(session.computer, "Computer", at)
            self._directory.join(tail, "can_assume", head, at)

    def _told(self, one: Object, key: str, is_collected: bool | None) -> None:  # noqa: FBT001
        if is_collected is False:
            message = f"lists `{key}` of computers were not collected: who is in them"
            self._directory.count(f"{message} isn't known", one.at)

    def _group(self, one: Object, listed: LocalGroup, pointer: str) -> None:
        at = one.place(pointer)
        self._told(one, "LocalGroups", listed.is_collected)
        if not (listed.id or "").strip():
            return
        group = self._names.node(listed.id or "", "LocalGroup", at)
        name = listed.name or ""
        self._directory.node(group, at, "" if name == "IGNOREME" else name)
        meaning = GROUPS.get(object_id(listed.id or "").rpartition("-")[2])
        if meaning is not None:
            self._directory.mean(group, meaning, self._names.of(one), at)
        for tail, place in self._members(one, listed.results, f"{pointer}/Results"):
            self._directory.join(tail, "member_of", group, place)
        for tail, place in self._local(one, listed.local, f"{pointer}/LocalNames"):
            self._directory.join(tail, "member_of", group, place)

    def _members(self, one: Object, refs: Refs, pointer: str) -> list[tuple[str, str]]:
        domain = one.text("domain").upper()
        found = []
        for index, ref in enumerate(refs or []):
            at = one.place(f"{pointer}/{index}")
            if tail := self._names.ref(ref, "Base", at, domain):
                found.append((tail, at))
        return found

    def _local(
        self, one: Object, local: Sequence[LocalName | None] | None, pointer: str
    ) -> list[tuple[str, str]]:
        """Return accounts of the computer alone; each is stated once."""
        found = []
        for index, each in enumerate(local or []):
            if each is None or not (each.id or "").strip():
                continue
            at, id_ = one.place(f"{pointer}/{index}"), object_id(each.id or "")
            is_new = id_ not in self._names.kinds
            role = self._names.node(id_, "LocalUser", at)
            if is_new:
                self._names.undescribed.pop(id_, None)
                self._directory.node(role, at, each.name or "")
                name = (each.name or "").partition("@")[0]
                self._directory.account(Account(id_, name, {}, managed=False, at=at))
            found.append((role, at))
        return found

    def _list(self, one: Object, key: str, listed: Listed | Refs) -> None:
        pointer = f"/{key}"
        if isinstance(listed, Listed):
            self._told(one, key, listed.is_collected)
            listed, pointer = listed.results, f"/{key}/Results"
        for tail, at in self._members(one, listed, pointer):
            self._directory.mean(tail, LISTS[key], self._names.of(one), at)

    def _privileges(self, one: Object) -> None:
        for index, listed in enumerate(one.thing.privileges or []):
            if listed is None:
                continue
            pointer = f"/UserRights/{index}"
            self._told(one, "UserRights", listed.is_collected)
            is_remote = listed.privilege == "SeRemoteInteractiveLogonRight"
            meaning = EDGES["CanRDP"] if is_remote else _PRIVILEGE
            tails = [
                *self._members(one, listed.results, f"{pointer}/Results"),
                *self._local(one, listed.local, f"{pointer}/LocalNames"),
            ]
            for tail, at in tails:
                self._directory.mean(tail, meaning, self._names.of(one), at)


def is_controller(one: Object) -> bool:
    """Return whether a computer is a controller of its domain, and no read-only one."""
    group = one.thing.primary_group or one.thing.primary_group_old or ""
    if group.strip().endswith(_READ_ONLY):
        return False
    says = one.thing.is_controller is True or one.flag("isdc") is True
    return says or group.strip().endswith(_CONTROLLERS)
