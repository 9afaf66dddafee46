"""The relay's own process killed (SIGKILL) at random moments, with work coming in.

Whatever lies outside then has a verdict in the ledger; the next process goes on; in the
end everything is there once, and nothing that was blocked, nor what came behind it.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event

import msgspec
import pytest

from ringfence.egress.exit.book import Book
from ringfence.ledger.keeping.showing import Shelf
from tests.cli.running import environment
from tests.exiting import contracts as contracts_of
from tests.exiting import named
from tests.indexed import KEYS, built
from tests.replicating import SLOT, Two, both, orders, profiles, there

__all__ = ["both", "there"]
LATE = "2999-01-01T00:00:00Z"
CONFIG = f"""
relay:
  slot: {SLOT}
  publications: partner
  tables: {{app.profile: profiles, app.orders: orders}}
  inside: INSIDE_DSN
  outside: OUTSIDE_DSN
exit:
  contracts: contracts.json
  index: index
  key: env:INDEX_KEY
  token_key: env:INDEX_KEY
  ledger: ledger
  meter: meter
"""
# A process that has everything loaded, and forks one that relays for each line it reads.
FORKS = """
import os, sys
from pathlib import Path
from ringfence.cli import relaying
from ringfence.egress.exit import made
from ringfence.egress.relay import configuration, relay, telling
import ringfence.egress.scan.found
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        code = 70
        try:
            os.dup2(2, 1)
            code = relaying.relay(Path(sys.argv[1]), watch=line.strip() == "watch")
        except Exception as error:
            print(type(error).__name__, error, file=sys.stderr)
            code = 1
        finally:
            sys.stdout.flush()
            os._exit(code)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
COUNTED = """
CREATE TABLE app.counted (number bigint, what text);
CREATE FUNCTION app.count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO app.counted VALUES (new.number, tg_op);
    RETURN NULL;
END $$;
CREATE TRIGGER counted AFTER INSERT OR UPDATE ON app.orders
    FOR EACH ROW EXECUTE FUNCTION app.count();
"""
INSERTS = {
    "orders": "INSERT INTO app.orders VALUES (%s, %s, %s)",
    "profiles": "INSERT INTO app.profile VALUES (%s, %s, %s, %s, %s)",
}
LIVES, AT_ONCE = 30, 6
PATIENCE = 60.0  # seconds, for what surely comes
Table = str
Key = tuple[Table, int]


@dataclass
class Work:
    """Transactions that are committed inside, and what an exit is shown of them.

    Attributes:
        there: The databases.
        random: What they are drawn from.
        lines: The lines of each transaction, by table, with the keys of its rows.
    """

    there: Two
    random: Random
    lines: list[dict[Table, list[tuple[Key, bytes]]]] = field(default_factory=list)

    def commit(self) -> None:
        """Commit another transaction inside."""
        first = len(self.lines) * 10
        made: dict[Table, list[tuple[Key, bytes]]] = {"orders": [], "profiles": []}
        with self.there.inside.transaction():
            for number in range(first, first + self.random.randint(0, 3)):
                row = {"number": number, "what": f"w{number}", "paid": None}
                self._insert("orders", row, made)
            if self.random.random() < 0.4 or not made["orders"]:
                mail = self.random.choice(["bo@example.com", "none@example.org"])
                row = {"id": first, "city": "Reno", "mail": mail}
                row |= {"score": None, "joined": None}
                self._insert("profiles", row, made)
        self.lines.append(made)

    def _insert(
        self,
        channel: str,
        row: dict[str, object],
        made: dict[Table, list[tuple[Key, bytes]]],
    ) -> None:
        self.there.inside.execute(INSERTS[channel], [*row.values()])
        (first, *_) = row.values()
        made[channel].append(((channel, int(str(first))), msgspec.json.encode(row)))

    def shown(self, channel: str) -> Iterator[tuple[str, set[Key]]]:
        """Yield the digest of every payload that an exit may be shown, and its rows."""
        found = [one[channel] for one in self.lines]
        for start in range(len(found)):
            digest, keys = hashlib.sha256(), set[Key]()
            for rows in found[start:]:
                for key, line in rows:
                    digest.update(line + b"\n")
                    keys.add(key)
                yield digest.hexdigest(), set(keys)


