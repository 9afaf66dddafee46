"""`ringfence gate`: what the gate decides, what it would decide, and who went round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter, validators

from ringfence.cli.streams import Progress, show
from ringfence.cli.words import AsOf, Form, Limit, Minutes, Output, instant, now, room
from ringfence.errors import ConfigError, ExitCode, Locus

if TYPE_CHECKING:
    from ringfence.claims.case import Case
    from ringfence.claims.check import Run
    from ringfence.claims.deciding import Wish
    from ringfence.report.answering import Screen

EXITS = """Exit codes: 0 allowed, or nothing to tell, 10 something can't be told,
11 denied, or somebody is named, 1 the tool failed, 2 usage, 3 nothing collected."""

app = App(
    name="gate",
    help="Ask what the gate decides, and what it would change.",
    help_epilogue=EXITS,
    help_format="plaintext",
)


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Said:
    """What a request may say beside who, what and which data."""

    column: Annotated[
        tuple[str, ...],
        Parameter(help="A column of the dataset; may be repeated."),
    ] = ()
    purpose: Annotated[
        str, Parameter(help="What for, word for word as an exception has it.")
    ] = ""
    subjects: Annotated[
        int | None, Parameter(help="How many people's data is asked for.")
    ] = None
    given: Annotated[
        tuple[str, ...],
        Parameter(help="A circumstance, `request.mfa=yes`; may be repeated."),
    ] = ()
    obeys: Annotated[
        tuple[str, ...],
        Parameter(help="What can be carried out: `mask`, `rows`; may be repeated."),
    ] = ()

    def wish(self, principal: str, verb: str, resource: str) -> Wish:
        """Return the whole request."""
        from ringfence.claims.deciding import Wish

        return Wish(
            principal,
            verb,
            resource,
            self.column,
            self.purpose,
            self.subjects,
            _given(self.given),
            _obeyed(self.obeys),
        )


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Past:
    """Which part of the logs is looked at, and how it is shown."""

    days: Annotated[
        int,
        Parameter(
            help="How many days of the logs, the last ones.",
            validator=validators.Number(gte=1, lte=36_500),
        ),
    ] = 7
    output: Annotated[
        Path,
        Parameter(name=["--output", "-o"], help="Folder for the table of events."),
    ] = Path("out")
    as_of: AsOf = None
    format: Form = "text"
    limit: Limit = None

    def run(self, case: Path, progress: Progress) -> Run:
        """Return what to read, and where the table of events goes."""
        from ringfence.claims.check import Run

        return Run(case, self.output, now(), instant(self.as_of), progress)

    def screen(self, case: Path, labels: Mapping[str, str]) -> Screen:
        """Return how much room there is."""
        from ringfence.report.answering import Screen

        return Screen(*room(self.limit), labels, str(self.output), str(case))


@app.command
def decide(
    case: Path,
    principal: str,
    verb: str,
    resource: str,
    /,
    *,
    said: Said = Said(),
    as_of: AsOf = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Decide one request, with the reason; nothing is logged.

    Example: `ringfence gate decide case ann read warehouse/accounts.profile
    --column email --purpose "monthly totals" --subjects 20`.

    Parameters
    ----------
    case
        The boundary file, or its folder, or what a check has written.
    principal
        Who: an id, with or without its kind, or a label.
    verb
        `read`, `insert`, `update`, and so on.
    resource
        A column, dataset or store: an id, with or without its kind, or a label.
    """
    from ringfence.claims.deciding import decided
    from ringfence.report import answer_json, gate_text

    progress = Progress()
    wish = said.wish(principal, verb, resource)
    found = decided(_case(case, as_of, progress), wish)
    code = int(gate_text.exit_code(found))
    if format == "json":
        told = gate_text.plain(found)
        text = answer_json.plain("gate-decide/1", told, code, found.labels)
    else:
        text = gate_text.decided(found, room(None)[0])
    progress.done()
    show(text)
    return code


@app.command
def scene(
    case: Path,
    /,
    *,
    output: Output = Path("scene.json"),
    grants: Annotated[
        bool | None,
        Parameter(help="Say who holds what; by default, if the gate asks for it."),
    ] = None,
    as_of: AsOf = None,
) -> int:
    """Write all that the gate's decisions rest on, as canonical JSON.

    Example: `ringfence gate scene boundary.yaml --output scene.json`.

    Parameters
    ----------
    case
        The boundary file, or its folder, or what a check has written.
    output
        The file to write.
    """
    from ringfence.boundary.decision.scene import canonical, digest
    from ringfence.claims.gating import scene_of

    progress = Progress()
    found = scene_of(_case(case, as_of, progress), grants=grants)
    output.write_bytes(canonical(found))
    progress.done()
    show(f"{digest(found)}  {found.since}..{found.until}\n")
    return int(ExitCode.ALL_UPHELD)


