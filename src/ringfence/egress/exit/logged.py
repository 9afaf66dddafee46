"""The exit itself: inspect, judge, count, log; and only then let go.

A verdict that lets something leave is counted and logged in one step: the meter's
transaction is open while the ledger takes the entry, and ends when that is on the disk.
So an entry may tell of what never left, and nothing leaves that no entry tells of.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from ringfence.boundary.channels import ChannelMask
from ringfence.egress.channels.contract import Contract, Contracts
from ringfence.egress.channels.judge import (
    Given,
    Reading,
    Reason,
    Ruling,
    Verdict,
    by_category,
    counted,
    judge,
    unclear,
)
from ringfence.egress.channels.wording import named
from ringfence.egress.exit.book import Book, Said
from ringfence.egress.exit.passage import Passage, UnjudgedError
from ringfence.egress.exit.receipt import NO_CONTRACT, receipt, release_id, written
from ringfence.egress.inspection.report import Coverage, Inspection
from ringfence.egress.meter.marks import Mark
from ringfence.egress.meter.meter import Desk, Meter
from ringfence.egress.opening.rewriting import RewritingError
from ringfence.egress.payload import Payload
from ringfence.errors import RingfenceError

_LEAVES = (Verdict.RELEASE, Verdict.MASK)
Clock = Callable[[], float]
"""Gives the seconds since 1970."""


class Looks(Protocol):
    """Looks through payloads (`Inspector`)."""

    def inspect(self, payload: Payload) -> Inspection:
        """Return what a payload holds."""
        ...

    def glance(self, payload: Payload) -> Inspection:
        """Return the same, of a small payload, quickly."""
        ...


class Rewrites(Protocol):
    """Writes payloads anew, masked."""

    def masked(
        self, contract: Contract, payload: Payload, masks: Mapping[str, ChannelMask]
    ) -> Payload:
        """Return a payload with columns replaced.

        Raises:
            RewritingError: It can't be written anew.
            RingfenceError: A token has no key.
        """
        ...


class Tells(Protocol):
    """Knows what aggregates were told before (the release ledger)."""

    def refused(
        self, desk: Desk, contract: Contract, payload: Payload, now: str
    ) -> Sequence[Given]:
        """Return what is wrong with the aggregates of a payload."""
        ...

    def told(self, desk: Desk, contract: Contract, payload: Payload, now: str) -> None:
        """Keep what a payload tells that leaves."""
        ...


@dataclass(frozen=True, slots=True)
class _Found:
    """What is known of a payload before anybody counts.

    Attributes:
        contract: What it is judged by.
        inspection: What is in it.
        output: What may leave, if the verdict lets it.
        digest: SHA-256 of that; empty where nothing may.
        masks: What was masked in it.
        flaws: Why it may not leave so.
    """

    contract: Contract | None
    inspection: Inspection
    output: Payload | None
    digest: str
    masks: Mapping[str, ChannelMask] = field(default_factory=dict)
    flaws: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something that nobody can look through.

    Attributes:
        content: SHA-256 of it, in hexadecimal.
        size: Its bytes.
        why: Why it can't be looked through: words of ours, never a value.
    """

    content: str
    size: int
    why: str


class _Asked:
    """What the meter is asked of a payload: whose data would leave by what, and when.

    Attributes:
        contract: What it would leave by.
        payload: The payload.
        found: What is known of it.
        now: The instant.
        who: Who counts. `categories`: the same by category.
    """

    def __init__(
        self, contract: Contract, payload: Payload, found: _Found, now: str
    ) -> None:
        self.contract = contract
        self.payload = payload
        self.found = found
        self.now = now
        self.who = counted(contract, found.inspection)
        self.categories = by_category(contract, found.inspection)


