"""`ringfence ledger`: a log of what was judged, which nobody can change unseen."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Concatenate, ParamSpec

from cyclopts import App, Parameter

from ringfence.cli.streams import Progress, complain, show
from ringfence.cli.words import Form, Limit, Output, now, room
from ringfence.errors import ExitCode
from ringfence.ledger.faults import within

if TYPE_CHECKING:
    from ringfence.ledger.signed.checkpoints import SignedCheckpoint

EXITS = """Exit codes: 0 done, and all that was checked verifies, 12 something doesn't,
10 a log that is watched goes on, with something odd, 1 the tool failed, 2 usage."""
Keys = Annotated[
    tuple[str, ...],
    Parameter(name="--key", help="A key of the log that you trust; may be repeated."),
]
QuorumFile = Annotated[
    Path | None,
    Parameter(
        name="--quorum",
        help="Whom you trust: a file with the keys of logs and witnesses.",
    ),
]

P = ParamSpec("P")

app = App(
    name="ledger",
    help="Keep a log of what was judged, which nobody can change unseen.",
    help_epilogue=EXITS,
    help_format="plaintext",
)


def placed(
    command: Callable[Concatenate[Path, P], int],
) -> Callable[Concatenate[Path, P], int]:
    """Have the errors of a command name its ledger's files by the ledger's folder."""

    @wraps(command)
    def run(ledger: Path, /, *words: P.args, **options: P.kwargs) -> int:
        with within(ledger):
            return command(ledger, *words, **options)

    return run


@app.command
def init(
    ledger: Path,
    /,
    *,
    origin: str,
    quorum: Annotated[
        Path | None, Parameter(help="A file that says which witnesses cosign.")
    ] = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Found a ledger: its keys, and a log with one entry.

    Example: `ringfence ledger init ledger --origin example.com/log`.

    Parameters
    ----------
    ledger
        Its folder; nothing may lie there.
    origin
        The log's name for ever: a domain of yours, and a path.
    """
    from ringfence.ledger.keeping.opening import begin
    from ringfence.ledger.signed.quorum import parse_quorum
    from ringfence.report import ledger_text as told

    text = None
    if quorum is not None:
        content = quorum.read_bytes()
        parse_quorum(content, str(quorum))
        text = content.decode()
    charter, signed = begin(ledger, origin, time=now(), quorum=text)
    spelt = told.key_lines if format == "text" else told.keys
    size = 0 if signed is None else 1
    said: dict[str, object] = {"log": origin, "folder": str(ledger), "published": size}
    said["keys"] = spelt(charter.keys)
    show(told.render("init", said, format))
    if signed is None:
        complain("hand these keys to the witnesses, then `ringfence ledger publish`")
    return int(ExitCode.ALL_UPHELD)


@app.command
@placed
def append(
    ledger: Path,
    files: Annotated[tuple[Path, ...], Parameter(show=True)] = (),
    /,
    *,
    keep: Annotated[bool, Parameter(negative="")] = False,
    heartbeat: Annotated[bool, Parameter(negative="")] = False,
    sequenced: Annotated[bool, Parameter(negative="")] = False,
    format: Form = "text",  # noqa: A002
) -> int:
    """Log documents: the digest of each, and a commitment to its name.

    Examples: `ringfence ledger append ledger contract.pdf`,
    `ringfence ledger append ledger --heartbeat`.

    Parameters
    ----------
    ledger
        The ledger's folder.
    files
        The documents.
    keep
        Keep a copy of each beside the log, under its digest.
    heartbeat
        Log that the log is alive.
    sequenced
        Bring the entries to the disk, and leave publishing to another run.
    """
    from ringfence.ledger.keeping.documented import logged
    from ringfence.report import ledger_text as told

    places, signed = logged(
        ledger, files, time=now(), keep=keep, beat=heartbeat, publish=not sequenced
    )
    size = None if signed is None else signed.checkpoint.size
    logged_as = told.places(places) if format == "text" else [*places]
    said = {"entries": logged_as, "published": size}
    show(told.render("append", said, format))
    return int(ExitCode.ALL_UPHELD)


