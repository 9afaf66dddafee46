"""What somebody else calls a node, turned into its id in the estate.

A boundary says it in patterns (`match: "svc-*"`, `is: "service_account:{1}"`): the
first that fits wins. What none fits keeps its own name, and is a stranger.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from ringfence.boundary.order import Naming

_PERSON = "person:"


def captured(pattern: str, name: str) -> tuple[str, ...] | None:
    """Return what each `*` of a pattern takes of a name; None when it doesn't fit.

    A star takes as little as it can, the last one all that is left. The time is
    bounded by the length of the name for each star, whatever the pattern is.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return () if name == pattern else None
    if not name.startswith(first):
        return None
    *middle, last = rest
    taken: list[str] = []
    at = len(first)
    for piece in middle:
        found = name.find(piece, at)
        if found < 0:
            return None
        taken.append(name[at:found])
        at = found + len(piece)
    end = len(name) - len(last)
    if end < at or not name.endswith(last):
        return None
    return (*taken, name[at:end])


def node_of(namings: Sequence[Naming], name: str) -> str:
    """Return the node that a name stands for: the name itself when none fits."""
    if not name:
        return ""
    for naming in namings:
        taken = captured(naming.match, name)
        if taken is not None:
            return folded(_filled(naming.node, taken))
    return folded(name)


def folded(node: str) -> str:
    """Return an id as the estate spells it: one login in whatever case it came."""
    if not node.startswith(_PERSON):
        return node
    name = node.removeprefix(_PERSON).strip().casefold()
    return _PERSON + unicodedata.normalize("NFC", name)


def _filled(node: str, taken: tuple[str, ...]) -> str:
    """Return a node with what the stars took; what was taken is not read again."""
    for place in range(len(taken), 0, -1):
        if f"{{{place}}}" in node:
            pieces = node.split(f"{{{place}}}")
            return taken[place - 1].join(_filled(piece, taken) for piece in pieces)
    return node
