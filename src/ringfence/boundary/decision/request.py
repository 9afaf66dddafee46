"""What is asked of the gate, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ringfence.boundary.decision.scene import Marker
from ringfence.boundary.model import Mask

Stated = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Request:
    """One question: may this principal do this to that?

    Attributes:
        principal: Id of a node, with its kind.
        verb: One of `VERBS`; anything else is denied.
        resource: Id of a dataset, a column or a store, with its kind.
        columns: Bare names of the columns that are touched, of a dataset; none stands
            for all of them.
        row: The values of one row, by column, as the data's keeper states them; None
            stands for a value that is NULL. Without a row, it may be any.
        stated: Attributes of the principal, as the caller states them.
        trusted: What the caller states of the principal wins over stored facts.
            Otherwise stored facts win, and what the caller adds makes an answer
            stricter and never looser.
        circumstances: Values by key, for the guards of grants (`request.network`).
        purpose: What for, word for word as an exception has it.
        subjects: How many people's data is asked for that the exception hasn't counted
            yet; None when nobody says.
        obeys: What whoever asks can carry out: `mask`, `rows`.
    """

    principal: str
    verb: str
    resource: str
    columns: tuple[str, ...] = ()
    row: Mapping[str, str | None] | None = None
    stated: Stated = field(default_factory=dict)
    trusted: bool = False
    circumstances: Stated = field(default_factory=dict)
    purpose: str = ""
    subjects: int | None = None
    obeys: frozenset[str] = frozenset()


class Reason(StrEnum):
    """Why a decision is what it is."""

    # allowed
    NOT_EXCLUDED = "not-excluded"  # the principal is inside the fence
    NOT_PROTECTED = "not-protected"  # nothing that is touched is protected
    NOT_COUNTED = "not-counted"  # the gate doesn't count the verb
    OTHER_ROW = "other-row"  # the row is of nobody in the population
    LEAVE = "leave"  # an exception concedes it
    ROWS = "rows"  # allowed, without the population's rows
    MASKED = "masked"  # allowed, with masks
    # denied
    STALE = "stale"  # the scene speaks of another time
    UNKNOWN_VERB = "unknown-verb"
    EXCLUDED = "excluded"
    PERHAPS_EXCLUDED = "perhaps-excluded"  # nobody can say that the principal isn't
    NO_PURPOSE = "no-purpose"  # an exception fits, for another purpose
    UNCOUNTED = "uncounted"  # an exception fits; nobody says how many people's data
    CAP = "cap"  # an exception fits, and would go beyond its cap
    NO_GRANT = "no-grant"  # inside the fence, and yet nobody gave it
    GUARD = "guard"  # a grant fits, whose condition this request doesn't meet


ALLOWING = frozenset(
    {
        Reason.NOT_EXCLUDED,
        Reason.NOT_PROTECTED,
        Reason.NOT_COUNTED,
        Reason.OTHER_ROW,
        Reason.LEAVE,
        Reason.ROWS,
        Reason.MASKED,
    }
)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer.

    Attributes:
        reason: Why; it says whether it may be, too.
        selectors: The selectors that exclude the principal, surely or perhaps.
        columns: The protected columns that are touched, by their bare names.
        leave: Name of the exception that concedes it, or nearly does.
        masks: What takes the place of which column's values.
        rows: Which rows have to be left out: those that may be of the population.
    """

    reason: Reason
    selectors: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    leave: str = ""
    masks: Mapping[str, Mask] = field(default_factory=dict)
    rows: Marker | None = None

    @property
    def allowed(self) -> bool:
        """Whether it may be, with whatever is to be obeyed."""
        return self.reason in ALLOWING
