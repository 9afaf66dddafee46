"""What a collection calls things, and what the docket calls them.

The ids of a file come first, then what the docket says: `R1`, a reviewer's name, the
id of a claim. Each problem is told where the file says what is at fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ringfence.docket.collection import Collection, Row
from ringfence.docket.course import plain
from ringfence.docket.finding.kept import Kept
from ringfence.docket.objects import Ref, Sentence
from ringfence.errors import ConfigError, Problem, SourceError


class Ids:
    """The ids of a file, and the refs that they stand for.

    Args:
        told: What the file tells.
        folder: Where its paths start.
        index: What the docket holds.
    """

    def __init__(self, told: Collection, folder: Path, index: Kept) -> None:
        self._told, self._folder, self._index = told, folder, index
        self._refs: dict[tuple[str, str], Ref] = {}
        self._rows: dict[tuple[str, str], Row] = {}
        self._problems: list[Problem] = []

    def check(self) -> None:
        """Check that whatever the file refers to is in it, or in the docket.

        Raises:
            SourceError: Something isn't.
        """
        told = self._told
        for kind, rows, name in (
            ("reviewer", told.reviewers, "name"),
            ("hand", told.hands, "id"),
            ("recording", told.recordings, "id"),
            ("speaker", told.speakers, "id"),
            ("sentence", told.sentences, "id"),
            ("statement", [one.row for one in told.statements], "id"),
        ):
            for row in rows:
                key = _key(kind, row[name])
                if (kind, key) in self._rows:
                    self.note(f"there are two {kind}s `{row[name]}`", row, name)
                self._rows[kind, key] = row
        for row, name, kind in self._references():
            self._check_reference(row, name, kind)
        for row in (*told.recordings, *told.transcripts):
            if not (self._folder / row["file"]).is_file():
                self.note(f"there is no file `{row['file']}`", row, "file")
        self.tell()

    def row(self, kind: str, said: str) -> Row | None:
        """Return the part of the file that has an id."""
        return self._rows.get((kind, said))

    def ref(self, kind: str, said: str) -> Ref:
        """Return what the file or the docket calls so; empty if nothing is, yet."""
        if not said:
            return ""
        key = _key(kind, said)
        found = self._refs.get((kind, key), "")
        return found if found or (kind, key) in self._rows else self._known(kind, said)

    def stands_for(self, kind: str, said: str, ref: Ref) -> None:
        """Say which object an id of the file stands for; the first one said stays."""
        if said and ref:
            self._refs.setdefault((kind, _key(kind, said)), ref)

    def note(self, message: str, row: Row, name: str, hint: str | None = None) -> None:
        """Note a problem with a field."""
        self._problems.append(Problem(message, row.place(name), hint))

    def tell(self) -> None:
        """Tell every problem so far.

        Raises:
            SourceError: There is one.
        """
        if self._problems:
            raise SourceError.of(self._problems)

    @contextmanager
    def at(self, row: Row, fields: dict[str, str]) -> Iterator[None]:
        """Have a problem name where the file says what is at fault; go on after it.

        Args:
            row: The part of the file.
            fields: What the file calls a field, where that is something else.
        """
        try:
            yield
        except ConfigError as error:
            for one in error.problems:
                field = one.at.file.removeprefix("--") if one.at else ""
                self.note(one.message, row, fields.get(field, field), one.hint)

    def _references(self) -> Iterator[tuple[Row, str, str]]:
        for row in self._told.recordings:
            yield from ((row, "by", "reviewer"), (row, "hand", "hand"))
        for row in self._told.transcripts:
            yield row, "recording", "recording"
        for one in self._told.statements:
            row = one.row
            yield from ((row, "recording", "recording"), (row, "speaker", "speaker"))
            yield from ((row, "denies", "statement"), (row, "corrects", "statement"))
            yield from ((heard, "by", "reviewer") for heard, _ in one.hearings)
            for each in one.bears:
                yield each.row, "sentence", "sentence"
                yield each.row, "by", "reviewer"
            yield from ((each.row, "by", "reviewer") for each in one.leads)

    def _check_reference(self, row: Row, name: str, kind: str) -> None:
        said = row[name]
        key = _key(kind, said)
        if not said or (kind, key) in self._rows or self._known(kind, said):
            return
        known = sorted(at[1] for at in self._rows if at[0] == kind)[:12]
        hint = f"one of {', '.join(known)}" if known else f"add it to `{kind}s`"
        self.note(f"there is no {kind} `{said}`", row, name, hint)

    def _known(self, kind: str, said: str) -> Ref:
        """Return what the docket itself calls so; empty if nothing is."""
        try:
            if kind == "reviewer":
                return self._index.reviewer(said)
            if kind == "sentence":
                return self._sentence(said)
            return self._index.numbered(said, kind)
        except ConfigError:
            return ""

    def _sentence(self, claim: str) -> Ref:
        """Return the last version of a claim that the docket holds."""
        found = ""
        for one in self._index.all("sentence"):
            if isinstance(one.object, Sentence) and one.object.claim == claim:
                found = one.ref
        return found or self._index.numbered(claim, "sentence")


def _key(kind: str, said: str) -> str:
    return plain(said) if kind == "reviewer" else said