class LoggedExit:
    """Judges payloads; from any thread.

    Args:
        contracts: Gives what is judged by, as it stands now.
        looks: Looks through payloads.
        rewrites: Writes them anew, masked.
        tells: Knows what aggregates were told.
        meter: Counts people.
        book: The ledger.
        clock: Gives the seconds since 1970.
    """

    def __init__(
        self,
        contracts: Callable[[], Contracts],
        *,
        looks: Looks,
        rewrites: Rewrites,
        tells: Tells,
        meter: Meter,
        book: Book,
        clock: Clock = time.time,
    ) -> None:
        self._contracts = contracts
        self._looks = looks
        self._rewrites = rewrites
        self._tells = tells
        self._meter = meter
        self._book = book
        self._clock = clock

    def judge(self, channel: str, payload: Payload) -> Passage:
        """Return a verdict that the ledger holds.

        Raises:
            UnjudgedError: There is none, or the ledger may not hold it.
        """
        with _unjudged():
            contracts = self._contracts()
            found = self._found(contracts.of(channel), payload)
            try:
                with self._meter.counting() as desk:
                    return self._passed(contracts, channel, payload, found, desk)
            except BaseException:
                _drop(found.output, payload)
                raise

    def unseen(self, channel: str, name: str, what: Unseen) -> Passage:
        """Return the verdict on what can't be looked through: held, if not blocked.

        Raises:
            UnjudgedError: There is none, or the ledger may not hold it.
        """
        with _unjudged():
            contracts = self._contracts()
            empty = Payload(name, b"")
            inspection = replace(
                self._looked(empty),
                content=what.content,
                size=what.size,
                coverage=Coverage.SKIPPED,
            )
            why = (Given(Reason.NOT_COMPLETE, what=what.why),)
            contract = contracts.of(channel)
            found = _Found(contract, inspection, None, "", flaws=why)
            with self._meter.counting() as desk:
                return self._passed(contracts, channel, empty, found, desk)

    def _now(self) -> str:
        at = datetime.fromtimestamp(self._clock(), UTC)
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _found(self, contract: Contract | None, payload: Payload) -> _Found:
        """Look through a payload, and mask it if that is what it comes to."""
        inspection = self._looked(payload)
        if contract is None:
            return _Found(contract, inspection, None, "")
        # Whoever is counted and whatever was told can only make it stricter.
        ruling = judge(contract, inspection, Reading(), self._now())
        if ruling.verdict is not Verdict.MASK:
            return _Found(contract, inspection, payload, inspection.content)
        try:
            output = self._rewrites.masked(contract, payload, ruling.masks)
        except RewritingError:  # it will never be: that is a verdict, and no fault
            never = (Given(Reason.NOT_MASKED),)
            return _Found(contract, inspection, None, "", ruling.masks, never)
        try:
            again = self._looked(output)
        except BaseException:
            _drop(output, payload)
            raise
        flaws = tuple(_flaws(contract, again, ruling))
        return _Found(contract, inspection, output, again.content, ruling.masks, flaws)

    def _looked(self, payload: Payload) -> Inspection:
        if isinstance(payload.content, Path):
            return self._looks.inspect(payload)
        return self._looks.glance(payload)

    def _passed(
        self,
        contracts: Contracts,
        channel: str,
        payload: Payload,
        found: _Found,
        desk: Desk,
    ) -> Passage:
        now = self._now()
        latest = self._contracts()
        if latest is not contracts and latest != contracts:
            message = "what is judged by was replaced meanwhile"
            raise UnjudgedError(message, None, "the payload may be tried again")
        if not contracts.is_good(now):
            message = f"what is judged by holds until {contracts.until}, not at {now}"
            raise UnjudgedError(
                message, None, "make it anew: `ringfence egress contracts`"
            )
        ruling, mark = self._ruled(payload, found, desk, now)
        may_leave = ruling.verdict in _LEAVES
        name = channel if found.contract else named(channel)
        told = {"channel": name, "time": now, "boundary": contracts.boundary}
        if self._clock is not time.time:  # nobody has to take it for the true one
            told["clock"] = "stated"
        digests = {
            "boundary": contracts.boundary,
            "estate": contracts.estate,
            "content": found.inspection.content,
            "contract": found.contract.digest if found.contract else NO_CONTRACT,
            "epoch": found.inspection.epoch,
        }
        if may_leave:
            told["output"] = digests["output"] = found.digest
        said = receipt(found.contract, found.inspection, ruling, told)
        coverage = found.inspection.coverage.value.lower()
        entry = self._book.write(
            Said(now, str(ruling.verdict), coverage, digests, name, said, mark)
        )
        if not may_leave:
            _drop(found.output, payload)
        return Passage(
            release=release_id(found.contract, found.inspection),
            ruling=ruling,
            inspection=found.inspection,
            entry=entry,
            output=found.output.content if may_leave and found.output else None,
            receipt=written({**said, "entry": entry}),
        )

    def _ruled(
        self, payload: Payload, found: _Found, desk: Desk, now: str
    ) -> tuple[Ruling, Mark | None]:
        """Return the verdict, count whom it lets leave, and where the meter is then."""
        contract, inspection = found.contract, found.inspection
        if contract is None:
            return judge(None, inspection, Reading(), now), None
        asked = _Asked(contract, payload, found, now)
        ruling = self._read(asked, desk)
        if ruling.verdict not in _LEAVES:
            return ruling, None
        standing = self._book.standing()
        mark, is_same = desk.begin(standing.origin, standing.mark)
        if not is_same:  # another exit counted meanwhile
            ruling = self._read(asked, desk)
            if ruling.verdict not in _LEAVES:
                return ruling, None
        desk.count(contract, asked.who, asked.categories, now)
        self._tells.told(desk, contract, payload, now)
        return ruling, mark

    def _read(self, asked: _Asked, desk: Desk) -> Ruling:
        """Return the verdict by what the meter shows now."""
        contract, found, now = asked.contract, asked.found, asked.now
        reading = desk.reading(contract, asked.who, asked.categories, now)
        refused = self._tells.refused(desk, contract, asked.payload, now)
        wrong = (*found.flaws, *refused)
        ruling = judge(contract, found.inspection, reading, now, wrong)
        if ruling.verdict is Verdict.MASK and found.masks != ruling.masks:
            # The channel came into force meanwhile: what would leave isn't masked.
            late = Given(Reason.NOT_IN_FORCE)
            ruling = judge(contract, found.inspection, reading, now, (late,))
        return ruling


