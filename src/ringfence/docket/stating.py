"""Stating, hearing, assessing: what a reviewer does becomes objects of the ledger.

Whatever is brought is checked first, and brought together: a statement that somebody
typed is never there without who heard it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count

import msgspec

from ringfence.docket.course import plain
from ringfence.docket.finding.index import Index
from ringfence.docket.finding.listing import standing
from ringfence.docket.folder import Held
from ringfence.docket.gathering import Gathering
from ringfence.docket.ladder import Ladder
from ringfence.docket.objects import (
    Assessment,
    Hearing,
    Object,
    Ref,
    Sentence,
    Span,
    Speaker,
    Statement,
    Transcript,
)
from ringfence.docket.quoting import met, worded
from ringfence.docket.words import Dismissal, Known
from ringfence.errors import ConfigError, Locus

_DRAWN = 2  # bytes of a pseudonym


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What is said of a new statement; see `objects.Statement`.

    Attributes:
        recording: Where it is heard or read.
        quote: The words as somebody typed them; empty to take them from `transcript`.
        unheard: Whether nobody has listened, though the words were typed.
        met: Day, month or year of the meeting: `2021-09`.
    """

    recording: Ref
    by: Ref
    quote: str = ""
    unheard: bool = False
    span: Span | None = None
    passage: str = ""
    transcript: Ref = ""
    speaker: Ref = ""
    met: str = ""
    first_hand: Known = Known.UNKNOWN
    hedged: Known = Known.UNKNOWN
    language: str = ""
    translation: str = ""
    corrects: Ref = ""
    denies: Ref = ""


def statement_of(index: Index, said: Stated) -> Statement:
    """Return the statement that is to be logged.

    Raises:
        ConfigError: Nobody says which words it has, or the date is none.
    """
    quote = said.quote
    if not quote and said.transcript:
        source = index.get(said.transcript)
        if isinstance(source, Transcript) and said.span is not None:
            quote = worded(source, said.span)
    if not quote:
        hint = "`--quote` types them; `--transcript T1` takes them from there"
        raise ConfigError("nobody says which words it has", Locus("--quote"), hint)
    day, month, year = met(said.met)
    return Statement(
        said.recording,
        quote,
        said.span,
        said.passage,
        said.transcript,
        said.speaker,
        day,
        month,
        year,
        said.first_hand,
        said.hedged,
        said.language,
        said.translation,
        said.corrects,
        said.denies,
    )


def state(index: Index, said: Stated, time: str) -> Held:
    """Log a statement, and that who typed its words has heard them.

    Raises:
        ConfigError: It may not be stated.
        RingfenceError: It may not be logged.
    """
    more = Gathering(index, time)
    ref = more.add(statement_of(index, said))
    if said.quote and not said.unheard:
        more.add(Hearing(ref, said.by, said.quote))
    return brought(index, more)[0]


def correction(index: Index, ref: Ref, said: Stated) -> Stated:
    """Return what is said of a statement that corrects another.

    What isn't said anew stays as it was.

    Raises:
        ConfigError: There is no such statement.
    """
    before = _statement(index, ref)
    kept = Stated(
        recording=before.recording,
        by=said.by,
        quote=index.ladder(ref).quote,
        span=before.span,
        passage=before.passage,
        transcript=before.transcript,
        speaker=before.speaker,
        met=before.met_day or before.met_month or before.met_year,
        first_hand=before.first_hand,
        hedged=before.hedged,
        language=before.language,
        translation=before.translation,
        denies=before.denies,
    )
    plain = Stated(recording="", by="")
    anew = {
        name: getattr(said, name)
        for name in Stated.__dataclass_fields__
        if getattr(said, name) != getattr(plain, name)
    }
    # Words that nobody types again are heard by nobody anew.
    unheard = said.unheard or not said.quote
    return replace(kept, **{**anew, "corrects": ref, "unheard": unheard})


