"""What was counted at the seal is believed of a table that is as it was sealed."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from ringfence.audit.counts import AuditError, counts_of, rows_of
from ringfence.audit.event import DONE
from ringfence.audit.judge import Question, Reason, judge
from ringfence.audit.world import FOREVER, Spans, World
from tests.judging import DAY, START, Table, columns, duck, sheet
from tests.reference import audit

EVER = -(1 << 50)
ALL = Question(("log",))
# Touch 1 is protected, touch 2 is not; person 1 is excluded.
WORLD = World(
    Spans(*columns([(1, EVER, FOREVER, 2)])),
    Spans(*columns([(1, EVER, FOREVER, 2), (2, EVER, FOREVER, 0)])),
)


def events(*rows):
    return [
        audit.Event(START + day * DAY + 5, 1, 1, touch, verb, 3, 0)
        for day, touch, verb in rows
    ]


@pytest.fixture
def table(tmp_path):
    """Two days: on each a crossing, something plain, and something not asked for."""
    rows = [(day, *what) for day in (0, 1) for what in ((1, 1), (2, 1), (1, 0))]
    return Table(tmp_path, sheet(events(*rows)), 6)


def asked(table, folder, question=ALL):
    engine = duck()
    try:
        return judge(engine, table, WORLD, question, folder)
    finally:
        engine.close()


def changed(path, rows):
    """Write a file anew, of what a query over `old` gives."""
    old = path.rename(path.with_name("old.parquet"))
    with duckdb.connect() as database:
        database.execute(f"create view old as from '{old}'")
        database.execute(f"copy ({rows}) to '{path}' (format parquet)")
    old.unlink()


def test_an_untouched_table_adds_up(table, tmp_path):
    """What is settled by touch and verb is counted; the rest is judged."""
    judged = asked(table, tmp_path)
    found = {why: n for why, n in judged.reasons.items() if n}
    assert found == {Reason.NOTHING: 2, Reason.UNPROTECTED: 2, Reason.CROSSING: 2}
    assert judged.events == 6


@pytest.mark.parametrize(
    ("rows", "there"),
    [
        ("from old where touch = 2", 1),
        ("from old where touch = 1", 2),
        ("from old where false", 0),
        ("from old union all from old where touch = 2", 4),
        ("from old union all from old where touch = 1 and verb = 1", 4),
    ],
)
def test_a_day_of_another_length_is_noticed(table, tmp_path, rows, there):
    """Whether what is gone or added was plain or protected: the file is changed."""
    changed(table.paths(["log"])[1], rows)
    message = f"{there} events stand in the table on 2024-10-05, but 3 were counted"
    with pytest.raises(AuditError, match=message):
        asked(table, tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("touch", "2"),
        ("verb", "0"),
        # A code that nobody has: the join that drops it is missed.
        ("who", "99"),
        # Another day than its file's, which is judged for itself.
        ("time", f"time + {2 * DAY}"),
    ],
)
def test_a_crossing_made_to_look_harmless_is_noticed(table, tmp_path, name, value):
    """What was counted as a candidate has to be judged as one, or nothing adds up."""
    new = f"case when touch = 1 then {value} else {name} end as {name}"
    rows = f"select * replace ({new}) from old"  # noqa: S608 (columns of ours)
    changed(table.paths(["log"])[1], rows)
    with pytest.raises(AuditError, match="6 events are in the window, but 5 were"):
        asked(table, tmp_path)


def test_a_plain_event_made_to_look_protected_is_noticed(table, tmp_path):
    """It would be judged and counted."""
    rows = "select * replace (1::integer as touch) from old"
    changed(table.paths(["log"])[0], rows)
    with pytest.raises(AuditError, match="6 events are in the window, but 7 were"):
        asked(table, tmp_path)


def test_other_counts_than_the_seal_s_are_noticed(table, tmp_path):
    """Counts that were changed, that lost a day, or that are gone, are not believed."""
    (path,) = table.counts(["log"])
    changed(path, "select * replace (events + 1 as events) from old")
    with pytest.raises(AuditError, match="but 6 were counted"):
        asked(table, tmp_path)
    changed(path, "from old where day > (select min(day) from old)")
    with pytest.raises(AuditError, match="but 0 were counted"):
        asked(table, tmp_path)
    path.unlink()
    with pytest.raises(AuditError, match="counts of the table of events are gone"):
        asked(table, tmp_path)


def test_a_day_without_its_file_is_noticed(table, tmp_path):
    """A day that was counted has to be there."""
    table._paths.pop()
    with pytest.raises(AuditError, match="0 events stand in the table on 2024-10-05"):
        asked(table, tmp_path, Question(("log",), EVER, FOREVER))


def test_a_day_that_the_window_cuts_is_counted_event_by_event(table, tmp_path):
    """The counts of the seal are of whole days: those of a part nobody made."""
    table.counts(["log"])[0].unlink()
    window = Question(("log",), START + 5, START + 6)
    assert asked(table, tmp_path, window).events == 3


def test_verbs_that_are_not_asked_for_are_counted_apart(table, tmp_path):
    """The counts know what was done, so that each question finds its own."""
    question = Question(("log",), verbs=frozenset({DONE[2]}))
    judged = asked(table, tmp_path, question)
    assert judged.reasons[Reason.NOTHING] == judged.events == 6


def test_files_say_how_long_they_are(tmp_path):
    """Odd names stand for themselves; what is no Parquet is told."""
    table = Table(tmp_path / "a [1] *", sheet(events((0, 1, 1), (1, 1, 1))), 6)
    paths = table.paths(["log"])
    assert rows_of(paths) == dict.fromkeys(paths, 1)
    paths[0].write_bytes(b"PAR1")
    with pytest.raises(AuditError, match="can't be read"):
        rows_of(paths)


def test_days_before_1970_are_counted_by_their_first_microsecond(tmp_path):
    """The remainder of a negative time is taken from below."""
    times = np.array([-1, -DAY, -DAY - 1, 0, DAY - 1])
    table = Table(tmp_path, {"time": times}, 1)
    query = f"select day, events from ({counts_of(table.paths(['log']))})"  # noqa: S608
    assert duckdb.execute(query).fetchall() == [(-2 * DAY, 1), (-DAY, 2), (0, 2)]
