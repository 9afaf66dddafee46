"""Accounts, groups, and whose rights somebody else has as well."""

from __future__ import annotations

from ringfence.sources.bloodhound.collection import Object
from ringfence.sources.bloodhound.names import Names
from ringfence.sources.bloodhound.shapes import Refs
from ringfence.sources.directory import Account, Directory


class Principals:
    """States what an object is a member of, and what it can become."""

    def __init__(self, directory: Directory, names: Names) -> None:
        self._directory = directory
        self._names = names

    def state(self, one: Object) -> None:
        """State the accounts, memberships and impersonations of an object."""
        thing, node = one.thing, self._names.of(one)
        if one.kind == "User":
            self._account(one)
        primary = thing.primary_group or thing.primary_group_old
        if primary and primary.strip():
            key = "PrimaryGroupSID" if thing.primary_group else "PrimaryGroupSid"
            at = one.place(f"/{key}")
            group = self._names.node(primary, "Group", at, one.text("domain").upper())
            self._directory.join(node, "member_of", group, at)
        for index, ref in enumerate(thing.members or []):
            at = one.place(f"/Members/{index}")
            if member := self._names.ref(ref, "Base", at, one.text("domain").upper()):
                self._directory.join(member, "member_of", node, at)
        self._become(one, "AllowedToDelegate", thing.delegates_to, "Computer")
        self._become(one, "HasSIDHistory", thing.history, "Base")
        self._become(one, "DumpSMSAPassword", thing.dumps, "User")
        for index, ref in enumerate(thing.acting or []):
            at = one.place(f"/AllowedToAct/{index}")
            if tail := self._names.ref(ref, "Computer", at):
                self._directory.join(tail, "can_assume", node, at)
        self._services(one)

    def _account(self, one: Object) -> None:
        name = one.text("samaccountname") or one.text("name").partition("@")[0]
        account = Account(
            id=one.id,
            name=name,
            properties=one.thing.properties or {},
            managed=any(one.flag(key) is True for key in ("gmsa", "msa")),
            at=one.place(),
        )
        self._directory.account(account)

    def _become(self, one: Object, key: str, refs: Refs, kind: str) -> None:
        for index, ref in enumerate(refs or []):
            at = one.place(f"/{key}/{index}")
            if head := self._names.ref(ref, kind, at, one.text("domain").upper()):
                self._directory.join(self._names.of(one), "can_assume", head, at)

    def _services(self, one: Object) -> None:
        """State that an account runs a service: perhaps with rights of the computer."""
        for index, target in enumerate(one.thing.services or []):
            if target is None or not (target.computer or "").strip():
                continue
            at = one.place(f"/SPNTargets/{index}")
            head = self._names.node(target.computer or "", "Computer", at)
            doubt = "runs a service there, with rights that aren't known"
            self._directory.join(self._names.of(one), "can_use", head, at, doubt)
