"""What a stranger's server or folder gives is bounded, and is that log's or an error."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from ringfence.errors import ConfigError, ProofError, RingfenceError
from ringfence.ledger.remote import (
    Server,
    UnreachableError,
    _deadline,
    most_bytes,
    open_log,
    parse_url,
)
from ringfence.ledger.signed.notes import MOST_BYTES
from ringfence.ledger.tree.reading import Tree
from tests.witnessing import http, log_of, saying

CHUNKED = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://log.example/",
        "http://",
        "http:///path",
        "https://name:secret@log.example/",
        "https://log.example/?query",
        "https://log.example/#fragment",
        "https://log.example:99999/",
        "https://log.example:0/",
        "https://log.example:x/",
        "https://log.example/a b",
        "https://log.example/\n",
        "https://l\u00f6g.example/",
        "https://[::1/",
        "log.example",
    ],
)
def test_what_is_no_address_is_refused(url: str):
    """An address is a scheme, a host and a path; it holds no secret."""
    with pytest.raises(ConfigError):
        parse_url(url)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("checkpoint", MOST_BYTES),
        ("tile/0/000", 8192),
        ("tile/3/x001/067.p/17", 17 * 32),
        ("tile/entries/000", 256 * 65_537),
        ("tile/entries/000.p/2", 2 * 65_537),
    ],
)
def test_each_file_has_its_limit(path: str, most: int):
    """No more is read than a file of that name can have."""
    assert most_bytes(path) == most


@pytest.mark.parametrize("path", ["../private/signed", "tile/0/0", "", "/checkpoint"])
def test_no_other_file_is_asked_for(path: str, tmp_path: Path):
    """A name that no file of a log has is refused before anything is read."""
    (tmp_path / "checkpoint").write_bytes(b"")
    with pytest.raises(ProofError):
        open_log(str(tmp_path))(path)


def test_a_log_is_read_from_a_folder(tmp_path: Path):
    """The published folder and the ledger's whole folder are both the log."""
    log = log_of(300)
    public = log.placed(tmp_path / "ledger" / "public")
    for place in (public, tmp_path / "ledger"):
        fetch = open_log(str(place))
        assert fetch("checkpoint") == log.files["checkpoint"]
        assert Tree(300, fetch).root() == log.head.root
        with pytest.raises(FileNotFoundError):
            fetch("tile/0/007")


def test_a_folder_that_is_none_is_refused(tmp_path: Path):
    """A path with nothing there, or with a file, is an error of configuration."""
    (tmp_path / "file").write_bytes(b"")
    for name in ("nothing", "file"):
        with pytest.raises(ConfigError):
            open_log(str(tmp_path / name))


def test_what_is_no_file_is_not_waited_for(tmp_path: Path):
    """A pipe, a folder or a file too long gives an error, at once."""
    os.mkfifo(tmp_path / "checkpoint")
    fetch = open_log(str(tmp_path))
    with pytest.raises(UnreachableError):
        fetch("checkpoint")
    (tmp_path / "tile" / "0" / "000").mkdir(parents=True)
    with pytest.raises(UnreachableError):
        fetch("tile/0/000")
    (tmp_path / "tile" / "0" / "001").write_bytes(bytes(8193))
    with pytest.raises(ProofError, match="8,192"):
        fetch("tile/0/001")


def test_a_log_is_read_from_a_server():
    """Files come from below the address; what isn't there isn't found."""
    with saying(http(200, b"content"), http(404), http(410)) as (url, asked):
        assert open_log(f"{url}/log/")("checkpoint") == b"content"
        for path in ("tile/0/000", "tile/0/001"):
            with pytest.raises(FileNotFoundError):
                open_log(f"{url}/log")(path)
    assert asked[0].startswith(b"GET /log/checkpoint HTTP/1.1\r\n")
    assert asked[1].startswith(b"GET /log/tile/0/000 HTTP/1.1\r\n")


def test_a_connection_that_was_closed_is_opened_again():
    """A server that closes after each answer is asked over a new connection."""
    with saying(http(200, b"a"), http(200, b"b")) as (url, asked):
        fetch = open_log(url)
        assert [fetch("checkpoint"), fetch("checkpoint")] == [b"a", b"b"]
    assert len(asked) == 2


def test_a_server_that_does_not_answer_is_told():
    """Neither a closed port nor a connection without answer is a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    with pytest.raises(UnreachableError, match="refused"):
        open_log(f"http://127.0.0.1:{port}")("checkpoint")
    with saying(b"") as (url, _), pytest.raises(UnreachableError):
        open_log(url)("checkpoint")


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 999999 X\r\n\r\n",
        b"HTTP/1.1 200 X\r\nContent-Length: 50\r\n\r\nshort",
        b"HTTP/1.1 200 X\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 X\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        CHUNKED + b"zz\r\n",
        CHUNKED + b"5\r\nab",
        http(200, b"packed", "Content-Encoding: gzip"),
        http(204),
        http(206, b"part"),
        http(403, b"no"),
        http(500, b"x" * (2 << 20)),
        http(301),
        http(302, b"", "Location: https://other.example/checkpoint"),
        http(302, b"", "Location: //other.example/checkpoint"),
        http(302, b"", "Location: http://[::1"),
        http(302, b"", "Location: file:///etc/hostname"),
    ],
)
def test_an_odd_answer_is_one_error(answer: bytes):
    """What isn't an answer as it should be says nothing of the log."""
    with (
        saying(answer, answer, answer, answer) as (url, _),
        pytest.raises(UnreachableError) as caught,
    ):
        open_log(url)("checkpoint")
    assert "Error" not in str(caught.value)


