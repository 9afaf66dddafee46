"""What plans come to: plain values, which renderers read and compute nothing from."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.claims.outcome import Verdict


@dataclass(frozen=True, slots=True)
class Loser:
    """Somebody legitimate who loses something, and how many resources."""

    id: str
    lost: int


@dataclass(frozen=True, slots=True)
class InUse:
    """How much of what a plan takes is in use, by what the logs of a period show.

    Attributes:
        people: How many legitimate people lose what they used, and `pairs` how many
            pairs that is.
        untold: Of how many others it can't be told whether they used any of it.
        open: Of how many of the pairs it can't be told.
        since: First instant of the period, and `until` the first one after it.
    """

    people: int
    pairs: int
    untold: int
    open: int
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Priced:
    """A plan with what it costs and does.

    Attributes:
        name: A letter, or what its file is called.
        aim: What it was made for.
        changes: How many facts it changes; several that say the same count once.
        undecided: How many of these are of edges that are undecided anyway.
        cost: What the changes cost together; None if one can't be made.
        closes: Whether the excluded reach nothing afterwards, but what is conceded.
        people: How many legitimate people lose something, and `pairs` how much.
        before: How many pairs of them there were.
        losers: Who they are, who loses most first.
        regrants: How many pairs an exception concedes and the plan grants anew.
        refused: How many it can't, without opening another way.
        file: The plan file.
        in_use: What of all that is in use; None when no log was looked at.
    """

    name: str
    aim: str
    changes: int
    undecided: int
    cost: int | None
    closes: bool
    people: int
    pairs: int
    before: int
    losers: tuple[Loser, ...]
    regrants: int
    refused: int
    file: str
    in_use: InUse | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """The plans for a claim.

    Attributes:
        claim: Its id, `says` its sentence, and `verdict` how it stands.
        people: How many principals cross, or may, to `columns` resources: `pairs`.
        plans: The plans, cheapest first; none if nothing crosses.
        uncuttable: Why there is none: what leads where, that can't be taken away.
    """

    claim: str
    says: str
    verdict: Verdict
    people: int
    columns: int
    pairs: int
    plans: tuple[Priced, ...]
    uncuttable: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Turned:
    """Another claim whose verdict a plan changes."""

    claim: str
    before: Verdict
    after: Verdict


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What a plan comes to.

    Attributes:
        claim: Id of the claim, `before` its verdict, and `after` that after the plan.
        reasons: Why that isn't `upheld`, if it isn't.
        plan: The plan, priced on the estate at hand.
        differs: What of the estate at hand isn't what the plan was made for.
        others: The other claims whose verdict the plan changes.
        proof: Name of the proof file, empty if there is none.
        estate: Digest of the estate after the plan.
        removed: How many facts are left out of it, and `added` how many are new.
    """

    claim: str
    before: Verdict
    after: Verdict
    reasons: tuple[str, ...]
    plan: Priced
    differs: tuple[str, ...]
    others: tuple[Turned, ...]
    proof: str
    estate: str
    removed: int
    added: int
