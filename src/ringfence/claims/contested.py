"""What a docket says of each claim: the statements that bear on it, side by side.

A sentence of the docket is tied to a claim by the claim's id, and by its words. Where
these aren't those of the boundary, what is set beside it bears on the claim all the
same, and says so: whoever changes a word of a claim, or what it is called, doesn't get
rid of what contradicts it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.boundary.model import Claim
from ringfence.claims.docketed import Docketed, docketed, is_there
from ringfence.claims.outcome import Reason
from ringfence.claims.testimony import (
    Beside,
    Denial,
    DocketSeen,
    Testimony,
    met,
    place,
)
from ringfence.claims.verdict import Bearing, Documents
from ringfence.docket.folder import CHARTER, Docket
from ringfence.docket.ladder import spoken
from ringfence.docket.objects import (
    Assessment,
    Ref,
    Sentence,
    Statement,
)
from ringfence.docket.standing import Said as Stated
from ringfence.docket.standing import corroboration
from ringfence.docket.words import Rung, Stance
from ringfence.errors import ConfigError, Locus, RingfenceError, printable

UNREAD = "docket-unread"
ERASED = "docket-erased"


@dataclass(frozen=True, slots=True)
class Said:
    """What a docket says of one claim.

    Attributes:
        documents: As the verdict algebra weighs it.
        beside: As a report shows it.
    """

    documents: Documents = field(default_factory=Documents)
    beside: Beside = field(default_factory=Beside)


NOTHING = Said()


@dataclass(frozen=True, slots=True)
class Heard:
    """What a docket says of the claims of a boundary.

    Attributes:
        seen: Which docket, and how much of it; None if none was asked.
        claims: What it says of each claim, by id.
        notes: What of it could not be used.
    """

    seen: DocketSeen | None
    claims: Mapping[str, Said] = field(default_factory=dict)
    notes: tuple[Reason, ...] = ()


def require_docket(folder: Path) -> None:
    """Check that a docket is there, before anything is judged beside it.

    Raises:
        ConfigError: There is none.
    """
    if not is_there(folder):
        hint = "`ringfence docket init` founds a docket"
        raise ConfigError("there is no docket", Locus(str(folder / CHARTER)), hint)


def heard(folder: Path, claims: Sequence[Claim]) -> Heard:
    """Return what a docket says of some claims; of one that can't be read, that."""
    try:
        found = docketed(Docket(folder))
    except (RingfenceError, OSError) as error:
        return _unread(folder, claims, error)
    return told(found, claims)


def _unread(
    folder: Path, claims: Sequence[Claim], error: RingfenceError | OSError
) -> Heard:
    fault = printable(str(error).partition("\n")[0])
    reason = Reason(UNREAD, f"the docket could not be read: {fault}")
    said = Said(Documents(unread=(reason,)))
    seen = DocketSeen(folder.name, fault=fault)
    return Heard(seen, {claim.id: said for claim in claims}, (reason,))


def told(found: Docketed, claims: Sequence[Claim]) -> Heard:
    """Return what a docket that was read says of some claims."""
    stated, on = _assessed(found), _claims_of(found, claims)
    everywhere = tuple(_lost(found))
    notes = (*_strangers(found, on, claims), *_refused(found), *everywhere)
    return Heard(
        DocketSeen(found.name, found.size, found.root),
        {
            claim.id: _said(
                found,
                claim,
                [one for one in stated if claim.id in on[one.assessment.sentence]],
                everywhere,
            )
            for claim in claims
        },
        notes,
    )


@dataclass(frozen=True, slots=True)
class _Assessed:
    """An assessment that stands, and the sentence that it is on."""

    ref: Ref
    assessment: Assessment
    sentence: Sentence


def _assessed(found: Docketed) -> list[_Assessed]:
    """Return the assessments that stand, in order."""
    stated = []
    for ref, one in found.all(Assessment):
        sentence = found.get(one.sentence)
        if not found.superseded_by(ref) and isinstance(sentence, Sentence):
            stated.append(_Assessed(ref, one, sentence))
    return stated


def _claims_of(found: Docketed, claims: Sequence[Claim]) -> Mapping[Ref, set[str]]:
    """Return which claims each sentence is on.

    That of its id; and if this one says other words, or isn't there, those that say
    the same word for word: they are its claim under another name.
    """
    on: dict[Ref, set[str]] = {}
    for ref, sentence in found.all(Sentence):
        alike = {one.id for one in claims if not _differs(sentence, one)}
        named = {one.id for one in claims if one.id == sentence.claim}
        on[ref] = named if named & alike else named | alike
    return on


_ORDER = (Stance.CONTRADICTS, Stance.SUPPORTS, Stance.CONTEXT)


def _said(
    found: Docketed,
    claim: Claim,
    stated: Sequence[_Assessed],
    everywhere: tuple[Reason, ...],
) -> Said:
    bearings = [(one, _bearing(found, one, claim)) for one in stated]
    shown = [
        _testimony(found, one, bearing, claim)
        for one, bearing in bearings
        if one.assessment.stance in _ORDER
    ]
    shown.sort(key=lambda one: (_ORDER.index(one.stance), not one.counts))
    unread = (*everywhere, *_faded(found, bearings))
    behind = {
        stance: corroboration(statements)
        for stance in _ORDER
        if (statements := [*_counting(found, bearings, stance)])
    }
    documents = Documents([one for _, one in bearings], unread)
    return Said(documents, Beside(tuple(shown), behind))


