"""What stands: the assessments that none has replaced, and how often it was said.

A statement that corrects another takes over what was made of it: words are put right
without anybody having to say again, or being able to hide, how they bear on a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ringfence.docket.course import counts
from ringfence.docket.held import Corroboration
from ringfence.docket.ladder import Ladder
from ringfence.docket.objects import (
    Assessment,
    Hand,
    Recording,
    Ref,
    Speaker,
    Statement,
)
from ringfence.docket.words import Known, Rung, Stance


@dataclass(frozen=True, slots=True)
class Standing:
    """What reviewers make of a statement beside a sentence, as it stands.

    Attributes:
        statement: The statement that stands for its chain of corrections.
        sentence: The public sentence.
        ladder: How far the quote has come.
        assessments: Those that none has replaced, in the order they were logged.
    """

    statement: Ref
    sentence: Ref
    ladder: Ladder
    assessments: tuple[tuple[Ref, Assessment], ...]

    @property
    def contradicts(self) -> bool:
        """Whether one says that it contradicts, in scope, and isn't dismissed."""
        return any(counts(one) for _, one in self.assessments)

    @property
    def contests(self) -> bool:
        """Whether it makes a claim contested: somebody has listened, and it counts."""
        return self.contradicts and self.ladder.rung is not Rung.MACHINE

    @property
    def stances(self) -> tuple[Stance, ...]:
        """The stances that aren't dismissed, each once."""
        told = (one.stance for _, one in self.assessments if one.dismissal is None)
        return tuple(dict.fromkeys(told))

    @property
    def is_dismissed(self) -> bool:
        """Whether every assessment that stands dismisses it."""
        return all(one.dismissal is not None for _, one in self.assessments)


def in_scope(one: Assessment) -> bool:
    """Return whether no part of the scope is said to be another."""
    return Known.NO not in (one.scope.subject, one.scope.place, one.scope.window)


def unreplaced(
    assessments: Sequence[tuple[Ref, Assessment]],
) -> tuple[tuple[Ref, Assessment], ...]:
    """Return the assessments that no other one replaces."""
    replaced = {one.supersedes for _, one in assessments}
    return tuple((ref, one) for ref, one in assessments if ref not in replaced)


@dataclass(frozen=True, slots=True)
class Said:
    """A statement with what it refers to, as far as that wasn't erased."""

    statement: Statement
    recording: Recording | None = None
    hand: Hand | None = None
    speaker: Speaker | None = None


def corroboration(said: Iterable[Said]) -> Corroboration:
    """Return how often something was said, by how many, in how many recordings."""
    told = tuple(said)
    statements = [one.statement for one in told]
    return Corroboration(
        statements=len(told),
        recordings=len({_sound(one) for one in told}),
        speakers=len({_speaker(one) for one in told if one.statement.speaker}),
        unnamed=sum(not one.speaker for one in statements),
        hands=len({_hand(one) for one in told}),
        first_hand=sum(one.first_hand is Known.YES for one in statements),
        hedged=sum(one.hedged is Known.YES for one in statements),
    )


def _sound(one: Said) -> str:
    if one.recording is None:
        return one.statement.recording
    sound = one.recording.sound
    return sound.pcm if sound else one.recording.content


def _speaker(one: Said) -> str:
    return (one.speaker.match if one.speaker else "") or one.statement.speaker


def _hand(one: Said) -> str:
    # Whose hand nobody can tell any more may be any: they are no further source.
    if one.recording is None:
        return ""
    return (one.hand.match if one.hand else "") or one.recording.hand
