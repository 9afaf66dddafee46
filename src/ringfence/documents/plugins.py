"""What installed packages offer under a name, ours and anybody's: entry points.

A module is imported when what it offers is first asked for, so that listing names costs
nothing, and one whose library is missing harms only those who use it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from ringfence.documents.located import nearest
from ringfence.errors import ConfigError, Locus, RingfenceError, printable


@dataclass(frozen=True, slots=True)
class Plugins:
    """What packages offer in one group.

    Attributes:
        group: The group of entry points.
        what: What a name is the name of: `kind of source`.
        thing: What is loaded: `source`.
        parts: What such a thing has.
        fits: Whether it is one, if it has these.
        fault: The error where it can't be loaded.
        listed: What a hint says where no name is near.
    """

    group: str
    what: str
    thing: str
    parts: tuple[str, ...]
    fits: Callable[[Any], bool] = lambda _: True
    fault: type[RingfenceError] = ConfigError
    listed: str = ""

    def kinds(self) -> Mapping[str, EntryPoint]:
        """Return the entry point of each name, in the order of the names.

        Raises:
            ConfigError: Two packages offer different things under one name.
        """
        found: dict[str, EntryPoint] = {}
        for point in entry_points(group=self.group):
            other = found.setdefault(point.name, point)
            if other.value != point.value:
                message = (
                    f"two packages offer the {self.what} `{point.name}`: "
                    f"`{other.value}` and `{point.value}`"
                )
                raise ConfigError(message, hint="uninstall one of them")
        return dict(sorted(found.items()))

    def load(self, name: str, at: Locus | None = None) -> Any:  # noqa: ANN401
        """Return what a name is the name of; `at` is where somebody asked for it.

        Raises:
            ConfigError: There is no such name.
            RingfenceError: It can't be loaded, or isn't what it should be (`fault`).
        """
        known = self.kinds()
        if name not in known:
            hint = (nearest(name, known) if known else None) or self.listed
            told = f"installed are: {', '.join(known) or 'none'}"
            message = f"unknown {self.what} `{printable(name)}`"
            raise ConfigError(message, at, hint or told)
        try:
            loaded = known[name].load()
            has_all = all(hasattr(loaded, part) for part in self.parts)
            is_one = has_all and self.fits(loaded)
        except Exception as error:
            # Somebody else's module may fail in any way while it is imported.
            reason = printable(str(error).partition("\n")[0]) or "no reason given"
            message = f"the {self.what} `{name}` can't be loaded: {reason}"
            raise self.fault(message, at, "install what it needs") from error
        if not is_one:
            hint = f"a {self.thing} has " + ", ".join(f"`{one}`" for one in self.parts)
            message = f"`{known[name].value}` is no {self.thing}"
            raise self.fault(message, at, hint)
        return loaded
