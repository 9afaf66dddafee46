from __future__ import annotations

import duckdb
import pytest

from ringfence.audit import numbering, parts, reader, seal
from ringfence.audit.attribution import Behind
from ringfence.audit.counts import counts_of
from ringfence.audit.ingest import ingest
from ringfence.boundary.order import Naming
from ringfence.errors import RingfenceError
from tests.sealed import Lines, line, order_of, rows_of, sealed, write


@pytest.fixture(autouse=True)
def lines(monkeypatch):
    found = Lines()
    monkeypatch.setattr(reader, "reader", lambda *_: found)
    return found


def test_codes_are_dense_and_sorted(tmp_path):
    """Code 0 is the empty word, and the others stand in the order of the alphabet."""
    write(tmp_path / "app/one", [line(i, actor=a) for i, a in enumerate("zéb")])
    assert sealed(tmp_path).words("actor") == ["", "b", "z", "é"]


def test_days_are_those_of_utc(tmp_path):
    """The last microsecond of a day is in it, and midnight is in the next."""
    write(
        tmp_path / "app/one",
        [line(86_399.999999), line(86_400), line(-10 * 366 * 86_400 * 5)],
    )
    table = sealed(tmp_path)
    (state,) = table.states
    assert state.days == ("1971-11-25", "2022-01-01", "2022-01-02")
    assert len(rows_of(table)) == 3


def test_an_event_in_two_files_counts_once(tmp_path):
    """Of events with one id and one content the first by file stays."""
    for name, start in (("one", 0), ("two", 5)):
        write(
            tmp_path / "app" / name,
            [line(i, uid=f"u{i}") for i in range(start, start + 10)],
        )
    table = sealed(tmp_path)
    assert [uid for (uid,) in rows_of(table, "uid")] == [f"u{i}" for i in range(15)]
    assert table.states[0].duplicates == 5
    assert table.states[0].events == 15


def test_a_file_under_two_names_counts_once(tmp_path):
    """All events of a second copy are duplicates, with or without ids."""
    for name in ("one", "two"):
        write(tmp_path / "app" / name, [line(1), line(1), "junk"])
    (state,) = sealed(tmp_path).states
    assert (state.events, state.duplicates, state.malformed) == (2, 2, 1)
    assert [one.duplicates for one in state.files] == [0, 2]


def test_one_id_on_different_events_drops_none(tmp_path):
    """Events that share an id and differ are all kept, and told."""
    write(
        tmp_path / "app/one",
        [line(1, uid="x"), line(1, uid="x", actor="b"), line(2, uid="x")],
    )
    table = sealed(tmp_path)
    assert len(rows_of(table)) == 3
    assert table.states[0].conflicts == 3


def test_equal_events_of_two_logs_are_two(tmp_path):
    """Ids are compared within one log, also for one file that two logs read."""
    write(tmp_path / "app/one", [line(1, uid="x")])
    orders = [order_of(tmp_path, name, files=("app/*",)) for name in ("a", "b")]
    table = sealed(tmp_path, *orders)
    assert len(rows_of(table)) == 2
    assert rows_of(table, "log", "b") == [("b",)]


def test_names_of_the_log_become_nodes(tmp_path):
    """Principals and resources of the table are the estate's, by the log's own namings."""
    order = order_of(
        tmp_path,
        principals=(Naming("svc-*", "service_account:{1}"), Naming("*", "person:{1}")),
        resources=(Naming("s3/*", "column:{1}"),),
    )
    write(
        tmp_path / "app/one", [line(1, actor="svc-a", behind="ANN", touch="s3/w/a.b.c")]
    )
    (row,) = rows_of(sealed(tmp_path, order), "actor, behind, touch")
    assert row == ("service_account:a", "person:ann", '{"columns":["column:w/a.b.c"]}')


def test_a_denied_event_did_nothing(tmp_path):
    """The verb of what was refused is 0."""
    write(tmp_path / "app/one", [line(1, ending=1, verb=2), line(2, verb=2)])
    assert rows_of(sealed(tmp_path), "verb, ending") == [(0, 1), (2, 0)]


def test_unchanged_inputs_seal_nothing(tmp_path):
    """A second run finds the table, and another naming makes a new one."""
    write(tmp_path / "app/one", [line(1)])
    first = sealed(tmp_path)
    digest = first.digest
    inode = (first.folder / "table.json").stat().st_ino
    assert sealed(tmp_path).folder.joinpath("table.json").stat().st_ino == inode
    other = sealed(
        tmp_path, order_of(tmp_path, principals=(Naming("ann", "person:ann"),))
    )
    assert other.digest != digest
    assert other.words("actor") == ["", "person:ann"]


def test_small_helpings_give_the_same_table(tmp_path, monkeypatch):
    """How much is compared in one go is no matter."""
    for name, start in (("one", 0), ("two", 5)):
        write(
            tmp_path / "app" / name,
            [line(i, uid=f"u{i}", actor=f"P{i}") for i in range(start, start + 10)],
        )
    order = order_of(tmp_path, principals=(Naming("*", "person:{1}"),))
    whole = rows_of(sealed(tmp_path, order))
    (tmp_path / "out/table/table.json").unlink()
    monkeypatch.setattr(seal, "_AT_ONCE", 3)
    monkeypatch.setattr(numbering, "_WORDS_AT_ONCE", 2)
    assert rows_of(sealed(tmp_path, order)) == whole


