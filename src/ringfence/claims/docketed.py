"""A docket as claims read it: every object of one signed head, by name and by number.

The ledger is read whole and held against its root. What may not be there by the rules
of a docket changes nothing, whoever has logged it, and is counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from ringfence.docket.course import check, plain
from ringfence.docket.folder import CHARTER, Docket, Held
from ringfence.docket.ladder import Ladder, head, ladder
from ringfence.docket.objects import (
    KINDS,
    LETTERS,
    Assessment,
    Hand,
    Hearing,
    Object,
    Recording,
    Ref,
    Reviewer,
    Speaker,
    Statement,
)
from ringfence.docket.standing import Said
from ringfence.docket.words import Rung
from ringfence.errors import ConfigError, Locus

_Kind = TypeVar("_Kind", bound=Object)


class Docketed:
    """The objects of a docket, in the order in which they were logged.

    Attributes:
        name: What its ledger is called.
        size: How many entries the head has that was read.
        root: What was signed over them.
        refused: Numbers of what may not be there.
        erased: Numbers of what was erased.
    """

    def __init__(self, name: str, size: int, root: str) -> None:
        self.name, self.size, self.root = name, size, root
        self.refused: list[str] = []
        self.erased: list[str] = []
        self._held: dict[Ref, Held] = {}
        self._numbers: dict[Ref, str] = {}
        self._refs: dict[str, Ref] = {}
        self._counts: Counter[str] = Counter()
        self._hearings: dict[Ref, list[tuple[Ref, Hearing]]] = defaultdict(list)
        self._corrected: dict[Ref, Ref] = {}
        self._superseded: dict[Ref, Ref] = {}
        self._denied: dict[Ref, list[Ref]] = defaultdict(list)
        self._names: dict[tuple[str, str], Ref] = {}

    def add(self, held: Held) -> None:
        """Take the next object of the ledger."""
        self._counts[held.kind] += 1
        number = f"{LETTERS[KINDS[held.kind]]}{self._counts[held.kind]}"
        if held.ref in self._held:
            self.refused.append(number)  # logged twice, it counts once
            return
        if held.object is None:
            self.erased.append(number)
        elif not self._is_fit(held.object):
            # Whether somebody who was erased had a conflict, nobody can tell any more.
            unknown = self.kind(getattr(held.object, "by", "")) == "reviewer" and (
                self.get(getattr(held.object, "by", "")) is None
            )
            (self.erased if unknown else self.refused).append(number)
            return
        self._held[held.ref] = held
        self._numbers[held.ref] = number
        self._refs[number] = held.ref
        self._remember(held.ref, held.object)

    def _is_fit(self, one: Object) -> bool:
        try:
            check(one, self)
        except ConfigError:
            return False
        return True

    def _remember(self, ref: Ref, one: Object | None) -> None:
        match one:
            case Hearing():
                self._hearings[one.statement].append((ref, one))
            case Statement():
                self._corrected[one.corrects] = ref
                self._denied[one.denies].append(ref)
            case Assessment() if one.supersedes:
                self._superseded[one.supersedes] = ref
            case Reviewer():
                self._names["reviewer", plain(one.name)] = ref
            case Speaker():
                self._names["speaker", plain(one.name)] = ref

    # --- what the rules of a docket ask -----------------------------------------------

    def kind(self, ref: Ref) -> str | None:
        """Return the kind of an object, even of one that was erased."""
        held = self._held.get(ref)
        return None if held is None else held.kind

    def get(self, ref: Ref) -> Object | None:
        """Return an object; None if there is none, or it was erased."""
        held = self._held.get(ref)
        return None if held is None else held.object

    def hearings(self, statement: Ref) -> Sequence[tuple[Ref, Hearing]]:
        """Return the hearings of a statement, in order."""
        return self._hearings.get(statement, [])

    def first(self, statement: Ref) -> Ref:
        """Return the first statement of a chain of corrections."""
        found = self.get(statement)
        while isinstance(found, Statement) and found.corrects:
            statement, found = found.corrects, self.get(found.corrects)
        return statement

    def corrected_by(self, statement: Ref) -> Ref:
        """Return the statement that corrects another; empty if none does."""
        return self._corrected.get(statement, "")

    def denied_by(self, statement: Ref) -> list[Ref]:
        """Return the statements that deny one, or what it corrects, as they stand."""
        denials = (by for one in self.chain(statement) for by in self._denied[one])
        return [*dict.fromkeys(map(self.standing, denials))]

    def superseded_by(self, assessment: Ref) -> Ref:
        """Return the assessment that replaces another; empty if none does."""
        return self._superseded.get(assessment, "")

    def named(self, kind: str, plain: str) -> Ref:
        """Return the reviewer or speaker of a name, as `plain` spells it, or empty."""
        return self._names.get((kind, plain), "")

    # --- what claims ask --------------------------------------------------------------

    def all(self, kind: type[_Kind]) -> list[tuple[Ref, _Kind]]:
        """Return the objects of a kind, in order; erased ones are left out."""
        found = ((ref, held.object) for ref, held in self._held.items())
        return [(ref, one) for ref, one in found if isinstance(one, kind)]

    def place(self, ref: Ref) -> int:
        """Return the place of an object's entry in the ledger."""
        return self._held[ref].index

    def number(self, ref: Ref) -> str:
        """Return what people call an object: `S3`; empty for none."""
        return self._numbers.get(ref, "")

    def time(self, ref: Ref) -> str:
        """Return when an object was logged."""
        return self._held[ref].time

    def numbered(self, number: str) -> Ref:
        """Return the object that people call so.

        Raises:
            ConfigError: There is none.
        """
        if number not in self._refs:
            hint = "`ringfence docket list` tells what is held"
            raise ConfigError(f"the docket holds no `{number}`", Locus(number), hint)
        return self._refs[number]

    def reviewer(self, said: str) -> Ref:
        """Return the reviewer of a name or a number.

        Raises:
            ConfigError: There is none.
        """
        ref = self.named("reviewer", plain(said)) or self._refs.get(said, "")
        if self.kind(ref) != "reviewer":
            names = [
                f"`{self.number(ref)}` {one.name}" for ref, one in self.all(Reviewer)
            ]
            hint = f"one of {', '.join(names[:12])}" if names else None
            raise ConfigError(f"there is no reviewer `{said}`", Locus("--by"), hint)
        return ref

    def chain(self, statement: Ref) -> list[Ref]:
        """Return a statement with what it corrects, and what corrects it, in order."""
        found = [self.first(statement)]
        while after := self.corrected_by(found[-1]):
            found.append(after)
        return found

    def ladder(self, statement: Ref) -> Ladder:
        """Return how far a quote has come; of an erased one nothing is known."""
        one = self.get(statement)
        if not isinstance(one, Statement):
            return Ladder(Rung.MACHINE, "")
        return ladder(one, self.hearings(statement))

    def stated(self, statement: Ref) -> Said:
        """Return a statement with what it refers to, unless that was erased."""
        one = self.get(statement)
        if not isinstance(one, Statement):
            return Said(Statement("", ""))
        recording, speaker = self.get(one.recording), self.get(one.speaker)
        if not isinstance(recording, Recording):
            recording = None
        hand = None if recording is None else self.get(recording.hand)
        return Said(
            one,
            recording,
            hand if isinstance(hand, Hand) else None,
            speaker if isinstance(speaker, Speaker) else None,
        )

    def standing(self, statement: Ref) -> Ref:
        """Return which statement of a chain of corrections stands for all of them."""
        chain = self.chain(statement)
        return head((one, self.ladder(one).heard != "") for one in chain)


def docketed(docket: Docket) -> Docketed:
    """Read a docket as its ledger has it signed now.

    Raises:
        RingfenceError: Something isn't what was signed, or the ledger can't be read.
        OSError: A file can't be read.
    """
    signed = docket.signed()
    found = Docketed(signed.origin, signed.size, signed.root.hex())
    for held in docket.held():
        if held.index < signed.size:
            found.add(held)
    return found


def is_there(folder: Path) -> bool:
    """Return whether a folder is a docket, or says that it is."""
    return (folder / CHARTER).exists()
