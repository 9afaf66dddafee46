"""What has to be asked of the gate before an operation is allowed.

An operation comes to some questions and a judgement of their answers. Where nothing is
asked, nothing depends on who asks; a refusal that rests on no answer is asked too, with
a verb that nobody has, so that the ledger holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ringfence.boundary.decision.decide import standing
from ringfence.boundary.decision.request import Decision, Reason, Request
from ringfence.boundary.decision.scene import Scene
from ringfence.boundary.status import Status
from ringfence.gate.point.asked import Caller
from ringfence.gate.surfaces.bodies import MalformedError
from ringfence.gate.surfaces.naming import principal
from ringfence.gate.surfaces.trino_operations import OPERATIONS, Operation, Rule
from ringfence.gate.surfaces.trino_words import (
    Input,
    Members,
    Target,
    is_placed,
    target_of,
)

EVERYBODY = "group:everybody"  # whom a view that runs as its owner may be read by
_LONGEST = 80
_OF_NAMES = {"SelectFromColumns", "FilterTables", "ShowColumns", "FilterColumns"}
Judgement = Callable[[Sequence[Decision]], bool]


@dataclass(frozen=True, slots=True)
class Check:
    """Some questions, and what their answers come to.

    Attributes:
        requests: The questions.
        judge: Whether their answers, in their order, allow it.
    """

    requests: tuple[Request, ...]
    judge: Judgement


@dataclass(frozen=True, slots=True)
class Checks:
    """What makes checks of operations.

    Attributes:
        caller: Whoever asks.
        scene: The scene in force.
        given: The question.
    """

    caller: Caller
    scene: Scene
    given: Input

    def of(self, whole: object) -> Check:
        """Return what has to be asked about one resource.

        Raises:
            MalformedError: It isn't a resource of the operation.
        """
        operation = OPERATIONS.get(self.given.operation)
        if operation is None or operation.rule is Rule.NEVER:
            return self.refusal(self.given.operation)
        target = target_of(self.caller, self.scene, operation.about, whole)
        check = self._of_target(operation, target)
        if operation.moves and not is_placed(self.scene, target.node):
            return self.refusal(self.given.operation)
        if operation.renames:
            renamed = target_of(
                self.caller,
                self.scene,
                operation.about,
                self.given.action.get("targetResource"),
            )
            check = _both(check, self._of_target(operation, renamed))
        if operation.gives:
            check = _both(check, self._given(operation, target))
        return check

    def refusal(self, operation: str) -> Check:
        """Return what is denied, and logged, whatever is known."""
        verb = f"trino:{operation[:_LONGEST]}"
        asked = Request(self.given.principal, verb, "store:trino")
        return Check((asked,), _never)

    def read(self, target: Target, *columns: str) -> Request:
        """Return the request to read a table, as far as it may be read in part."""
        names = columns or target.columns
        obeys = self.caller.obeys
        if not self._is_filtered(target, names):
            obeys -= {"rows"}
        return replace(self._asked(target, "read", names), obeys=obeys)

    def _is_filtered(self, target: Target, names: Sequence[str]) -> bool:
        """Return whether the table's filter will be right for these columns.

        Trino asks for a filter without saying which columns are read, so that it is
        found from those that the scene knows.
        """
        known = self.scene.datasets.get(target.node)
        if known is None or all(name in known.columns for name in names):
            return True
        is_touched = known.status is not Status.NO or any(
            one is not Status.NO for one in known.columns.values()
        )
        return is_touched and self.scene.gate.mode == "fence"

    def parts(self, target: Target) -> tuple[Request, ...]:
        """Return requests of which none is allowed if no column may be read.

        What isn't protected may be read together, and so may what has masks; a grant
        may be for any single column.
        """
        known = self.scene.datasets.get(target.node)
        if known is None:
            return ()
        if self.scene.gate.mode == "grants":
            return tuple(self.read(target, name) for name in known.columns)
        plain = [n for n, one in known.columns.items() if one is Status.NO]
        masked = [n for n in known.columns if n in known.masks and n not in plain]
        return tuple(self.read(target, *names) for names in (plain, masked) if names)

    def _asked(
        self, target: Target, verb: str, columns: tuple[str, ...] = ()
    ) -> Request:
        return Request(self.given.principal, verb, target.node, columns)

    def _of_target(self, operation: Operation, target: Target) -> Check:
        if self._is_free(operation.rule, target):
            return _FREE
        asked = tuple(
            self._asked(target, verb, target.columns) for verb in operation.verbs
        )
        if self.given.operation == "SelectFromColumns":
            asked = (self.read(target),)
        match operation.rule:
            case Rule.SEEN:
                return self._seen(target)
            case Rule.DATA:
                return Check(asked, _every)
            case Rule.EXPORT:
                stranger = replace(asked[0], principal=EVERYBODY)
                return Check((*asked, stranger), _exported)
            case Rule.INSIDE | Rule.OWN | Rule.FUNCTION:
                return Check(asked, _inside)
            case _:
                return self._refused()

    def _is_free(self, rule: Rule, target: Target) -> bool:
        """Return whether whoever asks may, whatever the gate would decide."""
        match rule:
            case Rule.OPEN:
                return True
            case Rule.SEEN | Rule.DATA:
                return target.is_names and self.given.operation in _OF_NAMES
            case Rule.OWN:
                return target.name == self.given.user
            case Rule.FUNCTION | Rule.BUILT_IN:
                return target.is_built_in
            case _:
                return rule is Rule.BECOME and self._may_become(target.node)

    def _refused(self) -> Check:
        return self.refusal(self.given.operation)

    def _seen(self, target: Target) -> Check:
        parts = () if target.columns else self.parts(target)
        return Check((self.read(target), *parts), _some)

    def _given(self, operation: Operation, target: Target) -> Check:
        """Return the check of whom something is given to: they are asked about too."""
        grantee = self.given.action.get("grantee")
        name = grantee.get("name") if isinstance(grantee, dict) else None
        if not isinstance(grantee, dict) or not isinstance(name, str) or not name:
            raise MalformedError("`grantee` must be an object with a `name`")
        is_person = str(grantee.get("type", "")).casefold() == "user"
        node = principal(self.caller, "user" if is_person else "role", name)
        asked = tuple(
            replace(self._asked(target, verb), principal=node)
            for verb in operation.verbs
        )
        return Check(asked, _inside)

    def _may_become(self, other: str) -> bool:
        """Return whether becoming somebody else gives nothing that one hasn't.

        Whoever surely isn't excluded may become anybody; else the other one must be
        excluded as surely, and have no exception more. What is granted to the other one
        must be granted to both.
        """
        scene, own = self.scene, self.given.principal
        if own == other:
            return True
        if scene.gate.mode == "grants" and not all(
            own in one.who for one in scene.grants if other in one.who
        ):
            return False
        stands = [
            (self._standing(own, one.name), self._standing(other, one.name))
            for one in scene.selectors
        ]
        if all(mine is Status.NO for mine, _ in stands):
            return True
        more = any(other in one.who and own not in one.who for one in scene.leaves)
        return not more and all(theirs >= mine for mine, theirs in stands)

    def _standing(self, principal: str, selector: str) -> Status:
        return standing(self.scene, selector, Request(principal, "", ""))


def members_of(whole: object, about: str) -> Members:
    """Return a resource's members of one kind.

    Raises:
        MalformedError: It has none.
    """
    part = whole.get(about) if isinstance(whole, dict) else None
    if not isinstance(part, dict):
        raise MalformedError(f"`{about}` must be an object")
    return part


# --- judgements -----------------------------------------------------------------------


def _every(answers: Sequence[Decision]) -> bool:
    return bool(answers) and all(one.allowed for one in answers)


def _some(answers: Sequence[Decision]) -> bool:
    return any(one.allowed for one in answers)


def _never(answers: Sequence[Decision]) -> bool:  # noqa: ARG001 - a judgement's shape
    return False


def _always(answers: Sequence[Decision]) -> bool:  # noqa: ARG001 - a judgement's shape
    return True


def _inside(answers: Sequence[Decision]) -> bool:
    """Judge what only those may who surely aren't excluded, even where it's no data."""
    return _every(answers) and all(one.reason is Reason.NOT_EXCLUDED for one in answers)


def _exported(answers: Sequence[Decision]) -> bool:
    """Judge what is given to everybody: nothing of it may be protected.

    A stranger has no grant; that alone doesn't make it protected.
    """
    own, stranger = answers
    is_free = stranger.allowed or stranger.reason in {Reason.NO_GRANT, Reason.GUARD}
    return own.allowed and is_free and not stranger.columns


_FREE = Check((), _always)


def _both(one: Check, other: Check) -> Check:
    """Return the check that both are, so that one can't be had without the other."""
    half = len(one.requests)
    return Check(
        (*one.requests, *other.requests),
        lambda answers: one.judge(answers[:half]) and other.judge(answers[half:]),
    )
