"""The witness as a server: it answers as C2SP tlog-witness says, and does nothing else.

`answer` is the whole protocol and knows no HTTP server; `application` puts it behind
ASGI. Neither bodies nor addresses of whoever asks are logged.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn

from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.signed.checkpoints import (
    Checkpoint,
    parse_checkpoint,
    read_checkpoint,
)
from ringfence.ledger.signed.keys import SigningKey, VerifierKey
from ringfence.ledger.signed.notes import parse_note
from ringfence.ledger.tree.merkle import EMPTY, verify_consistency
from ringfence.ledger.witness.state import State, StateFolder, begin, opened
from ringfence.ledger.witness.wire import (
    ADD,
    MOST_BYTES,
    SIZE,
    Submission,
    parse_submission,
)

HEALTH = "/health"
TEXT = "text/plain; charset=utf-8"
SECONDS = 20.0  # that a body may take to arrive
CONNECTIONS = 256
_LAST_PORT = 65_535
_log = logging.getLogger("ringfence.witness")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class Reply(NamedTuple):
    """What a witness answers.

    Attributes:
        status: The status of HTTP.
        content: The content.
        kind: Its type.
        allow: The methods that the path has, where another was used.
    """

    status: int
    content: bytes
    kind: str = TEXT
    allow: str = ""


class _RefusedError(Exception):
    """Why a checkpoint isn't cosigned."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class _GoneError(Exception):
    """Nobody waits for an answer."""


def answer(state: State, method: str, path: str, body: bytes) -> Reply:
    """Return what a witness answers to a request.

    Args:
        state: What it remembers; a checkpoint that is cosigned is in it, and on the
            disk, before this returns.
        method: The method of HTTP.
        path: The path, below the witness' prefix.
        body: What was sent.
    """
    if path == ADD:
        if method != "POST":
            return _other("POST")
        try:
            return _added(state, body)
        except _RefusedError as refused:
            return refused.reply
        except LedgerError:
            return Reply(500, b"the witness has stopped: its disk failed\n")
    shown = _health(state) if path == HEALTH else _checkpoint(state, path)
    if shown is not None and method not in ("GET", "HEAD"):
        return _other("GET, HEAD")
    return shown or Reply(404, b"there is nothing here\n")


def judge(last: Checkpoint | None, submission: Submission, new: Checkpoint) -> None:
    """Raise what speaks against cosigning a checkpoint that its log has signed.

    Args:
        last: The last one that was cosigned, if any was.
        submission: What the log sent.
        new: The checkpoint in it.
    """
    size = 0 if last is None else last.size
    root = EMPTY if last is None else last.root
    if submission.old > new.size:
        raise _refused(400, "the old size is above the checkpoint's")
    if submission.old != size:
        raise _RefusedError(Reply(409, f"{size}\n".encode(), SIZE))
    if size == 0:
        if submission.proof:
            raise _refused(422, "a proof from nothing has no hashes")
        return
    try:
        verify_consistency(size, new.size, root, new.root, submission.proof)
    except ProofError as error:
        raise _refused(422, error.problems[0].message) from None