@app.command
@placed
def publish(ledger: Path, /, *, format: Form = "text") -> int:  # noqa: A002
    """Publish what is sequenced: tiles first, then a signed checkpoint.

    Parameters
    ----------
    ledger
        The ledger's folder.
    """
    from ringfence.ledger.keeping.opening import opened, published
    from ringfence.ledger.writer.disk import RealDisk

    with opened(ledger) as log:
        log.publish()
        signed = published(RealDisk(ledger), log.charter)
    _say("publish", signed, format)
    return int(ExitCode.ALL_UPHELD)


@app.command
@placed
def prove(ledger: Path, entry: int, /, *, output: Output) -> int:
    """Write the proof that an entry is in the log, for somebody who hasn't the log.

    Example: `ringfence ledger prove ledger 14 -o 14.tlog-proof`.

    Parameters
    ----------
    ledger
        The ledger's folder.
    entry
        Its place in the log, from 0.
    output
        The file to write; the entry itself is in it.
    """
    from ringfence.ledger.keeping.showing import Shelf
    from ringfence.ledger.signed.proofs import render_proof

    output.write_bytes(render_proof(Shelf(ledger).proof(entry)))
    return int(ExitCode.ALL_UPHELD)


@app.command
def verify(
    proof: Path,
    /,
    *,
    key: Keys = (),
    quorum: QuorumFile = None,
    entry: Annotated[
        Path | None, Parameter(help="The entry, if the proof doesn't carry it.")
    ] = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Check a proof file, with nothing but the keys that you trust.

    Example: `ringfence ledger verify 14.tlog-proof --quorum auditors-quorum`.

    Parameters
    ----------
    proof
        The proof file.
    """
    from ringfence.ledger.keeping.showing import believed, verified
    from ringfence.report import ledger_text as told

    trusted = believed(key, quorum)
    content = None if entry is None else entry.read_bytes()
    shown, signed = verified(
        proof.read_bytes(), trusted, entry=content, place=str(proof)
    )
    said = {"verifies": True, **told.head(signed)}
    said["entry"] = told.line(shown) if format == "text" else told.whole(shown)
    show(told.render("verify", said, format))
    return int(ExitCode.ALL_UPHELD)


@app.command
@placed
def fsck(ledger: Path, /, *, format: Form = "text") -> int:  # noqa: A002
    """Rebuild the whole log from its entries, and compare every file and signature.

    Parameters
    ----------
    ledger
        The ledger's folder.
    """
    from ringfence.ledger.keeping.renewal import check_ledger
    from ringfence.report import ledger_text as told

    progress = Progress()
    found = check_ledger(
        ledger, lambda at, size: progress(f"checking entry {at:,} of {size:,}")
    )
    progress.done()
    spelt = told.checked_lines if format == "text" else told.checked
    show(told.render("fsck", spelt(found), format))
    return int(ExitCode.ALL_UPHELD if found.is_sound else ExitCode.NOT_VERIFIED)


@app.command(name="show")
@placed
def shown(
    ledger: Path,
    entry: int | None = None,
    /,
    *,
    format: Form = "text",  # noqa: A002
    limit: Limit = None,
) -> int:
    """Show the last entries, or all of one, with what its payload tells.

    Examples: `ringfence ledger show ledger`, `ringfence ledger show ledger 14`.

    Parameters
    ----------
    ledger
        The ledger's folder.
    entry
        The place of an entry, from 0.
    """
    from ringfence.ledger.keeping.showing import Shelf
    from ringfence.report import ledger_text as told

    shelf = Shelf(ledger)
    if entry is not None:
        show(told.render("entry", told.whole(shelf.shown(entry)), format))
        return int(ExitCode.ALL_UPHELD)
    _, rows = room(limit)
    entries = [*shelf.last(rows)]
    said: dict[str, object] = {"log": shelf.charter.origin, "size": shelf.size}
    if format == "json":
        said["entries"] = [told.whole(one) for one in entries]
    else:
        said["earlier"] = told.earlier(shelf.size - len(entries))
        said["entries"] = told.lines(entries)
    show(told.render("show", said, format))
    return int(ExitCode.ALL_UPHELD)


def _say(kind: str, signed: SignedCheckpoint, form: str) -> None:
    from ringfence.report import ledger_text as told

    show(told.render(kind, told.head(signed), form))
