"""`serve --shadow` as a program of its own, and what its ledger says afterwards."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from ringfence.claims.answered import answers
from tests.cases import BOUNDARY, write_case
from tests.cli.running import PROGRAM, environment, ringfence
from tests.serving import entries, ledger

GATE = "gate: {excluded: [in-cn]}\n"
SHADOW = "SHADOW MODE: nothing is enforced, whatever is asked is allowed"


def question(who: str) -> dict[str, Any]:
    """Return whether somebody may read a column of the case."""
    return {
        "subject": {"type": "person", "id": who},
        "action": {"name": "read"},
        "resource": {"type": "column", "id": "w/a.b.c"},
    }


class Program(NamedTuple):
    """A service that runs: its process, address, token, and what it said at first."""

    process: subprocess.Popen[str]
    at: str
    token: str
    said: list[str]
    folder: Path

    def ask(
        self, path: str, body: Any = None, token: str | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of a reply."""
        whole = urlsplit(self.at)
        connection = http.client.HTTPConnection(whole.hostname or "", whole.port)
        word = self.token if token is None else token
        headers = {
            "authorization": f"Bearer {word}",
            "content-type": "application/json",
        }
        content = None if body is None else json.dumps(body).encode()
        method = "GET" if body is None else "POST"
        connection.request(method, path, content, headers)
        reply = connection.getresponse()
        found = reply.read()
        connection.close()
        names = {name.lower(): value for name, value in reply.getheaders()}
        return reply.status, names, found

    def end(self) -> None:
        """End it, as whoever runs it would."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0


def started(folder: Path, *words: str) -> Program:
    """Start a service of a case, and wait until it answers."""
    write_case(folder / "case", boundary=BOUNDARY + GATE)
    ledger(folder / "ledger")
    command = [*PROGRAM, "serve", "case", "--ledger", "ledger"]
    process = subprocess.Popen(
        [*command, "--listen", "127.0.0.1:0", *words],
        cwd=folder,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    said = [*until(process.stderr, "answering at ")]
    token = process.stdout.readline().split()[-1]
    return Program(process, said[-1].split()[-1], token, said, folder)


def until(stream: IO[str], start: str) -> Iterator[str]:
    """Yield the lines of a stream up to the one that begins so."""
    for line in stream:
        yield line.strip()
        if line.startswith(start):
            return


@pytest.fixture
def shadow(tmp_path: Path) -> Iterator[Program]:
    """Return a service in shadow mode."""
    program = started(tmp_path, "--shadow")
    yield program
    program.process.kill()
    program.process.communicate()


def test_a_service_in_shadow_mode_can_not_be_taken_for_another(shadow: Program):
    """Startup, every reply, health and figures say so; the ledger and its report, too.

    Everything is allowed, and what would have been denied is told afterwards.
    """
    assert SHADOW in shadow.said
    for who in ("ann", "bo", "ann"):
        status, headers, body = shadow.ask("/access/v1/evaluation", question(who))
        assert (status, headers["ringfence-mode"]) == (200, "shadow")
        assert json.loads(body)["decision"] is True
    for path, token, status in (
        ("/health", "", 200),
        ("/metrics", None, 200),
        ("/nothing", None, 404),
        ("/metrics", "no", 401),
    ):
        found, headers, body = shadow.ask(path, token=token)
        assert (found, headers["ringfence-mode"]) == (status, "shadow")
        if path == "/health":
            assert json.loads(body)["mode"] == "shadow"
    assert b"\nringfence_shadow 1\n" in shadow.ask("/metrics")[2]
    shadow.end()

    folder = shadow.folder
    kinds = [one.kind for _, one in entries(folder / "ledger")]
    assert (kinds.count("shadow"), kinds.count("decision")) == (3, 0)
    lines = answers(folder / "ledger").lines
    assert [one.shadow for one in lines] == [True] * 3
    words = ("gate", "shadow", "case", "--decisions", "ledger")
    ended = ringfence(*words, cwd=folder)
    assert ended.returncode == 11, ended.stderr
    assert "the boundary orders no logs: nothing is replayed" in ended.stdout
    told = "3 requests, each answered with an allowance; enforced, 2 would be denied"
    assert told in ended.stdout
    row = next(one for one in ended.stdout.splitlines() if "excluded" in one)
    assert row.split()[:5] == ["Ann", "read", "w/a.b.c", "local", "denied"]
    plain = json.loads(ringfence(*words, "--format", "json", cwd=folder).stdout)
    assert plain["ledger"]["answered"] == {"allowed": 3}
    assert (plain["ledger"]["denied"], plain["ledger"]["allowed"]) == (2, 1)


def test_a_ledger_that_is_gone_stops_nobody(shadow: Program):
    """Everything is allowed, without an id; health says that something is wrong.

    Once the ledger is back, it says how many answers it lacks.
    """
    here, gone = shadow.folder / "ledger", shadow.folder / "gone"
    here.rename(gone)
    for _ in range(3):
        status, _, body = shadow.ask("/access/v1/evaluation", question("ann"))
        told = json.loads(body)
        assert (status, told["decision"], told["context"]["id"]) == (200, True, "")
    assert shadow.ask("/health", token="")[0] == 503
    assert b"\nringfence_shadow_unlogged_total 3\n" in shadow.ask("/metrics")[2]
    gone.rename(here)
    lacking = 3
    for _ in range(100_000):  # it is opened again before long
        body = shadow.ask("/access/v1/evaluation", question("bo"))[2]
        if json.loads(body)["context"]["id"]:
            break
        lacking += 1
    shadow.end()
    found = answers(here)
    assert (found.unlogged, found.lines[-1].principal) == (lacking, "person:bo")
    words = ("gate", "shadow", "case", "--decisions", "ledger")
    ended = ringfence(*words, cwd=shadow.folder)
    assert f"{lacking} answers may not be in the ledger" in ended.stdout


def test_an_enforcing_service_says_nothing_of_shadow(tmp_path: Path):
    """Neither when it starts, nor in its replies, nor in its ledger."""
    program = started(tmp_path)
    try:
        assert SHADOW not in program.said
        status, headers, body = program.ask("/access/v1/evaluation", question("ann"))
        assert (status, json.loads(body)["decision"]) == (200, False)
        assert "ringfence-mode" not in headers
        program.end()
    finally:
        program.process.kill()
        program.process.communicate()
    kinds = [one.kind for _, one in entries(tmp_path / "ledger")]
    assert (kinds.count("shadow"), kinds.count("decision")) == (0, 1)
    assert not any(one.shadow for one in answers(tmp_path / "ledger").lines)
    found = ringfence("gate", "shadow", "case", "--decisions", "ledger", cwd=tmp_path)
    assert found.returncode == 10
    assert "nothing was decided in shadow mode" in found.stdout
