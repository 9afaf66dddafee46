"""The reverse proxy as a process, over sockets: what reaches a client, and what doesn't."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.proxied import (
    SECRET,
    Inside,
    Running,
    answer,
    chunked,
    listener,
    process,
    raw,
    reasons,
    spoken,
)

# --- verdicts -------------------------------------------------------------------------


def test_each_verdict_reaches_the_client(running: Running):
    """Release, mask, block, hold and no verdict: each has its answer, and no other."""
    assert running.ask("/released/1")[::2] == (200, b"city=R1")
    status, headers, body = running.ask("/masked/1")
    assert (status, body) == (200, b"mail=rf_ city=M1")
    assert headers["content-length"] == str(len(body))
    for target, status, verdict in (
        ("/blocked/1", 403, "block"),
        ("/held/1", 403, "hold"),
        ("/faulty/1", 503, None),
    ):
        found, headers, body = running.ask(target)
        assert found == status
        assert headers["content-type"] == "application/problem+json"
        assert reasons(body).get("verdict") == verdict
        assert SECRET not in body


def test_error_pages_are_judged_too(running: Running, says):
    """An upstream's error leaves with its status if it may, and not otherwise."""
    says(answer(b"city=Oops", "500 Internal Server Error"))
    assert running.ask("/x")[::2] == (500, b"city=Oops")
    says(answer(b"city=p77777", "500 Internal Server Error"))
    assert running.ask("/x")[0] == 403


def test_headers_reach_the_client_judged(running: Running, says):
    """Harmless headers leave; validators stay; a person in one blocks the answer."""
    says(
        answer(b"city=a", etag='"p7"', x_kept="1", set_cookie="a=b", content_type="a/b")
    )
    status, headers, _ = running.ask("/x")
    assert status == 200
    assert "etag" not in headers
    assert "server" not in headers
    assert headers["x-kept"] == "1"
    assert headers["set-cookie"] == "a=b"
    assert headers["cache-control"] == "no-store"
    says(answer(b"city=a", set_cookie="who=p77777"))
    assert running.ask("/x")[0] == 403
    says(answer(b"", "302 Found", location="/?who=p77777"))
    assert running.ask("/x")[0] == 403


def test_trailers_are_judged_and_not_sent(running: Running, says):
    """A person in a trailer blocks; a harmless trailer isn't sent either."""
    says(chunked(b"city=", b"a", trailers="x-told: 7\r\n"))
    said = raw(running.port, b"GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
    assert said.endswith(b"\r\n\r\ncity=a")
    assert b"x-told" not in said
    says(chunked(b"city=", b"a", trailers="x-told: a=p77777\r\n"))
    assert running.ask("/x")[0] == 403


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_answers_without_a_body(running: Running, says, status):
    """An answer that has no body has neither body nor length."""
    says(answer(b"", status, length=False, x_kept="1"))
    found, headers, body = running.ask("/x")
    assert (found, body) == (int(status[:3]), b"")
    assert "content-length" not in headers
    says(answer(b"", status, length=False, x_told="a=p77777"))
    assert running.ask("/x")[0] == 403


def test_a_head_request(running: Running, says):
    """HEAD has the headers judged, and no body; a refusal has none either."""
    says(answer(b"", length=False, content_length="9", x_kept="1"))
    status, headers, body = running.ask("/x", method="HEAD")
    assert (status, headers["x-kept"], body) == (200, "1", b"")
    says(answer(b"", length=False, x_kept="a=p77777"))
    assert running.ask("/x", method="HEAD")[::2] == (403, b"")


def test_early_hints_are_dropped(running: Running, says):
    """What comes before the final answer never leaves."""
    hint = b"HTTP/1.1 103 Early Hints\r\nlink: </p77777>\r\n\r\n"
    says(hint + hint + answer(b"city=a"))
    said = raw(running.port, b"GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 ")
    assert SECRET not in said


def test_a_packed_body_that_nobody_opens(running: Running, says):
    """An encoding that isn't undone keeps the answer inside."""
    says(answer(b"city=a", content_encoding="br"))
    status, _, body = running.ask("/x")
    assert status in (403, 502)
    assert b"city" not in body
    says(answer(gzip.compress(b"city=p77777"), content_encoding="gzip"))
    assert running.ask("/x")[0] == 503  # the tests' inspector opens nothing


# --- requests -------------------------------------------------------------------------


def test_what_goes_inside(running: Running, tool: Inside):
    """A request goes inside whole and unjudged, without what would part the answer."""
    sent = {"range": "bytes=0-1", "accept-encoding": "br", "x-original-url": "/y"}
    status, _, _ = running.ask(
        "/released/2?a=b", method="POST", body=b"who=p77777", headers=sent
    )
    head = tool.asked[-1].lower()
    assert status == 200
    assert tool.bodies[-1] == b"who=p77777"
    assert head.startswith(b"post /released/2?a=b http/1.1\r\n")
    assert b"accept-encoding: identity\r\n" in head
    assert b"host: 127.0.0.1:%d\r\n" % tool.port in head
    assert b"x-forwarded-host: 127.0.0.1:%d\r\n" % running.port in head
    assert not any(one in head for one in (b"range", b"x-original-url", b"br\r\n"))


def test_a_request_in_chunks(running: Running, tool: Inside):
    """A body without a length goes inside as it comes."""
    head = b"POST /released/2 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n"
    sent = head + b"connection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert raw(running.port, sent).startswith(b"HTTP/1.1 200 ")
    assert tool.bodies[-1] == b"abcde"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /a/../b HTTP/1.1\r\nhost: a\r\n", 400),
        (b"GET /a%2fb HTTP/1.1\r\nhost: a\r\n", 400),
        (b"GET http://b/x HTTP/1.1\r\nhost: a\r\n", 400),
        (b"GET * HTTP/1.1\r\nhost: a\r\n", 400),
        (b"CONNECT b:1 HTTP/1.1\r\nhost: a\r\n", 501),
        (b"TRACE / HTTP/1.1\r\nhost: a\r\n", 501),
        (b"GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n", 501),
        (b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: x\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: a\r\nx y: 1\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 40_000 + b"\r\n", 431),
    ],
)  # fmt: skip
def test_requests_that_stay_outside(running: Running, tool: Inside, sent, status):
    """What two servers may read in two ways isn't passed on."""
    before = len(tool.asked)
    said = raw(running.port, sent + b"connection: close\r\n\r\n")
    assert said[9:12] == b"%d" % status
    assert len(tool.asked) == before


def test_a_request_that_is_too_large(running: Running):
    """A request's body is bounded."""
    assert running.ask("/released/1", method="PUT", body=b"x" * 100_001)[0] in (0, 413)


def test_a_path_without_a_channel(tool: Inside, tmp_path: Path):
    """A path that no channel is declared for is nowhere."""
    config = listener(tool.port, "{/only: partner}")
    with process(tmp_path / "a", "proxy", config) as found:
        before = len(tool.asked)
        assert found.ask("/released/1")[0] == 404
        assert len(tool.asked) == before


def test_the_channel_is_the_paths(running: Running, tool: Inside):
    """Each prefix has its channel: the ledger says by which an answer left."""
    tool.says = lambda _, __: answer(b"city=a")
    try:
        assert running.ask("/export/a")[0] == 200
    finally:
        tool.says = spoken
