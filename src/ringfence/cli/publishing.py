"""`ringfence docket export` and `read`: what leaves a docket, and who reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ringfence.cli.docketing import By, Identity, identities
from ringfence.cli.streams import Progress, complain, show
from ringfence.cli.words import Output, now
from ringfence.errors import ExitCode, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ringfence.claims.publishing.alike import Staff
    from ringfence.claims.publishing.exporting import Exported, Wish
    from ringfence.claims.publishing.published import Export, Page, Verdict
    from ringfence.docket.publishing.profile import Profile

Form = Literal["html", "annotations", "claimreview", "oscal"]
EXITS = """Exit codes: 0 done, 12 evidence that doesn't verify, 1 the tool failed,
2 usage, or a file that would name somebody: then nothing is written."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What is drawn beside an export, and what it is held against."""

    format: Annotated[
        tuple[Form, ...],
        Parameter(
            negative="", help="What to draw beside export.json; may be repeated."
        ),
    ] = ("html",)
    check: Annotated[
        Path | None,
        Parameter(help="Folder that `ringfence check` wrote: its verdicts come along."),
    ] = None
    case: Annotated[
        Path | None,
        Parameter(
            help="Boundary file or its folder: count who shares what is told of a "
            "speaker."
        ),
    ] = None
    public: Annotated[
        tuple[Path, ...],
        Parameter(
            negative="",
            help="A text that is public; quotes that stand in it are warned about.",
        ),
    ] = ()


PLAIN = Extras()


def export(
    docket: Annotated[Path, Parameter(help="The folder of the docket.")],
    /,
    *claims: Annotated[
        str, Parameter(help="Ids of claims; none stands for all that the docket knows.")
    ],
    profile: Annotated[
        str,
        Parameter(
            help="How much is told: public, regulator, auditor, or a JSON file of your "
            "own."
        ),
    ],
    to: Annotated[str, Parameter(help="Who receives it, in words; custody says so.")],
    by: By,
    output: Output,
    identity: Identity = None,
    extras: Extras = PLAIN,
) -> int:
    """Export statements by an allow-list; refuse if a file names anybody.

    Example: `ringfence docket export docket nobody-in-cn-can --profile regulator
    --to "the commission" --by V1 --identity identity.key -o export`.
    """
    from ringfence.claims.publishing.exporting import Wish

    progress = Progress()
    progress("reading the docket")
    _check_new(output)
    wish = Wish(
        claims,
        _profile(profile),
        to=to,
        by=lambda found: found.reviewer(by),
        time=now(),
        verdicts=_verdicts(extras.check, claims, profile),
        staff=_staff(extras.case) if extras.case else None,
        public=_public(extras.public),
    )
    found = _exported(docket, identity, wish, extras)
    output.mkdir(parents=True, exist_ok=True)
    for name, content in found.files.items():
        (output / name).write_bytes(content)
    progress.done()
    _tell(found, wish, output)
    return int(ExitCode.ALL_UPHELD)


def read(
    export: Path,
    /,
    *,
    key: Annotated[tuple[str, ...], Parameter(negative="")],
    format: Literal["text", "html", "json"] = "text",  # noqa: A002
) -> int:
    """Check an export against the key of its docket's ledger, and show what it tells.

    Example: `ringfence docket read export/export.json --key "docket/desk+3e1f...+..."`.

    Parameters
    ----------
    export
        The file `export.json`.
    key
        Key of the docket's ledger, as `ringfence ledger key list` prints it.
    format
        What to print: lines, a page, or what is told as JSON.
    """
    from ringfence.claims.publishing import exporting
    from ringfence.ledger.signed.keys import parse_key
    from ringfence.report import published, published_html, published_text

    told = exporting.opened(export)
    pages = exporting.read(told, [parse_key(one, "--key") for one in key])
    if format == "json":
        show(published.as_pages(told, pages).decode())
    else:
        drawn = published_html if format == "html" else published_text
        show(drawn.render(told, pages))
    return int(ExitCode.ALL_UPHELD)


def _exported(
    docket: Path, identity: Path | None, wish: Wish, extras: Extras
) -> Exported:
    from ringfence.claims.publishing.exporting import exported
    from ringfence.docket.folder import Docket

    def draw(told: Export, pages: Sequence[Page]) -> Mapping[str, bytes]:
        return _drawn(told, pages, extras.format)

    return exported(Docket(docket), identities(identity), wish, draw)


def _tell(found: Exported, wish: Wish, output: Path) -> None:
    from ringfence.report.wording import counted

    statements = len({one.number for page in found.pages for one in page.statements})
    beside = counted(len(found.pages), "sentence", "sentences")
    left = counted(found.left, "statement", "statements")
    lines = [
        f"export    {counted(statements, 'statement', 'statements')} beside {beside}",
        f"left out  {left} that `{wish.profile.name}` doesn't tell",
        f"logged    for {wish.to}",
        *(f"warning   {text}" for text in found.warnings),
        f"to check  python -m ringfence_verify {output / 'export.json'} --log-key KEY",
    ]
    show("\n".join(map(printable, lines)) + "\n")


def _profile(name: str) -> Profile:
    from ringfence.docket.publishing.profile import profile_of

    return profile_of(name)


def _verdicts(
    check: Path | None, claims: Sequence[str], profile: str
) -> Sequence[Verdict]:
    from ringfence.claims.publishing.choosing import verdicts_of

    return verdicts_of(check, claims, _profile(profile)) if check else ()


def _public(paths: Sequence[Path]) -> list[tuple[str, str]]:
    from ringfence.documents.files import decode, read_bytes

    return [(str(one), decode(read_bytes(one, str(one)), str(one))) for one in paths]


def _drawn(
    told: Export, pages: Sequence[Page], forms: Sequence[Form]
) -> dict[str, bytes]:
    from ringfence.report import published, published_html

    files = {published.EXPORT: published.as_json(told)}
    for form in forms:
        if form == "html":
            files["export.html"] = published_html.render(told, pages).encode()
        else:
            name, draw = published.FORMATS[form]
            files[name] = draw(told, pages)
    return files


def _check_new(output: Path) -> None:
    from ringfence.errors import ConfigError, Locus

    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        hint = "an export gets a folder of its own"
        raise ConfigError("something lies there", Locus(str(output)), hint)


def _staff(case: Path) -> Staff:
    import tempfile

    from ringfence.claims.case import Case
    from ringfence.claims.check import Run, collected
    from ringfence.claims.publishing.staff import Employed

    with tempfile.TemporaryDirectory(prefix="ringfence-") as folder:
        ready = collected(Run(case, Path(folder), now()))
    for problem in (p for one in ready.told for p in one.problems):
        complain(f"unread: {problem}")
    return Employed(Case(ready.estate, ready.boundary, ready.boundary.as_of))
