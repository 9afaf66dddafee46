"""Objects that are to be brought to a docket together: each checked beside the others.

They refer to one another before any of them is appended. Then either all are kept, or
none is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ringfence.docket.course import Lookup, check, plain
from ringfence.docket.folder import Composed, composed
from ringfence.docket.objects import (
    Assessment,
    Hearing,
    Object,
    Ref,
    Reviewer,
    Speaker,
    Statement,
    kind_of,
)
from ringfence.errors import ConfigError, Locus

_SAID_OF = ("recording", "statement", "sentence", "lead")


class Nothing:
    """What an empty docket holds."""

    def kind(self, _: Ref) -> str | None:
        """Return None: there is no object."""

    def get(self, _: Ref) -> Object | None:
        """Return None: there is no object."""

    def hearings(self, _: Ref) -> Sequence[tuple[Ref, Hearing]]:
        """Return nothing."""
        return ()

    def first(self, statement: Ref) -> Ref:
        """Return the statement itself."""
        return statement

    def corrected_by(self, _: Ref) -> Ref:
        """Return nothing."""
        return ""

    def superseded_by(self, _: Ref) -> Ref:
        """Return nothing."""
        return ""

    def named(self, _: str, __: str) -> Ref:
        """Return nothing."""
        return ""


class Gathering:
    """What a docket holds, and what is to be brought to it besides.

    Args:
        known: What it holds.
        time: When the objects are logged.

    Attributes:
        ready: The objects, as they will be appended.
    """

    def __init__(self, known: Lookup, time: str) -> None:
        self.ready: list[Composed] = []
        self._known, self._time = known, time
        self._objects: dict[Ref, Object] = {}
        self._hearings: defaultdict[Ref, list[tuple[Ref, Hearing]]] = defaultdict(list)
        self._corrected: dict[Ref, Ref] = {}
        self._superseded: dict[Ref, Ref] = {}
        self._named: dict[tuple[str, str], Ref] = {}

    def add(self, one: Object) -> Ref:
        """Bring one more, and return by which ref the next ones may refer to it.

        Raises:
            ConfigError: It may not be brought.
        """
        check(one, self)
        self._check_there(one)
        made = composed(one, self._time)
        self.ready.append(made)
        self._objects[made.ref] = one
        match one:
            case Hearing():
                self._hearings[one.statement].append((made.ref, one))
            case Statement() if one.corrects:
                self._corrected[one.corrects] = made.ref
            case Assessment() if one.supersedes:
                self._superseded[one.supersedes] = made.ref
            case Reviewer() | Speaker():
                self._named[kind_of(one), plain(one.name)] = made.ref
        return made.ref

    def _check_there(self, one: Object) -> None:
        """Check that nothing new is said of what was erased; what was said may stay."""
        for field in _SAID_OF:
            ref = getattr(one, field, "")
            if ref and self.get(ref) is None:
                raise ConfigError("was erased", Locus(field), "name another one")

    def kind(self, ref: Ref) -> str | None:
        """Return the kind of an object, even of one that was erased."""
        found = self._objects.get(ref)
        return kind_of(found) if found is not None else self._known.kind(ref)

    def get(self, ref: Ref) -> Object | None:
        """Return an object; None if there is none, or it was erased."""
        found = self._objects.get(ref)
        return found if found is not None else self._known.get(ref)

    def hearings(self, statement: Ref) -> Sequence[tuple[Ref, Hearing]]:
        """Return the hearings of a statement, in order."""
        return (*self._known.hearings(statement), *self._hearings.get(statement, ()))

    def first(self, statement: Ref) -> Ref:
        """Return the first statement of a chain of corrections."""
        found = self._objects.get(statement)
        while isinstance(found, Statement) and found.corrects:
            statement = found.corrects
            found = self._objects.get(statement)
        return self._known.first(statement)

    def corrected_by(self, statement: Ref) -> Ref:
        """Return the statement that corrects another; empty if none does."""
        return self._corrected.get(statement) or self._known.corrected_by(statement)

    def superseded_by(self, assessment: Ref) -> Ref:
        """Return the assessment that replaces another; empty if none does."""
        return self._superseded.get(assessment) or self._known.superseded_by(assessment)

    def named(self, kind: str, spelt: str) -> Ref:
        """Return the reviewer or speaker of a name, as `plain` spells it, or empty."""
        return self._named.get((kind, spelt)) or self._known.named(kind, spelt)
