"""`ringfence gate`: what the gate decides, what it would decide, and who went round."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter, validators

from ringfence.cli.streams import Progress, show
from ringfence.cli.words import AsOf, Form, Limit, Output, instant, now, room
from ringfence.errors import ConfigError, ExitCode, Locus

if TYPE_CHECKING:
    from ringfence.claims.case import Case

EXITS = """Exit codes: 0 allowed, or nothing to tell, 10 something can't be told,
11 denied, or somebody is named, 1 the tool failed, 2 usage, 3 nothing collected."""

app = App(
    name="gate",
    help="Ask what the gate decides, and what it would change.",
    help_epilogue=EXITS,
    help_format="plaintext",
)


@app.command
def decide(
    case: Path,
    principal: str,
    verb: str,
    resource: str,
    /,
    *,
    column: Annotated[
        tuple[str, ...],
        Parameter(help="A column of the dataset; may be repeated."),
    ] = (),
    purpose: Annotated[
        str, Parameter(help="What for, word for word as an exception has it.")
    ] = "",
    subjects: Annotated[
        int | None, Parameter(help="How many people's data is asked for.")
    ] = None,
    given: Annotated[
        tuple[str, ...],
        Parameter(help="A circumstance, `request.mfa=yes`; may be repeated."),
    ] = (),
    obeys: Annotated[
        tuple[str, ...],
        Parameter(help="What can be carried out: `mask`, `rows`; may be repeated."),
    ] = (),
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
    from ringfence.claims.deciding import Wish, decided
    from ringfence.report import answer_json, gate_text

    progress = Progress()
    wish = Wish(
        principal,
        verb,
        resource,
        column,
        purpose,
        subjects,
        _given(given),
        _obeyed(obeys),
    )
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
def shadow(
    case: Path,
    /,
    *,
    days: Annotated[
        int,
        Parameter(
            help="How many days of the logs, the last ones.",
            validator=validators.Number(gte=1, lte=36_500),
        ),
    ] = 7,
    output: Output = Path("out"),
    as_of: AsOf = None,
    format: Form = "text",  # noqa: A002
    limit: Limit = None,
) -> int:
    """Replay the last days of the logs through the gate: what would be denied?

    Example: `ringfence gate shadow boundary.yaml --days 30`.

    Parameters
    ----------
    case
        The boundary file, or a folder that holds `boundary.yaml`.
    output
        Folder for the table of events.
    """
    from ringfence.claims.check import Run
    from ringfence.claims.shadowing import shadowed
    from ringfence.report import answer_json, shadow_text
    from ringfence.report.answering import Screen

    progress = Progress()
    found = shadowed(Run(case, output, now(), instant(as_of), progress), days)
    code = int(shadow_text.exit_code(found))
    if format == "json":
        told = shadow_text.plain(found)
        text = answer_json.plain("gate-shadow/1", told, code, found.labels)
    else:
        text = shadow_text.shadow(found, Screen(*room(limit), found.labels))
    progress.done()
    show(text)
    return code


@app.command
def bypasses(
    case: Path,
    /,
    *,
    ledger: Annotated[Path, Parameter(help="The ledger of the gate's decisions.")],
    days: Annotated[
        int,
        Parameter(
            help="How many days of the logs, the last ones.",
            validator=validators.Number(gte=1, lte=36_500),
        ),
    ] = 7,
    minutes: Annotated[
        int,
        Parameter(
            help="For how long a decision may be acted upon.",
            validator=validators.Number(gte=1, lte=1_440),
        ),
    ] = 5,
    output: Output = Path("out"),
    as_of: AsOf = None,
    format: Form = "text",  # noqa: A002
    limit: Limit = None,
) -> int:
    """Match what was done with what the gate decided: what went round it?

    Example: `ringfence gate bypasses boundary.yaml --ledger decisions --days 30`.

    Parameters
    ----------
    case
        The boundary file, or a folder that holds `boundary.yaml`.
    output
        Folder for the table of events.
    """
    from ringfence.claims.answered import answers
    from ringfence.claims.bypasses import bypasses as matched
    from ringfence.claims.check import Run
    from ringfence.report import answer_json, bypass_text
    from ringfence.report.answering import Screen

    progress = Progress()
    progress("reading the ledger")
    told = answers(ledger)
    run = Run(case, output, now(), instant(as_of), progress)
    found = matched(run, told, days=days, window=minutes * 60)
    code = int(bypass_text.exit_code(found))
    if format == "json":
        text = answer_json.plain("gate-bypasses/1", found, code, found.labels)
    else:
        screen = Screen(*room(limit), found.labels, str(output), str(case))
        text = bypass_text.bypasses(found, screen)
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
