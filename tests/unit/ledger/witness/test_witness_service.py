"""A witness answers as C2SP tlog-witness says: every case, without a server."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import ProofError
from ringfence.ledger.signed.checkpoints import Checkpoint, read_checkpoint
from ringfence.ledger.signed.keys import open_note
from ringfence.ledger.signed.notes import Note, parse_note
from ringfence.ledger.tree.merkle import verify_consistency
from ringfence.ledger.witness import service
from ringfence.ledger.witness.service import Reply, answer, application
from ringfence.ledger.witness.state import State
from ringfence.ledger.witness.wire import (
    MOST_BYTES,
    Submission,
    name_of,
    parse_size,
    parse_submission,
    path_of,
    render_submission,
)
from tests.signed import KEYS, LOG, LOG_PQ, ORIGIN, OTHER, WITNESSES, signed
from tests.witnessing import W1, Grown, begun, log_of, state_on

SIZES = (0, 1, 2, 3, 4, 7, 8)
LOGS = {
    name: {size: log_of(size, name) for size in SIZES} for name in ("entry", "other")
}


def posted(
    state: State, log: Grown, old: int, proof: list[bytes] | None = None
) -> Reply:
    if proof is None:
        proof = log.prove(old) if 0 < old <= log.head.size else []
    body = render_submission(old, proof, log.files["checkpoint"])
    return answer(state, "POST", "/add-checkpoint", body)


def wanted(
    last: Checkpoint | None, old: int, proof: list[bytes], new: Checkpoint
) -> int:
    """Return the status that the specification gives, said another way."""
    size = last.size if last else 0
    if old > new.size:
        return 400
    if old != size:
        return 409
    if old == 0:
        return 422 if proof else 200
    assert last is not None
    try:
        verify_consistency(old, new.size, last.root, new.root, proof)
    except ProofError:
        return 422
    return 200


@pytest.mark.parametrize("size", [None, *SIZES])
def test_every_answer_is_the_specifications(size: int | None):
    """Each state, old size, new checkpoint (also of another log) and kind of proof."""
    statuses = set()
    for name, new in itertools.product(LOGS, SIZES):
        log = LOGS[name][new]
        for old in range(10):
            right = log.prove(old) if 0 < old <= new else []
            for proof in (right, right[1:], [*right, bytes(32)], [bytes(32)]):
                with state_on(begun()) as state:
                    if size is not None:
                        assert posted(state, LOGS["entry"][size], 0).status == 200
                    last = state.last(ORIGIN)
                    reply = posted(state, log, old, proof)
                    status = wanted(last, old, proof, log.head)
                    statuses.add(status)
                    assert reply.status == status
                    after = state.last(ORIGIN)
                    assert after == (log.head if status == 200 else last)
                    if status == 409:
                        assert reply.kind == "text/x.tlog.size"
                        assert reply.content == f"{last.size if last else 0}\n".encode()
    assert statuses == {200, 400, 409, 422}


def test_a_cosignature_is_answered():
    """The answer is lines of signatures of each of the witness' keys, and no more."""
    keys = [WITNESSES[0], WITNESSES[2]]
    log = log_of(3)
    with state_on(begun(keys), keys) as state:
        reply = posted(state, log, 0)
    note = parse_note(f"{log.head.text}\n".encode() + reply.content)
    assert note.text == log.head.text
    verified = open_note(note, [key.verifier for key in keys])
    assert [one.key for one in verified] == [key.verifier for key in keys]
    assert reply.kind == "text/plain; charset=utf-8"


def test_the_same_checkpoint_is_cosigned_again():
    """A log that lost the answer asks again, with the size that it now has."""
    with state_on(begun()) as state:
        assert posted(state, log_of(3), 0).status == 200
        assert posted(state, log_of(3), 0).status == 409
        assert posted(state, log_of(3), 3).status == 200


