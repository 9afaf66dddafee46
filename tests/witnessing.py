"""Logs in memory and on disk, and disks that fail, for the tests of witnesses."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from functools import cache
from itertools import compress, product
from pathlib import Path, PurePosixPath

import uvicorn

from ringfence.ledger.entries import made
from ringfence.ledger.signed.checkpoints import (
    Checkpoint,
    SignedCheckpoint,
    read_checkpoint,
)
from ringfence.ledger.signed.keys import SigningKey
from ringfence.ledger.tree.growing import Frontier
from ringfence.ledger.tree.reading import Tree
from ringfence.ledger.witness import service
from ringfence.ledger.witness.state import State, begin, opened
from tests.signed import KEYS, LOG, LOG_PQ, ORIGIN, SECONDS, WITNESSES, signed

W1 = WITNESSES[0]
FOLDER = "a folder"
START = 1_763_800_000  # the time of the first entry


def heartbeats(size: int, *, step: int = 60, start: int = START) -> list[bytes]:
    """Return entries of a log that says that it is alive."""
    return [made("heartbeat", said(start + at * step)) for at in range(size)]


def said(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Grown:
    """A log in memory: its files at some size."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self.entries = list(entries)
        self.frontier = Frontier()
        self.files: dict[str, bytes] = {}
        self.grow([])

    def grow(
        self, entries: Sequence[bytes], *, keys: Sequence[SigningKey] = ()
    ) -> None:
        self.frontier.extend(
            [*(self.entries if not self.frontier.size else []), *entries]
        )
        if self.frontier.size != len(self.entries):
            self.entries += entries
        self.files.update(self.frontier.written())
        self.files["checkpoint"] = signed(LOG, LOG_PQ, *keys, head=self.head)

    def fetch(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    @property
    def head(self) -> Checkpoint:
        return Checkpoint(ORIGIN, self.frontier.size, self.frontier.root())

    @property
    def signed(self) -> SignedCheckpoint:
        return read_checkpoint(self.files["checkpoint"], KEYS)

    def prove(self, old: int) -> list[bytes]:
        return Tree(self.frontier.size, self.fetch).consistency(old)

    def placed(self, folder: Path) -> Path:
        """Write the files to a folder, as a web server would serve them."""
        for path, content in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        return folder


@cache
def log_of(size: int, name: str = "entry") -> Grown:
    """Return a log of some entries; another name gives other entries."""
    return Grown([b"%s %d" % (name.encode(), at) for at in range(size)])


class PowerError(BaseException):
    """The power fails."""


class Model:
    """A disk that loses what wasn't synced: names in any subset, contents torn.

    Attributes:
        calls: What was called, in order.
        fails: The number of the call that fails, and with what.
        deaf: A kind of call that is answered, and does nothing.
    """

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.contents = dict(files or {})  # of inodes, called by their first names
        self.synced = dict(self.contents)
        above = {str(up) for one in self.contents for up in PurePosixPath(one).parents}
        self.names = {one: one for one in self.contents} | dict.fromkeys(above, FOLDER)
        self.names["."] = FOLDER
        self.lasting = dict(self.names)
        self.pending: list[tuple[str, str | None]] = []
        self.calls: list[str] = []
        self.fails: tuple[int, BaseException] | None = None
        self.deaf = ""

    def locked(self):
        return nullcontext()

    def close(self) -> None:
        pass

    def holds(self, path: str) -> bool:
        return self.names.get(path, FOLDER) != FOLDER

    def read(self, path: str) -> bytes:
        if path not in self.names:
            raise FileNotFoundError(2, "no such file", path)
        return self.contents[self.names[path]]

    def files(self, folder: str) -> list[str]:
        files = [one for one, inode in self.names.items() if inode != FOLDER]
        below = [one for one in files if one.startswith(f"{folder}/")]
        return sorted(one.removeprefix(f"{folder}/") for one in below)

    def create(self, path: str, content: bytes, *, secret: bool) -> None:
        assert secret in (True, False)
        if not self._called("create"):
            return
        if path in self.names:
            raise FileExistsError(17, "file exists", path)
        inode = f"{path}#{len(self.contents)}"
        self.contents[inode] = content
        self._name(path, inode)

    def append(self, path: str, content: bytes) -> None:
        raise NotImplementedError

    def truncate(self, path: str, size: int) -> None:
        raise NotImplementedError

    def datasync(self, path: str) -> None:
        raise NotImplementedError

    def remove_folder(self, path: str) -> None:
        raise NotImplementedError

    def rename(self, old: str, new: str) -> None:
        if self._called("rename"):
            inode = self.names[old]
            self._name(new, inode)
            self._name(old, None)

    def remove(self, path: str) -> None:
        if self._called("remove"):
            self._name(path, None)

    def make_folder(self, path: str) -> None:
        if path not in self.names and self._called("make_folder"):
            self._name(path, FOLDER)

    def sync(self, paths: Sequence[str]) -> None:
        if self._called("sync"):
            for path in paths:
                inode = self.names[path]
                self.synced[inode] = self.contents[inode]

    def sync_folder(self, path: str) -> None:
        if self._called("sync_folder"):
            for name, inode in self.pending:
                if parent(name) == path:
                    set_name(self.lasting, name, inode)
            self.pending = [one for one in self.pending if parent(one[0]) != path]

    def survivors(self) -> Iterator[Model]:
        """Yield each disk that a power failure may leave."""
        for chosen in product((False, True), repeat=len(self.pending)):
            names = dict(self.lasting)
            for name, inode in compress(self.pending, chosen):
                set_name(names, name, inode)
            left = {
                path: inode
                for path, inode in names.items()
                if inode != FOLDER
                and all(str(one) in names for one in PurePosixPath(path).parents)
            }
            for torn in (True, False):
                yield Model(
                    {path: self._left(one, torn=torn) for path, one in left.items()}
                )

    def _left(self, inode: str, *, torn: bool) -> bytes:
        if inode in self.synced:
            return self.synced[inode]
        content = self.contents[inode]
        return content[: len(content) // 2] if torn else content

    def _name(self, path: str, inode: str | None) -> None:
        set_name(self.names, path, inode)
        self.pending.append((path, inode))

    def _called(self, what: str) -> bool:
        """Count a call; fail if it is its turn. Tell whether it does anything."""
        self.calls.append(what)
        if self.fails is not None and len(self.calls) == self.fails[0]:
            raise self.fails[1]
        return what != self.deaf


def set_name(names: dict[str, str], name: str, inode: str | None) -> None:
    if inode is None:
        names.pop(name, None)
    else:
        names[name] = inode


def parent(path: str) -> str:
    return str(PurePosixPath(path).parent)


class Clock:
    """A clock that says what the test says."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


def begun(keys: Sequence[SigningKey] = (W1,)) -> Model:
    """Return a disk with the state of a witness that has cosigned nothing."""
    disk = Model()
    begin(disk, keys)
    return disk


@contextmanager
def state_on(
    disk: Model, keys: Sequence[SigningKey] = (W1,), clock: Clock | None = None
) -> Iterator[State]:
    with opened(disk, keys, KEYS, clock=clock or Clock()) as state:
        yield state


@contextmanager
def running(app: service.Application) -> Iterator[str]:
    """Serve an application on a free port of this machine; give its address."""
    config = service.configured(app)
    server = uvicorn.Server(config)
    with service.listening("127.0.0.1", 0) as sock:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def saying(*answers: bytes | None) -> Iterator[tuple[str, list[bytes]]]:
    """Serve answers, byte for byte, one a request; None says nothing until the end.

    Gives the address, and the requests so far.
    """
    requests: list[bytes] = []
    over = threading.Event()

    def serve(sock: socket.socket) -> None:
        for answer in answers:
            with suppress(OSError):
                connection, _ = sock.accept()
                with connection:
                    connection.settimeout(10)
                    requests.append(request_on(connection))
                    if answer is None:
                        over.wait()
                    else:
                        connection.sendall(answer)

    with service.listening("127.0.0.1", 0) as sock:
        thread = threading.Thread(target=serve, args=(sock,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}", requests
        finally:
            over.set()
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            thread.join()


def request_on(connection: socket.socket) -> bytes:
    """Return what is asked over a connection: the head, and as much of a body."""
    found = b""
    while b"\r\n\r\n" not in found:
        piece = connection.recv(1 << 16)
        found += piece
        if not piece or found[0] < 32:  # TLS has no end that we know
            return found
    head, _, body = found.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length[1]):
        body += connection.recv(1 << 16)
    return head + b"\r\n\r\n" + body


def http(status: int, body: bytes = b"", *headers: str) -> bytes:
    """Return an answer of HTTP."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body
