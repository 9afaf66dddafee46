"""The kinds of source that are installed, ours and anybody's.

A kind is an entry point of the group `ringfence.sources`. Its module is imported when
the kind is first asked for, so that listing kinds costs nothing and a connector whose
library is missing harms only those who use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint

from ringfence.documents.plugins import Plugins
from ringfence.errors import Locus, SourceError
from ringfence.sources.source import Source

GROUP = "ringfence.sources"
_PLUGINS = Plugins(
    GROUP,
    "kind of source",
    "source",
    ("kind", "summary", "options", "read"),
    fault=SourceError,
    listed="`ringfence sources` lists them",
)


def kinds() -> Mapping[str, EntryPoint]:
    """Return the entry point of each kind, in the order of their names.

    Raises:
        ConfigError: Two packages offer different sources under one name.
    """
    return _PLUGINS.kinds()


def source(kind: str, at: Locus | None = None) -> Source:
    """Return the source of a kind; `at` is where somebody asked for it.

    Raises:
        ConfigError: There is no such kind.
        SourceError: It can't be loaded, or isn't a source.
    """
    checked: Source = _PLUGINS.load(kind, at)
    return checked
