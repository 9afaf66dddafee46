"""The objects of a collection, as the versions 3 to 6 of the format write them.

One shape serves every type of object: collectors differ in what they leave out. Older
names of a field stand beside the newer one.
"""

from __future__ import annotations

import msgspec

# Everything may be absent or null: a collector writes what it was told to collect.
Text = str | None


class Ref(
    msgspec.Struct,
    gc=False,
    rename={
        "new_id": "ObjectIdentifier",
        "old_id": "MemberId",
        "new_kind": "ObjectType",
        "old_kind": "MemberType",
    },
):
    """Another object, by id and type."""

    new_id: Text = None
    old_id: Text = None
    new_kind: Text = None
    old_kind: Text = None

    @property
    def id(self) -> str:
        """Its id, or nothing."""
        return self.new_id or self.old_id or ""

    @property
    def kind(self) -> str:
        """Its type, or nothing."""
        return self.new_kind or self.old_kind or ""


Refs = list[Ref | str | None] | None


class Listed(
    msgspec.Struct, gc=False, rename={"results": "Results", "is_collected": "Collected"}
):
    """A list that may not have been collected."""

    results: Refs = None
    is_collected: bool | None = None


class Ace(
    msgspec.Struct,
    gc=False,
    rename={
        "principal": "PrincipalSID",
        "kind": "PrincipalType",
        "right": "RightName",
        "old_right": "AceType",
        "is_inherited": "IsInherited",
    },
):
    """One right of somebody on the object."""

    principal: Text = None
    kind: Text = None
    right: Text = None
    old_right: Text = None
    is_inherited: bool | None = None


class Session(
    msgspec.Struct,
    gc=False,
    rename={
        "new_person": "UserSID",
        "old_person": "UserId",
        "new_computer": "ComputerSID",
        "old_computer": "ComputerId",
    },
):
    """Somebody who is signed in on a computer."""

    new_person: Text = None
    old_person: Text = None
    new_computer: Text = None
    old_computer: Text = None

    @property
    def person(self) -> str:
        """Id of the account, or nothing."""
        return self.new_person or self.old_person or ""

    @property
    def computer(self) -> str:
        """Id of the computer, or nothing."""
        return self.new_computer or self.old_computer or ""


Sessions = list[Session | None] | None


class ListedSessions(
    msgspec.Struct, gc=False, rename={"results": "Results", "is_collected": "Collected"}
):
    """Sessions that may not have been collected."""

    results: Sessions = None
    is_collected: bool | None = None


class LocalName(
    msgspec.Struct, gc=False, rename={"id": "ObjectIdentifier", "name": "PrincipalName"}
):
    """An account of one computer alone."""

    id: Text = None
    name: Text = None


class LocalGroup(
    msgspec.Struct,
    gc=False,
    rename={
        "id": "ObjectIdentifier",
        "name": "Name",
        "results": "Results",
        "local": "LocalNames",
        "is_collected": "Collected",
    },
):
    """A group of one computer."""

    id: Text = None
    name: Text = None
    results: Refs = None
    local: list[LocalName | None] | None = None
    is_collected: bool | None = None


class Privilege(
    msgspec.Struct,
    gc=False,
    rename={
        "privilege": "Privilege",
        "results": "Results",
        "local": "LocalNames",
        "is_collected": "Collected",
    },
):
    """A privilege on one computer, and who has it."""

    privilege: Text = None
    results: Refs = None
    local: list[LocalName | None] | None = None
    is_collected: bool | None = None


class Link(
    msgspec.Struct,
    gc=False,
    rename={"new_id": "GUID", "old_id": "Guid", "is_enforced": "IsEnforced"},
):
    """A GPO that is linked to a domain or an OU."""

    new_id: Text = None
    old_id: Text = None
    is_enforced: bool | None = None

    @property
    def id(self) -> str:
        """Id of the GPO, or nothing."""
        return self.new_id or self.old_id or ""


