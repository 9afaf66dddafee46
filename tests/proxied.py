"""Proxies for tests: an upstream that says what it is told, byte by byte, and processes.

Words are judged as in `tests.exiting`, and so are the words `name=p7` of headers.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from ringfence.egress.inspection.report import Inspection
from ringfence.egress.payload import Payload
from ringfence.egress.proxies import running
from ringfence.egress.proxies.config import read_config
from ringfence.ledger.keeping.opening import opened
from tests.exiting import Made, Words, channel, contracts, made
from tests.serving import entries

SOON = 60.0  # seconds within which whatever has to happen happens
ROOT = Path(__file__).parents[1]
_NAMED = re.compile(r"\b(\w{1,20})=(p\d+)")
SECRET = b"77777"  # stands in whatever may not leave as it is
ROOMY: dict[str, Any] = {"cap": 1_000_000, "text": True}
EXIT = """\
exit:
  contracts: contracts.json
  index: index
  key: env:NONE
  ledger: ledger
  meter: meter
"""


class Seeing(Words):
    """Looks through words, and through those that go with them."""

    def inspect(self, payload: Payload) -> Inspection:
        """Return what a payload holds."""
        found = super().inspect(payload)
        said = " ".join([payload.name, *payload.stated.values()])
        words = " ".join(f"header-{a}={b}" for a, b in _NAMED.findall(said))
        beside = super().inspect(Payload("", words.encode()))
        return replace(found, sightings=(*found.sightings, *beside.sightings))

    glance = inspect


def exit_in(folder: Path) -> Made:
    """Return an exit over a ledger in a folder; channels `partner` and `export`."""
    folder.mkdir(exist_ok=True)
    given = contracts(channel(**ROOMY), channel("export", **ROOMY))
    found = made(folder, given)
    found.exit._looks = Seeing()
    return found


# --- upstream -------------------------------------------------------------------------


def answer(
    body: bytes, status: str = "200 OK", *, length: bool = True, **headers: str
) -> bytes:
    """Return an answer as it goes over the wire."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    told["connection"] = "close"  # whoever keeps connections may not use one again
    if length:
        told["content-length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def chunked(*pieces: bytes, trailers: str = "", **headers: str) -> bytes:
    """Return an answer in chunks."""
    head = answer(b"", length=False, transfer_encoding="chunked", **headers)
    parts = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces)
    return head + parts + b"0\r\n" + trailers.encode() + b"\r\n"


Says = Callable[[str, str], Any]
"""Method and target; gives bytes, or yields them piece by piece."""


@dataclass
class Inside:
    """A server that says what it is told.

    Attributes:
        port: Where it listens.
        says: What it says.
        asked: The heads that it got; and the bodies.
    """

    port: int
    says: Says
    asked: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    _socket: socket.socket | None = None

    def serve(self) -> None:
        """Answer, one thread for each connection."""
        assert self._socket is not None
        while True:
            try:
                link, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(link,), daemon=True).start()

    def _one(self, link: socket.socket) -> None:
        with (
            contextlib.suppress(OSError, ValueError),
            link,
            link.makefile("rb") as file,
        ):
            head = b"".join(iter(file.readline, b"\r\n"))
            if not head:
                return
            self.asked.append(head)
            self.bodies.append(_read(head.lower(), file))
            method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
            said = self.says(method, target)
            for piece in [said] if isinstance(said, bytes) else said:
                link.sendall(piece)


def _read(head: bytes, file: Any) -> bytes:
    found = re.search(rb"content-length: (\d+)", head)
    if found:
        return bytes(file.read(int(found[1])))
    parts = []
    while b"transfer-encoding: chunked" in head:
        size = int(file.readline(), 16)
        parts.append(file.read(size))
        file.readline()
        if not size:
            break
    return b"".join(parts)


