"""How many people share what an export tells of a speaker: few of them, and it warns.

Counted is against the staff that the estate knows, as of the meeting. Only what both
say in the same words can be counted: the unit against the team, the country against the
residence. Anything else that is told narrows it further, and nobody counts that here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from ringfence.boundary.selector import Holder
from ringfence.claims.docketed import Docketed
from ringfence.claims.publishing.published import Export
from ringfence.claims.publishing.unnamed import Hidden
from ringfence.docket.ladder import spoken
from ringfence.docket.objects import Ref, Speaker, Statement
from ringfence.docket.publishing.profile import Profile

_NAME = re.compile(
    r"\b[^\W\d_a-z][^\W\d_]{2,}\b"
)  # three letters, not a small one first
ATTRIBUTES = {"unit": "team", "country": "residence", "role": "role"}


class Staff(Protocol):
    """The people of an estate."""

    def people(self, month: str) -> Mapping[str, Holder]:
        """Return them as of the end of a month, or as of now for an empty one."""
        ...


def warnings(
    found: Docketed, statements: Iterable[Ref], profile: Profile, staff: Staff | None
) -> Iterator[str]:
    """Yield a warning for each speaker whom what is told may give away.

    Args:
        found: The docket.
        statements: The statements that are exported.
        profile: How much is told.
        staff: Who works there; None if no estate was named.
    """
    seen = set()
    for ref in statements:
        one = found.get(ref)
        speaker = found.get(one.speaker) if isinstance(one, Statement) else None
        if not isinstance(one, Statement) or not isinstance(speaker, Speaker):
            continue
        told = told_of(speaker, profile)
        key = one.speaker, one.met_month
        if told and key not in seen:
            seen.add(key)
            yield from _warning(found.number(one.speaker), told, one, profile, staff)


def told_of(speaker: Speaker, profile: Profile) -> dict[str, str]:
    """Return what is told of a speaker in full, by attribute of people."""
    levels = {"unit": profile.unit, "country": profile.country, "role": profile.role}
    return {
        ATTRIBUTES[name]: text
        for name, level in levels.items()
        if level == "fine" and (text := getattr(speaker, name))
    }


def _warning(
    number: str,
    told: Mapping[str, str],
    one: Statement,
    profile: Profile,
    staff: Staff | None,
) -> Iterator[str]:
    words = ", ".join(told.values())
    if staff is None:
        yield f"{number}: nobody counted who else is {words}; name a case to count"
        return
    people = staff.people(one.met_month)
    known = {name: text for name, text in told.items() if _is_stated(people, name)}
    if not known:
        yield f"{number}: no source of the case says who is {words}"
        return
    count = sum(_fits(holder, known) for holder in people.values())
    noun = "person is" if count == 1 else "people are"
    words = f"{noun} {', '.join(known.values())} in {one.met_month or 'that time'}"
    rest = ", ".join(text for name, text in told.items() if name not in known)
    if count < profile.fewest:
        yield f"{number}: only {count} {words}"
    elif rest:
        yield f"{number}: {count} {words}; nobody counted who of them is {rest}"


def _is_stated(people: Mapping[str, Holder], name: str) -> bool:
    return any(holder.attributes.get(name) for holder in people.values())


def _fits(holder: Holder, told: Mapping[str, str]) -> bool:
    return all(
        spoken(text) in {spoken(one) for one in holder.attributes.get(name, ())}
        for name, text in told.items()
    )


def quoted(quotes: Mapping[str, str], public: Sequence[tuple[str, str]]) -> list[str]:
    """Return a warning for each quote that stands in a text that is public.

    Args:
        quotes: Words of statements, by number.
        public: Texts, each behind its name.
    """
    spelt = [(name, f" {spoken(text)} ") for name, text in public]
    return [
        f"{number}: its words stand in {name}, which says who said them, perhaps"
        for number, quote in quotes.items()
        for name, text in spelt
        if f" {spoken(quote)} " in text
    ]


def partly(export: Export, hidden: Iterable[Hidden]) -> list[str]:
    """Return a warning for each name of which a part stands in what is told.

    A last name alone may be somebody else's, or an ordinary word, so that a person has
    to look. Which word it is isn't said: warnings are seen by more people than names.
    """
    told = [
        " ".join(_NAME.findall(str(msgspec.json.decode(field.value))))
        for one in export.ledger.entries
        for field in one.told.values()
    ]
    words = {word for text in told for word in text.split()}
    return [
        f"{of}: a word of what is sealed of them is told as well; read the export"
        for of in dict.fromkeys(
            one.of for one in hidden if words & {*_NAME.findall(one.text)}
        )
    ]
