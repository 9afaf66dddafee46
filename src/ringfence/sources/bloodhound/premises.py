"""Rights that give something together, and nothing apart.

DCSync needs `GetChanges` and `GetChangesAll` on the domain; the passwords that LAPS
keeps need `GetChanges` and `GetChangesInFilteredSet`. Each right is a node that its
holders can become, so that it doesn't matter through which groups they hold it.
"""

from __future__ import annotations

from ringfence.sources.bloodhound.collection import Object
from ringfence.sources.bloodhound.names import Names, domain_of
from ringfence.sources.directory import Directory
from ringfence.sources.directory_rights import FILTERED, PREMISES


class Premises:
    """States who holds each right, and what the rights give together."""

    def __init__(self, directory: Directory, names: Names) -> None:
        self._directory = directory
        self._names = names

    @staticmethod
    def has(one: Object, right: str) -> bool:
        """Return whether a right on an object is one that needs another."""
        return one.kind == "Domain" and right in PREMISES

    def add(self, domain: Object, right: str, tail: str, at: str) -> None:
        """State that somebody holds one of the rights on a domain."""
        self._directory.premise(tail, right, self._names.of(domain), at)

    def state(self, one: Object) -> None:
        """State that a computer's password is kept where the rights can read it."""
        domain = domain_of(one)
        if one.kind != "Computer" or one.flag("haslaps") is not True or not domain:
            return
        tail = self._names.node(domain, "Domain", one.place())
        node = self._names.of(one)
        self._directory.join(f"{tail}/{FILTERED}", "can_assume", node, one.place())
