"""`ringfence enforce postgres follow`: exceptions in a database, as a ledger tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ringfence.cli.conceding import Dsn, connected
from ringfence.cli.lasting import Files, ending
from ringfence.cli.streams import show
from ringfence.cli.words import Form, now
from ringfence.errors import ConfigError, ExitCode, Locus, printable

if TYPE_CHECKING:
    from ringfence.boundary.decision.scene import Leave
    from ringfence.claims.case import Case
    from ringfence.claims.enforcing import Enforcing
    from ringfence.gate.point.live import Held
    from ringfence.gate.postgres.wanted import Wanted

SECONDS = 1.0  # from one look to the next


def follow(
    case: Path,
    /,
    *,
    exceptions: Path,
    dsn: Dsn = "",
    store: str | None = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Have a closed database concede the exceptions in force, until told to end.

    It looks each second: what is approved, is revoked or ends takes effect within
    seconds. When it ends, nothing is conceded any more.

    Example: `ringfence enforce postgres follow case --exceptions leaves`.

    Parameters
    ----------
    case
        The boundary file, or its folder, or what a check has written.
    exceptions
        The ledger of exceptions.
    dsn
        How to connect, as a superuser.
    store
        Name of the store in the estate; needed where there are several with logins.
    """
    from ringfence.claims.following import Following
    from ringfence.gate.postgres.following import follow as carry_out
    from ringfence.gate.service.watching import Conceding

    to = connected(dsn)

    tell = _Lines(format)
    place = Store(case, store)
    source = Conceding(place, exceptions, tell)
    following = Following(source, place, lambda one: carry_out(to, one), tell)
    with ending() as ended:
        try:
            following.look(now())
            tell(f"following {exceptions}")
            while not ended.wait(SECONDS):
                following.look(now())
        finally:
            following.close()
    return int(ExitCode.ALL_UPHELD)


@dataclass(frozen=True, slots=True)
class _Lines:
    form: Form

    def __call__(self, text: str) -> None:
        """Write what happened, and when, in one line."""
        time = now()
        line = f"{time}  {printable(' '.join(text.split()))}"
        if self.form == "json":
            line = msgspec.json.encode({"time": time, "says": text}).decode()
        show(f"{line}\n")


class Store:
    """A case with the store of it that is closed, read anew as its files change.

    Args:
        case: The boundary file, its folder, or what a check has written.
        store: Name of the store; None: the only one with logins.
    """

    def __init__(self, case: Path, store: str | None) -> None:
        self._place, self._store = case, store
        self._ready: Enforcing | None = None
        self._files = Files(case)

    def changed(self) -> bool:
        """Tell whether a file of the case is another than when it was read."""
        return self._files.changed()

    def read(self, now: str) -> Held:
        """Return the scene of the case, and take up its store.

        Raises:
            RingfenceError: There is none.
            OSError: A file can't be read.
        """
        from ringfence.claims.enforcing import Enforcing, store_of
        from ringfence.claims.gating import scene_of
        from ringfence.gate.point.live import Held

        self._files.read()
        case = _case(self._place, now)
        scene = scene_of(case, grants=False)
        self._ready = Enforcing(case, self._store or store_of(case))
        return Held(scene, scene.until)

    def conceding(self, leaves: Sequence[Leave]) -> Wanted:
        """Return what has to be closed, but for what exceptions concede."""
        from ringfence.claims.conceding import conceding

        if self._ready is None:
            raise ConfigError("the case isn't read yet", Locus("--case"))
        return conceding(self._ready, leaves)


def _case(case: Path, instant: str) -> Case:
    """Return a case as of an instant."""
    from ringfence.claims.case import Case
    from ringfence.claims.snapshot import Ask, opened

    found = opened(Ask(case, instant, instant))
    return Case(found.estate, found.boundary, found.boundary.as_of)
