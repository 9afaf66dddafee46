"""What a claim's report shows of a statement: plain values, the same for every medium.

A speaker is a pseudonym here and a role as coarse as it was set down; who handed a
recording over is a number. What nobody has listened to has no quote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ringfence.docket.held import Corroboration
from ringfence.docket.objects import Span, Statement
from ringfence.docket.times import code
from ringfence.docket.words import Known, Rung, Stance


@dataclass(frozen=True, slots=True)
class Denial:
    """A statement that denies another, to be shown beside it.

    Attributes:
        quote: Its words; empty while nobody has listened.
        at: Where: `R2 0:20:04`.
    """

    number: str
    speaker: str
    at: str
    rung: Rung
    quote: str


@dataclass(frozen=True, slots=True)
class Testimony:
    """A statement beside a public sentence, as one reviewer assessed it.

    Attributes:
        number: What people call it: `S3`; `assessment` and `reviewer` likewise.
        counts: Whether it bears on the verdict: heard, in scope and not dismissed.
        quote: The exact words; empty while nobody has listened.
        at: Where it is heard or read: `R2 0:20:04`.
        recording: Number of the recording; `hand`: of who handed it over.
        start: First sample of it, at 16 kHz; `end`: the one behind the last. None in a
            document.
        speaker: Their pseudonym; empty if nobody can tell who speaks.
        role: Their role, coarse.
        met: When they met, as exactly as is known: a day, a month or a year.
        dismissal: Code of why it doesn't count; empty if it isn't dismissed.
        confidence: In words.
        wording: The sentence that it was set beside, where the boundary's differs.
        denied: The statements that deny it.
        corrected: The statements that it replaces.
    """

    number: str
    assessment: str
    reviewer: str
    stance: Stance
    counts: bool
    rung: Rung
    quote: str
    at: str
    recording: str
    hand: str
    start: int | None
    end: int | None
    speaker: str
    role: str
    met: str
    first_hand: Known
    hedged: Known
    dismissal: str = ""
    rationale: str = ""
    confidence: str = ""
    wording: str = ""
    translation: str = ""
    denied: tuple[Denial, ...] = ()
    corrected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocketSeen:
    """The docket that a check has read, as it was then.

    Attributes:
        name: What its ledger is called.
        entries: How many entries it had; `root` is what was signed over them.
        fault: Why it couldn't be read; empty if it could.
    """

    name: str
    entries: int = 0
    root: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a docket holds beside a claim.

    Attributes:
        statements: Each as it was assessed, those that contradict first.
        behind: How much is behind those that count, by stance.
    """

    statements: tuple[Testimony, ...] = ()
    behind: Mapping[Stance, Corroboration] = field(default_factory=dict)

    @property
    def aside(self) -> int:
        """How many statements don't count."""
        shown, counting = (
            {one.number for one in self.statements if one.counts >= least}
            for least in (False, True)
        )
        return len(shown - counting)


def place(span: Span | None, passage: str) -> str:
    """Return where something is heard, or else read."""
    return passage if span is None else code(span.start, digits=0)


def met(statement: Statement) -> str:
    """Return when they met, as exactly as is known."""
    return statement.met_day or statement.met_month or statement.met_year
