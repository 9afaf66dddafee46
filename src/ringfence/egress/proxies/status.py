"""Health and figures, on a listener of their own."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ringfence.egress.proxies.figures import TYPE, Figures
from ringfence.egress.proxies.front import Message, Receive, Send


class Status:
    """An ASGI application that says how a proxy does.

    Args:
        figures: What it has counted.
        is_ready: Says whether it takes requests.
    """

    def __init__(self, figures: Figures, is_ready: Callable[[], bool]) -> None:
        self._figures, self._is_ready = figures, is_ready

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        del receive
        if scope["type"] != "http":
            return
        status, kind, body = self._answer(scope["method"], scope["path"])
        headers = [
            (b"content-type", kind.encode()),
            (b"content-length", b"%d" % len(body)),
        ]
        start = {"type": "http.response.start", "status": status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": body})

    def _answer(self, method: str, path: str) -> tuple[int, str, bytes]:
        if method not in ("GET", "HEAD"):
            return 405, "application/json", b'"only GET"'
        if path == "/health":
            ready = self._is_ready()
            body = msgspec.json.encode({"ready": ready})
            return 200 if ready else 503, "application/json", body
        if path == "/metrics":
            return 200, TYPE, self._figures.text()
        return 404, "application/json", b'"there is nothing here"'
