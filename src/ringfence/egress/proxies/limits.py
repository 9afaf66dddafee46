"""How much an answer may take, in bytes and in seconds."""

from __future__ import annotations

from dataclasses import dataclass

MiB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what a proxy takes.

    Attributes:
        body: Bytes of an answer's body.
        memory: Bytes of it that are kept in memory; what is larger goes to a file.
        request: Bytes of a request's body.
        headers: Bytes of a head, of requests and of answers.
        seconds: That a request's head may take to arrive.
        upstream: Seconds that an upstream may take, from connection to last byte.
        judging: Seconds that a verdict may take.
        sending: Seconds that a client may take no byte of its answer.
        drain: Seconds that answers may take once the proxy is told to end.
        judges: Answers that are judged at once.
        connections: Connections that are open at once.
    """

    body: int = 256 * MiB
    memory: int = MiB
    request: int = 64 * MiB
    headers: int = 1 << 15
    seconds: int = 10
    upstream: int = 60
    judging: int = 60
    sending: int = 30
    drain: int = 30
    judges: int = 4
    connections: int = 512


BOUNDS = tuple(Limits.__dataclass_fields__)
