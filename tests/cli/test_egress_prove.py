"""`egress flows`, `canaries` and `prove`, at processes and servers that are real."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from cyclopts import App
from pyarrow.fs import FileSelector, FileType, S3FileSystem

from ringfence import cli
from ringfence.claims.released import releases
from ringfence.cli import proving, relaying
from ringfence.egress.exit.made import read_contracts
from ringfence.egress.exit.naming import name_contracts
from ringfence.egress.proving import canaries
from ringfence.egress.proving import proof as proving_all
from ringfence.egress.proving.forms import forms
from ringfence.ledger.keeping.opening import begin
from tests.cases import BOUNDARY, WAREHOUSE, write_case
from tests.cli.running import environment
from tests.envoy_server import envoy
from tests.exiting import NOW
from tests.proving import LAST, settings
from tests.replicating import SLOT, Two, both, orders, profiles, there
from tests.serving import entries
from tests.swift_server import Swift, swift_server

__all__ = ["both", "swift_server", "there"]
READY = ("watching", "proxy at", "ext_proc at")
COMMANDS = ("flows", "canaries", "prove")
RUN = """
import sys
from pathlib import Path
from ringfence.cli import exiting, proxying
from ringfence.egress.proxies import running
kind, folder = sys.argv[1], Path(sys.argv[2])
config = folder / f"{kind}.yaml"
if kind == "files":
    exiting.run(parts=exiting.Parts(config=config), watch=True)
else:
    {"proxy": proxying.proxy, "envoy": proxying.ext_proc}[kind](config)
"""
EXPORT = (
    '{"at":"job","fact":"edge","id":"store:x","name":"contains","source":"db",'
    '"value":"dataset:x/y"}\n'
    '{"at":"job","fact":"attribute","id":"store:x","name":"place","source":"db",'
    '"value":"SG"}\n'
    '{"at":"job","fact":"edge","id":"dataset:x/y","name":"exported_to","source":"db",'
    '"value":"dataset:w/a.b"}\n'
)
HERE = (
    '{"at":"db","fact":"attribute","id":"store:w","name":"place","source":"db",'
    '"value":"US"}\n'
)
EGRESS = "egress: {excluded: [in-cn], channels: []}\nsources:\n"


@pytest.fixture
def egress(say):
    """Return a function that runs a command of `egress`."""
    if "egress" not in cli.app:
        cli.app.command(App(name="egress"))
    for name in COMMANDS:
        if name not in cli.app["egress"]:
            cli.app["egress"].command(getattr(proving, name))
    return lambda *words: say("egress", *words)


# --- flows ----------------------------------------------------------------------------


def case(folder: Path, facts: str) -> str:
    """Write a case with a boundary that says what may leave."""
    boundary = BOUNDARY.replace("sources:\n", EGRESS)
    write_case(folder, boundary=boundary, warehouse=WAREHOUSE + HERE + facts)
    return str(folder)


def test_a_flow_round_the_exit_is_a_finding(egress, tmp_path: Path):
    """The command names data, door and end, and ends with 11; so does its JSON."""
    found = egress("flows", case(tmp_path / "export", EXPORT))
    assert found.code == 11
    assert "w/a.b  undeclared  none     exported_to: x/y  x" in found.out
    told = json.loads(egress("flows", "export", "--format", "json").out)
    assert (told["ringfence"], told["exit"]) == ("egress-flows/1", 11)
    assert told["found"][0]["finding"] == "undeclared"
    assert told["found"][0]["door"] == "copied"


def test_where_nothing_leaves_it_says_so(egress, tmp_path: Path):
    """With a ledger and all places known, no flow is exit 0; without, it isn't."""
    begin(tmp_path / "ledger", "test.example/exit", time=NOW)
    words = ("flows", case(tmp_path / "quiet", ""))
    assert egress(*words).code == 10
    assert egress(*words, "--ledger", "ledger").code == 0


