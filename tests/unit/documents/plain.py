"""Located documents as plain values, and what is wrong with a text."""

from __future__ import annotations

from collections.abc import Callable

from ringfence.documents.located import Located
from ringfence.errors import SourceError


def plain(value: Located) -> object:
    """Return a located value without its places."""
    if isinstance(value.data, dict):
        return {key: plain(entry) for key, entry in value.data.items()}
    if isinstance(value.data, list):
        return [plain(item) for item in value.data]
    return value.data


def refusal(read: Callable[[str, str], object], text: str) -> str:
    """Return why a text is refused, without the hints."""
    try:
        read(text, "f")
    except SourceError as error:
        return "; ".join(f"{one.at}: {one.message}" for one in error.problems)
    return "taken"
