"""`ringfence scan`: whose data lies in a store where it should not."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from ringfence.cli.streams import Progress, complain, show
from ringfence.cli.words import Form, now
from ringfence.errors import ConfigError, Locus, printable

if TYPE_CHECKING:
    from ringfence.egress.scan.found import Scan
    from ringfence.egress.scan.scanning import Store
    from ringfence.egress.scan.taking import Take

EXITS = """Exit codes: 0 read whole and nobody seen, 10 nobody seen but not all was
looked through, 11 data of the population, 1 the tool failed, 2 usage,
12 the index isn't the one that was written."""

_Share = Annotated[float, Parameter(validator=validators.Number(gte=0, lt=1))]
_Count = Annotated[int, Parameter(validator=validators.Number(gte=0))]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How much of a store is looked through.

    Parameters
    ----------
    sample
        Of each dataset a part of the rows, drawn by the seed: `0.01`.
    rows
        Of each dataset so many rows instead.
    blocks
        Draw whole blocks, which is quicker; no interval is told then.
    seed
        What rows are drawn by.
    """

    sample: _Share = 0.0
    rows: _Count = 0
    blocks: Annotated[bool, Parameter(negative="")] = False
    seed: _Count = 0


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Stating:
    """What is stated of a store.

    Parameters
    ----------
    facts
        File for what was found, as facts; `ringfence check --with` reads it.
    source
        Name of the source in the facts; by default `scan of` and the store.
    collected
        When the store was read; by default now.
    """

    facts: Path | None = None
    source: str | None = None
    collected: str | None = None


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Where an object store answers.

    Parameters
    ----------
    endpoint
        Where an object store answers, `https://host:port`; by default Amazon's.
    region
        Region that requests to an object store are signed for.
    """

    endpoint: str = ""
    region: str = "us-east-1"


WHOLE, SILENT, USUAL = Sample(), Stating(), Answering()


def scan(
    place: str,
    /,
    *,
    store: str,
    index: Annotated[Path, Parameter(help="The folder of the index.")],
    key: Annotated[
        str, Parameter(help="The index's key: `file:`, `env:` or `command:` and where.")
    ],
    much: Sample = WHOLE,
    stating: Stating = SILENT,
    answering: Answering = USUAL,
    format: Form = "text",  # noqa: A002
    all: Annotated[bool, Parameter(negative="")] = False,  # noqa: A002
) -> int:
    """Look through a store for data of the population, wholly or by a sample.

    Examples: `ringfence scan exports/ --store archive --index idx --key file:k`,
    `ringfence scan s3://bucket/exports --store archive --index idx --key file:k`,
    `ringfence scan env:DSN --store archive --rows 2000 --index idx --key file:k`.

    Parameters
    ----------
    place
        A folder, `s3://bucket/prefix`, or `env:` and the variable that holds a
        PostgreSQL connection string.
    store
        Name of the store in the estate.
    all
        Show all datasets with somebody in them or a gap, not 20 of each.
    """
    from ringfence.report import scan_text

    bare = store.removeprefix("store:").strip()
    if not bare:
        raise ConfigError("a store needs a name", Locus("--store"))
    when = _instant(stating.collected)
    found = _scanned(_store(place, answering), _take(much), index, key)
    if stating.facts is not None:
        source = stating.source or f"scan of {bare}"
        _state(found, stating.facts, (bare, source, when))
    if format == "json":
        show(scan_text.as_json(found, bare))
    else:
        show(scan_text.as_text(found, bare, everything=all))
    return int(scan_text.exit_code(found))


def _scanned(store: Store, take: Take, index: Path, key: str) -> Scan:
    from ringfence.egress.index.keys import read_key
    from ringfence.egress.index.opened import open_index
    from ringfence.egress.scan.looking import Watch
    from ringfence.egress.scan.scanning import scan as look

    known = open_index(index, read_key(key))
    progress = Progress()
    try:
        return look(store, Watch(known, take, progress))
    finally:
        progress.done()


def _take(much: Sample) -> Take:
    from ringfence.egress.scan.taking import Take

    if much.sample and much.rows:
        hint = "give `--sample` or `--rows`"
        raise ConfigError("one sample is wanted", Locus("--rows"), hint)
    if much.blocks and not (much.sample or much.rows):
        hint = "add `--sample 0.01`"
        raise ConfigError("blocks of what sample?", Locus("--blocks"), hint)
    return Take(much.sample, much.rows, much.blocks, much.seed)


def _store(place: str, answering: Answering) -> Store:
    if place.startswith("s3://"):
        from ringfence.egress.scan.files import objects

        endpoint, region = answering.endpoint, answering.region
        return objects(place, endpoint=endpoint, region=region)
    name = place.removeprefix("env:")
    if name != place:
        from ringfence.egress.scan.postgres import Database

        dsn = os.environ.get(name)
        if not dsn:
            message = f"the environment has no `{name}`"
            hint = "name a variable that holds the connection string"
            raise ConfigError(message, Locus("PLACE"), hint)
        return Database(dsn)
    if "://" in place:
        hint = "write a folder, `s3://bucket/prefix`, or `env:` and a variable"
        raise ConfigError("no such kind of store", Locus("PLACE"), hint)
    from ringfence.egress.scan.files import Folder

    return Folder(Path(place))


def _instant(collected: str | None) -> str:
    from ringfence.documents.located import parse_moment

    found = now() if collected is None else parse_moment(collected)
    if found is None:
        hint = "write `2022-01-31`, or `2022-01-31T09:30:00Z`"
        raise ConfigError(f"`{collected}` is no date", Locus("--collected"), hint)
    return found


def _state(scan: Scan, path: Path, told: tuple[str, str, str]) -> None:
    """Write what was found as facts."""
    from ringfence.claims.collect import write_facts
    from ringfence.claims.scanned import facts

    store, source, collected = told
    found = [*facts(scan, store=store, source=source, collected=collected)]
    try:
        write_facts(found, path)
    except OSError as error:
        reason = (error.strerror or "can't be written").lower()
        raise ConfigError(reason, Locus(str(path)), "name another file") from None
    complain(f"{len(found)} facts written to {printable(str(path))}")
