"""The contracts of a case: its channels, and what the estate says of who receives.

What the exit judges by is taken as of one instant, and says when it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ringfence.boundary.channels import Channel, Egress
from ringfence.boundary.model import BoundaryException, digest
from ringfence.boundary.protection import patterns
from ringfence.boundary.regime import shipped
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.case import Case
from ringfence.claims.gating import good_until
from ringfence.claims.kinds.no_reach import memberships
from ringfence.claims.leaving import egress_of
from ringfence.claims.receiving import Receiving
from ringfence.egress.channels.contract import (
    Conceded,
    Contract,
    Contracts,
    Recipient,
)
from ringfence.errors import ConfigError, Locus


def contracts_of(case: Case) -> Contracts:
    """Return what an exit judges by, as of the case's instant.

    Raises:
        ConfigError: The boundary says nothing of what may leave, or draws on a regime
            whose thresholds aren't known.
    """
    egress = egress_of(case)
    receiving = Receiving(case, egress.excluded)
    categories = _categories(case, egress)
    limits = _limits(case)
    return Contracts(
        boundary=digest(case.boundary),
        estate=case.estate.digest(),
        since=case.view.instant,
        until=good_until(case),
        contracts=tuple(
            _contract(case, one, receiving, categories, limits)
            for one in egress.channels
        ),
    )


def _categories(case: Case, egress: Egress) -> dict[str, tuple[str, ...]]:
    """Return the categories of every tag that is protected; some have none."""
    found: dict[str, set[str]] = {}
    for one in case.boundary.protected:
        if not egress.protected or one.name in egress.protected:
            for tag in one.tags:
                found.setdefault(tag, set()).update({one.category} - {""})
    return {tag: tuple(sorted(names)) for tag, names in sorted(found.items())}


def _limits(case: Case) -> dict[str, int]:
    """Return the lowest threshold of each category, of the regimes drawn on.

    Raises:
        ConfigError: One of them isn't among those that come with Ringfence.
    """
    found: dict[str, int] = {}
    for used in case.boundary.regimes:
        regime = shipped().get(used.id)
        if regime is None:
            message = f"regime `{used.id}` isn't known, so its thresholds aren't either"
            raise ConfigError(message, Locus("--case"))
        for name, limit in regime.categories.items():
            found[name] = min(limit.more_than, found.get(name, limit.more_than))
    return dict(sorted(found.items()))


def _contract(
    case: Case,
    channel: Channel,
    receiving: Receiving,
    categories: dict[str, tuple[str, ...]],
    limits: dict[str, int],
) -> Contract:
    recipients = tuple(one for name in channel.recipients for one in receiving.of(name))
    named = (one for one in case.boundary.exceptions if one.name == channel.exception)
    exception = next(named, None)
    apart = "" if exception is None else _apart(case, channel, exception, recipients)
    conceded = None
    if exception is not None and not apart:
        conceded = Conceded(
            exception.name, exception.cap, exception.since, exception.until
        )
    return Contract(channel, recipients, categories, limits, conceded, apart)


def _apart(
    case: Case,
    channel: Channel,
    exception: BoundaryException,
    recipients: Sequence[Recipient],
) -> str:
    """Return why an exception doesn't cover a channel; nothing if it does."""
    if exception.purpose != channel.purpose:
        return f"it is for another purpose: {exception.purpose}"
    groups = memberships(case.graph(("technical",), bare=False), sure=True)
    for one in recipients:
        belongs = groups.get(one.id, frozenset()) | {one.id}
        if one.status is not Status.NO and belongs.isdisjoint(exception.who):
            return f"it doesn't name {one.id}"
    return _uncovered(case, channel, exception)


def _uncovered(case: Case, channel: Channel, exception: BoundaryException) -> str:
    """Return what a channel draws on that an exception doesn't concede."""
    takes, conceded = patterns(channel.takes), patterns(exception.columns)
    datasets = {*case.view.holders("dataset"), *map(_dataset, _columns(case))}
    if not any(takes.match(one.partition(":")[2]) for one in datasets):
        return "no dataset is known that the channel `takes`"
    for node in sorted(case.targets(egress_of(case).protected)):
        is_whole = kind_of(node) == "dataset"
        # Of a dataset that is protected whole, every column has to be conceded.
        name = f"{node.partition(':')[2]}{'.*' * is_whole}"
        within = name.rpartition(".")[0]
        if takes.match(within) and not conceded.match(name):
            return f"it doesn't concede {name}"
    return ""


def _columns(case: Case) -> Iterable[str]:
    return case.view.holders("column")


def _dataset(column: str) -> str:
    return f"dataset:{column.partition(':')[2].rpartition('.')[0]}"
