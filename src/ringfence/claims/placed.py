"""Whether a store lies outside the places that a boundary permits for its role."""

from __future__ import annotations

from ringfence.boundary.countries import is_permitted
from ringfence.boundary.model import Claim
from ringfence.boundary.selector import Holder
from ringfence.boundary.status import Status, among
from ringfence.claims.case import Case


def outside(claim: Claim, case: Case, store: Holder) -> Status:
    """Return whether a store is outside the permitted places of its role.

    A store of unknown role, or with places that disagree, may be anywhere.
    """
    roles = store.attributes.get("copy", frozenset({"primary"}))
    if not claim.places and ("copy" in store.unknown or len(roles) != 1):
        return Status.UNKNOWN
    permitted = claim.places or case.boundary.places.get(max(roles), ())
    places = store.attributes.get("place", frozenset())
    inside = among(
        places,
        [place for place in places if is_permitted(place, permitted)],
        absent=Status.UNKNOWN,
        is_unknown="place" in store.unknown,
    )
    is_sure = inside is Status.YES or len(places) == 1
    return inside.opposite if is_sure else Status.UNKNOWN
