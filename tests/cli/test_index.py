"""`ringfence index`: built, brought up to date, shown and checked by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from ringfence import cli
from ringfence.cli import indexing
from ringfence.errors import RingfenceError
from tests.indexed import ANN, BO, CY, frame
from tests.postgres_server import cluster_of, installations

WORDS = (
    *("--kinds", "email=EMAIL,phone=PHONE,id=ACCOUNT_ID", "--subject", "id"),
    *("--key", "file:index.key", "--subject-key", "file:subject.key"),
)
DI = {"id": "4", "email": "di@example.com", "phone": "n/a"}


@pytest.fixture
def run(say):
    """Return a function that runs commands where there are people and keys."""
    if "index" not in cli.app:
        cli.app.command(indexing.app)
    frame([ANN, BO, CY]).write_parquet("people.parquet")
    frame([DI]).write_parquet("new.parquet")
    pl.DataFrame({"id": ["1"]}).write_parquet("gone.parquet")
    for name, byte in (("index", "1f"), ("subject", "2e")):
        Path(f"{name}.key").write_text(byte * 32)
        Path(f"{name}.key").chmod(0o600)
    return lambda word, *words: say("index", word, *words)


@pytest.fixture
def build(run):
    """Return a function that builds an index called `ix`."""
    return lambda *more: run(
        "build", "--from", "people.parquet", *WORDS, "-o", "ix", *more
    )


def test_a_course(run, build):
    """Built, checked, brought up to date, shown."""
    made = build("--format", "json")
    assert made.code == 0
    told = json.loads(made.out)
    assert told["schema"] == "ringfence-index-epoch/1"
    assert (told["number"], told["subjects"], told["rows"]) == (1, 3, 3)
    assert (told["shared"], told["unread"]) == (2, {})
    assert told["kinds"]["PHONE_DIGEST"] == 27
    deep = run("check", "ix", "--key", "file:index.key", "--deep", "--format", "json")
    checked = json.loads(deep.out)
    assert (checked["checked"], checked["epoch"]) == ("whole", told["epoch"])
    words = ("--from", "new.parquet", "--removed", "gone.parquet", *WORDS)
    later = run("delta", "ix", *words, "--format", "json")
    assert "1 values aren't of the kind `PHONE`" in later.err
    changed = json.loads(later.out)
    assert (changed["number"], changed["subjects"], changed["removed"]) == (1, 3, 1)
    assert changed["unread"] == {"PHONE": 1}
    assert changed["epoch"] != told["epoch"]
    lines = run("show", "ix").out
    assert changed["epoch"] in lines
    assert "checked      no" in lines


def test_nothing_that_is_said_is_personal(run, build):
    """Not in text, not in JSON, not in complaints."""
    said = [build(), build("--format", "json"), run("show", "ix")]
    said.append(run("delta", "ix", "--from", "new.parquet", *WORDS))
    for one in said:
        for text in ("example.com", "5550100", "n/a", "1f1f"):
            assert text not in one.out + one.err


def test_digests_are_left_out_on_demand(build):
    """Then the index is a fourth as large."""
    told = json.loads(build("--no-digests", "--format", "json").out)
    assert set(told["kinds"]) == {"ACCOUNT_ID", "EMAIL", "PHONE"}


def test_an_epoch_is_logged(run, build, say):
    """With its root and counts; so is a delta of it."""
    say("ledger", "init", "led", "--origin", "example.com/exit")
    first = json.loads(build("--ledger", "led", "--format", "json").out)
    delta = ("--from", "new.parquet", *WORDS, "--ledger", "led")
    assert run("delta", "ix", *delta).code == 0
    shown = json.loads(say("ledger", "show", "led", "1", "--format", "json").out)
    assert first["entry"] == 1
    assert first["epoch"] in json.dumps(shown)
    check = ("--key", "file:index.key", "--ledger", "led", "--format", "json")
    assert json.loads(run("check", "ix", *check).out)["entry"] == 3
    lines = say("ledger", "show", "led").out
    assert lines.count(" epoch ") == 3


def test_without_the_ledger_nothing_is_built(run, build):
    """The ledger is looked at first: a population that is long isn't read in vain."""
    said = build("--ledger", "led")
    assert said.code == 2
    assert "led/private/ledger.json: there is no ledger" in said.err
    assert not Path("ix").exists()
    epoch = json.loads(build("--format", "json").out)["epoch"]
    words = ("--from", "new.parquet", *WORDS, "--ledger", "led")
    assert run("delta", "ix", *words).code == 2
    shown = json.loads(run("show", "ix", "--format", "json").out)
    assert shown["epoch"] == epoch


