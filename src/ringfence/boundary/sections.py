"""Parts of a boundary file: protections, places, exceptions and sources."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ringfence.boundary.countries import read_place
from ringfence.boundary.fields import EXCEPTION, PROTECTION, SOURCE
from ringfence.boundary.model import BoundaryException, Protection, SourceOrder
from ringfence.boundary.vocabulary import COPY_ROLES, kind_of
from ringfence.documents.located import Located, Reader, nearest
from ringfence.errors import Locus

LONGEST = 80
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_SOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
_GRACE = timedelta(days=150)  # what the hint proposes for an exception without an end
MOST_SUBJECTS = 10**12

Ordered = tuple[SourceOrder, dict[str, Located], Locus]


@dataclass(slots=True)
class Sections:
    """Reads the parts that stand on their own."""

    reader: Reader
    as_of: str = ""

    # --- names ---

    def name(self, value: Located | None, what: str) -> str:
        """Return a kebab-case name, or note what is wrong with it."""
        text = self.reader.text(value, what)
        if value is None or text is None:
            return ""
        self.check_name(text, value.at, what)
        return text

    def check_name(self, text: str, at: Locus, what: str) -> None:
        """Note a name that can't be a file name and an anchor as it stands."""
        if _NAME.fullmatch(text) and len(text) <= LONGEST:
            return
        slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:LONGEST].strip("-")
        hint = f"write `{slug}`" if slug else "use small letters, digits and hyphens"
        self.reader.note(f"{what} `{text}` is no kebab-case name", at, hint)

    def unique(self, value: Located | None, key: str, what: str) -> tuple[str, ...]:
        """Return the names in a list of mappings, and note those that stand twice."""
        seen: dict[str, Locus] = {}
        for item in value.items() if value else ():
            named = item.get(key)
            text = named.text() if named else ""
            if named is None or not text:
                continue
            if text in seen:
                hint = f"it stands in line {seen[text].line} already"
                self.reader.note(f"duplicate {what} `{text}`", named.at, hint)
            seen.setdefault(text, named.at)
        return tuple(seen)

    # --- protections and places ---

    def protections(
        self, value: Located | None, categories: Collection[str]
    ) -> tuple[Protection, ...]:
        """Return the protections; there must be one."""
        found = self.reader.each(
            value, lambda one: self._protection(one, categories), "`protected`"
        )
        if value is not None and value.data == []:
            hint = "name the tags, datasets or columns that are protected"
            self.reader.note("`protected` is empty", value.at, hint)
        return tuple(found)

    def _protection(self, value: Located, categories: Collection[str]) -> Protection:
        fields = self.reader.fields(
            value,
            required=PROTECTION.required,
            optional=PROTECTION.optional,
            what="a protection",
        )
        name = self.name(fields.get("name"), "a protection")
        if fields and not fields.keys() & {"tags", "datasets", "columns"}:
            hint = "add `tags`, `datasets` or `columns`"
            self.reader.note(f"protection `{name}` protects nothing", value.at, hint)
        return Protection(
            name,
            category=self.reader.choice(fields.get("category"), categories, "category")
            or "",
            tags=tuple(self._tags(fields.get("tags"))),
            datasets=self.patterns(fields.get("datasets"), "dataset"),
            columns=self.patterns(fields.get("columns"), "column"),
        )

    def _tags(self, value: Located | None) -> Iterator[str]:
        for text, at in self.filled(value, "`tags`"):
            if text == "none":
                self.reader.note("tag `none` marks a harmless column", at)
            yield text

    def patterns(self, value: Located | None, kind: str) -> tuple[str, ...]:
        """Return patterns over ids of columns or datasets."""
        found = self.filled(value, f"`{kind}s`")
        for text, at in found:
            if kind_of(text) in ("column", "dataset", "store") and ":" in text:
                hint = f"write `{text.partition(':')[2]}`"
                self.reader.note(f"`{text}` is a {kind} with its kind", at, hint)
        return tuple(text for text, _ in found)

    def filled(self, value: Located | None, what: str) -> list[tuple[str, Locus]]:
        """Return a list of texts that isn't empty."""
        if value is not None and value.data == []:
            self.reader.note(f"{what} is empty", value.at, "fill it or leave it out")
        return self.reader.located_texts(value, what)

    def places(self, value: Located | None) -> dict[str, tuple[str, ...]]:
        """Return the permitted places by role of the copy."""
        found: dict[str, tuple[str, ...]] = {}
        for role, entry in self.reader.entries(value, "`places`").items():
            if role not in COPY_ROLES:
                place = entry.key_at or entry.at
                hint = nearest(role, COPY_ROLES)
                self.reader.note(f"unknown role of a copy `{role}`", place, hint)
            found[role] = self.place_list(entry)
        return found

    def place_list(self, value: Located | None) -> tuple[str, ...]:
        """Return a list of places."""
        texts = self.reader.located_texts(value, "a list of places")
        read = (read_place(self.reader, text, at) for text, at in texts)
        return tuple(dict.fromkeys(place for place in read if place is not None))

    # --- exceptions ---

    def exceptions(self, value: Located | None) -> tuple[BoundaryException, ...]:
        """Return the exceptions."""
        return tuple(self.reader.each(value, self._exception, "`exceptions`"))

    def _exception(self, value: Located) -> BoundaryException:
        fields = self.reader.fields(
            value,
            required=EXCEPTION.required,
            optional=EXCEPTION.optional,
            what="an exception",
        )
        take = self.reader
        name = self.name(fields.get("name"), "an exception")
        since = take.moment(fields.get("from"), "`from`") or ""
        return BoundaryException(
            name,
            who=self.ids(fields.get("who"), "`who`"),
            columns=self.patterns(fields.get("columns"), "column"),
            purpose=take.text(fields.get("purpose"), "`purpose`") or "",
            owner=take.text(fields.get("owner"), "`owner`") or "",
            cap=self.bounded(fields.get("cap"), "`cap`", MOST_SUBJECTS),
            until=self.expiry(value, fields, f"exception `{name}`", since),
            since=since,
        )

    def expiry(
        self, value: Located, fields: Mapping[str, Located], what: str, since: str
    ) -> str:
        """Return the end of what ends: an exception, a channel."""
        stated = fields.get("expires")
        if stated is None:
            if fields:
                kind = what.partition(" ")[0]
                hint = f"every {kind} ends; add `expires: {self._later(since)}`"
                self.reader.note(f"{what} has no expiry", value.at, hint)
            return ""
        until = self.reader.moment(stated, "`expires`") or ""
        if until and until <= since:
            message = f"{what} expires before it starts"
            self.reader.note(message, stated.at, f"it starts on {since[:10]}")
        return until

    def _later(self, since: str) -> str:
        known = max(self.as_of, since)
        if not known or known > "9999":
            return "YYYY-MM-DD"
        return (date.fromisoformat(known[:10]) + _GRACE).isoformat()

    def chosen(
        self, value: Located | None, options: Collection[str], what: str
    ) -> tuple[str, ...]:
        """Return names out of what the file, or the vocabulary, knows."""
        found = self.filled(value, f"a list of {what}s")
        there = "there is " + (", ".join(f"`{one}`" for one in options) or "none")
        for text, at in found:
            if text not in options:
                hint = nearest(text, options) if options else None
                self.reader.note(f"unknown {what} `{text}`", at, hint or there)
        return tuple(dict.fromkeys(text for text, _ in found))

    def ids(self, value: Located | None, what: str) -> tuple[str, ...]:
        """Return ids of people and groups, as the estate writes them."""
        found: dict[str, None] = {}
        for text, at in self.filled(value, what):
            kind, colon, name = unicodedata.normalize("NFC", text).partition(":")
            if kind not in ("person", "group") or not (colon and name):
                hint = (
                    "ids of people begin with `person:`, of groups with `group:`"
                    if colon
                    else f"write `person:{text}` or `group:{text}`"
                )
                self.reader.note(f"`{text}` is no person or group", at, hint)
            found[f"{kind}:{name.casefold() if kind == 'person' else name}"] = None
        return tuple(found)

    def bounded(self, value: Located | None, what: str, most: int) -> int:
        """Return a whole number from 1 to `most`."""
        number = self.reader.whole(value, what, least=1)
        if value is not None and number is not None and number > most:
            self.reader.note(f"{what} must be {most:,} or less", value.at)
            return most
        return number or 0

    # --- sources ---

    def sources(
        self, value: Located | None, kinds: Collection[str]
    ) -> tuple[Ordered, ...]:
        """Return what each source is asked to read, and its own options."""
        entries = self.reader.entries(value, "`sources`")
        if value is not None and value.data == {}:
            self.reader.note("`sources` is empty", value.at, "name at least one")
        return tuple(self._source(name, one, kinds) for name, one in entries.items())

    def _source(self, name: str, value: Located, kinds: Collection[str]) -> Ordered:
        at = value.key_at or value.at
        if not _SOURCE_NAME.fullmatch(name):
            hint = "use letters, digits, `-`, `_` and `.`"
            self.reader.note(f"`{name}` is no name for a source", at, hint)
        entries = self.reader.entries(value, f"source `{name}`")
        if isinstance(value.data, dict) and "kind" not in entries:
            message, hint = f"source `{name}` needs `kind`", "add `kind: ...`"
            self.reader.note(message, at, hint)
        order = SourceOrder(
            name,
            kind=self.reader.choice(entries.get("kind"), kinds, "kind of source") or "",
            files=tuple(
                text for text, _ in self.filled(entries.get("files"), "`files`")
            ),
            collected=self.reader.moment(entries.get("collected"), "`collected`") or "",
            history_since=self.reader.moment(
                entries.get("history_since"), "`history_since`"
            )
            or "",
        )
        options = {key: one for key, one in entries.items() if key not in SOURCE.all}
        return order, options, at
