"""The command line: words in, exit code out, no logic.

Results go to standard output, progress and errors to standard error. Engines are
imported by the commands that need them, so that `--help` costs nothing.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, CycloptsError, Parameter

from ringfence import __version__
from ringfence.errors import ConfigError, ExitCode, Locus, RingfenceError, printable

if TYPE_CHECKING:
    from ringfence.claims.check import Run
    from ringfence.claims.outcome import Path as Witness

_HELP = """Show every way across the fence round one population's data, with proof.

Start with `ringfence check examples/shortvideo`.
"""
_EXITS = """Exit codes: 0 all upheld, 10 some unproven, 11 some refuted,
12 evidence that doesn't verify, 1 the tool failed, 2 usage, 3 nothing collected."""

app = App(
    name="ringfence",
    help=_HELP,
    help_epilogue=_EXITS,
    help_format="plaintext",
    version=__version__,
)
boundary_app = App(name="boundary", help="Look at boundary files and regimes.")
app.command(boundary_app)

AsOf = Annotated[
    str | None, Parameter(help="Judge this instant instead of the boundary's.")
]


@app.command
def check(
    case: Path,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])] = Path("out"),
    as_of: AsOf = None,
    format: Literal["text", "json", "html"] = "text",  # noqa: A002
    all: Annotated[bool, Parameter(negative="")] = False,  # noqa: A002
    color: Literal["auto", "always", "never"] = "auto",
) -> int:
    """Judge every claim of a boundary, and write report and proof files.

    Examples: `ringfence check examples/shortvideo`,
    `ringfence check boundary.yaml --as-of 2022-01-31 --format json`.

    Parameters
    ----------
    case
        The boundary file, or a folder that holds `boundary.yaml`.
    output
        Folder for report.html, report.json, facts.jsonl, boundary.json, proof files.
    format
        What to print: the summary, or the whole report as JSON or HTML.
    all
        Print everything instead of one screen.
    color
        Colour the verdicts; `auto` does on a terminal unless NO_COLOR is set.
    """
    from ringfence.claims.check import check as judge
    from ringfence.report import document, html, json, text

    progress = _Progress()
    outcome = judge(_run(case, output, as_of, progress))
    progress("writing the report")
    report = document.build(outcome, folder=str(output))
    pages = {"html": html.render(report), "json": json.render(report)}
    for name, page in pages.items():
        (output / f"report.{name}").write_text(page, encoding="utf-8")
    progress.done()
    for source in outcome.sources:
        for problem in source.problems:
            _complain(f"source {printable(source.name)} is unread: {problem}")
    if format == "text":
        width, height = shutil.get_terminal_size((100, 30))
        shown = text.render(
            report, width=width, height=height, colour=_colours(color), everything=all
        )
        sys.stdout.write(shown)
    else:
        sys.stdout.write(pages[format])
    return int(report.exit_code)


@app.command
def reach(
    case: Path,
    /,
    *,
    claim: str,
    who: str | None = None,
    what: str | None = None,
    as_of: AsOf = None,
    format: Literal["text", "json"] = "text",  # noqa: A002
) -> int:
    """List who reaches what under a claim, with the shortest witness for each pair.

    Example: `ringfence reach examples/shortvideo --claim nobody-in-cn-can --who NAME`.

    Parameters
    ----------
    case
        The boundary file, or a folder that holds `boundary.yaml`.
    claim
        Id of the claim whose excluded principals and protected columns are meant.
    who
        Only this origin, by its name or id.
    what
        Only this column, by its name or id.
    format
        `text`, or `json` for one line of JSON a pair.
    """
    from ringfence.claims.case import Case
    from ringfence.claims.check import collected
    from ringfence.claims.pairs import pairs

    progress = _Progress()
    ready = collected(_run(case, Path("out"), as_of, progress))
    found = Case(ready.estate, ready.boundary, ready.boundary.as_of)
    progress.done()
    count = 0
    for path in pairs(found, claim, who=who, what=what):
        count += 1
        sys.stdout.write(_line(path) if format == "json" else _told(path))
    _complain(f"{count} pairs in reach")
    return int(ExitCode.REFUTED if count else ExitCode.ALL_UPHELD)


