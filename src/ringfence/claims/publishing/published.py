"""An export as its reader sees it: worked out from what the ledger's entries open.

Whoever makes an export and whoever checks one use this: what stands on a page is what
was proved, and nothing else. Objects go by numbers of the export's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ringfence.docket.ladder import spoken
from ringfence.docket.publishing.disclosure import Ledger, Object
from ringfence.docket.times import code
from ringfence.docket.words import Rung

FORMAT = "ringfence-docket-export/1"
CAVEATS = (
    "What is shown is as it was logged. That a meeting took place isn't shown.",
    "No recording is shown to be genuine, and no voice was authenticated.",
    "Speakers are pseudonyms that a reviewer gave.",
    "The words are those that reviewers typed while they listened, not a machine's.",
    "Statements never uphold a claim; one against it is a reason to ask the systems.",
    "What isn't told of an entry stands as salted digests.",
    "Whoever exports chooses the entries: that none was left out isn't shown.",
    "A verdict is what the report of a check says; it has a proof of its own.",
)
Fields = Mapping[str, Any]


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a check came to, as its report says; no part of the docket's ledger.

    Attributes:
        proof: SHA-256 of the proof file, in hexadecimal; empty if there is none.
    """

    claim: str
    verdict: str
    reasons: tuple[str, ...]
    as_of: str
    estate: str
    boundary: str
    proof: str = ""