def test_bytes_that_a_network_saw_are_read(egress, tmp_path: Path):
    """With a file of addresses, what goes round the gateway is told, with its counts."""
    begin(tmp_path / "ledger", "test.example/exit", time=NOW)
    words = ("flows", case(tmp_path / "quiet", ""), "--ledger", "ledger")
    header = "srcaddr dstaddr bytes action log-status\n"
    (tmp_path / "flows.log").write_text(f"{header}10.0.1.4 1.1.1.1 70 ACCEPT OK\n")
    (tmp_path / "traffic.yaml").write_text(
        "{logs: flows.log, addresses: {'store:w': 10.0.1.4}, gateway: 10.0.9.9}"
    )
    found = egress(*words, "--traffic", "traffic.yaml")
    assert found.code == 11
    assert "1 line of a network's logs in 1 file: 1 out" in found.out
    told = json.loads(
        egress(*words, "--traffic", "traffic.yaml", "--format", "json").out
    )
    assert (told["found"][0]["door"], told["found"][0]["bytes"]) == ("bytes went", 70)
    assert (told["passing"]["read"], told["passing"]["out"]) == (1, 1)
    gone = egress(*words, "--traffic", "gone.yaml")
    assert (gone.code, "gone.yaml: no such file" in gone.err) == (2, True)


# --- canaries -------------------------------------------------------------------------


def test_a_list_is_made_once_and_for_its_owner(egress, tmp_path: Path):
    """A list is for its owner alone, and is never written over."""
    assert egress("canaries", "-o", "c.csv", "--count", "3").out == "c.csv\n"
    path = tmp_path / "c.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(canaries.read(path)) == 3
    again = egress("canaries", "-o", "c.csv")
    assert again.code == 2
    assert "c.csv: is there already" in again.err
    other = egress("canaries", "-o", "c.txt")
    assert (other.code, "c.txt: is no kind of list" in other.err) == (2, True)
    egress("canaries", "-o", "c.parquet", "--domain", "birds.example")
    frame = pl.read_parquet("c.parquet")
    assert frame["email"].str.ends_with("@birds.example").all()


# --- prove ----------------------------------------------------------------------------


