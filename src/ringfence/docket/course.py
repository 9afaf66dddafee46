"""The course of a docket: which objects may be brought to it.

One pure function is asked before an object is appended, and again when the ledger is
read: what may not be there changes nothing, whoever has logged it, and is counted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Protocol

from ringfence.docket.ladder import spoken
from ringfence.docket.objects import (
    LETTERS,
    Answer,
    Assessment,
    Hand,
    Handling,
    Hearing,
    Lead,
    Object,
    Recording,
    Ref,
    Reviewer,
    Sentence,
    Speaker,
    Statement,
    Transcript,
    kind_of,
)
from ringfence.docket.words import Known, Stance
from ringfence.errors import ConfigError, Locus

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_YEAR = re.compile(r"[0-9]{4}")
_LIST = "`ringfence docket list` tells what is held"


class Lookup(Protocol):
    """What is held so far. Whatever may not be there, it doesn't know."""

    def kind(self, ref: Ref) -> str | None:
        """Return the kind of an object, even of one that was erased."""

    def get(self, ref: Ref) -> Object | None:
        """Return an object; None if there is none, or it was erased."""

    def hearings(self, statement: Ref) -> Sequence[tuple[Ref, Hearing]]:
        """Return the hearings of a statement, in order."""

    def first(self, statement: Ref) -> Ref:
        """Return the first statement of a chain of corrections."""

    def corrected_by(self, statement: Ref) -> Ref:
        """Return the statement that corrects another; empty if none does."""

    def superseded_by(self, assessment: Ref) -> Ref:
        """Return the assessment that replaces another; empty if none does."""

    def named(self, kind: str, plain: str) -> Ref:
        """Return the reviewer or speaker of a name, as `plain` spells it, or empty."""


def check(one: Object, known: Lookup) -> None:
    """Check that an object may be brought to a docket.

    Raises:
        ConfigError: It may not be; the error's place is the field that is at fault.
    """
    match one:
        case Reviewer() | Speaker():
            _check_new_name(one, known)
        case Recording():
            _check_recording(one, known)
        case Transcript():
            _check_transcript(one, known)
        case Statement():
            _check_statement(one, known)
        case Hearing():
            _check_hearing(one, known)
        case Assessment():
            _check_assessment(one, known)
        case _:
            _check_other(one, known)


def plain(name: str) -> str:
    """Return a name as two that are the same are spelt."""
    return spoken(name)


def counts(one: Assessment) -> bool:
    """Return whether an assessment says that a statement contradicts in scope."""
    parts = (one.scope.subject, one.scope.place, one.scope.window)
    in_scope = Known.NO not in parts
    return one.stance is Stance.CONTRADICTS and in_scope and one.dismissal is None


# --- what each kind needs -------------------------------------------------------------


def _check_new_name(one: Reviewer | Speaker, known: Lookup) -> None:
    _check_line(one.name, "name")
    kind = kind_of(one)
    if known.named(kind, plain(one.name)):
        raise _flaw("name", f"there is a {kind} of that name", "take another name")


def _check_recording(one: Recording, known: Lookup) -> None:
    _check_ref(one.hand, Hand, "hand", known)
    _check_ref(one.received.by, Reviewer, "received", known)
    _check_day(one.until, "until")
    if (one.sound is None) != (one.blocks is None):
        raise _flaw(
            "blocks", "a sound has a tree of blocks, and nothing else has", None
        )
    if one.sound and one.blocks and one.sound.samples != one.blocks.samples:
        raise _flaw("blocks", "the tree is not over the samples of the sound", None)


def _check_transcript(one: Transcript, known: Lookup) -> None:
    _check_ref(one.recording, Recording, "recording", known)
    if one.origin.reviewer:
        _check_ref(one.origin.reviewer, Reviewer, "reviewer", known)
    if any(not 0 <= word.start <= word.end for word in one.words):
        raise _flaw("words", "a word ends before it begins", None)


def _check_statement(one: Statement, known: Lookup) -> None:
    _check_ref(one.recording, Recording, "recording", known)
    _check_words(one.quote, "quote")
    _check_span(one, known.get(one.recording))
    _check_met(one)
    if one.speaker:
        _check_ref(one.speaker, Speaker, "speaker", known)
    if one.transcript:
        _check_ref(one.transcript, Transcript, "transcript", known)
        source = known.get(one.transcript)
        if isinstance(source, Transcript) and source.recording != one.recording:
            raise _flaw("transcript", "it is one of another recording", _LIST)
    if one.denies:
        _check_ref(one.denies, Statement, "denies", known)
    if one.corrects:
        _check_correction(one, known)


def _check_correction(one: Statement, known: Lookup) -> None:
    _check_ref(one.corrects, Statement, "corrects", known)
    before = known.get(one.corrects)
    if isinstance(before, Statement) and before.recording != one.recording:
        hint = "a correction says what the same recording holds"
        raise _flaw("corrects", "it is a statement of another recording", hint)
    if known.corrected_by(one.corrects):
        hint = "correct the statement that corrects it"
        raise _flaw("corrects", "it is corrected already", hint)
    if one.denies and known.first(one.denies) == known.first(one.corrects):
        raise _flaw("denies", "it denies what it corrects", "say one of the two")


def _check_hearing(one: Hearing, known: Lookup) -> None:
    _check_ref(one.statement, Statement, "statement", known)
    _check_unbiased(one.by, known)
    _check_words(one.text, "text")
    earlier = known.hearings(one.statement)
    if one.blind and any(told.by == one.by for _, told in earlier):
        hint = "somebody else has to confirm what one has heard"
        raise _flaw("blind", "they have heard this statement before", hint)


