"""The real service, as a process of its own, with everything going wrong around it.

Whatever happens: what was answered is in the ledger as it was answered, what isn't
there was an error to its caller, and the service comes up again by itself.
"""

from __future__ import annotations

import http.client
import json
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.x509.oid import NameOID

from ringfence.gate.bundles import new_keys, seal
from ringfence.gate.service.callers import digest_of
from ringfence.ledger.keeping.opening import opened
from ringfence.ledger.keeping.renewal import check_ledger
from tests.serving import WORD, decisions, ledger, scene

KEYS = new_keys("example.com/gate")
SOON = 60.0  # seconds within which whatever has to happen happens
PROGRAM = (
    "import sys; from pathlib import Path; from ringfence.cli.serving import serve; "
    "sys.exit(serve(config=Path(sys.argv[1])))"
)
QUESTION = {
    "subject": {"type": "person", "id": "li"},
    "action": {"name": "read"},
    "resource": {"type": "column", "id": "wh/s.people.email"},
}


@dataclass
class Server:
    """A service that runs.

    Attributes:
        process: Its process.
        port: Where it listens.
        folder: Its ledger.
        trust: How a client speaks TLS with it, if it does.
    """

    process: subprocess.Popen[str]
    port: int
    folder: Path
    trust: ssl.SSLContext | None = None

    def connection(self) -> http.client.HTTPConnection:
        if self.trust is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON)
        return http.client.HTTPSConnection(
            "localhost", self.port, timeout=SOON, context=self.trust
        )

    def ask(
        self, method: str, path: str, body: object = None, token: str = WORD
    ) -> tuple[int, Any]:
        """Ask one question."""
        link = self.connection()
        try:
            return _asked(link, method, path, body, token=token)
        finally:
            link.close()

    def evaluation(self) -> tuple[int, Any]:
        return self.ask("POST", "/access/v1/evaluation", QUESTION)

    def metric(self, name: str) -> int:
        _, text = self.ask("GET", "/metrics")
        lines = dict(line.rsplit(" ", 1) for line in text.splitlines())
        return int(lines[f"ringfence_{name}"])

    def until(self, is_true: Callable[[], bool]) -> None:
        """Wait until something is true of it."""
        end = time.monotonic() + SOON
        while time.monotonic() < end:
            if is_true():
                return
            time.sleep(0.02)
        pytest.fail("it never was")

    def until_ready(self, *, ready: bool = True) -> None:
        self.until(lambda: (self.ask("GET", "/health")[0] == 200) is ready)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SOON)


def _asked(
    link: http.client.HTTPConnection,
    method: str,
    path: str,
    body: object,
    *,
    token: str = "",
    reference: str = "",
) -> tuple[int, Any]:
    headers = {"content-type": "application/json", "x-request-id": reference}
    if token:
        headers["authorization"] = f"Bearer {token}"
    content = None if body is None else json.dumps(body).encode()
    link.request(method, path, content, headers)
    reply = link.getresponse()
    found = reply.read()
    is_json = reply.getheader("content-type") == "application/json"
    return reply.status, json.loads(found) if is_json else found.decode()


@contextmanager
def serving(folder: Path, config: str = "", **options: Any) -> Iterator[Server]:
    """Run a service until the end of the block."""
    trust = options.pop("trust", None)
    file = folder.parent / "serve.yaml"
    keys = "".join(f"\n  - {one.verifier}" for one in KEYS)
    callers = f"callers: {{tests: {{token_sha256: {digest_of(WORD)}}}}}\n"
    file.write_text(
        f"listen: 127.0.0.1:0\nledger: {folder.name}\nbundle: bundle\nkeys:{keys}\n"
        + (
            config
            if "callers:" in config.split("tls:", maxsplit=1)[0]
            else callers + config
        )
    )
    bundle = folder.parent / "bundle"
    if not bundle.exists():
        put(bundle, 1)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(file)],
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith("answering at "):
            break
    assert said, process.wait(SOON)
    assert said[-1].startswith("answering at "), said
    drain = threading.Thread(target=process.stderr.read)
    drain.start()
    try:
        port = int(said[-1].rsplit(":", 1)[1])
        yield Server(process, port, folder, trust)
    finally:
        process.kill()
        process.wait(SOON)
        drain.join()
        process.stderr.close()


