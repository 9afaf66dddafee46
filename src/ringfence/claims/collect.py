"""Sources into facts files: what each gave, or why it could not be read.

A source that can't be read doesn't stop the run. It leaves a source fact that says why,
which every verdict then has to answer to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from ringfence.documents.located import Located, nearest, parse_moment
from ringfence.documents.yaml import read_yaml
from ringfence.errors import (
    ConfigError,
    Locus,
    Problem,
    RingfenceError,
    SourceError,
    printable,
)
from ringfence.estate.facts import Fact, line
from ringfence.estate.load import FactsFile
from ringfence.estate.store import Estate
from ringfence.sources.registry import kinds
from ringfence.sources.registry import source as find
from ringfence.sources.source import Harvest, Note, Order


@dataclass(frozen=True, slots=True)
class Told:
    """What a source told: its facts files, or the problems that kept it silent.

    Attributes:
        order: What it was asked to read.
        kind: Its kind.
        collected: When its input was taken, empty when nobody says.
        history: Since when its facts are complete, empty when nobody says.
        files: Facts files to load.
        problems: Not empty: it is unread.
    """

    order: Order
    kind: str
    collected: str
    history: str
    files: tuple[FactsFile, ...] = ()
    problems: tuple[Problem, ...] = ()


def collect(
    order: Order, kind: str, folder: Path, *, collected: str, history: str = ""
) -> Told:
    """Ask a source, and write what it tells as a facts file below `folder`."""
    told = Told(order, kind, collected, history)
    try:
        harvest = find(kind).read(order)
        files = [FactsFile(name, path) for name, path in harvest.files]
        if not files:
            facts = [source_fact(told, harvest), *harvest.facts]
            files = [_written(facts, order.source, folder)]
    except RingfenceError as error:
        return unread(told, error.problems, folder)
    except Exception as error:  # noqa: BLE001 - anybody's source may fail in any way
        return unread(told, _failure(error, kind, order).problems, folder)
    return Told(order, kind, collected, history, tuple(files))


def given(path: Path, folder: Path) -> Told:
    """Take in a facts file that no boundary orders.

    A source of its own says so, with the file's digest. It is as old as the oldest of
    the sources in the file.
    """
    name = f"--with {printable(str(path))}"
    order = Order(name, (str(path),), Path(), {}, Locus("--with"))
    told = collect(order, "facts", folder, collected="")
    if told.problems:
        return told
    dated = replace(told, collected=min(_collected(path), default=""))
    fact = source_fact(dated, Harvest())
    return replace(dated, files=(*told.files, _written([fact], name, folder)))


def _collected(path: Path) -> Iterator[str]:
    """Yield when the sources of a facts file were collected, as it says."""
    with path.open("rb") as stream:
        for text in stream:
            if b'"fact":"source"' in text:
                with suppress(msgspec.DecodeError, UnicodeError):
                    yield msgspec.json.decode(text, type=Fact).value


def _failure(error: Exception, kind: str, order: Order) -> SourceError:
    """Return what is told of a source that failed in a way that it shouldn't.

    Its own words are left out: they may hold a password.
    """
    message = f"the source itself failed ({type(error).__name__})"
    return SourceError(message, order.at, f"tell whoever wrote the source `{kind}`")


def unread(told: Told, problems: Iterable[Problem], folder: Path) -> Told:
    """Return the source as one that could not be read."""
    found = tuple(problems)
    # INVARIANT: never empty, for an empty `unknown` stands for a source that was read.
    reason = printable(found[0].message) or "can't be read"
    fact = source_fact(told, Harvest(), unknown=reason)
    files = (_written([fact], told.order.source, folder),)
    return Told(told.order, told.kind, told.collected, told.history, files, found)


def source_fact(told: Told, harvest: Harvest, *, unknown: str = "") -> Fact:
    """Return the fact that a source was asked: when, from which bytes, about what."""
    order = told.order
    # A name that isn't UTF-8 reaches Python as half surrogates, which JSON can't hold.
    detail = {
        f"file:{printable(name)}": _digest(order.base / name) for name in order.files
    }
    if harvest.covers:
        detail["covers"] = "\n".join(sorted(set(harvest.covers)))
    if told.history:
        detail["history_since"] = told.history
    for number, note in enumerate(harvest.notes, start=1):
        detail[f"note:{number:04}"] = _noted(note)
    return Fact(
        fact="source",
        id=order.source,
        name=told.kind,
        value=told.collected,
        source=order.source,
        at=str(order.at or Locus(order.source)),
        unknown=unknown,
        detail={name: value for name, value in detail.items() if value},
    )


def _noted(note: Note) -> str:
    return note.message if note.at is None else f"{note.at}: {note.message}"


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""


def _written(facts: Iterable[Fact], name: str, folder: Path) -> FactsFile:
    path = folder / f"{hashlib.sha256(name.encode()).hexdigest()}.jsonl"
    write_facts(facts, path)
    return FactsFile(f"facts of {name}", path)


def write_facts(facts: Iterable[Fact], path: Path) -> None:
    """Write a facts file."""
    with path.open("wb") as stream:
        for fact in facts:
            stream.write(line(fact) + b"\n")


def load_told(told: list[Told], folder: Path) -> tuple[Estate, list[Told]]:
    """Load what the sources told; a facts file that can't be loaded becomes unread."""
    while True:
        try:
            return Estate([file for one in told for file in one.files]), told
        except RingfenceError as error:
            bad = {problem.at.file for problem in error.problems if problem.at}
            if not any(file.name in bad for one in told for file in one.files):
                raise
            told = [_without(one, bad, error.problems, folder) for one in told]