@app.command
def collect(
    kind: str,
    /,
    *files: str,
    source: str | None = None,
    set: Annotated[tuple[str, ...], Parameter(negative="")] = (),  # noqa: A002
    collected: str | None = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
) -> int:
    """Read one source, near its system, and write a portable facts file.

    Knows no boundary. Examples:
    `ringfence collect postgres --set store=warehouse --set dsn_env=PGDSN -o w.jsonl`,
    `ringfence collect people-csv people.csv --set 'columns={id: email}'`.

    Parameters
    ----------
    kind
        Kind of source; `ringfence sources` lists them.
    files
        Files to read, for kinds that read files.
    source
        Name of the source in the facts; by default its kind.
    set
        An option of the source, `name=value`; the value is YAML.
    collected
        When the input was taken; by default now.
    output
        File to write; by default standard output.
    """
    from ringfence.claims.collect import gathered
    from ringfence.estate.facts import line

    facts = gathered(
        kind,
        files,
        source=source or kind,
        options=set,
        collected=collected or _now(),
    )
    content = b"".join(line(fact) + b"\n" for fact in facts)
    if output is None:
        sys.stdout.buffer.write(content)
    else:
        output.write_bytes(content)
        _complain(f"{len(facts)} facts written to {printable(str(output))}")
    return int(ExitCode.ALL_UPHELD)


@app.command
def sources() -> int:
    """List the kinds of source that can be read."""
    from ringfence.sources.registry import kinds, source

    for kind in sorted(kinds()):
        sys.stdout.write(f"{kind:<16}{source(kind).summary}\n")
    return int(ExitCode.ALL_UPHELD)


@boundary_app.command
def countries() -> int:
    """List the groups of countries that the regimes name."""
    from ringfence.boundary.regime import groups, shipped

    for name, group in groups(shipped()).items():
        codes = " ".join(group.codes())
        sys.stdout.write(f"{name:<28}{group.regime:<20}{codes}\n")
    return int(ExitCode.ALL_UPHELD)


@boundary_app.command
def schema() -> int:
    """Print the JSON Schema of boundary files."""
    from importlib.resources import files

    path = files("ringfence.boundary") / "boundary.schema.json"
    sys.stdout.write(path.read_text(encoding="utf-8"))
    return int(ExitCode.ALL_UPHELD)


@boundary_app.command
def show(case: Path, /) -> int:
    """Print a boundary as it resolves: the JSON that its digest covers.

    Parameters
    ----------
    case
        The boundary file, or a folder that holds `boundary.yaml`.
    """
    from ringfence.boundary.model import canonical
    from ringfence.claims.check import read_boundary

    sys.stdout.buffer.write(canonical(read_boundary(case).boundary) + b"\n")
    return int(ExitCode.ALL_UPHELD)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(_exit_code(argv))


def _exit_code(argv: Sequence[str] | None) -> int:
    try:
        result = app(
            argv, exit_on_error=False, print_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        _complain(printable(str(error)) + "\n  help: see `ringfence --help`")
        return int(ExitCode.USAGE)
    except RingfenceError as error:
        _complain(str(error))
        if isinstance(error, ConfigError):
            count = len(error.problems)
            what = "problem" if count == 1 else "problems"
            _complain(f"{count} {what}, nothing was checked")
        return int(error.exit_code)
    except BrokenPipeError:
        # The reader has what it wanted; keep the interpreter from complaining.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.ALL_UPHELD)
    except OSError as error:
        reason = printable(str(error))
        _complain(f"{reason}\n  help: check the path, its permissions and free space")
        return int(ExitCode.TOOL_FAILED)
    return int(result or 0)


def _run(case: Path, output: Path, as_of: str | None, progress: _Progress) -> Run:
    from ringfence.claims.check import Run
    from ringfence.documents.located import parse_moment

    if as_of is not None and parse_moment(as_of) is None:
        message = f"`{as_of}` is no date"
        raise ConfigError(message, Locus("--as-of"), "write `2022-01-31`")
    instant = None if as_of is None else parse_moment(as_of)
    return Run(case, output, now=_now(), as_of=instant, progress=progress)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _colours(wish: str) -> bool:
    if wish != "auto":
        return wish == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _complain(text: str) -> None:
    sys.stderr.write(text + "\n")


class _Progress:
    """Says on standard error what is going on, once it has taken two seconds."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._shown = False

    def __call__(self, stage: str) -> None:
        seconds = time.monotonic() - self._began
        if seconds > 2:  # noqa: PLR2004
            self._shown = True
            end = "\x1b[K\r" if sys.stderr.isatty() else "\n"
            sys.stderr.write(f"{seconds:5.1f} s  {stage}{end}")
            sys.stderr.flush()

    def done(self) -> None:
        if self._shown and sys.stderr.isatty():
            sys.stderr.write("\x1b[K")


def _line(path: Witness) -> str:
    import msgspec

    return msgspec.json.encode(path).decode() + "\n"


def _told(path: Witness) -> str:
    lines = [f"{path.origin} -> {path.verb} {path.target}"]
    lines += [f"  {hop.phrase} {hop.head}   {hop.at}" for hop in path.hops]
    return "\n".join(map(printable, lines)) + "\n"