def _flaws(contract: Contract, again: Inspection, ruling: Ruling) -> Iterator[Given]:
    """Yield why what was masked may not leave: it is looked through like any other."""
    for one in unclear(contract, again):
        if one.place is None or one.place.column not in ruling.masks:
            yield one
    for seen in again.sightings:
        if seen.place.column in ruling.masks and seen.subjects.size:
            count = int(seen.subjects.size)
            yield Given(Reason.UNDECLARED_SUBJECTS, seen.place, seen.tag, count)


def _drop(output: Payload | None, payload: Payload) -> None:
    """Remove what was written to leave and doesn't."""
    if (
        output is not None
        and output is not payload
        and isinstance(output.content, Path)
    ):
        output.content.unlink(missing_ok=True)


@contextmanager
def _unjudged() -> Iterator[None]:
    """Make one error of whatever keeps a verdict from being reached."""
    try:
        yield
    except UnjudgedError:
        raise
    except RingfenceError as error:
        first = error.problems[0]
        told = UnjudgedError(first.message, first.at, first.hint)
        told.problems = error.problems
        raise told from error
    except OSError as error:
        raise UnjudgedError(
            f"no verdict: {error.strerror or type(error).__name__}"
        ) from error
    except Exception as error:
        # Its text may quote what was being looked through.
        raise UnjudgedError(f"no verdict: {type(error).__name__}") from error