@contextlib.contextmanager
def inside(says: Says) -> Iterator[Inside]:
    """Run an upstream until the end of the block."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        found = Inside(listener.getsockname()[1], says, _socket=listener)
        thread = threading.Thread(target=found.serve, daemon=True)
        thread.start()
        yield found
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def spoken(method: str, target: str) -> bytes:
    """Answer by the path: `/released/7`, `/masked/7`, `/blocked/7`, `/held/7`."""
    del method
    _, verdict, number = (*target.split("/"), "")[:3]
    bodies = {
        "released": b"city=R" + number.encode(),
        "masked": b"mail=p77777 city=M" + number.encode(),
        "blocked": b"city=p77777 city=B" + number.encode(),
        "held": b"city=? city=77777-" + number.encode(),
        "faulty": b"city=! city=77777-" + number.encode(),
    }
    return answer(bodies[verdict], content_type="text/plain")


# --- processes ------------------------------------------------------------------------


@dataclass
class Running:
    """A process that runs.

    Attributes:
        process: The process.
        folder: Its folder: `ledger` is below.
        said: What it has said.
        where: Addresses by what answers there.
        left: Digests of what clients received of it.
    """

    process: subprocess.Popen[str]
    folder: Path
    said: list[str] = field(default_factory=list)
    where: dict[str, str] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)

    @property
    def port(self) -> int:
        """Return the port of its (first) listener."""
        return int(self.where["proxy"].rsplit(":", 1)[1])

    def ask(self, target: str, **more: Any) -> tuple[int, dict[str, str], bytes]:
        """Ask for something."""
        return ask(self.port, target, **more)

    def status(self, path: str) -> bytes:
        """Ask how it does."""
        return ask(int(self.where["status"].rsplit(":", 1)[1]), path)[2]

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait(SOON)

    def end(self) -> int:
        """Tell it to end, and wait until it has."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SOON)


def ask(
    port: int,
    target: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """Ask for something; status 0 where the connection broke."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=SOON)
    try:
        link.request(method, target, body, dict(headers or {}))
        reply = link.getresponse()
        found = {name.lower(): value for name, value in reply.getheaders()}
        return reply.status, found, reply.read()
    except (OSError, http.client.HTTPException):
        return 0, {}, b""
    finally:
        link.close()


def raw(port: int, sent: bytes) -> bytes:
    """Send bytes, and return all that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=SOON) as link:
        parts = []
        with contextlib.suppress(ConnectionError):
            link.sendall(sent)
            while piece := link.recv(1 << 16):
                parts.append(piece)
    return b"".join(parts)


@contextlib.contextmanager
def process(folder: Path, kind: str, config: str) -> Iterator[Running]:
    """Run `proxy` or `ext_proc` with an exit for tests, until the end of the block."""
    folder.mkdir(exist_ok=True)
    file = folder / "egress.yaml"
    status = "" if "status:" in config else "status: 127.0.0.1:0\n"
    file.write_text(f"{EXIT}staging: staging\n{status}{config}")
    program = f"import sys; sys.path[0:0] = [{str(ROOT)!r}]; from tests.proxied import run; run()"
    begun = subprocess.Popen(
        [sys.executable, "-c", program, kind, str(file)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "POLARS_MAX_THREADS": "1"},
    )
    assert begun.stderr is not None
    found = Running(begun, folder)
    for line in begun.stderr:
        found.said.append(line.strip())
        name, _, where = line.strip().partition(" at ")
        found.where.setdefault(name, where)
        if line == "ready\n":
            break
    assert "ready" in found.said, (begun.wait(SOON), found.said)
    drain = threading.Thread(target=lambda: found.said.extend(begun.stderr or ()))
    drain.start()
    try:
        yield found
    finally:
        found.kill()
        drain.join()
        begun.stderr.close()


def run() -> None:
    """Run what the command line says: the program of a process."""
    kind, file = sys.argv[1], Path(sys.argv[2])

    def tell(text: str) -> None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    order = running.Order(
        read_config(file), tell, tell, lambda: exit_in(file.parent).exit
    )
    {"proxy": running.proxy, "ext_proc": running.ext_proc}[kind](order)


def listener(port: int, channels: str = "{/: partner, /export: export}") -> str:
    """Return the configuration of one reverse proxy."""
    where = f"upstream: http://127.0.0.1:{port}"
    return f"proxy:\n- {{listen: 127.0.0.1:0, {where}, channels: {channels}}}\n"


def digest(body: bytes) -> str:
    """Return what a ledger calls a body."""
    return sha256(body).hexdigest()


def outputs(folder: Path) -> set[str]:
    """Return the digests of all that a ledger let leave, published or not."""
    with opened(folder) as log:
        log.publish()
    return {
        one.digests["output"].removeprefix("sha256:")
        for _, one in entries(folder)
        if one.kind == "release" and "output" in one.digests
    }


def reasons(body: bytes) -> dict[str, Any]:
    """Return a problem document."""
    found: dict[str, Any] = json.loads(body)
    return found
