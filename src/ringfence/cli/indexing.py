"""`ringfence index`: keyed fingerprints of a population, which hold nobody in clear."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter, validators

from ringfence.cli.streams import Progress, complain, show
from ringfence.cli.words import Form, Output, now
from ringfence.errors import ConfigError, ExitCode, Locus, RingfenceError

if TYPE_CHECKING:
    from ringfence.egress.index.building import Built
    from ringfence.egress.index.gathering import Gathering
    from ringfence.egress.index.manifest import Manifest
    from ringfence.egress.index.population import Layout

Files = Annotated[
    tuple[Path, ...],
    Parameter(
        name="--from",
        negative="",
        help="A Parquet file of rows; may be repeated.",
    ),
]
DsnEnv = Annotated[
    str,
    Parameter(help="The variable that holds the database's connection string."),
]
Sql = Annotated[
    str, Parameter(name="--query", help="Instead of files: a SELECT of the rows.")
]
KeyWords = Annotated[
    str,
    Parameter(
        name="--key", help="The index's key: `file:`, `env:` or `command:` and where."
    ),
]
SubjectKey = Annotated[
    str, Parameter(help="The key of the subject numbers, which stays; the same way.")
]
Ledger = Annotated[Path | None, Parameter(help="The ledger that is told of the epoch.")]
_DAYS = Annotated[
    float | None,
    Parameter(help="How old it may be, in days.", validator=validators.Number(gt=0)),
]

app = App(
    name="index",
    help="Keep keyed fingerprints of a population, which hold nobody in clear.",
    help_epilogue="""Exit codes: 0 done, 12 the index isn't the one that was written,
1 the tool failed, 2 usage.""",
    help_format="plaintext",
)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """How rows of a population are read, and what they become."""

    kinds: Annotated[
        str, Parameter(help="What columns hold: `email=EMAIL,phone=PHONE`.")
    ]
    subject: Annotated[str, Parameter(help="The column with the primary id.")]
    key: KeyWords
    subject_key: SubjectKey
    files: Files = ()
    dsn_env: DsnEnv = ""
    query: Sql = ""
    digests: Annotated[
        bool, Parameter(help="Index digests of e-mail addresses and phones, too.")
    ] = True
    ledger: Ledger = None
    format: Form = "text"


@app.command
def build(*, rows: Rows, output: Output) -> int:
    """Build an index in the place of the one before, as the next epoch.

    Example: `ringfence index build --from people.parquet --kinds
    email=EMAIL,phone=PHONE,id=ACCOUNT_ID --subject id --key file:index.key
    --subject-key file:subject.key -o index`.

    Parameters
    ----------
    output
        Folder of the index; an old one answers until the new one is whole.
    """
    from ringfence.egress.index import building, population

    time = now()
    gathering = _gathering(rows)
    _look(rows.ledger)
    source = population.readable(rows.files, rows.dsn_env, rows.query)
    progress = Progress()
    built = building.build(source, gathering, output, time=time, progress=progress)
    progress.done()
    _done(built, rows, time)
    return int(ExitCode.ALL_UPHELD)


@app.command
def delta(
    index: Path,
    /,
    *,
    rows: Rows,
    removed: Annotated[
        tuple[Path, ...],
        Parameter(
            negative="", help="A Parquet file of who went or changed; may be repeated."
        ),
    ] = (),
) -> int:
    """Bring an index up to date, within its epoch.

    Whoever changed is removed, and comes again with what they have now.

    Example: `ringfence index delta index --from new.parquet --removed gone.parquet
    --kinds email=EMAIL --subject id --key file:index.key --subject-key
    file:subject.key`.

    Parameters
    ----------
    index
        Folder of the index.
    """
    from ringfence.egress.index import delta as deltas
    from ringfence.egress.index import population

    time = now()
    gathering = _gathering(rows)
    is_given = rows.files or rows.query
    if not is_given and not removed:
        hint = "name Parquet files with `--from`, `--removed` or both"
        raise ConfigError("nothing has changed", Locus("--from"), hint)
    _look(rows.ledger)
    came = (
        population.readable(rows.files, rows.dsn_env, rows.query) if is_given else None
    )
    went = population.ParquetFiles(removed) if removed else None
    progress = Progress()
    built = deltas.bring(
        index, gathering, came=came, went=went, time=time, progress=progress
    )
    progress.done()
    _done(built, rows, time)
    return int(ExitCode.ALL_UPHELD)


@app.command(name="show")
def shown(index: Path, /, *, format: Form = "text") -> int:  # noqa: A002
    """Show what an index says of itself; without a key nothing vouches for it.

    Parameters
    ----------
    index
        Folder of the index.
    """
    from ringfence.egress.index import manifest as manifests
    from ringfence.report import index_text as told

    said = told.state(manifests.read(index, None))
    show(told.render("show", {**said, "checked": "no"}, format))
    return int(ExitCode.ALL_UPHELD)


@app.command
def check(
    index: Path,
    /,
    *,
    key: KeyWords,
    deep: Annotated[
        bool, Parameter(negative="", help="Compare every block, order and filter.")
    ] = False,
    max_age: _DAYS = None,
    ledger: Ledger = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Open an index as the exit does, and say whether it is the one that was written.

    With a ledger, its epoch is logged, as where a build was cut off before it could.

    Example: `ringfence index check index --key file:index.key --deep`.

    Parameters
    ----------
    index
        Folder of the index.
    """
    from datetime import timedelta

    from ringfence.egress.index.keys import read_key
    from ringfence.egress.index.opened import open_index
    from ringfence.report import index_text as told

    oldest = None if max_age is None else timedelta(days=max_age)
    found = open_index(index, read_key(key), max_age=oldest, deep=deep)
    said = {**told.state(found.manifest), "filters": found.filter is not None}
    said["checked"] = "whole" if deep else "in part"
    if ledger is not None:
        said["entry"] = _logged(found.manifest, ledger, now())
    show(told.render("check", said, format))
    return int(ExitCode.ALL_UPHELD)


