"""Laws of use: more events never make a way unused, and less knowledge doesn't either."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference.usage import Deed, Way, World
from tests.usages import deeds, read, worlds

FEW = settings(max_examples=8, deadline=None)  # each reads logs, as a whole run does


def those(told: dict[Way, str], use: str) -> set[Way]:
    """Return the ways of which the logs say so."""
    return {way for way, one in told.items() if one == use}


@FEW
@given(worlds(), deeds())
def test_another_event_makes_nothing_unused(world: World, deed: Deed):
    """With one event more, what was used stays used, and no way becomes unused."""
    before, after = read(world), read(replace(world, deeds=(*world.deeds, deed)))
    assert those(before, "used") <= those(after, "used")
    assert those(after, "unused") <= those(before, "unused")


@FEW
@given(worlds(), st.sampled_from(["db", "tool"]))
def test_a_line_that_nobody_can_read_makes_nothing_unused(world: World, log: str):
    """A torn log shows the same use, and leaves more ways of which it can't be told."""
    whole, torn = (
        replace(world, torn=frozenset()),
        replace(world, torn=frozenset({log})),
    )
    before, after = read(whole), read(torn)
    assert those(before, "used") == those(after, "used")
    assert those(after, "unused") <= those(before, "unused")
    assert those(before, "unknown") <= those(after, "unknown")
