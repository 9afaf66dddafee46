"""What a proxy counts, in the text format of Prometheus. No value, no address."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

TYPE = "text/plain; version=0.0.4; charset=utf-8"
_WHAT = {
    "verdicts": ("egress_verdicts_total", "Verdicts, by verdict."),
    "refused": ("egress_refused_total", "Answers without a verdict, by reason."),
    "replies": ("egress_replies_total", "Replies, by status."),
}


@dataclass(slots=True)
class Figures:
    """Counters of one proxy; from any thread.

    Attributes:
        verdicts: Verdicts, by their word.
        refused: What was closed without one, by reason.
        replies: Replies, by status.
        bodies: Bytes of bodies that were judged.
    """

    verdicts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    bodies: int = 0
    under_way: int = 0
    _lock: Lock = field(default_factory=Lock)

    def judged(self, verdict: str, size: int) -> None:
        """Count a verdict."""
        with self._lock:
            self.verdicts[verdict] += 1
            self.bodies += size

    def closed(self, why: str) -> None:
        """Count what got no verdict, and so stayed inside."""
        with self._lock:
            self.refused[why] += 1

    def replied(self, status: int) -> None:
        """Count a reply."""
        with self._lock:
            self.replies[str(status)] += 1

    def text(self) -> bytes:
        """Return all figures."""
        lines: list[str] = []
        for name, (told, what) in _WHAT.items():
            lines += [f"# HELP ringfence_{told} {what}"]
            lines += [f"# TYPE ringfence_{told} counter"]
            label = {"verdicts": "verdict", "refused": "why", "replies": "status"}[name]
            found: Counter[str] = getattr(self, name)
            lines += [
                f'ringfence_{told}{{{label}="{key}"}} {count}'
                for key, count in sorted(found.items())
            ]
        lines += [
            "# HELP ringfence_egress_judged_bytes_total Bytes of bodies judged.",
            "# TYPE ringfence_egress_judged_bytes_total counter",
            f"ringfence_egress_judged_bytes_total {self.bodies}",
        ]
        return "".join(f"{line}\n" for line in lines).encode()
