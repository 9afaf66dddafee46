"""What of a docket an export tells: chosen by a profile, refused if it names people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from ringfence.claims.docketed import Docketed
from ringfence.claims.publishing.published import (
    CAVEATS,
    FORMAT,
    Export,
    Verdict,
)
from ringfence.claims.publishing.unnamed import LEAST, Hidden, named
from ringfence.claims.verdict import CONTESTED
from ringfence.docket.folder import Docket
from ringfence.docket.ladder import ORDER
from ringfence.docket.naming import Names
from ringfence.docket.objects import (
    Assessment,
    Hand,
    Handling,
    Recording,
    Ref,
    Reviewer,
    Sentence,
    Speaker,
    Statement,
)
from ringfence.docket.publishing.disclosure import disclosed
from ringfence.docket.publishing.profile import Profile
from ringfence.docket.sealing import Identities
from ringfence.docket.words import Custody, Stance
from ringfence.errors import ConfigError, Locus, Problem

REPORT = "report.json"
_OF_DOCKET = "docket-"  # what reasons begin with that tell of a docket


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is told of which objects, by the places of their entries.

    Attributes:
        fields: Names of fields.
        left: How many statements on the claims the profile leaves out, as words.
    """

    fields: Mapping[int, tuple[str, ...]]
    left: int


def chosen(found: Docketed, claims: Sequence[str], profile: Profile) -> Chosen:
    """Return what of a docket a profile tells on some claims.

    Args:
        found: The docket.
        claims: Ids of claims; none stands for all that the docket knows.
        profile: The allow-list.

    Raises:
        ConfigError: The docket knows no sentence on a claim.
    """
    sentences = _sentences(found, claims)
    picked: dict[Ref, None] = dict.fromkeys(sentences)
    left = set()
    for ref, assessed in found.all(Assessment):
        if assessed.sentence not in sentences or found.superseded_by(ref):
            continue
        statement = found.standing(assessed.statement)
        told = found.get(statement)
        rung = found.ladder(statement).rung
        is_low = ORDER.index(rung) < ORDER.index(profile.rung)
        # Told beside another wording of itself, an assessment would be read wrongly.
        is_other = statement != assessed.statement
        is_counted = assessed.stance is not Stance.UNRELATED and not is_low
        if is_counted and not is_other and isinstance(told, Statement):
            further = _around(found, statement, told)
            picked |= dict.fromkeys((ref, statement, *further))
        else:
            left.add(statement)
    objects = ((ref, found.get(ref)) for ref in picked)
    fields = {
        found.place(ref): profile.fields(one) for ref, one in objects if one is not None
    }
    return Chosen(fields, len(left - picked.keys()))


def _sentences(found: Docketed, claims: Sequence[str]) -> set[Ref]:
    known = found.all(Sentence)
    for claim in claims:
        if claim not in {one.claim for _, one in known}:
            hint = "`ringfence docket sentences DOCKET CASE` brings them in"
            raise ConfigError("the docket has no sentence on it", Locus(claim), hint)
    return {ref for ref, one in known if not claims or one.claim in claims}


def _around(found: Docketed, ref: Ref, one: Statement) -> Iterator[Ref]:
    yield from filter(None, (one.recording, one.speaker))
    ladder = found.ladder(ref)
    yield from (ladder.heard, *ladder.confirmed)


def made(
    docket: Docket,
    choice: Chosen,
    *,
    profile: Profile,
    time: str,
    verdicts: Sequence[Verdict] = (),
) -> Export:
    """Return the export of a choice.

    Raises:
        RingfenceError: The ledger doesn't hold what it signed, or something was erased.
        OSError: It can't be read.
    """
    ledger = disclosed(docket.ledger, choice.fields)
    return Export(FORMAT, profile.name, time, CAVEATS, tuple(verdicts), ledger)