def test_the_seal_counts_what_it_wrote(tmp_path):
    """By day, touch and verb; what another log tells too has a row of its own."""
    table = told_twice(tmp_path)
    found = []
    for path in table.counts():
        names = duckdb.read_parquet(str(path)).select("day", "touch", "verb", "events")
        found += [(path.parent.name, *row) for row in names.fetchall()]
    touch = table.words("touch").index('{"columns":["column:shop/a.b.c"]}')
    day = 1_640_995_200_000_000  # 2022-01-01
    assert found == [
        ("log=db", day, touch, 2, 1),
        ("log=pulse", day, touch, -2, 1),
        ("log=pulse", day, touch, 2, 1),
    ]


def test_counts_that_do_not_add_up_are_no_table(tmp_path, monkeypatch):
    """A seal that counted other events than it wrote fails, and leaves no table."""
    write(tmp_path / "app/one", [line(1), line(90_000)])
    monkeypatch.setattr(
        parts, "counts_of", lambda paths: f"FROM ({counts_of(paths)}) LIMIT 1"
    )
    with pytest.raises(RingfenceError, match="counted of `app`"):
        sealed(tmp_path)
    assert not (tmp_path / "out/table").exists()


def test_a_log_of_no_event_has_a_table(tmp_path):
    """Nothing in the files is a table without rows, not an error."""
    write(tmp_path / "app/one", ["# nothing"])
    table = sealed(tmp_path)
    assert table.paths() == []
    assert table.counts() == []
    assert table.words("actor") == [""]


def test_subjects_stand_with_their_events(tmp_path):
    """Each subject that a kept event names has a row; a duplicate's has none."""
    told = line(1, uid="a", subjects=["s2", "s1"])
    write(tmp_path / "app/one", [told])
    write(tmp_path / "app/two", [told, line(2)])
    table = sealed(tmp_path)
    query = f"SELECT subject FROM read_parquet('{table.subjects}')"  # noqa: S608
    assert duckdb.execute(query).fetchall() == [(1,), (2,)]
    assert table.words("subject") == ["", "s1", "s2"]


def test_one_id_on_other_subjects_drops_none(tmp_path):
    """Events that are alike but for whose data they touched are two, and told."""
    told = [line(1, uid="a", subjects=s) for s in (["s1"], ["s1", "s2"], ["s1"], [])]
    write(tmp_path / "app/one", told)
    table = sealed(tmp_path)
    assert len(rows_of(table)) == 3
    assert (table.states[0].conflicts, table.states[0].duplicates) == (3, 1)


def told_twice(base):
    """Return a table of a query and of the tool's event that it explains."""
    seen = {"session": "s-8842", "touch": "column:shop/a.b.c", "verb": 2}
    svc = "service_account:svc"
    write(base / "db/one", [line(100, actor=svc, **seen)])
    work = line(70, actor="person:ann", subjects=["s1", "s2"], **seen)
    write(base / "pulse/one", [work, line(10_000, actor="person:ann", **seen)])
    orders = (order_of(base, "db"), order_of(base, "pulse", tool="tool:pulse"))
    behind = Behind({"tool:pulse": frozenset({svc})}, orders)
    return ingest(orders, base / "out", behind=behind)


def test_what_another_log_tells_keeps_its_verb(tmp_path):
    """The verb of what is judged elsewhere is negative, and the table says by whom."""
    table = told_twice(tmp_path)
    assert rows_of(table, "log, verb, ending") == [
        ("pulse", -2, 2),
        ("db", 2, 0),
        ("pulse", 2, 0),
    ]
    assert table.told == (("db",), 30_000_000)


def test_subjects_that_a_tool_names_count_for_its_queries(tmp_path):
    """Whose data the tool showed is whose data the query that tells it touched."""
    table = told_twice(tmp_path)
    query = f"SELECT log, verb, subject FROM read_parquet('{table.subjects}')"  # noqa: S608
    found = duckdb.execute(query).fetchall()
    assert found == [("db", 2, 1), ("db", 2, 2), ("pulse", -2, 1), ("pulse", -2, 2)]


@pytest.mark.parametrize("few", [1, 7, 500_000])
def test_days_put_together_are_written_as_days_alone(tmp_path, monkeypatch, few):
    """Each day's file holds its own events in the order of time, file and offset."""
    for name, step in (("one", 7_000), ("two", 11_000)):
        times = [i * step for i in range(40)]
        write(tmp_path / "app" / name, [line(t) for t in reversed(times)])
    monkeypatch.setattr(parts, "_FEW", few)
    table = sealed(tmp_path)
    found = []
    for path in table.paths():
        rows = (
            duckdb.read_parquet(str(path)).select("time", "file", "offset").fetchall()
        )
        assert rows == sorted(rows)
        assert {time // parts.DAY for time, *_ in rows} == {rows[0][0] // parts.DAY}
        found += rows
    assert len(found) == 80
    assert len(table.paths()) == len(table.states[0].days) == 5
