"""`ringfence egress proxy` and `ext-proc`, with an exit made of files."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from ringfence.boundary.channels import Declared
from ringfence.cli.proxying import ext_proc, proxy
from ringfence.egress.channels.contract import Contracts
from ringfence.errors import ConfigError, RingfenceError
from tests.cli.running import environment
from tests.exiting import NOW, channel, contracts, named
from tests.indexed import KEYS, built
from tests.proxied import (
    SOON,
    Running,
    answer,
    digest,
    inside,
    listener,
    outputs,
    reasons,
)

FAR = "2999-01-01T00:00:00Z"
ENV = {"INDEX_KEY": KEYS.index.secret.hex(), "POLARS_MAX_THREADS": "1"}
CONFIG = """\
exit:
  contracts: contracts.json
  index: index
  key: env:INDEX_KEY
  ledger: ledger
  meter: meter
  token_key: env:INDEX_KEY
staging: staging
status: 127.0.0.1:0
"""
JSON = "application/json"
PROGRAM = (
    "import sys; from pathlib import Path; from ringfence.cli import proxying; "
    "from ringfence.egress.proxies import running; running.PUBLISHED = 0.05; "
    "sys.exit(getattr(proxying, sys.argv[1])(Path(sys.argv[2])))"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that holds all that an exit is made of."""
    built(tmp_path / "index", time=NOW)
    named(tmp_path, given("/city"))
    return tmp_path


def given(name: str) -> Contracts:
    """Return contracts of a channel that carries texts under a name."""
    columns = (Declared(name, "text"), Declared("/mail", "text", "EMAIL", "token"))
    return replace(contracts(channel(columns=columns, until=FAR)), until=FAR)


@contextmanager
def started(folder: Path, kind: str, config: str) -> Iterator[Running]:
    """Run a command until the end of the block."""
    file = folder / "egress.yaml"
    file.write_text(CONFIG + config)
    begun = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, kind, str(file)],
        stderr=subprocess.PIPE,
        text=True,
        env=environment(ENV),
    )
    assert begun.stderr is not None
    found = Running(begun, folder)
    for line in begun.stderr:
        found.said.append(line.strip())
        name, _, where = line.strip().partition(" at ")
        found.where[name] = where
        if line == "ready\n":
            break
    assert found.said[-1] == "ready", found.said
    drain = threading.Thread(target=lambda: found.said.extend(begun.stderr or ()))
    drain.start()
    try:
        yield found
    finally:
        found.kill()
        drain.join()
        begun.stderr.close()


def test_answers_of_a_tool_are_judged(folder: Path):
    """A JSON interface behind the proxy: released, masked, blocked and held."""
    said = {
        "/plain": answer(b'{"city":"Reno"}', content_type=JSON, x_frame_options="DENY"),
        "/mask": answer(b'{"city":"Reno","mail":"ann@example.com"}', content_type=JSON),
        "/block": answer(b'{"city":"ann@example.com"}', content_type=JSON),
        "/hold": answer(b'{"town":"Reno"}', content_type=JSON),
        "/header": answer(
            b'{"city":"Reno"}', content_type=JSON, x_who="ann@example.com"
        ),
        "/encoded": answer(
            b'{"city":"Reno"}', content_type=JSON, location="/?a=ann%40example.com"
        ),
        "/br": answer(b'{"city":"Reno"}', content_type=JSON, content_encoding="br"),
    }
    with (
        inside(lambda _, target: said[target.partition("?")[0]]) as tool,
        started(folder, "proxy", listener(tool.port, "{/: partner}")) as found,
    ):
        assert found.ask("/plain")[::2] == (200, b'{"city":"Reno"}')
        status, headers, masked = found.ask("/mask")
        assert status == 200
        assert b"ann@example.com" not in masked
        assert b'"city":"Reno"' in masked
        assert headers["content-length"] == str(len(masked))
        for path, verdict in (
            ("/block", "block"),
            ("/hold", "hold"),
            ("/header", "block"),
            ("/encoded", "block"),
            ("/br", "hold"),
            ("/plain?who=ann@example.com", "block"),
        ):
            status, _, body = found.ask(path)
            assert (status, reasons(body)["verdict"]) == (403, verdict), path
            assert b"ann@" not in body
        assert found.end() == 0
    left = outputs(folder / "ledger")
    assert left == {digest(b'{"city":"Reno"}'), digest(masked)}


def test_contracts_are_replaced_while_it_runs(folder: Path):
    """Named by the ledger they hold at once; a file that it doesn't name closes all."""
    old = (folder / "contracts.json").read_bytes()
    body = b'{"town":"Reno"}'
    with (
        inside(lambda _, __: answer(body, content_type=JSON)) as tool,
        started(folder, "proxy", listener(tool.port, "{/: partner}")) as found,
    ):
        assert found.ask("/")[0] == 403
        named(folder, given("/town"))
        assert found.ask("/")[::2] == (200, body)
        (folder / "contracts.json").write_bytes(old)
        status, _, told = found.ask("/")
        assert status >= 500
        assert b"Reno" not in told
        assert found.end() == 0
    assert any("names last" in one for one in found.said)


def test_envoys_server_stands_and_ends(folder: Path):
    """`ext-proc` says where it listens, and ends well when it is told to."""
    config = "ext_proc: {listen: 127.0.0.1:0, channels: {/: partner}}\n"
    with started(folder, "ext_proc", config) as found:
        assert found.where["ext_proc"].startswith("127.0.0.1:")
        assert found.status("/health") == b'{"ready":true}'
        found.process.terminate()
        assert found.process.wait(SOON) == 0


@pytest.mark.parametrize("command", [proxy, ext_proc])
def test_nothing_configured_is_an_error(folder: Path, command):
    """A configuration without a listener for the command says what is missing."""
    file = folder / "egress.yaml"
    file.write_text(CONFIG)
    with pytest.raises(ConfigError, match="configured"):
        command(file)


def test_an_exit_that_cannot_be_opened(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """Without its index the proxy doesn't begin to listen."""
    monkeypatch.setenv("INDEX_KEY", ENV["INDEX_KEY"])
    (folder / "index" / "manifest.json").unlink()
    file = folder / "egress.yaml"
    file.write_text(CONFIG + listener(1))
    with pytest.raises(RingfenceError):
        proxy(file)
    assert not list((folder / "staging").iterdir())


def test_a_port_that_is_taken(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """An address that can't be listened at is an error that names it."""
    monkeypatch.setenv("INDEX_KEY", ENV["INDEX_KEY"])
    file = folder / "egress.yaml"
    with inside(lambda _, __: b"") as tool:
        told = listener(tool.port).replace("127.0.0.1:0", f"127.0.0.1:{tool.port}")
        file.write_text(CONFIG + told)
        with pytest.raises(ConfigError, match=str(tool.port)):
            proxy(file)
