"""What all tests share: how hard properties are tried, and the peer data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

PEER_DATA = Path(os.environ.get("RINGFENCE_PEER_DATA", "../shared/peer"))
NO_PEER_DATA = f"no peer data in `{PEER_DATA}`; RINGFENCE_PEER_DATA names its place"

# A busy machine is no finding: no deadline, and slow generation fails nothing.
settings.register_profile(
    "dev",
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "ci", settings.get_profile("dev"), max_examples=100, derandomize=True
)
settings.register_profile("deep", settings.get_profile("dev"), max_examples=20_000)
settings.load_profile(os.environ.get("RINGFENCE_HYPOTHESIS", "dev"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked `peer` where the peer data is absent."""
    if PEER_DATA.is_dir():
        return
    for item in items:
        if item.get_closest_marker("peer"):
            item.add_marker(pytest.mark.skip(reason=NO_PEER_DATA))


@pytest.fixture(scope="session")
def peer_data() -> Path:
    """Return the folder of peer data; the test that asks for it skips without it."""
    if not PEER_DATA.is_dir():
        pytest.skip(NO_PEER_DATA)
    return PEER_DATA.resolve()
