"""Bytes that go from whoever holds protected data to outside, and not by the gateway.

A log of a network knows addresses and sizes, and nothing of what was in them. So what
is told is that bytes went, from what holds or reads protected data: a way round the
exit that was used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from ringfence.audit.addresses import address_of
from ringfence.audit.places import Places, Registry
from ringfence.boundary.channels import Channel
from ringfence.boundary.countries import is_permitted
from ringfence.boundary.model import Network
from ringfence.boundary.selector import Holder
from ringfence.boundary.status import Status
from ringfence.boundary.vocabulary import kind_of
from ringfence.claims.case import Case
from ringfence.claims.flow import Door, Flow, Passing
from ringfence.claims.flowing import Flowing, away
from ringfence.claims.flows_addressed import GATEWAY, INSIDE, NETWORK, Addressed
from ringfence.claims.flows_logged import Sum, Traffic
from ringfence.claims.instants import moment
from ringfence.claims.judgement import counted

ADDRESS = "address:"
"""What an end is called that is nobody's: `address:203.0.113.9`."""
_PRIVATE = "it is a private address, and nobody says whose"
_HIDES = "it is of a network that hides who sits behind it"
_NO_PLACE = "where it is isn't known"
_OUTSIDE = "it is outside, and not the gateway"
_DECLARED = "a channel declares it, and it isn't the gateway"
_AWAY = "it is where no copy may lie, and not the gateway"
_MOST = 5  # names that a gap lists
Held = tuple[tuple[str, ...], Status]


@dataclass(slots=True)
class Passings:
    """What went where, out of a log.

    Attributes:
        flows: What went outside, or may have: not yet held against channels.
        counts: What became of each line.
        gaps: What isn't known, a sentence each.
    """

    flows: tuple[Flow, ...]
    counts: Passing
    gaps: tuple[str, ...]