def put(file: Path, version: int, *, seconds: float = 3600, cap: int = 3) -> None:
    """Lay a bundle there, at once."""
    issued, end = (
        (datetime.now(UTC) + timedelta(seconds=one)).strftime("%Y-%m-%dT%H:%M:%SZ")
        for one in (-60, seconds)
    )
    new = file.with_suffix(".new")
    new.write_bytes(seal(scene(cap=cap), KEYS, version, issued, end))
    new.replace(file)


@dataclass
class Load:
    """Clients that ask as fast as they can, and remember what they were told.

    Attributes:
        server: Whom they ask.
        told: What was answered: the reference of each question, by the answer's id.
        refused: Replies that were no answers, by status; 0 for a connection that broke.
    """

    server: Server
    told: dict[str, tuple[str, bool]] = field(default_factory=dict)
    refused: dict[int, int] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        for name in range(4):
            one = threading.Thread(target=self._run, args=(name,))
            one.start()
            self._threads.append(one)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for one in self._threads:
            one.join()

    def answered(self, count: int) -> None:
        """Wait until so many more were answered."""
        end = len(self.told) + count
        self.server.until(lambda: len(self.told) >= end)

    def _run(self, name: int) -> None:
        link, number = self.server.connection(), 0
        while not self._over.is_set():
            number += 1
            reference = f"r-{name}-{number}"
            try:
                status, body = _asked(
                    link,
                    "POST",
                    "/access/v1/evaluation",
                    QUESTION,
                    token=WORD,
                    reference=reference,
                )
            except (OSError, http.client.HTTPException):
                link.close()
                status, body = 0, None
                self._over.wait(0.01)
            with self._lock:
                if status == 200:
                    assert body["decision"] is False
                    self.told[body["context"]["id"]] = reference, body["decision"]
                else:
                    self.refused[status] = self.refused.get(status, 0) + 1
        link.close()