@app.command
def export(
    case: Path,
    /,
    *,
    to: Annotated[str, Parameter(help="`rego`, `cedar`, `sql` or `trino`.")],
    output: Output,
    dialect: Annotated[
        str, Parameter(help="For `sql`: `postgres`, `trino` or `duckdb`.")
    ] = "postgres",
    as_of: AsOf = None,
) -> int:
    """Write the gate's decision in the language of another engine.

    Example: `ringfence gate export boundary.yaml --to rego --output gate`.

    Parameters
    ----------
    case
        The boundary file, or its folder, or what a check has written.
    output
        Folder for the files.
    """
    from ringfence.claims.exporting import exported
    from ringfence.claims.gating import scene_of

    progress = Progress()
    found = scene_of(_case(case, as_of, progress))
    files = exported(found, to, dialect)
    output.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (output / name).write_bytes(content)
    progress.done()
    show("".join(f"{output / name}\n" for name in files))
    return int(ExitCode.ALL_UPHELD)


@app.command
def shadow(
    case: Path,
    /,
    *,
    decisions: Annotated[
        Path | None,
        Parameter(help="The ledger of a service in shadow mode: what it would deny."),
    ] = None,
    past: Past = Past(),
) -> int:
    """Replay the last days of the logs through the gate: what would be denied?

    Examples: `ringfence gate shadow boundary.yaml --days 30`,
    `ringfence gate shadow boundary.yaml --decisions ledger`.

    Parameters
    ----------
    case
        The boundary file, or a folder that holds `boundary.yaml`.
    """
    from ringfence.claims.answered import answers
    from ringfence.claims.shadowing import shadowed
    from ringfence.report import answer_json, shadow_text

    progress = Progress()
    told = None
    if decisions is not None:
        progress("reading the ledger")
        told = answers(decisions)
    found = shadowed(past.run(case, progress), past.days, told)
    code = int(shadow_text.exit_code(found))
    if past.format == "json":
        plain = shadow_text.plain(found)
        text = answer_json.plain("gate-shadow/1", plain, code, found.labels)
    else:
        text = shadow_text.shadow(found, past.screen(case, found.labels))
    progress.done()
    show(text)
    return code


@app.command
def bypasses(
    case: Path,
    /,
    *,
    ledger: Annotated[Path, Parameter(help="The ledger of the gate's decisions.")],
    minutes: Minutes = 5,
    past: Past = Past(),
) -> int:
    """Match what was done with what the gate decided: what went round it?

    Example: `ringfence gate bypasses boundary.yaml --ledger decisions --days 30`.

    Parameters
    ----------
    case
        The boundary file, or a folder that holds `boundary.yaml`.
    """
    from ringfence.claims.answered import answers
    from ringfence.claims.audited import bypasses as matched
    from ringfence.report import answer_json, bypass_text

    progress = Progress()
    progress("reading the ledger")
    told = answers(ledger)
    run = past.run(case, progress)
    found = matched(run, told, days=past.days, window=minutes * 60)
    code = int(bypass_text.exit_code(found))
    if past.format == "json":
        text = answer_json.plain("gate-bypasses/1", found, code, found.labels)
    else:
        text = bypass_text.bypasses(found, past.screen(case, found.labels))
    progress.done()
    show(text)
    return code


def _case(place: Path, as_of: str | None, progress: Progress) -> Case:
    from ringfence.claims.case import Case
    from ringfence.claims.snapshot import Ask, opened

    found = opened(Ask(place, now(), instant(as_of), progress))
    progress("deciding")
    return Case(found.estate, found.boundary, found.boundary.as_of)


def _given(texts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals):
            hint = "write `request.mfa=yes`"
            raise ConfigError(f"`{text}` is no value", Locus("--given"), hint)
        found[key] = (*found.get(key, ()), value)
    return found


def _obeyed(texts: tuple[str, ...]) -> frozenset[str]:
    for text in texts:
        if text not in ("mask", "rows"):
            hint = "`mask` or `rows`"
            raise ConfigError(f"`{text}` can't be obeyed", Locus("--obeys"), hint)
    return frozenset(texts)
