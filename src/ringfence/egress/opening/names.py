"""What a column, a member or a key is called in a report: never what it holds."""

from __future__ import annotations

import re

LONGEST = 128
_ENDINGS = 2
_DATA = re.compile(r"@|\d(?:[\s().-]{0,2}\d){6}|[0-9a-fA-F]{16}|[\x00-\x1f\x7f]")


def is_name(text: str) -> bool:
    """Return whether a text reads like a name, and not like somebody's data."""
    return 0 < len(text) <= LONGEST and _DATA.search(text) is None


def readings(path: str) -> list[str]:
    """Return what a path may be called: itself, its parts, and without endings.

    An address that is a file's name has the file's ending for a part of its domain.
    """
    found = [path, *re.split(r"[/\\]", path)]
    for part in found[1:]:
        stem = part
        for _ in range(_ENDINGS):
            stem, dot, _ = stem.rpartition(".")
            found += [stem] if dot else []
    return list(dict.fromkeys(one for one in found if one))


def spoken(text: str, instead: str) -> str:
    """Return a name as a report may say it, else what stands for it."""
    return text if is_name(text) else instead


def pointer_part(key: str) -> str:
    """Return a key as a part of a JSON pointer (RFC 6901); `*` for no name."""
    if not is_name(key):
        return "*"
    return key.replace("~", "~0").replace("/", "~1")
