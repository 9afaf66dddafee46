"""Dockets with people, a recording and what is said in it, for tests of statements."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from ringfence.docket.finding.index import Index
from ringfence.docket.folder import FORMAT, Charter, Docket
from ringfence.docket.gathering import Gathering, Nothing
from ringfence.docket.objects import (
    Assessment,
    Blocks,
    Hand,
    Hearing,
    Object,
    Origin,
    Received,
    Recording,
    Ref,
    Reviewer,
    Scope,
    Sentence,
    Sound,
    Span,
    Speaker,
    Statement,
    Transcript,
    Word,
)
from ringfence.docket.words import Form, Grade, Stance

NOW = "2026-11-23T10:00:00Z"
LENGTH = 16_000 * 60
SAID = "everything is seen in China"
Kind = TypeVar("Kind", bound=Object)


def of_kind(one: Object | None, kind: type[Kind]) -> Kind:
    """Return an object that is there and of a kind; if it is neither, the test fails."""
    assert isinstance(one, kind)
    return one


def recording(
    hand: Ref, by: Ref, *, content: str = "aa", length: int = LENGTH
) -> Recording:
    """Return a recording of so many samples; of none, a document."""
    digest = content * (64 // len(content))
    sound = Sound("none", "flac", 16_000, 1, length, digest) if length else None
    blocks = Blocks(digest, -(-length // 16_000), length) if length else None
    return Recording(
        digest,
        10,
        f"{content}.flac",
        "audio/flac",
        Form.SOUND if length else Form.DOCUMENT,
        sound,
        blocks,
        digest,
        hand,
        Grade.FIRST,
        Received(NOW, by),
    )


class Made:
    """Objects that are held, by short names; what comes next is checked beside them."""

    def __init__(self, known: Gathering | None = None) -> None:
        self.held = known or Gathering(Nothing(), NOW)
        self.ann = self.held.add(Reviewer("Ann"))
        self.bob = self.held.add(Reviewer("Bob"))
        self.cy = self.held.add(Reviewer("Cy", conflict=True))
        self.hand = self.held.add(Hand())
        self.tape = self.held.add(recording(self.hand, self.ann))
        self.page = self.held.add(
            recording(self.hand, self.ann, content="bb", length=0)
        )
        self.speaker = self.held.add(Speaker("speaker-00aa"))
        self.sentence = self.held.add(Sentence("no-one", "Nobody in China sees it."))

    def add(self, one: Object) -> Ref:
        """Bring one more."""
        return self.held.add(one)

    def said(self, quote: str = SAID, **more: object) -> Ref:
        """Bring a statement of the tape."""
        return self.add(statement(self, quote, **more))

    def heard(self, ref: Ref, by: Ref, text: str = SAID, *, blind: bool = False) -> Ref:
        """Bring a hearing."""
        return self.add(Hearing(ref, by, text, blind))

    def assessed(self, ref: Ref, by: Ref, **more: object) -> Ref:
        """Bring an assessment; it contradicts unless it says otherwise."""
        return self.add(assessment(self, ref, by, **more))

    def kept(self, folder: Path) -> Docket:
        """Bring all of it to a docket."""
        docket = Docket.found(folder, Charter(FORMAT, "tapes", (), ()), NOW)
        docket.bring(self.held.ready)
        return docket

    def indexed(self, folder: Path) -> Index:
        """Bring all of it to a docket, and open its index."""
        return Index(self.kept(folder))


def statement(made: Made, quote: str = SAID, **more: object) -> Statement:
    """Return a statement of the tape, or wherever it says."""
    told: dict[str, object] = {"recording": made.tape, "span": Span(0, 16_000), **more}
    return Statement(quote=quote, **told)  # type: ignore[arg-type]


def assessment(made: Made, ref: Ref, by: Ref, **more: object) -> Assessment:
    """Return an assessment of a statement beside the sentence."""
    told: dict[str, object] = {"stance": Stance.CONTRADICTS, "scope": Scope(), **more}
    return Assessment(statement=ref, sentence=made.sentence, by=by, **told)  # type: ignore[arg-type]


def transcript(of: Ref, by: Ref, words: str, *, machine: bool = True) -> Transcript:
    """Return a transcript of a second a word."""
    return Transcript(
        of,
        Origin("machine" if machine else "human", "none", reviewer=by),
        tuple(
            Word(word, at * 16_000, (at + 1) * 16_000)
            for at, word in enumerate(words.split())
        ),
    )
