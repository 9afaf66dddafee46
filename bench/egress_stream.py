"""How much memory one very large answer takes on its way through the reverse proxy.

JSON lines are made up while they are read, by a tool that stands inside: once as they
are, and once as a gzip file. The proxy runs as a process of its own. It keeps the
answer in a file, looks through all of it, brings the verdict to the ledger, and only
then sends the first byte. The client gets what was sent, by SHA-256. Prints the most
memory that the proxy held, its processor time, and the rate; writes nothing but a
temporary folder, which needs as much room as the answer.

`python -m bench.egress_stream --gigabytes 10`
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import polars as pl

from bench.egress_billion import KEYS, KINDS, MadeUp, as_they_stand
from bench.figures import Figure
from ringfence.boundary.channels import Channel, Declared
from ringfence.boundary.status import Status
from ringfence.egress.channels.contract import Contract, Contracts, Recipient, written
from ringfence.egress.exit.naming import name_contracts
from ringfence.egress.index.building import build
from ringfence.egress.index.gathering import Gathering
from ringfence.egress.index.population import Layout
from ringfence.ledger.keeping.opening import begin

GIGA = 1e9
ROWS, BLOCK = 100_000, 1 << 20
PEOPLE = 200_000
HOST = "127.0.0.1"
SECONDS = 7_200
TIME, LAST = "2022-01-01T00:00:00Z", "9999-01-01T00:00:00Z"
WORDS = ("late", "early", "paid", "open", "in transit", "returned", "waiting", "sent")
CITIES = ("Reno", "Oslo", "Bern", "Rome", "Lima", "Cork", "Linz", "Bath")
TICKS = os.sysconf("SC_CLK_TCK")
COLUMNS = (
    Declared("/row", "integer"),
    Declared("/city", "text"),
    Declared("/state", "text"),
    Declared("/amount", "number"),
    Declared("/is_new", "boolean"),
    Declared("/tags/*", "text"),
)
CONFIG = """
exit: {{contracts: contracts.json, index: index, key: 'file:index.key', ledger: ledger,
  meter: meter}}
staging: staging
status: {host}:{status}
proxy:
- listen: {host}:{port}
  upstream: http://{host}:{upstream}
  channels: {{/: figures}}
limits: {{body: 109951162777, upstream: {seconds}, judging: {seconds}, sending: 600}}
"""
PROGRAM = "from ringfence.cli import main; main()"


def lines(total: float) -> Iterator[bytes]:
    """Yield JSON lines, made up, until there are so many bytes."""
    made = first = 0
    while made < total:
        row = pl.int_range(first, first + ROWS, dtype=pl.Int64).alias("row")
        frame = pl.select(row).with_columns(
            city=_drawn(CITIES, 31),
            state=_drawn(WORDS, 17),
            amount=(pl.col("row") * 7 % 99_991) / 4,
            is_new=pl.col("row") % 3 == 0,
            tags=pl.concat_list(_drawn(WORDS, 5), _drawn(CITIES, 3)),
        )
        content = frame.write_ndjson().encode()
        yield content
        made, first = made + len(content), first + ROWS


def _drawn(words: tuple[str, ...], step: int) -> pl.Expr:
    number = pl.col("row") * step // 7 % len(words)
    return number.replace_strict([*range(len(words))], [*words], return_dtype=pl.String)


def packed(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a gzip file."""
    packer = zlib.compressobj(1, wbits=31)
    for one in blocks:
        yield packer.compress(one)
    yield packer.flush()


# --- inside ---------------------------------------------------------------------------


@dataclass(slots=True)
class Sent:
    """What the tool inside has sent."""

    total: float
    size: int = 0
    plain: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def blocks(self, *, is_packed: bool) -> Iterator[bytes]:
        """Yield an answer, and count it."""
        self.size = self.plain = 0
        self.digest = hashlib.sha256()
        made = self._counted()
        for one in packed(made) if is_packed else made:
            self.size += len(one)
            self.digest.update(one)
            yield one

    def _counted(self) -> Iterator[bytes]:
        for one in lines(self.total):
            self.plain += len(one)
            yield one


