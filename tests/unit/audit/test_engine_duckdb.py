"""DuckDB as an engine: Parquet in, columns of whole numbers and words out."""

from __future__ import annotations

import numpy as np
import pytest

from ringfence.audit.engine.duckdb import (
    DuckDB,
    Limits,
    all_written,
    gathered,
    written,
)
from ringfence.audit.engine.protocol import EngineError, ints
from ringfence.audit.kernels.portable import KernelError

ODD = "it's [a] *?.parquet"


@pytest.fixture
def engine():
    engine = DuckDB(Limits(memory=256, threads=1))
    yield engine
    engine.close()


@pytest.fixture
def numbers(tmp_path):
    return written(tmp_path / ODD, {"a": np.arange(5), "b": np.arange(5) % 2})


def test_a_kernel_answers_in_columns(engine, numbers):
    """Whole numbers come as arrays of 64 bits, in the kernel's order of columns."""
    engine.register("t", [numbers])
    answer = engine.run("select t.b, count(*) as n from t group by t.b order by t.b")
    assert [*answer] == ["b", "n"]
    assert answer["n"].tolist() == [3, 2]
    assert answer["n"].dtype == np.int64


def test_words_come_as_a_list(engine, numbers):
    """A column of words is a list of text."""
    engine.register("t", [numbers])
    answer = engine.run("select 'x' as w from t where t.a < 2")
    assert answer["w"] == ["x", "x"]


def test_rows_are_counted_without_being_fetched(engine, numbers):
    """The count is that of the answer's rows."""
    engine.register("t", [numbers, numbers])
    assert engine.count("select t.a from t where t.a >= 2 order by t.a") == 6


def test_the_folder_s_name_gives_no_column(engine, tmp_path):
    """`day=` in a path is the table's own affair."""
    folder = tmp_path / "day=2024-01-01"
    folder.mkdir()
    engine.register("t", [written(folder / "p.parquet", {"a": np.arange(2)})])
    with pytest.raises(EngineError, match="day"):
        engine.run("select t.day from t")


def test_a_null_is_refused(engine, numbers):
    """A kernel that answers with null is wrong, and is told so."""
    engine.register("t", [numbers])
    with pytest.raises(EngineError, match="null"):
        engine.run("select case when t.a > 1 then t.a end as a from t")


@pytest.mark.parametrize("text", ["select n.a from nowhere as n", "select t.z from t"])
def test_what_the_engine_refuses_is_told(engine, numbers, text):
    """An error of the database is an error of ours, with its first line."""
    engine.register("t", [numbers])
    with pytest.raises(EngineError, match="DuckDB"):
        engine.run(text)


def test_what_is_not_portable_never_reaches_it(engine):
    """An engine takes portable text alone."""
    with pytest.raises(KernelError):
        engine.run("select version()")


def test_a_file_that_is_gone_is_told(engine, tmp_path):
    """No view stands over a file that is not there."""
    with pytest.raises(EngineError, match="DuckDB"):
        engine.register("t", [tmp_path / "gone.parquet"])


def test_a_plan_can_be_read(engine, numbers):
    """Explaining names the scan."""
    engine.register("t", [numbers])
    assert "PARQUET" in engine.explain("select t.b from t where t.a > 1").upper()


def test_sheets_are_gathered_in_their_order(engine, tmp_path):
    """Many sheets become one file, front to back, whatever their sizes."""
    sheets = [{"a": np.arange(at, at + n)} for at, n in ((0, 3), (3, 0), (3, 4))]
    path = gathered(tmp_path / "all.parquet", iter(sheets))
    engine.register("t", [path])
    answer = engine.run("select t.a from t")
    assert answer["a"].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert [one.name for one in tmp_path.iterdir()] == ["all.parquet"]


def test_several_files_are_written_in_one_go(engine, tmp_path):
    """Each under its own path, with columns of its own."""
    sheets = {tmp_path / "x": {"a": np.arange(3)}, tmp_path / "y": {"b": np.arange(2)}}
    all_written(sheets)
    for path, (name,) in sheets.items():
        engine.register("t", [path])
        answer = engine.run(f"select t.{name} from t")  # noqa: S608 (a name of ours)
        assert ints(answer, name).tolist() == sheets[path][name].tolist()


def test_words_are_no_whole_numbers(engine, numbers):
    """Who wants numbers of a column of words is told its name."""
    engine.register("t", [numbers])
    with pytest.raises(EngineError, match="words in `w`"):
        ints(engine.run("select 'x' as w from t"), "w")


def test_no_rows_keep_their_columns(engine, tmp_path):
    """An empty sheet is a file with columns and no rows."""
    path = written(tmp_path / "none.parquet", {"a": np.zeros(0, np.int32)})
    engine.register("t", [path])
    assert engine.run("select t.a from t")["a"].tolist() == []


def test_what_is_kept_stands_under_its_name_until_it_is_dropped(engine, numbers):
    """An answer is kept as it was, may take its own place, and goes when told to."""
    engine.register("t", [numbers])
    engine.keep("kept", "select t.a from t where t.a < 4")
    assert engine.count("select a from kept") == 4
    engine.keep("kept", "select t.a from t where t.a < 2")
    assert engine.run("select a from kept order by a")["a"].tolist() == [0, 1]
    engine.drop("kept")
    with pytest.raises(EngineError, match="kept"):
        engine.run("select a from kept")
