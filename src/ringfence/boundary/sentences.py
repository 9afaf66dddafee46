"""The claims of a boundary file: sentences that were said, in executable form.

Each kind of claim has its own fields; a field of another kind is refused rather than
ignored, because a claim that is narrower than its author thinks proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import get_args

import msgspec

from ringfence.boundary.fields import CLAIM, CLAIM_FIELDS, CLAIM_KINDS, Fields
from ringfence.boundary.model import Claim, Selector
from ringfence.boundary.sections import Sections
from ringfence.boundary.vocabulary import (
    COPY_ROLES,
    PRINCIPAL_KINDS,
    VERB_GROUPS,
    Grade,
)
from ringfence.documents.located import Located, Reader, nearest

_DAY = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", re.ASCII)
_LONGEST = 1_200  # months
_MOST_DAYS = 36_500
# What a kind of claim always means, whatever its author writes.
_FIXED: dict[str, dict[str, object]] = {
    "residency": {"reach": "bare", "verbs": ("read",)},
    "presence": {"verbs": ("read",)},
    "jurisdiction": {"grades": (Grade.TECHNICAL.value, Grade.LEGAL.value)},
    "control_operates": {"form": "team"},
}


@dataclass(frozen=True, slots=True)
class Names:
    """What claims may refer to.

    Attributes:
        selectors: Selectors by name; None where one is there but unusable.
        has_places: Whether the boundary says where copies may be.
    """

    selectors: Mapping[str, Selector | None]
    protections: Collection[str]
    exceptions: Collection[str]
    has_places: bool


@dataclass(frozen=True, slots=True)
class Sentences:
    """Reads claims."""

    reader: Reader
    sections: Sections
    names: Names

    def claims(self, value: Located | None) -> tuple[Claim, ...]:
        """Return the claims, in the order of the file; there must be one."""
        if value is not None and value.data == []:
            hint = "add a claim: an `id`, what it `says`, and its `kind`"
            self.reader.note("`claims` is empty", value.at, hint)
        return tuple(self.reader.each(value, self._claim, "`claims`"))

    def _claim(self, value: Located) -> Claim | None:
        stated = value.get("kind")
        kind = stated.text() if stated else ""
        own = CLAIM_KINDS.get(kind)
        fields = self._fields(value, kind, own)
        name = self.sections.name(fields.get("id"), "a claim")
        chosen = self.reader.choice(fields.get("kind"), CLAIM_KINDS, "kind of claim")
        said = self.reader.text(fields.get("says"), "`says`") or ""
        if own is None or chosen is None:
            return None
        details = {
            key: self._detail(key, entry)
            for key, entry in fields.items()
            if key in own.all
        }
        self._check_kind(value, kind, fields)
        whole = {
            **_FIXED.get(kind, {}),
            **{key: detail for key, detail in details.items() if detail},
            "id": name,
            "says": said,
            "kind": kind,
            "by": self.reader.text(fields.get("by"), "`by`") or "",
            "on": self._day(fields.get("on")),
        }
        return msgspec.convert(whole, Claim)

    def _fields(
        self, value: Located, kind: str, own: Fields | None
    ) -> dict[str, Located]:
        if own is None:
            return self.reader.fields(
                value,
                required=CLAIM.required,
                optional=(*CLAIM.optional, *CLAIM_FIELDS),
                what="a claim",
            )
        shape = CLAIM + own
        entries = self.reader.entries(value, "a claim")
        strange = set(CLAIM_FIELDS) - set(shape.all)
        for key in strange & entries.keys():
            kinds = [name for name, one in CLAIM_KINDS.items() if key in one.all]
            place = entries[key].key_at or value.at
            hint = "only these have it: " + ", ".join(f"`{name}`" for name in kinds)
            self.reader.note(f"a `{kind}` claim has no `{key}`", place, hint)
        return self.reader.fields(
            Located({k: v for k, v in entries.items() if k not in strange}, value.at),
            required=shape.required,
            optional=shape.optional,
            what=f"a `{kind}` claim",
        )

    def _detail(self, key: str, value: Located) -> object:
        names = self.names
        lists: dict[str, tuple[Collection[str], str]] = {
            "protected": (names.protections, "protection"),
            "exceptions": (names.exceptions, "exception"),
            "verbs": (VERB_GROUPS, "verb"),
            "grades": ([str(grade) for grade in Grade], "grade"),
            "kinds": (PRINCIPAL_KINDS, "kind of principal"),
        }
        if key in lists:
            options, what = lists[key]
            return self._chosen(value, options, what)
        choices: dict[str, tuple[Collection[str], str]] = {
            "excluded": (names.selectors, "selector"),
            "copy": (COPY_ROLES, "role of a copy"),
            "reach": (_options("reach"), "reach"),
            "form": (_options("form"), "form"),
        }
        if key in choices:
            options, what = choices[key]
            return self.reader.choice(value, options, what)
        return self._measure(key, value)

    def _measure(self, key: str, value: Located) -> object:
        takes: dict[str, Callable[[Located], object]] = {
            "places": self._places,
            "share": lambda one: self.sections.bounded(one, "`share`", 100),
            "months": lambda one: self.sections.bounded(one, "`months`", _LONGEST),
            "days": self._days,
            "team": lambda one: self.sections.ids(one, "`team`"),
            "during": self._period,
            "purpose": lambda one: self.reader.text(one, "`purpose`"),
        }
        if key in takes:
            return takes[key](value)
        return tuple(text for text, _ in self.sections.filled(value, f"`{key}`"))

    def _days(self, value: Located) -> int:
        number = self.reader.whole(value, "`days`") or 0
        if number > _MOST_DAYS:
            self.reader.note(f"`days` must be {_MOST_DAYS:,} or less", value.at)
        return number

    def _places(self, value: Located) -> tuple[str, ...]:
        if value.data == []:
            self.reader.note("`places` is empty", value.at)
        return self.sections.place_list(value)

    def _chosen(
        self, value: Located, options: Collection[str], what: str
    ) -> tuple[str, ...]:
        found = self.sections.filled(value, f"a list of {what}s")
        for text, at in found:
            if text not in options:
                hint = nearest(text, options) if options else "the boundary has none"
                self.reader.note(f"unknown {what} `{text}`", at, hint)
        return tuple(dict.fromkeys(text for text, _ in found))

    def _period(self, value: Located) -> tuple[str, ...]:
        ends = self.reader.each(
            value, lambda one: self.reader.moment(one, "an end of `during`"), "`during`"
        )
        items = value.items()
        if isinstance(value.data, list) and len(items) != 2:  # noqa: PLR2004
            hint = "write `during: [2019-10-01, 2022-01-31]`"
            self.reader.note("`during` has a first and a last instant", value.at, hint)
        elif len(ends) == len(items) and ends != sorted(ends):
            self.reader.note("`during` ends before it begins", value.at)
        return tuple(ends)

    def _day(self, value: Located | None) -> str:
        if value is not None and isinstance(value.data, int):
            value = Located(str(value.data), value.at)
        text = self.reader.text(value, "`on`")
        if value is None or text is None:
            return ""
        if not _DAY.fullmatch(text):
            hint = "write `2019`, `2019-10` or `2019-10-28`"
            self.reader.note(f"`on` is no day, month or year: `{text}`", value.at, hint)
        return text

    def _check_kind(
        self, value: Located, kind: str, fields: Mapping[str, Located]
    ) -> None:
        stated = fields.get("excluded")
        chosen = self.names.selectors.get(stated.text()) if stated else None
        if kind == "facility" and stated and chosen and not chosen.countries:
            hint = "a facility is in a country: name a selector that lists some"
            message = f"selector `{chosen.name}` turns on no country"
            self.reader.note(message, stated.at, hint)
        if kind == "residency" and not (self.names.has_places or "places" in fields):
            hint = "add `places: {primary: [..]}` to the boundary, or `places` here"
            self.reader.note("nothing says where copies may be", value.at, hint)


def _options(key: str) -> tuple[str, ...]:
    field = {one.name: one for one in msgspec.structs.fields(Claim)}[key]
    return tuple(option for option in get_args(field.type) if option)
