"""Who stands behind a company: what several recipients are counted under, together.

Whoever may hold half of a company, alone or with what it controls in the same way,
stands behind it. Bounds count as high as the sources leave them: a grouping that is too
wide counts too many people, one that is too narrow would let them leave.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction

from ringfence.boundary.ownership import UNSTATED, Stake, merge

HALF = Fraction(50)
_INTERESTS = ("shareholding", "votingRights", UNSTATED)


class Owning:
    """Who stands behind whom.

    Args:
        stakes: Who holds what of whom.
    """

    def __init__(self, stakes: Iterable[Stake]) -> None:
        self._shares = merge(stakes)
        self._owners: dict[str, set[str]] = defaultdict(set)
        for (entity, interest), shares in self._shares.by_entity.items():
            if interest in _INTERESTS:
                self._owners[entity].update(share.owner for share in shares)
        self._told: dict[str, tuple[str, ...]] = {}

    def behind(self, entity: str) -> tuple[str, ...]:
        """Return the ultimate owners of a company: itself, if it has none.

        Those of whom it isn't known are all named. Companies that hold each other stand
        behind each other; the one whose id comes first is named.
        """
        if entity not in self._told:
            self._told[entity] = self._tops(entity)
        return self._told[entity]

    def _tops(self, entity: str) -> tuple[str, ...]:
        controlled = {one: self._controlled(one) for one in self._above(entity)}
        over = [one for one, those in controlled.items() if entity in those]

        def is_under(one: str, other: str) -> bool:
            is_mutual = other in controlled[one]
            return one in controlled[other] and (other < one or not is_mutual)

        return tuple(
            sorted(one for one in over if not any(is_under(one, two) for two in over))
        )

    def _above(self, entity: str) -> set[str]:
        """Return a company, and whoever has a share of it through any chain."""
        found, ahead = {entity}, [entity]
        while ahead:
            more = self._owners.get(ahead.pop(), set()) - found
            found |= more
            ahead += more
        return found

    def _controlled(self, owner: str) -> set[str]:
        """Return an owner, and the companies that it may hold half of, with those."""
        found, ahead = {owner}, [owner]
        held: dict[str, dict[str, Fraction]] = defaultdict(
            lambda: defaultdict(Fraction)
        )
        while ahead:
            for share in self._shares.by_owner.get(ahead.pop(), ()):
                if share.interest in _INTERESTS:
                    sums = held[share.entity]
                    before = sums.get(share.interest, Fraction(0))
                    sums[share.interest] = before + share.high
                    if share.entity not in found and _most(sums) >= HALF:
                        found.add(share.entity)
                        ahead.append(share.entity)
        return found


def _most(held: Mapping[str, Fraction]) -> Fraction:
    """Return the largest interest; what isn't said of which may be of any."""
    stated = (high for interest, high in held.items() if interest != UNSTATED)
    return max(stated, default=Fraction(0)) + held.get(UNSTATED, Fraction(0))