@dataclass
class Sending:
    """Finds what went outside.

    Attributes:
        case: The case.
        seen: What flows in it by facts.
        addressed: Whose addresses are whose.
        channels: The channels in force: who is named by one is outside.
        registry: What is asked where an address is registered.
    """

    case: Case
    seen: Flowing
    addressed: Addressed
    channels: Collection[Channel]
    registry: Registry | None = None
    _held: dict[str, tuple[Held, ...]] = field(default_factory=dict)

    def passings(self, traffic: Traffic) -> Passings:
        """Return what went where."""
        sums: dict[tuple[str, str], Sum] = {}
        counts = dict.fromkeys(("others", "gateway", "inside"), 0)
        for (sender, receiver), one in traffic.sums.items():
            by, to = self.addressed.whose(sender), self.addressed.whose(receiver)
            if GATEWAY in (by, to):
                counts["gateway"] += one.lines
            elif not self._holding(by):
                counts["others"] += one.lines
            elif by == to or self._outside(to, receiver)[0] is Status.NO:
                counts["inside"] += one.lines
            else:
                key = by, to if to in self.addressed.nodes else f"{ADDRESS}{receiver}"
                sums[key] = _together(sums.get(key), one)
        told = Passing(
            files=traffic.files,
            read=traffic.read,
            refused=traffic.refused,
            empty=traffic.empty,
            skipped=traffic.skipped,
            malformed=traffic.malformed,
            out=sum(one.lines for one in sums.values()),
            **counts,
        )
        gaps = (*_gaps(traffic), *self._unlisted())
        return Passings((*self._flows(sums),), told, gaps)

    def _flows(self, sums: Mapping[tuple[str, str], Sum]) -> Iterator[Flow]:
        ends = (end for _, end in sums if end.startswith(ADDRESS))
        words = {end.removeprefix(ADDRESS) for end in ends}
        places = Places(self.case.boundary.networks, self.registry).find(words)
        for (by, end), one in sums.items():
            word = end.removeprefix(ADDRESS)
            whose = self.addressed.whose(word) if word in words else end
            status, why = self._outside(whose, word)
            place = places.get(word)
            told = f"{place.country} ({place.basis})" if place and place.country else ""
            for data, known in self._holding(by):
                yield Flow(
                    Door.SENT,
                    by,
                    end,
                    data,
                    status=min(status, known),
                    why=why,
                    bytes=one.bytes,
                    registered=told,
                    first=moment(one.first) if one.first else "",
                    last=moment(one.last) if one.last else "",
                    lines=one.lines,
                )

    def _holding(self, node: str) -> tuple[Held, ...]:
        """Return the protected data that a node holds or reads."""
        if node not in self.addressed.nodes:
            return ()
        if node not in self._held:
            self._held[node] = (*self.seen.held(node),)
        return self._held[node]

    def _outside(self, whose: str, word: str) -> tuple[Status, str]:
        """Return whether an address is outside, and why."""
        if whose == INSIDE:
            return Status.NO, ""
        if whose.startswith(NETWORK):
            return self._network(self._networks[whose.removeprefix(NETWORK)])
        if whose:
            return self._node(whose)
        address = address_of(word)
        if address is None or not address.is_global or address.is_multicast:
            return Status.UNKNOWN, _PRIVATE
        return Status.YES, _OUTSIDE

    def _network(self, network: Network) -> tuple[Status, str]:
        if network.hides:
            return Status.UNKNOWN, _HIDES
        if not network.place or not self._permitted:
            return Status.UNKNOWN, _NO_PLACE
        is_home = is_permitted(network.place, self._permitted)
        return (Status.NO, "") if is_home else (Status.YES, _AWAY)

    def _node(self, node: str) -> tuple[Status, str]:
        if any(node in (*one.ends, *one.recipients) for one in self.channels):
            return Status.YES, _DECLARED
        holder = self.case.view.holders(kind_of(node)).get(node, Holder())
        status = away(holder, self._permitted) if self._permitted else Status.UNKNOWN
        why = {Status.YES: _AWAY, Status.UNKNOWN: _NO_PLACE, Status.NO: ""}
        return status, why[status]

    @property
    def _permitted(self) -> Collection[str]:
        return self.case.boundary.places.get("primary", ())

    @cached_property
    def _networks(self) -> Mapping[str, Network]:
        return {one.name: one for one in self.case.boundary.networks}

    def _unlisted(self) -> Iterator[str]:
        """Yield what of protected data no address is listed of."""
        stores = sorted(self.case.view.holders("store"))
        bare = [o for o in stores if o not in self.addressed.nodes and self._any(o)]
        if bare:
            what = counted(len(bare), "store", "stores")
            names = ", ".join(bare[:_MOST]) + (", ..." if len(bare) > _MOST else "")
            yield f"no address is listed of {what} with protected data: {names}"

    def _any(self, node: str) -> bool:
        return any(True for _ in self.seen.held(node))


def _together(before: Sum | None, one: Sum) -> Sum:
    if before is None:
        return replace(one)
    first = min(filter(None, (before.first, one.first)), default=0)
    last = max(before.last, one.last)
    return Sum(before.bytes + one.bytes, before.lines + one.lines, first, last)


def _gaps(traffic: Traffic) -> Iterator[str]:
    yield from _said(traffic.unread)
    if traffic.skipped:
        lines = counted(traffic.skipped, "line", "lines")
        yield f"{lines} of the network's logs: flows weren't logged (SKIPDATA)"
    if traffic.malformed:
        lines = counted(traffic.malformed, "line", "lines")
        yield f"{lines} of the network's logs can't be read"
    if not traffic.read:
        yield "the network's logs tell of nothing"


def _said(unread: Iterable[str]) -> Iterator[str]:
    found = [*unread]
    yield from (f"a network's log can't be read on: {one}" for one in found[:_MOST])
    if len(found) > _MOST:
        yield f"{len(found) - _MOST:,} more logs can't be read on"
