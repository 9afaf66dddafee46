"""`ringfence exception`: leave to cross, asked for, approved by others, and ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter, validators

from ringfence.cli.streams import Progress, show
from ringfence.cli.words import Form, instant, now
from ringfence.errors import ConfigError, ExitCode, Locus

if TYPE_CHECKING:
    from ringfence.boundary.decision.scene import Scene
    from ringfence.gate.leaves.steps import Step

Ledger = Annotated[Path, Parameter(help="The ledger of the exceptions' steps.")]
CasePath = Annotated[
    Path, Parameter(help="A boundary file, its folder, or what a check has written.")
]
Name = Annotated[str, Parameter(help="What the exception is called.")]
By = Annotated[str, Parameter(help="The person who takes the step.")]
Why = Annotated[str, Parameter(help="Why, in a line.")]
Who = Annotated[
    tuple[str, ...], Parameter(help="A person who would have it; may be repeated.")
]
Columns = Annotated[
    tuple[str, ...],
    Parameter(name="--column", help="A pattern over columns; may be repeated."),
]
Purpose = Annotated[
    str, Parameter(help="What for; each request says it word for word.")
]
Cap = Annotated[int, Parameter(help="Distinct people whose data may be seen.")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Who takes a step, where it is logged, and how the command tells of it."""

    ledger: Ledger
    by: By
    format: Form = "text"


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Taken):
    """A step that is taken with a reason."""

    why: Why


app = App(
    name="exception",
    help="Ask for leave to cross, approve it, end it; each step stands in a ledger.",
    help_epilogue="Exit codes: 0 the step is logged, 1 the tool failed, 2 usage.",
    help_format="plaintext",
)


@app.command
def ask(
    case: CasePath,
    name: Name,
    /,
    *,
    ledger: Ledger,
    by: By,
    who: Who,
    column: Columns,
    purpose: Purpose,
    cap: Cap,
    until: Annotated[str, Parameter(help="First instant at which it has ended.")],
    since: Annotated[
        str | None, Parameter(help="First instant; now if left out.")
    ] = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Ask for leave to cross; somebody else has to approve it.

    Example: `ringfence exception ask case quarter --ledger leaves --by ann --who ann
    --column "warehouse/pay.*" --purpose audit --cap 100 --until 2022-03-01`.
    """
    from ringfence.gate.leaves import steps

    begin = _instant(since, "--since") or now()
    step = steps.Ask(
        name,
        _person(by),
        _people(who),
        column,
        purpose,
        cap,
        begin,
        _instant(until, "--until") or "",
    )
    return _take(case, ledger, step, format)


@app.command(name="break-glass")
def break_glass(
    case: CasePath,
    name: Name,
    /,
    *,
    ledger: Ledger,
    by: By,
    who: Who,
    column: Columns,
    purpose: Purpose,
    cap: Cap,
    hours: Annotated[
        int,
        Parameter(
            help="How long: 1 to 4 hours.", validator=validators.Number(gte=1, lte=4)
        ),
    ] = 1,
    format: Form = "text",  # noqa: A002
) -> int:
    """Take leave at once, for a few hours; somebody else reviews it afterwards."""
    from datetime import datetime, timedelta

    from ringfence.gate.leaves import steps

    end = datetime.fromisoformat(now()) + timedelta(hours=hours)
    until = f"{end.replace(tzinfo=None).isoformat()}Z"
    step = steps.BreakGlass(
        name, _person(by), _people(who), column, purpose, cap, until
    )
    return _take(case, ledger, step, format)


@app.command
def approve(case: CasePath, name: Name, /, *, taken: Taken) -> int:
    """Approve an exception that somebody else has asked for."""
    from ringfence.gate.leaves import steps

    step = steps.Approve(name, _person(taken.by))
    return _take(case, taken.ledger, step, taken.format)


@app.command
def refuse(case: CasePath, name: Name, /, *, taken: Told) -> int:
    """Refuse an exception that somebody else has asked for."""
    from ringfence.gate.leaves import steps

    step = steps.Refuse(name, _person(taken.by), taken.why)
    return _take(case, taken.ledger, step, taken.format)


@app.command
def revoke(case: CasePath, name: Name, /, *, taken: Told) -> int:
    """End an exception before its time."""
    from ringfence.gate.leaves import steps

    step = steps.Revoke(name, _person(taken.by), taken.why)
    return _take(case, taken.ledger, step, taken.format)


@app.command
def review(case: CasePath, name: Name, /, *, taken: Told) -> int:
    """Say that somebody else has looked at what an exception was used for."""
    from ringfence.gate.leaves import steps

    step = steps.Review(name, _person(taken.by), taken.why)
    return _take(case, taken.ledger, step, taken.format)


@app.command(name="list")
def listed(
    case: CasePath,
    /,
    *,
    ledger: Ledger,
    format: Form = "text",  # noqa: A002
) -> int:
    """List the exceptions: what was asked, what is in force, what awaits somebody."""
    from ringfence.gate.leaves.keeping import courses
    from ringfence.ledger.faults import within
    from ringfence.report import leaves_text

    scene = _scene(case)
    with within(ledger):
        found = courses(ledger, scene)
    show(leaves_text.render(found, now(), format))
    return int(ExitCode.ALL_UPHELD)


def _take(case: Path, ledger: Path, step: Step, form: Form) -> int:
    from ringfence.gate.leaves.keeping import log
    from ringfence.ledger.faults import within
    from ringfence.report import leaves_text

    with within(ledger):
        after = log(ledger, step, _scene(case), now())
    show(leaves_text.one(step.name, after, now(), form))
    return int(ExitCode.ALL_UPHELD)


def _scene(case: Path) -> Scene:
    from ringfence.claims.case import Case
    from ringfence.claims.gating import scene_of
    from ringfence.claims.snapshot import Ask, opened

    progress = Progress()
    # Of today: whoever has moved since a check may no longer approve.
    found = opened(Ask(case, now(), now(), progress=progress))
    progress.done()
    return scene_of(
        Case(found.estate, found.boundary, found.boundary.as_of), grants=False
    )


def _instant(text: str | None, place: str) -> str | None:
    try:
        return instant(text)
    except ConfigError as error:
        (problem,) = error.problems
        raise ConfigError(problem.message, Locus(place), problem.hint) from None


def _person(text: str) -> str:
    from ringfence.gate.leaves.keeping import check_person

    return check_person(text, "--by")


def _people(texts: tuple[str, ...]) -> tuple[str, ...]:
    from ringfence.gate.leaves.keeping import check_person

    return tuple(check_person(one, "--who") for one in texts)
