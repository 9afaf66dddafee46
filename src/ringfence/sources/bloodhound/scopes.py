"""What holds what: rights that objects inherit, and settings that GPOs spread.

Two things flow down the tree, and not alike. Rights on an OU or a container are
inherited by what it holds, unless that is protected from inheriting. Settings of a
linked GPO reach computers and accounts alone, unless an OU blocks them, which an
enforced link ignores. So each place has a node for its rights and one, or two, for the
settings that arrive there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.sources.bloodhound.collection import Object
from ringfence.sources.bloodhound.names import Names, domain_of
from ringfence.sources.bloodhound.shapes import Ref
from ringfence.sources.directory import Directory

LINKABLE = ("Domain", "OU")
_PLACES = ("Domain", "OU", "Container")
_SET = ("User", "Computer")
_LOST = "no file says what lies between the domain and this place"


class Scopes:
    """States what each place hands down."""

    def __init__(
        self, directory: Directory, names: Names, objects: Iterable[Object]
    ) -> None:
        self._directory = directory
        self._names = names
        described = list(objects)
        self._described = {one.id: one for one in described}
        # What each object lies in, and where that is said.
        self._within: dict[str, tuple[str, str]] = {}
        for one in described:
            for child, at in _children(one):
                if child_id := names.key(child):
                    self._within.setdefault(child_id, (one.id, at))
            above = one.thing.within
            if above is not None and (key := names.key(above)):
                self._within[one.id] = (key, one.place("/ContainedBy"))
        self._settled = self._places_above(
            one.id for one in described if one.kind in (*_SET, *LINKABLE)
        )
        self._has_enforced = any(
            one.flag("blocksinheritance") is True
            or any(link and link.is_enforced for link in one.thing.links or [])
            for one in described
        )

    def _places_above(self, ids: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for id_ in ids:
            step: str | None = id_
            while step is not None and step not in found:
                found.add(step)
                step = self._within.get(step, (None, ""))[0]
        return found

    def whole(self, one: Object) -> str:
        """Return the node of the settings that nothing below can block."""
        return self._enforced(one.id) if self._has_enforced else self._settings(one.id)

    def state(self, one: Object) -> None:
        """State what an object gets from above, and what it hands down."""
        self._inherited(one)
        if one.kind in _PLACES and one.id in self._settled:
            self._place(one)
        if one.id in self._settled or one.kind in _SET:
            self._settled_by(one)
        for child, at in _children(one):
            key = self._names.key(child)
            if key and key not in self._described:
                head = self._names.ref(child, "Base", at)
                self._directory.join(self._names.of(one), "can_change", head, at)

    def _inherited(self, one: Object) -> None:
        """State who controls an object through what it lies in."""
        node = self._names.of(one)
        domain = domain_of(one)
        if domain and one.kind != "Domain":
            # Whoever has the domain has the keys of all that is in it.
            head = self._names.node(domain, "Domain", one.place())
            self._directory.join(head, "can_change", node, one.place())
        above = self._within.get(one.id)
        if above is None or one.thing.is_protected is True:
            return
        tail = self._names.node(above[0], _kind_above(one), above[1])
        self._directory.join(tail, "can_change", node, above[1])

    def _place(self, one: Object) -> None:
        """State the settings of a domain, an OU or a container, and its links."""
        settings, at = self._settings(one.id), one.place()
        self._directory.node(settings, at, f"settings of {one.text('name') or one.id}")
        if self._has_enforced:
            enforced = self._enforced(one.id)
            label = f"enforced settings of {one.text('name') or one.id}"
            self._directory.node(enforced, at, label)
            self._directory.join(enforced, "can_change", settings, at)
        if one.kind in LINKABLE:
            self._directory.join(self._names.of(one), "can_change", self.whole(one), at)
        for index, link in enumerate(one.thing.links or []):
            if link is None or not link.id.strip():
                continue
            place = one.place(f"/Links/{index}")
            gpo = self._names.node(link.id, "GPO", place)
            head = self.whole(one) if link.is_enforced else settings
            self._directory.join(gpo, "can_change", head, place)

    def _settled_by(self, one: Object) -> None:
        """State where the settings of an object come from."""
        above = self._within.get(one.id)
        if above is None:
            return
        parent, at = above
        if parent not in self._described and (domain := domain_of(one)):
            known = self._described.get(domain)
            if known is not None and domain != parent:
                tail, head = self.whole(known), self._settings(parent)
                self._directory.join(tail, "can_change", head, at, _LOST)
        if one.kind in _SET:
            node = self._names.of(one)
            self._directory.join(self._settings(parent), "can_change", node, at)
            return
        if one.flag("blocksinheritance") is not True:
            tail, head = self._settings(parent), self._settings(one.id)
            self._directory.join(tail, "can_change", head, at)
        if self._has_enforced:
            tail, head = self._enforced(parent), self._enforced(one.id)
            self._directory.join(tail, "can_change", head, at)

    def _settings(self, id_: str) -> str:
        return f"role:{id_}/settings"

    def _enforced(self, id_: str) -> str:
        return f"role:{id_}/enforced-settings"


def _children(one: Object) -> Iterator[tuple[Ref | str, str]]:
    """Yield what a place says that it holds, in every version's words."""
    thing = one.thing
    lists = (
        ("ChildObjects", thing.children, ""),
        ("Users", thing.old_accounts, "User"),
        ("Computers", thing.old_computers, "Computer"),
        ("ChildOus", thing.old_units, "OU"),
    )
    for key, refs, kind in lists:
        for index, ref in enumerate(refs or []):
            if isinstance(ref, str):
                ref = Ref(new_id=ref, new_kind=kind)  # noqa: PLW2901
            if ref is not None and ref.id.strip():
                yield ref, one.place(f"/{key}/{index}")


def _kind_above(one: Object) -> str:
    above = one.thing.within
    return above.kind if above is not None and above.kind else "Base"
