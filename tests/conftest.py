"""What all tests share: how hard properties are tried, and the peer data."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

HERE = Path(__file__).parent
# Under the tracer of coverage a test takes up to twice its time. The proved rooms need
# none of these, for every branch is in tests of the rooms: they run last, without it.
UNMEASURED = tuple(
    HERE / name
    for name in (
        "bench",
        "cli/test_case.py",
        "crash",
        "diff",
        "docs",
        "house",
        "laws",
        "spark",
        "unit/audit",
        "unit/guard/test_managed.py",
        "unit/sources",
    )
)
# Of these, what branches of the proved rooms are in alone.
MEASURED = frozenset(
    HERE / name
    for name in (
        "diff/test_case_usage.py",
        "diff/test_reach_matrix.py",
        "diff/test_reach_timeline.py",
        "unit/audit/test_naming.py",
    )
)
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


@functools.cache
def is_measured(path: Path) -> bool:
    """Return whether a file's tests count for the coverage of the proved rooms."""
    return path in MEASURED or not any(map(path.is_relative_to, UNMEASURED))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """End the measuring, if there is any, before the first test that doesn't count."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    if plugin and plugin.cov_controller and not is_measured(item.path):
        plugin.cov_controller.pause()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put measured tests first, and skip those marked `peer` without the peer data.

    What is remembered for a whole run is so computed in a test that is measured.
    """
    items.sort(key=lambda item: not is_measured(item.path))
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
