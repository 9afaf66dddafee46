"""Covered personal identifiers (28 CFR 202.212) and bulk thresholds (28 CFR 202.205).

The eight kinds of listed identifier are those of 28 CFR 202.234(a) to (h). Masking
never takes a column out of the count (28 CFR 202.206), so nothing here asks about it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Identifier(StrEnum):
    """A kind of listed identifier; 28 CFR 202.234 lists them in this order."""

    GOVERNMENT = "government-number"
    FINANCIAL = "financial-account"
    DEVICE = "device"
    CONTACT = "demographic-or-contact"
    ADVERTISING = "advertising"
    AUTHENTICATION = "account-authentication"
    NETWORK = "network"
    CALL_DETAIL = "call-detail"


# 28 CFR 202.212(b): kinds that a network service may need to link among themselves.
_SERVICE = {Identifier.AUTHENTICATION, Identifier.NETWORK, Identifier.CALL_DETAIL}


def is_covered(
    identifiers: Iterable[Identifier],
    *,
    with_other_sensitive_data: bool = False,
    for_network_service: bool = False,
) -> bool:
    """Return whether identifiers that are disclosed together are covered.

    Args:
        identifiers: The kind of each listed identifier, one for each column.
        with_other_sensitive_data: What is disclosed links them to other sensitive
            personal data.
        for_network_service: They are linked only as a telecommunications or networking
            service needs.
    """
    found = list(identifiers)
    if found and with_other_sensitive_data:
        return True
    if len(found) < 2:  # noqa: PLR2004 - combined with another one
        return False
    kinds = set(found)
    if kinds == {Identifier.CONTACT}:
        return False
    return not (for_network_service and kinds <= _SERVICE)


@dataclass(frozen=True, slots=True)
class Threshold:
    """How many subjects in twelve months are bulk: strictly more than `more_than`.

    Attributes:
        unit: `persons` or `devices`.
        cite: Where the figure stands.
    """

    more_than: int
    unit: str
    cite: str


def bulk_threshold(
    categories: Collection[str], thresholds: Mapping[str, Threshold]
) -> Threshold | None:
    """Return the threshold for data of these categories together: the lowest one.

    28 CFR 202.205(g), read conservatively. A category without a threshold has none.
    """
    found = [thresholds[name] for name in sorted(categories) if name in thresholds]
    return min(found, key=lambda one: one.more_than, default=None)


def is_bulk(
    subjects: int, categories: Collection[str], thresholds: Mapping[str, Threshold]
) -> bool:
    """Return whether so many distinct subjects exceed the threshold."""
    threshold = bulk_threshold(categories, thresholds)
    return threshold is not None and subjects > threshold.more_than
