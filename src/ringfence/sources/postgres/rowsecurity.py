"""What row security does to a statement, in words."""

from __future__ import annotations

from collections import defaultdict

from ringfence.sources.postgres.snapshot import Relation, Snapshot

COMMANDS = {"SELECT": "r", "INSERT": "a", "UPDATE": "w", "DELETE": "d"}


class RowSecurity:
    """The row-security policies of a snapshot, by relation."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Index the policies."""
        self._names: dict[tuple[int, str], list[str]] = defaultdict(list)
        for each in snapshot.policies:
            self._names[each.relation, each.command].append(each.name)
        self._is_read = "policies" not in snapshot.unread

    def filter(self, relation: Relation, verb: str) -> str:
        """Return what stands between a role that row security binds and the rows."""
        if not self._is_read:
            return f"row security of {relation.name}"
        named = self._names.get((relation.oid, COMMANDS[verb]), [])
        names = sorted([*named, *self._names.get((relation.oid, "*"), [])])
        if not names:
            return f"row security of {relation.name}: no policy lets a row through"
        return f"row security of {relation.name}: {', '.join(names)}"
