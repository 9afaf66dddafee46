"""A ledger read from its end: every entry once, wherever it lies."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.ledger.keeping.backwards import backwards
from ringfence.ledger.tree.tiles import WIDTH
from ringfence.ledger.writer import log as logs
from ringfence.ledger.writer.disk import RealDisk
from ringfence.ledger.writer.log import Log

steps = st.lists(
    st.tuples(st.integers(0, 300), st.sampled_from(["publish", "reopen", "go on"])),
    max_size=5,
)


@given(steps=steps, large=st.sampled_from([0, 4 << 20]))
def test_every_entry_is_read_once(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[int, str]],
    large: int,
):
    """From the journal or from files, full or not: all of them, the last one first."""
    folder = tmp_path_factory.mktemp("ledger")
    written: list[bytes] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "LARGE", large)  # 0: each publication begins a journal
        log = Log.create(folder, "test.example/log")
        for count, then in steps:
            batch = [b"%d" % (len(written) + one) for one in range(count)]
            log.append(batch)
            written += batch
            if then == "publish":
                log.publish()
            elif then == "reopen":
                log.close()
                log = Log.open(folder)
        found = [*backwards(RealDisk(folder))]
        log.close()
    assert found == [*enumerate(written)][::-1]


def test_it_reads_no_further_than_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What lies in older files isn't read for the newest entries."""
    monkeypatch.setattr(logs, "LARGE", 0)
    with Log.create(tmp_path, "test.example/log") as log:
        log.append([b"x"] * (2 * WIDTH))
        log.publish()
        (tmp_path / "public" / "tile" / "entries" / "000").unlink()
        log.append([b"y"])
        found = backwards(RealDisk(tmp_path))
        assert next(found) == (2 * WIDTH, b"y")
        assert next(found) == (2 * WIDTH - 1, b"x")
        with pytest.raises(OSError, match="000"):
            all(found)
