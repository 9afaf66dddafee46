"""What is quoted, in words: dates, what a transcript says in a span, how it bears."""

from __future__ import annotations

import re
from datetime import date

from ringfence.docket.objects import Assessment, Scope, Span, Transcript
from ringfence.docket.standing import in_scope
from ringfence.docket.words import Dismissal, Known, Stance
from ringfence.errors import ConfigError, Locus

_MET = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
_YEAR, _MONTH = len("2021"), len("2021-09")


def met(text: str, place: Locus | None = None) -> tuple[str, str, str]:
    """Return day, month and year of a date that says as much as is known.

    Raises:
        ConfigError: It is none.
    """
    if text and not _MET.fullmatch(text):
        hint = "write `2021-09-14`, `2021-09` or `2021`"
        raise ConfigError(f"`{text}` is no date", place or Locus("--met"), hint)
    day = text if len(text) > _MONTH else ""
    return day, text[:_MONTH] if len(text) > _YEAR else "", text[:_YEAR]


def day(text: str, option: str) -> str:
    """Return a day, for one half of a span; empty stays empty.

    Raises:
        ConfigError: It is none.
    """
    try:
        if not text or date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise ConfigError(f"`{text}` is no date", Locus(option), "write `2021-09-14`")


def worded(words: Transcript, span: Span | None) -> str:
    """Return what a transcript says in a span: the words whose middle lies in it."""
    found = (
        word.text.strip()
        for word in words.words
        if span is None or span.start <= (word.start + word.end) // 2 < span.end
    )
    return " ".join(one for one in found if one)


def scoped(subject: str, place: str, window: str) -> Scope:
    """Return a scope out of three answers."""
    return Scope(Known(subject), Known(place), Known(window))


def reach_of(one: Assessment) -> str:
    """Return in words whether an assessment is one of what the sentence speaks of."""
    parts = (one.scope.subject, one.scope.place, one.scope.window)
    if not in_scope(one):
        return "out of scope"
    return "in scope" if Known.UNKNOWN not in parts else "in scope as far as known"


def bearing(stance: Stance, code: Dismissal | None) -> str:
    """Return in words how a statement bears on a sentence."""
    return f"{stance}, dismissed: {code}" if code else str(stance)