def test_a_file_too_long_is_not_read_to_its_end():
    """A server can't fill our memory, with or without a length."""
    long = bytes(9000)
    chunked = CHUNKED + b"2328\r\n" + long + b"\r\n0\r\n\r\n"
    endless = b"HTTP/1.1 200 X\r\n\r\n" + long
    for answer in (http(200, long), chunked, endless):
        with saying(answer) as (url, _), pytest.raises(ProofError, match="8,192"):
            open_log(url)("tile/0/000")


def test_a_redirect_is_followed_on_its_server_alone():
    """A log may have moved on its host; a circle is left after three steps."""
    moved = http(301, b"", "Location: /new/checkpoint")
    with saying(moved, http(200, b"content")) as (url, asked):
        assert open_log(url)("checkpoint") == b"content"
    assert asked[1].startswith(b"GET /new/checkpoint HTTP/1.1")
    with saying(*[moved] * 5) as (url, asked):
        with pytest.raises(UnreachableError, match="leads on"):
            open_log(url)("checkpoint")
        assert len(asked) == 4


def test_a_redirect_to_another_port_is_not_followed():
    """Another port may be another's server."""
    with saying(http(200, b"content")) as (other, asked):
        moved = http(302, b"", f"Location: {other}/checkpoint")
        with (
            saying(moved) as (url, _),
            pytest.raises(UnreachableError, match="another host"),
        ):
            open_log(url)("checkpoint")
        assert asked == []
        with saying() as _:
            open_log(other)("checkpoint")


def test_a_silent_server_is_not_waited_for():
    """An answer that doesn't come, or doesn't end, is cut off."""
    slow = b"HTTP/1.1 200 X\r\nContent-Length: 50\r\n\r\n"
    with saying(None) as (url, _), pytest.raises(UnreachableError, match="in time"):
        open_log(url, seconds=0.05)("checkpoint")
    with saying(slow) as (url, _), pytest.raises(UnreachableError):
        open_log(url, seconds=0.05)("checkpoint")


def test_a_server_that_ends_between_requests_is_told():
    """A connection that was closed is opened again once, and then given up."""
    with saying(http(200, b"a")) as (url, _):
        fetch = open_log(url)
        assert fetch("checkpoint") == b"a"
    with pytest.raises(UnreachableError):
        fetch("checkpoint")


def test_time_may_be_up_before_there_is_a_connection():
    """A limit that passes while nobody has answered is noticed all the same."""
    with _deadline(HTTPConnection("log.example"), 0) as late:
        assert late.wait(10)
    for error in (OSError(), HTTPException()):
        with pytest.raises(TimeoutError):
            cut_off(error)


def cut_off(error: Exception) -> None:
    with _deadline(HTTPConnection("log.example"), 0) as late:
        assert late.wait(10)
        raise error


def test_a_connection_is_cut_off_when_time_is_up():
    """Whoever waits at its other end is told that nothing more comes."""
    connection = HTTPConnection("log.example")
    connection.sock, far = socket.socketpair()
    far.settimeout(10)
    with connection.sock, far, _deadline(connection, 0):
        assert far.recv(1) == b""


def test_nothing_is_asked_when_time_is_up(monkeypatch: pytest.MonkeyPatch):
    """Whoever is slow to be found, or to shake hands, has no more time for an answer."""

    class Up:
        """A timer whose time is up before there is anything to cut off."""

        def __init__(self, _: float, function: Callable[[], None]) -> None:
            self.start, self.cancel = function, int

    monkeypatch.setattr("ringfence.ledger.remote.Timer", Up)
    with saying(http(200, b"content")) as (url, asked):
        with pytest.raises(UnreachableError, match="in time"):
            open_log(url)("checkpoint")
        assert not any(asked)


def test_an_answer_that_was_late_is_none(monkeypatch: pytest.MonkeyPatch):
    """What was cut off may look whole, and isn't taken."""

    up = iter([False, True])  # not yet when there is a connection, and then it is

    class Late:
        @staticmethod
        def is_set() -> bool:
            return next(up)

    @contextmanager
    def late(*_: object):
        yield Late

    monkeypatch.setattr("ringfence.ledger.remote._deadline", late)
    with (
        saying(http(200, b"content")) as (url, _),
        pytest.raises(UnreachableError, match="in time"),
    ):
        open_log(url)("checkpoint")


def test_a_body_is_sent():
    """A server is asked with the bytes that it is to get."""
    with saying(http(200, b"ok", "Content-Type: Text/Plain; charset=x")) as (
        url,
        asked,
    ):
        answer = Server(url).ask("POST", "/add", b"body", most=10)
    assert (answer.status, answer.kind, answer.content) == (200, "text/plain", b"ok")
    assert asked[0].endswith(b"\r\n\r\nbody")


def test_no_certificate_is_no_trust():
    """A server that doesn't speak TLS isn't asked in the clear instead."""
    with saying(b"plain") as (url, _), pytest.raises(RingfenceError) as caught:
        open_log(url.replace("http:", "https:"))("checkpoint")
    assert isinstance(caught.value, UnreachableError)
