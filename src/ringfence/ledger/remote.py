"""Reading a log from where it lies: a folder, or a web server.

What comes back is a stranger's: it is bounded in size and time, comes from the host
that was named and from no other, and is worth what its signatures and proofs are worth.
"""

from __future__ import annotations

import os
import socket
import ssl
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from threading import Event, Timer
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

from ringfence.errors import ConfigError, Locus, ProofError, RingfenceError
from ringfence.ledger.signed.notes import MOST_BYTES
from ringfence.ledger.tree.growing import Fetch
from ringfence.ledger.tree.merkle import HASH
from ringfence.ledger.tree.tiles import LONGEST, Tile, parse_path

SECONDS = 20.0  # that an answer may take, from the first byte asked to the last got
REDIRECTS = 3
CHECKPOINT = "checkpoint"
_PORTS = {"http": 80, "https": 443}
_GONE = (404, 410)
_ELSEWHERE = (301, 302, 303, 307, 308)
_OK = 200


class UnreachableError(RingfenceError):
    """A log or witness didn't answer, or not as one does: nothing is known of it."""


class Answer(NamedTuple):
    """What a server answered.

    Attributes:
        status: The status of HTTP.
        kind: The type of the content, without parameters.
        content: The content.
        location: Where the server sends whoever asked, or an empty text.
    """

    status: int
    kind: str
    content: bytes
    location: str


class Server:
    """A web server, asked over one connection; not for two threads at once.

    Attributes:
        url: What it was named by, without a slash at the end.
    """

    def __init__(self, url: str, *, seconds: float = SECONDS) -> None:
        self._connection: HTTPConnection | None = None
        self.url = url.rstrip("/")
        self._parts = parse_url(self.url)
        self._seconds = seconds

    @property
    def prefix(self) -> str:
        """Return the path that the address ends with."""
        return self._parts.path

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, most: int
    ) -> Answer:
        """Return the answer to a request.

        Args:
            method: `GET` or `POST`.
            path: The path on the server, from its root.
            body: What is sent.
            most: How many bytes the answer's content may have.

        Raises:
            UnreachableError: There is no answer, in time and in HTTP.
            ProofError: The content is longer than it can be.
        """
        reused = self._connection is not None
        try:
            return self._exchange(method, path, body, most)
        except (OSError, HTTPException, ValueError) as error:
            self.close()
            # A server may close a connection between two requests. What witnesses are
            # sent may reach them twice: the second time they have it already.
            if not reused or isinstance(error, TimeoutError):
                raise self._unreachable(_told(error)) from None
        try:
            return self._exchange(method, path, body, most)
        except (OSError, HTTPException, ValueError) as error:
            self.close()
            raise self._unreachable(_told(error)) from None

    def followed(self, location: str, path: str) -> str | None:
        """Return the path that a redirect leads to; None if to another server."""
        try:
            target = urlsplit(urljoin(f"{self._base}{path}", location))
            same = _origin(target) == _origin(self._parts)
        except ValueError:
            return None
        query = f"?{target.query}" if target.query else ""
        return f"{target.path or '/'}{query}" if same else None

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        self.close()

    @property
    def _base(self) -> str:
        return f"{self._parts.scheme}://{self._parts.netloc}"

    def _exchange(
        self, method: str, path: str, body: bytes | None, most: int
    ) -> Answer:
        if self._connection is None:
            self._connection = _connected(self._parts, self._seconds)
        connection = self._connection
        with _deadline(connection, self._seconds) as late:
            if connection.sock is None:
                connection.connect()
                if late.is_set():  # there was nothing yet that could be cut off
                    raise TimeoutError
            connection.request(method, path, body)
            with connection.getresponse() as response:
                content = response.read(most + 1)
        if late.is_set():
            raise TimeoutError
        if len(content) > most:
            self.close()
            content = b""  # a page that says what went wrong may have any length
            if response.status == _OK:
                message = f"has more than {most:,} bytes"
                raise ProofError(message, Locus(f"{self._base}{path}"))
        else:
            _check_whole(response)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        location = response.headers.get("Location", "")
        return Answer(response.status, kind.lower(), content, location)

    def _unreachable(self, reason: str) -> UnreachableError:
        hint = "nothing is known of it; try again"
        return UnreachableError(reason, Locus(self.url), hint)