def hear(
    index: Index, statement: Ref, by: Ref, text: str, *, time: str, blind: bool = False
) -> tuple[Held, Ladder]:
    """Log what a reviewer heard, and return how far the quote has come.

    Args:
        index: The docket's.
        statement: The statement.
        by: The reviewer.
        text: What they typed.
        time: When this is.
        blind: Whether they were shown nothing that anybody had typed.

    Raises:
        ConfigError: They may not hear it.
        RingfenceError: It may not be logged.
    """
    if blind and not index.hearings(statement):
        hint = "`ringfence docket hear` says first what its words are"
        number = Locus(index.number(statement))
        raise ConfigError("nobody has heard it yet", number, hint)
    (held,) = _one(index, Hearing(statement, by, text, blind), time)
    return held, index.ladder(statement)


def assess(index: Index, one: Assessment, time: str) -> Held:
    """Log an assessment; it supersedes the reviewer's own, if that stands.

    Raises:
        ConfigError: It may not be made.
        RingfenceError: It may not be logged.
    """
    own = [
        ref
        for ref, before in _standing(index, one.statement, one.sentence)
        if before.by == one.by
    ]
    if not one.supersedes and own:
        one = msgspec.structs.replace(one, supersedes=own[-1])
    return _one(index, one, time)[0]


def dismiss(
    index: Index, statement: Ref, sentence: Ref, *, by: Ref, why: str, code: Dismissal
) -> list[Assessment]:
    """Return the assessments that dismiss whatever stands of a statement.

    Raises:
        ConfigError: Nothing is left to be dismissed.
    """
    found = [
        (ref, one)
        for ref, one in _standing(index, statement, sentence)
        if one.dismissal is None
    ]
    if not found:
        at = Locus(f"{index.number(statement)} {index.number(sentence)}")
        hint = "`ringfence docket assess` says how it bears on the sentence"
        raise ConfigError("nothing stands that could be dismissed", at, hint)
    return [
        msgspec.structs.replace(
            one, by=by, dismissal=code, rationale=why, supersedes=ref
        )
        for ref, one in found
    ]


def log(index: Index, objects: Sequence[Object], time: str) -> list[Held]:
    """Check objects one beside the other, and bring them together.

    Raises:
        ConfigError: One may not be brought; then none is.
        RingfenceError: They may not be logged.
    """
    more = Gathering(index, time)
    for one in objects:
        more.add(one)
    return brought(index, more)


def brought(index: Index, more: Gathering) -> list[Held]:
    """Bring what was gathered to the ledger, and have the index find it.

    Raises:
        RingfenceError: It may not be logged.
    """
    held = index.docket.bring(more.ready)
    index.catch_up()
    return held


def pseudonym(index: Index) -> str:
    """Return a name that no speaker of the docket has, drawn at random."""
    for wide in count(_DRAWN):  # once many are drawn, they grow longer
        name = f"speaker-{secrets.token_hex(wide)}"
        if not index.named("speaker", plain(name)):
            return name
    raise AssertionError


def known_speaker(index: Index, match: str) -> Ref:
    """Return the speaker whose sealed name is the same one; empty if none is known."""
    found = (
        one.ref
        for one in index.all("speaker")
        if match and isinstance(one.object, Speaker) and one.object.match == match
    )
    return next(found, "")


def unheld(index: Index, sentences: Iterable[Sentence]) -> list[Sentence]:
    """Return the sentences that the docket doesn't hold word for word."""
    held = [one.object for one in index.all("sentence")]
    return [one for one in sentences if one not in held]


def _standing(
    index: Index, statement: Ref, sentence: Ref
) -> tuple[tuple[Ref, Assessment], ...]:
    found = standing(index, sentence=sentence, statement=statement)
    return tuple(pair for one in found for pair in one.assessments)


def _one(index: Index, one: Object, time: str) -> list[Held]:
    return log(index, [one], time)


def _statement(index: Index, ref: Ref) -> Statement:
    found = index.get(ref)
    if not isinstance(found, Statement):
        raise ConfigError("there is no such statement", Locus(index.number(ref)))
    return found
