"""An auditor's interview file: what a docket can say of an audit, and what it can't.

28 CFR 202.1002(f)(2)(ii) has the report of a yearly audit describe the methodology, the
documents reviewed and the personnel interviewed. A docket knows of these what was
logged in it. Who somebody is, how a file was called, and what nobody has listened to
stay outside: people are pseudonyms, with roles as coarse as they were set down.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ringfence.boundary.model import Claim
from ringfence.claims.claim_page import Uttered, uttered
from ringfence.claims.contested import told
from ringfence.claims.docketed import Docketed
from ringfence.claims.testimony import Beside, DocketSeen, met, place
from ringfence.docket.objects import (
    Hand,
    Recording,
    Ref,
    Reviewer,
    Sentence,
    Speaker,
    Statement,
    Transcript,
)
from ringfence.docket.words import Form, Known, Rung

MISSING = (
    "who the auditor is, and why they are qualified, independent and no covered person",
    "which twelve months the audit covers, and when its report is due",
    "the restricted transactions, the compliance programme and the records examined",
    "what was tested of the security requirements: `ringfence check` reports that",
    "whether everybody was interviewed who ought to have been",
    "who the people interviewed are: that is sealed in the docket",
)


@dataclass(frozen=True, slots=True)
class Worker:
    """A reviewer, by number: whose ear and judgement the file rests on."""

    number: str
    role: str
    conflict: bool


@dataclass(frozen=True, slots=True)
class Examined:
    """A recording, document or export of messages that was received.

    Attributes:
        content: SHA-256 of it as received.
        hand: Number of who handed it over.
        seconds: How long a sound is; None for what is none.
    """

    number: str
    form: Form
    media: str
    size: int
    content: str
    grade: str
    received: str
    hand: str
    seconds: int | None
    basis: str
    until: str


@dataclass(frozen=True, slots=True)
class Interviewed:
    """Somebody who speaks, by pseudonym and as coarsely as they were set down.

    Attributes:
        met: When they met, as exactly as is known.
        statements: How many statements of theirs somebody has listened to.
    """

    number: str
    name: str
    role: str
    unit: str
    country: str
    met: tuple[str, ...]
    statements: int
    first_hand: int
    hedged: int


@dataclass(frozen=True, slots=True)
class OnClaim:
    """What was said of one claim: its sentences, and the statements beside it."""

    claim: str
    uttered: tuple[Uttered, ...]
    beside: Beside


@dataclass(frozen=True, slots=True)
class Further:
    """A statement that somebody has heard, and that stands beside no sentence."""

    number: str
    speaker: str
    at: str
    rung: Rung
    quote: str


@dataclass(frozen=True, slots=True)
class Interviews:
    """An interview file.

    Attributes:
        made: When it was put together.
        rungs: How many statements stand on each rung.
        engines: Which engines, of which version and model, made transcripts.
        hands: How many handed something over: each is one source.
        erased: How many objects were erased.
        refused: How many are there that may not be, and count for nothing.
    """

    made: str
    docket: DocketSeen
    workers: tuple[Worker, ...]
    rungs: Mapping[Rung, int]
    engines: tuple[str, ...]
    hands: int
    examined: tuple[Examined, ...]
    interviewed: tuple[Interviewed, ...]
    unnamed: int
    claims: tuple[OnClaim, ...]
    further: tuple[Further, ...]
    erased: int
    refused: int
    missing: tuple[str, ...] = MISSING


def interviews(found: Docketed, made: str) -> Interviews:
    """Return the interview file of a docket."""
    standing = _standing(found)
    heard = [ref for ref in standing if found.ladder(ref).rung is not Rung.MACHINE]
    rungs = Counter(found.ladder(ref).rung for ref in standing)
    claims = tuple(_claims(found))
    shown = {one.number for part in claims for one in part.beside.statements}
    return Interviews(
        made=made,
        docket=DocketSeen(found.name, found.size, found.root),
        workers=tuple(
            Worker(found.number(ref), one.role, one.conflict)
            for ref, one in found.all(Reviewer)
        ),
        rungs={rung: rungs[rung] for rung in Rung},
        engines=tuple(dict.fromkeys(_engines(found))),
        hands=len({one.match or ref for ref, one in found.all(Hand)}),
        examined=tuple(_examined(found)),
        interviewed=tuple(_interviewed(found, heard)),
        unnamed=sum(found.stated(ref).speaker is None for ref in heard),
        claims=claims,
        further=tuple(
            _further(found, ref) for ref in heard if found.number(ref) not in shown
        ),
        erased=len(found.erased),
        refused=len(found.refused),
    )


def _standing(found: Docketed) -> list[Ref]:
    """Return the statements that stand, each for what it corrects."""
    return [*dict.fromkeys(found.standing(ref) for ref, _ in found.all(Statement))]


def _engines(found: Docketed) -> Iterator[str]:
    for _, one in found.all(Transcript):
        made = one.origin
        name = " ".join(filter(None, (made.engine or "typed", made.version)))
        yield f"{name}, model {made.model}" if made.model else f"{name} ({made.by})"


def _examined(found: Docketed) -> Iterator[Examined]:
    for ref, one in found.all(Recording):
        sound = one.blocks
        yield Examined(
            found.number(ref),
            one.form,
            one.media,
            one.size,
            one.content,
            one.grade.value,
            one.received.when,
            found.number(one.hand),
            None if sound is None else sound.samples // sound.rate,
            one.basis,
            one.until,
        )


def _interviewed(found: Docketed, heard: list[Ref]) -> Iterator[Interviewed]:
    said: defaultdict[Ref, list[Statement]] = defaultdict(list)
    for ref in heard:
        statement = found.stated(ref).statement
        said[statement.speaker].append(statement)
    for speaker, one in found.all(Speaker):
        own = said[speaker]
        yield Interviewed(
            found.number(speaker),
            one.name,
            one.role_coarse,
            one.unit_coarse,
            one.country_coarse,
            tuple(sorted({met(statement) for statement in own} - {""})),
            len(own),
            sum(statement.first_hand is Known.YES for statement in own),
            sum(statement.hedged is Known.YES for statement in own),
        )


def _claims(found: Docketed) -> Iterator[OnClaim]:
    says = {one.claim: one.says for _, one in found.all(Sentence)}
    claims = [Claim(id=name, says=text, kind="no_reach") for name, text in says.items()]
    heard = told(found, claims)
    for name in says:
        yield OnClaim(name, uttered(found, name), heard.claims[name].beside)


def _further(found: Docketed, ref: Ref) -> Further:
    stated = found.stated(ref)
    one, ladder = stated.statement, found.ladder(ref)
    return Further(
        found.number(ref),
        "" if stated.speaker is None else stated.speaker.name,
        f"{found.number(one.recording)} {place(one.span, one.passage)}".strip(),
        ladder.rung,
        ladder.quote,
    )
