"""`ringfence audit`: who did cross, as of its time, and the line that says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from ringfence.cli.streams import Progress, complain, show
from ringfence.cli.words import (
    AsOf,
    Form,
    Limit,
    Minutes,
    Output,
    Selector,
    instant,
    now,
    room,
)
from ringfence.errors import printable

if TYPE_CHECKING:
    from ringfence.claims.audited import Audited, Gated
    from ringfence.report.answering import Screen

EXITS = """Exit codes: 0 nobody crossed and nothing is missing, 10 something is unknown,
11 somebody crossed, or went round the gate, 1 the tool failed, 2 usage,
3 nothing collected."""

Engine = Annotated[
    str,
    Parameter(
        help="What judges: `duckdb` here, or a Spark Connect server, `sc://host:port`."
    ),
]
app = App(
    name="audit",
    help="Judge every event of the logs as of its time: who did cross?",
    help_epilogue=EXITS,
    help_format="plaintext",
)


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Decided:
    """What the gate decided, if what was done is matched with it."""

    ledger: Annotated[
        Path | None,
        Parameter(
            help="The ledger of the gate's decisions: say what none of them explains."
        ),
    ] = None
    minutes: Minutes = 5

    def read(self, progress: Progress) -> Gated | None:
        """Return what the ledger tells, None if there is none."""
        from ringfence.claims.answered import answers
        from ringfence.claims.audited import Gated

        if self.ledger is None:
            return None
        progress("reading the ledger")
        return Gated(answers(self.ledger), self.minutes * 60)


@app.default
def audit(
    case: Path,
    /,
    *,
    output: Output = Path("out"),
    excluded: Selector = None,
    engine: Engine = "duckdb",
    gate: Decided = Decided(),
    as_of: AsOf = None,
    format: Form = "text",  # noqa: A002
    limit: Limit = None,
) -> int:
    """Judge every event of the logs that a boundary orders.

    Examples: `ringfence audit examples/shortvideo`,
    `ringfence audit boundary.yaml --excluded covered-persons --format json`,
    `ringfence audit boundary.yaml --engine sc://spark.internal:15002`,
    `ringfence audit boundary.yaml --ledger decisions`.

    Parameters
    ----------
    case
        The boundary file, or a folder that holds `boundary.yaml`.
    output
        Folder for the table of events, crossings.jsonl and unused.jsonl.
    """
    from ringfence.claims.audited import audited
    from ringfence.claims.check import Run
    from ringfence.report import audit_json, audit_text

    progress = Progress()
    run = Run(case, output, now(), instant(as_of), progress)
    server = "" if engine == "duckdb" else engine
    gated = gate.read(progress)
    with audited(run, selector=excluded, engine=server, gated=gated) as found:
        progress("writing crossings.jsonl and unused.jsonl")
        _write(found, output)
        told = found.boundary, found.crossings, found.unused
        if format == "json":
            text = audit_json.audit(*told, found.bypasses)
        else:
            screen = _screen(found, case, output, limit)
            text = audit_text.audit(*told, screen, found.bypasses)
        code = audit_text.exit_code(found.crossings, found.bypasses)
    progress.done()
    show(text)
    return int(code)


def _screen(found: Audited, case: Path, output: Path, limit: int | None) -> Screen:
    from ringfence.report.answering import Screen

    width, rows = room(limit)
    folder = printable(str(output))
    return Screen(width, rows, found.crossings.labels, folder, str(case))


def _write(found: Audited, folder: Path) -> None:
    import msgspec

    with (folder / "crossings.jsonl").open("wb") as stream:
        if found.crossings.crossing:
            for one in found.logs.exhibits(found.asked):
                stream.write(msgspec.json.encode(one) + b"\n")
    with (folder / "unused.jsonl").open("wb") as stream:
        for way in found.unused.listed:
            stream.write(msgspec.json.encode(way) + b"\n")


@app.command(name="show")
def shown(
    id: str,  # noqa: A002
    case: Path,
    /,
    *,
    output: Output = Path("out"),
) -> int:
    """Print the line of a log that an event stands in, byte for byte.

    Example: `ringfence audit show 3f9a12c4d5e6-1203 examples/shortvideo`.

    Parameters
    ----------
    id
        The event: the start of its file's SHA-256, and its first byte.
    case
        The boundary file, or a folder that holds `boundary.yaml`.
    output
        Folder that an audit or a check has written.
    """
    from ringfence.claims.audited import original

    found = original(id, case, output)
    place = f"bytes {found.offset} to {found.offset + found.length}"
    complain(printable(f"{found.name}:{found.line}, {place}, sha256 {found.digest}"))
    if found.reason:
        complain(printable(f"it is no event: {found.reason}"))
    show(found.content + b"\n")
    return 0