def _counting(
    found: Docketed, bearings: Sequence[tuple[_Assessed, Bearing]], stance: Stance
) -> Iterator[Stated]:
    """Yield the statements of a stance that count, each once, with whose they are."""
    chosen = dict.fromkeys(
        found.standing(one.assessment.statement)
        for one, bearing in bearings
        if bearing.counts and bearing.stance is stance
    )
    for ref in chosen:
        yield found.stated(ref)


def _bearing(found: Docketed, one: _Assessed, claim: Claim) -> Bearing:
    ref = found.standing(one.assessment.statement)
    rung = found.ladder(ref).rung
    number, who = found.number(ref), _speaker(found, ref)
    text = (
        f"contested: {number} ({rung}, {who or 'nobody knows who'}, {_at(found, ref)})"
    )
    if _differs(one.sentence, claim):
        text += f" contradicts other words, “{one.sentence.says}”"
    else:
        text += " says otherwise"
    made = one.assessment
    return Bearing(
        number, text, made.stance, rung, made.scope, made.dismissal, made.rationale
    )


def _differs(sentence: Sentence, claim: Claim) -> bool:
    return spoken(sentence.says) != spoken(claim.says)


def _testimony(
    found: Docketed, one: _Assessed, bearing: Bearing, claim: Claim
) -> Testimony:
    made = one.assessment
    ref = found.standing(made.statement)
    stated = found.stated(ref)
    statement, recording, speaker = stated.statement, stated.recording, stated.speaker
    span = statement.span
    return Testimony(
        number=bearing.number,
        assessment=found.number(one.ref),
        reviewer=found.number(made.by),
        stance=made.stance,
        counts=bearing.counts,
        rung=bearing.rung,
        quote=_quote(found, ref),
        at=_at(found, ref),
        recording=found.number(statement.recording),
        hand="" if recording is None else found.number(recording.hand),
        start=None if span is None else span.start,
        end=None if span is None else span.end,
        speaker=_speaker(found, ref),
        role="" if speaker is None else speaker.role_coarse,
        met=met(statement),
        first_hand=statement.first_hand,
        hedged=statement.hedged,
        dismissal="" if made.dismissal is None else made.dismissal.value,
        rationale=made.rationale,
        confidence=made.confidence,
        wording=one.sentence.says if _differs(one.sentence, claim) else "",
        translation="" if bearing.rung is Rung.MACHINE else statement.translation,
        denied=tuple(_denials(found, ref)),
        corrected=tuple(
            found.number(before) for before in found.chain(ref) if before != ref
        ),
    )


def _denials(found: Docketed, ref: Ref) -> Iterator[Denial]:
    for by in found.denied_by(ref):
        yield Denial(
            found.number(by),
            _speaker(found, by),
            _at(found, by),
            found.ladder(by).rung,
            _quote(found, by),
        )


def _quote(found: Docketed, ref: Ref) -> str:
    """Return the words of a statement, once somebody has listened."""
    ladder = found.ladder(ref)
    return "" if ladder.rung is Rung.MACHINE else ladder.quote


def _at(found: Docketed, ref: Ref) -> str:
    """Return where a statement is heard or read: `R2 0:20:04`."""
    one = found.get(ref)
    if not isinstance(one, Statement):
        return "erased"
    where = place(one.span, one.passage)
    return f"{found.number(one.recording)} {where}".strip()


def _speaker(found: Docketed, ref: Ref) -> str:
    speaker = found.stated(ref).speaker
    return "" if speaker is None else speaker.name


# --- what can't be used ---------------------------------------------------------------


def _lost(found: Docketed) -> Iterator[Reason]:
    """Yield what was erased of which nobody can tell which claim it was on."""
    sentences = {
        found.number(one.sentence)
        for ref, one in found.all(Assessment)
        if found.get(one.sentence) is None and not found.superseded_by(ref)
    }
    for number in found.erased:
        if number[0] == "A" or number in sentences:
            text = f"{number} of the docket was erased: it may be against this claim"
            yield Reason(ERASED, text)


def _faded(
    found: Docketed, bearings: Sequence[tuple[_Assessed, Bearing]]
) -> Iterator[Reason]:
    """Yield the contradictions that may have counted before something was erased.

    Where a hearing or a statement was erased, a quote that nobody is known to have
    heard may have been heard: itself, or in the words of what corrected it.
    """
    if not any(number[0] in "ES" for number in found.erased):
        return
    for _, bearing in bearings:
        is_against = bearing.stance is Stance.CONTRADICTS and bearing.is_in_scope
        is_unheard = bearing.rung is Rung.MACHINE and not bearing.is_dismissed
        if is_against and is_unheard:
            text = f"{bearing.number} contradicts; whether it was heard was erased"
            yield Reason(ERASED, text)


def _strangers(
    found: Docketed, on: Mapping[Ref, set[str]], claims: Sequence[Claim]
) -> Iterator[Reason]:
    known = {claim.id for claim in claims}
    for ref, sentence in found.all(Sentence):
        if sentence.claim not in known:
            text = (
                f"{found.number(ref)} of the docket is on `{sentence.claim}`, "
                "a claim that the boundary doesn't make"
            )
            if on[ref]:
                names = ", ".join(f"`{one}`" for one in sorted(on[ref]))
                text += f": what bears on it bears on {names}, which says the same"
            yield Reason("docket-stranger", text)


def _refused(found: Docketed) -> Iterator[Reason]:
    if found.refused:
        names = ", ".join(found.refused)
        text = f"by the rules of a docket these may not be there: {names}"
        yield Reason("docket-refused", text)
