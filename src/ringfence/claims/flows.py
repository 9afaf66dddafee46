"""Declared channels held against observed flows: what goes round the exit?

A flow is a fact of the estate by which protected data gets to where no copy may lie,
or to somebody excluded. One that no channel declares is a finding. So is one that a
channel declares and the exit's ledger knows nothing of: it left, and not by the exit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ringfence.boundary.channels import Channel
from ringfence.boundary.protection import Patterns, patterns
from ringfence.boundary.status import Status
from ringfence.claims.case import Case
from ringfence.claims.check import Run, logs_of
from ringfence.claims.exports import WINDOW, exports
from ringfence.claims.flow import Door, Finding, Flow, Flows, Passing
from ringfence.claims.flowing import Flowing
from ringfence.claims.flows_addressed import read_addressed
from ringfence.claims.flows_logged import traffic
from ringfence.claims.flows_passing import Passings, Sending
from ringfence.claims.leaving import egress_of
from ringfence.claims.released import Releases

_ORDER = (*Finding,)


def flows(
    case: Case,
    told: Releases | None = None,
    more: Iterable[Flow] = (),
    addresses: Path | None = None,
) -> Flows:
    """Return every flow of a case, and what it comes to.

    Args:
        case: The case.
        told: The verdicts of the exit's ledger; None: none is at hand.
        more: Further flows, which are judged already.
        addresses: The file that says whose addresses are whose in a network's logs, and
            names these; None: none are read.

    Raises:
        ConfigError: The boundary says nothing of what may leave, or the file can't be
            used.
        SourceError: The file can't be read.
    """
    egress = egress_of(case)
    now = case.view.instant
    channels = [one for one in egress.channels if one.since <= now < one.until]
    seen = Flowing(case, egress)
    judging = _Judging(channels, told)
    passed = Passings((), Passing(), ())
    if addresses is not None:
        nodes = case.view.ids
        whose = read_addressed(addresses, case.boundary.networks, nodes)
        passed = Sending(case, seen, whose, channels).passings(traffic(whose.files))
    observed = (*seen.flows(), *passed.flows)
    found = sorted(
        (*more, *(done for one in observed for done in judging.judged(one))),
        key=lambda one: (_ORDER.index(one.finding), one.door, one.end, one.by),
    )
    named = {node for one in found for node in (one.by, one.end, *one.data)}
    gaps = (*_gaps(case, seen), *passed.gaps)
    return Flows(
        boundary=case.boundary.name,
        as_of=now,
        estate=case.estate.digest(),
        channels=len(channels),
        verdicts=None if told is None else len(told.told),
        lost=0 if told is None else told.lost,
        protected=len(seen.targets),
        gaps=gaps,
        found=tuple(found),
        labels=case.view.labels(sorted(named)),
        passing=passed.counts if addresses is not None else None,
    )


def flows_and_exports(
    run: Run,
    told: Releases | None,
    window: int = WINDOW,
    addresses: Path | None = None,
) -> Flows:
    """Collect a case, read its logs, and return its flows and exports.

    Args:
        run: What to read, and where the table of events is kept.
        told: The verdicts of the exit's ledger; None: none is at hand.
        window: For how many seconds after an export a verdict explains it.
        addresses: As in `flows`.

    Raises:
        ConfigError: The boundary can't be used, says nothing of what may leave, or
            orders no logs; or the file of addresses can't be used.
        NothingCollectedError: No source gave a fact.
    """
    with logs_of(run, require=egress_of) as logs:
        run.progress("holding exports against verdicts")
        return flows(logs.case, told, exports(logs, told, window), addresses)


def _gaps(case: Case, seen: Flowing) -> Iterator[str]:
    if Status.YES not in seen.targets.values():
        yield "nothing is known to be protected"
    if not case.boundary.places:
        yield "the boundary permits no places, so none is known to be abroad"
    yield from (reason.text for reason in case.source_gaps)


class _Judging:
    """Says what flows come to.

    Args:
        channels: The channels in force.
        told: The verdicts of the exit's ledger.
    """

    def __init__(self, channels: Sequence[Channel], told: Releases | None) -> None:
        self._channels: list[tuple[Channel, Patterns]] = [
            (one, patterns(one.takes)) for one in channels
        ]
        self._told = told
        left = told.told if told is not None else ()
        self._left = Counter(one.channel for one in left if one.has_left)

    def judged(self, flow: Flow) -> Iterator[Flow]:
        """Yield a flow, once for each channel that declares a part of it."""
        parts: dict[str, list[str]] = defaultdict(list)
        for dataset in flow.data:
            parts[self._declaring(flow, dataset)].append(dataset)
        for channel, data in sorted(parts.items()):
            left = self._left[channel] if channel else 0
            part = replace(flow, data=tuple(data), channel=channel, releases=left)
            yield replace(part, finding=self._finding(part))

    def _declaring(self, flow: Flow, dataset: str) -> str:
        """Return the channel that declares a dataset of a flow, the used ones first."""
        name = dataset.partition(":")[2]
        found = [
            channel.name
            for channel, takes in self._channels
            if takes.match(name)
            and not {flow.end, flow.by}.isdisjoint((*channel.ends, *channel.recipients))
        ]
        return max(found, key=lambda name: self._left[name], default="")

    def _finding(self, flow: Flow) -> Finding:
        if flow.releases and flow.door is not Door.SENT:
            return Finding.EXPLAINED
        if flow.status is not Status.YES:
            return Finding.UNTOLD
        if not flow.channel:
            return Finding.UNDECLARED
        if flow.door is Door.SENT:  # the exit's ledger can't explain what it never saw
            return Finding.ROUND
        if self._told is None or self._told.lost:
            return Finding.UNTOLD
        return Finding.ROUND
