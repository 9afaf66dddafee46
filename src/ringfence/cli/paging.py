"""`ringfence docket page` and `interviews`: what is read of a claim, and of all."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ringfence.cli.docketing import Identity, identities
from ringfence.cli.streams import Progress, colours, show
from ringfence.cli.words import MaybeOutput, now
from ringfence.errors import ConfigError, ExitCode, Locus, printable

if TYPE_CHECKING:
    from ringfence.claims.clips import Sounds
    from ringfence.report.claim_page import Joined

Folder = Annotated[Path, Parameter(help="The folder of the docket.")]
Checked = Annotated[
    Path, Parameter(name="--check", help="Folder that `ringfence check` wrote.")
]


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Sounding:
    """Whether sound goes into the page, and who takes it out."""

    clips: Annotated[
        bool,
        Parameter(
            negative="",
            help="Put the sound of each statement into the HTML file, and log it.",
        ),
    ] = False
    by: Annotated[
        str, Parameter(help="Who takes it out: number or name of a reviewer, `V1`.")
    ] = ""
    identity: Identity = None

    def check(self, form: str) -> None:
        """Check that sound leaves in a page, by a reviewer.

        Raises:
            ConfigError: It would not.
        """
        if self.clips and (form != "html" or not self.by):
            hint = "write `--format html --clips --by V1 --identity FILE`"
            raise ConfigError("sound leaves in an HTML file, by a reviewer", None, hint)


def page(
    docket: Folder,
    claim: Annotated[str, Parameter(help="Id of the claim.")],
    /,
    *,
    check: Checked = Path("out"),
    format: Literal["text", "html"] = "text",  # noqa: A002
    output: MaybeOutput = None,
    sound: Sounding = Sounding(),
    color: Literal["auto", "always", "never"] = "auto",
) -> int:
    """Print a claim's page: the sentence, the verdict, and the statements beside it.

    Examples: `ringfence docket page tapes nobody-in-cn-can --check out`,
    `ringfence docket page tapes nobody-in-cn-can --format html --clips --by V1
    --identity docket.key -o page.html`.

    Parameters
    ----------
    format
        Lines of text, or one HTML file that needs nothing else.
    output
        The file to write instead of standard output.
    color
        Colour the verdict; `auto` does on a terminal unless NO_COLOR is set.
    """
    from ringfence.report import claim_html, claim_text

    sound.check(format)
    progress = Progress()
    joined = _joined(docket, claim, check, progress)
    if format == "text":
        wide, _ = shutil.get_terminal_size((100, 30))
        colour = output is None and colours(color)
        text = claim_text.render(joined, width=wide, colour=colour)
    else:
        taken = _sounds(docket, joined, sound, progress)
        text = claim_html.render(joined, taken.clips, taken.missing)
    progress.done()
    if output is None:
        show(text.encode())
    else:
        output.write_text(text, encoding="utf-8")
    return int(ExitCode.ALL_UPHELD)


def _joined(docket: Path, claim: str, check: Path, progress: Progress) -> Joined:
    from ringfence.claims.claim_page import claim_page
    from ringfence.claims.docketed import docketed
    from ringfence.docket.folder import Docket
    from ringfence.report.claim_page import joined, judged_of, kept

    report = kept(check)
    says = judged_of(report, claim).says
    progress("reading the docket")
    found = docketed(Docket(docket))
    others = {one.id: one.says for one in report.claims}
    return joined(claim_page(found, claim, says, others), report, printable(str(check)))


def _sounds(
    docket: Path, joined: Joined, sound: Sounding, progress: Progress
) -> Sounds:
    from ringfence.claims.clips import Sounds, sounds
    from ringfence.docket.folder import Docket

    if not sound.clips:
        return Sounds({}, {})
    shown = joined.page.beside.statements
    return sounds(
        Docket(docket),
        [one.number for one in shown if one.start is not None],
        identities=identities(sound.identity),
        by=sound.by,
        time=now(),
        progress=progress,
    )


def interviews(
    docket: Folder,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "--out", "-o"])],
    format: Literal["markdown", "json"] | None = None,  # noqa: A002
) -> int:
    """Write an auditor's interview file: who was heard, what was said, what is missing.

    Example: `ringfence docket interviews tapes --out interviews.md`.

    Parameters
    ----------
    output
        The file: `.md` or `.json`.
    format
        What it is to hold, if its name doesn't say.
    """
    from ringfence.claims.docketed import docketed
    from ringfence.claims.interviews import interviews as gathered
    from ringfence.docket.folder import Docket
    from ringfence.report import interviews as written

    told = format or {".md": "markdown", ".json": "json"}.get(output.suffix)
    if told is None:
        hint = "end it in `.md` or `.json`, or add `--format`"
        raise ConfigError("doesn't say what it holds", Locus(str(output)), hint)
    found = gathered(docketed(Docket(docket)), now())
    render = written.markdown if told == "markdown" else written.json
    output.write_text(render(found), encoding="utf-8")
    return int(ExitCode.ALL_UPHELD)
