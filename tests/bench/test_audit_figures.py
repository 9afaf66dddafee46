"""The made-up year of events is the same one every time, and every way to judge agrees."""

from __future__ import annotations

import numpy as np
import pytest

from bench import auditing
from bench.audit import judging
from bench.peers import audit_rules, audit_sqlite


def test_a_day_is_the_same_every_time():
    """Same day and seed, same events; another day is another one."""
    first, again = auditing.sheet(3, 500), auditing.sheet(3, 500)
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["who"], auditing.sheet(4, 500)["who"])


def test_the_world_is_the_same_every_time():
    """The world is drawn from a seed, and contradicts itself nowhere."""
    first, again = auditing.world.__wrapped__(), auditing.world.__wrapped__()
    first.check()
    assert np.array_equal(first.standing.since, again.standing.since)
    assert first.abroad == again.abroad


def test_a_csvlog_is_the_same_every_time():
    """So are the lines of the made-up log."""
    lines = [*auditing.csvlog(50)]
    assert lines == [*auditing.csvlog(50)]
    assert lines[:20] == [*auditing.csvlog(50)][:20]


@pytest.mark.parametrize("peer", [audit_rules, audit_sqlite])
def test_peers_find_the_same_crossings(tmp_path, peer):
    """What takes an event at a time finds as many crossings, in other words."""
    folder = auditing.table(tmp_path / "table", 20_000)
    found = peer.run(folder, tmp_path)
    assert found["crossings"] == judging(folder, tmp_path)["crossings"] > 100
