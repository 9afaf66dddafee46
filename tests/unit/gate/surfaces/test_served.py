"""The certification scenario against a server that runs, with a bundle and a ledger."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from ringfence.gate.bundles import new_keys, seal
from ringfence.gate.service.callers import digest_of
from tests.authzen_case import (
    BASIC,
    EVALUATION,
    EVALUATIONS,
    SEARCH,
    Json,
    certification,
    question,
)
from tests.serving import decisions, ledger

TOKEN = "a-token-for-tests-alone"  # noqa: S105 - opens nothing
SERVE = """
import sys
from pathlib import Path
from ringfence.gate.service.config import read_config
from ringfence.gate.service.running import Order, serve
config = read_config(Path(sys.argv[1]))
serve(Order(config, config.ledger, ready=lambda at, _: print(at, flush=True)))
"""


class Served(NamedTuple):
    """A server that runs, and the folder of its ledger."""

    at: str
    folder: Path
    process: subprocess.Popen[str]

    def ask(self, path: str, body: Any = None, **headers: str) -> tuple[int, Json, Any]:
        """Return status, headers and what is told."""
        whole = urlsplit(self.at)
        connection = http.client.HTTPConnection(whole.hostname or "", whole.port)
        told = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        method = "GET" if body is None else "POST"
        connection.request(method, path, content, told | headers)
        reply = connection.getresponse()
        found = json.loads(reply.read())
        connection.close()
        names = {name.lower(): value for name, value in reply.getheaders()}
        return reply.status, names, found


def configured(folder: Path) -> Path:
    """Seal the scenario, found a ledger, and write the configuration of both."""
    keys = new_keys("tests.example/gate")
    now = datetime.now(UTC)
    times = [f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in (now, now + timedelta(hours=1))]
    (folder / "scene.bundle").write_bytes(seal(certification(), keys, 1, *times))
    ledger(folder / "ledger")
    caller = {
        "token_sha256": [digest_of(TOKEN)],
        "types": {"record": "dataset"},
        "actions": {"write": "update"},
        "trusts": ["person", "dataset"],
    }
    config = {
        "listen": "127.0.0.1:0",
        "base_url": "https://gate.example",
        "bundle": "scene.bundle",
        "keys": [str(one.verifier) for one in keys],
        "ledger": "ledger",
        "callers": {"certifier": caller},
    }
    file = folder / "serve.yaml"
    file.write_text(json.dumps(config))
    return file


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    command = [sys.executable, "-c", SERVE, str(configured(folder))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Served(process.stdout.readline().strip(), folder / "ledger", process)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)


def test_the_server_passes_every_level(served):
    """Basic, Batch, Search and Discovery hold over HTTP, with the caller's own words."""
    for asked, expected in BASIC:
        status, names, found = served.ask(EVALUATION, asked, **{"X-Request-ID": "r-1"})
        assert (status, found["decision"]) == (200, expected), asked
        assert names["x-request-id"] == "r-1"
        assert names["content-type"] == "application/json"
    batch = {"evaluations": [{}, {"action": 1}, {"action": {"name": "write"}}]}
    first = question("alice", "read", "record-1")
    _, _, found = served.ask(EVALUATIONS, first | batch)
    assert [one["decision"] for one in found["evaluations"]] == [True, False, True]
    _, _, found = served.ask(f"{SEARCH}subject", first)
    assert [one["id"] for one in found["results"]] == ["alice", "bob"]
    _, _, found = served.ask(f"{SEARCH}resource", first)
    assert [one["id"] for one in found["results"]] == ["record-1", "record-2"]
    _, _, found = served.ask(f"{SEARCH}action", first)
    assert [one["name"] for one in found["results"]] == ["read", "write"]
    status, _, found = served.ask(
        "/.well-known/authzen-configuration", authorization=""
    )
    assert (status, found["policy_decision_point"]) == (200, "https://gate.example")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": ""}, 401),
        ({"authorization": "Bearer another-token-than-that"}, 401),
        ({"content-type": "text/plain"}, 400),
    ],
)
def test_the_server_refuses_whom_it_does_not_know_and_what_is_no_json(
    served, headers, status
):
    """Whoever isn't authenticated is told so, and a wrong type is an error."""
    found = served.ask(EVALUATION, question("alice", "read", "record-1"), **headers)
    assert found[0] == status
    assert ("www-authenticate" in found[1]) == (status == 401)
    assert isinstance(found[2], str)


def test_every_answer_of_the_server_is_in_its_ledger(served):
    """Once the server has ended, the ledger holds each answer by its id."""
    asked = question("alice", "write", "record-2")
    _, _, found = served.ask(EVALUATION, asked, **{"x-request-id": "the-last"})
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(60)
    assert found["context"]["id"] in decisions(served.folder)
