"""Columns and their tags, as every source of classifications states them.

A tag says what a column holds. The tag `none` says that somebody looked and found
nothing; a column without any tag was not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ringfence.documents.located import Located, Reader, describe
from ringfence.errors import Locus
from ringfence.sources.gathering import Gatherer

NONE = "none"
_HARMLESS = frozenset({NONE, "public"})


@dataclass(frozen=True, slots=True)
class Mark:
    """A tag of a column, and where it stands."""

    tag: str
    at: Locus


def mark(word: str, at: Locus) -> Mark:
    """Return the mark for a word; `public` says that there is nothing to protect."""
    return Mark(NONE if word.strip().lower() in _HARMLESS else word.strip(), at)


def marks(reader: Reader, value: Located | None, *, flag: str) -> list[Mark]:
    """Return the marks that a value states: words, a list of them, or yes and no.

    Args:
        reader: Takes the problems.
        value: The value.
        flag: The tag that `true` stands for; `false` stands for `none`.
    """
    if value is None or value.data is None:
        return []
    found: list[Mark] = []
    for part in value.data if isinstance(value.data, list) else [value]:
        if isinstance(part.data, bool):
            found.append(Mark(flag if part.data else NONE, part.at))
        elif isinstance(part.data, str):
            if part.data.strip():
                found.append(mark(part.data, part.at))
        else:
            hint = "write a word, a list of words, or true or false"
            reader.note(f"`{flag}` can't be {describe(part)}", part.at, hint)
    return found


def worst(parts: Sequence[Sequence[Mark]]) -> list[Mark]:
    """Return the marks of a thing made of parts.

    It is harmless only if every part is: a part that nobody looked at leaves it open.
    """
    found = [each for part in parts for each in part]
    harmful = [each for each in found if each.tag != NONE]
    if harmful or not all(parts):
        return harmful
    return found[:1]


def state_column(
    gatherer: Gatherer, dataset: str, name: str, found: Iterable[Mark], *, at: Locus
) -> str:
    """State a column of a dataset, with its tags; return its id."""
    id_ = f"column:{dataset.removeprefix('dataset:')}.{name}"
    gatherer.node(id_, at)
    gatherer.join(dataset, "contains", id_, at=at)
    seen: set[str] = set()
    for each in found:
        if each.tag not in seen:
            seen.add(each.tag)
            gatherer.state(id_, "tag", each.tag, at=each.at)
    return id_


def column_name(reader: Reader, name: str, at: Locus) -> str | None:
    """Return a column's name; note one that no id can hold."""
    if not name.strip() or "." in name:
        hint = "an id is read as `<store>/<schema>.<relation>.<column>`"
        reader.note(f"`{name}` can't be the name of a column", at, hint)
        return None
    if any("\ud800" <= character <= "\udfff" for character in name):
        reader.note("a column's name holds half a surrogate pair", at)
        return None
    return name