class Trust(
    msgspec.Struct,
    gc=False,
    rename={
        "domain": "TargetDomainSid",
        "name": "TargetDomainName",
        "direction": "TrustDirection",
        "kind": "TrustType",
        "is_filtered": "SidFilteringEnabled",
        "is_transitive": "IsTransitive",
    },
):
    """A trust with another domain."""

    domain: Text = None
    name: Text = None
    direction: str | int | None = None
    kind: str | int | None = None
    is_filtered: bool | None = None
    is_transitive: bool | None = None


class GpoChanges(
    msgspec.Struct,
    gc=False,
    rename={
        "admins": "LocalAdmins",
        "desktop": "RemoteDesktopUsers",
        "dcom": "DcomUsers",
        "shell": "PSRemoteUsers",
        "computers": "AffectedComputers",
    },
):
    """What GPOs add to the local groups of the computers below an OU."""

    admins: Refs = None
    desktop: Refs = None
    dcom: Refs = None
    shell: Refs = None
    computers: Refs = None


class SpnTarget(
    msgspec.Struct, gc=False, rename={"computer": "ComputerSID", "service": "Service"}
):
    """A service that the account runs on a computer."""

    computer: Text = None
    service: Text = None


class Thing(
    msgspec.Struct,
    gc=False,
    rename={
        "id": "ObjectIdentifier",
        "properties": "Properties",
        "is_deleted": "IsDeleted",
        "is_protected": "IsACLProtected",
        "aces": "Aces",
        "within": "ContainedBy",
        "children": "ChildObjects",
        "old_accounts": "Users",
        "old_computers": "Computers",
        "old_units": "ChildOus",
        "members": "Members",
        "primary_group": "PrimaryGroupSID",
        "primary_group_old": "PrimaryGroupSid",
        "delegates_to": "AllowedToDelegate",
        "acting": "AllowedToAct",
        "history": "HasSIDHistory",
        "dumps": "DumpSMSAPassword",
        "services": "SPNTargets",
        "sessions": "Sessions",
        "privileged_sessions": "PrivilegedSessions",
        "registry_sessions": "RegistrySessions",
        "local_groups": "LocalGroups",
        "admins": "LocalAdmins",
        "desktop": "RemoteDesktopUsers",
        "dcom": "DcomUsers",
        "shell": "PSRemoteUsers",
        "privileges": "UserRights",
        "is_controller": "IsDC",
        "domain_sid": "DomainSID",
        "hosted_by": "HostingComputer",
        "links": "Links",
        "trusts": "Trusts",
        "changes": "GPOChanges",
    },
):
    """One object of any type."""

    id: Text = None
    properties: dict[str, object] | None = None
    is_deleted: bool | None = None
    is_protected: bool | None = None
    aces: list[Ace | None] | None = None
    within: Ref | None = None
    children: Refs = None
    old_accounts: Refs = None
    old_computers: Refs = None
    old_units: Refs = None
    members: Refs = None
    primary_group: Text = None
    primary_group_old: Text = None
    delegates_to: Refs = None
    acting: Refs = None
    history: Refs = None
    dumps: Refs = None
    services: list[SpnTarget | None] | None = None
    sessions: ListedSessions | Sessions = None
    privileged_sessions: ListedSessions | Sessions = None
    registry_sessions: ListedSessions | Sessions = None
    local_groups: list[LocalGroup | None] | None = None
    admins: Listed | Refs = None
    desktop: Listed | Refs = None
    dcom: Listed | Refs = None
    shell: Listed | Refs = None
    privileges: list[Privilege | None] | None = None
    is_controller: bool | None = None
    domain_sid: Text = None
    hosted_by: Text = None
    links: list[Link | None] | None = None
    trusts: list[Trust | None] | None = None
    changes: GpoChanges | None = None


class Meta(msgspec.Struct):
    """What a file says of itself."""

    type: str
    version: int | None = None
    count: int | None = None


class Collection(msgspec.Struct):
    """One file: objects of one type, decoded one by one."""

    data: list[msgspec.Raw] | None
    meta: Meta


# What an object may say that gives nobody anything.
HARMLESS = frozenset(
    {
        "Status",
        "DCRegistryData",
        "NTLMRegistryData",
        "IsWebClientRunning",
        "SmbInfo",
        "LdapServices",
        "InheritanceHashes",
        "ForestRootIdentifier",
        "DomainSid",
    }
)