def check(load: Load) -> None:
    """Hold what was answered against what the ledger says."""
    with opened(load.server.folder) as log:
        log.publish()
    assert check_ledger(load.server.folder).is_sound
    lines = decisions(load.server.folder)
    for id_, (reference, allowed) in load.told.items():
        assert (lines[id_]["reference"], lines[id_]["allowed"]) == (reference, allowed)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a ledger."""
    return ledger(tmp_path / "ledger")


def test_what_was_answered_before_a_kill_is_in_the_ledger(folder: Path):
    """Killed in mid-load, the service has logged all that it answered, and starts anew."""
    with serving(folder) as server, Load(server) as load:
        load.answered(200)
        server.process.kill()
        server.process.wait(SOON)
    check(load)
    with serving(folder) as server, Load(server) as again:
        again.answered(50)
        assert server.end() == 0
    assert not set(load.told) & set(again.told)
    check(again)


def test_whoever_is_under_way_is_answered_at_the_end(folder: Path):
    """Told to end, the service answers what was asked, publishes, and ends well."""
    with serving(folder) as server, Load(server) as load:
        load.answered(100)
        assert server.end() == 0
    assert set(load.refused) <= {0}
    assert set(load.told) <= set(decisions(folder))  # all of them are published


def test_a_full_disk_answers_nobody_and_passes(folder: Path):
    """While the disk takes nothing there are errors alone; after it, answers again."""
    with serving(folder) as server, Load(server) as load:
        load.answered(50)
        pid, hard = server.process.pid, resource.RLIM_INFINITY
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (16, hard))
        server.until_ready(ready=False)
        before = len(load.told)
        server.until(lambda: load.refused.get(503, 0) > 50)
        assert len(load.told) <= before + 4  # that were under way
        assert server.evaluation()[0] == 503
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
        load.answered(50)
        assert server.metric("ledger_failures_total") >= 1
        assert server.metric("ledger_openings_total") >= 2
        assert server.end() == 0
    check(load)


def test_a_ledger_that_somebody_else_holds(folder: Path):
    """The service starts without its ledger, denies, and takes it once it is free."""
    with opened(folder) as log, serving(folder) as server:
        assert server.evaluation()[0] == 503
        assert server.ask("GET", "/health")[1]["ledger"] is False
        log.close()
        server.until_ready()
        status, told = server.evaluation()
        assert status == 200
        assert server.end() == 0
    assert told["context"]["id"] in decisions(folder)


def test_a_corrupt_bundle_changes_nothing_until_its_time_is_over(folder: Path):
    """A bad bundle is refused; when the good one is over nothing is answered any more."""
    bundle = folder.parent / "bundle"
    put(bundle, 1, seconds=8)
    with serving(folder) as server, Load(server) as load:
        load.answered(10)
        bundle.write_bytes(b"garbage")
        server.until(lambda: server.metric("scenes_refused_total") > 0)
        assert server.ask("GET", "/health") == (
            200,
            {"ledger": True, "mode": "enforce", "ready": True, "version": 1},
        )
        server.until_ready(ready=False)
        assert server.evaluation()[0] == 503
        put(bundle, 2)
        server.until_ready()
        load.answered(10)
        put(bundle, 1)  # an older one
        refused = server.metric("scenes_refused_total")
        server.until(lambda: server.metric("scenes_refused_total") > refused)
        assert server.metric("scene_version") == 2
    check(load)


# --- TLS ------------------------------------------------------------------------------


class Authority:
    """Whoever certifies."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.key = generate_private_key(SECP256R1())
        self.certificate = self._certified(name, self.key, is_authority=True)
        self.file = self._write(f"{name}.pem", self.certificate)

    def certified(self, name: str) -> tuple[Path, Path, x509.Certificate]:
        """Return the files of a certificate and its key."""
        key = generate_private_key(SECP256R1())
        certificate = self._certified(name, key)
        text = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        stem = f"{self.name}-{name}-{certificate.serial_number}"
        file = self.folder / f"{stem}.key"
        file.write_bytes(text)
        return self._write(f"{stem}.pem", certificate), file, certificate

    def revoke(self, file: Path, *certificates: x509.Certificate) -> None:
        """Write the list of what is no longer good."""
        now = datetime.now(UTC)
        made = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now - timedelta(hours=len(certificates) == 0))
            .next_update(now + timedelta(days=9))
        )
        for one in certificates:
            gone = x509.RevokedCertificateBuilder().serial_number(one.serial_number)
            made = made.add_revoked_certificate(gone.revocation_date(now).build())
        signed = made.sign(self.key, hashes.SHA256())
        file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def _certified(
        self, name: str, key: EllipticCurvePrivateKey, *, is_authority: bool = False
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = subject if is_authority else self.certificate.subject
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=2))
            .not_valid_after(now + timedelta(days=9))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
            )
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    self.key.public_key()
                ),
                critical=False,
            )
        )
        return made.sign(self.key, hashes.SHA256())

    def _write(self, name: str, certificate: x509.Certificate) -> Path:
        file = self.folder / name
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return file


def speaking(server: Authority, shown: tuple[Path, Path] | None) -> ssl.SSLContext:
    """Return how a client speaks TLS, with a certificate or without."""
    made = ssl.create_default_context(cafile=server.file)
    if shown is not None:
        made.load_cert_chain(*shown)
    return made