def test_an_unknown_log_is_not_found():
    """A checkpoint of a log that isn't configured gives 404, however it is signed."""
    head = Checkpoint("other.example/log", 1, bytes(32))
    with state_on(begun()) as state:
        for key in (OTHER, LOG):
            body = render_submission(0, [], signed(key, head=head))
            assert answer(state, "POST", "/add-checkpoint", body).status == 404


@pytest.mark.parametrize(
    "note",
    [
        signed(OTHER),
        signed(WITNESSES[0]),
        signed(LOG).replace(b"\n7\n", b"\n8\n"),
        signed(LOG, LOG_PQ).replace(b"\n7\n", b"\n8\n"),
    ],
)
def test_an_untrusted_signature_is_forbidden(note: bytes):
    """Nobody's signature but the log's own counts, and a bad one doesn't."""
    with state_on(begun()) as state:
        body = render_submission(0, [], note)
        assert answer(state, "POST", "/add-checkpoint", body).status == 403
        assert state.last(ORIGIN) is None


def test_signatures_of_strangers_are_ignored():
    """A checkpoint may carry signatures that the witness knows nothing of."""
    with state_on(begun()) as state:
        body = render_submission(0, [], signed(OTHER, LOG, WITNESSES[1]))
        assert answer(state, "POST", "/add-checkpoint", body).status == 200


RIGHT = render_submission(3, log_of(7).prove(3), log_of(7).files["checkpoint"])
MALFORMED = [
    b"",
    b"\n",
    b"\n\n",
    b"old 3\n",
    b"old 3\n\n",
    RIGHT[:-1],
    RIGHT + b"\n",
    RIGHT + b"more",
    b"\n" + RIGHT,
    RIGHT.replace(b"old 3", b"old 03"),
    RIGHT.replace(b"old 3", b"old +3"),
    RIGHT.replace(b"old 3", b"old  3"),
    RIGHT.replace(b"old 3", b"old 3 "),
    RIGHT.replace(b"old 3", b"Old 3"),
    RIGHT.replace(b"old 3", b"3"),
    RIGHT.replace(b"old 3", b"old -1"),
    RIGHT.replace(b"old 3", b"old 9223372036854775808"),
    RIGHT.replace(b"old 3", "old \u0663".encode()),
    RIGHT.replace(b"\n", b"\r\n"),
    RIGHT.replace(b"\n", b"\r\n", 1),
    RIGHT.replace(b"=\n", b"\n", 1),
    RIGHT.replace(b"=\n", b"==\n", 1),
    RIGHT.replace(b"old 3\n", b"old 3\nAAAA\n"),
    RIGHT.replace(b"old 3\n", b"old 3\n" + b"A" * 43 + b"=\n" * 1 + b" \n"),
    render_submission(3, [bytes(32)] * 64, log_of(7).files["checkpoint"]),
    render_submission(0, [], b"no note"),
    render_submission(
        0, [], log_of(7).files["checkpoint"].replace(b"\n7\n", b"\n07\n")
    ),
    render_submission(0, [], b"origin\n\n\xe2\x80\x94 a AAAAAAAA\n"),
    RIGHT + b"x" * MOST_BYTES,
]


@pytest.mark.parametrize("body", MALFORMED)
def test_a_malformed_body_is_refused(body: bytes):
    """Whatever isn't spelt as we would spell it gives 400 and changes nothing."""
    with state_on(begun()) as state:
        assert posted(state, log_of(3), 0).status == 200
        assert answer(state, "POST", "/add-checkpoint", body).status == 400
        assert state.last(ORIGIN) == log_of(3).head


def test_sixty_three_hashes_are_read():
    """A proof may have 63 hashes, though no log of ours is so high."""
    body = render_submission(3, [bytes(32)] * 63, log_of(7).files["checkpoint"])
    with state_on(begun()) as state:
        posted(state, log_of(3), 0)
        assert answer(state, "POST", "/add-checkpoint", body).status == 422


@given(st.binary(max_size=400))
def test_no_bytes_break_a_witness(body: bytes):
    """Any body is answered; none that the log didn't sign is cosigned."""
    with state_on(begun()) as state:
        assert answer(state, "POST", "/add-checkpoint", body).status in {400, 404}


