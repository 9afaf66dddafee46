"""Domains: who is let in by a trust, and what GPOs add to the groups of computers."""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.sources.bloodhound.collection import Object
from ringfence.sources.bloodhound.computers import LISTS
from ringfence.sources.bloodhound.names import (
    AUTHENTICATED,
    CONTROLLERS,
    EVERYONE,
    Names,
)
from ringfence.sources.bloodhound.shapes import Trust
from ringfence.sources.directory import Directory, object_id

_DIRECTIONS = ("disabled", "inbound", "outbound", "bidirectional")
_KINDS = ("parentchild", "crosslink", "forest", "external", "unknown")
_INSIDE = ("parentchild", "crosslink", "treeroot")
_FILTERED = "whether the trusting domain filters SIDs isn't known"
_QUARANTINED = "SIDs are filtered inside one forest, which may be undone"


class Domains:
    """States trusts, and what GPOs change on computers."""

    def __init__(
        self, directory: Directory, names: Names, objects: Iterable[Object]
    ) -> None:
        self._directory = directory
        self._names = names
        # Whether a trusting domain filters is its own to say: (trusting, trusted).
        self._filters: dict[tuple[str, str], bool | None] = {}
        for one in objects:
            for trust in one.thing.trusts or []:
                if trust is not None and _direction(trust) in _DIRECTIONS[2:]:
                    key = (one.id, object_id(trust.domain or ""))
                    self._filters[key] = trust.is_filtered

    def state(self, one: Object) -> None:
        """State the trusts of a domain, and the changes of GPOs below it."""
        for index, trust in enumerate(one.thing.trusts or []):
            if trust is not None:
                self._trust(one, trust, one.place(f"/Trusts/{index}"))
        self._changes(one)

    def _trust(self, one: Object, trust: Trust, at: str) -> None:
        other = object_id(trust.domain or "")
        if not other:
            self._directory.count(
                "trusts with a domain without a SID: not read", one.at
            )
            return
        if name := (trust.name or "").strip():
            self._names.domains.setdefault(other, name.upper())
        direction = _direction(trust)
        if direction not in _DIRECTIONS:
            message = f"trusts of direction `{trust.direction}`: not understood, "
            self._directory.count(f"{message}each counts as both ways", one.at)
        # Inbound: the other domain trusts this one, and so lets this one in.
        if direction not in {"outbound", "disabled"}:
            self._lets_in(one.id, other, trust, at)
        if direction not in {"inbound", "disabled"}:
            self._lets_in(other, one.id, trust, at)

    def _lets_in(self, trusted: str, trusting: str, trust: Trust, at: str) -> None:
        """State what a trusted domain gets from the one that trusts it."""
        is_inside = _kind(trust) in _INSIDE
        told = (trusting, trusted) in self._filters
        filters = self._filters.get((trusting, trusted), trust.is_filtered)
        nodes = [self._names.node(id_, "Domain", at) for id_ in (trusted, trusting)]
        if is_inside and filters:
            self._directory.join(nodes[0], "can_change", nodes[1], at, _QUARANTINED)
        elif not filters:
            sure = filters is False and (told or is_inside)
            doubt = "" if sure else _FILTERED
            self._directory.join(nodes[0], "can_change", nodes[1], at, doubt)
        elif not told:
            self._directory.join(nodes[0], "can_change", nodes[1], at, _FILTERED)
        known = [AUTHENTICATED, EVERYONE, *([CONTROLLERS] if is_inside else [])]
        self._names.trusts.append((trusted, trusting, known, is_inside, at))

    def _changes(self, one: Object) -> None:
        """State who administers computers because a GPO says so."""
        changes = one.thing.changes
        if changes is None:
            return
        place = one.place("/GPOChanges")
        heads = [
            node
            for ref in changes.computers or []
            if (node := self._names.ref(ref, "Computer", place))
        ]
        lists = (changes.admins, changes.desktop, changes.dcom, changes.shell)
        for (key, meaning), refs in zip(LISTS.items(), lists, strict=True):
            tails = [
                (node, f"{place}/{key}/{index}")
                for index, ref in enumerate(refs or [])
                if (node := self._names.ref(ref, "Base", f"{place}/{key}/{index}"))
            ]
            if not (tails and heads):
                continue
            # One group between them: its edges add up, and don't multiply.
            group = f"group:{one.id}/{key}"
            label = f"{key} by the GPOs of {one.text('name') or one.id}"
            self._directory.node(group, place, label)
            for tail, at in tails:
                self._directory.join(tail, "member_of", group, at)
            for head in heads:
                self._directory.mean(group, meaning, head, place)


def _direction(trust: Trust) -> str:
    return _word(trust.direction, _DIRECTIONS)


def _kind(trust: Trust) -> str:
    return _word(trust.kind, _KINDS)


def _word(value: str | int | None, words: tuple[str, ...]) -> str:
    """Return a word that may be written as its number."""
    text = str(value).strip().casefold()
    if text.isascii() and text.isdigit() and len(text) == 1 and int(text) < len(words):
        return words[int(text)]
    return text