@contextlib.contextmanager
def running(kind: str, folder: Path, **more: str) -> Iterator[str]:
    """Run a surface as a process of its own; give the line that says it is ready."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN, kind, str(folder)],
        cwd=folder,
        env=environment({"POLARS_MAX_THREADS": "1", **more}),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        try:
            said = []
            for line in process.stderr:
                said.append(line.strip())
                if line.startswith(READY):
                    break
            assert any(line.startswith(READY) for line in said), said
            yield said[-1]
        finally:
            process.terminate()


def config(folder: Path, kind: str, more: str) -> None:
    """Configure a surface with an exit of its own ledger and meter."""
    ledger = folder / f"ledger-{kind}"
    begin(ledger, f"test.example/{kind}", time=NOW)
    name_contracts(ledger, read_contracts(folder / "contracts.json"), NOW)
    made = {
        "contracts": "contracts.json",
        "index": "index",
        "key": "file:index.key",
        "ledger": f"ledger-{kind}",
        "meter": f"meter-{kind}",
    }
    lines = ["exit:", *(f"  {name}: {value}" for name, value in made.items())]
    if kind != "files":
        lines.append("status: 127.0.0.1:0")
    else:
        more = "files:\n" + textwrap.indent(more, "  ")
    (folder / f"{kind}.yaml").write_text("\n".join(lines) + "\n" + more)


def client(server: Swift) -> S3FileSystem:
    """Return a client of a store."""
    return S3FileSystem(
        access_key=server.key_id,
        secret_key=server.secret_key,
        region=server.region,
        scheme="http",
        endpoint_override=server.endpoint,
        allow_bucket_creation=True,
    )


def objects(store: S3FileSystem, bucket: str) -> list[str]:
    """Return the paths of all objects of a bucket."""
    found = store.get_file_info(FileSelector(bucket, recursive=True))
    return [info.path for info in found if info.type == FileType.File]


def free() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def proof(egress, tmp_path: Path):
    """Return a function that proves surfaces, over the address of one canary."""
    (row,) = canaries.drawn(1)
    kept = [{**dict.fromkeys(row, ""), "id": row["id"], "email": row["email"]}]
    (tmp_path / "canaries.csv").write_bytes(canaries.written(kept))
    settings(tmp_path)
    words = ("--canaries", "canaries.csv", "--contracts", "contracts.json")
    return lambda *more: egress("prove", *words, "--channel", "chat", *more)


LIBRARY = ("--index", "index", "--key", "file:index.key", "--meter", "meter")


def test_the_library_is_proved_and_logged(proof, tmp_path: Path):
    """Nothing leaves the exit; the certificate tells no value, and is in the ledger."""
    found = proof(*LIBRARY, "--ledger", "ledger", "-o", "certificate.json")
    assert (found.code, found.err) == (0, "")
    assert found.out.splitlines()[-1] == (
        "exit 0: no canary left, and what is harmless did"
    )
    text = (tmp_path / "certificate.json").read_text()
    told = json.loads(text)
    assert told["ringfence"] == "egress-prove/1"
    (surface,) = told["surfaces"]
    assert (surface["surface"], surface["unproven"]) == ("library", "")
    (one,) = canaries.read(tmp_path / "canaries.csv")
    for _, identifier in one.identifiers:
        assert identifier not in text
        assert identifier not in found.out
    kinds = [entry.kind for _, entry in entries(tmp_path / "ledger")]
    assert kinds[-1] == "document"
    verdicts = [one.verdict for one in releases(tmp_path / "ledger").told]
    assert verdicts.count("block") == surface["tries"]


def test_a_channel_that_masks_by_tokens_needs_their_key(egress, tmp_path: Path):
    """Without it not even what is harmless has a verdict, so it is asked for first."""
    (tmp_path / "canaries.csv").write_bytes(canaries.written(canaries.drawn(1)))
    settings(tmp_path)
    words = ("--canaries", "canaries.csv", "--contracts", "contracts.json")
    rest = ("--channel", "partner", *LIBRARY, "--ledger", "ledger")
    found = egress("prove", *words, *rest)
    assert (found.code, "add --token-key" in found.err) == (2, True)


def test_a_running_file_gateway_is_proved(proof, tmp_path: Path):
    """Files dropped into the outbox of a gateway that runs never come out."""
    folders = ("outbox", "released", "quarantine")
    for name in folders:
        (tmp_path / name).mkdir(mode=0o700)
    lines = [*(f"{name}: {name}" for name in folders), "settle: 0", ""]
    config(tmp_path, "files", "\n".join(lines))
    words = [word for name in folders for word in (f"--{name}", name)]
    with running("files", tmp_path):
        found = proof(*words, "--format", "json")
    (surface,) = json.loads(found.out)["surfaces"]
    assert (surface["unproven"], surface["lost"]) == ("", [])
    assert found.code == 0


def test_a_running_gateway_over_s3_is_proved(
    proof, tmp_path: Path, swift_server: Swift, monkeypatch: pytest.MonkeyPatch
):
    """Objects put under the prefix of a gateway that runs never come out."""
    names = ("outbox", "released", "quarantine")
    for name in names:
        client(swift_server).create_dir(f"prove-{name}")
    lines = [f"{name}: s3://prove-{name}/files" for name in names]
    service = f"endpoint: http://{swift_server.endpoint}, region: {swift_server.region}"
    lines += [
        f"s3: {{{service}, key_id_env: KEY_ID, secret_env: SECRET}}",
        *("work: work", "settle: 0", ""),
    ]
    config(tmp_path, "files", "\n".join(lines))
    keys = {"KEY_ID": swift_server.key_id, "SECRET": swift_server.secret_key}
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    # Each object is some twenty requests.
    few = [one for one in forms() if one.name in ("plain", "base64")]
    monkeypatch.setattr(proving_all, "forms", lambda: few)
    with running("files", tmp_path, **keys):
        found = proof("--gateway", "files.yaml", "--format", "json")
    told = json.loads(found.out)
    (surface,) = told["surfaces"]
    assert (surface["surface"], surface["unproven"]) == ("S3 gateway", "")
    assert surface["lost"] == []
    assert told["untried"] == ["library", "file gateway", "proxy", "relay"]
    assert {cell["container"] for cell in surface["table"]} >= {"text", "file name"}
    assert found.code == 0
    left = client(swift_server)
    assert objects(left, "prove-outbox") == objects(left, "prove-released") == []


RELAY = f"""
relay:
  slot: {SLOT}
  publications: partner
  tables: {{app.profile: profiles, app.orders: orders}}
  inside: INSIDE_DSN
  outside: OUTSIDE_DSN
exit:
  contracts: contracts.json
  index: index
  key: file:index.key
  token_key: file:index.key
  ledger: ledger
  meter: meter
