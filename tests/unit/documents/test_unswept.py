"""The collector of cycles is off for a stretch, and as it was behind it."""

import gc

import pytest

from ringfence.documents.unswept import unswept


def off() -> None:
    """Raise where the collector is off."""
    if not gc.isenabled():
        raise ValueError("off")


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_is_as_it_was(was_on):
    """Within it is off; behind it is as before, also when something is raised."""
    before = gc.isenabled()
    (gc.enable if was_on else gc.disable)()
    try:
        with pytest.raises(ValueError, match="off"), unswept():
            off()
        assert gc.isenabled() is was_on
    finally:
        (gc.enable if before else gc.disable)()
