"""Figures of the running service, in the text format of Prometheus."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ringfence.gate.point.live import LivePoint

TYPE = "text/plain; version=0.0.4; charset=utf-8"
EDGES = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
Sample = tuple[str, float]
"""Labels in braces, or nothing, and a value."""


@dataclass(slots=True)
class Metrics:
    """What the service counts beside what the decision point counts.

    Attributes:
        replies: Replies, by status.
        refused: Scenes that were refused: a bad bundle, a case that can't be built.
        installed: Scenes that were put in force.
    """

    replies: Counter[int] = field(default_factory=Counter)
    refused: int = 0
    installed: int = 0
    _buckets: list[int] = field(default_factory=lambda: [0] * (len(EDGES) + 1))
    _seconds: float = 0.0

    def replied(self, status: int, seconds: float) -> None:
        """Count a reply, and the time that it took."""
        self.replies[status] += 1
        self._buckets[bisect_left(EDGES, seconds)] += 1
        self._seconds += seconds

    def text(self, point: LivePoint) -> bytes:
        """Return all figures."""
        lines = [line for one in self._families(point) for line in one]
        return "".join(f"{line}\n" for line in lines).encode()

    def _families(self, point: LivePoint) -> Iterator[Iterable[str]]:
        # By another name in shadow mode: nobody can take these for what was enforced.
        name, what = "decisions_total", "Answers by surface and reason."
        if point.shadow:
            name, what = "shadow_decisions_total", "Decisions that nobody enforced."
        yield _family(
            name,
            "counter",
            what,
            (
                (f'{{surface="{surface}",reason="{reason}"}}', count)
                for (surface, reason), count in sorted(point.tally.items())
            ),
        )
        yield _family(
            "replies_total",
            "counter",
            "HTTP replies by status.",
            (
                (f'{{status="{status}"}}', count)
                for status, count in sorted(self.replies.items())
            ),
        )
        yield from (
            _family(name, kind, text, [("", value)])
            for name, kind, text, value in self._single(point)
        )
        yield self._times()

    def _single(self, point: LivePoint) -> Iterator[tuple[str, str, str, float]]:
        figures, held = point.recorder.figures, point.held
        yield (
            "unanswered_total",
            "counter",
            "Questions that had no answer.",
            point.unanswered,
        )
        yield "shadow", "gauge", "Whether nothing is enforced.", int(point.shadow)
        if point.shadow:
            yield (
                "shadow_unlogged_total",
                "counter",
                "Allowances that the ledger may not hold.",
                point.unlogged,
            )
        yield "ready", "gauge", "Whether questions are answered.", int(point.is_ready)
        yield (
            "ledger_up",
            "gauge",
            "Whether the ledger takes entries.",
            int(point.recorder.is_up),
        )
        yield "ledger_entries_total", "counter", "Entries.", figures.entries
        yield "ledger_lines_total", "counter", "Decisions in them.", figures.lines
        yield (
            "ledger_failures_total",
            "counter",
            "Windows that failed.",
            figures.failures,
        )
        yield "ledger_openings_total", "counter", "Openings.", figures.openings
        yield (
            "ledger_unpublished_total",
            "counter",
            "Publications that failed.",
            figures.unpublished,
        )
        yield "scene_version", "gauge", "The bundle.", held.version if held else 0
        until = 0.0
        if held is not None:
            until = _seconds(min(held.until, held.scene.until))
        yield "scene_until_seconds", "gauge", "When its time is over.", until
        yield "scenes_refused_total", "counter", "Scenes refused.", self.refused
        yield "scenes_installed_total", "counter", "Scenes installed.", self.installed

    def _times(self) -> Iterator[str]:
        name = "ringfence_reply_seconds"
        yield f"# HELP {name} Seconds from a request to its reply."
        yield f"# TYPE {name} histogram"
        count = 0
        for edge, found in zip(EDGES, self._buckets[:-1], strict=True):
            count += found
            yield f'{name}_bucket{{le="{edge}"}} {count}'
        count += self._buckets[-1]
        yield f'{name}_bucket{{le="+Inf"}} {count}'
        yield f"{name}_sum {self._seconds:.6f}"
        yield f"{name}_count {count}"


def _family(
    name: str, kind: str, text: str, samples: Iterable[Sample]
) -> Iterator[str]:
    yield f"# HELP ringfence_{name} {text}"
    yield f"# TYPE ringfence_{name} {kind}"
    for labels, value in samples:
        yield f"ringfence_{name}{labels} {int(value)}"


def _seconds(time: str) -> float:
    try:
        return datetime.fromisoformat(time).timestamp()
    except (ValueError, OverflowError):
        return 0.0
