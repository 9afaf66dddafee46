"""The command line: words in, exit code out, no logic.

Results go to standard output, progress and errors to standard error. Engines are
imported by the commands that need them, so that `--help` costs nothing.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, CycloptsError, Parameter, validators

from ringfence import __version__
from ringfence.errors import ConfigError, ExitCode, Locus, RingfenceError, printable

if TYPE_CHECKING:
    from ringfence.claims.check import Run
    from ringfence.claims.outcome import Outcome
    from ringfence.claims.outcome import Path as Witness
    from ringfence.report.document import Document

_HELP = """Show every way across the fence round one population's data, with proof.

Start with `ringfence check examples/shortvideo`.
"""
_EXITS = """Exit codes: 0 all upheld, 10 some unproven, 11 some refuted,
12 evidence that doesn't verify, 1 the tool failed, 2 usage, 3 nothing collected."""

_EXIT_OF = {"upheld": "ALL_UPHELD", "unproven": "UNPROVEN", "refuted": "REFUTED"}

app = App(
    name="ringfence",
    help=_HELP,
    help_epilogue=_EXITS,
    help_format="plaintext",
    version=__version__,
    suppress_keyboard_interrupt=False,  # it would end with a code of its own
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
    lines: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
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
    lines
        Lines of that screen; by default those of the terminal.
    color
        Colour the verdicts; `auto` does on a terminal unless NO_COLOR is set.
    """
    from ringfence.claims.check import check as judge
    from ringfence.report import document, html, json

    progress = _Progress()
    outcome = judge(_run(case, output, as_of, progress))
    progress("writing the report")
    report = document.build(outcome, folder=printable(str(output)))
    pages = {"html": html.render(report), "json": json.render(report)}
    for name, page in pages.items():
        (output / f"report.{name}").write_text(page, encoding="utf-8")
    progress.done()
    _complain_of(outcome)
    if format == "text":
        _show(_screen(report, lines, colour=_colours(color), everything=all))
    else:
        _show(pages[format].encode())
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
    from ringfence.claims.pairs import pairs, verdict_of

    progress = _Progress()
    ready = collected(_run(case, Path("out"), as_of, progress))
    found = Case(ready.estate, ready.boundary, ready.boundary.as_of)
    progress.done()
    count = 0
    for path in pairs(found, claim, who=who, what=what):
        count += 1
        if not _show(_line(path) if format == "json" else _told(path)):
            break
    verdict = verdict_of(found, claim)
    pairs_shown = "1 pair" if count == 1 else f"{count} pairs"
    _complain(f"{pairs_shown} in reach; the claim is {verdict}")
    return int(ExitCode[_EXIT_OF[verdict]])


@app.command(usage="Usage: ringfence collect [OPTIONS] KIND [FILES...]")
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
    from ringfence.sources.registry import source as find

    if set and not find(kind, Locus(kind)).options:
        raise ConfigError(f"`{kind}` takes no options", Locus("--set"), "leave it out")
    when = collected or _now()
    facts = gathered(kind, files, source=source or kind, options=set, collected=when)
    content = b"".join(line(fact) + b"\n" for fact in facts)
    if output is None:
        _show(content)
    else:
        output.write_bytes(content)
        _complain(f"{len(facts)} facts written to {printable(str(output))}")
    return int(ExitCode.ALL_UPHELD)


@app.command
def sources() -> int:
    """List the kinds of source that can be read."""
    from ringfence.sources.registry import kinds, source

    for kind in sorted(kinds()):
        try:
            _show(f"{kind:<16}{source(kind).summary}\n")
        except RingfenceError as error:
            _complain(str(error))
    return int(ExitCode.ALL_UPHELD)


@boundary_app.command
def countries() -> int:
    """List the groups of countries that the regimes name."""
    from ringfence.boundary.regime import groups, shipped

    for name, group in groups(shipped()).items():
        codes = " ".join(group.codes())
        _show(f"{name:<28}{group.regime:<20}{codes}\n")
    return int(ExitCode.ALL_UPHELD)


@boundary_app.command
def schema() -> int:
    """Print the JSON Schema of boundary files."""
    from importlib.resources import files

    _show((files("ringfence.boundary") / "boundary.schema.json").read_bytes())
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

    _show(canonical(read_boundary(case).boundary) + b"\n")
    return int(ExitCode.ALL_UPHELD)


for _name in ("boundary", "collect", "reach", "sources"):
    app[_name].help_epilogue = ""  # only `check` needs every code


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    _prepare_streams()
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
        if error.exit_code is ExitCode.USAGE:
            count = len(error.problems)
            what = "problem" if count == 1 else "problems"
            done = "checked" if isinstance(error, ConfigError) else "collected"
            _complain(f"{count} {what}, nothing was {done}")
        return int(error.exit_code)
    except OSError as error:
        at = f"{error.filename}: " if error.filename else ""
        reason = printable(at + (error.strerror or str(error)).lower())
        _complain(f"{reason}\n  help: check the path, its permissions and free space")
        return int(ExitCode.TOOL_FAILED)
    except KeyboardInterrupt:
        _complain("interrupted: there is no verdict")
        return int(ExitCode.TOOL_FAILED)
    except Exception as error:
        if os.environ.get("RINGFENCE_TRACEBACK"):
            raise
        kind = type(error).__name__
        _complain(f"ringfence failed: {printable(f'{kind}: {error}')}")
        _complain("  help: RINGFENCE_TRACEBACK=1 shows where; please report it")
        return int(ExitCode.TOOL_FAILED)
    return int(result or 0)


def _run(case: Path, output: Path, as_of: str | None, progress: _Progress) -> Run:
    from ringfence.claims.check import Run
    from ringfence.documents.located import parse_moment

    instant = None if as_of is None else parse_moment(as_of)
    if as_of is not None and instant is None:
        hint = "write `2022-01-31`"
        raise ConfigError(f"`{as_of}` is no date", Locus("--as-of"), hint)
    return Run(case, output, now=_now(), as_of=instant, progress=progress)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _colours(wish: str) -> bool:
    if wish != "auto":
        return wish == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _screen(
    report: Document, lines: int | None, *, colour: bool, everything: bool
) -> str:
    from ringfence.report import text

    wide, high = shutil.get_terminal_size((100, 30))
    return text.render(
        report, width=wide, height=lines or high, colour=colour, everything=everything
    )


def _prepare_streams() -> None:
    """Have both streams take whatever is written: neither may end a run."""
    nowhere = Path(os.devnull)
    sys.stdout = sys.stdout or nowhere.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or nowhere.open("w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _show(content: str | bytes) -> bool:
    """Write to standard output, and return whether anybody still reads it.

    Who closes the pipe has seen enough: the verdict, and so the exit code, is the same.
    """
    try:
        if isinstance(content, str):
            sys.stdout.write(content)
        else:
            sys.stdout.buffer.write(content)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer goes nowhere, without a complaint at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def _complain_of(outcome: Outcome) -> None:
    for source in outcome.sources:
        for problem in source.problems:
            _complain(f"source {printable(source.name)} is unread: {problem}")


def _complain(text: str) -> None:
    sys.stderr.write(text + "\n")


class _Progress:
    """Says on standard error what is going on, once it has taken two seconds.

    A terminal sees every stage, on one line; a log gets a line every ten seconds.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._due = 2.0
        self._step = 0.0 if sys.stderr.isatty() else 10.0

    def __call__(self, stage: str) -> None:
        seconds = time.monotonic() - self._began
        if seconds < self._due:
            return
        self._due = seconds + self._step
        end = "\n" if self._step else "\x1b[K\r"
        sys.stderr.write(f"{seconds:5.1f} s  {stage}{end}")
        sys.stderr.flush()

    def done(self) -> None:
        if not self._step:
            sys.stderr.write("\x1b[K")


def _line(path: Witness) -> str:
    import msgspec

    return msgspec.json.encode(path).decode() + "\n"


def _told(path: Witness) -> str:
    lines = [f"{path.origin} -> {path.verb} {path.target}"]
    for hop in (*path.origin_facts, *path.hops):
        doubt = f"   (not certain: {hop.open})" if hop.open else ""
        lines.append(f"  {hop.phrase} {hop.head}   {hop.at}{doubt}")
    return "\n".join(map(printable, lines)) + "\n"