def _without(
    told: Told, bad: set[str], problems: tuple[Problem, ...], folder: Path
) -> Told:
    own = {file.name for file in told.files} & bad
    if not own:
        return told
    about = [one for one in problems if one.at is not None and one.at.file in own]
    return unread(told, about, folder)


def gathered(
    kind: str,
    files: Sequence[str],
    *,
    source: str,
    options: Sequence[str],
    collected: str,
) -> list[Fact]:
    """Ask one source alone, for a facts file of its own.

    Args:
        kind: Kind of source.
        files: Names of the files, from the current folder.
        source: Name that the facts carry.
        options: The source's options, each `name=value` with the value in YAML.
        collected: When the input was taken.

    Raises:
        ConfigError: There is no such kind, it gives facts files as they stand, an
            option is not `name=value`, or the source or the time can't be meant.
        SourceError: The source can't be read.
    """
    instant = parse_moment(collected)
    if instant is None:
        hint = "write `2022-01-31`, or `2022-01-31T09:30:00Z`"
        raise ConfigError(f"`{collected}` is no date", Locus("--collected"), hint)
    if not source.strip():
        raise ConfigError("a source needs a name", Locus("--source"), "leave it out")
    if kind not in kinds():
        meant = nearest(kind, kinds()) or "`ringfence sources` lists them"
        raise ConfigError(f"there is no kind of source `{kind}`", Locus(kind), meant)
    parsed = dict(_option(text) for text in options)
    order = Order(source, tuple(files), Path(), parsed, Locus(kind))
    try:
        harvest = find(kind).read(order)
    except RingfenceError:
        raise
    except Exception as error:
        raise _failure(error, kind, order) from error
    if harvest.files:
        hint = "order it in the boundary file, as kind `facts`"
        raise ConfigError("is a facts file already", Locus(harvest.files[0][0]), hint)
    told = Told(order, kind, instant, "")
    return [source_fact(told, harvest), *harvest.facts]


def _option(text: str) -> tuple[str, Located]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        hint = "write `--set store=warehouse`"
        raise ConfigError(f"`{text}` is no option", Locus("--set"), hint)
    try:
        return name, read_yaml(value, f"--set {name}")
    except SourceError as error:
        raise ConfigError.of(error.problems) from None
