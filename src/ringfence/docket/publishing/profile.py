"""Profiles: how much of a docket an export tells. What isn't allowed stays a digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Literal

import msgspec

from ringfence.docket.objects import (
    Assessment,
    Hearing,
    Object,
    Recording,
    Sentence,
    Speaker,
    Statement,
)
from ringfence.docket.words import Rung
from ringfence.documents.located import nearest
from ringfence.errors import ConfigError, Locus

Level = Literal["none", "coarse", "fine"]
Date = Literal["none", "year", "month", "day"]
_MET: Mapping[Date, tuple[str, ...]] = {
    "none": (),
    "year": ("met_year",),
    "month": ("met_month", "met_year"),
    "day": ("met_day", "met_month", "met_year"),
}
_ENDINGS: Mapping[Level, tuple[str, ...]] = {
    "none": (),
    "coarse": ("_coarse",),
    "fine": ("", "_coarse"),
}
_WHOLE: Mapping[type[Object], tuple[str, ...]] = {
    Sentence: ("claim", "says", "by", "on", "where"),
    Hearing: ("statement", "by", "text", "blind"),
}


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An allow-list. Nothing is told because somebody forgot to forbid it.

    Attributes:
        name: What the export calls it.
        rung: How far a quote has to have come; a machine's words are never told.
        role: How fine the role of a speaker is told; `unit`, `country` likewise. What
            the docket knows only coarsely is told coarsely.
        met: How fine the date of a meeting is; one that is known less finely is told
            as it is known.
        times: Whether time codes are told.
        recordings: Whether the grade and the language of a recording are told, and
            which recordings came from one hand: that is one source.
        rationales: Whether reviewers' reasons are told in their words.
        translations: Whether translations are.
        fewest: So many people have to share what is told of a speaker, or it warns.
    """

    name: str
    rung: Rung = Rung.HEARD
    role: Level = "none"
    unit: Level = "none"
    country: Level = "none"
    met: Date = "none"
    times: bool = False
    recordings: bool = False
    rationales: bool = False
    translations: bool = False
    fewest: int = 5

    def fields(self, one: Object) -> tuple[str, ...]:
        """Return which fields of an object are told."""
        match one:
            case Statement():
                return self._of_statement(one)
            case Assessment():
                told = ("statement", "sentence", "stance", "dismissal", "scope")
                return (*told, *(("rationale",) * self.rationales))
            case Speaker():
                return self._of_speaker(one)
            case Recording():
                whole = ("form", "grade", "language", "hand")
                return whole if self.recordings else whole[:1]
        return _WHOLE.get(type(one), ())

    def _of_statement(self, one: Statement) -> tuple[str, ...]:
        told = ["recording", "speaker", "first_hand", "hedged", "denies", "corrects"]
        told += _finest(one, _MET[self.met])
        if self.times:
            told += ["span", "passage"]
        if self.translations and one.translation:
            told += ["translation", "language"]
        return tuple(told)

    def _of_speaker(self, one: Speaker) -> tuple[str, ...]:
        levels = {"role": self.role, "unit": self.unit, "country": self.country}
        told = [
            _finest(one, [name + ending for ending in _ENDINGS[level]])
            for name, level in levels.items()
        ]
        return ("name", *chain(*told))


def _finest(one: Object, names: Sequence[str]) -> Sequence[str]:
    """Return the first name of a field that says something; none if none does."""
    return [name for name in names if getattr(one, name)][:1]


PROFILES: Mapping[str, Profile] = {
    one.name: one
    for one in (
        Profile("public", rung=Rung.CONFIRMED, role="coarse", met="year"),
        Profile(
            "regulator",
            role="coarse",
            unit="coarse",
            country="fine",
            met="month",
            times=True,
            recordings=True,
            rationales=True,
            translations=True,
        ),
        Profile(
            "auditor",
            role="fine",
            unit="coarse",
            country="fine",
            met="day",
            times=True,
            recordings=True,
            rationales=True,
            translations=True,
        ),
    )
}


def profile_of(text: str) -> Profile:
    """Return a profile: one of ours by its name, or that of a JSON file.

    Raises:
        ConfigError: There is none of that name, or the file holds none.
    """
    if text in PROFILES:
        return PROFILES[text]
    path = Path(text)
    if path.suffix != ".json":
        hint = nearest(text, PROFILES)
        raise ConfigError(f"there is no profile `{text}`", Locus("--profile"), hint)
    hint = "docs/docket/publication.md lists what a profile says"
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Profile)
    except OSError as error:
        reason = (error.strerror or "can't be read").lower()
        raise ConfigError(reason, Locus(text), "check the path") from None
    except (msgspec.MsgspecError, UnicodeError) as error:
        message = f"is no profile: {str(error)[:200]}"
        raise ConfigError(message, Locus(text), hint) from None
    if found.rung is Rung.MACHINE:
        raise ConfigError("a machine's words are never told", Locus(text), "`heard`")
    return found
