"""A cosignature is believed when it verifies; who didn't give one is told, and why."""

from __future__ import annotations

import logging
import multiprocessing
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from ringfence.errors import ConfigError, ProofError
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.remote import Server, UnreachableError
from ringfence.ledger.signed.checkpoints import read_checkpoint
from ringfence.ledger.signed.keys import SigningKey
from ringfence.ledger.signed.notes import Note, render_note
from ringfence.ledger.signed.quorum import Quorum, Witness, parse_quorum
from ringfence.ledger.witness import service
from ringfence.ledger.witness.client import (
    Attempt,
    Witnesses,
    gather,
    remembered,
    submit,
)
from ringfence.ledger.witness.service import application, begin_state, serve
from ringfence.ledger.witness.state import StateFolder, opened
from ringfence.ledger.witness.wire import path_of
from ringfence.ledger.writer.log import Log
from tests.signed import KEYS, LOG, LOG_PQ, ORIGIN, OTHER, SECONDS, WITNESSES, signed
from tests.witnessing import (
    W1,
    Grown,
    begun,
    http,
    log_of,
    request_on,
    running,
    saying,
    state_on,
)

NAMES = ("w1", "w2", "w3")
SIZE = "Content-Type: text/x.tlog.size"


@contextmanager
def witnessed(keys: list[SigningKey] | None = None) -> Iterator[list[str]]:
    """Run witnesses, each a real server with a state in memory; give the addresses."""
    with ExitStack() as exits:
        urls = []
        for key in keys or WITNESSES:
            state = exits.enter_context(state_on(begun([key]), [key]))
            urls.append(exits.enter_context(running(application(state))))
        yield urls


def quorum_of(urls: list[str], rule: str = "all") -> Quorum:
    lines = [f"log {key}" for key in KEYS]
    lines += [
        f"witness {name} {key.verifier} {url}"
        for name, key, url in zip(NAMES, WITNESSES, urls, strict=False)
    ]
    lines.append(f"group g {rule} {' '.join(NAMES[: len(urls)])}")
    return parse_quorum("\n".join([*lines, "quorum g", ""]))


def asked(log: Grown, url: str, known: int = 0) -> Attempt:
    witness = Witness("w1", W1.verifier, url)
    size = log.head.size
    return submit(witness, log.signed.note, size, log.prove, known=known)


def cosignature(size: int = 3, key: SigningKey = W1) -> str:
    return f"{key.sign(log_of(size).head.text, SECONDS).line}\n"


def test_every_witness_of_a_quorum_cosigns():
    """Three servers give three cosignatures, which the quorum asks for."""
    with witnessed() as urls:
        quorum = quorum_of(urls)
        log = log_of(3)
        found = gather(quorum, log.signed, log.prove)
        assert (found.met, found.missing, found.silent) == (True, "", "")
        assert [one.size for one in found.attempts] == [3, 3, 3]
        note = log.signed.note
        content = render_note(Note(note.text, (*note.signatures, *found.signatures)))
        read = read_checkpoint(content, KEYS, witnesses=quorum.witness_keys)
        assert quorum.met(read.verified)


def test_a_log_grows_and_is_cosigned_each_time():
    """The size that a witness has is followed, from whatever size it is asked first."""
    with witnessed([W1]) as (url,):
        for size, known in ((0, 0), (1, 0), (300, 1), (301, 0), (301, 301), (400, 7)):
            attempt = asked(log_of(size), url, known)
            assert (attempt.reason, attempt.size) == ("", size)
            assert len(attempt.signatures) == 1


def test_two_witnesses_of_three_are_enough_where_two_are_asked_for():
    """Who doesn't answer is told of, and isn't missed."""
    with witnessed(WITNESSES[:2]) as urls, saying(http(503)) as (broken, _):
        quorum = quorum_of([*urls, broken], "2")
        found = gather(quorum, log_of(3).signed, log_of(3).prove)
    assert found.met
    assert len(found.signatures) == 2
    assert found.silent == "`w3`: answers 503 (0 entries)"


def test_too_few_witnesses_are_an_error_for_a_log():
    """What a log calls before it publishes says who is missing, and why."""
    with witnessed([W1]) as (url,), saying(http(404)) as (other, _):
        cosign = Witnesses(quorum_of([url, other]))
        with pytest.raises(LedgerError) as caught:
            cosign(log_of(3).signed, log_of(3).prove)
        assert "`g` wants 2 of `w1`, `w2` and has `w1`" in str(caught.value)
        assert "`w2`: doesn't know the log" in str(caught.value)


