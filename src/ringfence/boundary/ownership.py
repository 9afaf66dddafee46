"""Shares of entities, as intervals of exact fractions.

Sources state an interest as bounds (`between 25 and 50 percent`), directly or through
others, and more than once. Here those statements become one interval for each owner,
entity, kind of interest and way of holding. 28 CFR 202.211 then adds up owners, never
along a chain: at least, what they hold directly; at most, everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from fractions import Fraction

ALL = Fraction(100)
# The interest of a stake that doesn't say of what interest it is.
UNSTATED = ""
_NONE = Fraction(0)
_DECIMAL = re.compile(r"[0-9]{1,3}(\.[0-9]{1,40})?", re.ASCII)
_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Stake:
    """One statement that a holder has an interest in an entity, in percent.

    Attributes:
        interest: The kind of interest; empty if it isn't stated, and may be any.
        low: At least so much. `high`: at most so much.
        is_direct: Held in the holder's own name. False where it is held through
            others, or where the source doesn't say.
        is_known: False when it can't be decided whether the statement holds.
    """

    holder: str
    entity: str
    interest: str
    low: Fraction
    high: Fraction
    is_direct: bool = True
    is_known: bool = True


def stake(
    holder: str, entity: str, *, detail: Mapping[str, str], unknown: str = ""
) -> Stake:
    """Return the stake that an `owns` edge with this detail states.

    A bound that is missing, or is no decimal number, is taken as wide as can be.
    """
    low, high = (
        Fraction(text) if _DECIMAL.fullmatch(text) else widest
        for text, widest in (
            (detail.get("min", ""), _NONE),
            (detail.get("max", ""), ALL),
        )
    )
    return Stake(
        holder,
        entity,
        detail.get("interest", UNSTATED),
        low=low,
        high=high,
        is_direct=detail.get("directness") == "direct",
        is_known=not unknown,
    )


@dataclass(frozen=True, slots=True)
class Share:
    """What one owner holds of one entity in one kind of interest, in one way.

    What is held directly and what is held through others stay apart: the second may be
    made of shares that somebody else is stated to hold.
    """

    owner: str
    entity: str
    interest: str
    low: Fraction
    high: Fraction
    is_direct: bool


@dataclass(slots=True)
class Shares:
    """Shares by entity and interest, and by owner."""

    by_entity: dict[tuple[str, str], list[Share]] = field(default_factory=dict)
    by_owner: dict[str, list[Share]] = field(default_factory=dict)

    def of(self, entity: str, interest: str) -> Sequence[Share]:
        """Return the shares in an entity, one for each owner and way of holding."""
        return self.by_entity.get((entity, interest), ())

    def perhaps_of(self, entity: str, interest: str) -> Iterator[Share]:
        """Yield the shares in an entity that are, or may be, of this interest."""
        for kind in kinds(interest):
            yield from self.of(entity, kind)

    def ends(self) -> Iterator[str]:
        """Yield every owner and every entity owned, with repeats."""
        yield from self.by_owner
        for entity, _ in self.by_entity:
            yield entity


def kinds(interest: str) -> tuple[str, ...]:
    """Return what a share of this interest may be stated as: itself, or no kind."""
    return (interest, UNSTATED)


def merge(stakes: Iterable[Stake]) -> Shares:
    """Return one share for each owner, entity, interest and directness.

    Such statements are versions of one holding: the widest interval counts. One that is
    open, or doesn't say of what interest it is, promises no minimum.
    """
    merged: dict[tuple[str, str, str, bool], tuple[Fraction, Fraction]] = {}
    for one in stakes:
        key = (one.holder, one.entity, one.interest, one.is_direct)
        is_sure = one.is_known and one.interest != UNSTATED
        low, high = one.low if is_sure else _NONE, max(one.low, one.high)
        before = merged.get(key, (low, high))
        merged[key] = (min(low, before[0]), max(high, before[1]))
    shares = Shares()
    for (owner, entity, interest, is_direct), (low, high) in merged.items():
        share = Share(owner, entity, interest, low, high, is_direct=is_direct)
        shares.by_entity.setdefault((entity, interest), []).append(share)
        shares.by_owner.setdefault(owner, []).append(share)
    return shares


def floor(shares: Iterable[Share]) -> Fraction:
    """Return what the shares come to at least, together.

    That is all that is held directly, or the largest holding through others, if that is
    more. Indirect holdings are never added up, nor added to direct ones: any two may be
    of the very same shares, seen at two places of one chain.
    """
    direct = indirect = _NONE
    for share in shares:
        if share.is_direct:
            direct += share.low
        else:
            indirect = max(indirect, share.low)
    return max(direct, indirect)


def ceiling(shares: Iterable[Share]) -> Fraction:
    """Return what the shares come to at most, together."""
    return min(ALL, sum((share.high for share in shares), _NONE))


def undisclosed(shares: Iterable[Share]) -> Fraction:
    """Return how much of the entity the shares may leave unstated."""
    return max(_NONE, ALL - floor(shares))


def in_words(percent: Fraction) -> str:
    """Return a percentage as decimal text: `49.9`."""
    exact = _EXACT.divide(Decimal(percent.numerator), Decimal(percent.denominator))
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
