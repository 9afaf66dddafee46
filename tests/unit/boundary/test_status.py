"""Three values and their order."""

from __future__ import annotations

from ringfence.boundary.status import Status


def test_order_is_that_of_truth():
    """`any` is the greatest and `all` the least of statuses."""
    assert sorted(Status) == [Status.NO, Status.UNKNOWN, Status.YES]


def test_words():
    """A status reads as reports and proof files write it."""
    assert [str(status) for status in Status] == ["no", "unknown", "yes"]


def test_opposite():
    """What isn't known has no other opposite."""
    assert [s.opposite for s in Status] == [Status.YES, Status.UNKNOWN, Status.NO]
