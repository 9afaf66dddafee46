"""The logs of a boundary, read and judged: what every claim about the past asks.

Whatever several claims ask alike is judged once. An answer names the people and the
columns of the estate again, and the bytes of the log that each event stands in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from ringfence.audit.attribution import Grade
from ringfence.audit.engine.protocol import Engine
from ringfence.audit.event import DONE, touch_of
from ringfence.audit.judge import PERMITTED, UNKNOWN, Judged, Question, exhibits, judge
from ringfence.audit.judge import Reason as Code
from ringfence.audit.places import Place, Places, abroad
from ringfence.audit.table import EventTable, event_id
from ringfence.audit.world import Status
from ringfence.boundary.model import Claim
from ringfence.boundary.order import LogOrder
from ringfence.boundary.vocabulary import VERB_GROUPS
from ringfence.claims.case import Case
from ringfence.claims.crossings import (
    Cell,
    Class,
    Crossings,
    Exhibit,
    LogSeen,
    Meter,
    Share,
)
from ringfence.claims.events.latest import first_after, unnamed
from ringfence.claims.events.metering import Metering, subjects_of
from ringfence.claims.events.tallies import (
    SHEET,
    add,
    basis,
    chosen,
    class_of,
    shares,
)
from ringfence.claims.events.world import MICRO, Asked, Period, micro, world_of
from ringfence.claims.instants import moment, seconds

MOST_NAMED = 1_000_000  # unknowns of which each is looked at for whom its log names
_REASONS = {code: code.name.lower().replace("_", "-") for code in Code}


@dataclass
class Logs:
    """What every log of a boundary told; see `crossings.Past`.

    Attributes:
        case: The case as of the date judged.
        orders: The logs that are ordered.
        table: Their events.
        logs: What is known of each log, in the order of the boundary.
        engine: What judges.
        folder: A folder for what the engine reads.
        places: Where addresses are.
    """

    case: Case
    orders: Sequence[LogOrder]
    table: EventTable
    logs: Sequence[LogSeen]
    engine: Engine
    folder: Path
    places: Places
    _periods: dict[tuple[int, int], Period] = field(default_factory=dict)
    _answers: dict[Asked, Crossings] = field(default_factory=dict)
    _last: tuple[Asked, Judged] | None = None

    # --- which logs -------------------------------------------------------------------

    def names(self, claim: Claim) -> tuple[str, ...]:
        """Return the logs that a claim names, or all that are ordered."""
        known = tuple(order.name for order in self.orders)
        return tuple(name for name in known if name in claim.logs) or (
            known if not claim.logs else ()
        )

    def missing(self, claim: Claim) -> tuple[str, ...]:
        """Return what a claim calls a log and the boundary doesn't order."""
        known = {order.name for order in self.orders}
        return tuple(name for name in claim.logs if name not in known)

    def seen(self, names: Sequence[str]) -> tuple[LogSeen, ...]:
        """Return some logs as this run found them."""
        return tuple(log for log in self.logs if log.name in names)

    def stores(self, names: Sequence[str]) -> frozenset[str]:
        """Return the ids of the stores whose own log is among some logs."""
        return frozenset(
            f"store:{order.store}"
            for order in self.orders
            if order.name in names
            and order.store
            # A tool's own log tells what went through the tool, and nothing else.
            and not (order.tool or order.signs_in)
        )

    # --- what is asked ----------------------------------------------------------------

    def crossings(self, claim: Claim) -> Crossings:
        """Return how the events that a claim speaks of were judged."""
        return self.answer(self.asked(claim))

    def asked(self, claim: Claim) -> Asked:
        """Return what a claim asks of the events."""
        first, after = self._window(claim)
        boundary = self.case.boundary
        verbs = {verb for group in claim.verbs for verb in VERB_GROUPS[group]}
        return Asked(
            claim.excluded,
            claim.protected,
            tuple(one for one in boundary.exceptions if one.name in claim.exceptions),
            frozenset(verbs),
            self.names(claim),
            first,
            after,
        )

    def _window(self, claim: Claim) -> tuple[int, int]:
        """Return the period of a claim; without one, that of the logs and their events.

        Both its ends are whole seconds.
        """
        if claim.during:
            first, last = (seconds(end) for end in claim.during)
            return first * MICRO, (last + 1) * MICRO
        names = self.names(claim)
        stated = [
            end
            for order in self.orders
            if order.name in names
            for end in (order.since, order.until)
            if end is not None
        ]
        lived = [
            time
            for log in self.seen(names)
            for time in (log.first, log.last)
            if time is not None
        ]
        if not stated and not lived:
            now = seconds(self.case.boundary.as_of) * MICRO
            return now, now + MICRO
        ends = [*stated, *(time + 1 for time in lived), *lived]
        return min(ends) // MICRO * MICRO, -(-max(ends) // MICRO) * MICRO

    # --- the answer -------------------------------------------------------------------

    def answer(self, asked: Asked) -> Crossings:
        """Return how events were judged."""
        if asked not in self._answers:
            self._answers[asked] = self._answer(asked)
        return self._answers[asked]

    def exhibits(self, asked: Asked, *, unknown: bool = False) -> Iterator[Exhibit]:
        """Yield every crossing one by one by time; or every unknown event."""
        period = self._period(asked)
        protection = period.protection(asked.protected)
        for told in self._rows(self._judged(asked), unknown=unknown):
            touch = touch_of(self._words("touch")[told["touch"]] or "{}")
            sure = protection.columns(touch, told["time"] // MICRO)
            touched = sure or touch.names()
            yield self._exhibit(told, tuple(touched), period)

    def _rows(
        self, judged: Judged, *, unknown: bool = False
    ) -> Iterator[dict[str, int]]:
        low, high = (
            (UNKNOWN[0], UNKNOWN[-1]) if unknown else (Code.CROSSING, Code.CROSSING)
        )
        for sheet in exhibits(self.engine, judged, (low, high)):
            columns = (np.asarray(sheet[name]).tolist() for name in SHEET)
            for row in zip(*columns, strict=True):
                yield dict(zip(SHEET, row, strict=True))

    def _meters(self, asked: Asked, judged: Judged) -> tuple[Meter, ...]:
        period = self._period(asked)
        protection = period.protection(asked.protected)
        metering = Metering(period.case, self.table, protection, asked.protected)
        subjects = subjects_of(self.table)
        for told in self._rows(judged):
            named = subjects.get((told["file"], told["offset"]), ())
            metering.add(self.person(told["who"], period), told, named)
        return metering.read(asked.selector)

    def after(
        self, limits: Mapping[str, int], names: Sequence[str], end: int
    ) -> tuple[Exhibit, ...]:
        """Return for each person the first event at or after a limit of its own."""
        period = self._whole
        spans = [
            (code, max(begin, limits[person]), min(after, end))
            for code, person, begin, after in self._held()
            if person in limits
        ]
        rows = first_after(self.table, names, spans)
        found: dict[str, Exhibit] = {}
        for row in rows:
            touch = touch_of(self._words("touch")[row["touch"]] or "{}")
            touched = touch.names()
            one = self._exhibit(row, touched, period)
            if one.who not in found or one.time < found[one.who].time:
                found[one.who] = one
        return tuple(sorted(found.values(), key=lambda one: one.time))

    def unnamed(self, names: Sequence[str], first: int, after: int) -> int:
        """Return of how many events of some logs nobody knows whose they were."""
        known = {*self._whole.case.view.ids}
        spans = [
            (code, begin, end)
            for code, person, begin, end in self._held()
            if person in known
        ]
        return unnamed(self.table, names, spans, (first, after))

    def _held(self) -> Iterator[tuple[int, str, int, int]]:
        """Yield whose each principal is, and when, in microseconds."""
        for code, word in enumerate(self._words("actor")):
            person, held = self._whole.holding.person(word)
            for begin, end in held:
                yield code, person, micro(begin), micro(end)

    def _judged(self, asked: Asked) -> Judged:
        # The engine holds the last question alone: exhibits are asked of that.
        if self._last is None or self._last[0] != asked:
            self._last = asked, self._judge(asked)
        return self._last[1]

    def _judge(self, asked: Asked) -> Judged:
        words = self._words("address")
        status = abroad(
            self._places, self.case.boundary.selector(asked.selector).countries
        )
        says = {
            code: Status(int(status[word]))
            for code, word in enumerate(words)
            if status[word]
        }
        world = world_of(self._period(asked), asked, says)
        question = Question(asked.logs, asked.first, asked.after, asked.verbs)
        return judge(self.engine, self.table, world, question, self.folder)

    def _answer(self, asked: Asked) -> Crossings:
        judged = self._judged(asked)
        shown = chosen(self.exhibits(asked)) if judged.total((Code.CROSSING,)) else ()
        malformed = sum(log.malformed for log in self.seen(asked.logs))
        people, tools, cells = self._grouped(judged, self._period(asked))
        ids = {one.id for one in (*people, *tools)} | {one.who for one in shown}
        return Crossings(
            selector=asked.selector,
            protected=asked.protected,
            first=asked.first,
            after=asked.after,
            events=judged.events + malformed,
            crossing=judged.total((Code.CROSSING,)),
            permitted=judged.total(PERMITTED),
            unknown=judged.total(UNKNOWN),
            malformed=malformed,
            reasons=self._reasons(judged, self._period(asked)),
            people=people,
            tools=tools,
            unknown_by=self._unknown_by(asked, judged),
            cells=cells,
            exhibits=shown,
            meters=self._meters(asked, judged),
            logs=self.seen(asked.logs),
            digest=self.table.digest,
            engine=self.engine.name,
            labels=self._whole.case.view.labels(sorted(ids)),
        )

    def _grouped(
        self, judged: Judged, period: Period
    ) -> tuple[tuple[Share, ...], tuple[Share, ...], tuple[Cell, ...]]:
        people: dict[str, list[int]] = {}
        tools: dict[str, list[int]] = {}
        cells: Counter[tuple[int, str, str, Class]] = Counter()
        names = ("who", "tool", "day", "reason", "events", "rows", "first", "last")
        columns = (judged.groups[name].tolist() for name in names)
        for who, tool, day, reason, *told in zip(*columns, strict=True):
            kind = class_of(Code(reason))
            person = self.person(who, period)
            through = self._words("tool")[tool]
            cells[day, person, through, kind] += told[0]
            if kind is Class.CROSSING:
                add(people, person, told)
                add(tools, through, told)
        found = (
            Cell(day, who, tool, kind, events)
            for (day, who, tool, kind), events in sorted(cells.items())
        )
        return shares(people), shares(tools), tuple(found)

    def _why(self, reason: Code, who: int, period: Period) -> str:
        """Return why an event is what it is; nobody is behind a name of no person."""
        word = self._words("actor")[who]
        if reason is Code.PERSON and not period.holding.person(word)[0]:
            return _REASONS[Code.NOBODY]
        return _REASONS[reason]

    def _reasons(self, judged: Judged, period: Period) -> dict[str, int]:
        found = {_REASONS[one]: n for one, n in judged.reasons.items()}
        columns = (judged.groups[key].tolist() for key in ("who", "reason", "events"))
        for who, reason, count in zip(*columns, strict=True):
            found[_REASONS[Code(reason)]] -= count
            found[self._why(Code(reason), who, period)] += count
        return found

    def _unknown_by(
        self, asked: Asked, judged: Judged
    ) -> tuple[tuple[str, str, int], ...]:
        """Return whom the logs name in unknown events, why they are, and how many."""
        total = judged.total(UNKNOWN)
        if not total or total > MOST_NAMED:
            return ()
        counts = Counter(
            (one.who or one.actor, one.reason)
            for one in self.exhibits(asked, unknown=True)
        )
        ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return tuple((who, reason, events) for (who, reason), events in ordered)

    def person(self, who: int, period: Period) -> str:
        """Return the person that a principal of the table is, else its own name."""
        word = self._words("actor")[who]
        return period.holding.person(word)[0] or word

    def _exhibit(
        self, told: Mapping[str, int], touched: tuple[str, ...], period: Period
    ) -> Exhibit:
        words, reason = self._words, Code(told["reason"])
        digest = words("file")[told["file"]]
        log, file = self._files.get(digest, ("", ""))
        address = words("address")[told["address"]]
        return Exhibit(
            id=event_id(digest, told["offset"]),
            time=told["time"],
            kind=class_of(reason),
            reason=self._why(reason, told["who"], period),
            who=self.person(told["who"], period),
            actor=words("actor")[told["actor"]],
            suspect=words("actor")[told["suspect"]],
            grade=Grade(told["grade"]).name.lower(),
            tool=words("tool")[told["tool"]],
            verb=DONE[told["verb"]],
            touched=touched,
            rows=None if told["rows"] < 0 else told["rows"],
            address=address,
            basis=basis(self._places[address]),
            log=log,
            file=file,
            digest=digest,
            offset=told["offset"],
            length=told["length"],
            line=told["line"],
        )

    # --- what the table's words mean --------------------------------------------------

    def _words(self, domain: str) -> Sequence[str]:
        return self.table.words(domain)

    @cached_property
    def _places(self) -> Mapping[str, Place]:
        return self.places.find(self._words("address"))

    @cached_property
    def _files(self) -> Mapping[str, tuple[str, str]]:
        return {
            file.digest: (log.name, file.name)
            for log in reversed(self.table.states)
            for file in reversed(log.files)
        }

    @cached_property
    def _whole(self) -> Period:
        window = self._window(Claim(id="", says="", kind="no_event"))
        return self._over(*window)

    def _period(self, asked: Asked) -> Period:
        return self._over(asked.first, asked.after)

    def _over(self, first: int, after: int) -> Period:
        if (first, after) not in self._periods:
            begin, end = first // MICRO, after // MICRO
            case = self.case.over(moment(begin), moment(end - 1))
            self._periods[first, after] = Period(case, begin, end, self.table)
        return self._periods[first, after]
