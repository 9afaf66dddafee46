"""The timeline as SVG: crossings and unknown events by week, and when logs are silent.

Crossings and unknown events have lanes of their own, each with its own scale: where
unknown events are many, crossings would vanish beside them. Beneath stand the logs,
each with the time that it covers. What a shade says is said by a number or a word too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from ringfence.claims.crossings import Gap, LogSeen
from ringfence.report import event_words as words
from ringfence.report import plot
from ringfence.report.bins import Bins
from ringfence.report.events import Events
from ringfence.report.lettering import shortened, width_of
from ringfence.report.markup import element
from ringfence.report.wording import counted

MOST_LOGS = 12
MOST_GAPS = 60  # of a log, the longest
_TOP, _NUMBERS = 6.0, 14.0  # room for the numbers that stand on bars
_TALL, _LOW, _EMPTY = 92.0, 44.0, 16.0
_BETWEEN, _UNDER = 10.0, 26.0
_LOG = 15.0
_LEAST = 1.5  # pixels, of whatever isn't nothing
_FINE, _COARSE = 4.0, 5.0


@dataclass(frozen=True, slots=True)
class _Lane:
    noun: str
    counts: tuple[int, ...]
    height: float
    top: float

    @property
    def ground(self) -> float:
        return self.top + _NUMBERS + self.height

    @property
    def most(self) -> int:
        return max(self.counts)


def draw(events: Events, anchor: str) -> Element:
    """Return the timeline of a claim's events, as an `svg` element."""
    lanes = _lanes(events)
    ground = lanes[-1].ground
    shown = drawn_logs(events.logs)
    height = ground + _UNDER + _LOG * len(shown) + 4
    title, desc = f"{anchor}-timeline-title", f"{anchor}-timeline-told"
    return element(
        "svg",
        element("title", f"Crossings by {events.bins.noun}", id=title),
        element("desc", told(events), id=desc),
        *_silences(shown, events.bins, ground),
        *plot.months(events.bins, _TOP, ground),
        *(part for lane in lanes for part in _lane(lane, events.bins)),
        *_logs(shown, events.bins, ground + _UNDER),
        xmlns="http://www.w3.org/2000/svg",
        width=plot.WIDTH,
        viewBox=f"0 0 {plot.WIDTH:g} {height:g}",
        role="img",
        aria_labelledby=f"{title} {desc}",
    )


def told(events: Events) -> str:
    """Return in words what the timeline shows."""
    found = events.found
    crossings = counted(found.crossing, "crossing", "crossings")
    unknown = counted(found.unknown, "unknown event", "unknown events")
    return f"{crossings} and {unknown}, {events.period}. {caption(events)}"


def caption(events: Events) -> str:
    """Return in words what stands out in the timeline."""
    gaps = sum(len(log.gaps) for log in events.logs)
    silent = f"{counted(gaps, 'gap', 'gaps') if gaps else 'No gap'} in the logs"
    most = max(crossing for crossing, _ in events.bars)
    left = len(events.logs) - len(drawn_logs(events.logs))
    more = f"; {counted(left, 'log', 'logs')} more not drawn" if left else ""
    if not most:
        return f"{silent}{more}."
    place = next(n for n, (one, _) in enumerate(events.bars) if one == most)
    top = f"Most crossings, {most:,}, in the {_in(events.bins, place)}"
    return f"{top}; {silent[:1].lower()}{silent[1:]}{more}."


def _in(bins: Bins, place: int) -> str:
    name = bins.name(place)
    return f"day {name}" if bins.step == 1 else name


def drawn_logs(logs: Sequence[LogSeen]) -> tuple[LogSeen, ...]:
    """Return the logs that are drawn: all, else those with most gaps."""
    if len(logs) <= MOST_LOGS:
        return tuple(logs)
    chosen = sorted(logs, key=lambda log: -len(log.gaps))[:MOST_LOGS]
    return tuple(log for log in logs if log in chosen)


def _lanes(events: Events) -> list[_Lane]:
    crossing = tuple(one for one, _ in events.bars)
    unknown = tuple(other for _, other in events.bars)
    lanes = [_Lane("crossing", crossing, _TALL if any(crossing) else _EMPTY, _TOP)]
    if any(unknown):
        top = lanes[0].ground + _BETWEEN
        lanes.append(_Lane("unknown", unknown, _LOW, top))
    return lanes


