"""How much a caller may ask, how large it may be, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what is taken.

    Attributes:
        body: Bytes of a body.
        data: Bytes of a body for `/v1/data` and `/v0/data`.
        headers: Bytes of a request's line and headers.
        seconds: That headers, and then body and answer, may take.
        rate: Requests that each caller may make a second, over time.
        burst: Requests that each caller may make at once.
        connections: Connections that are open at once.
    """

    body: int = 1 << 16
    data: int = 1 << 20
    headers: int = 1 << 14
    seconds: float = 10
    rate: int = 20_000
    burst: int = 40_000
    connections: int = 1_024


class Bucket:
    """A bucket of tokens: it fills at a rate, and each request takes one.

    Args:
        rate: Tokens a second.
        burst: Tokens that it holds; it begins full.
        now: The time, in seconds from any moment on.
    """

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, now

    def take(self, now: float) -> float:
        """Take a token, or return the seconds until there is one."""
        if now > self._at:
            left = self._left + (now - self._at) * self._rate
            self._left = min(self._burst, left)
            self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._rate

    def give(self) -> None:
        """Give a token back that was taken for nothing."""
        self._left = min(self._burst, self._left + 1)
