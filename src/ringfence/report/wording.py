"""How the report says things: names of nodes, counts, dates and ages.

Every renderer takes its words from here, so that the terminal, the page and the tests
call one thing by one name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from ringfence.boundary.model import Claim, Selector

# In the order in which a count of the estate lists them.
_NOUNS = {
    "person": ("person", "people"),
    "legal_entity": ("entity", "entities"),
    "group": ("group", "groups"),
    "role": ("role", "roles"),
    "tool": ("tool", "tools"),
    "service_account": ("service account", "service accounts"),
    "credential": ("credential", "credentials"),
    "key": ("key", "keys"),
    "host": ("host", "hosts"),
    "job": ("job", "jobs"),
    "channel": ("channel", "channels"),
    "dataset": ("dataset", "datasets"),
    "column": ("column", "columns"),
    "store": ("store", "stores"),
    "facility": ("facility", "facilities"),
}
KINDS = tuple(_NOUNS)
NOBODY = "-"  # in the place of who said something
_DAY = 86_400
_HOUR = 3_600


def singular(kind: str) -> str:
    """Return the noun for one node of a kind."""
    return _NOUNS[kind][0] if kind in _NOUNS else kind


def plural(kind: str) -> str:
    """Return the noun for several nodes of a kind."""
    return _NOUNS[kind][1] if kind in _NOUNS else kind


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun: `1 tool`, `1,906 paths`."""
    return f"{number:,} {one if number == 1 else many}"


def counted_kind(number: int, kind: str) -> str:
    """Return a number of nodes of a kind."""
    return counted(number, singular(kind), plural(kind))


def joined(parts: Iterable[str]) -> str:
    """Return a list as prose: `a, b and c`."""
    items = list(parts)
    return " and ".join([", ".join(items[:-1]), items[-1]] if items[1:] else items)


def name(node: str, labels: Mapping[str, str]) -> str:
    """Return the name that people use for a node, or else its id without the kind."""
    return labels.get(node) or node.partition(":")[2] or node


def said(claim: Claim) -> str:
    """Return who said a sentence and when; a dash when nobody is on file."""
    return " ".join(part for part in (claim.by, claim.on) if part) or NOBODY


def fence(selector: Selector) -> str:
    """Return what a selector is called: its regime, or its own name."""
    return selector.regime or selector.name


def day(moment: str) -> str:
    """Return an instant as it is shown: a first second of a day as that day."""
    return moment.removesuffix("T00:00:00Z")


def seconds_between(earlier: str, later: str) -> int | None:
    """Return the seconds from one instant to another, None when either is no instant.

    Negative when `earlier` is in fact the later one.
    """
    try:
        first, last = (datetime.fromisoformat(text) for text in (earlier, later))
        return int((last - first).total_seconds())
    except (ValueError, TypeError):
        return None


def age(seconds: int | None) -> str:
    """Return an age as words, `2 days`; a negative one as `2 days later`."""
    if seconds is None:
        return "undated"
    size = abs(seconds)
    if size < _HOUR:
        return "under an hour"
    number, unit = (size // _DAY, "day") if size >= _DAY else (size // _HOUR, "hour")
    return counted(number, unit, f"{unit}s") + (" later" if seconds < 0 else "")
