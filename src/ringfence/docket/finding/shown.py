"""Everything about one statement: its history, what is made of it, what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.docket.finding.kept import Kept
from ringfence.docket.finding.listing import said, standing
from ringfence.docket.held import Held
from ringfence.docket.ladder import Ladder
from ringfence.docket.objects import (
    Answer,
    Assessment,
    Handling,
    Hearing,
    Lead,
    Ref,
    Reviewer,
    Span,
    Statement,
    Transcript,
)
from ringfence.docket.quoting import worded
from ringfence.docket.standing import Said, Standing
from ringfence.docket.times import code
from ringfence.errors import ConfigError, Locus


@dataclass(frozen=True, slots=True)
class Shown:
    """A statement and all that refers to it.

    Attributes:
        said: The statement, its recording, hand and speaker.
        machine: What a machine wrote of the same span; empty if none did.
        chain: The chain of corrections, first to last, as numbers.
        head: Which of them stands for all.
        hearings: Each with its entry, in order.
        standing: What stands of its assessments, by sentence.
        assessments: All of them, replaced or not, with their entries.
        leads: Each with its answers.
        custody: What was done with the recording or the statement.
    """

    held: Held
    number: str
    said: Said
    ladder: Ladder
    machine: str
    chain: tuple[str, ...]
    head: str
    denied_by: tuple[str, ...]
    hearings: tuple[tuple[Held, Hearing], ...]
    standing: tuple[Standing, ...]
    assessments: tuple[tuple[Held, Assessment], ...]
    leads: tuple[tuple[Held, Lead, tuple[tuple[Held, Answer], ...]], ...]
    custody: tuple[tuple[Held, Handling], ...]


def shown(index: Kept, ref: Ref) -> Shown:
    """Return everything about a statement.

    Raises:
        ConfigError: There is none.
    """
    held, one = index.held(ref), index.get(ref)
    if held is None or not isinstance(one, Statement):
        raise ConfigError("was erased", Locus(index.number(ref)))
    chain = _chain(index, ref)
    whole = index.about(ref)
    return Shown(
        held,
        index.number(ref),
        said(index, ref),
        index.ladder(ref),
        machine_text(index, one),
        tuple(map(index.number, chain)),
        index.number(index.head(ref)),
        tuple(index.number(at.ref) for at in index.about(ref, role="denies")),
        tuple((at, at.object) for at in whole if isinstance(at.object, Hearing)),
        standing(index, statement=ref),
        tuple(
            (at, at.object)
            for each in chain
            for at in index.about(each, "assessment", "statement")
            if isinstance(at.object, Assessment)
        ),
        tuple(
            (at, at.object, _answers(index, at.ref))
            for at in whole
            if isinstance(at.object, Lead)
        ),
        _custody(index, one.recording, ref),
    )


def machine_text(index: Kept, one: Statement) -> str:
    """Return what a machine wrote of a statement's span; empty if none did.

    The transcript that the words were taken from is asked first, then the latest.
    """
    source = index.get(one.transcript) if one.transcript else None
    others = index.about(one.recording, "transcript")[::-1]
    for each in (source, *(at.object for at in others)):
        if not isinstance(each, Transcript) or each.origin.by != "machine":
            continue
        if text := worded(each, one.span):
            return text
    return ""


def named(index: Kept, ref: Ref) -> str:
    """Return a reviewer as people call them: `V1 R. Okafor`."""
    one = index.get(ref)
    name = f" {one.name}" if isinstance(one, Reviewer) else ""
    return f"{index.number(ref)}{name}"


def spelt(span: Span | None) -> str:
    """Return from when to when something is heard."""
    return "" if span is None else f"{code(span.start)} to {code(span.end)}"


def _chain(index: Kept, ref: Ref) -> list[Ref]:
    chain = [index.first(ref)]
    while following := index.corrected_by(chain[-1]):
        chain.append(following)
    return chain


def _answers(index: Kept, lead: Ref) -> tuple[tuple[Held, Answer], ...]:
    found = index.about(lead, "answer", "lead")
    return tuple((at, at.object) for at in found if isinstance(at.object, Answer))


def _custody(index: Kept, *things: Ref) -> tuple[tuple[Held, Handling], ...]:
    found = [at for ref in things for at in index.about(ref, "custody", "thing")]
    found.sort(key=lambda at: at.index)
    return tuple((at, at.object) for at in found if isinstance(at.object, Handling))
