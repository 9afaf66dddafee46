"""The connection of a client: heads that have to arrive, and a way to break it off."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

ABORT = "ringfence.abort"  # in a scope: ends the connection at once


class Connection(H11Protocol):
    """A connection whose heads have to arrive within some seconds.

    Attributes:
        seconds: How many; the same for all connections of the process.
    """

    seconds: float = 10

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(  # type: ignore[override]
        self, transport: asyncio.Transport
    ) -> None:
        """Wait for the first head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what arrived."""
        super().data_received(data)
        is_between = self.conn.their_state is h11.IDLE
        if not is_between:
            self._rest()
        elif self._timer is None:
            self._await_head()  # it has begun, and isn't whole

    def handle_events(self) -> None:
        """Let whoever answers break the connection off."""
        super().handle_events()
        if self.scope is not None:
            told: dict[str, Any] = self.scope  # type: ignore[assignment]
            told.setdefault(ABORT, self.transport.abort)

    def _await_head(self) -> None:
        self._timer = self.loop.call_later(self.seconds, self._expire)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._timer = None
        self.transport.abort()