"""


def test_a_relay_is_proved(
    egress, there: Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Rows with canaries never come outside; what was there stays, and goes on."""
    (row,) = canaries.drawn(1)
    kept = [{**dict.fromkeys(row, ""), "id": row["id"], "email": row["email"]}]
    (tmp_path / "canaries.csv").write_bytes(canaries.written(kept))
    shutil.rmtree(tmp_path / "ledger")
    (tmp_path / "meter").unlink(missing_ok=True)
    settings(tmp_path, orders(until=LAST), profiles(until=LAST))
    (tmp_path / "relay.yaml").write_text(RELAY)
    for name, dsn in zip(("INSIDE_DSN", "OUTSIDE_DSN"), there.dsns, strict=True):
        monkeypatch.setenv(name, dsn)
    lists = ("--canaries", "canaries.csv", "--contracts", "contracts.json")
    words = ("prove", *lists, "--channel", "orders", "--relay", "relay.yaml")
    early = egress(*words, "--writer", "INSIDE_DSN")
    assert early.code == 10
    assert "can't be tried: nothing was ever relayed" in early.out
    assert "add --writer" in egress(*words).err
    assert (
        "no table leaves by channel"
        in egress(
            *(word if word != "orders" else "profile" for word in words),
            *("--writer", "INSIDE_DSN"),
        ).err
    )
    there.inside.execute("INSERT INTO app.orders VALUES (1, 'x')")
    relaying.relay(tmp_path / "relay.yaml")
    found = egress(*words, "--writer", "INSIDE_DSN", "--limit", "99")
    assert (found.code, found.err) == (0, "")
    assert "relay app.orders: " in found.out
    assert "not tried: library, file gateway, S3 gateway, proxy (4 kinds" in found.out
    assert there.rows("SELECT number, what FROM app.orders") == [(1, "x")]
    query = "SELECT number, what FROM app.orders"
    assert there.inside.execute(query).fetchall() == [(1, "x")]
    there.inside.execute("INSERT INTO app.orders VALUES (2, 'y')")
    assert relaying.relay(tmp_path / "relay.yaml") == 0
    assert there.rows("SELECT number FROM app.orders ORDER BY 1") == [(1,), (2,)]


def test_a_running_proxy_is_proved(proof, tmp_path: Path):
    """Answers of an upstream that has canaries never pass a proxy that runs."""
    port = free()
    config(
        tmp_path,
        "proxy",
        f"proxy:\n- {{listen: 127.0.0.1:0, upstream: http://127.0.0.1:{port}, "
        "channels: {/chat: chat}}\n",
    )
    with running("proxy", tmp_path) as said:
        url = f"{said.rpartition(' ')[2]}/chat"
        found = proof(
            "--proxy", url, "--upstream", f"127.0.0.1:{port}", "--limit", "99"
        )
    assert found.code == 0, found.out
    assert "  plain                 header" in found.out


def test_a_running_envoy_is_proved(proof, tmp_path: Path):
    """Nor do they pass a real Envoy that asks our processor."""
    port = free()
    with envoy(port) as asked:
        config(
            tmp_path,
            "envoy",
            f"ext_proc: {{listen: '{asked.processor}', channels: {{/chat: chat}}}}\n",
        )
        with running("envoy", tmp_path):
            url = f"http://127.0.0.1:{asked.ports['duplex']}/chat"
            found = proof("--proxy", url, "--upstream", f"127.0.0.1:{port}")
            none = f"http://127.0.0.1:{asked.ports['none']}/chat"
            open_ = proof("--proxy", none, "--upstream", f"127.0.0.1:{port}")
    assert found.code == 0, found.out
    assert open_.code != 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no surface is named"),
        (("--index", "index"), "add --key, --ledger and --meter"),
        (("--outbox", "outbox"), "add --released and --quarantine"),
        (("--proxy", "http://x", "--upstream", "x"), "no address with a port"),
    ],
)
def test_half_a_surface_is_refused(proof, words, said: str):
    """A surface that isn't named wholly is a mistake, and nothing is tried."""
    found = proof(*words)
    assert found.code == 2
    assert said in found.err


def test_what_cant_be_tried_is_named(proof, tmp_path: Path):
    """A ledger that somebody else writes to keeps the library from being proved."""
    os.rename(tmp_path / "index.key", tmp_path / "other.key")  # noqa: PTH104
    found = proof(*LIBRARY, "--ledger", "ledger")
    assert found.code == 10
    assert "library: not tried; unproven: can't be tried: " in found.out
