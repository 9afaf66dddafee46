"""A real S3-compatible server for tests: OpenStack Swift, from its wheel.

Four processes run on loopback, in a temporary folder: the proxy, which speaks S3, and
an account, a container and an object server behind it; one device, one replica, no
memcached, no root. Objects need a file system that takes extended attributes (ext4, xfs,
tmpfs since Linux 6.6).

    def test_something(swift_server):
        store = S3FileSystem(access_key=swift_server.key_id, ...)
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

HOST = "127.0.0.1"
REGION = "us-east-1"
_START_SECONDS = 60
_STORAGE = ("account", "container", "object")
_TAIL = 4000

# A server ends with the tests, whatever ends them (Linux only). It runs as whoever runs
# the tests, also where that account has no name; and its log goes to the file that its
# standard error is, not to the machine's syslog.
_SERVER = """
import ctypes, os, signal, sys
try:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
except (OSError, AttributeError):
    pass
if os.getppid() != int(sys.argv.pop(1)):
    sys.exit("the tests have ended")
import swift.common.wsgi
from swift.common.ring import RingBuilder
from swift.common.utils.logs import ThreadSafeSysLogHandler
from swift.{kind}.server import main
for path, port in {rings!r}:
    builder = RingBuilder(part_power=0, replicas=1, min_part_hours=0)
    builder.add_dev({{
        "id": 0, "region": 1, "zone": 1, "weight": 1.0, "device": "d1",
        "ip": "127.0.0.1", "port": port,
        "replication_ip": "127.0.0.1", "replication_port": port,
    }})
    builder.rebalance()
    builder.get_ring().save(path)
swift.common.wsgi.drop_privileges = lambda user: None
ThreadSafeSysLogHandler.emit = lambda handler, line: None
main()
"""

# Long timeouts, and no node set aside after errors: a busy machine is no failed disk.
_PROXY = {
    "pipeline:main": {
        "pipeline": "catch_errors gatekeeper proxy-logging s3api tempauth bulk slo"
        " proxy-server"
    },
    "app:proxy-server": {
        "use": "egg:swift#proxy",
        "account_autocreate": "true",
        "conn_timeout": "30",
        "node_timeout": "30",
        "error_suppression_limit": "1000000",
    },
    "filter:s3api": {"use": "egg:swift#s3api", "location": REGION},
    "filter:tempauth": {"use": "egg:swift#tempauth"},
    **{
        f"filter:{name}": {"use": f"egg:swift#{name.replace('-', '_')}"}
        for name in ("catch_errors", "gatekeeper", "proxy-logging", "bulk", "slo")
    },
}


@dataclass(slots=True)
class Swift:
    """A running Swift, and how to get in over S3."""

    home: Path
    port: int
    key_id: str = "ringfence:gateway"
    secret_key: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    region: str = REGION
    _container_port: int = field(default=0, repr=False)
    _proxy: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def endpoint(self) -> str:
        """Return host and port, as `endpoint_override` takes them (scheme `http`)."""
        return f"{HOST}:{self.port}"

    @property
    def log(self) -> str:
        """Return what the proxy has said: a line for each request, and its errors."""
        return (self.home / "proxy.log").read_text("utf-8", "replace")

    def list_names(self, bucket: str, names: Iterable[str]) -> None:
        """Have a bucket's listings hold names whose objects don't exist.

        The container server takes them in one go, as from another of its kind; over S3
        a thousand objects take ten seconds.
        """
        row = {
            "created_at": "1500000000.00000",
            "size": 0,
            "content_type": "application/octet-stream",
            "etag": "d41d8cd98f00b204e9800998ecf8427e",
            "deleted": 0,
            "storage_policy_index": 0,
        }
        account = self.key_id.partition(":")[0]
        server = http.client.HTTPConnection(HOST, self._container_port)
        with contextlib.closing(server) as connection:
            connection.request(
                "UPDATE",
                f"/d1/0/AUTH_{account}/{bucket}",
                json.dumps([{"name": name, **row} for name in names]),
                {"X-Timestamp": f"{time.time():.5f}"},
            )
            answer = connection.getresponse()
            if answer.status != http.client.ACCEPTED:
                raise RuntimeError(f"{bucket}: {answer.status} {answer.read()!r}")

    def kill_proxy(self) -> None:
        """End the proxy at once (SIGKILL): its connections break, its port is shut."""
        if self._proxy is not None:
            _end(self._proxy)
            self._proxy = None

    @contextlib.contextmanager
    def frozen_proxy(self) -> Iterator[None]:
        """Have the proxy accept connections, and say nothing, for a while."""
        if self._proxy is None:
            raise RuntimeError("the proxy doesn't run")
        self._proxy.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._proxy.send_signal(signal.SIGCONT)

    def start_proxy(self) -> None:
        """Start the proxy, on the port that it has always had, and wait for it."""
        if self._proxy is None:
            self._proxy = _start("proxy", self.home)
        _wait(self._proxy, "proxy", self.port, self.home)


@contextlib.contextmanager
def swift() -> Iterator[Swift]:
    """Start a fresh Swift, give it, and leave nothing behind."""
    if find_spec("swift") is None:
        pytest.skip("no `swift` here: the requirements for tests bring it")
    home = Path(tempfile.mkdtemp(prefix="ringfence-swift-", dir=_folder()))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        ports = {
            kind: stack.enter_context(_reserved_port()) for kind in (*_STORAGE, "proxy")
        }
        server = Swift(home, ports["proxy"], _container_port=ports["container"])
        _configure(server, ports)
        storage: dict[str, subprocess.Popen[bytes]] = {}
        for kind in _STORAGE:
            storage[kind] = _start(kind, home)
            stack.callback(_end, storage[kind])
        rings = [(str(home / f"{kind}.ring.gz"), ports[kind]) for kind in _STORAGE]
        server._proxy = _start("proxy", home, rings)
        stack.callback(server.kill_proxy)
        for kind, process in storage.items():
            _wait(process, kind, ports[kind], home)
        server.start_proxy()
        yield server


def _folder() -> str:
    """Return a folder for temporary data whose files take extended attributes."""
    candidates = (tempfile.gettempdir(), "/var/tmp", "/dev/shm", str(Path.cwd()))  # noqa: S108
    for folder in candidates:
        # What Swift keeps of an object fits in one attribute of this size.
        with contextlib.suppress(OSError), tempfile.NamedTemporaryFile(dir=folder) as f:
            os.setxattr(f.name, "user.swift.metadata", bytes(3000))
            return folder
    pytest.skip(
        f"Swift isn't tested: no file in {', '.join(candidates)} takes extended"
        " attributes (TMPDIR names another folder)"
    )


@contextlib.contextmanager
def _reserved_port() -> Iterator[int]:
    """Give a free port that nobody else is given until the block ends.

    The socket is bound and never listens; Swift, which sets SO_REUSEPORT as well,
    listens beside it, also after a restart.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind((HOST, 0))
        yield holder.getsockname()[1]


