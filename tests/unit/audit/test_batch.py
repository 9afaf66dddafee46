from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from ringfence.audit import batch as batches
from ringfence.audit.batch import UnreadableError, batch_of, digest_of, key_of, load
from ringfence.audit.durable import listed
from ringfence.audit.readers.declared import READER
from ringfence.documents.located import Located
from ringfence.errors import Locus
from tests.sealed import Lines, line, order_of, write

HERE = Locus("boundary.yaml")


def read(made, folder, kind, columns="*"):
    paths = listed(made.paths(folder, kind))
    query = f"SELECT {columns} FROM read_parquet({paths})"  # noqa: S608
    return duckdb.execute(query).fetchall()


def test_a_batch_says_what_the_file_held(tmp_path):
    """Events, asides, malformed stretches and lines of a file add up in its batch."""
    lines = [line(1), "# note", "junk", line(7200), line(3), "beat 1640995300"]
    path = write(tmp_path / "app/one", lines)
    made = batch_of(path, order_of(tmp_path), Lines(), tmp_path / "b")
    assert (made.events, made.asides, made.malformed, made.lines) == (3, 2, 1, 6)
    assert (made.size, made.digest) == (path.stat().st_size, digest_of(path))
    assert made.last is not None
    assert made.first is not None
    assert made.last - made.first == 7199 * batches.SECOND
    assert made.back == 1
    assert load(tmp_path / "b", made.key) == made


def test_a_batch_that_is_there_is_not_read_again(tmp_path):
    """The second run takes the batch by its name, and reads no line."""
    path, reader = write(tmp_path / "app/one", [line()]), Lines()
    for _ in range(2):
        batch_of(path, order_of(tmp_path), reader, tmp_path / "b")
    assert reader.readings == 1


def test_events_come_out_of_several_parts_as_they_went_in(tmp_path, monkeypatch):
    """However few rows are held at a time, every event is written once."""
    monkeypatch.setattr(batches, "PART", 4)
    path = write(tmp_path / "app/one", [line(i, uid=f"u{i}") for i in range(50)])
    made = batch_of(path, order_of(tmp_path), Lines(), tmp_path / "b")
    paths = made.paths(tmp_path / "b", "events")
    assert len(paths) > 5
    rows = read(made, tmp_path / "b", "events", "uid")
    assert sorted(rows) == sorted((f"u{i}",) for i in range(50))


def test_a_time_that_no_calendar_has_is_malformed(tmp_path):
    """An event of the year 12000 is kept as malformed, with its place."""
    path = write(tmp_path / "app/one", [line(0), line(10_000 * 366 * 86_400), line(1)])
    made = batch_of(path, order_of(tmp_path), Lines(), tmp_path / "b")
    assert (made.events, made.malformed) == (2, 1)
    rows = read(made, tmp_path / "b", "malformed")
    assert rows[0][2] == 2


def test_half_a_surrogate_pair_is_spelt(tmp_path):
    """Text that is no Unicode is written as an escape, not refused."""
    path = write(tmp_path / "app/one", [line(uid="\ud800", actor="a\udfff")])
    made = batch_of(path, order_of(tmp_path), Lines(), tmp_path / "b")
    rows = read(made, tmp_path / "b", "events", "uid")
    assert rows == [("\\ud800",)]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "b"},
        {"store": "w"},
        {"kind": "k"},
        {"options": {"colour": Located("red", HERE)}},
    ],
)
def test_the_name_of_a_batch_covers_what_the_reader_is_told(tmp_path, change):
    """Whatever of the order a reader sees makes another batch."""
    order = order_of(tmp_path)
    assert key_of("d", order, Lines()) != key_of("d", replace(order, **change), Lines())


def test_another_version_of_the_reader_makes_another_batch(tmp_path):
    """A newer reader reads the same file again, and where options stand is nothing."""
    order = order_of(tmp_path)
    assert key_of("d", order, Lines(1)) != key_of("d", order, Lines(2))
    one, two = (
        replace(order, options={"colour": Located([Located("x", at)], at)})
        for at in (HERE, Locus("other", 3))
    )
    assert key_of("d", one, Lines()) == key_of("d", two, Lines())


def test_what_is_no_file_is_refused(tmp_path):
    """A folder, or a name of nothing, can't be read, and is said to be so."""
    for path in (tmp_path, tmp_path / "none", tmp_path / "nul\0"):
        with pytest.raises(UnreadableError, match=r"can't be read|no file"):
            digest_of(path)


def test_a_file_that_never_holds_still_is_given_up(tmp_path):
    """A file that changes during each reading gives no batch."""

    class Restless(Lines):
        def read(self, file, order, words):
            with path.open("a") as stream:
                stream.write("# more\n")
            yield from super().read(file, order, words)

    path = write(tmp_path / "app/one", [line()])
    with pytest.raises(UnreadableError, match="changes"):
        batch_of(path, order_of(tmp_path), Restless(), tmp_path / "b")
    assert [one for one in Path(tmp_path / "b").iterdir() if one.name[0] != "."] == []


def test_a_file_of_no_events_makes_an_empty_batch(tmp_path):
    """An empty file was read: it has a batch, and no parts."""
    made = batch_of(
        write(tmp_path / "app/one", []), order_of(tmp_path), Lines(), tmp_path / "b"
    )
    assert (made.events, made.lines, made.first) == (0, 0, None)
    assert made.paths(tmp_path / "b", "events") == []
    assert np.sum(list(made.parts.values())) == 0


def test_a_line_that_tells_of_an_end_was_written_at_its_beginning(tmp_path):
    """Sign-ins with their ends, line by line in order, are no clock that goes back."""
    rows = [
        f'{{"at": "2022-01-0{day}T08:00:00Z", "until": "2022-01-0{day + 1}T09:00:00Z",'
        f' "login": "ann", "address": "10.0.0.1"}}'
        for day in (1, 2, 3)
    ]
    path = tmp_path / "signs.jsonl"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    fields = {"time": "at", "until": "until", "actor": "login", "address": "address"}
    located = Located({key: Located(word, HERE) for key, word in fields.items()}, HERE)
    order = replace(
        order_of(tmp_path), kind="declared", signs_in=True, options={"fields": located}
    )
    made = batch_of(path, order, READER, tmp_path / "b")
    assert (made.events, made.back) == (6, 0)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (1 << 40, 1 << 40),
        ((1 << 40) + 1, -1),
        ((1 << 63) - 1, -1),
        (-1, -1),
        (-2, -1),
        (-(1 << 63), -1),
        (0, 0),
    ],
)
def test_rows_that_nobody_can_have_touched_are_unsaid(tmp_path, said, kept):
    """The event stays, and a line that lies makes no sum overflow."""
    path = write(tmp_path / "app/one", [line(1, rows=said)])
    made = batch_of(path, order_of(tmp_path), Lines(), tmp_path / "b")
    assert read(made, tmp_path / "b", "events", "rows") == [(kept,)]
