"""The world settled for a window: who needs a search through intervals, and who not."""

from __future__ import annotations

import numpy as np

from ringfence.audit.settled import settle
from ringfence.audit.world import Leaves, Spans, Status, World
from tests.judging import columns, duck

STANDING = ((1, 0, 50, 2), (1, 50, 100, 0), (2, 0, 100, 2), (3, 0, 100, 0))
TOUCHED = ((1, 0, 100, 2), (2, 0, 100, 0), (3, 0, 30, 2), (3, 30, 100, 0))


def settled(folder, window, leave=()):
    world = World(
        Spans(*columns(STANDING)), Spans(*columns(TOUCHED)), Leaves(*columns(leave))
    )
    engine = duck()
    settle(engine, world, (4, 4), window, folder)
    names = ("plain", "candidate", "person", "touched", "standing", "leave", "abroad")
    found = {}
    for name in names:
        answer = engine.run(f"select * from {name}")  # noqa: S608 (a list of ours)
        rows = zip(*(np.asarray(c).tolist() for c in answer.values()), strict=True)
        found[name] = [*rows]
    engine.close()
    return found


def test_a_state_is_a_status_or_the_code_that_varies(tmp_path):
    """-1 less the status where that holds all through; else the code to look up."""
    found = settled(tmp_path, (0, 100))
    unknown, yes, no = (-1 - s for s in (Status.UNKNOWN, Status.YES, Status.NO))
    assert found["person"] == [(0, unknown), (1, 1), (2, yes), (3, no)]
    assert found["candidate"] == [(0, unknown), (1, yes), (3, 3)]
    assert found["plain"] == [(2,)]
    assert [row[0] for row in found["standing"]] == [1, 1]
    assert [row[0] for row in found["touched"]] == [3, 3]


def test_a_narrow_window_settles_more(tmp_path):
    """What changes outside of it does not vary."""
    found = settled(tmp_path, (60, 70))
    assert found["standing"] == found["touched"] == []
    assert (1, -1 - Status.NO) in found["person"]
    assert found["plain"] == [(2,), (3,)]


def test_only_exceptions_that_can_matter_are_looked_through(tmp_path):
    """Those of what is protected, in force in the window; overlaps are one."""
    leave = (
        (1, 1, 0, 65),
        (1, 1, 50, 90),
        (1, 2, 0, 90),  # never protected
        (2, 1, 0, 60),  # over when the window begins
        (2, 1, 70, 90),  # not begun when it ends
        (2, 3, 60, 60),  # never
        (2, 99, 0, 90),  # nothing that the table knows
    )
    assert settled(tmp_path, (60, 70), leave)["leave"] == [(1, 1, 0, 90)]