def _configure(server: Swift, ports: Mapping[str, int]) -> None:
    home = server.home
    (home / "devices" / "d1").mkdir(parents=True)
    _write(home / "swift.conf", {"swift-hash": {"swift_hash_path_suffix": "tests"}})
    for kind in _STORAGE:
        sections = {
            "pipeline:main": {"pipeline": f"{kind}-server"},
            f"app:{kind}-server": {
                "use": f"egg:swift#{kind}",
                "log_requests": "false",
                # A listing holds an object from the moment that its PUT is answered.
                "container_update_timeout": "30",
                "conn_timeout": "30",
                "node_timeout": "30",
            },
        }
        _write(home / f"{kind}.conf", {"DEFAULT": _own(home, ports[kind]), **sections})
    account, _, principal = server.key_id.partition(":")
    proxy = {**_PROXY, "DEFAULT": _own(home, server.port)}
    proxy["filter:tempauth"] = {
        **_PROXY["filter:tempauth"],
        f"user_{account}_{principal}": f"{server.secret_key} .admin",
    }
    _write(home / "proxy.conf", proxy)


def _own(home: Path, port: int) -> dict[str, str]:
    return {
        "bind_ip": HOST,
        "bind_port": str(port),
        "workers": "0",
        "swift_dir": str(home),
        "devices": str(home / "devices"),
        "mount_check": "false",
        "disable_fallocate": "true",
        "fallocate_reserve": "0",
        "log_statsd_host": "",
    }


def _write(path: Path, sections: Mapping[str, Mapping[str, str]]) -> None:
    lines: list[str] = []
    for name, settings in sections.items():
        lines.append(f"[{name}]")
        lines.extend(f"{key} = {value}" for key, value in settings.items())
    path.write_text("\n".join((*lines, "")), encoding="utf-8")
    path.chmod(0o600)


def _start(
    kind: str, home: Path, rings: Sequence[tuple[str, int]] = ()
) -> subprocess.Popen[bytes]:
    """Start a server; the proxy, which alone reads the rings, builds them first."""
    module = "obj" if kind == "object" else kind
    program = _SERVER.format(kind=module, rings=rings)
    arguments = [str(os.getpid()), str(home / f"{kind}.conf"), "--verbose"]
    with (home / f"{kind}.log").open("ab") as log:
        return subprocess.Popen(
            # Isolated (-I): nothing of the tests' own folder or environment is imported.
            [sys.executable, "-I", "-W", "ignore", "-c", program, *arguments],
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _wait(process: subprocess.Popen[bytes], kind: str, port: int, home: Path) -> None:
    """Wait until a server answers; its port listens before its programs are loaded."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"Swift's {kind} server ended: {_tail(home, kind)}")
        connection = http.client.HTTPConnection(HOST, port, timeout=_START_SECONDS)
        failed = (OSError, http.client.HTTPException)
        with contextlib.closing(connection), contextlib.suppress(*failed):
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        time.sleep(0.02)
    pytest.fail(f"Swift's {kind} server didn't start: {_tail(home, kind)}")


def _tail(home: Path, name: str) -> str:
    return (home / f"{name}.log").read_text("utf-8", "replace")[-_TAIL:]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


_cleanup = contextlib.ExitStack()
atexit.register(_cleanup.close)


@functools.cache
def _shared() -> Swift:
    return _cleanup.enter_context(swift())


@pytest.fixture
def swift_server() -> Iterator[Swift]:
    """Give the session's one Swift; a proxy that the test killed runs again after it."""
    server = _shared()
    server.start_proxy()
    yield server
    server.start_proxy()
