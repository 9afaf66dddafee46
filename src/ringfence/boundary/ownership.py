"""Shares of entities, as intervals of exact fractions.

Sources state an interest as bounds (`between 25 and 50 percent`), directly or through
others, and more than once. Here those statements become one interval for each owner,
entity and kind of interest; 28 CFR 202.211 then adds up owners, never along a chain.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal
from fractions import Fraction

ALL = Fraction(100)
_NONE = Fraction(0)
_DECIMAL = re.compile(r"[0-9]{1,3}(\.[0-9]{1,40})?", re.ASCII)
_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Stake:
    """One statement that a holder has an interest in an entity, in percent.

    Attributes:
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
        detail.get("interest", ""),
        low=low,
        high=high,
        is_direct=detail.get("directness") == "direct",
        is_known=not unknown,
    )


@dataclass(frozen=True, slots=True)
class Share:
    """All that one owner holds of one entity in one kind of interest."""

    owner: str
    entity: str
    interest: str
    low: Fraction
    high: Fraction
    is_direct: bool


@dataclass(slots=True)
class Shares:
    """Shares by entity and interest, and by owner."""

    by_entity: dict[tuple[str, str], dict[str, Share]] = field(default_factory=dict)
    by_owner: dict[str, list[Share]] = field(default_factory=dict)

    def of(self, entity: str, interest: str) -> Collection[Share]:
        """Return the shares in an entity, one for each owner."""
        return self.by_entity.get((entity, interest), {}).values()

    def ends(self) -> Iterator[str]:
        """Yield every owner and every entity owned, with repeats."""
        yield from self.by_owner
        for entity, _ in self.by_entity:
            yield entity


def merge(stakes: Iterable[Stake]) -> Shares:
    """Return one share for each owner, entity and interest.

    Statements of the same directness are versions of one holding: the widest interval
    counts. A direct and an indirect holding of one owner may be the same shares seen
    twice: the larger bounds count, once. An open statement promises no minimum.
    """
    merged: dict[tuple[str, str, str, bool], tuple[Fraction, Fraction]] = {}
    for one in stakes:
        key = (one.holder, one.entity, one.interest, one.is_direct)
        low = one.low if one.is_known else _NONE
        known_low, known_high = merged.get(key, (low, one.high))
        merged[key] = (min(low, known_low), max(low, one.high, known_high))
    shares = Shares()
    for (owner, entity, interest, is_direct), (low, high) in merged.items():
        share = Share(owner, entity, interest, low, high, is_direct=is_direct)
        owners = shares.by_entity.setdefault((entity, interest), {})
        other = owners.get(owner)
        owners[owner] = share if other is None else _larger(share, other)
    for owners in shares.by_entity.values():
        for share in owners.values():
            shares.by_owner.setdefault(share.owner, []).append(share)
    return shares


def _larger(one: Share, other: Share) -> Share:
    return replace(
        one,
        low=max(one.low, other.low),
        high=max(one.high, other.high),
        is_direct=True,
    )


def floor(shares: Iterable[Share]) -> Fraction:
    """Return what the shares come to at least, together.

    Direct and indirect holdings are added up apart and the larger sum counts: an
    indirect share may be made of the very shares that somebody else holds directly.
    """
    sums = [_NONE, _NONE]
    for share in shares:
        sums[share.is_direct] += share.low
    return max(sums)


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
