"""Entra, as AzureHound writes it: accounts, groups, applications, owners and roles.

Each entry has a kind of its own. Those of Azure's resources (machines, vaults, ...) are
counted, and not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from ringfence.errors import Locus, SourceError
from ringfence.sources.bulk_json import decode
from ringfence.sources.directory import Account, Directory, node_id, object_id
from ringfence.sources.directory_rights import ACCOUNT, NODES
from ringfence.sources.gathering import Gatherer

_GLOBAL_ADMINISTRATOR = "62E90394-69F5-4237-9190-012177145E10"
_ROLE = "what this role may do in its tenant is not worked out"
_PART = "the role is assigned over a part of the tenant"
_DESCRIBED = {
    "AZUser": "id",
    "AZGroup": "id",
    "AZApp": "appId",
    "AZServicePrincipal": "id",
    "AZDevice": "id",
    "AZTenant": "tenantId",
}
# Lists of others: the key of what they own or belong to, its kind, the key of the list,
# the key in each of its entries, and our edge.
_LISTS = {
    "AZGroupMember": ("groupId", "AZGroup", "members", "member", "member_of"),
    "AZGroupOwner": ("groupId", "AZGroup", "owners", "owner", "owns_group"),
    "AZAppOwner": ("appId", "AZApp", "owners", "owner", "can_change"),
    "AZDeviceOwner": ("deviceId", "AZDevice", "owners", "owner", "can_change"),
    "AZServicePrincipalOwner": (
        "servicePrincipalId",
        "AZServicePrincipal",
        "owners",
        "owner",
        "can_change",
    ),
}
_TYPES = {
    "user": "AZUser",
    "group": "AZGroup",
    "serviceprincipal": "AZServicePrincipal",
    "device": "AZDevice",
    "application": "AZApp",
}


class Entry(msgspec.Struct):
    """One entry of a file."""

    kind: str
    data: dict[str, object] | None = None


class Azure:
    """States the entries of AzureHound's files."""

    def __init__(self, gatherer: Gatherer, directory: Directory) -> None:
        self._gatherer = gatherer
        self._directory = directory
        self._nodes: dict[str, str] = {}
        self._others: dict[str, Callable[[Mapping[str, object], Locus], None]] = {
            "AZRole": self._role,
            "AZRoleAssignment": self._assignments,
        }

    def state(self, raws: Iterable[tuple[Locus, msgspec.Raw]]) -> None:
        """State every entry: what is described first, so that ids are known."""
        entries: list[tuple[Entry, Locus]] = []
        for at, raw in raws:
            try:
                entries.append((decode(raw, Entry, at), at))
            except SourceError as error:
                self._gatherer.reader.problems.extend(error.problems)
        for entry, at in entries:
            if entry.kind in _DESCRIBED:
                self._name(entry.kind, entry.data or {}, at)
        for entry, at in entries:
            self._entry(entry, at)

    def _entry(self, entry: Entry, at: Locus) -> None:
        data = entry.data or {}
        if entry.kind in _DESCRIBED:
            self._described(entry.kind, data, at)
        elif entry.kind in _LISTS:
            self._list(entry.kind, data, at)
        elif entry.kind in self._others:
            self._others[entry.kind](data, at)
        else:
            message = f"entries of kind `{entry.kind}`: not understood, not read"
            self._directory.count(message, at)

    def _name(self, kind: str, data: Mapping[str, object], at: Locus) -> None:
        key = _DESCRIBED[kind]
        if not (id_ := object_id(_text(data, key))):
            place = Locus(at.file, pointer=f"{at.pointer}/data")
            self._gatherer.reader.note(f"an entry `{kind}` needs `{key}`", place)
            return
        node = self._nodes.setdefault(id_, node_id(NODES[kind], id_))
        self._directory.node(node, str(at), _text(data, "displayName"))

    def _described(self, kind: str, data: Mapping[str, object], at: Locus) -> None:
        """State what an object is, its tenant, and what it runs as."""
        id_, place = object_id(_text(data, _DESCRIBED[kind])), str(at)
        if id_ not in self._nodes:
            return
        node = self._nodes[id_]
        if tenant := self._node(_text(data, "tenantId"), "AZTenant"):
            self._directory.join(tenant, "can_change", node, place)
        if kind == "AZServicePrincipal" and _text(data, "appId"):
            app = self._node(_text(data, "appId"), "AZApp")
            self._directory.join(app, "runs_as", node, place)
        if kind == "AZUser":
            self._account(id_, data, place)

    def _account(self, id_: str, data: Mapping[str, object], at: str) -> None:
        properties = {key.lower(): value for key, value in data.items()}
        properties["enabled"] = properties.get("accountenabled")
        name = _text(data, "userPrincipalName")
        self._directory.account(Account(id_, name, properties, managed=False, at=at))
        if synced := object_id(_text(data, "onPremisesSecurityIdentifier")):
            # The account of the directory at home signs in to this one.
            tail = node_id(ACCOUNT, synced)
            self._directory.join(tail, "can_assume", self._nodes[id_], at)

    def _list(self, kind: str, data: Mapping[str, object], at: Locus) -> None:
        key, kind_of_head, listed, inner, edge = _LISTS[kind]
        head = self._node(_text(data, key), kind_of_head)
        for index, each in enumerate(_entries(data, listed)):
            other = each.get(inner)
            other = other if isinstance(other, dict) else {}
            type_ = _text(other, "@odata.type").rpartition(".")[2].lower()
            tail = self._node(_text(other, "id"), _TYPES.get(type_, ""))
            if head and tail:
                place = f"{at}/data/{listed}/{index}"
                self._directory.join(tail, edge, head, place)
            else:
                self._directory.count(f"entries `{kind}` that name nobody", at)

    def _role(self, data: Mapping[str, object], at: Locus) -> None:
        """State a role, and what it gives in its tenant."""
        template = object_id(_text(data, "templateId") or _text(data, "id"))
        tenant = object_id(_text(data, "tenantId"))
        if template and tenant:
            role = self._role_node(template, tenant, str(at))
            self._directory.node(role, str(at), _text(data, "displayName"))

    def _role_node(self, template: str, tenant: str, at: str) -> str:
        role = f"role:{template}@{tenant}"
        self._directory.node(role, at)
        doubt = "" if template == _GLOBAL_ADMINISTRATOR else _ROLE
        if not doubt or self._directory.is_deciding:
            head = self._node(tenant, "AZTenant")
            self._directory.join(role, "can_change", head, at, doubt)
        return role

    def _assignments(self, data: Mapping[str, object], at: Locus) -> None:
        tenant = object_id(_text(data, "tenantId"))
        for index, each in enumerate(_entries(data, "roleAssignments")):
            place = f"{at}/data/roleAssignments/{index}"
            template = object_id(
                _text(each, "roleDefinitionId") or _text(data, "roleDefinitionId")
            )
            tail = self._node(_text(each, "principalId"), "")
            if not (template and tenant and tail):
                self._directory.count("role assignments that name nobody", at)
                continue
            role = self._role_node(template, tenant, place)
            doubt = "" if _text(each, "directoryScopeId") in ("", "/") else _PART
            self._directory.join(tail, "can_assume", role, place, doubt)

    def _node(self, id_: str, kind: str) -> str:
        """Return the node of an id, or nothing where there is no id."""
        object_ = object_id(id_)
        if not object_:
            return ""
        made = node_id(NODES.get(kind, "role"), object_)
        return self._nodes.setdefault(object_, made)


def _text(data: Mapping[str, object], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _entries(data: Mapping[str, object], key: str) -> list[dict[str, object]]:
    value = data.get(key)
    if not isinstance(value, list):
        return []
    return [one if isinstance(one, dict) else {} for one in value]
