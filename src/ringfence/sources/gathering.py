"""One reading of one source: facts and notes as they come, problems until the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ringfence.boundary.vocabulary import VERB_GROUPS, VERBS
from ringfence.documents.json import read_json, read_json_lines
from ringfence.documents.located import Located, Reader, nearest
from ringfence.documents.yaml import read_yaml
from ringfence.errors import Locus, SourceError
from ringfence.estate.facts import Fact, edge, node
from ringfence.sources.source import Harvest, Note, Order

_LINES = (".jsonl", ".ndjson", ".ijson")


@dataclass(frozen=True, slots=True)
class Span:
    """When a fact holds: from `since` to just before `until`; empty ends are open."""

    since: str = ""
    until: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it ends before it begins."""
        return bool(self.since and self.until and self.until <= self.since)

    def within(self, other: Span) -> Span:
        """Return the time that both have in common; it may be empty."""
        ends = [until for until in (self.until, other.until) if until]
        return Span(max(self.since, other.since), min(ends, default=""))


ALWAYS = Span()


class Gatherer:
    """Collects what a source gives; `harvested` hands it over, or raises once."""

    def __init__(self, order: Order, options: Sequence[str]) -> None:
        """Begin a reading, and note options that the source doesn't have."""
        self.order = order
        self.reader = Reader()
        self.harvest = Harvest()
        self._nodes: set[tuple[str, Span]] = set()
        for key, value in order.options.items():
            if key not in options:
                at, hint = value.key_at or value.at, nearest(key, options)
                self.reader.note(f"this kind of source has no option `{key}`", at, hint)
        if not order.files:
            self.reader.note("names no files", self.at, "add `files: [...]`")

    @property
    def at(self) -> Locus:
        """Where the source was ordered."""
        return self.order.at or Locus(self.order.source)

    def option(self, key: str, default: str = "") -> str:
        """Return an option that is a text."""
        return self.reader.text(self.order.options.get(key), f"`{key}`") or default

    def each_file(self, read: Callable[[str], None]) -> None:
        """Call `read` with each file's name; go on after a file that can't be read."""
        for file in self.order.files:
            try:
                read(file)
            except SourceError as error:
                self.reader.problems.extend(error.problems)

    def yaml(self, file: str) -> Located:
        """Return the YAML document in a file."""
        return read_yaml(self.order.text(file), file)

    def json(self, file: str) -> list[Located]:
        """Return the JSON value in a file, or one value for each of its lines."""
        text = self.order.text(file)
        if file.lower().endswith(_LINES) or _is_lines(text):
            return list(read_json_lines(text, file))
        return [read_json(text, file)]

    def node(self, id_: str, at: Locus, span: Span = ALWAYS) -> str:
        """State, once for each span, that there is such a node; return its id."""
        if (id_, span) not in self._nodes:
            self._nodes.add((id_, span))
            fact = node(
                id_,
                at=where(at),
                source=self.order.source,
                since=span.since,
                until=span.until,
            )
            self.harvest.facts.append(fact)
        return id_

    def state(
        self,
        id_: str,
        name: str,
        value: str,
        *,
        at: Locus,
        span: Span = ALWAYS,
        unknown: str = "",
    ) -> None:
        """State an attribute of a node."""
        fact = Fact(
            fact="attribute",
            id=id_,
            name=name,
            value=value,
            at=where(at),
            source=self.order.source,
            since=span.since,
            until=span.until,
            unknown=unknown,
        )
        self.harvest.facts.append(fact)

    def join(
        self,
        tail: str,
        kind: str,
        head: str,
        *,
        at: Locus,
        span: Span = ALWAYS,
        verb: str = "",
        control: str = "",
        unknown: str = "",
        detail: dict[str, str] | None = None,
    ) -> None:
        """State an edge."""
        fact = edge(
            tail,
            kind,
            head,
            at=where(at),
            source=self.order.source,
            verb=verb,
            control=control,
            unknown=unknown,
            since=span.since,
            until=span.until,
            detail=detail,
        )
        self.harvest.facts.append(fact)

    def remark(self, message: str, at: Locus | None = None) -> None:
        """Add a note for the reader of the report."""
        self.harvest.notes.append(Note(message, at))

    def span(self, fields: dict[str, Located]) -> Span:
        """Return the interval that the fields `since` and `until` state."""
        since, until = fields.get("since"), fields.get("until")
        span = Span(
            self.reader.moment(since, "`since`") or "",
            self.reader.moment(until, "`until`") or "",
        )
        if span.is_empty and until is not None:
            self.reader.note("`until` isn't after `since`", until.at, _EXCLUSIVE)
            return ALWAYS
        return span

    def verbs(self, value: Located | None) -> list[str]:
        """Return the verbs that a list of verbs and groups of verbs stands for."""
        if value is None:
            return []
        parts = value.items() if isinstance(value.data, list) else [value]
        if not parts:
            self.reader.note("`verbs` is empty", value.at, "leave the grant out")
        named = {self.reader.choice(part, VERB_GROUPS, "verb") for part in parts}
        chosen = {verb for name in named if name for verb in VERB_GROUPS[name]}
        return [verb for verb in VERBS if verb in chosen]

    def harvested(self) -> Harvest:
        """Return the harvest.

        Raises:
            SourceError: There were problems; it carries all of them.
        """
        if self.reader.problems:
            raise SourceError.of(self.reader.problems)
        return self.harvest


_EXCLUSIVE = "`until` is the first day on which it no longer holds"


@lru_cache(maxsize=64)
def where(at: Locus) -> str:
    """Return a place as facts carry it: a line or a JSON pointer, no column."""
    return str(Locus(at.file, at.line, pointer=at.pointer))


def _is_lines(text: str) -> bool:
    """Return whether there are several lines, the first of them an object of its own.

    Nobody lays out one JSON document like that.
    """
    first, _, rest = text.lstrip().partition("\n")
    return first.startswith("{") and first.rstrip().endswith("}") and bool(rest.strip())
