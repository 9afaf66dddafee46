"""The kinds of source that are installed, ours and anybody's.

A kind is an entry point of the group `ringfence.sources`. Its module is imported when
the kind is first asked for, so that listing kinds costs nothing and a connector whose
library is missing harms only those who use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

from ringfence.documents.located import nearest
from ringfence.errors import ConfigError, Locus, SourceError
from ringfence.sources.source import Source

GROUP = "ringfence.sources"
_PARTS = ("kind", "summary", "options", "read")
_LISTED = "`ringfence sources` lists them"


def kinds() -> Mapping[str, EntryPoint]:
    """Return the entry point of each kind, in the order of their names.

    Raises:
        ConfigError: Two packages offer different sources under one name.
    """
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            message = (
                f"two packages offer the kind `{point.name}`: "
                f"`{other.value}` and `{point.value}`"
            )
            raise ConfigError(message, hint="uninstall one of them")
    return dict(sorted(found.items()))


def source(kind: str, at: Locus | None = None) -> Source:
    """Return the source of a kind; `at` is where somebody asked for it.

    Raises:
        ConfigError: There is no such kind.
        SourceError: It can't be loaded, or isn't a source.
    """
    known = kinds()
    if kind not in known:
        message = f"unknown kind of source `{kind}`"
        raise ConfigError(message, at, nearest(kind, known) or _LISTED)
    try:
        loaded = known[kind].load()
    except Exception as error:
        # Somebody else's module may fail in any way while it is imported.
        reason = str(error).partition("\n")[0] or "no reason given"
        message = f"kind of source `{kind}` can't be loaded: {reason}"
        raise SourceError(message, at, "install what it needs") from error
    if not all(hasattr(loaded, part) for part in _PARTS):
        message = f"`{known[kind].value}` is no source"
        hint = "a source has " + ", ".join(f"`{part}`" for part in _PARTS)
        raise SourceError(message, at, hint)
    checked: Source = loaded
    return checked