def test_a_log_remembers_what_its_witnesses_have():
    """The next proof starts where the last ended, without asking again for the size."""
    with witnessed([W1]) as (url,):
        quorum = quorum_of([url])
        cosign = Witnesses(quorum)
        (made,) = cosign(log_of(3).signed, log_of(3).prove)
        assert cosign.last is not None
        proofs = []

        def prove(old: int) -> list[bytes]:
            proofs.append(old)
            return log_of(7).prove(old)

        cosign(log_of(7).signed, prove)
        assert proofs == [3]
        note = log_of(7).signed.note
        content = render_note(
            Note(note.text, (*note.signatures, *cosign.last.signatures))
        )
        published = read_checkpoint(content, KEYS)
        Witnesses(quorum, published=published)(log_of(8).signed, log_of(8).prove)
    assert made.name == W1.verifier.name


def test_a_witness_that_has_cosigned_is_not_asked_again():
    """A cosignature that the checkpoint carries counts, without any answer."""
    content = signed(LOG, W1, head=log_of(3).head)
    with saying() as (url, requests):
        quorum = quorum_of([url])
        found = gather(quorum, read_checkpoint(content, KEYS), log_of(3).prove)
        assert (found.met, found.attempts, requests) == (True, (), [])


def test_a_forged_cosignature_in_a_checkpoint_is_refused():
    """What stands under a checkpoint already is verified as well."""
    content = signed(LOG, W1, head=log_of(3).head)
    note = read_checkpoint(content, KEYS)
    other = note.note.signatures[-1]._replace(value=bytes(72))
    forged = note._replace(note=Note(note.note.text, (note.note.signatures[0], other)))
    with pytest.raises(ProofError, match="doesn't verify"):
        gather(quorum_of(["http://127.0.0.1:9"]), forged, log_of(3).prove)


def test_a_quorum_without_witnesses_is_met():
    """Where nobody is asked for, nobody is asked."""
    quorum = parse_quorum(f"log {LOG.verifier}\nquorum none\n")
    assert gather(quorum, log_of(3).signed, log_of(3).prove).met


FORGED = cosignature().replace("A", "B")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (cosignature(4), "doesn't verify"),
        (cosignature().replace(" ", "  ", 1), "no line of a signature"),
        (cosignature(3, WITNESSES[1]), "without its cosignature"),
        ("", "no signed note"),
        ("\n", "no signed note"),
        ("more\n\n" + cosignature(), "more than cosignatures"),
        (cosignature()[:-1], "line feed"),
        (cosignature() * 2, "twice"),
        (cosignature() + "x" * (1 << 18), "131,072"),
    ],
)
def test_what_does_not_verify_is_no_cosignature(answer: str, reason: str):
    """A witness' answer is believed for its signature alone."""
    with saying(http(200, answer.encode())) as (url, _):
        attempt = asked(log_of(3), url)
    assert attempt.signatures == ()
    assert reason in attempt.reason


def test_cosignatures_of_strangers_are_ignored():
    """Lines by other keys don't harm, and aren't taken along."""
    answer = cosignature(3, WITNESSES[1]) + cosignature()
    with saying(http(200, answer.encode())) as (url, _):
        attempt = asked(log_of(3), url)
    assert [one.name for one in attempt.signatures] == [W1.verifier.name]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([http(409, b"2\n", SIZE)] * 2, "another size each time"),
        ([http(409, b"0\n", SIZE)], "refuses the size that it says it has"),
        ([http(409, b"4\n", SIZE)], "rolled back"),
        ([http(409, b"2\n")], "doesn't say which"),
        ([http(409, b"2", SIZE)], "no number"),
        ([http(409, b"9" * 30 + b"\n", SIZE)], "no number"),
        ([http(409, b"2\n", SIZE), http(422)], "contradicts"),
        ([http(400)], "malformed"),
        ([http(403)], "trust"),
        ([http(404)], "doesn't know"),
        ([http(413)], "too long"),
        ([http(418)], "answers 418"),
        ([http(307, b"", "Location: /add-checkpoint")], "answers 307"),
        ([b"junk"], "HTTP"),
    ],
)
def test_every_refusal_has_its_words(answers: list[bytes], reason: str):
    """Whatever a witness answers, whoever reads of it knows why."""
    with saying(*answers) as (url, requests):
        attempt = asked(log_of(3), url)
    assert reason in attempt.reason
    assert attempt.signatures == ()
    assert len(requests) == len(answers)


def test_a_witness_without_address_is_told_of():
    """A quorum may name witnesses that somebody else asks."""
    witness = Witness("w1", W1.verifier)
    attempt = submit(witness, log_of(3).signed.note, 3, log_of(3).prove)
    assert attempt.reason == "has no address"
    with pytest.raises(ConfigError):
        remembered(witness, ORIGIN, KEYS)


