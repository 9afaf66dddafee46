"""`ringfence docket export` and `read`: what leaves a docket, and who reads it."""

from __future__ import annotations

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
    from ringfence.claims.publishing.published import Export, Page

Form = Literal["html", "annotations", "claimreview", "oscal"]
EXITS = """Exit codes: 0 done, 12 evidence that doesn't verify, 1 the tool failed,
2 usage, or a file that would name somebody: then nothing is written."""


def export(
    docket: Path,
    /,
    *claims: str,
    profile: str,
    to: str,
    by: By,
    output: Output,
    identity: Identity = None,
    format: Annotated[tuple[Form, ...], Parameter(negative="")] = ("html",),  # noqa: A002
    check: Path | None = None,
    case: Path | None = None,
    public: Annotated[tuple[Path, ...], Parameter(negative="")] = (),
) -> int:
    """Export statements by an allow-list; refuse if a file names anybody.

    Example: `ringfence docket export docket nobody-in-cn-can --profile regulator
    --to "the commission" --by V1 --identity identity.key -o export`.

    Parameters
    ----------
    docket
        The docket.
    claims
        Ids of claims; none stands for all that the docket knows.
    profile
        How much is told: public, regulator, auditor, or a JSON file of your own.
    to
        Who receives it, in words; custody says so.
    output
        Folder for export.json and the files drawn from it; a new one.
    format
        What to draw beside export.json; may be repeated.
    check
        Folder that `ringfence check` wrote: the verdicts come along.
    case
        Boundary file or its folder: count who shares what is told of a speaker.
    public
        A text that is public; quotes that stand in it are warned about.
    """
    from ringfence.claims.publishing import choosing, exporting
    from ringfence.docket.folder import Docket
    from ringfence.docket.publishing.profile import profile_of
    from ringfence.documents.files import decode, read_bytes

    progress = Progress()
    progress("reading the docket")
    _check_new(output)
    keys = identities(identity)
    wanted = profile_of(profile)
    wish = exporting.Wish(
        claims,
        wanted,
        to=to,
        by=lambda found: found.reviewer(by),
        time=now(),
        verdicts=choosing.verdicts_of(check, claims, wanted) if check else (),
        staff=_staff(case) if case else None,
        public=[
            (str(one), decode(read_bytes(one, str(one)), str(one))) for one in public
        ],
    )

    def draw(told: Export, pages: Sequence[Page]) -> Mapping[str, bytes]:
        return _drawn(told, pages, format)

    found = exporting.exported(Docket(docket), keys, wish, draw)
    output.mkdir(parents=True, exist_ok=True)
    for name, content in found.files.items():
        (output / name).write_bytes(content)
    progress.done()
    statements = len({one.number for page in found.pages for one in page.statements})
    lines = [
        f"export    {statements} statements beside {len(found.pages)} sentences",
        f"left out  {found.left} statements that `{wish.profile.name}` doesn't tell",
        f"logged    for {to}",
        *(f"warning   {text}" for text in found.warnings),
        f"to check  python -m ringfence_verify {output / 'export.json'} --log-key KEY",
    ]
    show("\n".join(map(printable, lines)) + "\n")
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
