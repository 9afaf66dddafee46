"""What a docket holds of one claim, put together for its page.

The public sentence in each of its versions, the statements beside it, and the leads
that they gave rise to, each with what the systems answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ringfence.boundary.model import Claim
from ringfence.claims.contested import NOTHING, told
from ringfence.claims.docketed import Docketed
from ringfence.claims.testimony import Beside, DocketSeen
from ringfence.claims.verdict import Documents
from ringfence.docket.objects import Answer, Lead, Ref, Sentence


@dataclass(frozen=True, slots=True)
class Uttered:
    """A public sentence: what was said, by whom, when and where.

    Attributes:
        capture: SHA-256 of a capture of the place; empty if none is kept.
    """

    number: str
    says: str
    by: str
    on: str
    where: str
    capture: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the systems answered to a lead, and when; digests as the docket has them."""

    number: str
    time: str
    code: int
    says: str
    estate: str
    boundary: str
    content: str
    proof: str


@dataclass(frozen=True, slots=True)
class Followed:
    """A lead: which statement it comes from, what it asks, what was answered."""

    number: str
    statement: str
    asks: str
    command: tuple[str, ...]
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """All that a docket holds of a claim.

    Attributes:
        claim: Its id.
        says: The claim in the boundary's words; empty if no check tells them.
        documents: What the verdict is weighed against.
    """

    claim: str
    says: str
    seen: DocketSeen
    uttered: tuple[Uttered, ...]
    beside: Beside
    documents: Documents
    leads: tuple[Followed, ...]


def claim_page(
    found: Docketed, claim: str, says: str, others: Mapping[str, str] = {}
) -> ClaimPage:
    """Return what a docket holds of a claim.

    Args:
        found: The docket.
        claim: Id of the claim.
        says: The claim in the boundary's words, to hold the docket's sentences against.
        others: What the boundary's other claims say, by id.
    """
    claims = {**others, claim: says}
    heard = told(
        found,
        [Claim(id=one, says=text, kind="no_reach") for one, text in claims.items()],
    )
    said = heard.claims.get(claim, NOTHING)
    return ClaimPage(
        claim,
        says,
        DocketSeen(found.name, found.size, found.root),
        uttered(found, claim),
        said.beside,
        said.documents,
        tuple(_leads(found, {one.number for one in said.beside.statements})),
    )


def uttered(found: Docketed, claim: str) -> tuple[Uttered, ...]:
    """Return the public sentences of a claim, in the order they were logged."""
    return tuple(
        Uttered(found.number(ref), one.says, one.by, one.on, one.where, one.capture)
        for ref, one in found.all(Sentence)
        if one.claim == claim
    )


def _leads(found: Docketed, statements: set[str]) -> Iterator[Followed]:
    answers = found.all(Answer)
    for ref, lead in found.all(Lead):
        statement = found.number(found.standing(lead.statement))
        if statement in statements:
            yield Followed(
                found.number(ref),
                statement,
                lead.asks,
                lead.command,
                tuple(_found(found, by, one) for by, one in answers if one.lead == ref),
            )


def _found(found: Docketed, ref: Ref, one: Answer) -> Found:
    return Found(
        found.number(ref),
        found.time(ref),
        one.code,
        one.says,
        one.estate,
        one.boundary,
        one.content,
        one.proof,
    )