def _lane(lane: _Lane, bins: Bins) -> Iterator[Element]:
    middle = lane.top + _NUMBERS + lane.height / 2
    name = "crossings" if lane.noun == "crossing" else lane.noun
    yield element("text", name, x=2, y=middle, class_="lane")
    total = f"{sum(lane.counts):,} in all"
    yield element("text", total, x=2, y=middle + 14, class_="soft")
    yield element(
        "path", d=f"M{plot.LEFT:g} {lane.ground:g}h{plot.PLOT:g}", class_="axis"
    )
    is_told = False
    for place, count in enumerate(lane.counts):
        if count:
            is_first = count == lane.most and not is_told
            is_told = is_told or is_first
            yield _bar(lane, bins, place, is_named=is_first)


def _bar(lane: _Lane, bins: Bins, place: int, *, is_named: bool) -> Element:
    count, wide = lane.counts[place], plot.width_of_bin(bins)
    air = min(wide * 0.14, 3.0)
    height = max(lane.height * count / lane.most, _LEAST)
    x, y = plot.left_of(bins, place) + air, lane.ground - height
    area = plot.Area(x, y, wide - 2 * air, height)
    noun = "crossing" if lane.noun == "crossing" else "unknown event"
    title = f"{bins.name(place)}: {counted(count, noun, noun + 's')}"
    number = f"{count:,}"
    half = width_of(number) / 2
    middle = min(x + area.width / 2, plot.WIDTH - half)
    is_named = is_named or 2 * half <= wide - 1
    lines = plot.hatch(area, _FINE) if lane.noun == "unknown" else ""
    return element(
        "g",
        element("title", title),
        plot.filled(area, lane.noun),
        element("path", d=lines, class_="hatch") if lines else None,
        element(
            "text",
            number,
            x=round(middle, 2),
            y=round(y - 3, 2),
            class_="label count",
        )
        if is_named
        else None,
    )


def _silences(logs: Sequence[LogSeen], bins: Bins, ground: float) -> Iterator[Element]:
    """Yield the times in which some log says nothing, once each, behind the bars."""
    spans = sorted(
        _span(gap, bins) for log in logs for gap in _longest(log) if _is_in(gap, bins)
    )
    merged: list[tuple[float, float]] = []
    for left, right in spans:
        if merged and left <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(right, merged[-1][1]))
        else:
            merged.append((left, right))
    for left, right in merged:
        title = element("title", "a log has nothing here; see the rows beneath")
        yield element(
            "g", title, *_hatched(plot.Area(left, _TOP, right - left, ground - _TOP))
        )


def _hatched(area: plot.Area) -> tuple[Element, Element]:
    lines = plot.hatch(area, _COARSE, falling=True)
    return plot.filled(area, "silence"), element("path", d=lines, class_="silent")


def _logs(logs: Sequence[LogSeen], bins: Bins, top: float) -> Iterator[Element]:
    for number, log in enumerate(logs):
        y = top + _LOG * number
        name = shortened(log.name, plot.LEFT - 12)
        label = element("text", name, element("title", log.name), x=2, y=y + 10)
        label.set("class", "soft")
        yield label
        yield from _covered(log, bins, y)


def _covered(log: LogSeen, bins: Bins, y: float) -> Iterator[Element]:
    if log.first is None or log.last is None:
        text = element("text", "nothing", x=plot.LEFT, y=y + 10, class_="soft")
        yield text
        return
    left, right = plot.at(bins, log.first), plot.at(bins, log.last)
    span = f"{words.day(log.first)} to {words.day(log.last)}"
    title = f"{log.name}: {counted(log.events, 'event', 'events')}, {span}"
    yield element(
        "rect",
        element("title", title),
        x=round(min(left, plot.LEFT + plot.PLOT - _LEAST), 2),
        y=y + 5,
        width=round(max(right - left, _LEAST), 2),
        height=3,
        class_="log",
    )
    for gap in _longest(log):
        if _is_in(gap, bins):
            begin, end = _span(gap, bins)
            silence = element("title", words.silence(gap))
            yield element(
                "g", silence, *_hatched(plot.Area(begin, y + 1, end - begin, 11))
            )


def _longest(log: LogSeen) -> list[Gap]:
    return sorted(log.gaps, key=lambda gap: gap.since - gap.until)[:MOST_GAPS]


def _is_in(gap: Gap, bins: Bins) -> bool:
    return bins.share(gap.until) > 0 and bins.share(gap.since) < 1


def _span(gap: Gap, bins: Bins) -> tuple[float, float]:
    """Return where a gap begins and ends; a short one is drawn wide enough to see."""
    left, right = plot.at(bins, gap.since), plot.at(bins, gap.until)
    if right - left < _LEAST:
        left = min(left, plot.LEFT + plot.PLOT - _LEAST)
        right = left + _LEAST
    return left, right
