"""Values that know where they stand, and a reader that collects every problem."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TypeVar

from ringfence.errors import Locus, Problem

Data = bool | int | float | str | list["Located"] | dict[str, "Located"] | None
T = TypeVar("T")

_NAMES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a mapping",
    type(None): "empty",
}


@dataclass(frozen=True, slots=True)
class Located:
    """A value of a document, with its place and, in a mapping, its key's place."""

    data: Data
    at: Locus
    key_at: Locus | None = None

    def get(self, key: str) -> Located | None:
        """Return the value under `key`, or None when there is none."""
        return self.data.get(key) if isinstance(self.data, dict) else None

    def items(self) -> list[Located]:
        """Return the items of a list; anything else has none."""
        return self.data if isinstance(self.data, list) else []

    def text(self) -> str:
        """Return the text of a text value; anything else has none."""
        return self.data if isinstance(self.data, str) else ""


def describe(value: Located) -> str:
    """Return what kind of value this is, in words for an error message."""
    return _NAMES[type(value.data)]


def nearest(word: str, options: Iterable[str]) -> str | None:
    """Return a hint that names the closest of the options, or lists them if few."""
    known = sorted(options)
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    if len(known) <= 12:  # noqa: PLR2004
        return "one of " + ", ".join(f"`{option}`" for option in known)
    return None


@dataclass(slots=True)
class Reader:
    """Takes values out of a document; notes each problem and goes on.

    Every method returns None (or an empty collection) where the value is not usable,
    after noting why. The caller raises once, at the end, if `problems` isn't empty.
    """

    problems: list[Problem] = field(default_factory=list)

    def note(self, message: str, at: Locus, hint: str | None = None) -> None:
        """Note a problem at a place."""
        self.problems.append(Problem(message, at, hint))

    def fields(
        self,
        value: Located,
        *,
        required: Sequence[str] = (),
        optional: Sequence[str] = (),
        what: str = "this mapping",
    ) -> dict[str, Located]:
        """Return the known fields of a mapping; note unknown and missing ones."""
        if not isinstance(value.data, dict):
            self.note(f"{what} must be a mapping, not {describe(value)}", value.at)
            return {}
        known = (*required, *optional)
        for key, entry in value.data.items():
            if key not in known:
                place = entry.key_at or entry.at
                self.note(f"{what} has no `{key}`", place, nearest(key, known))
        for key in required:
            if key not in value.data:
                self.note(f"{what} needs `{key}`", value.at, f"add `{key}: ...`")
        return {key: entry for key, entry in value.data.items() if key in known}

    def text(self, value: Located | None, what: str = "this") -> str | None:
        """Return a text that isn't blank."""
        if value is None:
            return None
        if not isinstance(value.data, str):
            hint = (
                "put it in quotes" if not isinstance(value.data, list | dict) else None
            )
            self.note(f"{what} must be text, not {describe(value)}", value.at, hint)
            return None
        if not value.data.strip():
            self.note(f"{what} is blank", value.at)
            return None
        return value.data

    def texts(self, value: Located | None, what: str = "this") -> list[str]:
        """Return a list of texts; one text alone counts as a list of one."""
        return [text for text, _ in self.located_texts(value, what)]

    def located_texts(
        self, value: Located | None, what: str = "this"
    ) -> list[tuple[str, Locus]]:
        """Return a list of texts with their places."""
        if value is None:
            return []
        parts = value.data if isinstance(value.data, list) else [value]
        found = ((self.text(part, f"an item of {what}"), part.at) for part in parts)
        return [(text, at) for text, at in found if text is not None]

    def choice(
        self, value: Located | None, options: Iterable[str], what: str = "this"
    ) -> str | None:
        """Return a text that is one of the options."""
        text = self.text(value, what)
        known = tuple(options)
        if value is None or text is None or text in known:
            return text
        self.note(f"unknown {what} `{text}`", value.at, nearest(text, known))
        return None

    def whole(
        self, value: Located | None, what: str = "this", *, least: int = 0
    ) -> int | None:
        """Return a whole number of at least `least`."""
        if value is None:
            return None
        if not isinstance(value.data, int) or isinstance(value.data, bool):
            self.note(f"{what} must be a whole number", value.at)
            return None
        if value.data < least:
            self.note(f"{what} must be {least} or more", value.at)
            return None
        return value.data

    def flag(self, value: Located | None, what: str = "this") -> bool | None:
        """Return true or false."""
        if value is None:
            return None
        if not isinstance(value.data, bool):
            self.note(f"{what} must be `true` or `false`", value.at)
            return None
        return value.data

    def moment(self, value: Located | None, what: str = "this") -> str | None:
        """Return an instant as UTC to the second; a bare date is its first second."""
        text = self.text(value, what)
        if value is None or text is None:
            return None
        instant = parse_moment(text)
        if instant is None:
            hint = "write `2022-01-31`, or `2022-01-31T09:30:00Z`"
            self.note(f"{what} `{text}` is no date", value.at, hint)
        return instant

    def each(
        self, value: Located | None, take: Callable[[Located], T | None], what: str
    ) -> list[T]:
        """Return what `take` makes of each item of a list, leaving out the Nones."""
        if value is None:
            return []
        if not isinstance(value.data, list):
            self.note(f"{what} must be a list, not {describe(value)}", value.at)
            return []
        taken = [take(item) for item in value.data]
        return [item for item in taken if item is not None]

    def entries(self, value: Located | None, what: str) -> Mapping[str, Located]:
        """Return the entries of a mapping whose keys are free."""
        if value is None:
            return {}
        if not isinstance(value.data, dict):
            self.note(f"{what} must be a mapping, not {describe(value)}", value.at)
            return {}
        return value.data


def parse_moment(text: str) -> str | None:
    """Return an ISO 8601 date or zoned date-time as UTC to the second, or None.

    A date-time without a zone is refused: it names no instant. Fractions of a second
    are cut off, so that an interval never begins later than its source says.
    """
    try:
        if len(text) == len("2022-01-31"):
            day = date.fromisoformat(text)
            return f"{day.isoformat()}T00:00:00Z"
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            return None
        utc = instant.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return f"{utc.isoformat()}Z"
