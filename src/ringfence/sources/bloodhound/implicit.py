"""Memberships that no directory lists: everyone, whoever signed in, controllers."""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.sources.bloodhound.collection import Object
from ringfence.sources.bloodhound.computers import is_controller
from ringfence.sources.bloodhound.names import (
    AUTHENTICATED,
    CONTROLLERS,
    EVERYONE,
    Names,
    domain_of,
    well_known,
)
from ringfence.sources.directory import Directory

_GUEST = "-501"
# The system itself, an owner, the object: nobody belongs to them.
_OWN = frozenset({"S-1-5-10", "S-1-5-18", "S-1-5-19", "S-1-5-20", "S-1-5-17"})
_DEPENDS = "who belongs to it depends on how somebody signs in"
_SELECTIVE = "whether the trust lets everybody in isn't known"


def state_implicit(
    directory: Directory, names: Names, objects: Iterable[Object]
) -> None:
    """State who belongs to the well-known groups of each domain."""
    held: set[str] = set()
    for one in objects:
        domain = names.domains.get(domain_of(one), "")
        if one.kind not in ("User", "Computer") or not domain:
            continue
        node, at = names.of(one), one.place()
        known = [EVERYONE] if one.id.endswith(_GUEST) else [AUTHENTICATED]
        if one.kind == "Computer" and is_controller(one):
            known.append(CONTROLLERS)
        for sid in known:
            _join(directory, node, names.node(f"{domain}-{sid}", "Group", at), at)
        if domain not in held:
            held.add(domain)
            tail = names.node(f"{domain}-{AUTHENTICATED}", "Group", at)
            _join(directory, tail, names.node(f"{domain}-{EVERYONE}", "Group", at), at)
    _trusted(directory, names)
    _depending(directory, names)


def _join(directory: Directory, tail: str, head: str, at: str, doubt: str = "") -> None:
    directory.node(head, at)
    directory.join(tail, "member_of", head, at, doubt)


def _trusted(directory: Directory, names: Names) -> None:
    """State that a trusting domain takes those of the trusted one for its own."""
    for trusted, trusting, known, is_inside, at in names.trusts:
        pair = names.domains.get(trusted, ""), names.domains.get(trusting, "")
        if not all(pair):
            continue
        for sid in known:
            tail = names.node(f"{pair[0]}-{sid}", "Group", at)
            doubt = "" if is_inside else _SELECTIVE
            head = names.node(f"{pair[1]}-{sid}", "Group", at)
            _join(directory, tail, head, at, doubt)


def _depending(directory: Directory, names: Names) -> None:
    """State, as undecided, who may belong to groups that a way of signing in makes."""
    domains = set(names.domains.values())
    for group, at in list(names.mentioned.items()):
        found = well_known(group)
        if found is None:
            continue
        domain, sid = found
        if sid in (AUTHENTICATED, EVERYONE, CONTROLLERS):
            if domain not in domains:
                _unknown(directory, names, group)
            continue
        if sid in _OWN or sid.startswith("S-1-3-"):
            continue
        _unknown(directory, names, group)
        if domain in domains:
            tail = names.node(f"{domain}-{AUTHENTICATED}", "Group", at)
            head = names.node(group, "Group", at)
            _join(directory, tail, head, at, _DEPENDS)


def _unknown(directory: Directory, names: Names, group: str) -> None:
    message = "well-known groups whose members these files can't tell"
    directory.count(message, names.place(names.mentioned[group]))
