"""Writing facts: the fewest edges whose closure is exactly what the model found.

A privilege that a role has through another one is stated at that other role only, so
that a path names the grant that is to be revoked.

INVARIANT: a set of roles handed to `Emission.grant` is closed: with a role it holds
every role that controls it. `Powers` makes only such sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ringfence.errors import Locus
from ringfence.estate import facts
from ringfence.estate.facts import Fact
from ringfence.sources.postgres.escalation import bits
from ringfence.sources.postgres.model import Model
from ringfence.sources.postgres.naming import Naming
from ringfence.sources.postgres.snapshot import PUBLIC
from ringfence.sources.source import Note


@dataclass(frozen=True, slots=True)
class Layer:
    """Roles that reach something, with what is open or in the way."""

    roles: int
    control: str = ""
    unknown: str = ""


class Ways:
    """Which role controls which, by the edges that were written."""

    def __init__(self, size: int) -> None:
        """Start with `size` roles and no edge."""
        self._next = [0] * size
        self._shut = 0
        self._closure: list[int] | None = None

    def add(self, tail: int, head: int) -> None:
        """Note an edge from role to role."""
        self._next[tail] |= 1 << head
        self._closure = None

    def shut(self, roles: int) -> None:
        """Note that edges from these roles aren't certain: nothing rests on them."""
        self._shut = roles
        self._closure = None

    def below(self) -> list[int]:
        """Return, for each role, all that it controls for certain, itself included."""
        if self._closure is None:
            self._closure = [self._from(n) for n in range(len(self._next))]
        return self._closure

    def _from(self, start: int) -> int:
        seen, todo = 1 << start, self._next[start] & ~self._shut
        while todo & ~seen:
            fresh = todo & ~seen
            seen |= fresh
            for number in bits(fresh):
                todo |= self._next[number] & ~self._shut
        return seen


class Emission:
    """Collects the facts and notes of one database."""

    def __init__(self, model: Model, naming: Naming, source: str) -> None:
        """Start with nothing."""
        self.model = model
        self.naming = naming
        self.source = source
        self.facts: dict[bytes, Fact] = {}
        self.notes: list[Note] = []
        self.ways = Ways(len(model.powers.roles))
        self.shut = 0  # roles that may not connect: whatever they have is uncertain
        self._needing: dict[tuple[int, int, int], list[int]] = {}

    # --- single facts -----------------------------------------------------------------

    def _put(self, fact: Fact) -> None:
        self.facts.setdefault(facts.line(fact), fact)

    def node(self, id: str, at: str, *, label: str = "") -> None:  # noqa: A002
        """State that a node exists, and what people call it."""
        self._put(facts.node(id, at=at, source=self.source))
        if label:
            self.attribute(id, "label", label, at)

    def attribute(self, id: str, name: str, value: str, at: str) -> None:  # noqa: A002
        """State an attribute."""
        self._put(facts.attribute(id, name, value, at=at, source=self.source))

    def edge(
        self,
        tail: str,
        kind: str,
        head: str,
        *,
        at: str,
        verb: str = "",
        control: str = "",
        unknown: str = "",
        detail: dict[str, str] | None = None,
    ) -> None:
        """State an edge; one from a node to itself says nothing and isn't stated."""
        if tail != head:
            fact = facts.edge(
                tail,
                kind,
                head,
                at=at,
                source=self.source,
                verb=verb,
                control=control,
                unknown=unknown,
                detail=detail,
            )
            self._put(fact)

    def note(self, message: str, at: str = "") -> None:
        """Tell the reader what isn't decided."""
        note = Note(message, Locus(at) if at else None)
        if note not in self.notes:
            self.notes.append(note)

    # --- edges between roles ----------------------------------------------------------

    def controls(self, tail: int, kind: str, head: int, *, at: str) -> None:
        """State that a role controls another, both by number."""
        self.ways.add(tail, head)
        self.edge(
            self.role(tail), kind, self.role(head), at=at, unknown=self.doubt(tail)
        )

    def role(self, number: int) -> str:
        """Return the id of a role by its number."""
        return self.naming.role(self.oid(number))

    def oid(self, number: int) -> int:
        """Return the OID of a role by its number."""
        role = self.model.powers.roles[number]
        return PUBLIC if role is None else role.oid

    def doubt(self, number: int) -> str:
        """Return why nothing that this role has is certain; empty when it is."""
        if not self.shut >> number & 1:
            return ""
        name = self.model.snapshot.database.name
        return f"the role may not connect to database `{name}`"

    # --- edges from roles to anything -------------------------------------------------

    def writer(self, head: str, verb: str, place: str) -> Callable[[int, Layer], None]:
        """Return what states that a role has a verb, or without one can change all."""
        kind = "has_privilege" if verb else "can_change"

        def write(number: int, layer: Layer) -> None:
            self.edge(
                self.role(number),
                kind,
                head,
                at=place,
                verb=verb,
                control=layer.control,
                unknown=layer.unknown or self.doubt(number),
            )

        return write

    def grant(
        self,
        layers: Sequence[Layer],
        write: Callable[[int, Layer], None],
        *,
        prefer: int = 0,
        carried: int = 0,
    ) -> None:
        """Write the edges of layers, the most certain layer first.

        Args:
            layers: Who reaches it, and how certainly.
            write: Writes the edge of one role, given by number.
            prefer: Of roles that control each other, one of these gets the edge.
            carried: Roles that reach it already by other edges, for certain.
        """
        done = carried
        for layer in layers:
            reach = layer.roles | done
            for number in self.needing(reach, done, prefer=prefer):
                write(number, layer)
            done = reach

    def needing(self, reach: int, done: int, *, prefer: int) -> Iterable[int]:
        """Return the roles of `reach` that need an edge of their own.

        Those in `done` have one, superusers need none, and neither does a role that
        controls another one in `reach`.
        """
        todo = reach & ~done & ~self.model.powers.almighty
        key = (todo, reach, prefer & reach)
        if key not in self._needing:
            below = self.ways.below()
            certain = reach & ~self.shut
            found = [n for n in bits(todo) if self._needs(n, certain, below, prefer)]
            self._needing[key] = found
        return self._needing[key]

    def _needs(self, number: int, reach: int, below: list[int], prefer: int) -> bool:
        others = below[number] & reach & ~(1 << number)
        rank = (not prefer >> number & 1, number)
        for other in bits(others):
            mutual = below[other] >> number & 1
            if not mutual or (not prefer >> other & 1, other) < rank:
                return False
        return True
