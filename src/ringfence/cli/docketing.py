"""`ringfence docket`: recordings and statements, kept, quoted, tied to what is said."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from ringfence.cli.streams import Progress, complain, show
from ringfence.cli.words import Form, now
from ringfence.errors import ConfigError, ExitCode, Locus

if TYPE_CHECKING:
    from ringfence.docket.finding.index import Index
    from ringfence.docket.intake import Terms
    from ringfence.docket.sealing import Identities

Identity = Annotated[
    Path | None,
    Parameter(
        name="--identity",
        env_var="RINGFENCE_DOCKET_IDENTITY",
        help="A file with the key that opens what is sealed (age, or SSH).",
    ),
]
By = Annotated[str, Parameter(help="Who does it: number or name of a reviewer, `V1`.")]
GradeOption = Literal["original-device", "first-hand-copy", "third-hand", "published"]
_LONGEST = 10_000  # characters of a name
_EXITS = """Exit codes: 0 done, 12 evidence that doesn't verify, 1 the tool failed,
2 usage."""
_VERIFY_EXITS = """Exit codes: 0 everything verifies, 12 something doesn't, 1 the tool
failed, 2 usage, or a key that opens none of the originals."""

app = App(
    name="docket",
    help="Keep recordings and statements so that they can be believed.",
    help_epilogue=_EXITS,
    help_format="plaintext",
)


@app.command
def init(
    folder: Path,
    /,
    *,
    name: str,
    recipient: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    identity_recipient: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    new_keys: Path | None = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Found a docket: a ledger, and whom its files are sealed to.

    Example: `ringfence docket init tapes --name tapes --new-keys /media/stick`.

    Parameters
    ----------
    folder
        Its folder; nothing may lie there.
    name
        What it is called, in its ledger too.
    recipient
        Who opens originals: a public key of age or SSH; may be repeated.
    identity_recipient
        Who opens what says who people are; never a key of the others.
    new_keys
        A folder for two new keys: `docket.key` and `identity.key`.
    """
    from ringfence.docket.founding import IDENTITY_KEY, KEY, Keys, drawn, found
    from ringfence.report.custody_text import render

    new = Keys((), ()) if new_keys is None else drawn(new_keys)
    keys = Keys(
        (*new.recipients, *recipient), (*new.identity_recipients, *identity_recipient)
    )
    found(folder, name, keys, now())
    said: dict[str, object] = {"docket": str(folder), "name": name}
    said["opens originals"] = [*keys.recipients]
    said["opens names"] = [*keys.identity_recipients]
    show(render("init", said, format))
    if new_keys is not None:
        complain(
            f"{new_keys / KEY} opens originals, {new_keys / IDENTITY_KEY} who people "
            "are: keep them apart, and away from the docket. Nobody can replace them"
        )
    return int(ExitCode.ALL_UPHELD)


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a file when it is received.

    Parameters
    ----------
    grade
        How near it is to the device that made it.
    hand
        Who handed it over, if the docket knows them: `H1`.
    new_hand
        Somebody handed it over who handed nothing over before.
    sealed_name_file
        A file that holds who the new hand is, `-` for standard input. It is sealed.
    form
        What it is; by default what its name says.
    basis
        On which legal ground it is kept.
    handling
        How it is to be treated.
    language
        What is spoken: `en`.
    until
        The date until which it is kept.
    how
        By which way it came.
    """

    by: By
    grade: GradeOption
    hand: str = ""
    new_hand: Annotated[bool, Parameter(negative="")] = False
    sealed_name_file: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = (
        None
    )
    identity: Identity = None
    form: Literal["sound", "document", "messages"] | None = None
    basis: str = ""
    handling: str = ""
    language: str = ""
    until: str = ""
    how: str = ""


@app.command
def add(
    docket: Path,
    files: Annotated[tuple[Path, ...], Parameter(show=True)],
    /,
    *,
    said: Said,
    format: Form = "text",  # noqa: A002
) -> int:
    """Receive recordings and documents: digest, seal, decode and log each.

    Examples: `ringfence docket add tapes call.m4a --by V1 --grade first-hand-copy
    --hand H1`, or with `--new-hand --sealed-name-file -` to say who it is.

    Parameters
    ----------
    docket
        The folder of the docket.
    files
        What is received, each byte for byte.
    """
    from ringfence.docket.folder import Docket
    from ringfence.docket.intake import Intake, check_terms
    from ringfence.report.custody_text import added, render

    progress = Progress()
    with Intake.of(Docket(docket)) as intake:
        _check_hand(said.hand, said.sealed_name_file, new=said.new_hand)
        terms = _terms(said, intake.index)
        check_terms(terms, intake.index)
        for file in files:
            found = intake.add(file, terms, now(), progress)
            progress.done()
            number = intake.index.number(found.held.ref)
            show(render("add", added(number, found, str(file), form=format), format))
    return int(ExitCode.ALL_UPHELD)


@app.command(help_epilogue=_VERIFY_EXITS)
def verify(
    docket: Path,
    /,
    *,
    identity: Identity = None,
    by: Annotated[
        str, Parameter(help="Who opens the originals: it is logged then.")
    ] = "",
    format: Form = "text",  # noqa: A002
) -> int:
    """Hold everything in a docket against what its ledger signed.

    With the key, every original is opened and decoded again, and each second compared.

    Parameters
    ----------
    docket
        The folder of the docket.
    """
    from ringfence.docket.checking import check_docket
    from ringfence.docket.folder import Docket
    from ringfence.docket.rehearing import log, rehear
    from ringfence.report.custody_text import checked, render

    opened, progress = Docket(docket), Progress()
    keys = identities(identity) if identity else None
    found = check_docket(opened, progress)
    if keys is not None:
        if by and not found.problems:
            log(opened, by, now())
        rehear(opened, found, keys, progress)
    progress.done()
    said = checked(found, opened=keys is not None, form=format)
    show(render("verify", said, format))
    return int(ExitCode.NOT_VERIFIED if found.problems else ExitCode.ALL_UPHELD)


def identities(path: Path | None) -> Identities:
    """Return the keys of an identity file.

    Raises:
        ConfigError: None is named, it can't be read, or it holds no key.
    """
    from ringfence.docket.sealing import ENVIRONMENT, read_identities

    if path is None:
        hint = f"`--identity FILE`, or set {ENVIRONMENT}"
        raise ConfigError("takes the key of the docket", Locus("--identity"), hint)
    return read_identities(path)


def _terms(said: Said, index: Index) -> Terms:
    from ringfence.docket.intake import Terms
    from ringfence.docket.words import Form as Kind
    from ringfence.docket.words import Grade

    named = said.identity if said.sealed_name_file else None
    return Terms(
        index.reviewer(said.by),
        Grade(said.grade),
        index.numbered(said.hand, "hand") if said.hand else "",
        secret(said.sealed_name_file),
        identities(named) if named else None,
        None if said.form is None else Kind(said.form),
        *(said.basis, said.handling, said.language, said.until, said.how),
    )


def _check_hand(hand: str, name: Path | None, *, new: bool) -> None:
    at = Locus("--hand")
    if bool(hand) == new:
        message = "who handed it over?" if not hand else "is a hand new that is known?"
        hint = "`--hand H1`, or `--new-hand`: one hand is one source"
        raise ConfigError(message, at, hint)
    if name is not None and not new:
        hint = "only a new hand gets a name"
        raise ConfigError("whose name is that?", Locus("--sealed-name-file"), hint)


def secret(path: Path | None) -> str:
    """Return a name that no command line, log or message shows."""
    if path is None:
        return ""
    at = Locus("--sealed-name-file")
    try:
        told = sys.stdin.read(_LONGEST) if path == Path("-") else _read(path)
    except UnicodeDecodeError:
        raise ConfigError("is no text in UTF-8", at) from None
    if not told.strip():
        raise ConfigError("holds no name", at, "leave it out if nobody knows")
    return told


def _read(path: Path) -> str:
    with path.open(encoding="utf-8") as stream:
        return stream.read(_LONGEST)
