"""Reasons in plain words, one line each. They name places and numbers, never a value.

Names of columns and of archive members come out of the payload, and may themselves tell
of somebody: one that isn't plainly a name isn't said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ringfence.boundary.channels import ChannelMask
from ringfence.egress.channels.judge import Given, Reason
from ringfence.egress.inspection.sightings import Place

MASKED: Mapping[ChannelMask, str] = {
    "token": "as a token of the recipient's own",
    "null": "without its values",
    "full": "as stars",
    "first4": "with the first 4 characters",
    "last4": "with the last 4 characters",
    "year": "as a year",
}
_NAME = re.compile(r"[A-Za-z0-9_.*/ ()~-]{1,64}")
_DATE = re.compile(r"(?:19|20)[0-9]{2}-[01][0-9](?:-[0-3][0-9])?(?![0-9])")
_NUMBER = re.compile(r"[0-9]{6}|[0-9](?:[ ().-]*[0-9]){6}")


def said(given: Given) -> str:
    """Return a reason as one line, with its place before it."""
    where = placed(given.place)
    text = _WORDS[given.reason](given)
    return f"{where}: {text}" if where else text


def placed(place: Place | None) -> str:
    """Return where something is: `column email, row 3, in people.csv`."""
    if place is None:
        return ""
    parts = [f"column {named(place.column)}"] if place.column else []
    parts += [f"row {place.row:,}"] if place.row else []
    parts += [f"in {' > '.join(map(named, place.part))}"] if place.part else []
    return ", ".join(parts) or "text"


def named(name: str) -> str:
    """Return a name that may be told, or that it isn't."""
    undated = _DATE.sub("", name)
    is_plain = _NAME.fullmatch(name) is not None and _NUMBER.search(undated) is None
    return name if is_plain else "(a name that isn't shown)"


def counted(count: int, one: str, many: str) -> str:
    """Return a number of things in words: `1,204 people`."""
    return f"{count:,} {one if count == 1 else many}"


def _people(given: Given) -> str:
    return counted(given.count, "protected person's", "protected people's")


def _values(given: Given) -> str:
    return counted(given.count, "value", "values")


def _cells(given: Given) -> str:
    return counted(given.count, "count", "counts")


def _excluded(given: Given) -> str:
    return f"{given.what} is excluded, and would have {_people(given)} data"


def _unknown(given: Given) -> str:
    if not given.what:
        return f"nobody is known to receive {_people(given)} data"
    told = f"it isn't known whether {given.what} is excluded"
    return f"{told}, and it would have {_people(given)} data"


def _over_cap(given: Given) -> str:
    by = f"under exception {given.what}" if given.what else "by this channel"
    people = counted(given.count, "person", "people")
    return f"{people} in twelve months {by}, at most {given.most:,}"


def _bulk(given: Given) -> str:
    people = counted(given.count, "person", "people")
    what = "several categories" if given.what == "combined" else given.what
    return f"{what} of {people} in twelve months, more than {given.most:,}"


def _small(given: Given) -> str:
    least = f" of {given.most:,}" if given.most else ""
    return f"{_cells(given)} below the smallest that may be told{least}"


_WORDS: Mapping[Reason, Callable[[Given], str]] = {
    Reason.AS_DECLARED: lambda _given: "as declared",
    Reason.MASKED: lambda given: f"goes {MASKED[_mask(given)]}",
    Reason.NOT_COMPLETE: lambda given: f"not looked through: {given.what}",
    Reason.UNDECIDED: lambda given: f"can't be decided: {given.what} ({given.count:,})",
    Reason.UNDECLARED_COLUMN: lambda given: f"not declared, with {_values(given)}",
    Reason.UNDECLARED_TAG: lambda given: (
        f"{_values(given)} of {given.what}, not declared"
    ),
    Reason.UNDECLARED_TEXT: lambda _given: "text without columns, not declared",
    Reason.WRONG_TYPE: lambda given: f"holds {given.what}, declared as another type",
    Reason.NOT_MASKED: lambda _given: (
        "columns are to be masked, and this can't be written anew"
    ),
    Reason.UNKNOWN_RECIPIENT: _unknown,
    Reason.NO_CHANNEL: lambda _given: "there is no such channel",
    Reason.NOT_IN_FORCE: lambda _given: "the channel isn't in force",
    Reason.EXCLUDED_RECIPIENT: _excluded,
    Reason.UNDECLARED_SUBJECTS: lambda given: (
        f"{_people(given)} {given.what}, not declared"
    ),
    Reason.OVER_CAP: _over_cap,
    Reason.BULK: _bulk,
    Reason.SMALL_CELL: _small,
    Reason.COMPLEMENT: lambda given: (
        f"{_cells(given)} that a total and the others give away"
    ),
    Reason.DIFFERENCE: lambda given: (
        f"{_cells(given)} that differ too little from an earlier release"
    ),
}


def _mask(given: Given) -> ChannelMask:
    return next(one for one in MASKED if one == given.what)
