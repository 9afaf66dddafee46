"""A relay between a client and a server, which changes, counts or cuts what passes."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

HOST = "127.0.0.1"
_BLOCK = 65536

# What goes on of the bytes that came; None cuts the connection, both ways.
Change = Callable[[bytes], bytes | None]


def unchanged(data: bytes) -> bytes:
    """Pass everything on."""
    return data


def after(limit: int, then: Callable[[], object] = int) -> Change:
    """Return a change that acts and cuts once `limit` bytes have come; then all pass."""
    passed = 0

    def change(data: bytes) -> bytes | None:
        nonlocal passed
        before, passed = passed, passed + len(data)
        if before < limit <= passed:
            then()
            return None
        return data

    return change


@dataclass(slots=True)
class _Relay:
    port: int
    sent: Change
    answered: Change
    ends: list[socket.socket] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the block has ended
            while True:
                client, _ = listener.accept()
                self.ends.append(client)
                self.connect(client)

    def connect(self, client: socket.socket) -> None:
        try:
            onward = socket.create_connection((HOST, self.port))
        except OSError:  # the server is down
            _shut(client)
            return
        self.ends.append(onward)
        self.start(_pump, client, onward, self.sent)
        self.start(_pump, onward, client, self.answered)

    def start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def stop(self, listener: socket.socket) -> None:
        _shut(listener)
        self.threads[0].join()
        for end in self.ends:
            _shut(end)
        for thread in self.threads:
            thread.join()
        for end in self.ends:
            end.close()


@contextlib.contextmanager
def relay(
    port: int, *, sent: Change = unchanged, answered: Change = unchanged
) -> Iterator[str]:
    """Give an endpoint, `host:port`, that passes every byte on, unless told otherwise.

    Args:
        port: Where the server listens, on loopback.
        sent: What becomes of the client's bytes, block by block, as they come.
        answered: The same for the server's.
    """
    with socket.create_server((HOST, 0)) as listener:
        running = _Relay(port, sent, answered)
        running.start(running.accept, listener)
        try:
            yield f"{HOST}:{listener.getsockname()[1]}"
        finally:
            running.stop(listener)


def _pump(come: socket.socket, go: socket.socket, change: Change) -> None:
    with contextlib.suppress(OSError):
        while data := come.recv(_BLOCK):
            passed = change(data)
            if passed is None:
                break
            go.sendall(passed)
    _shut(come)
    _shut(go)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