def _look(ledger: Path | None) -> None:
    """Open a ledger once: a population may be long, and is in vain without it."""
    from ringfence.claims.recorded import look

    if ledger is not None:
        look(ledger)


def _gathering(rows: Rows) -> Gathering:
    from ringfence.egress.index.gathering import Gathering, Keys
    from ringfence.egress.index.keys import read_key

    layout = _layout(rows.kinds, rows.subject)
    keys = Keys(read_key(rows.key), read_key(rows.subject_key, "--subject-key"))
    return Gathering(layout, keys, has_digests=rows.digests)


def _layout(kinds: str, subject: str) -> Layout:
    """Return what columns hold, as the words of the command line say."""
    from ringfence.egress.forms.kinds import Kind
    from ringfence.egress.index.population import Layout

    found: dict[str, Kind] = {}
    for part in kinds.split(","):
        column, equals, name = part.strip().rpartition("=")
        if not equals or not column or column in found or name not in list(Kind):
            hint = f"write `column=KIND`; kinds are {', '.join(Kind)}"
            at = Locus("--kinds")
            raise ConfigError(f"`{part}` names no column with its kind", at, hint)
        found[column] = Kind(name)
    return Layout(found, subject)


def _done(built: Built, rows: Rows, time: str) -> None:
    """Log an epoch if a ledger is named, and tell of it."""
    from ringfence.report import index_text as told

    for kind, tally in built.tallies.items():
        if tally.unread:
            complain(f"{tally.unread:,} values aren't of the kind `{kind}`")
    entry = None
    if rows.ledger is not None:
        try:
            entry = _logged(built.manifest, rows.ledger, time)
        except RingfenceError:
            complain("the index stands; `ringfence index check --ledger` logs it later")
            raise
    show(told.render("epoch", told.built(built, entry), rows.format))


def _logged(manifest: Manifest, ledger: Path, time: str) -> int:
    from ringfence.egress.index.epochs import entry
    from ringfence.ledger.faults import within
    from ringfence.ledger.keeping.opening import writing

    with within(ledger), writing(ledger) as log:
        (place,) = log.append([entry(manifest, time)])
        log.publish()
    return place