def hidden(found: Docketed, docket: Docket, identities: Identities) -> list[Hidden]:
    """Return every text of a docket that no export may hold.

    Names of speakers and hands are opened for it, and stay in memory; names of
    reviewers and of the files that were received are in the docket as they are.

    Raises:
        ProofError: A sealed name is missing, or the key is another's.
    """
    names = Names(docket)
    sealed = [
        Hidden(found.number(ref), names.read(one.sealed, identities))
        for kind in (Speaker, Hand)
        for ref, one in found.all(kind)
        if isinstance(one, Speaker | Hand) and one.sealed
    ]
    files = [
        Hidden(found.number(ref), text)
        for ref, one in found.all(Recording)
        for text in _telling(one.name)
    ]
    reviewers = [
        Hidden(found.number(ref), one.name) for ref, one in found.all(Reviewer)
    ]
    return [*sealed, *reviewers, *files]


def _telling(name: str) -> Iterator[str]:
    """Yield what tells a file: its name, and what is before the ending if it is odd.

    `interview` is a word that anybody says, and `moss-phone-17` is none.
    """
    yield name
    stem = Path(name).stem
    if any(sign.isdigit() for sign in stem) and sum(map(str.isalnum, stem)) >= LEAST:
        yield stem


def check_unnamed(files: Mapping[str, bytes], secrets: Iterable[Hidden]) -> None:
    """Check that no file names anybody whom the docket hides.

    Raises:
        ConfigError: One does; the error says whom by number, and never by name.
    """
    hint = "quote less of it in a correction, choose a narrower profile or fewer claims"
    problems = [
        Problem(f"holds what is hidden of {one.of}", Locus(one.file), hint)
        for one in named(files, secrets)
    ]
    if problems:
        raise ConfigError.of(problems)


def handled(files: Mapping[str, bytes], *, to: str, profile: str, by: Ref) -> Handling:
    """Return the step of custody that says what leaves, to whom, and how told."""
    digests = {name: sha256(content).hexdigest() for name, content in files.items()}
    return Handling(Custody.EXPORTED, "", by, {"to": to, "profile": profile, **digests})


class _Claim(msgspec.Struct, frozen=True):
    id: str
    verdict: str
    reasons: list[dict[str, str]]
    proof: str | None = None


class _Report(msgspec.Struct, frozen=True):
    as_of: str
    boundary: dict[str, object]
    estate: dict[str, object]
    claims: list[_Claim]


def verdicts_of(
    output: Path, claims: Iterable[str], profile: Profile
) -> tuple[Verdict, ...]:
    """Return what a check came to, of the claims that are asked for.

    Its reasons are told in words if the profile tells reasons, else by their codes.
    What a reason says of the docket is never told: it is no part of an allow-list.

    Raises:
        ConfigError: The folder is none that a check wrote.
    """
    path = output / REPORT
    at, hint = Locus(str(path)), "`ringfence check CASE --output FOLDER` writes it"
    try:
        report = msgspec.json.decode(path.read_bytes(), type=_Report)
    except OSError:
        raise ConfigError("there is no report of a check", at, hint) from None
    except (msgspec.MsgspecError, UnicodeError):
        raise ConfigError("is no report of a check", at, hint) from None
    wanted = {*claims}
    return tuple(
        Verdict(
            one.id,
            one.verdict,
            tuple(dict.fromkeys(_reason(told, profile) for told in one.reasons)),
            report.as_of,
            str(report.estate.get("digest", "")),
            str(report.boundary.get("digest", "")),
            _digest(output / one.proof) if one.proof else "",
        )
        for one in report.claims
        if not wanted or one.id in wanted
    )


def _reason(told: Mapping[str, str], profile: Profile) -> str:
    code = told.get("code", "")
    if code == CONTESTED:
        return "statements say otherwise"
    is_told = profile.rationales and not code.startswith(_OF_DOCKET)
    return told.get("text", "") if is_told else code.replace("-", " ").replace("_", " ")


def _digest(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        reason = (error.strerror or "can't be read").lower()
        raise ConfigError(reason, Locus(str(path)), "check again") from None