class Export(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of an export: all others are drawn from it.

    Attributes:
        profile: Name of the allow-list.
        made: When.
        caveats: What it doesn't show; for every reader.
        verdicts: What a check came to, if one was named.
        ledger: The entries, with what is told of them.
    """

    format: str
    profile: str
    made: str
    caveats: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Told:
    """A statement, as far as it is told.

    Attributes:
        number: Its number in the export. `denies`: that of what it denies, or 0.
        at: Where it is heard or read, if that is told; `span`: in samples.
        place: Place of its entry. `logged`: when that was.
        recording: Number of the recording in the export.
        source: Number of the hand that it came from, by recordings; 0 if untold.
        outside: What it speaks of that the sentence doesn't: `place, window`.
        speaker: Pseudonym and what is told of them; empty if nobody can tell.
    """

    number: int
    stance: str
    rung: Rung
    quote: str
    recording: int
    at: str
    speaker: str
    met: str
    first_hand: str
    hedged: str
    dismissal: str = ""
    rationale: str = ""
    translation: str = ""
    denies: int = 0
    span: tuple[int, int] | None = None
    source: int = 0
    outside: str = ""
    place: int = 0
    logged: str = ""

    @property
    def counts(self) -> bool:
        """Whether it contradicts, isn't dismissed, and speaks of the same."""
        return self.stance == "contradicts" and not (self.dismissal or self.outside)


@dataclass(frozen=True, slots=True)
class Page:
    """A public sentence, and what is set beside it."""

    claim: str
    says: str
    by: str
    on: str
    where: str
    statements: tuple[Told, ...]
    verdict: Verdict | None = None

    @property
    def counts(self) -> Mapping[str, int]:
        """How many statements, recordings, sources and speakers contradict.

        Each is counted once, and what doesn't count isn't. One hand is one source;
        of recordings whose hands aren't told it isn't known how many sources they are.
        """
        against = {one.number: one for one in self.statements if one.counts}.values()
        sources = {one.source for one in against}
        return {
            "statements": len(against),
            "recordings": len({one.recording for one in against}),
            **({} if 0 in sources else {"sources": len(sources)}),
            "speakers": len({one.speaker for one in against if one.speaker}),
            "first-hand": sum(one.first_hand == "yes" for one in against),
            "hedged": sum(one.hedged == "yes" for one in against),
        }


def pages(objects: Sequence[Object], verdicts: Iterable[Verdict] = ()) -> list[Page]:
    """Return the pages of an export, in the order of the sentences.

    Args:
        objects: What is told of each object, in the order of the ledger.
        verdicts: What a check came to.
    """
    desk = _Desk(objects)
    found = {one.claim: one for one in verdicts}
    made = []
    for one in desk.of("sentence"):
        told = one.fields
        claim = _text(told, "claim")
        made.append(
            Page(
                claim,
                says=_text(told, "says"),
                by=_text(told, "by"),
                on=_text(told, "on"),
                where=_text(told, "where"),
                statements=desk.beside(one.ref),
                verdict=found.get(claim),
            )
        )
    return made


class _Desk:
    def __init__(self, objects: Sequence[Object]) -> None:
        self._objects = objects
        self._numbers: dict[str, int] = {}
        self._hands = {"": 0}
        self._hearings: dict[str, list[Fields]] = defaultdict(list)
        counts: dict[str, int] = defaultdict(int)
        for one in objects:
            counts[one.kind] += 1
            self._numbers[one.ref] = counts[one.kind]
            if one.kind == "hearing":
                self._hearings[_text(one.fields, "statement")].append(one.fields)
        self._by_ref = {one.ref: one for one in objects}

    def of(self, kind: str) -> list[Object]:
        return [one for one in self._objects if one.kind == kind]

    def beside(self, sentence: str) -> tuple[Told, ...]:
        """Return the statements beside a sentence, in the order of the ledger."""
        found = [
            self._told(one, assessed.fields)
            for assessed in self.of("assessment")
            if _text(assessed.fields, "sentence") == sentence
            and (one := self._by_ref.get(_text(assessed.fields, "statement")))
        ]
        return tuple(sorted(found, key=lambda one: one.number))

    def _told(self, statement: Object, assessed: Fields) -> Told:
        ref, one = statement.ref, statement.fields
        recording = self._by_ref.get(_text(one, "recording"))
        hand = _text(recording.fields, "hand") if recording else ""
        rung, quote = _rung(self._hearings[ref])
        return Told(
            number=self._numbers[ref],
            stance=_text(assessed, "stance"),
            rung=rung,
            quote=quote,
            recording=self._numbers.get(_text(one, "recording"), 0),
            at=_at(one),
            speaker=self._speaker(_text(one, "speaker")),
            met=next(
                (text for name in _MET if (text := _text(one, name))),
                "",
            ),
            first_hand=_text(one, "first_hand"),
            hedged=_text(one, "hedged"),
            dismissal=_text(assessed, "dismissal"),
            rationale=_text(assessed, "rationale"),
            translation=_text(one, "translation"),
            denies=self._numbers.get(_text(one, "denies"), 0),
            span=_span(one),
            source=self._hands.setdefault(hand, len(self._hands)),
            outside=_outside(assessed),
            place=statement.index,
            logged=statement.time,
        )

    def _speaker(self, ref: str) -> str:
        one = self._by_ref.get(ref)
        if one is None:
            return ""
        told = [text for name in _SPEAKER for text in [_text(one.fields, name)] if text]
        return ", ".join(told)


_MET = ("met_day", "met_month", "met_year")
_SPEAKER = (
    "name",
    "role",
    "role_coarse",
    "unit",
    "unit_coarse",
    "country",
    "country_coarse",
)


def _rung(hearings: Sequence[Fields]) -> tuple[Rung, str]:
    """Return how far a quote has come, by the hearings that are told."""
    if not hearings:
        return Rung.MACHINE, ""
    first, *later = hearings
    quote = _text(first, "text")
    for one in later:
        same = spoken(_text(one, "text")) == spoken(quote)
        if same and one.get("blind") is True and one.get("by") != first.get("by"):
            return Rung.CONFIRMED, quote
    return Rung.HEARD, quote


def _outside(assessed: Fields) -> str:
    scope = assessed.get("scope")
    told = scope.items() if isinstance(scope, dict) else ()
    return ", ".join(sorted(name for name, known in told if known == "no"))


def _at(one: Fields) -> str:
    span = _span(one)
    return (
        _text(one, "passage")
        if span is None
        else " to ".join(code(one, digits=1) for one in span)
    )


def _span(one: Fields) -> tuple[int, int] | None:
    span = one.get("span")
    if not isinstance(span, dict):
        return None
    start, end = span.get("start"), span.get("end")
    return (start, end) if isinstance(start, int) and isinstance(end, int) else None


def _text(one: Fields, name: str) -> str:
    value = one.get(name, "")
    return value if isinstance(value, str) else ""
