"""The use of ways against a reference that writes down every path."""

from __future__ import annotations

from hypothesis import given, settings

from tests.reference.usage import World, judged
from tests.usages import read, worlds


@settings(max_examples=25, deadline=None)
@given(worlds())
def test_ways_are_used_as_every_path_says(world: World):
    """Used, unused or unknown: as one finds who looks at each path by itself."""
    assert read(world) == judged(world)
