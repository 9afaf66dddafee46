"""Common table expressions: resolved once named, recursive ones until they settle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sqlglot import exp

from ringfence.sources.lineage.model import NOTHING, Relation, Shown, TooLargeError

_MOST_ROUNDS = 100
Resolve = Callable[[exp.CTE, "Ctes"], Relation]


@dataclass(frozen=True, slots=True)
class Cte:
    """One of them.

    Attributes:
        node: Its name and query.
        place: Where it stands among those of its WITH.
        is_recursive: Whether it names itself.
        names: What its columns are called, as far as that is plain to see.
    """

    node: exp.CTE
    place: int
    is_recursive: bool
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ctes:
    """The CTEs that a query sees, and those of the queries around it.

    Attributes:
        of: Those of one WITH clause, by name in small letters.
        resolve: Gives the relation of one.
        outer: Those of the query around it.
        any_order: Whether one sees those that come after it.
        hidden: Those that can't be seen from here.
    """

    of: dict[str, Cte] = field(default_factory=dict)
    resolve: Resolve | None = None
    outer: Ctes | None = None
    any_order: bool = False
    hidden: frozenset[str] = frozenset()
    _known: dict[str, Relation] = field(default_factory=dict)

    def find(self, name: str) -> Relation | None:
        """Return the relation of a CTE; None, if none is called that."""
        folded = name.casefold()
        if folded in self.of and folded not in self.hidden:
            if folded not in self._known:
                self._find(folded, self.of[folded])
            return self._known[folded]
        return None if self.outer is None else self.outer.find(name)

    def _find(self, folded: str, cte: Cte) -> None:
        if self.resolve is None:
            return
        if not cte.is_recursive:
            # It sees those before it; its own name is a table's.
            later = {n for n, one in self.of.items() if one.place > cte.place}
            hidden = {folded} if self.any_order else {folded, *later}
            inner = replace(self, hidden=self.hidden | hidden)
            self._known[folded] = self.resolve(cte.node, inner)
            return
        columns = tuple(Shown(name, NOTHING) for name in cte.names)
        self._known[folded] = Relation(columns, rest=None if columns else NOTHING)
        before = set(self._known)
        for _ in range(_MOST_ROUNDS):
            # What was resolved from an earlier round is resolved anew.
            for other in set(self._known) - before:
                del self._known[other]
            found = self.resolve(cte.node, self)
            if found == self._known[folded]:
                return
            self._known[folded] = found
        message = f"`{folded}` recurses for too long to be resolved"
        raise TooLargeError(message)
