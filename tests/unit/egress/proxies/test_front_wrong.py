"""The reverse proxy, where upstreams and clients go wrong, and at its end."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    generate_private_key,
)
from cryptography.x509.oid import NameOID

from ringfence.egress.proxies.config import parse_config
from ringfence.egress.proxies.running import Order, proxy
from ringfence.errors import ConfigError
from tests.proxied import (
    EXIT,
    SECRET,
    SOON,
    Inside,
    Running,
    answer,
    ask,
    chunked,
    digest,
    exit_in,
    inside,
    listener,
    outputs,
    process,
    raw,
    spoken,
)


def until(is_true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + SOON
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.02)


# --- upstreams that go wrong ----------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"garbage 77777\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\ncity=77777",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\ncity=7777",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\ncity=77777\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n"
        b"a\r\ncity=77777\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 10\r\n\r\ncity=77777",
        b"HTTP/1.1 200 OK\r\nx: " + b"77777" * 9_000 + b"\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n77777",
        b"HTTP/1.1 999 Odd\r\ncontent-length: 5\r\n\r\n77777",
        answer(b"data: 77777\n\n", length=False, content_type="text/event-stream"),
        answer(b"city=" + b"7" * 4_000_000),
    ],
)  # fmt: skip
def test_an_upstream_that_is_broken(running: Running, says, said):
    """Of an answer that isn't whole, or is too large, nothing leaves: 502."""
    says(said)
    status, headers, body = running.ask("/x")
    assert status == 502
    assert headers["content-type"] == "application/problem+json"
    assert SECRET not in body


