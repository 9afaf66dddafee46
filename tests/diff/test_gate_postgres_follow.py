"""Exceptions followed by the command line: a ledger, a clock and a real server."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from ringfence.claims.opened import Opened
from ringfence.claims.snapshot import keep
from tests.cli.conftest import Said
from tests.cli.running import PROGRAM, environment
from tests.estates import case
from tests.postgres_server import Cluster, cluster
from tests.unit.claims.test_enforcing import FACTS, GATE, OWN

__all__ = ["cluster"]

USERS = """
CREATE ROLE reader NOLOGIN;
CREATE ROLE app LOGIN;
CREATE ROLE job LOGIN;
CREATE ROLE ann_db LOGIN PASSWORD 'ann';
GRANT reader TO app, ann_db;
CREATE SCHEMA a;
GRANT USAGE ON SCHEMA a TO PUBLIC;
CREATE TABLE a.users (id int, region text, mail text, note text);
GRANT SELECT ON a.users TO reader;
INSERT INTO a.users VALUES (1, 'US', 'a@us', 'secret'), (2, 'DE', 'b@de', 'open');
"""
CALL = 'SELECT * FROM ringfence_leaves."{}/a.users"()'


class Place:
    """A case with its database and its ledger of exceptions."""

    def __init__(
        self, cluster: Cluster, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.cluster, self.folder, self._capsys = cluster, folder, capsys
        self.dsn = cluster.dsn("followed")
        found = case(folder, [*FACTS, *OWN], gate=GATE)
        keep(Opened(found.boundary, found.estate), folder / "case")

    def run(self, *words: str) -> tuple[int, str]:
        """Run a command in the folder, and return its code and what it says."""
        said = Said(self._capsys, *words)
        return int(str(said.code)), said.out + said.err

    def step(self, word: str, name: str, *more: str) -> None:
        """Take a step of an exception."""
        code, said = self.run("exception", word, "case", name, "--ledger", "l", *more)
        assert code == 0, said

    def leave(self, name: str, seconds: int = 3600) -> None:
        """Ask for leave for Ann to read mails, and approve it."""
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        more = ("--column", "w/a.users.mail", "--purpose", "audit", "--cap", "5")
        end = ("--until", f"{until:%Y-%m-%dT%H:%M:%SZ}")
        self.step("ask", name, "--by", "ann", "--who", "ann", *more, *end)
        self.step("approve", name, "--by", "bo")

    def ann(self, query: str) -> object:
        """Return what Ann reads, or why she doesn't."""
        dsn = self.cluster.dsn("followed", "ann_db", "ann")
        try:
            with psycopg.connect(dsn) as own:
                return own.execute(query.encode()).fetchall()
        except psycopg.Error as error:
            return type(error).__name__

    @contextmanager
    def following(self) -> Iterator[Callable[[str], str]]:
        """Follow, and give what waits for a line that holds some words."""
        words = ("enforce", "postgres", "follow", "case", "--exceptions", "l")
        with subprocess.Popen(
            [*PROGRAM, *words],
            cwd=self.folder,
            env=environment({"RINGFENCE_DSN": self.dsn}),
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            lines = iter(process.stdout)

            def wait(words: str) -> str:
                return next(line for line in lines if words in line)

            try:
                yield wait
                process.send_signal(signal.SIGTERM)
                self.left = list(lines)
                assert process.wait() == 0
            finally:
                process.kill()


@pytest.fixture
def place(
    cluster: Cluster,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Place]:
    """Give a case with its open database and an empty ledger of exceptions."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    with cluster.database("followed") as connection:
        connection.execute(USERS)
        found = Place(cluster, tmp_path, capsys)
        monkeypatch.setenv("RINGFENCE_DSN", found.dsn)
        made = found.run("ledger", "init", "l", "--origin", "example.com/l")
        assert made[0] == 0
        yield found


def test_a_leave_is_followed_from_its_approval_to_its_end(place: Place):
    """Approved: Ann reads the column. Revoked, or over: she doesn't. Told in lines."""
    plan = ("enforce", "postgres", "plan", "case", "--exceptions", "l")
    assert place.run(*plan)[0] == 0
    code, said = place.run("enforce", "postgres", "apply", "out/plan.json")
    assert code == 0, said
    mails = [("a@us",)]
    with place.following() as wait:
        wait("following l")
        assert place.ann(CALL.format("q1")) == "UndefinedFunction"
        place.leave("q1")
        wait("conceded q1: ann_db reads mail of a.users")
        assert place.ann(CALL.format("q1")) == mails
        assert place.ann("SELECT mail FROM a.users") == "InsufficientPrivilege"
        place.step("revoke", "q1", "--by", "bo", "--why", "done")
        wait("ended ")
        assert place.ann(CALL.format("q1")) == "UndefinedFunction"
        place.leave("brief", 6)
        wait("conceded brief")
        wait("ended ")
        assert place.ann(CALL.format("brief")) == "UndefinedFunction"
        place.leave("last")
        wait("conceded last")
    assert "ended " in "".join(place.left)
    assert place.ann(CALL.format("last")) == "UndefinedFunction"
    assert place.run("enforce", "postgres", "rollback", "out/journal.json")[0] == 0


def test_a_ledger_that_cannot_be_read_concedes_nothing(place: Place):
    """What was conceded ends; it is conceded again once the ledger is read again."""
    place.leave("q1")
    code, said = place.run("enforce", "postgres", "plan", "case", "--exceptions", "l")
    assert code == 0
    assert "exceptions  conceded q1: ann_db reads mail of a.users" in said
    assert "shows 5 rows of a.users at most" in " ".join(said.split())
    assert "as long as it is in force" in (place.folder / "out/plan.sql").read_text()
    apply = ("enforce", "postgres", "apply", "out/plan.json", "--case", "case")
    code, said = place.run(*apply, "--exceptions", "l", "--format", "json")
    assert code == 0
    assert "conceded q1" in json.loads(said)["conceded"][0]
    assert place.ann(CALL.format("q1")) == [("a@us",)]
    drift = ("enforce", "postgres", "drift", "out/journal.json")
    assert place.run(*drift)[0] == 11
    assert place.run(*drift, "--case", "case", "--exceptions", "l")[0] == 0
    ledger = place.folder / "l"
    with place.following() as wait:
        wait("following l")
        ledger.rename(place.folder / "away")
        wait("no exception of the ledger is conceded")
        wait("ended ")
        assert place.ann(CALL.format("q1")) == "UndefinedFunction"
        (place.folder / "away").rename(ledger)
        wait("conceded q1")
        assert place.ann(CALL.format("q1")) == [("a@us",)]
    assert place.run(*drift, "--case", "case", "--exceptions", "gone")[0] == 2