@dataclass
class Lives:
    """Processes that relay, one after the other.

    Attributes:
        folder: What they are told.
        process: What forks them.
    """

    folder: Path
    process: subprocess.Popen[str]

    def begin(self, how: str) -> int:
        """Begin a life, and return the number of its process."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{how}\n")
        self.process.stdin.flush()
        return self._told()

    def end(self) -> int:
        """Wait for the end of a life, and return its exit code."""
        return self._told()

    def _told(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())

    def whole(self) -> int:
        """Relay until there is no more; a server may still be at what was killed."""
        for _ in range(50):
            self.begin("once")
            code = self.end()
            if code != 1:
                return code
            Event().wait(0.1)
        pytest.fail("the relay doesn't go on")


@pytest.fixture
def lives(there: Two, tmp_path: Path) -> Iterator[Lives]:
    """Give lives of a relay between two databases; the copy of nothing is done."""
    folder = tmp_path / "told"
    folder.mkdir()
    built(folder / "index")
    made = contracts_of(profiles(until=LATE), orders(until=LATE))
    named(folder, msgspec.structs.replace(made, until=LATE))
    (folder / "relay.yaml").write_text(CONFIG)
    there.outside.execute(COUNTED)
    names = {"INDEX_KEY": KEYS.index.secret.hex(), "POLARS_MAX_THREADS": "1"}
    names |= {"INSIDE_DSN": there.dsns[0], "OUTSIDE_DSN": there.dsns[1]}
    with forking(folder, environment(names)) as found:
        assert found.whole() == 0
        yield found


@contextmanager
def forking(folder: Path, env: dict[str, str]) -> Iterator[Lives]:
    """Give what begins lives."""
    with (
        (folder / "said").open("w") as said,
        subprocess.Popen(
            [sys.executable, "-c", FORKS, str(folder / "relay.yaml")],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        ) as process,
    ):
        try:
            yield Lives(folder, process)
        finally:
            process.kill()


def size(folder: Path) -> int:
    """Return how much a ledger holds, by its files."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue  # it was made, and renamed
    return total


def outside(there: Two) -> set[Key]:
    """Return the rows that lie outside."""
    found = {("orders", n) for (n,) in there.rows("SELECT number FROM app.orders")}
    return found | {
        ("profiles", n) for (n,) in there.rows("SELECT id FROM app.profile")
    }


def let_go(folder: Path, work: Work) -> set[Key]:
    """Return the rows that a verdict of the ledger let go, as the disk has it."""
    book = Book(folder / "ledger")
    book.open()
    book.close()  # what is sequenced is published now
    shelf, left = Shelf(folder / "ledger"), set()
    for index in range(shelf.size):
        entry = shelf.shown(index).entry
        if entry is not None and entry.kind == "release":
            assert entry.values["verdict"] in ("release", "mask", "block", "hold")
            if entry.values["verdict"] in ("release", "mask"):
                left.add(entry.digests["content"].removeprefix("sha256:"))
    found: set[Key] = set()
    for channel in ("orders", "profiles"):
        for digest, keys in work.shown(channel):
            if digest in left:
                found |= keys
    return found


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what surely comes."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        Event().wait(0.001)


def killed(lives: Lives, work: Work, random: Random) -> int:
    """Begin a life, give it work, and kill it at a random moment."""
    there = work.there
    pid = lives.begin("watch")
    ledger, before = lives.folder / "ledger", outside(there)
    held = size(ledger)
    count = random.randint(1, AT_ONCE)
    moment = random.choice(("early", "logged", "there"))
    for _ in range(count):
        work.commit()
    if moment == "logged":
        until(lambda: size(ledger) != held or ended(pid))
    elif moment == "there":
        until(lambda: outside(there) != before or ended(pid))
    Event().wait(random.uniform(0, 0.3 if moment == "early" else 0.004))
    end(pid)
    return lives.end()


def end(pid: int) -> None:
    """Kill a process, if it is there."""
    if not ended(pid):
        os.kill(pid, signal.SIGKILL)


def seeded(seed: int) -> Random:
    """Return what draws the same each time."""
    return Random(seed)  # noqa: S311 (a seed makes it the same each time)


def ended(pid: int) -> bool:
    """Whether a process is a dead one that nobody has waited for, or is gone."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return told.rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_relay_that_is_killed_loses_nothing_and_lets_nothing_by(
    there: Two, lives: Lives, seed: int
) -> None:
    """After each kill all that is outside was let go; in the end all is there once."""
    random, work = seeded(seed), Work(there, seeded(seed + 100))
    kills = 0
    for _ in range(LIVES):
        code = killed(lives, work, random)
        kills += code == -signal.SIGKILL
        assert code in (-signal.SIGKILL, 1)  # 1: the server was still at the last one
        assert outside(there) <= let_go(lives.folder, work)
    assert kills
    assert lives.whole() == 0
    rows = {key for one in work.lines for some in one.values() for key, _ in some}
    assert outside(there) == rows
    assert rows <= let_go(lives.folder, work)
    counted = there.rows("SELECT number, what FROM app.counted ORDER BY 1")
    numbers = sorted(number for table, number in rows if table == "orders")
    assert counted == [(number, "INSERT") for number in numbers]
    mails = {mail[:3] for (mail,) in there.rows("SELECT mail FROM app.profile")}
    assert mails == {"rf_"}


def test_a_relay_that_is_killed_at_what_is_blocked_stays_there(
    there: Two, lives: Lives
) -> None:
    """However often it is killed, nothing of a blocked transaction, or behind it, goes."""
    random, work = seeded(3), Work(there, seeded(103))
    work.commit()
    assert lives.whole() == 0
    before = outside(there)
    there.inside.execute("INSERT INTO app.orders VALUES (9, 'for bo@example.com')")
    for _ in range(LIVES // 3):
        work.commit()
        pid = lives.begin("watch")
        Event().wait(random.uniform(0, 0.4))
        end(pid)
        lives.end()
        assert outside(there) == before
    assert lives.whole() == 11
    assert outside(there) == before