def test_an_address_that_is_none_is_told_of():
    """A mistake in the quorum doesn't keep the others from being asked."""
    assert "no address of a web server" in asked(log_of(3), "w1.example").reason


def test_a_log_that_lost_a_tile_is_told_of():
    """Where no proof can be made, the witness isn't blamed."""

    def prove(old: int) -> list[bytes]:
        raise FileNotFoundError(old)

    with witnessed([W1]) as (url,):
        asked(log_of(3), url)
        witness = Witness("w1", W1.verifier, url)
        attempt = submit(witness, log_of(7).signed.note, 7, prove)
    assert "a file of the log is missing" in attempt.reason


def test_a_split_view_is_not_cosigned():
    """Of two logs of one name and size, a witness cosigns one."""
    with witnessed([W1]) as (url,):
        assert asked(log_of(3), url).reason == ""
        assert "contradicts" in asked(log_of(3, "other"), url).reason
        assert "contradicts" in asked(log_of(7, "other"), url).reason
        assert "rolled back" in asked(log_of(2), url).reason
        assert asked(log_of(7), url).reason == ""


def test_two_logs_at_once_have_one_winner():
    """Two submissions from one size, at once: one is cosigned, the other isn't."""
    for _ in range(5):
        with witnessed([W1]) as (url,):
            asked(log_of(3), url)
            logs = [log_of(7), read_only("seven")]
            with ThreadPoolExecutor(2) as pool:
                found = list(pool.map(lambda log: asked(log, url, 3), logs))
            assert sorted(len(one.signatures) for one in found) == [0, 1]


def read_only(name: str) -> Grown:
    """Return a log that shares three entries with `log_of`, and no more."""
    return Grown([*log_of(3).entries, *(b"%s" % name.encode(),) * 4])


def test_what_a_witness_remembers_is_read():
    """A monitor reads the last checkpoint, with the log's and its signature."""
    with witnessed([W1]) as (url,):
        witness = Witness("w1", W1.verifier, url)
        assert remembered(witness, ORIGIN, KEYS) is None
        asked(log_of(3), url)
        found = remembered(witness, ORIGIN, KEYS)
    assert found is not None
    assert found.checkpoint == log_of(3).head


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http(500), UnreachableError),
        (http(200, signed(LOG)), ProofError),
        (http(200, signed(W1)), ProofError),
        (http(200, b"junk"), ProofError),
        (http(200, signed(LOG, W1).replace(b"\n7\n", b"\n8\n")), ProofError),
    ],
)
def test_what_a_witness_shows_is_verified(answer: bytes, error: type[Exception]):
    """A checkpoint without both signatures is no memory of a witness."""
    with saying(answer) as (url, _), pytest.raises(error):
        remembered(Witness("w1", W1.verifier, url), ORIGIN, KEYS)


def test_a_checkpoint_of_another_log_is_no_memory():
    """A witness that shows another known log's checkpoint isn't believed."""
    head = log_of(7).head._replace(origin="other.example/log")
    answer = http(200, signed(OTHER, W1, head=head))
    keys = [*KEYS, OTHER.verifier]
    with saying(answer) as (url, _), pytest.raises(ProofError, match="another log"):
        remembered(Witness("w1", W1.verifier, url), ORIGIN, keys)


def _served(folder: Path, told: Any) -> None:
    serve(folder, KEYS, [W1], ready=told.send)


def test_a_process_serves_until_it_is_told_to_end(tmp_path: Path):
    """A witness in a process of its own cosigns, ends on SIGTERM, and goes on."""
    begin_state(tmp_path, [W1])
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    for log in (log_of(3), log_of(7)):
        process = context.Process(target=_served, args=(tmp_path, theirs))
        process.start()
        assert asked(log, ours.recv(), 3 if log is log_of(7) else 0).reason == ""
        process.terminate()
        process.join()
    with opened(StateFolder(tmp_path), [W1], KEYS) as state:
        assert state.last(ORIGIN) == log_of(7).head


def test_a_server_answers_over_http():
    """The statuses and types that the protocol has come over the wire."""
    with witnessed([W1]) as (url,):
        server = Server(url)
        long = b"x" * (1 << 19)
        for method, path, body, status, kind in (
            ("GET", "/health", None, 200, "text/plain"),
            ("GET", "/add-checkpoint", None, 405, "text/plain"),
            ("POST", "/add-checkpoint", b"junk", 400, "text/plain"),
            ("POST", "/health", b"", 405, "text/plain"),
            ("GET", path_of(ORIGIN), None, 404, "text/plain"),
            ("GET", "/%2e%2e/private/witness", None, 404, "text/plain"),
        ):
            answer = server.ask(method, path, body, most=1000)
            assert (answer.status, answer.kind) == (status, kind)
        server.close()
        assert Server(url).ask("POST", "/add-checkpoint", long, most=99).status == 413


