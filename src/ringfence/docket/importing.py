"""Importing: a whole collection, from the file that tells it, into a docket.

What the file says is held against itself first, and every problem told at once. Then
recordings are received, each for itself; then all the rest is checked, and brought
together or not at all. What the docket holds already isn't brought again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import file_digest, sha256
from pathlib import Path

from ringfence.docket import collection
from ringfence.docket.collection import Asked, Bearing, Imported, Row, Told
from ringfence.docket.course import plain
from ringfence.docket.folder import Docket
from ringfence.docket.gathering import Gathering
from ringfence.docket.ids import Ids
from ringfence.docket.intake import Intake, Terms, check_terms
from ringfence.docket.naming import Names
from ringfence.docket.objects import (
    Assessment,
    Hand,
    Handling,
    Hearing,
    Lead,
    Object,
    Origin,
    Recording,
    Ref,
    Reviewer,
    Sentence,
    Speaker,
    Statement,
    Transcript,
    kind_of,
)
from ringfence.docket.quoting import met, worded
from ringfence.docket.sealing import Identities
from ringfence.docket.stating import known_speaker, log, pseudonym
from ringfence.docket.transcripts.reading import brought
from ringfence.docket.words import Custody, Form, Grade
from ringfence.documents.files import read_bytes

Progress = Callable[[str], None]


def bring(
    docket: Docket,
    path: Path,
    *,
    time: str,
    by: str = "",
    identities: Identities | None = None,
    progress: Progress = lambda _: None,
) -> Imported:
    """Bring a whole collection to a docket.

    Args:
        docket: The docket.
        path: The file that tells the collection; its paths start from its folder.
        time: When this is.
        by: Who brings transcripts and leads that the file says nobody brought.
        identities: What opens names, to tell who is known already.
        progress: Is told how far it is.

    Raises:
        RingfenceError: The file can't be used; the error carries every problem with its
            place. Recordings that were received before one was found stay received.
        OSError: Something can't be read or written.
    """
    told = collection.read(path)
    with Intake.of(docket) as intake:
        run = _Import(intake, told, path.parent, time, identities)
        run.ids.check()
        run.people(by)
        run.receive(progress)
        run.gather()
        return Imported(run.brought, run.held, tuple(run.notes))


class _Import:
    """One import: ids of the file on one side, refs of the docket on the other."""

    def __init__(
        self,
        intake: Intake,
        told: collection.Collection,
        folder: Path,
        time: str,
        identities: Identities | None,
    ) -> None:
        self.brought, self.held = Counter[str](), Counter[str]()
        self.notes: list[str] = []
        self._intake, self._index = intake, intake.index
        self._told, self._folder, self._time = told, folder, time
        self._identities = identities
        self._names = Names(intake.docket)
        self._by: Ref = ""
        self.ids = Ids(told, folder, intake.index)
        self._more = Gathering(self._index, time)
        self._sources: dict[Ref, Ref] = {}  # the machine's transcript of a recording

    # --- people, then recordings ------------------------------------------------------

    def people(self, by: str) -> None:
        """Bring the reviewers: whoever receives a recording must be one."""
        for row in self._told.reviewers:
            one = Reviewer(row["name"], row["role"], row.flags["conflict"])
            known = self._index.named("reviewer", plain(one.name))
            with self.ids.at(row, {"name": "name"}):
                self.ids.stands_for("reviewer", one.name, known or self._log(one))
            self._count("reviewer", is_held=bool(known))
        self.ids.tell()
        self._by = self._index.reviewer(by) if by else ""

    def receive(self, progress: Progress) -> None:
        """Receive the recordings that the docket doesn't hold, each for itself."""
        known = {
            one.object.content: one
            for one in self._index.all("recording")
            if isinstance(one.object, Recording)
        }
        for row in self._told.recordings:
            path = self._folder / row["file"]
            with path.open("rb") as stream:
                content = file_digest(stream, "sha256").hexdigest()
            held = known.get(content)
            with self.ids.at(row, {"until": "until"}):
                if held is None:
                    added = self._intake.add(
                        path, self._terms(row), self._time, progress
                    )
                    known[content] = held = added.held
                    self.notes += (f"{row['id']}: {note}" for note in added.notes)
                    self._count("recording")
                else:
                    self._count("recording", is_held=True)
                self.ids.stands_for("recording", row["id"], held.ref)
                if isinstance(held.object, Recording):
                    self.ids.stands_for("hand", row["hand"], held.object.hand)
        self.ids.tell()

    def _terms(self, row: Row) -> Terms:
        terms = Terms(
            self.ids.ref("reviewer", row["by"]),
            Grade(row["grade"]),
            self._hand(row["hand"]),
            form=Form(row["form"]) if row["form"] else None,
            basis=row["basis"],
            handling=row["handling"],
            language=row["language"],
            until=row["until"],
            how=row["how"],
            received=row["received"],
        )
        check_terms(terms, self._index)
        return terms

    def _hand(self, said: str) -> Ref:
        found = self.ids.ref("hand", said) if said else ""
        if not found:
            row = self.ids.row("hand", said)
            sealed, match = self._sealed(row["sealed"] if row else "")
            same = (
                one.ref
                for one in self._index.all("hand")
                if match and isinstance(one.object, Hand) and one.object.match == match
            )
            found = next(same, "") or self._log(Hand(sealed, match))
            self._count("hand")
            self.ids.stands_for("hand", said, found)
        return found

    def _sealed(self, name: str) -> tuple[str, str]:
        """Seal a name; return its digest, and what tells that two names are one."""
        if not name:
            return "", ""
        match = self._names.match(name, self._identities) if self._identities else ""
        return self._names.keep(name), match

    # --- the rest, together -----------------------------------------------------------

    def gather(self) -> None:
        """Check all the rest, and bring it together."""
        self._index.catch_up()
        for row in self._told.sentences:
            self._bring_sentence(row)
        for row in self._told.transcripts:
            self._bring_transcript(row)
        for one in self._ordered():
            self._bring_statement(one)
        self.ids.tell()
        if self._more.ready:
            self._intake.docket.bring(self._more.ready)
            self._index.catch_up()

    def _bring_sentence(self, row: Row) -> None:
        one = Sentence(
            row["id"],
            *(row[name] for name in ("says", "by", "on", "where", "capture", "hints")),
        )
        held = (at.ref for at in self._index.all("sentence") if at.object == one)
        ref = next(held, "") or self._add(one, row, {"claim": "id"})
        self.ids.stands_for("sentence", row["id"], ref)

    def _bring_transcript(self, row: Row) -> None:
        recording = self.ids.ref("recording", row["recording"])
        found = self._index.get(recording)
        if not isinstance(found, Recording):
            self.ids.note("its recording was erased", row, "recording")
            return
        path = self._folder / row["file"]
        content = read_bytes(path, str(path))
        length = found.sound.samples if found.sound else None
        words = brought(content, str(path), length)
        self.notes += (f"{row['file']}: {note}" for note in words.notes)
        by = "machine" if row.flags["machine"] else "human"
        said = {"file": f"sha256:{sha256(content).hexdigest()}"}
        engine = row["engine"] or words.format
        origin = Origin(
            by,
            engine,
            row["version"],
            row["model"],
            said,
            self._by or found.received.by,
        )
        language = row["language"] or words.language or found.language
        one = Transcript(recording, origin, words.words, language)
        held = (
            at.ref
            for at in self._index.about(recording, "transcript")
            if isinstance(at.object, Transcript) and at.object.words == one.words
        )
        ref = next(held, "") or self._add(one, row, {})
        if ref in {made.ref for made in self._more.ready}:
            detail = {"transcript": ref, "how": "brought in"}
            step = Handling(Custody.TRANSCRIBED, recording, origin.reviewer, detail)
            self._more.add(step)
        if by == "machine" and ref:
            self._sources.setdefault(recording, ref)

    def _ordered(self) -> Iterator[Told]:
        """Yield the statements, each behind those that it denies or corrects."""
        by_id = {one.row["id"]: one for one in self._told.statements}
        done: dict[str, bool] = {}

        def visit(one: Told) -> Iterator[Told]:
            name = one.row["id"]
            if name in done:
                if not done[name]:
                    self.ids.note(
                        "it denies or corrects itself, in a circle", one.row, ""
                    )
                return
            done[name] = False
            for field in ("denies", "corrects"):
                if other := by_id.get(one.row[field]):
                    yield from visit(other)
            done[name] = True
            yield one

        for one in self._told.statements:
            yield from visit(one)

    def _bring_statement(self, one: Told) -> None:
        row = one.row
        recording = self.ids.ref("recording", row["recording"])
        quote, source = row["quote"], ""
        if row.flags["machine"]:
            source = self._sources.get(recording, "")
            words = self._more.get(source) if source else None
            if not quote and isinstance(words, Transcript) and one.span:
                quote = worded(words, one.span)
        known = self._held_statement(recording, one, quote)
        if known:
            self._take_speaker(row["speaker"], known)
        day, month, year = met(one.met)
        speaker = self._speaker(row["speaker"]) if row["speaker"] and not known else ""
        made = Statement(
            *(recording, quote, one.span, row["passage"], source, speaker),
            *(day, month, year, one.first_hand, one.hedged),
            *(row["language"], row["translation"]),
            self.ids.ref("statement", row["corrects"]),
            self.ids.ref("statement", row["denies"]),
        )
        fields = {"span": "at", "met_day": "met", "met_month": "met", "met_year": "met"}
        ref = known or self._add(made, row, fields)
        self._count("statement", is_held=True) if known else None
        if ref:
            self.ids.stands_for("statement", row["id"], ref)
            self._bring_beside(ref, one)

    def _held_statement(self, recording: Ref, one: Told, quote: str) -> Ref:
        for at in self._index.about(recording, "statement", "recording"):
            said = at.object
            same = isinstance(said, Statement) and (
                said.span,
                said.passage,
                said.quote,
            ) == (one.span, one.row["passage"], quote)
            if same:
                return at.ref
        return ""

    def _take_speaker(self, said: str, statement: Ref) -> None:
        """Take over who speaks from what the docket holds already."""
        held = self._index.get(statement)
        if said and isinstance(held, Statement) and held.speaker:
            self.ids.stands_for("speaker", said, held.speaker)

    def _speaker(self, said: str) -> Ref:
        found = self.ids.ref("speaker", said)
        row = self.ids.row("speaker", said)
        if found or row is None:
            return found
        sealed, match = "", ""
        if row["sealed"]:
            sealed, match = self._sealed(row["sealed"])
        found = known_speaker(self._index, match)
        if not found:
            one = Speaker(
                pseudonym(self._index),
                *(row["role"], row["role_coarse"], row["unit"], row["unit_coarse"]),
                *(row["country"], row["country_coarse"]),
                sealed=sealed,
                match=match,
            )
            found = self._add(one, row, {})
        self.ids.stands_for("speaker", said, found)
        return found

    def _bring_beside(self, ref: Ref, one: Told) -> None:
        """Bring what was heard of a statement, what is made of it, what it asks."""
        for row, blind in one.hearings:
            by = self.ids.ref("reviewer", row["by"])
            self._unless_held(Hearing(ref, by, row["text"], blind), row, ref)
        for each in one.bears:
            self._unless_held(self._assessment(ref, each), each.row, ref)
        for lead in one.leads:
            self._unless_held(self._lead(ref, lead, one), lead.row, ref)

    def _assessment(self, ref: Ref, one: Bearing) -> Assessment:
        row = one.row
        return Assessment(
            ref,
            self.ids.ref("sentence", row["sentence"]),
            one.stance,
            self.ids.ref("reviewer", row["by"]),
            one.dismissal,
            row["rationale"],
            one.scope,
            row["confidence"],
        )

    def _lead(self, ref: Ref, one: Asked, of: Told) -> Lead:
        others = (*(row for row, _ in of.hearings), *(each.row for each in of.bears))
        said = one.row["by"] or next((row["by"] for row in others), "")
        by = self.ids.ref("reviewer", said) if said else self._by
        return Lead(ref, one.row["asks"], one.command, by)

    # --- parts ------------------------------------------------------------------------

    def _unless_held(self, one: Object, row: Row, statement: Ref) -> None:
        if any(at.object == one for at in self._index.about(statement, kind_of(one))):
            self._count(kind_of(one), is_held=True)
        else:
            self._add(one, row, {})

    def _add(self, one: Object, row: Row, fields: dict[str, str]) -> Ref:
        ref = ""
        with self.ids.at(row, fields):
            ref = self._more.add(one)
            self._count(kind_of(one))
        return ref

    def _log(self, one: Object) -> Ref:
        return log(self._index, [one], self._time)[0].ref

    def _count(self, kind: str, *, is_held: bool = False) -> None:
        (self.held if is_held else self.brought)[kind] += 1
