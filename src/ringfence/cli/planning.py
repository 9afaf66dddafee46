"""`ringfence reach plan` and `what-if`: what would help, and the proof that it does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ringfence.cli.streams import Progress
from ringfence.cli.streams import show as say
from ringfence.cli.words import (
    AsOf,
    Form,
    Limit,
    MaybeOutput,
    Output,
    instant,
    now,
    room,
)
from ringfence.errors import ConfigError, Locus, printable

if TYPE_CHECKING:
    from ringfence.claims.planning import Planning
    from ringfence.claims.plans import Planned, Priced
    from ringfence.report.answering import Screen

OUT = Path("out")


def plan(
    case: Path | None = None,
    /,
    *,
    claim: str | None = None,
    show: str | None = None,
    ignore_logs: Annotated[bool, Parameter(negative="")] = False,
    as_of: AsOf = None,
    format: Form = "text",  # noqa: A002
    limit: Limit = None,
    output: Output = OUT,
) -> int:
    """Propose what to change so that a claim holds, each plan with its exact price.

    Example: `ringfence reach plan examples/shortvideo --show A`.

    Parameters
    ----------
    case
        Boundary file, its folder, or the output folder of a check (read back).
    claim
        Id of the claim; by default the first `no_reach` claim that is refuted.
    show
        Letter of a plan: print its changes instead of the table.
    ignore_logs
        Weigh nothing by what the logs say is used.
    output
        Folder for plan-A.yaml and so on, facts.jsonl and boundary.json.
    """
    from ringfence.claims.planning import planned
    from ringfence.claims.snapshot import keep
    from ringfence.report import answer_json, plan_text
    from ringfence.report.answering import Screen

    progress = Progress()
    ready = _ready(case, claim, as_of, progress)
    keep(ready.opened, output)  # first: whether it may be written there is soon told
    if not ignore_logs:
        _use_logs(ready, output, progress)
    found = planned(ready, progress)
    chosen = None if show is None else _chosen(found, show)
    _write(found, output)
    labels = ready.case.view.labels(ready.graph.ids)
    screen = Screen(*room(limit), labels, printable(str(output)), str(case or ""))
    code = plan_text.exit_code(found.verdict)
    if format == "json":
        text = answer_json.plain("plan/1", found, code, labels)
    else:
        text = _text(found, chosen, screen)
    return _said(text, code, progress)


def what_if(
    plan: str,
    /,
    *,
    case: Path | None = None,
    claim: str | None = None,
    as_of: AsOf = None,
    format: Form = "text",  # noqa: A002
    output: MaybeOutput = None,
) -> int:
    """Price a plan, carry it out on the facts, and judge and prove what is left.

    Example: `ringfence reach what-if B`, or `ringfence reach what-if mine.yaml`.

    Parameters
    ----------
    plan
        A letter of `ringfence reach plan`, or a plan file; you may have edited it.
    case
        As for `plan`; by default the folder of the plan file, where the facts are.
    claim
        Id of the claim; by default the one that the plan file names.
    output
        Folder for the facts after the plan and their proof files; by default
        `after-B` beside the plan file.
    """
    from ringfence.claims.afterwards import afterwards, claim_of
    from ringfence.report import answer_json, plan_text
    from ringfence.report.answering import Screen

    progress = Progress()
    path = _found(plan)
    letter = path.stem.removeprefix("plan-")
    folder = output or path.parent / f"after-{letter}"
    near = path.parent if (path.parent / "facts.jsonl").exists() else None
    named = claim or claim_of(path)
    ready = _ready(case or near, named, as_of, progress)
    found = afterwards(ready, path, folder, progress)
    labels = ready.case.view.labels(ready.graph.ids)
    code = plan_text.exit_code(found.after)
    if format == "json":
        text = answer_json.plain("what-if/1", found, code, labels)
    else:
        wide, rows = room(None)
        screen = Screen(wide, rows, labels, printable(str(folder)))
        text = plan_text.after(found, screen)
    return _said(text, code, progress)


def _found(plan: str) -> Path:
    """Return the file of a plan, which is named by its letter or as a file."""
    path = OUT / f"plan-{plan.upper()}.yaml" if len(plan) == 1 else Path(plan)
    if not path.exists():
        message = f"there is no plan `{printable(str(path))}`"
        hint = "`ringfence reach plan` writes plans; name a letter of it, or a file"
        raise ConfigError(message, Locus("PLAN"), hint)
    return path


def _ready(
    case: Path | None, claim: str | None, as_of: str | None, progress: Progress
) -> Planning:
    from ringfence.claims.planning import Planning
    from ringfence.claims.snapshot import Ask, opened

    ask = Ask(case, now(), instant(as_of), progress)
    return Planning(opened(ask), claim)


def _use_logs(ready: Planning, folder: Path, progress: Progress) -> None:
    from ringfence.claims.use.using import using

    ready.in_use = using(ready.opened, ready.claim, folder, progress)


def _text(found: Planned, chosen: Priced | None, screen: Screen) -> str:
    from ringfence.report import plan_text

    if chosen is None:
        return plan_text.plans(found, screen)
    return plan_text.shown(chosen, screen)


def _chosen(found: Planned, letter: str) -> Priced:
    for one in found.plans:
        if one.name == letter.upper():
            return one
    known = ", ".join(f"`{one.name}`" for one in found.plans) or "none"
    raise ConfigError(
        f"there is no plan `{letter}`", Locus("--show"), f"one of {known}"
    )


def _write(found: Planned, folder: Path) -> None:
    for old in folder.glob("plan-*.yaml"):
        # A letter alone is ours; whatever else is called so may be somebody's own.
        if old.stem.removeprefix("plan-").isupper():
            old.unlink()
    for one in found.plans:
        (folder / f"plan-{one.name}.yaml").write_text(one.file, encoding="utf-8")


def _said(text: str, code: int, progress: Progress) -> int:
    progress.done()
    say(text)
    return code
