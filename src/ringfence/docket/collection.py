"""A collection as a file tells it: YAML 1.2, each value with its place.

What can be said of it without a docket is checked here, all of it at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from ringfence.docket.objects import Scope, Span
from ringfence.docket.quoting import met
from ringfence.docket.spans import in_times
from ringfence.docket.words import Dismissal, Form, Grade, Known, Stance
from ringfence.documents.files import decode, read_bytes
from ringfence.documents.located import Located, Reader
from ringfence.documents.yaml import read_yaml
from ringfence.errors import ConfigError, Locus, SourceError

FORMAT = "ringfence-docket-import/1"
T = TypeVar("T")
W = TypeVar("W", bound=StrEnum)
Fields = dict[str, Located]


@dataclass(frozen=True, slots=True)
class Row:
    """One part of a collection, as the file tells it.

    Attributes:
        at: Where it stands.
        places: Where its fields stand.
        texts: Its fields that are plain texts; empty if they are left out.
        flags: Its fields that are true or false.
    """

    at: Locus
    places: dict[str, Locus]
    texts: dict[str, str]
    flags: dict[str, bool]

    def __getitem__(self, name: str) -> str:
        """Return a text."""
        return self.texts[name]

    def place(self, name: str) -> Locus:
        """Return where a field stands, or the part that lacks it."""
        return self.places.get(name, self.at)


@dataclass(frozen=True, slots=True)
class Bearing:
    """How a statement of a file bears on a sentence."""

    row: Row
    stance: Stance
    dismissal: Dismissal | None
    scope: Scope


@dataclass(frozen=True, slots=True)
class Asked:
    """A lead of a file."""

    row: Row
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A statement of a file.

    Attributes:
        hearings: Who heard what; each blind or not.
    """

    row: Row
    span: Span | None
    met: str
    first_hand: Known
    hedged: Known
    hearings: tuple[tuple[Row, bool], ...]
    bears: tuple[Bearing, ...]
    leads: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """What a file tells, part by part."""

    reviewers: tuple[Row, ...]
    hands: tuple[Row, ...]
    recordings: tuple[Row, ...]
    transcripts: tuple[Row, ...]
    speakers: tuple[Row, ...]
    sentences: tuple[Row, ...]
    statements: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has brought, by kind, and what the docket held already."""

    brought: Counter[str]
    held: Counter[str]
    notes: tuple[str, ...] = ()


def read(path: Path) -> Collection:
    """Return what a file tells.

    Raises:
        RingfenceError: It can't be read, or isn't such a file; it carries every problem
            with its place.
    """
    name = str(path)
    root = read_yaml(decode(read_bytes(path, name), name), name)
    reader = Reader()
    found = _Reading(reader).collection(root)
    if reader.problems:
        raise SourceError.of(reader.problems)
    return found


# Names of the texts of each part; the first ones are needed.
_REVIEWER = (("name",), ("role",))
_HAND = (("id",), ("sealed",))
_RECORDING = (
    ("id", "file", "by", "grade"),
    ("hand", "how", "received", "language", "basis", "handling", "until", "form"),
)
_TRANSCRIPT = (("recording", "file"), ("engine", "version", "model", "language"))
_FINE = ("role", "unit", "country", "role_coarse", "unit_coarse", "country_coarse")
_SPEAKER = (("id",), (*_FINE, "sealed"))
_SENTENCE = (("id", "says"), ("by", "on", "where", "hints", "capture"))
_STATEMENT = (
    ("id", "recording"),
    ("passage", "speaker", "quote", "language", "translation", "denies", "corrects"),
)
_HEARING = (("by", "text"), ())
_BEARS = (("sentence", "stance", "by"), ("rationale", "dismissal", "confidence"))
_LEAD = (("asks",), ("by",))


class _Reading:
    """One reading of a file."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def collection(self, root: Located) -> Collection:
        parts = (
            *("reviewers", "hands", "recordings", "transcripts", "speakers"),
            *("sentences", "statements"),
        )
        fields = self._reader.fields(
            root, required=("docket",), optional=parts, what="a collection"
        )
        self._reader.choice(fields.get("docket"), (FORMAT,), "`docket`")
        each = self._each
        return Collection(
            each(fields, "reviewers", self._plain("a reviewer", _REVIEWER, "conflict")),
            each(fields, "hands", self._plain("a hand", _HAND)),
            each(fields, "recordings", self._recording),
            each(
                fields,
                "transcripts",
                self._plain("a transcript", _TRANSCRIPT, "machine"),
            ),
            each(fields, "speakers", self._plain("a speaker", _SPEAKER)),
            each(fields, "sentences", self._plain("a sentence", _SENTENCE)),
            each(fields, "statements", self._statement),
        )

    def _each(
        self, fields: Fields, name: str, take: Callable[[Located], T | None]
    ) -> tuple[T, ...]:
        return tuple(self._reader.each(fields.get(name), take, f"`{name}`"))

    def _plain(
        self, what: str, names: tuple[tuple[str, ...], tuple[str, ...]], *flags: str
    ) -> Callable[[Located], Row | None]:
        return lambda value: self._row(value, what, names, flags=flags)[0]

    def _row(
        self,
        value: Located,
        what: str,
        names: tuple[tuple[str, ...], tuple[str, ...]],
        *,
        flags: Iterable[str] = (),
        others: Iterable[str] = (),
    ) -> tuple[Row | None, Fields]:
        """Return the texts of a part, and all its fields; None if one is missing."""
        required, optional = names
        fields = self._reader.fields(
            value,
            required=required,
            optional=(*optional, *flags, *others),
            what=what,
        )
        texts = {
            name: self._reader.text(fields.get(name), f"`{name}`") or ""
            for name in (*required, *optional)
        }
        told = {
            name: bool(self._reader.flag(fields.get(name), f"`{name}`"))
            for name in flags
        }
        places = {name: one.at for name, one in fields.items()}
        row = Row(value.at, places, texts, told)
        return (row if all(texts[name] for name in required) else None), fields

    def _recording(self, value: Located) -> Row | None:
        row, fields = self._row(value, "a recording", _RECORDING)
        self._choice(fields, "grade", Grade)
        self._choice(fields, "form", Form)
        return row

    def _statement(self, value: Located) -> Told | None:
        others = ("at", "met", "first_hand", "hedged", "heard", "confirmed", "bears")
        row, fields = self._row(
            value,
            "a statement",
            _STATEMENT,
            flags=("machine",),
            others=(*others, "lead"),
        )
        if row is None:
            return None
        heard = [(one, False) for one in self._rows(fields, "heard", _HEARING)]
        again = [(one, True) for one in self._rows(fields, "confirmed", _HEARING)]
        return Told(
            row,
            self._span(fields.get("at")),
            self._met(fields.get("met")),
            self._known(fields, "first_hand"),
            self._known(fields, "hedged"),
            (*heard, *again),
            tuple(filter(None, map(self._bearing, _many(fields.get("bears"))))),
            tuple(filter(None, map(self._lead, _many(fields.get("lead"))))),
        )

    def _rows(
        self, fields: Fields, name: str, names: tuple[tuple[str, ...], tuple[str, ...]]
    ) -> list[Row]:
        found = (
            self._row(one, f"`{name}`", names)[0] for one in _many(fields.get(name))
        )
        return [one for one in found if one is not None]

    def _bearing(self, value: Located) -> Bearing | None:
        row, fields = self._row(value, "what it bears on", _BEARS, others=("scope",))
        stance = self._choice(fields, "stance", Stance)
        dismissal = self._choice(fields, "dismissal", Dismissal)
        parts: Fields = {}
        if "scope" in fields:
            names = ("subject", "place", "window")
            parts = self._reader.fields(fields["scope"], optional=names, what="a scope")
        scope = Scope(*(self._known(parts, one) for one in Scope.__struct_fields__))
        if row is None or stance is None:
            return None
        return Bearing(row, stance, dismissal, scope)

    def _lead(self, value: Located) -> Asked | None:
        row, fields = self._row(value, "a lead", _LEAD, others=("command",))
        command = self._reader.texts(fields.get("command"), "`command`")
        if row is not None and not command:
            self._reader.note("a lead asks the systems by a command", row.at)
        return Asked(row, tuple(command)) if row else None

    def _choice(self, fields: Fields, name: str, words: type[W]) -> W | None:
        known = [str(one) for one in words]
        text = self._reader.choice(fields.get(name), known, f"`{name}`")
        return words(text) if text else None

    def _known(self, fields: Fields, name: str) -> Known:
        return self._choice(fields, name, Known) or Known.UNKNOWN

    def _span(self, value: Located | None) -> Span | None:
        if value is None:
            return None
        ends = self._reader.located_texts(value, "`at`")
        if len(ends) != 2:  # noqa: PLR2004 - from when, and to when
            hint = 'write `at: ["0:20:12.5", "0:20:24"]`'
            self._reader.note("`at` says from when to when", value.at, hint)
            return None
        (begin, first), (end, last) = ends
        return self._checked(lambda: in_times(begin, end, (first, last)))

    def _met(self, value: Located | None) -> str:
        if value is None:
            return ""
        # A year alone is a number in YAML.
        is_year = isinstance(value.data, int) and not isinstance(value.data, bool)
        text = str(value.data) if is_year else self._reader.text(value, "`met`") or ""
        self._checked(lambda: met(text, value.at))
        return text

    def _checked(self, take: Callable[[], T]) -> T | None:
        try:
            return take()
        except ConfigError as error:
            self._reader.problems.extend(error.problems)
            return None


def _many(value: Located | None) -> list[Located]:
    """Return the parts of a list; a part that stands alone is a list of one."""
    if value is None:
        return []
    return value.data if isinstance(value.data, list) else [value]
