"""Dockets made by hand, in memory or in a folder: reviewers, recordings, statements."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import msgspec

from ringfence.claims.docketed import Docketed
from ringfence.docket.folder import Charter, Docket, Held
from ringfence.docket.objects import (
    RATE,
    Assessment,
    Blocks,
    Hand,
    Hearing,
    Object,
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
    kind_of,
)
from ringfence.docket.words import Dismissal, Form, Grade, Stance

NOW = "2022-02-01T10:00:00Z"
SAYS = "nobody there can"
HOUR = 3600 * RATE


class Book:
    """A docket in memory. Each method logs an object and returns its reference."""

    def __init__(self) -> None:
        self.objects: list[Object] = []
        self.refs: list[Ref] = []
        self.read = Docketed("docket/case", 0, "00" * 32)
        self.first = self.log(Reviewer("Ada"))
        self.second = self.log(Reviewer("Bea"))
        self.hand = self.log(Hand(sealed="aa", match="bb"))

    def log(self, one: Object) -> Ref:
        """Log any object."""
        ref = sha256(f"{len(self.refs)}".encode()).hexdigest()
        self.objects.append(one)
        self.refs.append(ref)
        self.read.add(Held(len(self.refs), NOW, kind_of(one), ref, one))
        return ref

    def without(self, *erased: Ref) -> Docketed:
        """Return the same docket read after some of its objects were erased."""
        read = Docketed("docket/case", 0, "00" * 32)
        for place, (ref, one) in enumerate(zip(self.refs, self.objects, strict=True)):
            left = None if ref in erased else one
            read.add(Held(place, NOW, kind_of(one), ref, left))
        return read

    def recording(self, *, hand: Ref = "", form: Form = Form.SOUND) -> Ref:
        """Log an hour of sound, or a document."""
        is_sound = form is Form.SOUND
        return self.log(
            Recording(
                content="cc" * 32,
                size=1,
                name="secret-name.wav",
                media="audio/wav",
                form=form,
                sound=Sound("test 1", "pcm", RATE, 1, HOUR, "dd" * 32)
                if is_sound
                else None,
                blocks=Blocks("ee" * 32, 3600, HOUR) if is_sound else None,
                seed="ff" * 32,
                hand=hand or self.hand,
                grade=Grade.FIRST,
                received=Received(NOW, self.first),
            )
        )

    def speaker(self, name: str = "speaker-4f2a", role_coarse: str = "engineer") -> Ref:
        """Log a speaker."""
        return self.log(
            Speaker(name, role="head of one thing", role_coarse=role_coarse)
        )

    def statement(self, recording: Ref, quote: str = "they see all", **more) -> Ref:
        """Log a statement at 20:04 of a recording."""
        more.setdefault("span", Span(1204 * RATE, 1216 * RATE))
        return self.log(Statement(recording, quote, **more))

    def hear(self, statement: Ref, text: str = "They see all.", *, by: Ref = "") -> Ref:
        """Log that a reviewer has listened: the second one blind."""
        by = by or self.first
        return self.log(Hearing(statement, by, text, blind=by == self.second))

    def confirm(self, statement: Ref) -> None:
        """Log that both reviewers have heard the same."""
        self.hear(statement)
        self.hear(statement, by=self.second)

    def sentence(self, claim: str = "nobody", says: str = SAYS) -> Ref:
        """Log a public sentence."""
        return self.log(
            Sentence(claim, says, by="the company", on="2019-10-01", where="a hearing")
        )

    def assess(
        self,
        statement: Ref,
        sentence: Ref,
        stance: Stance = Stance.CONTRADICTS,
        **more,
    ) -> Ref:
        """Log what the first reviewer makes of a statement."""
        more.setdefault("by", self.first)
        return self.log(Assessment(statement, sentence, stance, **more))

    def kept(self, folder: Path) -> Docket:
        """Keep the same objects in a folder, with the references that it gives them."""
        charter = Charter("ringfence-docket/1", "case", ("age1x",), ("age1y",))
        docket = Docket.found(folder, charter, NOW)
        renamed: dict[Ref, Ref] = {"": ""}
        for ref, one in zip(self.refs, self.objects, strict=True):
            (held,) = docket.append([_renamed(one, renamed)], NOW)
            renamed[ref] = held.ref
        return docket


def contested(claim: str = "nobody", says: str = SAYS) -> Book:
    """Return a docket with one confirmed statement against a claim: `S1` in `R1`."""
    book = Book()
    statement = book.statement(
        book.recording(), speaker=book.speaker(), met_month="2021-09", met_year="2021"
    )
    book.confirm(statement)
    book.assess(statement, book.sentence(claim, says))
    return book


def dismissed(book: Book, statement: Ref, sentence: Ref) -> Ref:
    """Log that a statement is a joke."""
    return book.assess(
        statement,
        sentence,
        dismissal=Dismissal.JOKE,
        rationale="they laugh",
        scope=Scope(),
    )


def _renamed(one: Object, renamed: dict[Ref, Ref]) -> Object:
    fields = msgspec.structs.asdict(one)
    changed: dict[str, object] = {
        name: renamed[value]
        for name, value in fields.items()
        if isinstance(value, str) and value in renamed
    }
    if isinstance(one, Recording):
        by = renamed[one.received.by]
        changed["received"] = Received(one.received.when, by)
    return msgspec.structs.replace(one, **changed)
