"""How many people's data a scan has found in the stores that refute a claim.

Facts of a scan count people for a store, its datasets and its columns. Nobody can tell
from counts who is in two of them. So the count of the store is told where all that was
found there is what the claim protects, else that of its fullest column, as "at least".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from ringfence.boundary.model import Claim
from ringfence.boundary.selector import Holder
from ringfence.boundary.status import Status
from ringfence.claims.case import Case
from ringfence.claims.judgement import Judgement

SHOWN = 2
"""How many stores a summary names."""


class Found(NamedTuple):
    """How many people's data was found; `is_least`: there may be more."""

    number: int
    is_least: bool


def told(judgement: Judgement, claim: Claim, case: Case) -> Judgement:
    """Return a refutation whose summary says how many people's data was found."""
    found = {
        store: people
        for store in sorted(judgement.crossing)
        if (people := _of_store(store, claim, case)) is not None
    }
    if not found:
        return judgement
    return replace(
        judgement,
        summary=f"{_summary(found, case)}: {judgement.summary}",
        counts={**judgement.counts, "subjects": max(found.values()).number},
    )


def _summary(found: Mapping[str, Found], case: Case) -> str:
    stores = case.view.holders("store")
    order = sorted(found, key=lambda store: (-found[store].number, store))
    parts = [
        f"{_people(found[store])} in {_place(store, stores[store])}"
        for store in order[:SHOWN]
    ]
    if more := len(order[SHOWN:]):
        parts.append(f"{more:,} more")
    return ", ".join(parts)


def _people(found: Found) -> str:
    noun = "person's data" if found.number == 1 else "people's data"
    return f"{'at least ' * found.is_least}{found.number:,} {noun}"


def _place(store: str, holder: Holder) -> str:
    places = "/".join(sorted(holder.attributes.get("place", ())))
    return store.partition(":")[2] + (f" ({places})" if places else "")


def _of_store(store: str, claim: Claim, case: Case) -> Found | None:
    """Return how many people's protected data was found in a store."""
    targets = case.targets(claim.protected)
    inside = f"column:{store.partition(':')[2]}/"
    columns = {
        node: people
        for node, holder in case.view.holders("column").items()
        if node.startswith(inside) and (people := _stated(holder)) is not None
    }
    chosen = [one for one in columns if targets.get(one) is Status.YES]
    if not chosen:
        return None
    whole = _stated(case.view.holders("store")[store])
    if whole is not None and len(chosen) == len(columns):
        return whole
    return Found(max(columns[one].number for one in chosen), is_least=True)


def _stated(holder: Holder) -> Found | None:
    """Return the greatest count that sources state of a node."""
    texts = holder.attributes.get("subjects", frozenset())
    found = [Found(int(text.rstrip("+")), text.endswith("+")) for text in texts]
    return max(found, default=None)
