from __future__ import annotations

import gzip

import pytest

from ringfence.audit import reader
from ringfence.audit.show import shown
from ringfence.audit.table import event_id
from ringfence.errors import ConfigError, SourceError
from tests.sealed import Lines, line, order_of, rows_of, sealed, write


@pytest.fixture(autouse=True)
def lines(monkeypatch):
    monkeypatch.setattr(reader, "reader", lambda *_: Lines())


LINES = ["# first", line(1, actor="zoé"), "junk", line(2, uid="x")]


@pytest.mark.parametrize("packed", [False, True])
def test_every_event_is_shown_as_it_stands(tmp_path, packed):
    """The bytes of each event come back from the file, packed or not."""
    path = write(tmp_path / "app/one", LINES)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    order = order_of(tmp_path)
    table = sealed(tmp_path, order)
    found = [
        shown(event_id(digest, offset), table, [order])
        for digest, offset in rows_of(table, 'file, "offset"')
    ]
    assert [one.content.decode() for one in found] == [LINES[1], LINES[3]]
    assert [(one.line, one.name, one.log) for one in found] == [
        (2, "app/one", "app"),
        (4, "app/one", "app"),
    ]
    place = event_id(found[0].digest, found[0].offset + found[0].length + 1)
    stray = shown(place, table, [order])
    assert (stray.content, stray.reason) == (b"junk", "it is no object")


def test_a_copy_serves_where_the_first_is_gone(tmp_path):
    """Any file with the same bytes shows the event."""
    for name in ("one", "two"):
        write(tmp_path / "app" / name, LINES)
    order = order_of(tmp_path)
    table = sealed(tmp_path, order)
    (tmp_path / "app/one").unlink()
    ((digest, offset), _) = rows_of(table, 'file, "offset"')
    assert shown(event_id(digest, offset), table, [order]).name == "app/two"


def test_a_file_that_moved_or_changed_is_told(tmp_path):
    """Nothing is shown that the digest doesn't vouch for."""
    path = write(tmp_path / "app/one", LINES)
    order = order_of(tmp_path)
    table = sealed(tmp_path, order)
    ((digest, offset), _) = rows_of(table, 'file, "offset"')
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(SourceError, match="other bytes"):
        shown(event_id(digest, offset), table, [order])
    path.unlink()
    with pytest.raises(SourceError, match="No such file"):
        shown(event_id(digest, offset), table, [order])
    with pytest.raises(SourceError, match="not in the boundary"):
        shown(event_id(digest, offset), table, [])


@pytest.mark.parametrize(
    "id_",
    ["", "x", "0123456789ab-", "0123456789ab-01", "0123456789AB-1", "0123456789ab-0"],
)
def test_what_is_no_id_shows_nothing(tmp_path, id_):
    """A wrong id, and one of no event, are told apart from a missing file."""
    write(tmp_path / "app/one", LINES)
    with pytest.raises(ConfigError, match=r"no id|no event"):
        shown(id_, sealed(tmp_path), [order_of(tmp_path)])