def _check_assessment(one: Assessment, known: Lookup) -> None:
    _check_ref(one.statement, Statement, "statement", known)
    _check_ref(one.sentence, Sentence, "sentence", known)
    _check_unbiased(one.by, known)
    if one.dismissal is not None and not spoken(one.rationale):
        hint = "say why, in words"
        raise _flaw("rationale", "a dismissal needs its reason", hint)
    if one.supersedes:
        _check_superseding(one, known)


def _check_superseding(one: Assessment, known: Lookup) -> None:
    _check_ref(one.supersedes, Assessment, "supersedes", known)
    before = known.get(one.supersedes)
    if known.superseded_by(one.supersedes):
        hint = "supersede the assessment that replaced it"
        raise _flaw("supersedes", "it is superseded already", hint)
    if not isinstance(before, Assessment):
        return  # erased: nobody can tell any more what it said
    same = known.first(before.statement) == known.first(one.statement)
    if not same or before.sentence != one.sentence:
        hint = "name an assessment of the same statement and sentence"
        raise _flaw("supersedes", "it assesses something else", hint)
    if counts(before) and not counts(one) and not spoken(one.rationale):
        hint = "say why, in words"
        raise _flaw("rationale", "a contradiction is withdrawn with a reason", hint)


def _check_other(
    one: Hand | Sentence | Lead | Answer | Handling, known: Lookup
) -> None:
    match one:
        case Sentence():
            _check_words(one.says, "says")
            _check_line(one.claim, "claim")
            _check_said(one.on)
        case Lead():
            _check_ref(one.statement, Statement, "statement", known)
            _check_ref(one.by, Reviewer, "by", known)
            _check_words(one.asks, "asks")
            if not one.command:
                raise _flaw("command", "it asks the systems nothing", "name a command")
        case Answer():
            _check_ref(one.lead, Lead, "lead", known)
        case Handling():
            if one.thing and known.kind(one.thing) is None:
                raise _flaw("thing", "the docket holds no such object", _LIST)
            if one.by:
                _check_ref(one.by, Reviewer, "by", known)


# --- parts ----------------------------------------------------------------------------


def _flaw(field: str, message: str, hint: str | None) -> ConfigError:
    return ConfigError(message, Locus(field), hint)


def _check_ref(ref: Ref, wanted: type[Object], field: str, known: Lookup) -> None:
    kind = wanted.__struct_config__.tag
    found = known.kind(ref)
    if found == kind:
        return
    if found is None:
        raise _flaw(field, f"the docket holds no such {kind}", _LIST)
    letter = LETTERS[wanted]
    raise _flaw(field, f"a {found} is no {kind}", f"name one: `{letter}1`")


def _check_unbiased(ref: Ref, known: Lookup) -> None:
    """Check that a reviewer has no conflict; of one who was erased nobody can tell."""
    _check_ref(ref, Reviewer, "by", known)
    reviewer = known.get(ref)
    if not isinstance(reviewer, Reviewer) or reviewer.conflict:
        hint = "a reviewer without one has to"
        raise _flaw("by", "who has a conflict can neither hear nor assess", hint)


def _check_words(text: str, field: str) -> None:
    if not spoken(text):
        raise _flaw(field, f"`{field}` holds no word", "write down what is said")


def _check_line(text: str, field: str) -> None:
    if not text.strip() or not text.isprintable():
        raise _flaw(field, f"`{field}` must be a line of text", "write it in a line")


def _check_span(one: Statement, recording: Object | None) -> None:
    if not isinstance(recording, Recording):
        return  # erased: nobody can tell any more how long it was
    if recording.sound is None:
        if one.span is not None:
            hint = "`--passage` says where it is read"
            raise _flaw("span", "there are no samples in what is no sound", hint)
        return
    last = recording.sound.samples
    if one.span is None:
        raise _flaw(
            "span", "nobody can tell where it is heard", "say from when to when"
        )
    if not 0 <= one.span.start < one.span.end <= last:
        message = f"samples {one.span.start} to {one.span.end} are no stretch of it"
        raise _flaw("span", message, f"it has {last:,} samples")


def _check_met(one: Statement) -> None:
    """Check that day, month and year are dates, and that the coarser one agrees."""
    _check_day(one.met_day, "met_day")
    if one.met_day and one.met_day[:7] != one.met_month:
        raise _flaw("met_month", "the month is not the one of the day", None)
    if one.met_month and not _MONTH.fullmatch(one.met_month):
        raise _flaw("met_month", f"`{one.met_month}` is no month", "write `2021-09`")
    if one.met_month and one.met_month[:4] != one.met_year:
        raise _flaw("met_year", "the year is not the one of the month", None)
    if one.met_year and not _YEAR.fullmatch(one.met_year):
        raise _flaw("met_year", f"`{one.met_year}` is no year", "write `2021`")


def _check_since(text: str, field: str) -> None:
    """Check a date that says as much as is known: a day, a month or a year."""
    if not (_MONTH.fullmatch(text) or _YEAR.fullmatch(text)):
        _check_day(text, field)


def _check_said(text: str) -> None:
    """Check when a sentence was said, as precisely as is known."""
    if not (_YEAR.fullmatch(text) or _MONTH.fullmatch(text)):
        _check_day(text, "on")


def _check_day(text: str, field: str) -> None:
    try:
        if not text or date.fromisoformat(text).isoformat() == text:
            return
    except ValueError:
        pass
    raise _flaw(field, f"`{text}` is no date", "write `2021-09-14`")
