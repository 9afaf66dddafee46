"""`ringfence reach`: who reaches what, by which way, at an instant or in a period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from ringfence.cli import bulk
from ringfence.cli.streams import Progress, show
from ringfence.cli.words import PLAIN, Lens, Limit, instant, now, room
from ringfence.errors import printable

if TYPE_CHECKING:
    from ringfence.claims.answers import How
    from ringfence.claims.asking import Asking
    from ringfence.report.answer_json import Answered
    from ringfence.report.answering import Screen

EXITS = """Exit codes: 0 nobody excluded reaches anything protected, of what was asked,
10 somebody may, 11 somebody does, 1 the tool failed, 2 usage, 3 nothing collected."""

app = App(
    name="reach",
    help="Ask who reaches what, by which way, and what would help.",
    help_epilogue=EXITS,
    help_format="plaintext",
)


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Question:
    """What every question about reach may say."""

    case: Annotated[
        Path | None,
        Parameter(help="Boundary file, its folder, or the output folder of a check."),
    ] = None
    during: Annotated[
        str | None,
        Parameter(help="A period: `2021-09-01..2022-02-01`, its end not included."),
    ] = None
    output: Annotated[
        Path | None,
        Parameter(
            name=["--output", "-o"],
            help="Folder to keep facts.jsonl and boundary.json in, to verify.",
        ),
    ] = None
    lens: Lens = PLAIN

    def asking(self, progress: Progress) -> Asking:
        """Open the case."""
        from ringfence.claims.asking import Asking, filters
        from ringfence.claims.snapshot import Ask, opened

        lens = self.lens
        chosen = filters(lens.verb, lens.reach, lens.grades, lens.excluded, self.during)
        ask = Ask(self.case, now(), instant(lens.as_of), progress)
        return Asking(opened(ask), chosen)

    def ready(self, asking: Asking, progress: Progress) -> Ready:
        """Keep the case if a folder is named, and say what the answer rests on."""
        from ringfence.claims.answers import how
        from ringfence.claims.snapshot import keep
        from ringfence.report.answering import Screen

        progress("computing the digests")
        if self.output is not None:
            keep(asking.opened, self.output)
        width, rows = room(self.lens.limit)
        folder = "" if self.output is None else printable(str(self.output))
        labels = asking.labels
        case = "" if self.case is None else str(self.case)
        screen = Screen(width, rows, labels, folder, case, self._options())
        return Ready(how(asking), screen)

    def _options(self) -> tuple[str, ...]:
        """Return what isn't as it would be by itself, for a further question."""
        said = {
            "--during": (self.during, None),
            "--as-of": (self.lens.as_of, PLAIN.as_of),
            "--verb": (self.lens.verb, PLAIN.verb),
            "--reach": (self.lens.reach, PLAIN.reach),
            "--grades": (self.lens.grades, PLAIN.grades),
            "--excluded": (self.lens.excluded, PLAIN.excluded),
        }
        return tuple(
            word
            for option, (value, usual) in said.items()
            if value is not None and value != usual
            for word in (option, value)
        )

    def answered(
        self,
        asking: Asking,
        progress: Progress,
        schema: str,
        answer: Answered,
        render: Callable[[How, Screen], str],
    ) -> int:
        """Show an answer as text or JSON, and return the exit code that it has."""
        from ringfence.report import answer_json
        from ringfence.report.answering import exit_code

        ready = self.ready(asking, progress)
        if self.lens.format == "json":
            text = answer_json.answer(schema, answer, ready.how, asking.labels)
        else:
            text = render(ready.how, ready.screen)
        progress.done()
        show(text)
        return exit_code(answer.crossing)


@dataclass(frozen=True, slots=True)
class Ready:
    """What it takes to show an answer."""

    how: How
    screen: Screen


@app.command
def who(
    resource: str,
    /,
    *,
    kinds: str = "person",
    question: Question = Question(),
) -> int:
    """List who reaches a resource, the excluded first.

    Examples: `ringfence reach who warehouse/accounts.profile.email`,
    `ringfence reach who protected --kinds role,tool --case examples/shortvideo`.

    Parameters
    ----------
    resource
        An id, with or without its kind, a label, a pattern, `protected`.
    kinds
        Kinds of principal to look among, with commas.
    """
    from ringfence.boundary.vocabulary import PRINCIPAL_KINDS
    from ringfence.claims.asking import kinds_of
    from ringfence.claims.reachers import who as answered
    from ringfence.report import reach_text

    progress = Progress()
    chosen = kinds_of(kinds, PRINCIPAL_KINDS)
    asking = question.asking(progress)
    answer = answered(asking, resource, chosen, progress)
    return question.answered(
        asking, progress, "reach-who/1", answer, partial(reach_text.who, answer)
    )


@app.command
def what(
    principal: str,
    /,
    *,
    question: Question = Question(),
) -> int:
    """List what a principal reaches, by dataset, the protected first.

    Examples: `ringfence reach what bo.liu@loopwing.example`,
    `ringfence reach what excluded --verb any`.

    Parameters
    ----------
    principal
        An id, with or without its kind, a label, a pattern, `excluded`, `everybody`.
    """
    from ringfence.claims.extents import what as answered
    from ringfence.report import reach_text

    progress = Progress()
    asking = question.asking(progress)
    answer = answered(asking, principal, progress)
    return question.answered(
        asking, progress, "reach-what/1", answer, partial(reach_text.what, answer)
    )


@app.command
def path(
    principal: str,
    resource: str,
    /,
    *,
    all: Limit = 1,  # noqa: A002
    question: Question = Question(),
) -> int:
    """Show the shortest way from a principal to a resource, fact by fact.

    Example: `ringfence reach path bo.liu@loopwing.example protected --all 3`.

    Parameters
    ----------
    principal
        Where the way begins: an id, a label, a pattern, `excluded`, `everybody`.
    resource
        Where it ends: an id, a label, a pattern, `protected`.
    all
        Show up to so many different shortest ways.
    """
    from ringfence.claims.between import between
    from ringfence.report import reach_text

    progress = Progress()
    asking = question.asking(progress)
    answer = between(asking, principal, resource, most=all or 1, progress=progress)
    return question.answered(
        asking, progress, "reach-path/1", answer, partial(reach_text.path, answer)
    )


app.command(bulk.bulk)