def test_a_certificate_lets_in_whom_it_names(tmp_path: Path, folder: Path):
    """No certificate, a stranger's and a revoked one are refused; a good one isn't."""
    own, other = Authority(tmp_path, "own"), Authority(tmp_path, "other")
    site = own.certified("localhost")
    trino, eve, gone = (own.certified(name) for name in ("trino", "eve", "trino"))
    forged = other.certified("trino")
    revoked = tmp_path / "revoked.pem"
    own.revoke(revoked)
    config = (
        "callers: {trino: {certificate: 'DNS:trino'}}\n"
        f"tls: {{certificate: {site[0]}, key: {site[1]}, callers: {own.file}, "
        f"revoked: {revoked}}}\n"
    )

    def ask(shown: tuple[Path, Path] | None) -> int:
        server.trust = speaking(own, shown)
        try:
            return server.ask("POST", "/access/v1/evaluation", QUESTION, "")[0]
        except (OSError, http.client.HTTPException):
            return 0

    with serving(folder, config) as server:
        server.until(lambda: ask(trino[:2]) == 200)
        assert ask(gone[:2]) == 200
        assert ask(eve[:2]) == 403
        assert ask(forged[:2]) == 0
        assert ask(None) == 0
        server.trust = speaking(own, gone[:2])
        kept = server.connection()
        assert _asked(kept, "POST", "/access/v1/evaluation", QUESTION)[0] == 200
        own.revoke(revoked, gone[2])
        server.until(lambda: ask(gone[:2]) == 0)
        kept.auto_open = 0  # the connection from before is closed, too
        with pytest.raises((OSError, http.client.HTTPException)):
            _asked(kept, "POST", "/access/v1/evaluation", QUESTION)
        kept.close()
        assert ask(trino[:2]) == 200
        assert server.end() == 0
    assert len(decisions(folder)) >= 4


# --- the wire -------------------------------------------------------------------------


def raw(server: Server, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send bytes, and return what comes until the connection ends."""
    with socket.create_connection(("127.0.0.1", server.port), SOON) as link:
        try:
            for part in parts:
                link.sendall(part)
                time.sleep(pause)
            found = b""
            while more := link.recv(1 << 16):
                found += more
        except ConnectionError:
            return found
    return found


def test_what_comes_over_the_wire_is_bounded(folder: Path):
    """Headers without end, slow ones, and what is no HTTP end the connection."""
    limits = "limits: {seconds: 1, headers: 2000}\n"
    with serving(folder, limits) as server:
        long = b"GET /health HTTP/1.1\r\nx-a: " + b"a" * 3_000
        assert raw(server, long).startswith(b"HTTP/1.1 431 ")
        assert raw(server, b"GET /health HTTP/1.1\r\nx-a:") == b""
        assert raw(server, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")
        found = raw(server, b"GET /health HTTP/1.1\r\nconnection: close\r\n\r\n")
        assert found.startswith(b"HTTP/1.1 200 ")
        assert b"\r\nserver:" not in found.lower()
        body = b"POST /x HTTP/1.1\r\ncontent-length: 9\r\nauthorization: bearer "
        assert b"HTTP/1.1 404 " in raw(
            server, body + WORD.encode() + b"\r\nconnection: close\r\n\r\nx"
        )
        assert server.end() == 0


def test_without_a_configuration_a_token_is_drawn(folder: Path):
    """Only this machine may ask, with the token that is printed once."""
    put(folder.parent / "bundle", 1)
    keys = ", ".join(f"'{one.verifier}'" for one in KEYS)
    program = (
        "import sys; from pathlib import Path; "
        "from ringfence.cli.serving import serve; "
        f"serve(ledger=Path(sys.argv[1]), bundle=Path(sys.argv[2]), key=({keys},), "
        "listen=sys.argv[3])"
    )
    command = [
        sys.executable,
        "-c",
        program,
        str(folder),
        str(folder.parent / "bundle"),
    ]
    with subprocess.Popen(
        [*command, "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        token = process.stdout.readline().split()[1]
        port = int(process.stderr.readline().rsplit(":", 1)[1])
        server = Server(process, port, folder)
        question = ("POST", "/access/v1/evaluation", QUESTION)
        assert server.ask(*question, token)[0] == 200
        assert server.ask(*question, "wrong")[0] == 401
        assert server.end() == 0
    ended = subprocess.run(
        [*command, "0.0.0.0:0"], capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
    assert "only this machine may ask" in ended.stderr