def application(state: State) -> Application:
    """Return the witness as an ASGI application."""

    async def served(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            message = "a witness speaks HTTP alone"
            raise NotImplementedError(message)
        try:
            async with asyncio.timeout(SECONDS):
                body = await _body(receive)
        except _GoneError:
            return
        except TimeoutError:
            reply = Reply(408, b"the body didn't arrive in time\n")
        else:
            if body is None:
                reply = Reply(413, f"at most {MOST_BYTES:,} bytes\n".encode())
            else:
                # The disk is waited for elsewhere: others are answered meanwhile.
                ask = partial(answer, state, scope["method"], scope["path"], body)
                reply = await asyncio.to_thread(ask)
        _log.info("%s %d", scope["method"], reply.status)
        await _sent(reply, send)

    return served


def begin_state(folder: Path, keys: Sequence[SigningKey]) -> None:
    """Make the folder of a witness that has cosigned nothing yet.

    Raises:
        ConfigError: A key can't cosign, or there is a state in the folder.
        LedgerError: The disk failed, or somebody else is at work there.
    """
    begin(StateFolder.at(folder), keys)


def serve(
    state_folder: Path,
    logs: Sequence[VerifierKey],
    keys: Sequence[SigningKey],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Callable[[str], None] = print,
) -> None:
    """Answer as a witness until the process is told to end (SIGINT, SIGTERM).

    Args:
        state_folder: The folder that `begin_state` made.
        logs: The keys of the logs that are cosigned.
        keys: The keys that cosign.
        host: The address to listen at. What is asked is public, and whoever asks
            needs no name; put TLS before it where others reach it.
        port: The port; 0 takes one that is free.
        ready: Is told the witness' address, once somebody can ask.

    Raises:
        ConfigError: A key can't cosign, isn't the state's, or the address is taken.
        LedgerError: There is no state, another process has it, or the disk failed.
        ProofError: What lies in the folder isn't what was written there.
    """
    if not state_folder.is_dir():
        hint = "begin the state of the witness first"
        raise LedgerError("there is no such folder", Locus(str(state_folder)), hint)
    with (
        opened(StateFolder(state_folder), keys, logs) as state,
        listening(host, port) as opened_socket,
    ):
        bound = opened_socket.getsockname()
        shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
        ready(f"http://{shown}:{bound[1]}")
        uvicorn.Server(configured(application(state))).run(sockets=[opened_socket])


def configured(served: Application) -> uvicorn.Config:
    """Return how the server runs: it writes no log of its own, and trusts no header."""
    return uvicorn.Config(
        served,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=5,
    )


def _added(state: State, body: bytes) -> Reply:
    try:
        submission = parse_submission(body)
        note = parse_note(submission.note)
        origin = parse_checkpoint(note.text).origin
    except ProofError as error:
        raise _refused(400, error.problems[0].message) from None
    if origin not in state.logs:
        raise _refused(404, "no log of that name is known here")
    try:
        signed = read_checkpoint(submission.note, state.logs[origin])
    except ProofError as error:
        raise _refused(403, error.problems[0].message) from None
    new = signed.checkpoint
    state.keep(signed)  # if it proves a split view, whatever is answered
    made = state.advance(signed, lambda last: judge(last, submission, new))
    return Reply(200, "".join(f"{one.line}\n" for one in made).encode())


def _checkpoint(state: State, path: str) -> Reply | None:
    name = path.removeprefix("/").removesuffix("/checkpoint")
    content = state.shown(name) if path == f"/{name}/checkpoint" else None
    return None if content is None else Reply(200, content)


def _health(state: State) -> Reply:
    if state.has_stopped:
        return Reply(503, b"stopped\n")
    return Reply(200, b"ok\n")


def _other(allow: str) -> Reply:
    return Reply(405, b"that method is not for this path\n", allow=allow)


def _refused(status: int, reason: str) -> _RefusedError:
    return _RefusedError(Reply(status, f"{reason}\n".encode()))


async def _body(receive: Receive) -> bytes | None:
    """Return what was sent; None if it is more than a witness reads.

    Raises:
        _GoneError: Whoever sent it has gone.
    """
    found, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        found += message.get("body", b"")
        more = message.get("more_body", False)
        if len(found) > MOST_BYTES:
            return None
    return found


async def _sent(reply: Reply, send: Send) -> None:
    headers = {
        "content-type": reply.kind,
        "content-length": str(len(reply.content)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    } | ({"allow": reply.allow} if reply.allow else {})
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": _encoded(headers),
        }
    )
    await send({"type": "http.response.body", "body": reply.content})


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address.

    Raises:
        ConfigError: It is none of this machine's, or the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    place, hint = Locus(f"{host}:{port}"), "choose another address or port"
    if not 0 <= port <= _LAST_PORT:
        raise ConfigError("is no port", place, hint)
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "is no address"
        raise ConfigError(reason.lower(), place, hint) from None
