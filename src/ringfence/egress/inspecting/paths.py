"""Ways to leaves of JSON, and a reader that goes them in many documents at once.

Most of a document is of no interest: what isn't on a way is checked to be JSON, and no
object is made of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import attrgetter, or_
from typing import Any

import msgspec

from ringfence.egress.opening.caps import OverError
from ringfence.egress.opening.pointers import parsed, part_of

DEEPEST = 16
Path = tuple[str | int, ...]
_OTHERWISE = (list[Any], str, int, float, bool, None)


class Reader:
    """Reads the leaves at the ends of some ways.

    Args:
        paths: The ways.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        keys = [step for path in paths for step in path if isinstance(step, str)]
        # Keys are no names of attributes.
        self._names = {key: f"at_{n}" for n, key in enumerate(dict.fromkeys(keys))}
        self._decode = msgspec.json.Decoder(self._type(paths)).decode

    def leaves(self, texts: Sequence[str]) -> dict[Path, list[object]]:
        """Return, by way, the leaf of each text; None: it has none."""
        documents = list(map(self._document, texts))
        return {path: self._leaves(documents, path) for path in self._paths}

    def _document(self, text: str) -> object:
        try:
            return self._decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return None

    def _leaves(self, documents: list[object], path: Path) -> list[object]:
        names = [self._names[step] for step in path if isinstance(step, str)]
        if names and len(names) == len(path):
            try:
                return list(map(attrgetter(".".join(names)), documents))
            except AttributeError:
                pass
        return [self._leaf(document, path) for document in documents]

    def _leaf(self, value: object, path: Path) -> object:
        for step in path:
            if isinstance(step, int):
                places = value if isinstance(value, list) else []
                value = places[step] if step < len(places) else None
            elif isinstance(value, dict):
                value = value.get(step)
            else:
                value = getattr(value, self._names[step], None)
        return value

    def _type(self, paths: Iterable[Path]) -> Any:  # noqa: ANN401 - a type or a union
        """Return the type of that in which these ways begin; it takes whatever is."""
        keys: dict[str, list[Path]] = {}
        for path in paths:
            # What stands in a list isn't the same in each place: it is read wholly.
            if not path or isinstance(path[0], int):
                return Any
            keys.setdefault(path[0], []).append(path[1:])
        fields = [(self._names[key], self._type(on), None) for key, on in keys.items()]
        names = {self._names[key]: key for key in keys}
        made = msgspec.defstruct("Document", fields, rename=names, gc=False)
        return reduce(or_, _OTHERWISE, made)


def document(text: str) -> object:
    """Return what a text is; None: it isn't JSON, or too deep."""
    try:
        return parsed(text)
    except (msgspec.DecodeError, UnicodeError, OverError):
        return None


def way(value: object, bare: str, depth: int = 0) -> Path | None:
    """Return the way to a leaf that holds a candidate."""
    if depth > DEEPEST:
        return None
    steps: Iterable[tuple[str | int, object]]
    if isinstance(value, dict):
        steps = value.items()
    elif isinstance(value, list):
        steps = enumerate(value)
    else:
        return () if holds(value, bare) else None
    for step, inner in steps:
        found = way(inner, bare, depth + 1)
        if found is not None:
            return (step, *found)
    return None


def holds(leaf: object, bare: str) -> bool:
    """Return whether a candidate stands in a leaf."""
    if isinstance(leaf, str):
        return bare in leaf
    is_number = isinstance(leaf, (int, float)) and not isinstance(leaf, bool)
    return is_number and bare in str(leaf)


def is_leaf(leaf: object, bare: str) -> bool:
    """Return whether a leaf is a candidate, and nothing else."""
    return leaf == bare or (type(leaf) is int and str(leaf) == bare)


def pointer(path: Path) -> str:
    """Return a way as a pointer."""
    return "".join(
        "/*" if isinstance(step, int) else f"/{part_of(step)}" for step in path
    )
