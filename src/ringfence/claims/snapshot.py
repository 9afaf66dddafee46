"""A case that can be asked: collected now, or read back from what a check has written.

An output folder holds the estate and the boundary as they were judged. Reading it back
collects nothing anew, and gives the digests that its proofs are bound to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ringfence.boundary.model import Boundary, canonical, digest
from ringfence.boundary.resolved import flaw
from ringfence.claims.check import BOUNDARY_FILE, Run, collected, read_boundary
from ringfence.claims.opened import ANEW, FACTS, Opened, read_estate
from ringfence.documents.files import read_bytes
from ringfence.documents.located import parse_moment
from ringfence.errors import ConfigError, Locus, SourceError

BOUNDARY = "boundary.json"
OTHER = "name another folder with `--output`"
_LOOKED = (Path(BOUNDARY_FILE), Path("out"))


@dataclass(frozen=True, slots=True)
class Ask:
    """Where a case is, and how to look at it.

    Attributes:
        case: A boundary file, a folder with one, or the output folder of a check; None
            for the `boundary.yaml` of the current folder, or else its folder `out`.
        now: The instant to ask about, if neither `as_of` nor the boundary says one.
        as_of: The instant to ask about, instead of the boundary's.
        progress: Called with each stage that begins.
    """

    case: Path | None
    now: str
    as_of: str | None = None
    progress: Callable[[str], None] = lambda _stage: None


def opened(ask: Ask) -> Opened:
    """Return the case, collected or read back.

    Raises:
        ConfigError: There is no case, or it can't be used.
        NothingCollectedError: No source gave a fact.
    """
    place = ask.case if ask.case is not None else _here()
    if not _is_written(place):
        run = Run(place, Path("out"), ask.now, ask.as_of, ask.progress)
        ready = collected(run)
        orders = tuple(ready.orders)
        return Opened(ready.boundary, ready.estate, orders=orders, base=ready.base)
    boundary = dated(read_resolved(place / BOUNDARY), ask)
    ask.progress("loading the estate")
    return Opened(boundary, read_estate(place / FACTS), str(place / FACTS))


def _here() -> Path:
    found = next((place for place in _LOOKED if place.exists()), None)
    if found is None:
        message = "there is no case here: neither `boundary.yaml` nor `out`"
        hint = "name a boundary file, its folder, or the output folder of a check"
        raise ConfigError(message, Locus("--case"), hint)
    return found


def _is_written(place: Path) -> bool:
    """Return whether this is what a check has written, rather than a case."""
    return (
        place.is_dir()
        and not (place / BOUNDARY_FILE).exists()
        and ((place / FACTS).exists() or (place / BOUNDARY).exists())
    )


def dated(boundary: Boundary, ask: Ask) -> Boundary:
    """Return the boundary with the instant that is asked about."""
    instant = ask.as_of or boundary.as_of or ask.now
    return msgspec.structs.replace(boundary, as_of=instant)


def boundary_of(path: Path, ask: Ask) -> Boundary:
    """Read a boundary, written by a person or by a check."""
    if path.suffix == ".json":
        return dated(read_resolved(path), ask)
    return dated(read_boundary(path, as_of=ask.as_of).boundary, ask)


def read_resolved(path: Path) -> Boundary:
    """Read a boundary as a check has written it: resolved, in canonical JSON.

    Raises:
        ConfigError: It isn't there, or isn't what a check has written.
    """
    at = Locus(str(path))
    try:
        raw = read_bytes(path, str(path))
        boundary = msgspec.json.decode(raw, type=Boundary)
    except SourceError as error:
        raise ConfigError.of(error.problems) from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ConfigError(f"is no boundary: {error}", at, ANEW) from None
    if canonical(boundary) != raw:
        raise ConfigError("is not canonical JSON", at, ANEW)
    if boundary.as_of and parse_moment(boundary.as_of) != boundary.as_of:
        raise ConfigError(f"`{boundary.as_of}` is no instant", at, ANEW)
    if problem := flaw(boundary):
        raise ConfigError(problem, at, ANEW)
    return boundary


def keep(opened: Opened, folder: Path) -> None:
    """Write `facts.jsonl` and `boundary.json`, the bytes that the digests are of.

    Raises:
        ConfigError: The folder holds proofs of another estate or boundary, which
            would prove nothing any more; or it is no folder.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"`{folder}` is no folder", Locus("--output"), OTHER)
    digests = {FACTS: opened.estate.digest(), BOUNDARY: digest(opened.boundary)}
    proofs = any(folder.glob("claim-*.json"))
    if proofs and any(_digest(folder / name) != one for name, one in digests.items()):
        message = f"`{folder}` holds the proofs of another estate or boundary"
        raise ConfigError(message, Locus("--output"), OTHER)
    folder.mkdir(parents=True, exist_ok=True)
    opened.estate.write(folder / FACTS)
    (folder / BOUNDARY).write_bytes(canonical(opened.boundary))


def _digest(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def compared(
    places: tuple[Path, Path], boundary: Path | None, ask: Ask
) -> tuple[Opened, Opened]:
    """Return two estates under one boundary: the one named, or else the second's own.

    Each is looked at as of its own date, unless one is asked for.

    Args:
        places: Output folders of checks, or facts files.
        boundary: A boundary file, or the `boundary.json` of a check.
        ask: What else is asked for; its case counts for nothing.

    Raises:
        ConfigError: An estate or a boundary can't be used.
    """
    own = [_own_boundary(place) for place in places]
    chosen = own[1] if boundary is None else boundary_of(boundary, ask)
    if chosen is None:
        message = "comes without the boundary that judges it"
        raise ConfigError(message, Locus(str(places[1])), "add `--boundary FILE`")
    found = []
    for place, mine in zip(places, own, strict=True):
        facts = place / FACTS if place.is_dir() else place
        instant = ask.as_of or (mine.as_of if mine else "") or chosen.as_of
        dated_ = msgspec.structs.replace(chosen, as_of=instant or ask.now)
        ask.progress(f"loading {facts}")
        found.append(Opened(dated_, read_estate(facts), str(facts)))
    return found[0], found[1]


def _own_boundary(place: Path) -> Boundary | None:
    if not place.exists():
        hint = "name the output folder of a check, or a facts file"
        raise ConfigError("no such file or directory", Locus(str(place)), hint)
    if not place.is_dir():
        return None
    if not (place / FACTS).exists():
        hint = "name the output folder of a check: `ringfence check` writes it"
        raise ConfigError(f"holds no `{FACTS}`", Locus(str(place)), hint)
    path = place / BOUNDARY
    return read_resolved(path) if path.exists() else None
