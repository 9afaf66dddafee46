"""One set of kernels, three engines: DuckDB, Sail and Spark judge alike."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys

import pytest

from ringfence.audit.engine.protocol import EngineError
from ringfence.audit.engine.spark import Spark
from ringfence.audit.judge import Reason
from tests import judging
from tests.judging import Table, by_loop, duck, sheet
from tests.spark import asking

SERVERS = ("sail", "spark")
ZONES = ("UTC", "America/New_York")


@pytest.fixture(scope="session")
def expected(table, tmp_path_factory):
    """What DuckDB answers."""
    folder = tmp_path_factory.mktemp("world")
    engine = duck()
    found = asking.answers(engine, asking.Written(table), asking.month(), folder)
    engine.close()
    return json.loads(json.dumps(found))


@pytest.fixture(params=SERVERS)
def address(request):
    """Give the address of each kind of server."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def engine(address):
    """Give a session with each kind of server."""
    engine = Spark(address)
    yield engine
    engine.close()


def test_duckdb_judges_the_month_as_the_loop_does(expected):
    """What the clusters are held against is right: every reason, counted one by one."""
    for (first, after, verbs), (_, reasons, groups, _, sheets) in zip(
        asking.WINDOWS, expected, strict=True
    ):
        asked = dataclasses.replace(asking.month(), window=(first, after), verbs=verbs)
        loop = by_loop(asked)
        assert {why: n for why, n in reasons.items() if n} == loop.reasons
        assert groups == len(loop.groups)
        assert sheets
    assert set(expected[0][1]) == {why.name for why in Reason}
    assert all(expected[0][1].values())


@pytest.mark.parametrize("zone", ZONES)
def test_a_cluster_judges_as_duckdb_does(address, zone, table, expected, tmp_path):
    """Every reason, group and exhibit is the same, wherever the client's clock stands."""
    command = [sys.executable, "-m", "tests.spark.asking", address, table, tmp_path]
    done = subprocess.run(
        command, env={**os.environ, "TZ": zone}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == expected


def test_files_give_the_columns_that_stand_in_them(engine, table):
    """Folders named `log=` and `day=` add no columns, and an edge counts once."""
    paths = asking.Written(table).paths(["log"])
    engine.register("events", paths)
    assert engine.count("select time from events") == asking.SIZE
    with pytest.raises(EngineError, match="day"):
        engine.run("select day from events")


def test_a_view_stands_for_what_was_registered_last(engine, table):
    """A name that is given anew forgets what it stood for."""
    paths = asking.Written(table).paths(["log"])
    engine.register("events", paths)
    engine.register("events", paths[:1])
    assert engine.count("select time from events") == 2


def test_odd_paths_are_read_and_patterns_refused(engine, tmp_path):
    """Blanks, percent signs and accents are no obstacle; a pattern never matches."""
    small = judging.Small((), (), (), {}, asking.month(100).events)
    folder = tmp_path / "a b %20 é"
    plain = Table(folder, sheet(small.events), 1)
    engine.register("events", plain.paths(["log"]))
    assert engine.count("select time from events") == 100
    other = Table(tmp_path / "a[1]", sheet(small.events), 1)
    with pytest.raises(EngineError, match="as a pattern"):
        engine.register("events", other.paths(["log"]))


def test_numbers_come_back_whole(engine, table):
    """Small integers, sums and words have the types that the protocol promises."""
    engine.register("events", asking.Written(table).paths(["log"]))
    kernel = (
        'select verb, cast(sum(rows) as bigint) as total, count(*) as n, min("offset") as low, '
        "cast(min(length) as varchar) as word from events group by verb order by verb"
    )
    duckdb = duck()
    duckdb.register("events", asking.Written(table).paths(["log"]))
    here, there = duckdb.run(kernel), engine.run(kernel)
    expected = {name: list(map(str, here[name])) for name in here}
    assert {name: list(map(str, there[name])) for name in expected} == expected
    assert [type(there[name]).__name__ for name in there] == [*["ndarray"] * 4, "list"]
    duckdb.close()


def test_what_is_wrong_is_said_without_a_traceback(engine, table, capfd):
    """A kernel that fails, a null and a lost session each end in one sentence."""
    paths = asking.Written(table).paths(["log"])
    engine.register("events", paths)
    with pytest.raises(EngineError, match=r"Spark: .*nowhere"):
        engine.run("select time from nowhere")
    with pytest.raises(EngineError, match="null in `x`"):
        engine.run("select null as x from events")
    assert engine.explain("select time from events")
    engine.close()
    with pytest.raises(EngineError, match="session"):
        engine.run("select time from events")
    engine.close()
    assert "Traceback" not in capfd.readouterr().err


def test_the_folder_is_read_by_the_servers(engine, tmp_path):
    """A file that isn't there is an error, and not a table without rows."""
    with pytest.raises(EngineError, match=r"can't be read as Parquet"):
        engine.register("events", [tmp_path / "none.parquet"])