def test_an_index_that_isnt_logged_stands(run, build, monkeypatch):
    """Who can't log an epoch is told that it is there, and how to log it later."""

    def refuse(*_: object) -> int:
        raise RingfenceError("the disk is full")

    monkeypatch.setattr(indexing, "_logged", refuse)
    monkeypatch.setattr("ringfence.claims.recorded.look", lambda _: None)
    said = build("--ledger", "led")
    assert (said.out, "the index stands" in said.err) == ("", True)
    assert run("check", "ix", "--key", "file:index.key").code == 0


def test_a_query_is_read(run, monkeypatch):
    """From a database whose address stands in the environment alone."""
    found = cluster_of(max(one.version for one in installations()))
    monkeypatch.setenv("INSIDE", found.dsn())
    query = "SELECT n AS id, 'p' || n || '@a.example' AS email, NULL AS phone FROM generate_series(1, 9) n"
    words = ("--dsn-env", "INSIDE", "--query", query, *WORDS, "-o", "ix")
    told = json.loads(run("build", *words, "--format", "json").out)
    assert (told["rows"], told["subjects"]) == (9, 9)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--kinds", "email"), "`email` names no column with its kind"),
        (("--kinds", "email=MAIL"), "`email=MAIL` names no column with its kind"),
        (("--kinds", "a=EMAIL,a=PHONE"), "names no column with its kind"),
        (("--subject", "nobody"), "has no column `nobody`"),
        (("--key", "secret"), "--key: names no key"),
        (("--subject-key", "file:index.key"), "the two keys are one"),
        (("--query", "SELECT 1"), "one population is wanted"),
    ],
)
def test_words_that_are_wrong_are_told(run, words: tuple[str, str], told: str):
    """One clear error, and nothing is built."""
    option, value = words
    right = dict(zip(WORDS[::2], WORDS[1::2], strict=True))
    given = {"--from": "people.parquet", **right, option: value}
    said = run("build", *(part for one in given.items() for part in one), "-o", "ix")
    assert (said.code, told in said.err) == (2, True)
    assert "Traceback" not in said.err
    assert not Path("ix/manifest.json").exists()


def test_a_delta_of_nothing_is_refused(run, build):
    """Something has to have changed."""
    build()
    said = run("delta", "ix", *WORDS)
    assert (said.code, "nothing has changed" in said.err) == (2, True)


def test_a_damaged_index_ends_with_12(run, build):
    """Deep or not, by the file that is damaged."""
    build()
    path = next(Path("ix").rglob("filters"))
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    for more in ((), ("--deep",)):
        said = run("check", "ix", "--key", "file:index.key", *more)
        assert (said.code, "filters: isn't the file" in said.err) == (12, True)


def test_a_stale_index_and_another_key_end_with_2(run, build):
    """As the exit would be closed."""
    build()
    stale = run("check", "ix", "--key", "file:index.key", "--max-age", "1e-9")
    assert (stale.code, "which is too old" in stale.err) == (2, True)
    other = run("check", "ix", "--key", "file:subject.key")
    assert (other.code, "was built with another key" in other.err) == (2, True)
    missing = run("show", "nowhere")
    assert (missing.code, "no such file" in missing.err) == (2, True)
