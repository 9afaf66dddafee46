"""Places in a server's log, as PostgreSQL writes them: `16/B374D848`."""

from __future__ import annotations

import re

_LSN = re.compile(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")


def lsn_of(text: str) -> int | None:
    """Return a place as a number; None: it is no place."""
    found = _LSN.fullmatch(text)
    if found is None:
        return None
    return int(found[1], 16) << 32 | int(found[2], 16)


def written(lsn: int) -> str:
    """Return a place as PostgreSQL writes it."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"
