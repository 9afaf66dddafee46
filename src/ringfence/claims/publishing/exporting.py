"""One export, from the docket to its files: chosen, proved, looked through, logged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ringfence.claims.docketed import Docketed, docketed
from ringfence.claims.publishing.alike import Staff, partly, quoted, warnings
from ringfence.claims.publishing.choosing import (
    check_unnamed,
    chosen,
    handled,
    hidden,
    made,
)
from ringfence.claims.publishing.published import (
    CAVEATS,
    FORMAT,
    Export,
    Page,
    Verdict,
    pages,
)
from ringfence.docket.folder import Docket
from ringfence.docket.objects import Ref, Statement
from ringfence.docket.publishing.disclosure import checked
from ringfence.docket.publishing.profile import Profile
from ringfence.docket.sealing import Identities
from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.signed.keys import VerifierKey
from ringfence.ledger.writer.charter import read_charter
from ringfence.ledger.writer.disk import RealDisk

Draw = Callable[[Export, Sequence[Page]], Mapping[str, bytes]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be exported, and for whom.

    Attributes:
        claims: Ids of claims; none stands for all that the docket knows.
        to: Who receives it, in words; custody says so.
        by: Number or name of the reviewer who exports.
        verdicts: What a check came to.
        staff: Who works there, to count among; None if no case was named.
        public: Texts that are public already, each behind its name.
    """

    claims: Sequence[str]
    profile: Profile
    to: str
    by: Callable[[Docketed], Ref]
    time: str
    verdicts: Sequence[Verdict] = ()
    staff: Staff | None = None
    public: Sequence[tuple[str, str]] = field(default=())


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export came to.

    Attributes:
        files: Its files, by name.
        pages: What a reader sees of it.
        left: How many statements on the claims the profile leaves out.
        warnings: Whom it may give away.
    """

    files: Mapping[str, bytes]
    pages: Sequence[Page]
    left: int
    warnings: tuple[str, ...]


def exported(
    docket: Docket, identities: Identities, wish: Wish, draw: Draw
) -> Exported:
    """Make an export, and log that it leaves; nothing is written but the ledger.

    Args:
        docket: The docket.
        identities: Keys that open who people are: whoever can't open the names can't
            tell whether a file holds one.
        wish: What is to be exported.
        draw: Draws the files.

    Raises:
        ConfigError: Nothing would be told, or a file holds what the docket hides.
        RingfenceError: The docket isn't what was signed.
        OSError: It can't be read.
    """
    found = docketed(docket)
    by = wish.by(found)
    choice = chosen(found, wish.claims, wish.profile)
    export = made(
        docket,
        choice,
        profile=wish.profile,
        time=wish.time,
        verdicts=wish.verdicts,
    )
    seen = read(export, own_keys(docket))
    if not any(one.statements for one in seen):
        hint = f"profile `{wish.profile.name}` asks for words that are "
        hint += f"{wish.profile.rung}; `ringfence docket list` tells how far each is"
        raise ConfigError("nothing would be told", Locus("--profile"), hint)
    _check_weighed(seen)
    files = draw(export, seen)
    secrets = hidden(found, docket, identities)
    check_unnamed(files, secrets)
    step = handled(files, to=wish.to, profile=wish.profile.name, by=by)
    told = [ref for ref, _ in found.all(Statement) if found.place(ref) in choice.fields]
    warned = [*warnings(found, told, wish.profile, wish.staff), *_quoted(seen, wish)]
    warned += partly(export, secrets)
    docket.append([step], wish.time)
    return Exported(files, seen, choice.left, tuple(dict.fromkeys(warned)))


def _check_weighed(seen: Sequence[Page]) -> None:
    for page in seen:
        is_upheld = page.verdict is not None and page.verdict.verdict == "upheld"
        if is_upheld and page.counts["statements"]:
            message = "was upheld by a check that hadn't seen the statements against it"
            hint = "`ringfence check CASE --docket DOCKET --output FOLDER`"
            raise ConfigError(message, Locus(page.claim), hint)


def _quoted(seen: Sequence[Page], wish: Wish) -> list[str]:
    quotes = {
        f"statement {one.number}": one.quote for page in seen for one in page.statements
    }
    return quoted(quotes, wish.public)


def own_keys(docket: Docket) -> tuple[VerifierKey, ...]:
    """Return the keys of a docket's own ledger."""
    return read_charter(RealDisk(docket.ledger)).keys


def read(export: Export, keys: Sequence[VerifierKey]) -> list[Page]:
    """Check an export against its ledger's keys, and return what it tells.

    Raises:
        ProofError: Something in it doesn't verify, or its caveats aren't ours.
    """
    if (export.format, export.caveats) != (FORMAT, CAVEATS):
        hint = "what an export doesn't show is part of it, word for word"
        raise ProofError("is of another format, or says less", Locus("caveats"), hint)
    return pages(checked(export.ledger, keys), export.verdicts)


def opened(path: Path) -> Export:
    """Return the export in a file, unchecked.

    Raises:
        ConfigError: It can't be read, or is none.
    """
    at = Locus(str(path))
    try:
        return msgspec.json.decode(path.read_bytes(), type=Export)
    except OSError as error:
        reason = (error.strerror or "can't be read").lower()
        raise ConfigError(reason, at, "check the path") from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        hint = "`ringfence docket export` writes `export.json`"
        raise ConfigError("is no export of a docket", at, hint) from None