def test_an_upstream_that_is_away(tmp_path: Path):
    """An upstream that doesn't listen is 502."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with process(tmp_path / "a", "proxy", listener(port)) as found:
        assert found.ask("/x")[0] == 502
        assert b'why="unreachable"} 1' in found.status("/metrics")


def test_what_is_said_behind_an_answer_is_nobodys(running: Running, says):
    """Bytes behind an answer's end are never the next one's."""
    says(answer(b"city=a") + answer(b"city=p77777"))
    link = http.client.HTTPConnection("127.0.0.1", running.port, timeout=SOON)
    for _ in range(3):
        link.request("GET", "/x")
        assert link.getresponse().read() == b"city=a"
    link.close()


def test_a_large_body_waits_on_disk(running: Running, says):
    """A body over the bound of memory leaves whole, and nothing of it stays behind."""
    body = b"city=" + b"x" * 3_000_000
    says(chunked(*(body[at : at + 70_000] for at in range(0, len(body), 70_000))))
    status, headers, found = running.ask("/x")
    assert (status, headers["content-length"]) == (200, str(len(body)))
    assert found == body
    says(answer(b"mail=p1 " + body))
    assert running.ask("/x")[2] == b"mail=rf_ " + body
    (staging,) = (running.folder / "staging").iterdir()
    until(lambda: [one.name for one in staging.iterdir()] == [".lock"])


def test_tls_on_both_sides(tmp_path: Path):
    """A listener has a certificate of its own, and checks that of an upstream."""
    certificate, key = certified(tmp_path)
    with inside(lambda _, __: answer(b"city=a")) as tool:
        shown = f"certificate: {certificate}, key: {key}"
        first = listener(tool.port).replace("channels", f"{shown}, channels")
        with process(tmp_path / "a", "proxy", first) as outer:
            assert outer.where["proxy"].startswith("https://")
            trusting = listener(outer.port).replace(
                f"http://127.0.0.1:{outer.port}",
                f"https://localhost:{outer.port}, upstream_trust: {certificate}",
            )
            with process(tmp_path / "b", "proxy", trusting) as inner:
                assert inner.ask("/x")[::2] == (200, b"city=a")
            strange = listener(outer.port).replace("http://127", "https://127")
            with process(tmp_path / "c", "proxy", strange) as inner:
                assert inner.ask("/x")[0] == 502


def test_a_certificate_that_is_none(tmp_path: Path):
    """A file that is no certificate is an error that names it, before anybody asks."""
    file = tmp_path / "cert.pem"
    file.write_text("none")
    (tmp_path / "a").mkdir()
    shown = f"certificate: {file}, key: {file}"
    text = listener(1).replace("channels", f"{shown}, channels")
    config = parse_config(f"{EXIT}status: 127.0.0.1:0\n{text}", "egress.yaml", tmp_path)
    order = Order(config, opened=lambda: exit_in(tmp_path / "a").exit)
    with pytest.raises(ConfigError, match=r"cert\.pem"):
        proxy(order)


def certified(folder: Path) -> tuple[Path, Path]:
    """Return the files of a certificate for `localhost`, and of its key."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)  # noqa: FBT003
        .sign(key, hashes.SHA256())
    )
    files = folder / "localhost.pem", folder / "localhost.key"
    pem = serialization.Encoding.PEM
    files[0].write_bytes(made.public_bytes(pem))
    files[1].write_bytes(
        key.private_bytes(
            pem,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


# --- what takes too long --------------------------------------------------------------


def test_an_upstream_that_is_slow(hasty: Running, tool: Inside):
    """An upstream that never comes to an end is 504."""
    over = threading.Event()

    def slow(_: str, __: str) -> Iterator[bytes]:
        yield answer(b"", length=False, content_length="99") + b"city=77777"
        over.wait(SOON)

    tool.says = slow
    try:
        status, _, body = hasty.ask("/x")
    finally:
        over.set()
        tool.says = spoken
    assert status == 504
    assert SECRET not in body


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nhost: a\r\nx-a"])
def test_a_client_whose_head_never_ends(hasty: Running, sent):
    """A connection whose request isn't there in time is broken off."""
    assert raw(hasty.port, sent) == b""


def test_a_client_whose_body_never_ends(hasty: Running):
    """So is a request whose body stops: the upstream's time runs."""
    head = b"POST /released/1 HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc"
    assert raw(hasty.port, head)[9:12] in (b"504", b"")


def test_a_client_that_takes_nothing(hasty: Running, says):
    """A client that doesn't read what it asked for is broken off, and costs no more."""
    says(answer(b"city=" + b"x" * 30_000_000))
    with socket.create_connection(("127.0.0.1", hasty.port)) as link:
        link.sendall(b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n")
        until(lambda: b'why="client gone"' in hasty.status("/metrics"))
    assert hasty.ask("/x", method="HEAD")[0]


# --- the process ----------------------------------------------------------------------


def test_health_and_figures_are_elsewhere(running: Running, tool: Inside):
    """Health and figures have a listener of their own; the proxy's has no such path."""
    assert running.status("/health") == b'{"ready":true}'
    tool.says = lambda _, __: answer(b"city=a")
    assert running.ask("/x")[2] == b"city=a"
    assert b"ringfence_egress_verdicts_total{verdict=" in running.status("/metrics")
    port = int(running.where["status"].rsplit(":", 1)[1])
    assert ask(port, "/other")[0] == 404
    assert ask(port, "/health", method="POST", body=b"")[0] == 405
    assert running.ask("/health")[2] == b"city=a"
    tool.says = spoken


def test_no_log_holds_a_word_of_an_answer(running: Running):
    """Whatever was judged, none of it is in what the process has said."""
    assert not [one for one in running.said if "77777" in one]


def test_whoever_is_under_way_is_answered_at_the_end(tool: Inside, tmp_path: Path):
    """Told to end, the proxy finishes what was asked, and takes nothing new."""
    begun, over = threading.Event(), threading.Event()
    got: list[tuple[int, object, bytes]] = []

    def slow(_: str, __: str) -> Iterator[bytes]:
        begun.set()
        over.wait(SOON)
        yield answer(b"city=late")

    tool.says = slow
    with process(tmp_path / "a", "proxy", listener(tool.port)) as found:
        asking = threading.Thread(target=lambda: got.append(found.ask("/x")))
        asking.start()
        assert begun.wait(SOON)
        found.process.terminate()
        until(lambda: found.status("/health") == b'{"ready":false}')
        over.set()
        asking.join()
        assert found.process.wait(SOON) == 0
    tool.says = spoken
    assert got[0][::2] == (200, b"city=late")
    assert digest(b"city=late") in outputs(found.folder / "ledger")
    assert not list((found.folder / "staging").iterdir())