def test_nothing_that_was_sent_is_logged(caplog: pytest.LogCaptureFixture):
    """A log tells method and status: no body, no address, no name."""
    with caplog.at_level(logging.DEBUG), witnessed([W1]) as (url,):
        asked(log_of(3), url)
        Server(url).ask("POST", "/add-checkpoint", b"somebody's secret", most=1000)
    told = [one.getMessage() for one in caplog.records if "witness" in one.name]
    assert told == ["POST 200", "POST 400"]
    assert "secret" not in caplog.text
    assert "127.0.0.1" not in "".join(told)


def test_serving_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A folder that was begun is served at the address that is told."""
    told = []
    folder = tmp_path / "state"
    with pytest.raises(LedgerError, match="begin"):
        serve(folder, KEYS, [W1])
    begin_state(folder, [W1])

    class Unserved:
        def __init__(self, config) -> None:
            self.config = config

        def run(self, sockets) -> None:
            told.append(sockets[0].getsockname()[1])

    monkeypatch.setattr(uvicorn, "Server", Unserved)
    for host in ("127.0.0.1", "::1"):
        serve(folder, KEYS, [W1], host=host, ready=told.append)
    assert told[0] == f"http://127.0.0.1:{told[1]}"
    assert told[2] == f"http://[::1]:{told[3]}"


def test_a_port_that_is_taken_is_told(tmp_path: Path):
    """A second server on one port is one clear error."""
    begin_state(tmp_path, [W1])
    with service.listening("127.0.0.1", 0) as sock:
        port = sock.getsockname()[1]
        with pytest.raises(ConfigError, match="address already in use"):
            serve(tmp_path, KEYS, [W1], port=port)
    for host, port in (("127.0.0.1", 70_000), ("a..b", 0), ("192.0.2.1", 0)):
        with pytest.raises(ConfigError):
            serve(tmp_path, KEYS, [W1], host=host, port=port)
    with opened(StateFolder(tmp_path), [W1], KEYS) as state:
        assert not state.has_stopped


def test_a_ledger_publishes_what_its_witnesses_cosigned(tmp_path: Path):
    """A ledger asks real witnesses, and shows nothing while they are too few."""
    keys = [LOG, LOG_PQ]
    with witnessed() as urls:
        quorum = quorum_of(urls, "2")
        cosign = Witnesses(quorum)
        with Log.create(tmp_path, ORIGIN, keys=keys, cosign=cosign) as log:
            log.append([b"one", b"two"])
            published = log.publish()
            read = read_checkpoint(
                published.content, KEYS, witnesses=quorum.witness_keys
            )
            assert read.checkpoint.size == 2
            assert quorum.met(read.verified)
            log.append([b"three"])
            log.publish()
    with Log.open(tmp_path, cosign=Witnesses(quorum)) as log:
        log.append([b"four"])
        with pytest.raises(LedgerError, match="too few"):
            log.publish()
    seen = read_checkpoint((tmp_path / "public" / "checkpoint").read_bytes(), KEYS)
    assert seen.checkpoint.size == 3


def test_a_ledger_that_was_rolled_back_is_not_cosigned(tmp_path: Path):
    """An older copy of a ledger that goes on from there finds no witness."""
    keys = [LOG, LOG_PQ]
    with witnessed([W1]) as urls:
        cosign = Witnesses(quorum_of(urls))
        with Log.create(tmp_path / "now", ORIGIN, keys=keys, cosign=cosign) as log:
            log.append([b"one"])
            log.publish()
            shutil.copytree(tmp_path / "now", tmp_path / "copy")
            log.append([b"two", b"three"])
            log.publish()
        for entry, reason in ((b"2", "rolled back"), (b"3", "contradicts")):
            with Log.open(tmp_path / "copy", cosign=Witnesses(quorum_of(urls))) as log:
                log.append([entry])
                with pytest.raises(LedgerError, match=reason):
                    log.publish()


def test_the_scripted_server_reads_what_is_sent():
    """The server of these tests sees the whole submission, and the proof in it."""
    with saying(http(409, b"2\n", SIZE), http(200, cosignature().encode())) as (
        url,
        requests,
    ):
        assert asked(log_of(3), url).reason == ""
    assert callable(request_on)
    assert b"\r\n\r\nold 0\n\n" in requests[0]
    assert b"\r\n\r\nold 2\n" in requests[1]