@given(st.data())
def test_no_change_of_a_right_body_breaks_a_witness(data: st.DataObject):
    """Bytes changed, cut and doubled: cosigned is what the log signed, or nothing."""
    body = bytearray(RIGHT)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body) - 1))
        how = data.draw(st.sampled_from(["set", "cut", "twice"]))
        if how == "set":
            body[at] = data.draw(st.integers(0, 255))
        elif how == "cut":
            del body[at:]
            body += b"\n"
        else:
            body[at:at] = body[at : at + 40]
    with state_on(begun()) as state:
        posted(state, log_of(3), 0)
        reply = answer(state, "POST", "/add-checkpoint", bytes(body))
        assert reply.status in {200, 400, 403, 404, 409, 422}
        assert state.last(ORIGIN) in (log_of(3).head, log_of(7).head)
        assert (reply.status == 200) == (state.last(ORIGIN) == log_of(7).head)


@given(st.integers(0, 9), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_a_submission_is_read_as_it_was_written(old: int, proof: list[bytes]):
    """Parsing is the inverse of rendering."""
    note = log_of(3).files["checkpoint"]
    body = render_submission(old, proof, note)
    assert parse_submission(body) == Submission(old, tuple(proof), note)


@pytest.mark.parametrize(
    "body", [b"", b"1", b"01\n", b"1\n\n", b"-1\n", b"\xb2\n", b"1 \n"]
)
def test_a_size_has_one_spelling(body: bytes):
    """A number on a line, and nothing else."""
    with pytest.raises(ProofError):
        parse_size(body)


def test_the_last_checkpoint_is_shown():
    """Anybody reads what was cosigned last, by the digest of the log's origin."""
    path = f"/{name_of(ORIGIN)}/checkpoint"
    assert path == path_of(ORIGIN)
    with state_on(begun()) as state:
        assert answer(state, "GET", path, b"").status == 404
        posted(state, log_of(3), 0)
        reply = answer(state, "GET", path, b"")
        assert answer(state, "HEAD", path, b"") == reply
    read = read_checkpoint(reply.content, KEYS, witnesses=[W1.verifier])
    assert (reply.status, read.checkpoint, len(read.verified)) == (
        200,
        log_of(3).head,
        3,
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/add-checkpoint", 405, "POST"),
        ("PUT", "/add-checkpoint", 405, "POST"),
        ("OPTIONS", "/add-checkpoint", 405, "POST"),
        ("POST", "/health", 405, "GET, HEAD"),
        ("DELETE", path_of(ORIGIN), 405, "GET, HEAD"),
        ("GET", "/health", 200, ""),
        ("HEAD", "/health", 200, ""),
        ("GET", "/", 404, ""),
        ("POST", "/", 404, ""),
        ("POST", "/add-checkpoint/", 404, ""),
        ("GET", path_of(ORIGIN)[1:], 404, ""),
        ("GET", path_of(ORIGIN) + "/", 404, ""),
        ("GET", "/" + path_of(ORIGIN), 404, ""),
        ("GET", path_of(ORIGIN).upper(), 404, ""),
        ("GET", path_of("other.example/log"), 404, ""),
        ("GET", "//checkpoint", 404, ""),
        ("GET", "/../private/witness/checkpoint", 404, ""),
    ],
)
def test_paths_and_methods(method: str, path: str, status: int, allow: str):
    """What is there answers its methods alone; nothing else is there."""
    with state_on(begun()) as state:
        posted(state, log_of(3), 0)
        reply = answer(state, method, path, b"")
        assert (reply.status, reply.allow) == (status, allow)


def test_a_split_view_is_refused_and_kept():
    """A second checkpoint of one size is refused with 409 or 422, and kept either way."""
    for old, status in ((3, 422), (0, 409)):
        disk = begun()
        with state_on(disk) as state:
            posted(state, log_of(3), 0)
            assert posted(state, log_of(3, "other"), old, []).status == status
        kept = disk.files("private/conflicts")
        assert kept == [f"{name_of(ORIGIN)}/{name}" for name in ("cosigned", "refused")]


