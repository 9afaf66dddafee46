"""Engines that write down what they hear, ours and anybody's, behind one interface.

An engine is an entry point of the group `ringfence.transcribers`: a function that takes
the folder of a model (None: the one that comes with it) and a language (empty: whatever
the model takes it for) and returns an `Engine`. Whatever it needs is an extra, and is
imported when it is first asked. None of ours opens a connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from importlib.metadata import EntryPoint, PackageNotFoundError, version
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ringfence.docket.objects import Word
from ringfence.documents.plugins import Plugins
from ringfence.errors import ConfigError, Locus, RingfenceError, printable

GROUP = "ringfence.transcribers"
USUAL_SECOND = "moonshine"
_PARTS = ("name", "version", "model", "parameters", "words")
_ENGINES = Plugins(GROUP, "engine", "engine", ())
_CHUNK = 1 << 20
Samples = NDArray[np.int16]


class EngineError(RingfenceError):
    """An engine failed while it listened: what it finished before is kept."""


class Engine(Protocol):
    """Writes down what is said in a stretch of sound."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def version(self) -> str:
        """The version of the package."""

    @property
    def model(self) -> str:
        """Name of the model, and the SHA-256 of its files behind a colon."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """Whatever else changes what it writes."""

    def words(self, samples: Samples) -> Iterable[Word]:
        """Yield the words of a stretch of at most 28 seconds, in order.

        Times are in samples from the first one of the stretch.
        """


Opening = Callable[[Path | None, str], Engine]


def engines() -> Mapping[str, EntryPoint]:
    """Return the entry point of each engine, in the order of their names.

    Raises:
        ConfigError: Two packages offer different engines under one name.
    """
    return _ENGINES.kinds()


def engine(name: str, model: Path | None = None, language: str = "") -> Engine:
    """Return the engine of a name.

    Raises:
        ConfigError: There is none, what it needs isn't installed, or the model is none.
    """
    try:
        loaded = _ENGINES.load(name)(model, language)
    except RingfenceError:
        raise
    except Exception as error:
        # Somebody else's module may fail in any way while it is loaded.
        reason = printable(str(error).partition("\n")[0]) or "no reason given"
        message = f"the engine `{name}` can't be loaded: {reason}"
        raise ConfigError(message, hint="install what it needs") from error
    if not all(hasattr(loaded, part) for part in _PARTS):
        hint = "an engine has " + ", ".join(f"`{part}`" for part in _PARTS)
        value = _ENGINES.kinds()[name].value
        raise ConfigError(f"`{value}` makes no engine", hint=hint)
    checked: Engine = loaded
    return checked


def second(name: str, first: Engine, language: str = "") -> Engine | None:
    """Return the engine that is to be asked beside another one.

    Args:
        name: Its name; `none`; or `auto` for the usual one, if it is there.
        first: The other one.
        language: What is spoken.

    Raises:
        ConfigError: There is none of that name, or it is the first one.
    """
    if name == "none" or (name == "auto" and first.name == USUAL_SECOND):
        return None
    if name == "auto":
        try:
            return engine(USUAL_SECOND, None, language)
        except ConfigError:
            return None
    if name == first.name:
        hint = "an engine agrees with itself: name another one, or `none`"
        raise ConfigError(f"`{name}` is the first engine", Locus("--second"), hint)
    return engine(name, None, language)


def installed(name: str, package: str, extra: str) -> Any:  # noqa: ANN401 - a package that needn't be there
    """Return a module of an optional package.

    Raises:
        ConfigError: It isn't installed.
    """
    try:
        return resolve_name(package)
    except ImportError as error:
        missing = getattr(error, "name", None) or package
        message = f"the engine `{name}` needs `{printable(missing)}`, not installed"
        hint = f'pip install "ringfence[{extra}]"'
        raise ConfigError(message, hint=hint) from error


def version_of(package: str) -> str:
    """Return the version of a package; empty: it isn't installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def digest(folder: Path) -> str:
    """Return the SHA-256 of a folder of model files.

    It is that of what `sha256sum` prints of its files by their paths from the folder
    on, in the order of the bytes of those paths.

    Raises:
        ConfigError: No file is there, or one can't be read.
    """
    at, hint = Locus(str(folder)), "name the folder of a model"
    try:
        named = {
            path.relative_to(folder).as_posix(): path
            for path in folder.rglob("*")
            if path.is_file()
        }
        lines = [f"{_digest(named[name])}  {name}\n" for name in sorted(named)]
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"can't be read: {error}".lower(), at, hint) from None
    if not lines:
        raise ConfigError("holds no model", at, hint)
    return sha256("".join(lines).encode()).hexdigest()


def _digest(path: Path) -> str:
    found = sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()
