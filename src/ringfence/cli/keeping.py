"""`ringfence ledger`, over the years: rotation, keys, archives, erasure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from ringfence.cli.ledgering import EXITS, Keys, placed
from ringfence.cli.streams import Progress, show
from ringfence.cli.words import Form, Output, now
from ringfence.errors import ExitCode

keys = App(
    name="key",
    help="Look at the keys of a log, and change them.",
    help_epilogue=EXITS,
    help_format="plaintext",
)


def rotate(
    ledger: Path,
    new: Path,
    /,
    *,
    origin: str,
    format: Form = "text",  # noqa: A002
) -> int:
    """Close a log, and begin the one that follows, each naming the other.

    Cut short, it is taken up by calling it again.
    Example: `ringfence ledger rotate ledger ledger-2027 --origin example.com/log/2027`.

    Parameters
    ----------
    ledger
        The folder of the ledger that ends.
    new
        The folder of the one that begins.
    origin
        What that one is called.
    """
    from ringfence.ledger.keeping.series import rotate as close
    from ringfence.report import ledger_text as told

    last, first = close(ledger, new, origin, time=now())
    said = {"closed": told.head(last), "continued": told.head(first)}
    show(told.render("rotate", said, format))
    return int(ExitCode.ALL_UPHELD)


def series(
    oldest: str,
    next: str,  # noqa: A002
    /,
    *more: str,
    key: Keys,
    format: Form = "text",  # noqa: A002
) -> int:
    """Check that logs follow one another, with keys of the oldest alone.

    Each has to be closed in favour of the next, and the next to continue it. That a
    log is whole, `fsck` says.
    Example: `ringfence ledger series ledger-2026 ledger-2027 --key KEY`.

    Parameters
    ----------
    oldest
        The address of a log or its folder.
    next
        The one that follows.
    more
        Those behind it, in their order.
    """
    from ringfence.ledger.keeping.renewal import key_proofs
    from ringfence.ledger.keeping.series import Shard, verify_series
    from ringfence.ledger.remote import open_log
    from ringfence.ledger.signed.keys import parse_key
    from ringfence.ledger.writer.disk import RealDisk
    from ringfence.report import ledger_text as told

    places = (oldest, next, *more)
    # A server has no list of what it serves: who changed a key gives today's.
    shards = [
        Shard(
            one,
            open_log(one),
            () if "://" in one else [*key_proofs(RealDisk(Path(one)))],
        )
        for one in places
    ]
    trusted = [parse_key(one, "--key") for one in key]
    heads = [one.checkpoint for one in verify_series(shards, trusted)]
    logs = [f"{head.origin}, size {head.size:,}" for head in heads]
    show(told.render("series", {"logs": logs, "verified": "one series"}, format))
    return int(ExitCode.ALL_UPHELD)


@keys.command(name="list")
@placed
def listed(
    ledger: Path,
    /,
    *,
    trusted: Annotated[
        tuple[str, ...],
        Parameter(name="--from", help="A key that you trust: follow it to today's."),
    ] = (),
    format: Form = "text",  # noqa: A002
) -> int:
    """List the keys that sign for a log, as others need them.

    Example: `ringfence ledger key list ledger --from KEY`.

    Parameters
    ----------
    ledger
        The ledger's folder.
    """
    from ringfence.ledger.keeping.renewal import keys_of
    from ringfence.report import ledger_text as told

    found = keys_of(ledger, trusted)
    if format == "text":
        show("".join(f"{one}\n" for one in sorted(found, key=lambda one: one.kind)))
    else:
        show(told.render("keys", {"keys": told.keys(found)}, format))
    return int(ExitCode.ALL_UPHELD)


@keys.command
@placed
def announce(
    ledger: Path,
    /,
    *,
    kind: Literal["ed25519", "ml-dsa-44"] = "ed25519",
    format: Form = "text",  # noqa: A002
) -> int:
    """Give a log a further key: the old ones sign what announces it.

    Parameters
    ----------
    ledger
        The ledger's folder.
    kind
        Which kind of key.
    """
    from ringfence.ledger.keeping.opening import writing
    from ringfence.ledger.keeping.renewal import announce as begin
    from ringfence.ledger.signed.keys import ED25519, ML_DSA
    from ringfence.report import ledger_text as told

    kinds = {"ed25519": ED25519, "ml-dsa-44": ML_DSA}
    key = begin(ledger, kinds[kind], now(), writing)
    show(told.render("key", {"begins": told.key(key)}, format))
    return int(ExitCode.ALL_UPHELD)


@keys.command
@placed
def retire(ledger: Path, id: str, /, *, format: Form = "text") -> int:  # noqa: A002
    """End a key of a log: it signs for the last time what says so, and is removed.

    Parameters
    ----------
    ledger
        The ledger's folder.
    id
        The key's id, as `key list` shows it: eight hexadecimal digits.
    """
    from ringfence.ledger.keeping.opening import writing
    from ringfence.ledger.keeping.renewal import retire as end
    from ringfence.report import ledger_text as told

    key = end(ledger, id, now(), writing)
    show(told.render("key", {"ends": told.key(key)}, format))
    return int(ExitCode.ALL_UPHELD)


@placed
def export(
    ledger: Path,
    /,
    *,
    output: Output,
    payloads: Annotated[bool, Parameter(negative="")] = False,
    format: Form = "text",  # noqa: A002
) -> int:
    """Write all that a log has published to one file, which says how to verify it.

    Example: `ringfence ledger export ledger -o log-2026.tar`.

    Parameters
    ----------
    ledger
        The ledger's folder.
    output
        The archive to write. The same log always gives the same bytes.
    payloads
        Write the payloads too, which may be personal.
    """
    from ringfence.ledger.keeping.archive import export as write
    from ringfence.report import ledger_text as told

    progress = Progress()
    found = write(ledger, output, payloads=payloads, progress=progress)
    progress.done()
    said = {"archive": str(output), "bytes": found.bytes, "files": found.files}
    said = {**told.head(found.signed), **said, "payloads": found.payloads}
    show(told.render("export", said, format))
    return int(ExitCode.ALL_UPHELD)


def restored(
    archive: Path,
    ledger: Path,
    /,
    *,
    key: Keys = (),
    format: Form = "text",  # noqa: A002
) -> int:
    """Make a ledger of an archive, once all of it was verified.

    Example: `ringfence ledger import log-2026.tar ledger --key KEY`.

    Parameters
    ----------
    archive
        The archive.
    ledger
        Where the ledger is to lie; nothing may be there.
    """
    from ringfence.ledger.keeping.restore import restore
    from ringfence.ledger.signed.keys import parse_key
    from ringfence.report import ledger_text as told

    progress = Progress()
    trusted = [parse_key(one, "--key") for one in key]
    found = restore(archive, ledger, keys=trusted, progress=progress)
    progress.done()
    by = "by the keys that you trust" if found.trusted else "by its own keys alone"
    said = {**told.head(found.signed), "verified": by, "files": found.files}
    show(told.render("import", {**said, "payloads": found.payloads}, format))
    return int(ExitCode.ALL_UPHELD)


@placed
def erase(
    ledger: Path,
    digest: str,
    /,
    *,
    reason: Literal["request", "retention", "order", "mistake"],
    log: Path | None = None,
    format: Form = "text",  # noqa: A002
) -> int:
    """Remove a payload for good, and log that it was; every proof stays.

    Example: `ringfence ledger erase ledger 3f9a… --reason request`.

    Parameters
    ----------
    ledger
        The ledger's folder.
    digest
        The payload's SHA-256, as `ledger show` prints it.
    reason
        Why: a person's request, the end of its retention, an order, or a mistake.
    log
        The ledger that logs it, where the payload's own is closed: one that follows.
    """
    from ringfence.ledger.keeping.documented import erased
    from ringfence.report import ledger_text as told

    signed = erased(ledger, digest, time=now(), reason=reason, into=log)
    plain = digest.removeprefix("sha256:")
    said = {"erased": plain, "reason": reason, **told.head(signed)}
    show(told.render("erase", said, format))
    return int(ExitCode.ALL_UPHELD)