@contextmanager
def tool(sent: Sent) -> Iterator[int]:
    """Run the tool inside, and give its port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Answer, in chunks."""
            is_packed = self.path.endswith(".gz")
            media = "application/gzip" if is_packed else "application/x-ndjson"
            self.send_response(200)
            self.send_header("content-type", media)
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for one in sent.blocks(is_packed=is_packed):
                if one:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(one), one))
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""
            del format, args

    server = ThreadingHTTPServer((HOST, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


# --- the proxy ------------------------------------------------------------------------


def prepared(folder: Path, upstream: int) -> tuple[Path, int]:
    """Make all that a proxy needs; return its configuration, and its port."""
    layout = Layout(KINDS, "id")
    gathering = Gathering(layout, KEYS, has_digests=False, canonical=as_they_stand)
    build(MadeUp(PEOPLE), gathering, folder / "index", time=TIME)
    key = folder / "index.key"
    key.touch(0o600)
    key.write_text(KEYS.index.secret.hex())
    channel = Channel(
        "figures",
        ("legal_entity:partner",),
        "figures",
        "owner",
        "person:approver",
        LAST,
        columns=COLUMNS,
    )
    partner = Recipient("legal_entity:partner", Status.NO, "legal_entity:partner")
    contract = Contract(channel, (partner,), {}, {})
    contracts = Contracts("a" * 64, "b" * 64, TIME, LAST, (contract,))
    begin(folder / "ledger", "bench.example/exit", time=TIME)
    name_contracts(folder / "ledger", contracts, TIME)
    (folder / "contracts.json").write_bytes(written(contracts))
    (folder / "staging").mkdir(mode=0o700)
    port, status = _free(), _free()
    config = folder / "egress.yaml"
    words = {"host": HOST, "upstream": upstream, "port": port, "status": status}
    config.write_text(CONFIG.format(**words, seconds=SECONDS))
    return config, port


def _free() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


@contextmanager
def proxy(config: Path) -> Iterator[int]:
    """Run the proxy, and give the number of its process."""
    words = [sys.executable, "-c", PROGRAM, "egress", "proxy", str(config)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None  # noqa: S101 (it is a pipe)
        try:
            said = []
            for line in process.stderr:
                said.append(line)
                if line.startswith("proxy at"):
                    break
            else:
                raise SystemExit("".join(said))
            yield process.pid
        finally:
            process.terminate()


def memory(process: int) -> float:
    """Return the most megabytes that a process has held (Linux)."""
    account = Path(f"/proc/{process}/status").read_text()
    told = dict(line.split(":", 1) for line in account.splitlines() if ":" in line)
    return int(told["VmHWM"].split()[0]) / 1024


def spent(process: int) -> float:
    """Return the seconds of processor time of a process (Linux)."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICKS


# --- outside --------------------------------------------------------------------------


def fetched(port: int, path: str) -> tuple[int, str]:
    """Return status and SHA-256 of an answer."""
    link = http.client.HTTPConnection(HOST, port, timeout=SECONDS)
    try:
        link.request("GET", path)
        answer = link.getresponse()
        digest = hashlib.sha256()
        while block := answer.read(BLOCK):
            digest.update(block)
        return answer.status, digest.hexdigest()
    finally:
        link.close()


def measured(folder: Path, total: float) -> Iterator[Figure]:
    """Yield the figures of both answers, each of a proxy of its own.

    Raises:
        SystemExit: What came out isn't what went in.
    """
    sent = Sent(total)
    with tool(sent) as upstream:
        config, port = prepared(folder, upstream)
        for what, path in (("JSON lines", "/a.jsonl"), ("gzip", "/a.jsonl.gz")):
            with proxy(config) as process:
                idle, before = memory(process), spent(process)
                began = time.perf_counter()
                status, digest = fetched(port, path)
                wall = time.perf_counter() - began
                if (status, digest) != (200, sent.digest.hexdigest()):
                    raise SystemExit(f"{what}: status {status}, another content")
                work = spent(process) - before
                yield Figure(f"{what}, as sent", sent.size / GIGA, "GB")
                yield Figure(f"{what}, unpacked", sent.plain / GIGA, "GB")
                yield Figure(f"{what}, peak memory", memory(process), "MB")
                yield Figure(f"{what}, memory before it", idle, "MB")
                yield Figure(f"{what}, rate", sent.plain / work / 1e6, "MB/s of a core")
                yield Figure(f"{what}, from ask to last byte", wall, "s")


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--gigabytes", type=float, default=1)
    words.add_argument("--folder", type=Path, help="where the answer fits")
    given = words.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="egress-stream-", dir=given.folder))
    try:
        for one in measured(folder, given.gigabytes * GIGA):
            print(one.line(), flush=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
