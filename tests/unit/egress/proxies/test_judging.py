"""Answers at the exit: what is judged is what leaves."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ringfence.egress.exit.passage import UnjudgedError
from ringfence.egress.proxies.figures import Figures
from ringfence.egress.proxies.judging import Answer, Judge, is_read, payload_of
from ringfence.egress.proxies.problems import Closed
from tests.exiting import Words
from tests.proxied import SECRET, exit_in


def said(
    body: bytes | Path = b"city=Rome", status: int = 200, **headers: str
) -> Answer:
    """Return an answer."""
    pairs = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return Answer(status, pairs, body, "/a", "/a?b=c")


@pytest.fixture
def judge(tmp_path: Path):
    """Return what judges, with a ledger."""
    told: list[str] = []
    found = Judge(exit_in(tmp_path / "exit").exit, Figures(), told.append)
    found.told = told  # type: ignore[attr-defined]
    return found


def test_a_release_is_the_original(judge: Judge):
    """What is released leaves as it came, and says that nobody may keep it."""
    reply = judge.judge("partner", said(content_type="text/plain"))
    assert (reply.status, reply.body, reply.is_masked) == (200, b"city=Rome", False)
    assert dict(reply.headers) == {
        b"content-type": b"text/plain",
        b"cache-control": b"no-store",
    }


def test_a_mask_replaces_the_body(judge: Judge):
    """What is masked leaves as the exit wrote it, and isn't said to be packed."""
    reply = judge.judge("partner", said(b"mail=p77777 city=Rome"))
    assert (reply.status, reply.body, reply.is_masked) == (
        200,
        b"mail=rf_ city=Rome",
        True,
    )


@pytest.mark.parametrize(
    ("body", "verdict"), [(b"city=p77777", "block"), (b"city=? city=77777", "hold")]
)
def test_a_refusal_says_why_and_nothing_of_the_answer(judge: Judge, body, verdict):
    """Held and blocked answers are 403 with verdict, id, entry and reasons."""
    reply = judge.judge("partner", said(body, 500, x_told="77777"))
    assert isinstance(reply.body, bytes)
    told = msgspec.json.decode(reply.body)
    assert (reply.status, told["status"], told["verdict"]) == (403, 403, verdict)
    assert len(told["release"]) == 64
    assert told["entry"] == 1
    assert told["reasons"]
    assert SECRET not in reply.body
    assert dict(reply.headers)[b"content-type"] == b"application/problem+json"


@pytest.mark.parametrize(
    "headers",
    [
        {"set_cookie": "who=p7; Path=/"},
        {"location": "/x?who=p7"},
        {"x_who": "a=p7"},
    ],
)
def test_headers_are_judged(judge: Judge, headers):
    """A protected person in a header blocks the answer, whatever the body."""
    assert judge.judge("partner", said(**headers)).status == 403


def test_trailers_and_url_are_judged(judge: Judge):
    """So does one in a trailer, and in the URL."""
    behind = Answer(200, [], b"city=Rome", "/a", "/a", [(b"x", b"a=p7")])
    assert judge.judge("partner", behind).status == 403
    asked = Answer(200, [], b"city=Rome", "/a", "/a?who=p7")
    assert judge.judge("partner", asked).status == 403


def test_without_a_verdict_there_is_no_answer(judge: Judge):
    """An exit that fails closes; nobody is told why but the operator, without values."""
    with pytest.raises(Closed) as caught:
        judge.judge("partner", said(b"city=! 77777"))
    assert caught.value.status == 503
    assert SECRET not in caught.value.body
    assert judge.told == ["no verdict: ValueError"]  # type: ignore[attr-defined]


def test_a_channel_that_nobody_declared_blocks(judge: Judge):
    """An unknown channel lets nothing leave."""
    assert judge.judge("other", said()).status == 403


def test_a_stream_is_no_answer(judge: Judge):
    """A stream of messages without an end is refused."""
    with pytest.raises(Closed, match="streams"):
        judge.judge("partner", said(content_type="text/event-stream; charset=utf-8"))


def test_a_part_is_no_answer(judge: Judge):
    """Nobody asks an upstream for a part, so none leaves."""
    with pytest.raises(Closed, match="parts"):
        judge.judge("partner", said(status=206))


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        ({}, True),
        ({"content_encoding": "identity"}, True),
        ({"content_encoding": "gzip"}, True),
        ({"content_encoding": "zstd"}, True),
        ({"content_encoding": "br"}, False),
        ({"content_encoding": "deflate"}, False),
        ({"content_encoding": "gzip, br"}, False),
        ({"content_encoding": "gzip, gzip"}, False),
        ({"content_type": "text/html; charset=UTF-8"}, True),
        ({"content_type": 'text/html; charset="utf-8"'}, True),
        ({"content_type": "text/html; charset=utf-7"}, False),
        ({"content_type": "text/html; charset=ibm037"}, False),
    ],
)
def test_what_a_client_may_read_otherwise_never_leaves(judge: Judge, headers, read):
    """An encoding that the inspection doesn't undo keeps even clean text inside."""
    answer = said(**headers)
    assert is_read(answer) is read
    if read:
        assert judge.judge("partner", answer).status == 200
    else:
        assert payload_of(answer).media == "application/pdf"  # a doubt: it is held
        with pytest.raises(Closed, match="encoded"):
            judge.judge("partner", answer)


@pytest.mark.parametrize(
    ("path", "name"), [("/a.json", "/a.json.gz"), ("/", "/body.gz"), ("/x/", "/x.gz")]
)
def test_packed_bodies_are_named_as_what_they_are(path, name):
    """A gzip body of a path that ends in `.json` isn't two formats at once."""
    headers = [(b"content-encoding", b"gzip"), (b"content-type", b"application/json")]
    found = payload_of(Answer(200, headers, b"x", path, path))
    assert (found.name, found.media) == (name, "")


def test_a_file_is_judged_as_a_file(judge: Judge, tmp_path: Path):
    """A body on disk leaves from the disk: itself, or the masked one beside it."""
    file = tmp_path / "body"
    file.write_bytes(b"mail=p1 city=Rome")
    reply = judge.judge("partner", said(file))
    assert isinstance(reply.body, Path)
    assert reply.body.read_bytes() == b"mail=rf_ city=Rome"
    assert reply.size == len(b"mail=rf_ city=Rome")


def test_a_ledger_that_takes_nothing_lets_nothing_leave(tmp_path: Path, monkeypatch):
    """Where the verdict can't be logged, there is no answer."""
    made = exit_in(tmp_path / "exit")

    def broken(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(made.book, "write", broken)
    figures = Figures()
    with pytest.raises(Closed):
        Judge(made.exit, figures, lambda _: None).judge("partner", said())
    assert not figures.verdicts
    with pytest.raises(UnjudgedError):
        made.exit.judge("partner", payload_of(said()))
    assert isinstance(made.words, Words)