def parse_url(url: str) -> SplitResult:
    """Return the parts of an address.

    Raises:
        ConfigError: It is no address of a web server, or holds a name and password, a
            query or a fragment.
    """
    try:
        parts = urlsplit(url)
        plain = not (parts.query or parts.fragment or "@" in parts.netloc)
        known = parts.scheme in _PORTS and parts.hostname and parts.port != 0
    except ValueError:
        plain = known = False
    if not (plain and known and url.isascii() and url.isprintable() and " " not in url):
        hint = "https://log.example/path, with nothing behind it"
        raise ConfigError("is no address of a web server", Locus(url), hint)
    return parts


def open_log(place: str, *, seconds: float = SECONDS) -> Fetch:
    """Return what reads the files of a log.

    Args:
        place: An address (`https://…`), or the folder that is published; a ledger's
            whole folder does as well.
        seconds: How long a server may take to answer.

    Raises:
        ConfigError: The address is none, or there is no such folder.
    """
    if "://" in place:
        return _Site(Server(place, seconds=seconds)).fetch
    folder = Path(place)
    if (folder / "public").is_dir() and not (folder / CHECKPOINT).exists():
        folder /= "public"
    if not folder.is_dir():
        raise ConfigError("is no folder", Locus(place), "check the path")
    return _Folder(folder).fetch


def most_bytes(path: str) -> int:
    """Return how many bytes a file of a log may have.

    Raises:
        ProofError: No file of a log is called that.
    """
    if path == CHECKPOINT:
        return MOST_BYTES
    one = parse_path(path)
    return one.width * (HASH if isinstance(one, Tile) else LONGEST + 2)


class _Folder:
    """The published folder of a log."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fetch(self, path: str) -> bytes:
        most, place = most_bytes(path), self._folder / path
        try:
            content = _read(place, most)
        except FileNotFoundError:
            raise
        except OSError as error:
            reason = (error.strerror or "can't be read").lower()
            raise UnreachableError(reason, Locus(str(place))) from None
        if len(content) > most:
            raise ProofError(f"has more than {most:,} bytes", Locus(str(place)))
        return content


class _Site:
    """A log on a web server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def fetch(self, path: str) -> bytes:
        most = most_bytes(path)
        at = f"{self._server.prefix}/{path}"
        place = Locus(f"{self._server.url}/{path}")
        for _ in range(REDIRECTS + 1):
            answer = self._server.ask("GET", at, most=most)
            if answer.status not in _ELSEWHERE:
                return _taken(answer, place)
            target = self._server.followed(answer.location, at)
            if target is None:
                message = "the server sends us to another host"
                hint = "give the address that the log has there"
                raise UnreachableError(message, place, hint)
            at = target
        raise UnreachableError(f"leads on more than {REDIRECTS} times", place)


def _taken(answer: Answer, place: Locus) -> bytes:
    if answer.status in _GONE:
        raise FileNotFoundError(str(place))
    if answer.status != _OK:
        raise UnreachableError(f"the server answers {answer.status}", place)
    return answer.content


def _read(place: Path, most: int) -> bytes:
    # A pipe that nobody writes to would be waited for.
    handle = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "is no file")
        return stream.read(most + 1)


def _check_whole(response: HTTPResponse) -> None:
    if response.length:
        raise HTTPException("the answer is cut off")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise HTTPException("the answer is packed, which nobody asked for")


def _connected(parts: SplitResult, seconds: float) -> HTTPConnection:
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    if parts.scheme == "http":
        return HTTPConnection(host, port, timeout=seconds)
    context = ssl.create_default_context()
    return HTTPSConnection(host, port, timeout=seconds, context=context)


@contextmanager
def _deadline(connection: HTTPConnection, seconds: float) -> Iterator[Event]:
    """Cut a connection off when time is up: a socket's own limit is for each byte."""
    late = Event()

    def cut() -> None:
        late.set()
        sock = connection.sock
        if sock is not None:
            # The system's own: that of TLS would wait for whoever reads.
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield late
    except (OSError, HTTPException, ValueError):
        if late.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _told(error: Exception) -> str:
    """Return why there is no answer, in words that name no type of Python's."""
    if isinstance(error, TimeoutError):
        return "didn't answer in time"
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "verify_message", "") or error.reason or "no TLS"
        return f"can't be trusted to be who it is: {reason}".lower()
    if isinstance(error, OSError) and error.strerror:
        return f"doesn't answer: {error.strerror.lower()}"
    return f"doesn't answer in HTTP: {str(error)[:100] or 'the connection ended'}"