def test_a_failed_disk_is_told():
    """When the disk fails, the witness says so and cosigns nothing; nor does it later."""
    disk = begun()
    with state_on(disk) as state:
        posted(state, log_of(3), 0)
        disk.fails = (len(disk.calls) + 2, OSError(5, "Input/output error"))
        assert posted(state, log_of(7), 3).status == 500
        disk.fails = None
        assert posted(state, log_of(7), 3).status == 500
        assert answer(state, "GET", "/health", b"").status == 503
        assert answer(state, "GET", path_of(ORIGIN), b"").status == 200


def asked(
    state: State, messages: list[dict[str, Any]], method: str = "POST"
) -> list[dict[str, Any]]:
    """Return what the ASGI application sends."""
    sent: list[dict[str, Any]] = []

    async def run() -> None:
        waiting = iter(messages)

        async def receive() -> Any:
            try:
                return next(waiting)
            except StopIteration:
                await asyncio.Event().wait()

        async def send(message: Any) -> None:
            await asyncio.sleep(0)
            sent.append(message)

        scope = {"type": "http", "method": method, "path": "/add-checkpoint"}
        await application(state)(scope, receive, send)

    asyncio.run(run())
    return sent


def test_a_body_may_come_in_pieces():
    """The application joins what the server gives it, and sends one answer."""
    body = render_submission(0, [], log_of(3).files["checkpoint"])
    pieces: list[dict[str, Any]] = [
        {"type": "http.request", "body": body[:50], "more_body": True},
        {"type": "http.request", "more_body": True},
        {"type": "http.request", "body": body[50:]},
    ]
    with state_on(begun()) as state:
        start, end = asked(state, pieces)
    assert start["status"] == 200
    assert (b"content-length", str(len(end["body"])).encode()) in start["headers"]
    assert (b"cache-control", b"no-store") in start["headers"]


def test_a_body_without_end_is_cut_off():
    """No more is read than a submission may have."""
    piece = {"type": "http.request", "body": bytes(1 << 16), "more_body": True}
    with state_on(begun()) as state:
        start, _ = asked(state, [piece] * 5)
    assert start["status"] == 413


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    """Whoever sends nothing is told so after a while."""
    monkeypatch.setattr(service, "SECONDS", 0.01)
    with state_on(begun()) as state:
        start, _ = asked(state, [{"type": "http.request", "more_body": True}])
    assert start["status"] == 408


def test_a_body_that_ends_early_is_not_believed():
    """A connection that breaks in the middle of a body changes nothing."""
    body = render_submission(0, [], log_of(3).files["checkpoint"])
    pieces: list[dict[str, Any]] = [
        {"type": "http.request", "body": body, "more_body": True},
        {"type": "http.disconnect"},
    ]
    with state_on(begun()) as state:
        assert asked(state, pieces) == []
        assert state.last(ORIGIN) is None


def test_a_note_has_no_second_reading():
    """Lines added after the signatures don't get a checkpoint past the parser."""
    note = parse_note(log_of(3).files["checkpoint"])
    assert isinstance(note, Note)
    for tail in (b"\n", b"\n\xe2\x80\x94 x AAAAAAAA\n", b"old 0\n"):
        body = render_submission(0, [], log_of(3).files["checkpoint"] + tail)
        with state_on(begun()) as state:
            assert answer(state, "POST", "/add-checkpoint", body).status == 400


def test_nothing_but_http_is_spoken():
    """A websocket isn't answered, and changes nothing."""

    async def never(*_: object) -> Any:
        raise AssertionError

    async def asked_so(state: State) -> None:
        await application(state)({"type": "websocket"}, never, never)

    with state_on(begun()) as state, pytest.raises(NotImplementedError):
        asyncio.run(asked_so(state))
